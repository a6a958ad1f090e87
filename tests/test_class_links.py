"""Segmentation with word classes, against the enumeration of all segmentations."""

from __future__ import annotations

import math
import pickle
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nlp_zero import BayesLexiconBuilder, Lexicon, LexiconMeta, Tokenizer
from nlp_zero.tokenization.class_links import ClassLinks
from tests.reference import tokenizer as reference
from tests.reference.class_links import ClassModel, links_of
from tests.test_own_words import chosen, costs, han_words, modes, texts
from tests.test_sampling import fits

ROOT = Path(__file__).resolve().parents[1]
SAMPLE = (ROOT / "corpora" / "sample.txt").read_text(encoding="utf-8").splitlines()


@st.composite
def lexicons(draw: st.DrawFn) -> Lexicon:
    """A lexicon with up to three classes and any links."""
    counts = draw(st.dictionaries(han_words, st.integers(1, 30), min_size=1, max_size=14))
    size = draw(st.integers(1, 3))
    classes = {word: draw(st.integers(-1, size - 1)) for word in counts}
    row = st.lists(st.integers(0, 90), min_size=size + 1, max_size=size + 1)
    return Lexicon(list(counts), list(counts.values())).with_classes(
        {word: z for word, z in classes.items() if z >= 0}, draw(st.lists(row, min_size=size + 1, max_size=size + 1))
    )


@st.composite
def tokenizers(draw: st.DrawFn) -> Tokenizer:
    forbid = draw(chosen)
    words = [word for word in draw(chosen) if word not in forbid]
    force = [word for word in draw(chosen) if word not in forbid]
    return Tokenizer(
        draw(lexicons()), objective="classes", words=words, forbid=forbid, force=force, alnum=draw(modes),
        granularity=draw(costs),
    )  # fmt: skip


def definition(tokenizer: Tokenizer) -> ClassModel:
    assert tokenizer.unk_log_prob is not None
    model = ClassModel(
        tokenizer.lexicon, tokenizer.unk_log_prob, tokenizer.alnum, words=tokenizer.own_words,
        forbid=tokenizer.forbidden_words, force=tokenizer.forced_words, granularity=tokenizer.granularity,
    )  # fmt: skip
    return model


@given(lexicons())
def test_links_equal_the_definition(lexicon: Lexicon) -> None:
    found = ClassLinks(lexicon)
    assert found.links.tolist() == pytest.approx(np.array(links_of(lexicon)), abs=2**-20)
    classes = lexicon.scores["class"]
    assert found.classes.tolist() == [found.open if math.isnan(z) else int(z) for z in classes.tolist()]


def test_links_of_a_small_text() -> None:
    """Two classes that follow each other: the links are the logarithms of what a reader counts."""
    lexicon = Lexicon(["我", "去"], [3, 3]).with_classes({"我": 0, "去": 1}, [[0, 300, 0], [0, 0, 300], [300, 0, 0]])
    links = ClassLinks(lexicon).links
    share = 301 / 903
    assert links[0, 1] == pytest.approx(math.log((300 + 30 * share) / 330 / share), abs=1e-6)
    assert links[1, 0] == pytest.approx(math.log(30 / 330), abs=1e-6)
    assert links[2, 2] == 0
    mean = sum(math.exp(links[a, b]) for a in (0, 1) for b in (0, 1)) / 4
    assert links[3, 3] == pytest.approx(math.log(mean), abs=1e-5)


@settings(max_examples=300, deadline=None)
@given(tokenizers(), texts)
def test_the_best_segmentation_equals_the_enumeration(tokenizer: Tokenizer, text: str) -> None:
    model = definition(tokenizer)
    assume(not model.ambiguous)
    scores = {tuple((a, b) for a, b, _, _ in path): model.total(text, path) for path in model.segmentations(text)}
    encoding = tokenizer(text)
    assert "".join(encoding.tokens) == text
    assert scores[tuple(encoding.spans)] == pytest.approx(max(scores.values()), abs=1e-7)
    assert encoding.tokens == tokenizer.tokenize(text) == tokenizer.tokenize_batch([text, text], workers=2)[1]
    assert encoding.ids == tokenizer.encode(text) == tokenizer.encode_batch([text])[0].tolist()
    best = tokenizer.nbest(text, 5)
    ranked = sorted(scores.values(), reverse=True)[: len(best)]
    assert [score for _, score in best] == pytest.approx(ranked, abs=1e-7)
    assert len({tuple(tokens) for tokens, _ in best}) == len(best) == min(5, len(scores))
    if len(ranked) == 1 or ranked[0] - ranked[1] > 1e-7:
        assert best[0][0] == encoding.tokens == tokenizer.sample(text, alpha=math.inf)


