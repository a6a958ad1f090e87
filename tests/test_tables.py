"""Results as tables: data frames, Arrow, notebooks, and files of several formats."""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import math
import pickle
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nlp_zero import Corpus, Lexicon, NgramCounter, PmiLexiconBuilder, Template, TemplateInventory, Tokenizer
from nlp_zero._utils.tables import Columns, Tabular, html_table
from nlp_zero.cli.errors import MissingPackage, OutputError, UsageError
from nlp_zero.cli.main import main
from nlp_zero.cli.table import format_table
from nlp_zero.cli.table_files import TABLE_SUFFIXES, open_table
from nlp_zero.errors import FormatError
from nlp_zero.lexicon import LexiconMeta
from nlp_zero.lexicon.ids import byte_token

NAN = math.nan
COLUMNS: dict[str, Any] = {
    "word": ("茶", "早\t晨", 'a"b,c\n', "\\<b>"),
    "count": np.array([5, 2, 1, 1 << 40]),
    "pmi": np.array([0.1, 1 / 3, NAN, -2.5e-300]),
    "parts": [("a", "b"), (), None, ("茶",)],
    "known": np.array([True, False, True, False]),
}
ROWS = list(zip(*(c.tolist() if isinstance(c, np.ndarray) else c for c in COLUMNS.values()), strict=True))
Write = Callable[[Columns], None]


class Result(Tabular):
    def __init__(self, columns: Columns) -> None:
        self.columns = columns

    def __repr__(self) -> str:
        return "<Result & more>"

    def to_columns(self) -> Columns:
        return self.columns


def same(a: Any, b: Any) -> bool:
    return a == b or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b))


def write_table(path: Path, *parts: Columns) -> None:
    with open_table(str(path)) as write:
        for columns in parts:
            write(columns)


def hide(monkeypatch: pytest.MonkeyPatch, *hidden: str) -> None:
    """Make some packages look as if they were not installed."""
    real = importlib.import_module

    def import_module(name: str, package: str | None = None) -> Any:
        if name.split(".")[0] in hidden:
            raise ImportError(name)
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", import_module)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in hidden else find_spec(name))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_has_all_values(library: str) -> None:
    frame = Result(COLUMNS).to_frame(library)
    assert type(frame).__module__.startswith(library)
    assert list(frame.columns) == list(COLUMNS)
    for name, column in COLUMNS.items():
        values = [None if v is None else list(v) if name == "parts" else v for v in frame[name]]
        expected = [None if v is None else list(v) if name == "parts" else v for v in column]
        assert all(map(same, values, expected)), name


def test_the_library_that_is_installed_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(Result(COLUMNS).to_frame(), pandas.DataFrame)
    hide(monkeypatch, "pandas")
    assert isinstance(Result(COLUMNS).to_frame(), polars.DataFrame)
    with pytest.raises(ImportError, match=r"needs pandas; run: pip install pandas\."):
        Result(COLUMNS).to_frame("pandas")
    hide(monkeypatch, "pandas", "polars", "pyarrow")
    with pytest.raises(ImportError, match=r"needs pandas or polars; run: pip install pandas, or"):
        Result(COLUMNS).to_frame()
    with pytest.raises(ImportError, match=r"need pyarrow; run: pip install 'nlpzero\[formats\]'\."):
        Result(COLUMNS).__arrow_c_stream__()
    with pytest.raises(ValueError, match="library must be 'pandas' or 'polars', not 'dask'"):
        Result(COLUMNS).to_frame("dask")


def test_arrow_libraries_read_a_result_without_a_copy() -> None:
    numbers = np.arange(1000.0)
    numbers.flags.writeable = False
    result = Result({"text": ["茶"] * 1000, "x": numbers, "n": np.arange(1000, dtype=np.int32)})
    table = pyarrow.table(result)
    assert table.schema.names == ["text", "x", "n"]
    assert table["x"].chunk(0).buffers()[1].address == numbers.ctypes.data
    frame = polars.DataFrame(result)
    assert frame["x"].to_numpy().ctypes.data == numbers.ctypes.data
    assert frame["n"].to_list() == list(range(1000))


