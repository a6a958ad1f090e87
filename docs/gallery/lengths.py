"""Word lengths in four texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["sanguo.txt", "people-daily.txt", "reviews.txt", "poetry.txt"]
TITLE = "How long are words?"
TITLE_ZH = "词有多长"
ABOUT = """Share of the tokens by their length in characters, for words that were learnt from each text. Classical poems
(the first 100,000 paragraphs) are the most monosyllabic, news has the longest words."""
ABOUT_ZH = """从各自文本学到的词，按字数统计在文中所占的比例。古诗（前十万段）单字最多，新闻的词最长。"""
LONGEST = 4


def draw(data: Path) -> Any:
    """Draw a group of bars for each length.

    Parameters
    ----------
    data : Path
        The folder of the texts.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    import itertools

    import numpy as np
    from matplotlib.figure import Figure

    from nlp_zero import PmiLexiconBuilder

    figure = Figure(figsize=(7, 3.2))
    axes = figure.subplots()
    for k, name in enumerate(TEXTS):
        with open(data / name, encoding="utf-8") as file:
            lexicon = PmiLexiconBuilder().build(list(itertools.islice(file, 100_000)))
        lengths = np.minimum([len(word) for word in lexicon.words], LONGEST)
        shares = np.bincount(lengths, lexicon.counts, minlength=LONGEST + 1)[1:] / lexicon.total
        axes.bar(np.arange(1, LONGEST + 1) + 0.2 * (k - 1.5), shares, 0.2, label=name)
    axes.set_xticks(range(1, LONGEST + 1), ["1", "2", "3", "4+"])
    axes.set(xlabel="characters 字数", ylabel="share of tokens 比例")
    axes.legend(frameon=False)
    return figure