@settings(max_examples=200, deadline=None)
@given(tokenizers(), texts, st.sampled_from([0.0, 0.4, 1.0]))
def test_sums_equal_the_enumeration(tokenizer: Tokenizer, text: str, alpha: float) -> None:
    model = definition(tokenizer)
    assume(not model.ambiguous)
    paths = model.segmentations(text)
    weights = np.exp(alpha * np.array([model.total(text, path) for path in paths]))
    assert tokenizer.log_partition(text, alpha=alpha) == pytest.approx(math.log(weights.sum()), abs=1e-7)
    weights /= weights.sum()
    assert tokenizer.entropy(text, alpha=alpha) == pytest.approx(-(weights * np.log(weights)).sum(), abs=1e-7)
    edges: Counter[tuple[int, int]] = Counter()
    cuts = np.zeros(len(text) + 1)
    cuts[0] = 1
    for path, weight in zip(paths, weights.tolist(), strict=True):
        edges.update({(a, b): weight for a, b, _, _ in path})  # type: ignore[dict-item]
        for _, end, _, _ in path:
            cuts[end] += weight
        tokens = [text[a:b] for a, b, _, _ in path]
        assert tokenizer.log_prob(tokens, alpha=alpha) == pytest.approx(math.log(weight), abs=1e-6)
    marginals = tokenizer.marginals(text, alpha=alpha)
    found = {(a, b): p for a, b, _, p in marginals.tokens}
    assert len(found) == len(marginals.tokens)
    assert found == pytest.approx(dict(edges), abs=1e-7)
    assert marginals.cuts == pytest.approx(cuts, abs=1e-7)
    assert marginals.cuts.max() <= 1


@settings(max_examples=200, deadline=None)
@given(lexicons(), texts, modes, st.floats(1e-4, 0.9))
def test_new_words_equal_the_enumeration(lexicon: Lexicon, text: str, alnum: str, share: float) -> None:
    tokenizer = Tokenizer(lexicon.with_meta(new_words=share), objective="classes", alnum=alnum)
    long = [n for word, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True) if len(word) > 1]
    assume(long)
    rare = math.log((min(long) + 1.5) / lexicon.total)
    log_probs = dict(zip(lexicon.words, lexicon.log_probs.tolist(), strict=True))
    assert tokenizer.unk_log_prob is not None
    model = ClassModel(
        lexicon, tokenizer.unk_log_prob, alnum, new=reference.spelling(log_probs, share, rare, alnum)
    )  # fmt: skip
    scores: dict[tuple[tuple[int, int], ...], float] = {}
    for path in model.segmentations_with_new_words(text):
        scores[tuple((a, b) for a, b, _, _ in path)] = model.total(text, path)
    encoding = tokenizer(text)
    assert scores[tuple(encoding.spans)] == pytest.approx(max(scores.values()), abs=1e-6)
    plain = Tokenizer(lexicon, objective="classes", alnum=alnum, new_words=False)
    assert plain.nbest(text, 3) == tokenizer.nbest(text, 3)


@settings(max_examples=100, deadline=None)
@given(tokenizers(), st.lists(texts, min_size=1, max_size=3), st.integers(0, 9))
def test_own_words_win_where_their_parts_would(tokenizer: Tokenizer, lines: list[str], seed: int) -> None:
    for text in lines:
        spans = tokenizer(text).spans
        cuts = {0, *(end for _, end in spans)}
        for word in tokenizer.own_words:
            begin = text.find(word)
            if begin >= 0 and {begin, begin + len(word)} <= cuts and len(reference.symbols(word, tokenizer.alnum)) > 1:
                inside = {c for c in cuts if begin < c < begin + len(word)}
                others = {*tokenizer.forced_words, *tokenizer.own_words} - {word}
                forced = any(other in word for other in others)
                assert not inside or forced or not whole_symbols(text, begin, begin + len(word), tokenizer.alnum)
    drawn = tokenizer.sample_batch(lines, seed=seed, k=2)
    assert all("".join(tokens) in lines for tokens in drawn)


