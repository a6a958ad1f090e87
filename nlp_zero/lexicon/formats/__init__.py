"""Files of lexicons, in our formats and those of other programs.

Each module has `loads`, from bytes to a `Table`, and `dumps`, from a lexicon to bytes; `Lexicon.load` and
`Lexicon.save` use them.  The name of a file decides its format when it is written, its content when it is read.  Files
are not trusted: nothing in them is executed, lengths are checked against the size of the data, and errors name the
place.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from ..._utils.compression import strip_compression_suffix
from ..._utils.file_kinds import looks_like_text, read_own_file
from ..._utils.files import write_bytes
from ..._utils.validation import check_choice
from ...errors import FormatError
from ..ids import LexiconLike
from .report import SaveReport
from .table import Table

__all__ = ["FORMATS", "SaveReport", "Table", "format_of_content", "format_of_name", "read", "write"]

FORMATS = {
    "tsv": "our own file: words, counts, scores, and how they were made",
    "plain": "'word count' lines",
    "json": "a lexicon as JSON",
    "parquet": "a table for pandas, Spark, DuckDB (needs pyarrow)",
    "csv": "a table for spreadsheets: words, counts and scores",
    "jieba": "a jieba user dictionary, with frequencies that make jieba keep the words",
    "sentencepiece": "a SentencePiece .model (unigram)",
    "huggingface": "a Hugging Face tokenizer.json (Unigram)",
    "bytepiece": "a BytePiece .model (JSON)",
}


def read(path: str | os.PathLike[str], format: str | None = None) -> Table:
    """Read a file; `FormatError` says what is wrong and where."""
    file = Path(path)
    data = read_own_file(file, "a lexicon", "make one with nlpzero build-vocab")
    try:
        if format is None:
            name = format_of_content(data, strip_compression_suffix(file.name))
        else:
            name = check_choice("format", format, FORMATS)
        table: Table = _module(name).loads(data)
    except ValueError as error:
        raise FormatError(f"{file}, {error}") from None
    return table


def write(lexicon: LexiconLike, path: str | os.PathLike[str], format: str | None = None) -> SaveReport:
    """Write a file whole or not at all."""
    from .differences import describe_differences

    name = choose_format(path) if format is None else check_choice("format", format, FORMATS)
    try:
        data, left_out = _module(name).dumps(lexicon)
    except ValueError as error:
        raise FormatError(f"{path} cannot be written as {name}: {error}") from None
    with write_bytes(path) as file:
        file.write(data)
    words = len(lexicon.words) - sum(left_out.values())
    return SaveReport(name, words, left_out, describe_differences(lexicon, name, left_out))


def choose_format(path: str | os.PathLike[str]) -> str:
    """Return the format of a file that is to be written; `FormatError` if its name ends in ``.json``."""
    name = format_of_name(path)
    if name is None and Path(path).suffix.lower() == ".json":
        raise FormatError(
            f"{path} could be a tokenizer.json of Hugging Face or a lexicon as JSON; choose format='huggingface' or "
            "format='json'."
        )
    return name or "tsv"


def format_of_name(path: str | os.PathLike[str]) -> str | None:
    """Return the format that belongs to a file name; None if it could be several: ``words.txt``, ``words.json``.

    The suffix of a compression is ignored.
    """
    name = strip_compression_suffix(Path(path).name.lower())
    if name.endswith(".model"):
        return "bytepiece" if "bytepiece" in name else "sentencepiece"
    if name.endswith(".json"):
        return "huggingface" if "tokenizer" in name else None
    if name.endswith((".txt", ".dict")) and ("jieba" in name or "userdict" in name.replace("_", "")):
        return "jieba"
    return {".tsv": "tsv", ".parquet": "parquet", ".csv": "csv"}.get(Path(name).suffix)


def format_of_content(data: bytes, name: str = "") -> str:
    """Return the format of the content of a file; its name decides only where it could be several."""
    head = data[:4]
    if data.startswith(b"#nlp-zero lexicon") or data.startswith(b"\xef\xbb\xbf#nlp-zero lexicon"):
        return "tsv"
    if head == b"PAR1":
        return "parquet"
    if head[:1] == b"\n" and head[2:3] == b"\n" and head[1:2] not in b"\n\r\t ":
        return "sentencepiece"  # a message that begins with a message that begins with a string
    if data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        from . import bytepiece, huggingface
        from .json import parse_json

        try:
            value: Any = parse_json(data)
        except ValueError:
            if name.lower().endswith((".json", ".model")):
                raise
            return _table_or_plain(data, name)
        if huggingface.is_tokenizer(value):
            return "huggingface"
        return "bytepiece" if bytepiece.is_model(value) and "columns" not in value else "json"
    return "sentencepiece" if name.lower().endswith(".model") else _table_or_plain(data, name)


def _table_or_plain(data: bytes, name: str) -> str:
    """Return the format of tables and word lists; refuse a text."""
    from .csv import has_header, looks_like_csv

    if has_header(data) or looks_like_csv(data, name):  # without a header, reading it says what is missing
        return "csv"
    if looks_like_text(data):
        raise ValueError(
            "line 1: this looks like a text, not a lexicon with lines 'word count'; "
            "make a lexicon of it with nlpzero build-vocab."
        )
    return "plain"


def _module(name: str) -> Any:
    return importlib.import_module(f".{name}", __package__)
