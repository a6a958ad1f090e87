"""From words and texts to a concordance."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._utils.validation import check_choice, check_folder, check_integer
from ..corpus import Corpus, read_text_batches
from .parts import PartStream
from .result import Concordance
from .stream import OccurrenceStream, SearchOptions

if TYPE_CHECKING:
    from ..tokenization import Tokenizer

__all__ = ["MAX_WIDTH", "ORDERS", "ConcordanceBuilder"]

ORDERS = ("position", "left", "right")
MAX_WIDTH = 1 << 16
MAX_SEED = (1 << 64) - 1


class ConcordanceBuilder:
    """A search for words in texts, which gives each occurrence with the text on both sides (keyword in context).

    Every occurrence is found, also those that overlap, as `NgramCounts` counts them.  An occurrence never crosses a
    line end, and neither does its context.  The same arguments give the same result, whatever the size of the blocks
    that are read.

    Parameters
    ----------
    words : iterable of str
        What is searched for.
    width : int, default 40
        Columns of text on each side; a full-width character takes two.  There are never more characters than columns.
    limit : int, optional
        At most this many occurrences of each word; by default all.  Reading ends when no word needs more.
    sample : bool, default False
        Whether the `limit` occurrences of a word are drawn at random from all of them, each with the same
        probability, instead of being the first ones.
    seed : int, default 0
        The seed of the random sample.  The sample of a word does not depend on the other words.
    sort : {"position", "left", "right"}
        The order of the occurrences that are kept: that of the text, or that of the text to the left (read from the
        word outwards) or to the right of the word, by code points.
    tokenizer : Tokenizer, optional
        If given, only occurrences are found that are tokens of their line.
    temp_dir : str or path-like, optional
        Where more than 200,000 occurrences are sorted; by default the folder for temporary files of the system.

    Attributes
    ----------
    words : tuple of str
        The words, each once.
    width : int
    limit : int or None
    sample : bool
    seed : int
    sort : str
    tokenizer : Tokenizer or None
    temp_dir : str or None

    Raises
    ------
    ValueError
        If there is no word, a word is empty or has a line end in it, or an option is not valid.
    TypeError
        If `words` is a single string, or a word is not a str.

    Examples
    --------
    >>> texts = ["却说曹操引大军", "曹操大惊", "玄德问曹操何在"]
    >>> concordance = ConcordanceBuilder(["曹操"], width=8).build(texts)
    >>> concordance
    <Concordance of 3 occurrences of 曹操>
    >>> print(concordance)
      却说  曹操  引大军  <texts>:1
            曹操  大惊    <texts>:2
    玄德问  曹操  何在    <texts>:3
    >>> concordance[1]
    Occurrence(left='', word='曹操', right='大惊', source='<texts>', line=2)
    """

    def __init__(
        self,
        words: Iterable[str],
        *,
        width: int = 40,
        limit: int | None = None,
        sample: bool = False,
        seed: int = 0,
        sort: str = "position",
        tokenizer: Tokenizer | None = None,
        temp_dir: str | os.PathLike[str] | None = None,
    ) -> None:
        self.words = _check_words(words)
        self.width = check_integer("width", width, least=0, most=MAX_WIDTH)
        self.limit = None if limit is None else check_integer("limit", limit)
        if sample and limit is None:
            raise ValueError("sample draws a number of occurrences of each word; give the number as limit.")
        self.sample = bool(sample)
        self.seed = check_integer("seed", seed, least=0, most=MAX_SEED)
        self.sort = check_choice("sort", sort, ORDERS)
        self.tokenizer = tokenizer
        self.temp_dir = check_folder("temp_dir", temp_dir)

    def __repr__(self) -> str:
        options = ("width", "limit", "sample", "sort")
        return f"ConcordanceBuilder({list(self.words)}, {', '.join(f'{x}={getattr(self, x)!r}' for x in options)})"

    def build(self, texts: Corpus | Iterable[str]) -> Concordance:
        """Return all occurrences that are kept, in memory.

        Parameters
        ----------
        texts : Corpus or iterable of str
            Read once.

        Returns
        -------
        Concordance

        Raises
        ------
        CorpusError
            If a corpus cannot be read.
        TypeError
            If `texts` is a single string, or a text is not a str.
        """
        stream = self.iterate(texts)
        occurrences = tuple(stream)
        return Concordance(occurrences, stream.totals)

    def iterate(self, texts: Corpus | Iterable[str]) -> OccurrenceStream:
        """Return the occurrences one after another, for results of any size.

        Parameters
        ----------
        texts : Corpus or iterable of str
            Read once, while the occurrences are iterated over.

        Returns
        -------
        OccurrenceStream
            An iterator of `Occurrence`.

        Raises
        ------
        CorpusError
            At once if a file is missing, while reading if it cannot be read.
        TypeError
            If `texts` is a single string, or a text is not a str.
        """
        options = SearchOptions(
            self.words, self.width, self.limit, self.sample, self.seed, self.sort, self.tokenizer, self.temp_dir
        )
        if isinstance(texts, Corpus) and texts.is_remote:
            return PartStream(options, texts)
        return OccurrenceStream(options, read_text_batches(texts))


def _check_words(words: Iterable[str]) -> tuple[str, ...]:
    if isinstance(words, str | bytes):
        raise TypeError("words must be a list of words, not a single one; write [word].")
    found = tuple(dict.fromkeys(words))
    if not found:
        raise ValueError("words must hold at least one word.")
    for word in found:
        if not isinstance(word, str):
            raise TypeError(f"words must be str; {word!r} is {type(word).__name__}.")
        if not word or "\n" in word:
            raise ValueError(f"{word!r} cannot be searched for: a word has at least one character, and no line end.")
    return found