def whole_symbols(text: str, begin: int, end: int, alnum: str) -> bool:
    word = text[begin:end]
    inside = [(a - begin, b - begin) for a, b in reference.symbols(text, alnum) if a >= begin and b <= end]
    return inside == reference.symbols(word, alnum)


MODEL = Lexicon(["中", "国", "人", "中国", "国人", "中国人"], [4, 3, 5, 4, 2, 1]).with_classes(
    {"中": 0, "国": 1, "人": 1, "中国": 0, "国人": 1}, [[4, 20, 1], [2, 3, 30], [30, 2, 0]]
)


@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.0])
def test_samples_have_their_probabilities(alpha: float) -> None:
    tokenizer = Tokenizer(MODEL, objective="classes")
    text = "中国人，国人"
    paths = definition(tokenizer).segmentations(text)
    expected = {}
    for path in paths:
        tokens = tuple(text[a:b] for a, b, _, _ in path)
        expected[tokens] = math.exp(tokenizer.log_prob(tokens, alpha=alpha))
    assert math.fsum(expected.values()) == pytest.approx(1)
    one = Counter(tuple(tokenizer.sample(text, alpha=alpha, seed=1, index=k)) for k in range(4000))
    many = Counter(map(tuple, tokenizer.sample_batch([text], alpha=alpha, seed=2, k=4000)))
    threads = Counter(map(tuple, tokenizer.sample_batch([text] * 4000, alpha=alpha, seed=3, workers=2)))
    for drawn in (one, many, threads):
        assert fits(drawn, expected)


def test_without_links_it_is_the_unigram_model() -> None:
    """The links of a table without counts are 0."""
    lexicon = BayesLexiconBuilder(classes=5).build(SAMPLE)
    assert lexicon.meta.objective == "classes"
    size = len(lexicon.meta.class_links)
    empty = lexicon.with_meta(class_links=((0,) * size,) * size)
    assert not ClassLinks(empty).links.any()
    for new_words in (True, False):
        with_classes = Tokenizer(empty, new_words=new_words)
        plain = Tokenizer(empty, objective="unigram", new_words=new_words)
        assert with_classes.objective == "classes"
        assert with_classes.tokenize_batch(SAMPLE) == plain.tokenize_batch(SAMPLE)
    for line in SAMPLE[:20]:
        assert [tokens for tokens, _ in with_classes.nbest(line, 3)] == [tokens for tokens, _ in plain.nbest(line, 3)]
        assert with_classes.entropy(line) == pytest.approx(plain.entropy(line))
        for found, expected in zip(with_classes.marginals(line).arrays, plain.marginals(line).arrays, strict=True):
            assert found.tolist() == pytest.approx(expected.tolist(), abs=1e-12)


def test_a_long_text_is_cut_as_its_lattice_says() -> None:
    rng = random.Random(3)
    counts = {"".join(rng.choices("中国人民共和", k=rng.randint(1, 4))): rng.randint(1, 9) for _ in range(60)}
    links = [[rng.randint(0, 99) for _ in range(7)] for _ in range(7)]
    lexicon = Lexicon(list(counts), list(counts.values())).with_classes({w: rng.randrange(6) for w in counts}, links)
    tokenizer = Tokenizer(lexicon, objective="classes")
    for marks in ("", "，", "，龍9"):  #龍: a character that is not in the lexicon
        text = "".join(rng.choices("中国人民共和" + marks, k=5000))
        (tokens, score), *_ = tokenizer.nbest(text, 1)
        assert tokenizer.tokenize(text) == tokens
        assert tokenizer.log_prob(tokens) == pytest.approx(score - tokenizer.log_partition(text), rel=1e-9)
        assert tokenizer.log_partition(text, alpha=40) / 40 == pytest.approx(score, rel=1e-3)
        for alpha in (0.1, 1.0):  # one draw, and a draw from all edges, which are rescaled at other places
            drawn = tokenizer.sample(text, alpha=alpha, seed=1, index=5)
            assert drawn == tokenizer.sample_batch([text], alpha=alpha, seed=1, index=5, k=1)[0]
            assert "".join(drawn) == text


@given(tokenizers(), texts, st.sampled_from([0.0, 0.4, 1.0, 3.0]))
def test_one_draw_equals_one_of_many(tokenizer: Tokenizer, text: str, alpha: float) -> None:
    """`sample` adds up sums by another algorithm than many draws, which are tested against all segmentations."""
    for index in range(5):
        drawn = tokenizer.sample(text, alpha=alpha, seed=2, index=index)
        assert drawn == tokenizer.sample_batch([text], alpha=alpha, seed=2, index=index, k=1)[0]