def test_duckdb_reads_a_result() -> None:
    duckdb = pytest.importorskip("duckdb")
    result = Result(COLUMNS)  # noqa: F841 - duckdb finds it by its name
    assert duckdb.sql('SELECT word FROM result WHERE "count" > 2 ORDER BY "count"').fetchall() == [("茶",), ("\\<b>",)]


def test_requested_schema() -> None:
    schema = pyarrow.schema([("n", pyarrow.int64())])
    stream = Result({"n": np.arange(3)}).__arrow_c_stream__(schema.__arrow_c_schema__())
    assert "arrow_array_stream" in repr(stream)


@pytest.mark.parametrize("make", [lambda r: r.to_frame("pandas"), lambda r: r.to_frame("polars"), polars.DataFrame])
def test_lone_surrogates_and_empty_tables(make: Callable[[Any], Any]) -> None:
    assert list(make(Result({"word": ["a\udc80", "茶"], "n": np.arange(2)}))["word"]) == ["a\\udc80", "茶"]
    empty = make(Result({"word": [], "n": np.zeros(0, np.int64)}))
    assert len(empty) == 0
    assert list(empty.columns) == ["word", "n"]
    of_text = polars.String if isinstance(empty, polars.DataFrame) else pandas.Series(["茶"]).dtype
    assert empty["word"].dtype == of_text


def test_html_is_escaped_and_short() -> None:
    html = Result({name: column[:4] for name, column in COLUMNS.items()})._repr_html_()
    assert "<caption>Result &amp; more</caption>" in html
    assert "<td>\\&lt;b&gt;</td><td>1,099,511,627,776</td><td>-2.5e-300</td><td>茶</td><td>no</td>" in html
    assert "<td>1</td><td>–</td><td>–</td><td>yes</td>" in html
    assert "more rows" not in html
    long = html_table({"<n>": np.arange(1234)}, rows=3)
    assert long.count("<tr>") == 4
    assert "… and 1,231 more rows" in long
    assert "<th>&lt;n&gt;</th>" in long


def test_texts_are_on_the_left_and_control_characters_are_escaped() -> None:
    rows = [["茶", "树叶", 5, NAN, True], ["\x1b[31m", "a\tb", 1200, None, False]]
    assert format_table(["word", "note", "n", "x", "known"], rows).splitlines() == [
        "word      note      n  x  known",
        "茶        树叶      5  –    yes",
        "\\x1b[31m  a\\tb  1,200  –     no",
    ]


