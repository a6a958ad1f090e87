"""Every reader with a small input of its own, for tests that damage the input."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import io
import json
import lzma
import random
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlp_zero import Corpus, Lexicon, NgramCounter, NgramCounts, TemplateInventory, TemplateMiner, Tokenizer
from nlp_zero.builders.bayes.checkpoint import SamplerCheckpoint
from nlp_zero.builders.teaching import parse_examples
from nlp_zero.cli.options import read_word_list
from nlp_zero.errors import NlpZeroError
from nlp_zero.evaluation import evaluate
from nlp_zero.evaluation.brackets import read_brackets, read_conllu
from nlp_zero.lexicon import LexiconMeta
from nlp_zero.lexicon.ids import byte_token

TEXT = "春江潮水连海平，海上明月共潮生。\n滟滟随波千万里，何处春江无月明。\n"
ODD = "明月a春江\n"
ODD_PIECES = (
    "\0",
    "\t",
    "\n",
    "\r",
    "\v",
    "\u2028",
    "\u3000",
    " ",
    "\\",
    '"',
    "{",
    "}",
    "(",
    ")",
    "\ufeff",
    "e\u0301",
    "\U0001f468",
)
ODD_NUMBERS = (
    "0",
    "-1",
    "1e999",
    "nan",
    "1.5",
    "007",
    str(2**31),
    str(2**32),
    str(2**63),
    str(2**64),
    "9" * 400,
    "１２",
)
Files = dict[str, bytes]


@dataclass(frozen=True)
class Reader:
    """A way of reading, and a good input.

    Attributes
    ----------
    make : callable
        Writes the input into an empty folder; returns the files that are damaged.
    read : callable
        Reads and uses what is in the folder.
    """

    make: Callable[[Path], list[str]]
    read: Callable[[Path], object]


def damage(data: bytes, *, cuts: int | None = None, bits: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Yield the damages of a file: truncations, single bits (all, or about so many), and some that people make."""
    for size in range(0, len(data), 1 if cuts is None else -(-len(data) // cuts)):
        yield f"the first {size} bytes", data[:size]
    for at in range(0, 8 * len(data), 1 if bits is None else -(-8 * len(data) // bits)):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        yield f"bit {at % 8} of byte {at // 8}", bytes(changed)
    yield "binary", bytes(range(256)) * 4
    yield "zeros", bytes(len(data))
    yield "one line", "中".encode() * 400_000
    yield "one line at the end", data + "中".encode() * 400_000
    yield "another version", data.replace(b"v1", b"v9").replace(b'"version": ', b'"version": 9')
    with suppress(ValueError):
        yield "UTF-16", data.decode().encode("utf-16")
        yield "GB 18030", data.decode().encode("gb18030")


def damage_at_random(data: bytes, rng: random.Random) -> bytes:
    """Return a file with one to four damages of several kinds, which leave every second text valid UTF-8."""
    if rng.randrange(2):
        with suppress(UnicodeDecodeError):
            return _damage_text(data.decode(), rng).encode()
    changed = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(changed) + 1)
        at = rng.choice([at, min(at, 64), max(0, len(changed) - rng.randint(0, 64))])
        match rng.randrange(6):
            case 0:
                changed[at : at + 1] = rng.randbytes(rng.randint(0, 6))
            case 1:
                del changed[at:]
            case 2:
                del changed[at : at + rng.randint(1, 9)]
            case 3:
                changed[at : at + 8] = rng.choice([b"\xff" * 8, bytes(8), b"\x7f" + b"\xff" * 7, b"\xff\xff\xff\x7f"])
            case 4:
                other = rng.randrange(len(changed) + 1)
                changed[at:at] = changed[other : other + rng.randint(1, 40)]
            case _:
                changed[at:at] = rng.choice([b"\xff" * 9, b"[" * 50, b"1e999", b"null", b'"', b"-1", b"\t", b"\n"])
    return bytes(changed)


def _damage_text(text: str, rng: random.Random) -> str:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        match rng.randrange(5):
            case 0:
                text = text[:at] + text[at + rng.randint(1, 9) :]
            case 1:
                other = rng.randrange(len(text) + 1)
                text = text[:at] + text[other : other + rng.randint(1, 40)] + text[at:]
            case 2:
                text = text[:at] + rng.choice(ODD_PIECES) + text[at + rng.randrange(2) :]
            case 3:
                lines = text.splitlines(keepends=True)
                rng.shuffle(lines)
                text = "".join(lines)
            case _:
                text = re.sub(r"\d+", lambda found: rng.choice([found[0], *ODD_NUMBERS]), text, count=rng.randint(1, 9))
    return text


def write_files(folder: Path, files: Files) -> None:
    """Write the files of a reader; reading a checkpoint may have changed them."""
    for name, data in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(data)


def try_to_read(reader: Reader, folder: Path) -> str | None:
    """Return the sentence of the error; None if the damaged input can be read."""
    try:
        reader.read(folder)
    except NlpZeroError as error:
        return str(error)
    return None


# --- inputs -----------------------------------------------------------------------------------------------------------


def make_lexicon(fallback: bool) -> Lexicon:
    words = [*map(byte_token, range(256)), "春江", "明 月"] if fallback else ["春江", "明月"]
    meta = LexiconMeta(byte_fallback=True, specials=("<s>",)) if fallback else None
    return Lexicon(words, range(1, len(words) + 1), scores={"pmi": [1.5] * len(words)}, meta=meta)


def lexicon(name: str, format: str, fallback: bool = False) -> Reader:
    def make(folder: Path) -> list[str]:
        make_lexicon(fallback).save(folder / name, format=format)
        return [name]

    def read(folder: Path) -> None:
        found = Lexicon.load(folder / name)
        try:
            tokenizer = Tokenizer(found)
        except ValueError:  # words that a tokenizer does not take
            return
        tokenizer.encode(ODD) if tokenizer.byte_fallback else tokenizer.tokenize(ODD)

    return Reader(make, read)


def corpus(name: str, data: bytes, **options: Any) -> Reader:
    def make(folder: Path) -> list[str]:
        (folder / name).write_bytes(data)
        return [name]

    return Reader(make, lambda folder: list(Corpus(folder / name, **options)))


def lines_of(name: str, text: str, use: Callable[[Path], object]) -> Reader:
    """A text whose lines have a form of their own."""

    def make(folder: Path) -> list[str]:
        (folder / name).write_text(text, encoding="utf-8")
        return [name]

    return Reader(make, lambda folder: use(folder / name))


def pack(files: dict[str, str]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return packed.getvalue()


def make_templates(folder: Path) -> list[str]:
    sentences = [[subject, "喜欢", thing] for subject in "我你他" for thing in "茶酒月"]
    TemplateMiner(min_fillers=2).mine(sentences).save(folder / "templates.jsonl")
    return ["templates.jsonl"]


def make_counts(folder: Path) -> list[str]:
    NgramCounter(order=2).update([TEXT]).freeze(period=202401).save(folder / "counts")
    return [f"counts/{path.name}" for path in sorted((folder / "counts").iterdir())]


def read_counts(folder: Path) -> None:
    counts = NgramCounts.load(folder / "counts")
    assert counts.total(1) >= counts["春江"] >= 0
    counts.most_frequent(2, 5)


def count_with_checkpoint(folder: Path) -> None:
    source = Corpus(folder / "text.txt")
    NgramCounter(order=2, checkpoint=folder / "work").update(source).freeze()


def make_checkpoint(folder: Path) -> list[str]:
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    count_with_checkpoint(folder)
    return [f"work/{path.name}" for path in sorted((folder / "work").iterdir()) if path.suffix in (".json", ".run")]


def make_state(folder: Path) -> list[str]:
    state = SamplerCheckpoint(folder / "work")
    state.resume({"text": "x"})
    state.save({"sweep": 1}, {"lengths": np.arange(5, dtype=np.uint32)})
    return ["work/state/meta.json", "work/state/lengths.npy"]


def make_readers() -> dict[str, Reader]:
    """Return all readers whose packages are installed."""
    lines = "".join(json.dumps({"text": line, "id": k}, ensure_ascii=False) + "\n"
                    for k, line in enumerate(TEXT.splitlines()))  # fmt: skip
    html = f"<html><head><meta charset=utf-8><title>诗</title></head><body><p>{TEXT}</p></body></html>"
    word = (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r>'
        f"<w:t>{TEXT}</w:t></w:r></w:p></w:body></w:document>"
    )
    conllu = "".join(f"{n}\t{word}\t_\t_\t_\t_\t{head}\t_\t_\t_\n" for n, word, head in [(1, "他", 2), (2, "来", 0)])
    book = {
        "META-INF/container.xml": '<container xmlns="x"><rootfile full-path="a.opf"/></container>',
        "a.opf": '<package xmlns="http://www.idpf.org/2007/opf"><manifest><item id="a" href="a.html"/></manifest>'
        '<spine><itemref idref="a"/></spine></package>',
        "a.html": html,
    }
    readers = {
        "lexicon, TSV": lexicon("words.tsv", "tsv"),
        "lexicon, TSV, byte fallback": lexicon("words.tsv", "tsv", True),
        "lexicon, compressed": lexicon("words.tsv.gz", "tsv"),
        "lexicon, plain": lexicon("words.txt", "plain"),
        "lexicon, CSV": lexicon("words.csv", "csv"),
        "lexicon, JSON": lexicon("words.json", "json"),
        "lexicon, jieba": lexicon("userdict.txt", "jieba"),
        "lexicon, SentencePiece": lexicon("words.model", "sentencepiece"),
        "lexicon, Hugging Face": lexicon("tokenizer.json", "huggingface"),
        "lexicon, BytePiece": lexicon("bytepiece.model", "bytepiece", True),
        "templates": Reader(make_templates, lambda folder: TemplateInventory.load(folder / "templates.jsonl")),
        "counts": Reader(make_counts, read_counts),
        "checkpoint": Reader(make_checkpoint, count_with_checkpoint),
        "sampler": Reader(make_state, lambda folder: SamplerCheckpoint(folder / "work").resume({"text": "x"})),
        "text": corpus("text.txt", TEXT.encode()),
        "text, UTF-16": corpus("text.txt", TEXT.encode("utf-16")),
        "JSON lines": corpus("text.jsonl", lines.encode()),
        "JSON array": corpus("text.json", json.dumps([{"text": TEXT}], ensure_ascii=False).encode()),
        "CSV": corpus("text.csv", f'text,id\n"{TEXT}",1\n'.encode()),
        "gzip": corpus("text.txt.gz", gzip.compress(TEXT.encode())),
        "bzip2": corpus("text.txt.bz2", bz2.compress(TEXT.encode())),
        "xz": corpus("text.txt.xz", lzma.compress(TEXT.encode())),
        "HTML": corpus("text.html", html.encode()),
        "ZIP": corpus("text.zip", pack({"a.txt": TEXT, "b.jsonl": lines})),
        "e-book": corpus("text.epub", pack(book)),
        "word list": lines_of("list.txt", "春江\n明月 3\n潮水\tn\n", lambda path: read_word_list(str(path))),
        "lines that teach": lines_of("cut.txt", "春江 {潮水连}\n明月\n", lambda path: parse_examples(Corpus(path))),
        "gold standard": lines_of("gold.txt", "春江 潮水\n", lambda path: evaluate(Corpus(path), ["春 江 潮水"])),
        "brackets": lines_of("trees.txt", "((春 江) (潮 水))\n", lambda path: list(read_brackets(Corpus(path)))),
        "CoNLL-U": lines_of("trees.conllu", f"# 1\n{conllu}\n", lambda path: list(read_conllu(Corpus(path)))),
        "Word": corpus("text.docx", pack({"[Content_Types].xml": "<Types/>", "word/document.xml": word})),
    }
    if importlib.util.find_spec("zstandard") is not None:
        import zstandard

        readers["zstd"] = corpus("text.txt.zst", zstandard.compress(TEXT.encode()))
    if importlib.util.find_spec("pyarrow") is not None:
        import pyarrow
        import pyarrow.parquet

        packed = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table({"text": TEXT.splitlines()}), packed)
        readers["Parquet"] = corpus("text.parquet", packed.getvalue())
        readers["lexicon, Parquet"] = lexicon("words.parquet", "parquet")
    return readers
