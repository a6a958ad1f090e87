"""Batches of texts as lines of tokens, without a Python object for each token."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from .._kernels.tokenization import LineCutter
from .._utils.tables import name_bytes
from .._utils.threads import in_order
from .tokenizer import Tokenizer

__all__ = ["TokenLines"]

LARGE_BATCH = 1 << 18  # characters; from here on a thread of its own is worth its price
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

    def cut(self, batches: Iterable[str | list[str]]) -> Iterator[bytes]:
        """Cut texts by the best segmentation.

        Parameters
        ----------
        batches : iterable of (str or list of str)
            Each line of a str is a text, and so is each item of a list.

        Yields
        ------
        bytes
            The lines of each batch, of a large batch in several parts.  With several workers, a large batch is cut
            while the next one is read.
        """
        pieces = _divide(batches, MOST_CHARACTERS)
        return in_order(pieces, self._kernel.cut, self._workers, at_once=_is_small)

    def sample(
        self, batches: Iterable[str | list[str]], *, alpha: float, seed: int, k: int | None = None, start: int = 0
    ) -> Iterator[bytes]:
        """Draw segmentations of texts, as `Tokenizer.sample_batch` does.

        Parameters
        ----------
        batches : iterable of (str or list of str)
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
        return in_order(pieces, draw, self._workers, at_once=lambda item: _is_small(item[1], k or 1))

    def _draw(self, alpha: float, seed: int, draws: int, item: tuple[int, str | list[str]]) -> bytes:
        start, texts = item
        lines: bytes = self._kernel.sample(texts, alpha, seed, start, draws)
        return lines


def _divide(batches: Iterable[str | list[str]], most: int) -> Iterator[str | list[str]]:
    """Divide batches of more than `most` characters, between texts."""
    for texts in batches:
        if _size(texts) <= most:
            yield texts
        elif isinstance(texts, str):
            begin = 0
            while begin < len(texts):
                end = texts.rfind("\n", begin, begin + most) + 1 or texts.find("\n", begin) + 1 or len(texts)
                yield texts[begin:end]
                begin = end
        else:
            yield from _divide_list(texts, most)


def _divide_list(texts: list[str], most: int) -> Iterator[list[str]]:
    begin = size = 0
    for end, text in enumerate(texts):
        if size + len(text) > most and end > begin:
            yield texts[begin:end]
            begin, size = end, 0
        size += len(text)
    yield texts[begin:]


def _number(batches: Iterable[str | list[str]], start: int) -> Iterator[tuple[int, str | list[str]]]:
    """Yield the number of the first text of each batch, and the batch."""
    for texts in batches:
        yield start, texts
        if isinstance(texts, str):
            start += texts.count("\n") + (texts[-1:] not in ("", "\n"))
        else:
            start += len(texts)


def _size(texts: str | list[str]) -> int:
    return len(texts) if isinstance(texts, str) else sum(map(len, texts))


def _is_small(texts: str | list[str], draws: int = 1) -> bool:
    return _size(texts) * draws < LARGE_BATCH


def _encode(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
