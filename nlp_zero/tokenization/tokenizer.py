"""The tokenizer: a lexicon and the lattice of a text."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._kernels.tokenization import Segmenter
from .._utils.immutable import Immutable
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon, check_lexicon
from ..lexicon.meta import LexiconMeta
from .batch import check_texts, check_workers
from .construction import make_segmenter
from .encoding import Encoding
from .options import Options, resolve_options
from .random_segmentations import RandomSegmentations
from .saving import save_tokenizer
from .segmentation_sums import SegmentationSums
from .token_numbers import TokenNumbers

if TYPE_CHECKING:
    from .batch import IdArrays

__all__ = ["Tokenizer"]

# What a lexicon says about the options of its tokenizers does not matter once these are known.
USUAL_OPTIONS: dict[str, Any] = {
    name: getattr(LexiconMeta(), name)
    for name in (
        "alnum", "unk_log_prob", "objective", "new_words", "own_words", "forbidden_words", "forced_words",
        "granularity",
    )
}  # fmt: skip


class Tokenizer(Immutable, TokenNumbers, RandomSegmentations, SegmentationSums):
    """Segment text into the words of a lexicon.  Immutable, picklable, safe to share between threads and processes.

    The best segmentation has the greatest sum of ln p(word), p = count / total.  Ties go to fewer tokens, then to the
    longer first token; scores are compared in steps of 2**-30 nats, so that ties are the same on every platform.  In a
    vocabulary, which has pieces that cross boundaries, ties go to the longer last token and scores are in steps of
    2**-12 nats: SentencePiece and Hugging Face tokenizers then give the same ids.  Of two segmentations with equal
    sums of scores up to a place, the one whose last token there is longer goes on.
    No word crosses a boundary (punctuation, symbol, separator or control character): those are tokens of their own.
    Numbers (3.14, 50%), Latin words (don't), addresses, repeated marks (……) and grapheme clusters (emoji, combining
    marks) are one token each.  Joining the tokens always gives back the text.

    A vocabulary with byte fallback (``meta.byte_fallback``) has no boundaries, and nothing is unknown: a character that
    is not a word becomes its UTF-8 bytes, each a token that `join` can read.  With ``unit="byte"`` words are made of
    bytes, tokens may end within characters, and every method also accepts `bytes`.

    Parameters
    ----------
    lexicon : Lexicon
        The words and their counts.
    alnum : {"token", "join", "split"}, optional
        How digits and Latin letters are treated: ``"token"``, a sequence of them is one token, and so are the other
        units above; ``"join"``, a sequence of digits and Latin letters is one symbol that may be part of a word, as in
        1998年; ``"split"``, they are characters like all others.  Default: as the lexicon was made, else "token".
    unk_log_prob : float, optional
        ln p of a symbol that is not a word, in nats, from -1e6 to 0.  Default: ln(1 / (N + 1)) - 1 for a lexicon of N
        tokens; with byte fallback, the sum of its bytes.
    objective : {"unigram", "classes", "shortest"}, optional
        ``"unigram"``: the most probable segmentation, as above.  ``"classes"``: the score, in all methods, also has the
        link ln P(b | a) / P(b) for each pair of neighbours, a and b being the classes of the two words
        (`Lexicon.classes`); punctuation and the ends of a text are one more class, words without a class another.
        ``"shortest"``: the fewest tokens, of these the most probable (in a vocabulary: -ln p in 2,560 steps from 0 to
        that of the rarest piece); methods that compare segmentations by probability (`sample`, `nbest`, `marginals`,
        `entropy`) then use -ln(vocab_size) nats for each token, a unigram model in which all words are equally
        probable.  Default: as the lexicon was made (``bayes``: "classes", other words: "unigram").
    new_words : bool, optional
        Whether two to four letters that are not a word of the lexicon can be a word:
        p(word) = p(new) · p(length) · p(first symbol) · p(middle symbols) · p(last symbol), estimated from the words
        of the lexicon (p(new): `nlp_zero.statistics.new_words`).  Such a word has the id of unknown text; it is chosen
        only if it is better than all words of the lexicon, and every character of it must occur in the lexicon.  Only
        the best segmentation has new words; `sample`, `nbest`, `marginals` and other methods that use
        probabilities do not.  Default: as the lexicon was made (for ``bayes`` true, else false).
    words : iterable of str, optional
        Words that are added to those of the lexicon, in the order of their ids (a set is sorted).  The ln p of each is
        just more than that of the best segmentation of its parts, or that of the lexicon if it is greater: the word
        wins where its parts would have won.  It may contain digits, spaces and punctuation (``"A股"``, ``"C++"``,
        ``"iPhone 15"``).  Default: as the lexicon says.
    forbid : iterable of str, optional
        Words that are never cut.  A forbidden single character remains possible as unknown text, so that every text
        has a segmentation.  Default: as the lexicon says.
    force : iterable of str, optional
        Words that are one token wherever they occur; no other token overlaps them.  Of forced words that overlap, the
        one that begins first is taken and, of those that begin at one place, the longest.  Default: as the lexicon
        says.
    granularity : float, optional
        Cost of a token in nats, from -1000 to 1000: the score of a token is ln p - granularity.  Values above 0 give
        fewer and longer tokens, values below 0 more and shorter ones.  Default: as the lexicon says, else 0.

    Raises
    ------
    TypeError
        If `lexicon` is not a `Lexicon`, or `words`, `forbid` or `force` is a string.
    ValueError
        If an option is not one of those above, or the lexicon does not allow it, or a word is both forbidden and
        added or forced.

    Notes
    -----
    Two tokenizers are equal if their words, scores and options are, whether the options were given or are those of the
    lexicon; so a tokenizer equals what `load` reads from the file that `save` wrote.

    Examples
    --------
    >>> tokenizer = Tokenizer(Lexicon(["早晨", "喝茶", "喝", "茶"], [3, 2, 1, 1]))
    >>> tokenizer.tokenize("早晨，喝茶吧")
    ['早晨', '，', '喝茶', '吧']
    >>> tokenizer.encode("早晨，喝茶吧")
    [1, 6, 2, 0]
    >>> tokenizer("早晨，喝茶吧").spans
    [(0, 2), (2, 3), (3, 5), (5, 6)]
    >>> Tokenizer(tokenizer.lexicon, words=["喝茶吧"]).tokenize("早晨，喝茶吧")
    ['早晨', '，', '喝茶吧']
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
        words: Iterable[str] | None = None,
        forbid: Iterable[str] | None = None,
        force: Iterable[str] | None = None,
        granularity: float | None = None,
    ) -> None:
        check_lexicon(lexicon)
        options = resolve_options(
            lexicon, alnum=alnum, unk_log_prob=unk_log_prob, objective=objective, new_words=new_words, words=words,
            forbid=forbid, force=force, granularity=granularity,
        )  # fmt: skip
        ids = TokenIds(lexicon, options.own.lacking(lexicon))
        kernel = make_segmenter(lexicon, ids, options)
        values: dict[str, object] = {"_lexicon": lexicon, "_options": options, "_ids": ids, "_kernel": kernel}
        given = {
            "alnum": options.alnum, "unk_log_prob": options.unk_log_prob, "objective": options.objective,
            "new_words": options.new_words > 0, "words": options.own.words, "forbid": options.own.forbid,
            "force": options.own.force, "granularity": options.granularity,
        }  # fmt: skip
        kernel.recipe = _rebuild_kernel, (type(self), lexicon, given)
        # Methods of the kernel replace these: a Python call would take 3 to 20 % of the time of a short line.
        for name in ("tokenize", "encode", "sample", "sample_ids", "nbest"):
            if getattr(type(self), name) is getattr(Tokenizer, name):
                values[name] = getattr(kernel, name)
        self._set(**values)

    def __reduce__(self) -> tuple[object, ...]:
        assert self._kernel.recipe is not None
        return _rebuild, self._kernel.recipe[1]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tokenizer):
            return NotImplemented
        if type(self) is not type(other) or self._options != other._options:
            return False
        return self._lexicon.with_meta(**USUAL_OPTIONS) == other._lexicon.with_meta(**USUAL_OPTIONS)

    def __hash__(self) -> int:
        return hash((type(self), len(self._lexicon), self._options))

    def __repr__(self) -> str:
        shown = [f"objective={self.objective!r}" if self.byte_fallback else f"alnum={self.alnum!r}"]
        own = self._options.own
        for name, words in (("added", own.words), ("forbidden", own.forbid), ("forced", own.force)):
            shown += [f"{len(words):,} {name}"] * bool(words)
        shown += [f"granularity={self.granularity:g}"] * bool(self.granularity)
        return f"<Tokenizer of {len(self._lexicon):,} words, {', '.join(shown)}>"

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
            If the file cannot be read.
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
            If the name is that of another program's model.
        OSError
            If the file cannot be written.
        """
        save_tokenizer(self._lexicon, self._options, path)

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
        """Which segmentation is the best: ``"unigram"``, ``"classes"`` or ``"shortest"``."""
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
    def own_words(self) -> tuple[str, ...]:
        """The words of the option `words`."""
        return self._options.own.words

    @property
    def forbidden_words(self) -> tuple[str, ...]:
        """The words of the option `forbid`."""
        return self._options.own.forbid

    @property
    def forced_words(self) -> tuple[str, ...]:
        """The words of the option `force`."""
        return self._options.own.force

    @property
    def granularity(self) -> float:
        """Cost of a token, in nats: the score of a token is ln p - granularity."""
        return self._options.granularity

    @property
    def byte_fallback(self) -> bool:
        """Whether unknown characters become bytes, so that nothing is unknown."""
        return self._ids.fallback

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
            Joined, they are the text.  With byte fallback, the bytes of an unknown character are tokens of their own,
            written as surrogate escapes (PEP 383): ``"".join(tokens).encode("utf-8", "surrogateescape")``.
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

    def encode_with_specials(self, text: str | bytes) -> list[int]:
        """Return the ids of a text in which names of special tokens get their ids (of two at one place: the longer).

        Do not use it on untrusted text, which could contain such names.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.

        Returns
        -------
        list of int
        """
        if not self._ids.specials or not isinstance(text, (str, bytes)):
            return self.encode(text)
        import re

        names = sorted(self._ids.specials, key=len, reverse=True)
        raw = isinstance(text, bytes)
        shown = text.decode("utf-8", "surrogateescape") if isinstance(text, bytes) else text
        pieces = re.split(f"({'|'.join(map(re.escape, names))})", shown)
        ids: list[int] = []
        for k, piece in enumerate(pieces):
            if k % 2:
                ids.append(self.token_to_id(piece))
            else:
                ids += self.encode(piece.encode("utf-8", "surrogateescape") if raw else piece)
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
        return self._kernel.tokenize_batch(check_texts(texts), check_workers(workers))

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
        return self._kernel.encode_batch(check_texts(texts), check_workers(workers))


def _rebuild(cls: type[Tokenizer], lexicon: Lexicon, options: dict[str, Any]) -> Tokenizer:
    return cls(lexicon, **options)


def _rebuild_kernel(cls: type[Tokenizer], lexicon: Lexicon, options: dict[str, Any]) -> Segmenter:
    return cls(lexicon, **options)._kernel
