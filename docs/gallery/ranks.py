"""Count against rank for four texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["sanguo.txt", "people-daily.txt", "reviews.txt", "poetry.txt"]
TITLE = "Zipf's law in four texts"
TITLE_ZH = "四种文本的齐普夫定律"
ABOUT = """Share of the tokens against the rank of the word, both logarithmic, for words that were learnt from
each text. In poems
(the first 100,000 paragraphs), few words are frequent: there are hardly any function words."""
ABOUT_ZH = """从各自文本学到的词，占全文的比例与排名，两轴都取对数。诗（前十万段）里高频词最少：几乎没有虚字。"""


def draw(data: Path) -> Any:
    """Draw one curve for each text.

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

    from matplotlib.figure import Figure

    from nlp_zero import PmiLexiconBuilder

    figure = Figure(figsize=(7, 3.6))
    axes = figure.subplots()
    for name in TEXTS:
        with open(data / name, encoding="utf-8") as file:
            lexicon = PmiLexiconBuilder().build(list(itertools.islice(file, 100_000)))
        ranks = sorted({round(1.15**k) for k in range(80) if 1.15**k < len(lexicon.words)})
        axes.plot(ranks, [lexicon.counts[rank - 1] / lexicon.total for rank in ranks], label=name)
    axes.set(xscale="log", yscale="log", xlabel="rank 排名", ylabel="share of tokens 比例")
    axes.legend(frameon=False)
    return figure
