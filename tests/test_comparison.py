"""Comparison of texts: statistics against textbook computations, tables against a recount, the command."""

from __future__ import annotations

import io
import itertools
import json
import math
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_zero import (
    ComparisonTable,
    Corpus,
    CorpusError,
    Lexicon,
    NgramCounter,
    NgramCounts,
    PmiLexiconBuilder,
    TextComparer,
    Tokenizer,
)
from nlp_zero._kernels.counting import ALNUM_MODES
from nlp_zero.cli import main
from nlp_zero.comparison import MEASURES, compare_counts, count_tokens
from nlp_zero.counting.lookup import look_up_counts
from nlp_zero.statistics import correct_p_values, log_likelihood_ratio, log_ratio, p_values, shrunken_share

from .reference import comparison as reference
from .reference.text import is_alnum, is_boundary
from .test_cli_progress import place, watch

LINES = Path("corpora/sample.txt").read_text(encoding="utf-8").splitlines()
HALF = len(LINES) // 2
Capture = pytest.CaptureFixture[str]
totals = st.integers(1, 10**7)
Words = list[tuple[int, int]]


@st.composite
def counted(draw: st.DrawFn) -> tuple[Words, int, int]:
    """Counts of words in two texts, and the sizes of the texts."""
    pairs = draw(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 5000)), min_size=1, max_size=30))
    spare_a, spare_b = draw(totals), draw(totals)
    return pairs, sum(a for a, _ in pairs) + spare_a, sum(b for _, b in pairs) + spare_b


# Statistics ------------------------------------------------------------------------------------------------------


@given(counted())
def test_statistics_are_those_of_the_textbook(example: tuple[Words, int, int]) -> None:
    pairs, all_a, all_b = example
    a, b = np.array(pairs).T
    for k, g2 in enumerate(log_likelihood_ratio(a, b, all_a, all_b).tolist()):
        assert g2 == pytest.approx(reference.likelihood_ratio(*pairs[k], all_a, all_b), rel=1e-6, abs=1e-6)
    for k, ratio in enumerate(log_ratio(a, b, all_a, all_b).tolist()):
        assert ratio == pytest.approx(reference.log_ratio(*pairs[k], all_a, all_b), abs=1e-9)
    if a.sum() + b.sum():
        expected = reference.shrunken_shares(a.tolist(), b.tolist(), all_a, all_b)
        assert shrunken_share(a, b, all_a, all_b) == pytest.approx(expected, abs=1e-12)


@given(counted())
def test_swapped_texts_have_opposite_statistics(example: tuple[Words, int, int]) -> None:
    pairs, all_a, all_b = example
    a, b = np.array(pairs).T
    for measure in (log_likelihood_ratio, log_ratio):
        assert measure(a, b, all_a, all_b).tolist() == (-measure(b, a, all_b, all_a) + 0.0).tolist()
    if a.sum() + b.sum():
        there, back = shrunken_share(a, b, all_a, all_b), shrunken_share(b, a, all_b, all_a)
        assert there + back == pytest.approx(np.ones(len(pairs)))


@given(st.integers(0, 1000), st.integers(1, 50), st.integers(1, 50), st.integers(1, 1000))
def test_equal_frequencies_are_no_difference(count: int, k: int, m: int, spare: int) -> None:
    total = count + spare
    assert float(log_likelihood_ratio(count * k, count * m, total * k, total * m)) == 0.0


def test_measures_without_an_occurrence() -> None:
    none = np.zeros(2)
    assert log_likelihood_ratio(none, none, 10, 20).tolist() == [0.0, 0.0]
    assert shrunken_share(none, none, 10, 20).tolist() == [0.5, 0.5]


def test_no_difference_is_not_a_negative_zero() -> None:
    for measure in (log_likelihood_ratio, log_ratio):
        assert not np.signbit(measure([0, 3, 7], [0, 6, 14], 100, 200)[:2]).any()


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(2, 9))
def test_more_text_of_the_same_kind_is_surer(a: int, b: int, times: int) -> None:
    small = float(log_likelihood_ratio(a, b, 2000, 2000))
    assert float(log_likelihood_ratio(a * times, b * times, 2000 * times, 2000 * times)) == pytest.approx(small * times)


