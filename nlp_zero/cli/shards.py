"""Results in many files, which the workers of a cluster write: a folder that appears whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .._utils.files import sync_folder
from .._utils.leftovers import remove_place, temporary_place
from .errors import OutputError, UsageError
from .output import unwritable

__all__ = ["ShardName", "check_shards", "is_shard_pattern", "open_shards"]

NUMBER_DIGITS = 5


@dataclass(frozen=True)
class ShardName:
    """Names the file of each part.

    Parameters
    ----------
    folder : str
        Absolute, so that it is the same place for all processes.
    pattern : str
        A name with one ``*``, which the number of the part replaces.

    Examples
    --------
    >>> ShardName("/cut", "part-*.txt")(7)
    '/cut/part-00007.txt'
    """

    folder: str
    pattern: str

    def __call__(self, number: int) -> str:
        return os.path.join(self.folder, self.pattern.replace("*", f"{number:0{NUMBER_DIGITS}}"))


def is_shard_pattern(path: str | None) -> bool:
    """Return whether the name of a result means one file for each part."""
    return path is not None and "*" in os.path.basename(path)


def check_shards(path: str | None, scheduler: str | None) -> None:
    """Refuse the name of a result that is a pattern and makes no sense.

    Raises
    ------
    UsageError
        If there is no cluster, or there is not one ``*`` in the name of a file in a folder.
    """
    if path is None or "*" not in path:
        return
    if scheduler is None:
        raise UsageError(f"{path}: a name with * is for the parts of a cluster; add --scheduler, or name one file.")
    folder, name = os.path.split(path)
    if "*" in folder or name.count("*") != 1 or not folder:
        raise UsageError(f"{path}: give -o a new folder and a name with one *, such as 'cut/*.txt'.")


@contextmanager
def open_shards(path: str) -> Iterator[ShardName]:
    """Make a folder of files, one for each part.

    The files, or folders, are written to a hidden folder, which gets its name at the end. Each must be written whole or
    not at all; what workers left unfinished when they died is removed.

    Parameters
    ----------
    path : str
        The folder, which must not exist or be empty, and a name with one ``*``.

    Yields
    ------
    ShardName
        Gives the name of the file of each part.

    Raises
    ------
    OutputError
        If the folder has files, or cannot be written.
    """
    folder, pattern = os.path.split(path)
    target = Path(os.path.realpath(folder))
    if os.path.lexists(target) and (not target.is_dir() or any(target.iterdir())):
        raise OutputError(f"{folder} exists and is not an empty folder; give -o a new folder.")
    with ExitStack() as stack:
        with _explain(folder):
            place = stack.enter_context(temporary_place(target, os.mkdir))
        name = ShardName(str(place), pattern)
        yield name
        with _explain(folder):
            _remove_unfinished(place, name)
            sync_folder(place)
            if target.is_dir():
                target.rmdir()
            os.rename(place, target)
            sync_folder(target.parent)


def _remove_unfinished(place: Path, name: ShardName) -> None:
    """Remove what is not the result of a part."""
    before, _, after = name.pattern.partition("*")
    for entry in place.iterdir():
        number = entry.name.removeprefix(before).removesuffix(after)
        if not number.isdecimal() or entry.name != os.path.basename(name(int(number))):
            remove_place(entry)


@contextmanager
def _explain(folder: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise unwritable(folder, error, "choose another place with -o") from error
