"""The classes of words of a novel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["sanguo.txt"]
TITLE = "Classes that nobody named"
TITLE_ZH = "没有人命名的词类"
ABOUT = """The most frequent words of the ten largest classes that `bayes` learns from 三国演义. Words that occur
between the same kinds of words are in one class: people, particles, verbs, places."""
ABOUT_ZH = """`bayes` 从《三国演义》学到的最大的十个隐类，以及各类最常见的词。上下文相似的词归入同一类：
人物、虚词、动词、地名……"""


def draw(data: Path) -> Any:
    """Write the words of each class, larger where they are frequent.

    Parameters
    ----------
    data : Path
        The folder of the texts.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    from draw import learn_with_classes
    from matplotlib.figure import Figure

    lexicon = learn_with_classes(data / "sanguo.txt")
    figure = Figure(figsize=(8, 4))
    axes = figure.subplots()
    axes.axis("off")
    axes.set(xlim=(0, 100), ylim=(10, -0.5))
    for row in range(10):
        axes.text(0, row, str(row), color="0.5", va="center")
        place = 5.0
        for word in lexicon.classes.words(row)[:10]:
            size = 7 + 30 * lexicon.classes.share(word) ** 0.5
            axes.text(place, row, word, fontsize=min(size, 18), va="center", color=f"C{row}")
            place += len(word) * min(size, 18) * 0.19 + 2
    return figure