def test_classes_change_the_cut() -> None:
    """研究 生命 起源: behind a verb there is a noun, never a person."""
    words = {"研究": 30, "研究生": 30, "生命": 9, "命": 9, "起源": 9}
    lexicon = Lexicon(list(words), list(words.values()))
    assert Tokenizer(lexicon).tokenize("研究生命起源") == ["研究生", "命", "起源"]
    classes = {"研究": 0, "研究生": 1, "生命": 2, "命": 2, "起源": 2}
    links = [[0, 0, 90, 0], [40, 0, 0, 50], [0, 0, 40, 50], [50, 50, 0, 0]]
    linked = lexicon.with_classes(classes, links)
    assert Tokenizer(linked).tokenize("研究生命起源") == ["研究生", "命", "起源"]
    assert Tokenizer(linked, objective="classes").tokenize("研究生命起源") == ["研究", "生命", "起源"]


def test_options_are_kept(tmp_path: Path) -> None:
    lexicon = MODEL.with_meta(objective="classes")
    tokenizer = Tokenizer(lexicon, words=["人中"])
    assert tokenizer.objective == "classes"
    for other in (pickle.loads(pickle.dumps(tokenizer)), Tokenizer(tokenizer.lexicon, words=["人中"])):
        assert other.nbest("中国人中国", 9) == tokenizer.nbest("中国人中国", 9)
    for name in ("t.tsv", "t.json", "t.parquet"):
        tokenizer.save(tmp_path / name)
        assert Tokenizer.load(tmp_path / name).nbest("中国人中国", 9) == tokenizer.nbest("中国人中国", 9)
        Tokenizer(lexicon, objective="unigram").save(tmp_path / name)
        assert Tokenizer.load(tmp_path / name).objective == "unigram"


def test_a_list_of_words_without_links_is_cut_without_classes() -> None:
    lexicon = MODEL.with_meta(objective="classes")
    assert Tokenizer(lexicon.with_meta(class_links=())).objective == "unigram"
    assert lexicon.without([]).meta.objective == "unigram"
    assert Tokenizer(lexicon.keep([True, False] * 3)).objective == "classes"


def test_lexicons_without_classes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"objective 'classes' needs word classes, which this lexicon lacks; build it"):
        Tokenizer(Lexicon(["茶"], [1]), objective="classes")
    with pytest.raises(ValueError, match="needs the links of word classes"):
        Tokenizer(MODEL.with_meta(class_links=()), objective="classes")
    with pytest.raises(ValueError, match="not a vocabulary"):
        Tokenizer(MODEL.with_meta(boundaries=False), objective="classes")
    with pytest.raises(ValueError, match="objective must be 'unigram', 'classes' or 'shortest'"):
        LexiconMeta(objective="class")


def test_new_words_of_a_learnt_lexicon_equal_the_enumeration() -> None:
    """Words that the text does not hold compete with hundreds that it does, of many classes."""
    lexicon = BayesLexiconBuilder(seed=1).build(SAMPLE)
    tokenizer, share = Tokenizer(lexicon), lexicon.meta.new_words
    assert (tokenizer.objective, share > 0) == ("classes", True)
    long = [n for word, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True) if len(word) > 1]
    rare = math.log((min(long) + 1.5) / lexicon.total)
    log_probs = dict(zip(lexicon.words, lexicon.log_probs.tolist(), strict=True))
    assert tokenizer.unk_log_prob is not None
    model = ClassModel(
        lexicon, tokenizer.unk_log_prob, "token", new=reference.spelling(log_probs, share, rare, "token")
    )  # fmt: skip
    rng, new = random.Random(5), 0
    text = "".join(SAMPLE)
    for _ in range(80):
        begins = [rng.randrange(len(text) - 5) for _ in range(3)]
        line = "".join(text[begin : begin + rng.randint(1, 4)] for begin in begins)
        scores = {
            tuple((a, b) for a, b, _, _ in path): model.total(line, path)
            for path in model.segmentations_with_new_words(line)
        }
        found = tokenizer(line)
        assert scores[tuple(found.spans)] == pytest.approx(max(scores.values()), abs=1e-6), line
        new += sum(len(token) > 1 and token not in lexicon and token.isalpha() for token in found.tokens)
    assert new > 10
