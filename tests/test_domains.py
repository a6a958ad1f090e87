"""Samples in which every domain of a corpus has its share, and the memory budget of `bayes`."""

from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_zero import BayesLexiconBuilder, Corpus, Lexicon
from nlp_zero._kernels.counting import Alphabet
from nlp_zero.builders.bayes import domains
from nlp_zero.builders.bayes.domains import choose_domains, draw_by_domain, find_domains, share_symbols
from nlp_zero.builders.drawn_lines import Lines, draw_text
from nlp_zero.cli import main
from nlp_zero.corpus import slice_corpus
from nlp_zero.counting.counter import count_ngrams
from nlp_zero.counting.counts import alphabet_of


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=8), st.integers(1, 10_000))
def test_domains_share_a_sample_equally(available: list[int], symbols: int) -> None:
    wanted = share_symbols(available, symbols)
    assert all(a <= b for a, b in zip(wanted, available, strict=True))
    assert sum(wanted) == min(symbols, sum(available))
    full = max((a for a, b in zip(wanted, available, strict=True) if a < b), default=max(available))
    assert all(a == b or a >= full - 1 for a, b in zip(wanted, available, strict=True))


def write(rng: random.Random, first: int, symbols: int) -> list[str]:
    """Lines of eight characters of an alphabet of 300."""
    weights = [1 / (k + 1) for k in range(300)]
    text = "".join(map(chr, rng.choices(range(0x4E00 + first, 0x4E00 + first + 300), weights, k=symbols)))
    return [text[k : k + 8] for k in range(0, symbols, 8)]


def encode(texts: list[str]) -> Alphabet:
    return alphabet_of(count_ngrams(texts, order=1))


@pytest.fixture(scope="module")
def mixed() -> list[str]:
    """Two domains: 800,000 characters of the first and 160,000 of the second, in ten places each."""
    rng = random.Random(5)
    places = [(1, 80_000), (1001, 16_000)] * 10
    return [line for first, size in places for line in write(rng, first, size)]


def encode_lines(alphabet: Alphabet, texts: list[str]) -> Lines:
    return Lines.join([Lines(*alphabet.encode_lines("\n".join(texts), 2000))])


def test_lines_of_one_kind_are_one_domain() -> None:
    rng = random.Random(5)
    texts = [line for _ in range(200) for first in (1, 1001, 2001) for line in write(rng, first, 8)]
    alphabet = encode(texts)
    sketch = encode_lines(alphabet, texts)
    for seed in range(3):
        scores = find_domains(sketch, len(alphabet) + 1, seed)
        found = choose_domains(sketch.text, sketch.ends, scores)
        assert len(found) == len(texts)
        kinds = [set(found[k::3].tolist()) for k in range(3)]
        assert [len(kind) for kind in kinds] == [1, 1, 1]
        assert len(set().union(*kinds)) == len(scores) == 3
    few = sketch.take(np.arange(39))
    assert len(find_domains(few, len(alphabet) + 1, 0)) == 1
    one = encode_lines(alphabet, texts[::3])
    assert len(find_domains(one, len(alphabet) + 1, 0)) == 1, "halves that say nothing about new text are not domains"


