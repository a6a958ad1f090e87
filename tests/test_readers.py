"""Files as people have them: compressed, packed, in records and documents, damaged or of the wrong kind."""

from __future__ import annotations

import bz2
import functools
import gzip
import http.server
import io
import json
import lzma
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero._utils import compression
from nlp_zero._utils.files import write_bytes, write_text
from nlp_zero.corpus import (
    Corpus,
    CorpusPosition,
    contents,
    documents,
    read_blocks_from,
    records,
    restartable,
    slice_corpus,
)
from nlp_zero.corpus import blocks as blocks_module
from nlp_zero.errors import CorpusError, StorageError
from tests.test_corpus import LINES, PACK, TEXT, feed_stdin, read_text, write

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/markup-compatibility/2006"


def pack(files: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def docx(body: str) -> bytes:
    return pack(
        {"word/document.xml": f'<w:document xmlns:w="{WORD}" xmlns:m="{OFFICE}"><w:body>{body}</w:body></w:document>'}
    )


def join(blocks: list[bytes | str]) -> str:
    return "".join(data if isinstance(data, str) else data.decode() for data in blocks)


def read_all(path: Path | str, **options: Any) -> list[str]:
    """Return the texts of a corpus, and make sure that the blocks hold the same."""
    corpus = Corpus(path, **options)
    texts = list(corpus)
    assert read_text(corpus).replace("\r\n", "\n").rstrip("\n") == "\n".join(texts).rstrip("\n")
    return texts


# --- compression --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
@pytest.mark.parametrize("name", ["a.txt", "a", "a.txt.gz", "a.txt.zst"])
def test_compression_is_recognised_by_content(tmp_path: Path, suffix: str, name: str) -> None:
    path = write(tmp_path / name, PACK[suffix](TEXT.encode()))
    for block_size in (1, 5, 1 << 20):
        assert list(Corpus(path, block_size=block_size)) == LINES
    (one,) = slice_corpus(Corpus(path), 10)
    assert one.end is None


@pytest.mark.parametrize("name", ["-", "-.txt", "-.gz", "-.zst"])
@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst"])
def test_compression_of_standard_input(monkeypatch: pytest.MonkeyPatch, name: str, suffix: str) -> None:
    feed_stdin(monkeypatch, PACK[suffix](TEXT.encode()))
    assert list(Corpus(name)) == LINES


def test_compression_in_layers_ends(tmp_path: Path) -> None:
    data = TEXT.encode()
    for layers in range(1, 6):
        data = gzip.compress(data)
        path = write(tmp_path / "a.txt.gz", data)
        if layers <= 3:
            assert list(Corpus(path)) == LINES
        else:
            with pytest.raises(CorpusError, match=r"compressed more than 3 times; decompress it first\.$"):
                list(Corpus(path))


def test_xz_padding_and_legacy_lzma(tmp_path: Path) -> None:
    data = lzma.compress(b"a\n") + bytes(8) + lzma.compress(b"b\n") + bytes(4)
    assert list(Corpus(write(tmp_path / "a.xz", data))) == ["a", "b"]
    assert list(Corpus(write(tmp_path / "b.xz", lzma.compress(b"a\n", lzma.FORMAT_ALONE)))) == ["a"]


def test_an_xz_file_with_a_huge_dictionary_is_refused(tmp_path: Path) -> None:
    alone = bytearray(lzma.compress(TEXT.encode(), lzma.FORMAT_ALONE))
    alone[1:5] = (1 << 30).to_bytes(4, "little")
    with pytest.raises(CorpusError, match=r"b\.xz: decompressing it needs more than 256 MiB; .*\.$"):
        list(Corpus(write(tmp_path / "b.xz", bytes(alone))))


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zst", ""])
def test_the_name_says_how_a_file_is_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.txt{suffix}"
    content = "春\n夏\ud800\n" * 10_000
    written = []
    for _ in range(2):
        with write_text(path) as text:
            text.write(content[:7])
            text.write(content[7:])
        written.append(path.read_bytes())
        assert compression.read_decompressed(path, 1 << 20) == content.encode("utf-8", "surrogatepass")
    assert written[0] == written[1]
    assert compression.compression_from_content(written[0]) == compression.compression_from_name(path)
    with write_bytes(path) as file:
        file.write(b"binary")
    assert compression.read_decompressed(path, 1000) == b"binary"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("suffix", [".gz", ".zst", ""])
def test_a_failed_write_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    def fail() -> None:
        with write_text(path) as file:
            file.write("new")
            raise RuntimeError("no")

    path = write(tmp_path / f"a.txt{suffix}", "old")
    with pytest.raises(RuntimeError, match="no"):
        fail()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_compressed_file_that_is_read_whole_has_a_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gz", gzip.compress(bytes(10_000_000)))
    with pytest.raises(ValueError, match=r"larger than 1 MB\.$"):
        compression.read_decompressed(path, 1_000_000)
    path = write(tmp_path / "b.gz", gzip.compress(b"text" * 1000)[:-10])
    with pytest.raises(ValueError, match=r"not a complete gzip file .*; fetch it again\.$"):
        compression.read_decompressed(path, 1_000_000)


# --- encodings ----------------------------------------------------------------------------------------------------


def test_blocks_and_checkpoints_of_utf_16(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "BLOCK_CHARACTERS", 4)
    for name, data in {
        "a.txt": TEXT.encode("utf-16"),
        "b.jsonl": "".join(json.dumps({"text": line}) + "\n" for line in LINES),
        "c.txt": "\ufeff" + TEXT,
        "d.txt": gzip.compress(TEXT.encode()),
        "e.zip": pack({"a.txt": TEXT, "b.txt": TEXT}),
    }.items():
        path = write(tmp_path / name, data)
        corpus = Corpus(path, path, block_size=16)
        whole = list(read_blocks_from(corpus, CorpusPosition()))
        assert len(whole) > 4
        for number, (position, _) in enumerate(whole, 1):
            rest = [block.data for _, block in read_blocks_from(corpus, position)]
            expected = [block.data for _, block in whole[number:]]
            assert join(rest) == join(expected)
            assert bool(rest) == bool(expected)
    (one,) = slice_corpus(Corpus(tmp_path / "a.txt"), 10)
    assert one.end is None
    slices = slice_corpus(Corpus(tmp_path / "c.txt"), 10)
    assert len(slices) > 4
    joined = b"".join(block.data for piece in slices for block in piece.blocks("char"))  # type: ignore[misc]
    assert joined.decode() == TEXT


# --- JSON ---------------------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.text() | st.fixed_dictionaries({"text": st.text(), "more": json_values}), max_size=8),
    st.sampled_from([None, 0, 2]),
    st.booleans(),
    st.integers(1, 30),
)
def test_a_json_array_is_read_in_pieces_of_any_size(
    values: list[Any], indent: int | None, ascii_only: bool, block_size: int
) -> None:
    data = json.dumps(values, indent=indent, ensure_ascii=ascii_only).encode()
    expected = [value if isinstance(value, str) else value["text"] for value in values]
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "a.json"), b" \n" + data + b"\n ")
        assert list(Corpus(path, block_size=block_size)) == expected


