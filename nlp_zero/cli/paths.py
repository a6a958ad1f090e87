"""The inputs and outputs of each command, and the refusal of outputs that would replace an input.

A command that works for hours and then replaces its own input is worse than one that fails, so all names are compared
before the work begins: by device and inode, so that links and redirections count as the files that they lead to.
"""

from __future__ import annotations

import argparse
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ..corpus.sources import find_sources
from ..errors import NlpZeroError
from .errors import UsageError
from .options import option_name

__all__ = ["COMMAND_PATHS", "CommandPaths", "check_paths"]

Identity = tuple[int, int, str]  # device, inode, and the name in that folder of a file that does not exist yet
STDIN, STDOUT = 0, 1


@dataclass(frozen=True)
class CommandPaths:
    """The arguments of a command that name files and folders; each is the attribute of the parsed arguments.

    Parameters
    ----------
    texts : tuple of str
        Corpora: files, folders, patterns, or ``-``.
    files : tuple of str
        Other files and folders that are read.
    outputs : tuple of str
        Files that are written; None or ``-`` is stdout.
    folders : tuple of str
        Folders that are written as a whole.
    default_stdin : bool
        Whether the command reads standard input if no text is named.
    writes_stdout : bool
        Whether the command writes its result to stdout if `outputs` names no file; otherwise, the output is an
        argument and not an option.
    """

    texts: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    default_stdin: bool = False
    writes_stdout: bool = True


COMMAND_PATHS: Mapping[str, CommandPaths] = {
    "count": CommandPaths(texts=("sources",), files=("merge",), outputs=("export",), folders=("output", "add")),
    "build-vocab": CommandPaths(
        texts=("sources",), files=("known", "required", "counts", "examples", "known_words", "base"),
        outputs=("output", "discovered"),
    ),
    "suggest-lines": CommandPaths(texts=("sources",), files=("lexicon",), outputs=("output",)),
    "classes": CommandPaths(files=("lexicon",), outputs=("output",)),
    "compare": CommandPaths(texts=("sources", "against"), files=("lexicon",), outputs=("output",)),
    "keywords": CommandPaths(texts=("sources",), files=("lexicon", "stop_words"), outputs=("output",)),
    "stop-words": CommandPaths(texts=("sources",), files=("lexicon",), outputs=("output",)),
    "show": CommandPaths(files=("lexicon",), outputs=("output",)),
    "tokenize": CommandPaths(
        texts=("sources",), files=("lexicon", "words", "forbid", "force"), outputs=("output",), default_stdin=True
    ),
    "concordance": CommandPaths(texts=("sources",), files=("word_files", "lexicon"), outputs=("output",)),
    "merge": CommandPaths(files=("lexicons",), outputs=("output",)),
    "convert": CommandPaths(files=("input",), outputs=("output",), writes_stdout=False),
    "evaluate": CommandPaths(
        texts=("sources", "predicted", "trained_on"), files=("lexicon", "known"), outputs=("output",)
    ),
    "mine-templates": CommandPaths(texts=("sources",), files=("lexicon",), outputs=("output",)),
    "fillers": CommandPaths(texts=("sources",), files=("templates", "lexicon"), outputs=("output",)),
    "parse": CommandPaths(
        texts=("sources",), files=("templates", "lexicon"), outputs=("output",), default_stdin=True
    ),
    "report": CommandPaths(
        texts=("sources", "against"), files=("lexicon", "templates", "known"), outputs=("output",)
    ),
    "evaluate-parse": CommandPaths(
        texts=("sources", "predicted"), files=("templates", "constructions"), outputs=("output",)
    ),
}  # fmt: skip
WORK_FOLDERS = ("checkpoint", "temp_dir")  # of any command that has them


@dataclass(frozen=True)
class Place:
    """A file or folder that the command line names.

    Parameters
    ----------
    name : str
        As the user wrote it, or as it was found in a folder.
    label : str
        The option or argument that names it.
    identity : tuple
        Equal for names of the same file or folder.
    """

    name: str
    label: str
    identity: Identity

    def lies_in(self, folder: Place) -> bool:
        """Return whether the place is in a folder, at any depth."""
        here = os.path.dirname(os.path.realpath(self.name))
        while True:
            with suppress(OSError):
                status = os.stat(here)
                if (status.st_dev, status.st_ino, "") == folder.identity:
                    return True
            above = os.path.dirname(here)
            if above == here:
                return False
            here = above


