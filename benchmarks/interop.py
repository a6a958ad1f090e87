"""Compare other programs that use our files with our tokenizer: the figures of docs/interop.md.

``python benchmarks/interop.py [--data DIR] [--lines 10000]``: vocabularies of 20,000 pieces learnt on people-daily less
every tenth line; tested on those lines, then reviews.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peers
from harness import CORPORA

from nlp_zero import Lexicon, PmiLexiconBuilder, Tokenizer, VocabularyBuilder
from nlp_zero.lexicon.formats.pieces import model_scores

sys.path.insert(0, str(Path(__file__).parent.parent))
SPECIALS = ["<pad>", "<bos>", "<eos>"]
Encode = Callable[[list[str]], list[list[int]]]


def sentencepiece(path: Path) -> tuple[Encode, Callable[[list[int]], str]]:
    model = peers.import_peer("sentencepiece").SentencePieceProcessor(model_file=str(path))
    return model.encode, model.decode


def tokenizers(path: Path) -> tuple[Encode, Callable[[list[int]], str]]:
    model = peers.import_peer("tokenizers").Tokenizer.from_file(str(path))
    return lambda lines: [found.ids for found in model.encode_batch(lines)], model.decode


def bytepiece(path: Path) -> tuple[Encode, Callable[[list[int]], str]]:
    """Return the algorithm of BytePiece as written in the tests."""
    from tests.reference.bytepiece import cut

    model = json.loads(path.read_text(encoding="utf-8"))
    import base64

    ids = {base64.b64decode(key): row[0] for key, row in model.items()}
    pieces = {number: piece for piece, number in ids.items()}
    return (
        lambda lines: [[ids[piece] for piece in cut(line, model)] for line in lines],
        lambda numbers: b"".join(pieces[number] for number in numbers).decode(),
    )


def compare(name: str, lexicon: Lexicon, file: str, program: Callable[[Path], Any], lines: list[str]) -> None:
    tokenizer = Tokenizer(lexicon)
    scores = dict(zip(lexicon.words, model_scores(lexicon).tolist(), strict=True))

    def score(ids: list[int]) -> float:
        return math.fsum(scores.get(tokenizer.id_to_token(number), math.nan) for number in ids)

    with tempfile.TemporaryDirectory() as folder:
        lexicon.save(Path(folder) / file)
        encode, decode = program(Path(folder) / file)
        ours, theirs = [tokenizer.encode(line) for line in lines], encode(lines)
        decoded = sum(decode(ids) == line for ids, line in zip(ours, lines, strict=True))
    differ = [(a, b, line) for a, b, line in zip(ours, theirs, lines, strict=True) if a != b]
    # Scores in files of SentencePiece are 32-bit numbers; sums that are equal at this precision are ties.
    ties = sum(len(a) == len(b) and math.isclose(score(a), score(b), rel_tol=1e-6) for a, b, _ in differ)
    spaces = sum("\u2581" in line for _, _, line in differ)
    objective = lexicon.meta.objective
    share = (len(lines) - len(differ)) / len(lines)
    print(
        f"{name:<14} {objective:<9} same ids {share:8.2%} of {len(lines):,} lines; the others: {ties} ties, "
        f"{spaces} with U+2581, {len(differ) - ties - spaces} else; decoded alike {decoded:,}",
        flush=True,
    )


def measure_jieba(name: str, lexicon: Lexicon, lines: list[str]) -> None:
    """Count how many of our words, new to jieba, it keeps whole with our user dictionary."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jieba = peers.import_peer("jieba")
        jieba.setLogLevel(60)
        cutter = jieba.Tokenizer()
        cutter.initialize()
    known = {word for word, frequency in cutter.FREQ.items() if frequency}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "userdict.txt"
        lexicon.save(path)
        exported = {line.split(" ")[0] for line in path.read_text(encoding="utf-8").splitlines()}
        cutter.load_userdict(str(path))
    tokenizer, used, kept, crossed = Tokenizer(lexicon), 0, 0, 0
    for line in lines:
        theirs, at = set(), 0
        for word in cutter.cut(line):
            theirs.add((at, at + len(word)))
            at += len(word)
        for start, end in tokenizer(line).spans:
            if line[start:end] in exported and line[start:end] not in known:
                used += 1
                kept += (start, end) in theirs
                crossed += any(a < start < b or a < end < b for a, b in theirs)
    print(
        f"jieba          {name:<12} {len(exported):,} words, {len(exported - known):,} that it lacked; "
        f"of {used:,} uses {kept / used:.1%} kept, {crossed:,} under an overlapping word, {used - kept - crossed} cut"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=CORPORA / "data", help="folder of the texts")
    parser.add_argument("--lines", type=int, default=10_000)
    arguments = parser.parse_args()
    read = {
        name: (arguments.data / f"{name}.txt").read_text(encoding="utf-8").split("\n")
        for name in ("people-daily", "reviews", "sanguo")
    }
    news = read["people-daily"]
    train = [line for k, line in enumerate(news) if k % 10]
    lines = ([line for line in news[::10] if line] + read["reviews"])[: arguments.lines]
    for objective in ("unigram", "shortest"):
        build: dict[str, Any] = {"vocab_size": 20_000, "objective": objective, "specials": SPECIALS}
        whole = VocabularyBuilder(**build, beginnings=False).build(train)
        best = VocabularyBuilder(**build).build(train)
        assert isinstance(whole, Lexicon)
        assert isinstance(best, Lexicon)
        compare("SentencePiece", whole, "u.model", sentencepiece, lines)
        compare("tokenizers", whole, "tokenizer.json", tokenizers, lines)
        compare("tokenizers *", best, "tokenizer.json", tokenizers, lines)
        compare("BytePiece *", best, "bytepiece.model", bytepiece, lines[:: max(1, len(lines) // 1000)])
    for name in ("people-daily", "sanguo"):
        lexicon = PmiLexiconBuilder().build(read[name])
        long = [line for line in read[name] if len(line) > 5]
        measure_jieba(name, lexicon, long[:: len(long) // 1000][:1000])


if __name__ == "__main__":
    main()
