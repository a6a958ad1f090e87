"""Results as tables: data frames, Arrow, notebooks, and files of several formats."""

from __future__ import annotations

import csv
import gzip
import importlib
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pyarrow.parquet
import pytest

from nlp_zero._utils.tables import Columns, Tabular, html_table
from nlp_zero.cli.errors import MissingPackage, OutputError, UsageError
from nlp_zero.cli.main import main
from nlp_zero.cli.table import format_table
from nlp_zero.cli.table_files import TABLE_SUFFIXES, open_table

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
    reader = pyarrow.RecordBatchReader.from_stream(Result({"n": np.arange(3)}))
    assert reader.read_all()["n"].to_pylist() == [0, 1, 2]


@pytest.mark.parametrize("make", [lambda r: r.to_frame("pandas"), lambda r: r.to_frame("polars"), polars.DataFrame])
def test_lone_surrogates_and_empty_tables(make: Callable[[Any], Any]) -> None:
    assert list(make(Result({"word": ["a\udc80", "茶"], "n": np.arange(2)}))["word"]) == ["a\\udc80", "茶"]
    empty = make(Result({"word": [], "n": np.zeros(0, np.int64)}))
    assert len(empty) == 0
    assert list(empty.columns) == ["word", "n"]
    if isinstance(empty, polars.DataFrame):
        assert empty["word"].dtype == polars.String


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