def read_rows(path: Path) -> tuple[list[str], list[list[Any]]]:
    """Read a table with a library that is not ours."""
    if path.suffix == ".parquet":
        table = pyarrow.parquet.read_table(path)
        return table.column_names, [list(row.values()) for row in table.to_pylist()]
    if path.suffix == ".jsonl":
        records = list(map(json.loads, path.read_text(encoding="utf-8").splitlines()))
        return list(records[0]), [list(record.values()) for record in records]
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".csv":
        header, *rows = list(csv.reader(text.splitlines(keepends=True)))
    else:
        header, *rows = [line.split("\t") for line in text.split("\n")[:-1]]
    return header, rows  # type: ignore[return-value]


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_files_hold_all_values(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"table{suffix}"
    first, rest = ({name: column[part] for name, column in COLUMNS.items()} for part in (slice(1), slice(1, None)))
    write_table(path, first, rest)
    header, rows = read_rows(path)
    assert header == list(COLUMNS)
    assert len(rows) == len(ROWS)
    for found, (word, count, pmi, parts, known) in zip(rows, ROWS, strict=True):
        if suffix in (".tsv", ".csv"):
            texts = [word, str(count), "" if math.isnan(pmi) else repr(pmi), " ".join(parts or ()), str(known).lower()]
            if suffix == ".tsv":
                texts[0] = word.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
            assert found == texts
        else:
            number = None if math.isnan(pmi) and suffix == ".jsonl" else pmi
            expected = [word, count, number, None if parts is None else list(parts), known]
            assert all(map(same, found, expected))


def test_surrogates_and_bytes_in_files(tmp_path: Path) -> None:
    for suffix, expected in ((".csv", "a\\udc80,\\xff"), (".tsv", "a\\udc80\t\\\\xff")):
        write_table(tmp_path / f"t{suffix}", {"word": ["a\udc80"], "bytes": [b"\xff"]})
        assert (tmp_path / f"t{suffix}").read_text(encoding="utf-8").splitlines()[1] == expected
    write_table(tmp_path / "t.jsonl", {"word": ["a\udc80"]})
    assert json.loads((tmp_path / "t.jsonl").read_text(encoding="utf-8")) == {"word": "a\udc80"}


def test_compressed_tables(tmp_path: Path) -> None:
    write_table(tmp_path / "t.csv.gz", {"word": ["茶"]})
    assert gzip.decompress((tmp_path / "t.csv.gz").read_bytes()).decode() == "word\n茶\n"


def test_refused_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"must end in \.tsv, \.csv, \.parquet or \.jsonl\."), open_table("t.xlsx"):
        pass
    with pytest.raises(UsageError, match=r"name the file t\.parquet\."), open_table("t.parquet.gz"):
        pass
    with pytest.raises(OutputError, match="cannot be written"), open_table(str(tmp_path / "missing" / "t.parquet")):
        pass
    hide(monkeypatch, "pyarrow")
    with pytest.raises(MissingPackage, match=r"pip install 'nlpzero\[formats\]'\."), open_table("t.parquet"):
        pass


