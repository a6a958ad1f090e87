"""Vocabularies for language models: a fixed number of pieces that carry the most text per token, or need the fewest bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from .._kernels.vocabulary import MAX_LENGTH, Search, Text
from ..corpus import Block, Corpus, blocks_of, require_text
from ..lexicon import Lexicon
from ._describe import positive_int
from ._swap import BLOCK, Swap

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["VocabularyBuilder"]

LONGEST = {"char": 16, "byte": 48}  # longest piece in symbols, unless told
SLICE = 1 << 14  # bytes of whole lines that a spread sample takes at a time
PLENTY = 1 << 21  # symbols for which a string must come twice to be a candidate; three times for twice as many, ...
BYTES = 256


class VocabularyBuilder:
    """Learns a vocabulary of fixed size, with which every text can be written in few tokens, and back.

    The pieces are strings of characters, and the 256 bytes for whatever they do not cover.  The search starts from the
    most frequent characters and takes in the strings that would save most tokens in the best segmentation of the text,
    takes out the pieces whose loss costs least, and goes on swapping.  How much of a saving will last on other text is
    estimated on folds of the text (see `nlp_zero.builders._swap`).

    Parameters
    ----------
    vocab_size
        Size of the vocabulary: specials, bytes and pieces.  Several sizes give as many vocabularies from one reading.
    unit
        What text is made of: ``"char"``, or ``"byte"`` for input that may be any bytes.
    byte_fallback
        Hold the 256 bytes, so that nothing is unknown.  False (characters only) leaves characters that have no piece
        unknown.
    ensure_unicode
        Byte units: pieces are whole characters all the same (and the first bytes of characters).  False allows any
        string of bytes.
    objective
        ``"shortest"``: the segmentation with the fewest tokens counts, ties go to the most probable.  ``"unigram"``:
        the most probable segmentation counts, and the vocabulary is the one that needs the fewest bits.
    max_piece_length
        Longest piece, in characters (default 16), or in bytes for bytes that need not be characters (default 48).
    isolate_digits
        Each digit is a token of its own.
    required
        Pieces that must be in the vocabulary.
    specials
        Names of special tokens, which take the first ids; they count towards the size and are never learnt from text.
    sample
        Learn on at most so many characters, spread evenly over the corpus.  It bounds memory: some 25 bytes each.
    progress
        Show a progress bar on stderr.

    Examples
    --------
    >>> texts = ["青石镇的早晨", "我到青石镇来", "青石镇下雨了"] * 3
    >>> vocabulary = VocabularyBuilder(vocab_size=270, specials=["<pad>"]).build(texts)
    >>> len(vocabulary), "青石镇" in vocabulary, vocabulary.meta["specials"]
    (269, True, '<pad>')
    """

    def __init__(
        self,
        *,
        vocab_size: int | Sequence[int] = 20_000,
        unit: str = "char",
        byte_fallback: bool = True,
        ensure_unicode: bool = True,
        objective: str = "shortest",
        max_piece_length: int | None = None,
        isolate_digits: bool = False,
        required: Iterable[str] = (),
        specials: Iterable[str] = (),
        sample: int = 16_000_000,
        progress: bool = False,
    ) -> None:
        if unit not in LONGEST:
            raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}.")
        if objective not in ("shortest", "unigram"):
            raise ValueError(f"objective must be 'shortest' or 'unigram', not {objective!r}.")
        if unit == "byte" and not byte_fallback:
            raise ValueError("byte units always hold the 256 bytes; byte_fallback=False goes with unit='char'.")
        self.unit, self.objective = unit, objective
        self.byte_fallback, self.ensure_unicode = bool(byte_fallback), bool(ensure_unicode)
        self.any_bytes = unit == "byte" and not ensure_unicode
        if max_piece_length is None:
            max_piece_length = LONGEST["byte" if self.any_bytes else "char"]
        self.max_piece_length = positive_int("max_piece_length", max_piece_length)
        if self.max_piece_length > MAX_LENGTH:
            raise ValueError(f"max_piece_length must be at most {MAX_LENGTH}, not {max_piece_length}.")
        self.isolate_digits = bool(isolate_digits)
        self.required = _names("required", required)
        self.specials = _names("specials", specials)
        if both := set(self.required) & set(self.specials):
            raise ValueError(f"{min(both)!r} cannot be both a special and a required piece.")
        self.several = not isinstance(vocab_size, int)
        self.sizes = [positive_int("vocab_size", size) for size in ([vocab_size] if isinstance(vocab_size, int) else vocab_size)]
        if not self.sizes:
            raise ValueError("vocab_size needs at least one size.")
        ascii_bytes = sum(len(piece) == 1 and piece < "\x80" for piece in self.required) if self.byte_fallback else 0
        self.least = len(self.specials) + BYTES * self.byte_fallback + len(self.required) - ascii_bytes
        if min(self.sizes) <= self.least:
            held = f"{BYTES} bytes, " if self.byte_fallback else ""
            raise ValueError(
                f"vocab_size {min(self.sizes)} is too small: {held}{len(self.specials)} specials and {len(self.required)} "
                f"required pieces need {self.least}; ask for more than that."
            )
        self.sample = positive_int("sample", sample)
        self.progress = bool(progress)

    def build(self, texts: Corpus | Iterable[str]) -> Lexicon | dict[int, Lexicon]:
        """Learn the vocabulary of `texts`, which are read once; a dictionary by size when `vocab_size` is a list.

        Raises
        ------
        CorpusError
            When the texts cannot be read or hold nothing to learn from.
        ValueError
            When the texts hold too few different strings for the size; says how many there are.
        """
        text = self._read(texts)
        require_text(text.symbols, texts)
        search, swap = self._search(text)
        absent = [piece for piece in self.required if piece not in self._found]
        most = self.least - len(self._found) + swap.most
        if max(self.sizes) > most:
            raise ValueError(
                f"vocab_size {max(self.sizes)} is more than this text yields; ask for at most {most}, or give more text."
            )
        vocabularies = {}
        with self._bar(len(self.sizes) * Swap.passes) as tick:
            swap.tick = tick
            for size in self.sizes:
                swap.run(size - self.least + len(self._found))
                vocabularies[size] = self._lexicon(search, text, absent)
        return vocabularies if self.several else vocabularies[self.sizes[0]]
