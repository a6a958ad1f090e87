"""Draw the figures of the task pages and of the explanation: ``python docs/make_figures.py FOLDER`` (needs matplotlib).

FOLDER holds sanguo.txt, people-daily.txt and reviews.txt (``python corpora/fetch.py``).
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

PICTURES = Path(__file__).resolve().parent / "pictures"
# Figures of docs/research/scale.md (`count -o --memory 512M`) and of benchmarks/README.md (held-out people-daily, A).
SECONDS_OF_GIGABYTES = {0.1: 1.3, 1: 13.7, 4: 54.5}
BYTES_PER_TOKEN = {"nlp-zero": [4.718, 5.605, 6.440], "Hugging Face BPE": [4.659, 5.497, 6.273]}
VOCABULARY_SIZES = [8, 20, 50]
SENTENCE = "次日孔明与关公张飞商议破敌之计"


def new_axes(width: float, height: float) -> tuple[Any, Any]:
    """Return a new figure and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    return figure, figure.subplots()


def draw_lattice(data: Path) -> Any:
    """The segmentations of a sentence."""
    from nlp_zero import BayesLexiconBuilder, Corpus, LatticeDisplay, Tokenizer

    tokenizer = Tokenizer(BayesLexiconBuilder(seed=0).build(Corpus(data / "sanguo.txt")))
    return LatticeDisplay.from_tokenizer(tokenizer, SENTENCE).plot().figure_


def draw_comparison(data: Path) -> Any:
    """The words of two halves of a novel."""
    from nlp_zero import ComparisonDisplay, TextComparer

    lines = (data / "sanguo.txt").read_text(encoding="utf-8").splitlines()
    table = TextComparer().compare(lines[:819], lines[819:], names=("first.txt", "second.txt"))
    return ComparisonDisplay.from_table(table).plot().figure_


def draw_keywords(data: Path) -> Any:
    """The keywords of three texts."""
    from matplotlib.figure import Figure

    from nlp_zero import Corpus, TextComparer

    figure = Figure(figsize=(8, 3))
    names = ["people-daily", "reviews", "sanguo"]
    for axes, name in zip(figure.subplots(1, 3), names, strict=True):
        others = [line for other in names if other != name for line in texts(data, other)]
        table = TextComparer().compare(Corpus(data / f"{name}.txt"), others)
        frame = table.to_columns()
        rows = sorted(zip(frame["g2"], frame["word"], strict=True), reverse=True)[:10]
        axes.barh([word for _, word in rows], [value for value, _ in rows], color="C0")
        axes.invert_yaxis()
        axes.set(title=name, xlabel="G²")
        axes.locator_params(axis="x", nbins=3)
    figure.tight_layout()
    return figure


def texts(data: Path, name: str) -> list[str]:
    """The lines of a text."""
    return (data / f"{name}.txt").read_text(encoding="utf-8").splitlines()


def draw_formats(data: Path) -> Any:
    """What a lexicon is exchanged with."""
    figure, axes = new_axes(7, 2.4)
    axes.axis("off")
    axes.set(xlim=(0, 10), ylim=(0, 5))
    box = {"boxstyle": "round,pad=0.4", "facecolor": "#e8f0fe", "edgecolor": "C0"}
    axes.text(1.2, 2.5, "words.tsv\nvocab.tsv", ha="center", va="center", bbox=box)
    formats = [
        "jieba.txt",
        "SentencePiece  .model",
        "Hugging Face  tokenizer.json",
        "BytePiece  .model",
        "csv, json, Parquet",
    ]
    for k, name in enumerate(formats):
        height = 4.6 - 1.05 * k
        arrow = {"arrowstyle": "->" if k == 0 else "<->", "color": "0.4"}
        axes.annotate("", (4.6, height), (2.4, 2.5), arrowprops=arrow)
        axes.text(4.8, height, name, va="center")
    return figure


def draw_alpha(data: Path) -> Any:
    """The probability of each segmentation of a text by alpha."""
    import numpy as np

    from nlp_zero import Lexicon, Tokenizer

    words = {"研究": 40, "生命": 30, "起源": 20, "研究生": 10, "命": 8, "生": 6}
    tokenizer = Tokenizer(Lexicon(list(words), list(words.values())))
    text = "研究生命起源"
    best = [(" ".join(tokens), log_prob) for tokens, log_prob in tokenizer.nbest(text, 3)]
    alphas = np.linspace(0, 1, 51)
    sums = np.array([tokenizer.log_partition(text, alpha=alpha) for alpha in alphas])
    shares = np.exp(np.array([alphas * log_prob - sums for _, log_prob in best]))
    names = [*(name for name, _ in best), "others, with unknown characters 其他"]
    figure, axes = new_axes(6, 3)
    axes.stackplot(alphas, [*shares, 1 - shares.sum(axis=0)], labels=names, alpha=0.8)
    axes.set(xlabel="alpha", ylabel="probability 概率", xlim=(0, 1), ylim=(0, 1))
    axes.legend(loc="lower right")
    return figure


