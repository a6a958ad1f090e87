"""Vocabularies for language models: a fixed number of pieces that encode texts in the fewest tokens."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.elementary import log
from ..._kernels.vocabulary import MAX_LENGTH, Search, Text
from ..._utils.progress import begin_stage, progress_bar
from ..._utils.validation import check_choice, check_integer, check_memory
from ...corpus import Corpus, require_text
from ...lexicon.lexicon import Lexicon
from ...lexicon.meta import LexiconMeta
from .candidates import collect_pieces, mark_usable
from .extend import extend_vocabulary
from .extended import ExtendedVocabulary
from .ngram_pieces import NgramPieces
from .rules import PUNCTUATION, PieceRules, check_names
from .swap import BLOCK_SYMBOLS, TOKEN_PRICES, SwapSearch
from .text import find_min_count, limit_sample, read_text

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["VocabularyBuilder"]

UNITS, OBJECTIVES, ALGORITHMS = ("char", "byte"), ("shortest", "unigram"), ("swap", "ngram-lm")
DEFAULT_MAX_CHARACTERS, DEFAULT_MAX_BYTES = 16, 48  # of a piece
BIT_PRICES = (0.0, 1.0)  # of a token and of a bit, for the objective "unigram"
BYTE_COUNT = 256
DEFAULT_SIZE = 20_000
BASE_DEFAULTS = {  # options that a base decides
    "unit": "char", "byte_fallback": True, "ensure_unicode": True, "beginnings": True, "objective": "shortest",
    "algorithm": "swap", "required": (), "specials": (),
}  # fmt: skip
BASE_HINT = "this builder has a base; use extend() to add pieces to it."


class VocabularyBuilder:
    """Learns a vocabulary of fixed size that encodes any text in few tokens, from which it can be decoded exactly.

    The pieces are strings of characters, and the 256 bytes for characters that have no piece.  The search starts from
    the most frequent characters, adds the strings that would save most tokens in the best segmentation of the text,
    removes the pieces whose loss costs least, and repeats both.  The value of a saving on unseen text is estimated on
    folds of the text.

    Parameters
    ----------
    vocab_size : int or sequence of int, optional
        Number of ids: special tokens, bytes and pieces.  Several sizes are learnt from one reading of the text, by
        `build_sizes`.  Default: 20,000.
    unit : {"char", "byte"}
        Unit of the text: characters, or bytes for input that may be any bytes.
    byte_fallback : bool, default True
        Include the 256 bytes, so that no character is unknown.  With False (characters only), characters without a
        piece are unknown.
    ensure_unicode : bool, default True
        For byte units: whether pieces are still strings of whole characters (and the first bytes of characters).  With
        False, a piece may be any string of bytes.
    beginnings : bool, default True
        Allow the first bytes of characters as pieces: rare characters need two tokens instead of three.  SentencePiece
        files cannot store such pieces.
    objective : {"shortest", "unigram"}
        ``"shortest"``: count the segmentation with the fewest tokens; ties go to the most probable.  ``"unigram"``:
        count the most probable segmentation, and choose the vocabulary that needs the fewest bits.
    algorithm : {"swap", "ngram-lm"}
        ``"swap"``: the search.  ``"ngram-lm"``: BytePiece's method, which cuts the text by a model of 6 bytes, counts
        the pieces and keeps the most frequent; texts then need about a tenth more tokens.
    max_piece_length : int, optional
        Longest piece in characters (default 16), or in bytes if a piece is any string of bytes (default 48); at most
        63.
    isolate_digits : bool, default False
        Make each digit a token of its own.
    required : iterable of str
        Pieces that must be in the vocabulary.
    specials : iterable of str
        Names of special tokens.  They have the first ids, count towards the size, and are not learnt from text.
    sample : int, default 16,000,000
        Learn from at most this many characters, spread evenly over the corpus; each takes about 25 bytes of memory.
    split_at : str, default ""
        Characters that no piece joins to another character, such as ``"，。"``; ``"punctuation"`` for all punctuation
        marks and symbols.
    base : str, path-like, dict or tokenizer, optional
        The vocabulary of another model, which `extend` adds pieces to: a ``tokenizer.json`` (Unigram or byte-level
        BPE), its content, or a tokenizer of the packages ``tokenizers`` or ``transformers``.  With a base, only
        `vocab_size` (the ids of base and new pieces together), `max_piece_length`, `isolate_digits`, `split_at`,
        `sample`, `memory`, `workers`, `progress`, `add_pieces` and `hold_out` can be set.
    add_pieces : int, optional
        With a base: number of new pieces, in place of `vocab_size`.
    hold_out : int, default 10
        With a base: one line in this many is not learnt from, and only measures how many tokens are saved; 0: none.
    memory : int, str or None, default None
        Memory budget in bytes, or a size like ``"512M"``, in addition to up to 150 MB for Python and its libraries.  It
        limits the sample: to a character for each 50 bytes (100 with ``"ngram-lm"``, 350 with a base).  If the text
        has a character for each 100 bytes, the search leaves out strings that occur fewer than 5 times.
    workers : int, default 1
        Threads, of which up to four have work; the result is the same for every number.
    progress : bool, default False
        Show a progress bar on stderr.

    Attributes
    ----------
    sizes : tuple of int
        The sizes in `vocab_size`; empty if `add_pieces` is given.
    sample : int
        Most characters that are learnt from, within the memory budget.

    Raises
    ------
    ValueError
        If an option is out of bounds, options exclude each other, or a size is too small.
    TypeError
        If a string is given where a list of strings is expected.

    Examples
    --------
    >>> texts = ["青石镇的早晨", "我到青石镇来", "青石镇下雨了"] * 3
    >>> builder = VocabularyBuilder(vocab_size=270, specials=["<pad>"])
    >>> builder
    VocabularyBuilder(vocab_size=270, unit='char', objective='shortest', algorithm='swap')
    >>> vocabulary = builder.build(texts)
    >>> len(vocabulary), vocabulary["青石镇的早晨"], vocabulary.meta.specials
    (269, 3, ('<pad>',))
    """

    def __init__(
        self,
        *,
        vocab_size: int | Sequence[int] | None = None,
        unit: str = "char",
        byte_fallback: bool = True,
        ensure_unicode: bool = True,
        beginnings: bool = True,
        objective: str = "shortest",
        algorithm: str = "swap",
        max_piece_length: int | None = None,
        isolate_digits: bool = False,
        required: Iterable[str] = (),
        specials: Iterable[str] = (),
        sample: int = 16_000_000,
        split_at: str = "",
        base: object = None,
        add_pieces: int | None = None,
        hold_out: int = 10,
        memory: int | str | None = None,
        workers: int = 1,
        progress: bool = False,
    ) -> None:
        self.unit = check_choice("unit", unit, UNITS)
        self.objective = check_choice("objective", objective, OBJECTIVES)
        self.algorithm = check_choice("algorithm", algorithm, ALGORITHMS)
        if not byte_fallback and algorithm == "ngram-lm":
            raise ValueError("algorithm='ngram-lm' needs the 256 bytes; use byte_fallback=False with algorithm='swap'.")
        if not byte_fallback and unit == "byte":
            raise ValueError("unit='byte' needs the 256 bytes; use byte_fallback=False with unit='char'.")
        self.byte_fallback, self.ensure_unicode = bool(byte_fallback), bool(ensure_unicode)
        self.beginnings, self.isolate_digits = bool(beginnings), bool(isolate_digits)
        any_bytes = unit == "byte" and not ensure_unicode
        if max_piece_length is None:
            max_piece_length = DEFAULT_MAX_BYTES if any_bytes else DEFAULT_MAX_CHARACTERS
        self.max_piece_length = check_integer("max_piece_length", max_piece_length, most=MAX_LENGTH)
        self.split_at = _check_split_at(split_at, any_bytes=any_bytes)
        self._rules = PieceRules(any_bytes, self.isolate_digits, self.max_piece_length, self.split_at)
        self.required, self.specials = check_names("required", required), check_names("specials", specials)
        if both := set(self.required) & set(self.specials):
            raise ValueError(f"specials and required both have {min(both)!r}; name it in one of them.")
        self.base, self.add_pieces = base, add_pieces
        self.hold_out = check_integer("hold_out", hold_out, least=0)
        if self.hold_out == 1:
            raise ValueError("hold_out must not be 1, which leaves no line to learn from; use 0 to learn from all.")
        self.sizes = self._check_base(vocab_size) if base is not None else self._check_sizes(vocab_size)
        self.memory = memory
        self._budget = check_memory(memory)
        self.sample = limit_sample(
            check_integer("sample", sample), self._budget, "extend" if base is not None else algorithm
        )
        self.workers = check_integer("workers", workers)
        self.progress = bool(progress)

    def _check_base(self, vocab_size: int | Sequence[int] | None) -> tuple[int, ...]:
        """Return the size of the extended vocabulary, if it is given, and refuse options that a base excludes."""
        for name, default in BASE_DEFAULTS.items():
            if getattr(self, name) != default:
                raise ValueError(f"{name} must not be given with base, which decides it; leave it out.")
        if (vocab_size is None) == (self.add_pieces is None):
            raise ValueError("base needs either add_pieces or vocab_size, the number of all ids.")
        if self.add_pieces is not None:
            check_integer("add_pieces", self.add_pieces)
            return ()
        return (check_integer("vocab_size", vocab_size),)

    def _check_sizes(self, vocab_size: int | Sequence[int] | None) -> tuple[int, ...]:
        if self.add_pieces is not None:
            raise ValueError("add_pieces needs base, the vocabulary of a model; without it, use vocab_size.")
        if vocab_size is None:
            vocab_size = DEFAULT_SIZE
        several = isinstance(vocab_size, (Sequence, np.ndarray)) and not isinstance(vocab_size, str)
        sizes: list[object] = [*vocab_size] if several else [vocab_size]  # type: ignore[misc]
        if not sizes:
            raise ValueError("vocab_size must have at least one size.")
        least = self._reserved_ids + len(self._required_pieces()) + 1
        checked = tuple(check_integer("vocab_size", size) for size in sizes)
        if min(checked) < least:
            raise ValueError(
                f"vocab_size {min(checked)} is too small: with the special tokens, "
                f"{'bytes ' if self.byte_fallback else ''}and required pieces it must be at least {least}."
            )
        return checked

    def __repr__(self) -> str:
        if self.base is not None:
            base = self.base if isinstance(self.base, str | os.PathLike) else type(self.base).__name__
            number = f"add_pieces={self.add_pieces}" if self.add_pieces is not None else f"vocab_size={self.sizes[0]}"
            return f"VocabularyBuilder(base={base!r}, {number})"
        size = self.sizes[0] if len(self.sizes) == 1 else list(self.sizes)
        options = ", ".join(f"{name}={getattr(self, name)!r}" for name in ("unit", "objective", "algorithm"))
        return f"VocabularyBuilder(vocab_size={size}, {options})"

    @property
    def _reserved_ids(self) -> int:
        """Number of ids that are not learnt: special tokens and bytes."""
        return len(self.specials) + BYTE_COUNT * self.byte_fallback

    def _required_pieces(self) -> list[str]:
        """Return the required pieces other than bytes."""
        return [piece for piece in self.required if not (self.byte_fallback and len(piece) == 1 and piece < "\x80")]

    def build(self, texts: Corpus | Iterable[str]) -> Lexicon:
        """Learn the vocabulary of a corpus.

        Parameters
        ----------
        texts : Corpus or iterable of str
            The corpus; read once.

        Returns
        -------
        Lexicon
            The pieces, with their counts in the best segmentation of the text (or the sample) that was learnt from.

        Raises
        ------
        CorpusError
            If the texts cannot be read or have nothing to learn from.
        ValueError
            If the texts have too few distinct strings for the size (the message says how many), or the builder has
            several sizes.
        """
        if len(self.sizes) > 1:
            raise ValueError("vocab_size has several sizes; use build_sizes() to learn all of them.")
        if self.base is not None:
            raise ValueError(BASE_HINT)
        return self.build_sizes(texts)[self.sizes[0]]

    def build_sizes(self, texts: Corpus | Iterable[str]) -> dict[int, Lexicon]:
        """Learn a vocabulary of each size from one reading of a corpus.

        Parameters
        ----------
        texts : Corpus or iterable of str
            The corpus; read once.

        Returns
        -------
        dict of int to Lexicon
            The vocabulary of each size, as `build` would give it.

        Raises
        ------
        CorpusError
            If the texts cannot be read or have nothing to learn from.
        ValueError
            If the texts have too few distinct strings for a size.
        """
        if self.base is not None:
            raise ValueError(BASE_HINT)
        as_bytes = self._rules.any_bytes or self.algorithm == "ngram-lm"
        begin_stage("reading text")
        text = read_text(texts, sample=self.sample, any_bytes=self._rules.any_bytes, as_bytes=as_bytes)
        require_text(text.symbols, texts)
        begin_stage("finding candidates")
        return self._build_by_ngrams(text) if self.algorithm == "ngram-lm" else self._build_by_search(text)

    def extend(self, texts: Corpus | Iterable[str]) -> ExtendedVocabulary:
        """Add to the base the pieces that save most tokens on a corpus.

        Needs the package ``tokenizers`` (the extra ``extend``).

        Parameters
        ----------
        texts : Corpus or iterable of str
            The corpus; read once.  Pieces are within lines, and within the words of the base's pre-tokenizer.

        Returns
        -------
        ExtendedVocabulary
            The new pieces, and how many tokens they save.

        Raises
        ------
        CorpusError
            If the texts cannot be read or have nothing to learn from.
        FormatError
            If the base is missing, damaged, or neither a Unigram model nor a byte-level BPE.
        ImportError
            If the package tokenizers is not installed.
        ValueError
            If the builder has no base, or the texts yield fewer pieces (the message says how many).
        """
        if self.base is None:
            raise ValueError("extend() needs base, the vocabulary that pieces are added to; without it, use build().")
        return extend_vocabulary(
            self.base,
            texts,
            self._count_added,
            self._rules,
            sample=self.sample,
            hold_out=self.hold_out,
            workers=self.workers,
            progress=self.progress,
        )

    def _count_added(self, base_size: int) -> int:
        """Return the number of pieces that are added to a base of some size."""
        if self.add_pieces is not None:
            return self.add_pieces
        if self.sizes[0] <= base_size:
            raise ValueError(f"vocab_size {self.sizes[0]} must be more than the {base_size} ids of the base.")
        return self.sizes[0] - base_size

    def _build_by_ngrams(self, text: Text) -> dict[int, Lexicon]:
        characters, any_bytes = text.symbols, self._rules.any_bytes
        if not any_bytes:  # bytes that begin a character
            starts = int(np.count_nonzero((text.codes[text.encoded] & 0xC0) != 0x80))
            characters = starts - int(np.count_nonzero(text.encoded == 0))
        specials = {name.encode() for name in self.specials}
        pieces = NgramPieces(
            text,
            whole=not any_bytes,
            max_bytes=self.max_piece_length * (1 if any_bytes else 4),
            accept=lambda piece: piece not in specials and self._rules.accept(piece),
            required=[piece.encode() for piece in self.required],
        )
        self._require_pieces(len(self.specials) + len(pieces.pieces))
        return {
            size: self._make_lexicon(pieces.select(size - len(self.specials)), text, characters)
            for size in self.sizes
        }

    def _require_pieces(self, most: int) -> None:
        if max(self.sizes) > most:
            raise ValueError(
                f"vocab_size {max(self.sizes)} is more than this text yields: give more text, or a size of at most "
                f"{most}."
            )

    def _build_by_search(self, text: Text) -> dict[int, Lexicon]:
        required = self._required_pieces()
        encoded = [self._rules.encode(piece) for piece in required]
        search = Search(
            text,
            min_count=find_min_count(text.symbols, self._budget),
            max_length=self.max_piece_length,
            fallback=self.byte_fallback,
            block=BLOCK_SYMBOLS,
            lonely=self._rules.find_isolated_symbols(text),
            wanted=encoded,
        )
        ids = search.locate(encoded)
        missing = [piece for piece, id_ in zip(required, ids, strict=True) if id_ is None]
        reserved = self._reserved_ids + len(missing)
        usable = mark_usable(search, self._rules, beginnings=self.beginnings, excluded=self.specials)
        fixed = np.zeros_like(usable)
        fixed[[id_ for id_ in ids if id_ is not None]] = True
        prices = BIT_PRICES if self.objective == "unigram" else TOKEN_PRICES
        begin_stage("choosing pieces")
        passes = len(self.sizes) * SwapSearch.PASSES
        with progress_bar(self.progress, "choosing pieces", total=passes, unit=" passes") as advance:
            swap = SwapSearch(search, usable, fixed, prices=prices, workers=self.workers, advance=advance)
            self._require_pieces(reserved + swap.most)
            vocabularies = {}
            for size in self.sizes:
                swap.run(size - reserved)
                pieces = collect_pieces(search, missing, byte_fallback=self.byte_fallback)
                vocabularies[size] = self._make_lexicon(pieces, text, text.symbols)
        return vocabularies

    def _make_lexicon(self, pieces: dict[bytes, int], text: Text, characters: int) -> Lexicon:
        size = sum(len(piece) * count for piece, count in pieces.items())
        counts = list(pieces.values())
        tokens = sum(counts)
        frequency = text.counts()[1:]
        meta = LexiconMeta(
            method="vocabulary",
            unit=self.unit,
            byte_fallback=self.byte_fallback,
            objective=self.objective,
            algorithm=self.algorithm,
            specials=self.specials,
            max_piece_length=self.max_piece_length,
            alnum="split",
            boundaries=False,
            characters=characters,
            tokens=tokens,
            bytes_per_token=size / tokens,
            entropy_before=_information(frequency, characters),
            entropy_after=_information(counts, characters),
        )
        words = [piece.decode("utf-8", "surrogateescape") for piece in pieces]
        return Lexicon(words, counts, meta=meta)


def _check_split_at(split_at: str, *, any_bytes: bool) -> str:
    if not isinstance(split_at, str):
        raise TypeError(f"split_at must be a string of characters, or {PUNCTUATION!r}, not {split_at!r}.")
    if split_at and any_bytes:
        raise ValueError("split_at needs pieces of whole characters; leave out ensure_unicode=False.")
    return split_at


def _information(counts: npt.ArrayLike, characters: int) -> float:
    """Return the information of all tokens divided by the number of characters, in nats."""
    used = np.asarray(counts, np.float64)
    used = used[used > 0]
    return float(0.0 - (used * log(used / used.sum())).sum()) / characters  # 0.0 -: one word has 0, not -0
