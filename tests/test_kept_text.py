"""Passes over text that is kept in memory, against passes that read it again and against the rules written plainly."""

from __future__ import annotations

import random

import numpy as np
import pytest

from nlp_zero import NgramCounter, PmiLexiconBuilder
from nlp_zero._kernels.counting import Alphabet, EncodedText, KeptText, NgramList, Occurrences, PieceCounter
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
    assert read.longer(1)[0] == taken.longer(1)[0]

    pieces = taken.longer(1)[0]
    assert pieces
    listed = NgramList(np.frombuffer(bytes(4).join([*pieces, b""]), np.uint32), len(counts.symbols))
    everywhere = Occurrences(alphabet, listed, len(pieces))
    joined = Occurrences(alphabet, listed, len(pieces), joined=True)
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
