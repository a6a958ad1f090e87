"""A transformer for pipelines of scikit-learn, which must be installed: ``pip install scikit-learn``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from ..builders import PmiLexiconBuilder
from ..lexicon import Lexicon
from ..tokenization import Tokenizer

try:
    from sklearn.base import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
        BaseEstimator,
        TransformerMixin,
    )
    from sklearn.utils.validation import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
        check_is_fitted,
    )
except ImportError:
    raise ImportError("nlp_zero.compat.sklearn needs scikit-learn; run: pip install scikit-learn.") from None

if TYPE_CHECKING:

    class Builder(Protocol):
        """A builder of `nlp_zero.builders`, such as `PmiLexiconBuilder`."""

        def build(self, texts: Iterable[str]) -> Lexicon:
            """Return the words of the texts."""
            ...


__all__ = ["TokenizerTransformer"]


class TokenizerTransformer(TransformerMixin, BaseEstimator):  # type: ignore[misc, unused-ignore]
    """Learn the words of raw texts, and cut texts into them: a transformer of scikit-learn.

    Parameters
    ----------
    builder : builder, optional
        Learns the words: `PmiLexiconBuilder` (default), `EntropyLexiconBuilder` or `BayesLexiconBuilder`, or another
        object with a method ``build(texts) -> Lexicon``.
    separator : str, optional
        Joins the tokens of a text to one string; default: the tokens of a text are a list.

    Attributes
    ----------
    lexicon_ : Lexicon
        The words of the texts, after `fit`.
    tokenizer_ : Tokenizer
        Cuts texts into them.

    Notes
    -----
    A vectorizer with ``analyzer=list`` takes the lists of tokens as they are.  A joined string can no longer be cut
    into the same tokens if some of them are white space.

    With a lexicon that exists already no transformer is needed: ``TfidfVectorizer(analyzer=tokenizer.tokenize)``.

    Examples
    --------
    >>> from nlp_zero import EntropyLexiconBuilder
    >>> texts = ["早晨喝茶", "早晨看书", "看书喝茶", "晚上看书", "晚上喝茶"]
    >>> transformer = TokenizerTransformer(EntropyLexiconBuilder(min_count=2))
    >>> transformer.fit_transform(texts)
    [['早晨', '喝茶'], ['早晨', '看书'], ['看书', '喝茶'], ['晚上', '看书'], ['晚上', '喝茶']]
    >>> transformer.set_params(separator=" ").transform(["晚上早晨"])
    ['晚上 早晨']
    """

    lexicon_: Lexicon
    tokenizer_: Tokenizer

    def __init__(self, builder: Builder | None = None, separator: str | None = None) -> None:
        self.builder = builder
        self.separator = separator

    def fit(self, X: Iterable[str], y: Any = None) -> TokenizerTransformer:
        """Learn the words of texts.

        Parameters
        ----------
        X : iterable of str
            One text each: a list, an array or a column of a data frame.
        y : object, optional
            Not used.

        Returns
        -------
        TokenizerTransformer
            This object.

        Raises
        ------
        ValueError
            If `X` has several columns.
        TypeError
            If `X` is one string, or one of the texts is not a string.
        """
        texts = _check_texts(X)
        self.lexicon_ = (self.builder if self.builder is not None else PmiLexiconBuilder()).build(texts)
        self.tokenizer_ = Tokenizer(self.lexicon_)
        return self

    def transform(self, X: Iterable[str]) -> list[list[str]] | list[str]:
        """Return the tokens of texts.

        Parameters
        ----------
        X : iterable of str
            See `fit`.

        Returns
        -------
        list of list of str, or list of str
            One list of tokens for each text, or with a `separator` one string.

        Raises
        ------
        sklearn.exceptions.NotFittedError
            If `fit` was not called.
        ValueError
            If `X` has several columns.
        TypeError
            If `X` is one string, or one of the texts is not a string.
        """
        check_is_fitted(self, "tokenizer_")
        tokens = self.tokenizer_.tokenize_batch(_check_texts(X))
        return tokens if self.separator is None else [self.separator.join(line) for line in tokens]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


def _check_texts(texts: Iterable[str]) -> list[str]:
    if isinstance(texts, (str, bytes)):
        raise TypeError("X must be an iterable of texts, not one text; wrap it in a list.")
    shape = getattr(texts, "shape", (0,))
    if len(shape) != 1:
        raise ValueError(f"X must be one column of texts, not a table of shape {shape}; select one: frame['text'].")
    lines = list(texts)
    for number, line in enumerate(lines):
        if not isinstance(line, str):
            raise TypeError(f"X must hold texts, but row {number} is {line!r}; drop or fill such rows.")
    return lines
