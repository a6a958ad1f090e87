"""Methods of a tokenizer that are about all segmentations of a text: the best ones, and sums over all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .._kernels.tokenization import Segmenter
from ..lexicon.ids import TokenIds
from ..lexicon.lexicon import Lexicon
from . import scoring
from .marginals import Marginals
from .options import Options
from .sampling import check_finite_alpha

__all__ = ["SegmentationSums"]


class SegmentationSums:
    """The best segmentations, and sums over all segmentations: a base class of `Tokenizer`."""

    _lexicon: Lexicon
    _options: Options
    _ids: TokenIds
    _kernel: Segmenter

    def nbest(self, text: str | bytes, n: int = 10) -> list[tuple[list[str], float]]:
        """Return the best segmentations, each with its score; the first is that of `tokenize`.

        The score is ln p, not normalised, minus `granularity` for each token.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.
        n : int, default 10
            Number of segmentations, at most (1 to 1000); tied ones are all listed.

        Returns
        -------
        list of (list of str, float)

        Examples
        --------
        >>> from nlp_zero import Lexicon, Tokenizer
        >>> Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).nbest("早晨", 2)[0][0]
        ['早晨']
        """
        return self._kernel.nbest(text, n)

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
        >>> from nlp_zero import Lexicon, Tokenizer
        >>> Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])).marginals("早晨").cuts.round(4).tolist()
        [1.0, 0.1111, 1.0]
        """
        return Marginals(self._kernel.marginals(text, check_finite_alpha(alpha)), text)

    def entropy(self, text: str | bytes, *, alpha: float = 1.0) -> float:
        """Return the entropy of the segmentation of a text.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.

        Returns
        -------
        float
            In nats.
        """
        return self._kernel.sums(text, check_finite_alpha(alpha))[1]

    def log_partition(self, text: str | bytes, *, alpha: float = 1.0) -> float:
        """Return ln of the sum over all segmentations of the product of p(token) ** alpha.

        Boundaries that are not words count with p = 1; other unknown symbols with `unk_log_prob`.  Each ln p(token) is
        reduced by `granularity`.

        Parameters
        ----------
        text : str
            In byte units also `bytes`.
        alpha : float, default 1
            Inverse temperature, from 0 to 1e8.

        Returns
        -------
        float
            In nats.
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

        Raises
        ------
        TypeError
            If `tokens` is a single string.
        """
        if isinstance(tokens, str):
            raise TypeError("tokens must be a list of tokens, not one text.")
        number = check_finite_alpha(alpha)
        words = scoring.TokenWeights(self._kernel, self._lexicon, self._ids, self._options)
        return scoring.log_prob(words, tokens, number)

    def calibrate_alpha(self, texts: str | bytes | Iterable[str | bytes], characters_per_token: float) -> float:
        """Return the alpha from 0 to 16 that gives samples the wanted expected token length; by bisection.

        Parameters
        ----------
        texts : str or iterable of str
            In byte units also `bytes`.
        characters_per_token : float
            The wanted expected length of a token.

        Returns
        -------
        float

        Raises
        ------
        ValueError
            If no alpha in that range reaches it; the message gives the range that can be reached.
        """
        lines = [texts] if isinstance(texts, (str, bytes)) else texts
        return scoring.calibrate_alpha(self._expected_tokens, lines, characters_per_token)

    def _expected_tokens(self, text: str | bytes, alpha: float) -> float:
        return self._kernel.sums(text, alpha)[2]