@pytest.mark.parametrize("suffix", TABLE_SUFFIXES)
def test_a_failure_leaves_the_old_file(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"t{suffix}"
    path.write_text("old", encoding="utf-8")
    table = open_table(str(path))
    table.__enter__()({"word": ["茶"]})
    assert not table.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_show_writes_all_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lexicon = tmp_path / "words.txt"
    lexicon.write_text("茶\t5\n早晨\t2\n青石镇\t3\n", encoding="utf-8")
    for suffix in TABLE_SUFFIXES:
        output = tmp_path / f"table{suffix}"
        assert main(["show", str(lexicon), "-o", str(output)]) == 0
        assert capsys.readouterr() == ("", f"{output}: 3 words.\n")
        header, rows = read_rows(output)
        assert header == ["word", "count"]
        assert [[row[0], int(row[1])] for row in rows] == [["茶", 5], ["青石镇", 3], ["早晨", 2]]
    assert main(["show", str(lexicon), "-o", str(tmp_path / "t.csv"), "--top", "1", "--min-length", "2", "-q"]) == 0
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "word,count\n青石镇,3\n"
    assert main(["show", str(lexicon), "-o", str(tmp_path / "t.doc")]) == 2
    assert main(["show", str(lexicon), "--json", "-o", str(tmp_path / "t.jsonl")]) == 2
    assert "leave it out and add -o words.jsonl" in capsys.readouterr().err
    assert main(["show", str(lexicon), "-o", str(lexicon)]) == 2
    assert "would be replaced" in capsys.readouterr().err


@pytest.mark.parametrize("frame", [pandas.DataFrame, polars.DataFrame])
def test_columns_of_frames_and_tables_are_texts(frame: Callable[[Any], Any], tmp_path: Path) -> None:
    lines = [line for line in Path("corpora/sample.txt").read_text(encoding="utf-8").splitlines() if line]
    expected = PmiLexiconBuilder().build(lines)
    assert PmiLexiconBuilder().build(frame({"text": lines})["text"]) == expected
    for suffix in TABLE_SUFFIXES:
        write_table(tmp_path / f"t{suffix}", {"n": np.arange(len(lines)), "body": lines})
        assert PmiLexiconBuilder().build(Corpus(tmp_path / f"t{suffix}", field="body")) == expected


# --- results of the library -------------------------------------------------------------------------------------------


def test_lexicon() -> None:
    scores = {"pmi": [1.5, NAN, 0.25]}
    lexicon = Lexicon(["茶", "喝 茶", "早晨"], [5, 2, 3], scores=scores, parts={"喝 茶": ["喝", "茶"]})
    frame = lexicon.to_frame("polars")
    assert frame.columns == ["word", "count", "pmi", "parts"]
    assert frame["word"].to_list() == list(lexicon) == ["茶", "早晨", "喝 茶"]
    assert frame["count"].to_list() == [5, 3, 2]
    assert frame["parts"].to_list() == [None, None, ["喝", "茶"]]
    table = pyarrow.table(lexicon)
    for name, array in (("count", lexicon.counts), ("pmi", lexicon.scores["pmi"])):
        assert table[name].chunk(0).buffers()[1].address == array.ctypes.data
    assert "parts" not in Lexicon(["茶"], [1]).to_columns()


def test_lexicon_in_a_notebook_is_its_best_words() -> None:
    words = [*"的了是在我", *(f"词{k}" for k in range(12))]
    plain = Lexicon(words, range(17, 0, -1))
    html = plain._repr_html_()
    assert "17 words, 153 tokens; the best by count" in html
    assert html.count("<tr>") == 11
    assert "的" not in html
    scored = Lexicon(words, range(17, 0, -1), scores={"firmness": range(17)})
    assert "<tbody>\n<tr><td>词11</td><td>1</td><td>16</td></tr>" in scored._repr_html_()
    assert "<td>茶</td><td>1</td>" in Lexicon(["茶"], [1])._repr_html_()
    assert Lexicon([], [])._repr_html_().count("<tr>") == 1


@pytest.mark.parametrize("unit", ["char", "byte"])
def test_ngram_counts(unit: str) -> None:
    counts = NgramCounter(order=3, unit=unit).update(["中国人民，中国队", "中"]).freeze()
    expected = [(ngram, n, count) for n in (1, 2, 3) for ngram, count in counts.items(n)]
    for frame in (counts.to_frame("polars"), polars.DataFrame(counts)):
        assert frame.columns == ["ngram", "order", "count"]
        assert frame.rows() == expected
    assert list(counts.to_frame("pandas").itertuples(index=False, name=None)) == expected
    html = counts._repr_html_()
    assert "<th>order 1</th><th>order 2</th><th>order 3</th>" in html
    assert ("<td>中 3</td><td>中国 2</td><td>中国人 1</td>" in html) == (unit == "char")


def test_ngram_counts_stream_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = NgramCounter(order=2).update(["一二三四五六七"]).freeze()
    monkeypatch.setattr("nlp_zero.counting.counts.BATCH_NODES", 3)
    table = pyarrow.table(counts)
    assert [len(chunk) for chunk in table["ngram"].chunks if len(chunk)] == [3, 3, 1, 3, 3]
    assert table.to_pydict() == counts.to_frame("polars").to_dict(as_series=False)


@pytest.mark.parametrize("size", [0, 1, 3, 7, 100])
def test_the_most_frequent_are_found_piece_by_piece(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = ["甲乙丙丁" * 3 + "，" + "戊己庚辛壬癸" * 2 + "，甲丙，乙丁，癸甲"]
    counts = NgramCounter(order=2).update(text).freeze()
    expected = sorted(counts.items(2), key=lambda row: (-row[1], row[0]))[:size]
    for nodes in (1, 2, 5, 1000):
        monkeypatch.setattr("nlp_zero.counting.levels.RANKED_NODES", nodes)
        assert counts.most_frequent(2, size) == expected


def test_template_inventory() -> None:
    inventory = TemplateInventory(
        [
            Template(("从", None, "到"), count=12.5, fillers=7, pmi=1.5, gain=9.0, probability=0.25,
                     examples=(("今天",), ("北京 市",))),
            Template((None, "和", None), count=3, examples=(("甲", "乙"),)),
        ]
    )  # fmt: skip
    frame = polars.DataFrame(inventory)
    assert frame.columns == ["template", "count", "fillers", "pmi", "gain", "probability", "across", "examples"]
    assert frame.row(0) == ("从 … 到", 12.5, 7, 1.5, 9.0, 0.25, False, ["今天", "北京 市"])
    assert frame["examples"].to_list()[1] == ["甲 / 乙"]
    assert "<td>从 … 到</td><td>12.5</td><td>7</td>" in inventory._repr_html_()
    assert len(TemplateInventory([]).to_frame("polars")) == 0


def test_marginals() -> None:
    tokenizer = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1]))
    marginals = tokenizer.marginals("早晨<")
    frame = marginals.to_frame("polars")
    assert frame["token"].to_list() == ["早", "早晨", "晨", "<"]
    assert frame.select("start", "end", "id", "probability").rows() == marginals.tokens
    html = marginals._repr_html_()
    assert "<td>早</td><td>0.1111</td><td>██</td>" in html
    assert "<td>&lt;</td><td>1</td><td>████████████████████</td>" in html
    assert "… and 70 more positions" in tokenizer.marginals("晨" * 100)._repr_html_()


