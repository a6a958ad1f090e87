"""The tokenizer: a lexicon and a lattice over real text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ._kernels.tokenize import MarginalTable, Segmenter
from .lattice import check_alpha, seed_of
from .lexicon import Lexicon

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

__all__ = ["Marginals", "Tokenizer"]

ALNUM = ("token", "join", "split")


class Marginals(MarginalTable):
    """Probabilities over all segmentations of a text; arrays are made when they are asked for."""

    __slots__ = ()

    @property
    def cuts(self) -> npt.NDArray[np.float64]:
        """Probability of a cut before each character, and at the end: len(text) + 1 numbers; first and last are 1."""
        return self._arrays()[0]

    @property
    def tokens(self) -> list[tuple[int, int, int, float]]:
        """Every possible token: start and end (characters), id, and the probability that it is part."""
        starts, ends, ids, probabilities = self.arrays
        return list(zip(starts.tolist(), ends.tolist(), ids.tolist(), probabilities.tolist(), strict=True))

    @property
    def arrays(self) -> tuple[Ints, Ints, npt.NDArray[np.int32], npt.NDArray[np.float64]]:
        """The same as four arrays: starts, ends, ids, probabilities."""
        return self._arrays()[1:]


class Tokenizer(Segmenter):
    """Cuts text into the words of a lexicon.  Immutable, picklable, safe to share between threads and forked workers.

    The best segmentation has the greatest sum of ln p(word), p = count / total.  Ties go to fewer tokens, then to the
    longer first token; scores are compared in steps of 2**-30 nats, so that ties are the same on every platform.
    No word crosses a boundary (punctuation, symbol, separator or control character): those are tokens of their own.
    Tokens joined give back the text, whatever it holds.

    Parameters
    ----------
    lexicon
        The words and their counts.
    alnum
        What a stretch of digits and Latin letters is: ``"token"``, one token; ``"join"``, one symbol that may join its
        neighbours, as in 1998年; ``"split"``, characters like any other.  None: as the lexicon was made, else "token".
    unk_log_prob
        Cost in nats of a symbol that is not a word; None: ln(1 / (N + 1)) - 1 for a lexicon of N tokens.

    Examples
    --------
    >>> tokenizer = Tokenizer(Lexicon(["早晨", "喝茶", "喝", "茶"], [3, 2, 1, 1]))
    >>> tokenizer.tokenize("早晨，喝茶吧")
    ['早晨', '，', '喝茶', '吧']
    >>> tokenizer.encode("早晨，喝茶吧"), tokenizer.spans("早晨，喝茶吧")
    ([1, 0, 2, 0], [(0, 2), (2, 3), (3, 5), (5, 6)])
    """

    __slots__ = ("_alnum", "_lexicon", "_unk_log_prob")

    _lexicon: Lexicon
    _alnum: str
    _unk_log_prob: float

    def __new__(cls, lexicon: Lexicon, *, alnum: str | None = None, unk_log_prob: float | None = None) -> Tokenizer:
        if not isinstance(lexicon, Lexicon):
            raise TypeError(f"a Lexicon is needed, not {type(lexicon).__name__}; Lexicon.load(path) reads one.")
        mode = str(lexicon.meta.get("alnum", "token")) if alnum is None else alnum
        if mode not in ALNUM:
            raise ValueError(f"alnum must be one of {', '.join(ALNUM)}, not {mode!r}.")
        if lexicon.meta.get("unit", "char") != "char":
            raise ValueError("this lexicon was made of bytes (unit='byte'); Tokenizer cuts characters.")
        unk = -math.log(lexicon.total + 1) - 1 if unk_log_prob is None else float(unk_log_prob)
        if not -1e6 <= unk <= 0:
            raise ValueError(f"unk_log_prob must be between -1e6 and 0 nats, not {unk_log_prob}.")
        self: Tokenizer = super().__new__(cls, lexicon.words, lexicon.log_probs, ALNUM.index(mode), unk)
        self._lexicon, self._alnum, self._unk_log_prob = lexicon, mode, unk
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self._lexicon, self._alnum, self._unk_log_prob)

    def __repr__(self) -> str:
        return f"<Tokenizer of {len(self._lexicon):,} words, alnum={self._alnum!r}>"

    @property
    def lexicon(self) -> Lexicon:
        return self._lexicon

    @property
    def alnum(self) -> str:
        return self._alnum

    @property
    def unk_log_prob(self) -> float:
        """Log-probability of a symbol that is not a word, in nats."""
        return self._unk_log_prob

    def decode(self, ids: Iterable[int]) -> str:
        """The words of some ids, joined; id 0, which stands for any unknown text, becomes U+FFFD.

        >>> Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).decode([1, 0, 2])
        '早晨\ufffd喝茶'
        """
        words, size = self._lexicon.words, len(self._lexicon)
        pieces = []
        for number in ids:
            if not 0 <= number <= size:
                raise ValueError(f"id {number} is not in 0..{size}, the ids of this tokenizer.")
            pieces.append(words[number - 1] if number else "\ufffd")
        return "".join(pieces)

    def tokenize_batch(self, texts: Iterable[str], *, workers: int = 1) -> list[list[str]]:
        """`tokenize` of every text; with several `workers`, threads find the tokens of slices of the texts."""
        return self._tokenize_batch(_texts(texts), _workers(workers))

    def encode_batch(
        self, texts: Iterable[str], *, workers: int = 1
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """Ids of many texts as two flat arrays; the GIL is released, and `workers` threads share the texts.

        Returns
        -------
        ids : int32, shape (tokens,)
        offsets : int64, shape (texts + 1,)
            Text i has the ids ``ids[offsets[i]:offsets[i + 1]]``, the same for every number of workers.

        Examples
        --------
        >>> ids, offsets = Tokenizer(Lexicon(["早晨", "喝茶"], [3, 2])).encode_batch(["早晨喝茶", "喝茶"])
        >>> ids.tolist(), offsets.tolist()
        ([1, 2, 2], [0, 2, 3])
        """
        return self._encode_batch(_texts(texts), _workers(workers))


    def sample(
        self,
        text: str,
        alpha: float = 0.2,
        seed: int | None = None,
        k: int | None = None,
        output: str = "words",
        *,
        rng: np.random.Generator | None = None,
        index: int = 0,
    ) -> Any:
        """Draw a segmentation, exactly: P(tokens) is proportional to the product of p(token) ** alpha.

        Parameters
        ----------
        text
            Any str.
        alpha
            Inverse temperature: 0 is uniform over all segmentations, infinity (in fact 1e8) the best one.
        seed, index
            Equal seeds give equal output everywhere; text number `index` under one seed has its own stream.
            No seed means fresh entropy.
        k
            None: one list.  A number: a list of so many, drawn from one table of sums.
        output
            ``"words"``, ``"ids"`` or ``"spans"``.
        rng
            Instead of a seed: a generator, from which one 64-bit seed is drawn.

        Examples
        --------
        >>> tokenizer = Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1]))
        >>> tokenizer.sample("早晨早晨", alpha=0.2, seed=1) == tokenizer.sample("早晨早晨", alpha=0.2, seed=1)
        True
        >>> tokenizer.sample("早晨早晨", alpha=float("inf"), k=2)
        [['早晨', '早晨'], ['早晨', '早晨']]
        """
        if output not in ("words", "ids", "spans"):
            raise ValueError(f"output must be words, ids or spans, not {output!r}.")
        if k is not None and (isinstance(k, bool) or not isinstance(k, int) or k < 0):
            raise ValueError(f"k must be a whole number of samples, not {k!r}.")
        return self._sample(text, alpha, _seed(seed, rng), index, k, output)

    def sample_batch(
        self,
        texts: Iterable[str],
        alpha: float = 0.2,
        seed: int | None = None,
        *,
        k: int | None = None,
        start: int = 0,
        output: str = "words",
        workers: int = 1,
        rng: np.random.Generator | None = None,
    ) -> Any:
        """`sample` of every text, text i with ``index=start + i``: the same for every number of `workers`.

        With `k`, a list of `k` lists a text.  Without, ``output="ids"`` gives arrays as `encode_batch` does, and
        ``"words"`` a list of lists.
        """
        if k is not None:
            number = _seed(seed, rng)
            return [self.sample(t, alpha, number, k, output, index=start + i) for i, t in enumerate(_texts(texts))]
        if output not in ("words", "ids"):
            raise ValueError(f"output must be words or ids for a batch, not {output!r}.")
        return self._sample_batch(_texts(texts), alpha, _seed(seed, rng), start, output == "words", _workers(workers))

    def nbest(self, text: str, n: int = 10) -> list[tuple[list[str], float]]:
        """The `n` <= 1000 best segmentations, each with its ln p (not normalised); tied ones are all listed.

        >>> Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).nbest("早晨", 2)[0][0]
        ['早晨']
        """
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 1000:
            raise ValueError(f"n must be a whole number from 1 to 1000, not {n!r}.")
        return self._nbest(text, n)

    def marginals(self, text: str, alpha: float = 1.0) -> Marginals:
        """Probability of a cut before each character, and of each token that the text can have.

        >>> Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).marginals("早晨").cuts.round(4).tolist()
        [1.0, 0.1111, 1.0]
        """
        return self._marginals(Marginals(), text, _finite(alpha))

    def entropy(self, text: str, alpha: float = 1.0) -> float:
        """Entropy of the segmentation of a text, in nats."""
        return self._sums(text, _finite(alpha))[1]

    def log_partition(self, text: str, alpha: float = 1.0) -> float:
        """ln of the sum over all segmentations of the product of p(token) ** alpha, in nats.

        Boundaries that are not words of the lexicon count with p = 1; other unknown symbols with `unk_log_prob`.
        """
        return self._sums(text, _finite(alpha))[0]

    def log_prob(self, tokens: Sequence[str], alpha: float = 1.0) -> float:
        """ln P(tokens | their joined text), in nats; -inf when this tokenizer cannot cut so."""
        if isinstance(tokens, str):
            raise TypeError("tokens must be a list of tokens, not one text.")
        text = "".join(tokens)
        cuts, at = set(), 0
        for token in tokens:
            cuts.add((at, at + len(token)))
            at += len(token)
        allowed = {(start, end): number for start, end, number, _ in self.marginals(text, alpha).tokens}
        if not cuts <= allowed.keys() or len(cuts) != len(tokens):
            return -math.inf
        return alpha * math.fsum(self._cost(allowed[span], text[span[0]]) for span in cuts) - self._sums(text, alpha)[0]

    def _cost(self, number: int, char: str) -> float:
        if number:
            return float(self._lexicon.log_probs[number - 1])
        return self._sums(char, 1.0)[0] if char not in self._lexicon else self._unk_log_prob

    def calibrate_alpha(self, texts: str | Iterable[str], characters_per_token: float) -> float:
        """The alpha in 0..16 whose samples of `texts` have the wanted expected characters per token; by bisection.

        Raises
        ------
        ValueError
            When no alpha in that range reaches it; says the range that can be reached.
        """
        lines = [texts] if isinstance(texts, str) else list(texts)
        size = sum(map(len, lines))

        def mean(alpha: float) -> float:
            return size / max(sum(self._sums(line, alpha)[2] for line in lines), 1.0)

        low, high = 0.0, 16.0
        least, most = mean(low), mean(high)
        if not least <= characters_per_token <= most:
            raise ValueError(
                f"characters_per_token must be between {least:.3f} (alpha 0) and {most:.3f} (alpha 16) on this text, "
                f"not {characters_per_token}."
            )
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if mean(middle) < characters_per_token else (low, middle)
        return high


def _seed(seed: int | None, rng: np.random.Generator | None) -> int:
    if rng is None:
        return seed_of(seed)
    if seed is not None:
        raise ValueError("give a seed or an rng, not both.")
    return int(rng.integers(0, 1 << 64, dtype=np.uint64))


def _finite(alpha: float) -> float:
    check_alpha(alpha)
    if alpha > 1e8:
        raise ValueError("alpha must be at most 1e8 here; the best segmentation alone is what `tokenize` gives.")
    return alpha


def _rebuild(cls: type[Tokenizer], lexicon: Lexicon, alnum: str, unk_log_prob: float) -> Tokenizer:
    return cls(lexicon, alnum=alnum, unk_log_prob=unk_log_prob)


def _texts(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be an iterable of str, not one text; wrap it in a list.")
    return list(texts)


def _workers(workers: int) -> int:
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 1024:
        raise ValueError(f"workers must be a whole number from 1 to 1024, not {workers!r}.")
    return workers
