"""Methods of a tokenizer that are about ids: from tokens to ids, and from ids to text."""

from __future__ import annotations

from collections.abc import Iterable

from .._utils.validation import check_integer
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from .completion import PrefixIndex
from .decoder import StreamDecoder, decode_ids, join_tokens
from .options import Options

__all__ = ["TokenNumbers"]


class TokenNumbers:
    """Ids of tokens, and text of ids: a base class of `Tokenizer`."""

    _lexicon: Lexicon
    _ids: TokenIds
    _options: Options
    _prefixes: PrefixIndex | None = None  # made on first use

    def __len__(self) -> int:
        return self._ids.size

    @property
    def vocab_size(self) -> int:
        """Number of ids, which are 0..vocab_size-1; also ``len(tokenizer)``.

        In a plain lexicon 0 is unknown text, and word i (from 0, by count) has the id i + 1.  The next eight ids are
        those of the kinds of tokens that are not words: ``<space>``, ``<punctuation>``, ``<symbol>``, ``<emoji>``,
        ``<number>``, ``<latin>``, ``<url>`` and ``<control>``.  With byte fallback the special tokens come first, in
        their order, then the words.  A lexicon that was read from another program's file keeps that program's ids.
        Own words that the lexicon lacks have the ids after all of these, so that no other id changes.
        """
        return self._ids.size

    @property
    def specials(self) -> tuple[str, ...]:
        """Names of the special tokens, such as ``<pad>``.  Only `encode_with_specials` finds them in text."""
        return self._ids.specials

    def token_to_id(self, token: str) -> int:
        """Return the id of a token.

        Parameters
        ----------
        token : str
            A special token, a word, or the name of a kind such as ``<number>``.

        Returns
        -------
        int

        Raises
        ------
        KeyError
            If the vocabulary does not have it.
        """
        return self._ids.id_of(token)

    def id_to_token(self, number: int) -> str:
        """Return the token of an id.

        Parameters
        ----------
        number : int
            From 0 to ``vocab_size - 1``.

        Returns
        -------
        str
            A word or special token, the name of a kind such as ``<number>``, or U+FFFD for the id of unknown text.
        """
        return self._ids.name_of(number)

    def get_vocab(self) -> dict[str, int]:
        """Return the id of every word, special token and kind.

        Returns
        -------
        dict of str to int

        Examples
        --------
        >>> from nlp_zero import Lexicon, Tokenizer
        >>> vocab = Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).get_vocab()
        >>> vocab["早晨"], vocab["喝茶"], vocab["<number>"]
        (1, 2, 7)
        """
        vocab = self._ids.kinds | dict(zip(self._lexicon.words, self._ids.numbers[1:].tolist(), strict=True))
        return vocab | self._ids.added | dict(zip(self._ids.specials, self._ids.special_ids, strict=True))

    def complete(self, prefix: str | bytes, n: int | None = None) -> list[int]:
        """Return the ids of all tokens that begin with a text, most probable first; ties go to the lower id.

        A language model that goes on from a prompt may choose between these after the last token of the prompt, which
        may be the beginning of a longer one, was taken away (token healing).

        Parameters
        ----------
        prefix : str or bytes
            Bytes may end inside a character.
        n : int, optional
            At most this many.  Default: all.

        Returns
        -------
        list of int
            Without special tokens and kinds.  Own words that the lexicon lacks have no probability and are last.

        Notes
        -----
        The first call sorts the tokens; after that, a call is a binary search.

        Examples
        --------
        >>> from nlp_zero import Lexicon, Tokenizer
        >>> tokenizer = Tokenizer(Lexicon(["早", "早晨", "早晨的", "喝茶"], [4, 3, 5, 2]))
        >>> [tokenizer.id_to_token(number) for number in tokenizer.complete("早晨")]
        ['早晨的', '早晨']
        """
        limit = None if n is None else check_integer("n", n)
        if self._prefixes is None:  # two threads that meet here make the same index
            object.__setattr__(self, "_prefixes", PrefixIndex(self._lexicon, self._ids, self._options.own.forbid))
        found: list[int] = self._prefixes.find(prefix)[:limit].tolist()  # type: ignore[union-attr]
        return found

    def join(self, tokens: Iterable[str]) -> str:
        """Return the text of tokens.

        Parameters
        ----------
        tokens : iterable of str

        Returns
        -------
        str
            With byte fallback, tokens that are bytes become characters.
        """
        return join_tokens(tokens) if self._ids.fallback else "".join(tokens)

    def decode(self, ids: Iterable[int], *, errors: str = "replace", skip_specials: bool = False) -> str:
        """Return the text of ids; tokens that are not words of the lexicon become U+FFFD.

        Parameters
        ----------
        ids : iterable of int
        errors : {"replace", "strict"}, default "replace"
            Bytes that are not characters become U+FFFD, or raise `UnicodeDecodeError`.
        skip_specials : bool, default False
            Whether special tokens are left out.

        Returns
        -------
        str

        Examples
        --------
        >>> from nlp_zero import Lexicon, Tokenizer
        >>> Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).decode([1, 0, 2])
        '早晨\ufffd喝茶'
        """
        return decode_ids(self._ids, ids, errors, skip_specials=skip_specials)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """Return the UTF-8 bytes of ids.

        Parameters
        ----------
        ids : iterable of int

        Returns
        -------
        bytes
            They may begin or end within a character.
        """
        text = "".join(self._ids.tokens_of(ids, skip_specials=False))
        return text.encode("utf-8", "surrogateescape" if self._ids.fallback else "surrogatepass")

    def decoder(self, *, errors: str = "replace", skip_specials: bool = False) -> StreamDecoder:
        """Return a decoder for ids that arrive one by one, as from a language model.

        Parameters
        ----------
        errors : {"replace", "strict"}, default "replace"
        skip_specials : bool, default False
            See `decode`.

        Returns
        -------
        StreamDecoder
        """
        return StreamDecoder(self._ids, errors, skip_specials)
