"""Where the people of a novel act."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["sanguo.txt"]
TITLE = "The people of a novel, chapter by chapter"
TITLE_ZH = "人物在各回出现的次数"
ABOUT = """How often ten people of 三国演义 are named in each of its 120 chapters. The names are words that
were learnt from the
novel; the text was cut with them and the tokens were counted."""
ABOUT_ZH = """《三国演义》一百二十回里，十个人物每一回被提到的次数。这些名字都是从小说本身学到的词；
切分全文之后，数一数就得到这张图。"""
NAMES = ["董卓", "吕布", "袁绍", "曹操", "关公", "张飞", "玄德", "孔明", "司马懿", "姜维"]


def draw(data: Path) -> Any:
    """Draw a map of names and chapters.

    Parameters
    ----------
    data : Path
        The folder of the texts.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    import re
    from collections import Counter

    from matplotlib.figure import Figure

    from nlp_zero import Corpus, PmiLexiconBuilder, Tokenizer

    tokenizer = Tokenizer(PmiLexiconBuilder().build(Corpus(data / "sanguo.txt")))
    chapters: list[Counter[str]] = []
    for line in Corpus(data / "sanguo.txt"):
        if re.match("第.{1,5}回", line) or not chapters:
            chapters.append(Counter())
        chapters[-1].update(tokenizer.tokenize(line))
    chapters = chapters[-120:]
    rows = [[chapter[name] ** 0.5 for chapter in chapters] for name in NAMES]
    figure = Figure(figsize=(9, 3))
    axes = figure.subplots()
    axes.imshow(rows, aspect="auto", cmap="Blues", extent=(0.5, 120.5, len(NAMES) - 0.5, -0.5))
    axes.set_yticks(range(len(NAMES)), NAMES)
    axes.set(xlabel="chapter 回")
    return figure
