"""The rhythm of poems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["poetry.txt"]
TITLE = "The rhythm of poems"
TITLE_ZH = "诗句的节奏"
ABOUT = """The probability that a word begins at each place of lines of five and of seven characters, averaged
over the lines of
30,000 paragraphs, most of them of Tang poems. Nobody told the program about metre: the pauses after the second and the
fourth character are
in the words."""
ABOUT_ZH = """五言和七言诗句中，每个位置是词的开头的概率，对三万段诗（大多是唐诗）求平均。没有人告诉程序什么是格律：
“二三”和“二二三”的停顿就在词里。"""


def draw(data: Path) -> Any:
    """Draw one line for each length.

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
    import re

    import numpy as np
    from matplotlib.figure import Figure

    from nlp_zero import PmiLexiconBuilder, Tokenizer

    with open(data / "poetry.txt", encoding="utf-8") as file:
        paragraphs = list(itertools.islice(file, 30_000))
    verses = [verse for line in paragraphs for verse in re.findall(r"[\u4e00-\u9fff]+", line)]
    tokenizer = Tokenizer(PmiLexiconBuilder(min_pmi=1.5).build(verses))
    figure = Figure(figsize=(7, 3))
    axes = figure.subplots()
    for length, label in ((5, "5 characters 五言"), (7, "7 characters 七言")):
        chosen = [verse for verse in verses if len(verse) == length][:5_000]
        cuts = np.mean([tokenizer.marginals(verse).cuts for verse in chosen], axis=0)
        axes.plot(range(1, length), cuts[1:-1], marker="o", label=label)
    axes.set(xlabel="after character 第几个字之后", ylabel="probability of a boundary 断开的概率", ylim=(0, 1))
    axes.legend(frameon=False)
    return figure
