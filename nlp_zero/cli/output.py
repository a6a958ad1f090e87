"""Results of commands: files that appear whole, folders, stdout."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .._utils.files import write_text
from .errors import OutputError

__all__ = ["check_folder", "dump_json_line", "open_output", "unwritable"]


@contextmanager
def open_output(path: str | None) -> Iterator[Callable[[str], object]]:
    """Open the place of a result.

    A file appears whole if the block succeeds, or not at all.  Enter this before long work, so that a place that
    cannot be written to is found first.

    Parameters
    ----------
    path : str or None
        A file; None or ``-`` for stdout.

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
    target = os.path.realpath(path)  # a link stays, and the file that it points to is replaced
    if os.path.isdir(target):
        raise OutputError(f"{path} is a folder; name a file with -o.")
    try:
        if os.path.exists(target) and not os.path.isfile(target):  # a device or pipe is written to, never replaced
            with open(target, "w", encoding="utf-8", newline="\n", errors="surrogatepass") as file:
                yield file.write
        else:
            if os.path.exists(target) and not os.access(target, os.W_OK):
                raise PermissionError(13, "the file is write-protected")
            with write_text(target) as file:
                yield file.write
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path, error, "choose another place with -o") from error


def check_folder(path: str) -> None:
    """Make sure that a folder of results can be created at `path`.

    Raises
    ------
    OutputError
        If a file of this name exists, or the parent folder is missing or cannot be written to.
    """
    parent = os.path.dirname(os.path.realpath(path))
    try:
        if os.path.exists(path) and not os.path.isdir(path):
            raise FileExistsError(17, "a file of this name exists")
        os.rmdir(tempfile.mkdtemp(prefix=".nlp-zero-", dir=parent))
    except OSError as error:
        raise unwritable(path, error, "choose another place with -o") from error


def unwritable(path: str, error: OSError, remedy: str) -> OutputError:
    """Return the error of a place that cannot be written to."""
    return OutputError(f"{path}: cannot be written: {error.strerror or error}; {remedy}.")


def dump_json_line(value: object) -> str:
    r"""Return a line of JSON that UTF-8 can encode.

    Examples
    --------
    >>> dump_json_line(["春"]), dump_json_line(["\ud800"])
    ('["春"]\n', '["\\ud800"]\n')
    """
    line = json.dumps(value, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # a lone surrogate, which only an escape can hold
        line = json.dumps(value)
    return line + "\n"


def _write_stdout(text: str) -> None:
    """Write UTF-8 in any locale, without buffering: the reader of a pipe may be waiting for the line."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8", "surrogatepass"))
    sys.stdout.buffer.flush()