def check_paths(command: str, arguments: argparse.Namespace) -> None:
    """Refuse outputs that are also inputs, or that other outputs of the same command would replace.

    Parameters
    ----------
    command : str
        Name of the command.
    arguments : argparse.Namespace
        The parsed arguments.

    Raises
    ------
    UsageError
        With one sentence that names both places and the option to change.
    """
    roles = COMMAND_PATHS.get(command, CommandPaths())
    _refuse_empty_names(roles, arguments)
    outputs = list(_output_places(roles, arguments))
    folders = [place for attribute in roles.folders for place in _places(arguments, attribute)]
    work = {attribute: list(_places(arguments, attribute)) for attribute in WORK_FOLDERS}
    if not (outputs or folders or any(work.values())):
        return
    input_folders = list(_input_folders(roles, arguments))
    _compare_outputs([*outputs, *folders])
    for folder in folders:
        _check_inside(folder, [*outputs, *work["checkpoint"], *work["temp_dir"]], "the command replaces this folder")
        _check_not_inside(folder, input_folders)
    for folder in work["checkpoint"]:
        _check_inside(folder, [*outputs, *folders, *work["temp_dir"]], "the checkpoint is removed at the end")
        _check_not_inside(folder, input_folders)
    for source in _input_places(roles, arguments):
        for place in [*outputs, *folders, *work["checkpoint"]]:
            if place.identity == source.identity:
                remedy = "leave out one of them" if place.label == "--add" else _remedy(place)
                raise UsageError(
                    f"{place.name} ({place.label}) is also an input ({_describe(source, place)}) and would be "
                    f"replaced; {remedy}."
                )


def _refuse_empty_names(roles: CommandPaths, arguments: argparse.Namespace) -> None:
    """Refuse what an unset variable of the shell leaves: ``-o "$PLACE"``."""
    for attribute in (*roles.texts, *roles.files, *roles.outputs, *roles.folders, *WORK_FOLDERS, "scheduler"):
        value = getattr(arguments, attribute, None)
        if value == "" or (isinstance(value, list) and "" in value):
            raise UsageError(
                f"the name of {_label(attribute, arguments)} is empty; give one, or check the variable that it is "
                "taken from."
            )


def _compare_outputs(places: list[Place]) -> None:
    seen: dict[Identity, Place] = {}
    for place in places:
        other = seen.setdefault(place.identity, place)
        if other is not place:
            raise UsageError(
                f"{place.name} is named by both {other.label} and {place.label}, and one result would replace the "
                f"other; {_remedy(place)}."
            )


def _check_inside(folder: Place, places: list[Place], reason: str) -> None:
    """Refuse places that are the folder or lie in it."""
    for place in places:
        if folder.identity == place.identity or place.lies_in(folder):
            relation = "the same as" if folder.identity == place.identity else "in"
            raise UsageError(
                f"{place.name} ({place.label}) is {relation} {folder.name} ({folder.label}), and {reason}; "
                f"{_remedy(place)}."
            )


def _check_not_inside(folder: Place, input_folders: list[Place]) -> None:
    """Refuse a folder of results in a folder of texts: its files would be read as texts the next time."""
    for texts in input_folders:
        if texts.identity == folder.identity or folder.lies_in(texts):
            relation = "the same as" if folder.identity == texts.identity else "in"
            raise UsageError(
                f"{folder.name} ({folder.label}) is {relation} the input folder {texts.name}, and its files would be "
                f"read as texts; {_remedy(folder)}."
            )


def _remedy(place: Place) -> str:
    if place.label == "stdout":
        return "write to another file"
    if place.label == "OUT":
        return "name another file"
    if place.label == "--add":
        return "leave out -o, because --add writes to its own folder"
    return f"choose another place with {place.label}"


def _describe(source: Place, place: Place) -> str:
    """Return how the input was named, and its name if it has another one than the output."""
    if source.label == "stdin" or source.name == place.name:
        return source.label
    return f"{source.label}: {source.name}"