@given(st.floats(-1400, 1400))
def test_p_is_the_tail_of_chi_squared(g2: float) -> None:
    assert float(p_values([g2])[0]) == pytest.approx(reference.tail(g2), rel=1e-6, abs=1e-300)


def test_p_of_published_quantiles() -> None:
    """Quantiles of the chi-squared distribution with one degree of freedom, from printed tables."""
    assert p_values([2.706, 3.841, 6.635, 10.828]) == pytest.approx([0.1, 0.05, 0.01, 0.001], rel=2e-3)


@given(st.lists(st.floats(0, 1), max_size=30))
def test_corrected_p_is_that_of_holm(p: list[float]) -> None:
    corrected = correct_p_values(p)
    assert corrected == pytest.approx(reference.holm(p))
    assert all(x <= y <= 1 for x, y in zip(p, corrected.tolist(), strict=True))


# Tables ----------------------------------------------------------------------------------------------------------


def rows_of(table: ComparisonTable) -> dict[tuple[str, str], tuple[float, ...]]:
    numbers = (table.count, table.other_count, table.log_ratio, table.g2, table.share, table.p)
    values = zip(*(column.tolist() for column in numbers), strict=True)
    return dict(zip(zip(table.text, table.words, strict=True), values, strict=True))


def check_table(
    table: ComparisonTable, lexicon: Lexicon, sides: Sequence[tuple[str, list[str], list[str]]], min_count: int
) -> None:
    """Compare a table with a recount of its texts; `sides` has the name of each text, its lines, and all others."""
    tokenizer = Tokenizer(lexicon)
    expected: dict[tuple[str, str], tuple[float, ...]] = {}
    for name, text, other in sides:
        (a, all_a), (b, all_b) = reference.count_tokens(tokenizer, text), reference.count_tokens(tokenizer, other)
        words = [word for word in lexicon if a[word] + b[word]]
        shares = reference.shrunken_shares([a[w] for w in words], [b[w] for w in words], all_a, all_b)
        for word, share in zip(words, shares, strict=True):
            if a[word] + b[word] >= min_count:
                counts = a[word], b[word], all_a, all_b
                expected[name, word] = (
                    a[word], b[word], reference.log_ratio(*counts), reference.likelihood_ratio(*counts), share
                )  # fmt: skip
    found = rows_of(table)
    assert found.keys() == expected.keys()
    assert len(found) > 10
    for key, row in expected.items():
        assert found[key][:5] == pytest.approx(row, rel=1e-7, abs=1e-7), key
    p = dict(zip(found, reference.holm([reference.tail(row[3]) for row in found.values()]), strict=True))
    assert {key: row[5] for key, row in found.items()} == pytest.approx(p, rel=1e-6)


@pytest.mark.parametrize("workers", [1, 3])
def test_words_of_both_texts_are_learnt_together(workers: int) -> None:
    new, old = LINES[:HALF], LINES[HALF:]
    table = TextComparer(min_count=3, workers=workers).compare(new, old)
    check_table(table, PmiLexiconBuilder().build(LINES), [("new", new, old)], 3)
    g2 = table.g2.tolist()
    assert g2 == sorted(g2, reverse=True)
    assert table.texts == ("new",)
    assert table.other == "old"


def test_swapped_texts_make_the_opposite_table() -> None:
    new, old = LINES[:HALF], LINES[HALF:]
    with pytest.raises(TypeError, match="names of texts must be str, not 2021; write '2021'"):
        TextComparer().compare_each({2021: new, 2022: old})  # type: ignore[dict-item]
    with pytest.raises(TypeError, match="texts must be a mapping of names to texts, not list"):
        TextComparer().compare_each([new, old])  # type: ignore[arg-type]
    there, back = TextComparer().compare(new, old), TextComparer().compare(old, new)
    assert dict(zip(there.words, there.g2.tolist(), strict=True)) == dict(
        zip(back.words, (-back.g2 + 0.0).tolist(), strict=True)
    )
    assert there.totals == back.other_totals
    assert sorted(there.p.tolist()) == sorted(back.p.tolist())


