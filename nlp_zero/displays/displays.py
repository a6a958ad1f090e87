"""What is drawn: words by two scores, the segmentations of a text, the words of two texts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .._utils.validation import check_integer
from ..comparison import ComparisonTable
from ..lexicon.lexicon import Lexicon, check_lexicon
from ..tokenization.drawing import place_boxes
from ..tokenization.tokenizer import Tokenizer
from .fonts import choose_axes, find_chinese_font

if TYPE_CHECKING:
    import numpy.typing as npt

    Float64 = npt.NDArray[np.float64]

__all__ = ["ComparisonDisplay", "LatticeDisplay", "LexiconDisplay"]

FAINTEST, FAINTEST_TEXT = 0.06, 0.5  # opacity of a token whose probability is 0, and of its characters
LABEL_POINTS = 9  # size of the words next to dots
INCHES_OF_CHARACTER, INCHES_OF_ROW = 0.42, 0.42


class LexiconDisplay:
    """Words as dots: a score against the count.

    Parameters
    ----------
    words : sequence of str
    count, score : ndarray, shape (words,)
        Coordinates of the dots.
    score_name : str
        Label of the vertical axis.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes of the last plot.
    figure_ : matplotlib.figure.Figure
        Their figure.

    Examples
    --------
    >>> from nlp_zero import Lexicon
    >>> lexicon = Lexicon(["早晨", "喝茶"], [9, 4], scores={"pmi": [3.5, 2.0]})
    >>> LexiconDisplay.from_lexicon(lexicon)
    <LexiconDisplay of 2 words: pmi against count>
    """

    ax_: Any
    figure_: Any

    def __init__(
        self, words: tuple[str, ...], count: npt.NDArray[np.int64], score: Float64, score_name: str = "pmi"
    ) -> None:
        self.words, self.count, self.score, self.score_name = tuple(words), count, score, score_name

    def __repr__(self) -> str:
        return f"<LexiconDisplay of {len(self.words):,} words: {self.score_name} against count>"

    @classmethod
    def from_lexicon(cls, lexicon: Lexicon, *, score: str = "pmi", min_length: int = 2) -> LexiconDisplay:
        """Take the words of a lexicon.

        Parameters
        ----------
        lexicon : Lexicon
        score : str, default "pmi"
            A column of the lexicon.
        min_length : int, default 2
            Shorter words are left out.

        Returns
        -------
        LexiconDisplay

        Raises
        ------
        ValueError
            If the lexicon has no such column.
        """
        if score not in check_lexicon(lexicon).scores:
            raise ValueError(f"score must be a column of the lexicon ({', '.join(lexicon.scores)}), not {score!r}.")
        places = [k for k, word in enumerate(lexicon.words) if len(word) >= min_length]
        words = tuple(lexicon.words[k] for k in places)
        return cls(words, lexicon.counts[places], lexicon.scores[score][places], score)

    def plot(self, *, ax: Any = None, labels: int = 30) -> LexiconDisplay:
        """Draw the dots.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        labels : int, default 30
            Number of words that are written next to their dots: those with the greatest count times
            score, without those that would cover another.

        Returns
        -------
        LexiconDisplay
            With the attributes `ax_` and `figure_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        self.ax_ = choose_axes(ax, (7, 5))
        self.figure_ = self.ax_.figure
        self.ax_.scatter(self.count, self.score, s=6, alpha=0.4, linewidths=0)
        self.ax_.set(xscale="log", xlabel="count", ylabel=self.score_name.replace("_", " "))
        order = np.argsort(-self.count * self.score, kind="stable").tolist()
        limit = check_integer("labels", labels, least=0)
        _write_words(self.ax_, ((self.words[k], self.count[k], self.score[k]) for k in order), limit)
        return self


class LatticeDisplay:
    """The segmentations of a text: a box for each possible token, as opaque as it is probable.

    Parameters
    ----------
    text : str
    tokens : list of (int, int, float)
        Start, end and probability of each possible token.
    best : list of (int, int)
        Start and end of the tokens of the best segmentation, which get a frame.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes of the last plot.
    figure_ : matplotlib.figure.Figure
        Their figure.

    Examples
    --------
    >>> from nlp_zero import Lexicon, Tokenizer
    >>> LatticeDisplay.from_tokenizer(Tokenizer(Lexicon(["早晨", "早", "晨"], [2, 1, 1])), "早晨")
    <LatticeDisplay of 2 characters, 3 possible tokens>
    """

    ax_: Any
    figure_: Any

    def __init__(self, text: str, tokens: list[tuple[int, int, float]], best: list[tuple[int, int]]) -> None:
        self.text, self.tokens, self.best = text, tokens, best

    def __repr__(self) -> str:
        return f"<LatticeDisplay of {len(self.text):,} characters, {len(self.tokens):,} possible tokens>"

    @classmethod
    def from_tokenizer(cls, tokenizer: Tokenizer, text: str, *, alpha: float = 1.0) -> LatticeDisplay:
        """Take the segmentations that a tokenizer gives to a text.

        Parameters
        ----------
        tokenizer : Tokenizer
        text : str
        alpha : float, default 1
            Inverse temperature of the probabilities.

        Returns
        -------
        LatticeDisplay
        """
        tokens = [(start, end, p) for start, end, _, p in tokenizer.marginals(text, alpha=alpha).tokens]
        return cls(text, tokens, tokenizer(text).spans)

    def plot(self, *, ax: Any = None, least: float = 0.005) -> LatticeDisplay:
        """Draw the boxes over the characters.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        least : float, default 0.005
            Tokens that are less probable are left out.

        Returns
        -------
        LatticeDisplay
            With the attributes `ax_` and `figure_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        framed = set(self.best)
        rows = place_boxes([token for token in self.tokens if token[2] >= least or token[:2] in framed], self.best)
        height = 1 + max((row for row, *_ in rows), default=-1)
        self.ax_ = choose_axes(ax, (len(self.text) * INCHES_OF_CHARACTER + 0.4, (height + 1) * INCHES_OF_ROW + 0.4))
        self.figure_ = self.ax_.figure
        from matplotlib.patches import FancyBboxPatch

        font = find_chinese_font()
        for row, start, end, probability in rows:
            opacity = FAINTEST + (1 - FAINTEST) * probability
            edge = "tab:blue" if (start, end) in framed else "none"
            box = FancyBboxPatch(
                (start + 0.12, -row - 0.82), end - start - 0.24, 0.64, boxstyle="round,pad=0.05",
                facecolor=("tab:blue", 0.4 * opacity), edgecolor=edge,
            )  # fmt: skip
            self.ax_.add_patch(box)
            middle = (start + end) / 2
            self.ax_.text(
                middle, -row - 0.5, self.text[start:end], ha="center", va="center", family=font,
                alpha=max(opacity, FAINTEST_TEXT),
            )  # fmt: skip
        for k, character in enumerate(self.text):
            self.ax_.text(k + 0.5, -height - 0.5, character, ha="center", va="center", family=font, color="gray")
        self.ax_.set(xlim=(0, max(len(self.text), 1)), ylim=(-height - 1, 0))
        self.ax_.set_axis_off()
        return self