def draw_vocabulary(data: Path) -> Any:
    """Bytes per token by vocabulary size."""
    figure, axes = new_axes(5.5, 3)
    for name, values in BYTES_PER_TOKEN.items():
        axes.plot(VOCABULARY_SIZES, values, marker="o", label=name)
    axes.set(xlabel="vocabulary, thousands 词表大小（千）", ylabel="bytes per token 字节/词元", xlim=(0, 55))
    axes.legend(frameon=False)
    return figure


def draw_fillers(data: Path) -> Any:
    """What fills 谓 … 曰."""
    from nlp_zero import BayesLexiconBuilder, Corpus, FillerCounter, TemplateMiner, Tokenizer

    corpus = Corpus(data / "sanguo.txt")
    tokenizer = Tokenizer(BayesLexiconBuilder(seed=0).build(corpus))
    lines = [tokenizer.tokenize(line) for line in corpus]
    counted = FillerCounter(TemplateMiner().mine(lines), max_fillers=18).count(lines)
    fillers = next(slot.fillers for slot in counted if str(slot).startswith("谓 … 曰"))
    figure, axes = new_axes(7, 2.6)
    axes.bar([name for name, _ in fillers], [count for _, count in fillers], color="C0")
    axes.tick_params(axis="x", rotation=60)
    axes.set(ylabel="uses 次数", title="谓 … 曰")
    return figure


def draw_scale(data: Path) -> Any:
    """Seconds of counting by size of the text."""
    figure, axes = new_axes(5.5, 2.8)
    axes.plot(list(SECONDS_OF_GIGABYTES), list(SECONDS_OF_GIGABYTES.values()), marker="o")
    axes.set(
        xlabel="GB of text 文本大小", ylabel="seconds 秒", xlim=(0, 4.3), ylim=(0, 60), title="count --memory 512M"
    )
    return figure


def draw_steps(data: Path) -> Any:
    """The worked example of docs/explanation/minimum-entropy.md: information as pairs become units."""
    from collections import Counter
    from math import log

    text = "青石镇的早晨我到青石镇来青石镇下雨了早晨下雨"
    rounds = [list(text)]
    for pair in ("青石", "青石镇", "早晨", "下雨"):
        rounds.append(join_units(rounds[-1], pair))
    values = []
    for units in rounds:
        counts = Counter(units)
        values.append(sum(count * log(len(units) / count) for count in counts.values()) / len(text))
    figure, axes = new_axes(6, 2.8)
    names = ["characters\n字", "青石", "青石镇", "早晨", "下雨"]
    axes.plot(names, values, marker="o")
    for k, value in enumerate(values):
        axes.annotate(f"{value:.3f}", (k, value), (0, 8), textcoords="offset points", ha="center")
    axes.set(ylabel="nats per character 奈特/字", ylim=(1, 2.9))
    return figure


def join_units(units: list[str], word: str) -> list[str]:
    """Join neighbouring units that make a word."""
    joined: list[str] = []
    for unit in units:
        if joined and joined[-1] + unit == word:
            joined[-1] = word
        else:
            joined.append(unit)
    return joined


FIGURES: dict[str, Callable[[Path], Any]] = {
    "lattice": draw_lattice, "comparison": draw_comparison, "keywords": draw_keywords, "formats": draw_formats,
    "alpha": draw_alpha, "vocabulary": draw_vocabulary, "fillers": draw_fillers, "scale": draw_scale,
    "steps": draw_steps,
}  # fmt: skip


def main() -> int:
    """Draw all figures, or those that are named after the folder."""
    import matplotlib

    from nlp_zero.displays.fonts import find_chinese_font

    data, names = Path(sys.argv[1]), sys.argv[2:] or list(FIGURES)
    matplotlib.use("svg")
    font = find_chinese_font()
    settings: Any = {
        "svg.hashsalt": "nlp-zero",
        "svg.fonttype": "none",
        "font.family": [font] if font else ["sans-serif"],
    }
    settings |= {"axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": False}
    for name in names:
        with matplotlib.rc_context(settings):
            figure = FIGURES[name](data)
            if name == "comparison":  # thousands of dots
                figure.savefig(PICTURES / f"{name}.png", bbox_inches="tight", dpi=90)
                continue
            path = PICTURES / f"{name}.svg"
            figure.savefig(path, bbox_inches="tight", metadata={"Date": None})
            # The reader may not have the font of this machine; the language keeps Japanese forms of characters away.
            text = path.read_text(encoding="utf-8").replace(f"'{font}'", "sans-serif")
            text = text.replace("<svg ", '<svg xml:lang="zh" ', 1)
            path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