def test_each_period_is_compared_with_the_rest() -> None:
    thirds = {name: LINES[k::3] for k, name in enumerate(("2021", "2022", "2023"))}
    table = TextComparer(min_count=4).compare_each(thirds)
    sides = [(name, lines, [x for other in thirds if other != name for x in thirds[other]])
             for name, lines in thirds.items()]  # fmt: skip
    everything = [line for lines in thirds.values() for line in lines]
    check_table(table, PmiLexiconBuilder().build(everything), sides, 4)
    assert list(dict.fromkeys(table.text)) == list(thirds)
    assert table.other == "the rest"
    turned = TextComparer(min_count=4).compare_each(dict(reversed(thirds.items())))
    found, rows = rows_of(turned), rows_of(table)
    assert found.keys() == rows.keys()
    assert all(found[key] == pytest.approx(row) for key, row in rows.items())


def test_a_given_lexicon_is_used() -> None:
    lexicon = Lexicon(["青石镇", "柳河", "的", "在"], [5, 4, 9, 6])
    table = TextComparer(lexicon=lexicon, min_count=1).compare(LINES[:HALF], LINES[HALF:])
    assert set(table.words) == set(lexicon.words)
    _, total = reference.count_tokens(Tokenizer(lexicon), LINES[:HALF])
    assert table.totals == (total,)  # other characters are tokens too


def test_own_words_of_a_lexicon_are_compared(tmp_path: Path) -> None:
    """A saved tokenizer has words that are not in its lexicon."""
    learnt = PmiLexiconBuilder().build(LINES)
    Tokenizer(learnt, words=["柳河大桥的"], force=["镇上"], forbid=["青石镇"]).save(tmp_path / "words.tsv")
    lexicon = Lexicon.load(tmp_path / "words.tsv")
    table = TextComparer(lexicon=lexicon, min_count=1).compare(LINES[:HALF], LINES[HALF:])
    assert "青石镇" not in table.words
    tokenizer, parts = Tokenizer(lexicon), (LINES[:HALF], LINES[HALF:])
    tokens = [[token for line in part for token in tokenizer.tokenize(line)] for part in parts]
    for word in ("柳河大桥的", "镇上", "的"):
        row = table.words.index(word)
        assert (table.count[row], table.other_count[row]) == tuple(part.count(word) for part in tokens)


def test_text_of_several_blocks_is_read_once_without_a_memory_of_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(LINES * 20), encoding="utf-8")
    tokenizer = Tokenizer(PmiLexiconBuilder().build(LINES))
    for block_size in (1000, 1 << 20):
        counts, total = count_tokens(tokenizer, Corpus(path, block_size=block_size), workers=2)
        expected, expected_total = reference.count_tokens(tokenizer, LINES)
        assert total == 20 * expected_total
        assert counts.tolist() == [20 * expected[word] for word in tokenizer.lexicon]
    assert count_tokens(tokenizer, iter(LINES))[1] == expected_total


def test_a_small_memory_budget_changes_nothing() -> None:
    new, old = LINES[:HALF], LINES[HALF:]
    small = TextComparer(memory="600K").compare(new, old)
    assert rows_of(small) == rows_of(TextComparer().compare(new, old))


def test_latin_words_are_compared_if_asked() -> None:
    new, old = [*LINES[:HALF], *["5G很快", "用5G上网", "在5G时代"] * 9], [*LINES[HALF:], *["4G很慢", "在4G时代"] * 9]
    assert not any("G" in word for word in TextComparer().compare(new, old).words)
    table = TextComparer(alnum="join").compare(new, old)
    assert any("5G" in word for word in table.top(5).words)
    assert any("4G" in word for word in table.bottom(9).words)