def test_encoding() -> None:
    tokenizer = Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2]))
    frame = polars.DataFrame(tokenizer("早晨，喝茶"))
    assert frame.columns == ["token", "id", "start", "end", "kind"]
    assert frame.rows() == [("早晨", 1, 0, 2, "word"), ("，", 4, 2, 3, "punctuation"), ("喝茶", 2, 3, 5, "word")]
    assert tokenizer("").to_frame("polars").shape == (0, 5)


def test_marginals_of_bytes() -> None:
    meta = LexiconMeta(unit="byte", boundaries=False, byte_fallback=True)
    words = [byte_token(byte) for byte in range(256)]
    tokenizer = Tokenizer(Lexicon(words, [1] * 256, meta=meta))
    assert tokenizer.marginals("\ud800").to_columns()["token"] == ["\\xed", "\\xa0", "\\x80"]  # half of a character
    marginals = tokenizer.marginals("茶a")
    assert marginals.to_columns()["token"] == ["\\xe8", "\\x8c", "\\xb6", "a"]
    assert "<td>\\xe8</td><td>1</td>" in marginals._repr_html_()


# --- lexicons as Parquet and CSV --------------------------------------------------------------------------------------


def test_build_vocab_writes_parquet_without_loss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for options in ((), ("--method", "bayes", "--phrases"), ("--method", "vocabulary", "--vocab-size", "600")):
        command = ["build-vocab", "corpora/sample.txt", "--quiet", *options]
        assert main([*command, "-o", str(tmp_path / "w.tsv")]) == 0
        assert main([*command, "-o", str(tmp_path / "w.parquet")]) == 0
        tsv, parquet = (Lexicon.load(tmp_path / name) for name in ("w.tsv", "w.parquet"))
        assert parquet.words == tsv.words
        assert parquet.meta.segmentation == tsv.meta.segmentation
        assert parquet.parts == tsv.parts
        assert parquet.counts.tolist() == tsv.counts.tolist()
        for name, column in tsv.scores.items():
            np.testing.assert_allclose(parquet.scores[name], column, rtol=1e-5)
        for line in ("青石镇在柳河的拐弯处。", "１９６２年，周明远说 OK"):
            assert Tokenizer(parquet).tokenize(line) == Tokenizer(tsv).tokenize(line)
    top = ["build-vocab", "corpora/sample.txt", "-q", "--top", "5", "--discovered", str(tmp_path / "d.parquet")]
    assert main([*top, "-o", str(tmp_path / "w.parquet")]) == 0
    assert main(["show", "--top", "5", str(tmp_path / "w.parquet"), "--json"]) == 0
    best = [row["word"] for row in json.loads(capsys.readouterr().out)]
    assert pyarrow.parquet.read_table(tmp_path / "w.parquet")["word"].to_pylist() == best
    assert len(Lexicon.load(tmp_path / "d.parquet")) > 5


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("w.csv", "convert words.tsv w.csv"), ("w.jsonl", "show words.tsv -o w.jsonl"),
        ("unigram.model", "convert words.tsv unigram.model"), ("w.json", "convert words.tsv w.json"),
    ],
)  # fmt: skip
def test_build_vocab_refuses_other_names(name: str, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    for options in (["-o", name], ["-o", "w.tsv", "--discovered", name]):
        assert main(["build-vocab", "corpora/sample.txt", *options]) == 2
        assert command in capsys.readouterr().err
        assert not Path(name).exists()
    assert main(["build-vocab", "corpora/sample.txt", "-o", "w.parquet.gz"]) == 2
    assert "name the file w.parquet." in capsys.readouterr().err


def test_build_vocab_misses_pyarrow_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hide(monkeypatch, "pyarrow")
    assert main(["build-vocab", "corpora/sample.txt", "-o", "w.parquet"]) == 1
    assert "(-o) needs pyarrow; run: pip install 'nlpzero[formats]'." in capsys.readouterr().err


def test_convert_between_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build-vocab", "corpora/sample.txt", "--quiet", "-o", str(tmp_path / "w.tsv")]) == 0
    for name in ("w.parquet", "w.csv", "back.tsv"):
        source = {"w.parquet": "w.tsv", "w.csv": "w.parquet", "back.tsv": "w.csv"}[name]
        assert main(["convert", str(tmp_path / source), str(tmp_path / name)]) == 0
        assert "note:" not in capsys.readouterr().err
    first, last = (Lexicon.load(tmp_path / name) for name in ("w.tsv", "back.tsv"))
    assert first.words == last.words
    for name, column in first.scores.items():
        np.testing.assert_array_equal(last.scores[name], column)


def test_csv_says_what_it_loses(tmp_path: Path) -> None:
    loss = "CSV holds words, counts and scores only"
    for lexicon in (Lexicon(["茶"], [1], meta=LexiconMeta(alnum="join")), Lexicon(["茶"], [1], parts={"茶": ["茶"]})):
        assert lexicon.save(tmp_path / "w.csv").differences[0].startswith(loss)
    report = Lexicon(["茶", "\udc80"], [2, 1], meta=LexiconMeta(alnum="token")).save(tmp_path / "w.csv")
    assert report.differences == ()
    assert report.left_out == {"bytes and parts of characters": 1}
    assert pickle.loads(pickle.dumps(report)) == report == deepcopy(report)


CELLS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(',"\t\n\r\\ 茶'), min_size=1, max_size=4)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table=st.dictionaries(CELLS, st.tuples(st.integers(0, 2**50), st.floats(-9, 9) | st.just(NAN)), min_size=1))
def test_tables_are_read_as_lexicons(table: dict[str, tuple[int, float]], tmp_path: Path) -> None:
    columns = {
        "word": list(table), "count": np.array([count for count, _ in table.values()]),
        "pmi": np.array([pmi for _, pmi in table.values()]), "note": ["x"] * len(table),
    }  # fmt: skip
    lexicon = Lexicon(list(table), columns["count"], scores={"pmi": columns["pmi"]})
    assert lexicon.save(tmp_path / "w.csv").differences == ()
    assert Lexicon.load(tmp_path / "w.csv") == lexicon
    for suffix in (".csv", ".tsv", ".parquet"):
        write_table(tmp_path / f"t{suffix}", columns)
        assert Lexicon.load(tmp_path / f"t{suffix}") == lexicon
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[0] for row in rows[1:]] == list(table)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ("word,count\n茶,3\n茶,4\n", "row 2: the word '茶' was already on row 1"),
        ("word,count\n茶,x\n", "line 2: the count 'x' is not a whole number"),
        ("word,count\n茶,-1\n", "line 2: the count '-1' is not a whole number"),
        ("word,count\n\n茶\n", "line 3: 1 columns, but 2 are expected"),
        ('word,count\n"茶,3\n', "line 2: this is not CSV"),
        ("word,count,count\n", "line 1: the names of the columns must be distinct"),
        ("word\tcount\n茶\\x\t3\n", "unknown escape"),
    ],
)
def test_wrong_tables_are_refused(data: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(data, encoding="utf-8")
    with pytest.raises(FormatError) as error:
        Lexicon.load(tmp_path / "w.csv")
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("w.csv", "曹操,5\n刘备,6\n"),
        ("w.csv", "词,次数\n曹操,5\n"),
        ("w.csv", "word;count\n曹操;5\n"),
        ("w.csv", "5,New York\n"),
        ("w.txt", '\ufeff"曹操",5,n\r\n刘备,6,n\r\n'),
        ("w.csv.gz", "曹操,5\n"),
    ],
)
def test_tables_without_a_header_are_refused(name: str, data: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(data.encode()) if name.endswith(".gz") else data.encode())
    with pytest.raises(FormatError, match=r"must include word and count; begin the file with the line word,count\.$"):
        Lexicon.load(path)


