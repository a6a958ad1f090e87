"""Messages about results without content: the reason, and what to try."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import TYPE_CHECKING

from ..errors import CorpusError
from .messages import plural

if TYPE_CHECKING:
    from ..lexicon.lexicon import Lexicon

__all__ = ["BEGINNING_CHARACTERS", "explain_lexicon", "require_cut"]

BEGINNING_CHARACTERS = 100_000  # that show the script of a text
CHECKED_LINES = 1000  # lines at the beginning that show whether a text is cut into words
LEAST_CHARACTERS = 20  # of a text that is judged
LONGEST_MEAN = 6.0  # Chinese characters of a word, on average, in a text that is cut; gold standards have 1.5 to 2
FOREIGN_SHARE = 0.2  # share of the characters from which a text is called Japanese or Korean
LEAST_LETTER = "\u2e80"  # before it are alphabets whose words are separated by spaces
SHORT_TEXT = 5_000  # characters
SCRIPTS = {  # the ranges of their letters, which Chinese text does not use
    "Japanese": [("\u3041", "\u3096"), ("\u30a1", "\u30fa")],
    "Korean": [("\uac00", "\ud7a3")],
}


def explain_lexicon(
    lexicon: Lexicon, beginning: str, min_count: int, *, max_length: int | None = None
) -> str:
    """Return a sentence about words that a reader would not expect; empty if there is nothing to say.

    Parameters
    ----------
    lexicon : Lexicon
        Before known words are left out.
    beginning : str
        The beginning of the text that it was learnt from.
    min_count : int
        How often words had to occur.
    max_length : int, optional
        The longest words that were looked for.

    Returns
    -------
    str
    """
    for name, share in _script_shares(beginning).items():
        if share >= FOREIGN_SHARE:
            return (
                f"note: {share:.0%} of the characters are {name} letters; the methods and their defaults are made for "
                "Chinese, so look at the words before you use them."
            )
    if any(len(word) > 1 for word in lexicon):
        return ""
    if max_length == 1:
        return "no words of two or more characters were looked for; raise --max-length."
    characters = lexicon.meta.characters or 0
    if characters < SHORT_TEXT:
        remedy = "give a longer text (a novel has some 500,000)" + (", or try --min-count 2" if min_count > 2 else "")
        return f"no words of two or more characters were found in {plural(characters, 'character')}; {remedy}."
    remedy = "lower --min-count or --min-pmi, or try --method entropy"
    if lexicon.meta.method != "pmi":
        remedy = "lower --min-count" if lexicon.meta.method == "entropy" else "try --method entropy"
    return f"no words of two or more characters were found, although the text has {characters:,} characters; {remedy}."


def _script_shares(text: str) -> dict[str, float]:
    """Return for each foreign script the share of its letters in a text, without punctuation and Latin letters."""
    foreign = "".join(f"{low}-{high}" for ranges in SCRIPTS.values() for low, high in ranges)
    if not re.search(f"[{foreign}]", text):  # most texts
        return dict.fromkeys(SCRIPTS, 0.0)
    letters = {c: times for c, times in Counter(text).items() if c >= LEAST_LETTER and c.isalpha()}
    total = max(sum(letters.values()), 1)
    return {
        name: sum(times for c, times in letters.items() for low, high in ranges if low <= c <= high) / total
        for name, ranges in SCRIPTS.items()
    }


def require_cut(lines: Iterable[str], name: str, remedy: str) -> Iterator[str]:
    """Yield the lines of a Chinese text; refuse a text that is not cut into words.

    Parameters
    ----------
    lines : iterable of str
    name : str
        What the text is, for the message.
    remedy : str
        What to do, for the message.

    Yields
    ------
    str

    Raises
    ------
    CorpusError
        If the first lines have hardly any spaces.
    """
    stream = iter(lines)
    first = list(islice(stream, CHECKED_LINES))
    words = sum(len(line.split()) for line in first)
    characters = sum("\u3400" <= character <= "\u9fff" for line in first for character in line)
    if characters >= LEAST_CHARACTERS and characters > LONGEST_MEAN * words:
        raise CorpusError(
            f"{name} is not cut into words: {characters:,} Chinese characters are "
            f"{plural(words, 'word')} between spaces; {remedy}."
        )
    yield from chain(first, stream)