def test_top_bottom_sort_and_significance() -> None:
    generator = random.Random(7)
    words = [f"词{k}" for k in range(60)]
    counts = [[generator.randrange(200) for _ in range(3)] for _ in words]
    table = compare_counts(words, counts, [30_000, 20_000, 25_000], texts=["a", "b", "c"], min_count=20)
    rows = rows_of(table)
    for by in MEASURES:
        place = {"log_ratio": 2, "g2": 3, "share": 4}[by]
        for text in table.texts:
            mine = [(row[place], word) for (name, word), row in rows.items() if name == text]
            best = sorted((x for x in mine if rows[text, x[1]][3] > 0), key=lambda x: -x[0])
            worst = sorted((x for x in mine if rows[text, x[1]][3] < 0), key=lambda x: x[0])
            assert list(table.of(text).top(5, by=by).words) == [word for _, word in best[:5]]
            assert list(table.top(5, by=by).of(text).words) == [word for _, word in best[:5]]
            assert list(table.bottom(5, by=by).of(text).words) == [word for _, word in worst[:5]]
            ends = list(table.ends(5, by=by).of(text).words)
            assert ends == [word for _, word in best[:5]] + [word for _, word in worst[:5]][::-1]
            values = getattr(table.sort(by).of(text), by).tolist()
            assert values == sorted(values, reverse=True)
    chosen = rows_of(table.significant(0.01))
    assert chosen == {key: row for key, row in rows.items() if row[5] <= 0.01}
    assert 0 < len(chosen) < len(rows)
    assert set(table.with_min_length(3).words) == set(words[10:]) & set(table.words)
    assert table.of("b").totals == (20_000,)
    assert table.of("b").other_totals == (55_000,)


def test_a_table_is_immutable_and_has_the_usual_forms() -> None:
    table = compare_counts(["春", "秋"], [[30, 10], [10, 30]], [40, 40], texts=["new", "old"], against="old")
    with pytest.raises(ValueError, match="read-only"):
        table.g2[0] = 1
    with pytest.raises(AttributeError):
        table.other = "x"  # type: ignore[misc]
    assert repr(table) == "<ComparisonTable of new against old: 2 rows>"
    assert "<td>春</td>" in table._repr_html_()
    pyarrow = pytest.importorskip("pyarrow")
    assert pyarrow.table(table).column_names == ["word", "count", "other_count", "log_ratio", "g2", "share", "p"]
    each = compare_counts(["春", "秋"], [[30, 10], [10, 30]], [40, 40], texts=["a", "b"])
    assert pyarrow.table(each).column_names[0] == "text"
    assert len(compare_counts(["春"], [[1, 1]], [4, 4], texts=["a", "b"])) == 0
    assert compare_counts([], [], [4, 6], texts=["a", "b"]).other_totals == (6, 4)


def test_what_cannot_be_compared_is_refused() -> None:
    for options, message in (
        ({"texts": ["a"]}, "two or more different names"), ({"texts": ["a", "a"]}, "two or more different names"),
        ({"texts": ["a", "b"], "against": "c"}, "against must be 'a' or 'b'"),
        ({"texts": ["a", "b"], "min_count": 0}, "min_count"), ({"texts": ["a", "b"], "unit": "x"}, "unit"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=message):
            compare_counts(["春"], [[1] * len(options["texts"])], [3] * len(options["texts"]), **options)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="totals"):
        compare_counts(["春"], [[1, 0]], [3, 0], texts=["a", "b"])
    with pytest.raises(TypeError, match="Lexicon"):
        TextComparer(lexicon="words.tsv")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="alnum"):
        TextComparer(alnum="cut")
    with pytest.raises(TypeError, match="single"):
        TextComparer().compare("春天", ["秋天"])
    with pytest.raises(CorpusError, match="old: there are no words"):
        TextComparer().compare(LINES, ["，。"])
    with pytest.raises(ValueError, match="two or more"):
        TextComparer().compare_each({"a": LINES})


# Saved counts ----------------------------------------------------------------------------------------------------


def runs_of(lines: list[str]) -> list[str]:
    """The runs of characters of texts, without marks, digits and Latin letters."""
    countable = "".join(c if is_countable(c) else " " for line in lines for c in f"{line} ")
    return countable.split()


def is_countable(character: str) -> bool:
    return not (is_boundary(character) or is_alnum(character))


def count_strings(lines: list[str], word: str) -> int:
    return sum(run.startswith(word, k) for run in runs_of(lines) for k in range(len(run)))