def test_tables_of_pandas_have_row_numbers(tmp_path: Path) -> None:
    lexicon = Lexicon(["茶", "早晨"], [3, 2], scores={"pmi": [0.5, NAN]})
    frame = lexicon.to_frame("pandas")
    frame["parts"] = [1, 2]
    frame["longer\nname"] = [1.5, 2.5]
    frame.to_csv(tmp_path / "t.csv")
    read = Lexicon.load(tmp_path / "t.csv")
    assert (read.words, list(read.scores)) == (lexicon.words, ["pmi", "longer name"])
    read.save(tmp_path / "t.tsv")
    assert Lexicon.load(tmp_path / "t.tsv") == read


def test_word_lists_with_commas_are_no_tables(tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text("a,5 3\n茶 2\n3,000\n酒\n, 9\n", encoding="utf-8")
    assert Lexicon.load(tmp_path / "w.txt").words == (",", "a,5", "茶", "3,000", "酒")
    (tmp_path / "w.csv").write_text("茶\n酒\n", encoding="utf-8")
    assert Lexicon.load(tmp_path / "w.csv").words == ("茶", "酒")


def test_tables_of_spreadsheets(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_bytes("\ufeff count , word,note\r\n3,茶,\r\n5,\"a,\"\"b\",x\r\n\r\n".encode())
    lexicon = Lexicon.load(tmp_path / "w.csv")
    assert lexicon.words == ('a,"b', "茶")
    assert dict(lexicon.scores) == {}


# --- cut text as a table ----------------------------------------------------------------------------------------------


def test_tokenize_writes_tables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = ['青石镇,"在"柳河', "", "他说 ok。"]
    write_table(tmp_path / "in.parquet", {"id": np.arange(3), "body": lines})
    lexicon = Lexicon(["青石镇", "柳河"], [2, 1])
    lexicon.save(tmp_path / "w.tsv")
    common = ["tokenize", str(tmp_path / "in.parquet"), "--field", "body", "-l", str(tmp_path / "w.tsv")]
    tokens = Tokenizer(lexicon).tokenize_batch(lines)
    assert main([*common, "-o", str(tmp_path / "out.parquet")]) == 0
    pairs = list(zip(lines, tokens, strict=True))
    assert polars.read_parquet(tmp_path / "out.parquet").rows() == pairs
    assert main([*common, "-o", str(tmp_path / "out.csv.gz"), "--separator", "|"]) == 0
    with gzip.open(tmp_path / "out.csv.gz", "rt", encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["text", "tokens"], *([t, "|".join(c)] for t, c in pairs)]
    assert main([*common, "-o", str(tmp_path / "ids.parquet"), "--format", "ids"]) == 0
    ids = polars.read_parquet(tmp_path / "ids.parquet")
    assert ids["ids"].to_list() == [list(Tokenizer(lexicon).encode(line)) for line in lines]
    assert main([*common, "-o", str(tmp_path / "draws.parquet"), "--sample", "-k", "2", "--seed", "3"]) == 0
    draws = polars.read_parquet(tmp_path / "draws.parquet")
    assert draws["text"].to_list() == [line for line in lines for _ in range(2)]
    assert ["".join(row) for row in draws["tokens"].to_list()] == draws["text"].to_list()
    assert main([*common, "-o", str(tmp_path / "out.tsv")]) == 0  # lines of tokens, as always
    assert (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines() == [" ".join(row) for row in tokens]


def test_tokenize_writes_tables_of_nothing(tmp_path: Path) -> None:
    Lexicon(["茶"], [2]).save(tmp_path / "w.tsv")
    for text, rows in (("text\n", 0), ("text\n\"\"\n", 1)):
        (tmp_path / "in.csv").write_text(text, encoding="utf-8")
        for form, column in (("words", "tokens"), ("ids", "ids")):
            options = ["-l", str(tmp_path / "w.tsv"), "-o", str(tmp_path / "o.parquet"), "--format", form]
            assert main(["tokenize", str(tmp_path / "in.csv"), *options]) == 0
            frame = polars.read_parquet(tmp_path / "o.parquet")
            assert frame.shape == (rows, 2)
            assert frame[column].dtype == polars.List(polars.String if form == "words" else polars.Int32)


def test_tokenize_names_bytes_in_tables(tmp_path: Path) -> None:
    meta = LexiconMeta(unit="byte", boundaries=False, byte_fallback=True)
    Lexicon([byte_token(byte) for byte in range(256)], [1] * 256, meta=meta).save(tmp_path / "w.tsv")
    (tmp_path / "in.txt").write_text("茶a\n", encoding="utf-8")
    options = ["-l", str(tmp_path / "w.tsv"), "-o", str(tmp_path / "o.parquet")]
    assert main(["tokenize", str(tmp_path / "in.txt"), *options]) == 0
    assert polars.read_parquet(tmp_path / "o.parquet").rows() == [("茶a", ["<0xE8>", "<0x8C>", "<0xB6>", "a"])]


@pytest.mark.parametrize("unit", ["char", "byte"])
def test_count_exports_every_table(unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nlp_zero.cli.count.EXPORTED_ROWS", 7)
    counts = NgramCounter(order=3, unit=unit).update(Corpus("corpora/sample.txt")).freeze()
    rows = [(ngram, n, count) for n in (1, 2, 3) for ngram, count in counts.items(n)]
    common = ["count", "corpora/sample.txt", "--order", "3", "--unit", unit, "--quiet", "--export"]
    for suffix in TABLE_SUFFIXES:
        path = tmp_path / f"t{suffix}"
        assert main([*common, str(path)]) == 0
        header, found = read_rows(path)
        assert header == ["ngram", "order", "count"]
        texts = [(g if isinstance(g, str) else g.decode("utf-8", "backslashreplace"), n, count) for g, n, count in rows]
        if suffix == ".tsv":
            texts = [(text.replace("\\", "\\\\"), n, count) for text, n, count in texts]
        expected = rows if suffix == ".parquet" else texts
        assert [(row[0], int(row[1]), int(row[2])) for row in found] == expected


def test_words_and_counts_may_be_columns_of_a_table() -> None:
    expected = Lexicon(["甲", "乙"], [3, 2])
    assert Lexicon(["甲", "乙"], [2**63 - 3, 2]).total == 2**63 - 1
    for words, counts in [
        (np.array(["甲", "乙"]), np.array([3.0, 2.0])),
        (np.array(["甲", "乙"], object), np.array([3, 2], np.uint64)),
        (pandas.Series(["乙", "甲"], index=[7, 8]), pandas.Series([2.0, 3.0])),
        (polars.Series(["乙", "甲"]), polars.Series([2, 3], dtype=polars.UInt32)),
    ]:
        made = Lexicon(words, counts)  # type: ignore[arg-type]
        assert made == expected
        assert {type(word) for word in made.words} == {str}
