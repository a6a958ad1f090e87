"""Vocabularies for language models: a fixed number of pieces that carry the most text per token."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._kernels.vocabulary import MAX_LENGTH, Search, Text
from ..._utils.validation import check_integer
from ...corpus.corpus import Block, Corpus, blocks_of, require_text
from ...lexicon.lexicon import Lexicon
from ...lexicon.meta import LexiconMeta
from .pieces import NgramPieces
from .swap import BLOCK, Swap

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["VocabularyBuilder"]

LONGEST = {"char": 16, "byte": 48}  # longest piece in symbols, unless told
SLICE = 1 << 14  # bytes of whole lines that a spread sample takes at a time, at most
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
    beginnings
        Let the first bytes of characters be pieces: rare characters cost two tokens in place of three.  SentencePiece
        files cannot hold such pieces.
    objective
        ``"shortest"``: the segmentation with the fewest tokens counts, ties go to the most probable.  ``"unigram"``:
        the most probable segmentation counts, and the vocabulary is the one that needs the fewest bits.
    algorithm
        ``"swap"``: the search.  ``"ngram-lm"``: BytePiece's method, which cuts the text by a model of 6 bytes, counts
        the pieces and keeps the most frequent; texts need about a tenth more tokens then.
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
    >>> len(vocabulary), vocabulary["青石镇的早晨"], vocabulary.meta.specials
    (269, 3, ('<pad>',))
    """

    def __init__(
        self,
        *,
        vocab_size: int | Sequence[int] = 20_000,
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
        progress: bool = False,
    ) -> None:
        if unit not in LONGEST:
            raise ValueError(f"unit must be 'char' or 'byte', not {unit!r}.")
        if objective not in ("shortest", "unigram"):
            raise ValueError(f"objective must be 'shortest' or 'unigram', not {objective!r}.")
        if algorithm not in ("swap", "ngram-lm"):
            raise ValueError(f"algorithm must be 'swap' or 'ngram-lm', not {algorithm!r}.")
        if algorithm == "ngram-lm" and not byte_fallback:
            raise ValueError("the algorithm ngram-lm is one of bytes; byte_fallback=False goes with algorithm='swap'.")
        if unit == "byte" and not byte_fallback:
            raise ValueError("byte units always hold the 256 bytes; byte_fallback=False goes with unit='char'.")
        self.unit, self.objective, self.algorithm = unit, objective, algorithm
        self.byte_fallback, self.ensure_unicode = bool(byte_fallback), bool(ensure_unicode)
        self.beginnings = bool(beginnings)
        self.any_bytes = unit == "byte" and not ensure_unicode
        if max_piece_length is None:
            max_piece_length = LONGEST["byte" if self.any_bytes else "char"]
        self.max_piece_length = check_integer("max_piece_length", max_piece_length)
        if self.max_piece_length > MAX_LENGTH:
            raise ValueError(f"max_piece_length must be at most {MAX_LENGTH}, not {max_piece_length}.")
        self.isolate_digits = bool(isolate_digits)
        self.required, self.specials = _names("required", required), _names("specials", specials)
        if both := set(self.required) & set(self.specials):
            raise ValueError(f"{min(both)!r} cannot be both a special and a required piece.")
        self.several = not isinstance(vocab_size, int)
        sizes = [vocab_size] if isinstance(vocab_size, int) else list(vocab_size)
        self.sizes = [check_integer("vocab_size", size) for size in sizes]
        if not self.sizes:
            raise ValueError("vocab_size needs at least one size.")
        least = self._own + len(self._pieces_required())
        if min(self.sizes) <= least:
            raise ValueError(
                f"vocab_size {min(self.sizes)} is too small: specials, {'bytes, ' if self.byte_fallback else ''}and "
                f"required pieces alone are {least}; ask for more."
            )
        self.sample = check_integer("sample", sample)
        self.progress = bool(progress)

    @property
    def _own(self) -> int:
        """Ids that are not learnt: specials and bytes."""
        return len(self.specials) + BYTES * self.byte_fallback

    def _pieces_required(self) -> list[str]:
        """The required pieces that are no bytes."""
        return [piece for piece in self.required if not (self.byte_fallback and len(piece) == 1 and piece < "\x80")]

    def build(self, texts: Corpus | Iterable[str]) -> Lexicon | dict[int, Lexicon]:
        """Learn the vocabulary of `texts`, which are read once; a dictionary by size when `vocab_size` is a list.

        The counts are those of the pieces in the text (or the sample) that was learnt on, cut with the vocabulary.

        Raises
        ------
        CorpusError
            When the texts cannot be read or hold nothing to learn from.
        ValueError
            When the texts hold too few different strings for the size; says how many there are.
        """
        text = self._read(texts)
        require_text(text.symbols, texts)
        vocabularies = self._by_ngrams(text) if self.algorithm == "ngram-lm" else self._by_search(text)
        return vocabularies if self.several else vocabularies[self.sizes[0]]

    def _by_ngrams(self, text: Text) -> dict[int, Lexicon]:
        characters = text.symbols
        if not self.any_bytes:
            characters = int(np.count_nonzero((text.codes[text.encoded] & 0xC0) != 0x80)) - int(
                np.count_nonzero(text.encoded == 0)
            )
        specials = {name.encode() for name in self.specials}
        pieces = NgramPieces(
            text,
            whole=not self.any_bytes,
            longest=self.max_piece_length * (1 if self.any_bytes else 4),
            refused=lambda piece: piece in specials or not self._fits(piece),
            required=[piece.encode() for piece in self.required],
        )
        most = len(self.specials) + len(pieces.pieces)
        self._check_most(most)
        return {
            size: self._lexicon(pieces.cut(size - len(self.specials)), text, characters) for size in self.sizes
        }

    def _fits(self, piece: bytes) -> bool:
        """Whether a piece that an n-gram model found may be one."""
        if self.any_bytes:
            return not (self.isolate_digits and len(piece) > 1 and any(0x30 <= byte < 0x3A for byte in piece))
        try:
            string = piece.decode()
        except UnicodeDecodeError:
            return False
        if len(string) > self.max_piece_length:
            return False
        return not (self.isolate_digits and len(string) > 1 and any(map(str.isdecimal, string)))

    def _check_most(self, most: int) -> None:
        if max(self.sizes) > most:
            raise ValueError(
                f"vocab_size {max(self.sizes)} is more than this text yields: give more text, or ask for at most "
                f"{most}."
            )

    def _by_search(self, text: Text) -> dict[int, Lexicon]:
        required = self._pieces_required()
        search = Search(
            text,
            min_count=max(2, text.symbols // PLENTY + 1),
            max_length=self.max_piece_length,
            fallback=self.byte_fallback,
            block=BLOCK,
            lonely=self._lonely(text),
            wanted=[self._codes(piece) for piece in required],
        )
        ids = search.locate([self._codes(piece) for piece in required])
        missing = [piece for piece, id_ in zip(required, ids, strict=True) if id_ is None]
        own = self._own + len(missing)  # what the search has no say in
        with self._bar(len(self.sizes) * Swap.passes) as tick:
            swap = Swap(search, *self._choice(search, [id_ for id_ in ids if id_ is not None]), tick=tick)
            if self.objective == "unigram":
                swap.price = (0.0, 1.0)
            self._check_most(own + swap.most)
            vocabularies = {}
            for size in self.sizes:
                swap.run(size - own)
                vocabularies[size] = self._lexicon(self._pieces(search, missing), text, text.symbols)
        return vocabularies

    def _read(self, texts: Corpus | Iterable[str]) -> Text:
        in_bytes = self.any_bytes or self.algorithm == "ngram-lm"
        text = Text(bytes=in_bytes)
        for block in _spread(blocks_of(texts, unit="byte"), self.sample, bytes_=self.any_bytes):
            data = block.data if isinstance(block.data, bytes) else block.data.encode("utf-8", "surrogatepass")
            added = text.add(np.frombuffer(data, np.uint8), surrogates=isinstance(block.data, str))
            if not added or (in_bytes and not self.any_bytes):
                _check_utf8(block)
        return text

    def _codes(self, piece: str) -> list[int]:
        return list(piece.encode()) if self.any_bytes else list(map(ord, piece))

    def _lonely(self, text: Text) -> list[int]:
        """Symbols that join no others: lone surrogates (which are spelled in bytes) and, if asked for, digits."""
        return [
            symbol
            for symbol, code in enumerate(text.codes.tolist())
            if (not self.any_bytes and 0xD800 <= code < 0xE000) or (self.isolate_digits and chr(code).isdecimal())
        ]

    def _choice(self, search: Search, required: list[int]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        """Which pieces may be chosen, and which must be."""
        usable = np.ones(len(search.present), np.bool_)
        symbols, codes = slice(search.first_symbol, search.first_prefix), search.text.codes
        usable[symbols] = ~search.is_byte()
        usable[search.first_symbol] = False  # the line end
        usable[search.first_prefix :] = self.beginnings
        if not self.any_bytes:
            usable[symbols] &= (codes < 0xD800) | (codes >= 0xE000)
        for id_ in search.locate([self._codes(name) for name in self.specials]):
            if id_ is not None:
                usable[id_] = False
        fixed = np.zeros_like(usable)
        fixed[required] = True
        return usable, fixed

    def _pieces(self, search: Search, missing: list[str]) -> dict[bytes, int]:
        """The present pieces with their counts, and the bytes."""
        uses = search.uses
        pieces = {search.spell(id_): int(uses[id_]) for id_ in np.flatnonzero(search.present).tolist()}
        pieces.update((piece.encode(), 0) for piece in missing)
        if self.byte_fallback:
            for byte, count in enumerate(search.byte_uses.tolist()):
                pieces[bytes([byte])] = count
            codes = search.text.codes
            for symbol in np.flatnonzero(search.is_byte()).tolist()[1 if search.is_byte()[0] else 0 :]:
                pieces[bytes([codes[symbol]])] = int(uses[search.first_symbol + symbol])
        return pieces

    def _lexicon(self, pieces: dict[bytes, int], text: Text, characters: int) -> Lexicon:
        size = sum(len(piece) * count for piece, count in pieces.items())
        counts = list(pieces.values())
        tokens = sum(counts)
        frequency = np.bincount(text.encoded)[1:]
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

    @contextmanager
    def _bar(self, passes: int) -> Iterator[Callable[[], object]]:
        if not self.progress:
            yield lambda: None
            return
        from tqdm import tqdm  # type: ignore[import-untyped, unused-ignore]

        with tqdm(total=passes, unit=" passes", desc="choosing pieces", leave=False) as bar:
            yield bar.update


def _check_utf8(block: Block) -> None:
    if isinstance(block.data, bytes):
        try:
            block.data.decode()
        except UnicodeDecodeError as error:
            raise block.located(error) from None


def _information(counts: npt.ArrayLike, characters: int) -> float:
    """Average information per character in nats: that of the tokens, divided among the characters."""
    used = np.asarray(counts, np.float64)
    used = used[used > 0]
    return float(-(used * np.log(used / used.sum())).sum() / characters)


def _names(option: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        raise TypeError(f"{option} must be a list of strings, not one string.")
    found = tuple(names)
    for name in found:
        if not isinstance(name, str) or not name or "\n" in name:
            raise ValueError(f"{option} must be strings without line ends, not empty ones; {name!r} is not.")
        if any("\ud800" <= c <= "\udfff" for c in name):
            raise ValueError(f"{option} must be whole characters; {name!r} is not.")
    if len(set(found)) != len(found):
        twice = next(name for k, name in enumerate(found) if name in found[:k])
        raise ValueError(f"{option} has {twice!r} twice; name it once.")
    return found


def _spread(blocks: Iterable[Block], most: int, *, bytes_: bool) -> Iterator[Block]:
    """All blocks or, where they have more than `most` symbols, slices of whole lines spread evenly over them.

    Every slice is kept until there are twice as many symbols as wanted; then every second slice goes, and from there
    on every second, fourth, ... slice is kept.  So one pass and bounded memory suffice, however much text comes.
    """
    kept: list[tuple[Block, int]] = []
    held, stride = 0, 1
    for number, block in enumerate(_slices(blocks, max(256, min(SLICE, most // 64)))):
        if number % stride:
            continue
        kept.append((block, _symbols(block.data, bytes_)))
        held += kept[-1][1]
        while held > 2 * most and len(kept) > 1:
            kept, stride = kept[::2], 2 * stride
            held = sum(size for _, size in kept)
    share, due = min(1.0, most / max(held, 1)), 0.0
    for block, size in kept:
        due += share * size
        if due > 0:
            due -= size
            yield block


def _slices(blocks: Iterable[Block], size: int) -> Iterator[Block]:
    """Whole lines of at least `size` bytes (or characters)."""
    for block in blocks:
        data, begin = block.data, 0
        newline: Any = b"\n" if isinstance(data, bytes) else "\n"
        while begin < len(data):
            end = data.find(newline, begin + size) + 1 or len(data)
            yield Block(data[begin:end], block.source, block.offset + (begin if isinstance(data, bytes) else 0))
            begin = end


def _symbols(data: bytes | str, bytes_: bool) -> int:
    if isinstance(data, str):
        return len(data.encode("utf-8", "surrogatepass")) if bytes_ else len(data)
    if bytes_:
        return len(data)
    return int(np.count_nonzero(np.frombuffer(data, np.int8) >= -64))  # bytes that begin a character