def count_ngrams(lines: list[str], order: int) -> NgramCounts:
    return NgramCounter(order=order).update(lines).freeze()


@given(st.lists(st.text("春秋，a1天", max_size=12), max_size=8), st.integers(1, 4), st.sampled_from(ALNUM_MODES))
def test_counts_of_many_words_are_those_of_each(lines: list[str], order: int, alnum: str) -> None:
    counts = NgramCounter(order=order, alnum=alnum).update(lines).freeze()
    words = ["".join(letters) for n in (1, 2, 3) for letters in itertools.product("春，a1雪", repeat=n)]
    times, symbols = look_up_counts(counts, words)
    for word, found, size in zip(words, times.tolist(), symbols.tolist(), strict=True):
        try:
            expected = counts[word]
        except ValueError:  # longer than the n-grams
            expected = 0
        assert found == expected, word
        if found:
            assert 0 < size <= order


def test_saved_counts_stand_in_for_texts(tmp_path: Path) -> None:
    new, old = LINES[:HALF], LINES[HALF:]
    count_ngrams(old, 3).save(tmp_path / "old")
    lexicon = Lexicon(["青石镇", "柳河", "的", "柳河大桥", "茶，", "雪山"], [5, 4, 9, 6, 3, 2])
    comparer = TextComparer(lexicon=lexicon, min_count=1)
    table = comparer.compare(count_ngrams(new, 4), NgramCounts.load(tmp_path / "old"))
    assert table.unit == "strings"
    assert set(table.words) == {"青石镇", "柳河", "的"}  # 柳河大桥 is too long for counts of three characters
    used = [word for word in lexicon if len(word) <= 3 and "，" not in word]
    totals = [[sum(max(len(run) - n, 0) for run in runs_of(lines)) for n in range(3)] for lines in (new, old)]
    for row, word in enumerate(table.words):
        a, b = (count_strings(lines, word) for lines in (new, old))
        sizes = [sizes[len(word) - 1] for sizes in totals]
        assert (a, b) == (table.count[row], table.other_count[row])
        assert table.g2[row] == pytest.approx(reference.likelihood_ratio(a, b, *sizes), rel=1e-7)
        assert table.log_ratio[row] == pytest.approx(reference.log_ratio(a, b, *sizes))
    assert table.totals == (totals[0][0],)
    assert len(used) == 4  # 雪山 does not occur
    mixed = comparer.compare(count_ngrams(new, 3), old)  # the text is counted
    assert rows_of(mixed) == rows_of(table)


def test_words_are_learnt_from_saved_counts() -> None:
    new, old = LINES[:HALF], LINES[HALF:]
    table = TextComparer(min_count=3).compare(count_ngrams(new, 5), count_ngrams(old, 5))
    learnt = PmiLexiconBuilder().build_from(count_ngrams(LINES, 5))
    counts = {word: (count_strings(new, word), count_strings(old, word)) for word in learnt}
    assert dict(zip(table.words, zip(table.count.tolist(), table.other_count.tolist(), strict=True), strict=True)) == {
        word: pair for word, pair in counts.items() if sum(pair) >= 3
    }
    assert len(table) > 50


def test_counts_that_are_not_exact_are_refused() -> None:
    counts = count_ngrams(LINES, 3)
    with pytest.raises(CorpusError, match="old: the counts lack n-grams"):
        TextComparer().compare(counts, counts.prune(2))
    with pytest.raises(CorpusError, match="old: the counts were made with alnum='join'"):
        TextComparer().compare(counts, NgramCounter(order=3, alnum="join").update(LINES).freeze())
    with pytest.raises(CorpusError, match="of bytes"):
        TextComparer().compare(counts, NgramCounter(order=3, unit="byte").update(LINES).freeze())
    with pytest.raises(CorpusError, match="none of the words of the lexicon"):
        TextComparer(lexicon=Lexicon(["青石镇的"], [1])).compare(counts, counts)


# The command -----------------------------------------------------------------------------------------------------


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    return (status, *capsys.readouterr())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, lines in (("new.txt", LINES[:HALF]), ("old.txt", LINES[HALF:])):
        Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return tmp_path


