"""Classes of words: how they are learnt, kept in files, and shown."""

from __future__ import annotations

import json
import math
import pickle
import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp_zero import BayesLexiconBuilder, Lexicon, LexiconMeta
from nlp_zero._kernels.bayes import exchange_classes
from nlp_zero.builders.bayes import text as slicing
from nlp_zero.builders.bayes.classes import count_links
from nlp_zero.cli import main
from nlp_zero.errors import FormatError

Capture = pytest.CaptureFixture[str]
NAMES, VERBS, THINGS = [
    tuple(chr(begin + 2 * k) + chr(begin + 2 * k + 1) for k in range(20)) for begin in (0x4E00, 0x5E00, 0x6E00)
]


def sentences(number: int, seed: int = 1) -> list[str]:
    """Lines of the form: name, verb, and at random a thing."""
    rng = random.Random(seed)
    return [
        rng.choice(NAMES) + rng.choice(VERBS) + (rng.choice(THINGS) if rng.random() < 0.7 else "") + "。"
        for _ in range(number)
    ]


LINES = sentences(400)


@pytest.fixture(scope="module")
def learnt() -> Lexicon:
    return BayesLexiconBuilder(classes=3, seed=2).build(LINES)


# --- learning -------------------------------------------------------------------------------------------------------


def test_words_of_one_context_are_one_class(learnt: Lexicon) -> None:
    classes = learnt.classes
    groups = [{classes[word] for word in group} for group in (NAMES, VERBS, THINGS)]
    assert [len(group) for group in groups] == [1, 1, 1]
    assert len(set.union(*groups)) == 3
    assert set(classes.words(classes[NAMES[0]])) == set(NAMES)


def test_links_of_a_learnt_lexicon_are_those_of_its_segmentation(learnt: Lexicon) -> None:
    name, verb, thing = (learnt.classes[group[0]] for group in (NAMES, VERBS, THINGS))
    things = sum(line[4:6] in THINGS for line in LINES)
    expected = np.zeros((4, 4), int)
    for a, b, count in (
        (3, name, 400), (name, verb, 400), (verb, thing, things), (thing, 3, things), (verb, 3, 400 - things)
    ):  # fmt: skip
        expected[a, b] = count
    assert learnt.meta.class_links == tuple(map(tuple, expected.tolist()))


def test_classes_are_numbered_by_their_tokens(learnt: Lexicon) -> None:
    lexicon = BayesLexiconBuilder(seed=3).build([*sentences(150), "我爱你。", "你也爱我。"])
    tokens = [lexicon.classes.tokens(number) for number in lexicon.classes]
    assert tokens == sorted(tokens, reverse=True)
    assert sum(tokens) == lexicon.total
    assert all(tokens), "a class without words has no number"


