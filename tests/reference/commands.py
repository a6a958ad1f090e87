"""The commands that write, with small inputs and results at their places, for tests of what can go wrong."""

from __future__ import annotations

import os
import shutil
from contextlib import chdir
from pathlib import Path

from nlp_zero.cli import main

SAMPLE = Path("corpora/sample.txt").resolve()
Files = dict[str, bytes]

COMMANDS = {
    "count": "count text.txt -o result",
    "count with little memory": "count text.txt -o result --memory 300K --temp-dir tmp",
    "count --add": "count text.txt --add result",
    "count --export": "count text.txt --top 3 --export result.tsv",
    "count --export, Parquet": "count text.txt --export result.parquet",
    "count with a checkpoint": "count text.txt -o result --checkpoint work",
    "build-vocab": "build-vocab text.txt -o result.tsv --discovered found",
    "build-vocab, compressed": "build-vocab text.txt -o result.tsv.gz",
    "bayes": "build-vocab other.txt --method bayes -o result.tsv --checkpoint work",
    "vocabulary": "build-vocab text.txt --method vocabulary --vocab-size 700,900 -o result.tsv",
    "tokenize": "tokenize text.txt -l words.tsv -o result.txt",
    "convert to csv": "convert words.tsv result.csv",
    "convert to json": "convert words.tsv result.json --to json",
    "convert to Hugging Face": "convert words.tsv result.json --to huggingface",
    "convert to SentencePiece": "convert words.tsv result.model --to sentencepiece",
    "convert to Parquet": "convert words.tsv result.parquet",
    "merge": "merge words.tsv known.tsv -o result.tsv",
    "compare": "compare text.txt --against other.txt -o result.tsv",
    "compare, Parquet": "compare text.txt --against other.txt -o result.parquet",
    "keywords": "keywords text.txt --documents texts -l words.tsv -o result.jsonl",
    "stop-words": "stop-words text.txt -l words.tsv -o result.txt",
    "concordance": "concordance 青石 text.txt -o result.csv",
    "suggest-lines": "suggest-lines text.txt -l words.tsv -n 5 -o result.txt",
    "evaluate": "evaluate cut.txt -l words.tsv -o result.txt",
    "mine-templates": "mine-templates cut.txt --tokenized -o result.jsonl --min-fillers 2",
    "fillers": "fillers cut.txt --tokenized -t templates.jsonl -o result.tsv",
    "parse": "parse cut.txt --tokenized -t templates.jsonl -o result.txt",
    "report": "report text.txt -l words.tsv -o result.html",
}


def make_inputs(place: Path) -> Files:
    """Write the inputs of the commands, and old counts."""
    lines = SAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    (place / "text.txt").write_text("".join(lines[:40]), encoding="utf-8")
    (place / "other.txt").write_text("".join(lines[40:60]), encoding="utf-8")
    with chdir(place):
        for command in (
            "build-vocab text.txt -o words.tsv", "build-vocab other.txt -o known.tsv",
            "tokenize text.txt -l words.tsv -o cut.txt",
            "mine-templates cut.txt --tokenized -o templates.jsonl --min-fillers 2", "count other.txt -o old -q",
        ):  # fmt: skip
            assert main([*command.split(), "-q"]) == 0
    return read_files(place)


def read_files(place: Path) -> Files:
    """Every file in a folder, and every empty folder, by path."""
    found = {}
    for folder, folders, files in os.walk(place):
        for name in files:
            found[os.path.relpath(os.path.join(folder, name), place)] = Path(folder, name).read_bytes()
        if not folders and not files and folder != str(place):
            found[os.path.relpath(folder, place)] = b""
    return found


def prepare(place: Path, inputs: Files, line: str) -> None:
    """Make a folder hold the inputs, and old results at the places of the new ones."""
    for path in place.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (place / "tmp").mkdir()
    for name, data in inputs.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes(data)
    words = line.split()
    for name in ("result", "found", *(word for word in words if word.startswith("result."))):
        if name == "result" and words[0] == "count":
            shutil.copytree(place / "old", place / name)
        elif name in words:
            (place / name).write_bytes(b"old result")


def same_results(found: Files, new: Files) -> bool:
    """Compare files byte for byte, but not the times in them."""
    timed = (".gz", ".html")
    return found.keys() == new.keys() and all(
        found[name] == new[name] or (name.endswith(timed) and found[name] not in (b"old result", b"")) for name in new
    )