@pytest.mark.parametrize("shuffled", [False, True])
def test_no_domain_drowns_another(mixed: list[str], monkeypatch: pytest.MonkeyPatch, shuffled: bool) -> None:
    """Whether the text has its domains one after another, or in random order."""
    monkeypatch.setattr(domains, "LEAST_DOMAIN_SYMBOLS", 10_000)
    texts = random.Random(1).sample(mixed, len(mixed)) if shuffled else mixed
    alphabet = encode(texts)
    parts = draw_by_domain(texts, alphabet, 960_000, 240_000, 0)
    strings = ["".join(map(str, [alphabet.symbols[k - 1] for k in np.unique(part) if k])) for part in parts]
    kinds = [sorted({(ord(symbol) - 0x4E00) // 1000 for symbol in string}) for string in strings]
    assert sorted(kinds) == [[0], [1]]
    assert all(np.count_nonzero(part) == pytest.approx(120_000, abs=8000) for part in parts)
    assert all(part[-1] == 0 for part in parts)
    assert "".join(str(alphabet.symbols[k - 1]) for k in parts[0][:8]) in texts
    again = draw_by_domain(texts, alphabet, 960_000, 240_000, 0)
    assert all(np.array_equal(a, b) for a, b in zip(parts, again, strict=True))


def test_a_small_domain_is_found() -> None:
    """The gain of a split is that of the smaller half: 3 % of a text are a domain if they are different enough."""
    rng = random.Random(5)
    texts = [*write(rng, 1, 97_000), *write(rng, 1001, 3_000)]
    alphabet = encode(texts)
    sketch = encode_lines(alphabet, texts)
    scores = find_domains(sketch, len(alphabet) + 1, 0)
    found = choose_domains(sketch.text, sketch.ends, scores)
    assert len(scores) == 2
    small = found[-100:]
    assert (small == small[0]).all()
    assert (found[:1000] != small[0]).all()


def test_a_sketch_grows_if_there_are_many_copies() -> None:
    """Few lines that occur often are few lines: the sketch would have too few of them to find domains."""
    own = write(random.Random(3), 1, 8 * 500)
    texts = own * 50
    sketch, share = domains._sketch(texts, encode(texts), 2000, 0.02, 301, 4000)
    assert len(sketch.keys) >= 250
    assert share >= 0.4


def draw(texts: list[str], symbols: int) -> list[str]:
    alphabet = encode(texts)
    found = draw_text(texts, alphabet, sum(map(len, texts)), symbols)
    assert found[-1] == 0
    return "".join(alphabet.symbols[k - 1] if k else "\n" for k in found.tolist()).splitlines()


def test_lines_are_drawn_with_their_copies() -> None:
    """In the order of first occurrence, as often as they occur, in whatever order."""
    own = write(random.Random(3), 1, 8 * 2000)
    texts = own * 3 + own[::2]
    drawn = draw(texts, 8 * 2000)
    assert 1000 < len(drawn) < 4000
    times = Counter(texts)
    assert Counter(drawn) == {line: times[line] for line in drawn}
    assert list(dict.fromkeys(drawn)) == [line for line in own if line in set(drawn)]
    random.Random(1).shuffle(texts)
    assert sorted(draw(texts, 8 * 2000)) == sorted(drawn)


def test_a_text_drawn_has_an_end_if_lines_have_many_copies() -> None:
    own = write(random.Random(3), 1, 8 * 500)
    texts = [line for k, line in enumerate(own) for _ in range(3000 if k % 5 == 0 else 1)]
    for symbols in (400, 4000, 40_000):
        drawn = draw(texts, symbols)
        assert symbols / 2 <= 8 * len(drawn) <= 2 * symbols
    assert len(set(drawn)) > 3
    assert min(Counter(drawn).values()) == 1


def test_copies_are_drawn_once() -> None:
    """A line that occurs often is not learnt often; nor are lines that differ outside their longest run."""
    rng = random.Random(3)
    own = write(rng, 1, 8 * 500)
    longer = [f"{a}{b}" for a, b in pairwise(own)]  # 16 symbols
    texts = [*own, *longer, *own * 20, *(f"{rng.choice('甲乙丙')}，{line}" for line in longer * 5)]
    alphabet = encode(texts)
    total = sum(len(line.replace("，", "")) for line in texts)
    (part,) = draw_by_domain(texts, alphabet, total, total - 1, 0)
    drawn = "".join(alphabet.symbols[k - 1] if k else "\n" for k in part.tolist()).splitlines()
    assert drawn == [*own, *longer]
    (part,) = draw_by_domain(texts, alphabet, total, total // 20, 0)
    assert np.count_nonzero(part) == pytest.approx(total // 20, rel=0.2)


@pytest.mark.parametrize("symbols", [1, 10, 50])
def test_a_sample_is_never_empty(symbols: int) -> None:
    texts = ["山高月小水落石出" * 8, "清风徐来水波不兴" * 8]
    for seed in range(5):
        parts = draw_by_domain(texts, encode(texts), 128, symbols, seed)
        assert sum(np.count_nonzero(part) for part in parts) > 0


def cut_lines(lines: list[np.ndarray], most: int) -> list[int]:
    """Return the ends of lines, or of whole runs with at least `most` entries."""
    ends, at = [], 0
    for line in lines:
        begin = at
        for place, symbol in enumerate(line.tolist(), at + 1):
            if not symbol and (place - begin >= most or place == at + len(line)):
                ends.append(place)
                begin = place
        at += len(line)
    return ends


@given(
    st.lists(st.text("山水，a\U00020000月é", max_size=40), max_size=6).map("\n".join),
    st.integers(1, 30),
)
def test_encoded_lines(text: str, most: int) -> None:
    alphabet = Alphabet(symbols="山水月\U00020000")
    found, ends, keys = alphabet.encode_lines(text, most)
    lines = [alphabet.encode(line) for line in text.split("\n")]
    lines = [line for line in lines if len(line)]
    assert found.tolist() == [symbol for line in lines for symbol in line.tolist()]
    begins = [0, *ends.tolist()[:-1]] if len(ends) else []
    assert len(keys) == len(ends)
    assert ends.tolist() == cut_lines(lines, most)
    contents = {}
    for begin, end, key in zip(begins, ends.tolist(), keys.tolist(), strict=True):
        runs = "".join(chr(k) for k in found[begin:end].tolist()).split("\0")
        telling = max(runs, key=len)
        content = telling if len(telling) >= 10 else "\0".join(runs)
        assert contents.setdefault(key, content) == content
    assert len(contents) == len(set(contents.values()))
    again = alphabet.encode_lines(text.encode(), most)
    assert all(np.array_equal(a, b) for a, b in zip(again, (found, ends, keys), strict=True))


def test_small_domains_are_learnt_with_the_largest(mixed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(domains, "LEAST_DOMAIN_SYMBOLS", 200_000)
    (part,) = draw_by_domain(mixed, encode(mixed), 960_000, 240_000, 0)
    assert np.count_nonzero(part) == pytest.approx(240_000, abs=10_000)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_sample_does_not_depend_on_how_files_are_read(
    mixed: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    """Neither on the size of the blocks nor on the parts of a cluster, which share pieces of a file."""
    monkeypatch.setattr(domains, "LEAST_DOMAIN_SYMBOLS", 10_000)
    for number, begin in enumerate((0, 30_000, 30_001)):
        (tmp_path / f"{number}.txt").write_text("\n".join(mixed[begin : begin + 20_000]) + "\n", encoding=encoding)
    corpora = [Corpus(tmp_path, encoding=encoding, block_size=size) for size in (4 << 20, 5000)]
    alphabet = encode(mixed)
    first, second = (draw_by_domain(corpus, alphabet, 480_000, 100_000, 0) for corpus in corpora)
    assert len(first) > 1
    parts = slice_corpus(corpora[1], 7000)
    assert len(parts) > (200 if encoding == "utf-8" else 2)
    monkeypatch.setattr(corpora[1], "map_parts", lambda work, *more: (work(part, *more) for part in parts))
    third = draw_by_domain(corpora[1], alphabet, 480_000, 100_000, 0)
    for other in (second, third):
        assert len(other) == len(first)
        assert all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def lines(size: int) -> list[str]:
    rng = random.Random(3)
    characters = [chr(0x4E00 + k) for k in range(600)]
    words = ["".join(rng.choices(characters, k=rng.choice((1, 2, 2, 3)))) for _ in range(400)]
    return ["".join(rng.choices(words, k=rng.randint(4, 9))) for _ in range(size)]


def test_memory_bounds_the_sample(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("\n".join(lines(20_000)), encoding="utf-8")
    total = len(corpus.read_text(encoding="utf-8").replace("\n", ""))
    command = ["build-vocab", str(corpus), "-o", str(tmp_path / "words.tsv"), "--method", "bayes", "--memory", "16M"]
    assert main(command) == 0
    lexicon = Lexicon.load(tmp_path / "words.tsv")
    assert lexicon.meta.sampled == pytest.approx((16 << 20) / 220, rel=0.15)
    assert f"; learnt from a sample of {lexicon.meta.sampled:,} characters; average" in capsys.readouterr().err
    assert sum(len(w) * n for w, n in zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == total
    again = BayesLexiconBuilder(memory="16M", workers=3).build(Corpus(corpus))
    assert (lexicon.words, lexicon.counts.tolist()) == (again.words, again.counts.tolist())


def test_a_text_that_fits_is_not_sampled() -> None:
    texts = lines(500)
    lexicon = BayesLexiconBuilder(memory="1G").build(texts)
    assert lexicon.meta.sampled is None
    assert lexicon == BayesLexiconBuilder().build(texts)
