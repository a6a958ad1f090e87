"""Token lengths against the granularity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["people-daily.txt"]
TITLE = "From fine to coarse"
TITLE_ZH = "从细到粗"
ABOUT = """Average length of a token of People's Daily against the granularity, a cost in nats that every token pays.
One lexicon, learnt by `bayes`, gives all of these segmentations."""
ABOUT_ZH = """切分《人民日报》时平均每个词的字数，横轴是粒度：每切出一个词要付出的代价（奈特）。
同一份 `bayes` 词库可以给出所有这些切分。"""
LINES = 2_000


def draw(data: Path) -> Any:
    """Draw the curve.

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

    from draw import learn_with_classes
    from matplotlib.figure import Figure

    from nlp_zero import Tokenizer

    lexicon = learn_with_classes(data / "people-daily.txt")
    with open(data / "people-daily.txt", encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in itertools.islice(file, LINES)]
    grains = list(range(-8, 13, 2))
    lengths = []
    for grain in grains:
        _, offsets = Tokenizer(lexicon, granularity=grain).encode_batch(lines)
        lengths.append(sum(map(len, lines)) / int(offsets[-1]))
    figure = Figure(figsize=(6, 3))
    axes = figure.subplots()
    axes.plot(grains, lengths, marker="o")
    axes.axvline(0, color="0.7", linewidth=0.8)
    axes.set(xlabel="granularity, nats per token 粒度", ylabel="characters per token 每词字数")
    return figure