@pytest.mark.parametrize("block_size", [1, 7, 1 << 20])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        ('["a", "b"', "line 1: the array is not complete"),
        ('["a",\n\n"b', r"line 3: not JSON \(Unterminated"),
        ('["a"\n"b"]', "line 2: ',' or ']' is missing after an element"),
        ('["a",\n]', r"line 2: not JSON \(Expecting value"),
        ('["a"]\n["b"]', "line 2: there is text after the end"),
        ('["a",\n\nnul, "b"]' + " " * 99, r"line 3: not JSON \(Expecting value"),
        ('["a",\n3]', r"line 2 \(element 2\): no text in the field 'text'; name .*--field, .*--errors ignore"),
        ("[" * 100_000, r"line 1: not JSON \(nested too deeply\)"),
        ('[{"text":' * 50_000, r"line 1: not JSON \(nested too deeply\)"),
        ('[{"title": "x", "n": 1}]', r"line 1 \(element 1\): no text in the field 'text' \(the fields are title, n\)"),
        ('[{"text": null}]', r"line 1 \(element 1\): no text in the field 'text'; it holds null \(the fields are"),
        (
            '[{"text": 3}]',
            r"line 1 \(element 1\): no text in the field 'text'; it holds a number \(the fields are text\)",
        ),
    ],
)
def test_a_bad_array_is_located(tmp_path: Path, data: str, message: str, block_size: int) -> None:
    path = write(tmp_path / "a.json", data)
    with pytest.raises(CorpusError, match=rf"a\.json, {message}.*\.$"):
        list(Corpus(path, block_size=block_size))


def test_a_large_array_is_never_whole_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.json", json.dumps([{"text": "春" * 50}] * 2000, indent=1))
    longest = 0
    grow = records._ArrayText._grow

    def watch(self: Any) -> bool:
        nonlocal longest
        grown = grow(self)
        longest = max(longest, len(self._text), len(self.texts))
        return grown

    monkeypatch.setattr(records._ArrayText, "_grow", watch)
    assert sum(len(texts) for texts in Corpus(path, block_size=1000).batches()) == 2000
    assert longest < 3000
    monkeypatch.setattr(records, "MOST_ELEMENT", 10_000)
    path = write(tmp_path / "b.json", '["' + "春" * 50_000)
    with pytest.raises(CorpusError, match=r"b\.json, line 1: an element is longer than"):
        list(Corpus(path, block_size=1000))


