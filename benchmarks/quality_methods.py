"""The segmenters that `pairs_quality` compares: each learns from raw text, segments lines and ranks its words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peers
from harness import run_child

from nlp_zero import Lexicon, Tokenizer, select_discovered
from nlp_zero.evaluation.alignment import align
from nlp_zero.evaluation.levels import Preprocessing

ALNUM = {"punct": "split", "alnum": "token", "join": "join"}  # our option for each level
PIECES = 20_000  # the best of 8,000, 20,000, 30,000 and 50,000 on the first half of people-daily
OURS = ("pmi", "entropy", "bayes")
NEW_WORDS = {"new words": True, "known words only": False}  # may follow the name of a method of ours

Lines = Sequence[str]


@dataclass(frozen=True)
class Learnt:
    """The result of learning from one text.

    `words` are words of two or more characters, most frequent first; `seconds` and `megabytes` are the cost of the
    whole training process, or None if there is none.
    """

    cut: Callable[[Lines], list[list[str]]]
    words: list[str]
    seconds: float | None = None
    megabytes: float | None = None
    firm: list[str] | None = None  # bayes: the words of --discovered


def learn(name: str, text: Path, level: str, folder: Path) -> Learnt:
    """Train the method on a raw text; the level sets the options of our own methods only."""
    method, _, how = name.partition(", ")
    if method in OURS:
        return _ours(method, text, ALNUM[level], folder, NEW_WORDS.get(how))
    if name.startswith("SentencePiece"):
        return _sentencepiece(name.split()[1].lower(), text, folder)
    if name.startswith("jieba"):
        return _jieba(text, hmm=name.endswith("HMM on"))
    return _rank_words(lambda lines: [list(line) for line in lines], text)  # every character a word


def _ours(method: str, text: Path, alnum: str, folder: Path, new_words: bool | None) -> Learnt:
    output = folder / f"{text.stem}-{method}-{alnum}.tsv"
    job = run_child("build-vocab", output, text, "--method", method, "--alnum", alnum)
    lexicon = Lexicon.load(output)
    firm = select_discovered(lexicon).top(len(lexicon)) if method == "bayes" else None
    words = lexicon.top(len(lexicon))
    cut = Tokenizer(lexicon, new_words=new_words).tokenize_batch
    return Learnt(cut, words, job["whole"], job["peak_mb"], firm)


def _sentencepiece(kind: str, text: Path, folder: Path) -> Learnt:
    stored = folder / f"{text.stem}-{kind}.model"
    job: dict[str, Any] = {"whole": None, "peak_mb": None}
    if not stored.is_file():  # one model serves all levels
        job = run_child("sentencepiece", stored, text, kind, PIECES)
    model = peers.import_peer("sentencepiece").SentencePieceProcessor(model_file=str(stored))

    def cut(lines: Lines) -> list[list[str]]:
        return [[piece.replace("▁", " ") for piece in line] for line in model.encode(list(lines), out_type=str)]

    return _rank_words(cut, text, job["whole"], job["peak_mb"])


def _jieba(text: Path, *, hmm: bool) -> Learnt:
    module = peers.import_peer("jieba")
    module.setLogLevel("ERROR")
    module.initialize()
    return _rank_words(lambda lines: [module.lcut(line, HMM=hmm) for line in lines], text)


def _rank_words(cut: Callable[[Lines], list[list[str]]], text: Path, *cost: float | None) -> Learnt:
    """Rank the words of a method by their frequency in its text; marks are split off first."""
    lines = text.read_text(encoding="utf-8").split("\n")
    both = align(lines, cut(lines))
    words = Counter(both.words(Preprocessing(both, "alnum").apply(both.predicted)))
    best = sorted(words.items(), key=lambda item: (-item[1], item[0]))
    return Learnt(cut, [word for word, _ in best if len(word) > 1], *cost)