class ComparisonDisplay:
    """Words of two texts as dots: log ratio against the count in both.

    Parameters
    ----------
    table : ComparisonTable
        Of one text and another side.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The axes of the last plot.
    figure_ : matplotlib.figure.Figure
        Their figure.
    """

    ax_: Any
    figure_: Any

    def __init__(self, table: ComparisonTable) -> None:
        self.table = table

    def __repr__(self) -> str:
        return f"<ComparisonDisplay of {self.table.texts[0]} against {self.table.other}: {len(self.table):,} words>"

    @classmethod
    def from_table(cls, table: ComparisonTable, *, text: str | None = None) -> ComparisonDisplay:
        """Take the words of a comparison.

        Parameters
        ----------
        table : ComparisonTable
            A result of `TextComparer`.
        text : str, optional
            Which text, if several are compared; by default the first.

        Returns
        -------
        ComparisonDisplay

        Examples
        --------
        >>> from nlp_zero import Lexicon, TextComparer
        >>> comparer = TextComparer(lexicon=Lexicon(["春天", "秋天", "的"], [4, 4, 8]))
        >>> ComparisonDisplay.from_table(comparer.compare(["春天的"] * 9, ["秋天的"] * 9))
        <ComparisonDisplay of new against old: 3 words>
        """
        return cls(table.of(table.texts[0] if text is None else text))

    def plot(self, *, ax: Any = None, labels: int = 15) -> ComparisonDisplay:
        """Draw the dots; words that are special to the text are above 0.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            By default those of a new figure.
        labels : int, default 15
            Number of words of each side that are written next to their dots: those with the greatest G²,
            without those that would cover another.

        Returns
        -------
        ComparisonDisplay
            With the attributes `ax_` and `figure_`.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        table, limit = self.table, check_integer("labels", labels, least=0)
        self.ax_ = choose_axes(ax, (7, 5))
        self.figure_ = self.ax_.figure
        total = table.count + table.other_count
        for side, name in ((table.g2 > 0, table.texts[0]), (table.g2 < 0, table.other)):
            self.ax_.scatter(
                total[side], table.log_ratio[side], s=8, alpha=0.5, linewidths=0, label=name.replace("_", " ")
            )
        self.ax_.axhline(0, color="gray", linewidth=0.8)
        self.ax_.set(xscale="log", xlabel="count in both texts", ylabel="log$_2$ ratio")  # Chinese fonts lack ₂
        self.ax_.legend(prop={"family": find_chinese_font()})
        for order in (np.argsort(-table.g2, kind="stable"), np.argsort(table.g2, kind="stable")):
            words = ((table.words[k], total[k], table.log_ratio[k]) for k in order.tolist())
            _write_words(self.ax_, words, limit)
        return self


def _write_words(ax: Any, words: Iterable[tuple[str, float, float]], limit: int) -> None:
    """Write words next to their dots, in their order, and leave out those that would cover another."""
    font = find_chinese_font()
    ax.autoscale_view()
    scale = ax.figure.dpi / 72
    taken: list[tuple[float, float, float]] = []  # left, bottom and right end of a word, in pixels
    for word, x, y in words:
        if len(taken) == limit:
            break
        left, bottom = ax.transData.transform((x, y))
        right, height = left + len(word) * LABEL_POINTS * scale, LABEL_POINTS * scale * 1.2
        if all(right < a or b < left or abs(bottom - c) > height for a, c, b in taken):
            taken.append((left, bottom, right))
            ax.annotate(word, (x, y), (3, 2), textcoords="offset points", fontsize=LABEL_POINTS, family=font)
