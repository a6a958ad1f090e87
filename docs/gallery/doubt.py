"""The segmentations of one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

TEXTS = ["people-daily.txt"]
TITLE = "Where a segmentation is in doubt"
TITLE_ZH = "切分在哪里拿不准"
ABOUT = """All segmentations of an ambiguous sentence under words that `bayes` learnt from
People's Daily, with 中国 有 or 中 国有: the stronger the colour, the more probable the word. Frames mark the best
segmentation."""
ABOUT_ZH = """用 `bayes` 从《人民日报》学到的词切分一个有歧义的句子：“中国|有”还是“中|国有”？颜色越深，
这个词出现的概率越大；加框的是最优切分。"""
SENTENCE = "市场中国有企业才能发展。"


def draw(data: Path) -> Any:
    """Draw a box for each possible word.

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

    from nlp_zero import LatticeDisplay, Tokenizer

    tokenizer = Tokenizer(learn_with_classes(data / "people-daily.txt"))
    return LatticeDisplay.from_tokenizer(tokenizer, SENTENCE, alpha=0.5).plot().figure_
