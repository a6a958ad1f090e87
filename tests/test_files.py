"""Results on disk: whole or not at all, with ordinary permissions; locks between processes."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nlp_zero._utils.files import EARLY_BYTES, new_file, write_bytes, write_text
from nlp_zero._utils.folders import read_folder, write_folder
from nlp_zero._utils.leftovers import find_temporary, remove_unfinished
from nlp_zero._utils.locks import LOCK_NAME, lock_folder, remove_lock
from nlp_zero._utils.replacement import check_replaceable, new_folder, restore_folder
from nlp_zero._utils.temporary import open_spool
from nlp_zero.errors import CheckpointError

FORMAT = "test format"
STEPS = ((os, "rename"), (os, "replace"), (os, "fsync"), (os, "mkdir"), (shutil, "rmtree"))


def write(path: Path, value: int) -> None:
    arrays = {"a": np.full(3, value, np.uint32), "b": np.full(value, value, np.uint32)}
    write_folder(path, format=FORMAT, version=1, meta={"value": value}, arrays=arrays)


def read(path: Path) -> int:
    """The value of a folder that `write` wrote, all of whose arrays are whole."""
    meta, arrays = read_folder(path, format=FORMAT, version=1)
    value = int(meta["value"])
    assert arrays["a"].tolist() == [value] * 3
    assert arrays["b"].tolist() == [value] * value
    return value


class Failures:
    """Makes the calls `fails` of all functions in STEPS fail; they are numbered from 1 in the order of time."""

    def __init__(self, patch: pytest.MonkeyPatch, fails: Callable[[int], bool], *, after: bool) -> None:
        self.calls: list[str] = []
        for module, name in STEPS:
            patch.setattr(module, name, self._wrap(getattr(module, name), name, fails, after))

    def _wrap(self, function: Any, name: str, fails: Callable[[int], bool], after: bool) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append(name)
            fail = fails(len(self.calls))
            if fail and not after:
                raise OSError(5, f"injected into {name}")
            result = function(*arguments, **options)
            if fail:
                raise KeyboardInterrupt
            return result

        return call


def number_of_calls(path: Path, value: int) -> int:
    with pytest.MonkeyPatch.context() as patch:
        failures = Failures(patch, lambda call: False, after=False)
        write(path, value)
    assert {"mkdir", "fsync", "rename", "rmtree"} <= set(failures.calls)
    return len(failures.calls)


@pytest.mark.parametrize("after", [False, True], ids=["the call fails", "Ctrl-C right after the call"])
def test_a_failure_at_any_step_leaves_the_old_or_the_new_folder(tmp_path: Path, after: bool) -> None:
    path = tmp_path / "result"
    write(path, 1)
    seen = set()
    for number in range(1, number_of_calls(path, 1) + 1):
        with pytest.MonkeyPatch.context() as patch:
            failures = Failures(patch, lambda call, number=number: call == number, after=after)  # type: ignore[misc]
            try:
                write(path, 2)
                failed = False
            except (OSError, KeyboardInterrupt):
                failed = True
        assert len(failures.calls) >= number
        assert os.listdir(tmp_path) == ["result"], failures.calls
        value = read(path)
        assert value == 2 or failed
        seen.add((value, failed))
        write(path, 1)
    assert seen >= {(1, True), (2, after)}


@pytest.mark.parametrize("after", [False, True], ids=["the call fails", "Ctrl-C right after the call"])
def test_a_failure_at_any_step_of_the_first_write(tmp_path: Path, after: bool) -> None:
    write(tmp_path / "other", 1)
    for number in range(1, number_of_calls(tmp_path / "other", 1)):
        with pytest.MonkeyPatch.context() as patch:
            Failures(patch, lambda call, number=number: call == number, after=after)  # type: ignore[misc]
            try:
                write(tmp_path / "result", 2)
            except (OSError, KeyboardInterrupt):
                if not (tmp_path / "result").exists():
                    assert os.listdir(tmp_path) == ["other"]
                    continue
        assert sorted(os.listdir(tmp_path)) == ["other", "result"]
        assert read(tmp_path / "result") == 2
        shutil.rmtree(tmp_path / "result")


def test_a_failed_restore_is_repeated_by_the_next_reader_or_writer(tmp_path: Path) -> None:
    path = tmp_path / "result"
    for use, value in ((read, 1), (restore_folder, 1), (lambda path: write(path, 3), 3)):
        shutil.rmtree(path, ignore_errors=True)
        write(path, 1)
        with pytest.MonkeyPatch.context() as patch:
            renames: list[str] = []
            rename = os.rename

            def only_once(old: Any, new: Any, renames: list[str] = renames, rename: Any = rename) -> None:
                renames.append(str(new))
                if len(renames) > 1:
                    raise OSError(5, "injected")
                rename(old, new)

            patch.setattr(os, "rename", only_once)
            with pytest.raises(OSError, match="injected"):
                write(path, 2)
        assert not path.exists()
        assert len(os.listdir(tmp_path)) == 1  # the old folder under its hidden name, and no unfinished one
        use(path)
        assert os.listdir(tmp_path) == ["result"]
        assert read(path) == value


def test_folders_that_are_not_ours_stay(tmp_path: Path) -> None:
    (tmp_path / "result").mkdir()
    write(tmp_path / "result", 1)  # an empty folder may be replaced
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match=r"mine exists and does not have the format 'test format'; .*\.$"):
        write(tmp_path / "mine", 1)
    assert (tmp_path / "mine" / "notes.txt").read_text() == "mine"
    (tmp_path / ".result.notes.old").mkdir()  # like our names, and not one of them
    write(tmp_path / "result", 2)
    assert sorted(os.listdir(tmp_path)) == [".result.notes.old", "mine", "result"]


def test_a_folder_with_files_of_somebody_else_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "result"
    write(path, 1)
    (path / "notes.txt").write_text("mine")
    for replace in (lambda: write(path, 2), lambda: check_replaceable(path, format=FORMAT)):
        with pytest.raises(FileExistsError, match=r"result cannot be replaced, because notes.txt in it .*\.$"):
            replace()
    assert read(path) == 1
    assert (path / "notes.txt").read_text() == "mine"


def test_a_write_protected_folder_is_not_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "result"
    write(path, 1)
    monkeypatch.setattr(os, "access", lambda place, mode: mode == os.R_OK or Path(place) != path)  # root has all rights
    for replace in (lambda: write(path, 2), lambda: check_replaceable(path, format=FORMAT)):
        with pytest.raises(FileExistsError, match=r"result is write-protected; .*\.$"):
            replace()
    assert read(path) == 1
    assert os.listdir(tmp_path) == ["result"]


WRITERS = {
    "a file": (
        "from nlp_zero._utils.files import write_text\n"
        "with write_text(path) as file:\n"
        "    file.write('half')\n"
    ),
    "a folder": (
        "from nlp_zero._utils.replacement import new_folder\n"
        "with new_folder(path, format='test format') as folder:\n"
        "    (folder / 'a.npy').write_text('half')\n"
    ),
}


@pytest.mark.skipif(os.name != "posix", reason="without flock nothing is removed")
@pytest.mark.parametrize("kind", WRITERS)
def test_a_killed_program_leaves_nothing_for_long(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "result"
    program = f"import sys; sys.path[:0] = {sys.path!r}; path = {str(path)!r}\n{WRITERS[kind]}"
    program += "    print('begun', flush=True); input()\n"
    writer = [sys.executable, "-c", program]

    def finish() -> None:
        if kind == "a file":
            with write_text(path) as file:
                file.write("whole")
        else:
            write(path, 1)

    others = [".result.0123456789ab.part.txt", ".result.tsv.0123456789ab.part", ".result.mine.part", "result.part"]
    for name in others:
        (tmp_path / name).write_text("mine")
    with subprocess.Popen(writer, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        (unfinished,) = find_temporary(path)
        finish()  # another program writes the same result meanwhile
        assert unfinished.exists()
        process.kill()
    assert unfinished.exists()
    finish()
    assert sorted(os.listdir(tmp_path)) == sorted([*others, "result"])


def test_unfinished_places_can_be_removed_at_any_moment(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), write_text(tmp_path / "words.tsv") as file:  # noqa: PT012
        file.write("half")
        with pytest.raises(FileNotFoundError), new_folder(tmp_path / "counts", format=FORMAT) as folder:  # noqa: PT012
            (folder / "a.npy").write_text("half")
            assert len(os.listdir(tmp_path)) == 2
            remove_unfinished()
            assert os.listdir(tmp_path) == []
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_a_link_to_a_folder_stays_a_link(tmp_path: Path) -> None:
    write(tmp_path / "real", 1)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", 2)
    assert (tmp_path / "link").is_symlink()
    assert read(tmp_path / "real") == 2
    assert sorted(os.listdir(tmp_path)) == ["link", "real"]


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "words.tsv"
    with write_text(path) as file:
        file.write("旧\n")
        assert not path.exists()
    with pytest.raises(ZeroDivisionError), write_text(path) as file:
        file.write(str(1 // 0))
    for number, name in ((1, "fsync"), (2, "replace")):
        with pytest.MonkeyPatch.context() as patch:
            Failures(patch, lambda call, number=number: call == number, after=False)  # type: ignore[misc]
            with pytest.raises(OSError, match=f"injected into {name}"), write_bytes(path) as binary:
                binary.write(b"new")
    assert path.read_text(encoding="utf-8") == "旧\n"
    assert os.listdir(tmp_path) == ["words.tsv"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems write when they want")
def test_a_large_file_is_written_to_the_disk_while_it_grows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before fsync, each byte once but for the last few; an error of this is not one of the file."""
    begun: list[tuple[int, int]] = []

    def advise(handle: int, start: int, size: int, advice: int) -> None:
        assert os.fstat(handle).st_size >= start
        begun.append((start, start + size))
        raise OSError(errno.EINVAL, "not here")

    monkeypatch.setattr(os, "posix_fadvise", advise)
    data = bytes(range(256)) * (EARLY_BYTES // 1000)
    with write_bytes(tmp_path / "large") as file:
        for _ in range(20):
            file.write(data)
    assert (tmp_path / "large").read_bytes() == 20 * data
    ends = [0, *(end for _, end in begun)]
    assert [start for start, _ in begun] == ends[:-1]
    assert 0 <= 20 * len(data) - ends[-1] < EARLY_BYTES


@pytest.mark.skipif(os.name != "posix", reason="no umask here")
@pytest.mark.parametrize("umask", [0o077, 0o022, 0o002])
def test_permissions_follow_the_umask_which_is_never_touched(
    umask: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The umask belongs to the process: changing it, for however short, changes the files of other threads."""

    def touch(mask: int) -> int:
        raise AssertionError("the umask was changed")

    before = os.umask(umask)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(os, "umask", touch)
            with write_text(tmp_path / "file") as file:
                file.write("text")
            with new_file(tmp_path / "table") as name:
                name.write_bytes(b"table")
            write(tmp_path / "folder", 1)
            with new_folder(tmp_path / "empty", format=FORMAT):
                pass
    finally:
        os.umask(before)
    modes = {name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in os.listdir(tmp_path)}
    file, folder = 0o666 & ~umask, 0o777 & ~umask
    assert modes == {"file": file, "table": file, "folder": folder, "empty": folder}
    assert stat.S_IMODE((tmp_path / "folder" / "meta.json").stat().st_mode) == file


def test_errors_name_the_result_not_its_temporary_place(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for target in (tmp_path / "missing" / "table", tmp_path / "folder"):
        name = re.escape(repr(str(target)))
        with pytest.raises(OSError, match=rf"\] [A-Za-z ]+: {name}$"), write_text(target) as file:
            file.write("table")
    assert os.listdir(tmp_path) == ["folder"]


def test_a_lock_keeps_other_processes_out(tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "from nlp_zero._utils.locks import lock_folder\nfrom nlp_zero.errors import CheckpointError\n"
        "try:\n"
        f"    lock = lock_folder({str(tmp_path)!r})\n"
        "    print('locked', flush=True)\n"
        "    input()\n"
        "except CheckpointError as error:\n"
        "    print('in use' if 'is in use by another process; wait' in str(error) else error, flush=True)\n"
    )

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def says(process: subprocess.Popen[str]) -> str:
        assert process.stdout is not None
        return process.stdout.readline().strip()

    with start() as other:
        assert says(other) == "locked"
        with pytest.raises(CheckpointError, match=r"in use by another process; .*\.$"):
            lock_folder(tmp_path)
        other.kill()
    first, second = lock_folder(tmp_path), lock_folder(tmp_path)  # the same process may
    with start() as other:
        assert says(other) == "in use"
    del first
    with start() as other:
        assert says(other) == "in use"
    del second
    with start() as other:
        assert says(other) == "locked"
        other.kill()
    kept = lock_folder(tmp_path)
    remove_lock(tmp_path)
    assert os.listdir(tmp_path) == []
    with start() as other:  # removed: free, though an object of it is alive
        assert says(other) == "locked"
        other.kill()
    (tmp_path / LOCK_NAME).unlink()
    again = lock_folder(tmp_path)
    (tmp_path / LOCK_NAME).unlink()
    third = lock_folder(tmp_path)  # the file of the held lock was removed
    with start() as other:
        assert says(other) == "in use"
    del kept, again, third


@pytest.mark.skipif(os.name != "posix", reason="Windows does not remove open files")
def test_a_lock_that_vanishes_is_taken_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    asked: list[int] = []

    def flock(file: int, how: int) -> None:
        asked.append(file)
        if len(asked) == 1:  # another process, which held the lock, removes its file at this moment
            (tmp_path / LOCK_NAME).unlink()

    monkeypatch.setattr(fcntl, "flock", flock)
    lock = lock_folder(tmp_path)
    assert len(asked) == 2
    assert lock.is_in_place()


@pytest.mark.skipif(os.name != "posix", reason="other errors on Windows")
def test_file_systems_without_locks_are_used_without_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    def fail_with(number: int) -> None:
        def flock(file: int, how: int) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(fcntl, "flock", flock)

    fail_with(errno.ENOLCK)
    lock = lock_folder(tmp_path)
    assert lock.is_in_place()
    del lock
    fail_with(errno.EIO)
    files = os.listdir("/proc/self/fd") if Path("/proc/self/fd").is_dir() else []
    with pytest.raises(OSError, match="Input/output error"):
        lock_folder(tmp_path)
    assert len(files) == len(os.listdir("/proc/self/fd") if files else [])


@pytest.mark.skipif(os.name != "posix", reason="no named pipes here")
def test_a_pipe_or_device_is_written_to_and_not_replaced_by_a_file(tmp_path: Path) -> None:
    """As root, `nlpzero convert words.tsv /dev/full` made a file of the device."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match="device or pipe"), new_file(tmp_path / name):
            pass
        reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
        with write_bytes(tmp_path / name) as file:
            file.write(b"x")
        assert os.read(reader, 9) == b"x"
        os.close(reader)
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"]


def test_a_spool_is_read_again_and_leaves_nothing(tmp_path: Path) -> None:
    file, name, remove = open_spool(tmp_path)
    file.write("青石镇".encode())
    file.flush()
    assert Path(name).read_text(encoding="utf-8") == Path(name).read_text(encoding="utf-8") == "青石镇"
    if Path("/proc/self/fd").exists():
        assert os.listdir(tmp_path) == []
    remove()
    assert not Path(name).exists()
    assert os.listdir(tmp_path) == []
