"""Draw docs/teaching.svg, F1 against words cut by hand, from the first table of docs/teaching.md.

Run it with ``python docs/make_teaching_picture.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

FOLDER = Path(__file__).parent
SERIES = {"lexicon, shown text": ("C0", "o"), "lexicon, unseen text": ("C1", "s")}
PEER_F1 = 0.843  # jieba with its own dictionary, HMM off, docs/quality.md


def read_table(page: str) -> tuple[list[str], list[list[float]]]:
    """The head and the numbers of the first table whose first column is 'words cut by hand'."""
    lines = page.split("\n")
    start = next(k for k, line in enumerate(lines) if line.startswith("| words cut by hand |"))
    head = [cell.strip() for cell in lines[start].strip("|").split("|")]
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([float(re.sub(r"[^0-9.]", "", cell)) for cell in line.strip("|").split("|")])
    return head, rows


def main() -> None:
    """Write the picture."""
    matplotlib.rcParams["svg.hashsalt"] = "nlp-zero"
    matplotlib.rcParams["svg.fonttype"] = "none"
    head, rows = read_table((FOLDER / "teaching.md").read_text(encoding="utf-8"))
    figure, axes = plt.subplots(figsize=(6, 3.6))
    for name, (color, marker) in SERIES.items():
        column = head.index(name)
        axes.plot([row[0] for row in rows], [row[column] for row in rows], color=color, marker=marker, label=name)
    axes.axhline(PEER_F1, color="0.5", linestyle=":", label="jieba with its own dictionary")
    axes.set_xscale("symlog", linthresh=500)
    axes.minorticks_off()
    axes.set_xlim(-100, 80_000)
    axes.set_xticks([0, 1000, 3000, 10000, 60000], ["0", "1,000", "3,000", "10,000", "60,000"])
    axes.set(xlabel="words cut by hand", ylabel="F1 of lines that were not shown")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(FOLDER / "teaching.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
