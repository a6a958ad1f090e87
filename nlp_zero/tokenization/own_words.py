"""Words of the user: those that are added to a lexicon, forbidden, or always one token."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..lexicon.lexicon import Lexicon

__all__ = ["OwnWords", "check_own_words"]


@dataclass(frozen=True, slots=True)
class OwnWords:
    """The words of the options `words`, `forbid` and `force` of `Tokenizer`, in the order given, each once.

    Parameters
    ----------
    words, forbid, force : tuple of str
    """

    words: tuple[str, ...] = ()
    forbid: tuple[str, ...] = ()
    force: tuple[str, ...] = ()

    def lacking(self, lexicon: Lexicon) -> tuple[str, ...]:
        """Return the added and forced words that the lexicon lacks, in the order of their ids."""
        both = dict.fromkeys((*self.words, *self.force))
        return tuple(word for word in both if word not in lexicon)


def check_own_words(
    lexicon: Lexicon,
    words: Iterable[str] | None = None,
    forbid: Iterable[str] | None = None,
    force: Iterable[str] | None = None,
) -> OwnWords:
    """Return the words of the three options; None is replaced by the words of ``lexicon.meta``.

    Raises
    ------
    TypeError
        If an option is a string or holds other values than strings.
    ValueError
        If a word is empty, contradicts another option, or cannot be a word of this lexicon.
    """
    meta = lexicon.meta
    own = OwnWords(
        _distinct("words", meta.own_words if words is None else words),
        _distinct("forbid", meta.forbidden_words if forbid is None else forbid),
        _distinct("force", meta.forced_words if force is None else force),
    )
    forbidden = set(own.forbid)
    for name, chosen in (("words", own.words), ("force", own.force)):
        if clash := [word for word in chosen if word in forbidden]:
            raise ValueError(f"{name} must not contain {clash[0]!r}, which is forbidden; leave it out of one of them.")
    if meta.byte_fallback:
        _check_pieces(own, meta.specials)
    return own


def _distinct(name: str, words: Iterable[str]) -> tuple[str, ...]:
    if isinstance(words, (str, bytes)):
        raise TypeError(f"{name} must be a list of words, not one string.")
    chosen = tuple(dict.fromkeys(words))
    for word in chosen:
        if not isinstance(word, str):
            raise TypeError(f"{name} must be a list of strings; {word!r} is not one.")
        if not word:
            raise ValueError(f"{name} must not contain the empty word.")
    return tuple(sorted(chosen)) if isinstance(words, (set, frozenset)) else chosen  # a set has another order each time


def _check_pieces(own: OwnWords, specials: tuple[str, ...]) -> None:
    """Refuse words that would take the place of special tokens or bytes of a vocabulary."""
    for name, chosen in (("words", own.words), ("forbid", own.forbid), ("force", own.force)):
        for word in chosen:
            if word in specials:
                raise ValueError(f"{name} must not contain {word!r}, which is a special token of this vocabulary.")
            if any("\ud800" <= char <= "\udfff" for char in word):
                raise ValueError(f"{name} must contain text, not bytes or halves of characters: {word!r}.")
            if name == "forbid" and len(word) == 1 and word.isascii():
                raise ValueError(f"forbid must not contain {word!r}, which is one of the 256 bytes of this vocabulary.")
