"""The tokens of one text in three forms."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Encoding"]


@dataclass(frozen=True, slots=True, repr=False)
class Encoding:
    """The best segmentation of a text, made by calling a `Tokenizer`.

    Parameters
    ----------
    ids : list of int
        The id of each token.
    tokens : list of str
        The tokens; joined, they give back the text.
    spans : list of (int, int)
        Start and end of each token in characters (code points); for `bytes`, in bytes.  A token that is part of a
        character, or ends with one, has that whole character in its span.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> encoding = Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2]))("早晨，喝茶")
    >>> encoding
    <Encoding of 3 tokens: 早晨 ， 喝茶>
    >>> encoding.ids, encoding.spans
    ([1, 0, 2], [(0, 2), (2, 3), (3, 5)])
    """

    ids: list[int]
    tokens: list[str]
    spans: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        shown = " ".join(self.tokens[:8]) + (" ..." if len(self.tokens) > 8 else "")
        shown = shown.encode("utf-8", "backslashreplace").decode()
        return f"<Encoding of {len(self):,} token{'s' * (len(self) != 1)}{': ' * bool(shown)}{shown}>"
