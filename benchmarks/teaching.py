"""F1 of taught lexicons on People's Daily, against the number of words cut by hand.

The words are learnt from one raw half; some of its lines, drawn at random, are examples; the other lines are scored.
The first half (9,700 lines) is for development. The second one is read to fill the tables of ``docs/teaching.md``.

    python benchmarks/teaching.py --half first --lines 20,50,200,1000 --draws 2
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlp_zero import Lexicon, Tokenizer
from nlp_zero import builders as all_builders
from nlp_zero.builders.bayes import segmentation
from nlp_zero.builders.teaching import suggest_lines
from nlp_zero.evaluation import evaluate

DATA = Path(__file__).parent.parent / "corpora" / "data"
FIRST_HALF = 9700
LEVEL = "alnum"
HEADER = ("lines", "words cut by hand", "F1 lexicon", "F1 cut", "F1 unseen", "seconds")
BUILDERS = {"bayes": "BayesLexiconBuilder", "pmi": "PmiLexiconBuilder", "entropy": "EntropyLexiconBuilder"}

Lines = Sequence[Sequence[str]]


class CutRecorder:
    """Records the cut of which `build` counts the words."""

    def __init__(self) -> None:
        self.parts: list[tuple[Any, Any]] = []
        self._number = segmentation.number_words

    def __enter__(self) -> CutRecorder:
        segmentation.number_words = self._record  # type: ignore[assignment]
        return self

    def __exit__(self, *_: object) -> None:
        segmentation.number_words = self._number

    def _record(self, segmentations: Any, symbols: Sequence[object]) -> Any:
        self.parts = list(segmentations)
        self.symbols = [str(symbol) for symbol in symbols]
        return self._number(self.parts, symbols)

    def lines(self, raw: Sequence[str]) -> list[list[str]]:
        """The recorded cut of the raw lines; every character that is no symbol is a word."""
        text = np.concatenate([part for part, _ in self.parts])
        begins = np.concatenate([part for _, part in self.parts])[text > 0].tolist()
        names = [self.symbols[k - 1] for k in text[text > 0].tolist()]
        known, at, out = set(self.symbols), 0, []
        for line in raw:
            words: list[str] = []
            joins = False  # whether the last character was a symbol
            for char in line:
                if char not in known:
                    words.append(char)
                    joins = False
                    continue
                assert names[at] == char
                if joins and not begins[at]:
                    words[-1] += char
                else:
                    words.append(char)
                joins, at = True, at + 1
            out.append(words)
        return out


def share_sampling(builder: Any, raw: Sequence[str]) -> Lexicon:
    """Build once, and let later builds of the same lines take over the sampled slices: examples do not change them."""
    slices: list[Any] = []
    prepare = builder._prepare_slice

    def record(*arguments: Any) -> Any:
        slices.append(prepare(*arguments))
        return slices[-1]

    builder._prepare_slice = record
    lexicon: Lexicon = builder.build(raw)
    builder._prepare_slice = lambda *arguments: slices[arguments[-2]]  # the number of the slice
    return lexicon


def read_gold(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text(encoding="utf-8").split("\n")[:-1]]


def score(gold: Lines, cut: Lines, rows: Sequence[int]) -> float:
    return evaluate([gold[k] for k in rows], [cut[k] for k in rows], level=LEVEL).f1


def draw(gold: Lines, lines: int, seed: int) -> list[int]:
    used = np.flatnonzero([len(words) > 0 for words in gold])
    return np.sort(np.random.default_rng(seed).choice(used, lines, replace=False)).tolist()


def find_suggested(gold: Lines, raw: Sequence[str], lexicon: Lexicon, words: int) -> list[int]:
    """The suggested lines, the best first, until they have this many words."""
    number = {line: k for k, line in reversed(list(enumerate(raw)))}
    chosen: list[int] = []
    for line in suggest_lines(raw, lexicon, len(raw)):
        chosen.append(number["".join(line.split())])
        if sum(len(gold[k]) for k in chosen) >= words:
            break
    return chosen


def measure_teaching(
    gold: Lines,
    *,
    method: str,
    lines: Sequence[int],
    draws: int,
    suggested: bool = False,
    known_words: Sequence[str] = (),
    unseen: Lines = (),
    workers: int = 2,
) -> Iterator[tuple[str, ...]]:
    """Yield a row of `HEADER` for no examples, and for each number of lines: means over the draws."""
    raw = ["".join(words) for words in gold]
    builder = getattr(all_builders, BUILDERS[method])(workers=workers)
    first = share_sampling(builder, raw) if method == "bayes" else builder.build(raw)
    for size in [0, *lines]:
        rows = []
        for seed in range(1, (draws if size and not suggested else 1) + 1):
            chosen = draw(gold, size, seed) if size else []
            if suggested and size:
                chosen = find_suggested(gold, raw, first, sum(len(gold[k]) for k in chosen))
            rows.append(_teach(builder, gold, raw, chosen, known_words, unseen))
        words, *scores, seconds = np.mean(np.array(rows), axis=0).tolist()
        yield (f"{size}", f"{words:,.0f}", *(f"{x:.4f}" for x in scores), f"{seconds:.1f}")


def _teach(
    builder: Any, gold: Lines, raw: Sequence[str], chosen: Sequence[int], known_words: Sequence[str], unseen: Lines
) -> tuple[int, float, float, float, float]:
    """Return the words of the examples, the F1 of the other lines by lexicon and cut, of unseen lines, and seconds."""
    examples = list({raw[k]: " ".join(gold[k]) for k in chosen}.values())
    options = {"known_words": known_words} if known_words else {}
    begun = time.perf_counter()
    with CutRecorder() as recorder:
        lexicon = builder.build(raw, **({"examples": examples, **options} if examples else {}))
    seconds = time.perf_counter() - begun
    shown = set(chosen)
    rest = [k for k in range(len(gold)) if k not in shown]
    tokenizer = Tokenizer(lexicon)
    by_lexicon = score(gold, tokenizer.tokenize_batch(raw), rest)
    by_cut = score(gold, recorder.lines(raw), rest) if recorder.parts else float("nan")
    new = ["".join(words) for words in unseen]
    other = evaluate(unseen, tokenizer.tokenize_batch(new), level=LEVEL).f1 if unseen else float("nan")
    return sum(len(gold[k]) for k in chosen), by_lexicon, by_cut, other, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=("first", "second"), default="first")
    parser.add_argument("--lines", default="20,50,200,1000")
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--method", choices=list(BUILDERS), default="bayes")
    parser.add_argument("--suggested", action="store_true", help="lines of suggest-lines, with as many words")
    parser.add_argument("--known-words", help="a word list, one word a line, perhaps with more columns")
    parser.add_argument("--unseen", action="store_true", help="taught on the first half, also score the second")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = parser.parse_args()
    all_gold = read_gold(arguments.data / "people-daily-gold.txt")
    halves = {"first": all_gold[:FIRST_HALF], "second": all_gold[FIRST_HALF:]}
    known_words: list[str] = []
    if arguments.known_words:
        text = Path(arguments.known_words).read_text(encoding="utf-8")
        known_words = [line.split()[0] for line in text.splitlines() if line.strip()]
    print("| " + " | ".join(HEADER) + " |\n|" + " --- |" * len(HEADER))
    for row in measure_teaching(
        halves[arguments.half],
        method=arguments.method,
        lines=list(map(int, arguments.lines.split(","))),
        draws=arguments.draws,
        suggested=arguments.suggested,
        known_words=known_words,
        unseen=halves["second"] if arguments.unseen else (),
        workers=arguments.workers,
    ):
        print("| " + " | ".join(row) + " |", flush=True)


if __name__ == "__main__":
    main()
