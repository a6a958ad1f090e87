"""Information per character as a novel is cut into words and phrases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["sanguo.txt"]
TITLE = "The information of a text falls as it is cut into words"
TITLE_ZH = "切成词之后，文本的平均信息量下降"
ABOUT = """Average information per character of 三国演义 in nats: as single characters, as words of three
methods. `pmi`
cuts coarsely; `bayes` describes the text best. The minimum-entropy principle says that the best units are those with
the lowest value."""
ABOUT_ZH = """《三国演义》平均每个字的信息量（奈特）：按单字、按三种方法学到的词。
最小熵原理认为，信息量最低的单位就是最好的单位；`bayes` 的词把文本描述得最经济。"""


def draw(data: Path) -> Any:
    """Draw one bar for each method.

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

    from nlp_zero import Corpus, EntropyLexiconBuilder, PmiLexiconBuilder

    corpus = Corpus(data / "sanguo.txt")
    lexicons = {"pmi": PmiLexiconBuilder().build(corpus), "entropy": EntropyLexiconBuilder().build(corpus)}
    lexicons["bayes"] = learn_with_classes(data / "sanguo.txt")
    values = {"characters 单字": lexicons["pmi"].meta.entropy_before}
    values |= {name: lexicon.meta.entropy_after for name, lexicon in lexicons.items()}
    figure = Figure(figsize=(7, 2.6))
    axes = figure.subplots()
    bars = axes.barh(list(values), list(values.values()), color=["0.6", "C0", "C0", "C0"])
    axes.bar_label(bars, fmt="%.2f", padding=4)
    axes.invert_yaxis()
    axes.set(xlabel="nats per character 奈特/字")
    return figure