def test_golden_lines(files: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "compare", "new.txt", "--against", "old.txt", "--top", 3, "--max-p", 1)
    assert (status, out) == (0, GOLDEN)
    assert err == GOLDEN_SUMMARY


GOLDEN = """\
special to new.txt: 123 words, the first 3
word  new  old  log ratio     G²  share
公路    7    0       4.02  10.27   0.77
火车    5    0       3.57   7.33   0.73
篇      5    0       3.57   7.33   0.73

special to old.txt: 107 words, the first 3
word    new  old  log ratio      G²  share
坐        0    8      -3.97  -10.47   0.22
检测      0    8      -3.97  -10.47   0.22
柳河号    0    8      -3.97  -10.47   0.22
"""
GOLDEN_SUMMARY = "new.txt has 2,077 tokens, old.txt has 2,247; 230 words occur 5 or more times.\n"


def test_files_and_json_hold_the_table_of_the_library(files: Path, capsys: Capture) -> None:
    table = TextComparer().compare(Corpus("new.txt"), Corpus("old.txt"))
    status, out, err = run(capsys, "compare", "new.txt", "--against", "old.txt", "--max-p", 1, "--json", "-q")
    assert (status, err) == (0, "")
    records = json.loads(out)
    assert [record["word"] for record in records] == list(table.words)
    assert [record["g2"] for record in records] == table.g2.tolist()
    assert run(capsys, "compare", "new.txt", "--against", "old.txt", "-o", "t.tsv", "--max-p", 1)[0] == 0
    rows = [line.split("\t") for line in Path("t.tsv").read_text(encoding="utf-8").splitlines()]
    assert rows[0] == ["word", "count", "other_count", "log_ratio", "g2", "share", "p"]
    assert [float(row[4]) for row in rows[1:]] == table.g2.tolist()
    assert run(capsys, "compare", "new.txt", "--against", "old.txt", "-o", "t.csv", "--sort", "log-ratio")[0] == 0
    shown = table.significant().sort("log_ratio")
    lines = Path("t.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == list(shown.words)
    assert run(capsys, "compare", "new.txt", "--against", "old.txt", "-o", "t.csv", "--top", 2, "--max-p", 1)[0] == 0
    lines = Path("t.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert [line.split(",")[0] for line in lines] == [*table.words[:2], *table.words[-2:]]


def test_summary_of_many_texts_is_short(files: Path, capsys: Capture) -> None:
    names = [f"{k}.txt" for k in range(6)]
    for name in names:
        Path(name).write_text("\n".join(LINES[int(name[0]) :: 6]), encoding="utf-8")
    tokens = sum(TextComparer().compare_each({name: Corpus(name) for name in names}).totals)
    assert run(capsys, "compare", *names, "--max-p", 1)[2].startswith(f"6 texts have {tokens:,} tokens; ")
    assert run(capsys, "compare", *names[:5], "--max-p", 1)[2].startswith("0.txt has ")


def test_several_texts_make_one_table(files: Path, capsys: Capture) -> None:
    Path("third.txt").write_text("\n".join(LINES[::2]), encoding="utf-8")
    names = ["new.txt", "old.txt", "third.txt"]
    status, out, err = run(capsys, "compare", *names, "--max-p", 1, "--json", "-q")
    assert (status, err) == (0, "")
    table = TextComparer().compare_each({name: Corpus(name) for name in names})
    assert [(row["text"], row["word"]) for row in json.loads(out)] == list(zip(table.text, table.words, strict=True))
    out = run(capsys, "compare", *names, "--top", 2)[1]
    assert [line.split(":")[0] for line in out.splitlines() if line.startswith("special")] == [
        f"special to {name}" for name in names
    ]


def test_a_text_from_standard_input(files: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = run(capsys, "compare", "new.txt", "--against", "old.txt", "--json")[1]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path("old.txt").read_bytes())))
    status, out, err = run(capsys, "compare", "new.txt", "--against", "-", "--json")
    assert (status, out) == (0, expected)
    assert "new.txt has" in err


