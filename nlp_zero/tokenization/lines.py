"""Batches of texts as lines of tokens, without a Python object for each token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import AnyStr

from .._kernels.tokenization import LineCutter
from .._utils.tables import name_bytes
from .._utils.threads import in_order
from ..corpus import Block
from .tokenizer import Tokenizer

__all__ = ["TokenLines"]

Batch = str | list[str] | Block  # lines, texts, or lines of UTF-8

LARGE_BATCH = 1 << 18  # characters; from here on a thread of its own is worth its price
CHARACTER_BYTES = 3  # of most characters
MOST_CHARACTERS = 1 << 19  # times draws, of one call of the kernel, which cannot be interrupted


class TokenLines:
    r"""Lines of tokens in UTF-8, as ``separator.join(tokenizer.tokenize(text)) + "\n"`` would give them.

    Tokens that are line ends are left out.  With byte fallback, parts of characters are written as ``<0xE6>``; a lone
    surrogate is written like any character.

    Parameters
    ----------
    tokenizer : Tokenizer
    separator : str, default " "
        Between tokens.
    workers : int, default 1
        Threads; the result is the same for every number.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> lines = TokenLines(Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])), "|", workers=2)
    >>> [line.decode() for line in lines.cut(["早晨喝茶\n喝茶吧\n", ["早晨"]])]
    ['早晨|喝茶\n喝茶|吧\n', '早晨\n']
    """

    def __init__(self, tokenizer: Tokenizer, separator: str = " ", *, workers: int = 1) -> None:
        segmenter, names = tokenizer._kernel, None
        if tokenizer.byte_fallback:
            names = [_encode(name_bytes(word)) for word in segmenter.words]
            separator = name_bytes(separator)
        self._kernel = LineCutter(segmenter, _encode(separator), names)
        self._workers = workers

    def cut(self, batches: Iterable[Batch]) -> Iterator[bytes]:
        """Cut texts by the best segmentation.

        Parameters
        ----------
        batches : iterable of (str, list of str or Block)
            Each line of a str or of a block of bytes is a text, and so is each item of a list; threads decode blocks.

        Yields
        ------
        bytes
            The lines of each batch, of a large batch in several parts.  With several workers, a large batch is cut
            while the next one is read.

        Raises
        ------
        CorpusError
            If a block is not valid UTF-8.
        """
        pieces = _divide(batches, MOST_CHARACTERS)
        return in_order(pieces, self._cut, self._workers, spare=self._workers, at_once=_is_small)

    def sample(
        self, batches: Iterable[Batch], *, alpha: float, seed: int, k: int | None = None, start: int = 0
    ) -> Iterator[bytes]:
        """Draw segmentations of texts, as `Tokenizer.sample_batch` does.

        Parameters
        ----------
        batches : iterable of (str, list of str or Block)
            See `cut`.
        alpha : float
        seed : int
        k : int, optional
            See `Tokenizer.sample_batch`.
        start : int, default 0
            Number of the first text; each text has its own random stream.

        Yields
        ------
        bytes
            See `cut`.
        """
        draw = partial(self._draw, alpha, seed, k or 0)
        pieces = _number(_divide(batches, max(1, MOST_CHARACTERS // (k or 1))), start)
        return in_order(
            pieces, draw, self._workers, spare=self._workers, at_once=lambda item: _is_small(item[1], k or 1)
        )

    def _cut(self, texts: Batch) -> bytes:
        with _locate_errors(texts):
            lines: bytes = self._kernel.cut(_data(texts))
            return lines

    def _draw(self, alpha: float, seed: int, draws: int, item: tuple[int, Batch]) -> bytes:
        start, texts = item
        with _locate_errors(texts):
            lines: bytes = self._kernel.sample(_data(texts), alpha, seed, start, draws)
            return lines


def _data(texts: Batch) -> str | bytes | list[str]:
    return texts.data if isinstance(texts, Block) else texts


@contextmanager
def _locate_errors(texts: Batch) -> Iterator[None]:
    """Name the file and the byte of a block that is not valid UTF-8."""
    try:
        yield
    except UnicodeDecodeError as error:
        if not isinstance(texts, Block):
            raise
        raise texts.locate_error(error) from error


def _divide(batches: Iterable[Batch], most: int) -> Iterator[Batch]:
    """Divide batches of more than `most` characters, between texts."""
    for texts in batches:
        if _size(texts) <= most:
            yield texts
        elif isinstance(texts, list):
            yield from _divide_list(texts, most)
        elif isinstance(texts, Block) and isinstance(texts.data, bytes):
            for begin, end in _divide_lines(texts.data, b"\n", most * CHARACTER_BYTES):
                yield Block(texts.data[begin:end], texts.source, texts.offset + begin)
        else:
            text = str(_data(texts))
            yield from (text[begin:end] for begin, end in _divide_lines(text, "\n", most))


def _divide_lines(text: AnyStr, feed: AnyStr, most: int) -> Iterator[tuple[int, int]]:
    """Yield the beginnings and ends of parts of a text that end with a line."""
    begin = 0
    while begin < len(text):
        end = text.rfind(feed, begin, begin + most) + 1 or text.find(feed, begin) + 1 or len(text)
        yield begin, end
        begin = end


def _divide_list(texts: list[str], most: int) -> Iterator[list[str]]:
    begin = size = 0
    for end, text in enumerate(texts):
        if size + len(text) > most and end > begin:
            yield texts[begin:end]
            begin, size = end, 0
        size += len(text)
    yield texts[begin:]


def _number(batches: Iterable[Batch], start: int) -> Iterator[tuple[int, Batch]]:
    """Yield the number of the first text of each batch, and the batch."""
    for texts in batches:
        yield start, texts
        data = _data(texts)
        if isinstance(data, list):
            start += len(data)
        elif isinstance(data, bytes):
            start += data.count(b"\n") + (not data.endswith(b"\n") and data != b"")
        else:
            start += data.count("\n") + (data[-1:] not in ("", "\n"))


def _size(texts: Batch) -> int:
    """Return the number of characters, of bytes about that."""
    data = _data(texts)
    if isinstance(data, bytes):
        return -(-len(data) // CHARACTER_BYTES)
    return len(data) if isinstance(data, str) else sum(map(len, data))


def _is_small(texts: Batch, draws: int = 1) -> bool:
    return _size(texts) * draws < LARGE_BATCH


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
