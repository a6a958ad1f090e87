"""The parser of the command line: short usage, plain errors, suggestions for mistyped names, shell completion."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NoReturn

__all__ = ["CommandParser", "PrintCompletion", "suggest"]

SHELLS = ("bash", "zsh", "tcsh")
ANY_WIDTH = 80  # to find the width of the terminal, argparse imports the modules of all kinds of archives
NO_OPTION = "\0"  # before the arguments that follow "--", which argparse loses when files and options are mixed
FILE_METAVARS = {"FILE", "CORPUS", "GOLD", "TEXT", "IN", "OUT"}
KINDS = {"int": "an integer", "float": "a number"}
Rewrite = Callable[[re.Match[str]], str]
REWRITES: tuple[tuple[str, Rewrite], ...] = (  # message of argparse -> message of nlpzero
    (r"argument (.*?): invalid (int|float) value: (.*)", lambda m: f"{_long(m[1])} must be {KINDS[m[2]]}, not {m[3]}"),
    (r"argument (.*?): expected one argument", lambda m: f"{_long(m[1])} needs a value"),
    (r"argument (.*?): ignored explicit argument (.*)", lambda m: f"{_long(m[1])} takes no value, but has {m[2]}"),
    (r"argument (.*?): not allowed with argument (.*)", lambda m: f"{_long(m[1])} excludes {_long(m[2])}"),
    (r"the following arguments are required: (.*)", lambda m: f"{_and(map(_long, m[1].split(', ')))} must be given"),
    (r"one of the arguments (.*) is required", lambda m: f"one of {_and(map(_long, _options(m[1])))} must be given"),
    (r"argument (.*?): (.*)", lambda m: f"{_long(m[1])}: {m[2]}"),
)


class CommandParser(argparse.ArgumentParser):
    """A parser whose usage is one line, and whose errors end with a suggestion or with that line.

    Options are not abbreviated, so that an option that is added later never changes a command that works today.
    Options and files may be mixed in any order; after ``--`` there are no options.

    Parameters
    ----------
    groups : mapping of str to sequence of str, optional
        The commands in the order of the help, under headings.
    **options
        Those of `argparse.ArgumentParser`.
    """

    def __init__(self, *, groups: Mapping[str, Sequence[str]] | None = None, **options: Any) -> None:
        self._mixing = self._formatting = False
        super().__init__(allow_abbrev=False, **options)
        self.color = False  # from Python 3.14 on, headings would have colours, and `format_help` would not find them
        self._groups = groups or {}

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse the arguments; refuse unknown options in the command that they were given to."""
        if self._subparsers is not None:
            first = next(iter(sys.argv[1:] if args is None else args), "")
            if first.startswith("-") and first.partition("=")[0] not in self._option_string_actions:
                self.error(f"{first} is not an option of {self.prog}{suggest(first, self._option_string_actions)}")
        if self._mixing or self._subparsers is not None:
            return super().parse_known_args(args, namespace)
        arguments = list(sys.argv[1:] if args is None else args)
        if "--" in arguments:
            end = arguments.index("--")
            arguments[end:] = [NO_OPTION + argument for argument in arguments[end + 1 :]]
        self._refuse_unknown(arguments)
        self._mixing = True
        try:
            found, rest = self.parse_known_intermixed_args(arguments, namespace)
        finally:
            self._mixing = False
        if rest:
            name = rest[0].removeprefix(NO_OPTION)
            unknown = "is not an option of" if rest[0].startswith("-") else "is one argument too many for"
            remedy = f"; for the file, write ./{name}" if rest[0].startswith("-") and os.path.exists(name) else ""
            self.error(f"{name} {unknown} {self.prog}{remedy}")
        return found, rest

    def _parse_optional(self, arg_string: str) -> Any:
        """Return None for arguments that are not options, such as ``-.jsonl``: standard input of a kind."""
        return None if arg_string.startswith("-.") else super()._parse_optional(arg_string)

    def _get_value(self, action: argparse.Action, arg_string: str) -> Any:
        """Return the value of an argument, without the mark of those after ``--``."""
        return super()._get_value(action, arg_string.removeprefix(NO_OPTION))

    def _get_formatter(self, **options: Any) -> argparse.HelpFormatter:  # Python 3.15 names the file
        """Return a formatter; argparse asks for one with every option that is added, whose width does not matter."""
        if self._formatting:
            return super()._get_formatter(**options)
        return self.formatter_class(prog=self.prog, width=ANY_WIDTH)  # type: ignore[call-arg]

    def _refuse_unknown(self, arguments: Sequence[str]) -> None:
        for argument in arguments:
            name = argument.partition("=")[0]
            if name.startswith("--") and name not in self._option_string_actions:
                self.error(f"{name} is not an option of {self.prog}{suggest(name, self._option_string_actions)}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a value that is not one of the choices, with a suggestion."""
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        listed = suggest(str(value), choices) or f"; choose from {', '.join(choices)}"
        if action.option_strings:
            self.error(f"{_long('/'.join(action.option_strings))} cannot be {value!r}{listed}")
        self.error(f"{value!r} is not a command of {self.prog}{listed}")

    def format_usage(self) -> str:
        """Return the usage in one line, with the required arguments; the help lists all options."""
        return f"usage: {self._short_usage()}\n"

    def format_help(self) -> str:
        """Return the help: the usage in one line, then the options; above them the commands, if there are any."""
        self.usage = self._short_usage().replace("%", "%%")
        self._formatting = True
        head, options, tail = super().format_help().partition("\noptions:\n")
        self._formatting = False
        return f"{head}{self._list_commands()}{options}{tail}"

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write the help, with escapes for the characters that the encoding of the terminal lacks."""
        file = sys.stderr if file is None else file
        encoding = getattr(file, "encoding", None) or "utf-8"
        super()._print_message(message.encode(encoding, "backslashreplace").decode(encoding), file)

    def _list_commands(self) -> str:
        """Return the commands with the first sentence of their help, under the headings of their groups."""
        import shutil
        import textwrap

        summaries = {
            choice.dest: str(choice.help).partition(". ")[0].partition(": ")[0].rstrip(".")
            for action in self._actions
            if isinstance(action, argparse._SubParsersAction)
            for choice in action._get_subactions()
        }
        width = max(map(len, summaries), default=0) + 2
        wrap = textwrap.TextWrapper(shutil.get_terminal_size().columns - 2, subsequent_indent=" " * (width + 2))
        lines = []
        for heading, group in self._groups.items():
            names = [name for name in group if name in summaries]
            lines += ["", f"{heading}:", *(wrap.fill(f"  {name:{width}}{summaries[name]}") for name in names)]
        return "".join(f"{line}\n" for line in lines)

    def _short_usage(self) -> str:
        if self.usage is not None:
            return self.usage.strip().replace("%%", "%")
        if self._subparsers is not None:
            return f"{self.prog} COMMAND ..."
        words = [self.prog]
        for action in self._actions:
            shape = {"+": "{0} [{0} ...]", "*": "[{0} ...]"}.get(str(action.nargs), "{0}")
            if not action.option_strings:
                words.append(shape.format(action.metavar or action.dest))
            elif action.required:
                words.append(f"{action.option_strings[0]} {action.metavar or action.dest.upper()}")
        for group in self._mutually_exclusive_groups:
            if group.required:
                shown = (" ".join(filter(None, (x.option_strings[0], x.metavar))) for x in group._group_actions)  # type: ignore[arg-type]
                words.append(f"({' | '.join(shown)})")
        return " ".join([*words, "[options]"])

    def error(self, message: str) -> NoReturn:
        """Print what is wrong, and the usage in one line; exit with status 2."""
        for pattern, rewrite in REWRITES:
            if found := re.fullmatch(pattern, message):
                message = rewrite(found)
                break
        stop = "" if message.endswith((".", "?")) else "."
        self.exit(2, f"nlpzero: error: {message}{stop}\n{self.format_usage().rstrip()}   (--help explains it)\n")


class PrintCompletion(argparse.Action):
    """The action of ``--print-completion SHELL``."""

    def __init__(self, option_strings: Sequence[str], dest: str, **options: Any) -> None:
        super().__init__(option_strings, dest, choices=SHELLS, **options)

    def __call__(self, parser: Any, *arguments: Any) -> None:
        """Print the script, and exit."""
        try:
            import shtab
        except ImportError:
            parser.exit(
                1,
                "nlpzero: error: --print-completion needs the package shtab; "
                "install it with: pip install 'nlpzero[completion]'.\n",
            )
        for each in _parsers(parser):
            for action in each._actions:
                if isinstance(action, argparse._SubParsersAction):
                    action.help = None  # shtab leaves out what the help does not show
                elif action.metavar in FILE_METAVARS:
                    action.complete = shtab.FILE  # type: ignore[attr-defined]
                elif action.metavar == "FOLDER":
                    action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        print(shtab.complete(parser, arguments[1]), flush=True)
        parser.exit(0)


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the end of a message that suggests a similar name; empty if there is none.

    Examples
    --------
    >>> suggest("biuld-vocab", ["build-vocab", "tokenize"]), suggest("x", ["build-vocab"])
    ('; did you mean build-vocab?', '')
    """
    from difflib import get_close_matches

    similar = get_close_matches(name, list(known), n=1, cutoff=0.6)
    similar = similar or [candidate for candidate in known if len(name) > 3 and candidate.startswith(name)][:1]
    return f"; did you mean {similar[0]}?" if similar else ""


def _parsers(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Return a parser and those of its commands."""
    found = [parser]
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += action.choices.values()
    return found


def _long(names: str) -> str:
    """Return the longest of the names of an option, which argparse separates by slashes."""
    return max(names.split("/"), key=len)


def _options(names: str) -> list[str]:
    return [name for name in names.split() if name.startswith("-")]


def _and(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