def test_slices_have_the_same_classes(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = sentences(600)
    monkeypatch.setattr(slicing, "SLICE_SYMBOLS", 1200)
    lexicon = BayesLexiconBuilder(classes=3, seed=5).build(texts)
    for group in (NAMES, VERBS, THINGS):
        assert len({lexicon.classes[word] for word in group}) == 1
    assert sum(map(sum, lexicon.meta.class_links[:-1])) == lexicon.total


def test_words_that_were_not_in_the_sample_have_no_class() -> None:
    lexicon = BayesLexiconBuilder(classes=3, sample=250, seed=1).build(sentences(800))
    known = ~np.isnan(lexicon.scores["class"])
    assert 0 < np.count_nonzero(known) < len(lexicon)
    assert lexicon.classes.to_columns()["word"] == [
        word for number in lexicon.classes for word in lexicon.classes.words(number)
    ]


@pytest.mark.parametrize("options", [{"join_words": False}, {"max_length": 2}])
def test_every_word_has_a_class(options: dict[str, int]) -> None:
    lexicon = BayesLexiconBuilder(seed=1, **options).build(sentences(200))
    assert not np.isnan(lexicon.scores["class"]).any()


def test_taught_words_have_classes() -> None:
    examples = [f"{NAMES[k]} {VERBS[k]} {THINGS[k]}" for k in range(3)]
    lexicon = BayesLexiconBuilder(seed=1).build(sentences(200), examples=examples)
    assert not np.isnan(lexicon.scores["class"]).any()
    assert np.array(lexicon.meta.class_links)[:-1].sum() == lexicon.total


@given(st.lists(st.integers(-1, 5), max_size=40), st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_links_against_a_plain_count(runs: list[int], classes: list[int]) -> None:
    plain: Counter[tuple[int, int]] = Counter()
    for a, b in pairwise([-1, *runs, -1]):
        plain[3 if a < 0 else classes[a], 3 if b < 0 else classes[b]] += 1
    plain[3, 3] = 0
    links = count_links(np.array(runs, np.int64), np.array(classes, np.int64), 3)
    assert links.tolist() == [[plain[a, b] for b in range(4)] for a in range(4)]


def likelihood(tokens: list[int], classes: list[int], size: int) -> float:
    """ln of the class bigram model, up to a constant that does not depend on the classes."""
    chain = [size, *(classes[t] if t < len(classes) else size for t in tokens), size]
    pairs, single = Counter(pairwise(chain)), Counter(chain)
    return sum(n * math.log(n) for n in pairs.values()) - 2 * sum(n * math.log(n) for n in single.values())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.integers(0, 6), min_size=2, max_size=60),
    st.lists(st.integers(-1, 2), min_size=6, max_size=6),
    st.integers(1, 3),
)
def test_exchanges_make_the_text_more_likely(tokens: list[int], start: list[int], passes: int) -> None:
    found = exchange_classes(np.array(tokens, np.uint32), np.array(start, np.int32), 3, passes).tolist()
    first = [w % 3 if z < 0 else z for w, z in enumerate(start)]
    assert likelihood(tokens, found, 3) >= likelihood(tokens, first, 3) - 1e-9
    assert exchange_classes(np.array(tokens, np.uint32), np.array(start, np.int32), 3, 0).tolist() == first


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=2, max_size=60), st.lists(st.integers(0, 2), min_size=6, max_size=6))
def test_exchanges_against_the_likelihood_itself(tokens: list[int], start: list[int]) -> None:
    """One pass: each word in turn moves to the class that makes the text most likely."""
    classes = list(start)
    for word in range(6):
        options = [likelihood(tokens, [*classes[:word], z, *classes[word + 1 :]], 3) for z in range(3)]
        best = classes[word]
        for z in range(3):
            best = z if options[z] > options[best] + 1e-9 else best
        classes[word] = best
    assert exchange_classes(np.array(tokens, np.uint32), np.array(start, np.int32), 3, 1).tolist() == classes


def test_exchange_refuses_classes_that_do_not_exist() -> None:
    for start, size in (([3], 3), ([-2], 3), ([0], 0), ([0], 256)):
        with pytest.raises(ValueError, match="classes must be 1 to 255"):
            exchange_classes(np.zeros(1, np.uint32), np.array(start, np.int32), size, 1)


# --- in a lexicon ---------------------------------------------------------------------------------------------------

SMALL = Lexicon(["我", "他", "去", "#class_links", "茶"], [5, 3, 4, 1, 1]).with_classes(
    {"我": 1, "他": 1, "去": 0, "#class_links": 0}, [[0, 2, 3], [3, 1, 4], [2, 5, 0]]
)


def test_classes_of_a_lexicon() -> None:
    classes = SMALL.classes
    assert (len(classes), list(classes), classes["我"], "茶" in classes, "他" in classes) == (2, [0, 1], 1, False, True)
    assert classes.words(1) == ("我", "他")
    assert (classes.tokens(1), classes.share("他")) == (8, 3 / 8)
    assert repr(classes) == "<WordClasses of 4 words in 2 classes: 去 #class_links; 我 他>"
    columns = classes.to_columns()
    assert columns["word"] == ["去", "#class_links", "我", "他"]
    assert columns["share"].tolist() == [0.8, 0.2, 5 / 8, 3 / 8]
    assert pickle.loads(pickle.dumps(classes)).to_columns()["word"] == columns["word"]
    for word in ("茶", "酒"):
        with pytest.raises(KeyError):
            classes[word]
    for number in (2, -1):
        with pytest.raises(ValueError, match=r"class|number"):
            classes.words(number)
    with pytest.raises(AttributeError, match="immutable"):
        classes.size = 3  # type: ignore[attr-defined]
    assert classes.to_frame("pandas")["class"].tolist() == [0, 0, 1, 1]


def test_a_lexicon_without_classes_says_so() -> None:
    with pytest.raises(ValueError, match=r"no classes; build it with BayesLexiconBuilder"):
        _ = Lexicon(["茶"], [1]).classes


