"""The tokenizer: a lexicon and the lattice of a text."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from .._kernels.counting import ALNUM_MODES
from .._kernels.tokenization import Segmenter
from .._utils.validation import check_integer
from ..errors import FormatError
from ..lexicon.formats import format_of_name
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from . import scoring
from .decoder import StreamDecoder, decode_ids, join_tokens
from .encoding import Encoding
from .marginals import Marginals
from .options import Options, resolve_options
from .sampling import check_finite_alpha, draw_seed

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    IdArrays = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]

__all__ = ["Tokenizer"]

MAX_WORKERS, MAX_DRAWS = 1024, 1_000_000
MANY_DRAWS = 16
OWN_FORMATS = ("tsv", "json", "parquet")  # formats that keep the options of a tokenizer


class Tokenizer:
    """Segment text into the words of a lexicon.  Immutable, picklable, safe to share between threads and processes.

    The best segmentation has the greatest sum of ln p(word), p = count / total.  Ties go to fewer tokens, then to the
    longer first token; scores are compared in steps of 2**-30 nats, so that ties are the same on every platform.
    No word crosses a boundary (punctuation, symbol, separator or control character): those are tokens of their own.
    Joining the tokens always gives back the text.

    A vocabulary with byte fallback (``meta.byte_fallback``) has no boundaries, and nothing is unknown: a character that
    is not a word becomes its UTF-8 bytes, each a token that `join` can read.  With ``unit="byte"`` words are made of
    bytes, tokens may end within characters, and every method also accepts `bytes`.

    Parameters
    ----------
    lexicon : Lexicon
        The words and their counts.
    alnum : {"token", "join", "split"}, optional
        How digits and Latin letters are treated: ``"token"``, a sequence of them is one token; ``"join"``, it is one
        symbol that may be part of a word, as in 1998年; ``"split"``, they are characters like all others.  Default:
        as the lexicon was made, else "token".
    unk_log_prob : float, optional
        ln p of a symbol that is not a word, in nats, from -1e6 to 0.  Default: ln(1 / (N + 1)) - 1 for a lexicon of N
        tokens; with byte fallback, the sum of its bytes.
    objective : {"unigram", "shortest"}, optional
        ``"unigram"``: the most probable segmentation, as above.  ``"shortest"``: the fewest tokens, of these the most
        probable (a token costs 16384 nats in addition to -ln p, in steps of about 2**-18); methods that compare
        segmentations by probability (`sample`, `nbest`, `marginals`, `entropy`) then use -ln(vocab_size) nats for
        each token, a unigram model in which all words are equally probable.  Default: as the lexicon was made.
    new_words : bool, optional
        Whether two to four letters that are not a word of the lexicon can be a word:
        p(word) = p(new) · p(length) · p(first symbol) · p(middle symbols) · p(last symbol), estimated from the words
        of the lexicon (p(new): `nlp_zero.statistics.new_words`).  Such a word has the id of unknown text; it is chosen
        only if it is better than all words of the lexicon, and every character of it must occur in the lexicon.  Only
        the best segmentation has new words; `sample`, `nbest`, `marginals` and other methods that use
        probabilities do not.  Default: as the lexicon was made (for ``bayes`` true, else false).

    Raises
    ------
    TypeError
        If `lexicon` is not a `Lexicon`.
    ValueError
        If an option is not one of those above, or the lexicon does not allow it.

    Examples
    --------
    >>> tokenizer = Tokenizer(Lexicon(["早晨", "喝茶", "喝", "茶"], [3, 2, 1, 1]))
    >>> tokenizer.tokenize("早晨，喝茶吧")
    ['早晨', '，', '喝茶', '吧']
    >>> tokenizer.encode("早晨，喝茶吧")
    [1, 0, 2, 0]
    >>> tokenizer("早晨，喝茶吧").spans
    [(0, 2), (2, 3), (3, 5), (5, 6)]
    """

    _lexicon: Lexicon
    _options: Options
    _ids: TokenIds
    _kernel: Segmenter

    def __init__(
        self,
        lexicon: Lexicon,
        *,
        alnum: str | None = None,
        unk_log_prob: float | None = None,
        objective: str | None = None,
        new_words: bool | None = None,
    ) -> None:
        if not isinstance(lexicon, Lexicon):
            raise TypeError(f"lexicon must be a Lexicon, not {type(lexicon).__name__}; Lexicon.load(path) reads one.")
        ids, meta = TokenIds(lexicon), lexicon.meta
        options = resolve_options(
            lexicon, alnum=alnum, unk_log_prob=unk_log_prob, objective=objective, new_words=new_words
        )
        kernel: Segmenter = Segmenter(
            lexicon.words,
            lexicon.log_probs,
            ids.numbers,
            ALNUM_MODES.index(options.alnum),
            meta.byte_fallback or not meta.boundaries,
            meta.byte_fallback,
            meta.unit == "byte",
            math.nan if options.unk_log_prob is None else options.unk_log_prob,
            math.log(max(ids.size, 2)) if options.objective == "shortest" else 0.0,
            options.new_words,
            options.rare_log_prob,
        )
        values: dict[str, object] = {"_lexicon": lexicon, "_options": options, "_ids": ids, "_kernel": kernel}
        # The kernel's own methods replace these two: a Python call would cost 3 to 5 % of the time of a short line.
        for name in ("tokenize", "encode"):
            if getattr(type(self), name) is getattr(Tokenizer, name):
                values[name] = getattr(kernel, name)
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Tokenizer is immutable; {name} cannot be set.")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a Tokenizer is immutable; {name} cannot be deleted.")

    def __reduce__(self) -> tuple[object, ...]:
        options = self._options
        return _rebuild, (
            type(self), self._lexicon, options.alnum, options.unk_log_prob, options.objective, self.new_words
        )  # fmt: skip

    def __repr__(self) -> str:
        how = f"objective={self.objective!r}" if self.byte_fallback else f"alnum={self.alnum!r}"
        return f"<Tokenizer of {len(self._lexicon):,} words, {how}>"

    def __len__(self) -> int:
        return self._ids.size

    # Files

    @classmethod
    def load(cls, path: str | os.PathLike[str], *, format: str | None = None) -> Tokenizer:
        """Read a tokenizer that `save` wrote, a lexicon, or a model of SentencePiece, Hugging Face or BytePiece.

        It segments, samples and numbers tokens as that model does.  What the model does to text beforehand (Unicode
        normalisation, a space in front) is recorded in ``lexicon.meta`` and not done here.

        Parameters
        ----------
        path : str or path-like
        format : str, optional
            See `Lexicon.load`.

        Returns
        -------
        Tokenizer

        Raises
        ------
        FormatError
            If the file cannot be read; says why.
        """
        return cls(Lexicon.load(path, format=format))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the lexicon and the options to one file, which `load` and `Lexicon.load` read.

        Parameters
        ----------
        path : str or path-like
            A name that ends in ``.json`` or ``.parquet`` gives such a file, any other a TSV file.

        Raises
        ------
        FormatError
            If the name is that of another program's model, or the file cannot be written.
        """
        if (format_of_name(path) or "tsv") not in OWN_FORMATS:
            raise FormatError(
                f"{os.fspath(path)} is a {format_of_name(path)} file by its name, which cannot hold all options of a "
                "tokenizer; choose a name that ends in .tsv, or use lexicon.save."
            )
        names, usual = ("alnum", "objective", "unk_log_prob", "new_words"), resolve_options(self._lexicon)
        given = {name: getattr(self._options, name) for name in names}
        changes = {name: value for name, value in given.items() if value != getattr(usual, name)}
        self._lexicon.with_meta(**changes).save(path)

    # Properties

    @property
    def lexicon(self) -> Lexicon:
        """The lexicon."""
        return self._lexicon

    @property
    def alnum(self) -> str:
        """How digits and Latin letters are treated: ``"token"``, ``"join"`` or ``"split"``."""
        return self._options.alnum

    @property
    def objective(self) -> str:
        """Which segmentation is the best: ``"unigram"`` or ``"shortest"``."""
        return self._options.objective

    @property
    def new_words(self) -> bool:
        """Whether the best segmentation may have words that the lexicon lacks."""
        return self._options.new_words > 0

    @property
    def unk_log_prob(self) -> float | None:
        """Log-probability of a symbol that is not a word, in nats; None with byte fallback: the sum of its bytes."""
        return self._options.unk_log_prob

    @property
    def byte_fallback(self) -> bool:
        """Whether unknown characters become bytes, so that nothing is unknown."""
        return self._ids.fallback

    @property
    def vocab_size(self) -> int:
        """Number of ids, which are 0..vocab_size-1; also ``len(tokenizer)``.

        In a plain lexicon 0 is unknown text, and word i (from 0, by count) has the id i + 1.  With byte fallback the
        special tokens come first, in their order, then the words.  A lexicon that was read from another program's
        file keeps that program's ids.
        """
        return self._ids.size

    @property
    def specials(self) -> tuple[str, ...]:
        """Names of the special tokens, such as ``<pad>``.  Only `encode_with_specials` finds them in text."""
        return self._ids.specials

    def token_to_id(self, token: str) -> int:
        """Return the id of a special token or of a word; raises `KeyError` if there is none."""
        return self._ids.id_of(token)

    def id_to_token(self, number: int) -> str:
        """Return the token of an id; U+FFFD for that of unknown text."""
        return self._ids.tokens_of([number], skip_specials=False)[0]

    def get_vocab(self) -> dict[str, int]:
        """Return the id of every word and special token.

        Returns
        -------
        dict of str to int

        Examples
        --------
        >>> Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).get_vocab()
        {'早晨': 1, '喝茶': 2}
        """
        vocab = dict(zip(self._lexicon.words, self._ids.numbers[1:].tolist(), strict=True))
        return vocab | dict(zip(self._ids.specials, self._ids.special_ids, strict=True))

    # The best segmentation

    def tokenize(self, text: str | bytes, /) -> list[str]:
        """Return the tokens of a text by the best segmentation.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.

        Returns
        -------
        list of str
            Joined, they are the text.
        """
        return self._kernel.tokenize(text)

    def encode(self, text: str | bytes, /) -> list[int]:
        """Return the ids of the tokens of a text.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.

        Returns
        -------
        list of int
        """
        return self._kernel.encode(text)

    def __call__(self, text: str | bytes, /) -> Encoding:
        """Return ids, tokens and spans of a text, from one segmentation.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.

        Returns
        -------
        Encoding
        """
        return Encoding(*self._kernel.segment(text))

    def encode_with_specials(self, text: str) -> list[int]:
        """Return the ids of a text in which names of special tokens get their ids (of two at one place: the longer).

        Do not use it on text from strangers, who could write such names.

        Parameters
        ----------
        text : str

        Returns
        -------
        list of int
        """
        if not self._ids.specials:
            return self.encode(text)
        import re

        names = sorted(self._ids.specials, key=len, reverse=True)
        pieces = re.split(f"({'|'.join(map(re.escape, names))})", text)
        ids: list[int] = []
        for k, piece in enumerate(pieces):
            ids += [self.token_to_id(piece)] if k % 2 else self.encode(piece)
        return ids

    def tokenize_batch(self, texts: Iterable[str], *, workers: int = 1) -> list[list[str]]:
        """Return the tokens of every text.

        Parameters
        ----------
        texts : iterable of str
        workers : int, default 1
            Threads that share the texts; the result is the same for every number.

        Returns
        -------
        list of list of str
        """
        return self._kernel.tokenize_batch(check_texts(texts), _check_workers(workers))

    def encode_batch(self, texts: Iterable[str], *, workers: int = 1) -> IdArrays:
        """Return the ids of many texts as two flat arrays; the GIL is released.

        Parameters
        ----------
        texts : iterable of str
        workers : int, default 1
            Threads that share the texts; the result is the same for every number.

        Returns
        -------
        ids : ndarray of int32, shape (tokens,)
        offsets : ndarray of int64, shape (texts + 1,)
            Text i has the ids ``ids[offsets[i]:offsets[i + 1]]``.

        Examples
        --------
        >>> ids, offsets = Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).encode_batch(["早晨喝茶", "喝茶"])
        >>> ids.tolist(), offsets.tolist()
        ([1, 2, 2], [0, 2, 3])
        """
        return self._kernel.encode_batch(check_texts(texts), _check_workers(workers))

    # Random segmentations

    def sample(
        self,
        text: str | bytes,
        *,
        alpha: float = 0.2,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        index: int = 0,
    ) -> list[str]:
        """Draw a segmentation, exactly: P(tokens) is proportional to the product of p(token) ** alpha.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.
        alpha : float, default 0.2
            Inverse temperature: 0 is uniform over all segmentations, infinity (from 1e8 on) the best one.
        seed : int, optional
            From 0 to 2**64 - 1; equal seeds give equal output on every platform.  Default: fresh entropy.
        rng : numpy.random.Generator, optional
            Draws the seed, in place of `seed`.
        index : int, default 0
            Number of the text: under one seed, each number has its own stream.

        Returns
        -------
        list of str
            `sample_ids` returns ids, `sample_batch` several draws.

        Examples
        --------
        >>> tokenizer = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1]))
        >>> tokenizer.sample("早晨早晨", seed=1) == tokenizer.sample("早晨早晨", seed=1)
        True
        >>> tokenizer.sample("早晨早晨", alpha=float("inf"))
        ['早晨', '早晨']
        """
        drawn: list[str] = self._kernel.sample(text, alpha, draw_seed(seed, rng), index, None, "words")
        return drawn

    def sample_ids(
        self,
        text: str | bytes,
        *,
        alpha: float = 0.2,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        index: int = 0,
    ) -> list[int]:
        """Draw the segmentation of `sample` and return its ids.

        Parameters
        ----------
        text, alpha, seed, rng, index
            See `sample`.

        Returns
        -------
        list of int
        """
        drawn: list[int] = self._kernel.sample(text, alpha, draw_seed(seed, rng), index, None, "ids")
        return drawn

    def sample_batch(
        self,
        texts: Iterable[str],
        *,
        alpha: float = 0.2,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        index: int = 0,
        k: int | None = None,
        workers: int = 1,
    ) -> list[list[str]]:
        """Draw one or `k` segmentations of every text.

        Parameters
        ----------
        texts : iterable of str
        alpha, seed, rng
            See `sample`.
        index : int, default 0
            Number of the first text; text i has the stream ``index + i``.
        k : int, optional
            Draw this many segmentations (up to a million) of each text, all from its stream and one table of sums,
            which is faster than one at a time.  They differ from that of `sample`; a smaller `k` gives the first of
            them.  Default: the one segmentation of `sample`.
        workers : int, default 1
            Threads that share the texts; the result is the same for every number.

        Returns
        -------
        list of list of str
            One list for each draw: those of the first text, then those of the second, and so on.

        Examples
        --------
        >>> tokenizer = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1]))
        >>> tokenizer.sample_batch(["早晨", "晨"], alpha=float("inf"), k=2)
        [['早晨'], ['早晨'], ['晨'], ['晨']]
        """
        lines, number = check_texts(texts), draw_seed(seed, rng)
        draws, threads = 0 if k is None else check_integer("k", k, most=MAX_DRAWS), _check_workers(workers)
        if threads == 1 and draws >= MANY_DRAWS:  # faster: a string that is in many draws is looked up once
            many = (self._kernel.sample(line, alpha, number, index + i, draws, "words") for i, line in enumerate(lines))
            return [tokens for drawn in many for tokens in drawn]
        return self._kernel.sample_batch(lines, alpha, number, index, draws, True, threads)  # type: ignore[no-any-return]

    def sample_ids_batch(
        self,
        texts: Iterable[str],
        *,
        alpha: float = 0.2,
        seed: int | None = None,
        rng: np.random.Generator | None = None,
        index: int = 0,
        k: int | None = None,
        workers: int = 1,
    ) -> IdArrays:
        """Draw the segmentations of `sample_batch` and return their ids as two flat arrays; the GIL is released.

        Parameters
        ----------
        texts, alpha, seed, rng, index, k, workers
            See `sample_batch`.

        Returns
        -------
        ids : ndarray of int32, shape (tokens,)
        offsets : ndarray of int64, shape (draws + 1,)
            Draw j, in the order of `sample_batch`, has the ids ``ids[offsets[j]:offsets[j + 1]]``.
        """
        lines, number = check_texts(texts), draw_seed(seed, rng)
        draws, threads = 0 if k is None else check_integer("k", k, most=MAX_DRAWS), _check_workers(workers)
        return self._kernel.sample_batch(lines, alpha, number, index, draws, False, threads)  # type: ignore[no-any-return]

    # All segmentations

    def nbest(self, text: str | bytes, n: int = 10) -> list[tuple[list[str], float]]:
        """Return the best segmentations, each with its ln p (not normalised).

        Parameters
        ----------
        text : str
            In byte units also `bytes`.
        n : int, default 10
            At most this many, up to 1000; tied ones are all listed.

        Returns
        -------
        list of (list of str, float)

        Examples
        --------
        >>> Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).nbest("早晨", 2)[0][0]
        ['早晨']
        """
        return self._kernel.nbest(text, check_integer("n", n, most=1000))

    def marginals(self, text: str | bytes, *, alpha: float = 1.0) -> Marginals:
        """Return the probability of a cut before each character, and of each possible token.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.

        Returns
        -------
        Marginals

        Examples
        --------
        >>> Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).marginals("早晨").cuts.round(4).tolist()
        [1.0, 0.1111, 1.0]
        """
        return Marginals(self._kernel.marginals(text, check_finite_alpha(alpha)))

    def entropy(self, text: str | bytes, *, alpha: float = 1.0) -> float:
        """Return the entropy of the segmentation of a text, in nats; `alpha` as in `marginals`."""
        return self._kernel.sums(text, check_finite_alpha(alpha))[1]

    def log_partition(self, text: str | bytes, *, alpha: float = 1.0) -> float:
        """Return ln of the sum over all segmentations of the product of p(token) ** alpha, in nats.

        Boundaries that are not words of the lexicon count with p = 1; other unknown symbols with `unk_log_prob`.
        `alpha` is as in `marginals`.
        """
        return self._kernel.sums(text, check_finite_alpha(alpha))[0]

    def log_prob(self, tokens: Sequence[str], *, alpha: float = 1.0) -> float:
        """Return ln P(tokens | their joined text), in nats.

        Parameters
        ----------
        tokens : sequence of str
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.

        Returns
        -------
        float
            -inf if this tokenizer cannot segment like this.
        """
        if isinstance(tokens, str):
            raise TypeError("tokens must be a list of tokens, not one text.")
        number = check_finite_alpha(alpha)
        return scoring.log_prob(self._kernel, self._lexicon, self._ids, self._options, tokens, number)

    def calibrate_alpha(self, texts: str | Iterable[str], characters_per_token: float) -> float:
        """Return the alpha from 0 to 16 that gives samples the wanted expected token length; by bisection.

        Parameters
        ----------
        texts : str or iterable of str
        characters_per_token : float
            The wanted expected length of a token.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If no alpha in that range reaches it; says the range that can be reached.
        """
        lines = [texts] if isinstance(texts, str) else texts
        return scoring.calibrate_alpha(self._expected_tokens, lines, characters_per_token)

    def _expected_tokens(self, text: str, alpha: float) -> float:
        return self._kernel.sums(text, alpha)[2]

    # From tokens to text

    def join(self, tokens: Iterable[str]) -> str:
        """Return the text of tokens; with byte fallback, bytes become characters."""
        return join_tokens(tokens) if self._ids.fallback else "".join(tokens)

    def decode(self, ids: Iterable[int], *, errors: str = "replace", skip_specials: bool = False) -> str:
        """Return the text of ids; ``decode(encode(text)) == text`` unless words are unknown, which become U+FFFD.

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
        >>> Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).decode([1, 0, 2])
        '早晨\ufffd喝茶'
        """
        return decode_ids(self._ids, ids, errors, skip_specials=skip_specials)

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """Return the UTF-8 bytes of ids, which need not be whole characters."""
        text = "".join(self._ids.tokens_of(ids, skip_specials=False))
        return text.encode("utf-8", "surrogateescape" if self._ids.fallback else "surrogatepass")

    def decoder(self, *, errors: str = "replace", skip_specials: bool = False) -> StreamDecoder:
        """Return a decoder for ids that arrive one by one, as from a language model; options as in `decode`."""
        return StreamDecoder(self._ids, errors, skip_specials)


def _rebuild(
    cls: type[Tokenizer],
    lexicon: Lexicon,
    alnum: str,
    unk_log_prob: float | None,
    objective: str,
    new_words: bool,
) -> Tokenizer:
    return cls(lexicon, alnum=alnum, unk_log_prob=unk_log_prob, objective=objective, new_words=new_words)


def check_texts(texts: Iterable[str]) -> list[str]:
    """Return the texts as a list; raises `TypeError` for one text."""
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be an iterable of str, not one text; wrap it in a list.")
    return list(texts)


def _check_workers(workers: int) -> int:
    return check_integer("workers", workers, most=MAX_WORKERS)