def test_nested_fields(tmp_path: Path) -> None:
    rows = [{"a": {"b": "春", "b.c": "秋"}}, {"a.b": "夏", "a": 1}, {"a": {"b": {"c": "冬"}}}]
    path = write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, rows)))
    assert list(Corpus(path, field="a.b", errors="ignore")) == ["春", "夏"]
    assert list(Corpus(path, field="a.b.c", errors="ignore")) == ["秋", "冬"]
    with pytest.raises(CorpusError, match=r"line 3: no text in the field 'a\.b'; it holds an object \(the fields"):
        list(Corpus(path, field="a.b"))
    with pytest.raises(ValueError, match=r"field must be the name of a field, not ''\.$"):
        Corpus(path, field="")


@pytest.mark.parametrize("errors", ["replace", "ignore"])
def test_records_without_text_are_counted(tmp_path: Path, errors: str) -> None:
    good = write(tmp_path / "good.jsonl", '{"text": "甲"}\n"乙"\n')
    bad = write(tmp_path / "bad.jsonl", '{"text": null}\n{"text": "丙"}\n{"no": 1}\n{bad\n' + "[" * 100_000 + "\n7\n")
    corpus = Corpus(good, bad, errors=errors)
    assert corpus.skipped_records == {}
    for _ in range(2):  # the second pass does not add to the first one
        assert list(corpus) == ["甲", "乙", "丙"]
        assert corpus.skipped_records == {str(bad): 5}
    assert read_text(corpus) == "甲\n乙丙"
    assert corpus.skipped_records == {str(bad): 5}
    array = write(tmp_path / "a.json", '[null, "x", {"text": []}]')
    corpus = Corpus(array, errors=errors)
    assert list(corpus) == ["x"]
    assert corpus.skipped_records == {str(array): 2}


# --- tables -------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), min_size=1), max_size=8),
    st.integers(1, 30),
    st.booleans(),
)
def test_csv_is_read_as_it_was_written(texts: list[str], block_size: int, named: bool) -> None:
    import csv

    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    rows = [["id", "text", "more"]] * named + [["1", text, ""] for text in texts]
    writer.writerows(rows)
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder, "a.csv"), buffer.getvalue())
        assert list(Corpus(path, field="text" if named else "2", block_size=block_size)) == texts