def test_classes_are_part_of_equality_and_of_changed_copies() -> None:
    other = Lexicon(SMALL.words, SMALL.counts).with_classes(
        {"我": 1, "他": 0, "去": 0, "#class_links": 0}, SMALL.meta.class_links
    )
    assert other != SMALL
    assert SMALL.with_meta(class_links=()) != SMALL
    assert pickle.loads(pickle.dumps(SMALL)) == SMALL
    kept = SMALL.keep([True, False, True, True, True])
    assert kept.classes["我"] == 1
    assert kept.meta.class_links == SMALL.meta.class_links
    assert "class_links='3 x 3'" in repr(SMALL.meta)


@pytest.mark.parametrize("links", [[[1]], [[1, 2]], [[1, -2], [3, 4]], [[1, 2.5], [1, 2]], 7, [[0] * 257] * 257])
def test_links_that_are_wrong(links: object) -> None:
    if links == [[1]]:  # no class at all
        with pytest.raises(ValueError, match="whole numbers"):
            Lexicon(["茶"], [1]).with_classes({"茶": 0}, links)  # type: ignore[arg-type]
    else:
        with pytest.raises(ValueError, match="class_links must be a square table"):
            LexiconMeta(class_links=links)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-1, 2, 0.5, 255])
def test_classes_that_are_wrong(value: float) -> None:
    with pytest.raises(ValueError, match="the column class must have whole numbers from 0 to 1"):
        Lexicon(["茶"], [1], scores={"class": [value]}, meta=SMALL.meta)


# --- in files -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["words.tsv", "words.json", "words.parquet"])
def test_files_keep_classes(name: str, tmp_path: Path, learnt: Lexicon) -> None:
    for lexicon in (SMALL, learnt.keep([True] * len(learnt))):
        path, format = tmp_path / name, name.partition(".")[2]
        lexicon.save(path, format=format)
        loaded = Lexicon.load(path, format=format)
        assert loaded.meta.class_links == lexicon.meta.class_links
        assert loaded.classes.to_columns()["word"] == lexicon.classes.to_columns()["word"]
        assert loaded.meta.segmentation == lexicon.meta.segmentation


def test_the_links_are_below_the_words(tmp_path: Path) -> None:
    SMALL.save(tmp_path / "words.tsv")
    lines = (tmp_path / "words.tsv").read_text(encoding="utf-8").split("\n")
    assert lines[1:4] == ["#word\tcount\tclass", "我\t5\t1", "去\t4\t0"]
    assert lines[-6:] == ["", "#class_links", "0 2 3", "3 1 4", "2 5 0", ""]
    for text in ("\r\n".join(lines), "\ufeff" + "\n".join(lines), "\n".join([*lines[:-6], *lines[-5:]])):
        (tmp_path / "words.tsv").write_bytes(text.encode())
        assert Lexicon.load(tmp_path / "words.tsv") == SMALL
    # The first lines of a file are a lexicon as well.
    (tmp_path / "words.tsv").write_text("\n".join(lines[:4]) + "\n", encoding="utf-8")
    loaded = Lexicon.load(tmp_path / "words.tsv")
    assert (loaded.classes["我"], loaded.meta.class_links) == (1, ())


@pytest.mark.parametrize("below", ["", "1 2\n", "1 2\n3 x\n", "1 2\n3 -4\n", "1\n", "0 1 2\n3 4 5\n6 7 8\n茶\t1\t0\n"])
def test_links_that_are_damaged(below: str, tmp_path: Path) -> None:
    (tmp_path / "words.tsv").write_text(
        f"#nlp-zero lexicon v1\n#word\tcount\tclass\n我\t5\t0\n\n#class_links\n{below}", encoding="utf-8"
    )
    message = "whole numbers" if below == "1\n" else "line 5: the lines below #class_links must be a square table"
    with pytest.raises(FormatError, match=message):
        Lexicon.load(tmp_path / "words.tsv")


# --- the command ----------------------------------------------------------------------------------------------------


def run(capsys: Capture, *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    status = main([str(argument) for argument in arguments])
    return (status, *capsys.readouterr())


@pytest.fixture
def words(tmp_path: Path) -> Path:
    SMALL.save(tmp_path / "words.tsv")
    return tmp_path / "words.tsv"


def test_the_command_lists_classes(words: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "classes", words)
    assert (status, err) == (0, "")
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["0", "5", "2", "去", "80%", "#class_links", "20%"], ["1", "8", "2", "我", "62%", "他", "38%"]
    ]  # fmt: skip
    assert "他" not in run(capsys, "classes", words, "--top", 1)[1]


