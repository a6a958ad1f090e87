"""The words of a novel by count and PMI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["sanguo.txt"]
TITLE = "The words of a novel"
TITLE_ZH = "一部小说的词"
ABOUT = """Each dot is a word of 三国演义, by its count and by how strongly its characters attract
each other (PMI, nats). Names are at the top right: frequent and firm."""
ABOUT_ZH = """每个点是《三国演义》的一个词：横轴是词频，
纵轴是字与字结合的紧密程度（凝固度，也就是互信息，单位是奈特）。右上方又常用又紧密的多是人名。"""


def draw(data: Path) -> Any:
    """Draw a dot for each word.

    Parameters
    ----------
    data : Path
        The folder of the texts.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    from nlp_zero import Corpus, LexiconDisplay, PmiLexiconBuilder

    lexicon = PmiLexiconBuilder().build(Corpus(data / "sanguo.txt"))
    figure = LexiconDisplay.from_lexicon(lexicon).plot().figure_
    for collection in figure.axes[0].collections:
        collection.set_rasterized(True)  # thousands of dots
    return figure
