"""Results of commands: files that appear whole, folders, stdout."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from .._utils.files import is_device, write_bytes, write_text
from .._utils.leftovers import temporary_place
from .._utils.progress import above_bars
from .._utils.replacement import check_replaceable
from .errors import OutputError

__all__ = [
    "check_folder", "discard_stdout", "dump_json", "dump_json_line", "open_binary_output", "open_missing_streams",
    "open_output", "open_utf8_output", "real_place", "unwritable",
]  # fmt: skip


@contextmanager
def open_output(path: str | None, *, option: str = "-o") -> Iterator[Callable[[str], object]]:
    """Open the place of a result.

    A file appears whole if the block succeeds, or not at all.  Enter this before long work, so that a place that
    cannot be written to is found first.

    Parameters
    ----------
    path : str or None
        A file; None or ``-`` for stdout.
    option : str, default "-o"
        The option that names it, for messages.

    Yields
    ------
    callable
        A function that writes text.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    if path is None or path == "-":
        yield _write_stdout
        return
    with _open_file(path, option, binary=False) as file:
        yield file.write


@contextmanager
def open_binary_output(path: str, *, option: str = "-o") -> Iterator[IO[bytes]]:
    """Open the file of a result that is not text, as `open_output` does.

    Yields
    ------
    binary file

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    with _open_file(path, option, binary=True) as file:
        yield file


@contextmanager
def open_utf8_output(path: str | None, *, option: str = "-o") -> Iterator[Callable[[bytes], object]]:
    """Open the place of a result that is text in UTF-8 already, as `open_output` does.

    Yields
    ------
    callable
        A function that writes bytes.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    if path is None or path == "-":
        yield _write_stdout_bytes
        return
    with _open_file(path, option, binary=True) as file:
        yield file.write


@contextmanager
def _open_file(path: str, option: str, *, binary: bool) -> Iterator[IO[Any]]:
    place = real_place(path)
    if os.path.isdir(place):
        raise OutputError(f"{path} is a folder; name a file with {option}.")
    try:
        if os.path.exists(place) and not os.access(place, os.W_OK):
            raise PermissionError(13, "the file is write-protected")
        with (write_bytes if binary else write_text)(place, name=path) as file:
            yield file
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is not None and os.path.dirname(os.fsdecode(error.filename)) != os.path.dirname(place):
            raise  # of another file that the command uses
        raise unwritable(path, error, f"choose another place with {option}") from error


def real_place(path: str) -> str:
    """Return the place to write to: a link stays, and the file that it points to is replaced; a device keeps its name.

    The link ``/dev/stdout`` to a pipe points to no path.
    """
    return path if is_device(path) else os.path.realpath(path)


def check_folder(path: str, *, format: str) -> None:
    """Make sure that a folder of results can be created at `path`.

    Parameters
    ----------
    path : str
        The folder.
    format : str
        The format of the result; only an empty folder or a folder of this format is replaced.

    Raises
    ------
    OutputError
        If something else exists at `path`, or the parent folder is missing or cannot be written to.
    """
    try:
        if os.path.exists(path) and not os.path.isdir(path):
            raise FileExistsError(17, "a file of this name exists")
        try:
            check_replaceable(path, format=format)
        except FileExistsError as error:
            raise OutputError(str(error)) from None
        with temporary_place(Path(os.path.realpath(path)), os.mkdir):
            pass
    except OSError as error:
        raise unwritable(path, error, "choose another place with -o") from error


def unwritable(path: str, error: OSError, remedy: str) -> OutputError:
    """Return the error of a place that cannot be written to."""
    return OutputError(f"{path}: cannot be written: {error.strerror or error}; {remedy}.")


def dump_json(value: object) -> str:
    r"""Return JSON that UTF-8 can encode.

    Examples
    --------
    >>> dump_json(["春"]), dump_json(["\ud800"])
    ('["春"]', '["\\ud800"]')
    """
    text = json.dumps(value, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can hold
        text = json.dumps(value)
    return text


def dump_json_line(value: object) -> str:
    """Return a line of JSON that UTF-8 can encode."""
    return dump_json(value) + "\n"


class _ClosedStdout(io.TextIOBase):
    """Standard output that was closed before the program began (``>&-``)."""

    @property
    def buffer(self) -> _ClosedStdout:
        return self

    def write(self, data: object) -> int:
        raise OutputError("standard output is closed; redirect it to a file, or name a file with -o.")


def open_missing_streams() -> None:
    """Replace streams that were closed before the program began, which Python sets to None."""
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115  open to the end of the process
    if sys.stdout is None:
        sys.stdout = _ClosedStdout()


def _write_stdout(text: str) -> None:
    """Write UTF-8 in any locale."""
    _write_stdout_bytes(text.encode("utf-8", "surrogatepass"))


def _write_stdout_bytes(data: bytes) -> None:
    """Write without buffering: the reader of a pipe may be waiting for the line."""
    try:
        with above_bars() if sys.stdout.isatty() else nullcontext():
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        discard_stdout()
        raise unwritable("standard output", error, "make room, or name a file on another disk with -o") from error


def discard_stdout() -> None:
    """Discard the rest of the buffer, so that the last flush of the interpreter does not fail."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):  # stdout is not a file, as under a test
        pass
