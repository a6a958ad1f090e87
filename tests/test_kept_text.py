"""Passes over text that is kept in memory, against passes that read it again and against the rules written plainly."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_zero import NgramCounter, PmiLexiconBuilder
from nlp_zero._kernels.counting import Affixes, Alphabet, EncodedText, KeptText, NgramList, Occurrences, PieceCounter
from nlp_zero.counting.counts import alphabet_of
from nlp_zero.counting.linked import LinkedTree
from tests.reference.builders import pmi_pieces
from tests.reference.text import runs

SHARE_SYMBOLS = 1 << 16
PHRASE = "甲乙丙丁戊己庚辛壬癸子丑"  # longer than any n-gram


def long_runs(symbols: int, letters: str, seed: int, longest: int) -> list[str]:
    """Runs of very different lengths: some are longer than what the kernel cuts at a time, or than a share."""
    rng = random.Random(seed)
    texts, size = [], 0
    while size < symbols:
        length = min(symbols - size, rng.choice([1, 2, 3, 7, 63, 64, 65, 1023, 1024, 1025, longest]))
        texts.append("".join(rng.choices(letters, weights=[2**-k for k in range(len(letters))], k=length)))
        size += length
    return texts


@pytest.mark.parametrize(("order", "min_pmi", "min_count"), [(2, 0.05, 2), (3, 0.2, 2), (4, 0.3, 2), (8, 0.5, 2)])
def test_long_runs_are_cut_by_the_rules(order: int, min_pmi: float, min_count: int) -> None:
    texts = [*long_runs(9000, "一二三四五六七", order, 2500), *[PHRASE] * 3]
    lexicon = PmiLexiconBuilder(order=order, min_pmi=min_pmi, min_count=min_count).build(texts)
    want = pmi_pieces(
        [run for text in texts for run in runs(text)],
        order=order, min_pmi=[0.0] + [min_pmi] * (order - 1), min_count=min_count,
    )  # fmt: skip
    assert dict(zip(lexicon.words, lexicon.counts.tolist(), strict=True)) == {"".join(x): c for x, c in want.items()}
    assert any(len(word) > order for word in lexicon.words)


@pytest.mark.parametrize("order", [2, 4])
def test_text_that_is_kept_gives_what_reading_again_gives(order: int) -> None:
    texts = [*long_runs(200_000, "一二三四五六七八九十", 7, 100_000), *[PHRASE] * 3]
    options = {"order": order, "min_pmi": 0.3, "min_count": 2}
    kept = PmiLexiconBuilder(**options).build(texts)
    assert kept == PmiLexiconBuilder(**options, memory="200M").build(texts)
    assert kept == PmiLexiconBuilder(**options, workers=3).build(texts)
    assert any(len(word) > order for word in kept.words)


def test_texts_with_alphabets_of_their_own_are_translated() -> None:
    """The texts of two threads number their symbols in the order in which each first occurs."""
    parts = [long_runs(80_000, letters, 3, SHARE_SYMBOLS + 9) for letters in ("一二三四", "四三二一五")]
    texts = [EncodedText(), EncodedText()]
    for text, part in zip(texts, parts, strict=True):
        for run in part:
            text.add(run)
    counts = NgramCounter(order=3).update([*parts[0], *parts[1]]).freeze()
    alphabet = alphabet_of(counts)
    patterns = LinkedTree(counts).select(2, (0.0, 0.1, 0.1)).patterns
    kept = KeptText(texts, alphabet)
    assert kept.shares > 2
    read, taken = PieceCounter(alphabet, patterns), PieceCounter(alphabet, patterns)
    for run in [*parts[0], *parts[1]]:
        read.add(run)
    for k in range(kept.shares):
        taken.add_share(kept, k)
    assert (read.tokens, read.symbols) == (taken.tokens, taken.symbols)
    assert all(np.array_equal(x, y) for x, y in zip(read.counts(), taken.counts(), strict=True))
    symbols, lengths, _ = taken.longer(1)
    assert all(np.array_equal(x, y) for x, y in zip(read.longer(1), taken.longer(1), strict=True))

    assert len(lengths)
    listed = NgramList(symbols, len(counts.symbols))
    everywhere = Occurrences(alphabet, listed, len(lengths))
    joined = Occurrences(alphabet, listed, len(lengths), joined=True)
    for run in [*parts[0], *parts[1]]:
        everywhere.add(run)
    for k in range(kept.shares):
        joined.add_share(kept, k)
    assert all(np.array_equal(x, y) for x, y in zip(everywhere.result(), joined.result(), strict=True))


def test_a_kept_text_of_another_alphabet_is_refused() -> None:
    with pytest.raises(ValueError, match="another alphabet"):
        KeptText([EncodedText(alnum="join")], Alphabet(alnum="split"))
    counts = NgramCounter(order=2).update(["一二"]).freeze()
    counter = PieceCounter(alphabet_of(counts), LinkedTree(counts).select(1, (0.0, 0.0)).patterns)
    with pytest.raises(IndexError):
        counter.add_share(KeptText([EncodedText()], alphabet_of(counts)), 0)


@given(st.lists(st.lists(st.integers(1, 3), min_size=2, max_size=9).map(tuple), unique=True), st.integers(2, 4))
def test_affixes_of_words(words: list[tuple[int, ...]], order: int) -> None:
    words = [word for word in words if len(word) >= order]
    affixes = Affixes(np.array([s for word in words for s in (*word, 0)], np.uint32), order, 3)
    parts = {part for word in words if len(word) > order for i in range(1, len(word)) for part in (word[:i], word[i:])}
    shallow = affixes.shallow.tolist()
    listed = [tuple(map(int, part)) for part in "".join(map(str, shallow)).split("0")[:-1]]
    assert sorted(listed) == sorted(part for part in parts if len(part) <= order and part not in words)
    assert affixes.ngrams.size == len({*words, *(part for part in parts if len(part) > order)})

    # Counted in a text of all n-grams, each number of times another one, so that the products differ.
    alphabet = Alphabet(symbols=["一", "二", "三"])
    text = "，".join("".join("一二三"[s - 1] for s in word) * (1 + k % 3) for k, word in enumerate(words))
    found = Occurrences(alphabet, affixes.ngrams, 0)
    found.add(text)
    runs_of_ids = [tuple("一二三".index(c) + 1 for c in run) for run in text.split("，")]

    def count(part: tuple[int, ...]) -> int:
        return sum(run[i : i + len(part)] == part for run in runs_of_ids for i in range(len(run)))

    times = found.result()[0]
    assert times[: len(words)].tolist() == [count(word) for word in words]
    want = [max(count(word[:i]) * count(word[i:]) for i in range(1, len(word))) for word in words if len(word) > order]
    assert affixes.greatest_products(times, np.array([count(part) for part in listed], np.int64)).tolist() == want


def test_words_without_affixes_are_refused() -> None:
    one = np.array([1, 2, 0], np.uint32)
    for words, order, largest, message in ((one[:2], 2, 2, "closed"), (one, 3, 2, "short"), (one, 2, 1, "range")):
        with pytest.raises(ValueError, match=message):
            Affixes(words, order, largest)
    affixes = Affixes(one, 2, 2)
    with pytest.raises(ValueError, match="lengths"):
        affixes.greatest_products(np.zeros(2, np.int64), np.zeros(0, np.int64))


def test_many_neighbours_are_sorted_in_parts() -> None:
    """More than 2^20 occurrences: they are counted, and others are added to their counts."""
    symbols = np.random.default_rng(1).integers(1, 5, 1_500_000, dtype=np.uint32)
    counts = NgramCounter(order=2).update(["一丁七万"]).freeze()
    text = "".join(counts.symbols[k - 1] for k in symbols.tolist())
    pairs = [(a, b) for a in range(1, 5) for b in range(1, 5)]
    listed = NgramList(np.array([k for pair in pairs for k in (*pair, 0)], np.uint32), 4)
    found = Occurrences(alphabet_of(counts), listed, len(pairs))
    found.add(text)
    raw, left, right = found.result()
    for k, (a, b) in enumerate(pairs):
        at = np.flatnonzero((symbols[:-1] == a) & (symbols[1:] == b))
        assert raw[k] == len(at)
        for places, entropy in ((at - 1, left[k]), (at + 2, right[k])):
            places = places[(places >= 0) & (places < len(symbols))]
            times = np.bincount(symbols[places])[1:]  # an end of the text, a symbol that occurs once, adds nothing
            assert np.isclose(entropy, np.log(len(at)) - (times * np.log(times)).sum() / len(at))


@pytest.mark.parametrize("largest", [0xFFFF, 0x10000])
@pytest.mark.parametrize("divided", [False, True])
def test_neighbours_with_large_ids(largest: int, divided: bool) -> None:
    """Symbols of 16 bits are stored apart from larger ones; 0xFFFF is still one of the former."""
    names = [chr(0x4E00 + k) for k in range(0x5000)] + [chr(0x20000 + k) for k in range(0xA6D0)]
    names += [chr(0xAC00 + k) for k in range(largest - len(names))]
    alphabet = Alphabet(symbols=sorted(names))
    low, word, high = names[0], names[1], sorted(names)[-1]
    texts = [f"{high}{word}{low}", f"{high}{word}{high}", f"{low}{word}{high}，{word}{low}{high}"]
    found = Occurrences(alphabet, NgramList(np.array([sorted(names).index(word) + 1, 0], np.uint32), largest), 1)
    other = found.another() if divided else found
    for text, counter in zip(texts, (found, other, found), strict=True):
        counter.add(text)
    if divided:
        found.merge(other)
    raw, left, right = found.result()
    assert (len(alphabet), raw.tolist()) == (largest, [4])
    assert np.isclose([left[0], right[0]], [np.log(4) - np.log(2) / 2, np.log(4) - np.log(2)]).all()