def test_other_readers(files: Path, capsys: Capture) -> None:
    expected = run(capsys, "compare", "new.txt", "--against", "old.txt", "--json")[1]
    with open("new.jsonl", "w", encoding="gb18030") as file:
        for line in Path("new.txt").read_text(encoding="utf-8").splitlines():
            file.write(json.dumps({"body": line}, ensure_ascii=False) + "\n")
    Path("old.gbk").write_bytes(Path("old.txt").read_bytes().decode().encode("gb18030"))
    options = ("--encoding", "gb18030", "--field", "body")
    assert run(capsys, "compare", "new.jsonl", "--against", "old.gbk", *options, "--json")[1] == expected


def test_folders_of_counts(files: Path, capsys: Capture) -> None:
    for name in ("new", "old"):
        assert run(capsys, "count", f"{name}.txt", "-o", name, "--order", 5)[0] == 0
    table = TextComparer().compare(NgramCounts.load("new"), NgramCounts.load("old"))
    status, out, err = run(capsys, "compare", "new", "--against", "old", "--max-p", 1, "--json")
    assert status == 0
    assert [record["word"] for record in json.loads(out)] == [word for word in table.words if len(word) > 1]
    assert err.startswith("note: with saved counts, strings are compared: 中国 is also counted inside 中国人.\n")
    assert f"new has {table.totals[0]:,} characters" in err
    assert run(capsys, "compare", "new", "old.txt", "--against", "old")[0] == 2
    longer = json.loads(run(capsys, "compare", "new", "old", "--max-p", 1, "--json", "--min-length", 1)[1])
    assert len(longer) == 2 * len(table)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["new.txt"], "new.txt is compared with nothing; add --against OLD"),
        (["new.txt", "new.txt"], "new.txt is named twice"),
        (["-", "--against", "-"], "standard input is named twice"),
        (["new.txt", "--against", "old.txt", "--max-p", "2"], "--max-p must be a number from 0 to 1, not 2.0."),
        (["new.txt", "--against", "old.txt", "--min-count", "0"], "--min-count must be"),
        (["new.txt", "--against", "old.txt", "-o", "x.txt"], "must end in .tsv, .csv, .parquet or .jsonl"),
        (["new.txt", "--against", "old.txt", "-o", "x.tsv", "--json"], "--json prints to stdout"),
        (["new.txt", "--against", "old.tsv", "-o", "old.tsv"], "old.tsv"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str, files: Path, capsys: Capture) -> None:
    Path("old.tsv").write_text("text\n春天\n", encoding="utf-8")
    status, out, err = run(capsys, "compare", *arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.startswith("nlpzero: error: ")
    assert Path("old.tsv").read_text(encoding="utf-8") == "text\n春天\n"


def test_stages_are_numbered(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["build-vocab", "new.txt", "-o", "words.tsv", "-q"]) == 0
    assert main(["count", "old.txt", "-o", "old", "--order", "5", "-q"]) == 0
    stages, _ = watch(monkeypatch)
    for options, total in (
        (["old.txt"], 4), (["old.txt", "--lexicon", "words.tsv"], 2), (["old"], 5), (["old", "-l", "words.tsv"], 3)
    ):  # fmt: skip
        stages.clear()
        assert main(["compare", "new.txt", "-o", "t.csv", "--against", *options]) == 0
        assert [place(label) for label in stages] == [(k, total) for k in range(1, total + 1)], stages


def test_texts_without_a_difference(files: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "compare", "new.txt", "--against", "new.txt")
    assert status == 0
    assert out == "special to new: 0 words\n\nspecial to old: 0 words\n"
    assert "none of them differs significantly (p ≤ 0.05, corrected for 181 comparisons)" in err
    assert err.endswith("; --max-p 1 lists them all.\n")
    assert math.isclose(sum(TextComparer().compare(LINES, LINES).g2.tolist()), 0)
    Path("tiny.txt").write_text("春天\n", encoding="utf-8")
    status, out, err = run(capsys, "compare", "tiny.txt", "--against", "tiny.txt", "--min-count", 9)
    assert status == 0
    assert "no word occurs often enough" in err
