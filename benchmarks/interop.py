"""Compare other programs that use our files, or whose files we use, with our tokenizer: the figures of docs/interop.md.

``python benchmarks/interop.py [--data DIR] [--lines 10000]``: vocabularies of 20,000 pieces learnt on people-daily
without every tenth line.  Each row is the share of lines with the same ids (for lexicons of words: with the same
tokens) in four texts: lines that were learnt from, the tenth lines, reviews and sanguo.  Lines with U+2581, which
SentencePiece reads as a space, are left out.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import peers
from harness import CORPORA

from nlp_zero import Lexicon, PmiLexiconBuilder, Tokenizer, VocabularyBuilder

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


def compare(
    name: str, tokenizer: Tokenizer, program: Any, texts: dict[str, list[str]], *, words: bool = False, front: str = ""
) -> None:
    """Print the share of equal lines in each text; also whether the program decodes our ids to the same text."""
    encode, decode = program
    row, lost = [], 0
    for text, lines in texts.items():
        cut: Callable[[str], list[Any]] = tokenizer.tokenize if words else tokenizer.encode
        ours = [cut(front + line) for line in lines]
        same = sum(a == b for a, b in zip(ours, encode(lines), strict=True))
        row.append(f"{text} {same / len(lines):8.2%} ({len(lines) - same:,} of {len(lines):,} differ)")
        if not words:
            lost += sum(decode(ids) != line for ids, line in zip(ours, lines, strict=True))
    print(f"{name:<26} {'; '.join(row)}" + ("" if words else f"; {lost} not decoded alike"), flush=True)


def export(lexicon: Lexicon, file: str, program: Callable[[Path], Any]) -> Any:
    """Return another program that has read our file."""
    with tempfile.TemporaryDirectory() as folder:
        report = lexicon.save(Path(folder) / file)
        assert report.words == len(lexicon)
        return program(Path(folder) / file)


def compare_exports(train: list[str], texts: dict[str, list[str]]) -> None:
    few = {name: lines[:: max(1, len(lines) // 250)] for name, lines in texts.items()}
    for objective in ("unigram", "shortest"):
        build: dict[str, Any] = {"vocab_size": 20_000, "objective": objective, "specials": SPECIALS}
        whole = VocabularyBuilder(**build, beginnings=False).build(train)
        best = VocabularyBuilder(**build).build(train)
        assert isinstance(whole, Lexicon)
        assert isinstance(best, Lexicon)
        compare(f"SentencePiece {objective}", Tokenizer(whole), export(whole, "u.model", sentencepiece), texts)
        compare(f"tokenizers {objective}", Tokenizer(whole), export(whole, "tokenizer.json", tokenizers), texts)
        compare(f"tokenizers * {objective}", Tokenizer(best), export(best, "tokenizer.json", tokenizers), texts)
        compare(f"BytePiece * {objective}", Tokenizer(best), export(best, "bytepiece.model", bytepiece), few)


def compare_words(train: list[str], texts: dict[str, list[str]]) -> None:
    """Compare tokens as text: a plain lexicon has no ids for punctuation."""
    lexicon = PmiLexiconBuilder().build(train)
    tokenizer = Tokenizer(lexicon)

    def sentencepiece_words(path: Path) -> Any:
        model = peers.import_peer("sentencepiece").SentencePieceProcessor(model_file=str(path), out_type=str)
        return lambda lines: [[piece.replace("\u2581", " ") for piece in row] for row in model.encode(lines)], None

    def tokenizers_words(path: Path) -> Any:
        model = peers.import_peer("tokenizers").Tokenizer.from_file(str(path))
        return lambda lines: [found.tokens for found in model.encode_batch(lines)], None

    compare("SentencePiece words", tokenizer, export(lexicon, "u.model", sentencepiece_words), texts, words=True)
    compare("tokenizers words", tokenizer, export(lexicon, "tokenizer.json", tokenizers_words), texts, words=True)


def compare_imports(train: list[str], texts: dict[str, list[str]]) -> None:
    """Models that the other programs learnt, read by us."""
    trainer = peers.import_peer("sentencepiece").SentencePieceTrainer
    theirs = peers.import_peer("tokenizers")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "theirs.model"
        with path.open("wb") as file:
            trainer.train(
                sentence_iterator=iter(train), model_writer=file, vocab_size=20_000, byte_fallback=True,
                normalization_rule_name="identity", remove_extra_whitespaces=False, max_sentence_length=100_000,
                minloglevel=2,
            )  # fmt: skip
        compare("read from SentencePiece", Tokenizer.load(path), sentencepiece(path), texts, front=" ")
        model = theirs.Tokenizer(theirs.models.Unigram())
        model.decoder = theirs.decoders.Fuse()
        options = {"vocab_size": 8000, "unk_token": "<unk>", "special_tokens": ["<unk>"], "show_progress": False}
        model.train_from_iterator(train[::3], theirs.trainers.UnigramTrainer(**options))
        path = Path(folder) / "tokenizer.json"
        model.save(str(path))
        encode, decode = tokenizers(path)
        compare("read from tokenizers", Tokenizer.load(path), (encode, decode), texts)


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
    sources = {"learnt": train, "held out": news[::10], "reviews": read["reviews"], "sanguo": read["sanguo"]}
    texts = {
        name: [line for line in lines if line and "\u2581" not in line][: arguments.lines]
        for name, lines in sources.items()
    }
    compare_exports(train, texts)
    compare_imports(train, texts)
    compare_words(train, texts)
    for name in ("people-daily", "sanguo"):
        lexicon = PmiLexiconBuilder().build(read[name])
        long = [line for line in read[name] if len(line) > 5]
        measure_jieba(name, lexicon, long[:: len(long) // 1000][:1000])


if __name__ == "__main__":
    main()
