"""All segmentations of a text at once: drawn, ranked, summed over.  The half of `Tokenizer` that weighs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._kernels.tokenization import MarginalTable, Segmenter
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from .lattice import check_alpha, seed_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]

__all__ = ["Marginals", "Weighing", "check_texts", "check_workers"]


class Marginals(MarginalTable):
    """Probabilities over all segmentations of a text; arrays are made when they are asked for."""

    __slots__ = ()

    @property
    def cuts(self) -> npt.NDArray[np.float64]:
        """Probability of a cut before each character, and at the end: len(text) + 1 numbers; first and last are 1.

        In byte units, here and in `tokens` and `arrays`, positions are those of the UTF-8 bytes.
        """
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


class Weighing(Segmenter):
    """What `Tokenizer` inherits: methods that look at every segmentation.

    A path weighs the product of p(token) ** alpha.  With ``objective="shortest"`` every token has p = 1 / vocab_size.
    """

    __slots__ = ("_alnum", "_ids", "_lexicon", "_new_words", "_objective", "_unk_log_prob")

    _lexicon: Lexicon
    _alnum: str
    _unk_log_prob: float | None
    _objective: str
    _new_words: bool
    _ids: TokenIds

    def sample(
        self,
        text: str | bytes,
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
            Any str; in byte units also bytes.
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
        >>> from nlp_zero import Lexicon, Tokenizer
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
            return [self.sample(t, alpha, number, k, output, index=start + i) for i, t in enumerate(check_texts(texts))]
        if output not in ("words", "ids"):
            raise ValueError(f"output must be words or ids for a batch, not {output!r}.")
        number, as_words = _seed(seed, rng), output == "words"
        return self._sample_batch(check_texts(texts), alpha, number, start, as_words, check_workers(workers))

    def nbest(self, text: str | bytes, n: int = 10) -> list[tuple[list[str], float]]:
        """The `n` <= 1000 best segmentations, each with its ln p (not normalised); tied ones are all listed.

        >>> from nlp_zero import Lexicon, Tokenizer
        >>> Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).nbest("早晨", 2)[0][0]
        ['早晨']
        """
        if isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= 1000:
            raise ValueError(f"n must be a whole number from 1 to 1000, not {n!r}.")
        return self._nbest(text, n)

    def marginals(self, text: str | bytes, alpha: float = 1.0) -> Marginals:
        """Probability of a cut before each character, and of each token that the text can have.

        >>> from nlp_zero import Lexicon, Tokenizer
        >>> Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).marginals("早晨").cuts.round(4).tolist()
        [1.0, 0.1111, 1.0]
        """
        return self._marginals(Marginals(), text, _finite(alpha))

    def entropy(self, text: str | bytes, alpha: float = 1.0) -> float:
        """Entropy of the segmentation of a text, in nats."""
        return self._sums(text, _finite(alpha))[1]

    def log_partition(self, text: str | bytes, alpha: float = 1.0) -> float:
        """Ln of the sum over all segmentations of the product of p(token) ** alpha, in nats.

        Boundaries that are not words of the lexicon count with p = 1; other unknown symbols with `unk_log_prob`.
        """
        return self._sums(text, _finite(alpha))[0]

    def log_prob(self, tokens: Sequence[str], alpha: float = 1.0) -> float:
        """Ln P(tokens | their joined text), in nats; -inf when this tokenizer cannot cut so."""
        if isinstance(tokens, str):
            raise TypeError("tokens must be a list of tokens, not one text.")
        if not self._ids.fallback:  # unknown characters in a row may be one token, but each counts
            tokens = [piece for token in tokens for piece in self._single(token)]
        try:
            text, spans = self._placed(tokens)
        except UnicodeError:
            return -math.inf
        starts, ends, ids, _ = self.marginals(text, alpha).arrays
        allowed = set(zip(starts.tolist(), ends.tolist(), ids.tolist(), strict=True))
        find, unknown = self._lexicon, self._ids.unknown
        numbers = [self._ids.find(token, find) if token in find else unknown for token in tokens]
        if not {(*span, number) for span, number in zip(spans, numbers, strict=True)} <= allowed:
            return -math.inf
        weights = self._weights(tokens, [start for start, _ in spans])
        return alpha * math.fsum(weights) - self._sums(text, alpha)[0]

    def _single(self, token: str) -> list[str]:
        fused = self._lexicon.meta.get("boundaries") == "no" and token not in self._lexicon
        return list(token) if fused else [token]

    def _placed(self, tokens: Sequence[str]) -> tuple[str | bytes, list[tuple[int, int]]]:
        """The text of some tokens, and where each is, as `marginals` tells it."""
        way = "surrogateescape" if self._ids.fallback else "surrogatepass"
        pieces = [token.encode("utf-8", way) for token in tokens]
        data = b"".join(pieces)
        ends = np.cumsum([0, *map(len, pieces)])
        if self._lexicon.meta.get("unit") == "byte":
            return data, list(zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True))
        begins = np.frombuffer(data, np.uint8) & 0xC0 != 0x80
        begun = np.concatenate([[0], np.cumsum(begins)])  # characters that begin before each byte
        starts = begun[np.minimum(ends[:-1] + 1, len(data))] - 1
        return data.decode("utf-8", "surrogatepass"), list(zip(starts.tolist(), begun[ends[1:]].tolist(), strict=True))

    def _weights(self, tokens: Sequence[str], starts: Sequence[int]) -> list[float]:
        """What each token adds to ln P of a path, but for ln Z."""
        if self._objective == "shortest":
            return [-math.log(max(self._ids.size, 2))] * len(tokens)
        log_probs, index = self._lexicon.log_probs, self._lexicon.index
        unk = self._unk_log_prob if self._ids.fallback and self._lexicon.meta.get("unit") != "byte" else None
        weights, last = [], -1
        for token, start in zip(tokens, starts, strict=True):
            if token not in self._lexicon:  # a boundary costs nothing
                weights.append(self._sums(token[0], 1.0)[0])
            elif unk is not None and "\udc80" <= token <= "\udcff":  # one cost for all bytes of a character
                weights.append(unk if start != last else 0.0)
                last = start
            else:
                weights.append(float(log_probs[index(token)]))
        return weights

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


def check_texts(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, (str, bytes)):
        raise TypeError("texts must be an iterable of str, not one text; wrap it in a list.")
    return list(texts)


def check_workers(workers: int) -> int:
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 1024:
        raise ValueError(f"workers must be a whole number from 1 to 1024, not {workers!r}.")
    return workers
