"""Quality of brackets on our own development set, and the speed of the parser.

``brackets.json`` holds 120 sentences of people-daily-gold (8 to 40 words, drawn at random from the second half), as
the number of the line, the number of its first word, the number of words, and the spans of its dependency subtrees.
They were annotated by hand for this project, after the conventions of Universal Dependencies.  Rules of the parser
were chosen on them, so they are not a test set.

    python benchmarks/brackets.py corpora/data/people-daily-gold.txt
    python benchmarks/brackets.py corpora/data/people-daily-gold.txt --train our-own-tokens.txt
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from nlp_zero import BoundaryModel, TemplateInventory, TemplateParser
from nlp_zero.evaluation.brackets import BASELINES, Brackets, baseline, bracket_scores, is_mark


def development_set(gold: list[list[str]]) -> list[Brackets]:
    rows = json.loads((Path(__file__).parent / "brackets.json").read_text(encoding="utf-8"))
    return [
        Brackets(tuple(gold[line][first : first + size]), tuple(map(tuple, spans))) for line, first, size, spans in rows
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", help="people-daily-gold.txt")
    parser.add_argument("--train", help="text to learn from instead, words separated by spaces")
    options = parser.parse_args()
    gold = [line.split() for line in Path(options.gold).read_text(encoding="utf-8").split("\n")]
    sentences = development_set(gold)
    text = gold
    if options.train is not None:
        text = [line.split() for line in Path(options.train).read_text(encoding="utf-8").split("\n")]
    begin = time.process_time()
    boundaries = BoundaryModel.train(text)
    print(f"trained in {time.process_time() - begin:.2f} CPU s: {boundaries}")
    words = [one.words for one in sentences]
    inventory = TemplateInventory([], boundaries=boundaries)
    trees = {
        name: TemplateParser(inventory, **choice).parse_batch(words)
        for name, choice in (("boundary tree", {}), ("punctuation hidden", {"punctuation": False}))
    }
    half = TemplateInventory([], boundaries=BoundaryModel.train(text[: len(text) // 2]))
    trees["trained on the first half"] = TemplateParser(half).parse_batch(words)
    for kind in BASELINES:
        for cut in (False, True):
            trees[kind + ", cut" * cut] = [baseline(one, kind, cut=cut) for one in words]
    print("\n| parser | sentence F1 | corpus F1 | precision | recall | crossing | whole sentences counted |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, predicted in trees.items():
        s, whole = bracket_scores(sentences, predicted), bracket_scores(sentences, predicted, whole=True)
        shares = (s.sentence_f1, s.f1, s.precision, s.recall)
        cells = [*(f"{100 * share:.1f}" for share in shares), f"{s.crossing:.2f}", f"{100 * whole.sentence_f1:.1f}"]
        print(f"| {name} | {' | '.join(cells)} |")
    speed(TemplateParser(inventory), words, [word for line in gold for word in line if not is_mark(word)])


def speed(parser: TemplateParser, sentences: list[tuple[str, ...]], words: list[str]) -> None:
    many = sentences * 100
    best, written = 1e9, 1e9
    for _ in range(5):
        begin = time.process_time()
        trees = parser.parse_batch(many)
        middle = time.process_time()
        for tree in trees:
            tree.to_brackets()
        best, written = min(best, middle - begin), min(written, time.process_time() - begin)
    print(f"\n{len(many) / best:,.0f} sentences a CPU second, {len(many) / written:,.0f} written as brackets")
    for size in (2_000, 100_000):
        begin = time.process_time()
        parser.parse(words[:size]).to_brackets()
        print(f"one sentence of {size:,} words without punctuation: {1000 * (time.process_time() - begin):.1f} ms")


if __name__ == "__main__":
    main()
