"""The words of a newspaper and of reviews."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["people-daily.txt", "reviews.txt"]
TITLE = "A newspaper against reviews"
TITLE_ZH = "报纸与评论"
ABOUT = """Each dot is a word that is significantly more frequent in one of two texts: People's Daily of
January 1998 (above), and reviews of hotels, books and computers (below). Words of both were learnt together."""
ABOUT_ZH = """每个点是一个词，它在两份文本中的一份里显著更常见：上方是 1998 年 1 月的《人民日报》，
下方是酒店、图书和电脑的评论。两份文本一起学习词。"""


def draw(data: Path) -> Any:
    """Draw words by frequency and by log ratio.

    Parameters
    ----------
    data : Path
        The folder of the texts.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    from nlp_zero import ComparisonDisplay, Corpus, TextComparer

    texts = (Corpus(data / name) for name in TEXTS)
    table = TextComparer().compare(*texts, names=("newspaper 报纸", "reviews 评论"))
    figure = ComparisonDisplay.from_table(table).plot().figure_
    for collection in figure.axes[0].collections:
        collection.set_rasterized(True)  # thousands of dots
    return figure
