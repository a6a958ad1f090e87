"""Errors of the disk in the middle of a save: each write, fsync, rename, open of each command fails once.

``NLP_ZERO_FUZZ=1`` tries every error at every call, instead of one after the other.
"""

from __future__ import annotations

import builtins
import errno
import io
import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nlp_zero.cli import main
from tests.reference.commands import COMMANDS, Files, make_inputs, prepare, read_files, same_results

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the places of temporary files are those of POSIX")

ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT)
CALLS = ("fsync", "rename", "replace", "mkdir", "posix_fallocate")


class Disk:
    """Counts the calls that write, and makes one of them fail.

    Parameters
    ----------
    at : int
        The number of the call that fails, from 1; 0 for none.
    error : int
        The error.

    Attributes
    ----------
    calls : list of str
        The calls so far.
    """

    def __init__(self, at: int = 0, error: int = errno.EIO) -> None:
        self.at, self.error = at, error
        self.calls: list[str] = []

    def call(self, name: str, place: object = "") -> None:
        """Count a call, or fail."""
        self.calls.append(f"{name} {place}")
        if len(self.calls) == self.at:
            raise OSError(self.error, os.strerror(self.error))

    @contextmanager
    def inserted(self) -> Iterator[None]:
        """Replace the calls of Python in the block."""
        with pytest.MonkeyPatch.context() as patch:
            for name in CALLS:
                patch.setattr(os, name, self._wrap(getattr(os, name), name))
            patch.setattr(os, "open", self._wrap_os_open(os.open))
            opened = self._wrap_open(builtins.open)
            patch.setattr(builtins, "open", opened)
            patch.setattr(io, "open", opened)
            yield

    def _wrap(self, function: Any, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.call(name, arguments[0])
            return function(*arguments, **options)

        return call

    def _wrap_os_open(self, function: Any) -> Callable[..., Any]:
        def call(path: Any, flags: int, *arguments: Any, **options: Any) -> Any:
            if flags & (os.O_CREAT | os.O_WRONLY | os.O_RDWR):
                self.call("os.open", path)
            return function(path, flags, *arguments, **options)

        return call

    def _wrap_open(self, function: Any) -> Callable[..., Any]:
        def call(
            file: Any, mode: str = "r", buffering: int = -1, encoding: Any = None, errors: Any = None,
            newline: Any = None, closefd: bool = True, opener: Any = None,
        ) -> Any:  # fmt: skip
            if not set(mode) & set("wax+") or (isinstance(file, int) and file < 3):
                return function(file, mode, buffering, encoding, errors, newline, closefd, opener)
            self.call("open", file)
            raw = FailingFile(self, file, mode.replace("b", "").replace("t", ""), closefd, opener)
            if buffering == 0:
                return raw
            buffered: Any = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
            return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)

        return call


class FailingFile(io.FileIO):
    """A file whose writes are counted, and fail."""

    def __init__(self, disk: Disk, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.disk = disk

    def write(self, data: Any) -> int:
        """Write, or fail."""
        self.disk.call("write", self.name)
        return super().write(data)


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The inputs of the commands, and old results."""
    return make_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.mark.parametrize("name", COMMANDS)
def test_an_error_at_any_call_leaves_the_old_result(
    name: str, inputs: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence, status 1, and nothing else; or success, if the call was not necessary."""
    line = COMMANDS[name]
    if "parquet" in line:
        pytest.importorskip("pyarrow", reason="pyarrow (extra test) is not installed")
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setattr("tempfile.tempdir", str(place / "tmp"))
    monkeypatch.setattr(os, "fsync", lambda handle: None)

    def play(disk: Disk) -> int:
        capsys.readouterr()
        with disk.inserted():
            return main([*line.split(), "-q"])

    prepare(place, inputs, line)
    before = read_files(place)
    disk = Disk()
    assert play(disk) == 0
    new = read_files(place)
    assert new != before
    failures = 0
    all_errors = "NLP_ZERO_FUZZ" in os.environ
    for number, error in itertools.product(range(len(disk.calls)), ERRORS):
        at = number + 1
        if not all_errors and error != ERRORS[number % len(ERRORS)]:
            continue
        prepare(place, inputs, line)
        failing = Disk(at, error)
        status = play(failing)
        err = capsys.readouterr().err
        what = (failing.calls[at - 1] if len(failing.calls) >= at else "never called", os.strerror(error), status, err)
        found = read_files(place)
        if "--checkpoint" in line:
            for path in [path for path in found if path.split("/")[0] == "work"]:
                del found[path]
        if status == 0:
            assert same_results(found, new), what
            continue
        failures += 1
        assert status == 1, what
        assert err.startswith("nlpzero: error: "), what
        assert err.endswith(".\n"), what
        assert err.count("\n") == 1, what
        assert "Errno" not in err, what
        assert os.strerror(error) in err, what
        several = "--discovered" in line or "," in line  # results that are replaced one after the other
        done = {name for name in new if several and same_results({name: found.get(name, b"")}, {name: new[name]})}
        assert leave_out(found, done) == leave_out(before, done), (what, found.keys())
        if "--checkpoint" in line:
            assert play(Disk()) == 0, what
            assert same_results(read_files(place), new), what
    assert failures >= 2


def leave_out(files: Files, names: set[str]) -> Files:
    """Return the other files."""
    return {name: data for name, data in files.items() if name not in names}
