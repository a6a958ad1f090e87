"""Lexicons from saved counts: with the text as from the text alone, without it by the rules written plainly."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import Corpus, CorpusError, EntropyLexiconBuilder, Lexicon, NgramCounter, NgramCounts, PmiLexiconBuilder
from nlp_zero.builders.pmi import deduplicate
from nlp_zero.cli.main import main
from nlp_zero.counting.linked import LinkedTree
from tests.reference.builders import expected_pieces, pmi_pieces
from tests.reference.counts import count_ngrams, min_split_pmi
from tests.reference.text import runs

TEXTS = st.lists(st.text(st.sampled_from("一二三四，a9"), max_size=40), min_size=1, max_size=4)
ALNUM = st.sampled_from(["token", "join", "split"])
SAMPLE = "corpora/sample.txt"


def sample() -> list[str]:
    return Path(SAMPLE).read_text(encoding="utf-8").splitlines()


def counted(texts: list[str], order: int, **options: object) -> NgramCounts:
    return NgramCounter(order=order, **options).update(texts).freeze()  # type: ignore[arg-type]


def runs_of(texts: list[str], alnum: str = "token") -> list[list[str]]:
    return [run for text in texts for run in runs(text, alnum)]


def counts_of(lexicon: Lexicon) -> dict[str, int]:
    return dict(zip(lexicon.words, lexicon.counts.tolist(), strict=True))


# --- with the text ------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(2, 4), st.integers(0, 3), st.floats(-0.5, 2), st.integers(1, 3), ALNUM, st.booleans())
def test_pmi_with_the_text_is_pmi_of_the_text(
    texts: list[str], order: int, more: int, threshold: float, min_count: int, alnum: str, older: bool
) -> None:
    if not runs_of(texts, alnum):
        return
    builder = PmiLexiconBuilder(order=order, min_pmi=threshold, min_count=min_count, alnum=alnum, deduplicate=older)
    got = builder.build_from(counted(texts, order + more, alnum=alnum), texts)
    assert got == builder.build(texts)
    assert got.meta == builder.build(texts).meta


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(1, 4), st.integers(0, 3), st.integers(1, 3), ALNUM)
def test_entropy_with_the_text_is_entropy_of_the_text(
    texts: list[str], max_length: int, more: int, min_count: int, alnum: str
) -> None:
    if not runs_of(texts, alnum):
        return
    builder = EntropyLexiconBuilder(max_length=max_length, min_count=min_count, alnum=alnum)
    assert builder.build_from(counted(texts, max_length + 1 + more, alnum=alnum), texts) == builder.build(texts)


@pytest.mark.parametrize("builder", [PmiLexiconBuilder, EntropyLexiconBuilder])
def test_real_text_with_a_budget_and_threads(builder: type[PmiLexiconBuilder], tmp_path: Path) -> None:
    counted(sample(), 5).save(tmp_path / "counts")
    counts = NgramCounts.load(tmp_path / "counts")
    want = builder().build(sample())
    assert builder().build_from(counts, sample()) == want
    assert builder(memory="8M", workers=2, temp_dir=tmp_path).build_from(counts, Corpus(SAMPLE)) == want
    if builder is PmiLexiconBuilder:
        assert builder().build_from(counts.prune(2), sample()) == want
        small = builder(memory="40M", workers=2, temp_dir=tmp_path).build_from(counts)
        assert small == builder().build_from(counts)


# --- without the text ---------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.integers(2, 3), st.integers(0, 4), st.floats(-0.5, 2), st.integers(1, 3), ALNUM)
def test_estimated_pieces_equal_their_rules(
    texts: list[str], longest: int, more: int, threshold: float, min_count: int, alnum: str
) -> None:
    all_runs = runs_of(texts, alnum)
    if not all_runs:
        return
    order = longest + more
    counts = count_ngrams(all_runs, order)
    kept = {
        ngram
        for level in counts[1:longest]
        for ngram, c in level.items()
        if c >= max(2, min_count) and min_split_pmi(ngram, counts) >= threshold
    }
    want = expected_pieces(all_runs, order=order, longest=longest, kept=kept, longest_word=order)
    tree = LinkedTree(counted(texts, order, alnum=alnum))
    thresholds = [0.0] + [threshold] * (longest - 1)
    found = {}
    for n, (places, times) in enumerate(tree.estimate_pieces(min_count, thresholds), 1):
        found.update(zip(tree.counts.texts(n, places), times.tolist(), strict=True))
    least = {word: min_count if len(word) > 1 else 1 for word in want}
    sure = {"".join(word): x for word, x in want.items() if x >= least[word] - 0.5 + 1e-9}
    assert found.keys() >= sure.keys()
    listed = {"".join(word): x for word, x in want.items()}
    for word, times in found.items():
        assert abs(times - listed[word]) <= 0.5 + 1e-9


@settings(max_examples=150, deadline=None)
@given(TEXTS, st.integers(2, 4), st.floats(-0.5, 2), st.integers(1, 3))
def test_counts_of_a_high_order_are_exact(texts: list[str], order: int, threshold: float, min_count: int) -> None:
    """A crossing n-gram reaches at most order - 1 symbols beyond a word."""
    if not runs_of(texts):
        return
    exact = 8 - 2 * (order - 1)
    builder = PmiLexiconBuilder(order=order, min_pmi=threshold, min_count=min_count)
    want = pmi_pieces(runs_of(texts), order=order, min_pmi=builder.min_pmi, min_count=min_count)
    got = builder.build_from(counted(texts, 8))
    assert {w: c for w, c in counts_of(got).items() if len(w) <= exact} == {
        "".join(w): c for w, c in want.items() if len(w) <= exact
    }


def test_real_text_without_the_text() -> None:
    builder = PmiLexiconBuilder(min_count=2, min_pmi=2)
    want = builder.build(sample())
    shared = []
    for order in (4, 5, 8):
        got = builder.build_from(counted(sample(), order))
        assert got.meta.estimated
        assert not want.meta.estimated
        shared.append(len(counts_of(want).items() & counts_of(got).items()) / len(want))
        known = [word for word in got if word in want and len(word) < order]
        for name in ("pmi", "left_entropy", "right_entropy"):
            mine, its = got.scores[name], want.scores[name]
            assert [mine[got.index(w)] for w in known] == pytest.approx([its[want.index(w)] for w in known], abs=1e-9)
    assert shared[0] > 0.9
    assert shared[0] <= shared[1] <= shared[2]
    assert shared[2] > 0.99


def test_options_of_the_builder_hold_without_the_text() -> None:
    counts = counted(sample(), 6)
    whole = PmiLexiconBuilder(min_pmi=1).build_from(counts)
    short = PmiLexiconBuilder(min_pmi=1, max_length=2).build_from(counts)
    assert max(map(len, whole)) > 2
    assert counts_of(short) == {w: c for w, c in counts_of(whole).items() if len(w) <= 2}
    older = PmiLexiconBuilder(order=2, min_pmi=1, min_count=1)
    words = older.build_from(counts)
    rows, tokens = deduplicate(words.words, words.counts.tolist())
    fewer = PmiLexiconBuilder(order=2, min_pmi=1, min_count=1, deduplicate=True).build_from(counts)
    assert counts_of(fewer) == {words.words[k]: c for k, c in zip(rows, tokens.tolist(), strict=True)}


def test_the_mark_of_estimated_counts_is_saved(tmp_path: Path) -> None:
    lexicon = PmiLexiconBuilder().build_from(counted(sample(), 4))
    for name in ("words.tsv", "words.parquet"):
        lexicon.save(tmp_path / name)
        assert Lexicon.load(tmp_path / name).meta.estimated


# --- what does not fit --------------------------------------------------------------------------------------------


def test_counts_that_do_not_fit() -> None:
    texts = sample()
    pmi, entropy = PmiLexiconBuilder(), EntropyLexiconBuilder()
    with pytest.raises(CorpusError, match=r"up to 3 symbols, and order=4 needs 4; count with --order 4\."):
        pmi.build_from(counted(texts, 3))
    with pytest.raises(CorpusError, match=r"up to 4 symbols, and max_length=4 needs 5; count with --order 5\."):
        entropy.build_from(counted(texts, 4), texts)
    with pytest.raises(CorpusError, match=r"alnum='join', not 'token'"):
        pmi.build_from(counted(texts, 4, alnum="join"))
    with pytest.raises(CorpusError, match=r"these are of bytes; count with --unit char"):
        pmi.build_from(counted(texts, 4, unit="byte"))
    with pytest.raises(CorpusError, match=r"fewer than 2 times; count without --min-count"):
        pmi.build_from(counted(texts, 4).prune(2))
    with pytest.raises(CorpusError, match=r"fewer than 3 times; count with --min-count 2 or less"):
        pmi.build_from(counted(texts, 4).prune(3), texts)
    with pytest.raises(CorpusError, match="the counts are empty"):
        pmi.build_from(counted([""], 4))
    with pytest.raises(CorpusError, match=r"the text has [\d,]+ countable symbols, but .* leave it out\."):
        pmi.build_from(counted(texts, 4), texts[1:])


# --- the command --------------------------------------------------------------------------------------------------


def test_build_vocab_from_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["count", SAMPLE, "-q", "--order", "5", "-o", str(tmp_path / "counts")]) == 0
    options = ["--counts", str(tmp_path / "counts"), "-o", str(tmp_path / "got")]
    for method in ("pmi", "entropy"):
        assert main(["build-vocab", SAMPLE, "-q", "--method", method, "-o", str(tmp_path / "want")]) == 0
        assert main(["build-vocab", SAMPLE, "-q", "--method", method, *options]) == 0
        assert (tmp_path / "got").read_bytes() == (tmp_path / "want").read_bytes()
    capsys.readouterr()
    assert main(["build-vocab", *options]) == 0
    assert " tokens cover about " in capsys.readouterr().err
    assert counts_of(Lexicon.load(tmp_path / "got")) == counts_of(PmiLexiconBuilder().build_from(counted(sample(), 5)))


def test_the_text_is_counted_as_the_counts_were(tmp_path: Path) -> None:
    assert main(["count", SAMPLE, "-q", "--alnum", "join", "-o", str(tmp_path / "counts")]) == 0
    assert main(["build-vocab", "-q", "--counts", str(tmp_path / "counts"), "-o", str(tmp_path / "words")]) == 0
    assert Lexicon.load(tmp_path / "words").meta.alnum == "join"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("", "nothing to learn from; name a corpus, or counts with --counts."),
        ("--counts C --method bayes", "--counts is not an option of --method bayes"),
        ("--counts C --method entropy", "--method entropy cuts the text"),
        ("--counts C --phrases", "--phrases cuts the text"),
        ("--counts C --checkpoint work", "--counts excludes --checkpoint"),
        ("--counts C --scheduler local", "needs the text that was counted; name the corpus too"),
        ("--counts C --examples e.txt", "--counts excludes --examples"),
        ("--counts C -o C", "is also an input"),
    ],
)
def test_calls_that_make_no_sense(
    call: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted(sample(), 4).save(tmp_path / "C")
    monkeypatch.chdir(tmp_path)
    assert main(["build-vocab", *call.split()]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert [path.name for path in tmp_path.iterdir()] == ["C"]


def test_counts_that_the_command_cannot_use(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counted(sample(), 3).save(tmp_path / "counts")
    for options, message in ([], "--order 4 needs 4"), (["--alnum", "join", "--order", "3"], "use --alnum token here"):
        assert main(["build-vocab", "--counts", str(tmp_path / "counts"), *options]) == 1
        assert message in capsys.readouterr().err
    assert main(["build-vocab", "--counts", str(tmp_path / "none")]) == 1
    assert "no such folder; check the name" in capsys.readouterr().err


def test_a_lexicon_is_not_counts() -> None:
    lexicon = Lexicon(["茶"], [1])
    for builder in (PmiLexiconBuilder(), EntropyLexiconBuilder()):
        with pytest.raises(TypeError, match="counts must be NgramCounts, not Lexicon"):
            builder.build_from(lexicon, ["茶"])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="merged with NgramCounts, not Lexicon"):
        NgramCounter(order=2).update(["茶馆"]).freeze().merge(lexicon)  # type: ignore[arg-type]