def _output_places(roles: CommandPaths, arguments: argparse.Namespace) -> Iterator[Place]:
    """Yield the files that a command writes, also the one that stdout was redirected to."""
    named = False
    for attribute in roles.outputs:
        for name in _names(arguments, attribute):
            named |= attribute == "output"
            for file in _expand_output(arguments, name) if attribute == "output" else [name]:
                if (place := _find(file, _label(attribute, arguments))) is not None:
                    yield place
    if not named and roles.writes_stdout and (place := _redirected(STDOUT, "stdout")) is not None:
        yield place


def _expand_output(arguments: argparse.Namespace, name: str) -> list[str]:
    """Return the files of `build-vocab`: one for each of `--vocab-size A,B`, and one for `--contexts`."""
    if getattr(arguments, "contexts", None) is not None:
        from .contexts import contexts_name

        return [name, contexts_name(name)]
    sizes = (getattr(arguments, "vocab_size", None) or "").split(",")
    if len(sizes) < 2:
        return [name]
    stem, suffix = os.path.splitext(name)
    return [f"{stem}.{size}{suffix}" for size in dict.fromkeys(size.strip().replace("_", "") for size in sizes)]


def _input_places(roles: CommandPaths, arguments: argparse.Namespace) -> Iterator[Place]:
    """Yield every file and folder that a command reads; missing files are reported when they are opened."""
    for attribute in roles.texts:
        label = _label(attribute, arguments)
        for name in _names(arguments, attribute, keep_dash=True):
            if "://" in name:
                continue
            with suppress(NlpZeroError, OSError):
                for source in find_sources([name]):
                    place = (
                        _redirected(STDIN, "stdin")
                        if source.path is None
                        else _find(source.path, label if source.path == name else f"found in {name}")
                    )
                    if place is not None:
                        yield place
    if roles.default_stdin and not arguments.sources and (place := _redirected(STDIN, "stdin")) is not None:
        yield place
    for attribute in roles.files:
        yield from _places(arguments, attribute)


def _input_folders(roles: CommandPaths, arguments: argparse.Namespace) -> Iterator[Place]:
    for attribute in roles.texts:
        for place in _places(arguments, attribute):
            if os.path.isdir(place.name):
                yield place


def _places(arguments: argparse.Namespace, attribute: str) -> Iterator[Place]:
    for name in _names(arguments, attribute):
        if (place := _find(name, _label(attribute, arguments))) is not None:
            yield place


def _names(arguments: argparse.Namespace, attribute: str, *, keep_dash: bool = False) -> list[str]:
    value = getattr(arguments, attribute, None)
    names = value if isinstance(value, list) else [] if value is None else [value]
    return [name for name in names if name and (keep_dash or name != "-")]


def _label(attribute: str, arguments: argparse.Namespace) -> str:
    """Return the option, or what the help calls the argument."""
    if attribute == "lexicon" and arguments.command in ("show", "classes"):
        return "FILE"
    if attribute == "output" and not COMMAND_PATHS[arguments.command].writes_stdout:
        return "OUT"
    special = {
        "sources": "a text", "word_files": "a list of words", "input": "IN", "output": "-o", "lexicon": "--lexicon",
        "lexicons": "LEXICON",
    }  # fmt: skip
    return special.get(attribute) or option_name(attribute)


def _find(name: str, label: str) -> Place | None:
    """Return the place of a name; None for devices and pipes, which nothing can replace."""
    try:
        status = os.stat(name)
    except (OSError, ValueError):  # does not exist: it will be the file of this name in its folder
        parent, last = os.path.split(os.path.realpath(name))
        try:
            folder = os.stat(parent)
        except (OSError, ValueError):
            return None  # reported when it is opened
        return Place(name, label, (folder.st_dev, folder.st_ino, last))
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return None
    return Place(name, label, (status.st_dev, status.st_ino, ""))


def _redirected(descriptor: int, label: str) -> Place | None:
    """Return the regular file that stdin or stdout was redirected to, if it was."""
    stream = (sys.stdin, sys.stdout)[descriptor]
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or not a file, as under a test
        return None
    if not stat.S_ISREG(status.st_mode):
        return None
    name = "standard input" if descriptor == STDIN else "standard output"
    return Place(name, label, (status.st_dev, status.st_ino, ""))
