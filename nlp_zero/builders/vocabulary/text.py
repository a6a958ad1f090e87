"""The text to learn from: all of a corpus, or lines that are spread evenly over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from ..._kernels.vocabulary import Text
from ...corpus import Block, Corpus, read_blocks

__all__ = ["find_min_count", "limit_sample", "read_lines", "read_text", "sample_blocks"]

SAMPLED_BYTES = 1 << 14  # bytes of whole lines that a sample takes at one place, at most
LEAST_SAMPLED_BYTES = 256
SYMBOLS_PER_COUNT = 1 << 21  # a candidate must occur once more for each time that the text has this many symbols
SYMBOL_BYTES = {"swap": 50, "ngram-lm": 100, "extend": 350}  # memory for each symbol that is learnt from, at most
RARE_CANDIDATE_BYTES = 100  # the same for each symbol if candidates of the search need to occur only twice
MIN_COUNT_IN_BUDGET = 5  # of candidates in a text for which a budget has fewer bytes than that


def read_text(texts: Corpus | Iterable[str], *, sample: int, any_bytes: bool, as_bytes: bool) -> Text:
    """Read a corpus, or a sample of it.

    Parameters
    ----------
    texts : Corpus or iterable of str
        The corpus; read once.
    sample : int
        Most symbols (about).
    any_bytes : bool
        Whether the corpus may be any bytes; otherwise it must be UTF-8.
    as_bytes : bool
        Whether the symbols of the text are bytes; otherwise they are characters.

    Returns
    -------
    Text
        Lines of symbols.

    Raises
    ------
    CorpusError
        If the corpus must be UTF-8 and is not; the message names the place.
    """
    text = Text(bytes=as_bytes)
    for block in _read_sample(texts, sample, any_bytes=any_bytes):
        data = block.data if isinstance(block.data, bytes) else block.data.encode("utf-8", "surrogatepass")
        added = text.add(np.frombuffer(data, np.uint8), surrogates=isinstance(block.data, str))
        if not added or (as_bytes and not any_bytes):
            _check_utf8(block)
    return text


def read_lines(texts: Corpus | Iterable[str], sample: int) -> list[str]:
    """Read the lines of a corpus, or of a sample of it; lone surrogates become question marks.

    Raises
    ------
    CorpusError
        If the corpus is not UTF-8; the message names the place.
    """
    lines: list[str] = []
    for block in _read_sample(texts, sample, any_bytes=False):
        _check_utf8(block)
        data = block.data if isinstance(block.data, bytes) else block.data.encode("utf-8", "replace")
        lines += data.decode().replace("\r\n", "\n").split("\n")
    return lines


def limit_sample(sample: int, budget: int | None, algorithm: str) -> int:
    """Return the most symbols that are learnt from within a memory budget in bytes; None is no limit.

    Examples
    --------
    >>> limit_sample(16_000_000, None, "swap"), limit_sample(16_000_000, 1 << 28, "swap")
    (16000000, 5368709)
    """
    return sample if budget is None else max(1, min(sample, budget // SYMBOL_BYTES[algorithm]))


def find_min_count(symbols: int, budget: int | None = None) -> int:
    """Return how often a candidate must occur in a text of this many symbols.

    If the candidates that occur twice do not fit into the budget, more text is worth more than rare candidates.
    """
    tight = budget is not None and symbols * RARE_CANDIDATE_BYTES > budget
    return max(MIN_COUNT_IN_BUDGET if tight else 2, symbols // SYMBOLS_PER_COUNT + 1)


def _check_utf8(block: Block) -> None:
    if isinstance(block.data, bytes):
        try:
            block.data.decode()
        except UnicodeDecodeError as error:
            raise block.locate_error(error) from None


def _read_sample(texts: Corpus | Iterable[str], most: int, *, any_bytes: bool) -> Iterator[Block]:
    """Yield all blocks of a corpus, or pieces that are spread evenly over it."""
    if isinstance(texts, Corpus) and texts.is_remote:
        symbols = sum(texts.map_parts(_count_part, any_bytes))
        size = max(LEAST_SAMPLED_BYTES, min(SAMPLED_BYTES, most // 64))
        share = min(1.0, most / max(symbols, 1))
        return chain.from_iterable(texts.map_parts(_sample_part, share, size, any_bytes))
    return sample_blocks(read_blocks(texts, unit="byte"), most, any_bytes=any_bytes)


def _count_part(part: Corpus, any_bytes: bool) -> int:
    return sum(_count_symbols(block.data, any_bytes) for block in part.blocks("byte"))


def _sample_part(part: Corpus, share: float, size: int, any_bytes: bool) -> Iterator[Block]:
    """Yield pieces of whole lines that have a share of the symbols of a part, or all of its blocks."""
    if share == 1:
        yield from part.blocks("byte")
        return
    due = 0.0
    for block in _split_blocks(part.blocks("byte"), size):
        count = _count_symbols(block.data, any_bytes)
        due += share * count
        if due > 0:
            due -= count
            yield block


def sample_blocks(blocks: Iterable[Block], most: int, *, any_bytes: bool) -> Iterator[Block]:
    """Yield all blocks, or pieces of whole lines spread evenly over them if they have more than `most` symbols.

    Every piece is kept until there are twice as many symbols as wanted.  Then every second piece is dropped, and from
    there on only every second, fourth, ... piece is kept.  So one pass and bounded memory suffice for a corpus of any
    size.
    """
    kept: list[tuple[Block, int]] = []
    symbols, stride = 0, 1
    size = max(LEAST_SAMPLED_BYTES, min(SAMPLED_BYTES, most // 64))
    for number, block in enumerate(_split_blocks(blocks, size)):
        if number % stride:
            continue
        kept.append((block, _count_symbols(block.data, any_bytes)))
        symbols += kept[-1][1]
        while symbols > 2 * most and len(kept) > 1:
            kept, stride = kept[::2], 2 * stride
            symbols = sum(count for _, count in kept)
    share, due = min(1.0, most / max(symbols, 1)), 0.0
    for block, count in kept:
        due += share * count
        if due > 0:
            due -= count
            yield block


def _split_blocks(blocks: Iterable[Block], size: int) -> Iterator[Block]:
    """Yield pieces of whole lines, each of at least `size` bytes (or characters) unless its block ends."""
    for block in blocks:
        data, begin = block.data, 0
        newline: Any = b"\n" if isinstance(data, bytes) else "\n"
        while begin < len(data):
            end = data.find(newline, begin + size) + 1 or len(data)
            yield Block(data[begin:end], block.source, block.offset + (begin if isinstance(data, bytes) else 0))
            begin = end


def _count_symbols(data: bytes | str, any_bytes: bool) -> int:
    if isinstance(data, str):
        return len(data.encode("utf-8", "surrogatepass")) if any_bytes else len(data)
    if any_bytes:
        return len(data)
    return int(np.count_nonzero(np.frombuffer(data, np.int8) >= -64))  # bytes that begin a character
