"""Words in context: against a plain search, and what a reader sees."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Concordance, ConcordanceBuilder, Corpus, CorpusError, Lexicon, Tokenizer
from nlp_zero._utils.display import WIDE, cut_left, cut_right, display_width
from nlp_zero.cli import main
from nlp_zero.concordance import Occurrence
from nlp_zero.concordance.search import FEW_WORDS, WordSearch
from nlp_zero.concordance.stream import sort_occurrences

from .reference.concordance import Row, find_plainly, width_of

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = str(ROOT / "corpora" / "sample.txt")
Capture = pytest.CaptureFixture[str]

CHARACTERS = "曹操刘备 a，e\u0301\r\t𠀀Ａ"
LINES = st.text(st.sampled_from(CHARACTERS), max_size=12)
WORDS = st.lists(st.text(st.sampled_from("曹操刘a𠀀"), min_size=1, max_size=3), min_size=1, max_size=14)


def rows_of(found: Concordance) -> list[Row]:
    return [(row.left, row.word, row.right, row.line) for row in found]


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    return (status, *capsys.readouterr())


# --- against the plain search -------------------------------------------------------------------------------------


@given(st.lists(LINES, max_size=6), WORDS, st.integers(0, 9))
def test_lists_of_texts(texts: list[str], words: list[str], width: int) -> None:
    found = ConcordanceBuilder(words, width=width).build(texts)
    assert rows_of(found) == find_plainly(texts, words, width)
    counts = Counter(row.word for row in found)
    assert dict(found.totals) == {word: counts[word] for word in words}


@given(st.lists(LINES, max_size=8), WORDS, st.integers(0, 9), st.integers(1, 40), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=60, deadline=None)
def test_files_in_blocks_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], words: list[str], width: int, size: int, end: str
) -> None:
    folder = tmp_path_factory.mktemp("blocks")
    lines = [line.rstrip("\r") for line in lines]
    for name, encoding in (("a.txt", "utf-8"), ("b.txt", "gb18030")):
        (folder / name).write_bytes(end.join(lines).encode(encoding))
        corpus = Corpus(folder / name, encoding=encoding, block_size=size)
        assert rows_of(ConcordanceBuilder(words, width=width).build(corpus)) == find_plainly(lines, words, width)


@given(st.lists(st.text(max_size=9), max_size=5), st.lists(st.text(min_size=1, max_size=2), min_size=1, max_size=20))
def test_any_text(texts: list[str], words: list[str]) -> None:
    words = [word for word in words if "\n" not in word and "\r" not in word] or ["a"]
    assert rows_of(ConcordanceBuilder(words, width=6).build(texts)) == find_plainly(texts, words, 6)


def test_many_words_are_found_as_few_are() -> None:
    text = Path(SAMPLE).read_text(encoding="utf-8")
    words = sorted({text[k : k + n] for n in (1, 2, 3, 5) for k in range(0, len(text) - 5, 7)} - {"\n"})
    words = [word for word in words if "\n" not in word]
    assert len(words) > 20 * FEW_WORDS
    few = [row for k in range(0, len(words), FEW_WORDS) for row in WordSearch(words[k : k + FEW_WORDS]).find(text)]
    assert WordSearch(words).find(text) == sorted(few)


def test_lone_surrogates_are_text() -> None:
    words = ["\ud800", *"一二三四五六七八九十"]
    assert rows_of(ConcordanceBuilder(words).build(["a\ud800b"])) == [("a", "\ud800", "b", 1)]


# --- which occurrences are kept -----------------------------------------------------------------------------------


@given(st.lists(LINES, max_size=8), WORDS, st.integers(1, 4))
def test_the_first_of_each_word(texts: list[str], words: list[str], limit: int) -> None:
    everything = ConcordanceBuilder(words).build(texts)
    kept: list[Occurrence] = []
    seen: Counter[str] = Counter()
    for row in everything:
        seen[row.word] += 1
        if seen[row.word] <= limit:
            kept.append(row)
    found = ConcordanceBuilder(words, limit=limit).build(texts)
    assert list(found) == kept
    assert dict(found.totals) == {word: seen[word] if seen[word] <= limit else None for word in words}


def test_reading_ends_when_no_word_needs_more() -> None:
    def texts() -> object:
        yield "曹" * 2_000_000
        raise AssertionError("the second text is not needed")

    found = ConcordanceBuilder(["曹"], limit=3).build(texts())  # type: ignore[arg-type]
    assert (len(found), dict(found.totals)) == (3, {"曹": None})


def test_a_sample_is_uniform_and_depends_on_the_seed_only(tmp_path: Path) -> None:
    texts = [f"第{k}回曹操刘备" for k in range(10)]
    drawn: Counter[int] = Counter()
    for seed in range(2000):
        found = ConcordanceBuilder(["曹操"], limit=3, sample=True, seed=seed).build(texts)
        lines = [row.line for row in found]
        assert lines == sorted(set(lines))
        assert (len(lines), dict(found.totals)) == (3, {"曹操": 10})
        drawn.update(lines)
    assert all(abs(drawn[line] - 600) < 5 * 20.5 for line in range(1, 11))  # five standard deviations
    one = ConcordanceBuilder(["曹操"], limit=3, sample=True, seed=5).build(texts)
    both = ConcordanceBuilder(["刘备", "曹操"], limit=3, sample=True, seed=5).build(texts)
    assert list(one) == [row for row in both if row.word == "曹操"]
    (tmp_path / "a.txt").write_text("\n".join(texts), encoding="utf-8")
    for size in (1, 50, 1 << 20):
        corpus = Corpus(tmp_path / "a.txt", block_size=size)
        found = ConcordanceBuilder(["曹操"], limit=3, sample=True, seed=5).build(corpus)
        assert rows_of(found) == rows_of(one)
    assert [row.line for row in one] == [2, 3, 8]  # the same on every machine


@given(st.lists(LINES, max_size=8), st.sampled_from(["left", "right"]), st.integers(1, 5))
def test_sorting_in_memory_and_on_disk(texts: list[str], by: str, rows: int) -> None:
    everything = list(ConcordanceBuilder(["曹", "曹操", "a"]).build(texts))
    expected = sorted(everything, key=lambda row: row.left[::-1] if by == "left" else row.right)
    assert list(ConcordanceBuilder(["曹", "曹操", "a"], sort=by).build(texts)) == expected
    assert list(sort_occurrences(iter(everything), by, run_rows=rows)) == expected


# --- where an occurrence is ---------------------------------------------------------------------------------------


def places(found: Concordance) -> list[tuple[str, int]]:
    return [(Path(row.source).name, row.line) for row in found]


def test_lines_and_records_have_numbers(tmp_path: Path) -> None:
    lines = ["曹操", "", "x", "见曹操"]
    text = "\n".join(lines).encode()
    (tmp_path / "a.txt").write_bytes(b"\xef\xbb\xbf" + text)
    (tmp_path / "b.txt.gz").write_bytes(gzip.compress(text))
    (tmp_path / "c.txt").write_bytes("\r\n".join(lines).encode("utf-16"))
    records = [{"text": "无"}, {"text": "第一行\n曹操\n曹操"}, {"text": "曹操"}]
    (tmp_path / "d.jsonl").write_text("".join(json.dumps(x) + "\n" for x in records), encoding="utf-8")
    (tmp_path / "e.csv").write_text('text\n无\n"一\n曹操"\n', encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "f.zip", "w") as archive:
        archive.writestr("g.txt", text)
        archive.writestr("h.txt", text)
    names = ["a.txt", "b.txt.gz", "c.txt", "d.jsonl", "e.csv", "f.zip"]
    for size in (1, 1 << 20):
        found = ConcordanceBuilder(["曹操"]).build(Corpus(*(tmp_path / name for name in names), block_size=size))
        assert places(found) == [
            ("a.txt", 1), ("a.txt", 4), ("b.txt.gz", 1), ("b.txt.gz", 4), ("c.txt", 1), ("c.txt", 4),
            ("d.jsonl", 2), ("d.jsonl", 2), ("d.jsonl", 3), ("e.csv", 2),
            ("g.txt", 1), ("g.txt", 4), ("h.txt", 1), ("h.txt", 4),
        ]  # fmt: skip
        assert [row.left for row in found if row.source.endswith("d.jsonl")] == ["", "", ""]
    assert found[-1].source == str(tmp_path / "f.zip") + "/h.txt"


def test_errors_name_the_place(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes("曹操\n".encode() + "曹操\n".encode("gb18030"))
    with pytest.raises(CorpusError, match=r"byte 7 .*--encoding"):
        ConcordanceBuilder(["曹操"]).build(Corpus(tmp_path / "a.txt"))


# --- words of a tokenizer -----------------------------------------------------------------------------------------


def test_only_tokens_are_found() -> None:
    tokenizer = Tokenizer(Lexicon(["大", "大雪", "雪山", "山"], [50, 10, 10, 50]))
    texts = ["大雪山", "雪山大雪", "a\n大雪\r"]
    assert tokenizer.tokenize("大雪山") == ["大雪", "山"]
    found = ConcordanceBuilder(["大雪", "雪山", "雪", "大"], tokenizer=tokenizer).build(texts)
    assert [(row.word, row.line) for row in found] == [("大雪", 1), ("雪山", 2), ("大雪", 2), ("大雪", 3)]


@given(st.lists(st.text(st.sampled_from("曹操刘备大军 ，\t\r"), max_size=12), max_size=6))
def test_tokens_of_lines(lines: list[str]) -> None:
    tokenizer = Tokenizer(Lexicon(["曹操", "操大", "大军", "刘备"], [5, 4, 3, 2]))
    words = ["曹操", "操大", "大军", "刘备", "曹"]
    expected = []
    for number, line in enumerate(lines, 1):
        expected += [(token, number) for token in tokenizer.tokenize(line.removesuffix("\r")) if token in words]
    found = ConcordanceBuilder(words, tokenizer=tokenizer).build(lines)
    assert [(row.word, row.line) for row in found] == expected


# --- the result ---------------------------------------------------------------------------------------------------


def test_every_wide_character_that_is_counted_fast_is_wide() -> None:
    fast = [chr(k) for k in range(0x110000) if WIDE.fullmatch(chr(k))]
    assert len(fast) > 20_000
    assert {width_of(character) for character in fast} == {2}


@given(st.text(max_size=12), st.integers(0, 12))
def test_cutting_by_columns(text: str, width: int) -> None:
    assert display_width(text) == width_of(text)
    left, right = cut_left(text, width), cut_right(text, width)
    assert text.endswith(left)
    assert text.startswith(right)
    for part, longer in ((left, text[len(text) - len(left) - 1 :]), (right, text[: len(right) + 1])):
        assert width_of(part) <= width
        assert part == text or width_of(longer) > width


def test_a_concordance_cannot_be_changed() -> None:
    found = ConcordanceBuilder(["曹操", "刘备"]).build(["曹操见刘备", "曹操"])
    with pytest.raises(AttributeError, match="immutable"):
        found.occurrences = ()  # type: ignore[misc]
    with pytest.raises(TypeError):
        found.totals["曹操"] = 3  # type: ignore[index]
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found) == hash(found[:])
    assert found[:1] != found
    assert found[:1] == Concordance([Occurrence("", "曹操", "见刘备", "<texts>", 1)], {"曹操": 2, "刘备": 1})
    assert found[-1].line == 2
    assert repr(found) == "<Concordance of 3 occurrences of 曹操, 刘备>"
    assert repr(found[:1]) == "<Concordance of 1 occurrence of 曹操, 刘备>"


def test_lines_are_aligned_on_the_word() -> None:
    texts = ["张飞a见曹操。", "e\u0301曹操ＡＢ", "曹操\t\x1b[31m", "刘备来"]
    lines = str(ConcordanceBuilder(["曹操", "刘备"]).build(texts)).split("\n")
    begins = {width_of(line[: line.index(word)]) for line, word in zip(lines, ["曹操"] * 3 + ["刘备"], strict=True)}
    assert begins == {width_of("张飞a见  ")}
    assert {width_of(line[: line.index("<texts>")]) for line in lines} == {width_of("张飞a见  曹操    [31m  ")}
    assert "\x1b" not in "".join(lines)
    assert "\t" not in "".join(lines)


def test_tables_and_notebooks() -> None:
    found = ConcordanceBuilder(["曹操"]).build(["<b>曹操", "曹操"])
    columns = found.to_columns()
    assert list(columns) == ["left", "word", "right", "source", "line"]
    assert (columns["left"], columns["line"].tolist()) == (("<b>", ""), [1, 2])
    page = found._repr_html_()
    assert page.count("<tr>") == 2
    assert "&lt;b&gt;" in page
    assert "<p>… and 10 more</p>" in ConcordanceBuilder(["曹"]).build(["曹" * 60])._repr_html_()
    empty = ConcordanceBuilder(["曹操"]).build([])
    assert (len(empty), str(empty), list(empty.to_columns())) == (0, "", list(columns))
    pyarrow = pytest.importorskip("pyarrow")
    table = pyarrow.table(found)
    assert table.column("right").to_pylist() == ["", ""]
    assert pyarrow.table(empty).num_rows == 0


# --- options ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "options", "error", "message"),
    [
        ("曹操", {}, TypeError, "list of words"),
        ([], {}, ValueError, "at least one word"),
        ([""], {}, ValueError, "at least one character"),
        (["曹\n操"], {}, ValueError, "no line end"),
        ([b"a"], {}, TypeError, "is bytes"),
        (["曹操"], {"width": -1}, ValueError, "width must be"),
        (["曹操"], {"limit": 0}, ValueError, "limit must be"),
        (["曹操"], {"sample": True}, ValueError, "give the number as limit"),
        (["曹操"], {"sort": "word"}, ValueError, "sort must be"),
        (["曹操"], {"seed": -1}, ValueError, "seed must be"),
        (["曹操"], {"temp_dir": "/no/such/folder"}, ValueError, "temp_dir must be"),
    ],
)
def test_wrong_options(words: object, options: dict[str, object], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ConcordanceBuilder(words, **options)  # type: ignore[arg-type]


def test_a_single_text_is_refused() -> None:
    with pytest.raises(TypeError, match="many texts"):
        ConcordanceBuilder(["曹操"]).build("曹操")


# --- the command --------------------------------------------------------------------------------------------------


def test_the_command_prints_aligned_lines(capsys: Capture) -> None:
    status, out, err = run(capsys, "concordance", "青石镇,柳河", SAMPLE, "--limit", 3, "--width", 20)
    assert (status, err) == (0, "occurrences: 青石镇 more than 3, 柳河 more than 3.\n")
    assert run(capsys, "concordance", "青石镇", SAMPLE, "--limit", 1)[2] == "青石镇: more than 1 occurrence.\n"
    lines = out.splitlines()
    assert len(lines) == 6
    assert {width_of(line[: line.rindex("  ")]) for line in lines} == {20 + 2 + 6 + 2 + 20}
    expected = ConcordanceBuilder(["青石镇", "柳河"], limit=3, width=20).build(Corpus(SAMPLE))
    assert [line.split("  ")[-1] for line in lines] == [f"{SAMPLE}:{row.line}" for row in expected]


def test_the_command_writes_tables(tmp_path: Path, capsys: Capture) -> None:
    expected = [row._asdict() for row in ConcordanceBuilder(["青石镇"], sort="right").build(Corpus(SAMPLE))]
    common = ("concordance", "青石镇", SAMPLE, "--sort", "right")
    status, out, err = run(capsys, *common, "--json")
    assert (status, err) == (0, "青石镇: 48 occurrences.\n")
    assert [json.loads(line) for line in out.splitlines()] == expected
    for name in ("a.jsonl", "a.tsv", "a.csv", "a.txt", "a.txt.gz"):
        assert run(capsys, *common, "-o", tmp_path / name) == (0, "", err)
    assert (tmp_path / "a.jsonl").read_text(encoding="utf-8") == out
    rows = (tmp_path / "a.tsv").read_text(encoding="utf-8").splitlines()
    assert (rows[0], len(rows)) == ("left\tword\tright\tsource\tline", 49)
    text = (tmp_path / "a.txt").read_text(encoding="utf-8")
    assert text == run(capsys, *common)[1]
    assert gzip.decompress((tmp_path / "a.txt.gz").read_bytes()).decode() == text


def test_the_command_reads_words_from_a_file(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "list.txt").write_text("青石镇\n柳河 12\n没有词\n", encoding="utf-8")
    status, out, err = run(capsys, "concordance", f"@{tmp_path / 'list.txt'}", SAMPLE)
    assert (status, out) == run(capsys, "concordance", "青石镇,柳河", SAMPLE)[:2]
    assert err == "occurrences: 柳河 69, 没有词 0, 青石镇 48.\n"
    list_as_output = run(capsys, "concordance", f"@{tmp_path / 'list.txt'}", SAMPLE, "-o", tmp_path / "list.txt")
    assert list_as_output[0] == 2
    assert "is also an input" in list_as_output[2]


def test_the_command_uses_the_cut_of_a_lexicon(tmp_path: Path, capsys: Capture) -> None:
    Lexicon(["大雪", "雪山", "大", "山"], [9, 5, 9, 9]).save(tmp_path / "words.tsv")
    (tmp_path / "a.txt").write_text("大雪山\n雪山\n", encoding="utf-8")
    common = ("concordance", "雪山", tmp_path / "a.txt")
    assert run(capsys, *common)[2] == "雪山: 2 occurrences.\n"
    status, out, err = run(capsys, *common, "--lexicon", tmp_path / "words.tsv")
    assert (status, err) == (0, "雪山: 1 occurrence.\n")
    assert out.splitlines()[0].endswith("a.txt:2")
    assert run(capsys, "concordance", "雪", tmp_path / "a.txt", "-l", tmp_path / "words.tsv") == (
        (0, "", "雪 does not occur as a word of this lexicon.\n")
    )


def test_standard_input(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(gzip.compress("见曹操\n".encode()))))
    status, out, err = run(capsys, "concordance", "曹操,孙权", "-", "--width", 4)
    assert (status, out, err) == (0, "  见  曹操        <stdin>:1\n", "occurrences: 曹操 1, 孙权 0.\n")


def test_a_sample_at_the_command_line(capsys: Capture) -> None:
    common = ("concordance", "柳河", SAMPLE, "--limit", 5, "--sample")
    status, out, err = run(capsys, *common)
    assert (status, len(out.splitlines()), err) == (0, 5, "柳河: 5 of 69 occurrences.\n")
    assert run(capsys, *common, "--seed", 0)[1] == out
    assert run(capsys, *common, "--seed", 1)[1] != out


# --- contexts of learnt words -------------------------------------------------------------------------------------


def test_contexts_come_with_the_words(tmp_path: Path, capsys: Capture) -> None:
    plain, words = tmp_path / "plain.tsv", tmp_path / "words.tsv"
    assert run(capsys, "build-vocab", SAMPLE, "-o", plain)[0] == 0
    status, out, err = run(capsys, "build-vocab", SAMPLE, "-o", words, "--contexts", 2)
    assert (status, out) == (0, "")
    assert words.read_bytes() == plain.read_bytes()
    lexicon = Lexicon.load(words)
    longer = [word for word in lexicon if len(word) > 1]
    header, *lines = (tmp_path / "words.contexts.tsv").read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    assert header == "left\tword\tright\tsource\tline"
    assert err.endswith(f"words.contexts.tsv: {len(rows)} contexts.\n")
    assert [word for word in longer if word in {row[1] for row in rows}] == list(dict.fromkeys(row[1] for row in rows))
    assert max(Counter(row[1] for row in rows).values()) == 2
    tokens = [Tokenizer(lexicon).tokenize(line) for line in Corpus(SAMPLE)]
    assert all(word in tokens[int(line) - 1] for _, word, _, _, line in rows)
    assert len(rows) == sum(min(2, sum(line.count(word) for line in tokens)) for word in longer)


def test_contexts_follow_the_order_of_a_list(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "list.tsv.gz"
    assert run(capsys, "build-vocab", SAMPLE, "--top", 5, "-o", out, "--contexts", 1)[0] == 0
    lines = gzip.decompress((tmp_path / "list.contexts.tsv.gz").read_bytes()).decode().splitlines()[1:]
    words = gzip.decompress(out.read_bytes()).decode().splitlines()[2:]
    assert [line.split("\t")[1] for line in lines] == [line.split("\t")[0] for line in words]


def test_contexts_in_a_terminal(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.chdir(ROOT / "corpora")
    status, out, _ = run(capsys, "build-vocab", "sample.txt", "--top", 3, "--contexts", 2)
    table, contexts = out.split("\n\n")
    assert (status, len(table.splitlines()), len(contexts.splitlines())) == (0, 4, 6)
    assert 80 < max(map(width_of, contexts.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([SAMPLE, "--contexts", "2"], "name the first with -o"),
        ([SAMPLE, "--contexts", "0", "-o", "w.tsv"], "--contexts must be an integer of at least 1"),
        ([SAMPLE, "--contexts", "2", "-o", "w.tsv", "--method", "vocabulary"], "--contexts is not an option of"),
        (["--counts", "c", "--contexts", "2", "-o", "w.tsv"], "name the corpus too"),
    ],
)
def test_wrong_calls_for_contexts(arguments: list[str], message: str, capsys: Capture) -> None:
    status, out, err = run(capsys, "build-vocab", *arguments)
    assert (status, out) == (2, "")
    assert message in err


def test_contexts_never_replace_an_input(tmp_path: Path, capsys: Capture) -> None:
    text = tmp_path / "words.contexts.tsv"
    text.write_text("text\n青石镇\n", encoding="utf-8")
    status, _, err = run(capsys, "build-vocab", text, "-o", tmp_path / "words.tsv", "--contexts", 1)
    assert status == 2
    assert "is also an input" in err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["曹操", "刘备", SAMPLE], "separate them with commas: 曹操,刘备."),
        ([",", SAMPLE], "no word was given"),
        (["曹操", SAMPLE, "--sample"], "--sample needs --limit N"),
        (["曹操", SAMPLE, "--limit", "3", "--seed", "1"], "--seed needs --sample"),
        (["曹操", SAMPLE, "--limit", "0"], "--limit must be an integer of at least 1"),
        (["曹操", SAMPLE, "--width", "-1"], "--width must be an integer from 0"),
        (["曹操", SAMPLE, "-o", "a.xls"], "must end in"),
        (["曹操", SAMPLE, "--json", "-o", "a.jsonl"], "--json prints to stdout"),
    ],
)
def test_wrong_calls(arguments: list[str], message: str, capsys: Capture) -> None:
    status, out, err = run(capsys, "concordance", *arguments)
    assert (status, out) == (2, "")
    assert message in err