def test_the_command_lists_one_class(words: Path, capsys: Capture) -> None:
    status, out, _ = run(capsys, "classes", words, "--class", 1)
    assert (status, [line.split() for line in out.splitlines()]) == (
        0, [["word", "count", "share"], ["我", "5", "62%"], ["他", "3", "38%"]]
    )  # fmt: skip
    assert run(capsys, "classes", words, "--class", 2)[0] == 2
    assert "from 0 to 1" in run(capsys, "classes", words, "--class", 2)[2]


def test_the_command_finds_the_class_of_words(words: Path, capsys: Capture) -> None:
    status, out, err = run(capsys, "classes", words, "--query", "他，酒,去")
    assert status == 0
    assert "no class for 酒" in err
    assert [line.split() for line in out.splitlines()[1:]] == [
        ["他", "1", "38%", "我", "他"], ["去", "0", "80%", "去", "#class_links"]
    ]  # fmt: skip
    status, out, err = run(capsys, "classes", words, "--query", "酒")
    assert (status, out) == (1, "")
    assert "no class for 酒" in err
    assert run(capsys, "classes", words, "--query", ",")[0] == 2
    with pytest.raises(SystemExit, match="2"):
        run(capsys, "classes", words, "--query", "他", "--class", 1)


def test_the_command_writes_tables(words: Path, tmp_path: Path, capsys: Capture) -> None:
    rows = json.loads(run(capsys, "classes", words, "--json", "--top", 1)[1])
    assert [(row["class"], row["word"], row["count"], row["share"]) for row in rows] == [
        (0, "去", 4, 0.8), (1, "我", 5, 0.625)
    ]  # fmt: skip
    status, out, err = run(capsys, "classes", words, "-o", tmp_path / "classes.csv")
    assert (status, out) == (0, "")
    assert "2 classes" in err
    assert (tmp_path / "classes.csv").read_text(encoding="utf-8").splitlines()[:3] == [
        "class,word,count,share", "0,去,4,0.8", "0,#class_links,1,0.2"
    ]  # fmt: skip
    assert run(capsys, "classes", words, "-o", words)[0] == 2
    assert run(capsys, "classes", words, "-o", tmp_path / "x.csv", "--json")[0] == 2


def test_the_command_needs_classes(tmp_path: Path, capsys: Capture) -> None:
    Lexicon(["茶"], [1]).save(tmp_path / "plain.tsv")
    status, out, err = run(capsys, "classes", tmp_path / "plain.tsv")
    assert (status, out) == (1, "")
    assert "has no classes of words; make one with nlpzero build-vocab CORPUS --method bayes." in err


def test_lists_to_read_have_no_links(learnt: Lexicon, tmp_path: Path, capsys: Capture) -> None:
    assert learnt.without([NAMES[0]]).meta.class_links == ()
    (tmp_path / "text.txt").write_text("\n".join(LINES), encoding="utf-8")
    command = ("build-vocab", tmp_path / "text.txt", "-q", "--method", "bayes", "-o", tmp_path / "words.tsv")
    assert run(capsys, *command, "--top", 5)[0] == 0
    assert len((tmp_path / "words.tsv").read_text(encoding="utf-8").splitlines()) == 7
    assert run(capsys, *command)[0] == 0
    assert "#class_links" in (tmp_path / "words.tsv").read_text(encoding="utf-8")


def test_merging_keeps_the_classes_of_one_lexicon() -> None:
    words = SMALL.with_meta(objective="classes")
    for merged in (words.merge(Lexicon(["我", "酒"], [1, 2])), Lexicon(["我", "酒"], [1, 2]).merge(words)):
        assert (merged.classes["我"], merged["我"], "酒" in merged.classes) == (1, 6, False)
        assert (merged.meta.class_links, merged.meta.objective) == (SMALL.meta.class_links, "classes")
    both = words.merge(words)
    assert (both.meta.class_links, both.meta.objective, "class" in both.scores) == ((), "unigram", False)
    assert SMALL.merge(Lexicon(["酒"], [2])).meta.objective == "unigram"
