"""Reading: what comes out is what is in the files, however it is stored, and errors say where and what to do."""

from __future__ import annotations

import bz2
import errno
import gc
import gzip
import io
import json
import lzma
import os
import sys
import tempfile
import threading
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero._utils.temporary import open_spool
from nlp_zero.corpus import (
    Block,
    Corpus,
    CorpusPosition,
    TextBatch,
    compression,
    count_stored_bytes,
    describe_reading,
    identify_files,
    read_blocks,
    read_blocks_from,
    require_text,
    restartable,
    slice_corpus,
)
from nlp_zero.corpus import blocks as blocks_module
from nlp_zero.corpus.sources import find_sources
from nlp_zero.errors import CheckpointError, CorpusError
from tests.reference.text import is_boundary

zstandard = pytest.importorskip("zstandard")
LINES = ["滚滚长江东逝水，", "", "浪花淘尽英雄。😀", "a\u0301 b\x00c", "是非成败转头空"]
TEXT = "\n".join(LINES) + "\n"
PACK = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstandard.compress, "": bytes}


def write(path: Path, data: bytes | str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def read_text(corpus: Corpus, unit: str = "char") -> str:
    return "".join(b.data.decode() if isinstance(b.data, bytes) else b.data for b in corpus.blocks(unit))


def feed_stdin(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


# --- text, compression, encodings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("block_size", [1, 7, 1 << 20])
def test_every_compression_gives_the_same_text(tmp_path: Path, suffix: str, block_size: int) -> None:
    path = write(tmp_path / f"a.txt{suffix}", PACK[suffix](TEXT.encode()))
    corpus = Corpus(path, block_size=block_size)
    assert read_text(corpus) == read_text(corpus, "byte") == TEXT
    assert list(corpus) == LINES
    assert list(corpus) == LINES  # and again


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_several_streams_in_one_file(tmp_path: Path, suffix: str) -> None:
    path = write(tmp_path / f"a.txt{suffix}", PACK[suffix](TEXT.encode()) + PACK[suffix](b"next\n"))
    assert read_text(Corpus(path)) == TEXT + "next\n"


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("damage", ["truncated", "plain"])
def test_a_damaged_compressed_file_is_named(tmp_path: Path, suffix: str, damage: str) -> None:
    whole = PACK[suffix](os.urandom(100_000))
    path = write(tmp_path / f"a.txt{suffix}", whole[: len(whole) // 2] if damage == "truncated" else TEXT)
    with pytest.raises(CorpusError, match=r"a\.txt.*not a complete (gzip|bz2|xz|zstd) file"):
        for _ in Corpus(path, errors="replace").blocks():
            pass


def test_zstd_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    path = write(tmp_path / "a.txt.zst", zstandard.compress(b"a"))
    with pytest.raises(CorpusError, match=r"pip install 'nlpzero\[io\]'"):
        list(Corpus(path))


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-16-be", "utf-32", "utf-8-sig", "utf-8"])
@pytest.mark.parametrize("block_size", [1, 3, 1 << 16])
def test_encodings(tmp_path: Path, encoding: str, block_size: int) -> None:
    path = write(tmp_path / "a.txt", TEXT.encode(encoding))
    assert read_text(Corpus(path, encoding=encoding, block_size=block_size)) == TEXT
    assert list(Corpus(path, encoding=encoding, block_size=block_size)) == LINES


@pytest.mark.parametrize("block_size", [1, 2, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "gb18030"])
@pytest.mark.parametrize("given", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_byte_order_mark_decides_and_is_not_text(
    tmp_path: Path, encoding: str, given: str, block_size: int
) -> None:
    path = write(tmp_path / "a.txt", ("\ufeff" + TEXT).encode(encoding))
    corpus = Corpus(path, encoding=given, block_size=block_size)
    assert list(corpus) == LINES
    assert read_text(corpus) == TEXT


def test_a_byte_order_mark_inside_the_text_stays(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "\ufeff甲\n\ufeff乙\n")
    assert list(Corpus(path)) == ["甲", "\ufeff乙"]
    assert [b.offset for b in Corpus(path).blocks()] == [3]
    assert list(Corpus(write(tmp_path / "b.txt", b"\xef\xbb\xbf"))) == []
    with pytest.raises(CorpusError, match="byte 0"):
        list(Corpus(write(tmp_path / "c.txt", b"\xef\xbb")))


@pytest.mark.parametrize("block_size", [1, 2, 5, 1000])
@pytest.mark.parametrize(
    ("encoding", "data", "byte"),
    [
        ("utf-8-sig", "甲乙\n丙".encode() + b"\xff\n", 10),
        ("ascii", b"abc\nd\xe4", 5),
        ("gb18030", "甲乙\n".encode("gb18030") + b"\xff", 5),
        ("gb18030", "甲乙\n".encode("gb18030") + b"\x81\xff", 5),
        ("big5", "甲乙\n".encode("big5") + b"\xa4\n", 5),
        ("utf-16-le", "甲\n".encode("utf-16-le") + b"\x00", 4),
    ],
)
def test_invalid_bytes_are_located(tmp_path: Path, encoding: str, data: bytes, byte: int, block_size: int) -> None:
    path = write(tmp_path / "a.txt", data)
    with pytest.raises(CorpusError, match=rf"a\.txt: byte {byte} .*--encoding.*--errors"):
        list(Corpus(path, encoding=encoding, block_size=block_size))


def test_a_file_that_ends_inside_a_character(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "甲乙".encode()[:-1])
    with pytest.raises(CorpusError, match="byte 3"):
        list(Corpus(path))


def test_errors_and_normalize(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "ａ１".encode() + b"\xff" + "か\u3099\n".encode())
    assert list(Corpus(path, errors="replace")) == ["ａ１\ufffdか\u3099"]
    assert list(Corpus(path, errors="ignore", normalize="NFKC", block_size=1)) == ["a1が"]


def test_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "甲\r\n乙\n\n丙\r丁\u2028戊\x85己\n庚")
    assert list(Corpus(path, block_size=2)) == ["甲", "乙", "", "丙\r丁\u2028戊\x85己", "庚"]


def test_empty_files_have_no_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"")
    assert list(Corpus(path)) == []
    assert list(Corpus(path).blocks()) == []
    with pytest.raises(CorpusError, match=r"a\.txt: the file is empty; name one that has text in it\."):
        require_text(0, Corpus(path))
    require_text(1, Corpus(path))
    other = write(tmp_path / "b.txt", b"")
    with pytest.raises(CorpusError, match=r"a\.txt, .*b\.txt: all 2 files are empty"):
        require_text(0, Corpus(path, other))
    other = write(tmp_path / "b.txt", b"abc")
    with pytest.raises(CorpusError, match=r"b\.txt: nothing to count.*alnum='split'"):
        require_text(0, Corpus(path, other))
    assert (Corpus(path).is_empty(), Corpus(path, other).is_empty(), Corpus("-").is_empty()) == (True, False, False)


# --- blocks -------------------------------------------------------------------------------------------------------

texts = st.text(st.sampled_from("春江花月夜a1 \n\r，。、！=\u0338\u3099か\u00a0\ufeff😀\x00"), max_size=60)


@settings(max_examples=400, deadline=None)
@given(texts, st.integers(1, 40), st.sampled_from(["char", "byte"]))
def test_blocks_are_the_file_and_no_run_crosses(text: str, block_size: int, unit: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "a.txt"), text)
        blocks = list(Corpus(path, block_size=block_size).blocks(unit))
        lines = list(Corpus(path, block_size=block_size))
        plain = [b.data for b in Corpus(path, block_size=block_size, errors="replace").blocks(unit)]
        nfc = read_text(Corpus(path, block_size=block_size, normalize="NFC"), unit)
        nfkc = read_text(Corpus(path, block_size=block_size, normalize="NFKC"), unit)
    mark = 3 if text.startswith("\ufeff") else 0  # bytes of a byte order mark, which is not text
    text = text.removeprefix("\ufeff")
    data = text.encode()
    assert b"".join(b.data for b in blocks if isinstance(b.data, bytes)) == data
    assert [b.offset - mark for b in blocks] == [sum(len(x.data) for x in blocks[:i]) for i in range(len(blocks))]
    assert "".join(map(str, plain)) == text
    for pieces in (blocks_as_text(blocks), list(map(str, plain))):
        for piece in pieces[:-1]:
            assert piece.endswith("\n") if unit == "byte" else is_boundary(piece[-1])
    expected = text.split("\n")
    expected = expected[:-1] if not expected[-1] else expected
    assert lines == [line.removesuffix("\r") for line in expected]
    assert (nfc, nfkc) == (unicodedata.normalize("NFC", text), unicodedata.normalize("NFKC", text))


def blocks_as_text(blocks: list[Block]) -> list[str]:
    return [b.data.decode() if isinstance(b.data, bytes) else b.data for b in blocks]


@pytest.mark.parametrize("line", [70, 30_000])
def test_large_chunks_of_a_file_end_with_lines(tmp_path: Path, line: int) -> None:
    data = ("\n".join(["山" * (line + number % 7) for number in range(3_000_000 // 3 // line)])).encode()
    path, size, read = write(tmp_path / "a.txt", data), 1 << 19, []
    chunks = list(compression.read_chunks(find_sources([str(path)])[0], size, read.append))
    assert b"".join(chunks) == data
    assert read == [*map(len, chunks), 0]
    for chunk in chunks[:-2]:  # the rest is divided at its last line end if the search reaches the end of the file
        if line == 70:
            assert size - 300 < len(chunk) <= size
            assert chunk.endswith(b"\n")
        else:  # no line ends near the end of a chunk, or else the chunk ends there
            assert len(chunk) == size or (size - compression.SEARCHED_BYTES < len(chunk) and chunk.endswith(b"\n"))
    assert b"".join(b.data for b in Corpus(path, block_size=size).blocks() if isinstance(b.data, bytes)) == data


def test_marks_are_boundaries_and_never_compose() -> None:
    for mark in blocks_module.MARKS:
        assert is_boundary(mark)
        for form in ("NFC", "NFKC", "NFD", "NFKD"):
            assert all(map(is_boundary, unicodedata.normalize(form, mark)))
            for cp in [*range(0x300, 0x370), 0x3099, 0x309A, 0xFF9E]:
                both = unicodedata.normalize(form, mark + chr(cp))
                assert both == unicodedata.normalize(form, mark) + unicodedata.normalize(form, chr(cp))


@pytest.mark.parametrize("mark", ["", "，"])
def test_one_line_of_50_megabytes_is_searched_once(tmp_path: Path, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting pieces without a mark must not search them again: that would take quadratic time."""
    line = ("滚滚长江东逝水" * 100 + mark) * 23_800
    path = write(tmp_path / "a.txt", line)
    searched: list[int] = []
    last_cut = blocks_module._last_cut
    monkeypatch.setattr(
        blocks_module, "_last_cut", lambda piece, marks: (searched.append(len(piece)), last_cut(piece, marks))[1]
    )
    blocks = list(Corpus(path).blocks())
    size = sum(len(b.data) for b in blocks)
    assert size == len(line.encode()) > 49_000_000
    assert sum(searched) == size
    assert (max(len(b.data) for b in blocks) < 9 << 20) == bool(mark)


def test_units_and_options_are_checked_at_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", TEXT)
    for options in (
        {"encoding": "klingon"}, {"encoding": "base64"}, {"errors": "surrogateescape"}, {"normalize": "nfc"},
        {"block_size": 0},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"must .*\.$"):
            Corpus(path, **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="source"):
        Corpus()
    with pytest.raises(TypeError, match="source"):
        Corpus(b"a.txt")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"not \['a.txt'\]; write Corpus\(\*names\) for several\.$"):
        Corpus(["a.txt"])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unit"):
        Corpus(path).blocks("word")
    with pytest.raises(ValueError, match="unit"):
        read_blocks(["a"], "word")


# --- names --------------------------------------------------------------------------------------------------------


def test_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.TXT.gz", "a/y.jsonl", "c.pdf", ".hidden.txt", ".git/x.txt", "a.md", "wiki_00"):
        write(tmp_path / name, gzip.compress(b"z\n") if name.endswith("gz") else '{"text": "j"}\n')
    names = [Path(name).relative_to(tmp_path).as_posix() for name in Corpus(tmp_path).files()]
    assert names == ["a/y.jsonl", "a/z.TXT.gz", "a.md", "b.txt"]
    assert list(Corpus(tmp_path / "a")) == ["j", "z"]
    assert len(Corpus(str(tmp_path / "**" / "*")).files()) == 6
    assert Corpus(str(tmp_path / "wiki*"), tmp_path / "b.txt").files()[0].endswith("wiki_00")


def test_a_name_with_magic_characters_is_a_name_first(tmp_path: Path) -> None:
    path = write(tmp_path / "a[1].txt", "甲\n")
    write(tmp_path / "a1.txt", "乙\n")
    assert list(Corpus(path)) == ["甲"]


def test_files_do_not_run_together(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1.txt", "甲"), write(tmp_path / "2.txt", "乙")
    assert list(Corpus(one, two)) == ["甲", "乙"]
    assert [(b.data, b.source) for b in Corpus(one, two).blocks()] == [
        ("甲".encode(), str(one)),
        ("乙".encode(), str(two)),
    ]


@pytest.mark.parametrize("errors", ["strict", "ignore"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_missing_byte_order_mark_is_told(tmp_path: Path, encoding: str, errors: str) -> None:
    write(tmp_path / "a.txt", TEXT.encode(f"{encoding}-le"))
    with pytest.raises(CorpusError, match=rf"a\.txt: no byte order mark .*: --encoding {encoding}-le or .*\.$"):
        list(Corpus(tmp_path / "a.txt", encoding=encoding, errors=errors))


def test_what_is_missing_is_refused_before_reading(tmp_path: Path) -> None:
    good = write(tmp_path / "a.txt", TEXT)
    (tmp_path / "empty").mkdir()
    for bad, message in (("no.txt", "no such file"), ("*.log", "no file matches"), ("empty", "holds no text file")):
        for read in (Corpus.blocks, Corpus.__iter__, Corpus.files):
            with pytest.raises(CorpusError, match=message):
                read(Corpus(good, tmp_path / bad))


@pytest.mark.parametrize("names", [("b",), ("b/c",), ("b/c/x.txt",), ("b/*/*.txt",), ("b/**/*.txt",), ("b/c/*.txt",)])
def test_no_text_of_an_unreadable_folder_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    write(tmp_path / "b" / "a.txt", TEXT)
    write(tmp_path / "b" / "c" / "x.txt", TEXT)
    corpus = Corpus(*(tmp_path / name for name in names))
    forbidden = os.path.join("b", "c")
    real_scandir, real_stat = os.scandir, os.stat

    def scandir(path: Any = ".") -> Any:
        if os.fspath(path).rstrip(os.sep).endswith(forbidden):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real_scandir(path)

    def stat(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if isinstance(path, str) and os.path.dirname(path).endswith(forbidden) and os.path.basename(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real_stat(path, *args, **options)

    with monkeypatch.context() as patch:  # as for a user who may neither list nor search the folder
        patch.setattr(os, "scandir", scandir)
        patch.setattr(os, "stat", stat)
        with pytest.raises(CorpusError, match=r"c(.x\.txt|.)?: cannot be read: Permission denied; change its"):
            list(corpus)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", TEXT)
    path.chmod(0)
    with pytest.raises(CorpusError, match=r"a\.txt: cannot be read: Permission"):
        list(Corpus(path))


def test_urls_need_fsspec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(CorpusError, match=r"pip install 'nlpzero\[io\]'"):
        Corpus("s3://bucket/a.txt").files()


def test_urls_through_fsspec() -> None:
    fsspec = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.pipe("/corpus/a.txt", TEXT.encode())
    memory.pipe("/corpus/b.jsonl.gz", gzip.compress(b'{"text": "b"}\n'))
    memory.pipe("/corpus/c.bin", b"\xff")
    try:
        assert list(Corpus("memory://corpus/a.txt", progress=False)) == LINES
        assert list(Corpus("memory://corpus/*.gz")) == ["b"]
        assert list(Corpus("memory://corpus")) == [*LINES, "b"]
        with pytest.raises(CorpusError, match="memory://corpus/none"):
            list(Corpus("memory://corpus/none.txt"))
        with pytest.raises(CorpusError, match="nosuch://"):
            Corpus("nosuch://x").files()
    finally:
        memory.rm("/corpus", recursive=True)


# --- JSON lines ---------------------------------------------------------------------------------------------------


def test_json_lines(tmp_path: Path) -> None:
    rows = [{"text": "甲\n乙", "body": "x"}, {"text": "\ud800", "body": "ｙ"}]
    data = "\ufeff" + "\r\n\n".join(map(json.dumps, rows))
    path = write(tmp_path / "a.jsonl", data)
    assert list(Corpus(path, block_size=3)) == ["甲\n乙", "\ud800"]
    assert list(Corpus(path, field="body", normalize="NFKC")) == ["x", "y"]
    assert [(b.data, b.source) for b in Corpus(path).blocks("byte")] == [("甲\n乙\n\ud800", str(path))]
    assert list(Corpus(write(tmp_path / "b.json", json.dumps(rows[0]).encode("utf-16")), encoding="utf-16")) == [
        "甲\n乙"
    ]


@pytest.mark.parametrize("bad", ['{"text": ', "[1]", "null", '{"other": "x"}', '{"text": 3}', "[" * 100_000])
def test_a_bad_json_line_is_named(tmp_path: Path, bad: str) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "x"}\n\n' * 2 + bad + "\n")
    with pytest.raises(CorpusError, match=r"a\.jsonl, line 5: (not a JSON|no text in the field 'text'.*--field)"):
        list(Corpus(path, block_size=8))


# --- standard input, iterables ------------------------------------------------------------------------------------


def test_stdin_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    feed_stdin(monkeypatch, TEXT.encode())
    corpus = Corpus("-")
    assert list(corpus) == LINES
    with pytest.raises(CorpusError, match="<stdin> can be read only once"):
        corpus.blocks()


@pytest.mark.parametrize(
    ("name", "data"), [("-", b"a\n"), ("-.gz", gzip.compress(b"a\n")), ("-.jsonl", b'{"text":"a"}')]
)
def test_restartable_keeps_stdin_until_it_goes(monkeypatch: pytest.MonkeyPatch, name: str, data: bytes) -> None:
    feed_stdin(monkeypatch, data)
    corpus = restartable(Corpus(name))
    assert isinstance(corpus, Corpus)
    assert list(corpus) == list(corpus) == ["a"]
    assert restartable(corpus) is corpus
    (path,) = corpus._spooled.values()
    assert Path(path).exists()
    del corpus
    gc.collect()
    assert not Path(path).exists()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no disk that is always full")
def test_a_full_disk_is_told_once(tmp_path: Path) -> None:
    file, _, remove = open_spool(tmp_path)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, file.fileno())
    os.close(full)
    file.write(b"text")
    with pytest.raises(OSError, match="No space left"):
        file.flush()
    remove()  # which would write the rest of the text
    assert file.closed


def test_a_closed_stdin_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CorpusError, match="Standard input is closed"):
        list(Corpus("-"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_like_stdin(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(TEXT.encode(),))
    writer.start()
    corpus = restartable(Corpus(tmp_path / "pipe"))
    writer.join()
    assert list(corpus) == list(corpus) == LINES


def test_a_regular_corpus_or_list_is_restartable_as_it_is(tmp_path: Path) -> None:
    corpus = Corpus(write(tmp_path / "a.txt", TEXT))
    assert restartable(corpus) is corpus
    assert restartable(LINES) is LINES


@pytest.mark.parametrize("function", [read_blocks, restartable])
@pytest.mark.parametrize(
    ("texts", "message"),
    [("甲", r"write \[text\]"), (b"a", r"write \[text\]"), (Path("a"), r"Corpus\(path\)"), (3, "not int")],
)
def test_a_single_text_is_refused(function: object, texts: object, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        function(texts)  # type: ignore[operator]


def test_generators_can_be_counted_but_not_read_twice() -> None:
    assert [b.data for b in read_blocks(line for line in ["甲", "乙"])] == ["甲\n乙"]
    with pytest.raises(TypeError, match="generator is used up"):
        restartable(line for line in ["甲"])
    with pytest.raises(TypeError, match=r"text number 1 is float, not str; leave out what is not a text\.$"):
        list(read_blocks(["a", float("nan")]))  # type: ignore[list-item]
    with pytest.raises(TypeError, match="text number 1 is bytes"):
        list(read_blocks(["a", b"b"]))  # type: ignore[list-item]


def test_blocks_of_many_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK_CHARACTERS", 4)
    blocks = list(read_blocks(["甲", "乙", "丙丁戊", ""]))
    assert [(b.data, b.offset) for b in blocks] == [("甲\n乙", 0), ("丙丁戊", 2), ("", 3)]


# --- positions, public names --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["a.txt", "a.txt.gz", "a.jsonl", "gb18030.txt"])
def test_reading_goes_on_from_every_position(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK_CHARACTERS", 4)
    encoding = "gb18030" if "gb" in kind else "utf-8"
    data = "".join(json.dumps({"text": line}) + "\n" for line in LINES) if "json" in kind else TEXT
    path = write(tmp_path / kind, PACK[".gz" if "gz" in kind else ""](data.encode(encoding)))
    corpus = Corpus(path, path, encoding=encoding, block_size=20)
    whole = list(read_blocks_from(corpus, CorpusPosition()))
    assert [block for _, block in whole] == list(corpus.blocks())
    assert len({position for position, _ in whole}) == len(whole) > 4
    for number, (position, _) in enumerate(whole, 1):
        assert [block.data for _, block in read_blocks_from(corpus, tuple(position))] == [
            block.data for _, block in whole[number:]
        ]
    assert count_stored_bytes(corpus) == 2 * path.stat().st_size
    stat = path.stat()
    assert identify_files(corpus) == [(str(path), stat.st_size, stat.st_mtime_ns)] * 2
    assert describe_reading(corpus) == {
        "encoding": encoding, "errors": "strict", "field": "text", "normalize": None, "block_size": 20, "format": None,
    }  # fmt: skip
    with pytest.raises(ValueError, match="unit must be"):
        list(read_blocks_from(corpus, (0, 0), "word"))


def test_standard_input_has_no_identity() -> None:
    with pytest.raises(CheckpointError, match=r"<stdin> can be read only once, .*save it to a file first.*\.$"):
        identify_files(Corpus("-"))


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.txt.gz"])
def test_encoded_batches_hold_the_same_texts(tmp_path: Path, name: str) -> None:
    lines = ["\ufeff春天", "", *(f"第{k}行\r" for k in range(200)), "末"]
    data = "\n".join(json.dumps(line) if name == "a.jsonl" else line for line in lines).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    corpus = Corpus(path, block_size=64)
    for part in (corpus, *slice_corpus(corpus, 300)):
        batches = [
            batch if isinstance(batch, TextBatch) else TextBatch(batch.data.decode(), "", 1)  # type: ignore[union-attr]
            for batch in part.encoded_batches()
        ]
        assert [text for batch in batches for text in batch.split()] == list(part)


def test_public_names_of_a_corpus() -> None:
    corpus = Corpus("a.txt", "-", encoding="GB18030")
    assert [name for name in dir(corpus) if not name.startswith("_")] == [
        "batches", "blocks", "encoded_batches", "files", "is_empty", "is_remote", "map_parts", "number", "progress",
        "skipped_files", "skipped_records", "sources", "text_batches",
    ]  # fmt: skip
    assert repr(corpus) == "Corpus('a.txt', '-', encoding='gb18030')"


# --- progress -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_progress_counts_stored_bytes_and_closes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = write(tmp_path / f"a.txt{suffix}", PACK[suffix](TEXT.encode() * 500))
    seen: list[int] = []
    read = compression.ReportingStream.read
    monkeypatch.setattr(
        compression.ReportingStream, "read", lambda self, size=-1: (data := read(self, size), seen.append(len(data)))[0]
    )
    assert read_text(Corpus(path, progress=True)) == TEXT * 500
    assert sum(seen) == path.stat().st_size
    out, err = capsys.readouterr()
    assert out == ""
    assert "B/s" in err
    assert read_text(Corpus(path)) == TEXT * 500
    assert capsys.readouterr() == ("", "")


def test_progress_closes_when_reading_stops(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tqdm

    closed: list[bool] = []
    close = tqdm.tqdm.close
    monkeypatch.setattr(tqdm.tqdm, "close", lambda self: (closed.append(True), close(self))[1])
    path = write(tmp_path / "a.txt", TEXT)
    blocks = Corpus(path, progress=True, block_size=10).blocks()
    next(blocks)
    assert closed == []
    del blocks
    gc.collect()
    assert closed
    closed.clear()
    with pytest.raises(CorpusError):
        list(Corpus(write(tmp_path / "b.txt", b"\xff"), progress=True))
    gc.collect()
    assert closed