def test_tsv_needs_no_quotes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tsv", 'label\ttext\r\n1\t他说"好"\r\n2\t"他说""好"""\r\n\r\n3\t"未完\r\n4\t\r\n')
    assert list(Corpus(path)) == ['他说"好"', '他说"好"', '"未完', ""]
    assert next(iter(Corpus(path, format="text"))) == "label\ttext"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        (
            "a.csv",
            "id,body\n1,x\n",
            r"a\.csv: no column 'text' in the first row \(id, body\); name one with --field, or",
        ),
        ("a.csv", 'text\n"a"b\n', r"a\.csv, line 2: not CSV \(.*\); check the quotes, or skip .*--errors"),
        ("a.csv", 'text\nx\n"a\nb\n', r"a\.csv, line 3: not CSV \(unexpected end"),
        ("a.csv", 'id,text\n1,"a\nb"\n2\n', r"a\.csv, line 4: no column 2 in this row \(1 in all\)"),
        ("a.tsv", "text\tid\n", None),
        ("a.tsv", "id\tbody\n", r"a\.tsv: no column 'text'"),
        ("a.tsv", "id\ttext\n1\n", r"a\.tsv, line 2: no column 2"),
    ],
)
def test_bad_tables(tmp_path: Path, name: str, data: str, message: str | None) -> None:
    path = write(tmp_path / name, data)
    if message is None:
        assert list(Corpus(path)) == []
        return
    with pytest.raises(CorpusError, match=message + r".*\.$"):
        list(Corpus(path, block_size=3))


def test_bad_rows_are_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'id,text\n1,"甲"x\n2,乙\n3\n4,丙\n')
    corpus = Corpus(path, errors="ignore")
    assert list(corpus) == ["乙", "丙"]
    assert corpus.skipped_records == {str(path): 2}


def test_an_endless_cell_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import csv

    limit = csv.field_size_limit()
    monkeypatch.setattr(records, "MOST_ELEMENT", 1000)
    try:
        csv.field_size_limit(1000)
        path = write(tmp_path / "a.csv", 'text\n"' + "春\n" * 2000)
        with pytest.raises(CorpusError, match=r"line 2: not CSV \(field larger than field limit"):
            list(Corpus(path, block_size=100))
    finally:
        csv.field_size_limit(limit)


def test_parquet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    structs = [{"b": "东"}, None, {"b": "西"}]
    table = pa.table({"text": ["春", None, "夏"], "n": [1, 2, 3], "s": structs, "a.b": ["x", "y", "z"]})
    path = tmp_path / "a.parquet"
    parquet.write_table(table, path, row_group_size=2)
    corpus = Corpus(path, errors="ignore", progress=False)
    assert read_all(path, errors="ignore") == ["春", "夏"]
    assert list(corpus) == ["春", "夏"]
    assert corpus.skipped_records == {str(path): 1}
    assert list(Corpus(path, field="s.b", errors="ignore")) == ["东", "西"]
    assert list(Corpus(path, field="a.b")) == ["x", "y", "z"]
    for options, message in (
        ({}, r"a\.parquet, row 2: no text in the column 'text'; .*--field, or skip .*--errors ignore"),
        ({"field": "n"}, r"a\.parquet, row 1: int and not text in the column 'n'"),
        ({"field": "x"}, r"a\.parquet: no column 'x' \(text, n, s, a\.b\); name one with --field"),
    ):
        with pytest.raises(CorpusError, match=message + r".*\.$"):
            list(Corpus(path, **options))  # type: ignore[arg-type]
    data = path.read_bytes()
    for name in ("b", "b.parquet.gz", "b.txt"):  # by content; from a compressed file through a temporary copy
        other = write(tmp_path / name, gzip.compress(data) if name.endswith("gz") else data)
        assert list(Corpus(other, errors="ignore")) == ["春", "夏"]
    feed_stdin(monkeypatch, data)
    assert list(Corpus("-", errors="ignore", temp_dir=tmp_path)) == ["春", "夏"]
    for damaged in (data[:-20], b"PAR1" + b"\x15" * 100 + b"PAR1"):
        with pytest.raises(CorpusError, match=r"c\.parquet: not a complete Parquet file \(.*\); fetch it again\.$"):
            list(Corpus(write(tmp_path / "c.parquet", damaged)))
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(CorpusError, match=r"needs pyarrow; run: pip install 'nlpzero\[formats\]'\.$"):
        list(Corpus(path))


def test_the_progress_of_a_parquet_file_is_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    from nlp_zero.corpus import parquet as ours
    from nlp_zero.corpus.sources import Source

    monkeypatch.setattr(ours, "MOST_BATCH_ROWS", 10)
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"text": ["春"] * 95}), path)
    seen: list[int] = []
    reader = Corpus(path)._reader
    texts = [text for batch in reader.read_batches(Source(str(path), str(path)), seen.append) for text in batch.split()]
    assert len(texts) == 95
    assert len(seen) > 9


# --- documents ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("block_size", [1, 7, 1 << 20])
def test_html(tmp_path: Path, block_size: int) -> None:
    page = (
        "<!DOCTYPE html><html><head><title>题</title><style>p{}</style></head><body><h1>春眠&amp;不觉晓</h1>"
        "<script>if (a<b) '<p>no</p>'</script><p>处处 \n <b>闻</b>啼鸟<br/>夜来<!-- 风雨 -->&#22768;<p>花落"
        "<ul><li>一<li>二</ul><table><tr><td>三</td><td>四</td></tr></table><pre>五\n 六</pre><p></p></body></html>尾"
    )
    path = write(tmp_path / "a.html", page)
    expected = ["春眠&不觉晓", "处处 闻啼鸟", "夜来声", "花落", "一", "二", "三", "四", "五", " 六", "尾"]
    assert read_all(path, block_size=block_size) == expected
    assert read_all(path, block_size=block_size, normalize="NFKC")[0] == "春眠&不觉晓"


def test_html_without_end_tags_and_with_a_charset(tmp_path: Path) -> None:
    assert list(Corpus(write(tmp_path / "a.htm", "<head><title>题</title><body>春<p>夏"))) == ["春", "夏"]
    for charset in ("gb2312", '"GBK"', "'gb18030'"):
        page = f"<meta http-equiv=x content='text/html; charset={charset}'><p>镕基 㐀".replace("'text/html; ", "text/")
        path = write(tmp_path / "b.html", page.encode("gb18030"))
        assert list(Corpus(path)) == ["镕基 㐀"]
    for charset in ("klingon", "uu", "base64", "undefined"):  # not known, or not text; uu was found by the fuzzer
        assert list(Corpus(write(tmp_path / "c.html", f"<meta charset={charset}><p>春"))) == ["春"], charset
    page = "<meta charset=gbk><p>春"  # a byte order mark comes first
    assert list(Corpus(write(tmp_path / "d.html", page.encode("utf-8-sig")))) == ["春"]


def test_an_endless_tag_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_MARKUP", 1000)
    for page in ("<p " + "a" * 5000, "<p>" + "春 " * 5000, "<!--" + "x" * 5000):
        path = write(tmp_path / "a.html", page)
        with pytest.raises(CorpusError, match=r"a\.html: a tag, comment or paragraph is longer than .* rename it\.$"):
            list(Corpus(path, block_size=100))


def test_docx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = (
        "<w:p><w:r><w:t>春眠</w:t></w:r><w:r><w:t>不觉晓</w:t><w:br/><w:t>处处</w:t><w:tab/><w:t>闻</w:t></w:r></w:p>"
        "<w:p/><w:p><w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:r><w:t>啼鸟</w:t></w:r></w:p>"
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>格</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:p><w:r><w:t>外</w:t><m:AlternateContent><m:Choice><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p>"
        "</w:txbxContent></m:Choice><m:Fallback><w:txbxContent><w:p><w:r><w:t>框</w:t></w:r></w:p></w:txbxContent>"
        "</m:Fallback></m:AlternateContent></w:r></w:p>"
    )
    expected = ["春眠不觉晓", "处处\t闻", "啼鸟", "格", "框", "外"]
    for name in ("a.docx", "a.zip", "a"):
        assert read_all(write(tmp_path / name, docx(body))) == expected
    feed_stdin(monkeypatch, docx(body))
    assert list(Corpus("-.docx")) == expected
    for bad, message in (
        (docx("<w:p>"), r"not a complete \.docx file \(mismatched tag"),
        (pack({"word/document.xml": "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"}), "it declares a document type"),
        (pack({"a.txt": "x"}), r"not a \.docx document but another kind of ZIP archive; rename it"),
        (b"text", r"this is not a \.docx file, in spite of its name"),
    ):
        with pytest.raises(CorpusError, match=r"bad\.docx: .*" + message):
            list(Corpus(write(tmp_path / "bad.docx", bad)))
    monkeypatch.setattr(documents, "MOST_MARKUP", 1000)
    with pytest.raises(CorpusError, match=r"long\.docx: a paragraph is longer than"):
        list(Corpus(write(tmp_path / "long.docx", docx(f"<w:p><w:r><w:t>{'春' * 100_000}</w:t></w:r></w:p>"))))


def epub() -> dict[str, bytes | str]:
    """Return the files of an e-book of two chapters."""
    container = '<container xmlns="urn:x"><rootfiles><rootfile full-path="OEBPS/a.opf"/></rootfiles></container>'
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><manifest>'
        '<item id="two" href="text/2%20.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="one" href="text/1.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="cover" href="c.png" media-type="image/png"/></manifest>'
        '<spine><itemref idref="cover"/><itemref idref="one"/><itemref idref="two"/></spine></package>'
    )
    return {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/a.opf": package,
        "OEBPS/text/2 .xhtml": '<?xml version="1.0"?><html><body><p>第二章</p></body></html>',
        "OEBPS/text/1.xhtml": "<html><head><title>x</title></head><body><h1>第一章</h1><p>春</p></body></html>",
        "OEBPS/c.png": b"\x89PNG",
    }


def test_epub(tmp_path: Path) -> None:
    files = epub()
    path = write(tmp_path / "a.epub", pack(files))
    assert read_all(path) == ["第一章", "春", "第二章"]
    assert Corpus(path).skipped_files() == []
    for change in ({"META-INF/container.xml": "<x/>"}, {"OEBPS/a.opf": "<x"}, {"OEBPS/a.opf": "<!DOCTYPE x><x/>"}):
        with pytest.raises(CorpusError, match=r"b\.epub: this e-book does not list its chapters"):
            list(Corpus(write(tmp_path / "b.epub", pack({**files, **change}))))
    del files["OEBPS/text/1.xhtml"]
    with pytest.raises(CorpusError, match=r"b\.epub: not a complete ZIP archive"):
        list(Corpus(write(tmp_path / "b.epub", pack(files))))


# --- archives, folders --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: int) -> None:
    data = pack(
        {
            "b/春.txt": "春\r\n夏", "c.jsonl": '{"text": "秋"}\n', "d.txt.gz": gzip.compress("冬\n".encode()),
            "e.txt": "末\n".encode("utf-16"), "p.png": "x", ".h.txt": "no", "__MACOSX/._a.txt": "no", "f.tsv": "no",
        },
        method,
    )  # fmt: skip
    expected = ["春", "夏", "秋", "冬", "末"]
    for name in ("a.zip", "a.txt", "a.zip.gz"):
        path = write(tmp_path / name, gzip.compress(data) if name.endswith("gz") else data)
        assert read_all(path, block_size=5) == expected
    corpus = Corpus(path)
    assert corpus.skipped_files() == []
    list(corpus)
    assert corpus.skipped_files() == [f"{path}/p.png", f"{path}/f.tsv"]
    feed_stdin(monkeypatch, data)
    assert list(Corpus("-")) == expected
    one = write(tmp_path / "one.zip", pack({"wiki_00": TEXT}, method))  # the only file, whatever its name
    assert list(Corpus(one)) == LINES
    with pytest.raises(CorpusError, match=r"no\.zip: the archive holds no text \(a\.png, b\.exe\); unpack it and"):
        list(Corpus(write(tmp_path / "no.zip", pack({"a.png": "", "b.exe": ""}, method))))
    with pytest.raises(CorpusError, match=r"bad\.zip/a\.txt: byte 1 \(0xff\) is not valid utf-8"):
        list(Corpus(write(tmp_path / "bad.zip", pack({"a.txt": b"a\xff"}, method))))
    for damaged in (data[:200], data[:-40], data.replace("春\r\n夏".encode(), b"xxxxxxxx")):
        if damaged != data:
            with pytest.raises(CorpusError, match=r"bad\.zip: not a complete ZIP archive \(.*\); fetch it again\.$"):
                list(Corpus(write(tmp_path / "bad.zip", damaged)))


def test_an_encrypted_archive_is_named(tmp_path: Path) -> None:
    data = bytearray(pack({"a.txt": "x"}, zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(CorpusError, match=r"a\.zip: the archive is encrypted; unpack it first\.$"):
        list(Corpus(write(tmp_path / "a.zip", bytes(data))))


@pytest.mark.parametrize("suffix", [".zip", ".docx", ".epub", ".parquet"])
def test_an_empty_file_is_not_an_archive(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(CorpusError, match=rf"this is not a \{suffix} file, in spite of its name; fetch it again"):
        list(Corpus(write(tmp_path / f"a{suffix}", b"")))


def test_a_folder_tells_what_is_skipped(tmp_path: Path) -> None:
    for name in ("a.txt", "b.pdf", "c/d.docx", "c/e.csv", "f", ".g", ".git/h", "words.tsv"):
        write(tmp_path / "in" / name, docx("<w:p><w:r><w:t>x</w:t></w:r></w:p>") if "docx" in name else "x")
    corpus = Corpus(tmp_path / "in", tmp_path / "in" / "b.pdf")
    assert [Path(name).name for name in corpus.files()] == ["a.txt", "d.docx", "b.pdf"]
    assert [Path(name).name for name in corpus.skipped_files()] == ["b.pdf", "e.csv", "f", "words.tsv"]
    assert list(Corpus(tmp_path / "in")) == ["x", "x"]


# --- files of the wrong kind, hostile files -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"%PDF-1.4 ...", r"a PDF file; convert it to text first \(pdftotext\)\."),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), r"an old Office file \(\.doc, \.xls\); save it as"),
        (b"{\\rtf1", "an RTF file"),
        (b"7z\xbc\xaf\x27\x1c", "a 7z archive; unpack it first"),
        (b"Rar!\x1a\x07\x01", "a RAR archive; unpack it first"),
        (b"a" * 257 + b"ustar\x0000", "a tar archive; unpack it first"),
        (gzip.compress(b"a" * 257 + b"ustar\x0000"), "a tar archive; unpack it first"),
        (b"ARROW1\x00\x00", "an Arrow file; save it as Parquet"),
        (b"\x89PNG\r\n\x1a\n", "a picture; name a text"),
    ],
)
def test_a_wrong_kind_of_file_is_named(tmp_path: Path, data: bytes, message: str) -> None:
    path = write(tmp_path / "a.txt", data)
    for options in ({}, {"errors": "ignore"}, {"encoding": "utf-16"}):
        corpus = Corpus(path, **options)  # type: ignore[arg-type]
        for read in (list, Corpus.blocks, *[functools.partial(slice_corpus, slice_size=1)] * (not options)):
            with pytest.raises(CorpusError, match=r"a\.txt: this looks like .*" + message):
                list(read(corpus))  # type: ignore[operator]


def test_a_folder_that_nlp_zero_wrote_is_named(tmp_path: Path) -> None:
    from nlp_zero import NgramCounter

    counter = NgramCounter(order=2)
    counter.update(["春天来了"])
    counter.freeze().save(tmp_path / "counts")
    message = r"this is a folder of counts, not a folder of texts; give it to nlpzero count --merge\.$"
    with pytest.raises(CorpusError, match=message):
        Corpus(tmp_path / "counts").files()


def test_endless_lines_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks_module, "MOST_LINE", 10_000)
    path = write(tmp_path / "a.txt.gz", gzip.compress(bytes(50_000)))
    message = r"a\.txt\.gz: a line is longer than .* MB; is this a text\? If so, insert line ends\.$"
    for options in ({}, {"errors": "ignore"}, {"encoding": "gb18030"}):
        with pytest.raises(CorpusError, match=message):
            list(Corpus(path, block_size=100, **options))  # type: ignore[arg-type]
        with pytest.raises(CorpusError, match=message):
            list(Corpus(path, block_size=100, **options).blocks())  # type: ignore[arg-type]
    spaced = write(tmp_path / "b.txt", "春天，" * 10_000)  # blocks may end at a comma, lines may not
    assert sum(len(block.data) for block in Corpus(spaced, block_size=100).blocks()) == 90_000
    with pytest.raises(CorpusError, match="a line is longer"):
        list(Corpus(spaced, block_size=100))


def write_large(path: Path, line: bytes, times: int) -> None:
    """Write a small file that holds `times` lines when it is read."""
    name, chunk = path.name, line * 10_000
    if name.endswith(".parquet"):
        import pyarrow as pa
        import pyarrow.parquet as parquet

        schema = pa.schema([("text", pa.string())])
        with parquet.ParquetWriter(path, schema) as writer:
            for _ in range(times // 10_000):
                writer.write_table(pa.table({"text": [line.decode().strip('",\n')] * 10_000}, schema))
        return
    openers: dict[str, Any] = {
        ".gz": functools.partial(gzip.open, compresslevel=1), ".bz2": bz2.open,
        ".xz": functools.partial(lzma.open, preset=0),
    }  # fmt: skip
    if name.endswith(".zst"):
        openers[".zst"] = pytest.importorskip("zstandard").open
    if name.endswith(".zip"):
        archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        with archive, archive.open("a.txt", "w") as file:
            for _ in range(times // 10_000):
                file.write(chunk)
        return
    with openers[path.suffix](path, "wb") as file:
        file.write(b"[" if ".json." in name else b"text,more\n" if ".csv" in name else b"")
        for _ in range(times // 10_000):
            file.write(chunk)
        file.write(b'""]' if ".json." in name else b"")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        *[(f"a.txt.{suffix}", b"a" * 99 + b"\n") for suffix in ("gz", "bz2", "xz", "zst")],
        ("a.zip", b"a" * 99 + b"\n"),
        ("a.parquet", b"a" * 99 + b"\n"),
        ("a.json.gz", b'"' + b"a" * 96 + b'",\n'),
        ("a.jsonl.gz", b'"' + b"a" * 97 + b'"\n'),
        ("a.csv.gz", b'"' + b"a" * 94 + b'",b\n'),
        ("a.html.gz", b"<p>" + b"a" * 96 + b"\n"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_large_files_are_read_in_bounded_memory(tmp_path: Path, name: str, line: bytes) -> None:
    """A small file holds 40 or 100 MB of text; the peak is measured in a process of its own."""
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak cannot be measured here")
    if name.endswith("parquet"):
        pytest.importorskip("pyarrow")
    lines, most = (1_000_000, 90_000) if name.startswith(("a.txt", "a.zip", "a.parquet")) else (400_000, 70_000)
    write_large(tmp_path / name, line, lines)
    program = (
        "import re, sys\nfrom pathlib import Path\nfrom nlp_zero import Corpus\n"
        "n = sum(len(b.data) + 1 for b in Corpus(sys.argv[1], block_size=1 << 20).blocks())\n"
        "print(n, re.search('VmHWM:[^0-9]*([0-9]+)', Path('/proc/self/status').read_text())[1])"
    )
    arguments = [sys.executable, "-c", program, str(tmp_path / name)]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    read, peak = map(int, done.stdout.split())
    assert read >= lines * 94
    assert peak < most + 50_000 * name.endswith("parquet")  # kB; importing pyarrow takes 50,000


def test_an_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    word = docx("<w:p><w:r><w:t>春</w:t></w:r></w:p>")
    assert list(Corpus(write(tmp_path / "a.zip", pack({"a.docx": word, "b.epub": pack(epub())})))) == [
        "春", "第一章", "春", "第二章",
    ]  # fmt: skip
    inner = pack({"a.txt": "x"})
    with pytest.raises(CorpusError, match=r"b\.zip/a\.txt: an archive in an archive is not read; unpack it first\.$"):
        list(Corpus(write(tmp_path / "b.zip", pack({"a.txt": inner}))))
    chapter = {**epub(), "OEBPS/text/1.xhtml": word}
    with pytest.raises(CorpusError, match="an archive in an archive"):
        list(Corpus(write(tmp_path / "c.zip", pack({"a.epub": pack(chapter)}))))


# --- temporary files, URLs ----------------------------------------------------------------------------------------


def test_temporary_copies_are_in_temp_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    feed_stdin(monkeypatch, TEXT.encode())
    corpus = restartable(Corpus("-", temp_dir=tmp_path / "temp"))
    assert list(corpus) == list(corpus) == LINES
    copy = next(iter(corpus._spooled.values()))  # type: ignore[union-attr]
    assert (tmp_path / "temp") in Path(os.path.realpath(copy)).parents  # the file may have no name in the folder
    del corpus
    assert list((tmp_path / "temp").iterdir()) == []
    feed_stdin(monkeypatch, pack({"a.txt": TEXT}))
    assert list(Corpus("-", temp_dir=tmp_path / "temp")) == LINES
    feed_stdin(monkeypatch, pack({"a.txt": TEXT}))
    with pytest.raises((OSError, CorpusError)):
        list(Corpus("-"))


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno
    import shutil

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shutil, "copyfileobj", fail)
    feed_stdin(monkeypatch, TEXT.encode())
    with pytest.raises(StorageError, match=r"no room is left on this disk .*--temp-dir\.$"):
        restartable(Corpus("-", temp_dir=tmp_path))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of a web server with the files of `tmp_path`."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    handler = functools.partial(Handler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


def test_http(tmp_path: Path, server: str) -> None:
    pytest.importorskip("aiohttp")
    write(tmp_path / "a.txt", TEXT)
    write(tmp_path / "b.txt.gz", gzip.compress(TEXT.encode()))
    write(tmp_path / "c.zip", pack({"a.txt": TEXT}))
    for name in ("a.txt", "b.txt.gz", "c.zip", "a.txt?x=1"):
        program = "import sys; from nlp_zero import Corpus; print(list(Corpus(sys.argv[1])))"
        done = subprocess.run([sys.executable, "-c", program, f"{server}/{name}"], capture_output=True, text=True)
        assert done.stdout == f"{LINES}\n", done.stderr
    program = (
        "import sys; from nlp_zero import Corpus\nfrom nlp_zero.errors import CorpusError\n"
        "try: list(Corpus(sys.argv[1]))\nexcept CorpusError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program, f"{server}/none"], capture_output=True, text=True)
    assert done.stdout == f"{server}/none: not found; check the address and the connection.\n", done.stderr


@pytest.mark.parametrize(
    ("url", "package", "extra"), [("http://x/a.txt", "aiohttp", "io"), ("s3://bucket/a.txt", "s3fs", "s3")]
)
def test_drivers_of_urls_are_named(monkeypatch: pytest.MonkeyPatch, url: str, package: str, extra: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None\nfrom nlp_zero import Corpus\n"
        "from nlp_zero.errors import CorpusError\n"
        f"try: Corpus({url!r}).files()\nexcept CorpusError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.endswith(f"run: pip install 'nlpzero[{extra}]'.\n"), done.stderr


def test_every_suffix_is_a_format() -> None:
    from nlp_zero.corpus import sources

    assert {*sources.SUFFIXES.values(), "text"} == set(sources.FORMATS)
    assert contents.RECOGNISED


# --- the page about reading ---------------------------------------------------------------------------------------

PAGE = Path(__file__).parent.parent / "docs" / "reading.md"


def test_the_python_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import doctest

    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(PAGE), module_relative=False)
    assert failed == 0
    assert tried


def test_the_commands_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import re
    import shlex

    from nlp_zero.cli.main import main

    monkeypatch.chdir(tmp_path)
    text = "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。\n" * 50
    files: dict[str, bytes | str] = {
        "novel.txt": text,
        "novel.txt.gz": gzip.compress(text.encode()),
        "news/a.txt": text,
        "more/b/c.txt": text,
        "reviews.csv": "id,comment\n1,春眠\n",
        "posts.jsonl": json.dumps({"title": "春", "author": {"bio": "夏"}}) + "\n",
        "book.epub": pack(epub()),
        "paper.docx": docx("<w:p><w:r><w:t>春</w:t></w:r></w:p>"),
        "page.html": "<p>春",
        "texts.zip": pack({"a.txt": "春\n"}),
        "mixed/a.txt": "春\n", "mixed/b.md": "春\n", "mixed/c.json": '["春"]', "mixed/d.csv": "comment\n春\n",
        "mixed/e.pdf": "%PDF-",
    }  # fmt: skip
    for name, data in files.items():
        write(tmp_path / name, data)
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(pa.table({"text": text.split()}), tmp_path / "reviews.parquet")
    commands = re.findall(r"^\$ (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) > 10
    for command in commands:
        *pipe, last = command.split(" | ")
        if pipe:
            feed_stdin(monkeypatch, Path(shlex.split(pipe[0])[1]).read_bytes())
        assert main(shlex.split(last, comments=True)[1:]) == 0, command
    assert "\n3 files were read; 2 files were skipped (.csv: 1, .pdf: 1; to read them" in capsys.readouterr().err
    assert compression.compression_from_content(Path("cut.txt.gz").read_bytes()) == "gzip"
