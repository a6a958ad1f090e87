"""Kinds of files, recognised by their first bytes: those of nlp-zero, and those that nothing here reads."""

from __future__ import annotations

import os
import re
from contextlib import suppress

from ..errors import FormatError
from .compression import read_decompressed

__all__ = [
    "FOREIGN_MAGIC",
    "ZIP_MAGIC",
    "describe_foreign",
    "describe_own",
    "describe_own_folder",
    "looks_like_text",
    "read_own_file",
]

ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
FOREIGN_MAGIC = {  # the first bytes of a file -> what it is, and what to do
    b"%PDF-": ("a PDF file", "convert it to text first (pdftotext)"),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("an old Office file (.doc, .xls)", "save it as .docx, .csv or text"),
    b"{\\rtf": ("an RTF file", "save it as .docx or text"),
    b"7z\xbc\xaf\x27\x1c": ("a 7z archive", "unpack it first"),
    b"Rar!\x1a\x07": ("a RAR archive", "unpack it first"),
    b"\x04\x22\x4d\x18": ("an lz4 file", "decompress it first"),
    b"\x1f\x9d": ("a .Z file", "decompress it first"),
    b"SQLite format 3\x00": ("an SQLite database", "export the texts as CSV or JSON lines"),
    b"ARROW1\x00\x00": ("an Arrow file", "save it as Parquet"),
    b"\x89PNG\r\n": ("a picture", "name a text"),
    b"\xff\xd8\xff": ("a picture", "name a text"),
}
OWN_FORMAT = re.compile(rb'\s*\{\s*"format": *"(nlp-zero [a-z ]+)"')
OWN_KINDS = {
    "nlp-zero lexicon": "a lexicon",
    "nlp-zero templates": "a file of templates",
    "nlp-zero counts": "a folder of counts",
    "nlp-zero checkpoint": "a checkpoint",
    "nlp-zero sampling checkpoint": "a checkpoint",
}
OWN_HEAD_BYTES = 4096  # that are searched for the name of the format
MOST_OWN_BYTES = 1 << 31  # of a lexicon or another file that is read whole; more is a bomb
SEARCHED_BYTES, SEARCHED_LINES = 1 << 16, 1000  # of a file that is a word list or a text
SHORT_WORD = 4  # characters; a longer line with the end of a sentence is not a word
SENTENCE_END = frozenset("。！？")
TAR_MARK, TAR_PLACE = b"ustar", 257


def describe_foreign(head: bytes) -> tuple[str, str] | None:
    """Return what a file is and what to do, if it is of a kind that nothing reads.

    Parameters
    ----------
    head : bytes
        The first bytes of the file; 512 are enough.

    Returns
    -------
    (str, str) or None
        The kind and the remedy, both parts of a sentence.

    Examples
    --------
    >>> describe_foreign(b"%PDF-1.7")
    ('a PDF file', 'convert it to text first (pdftotext)')
    """
    if head[TAR_PLACE : TAR_PLACE + len(TAR_MARK)] == TAR_MARK:
        return "a tar archive", "unpack it first"
    if not head.startswith(tuple(FOREIGN_MAGIC)):
        return None
    return next(kind for magic, kind in FOREIGN_MAGIC.items() if head.startswith(magic))


def describe_own(data: bytes) -> str | None:
    """Return what a file of nlp-zero is, with its article; None for other files.

    Parameters
    ----------
    data : bytes
        The file, or its first bytes; 4,096 are enough.

    Examples
    --------
    >>> describe_own(b'{"format": "nlp-zero templates", "version": 1}')
    'a file of templates'
    """
    head = data[:OWN_HEAD_BYTES]
    if head[:1] not in b"#{ \n\xef":
        return None
    if head.removeprefix(b"\xef\xbb\xbf").startswith(b"#nlp-zero lexicon"):
        return "a lexicon"
    match = OWN_FORMAT.match(head)
    return OWN_KINDS.get(match[1].decode()) if match else None


def describe_own_folder(path: str | os.PathLike[str]) -> str | None:
    """Return what a folder that nlp-zero wrote is, with its article; None for other folders."""
    for name in ("meta.json", "checkpoint.json"):
        with suppress(OSError), open(os.path.join(path, name), "rb") as file:
            if (kind := describe_own(file.read(OWN_HEAD_BYTES))) is not None:
                return kind
    return None


def read_own_file(path: str | os.PathLike[str], kind: str, remedy: str) -> bytes:
    """Read a whole file of nlp-zero, which may be compressed; a file of another kind is named.

    Parameters
    ----------
    path : str or path-like
        The file.
    kind : str
        What it should be, with its article.
    remedy : str
        What to do if it is something else, without a full stop.

    Returns
    -------
    bytes
        The decompressed file.

    Raises
    ------
    FormatError
        If it cannot be read, or is of a kind that can be told from its first bytes and is not `kind`.
    """
    name = os.fspath(path)
    if os.path.isdir(name):
        raise FormatError(f"{name}: this is {describe_own_folder(name) or 'a folder'}, not {kind}; {remedy}.")
    try:
        data = read_decompressed(name, MOST_OWN_BYTES)
    except OSError as error:
        detail = error.strerror or error
        advice = "for standard input, write /dev/stdin" if name == "-" else "check the name and the permissions"
        raise FormatError(f"{name}: {kind} cannot be read: {detail}; {advice}.") from None
    except (ImportError, ValueError) as error:
        raise FormatError(f"{name}: {str(error).rstrip('.')}.") from None
    found = describe_own(data) or (describe_foreign(data[:OWN_HEAD_BYTES]) or [None])[0]
    if found is None and data.startswith(ZIP_MAGIC):
        found = "a ZIP archive"
    if found is not None and found != kind:
        raise FormatError(f"{name}: this looks like {found}, not {kind}; {remedy}.")
    return data


def looks_like_text(data: bytes) -> bool:
    r"""Return whether most of the first lines of a file are sentences, and not rows of a word list.

    Parameters
    ----------
    data : bytes
        The file in UTF-8, or its beginning.

    Examples
    --------
    >>> looks_like_text("春天 12\n夏天 9\n".encode()), looks_like_text("春天 来 了 。\n".encode())
    (False, True)
    """
    lines = data[:SEARCHED_BYTES].decode("utf-8", "ignore").split("\n")[:SEARCHED_LINES]
    rows = [fields for line in lines if (fields := line.split())]
    return 2 * sum(not _looks_like_row(fields) for fields in rows) > len(rows)


def _looks_like_row(fields: list[str]) -> bool:
    """Return whether a line can be from a word list: a word alone, or a word and its count or tag."""
    if len(fields) > 1:
        return len(fields) == 2 or fields[1].isdecimal()
    return len(fields[0]) <= SHORT_WORD or SENTENCE_END.isdisjoint(fields[0])
