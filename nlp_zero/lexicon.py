"""The lexicon: words with their counts and scores, frozen, in a file that people can read and edit."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice, repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ._kernels.rows import format_rows
from ._store import write_text
from .errors import FormatError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Lexicon"]

FORMAT = "#nlp-zero lexicon"
VERSION = 1
ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


class Lexicon:
    """Words with counts, ranked by count (ties: by the words' code points).  Immutable.

    Parameters
    ----------
    words
        Distinct, not empty.
    counts
        How often each word came as a word (tokens).
    scores
        Further columns by name, float64: ``pmi``, ``left_entropy``, ``right_entropy`` (nats), ``cohesion`` (count as
        word / count as string).  NaN where a value is not known.
    meta
        How the lexicon was made: ``method``, ``alnum``, ``entropy_before``, ``entropy_after`` (nats a character), ...
    parts
        For phrases, the words that each was made of.

    Examples
    --------
    >>> lexicon = Lexicon(["早晨", "茶", "青石镇"], [2, 5, 3])
    >>> lexicon.words, lexicon["茶"], lexicon.total
    (('茶', '青石镇', '早晨'), 5, 10)
    """

    __slots__ = ("_index", "counts", "meta", "parts", "scores", "words")

    words: tuple[str, ...]
    counts: npt.NDArray[np.int64]
    scores: dict[str, npt.NDArray[np.float64]]
    meta: dict[str, object]
    parts: dict[str, tuple[str, ...]]

    def __init__(
        self,
        words: Sequence[str],
        counts: npt.ArrayLike,
        *,
        scores: Mapping[str, npt.ArrayLike] | None = None,
        meta: Mapping[str, object] | None = None,
        parts: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        if isinstance(words, str):
            raise TypeError("words must be a sequence of words, not one string.")
        count = np.asarray(counts, np.int64)
        if count.shape != (len(words),):
            raise ValueError(f"{len(words)} words need as many counts, not {count.shape}.")
        if len(count) and int(count.min()) < 0:
            raise ValueError("counts must not be negative.")
        order: npt.NDArray[np.int64] | slice = slice(None)
        if not _ranked(words, count):  # a saved lexicon is in order already: quicker to see than to make
            by_text = np.array(sorted(range(len(words)), key=words.__getitem__), np.int64)
            order = by_text[np.argsort(-count[by_text], kind="stable")]
            words = [words[k] for k in order.tolist()]
        self.words = tuple(words)
        self.counts = np.array(count[order])
        self.scores = {name: np.array(np.asarray(column, np.float64)[order]) for name, column in (scores or {}).items()}
        if any(column.shape != count.shape for column in self.scores.values()):
            raise ValueError(f"every score must be a column of {len(words)} numbers, one a word.")
        self.meta, self.parts = dict(meta or {}), dict(parts or {})
        for array in (self.counts, *self.scores.values()):
            array.flags.writeable = False
        self._index = dict(zip(self.words, range(len(self.words)), strict=True))
        if len(self._index) != len(self.words) or "" in self._index:
            raise ValueError("words must be distinct and not empty.")

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self._index

    def __getitem__(self, word: str) -> int:
        """Count of a word; raises `KeyError` when the lexicon lacks it."""
        return int(self.counts[self._index[word]])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lexicon):
            return NotImplemented
        same_columns = self.scores.keys() == other.scores.keys() and all(
            np.array_equal(column, other.scores[name], equal_nan=True) for name, column in self.scores.items()
        )
        return self.words == other.words and np.array_equal(self.counts, other.counts) and same_columns

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Lexicon of {len(self):,} words, {self.total:,} tokens>"

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.words, self.counts, self.scores, self.meta, self.parts)

    def index(self, word: str) -> int:
        """Rank of a word from 0; raises `KeyError` when the lexicon lacks it."""
        return self._index[word]

    @property
    def total(self) -> int:
        """Number of tokens: the sum of the counts."""
        return int(self.counts.sum())

    @property
    def log_probs(self) -> npt.NDArray[np.float64]:
        """Unigram model: ln(count / total) of each word, in nats; a word that never came counts as half a token."""
        total = self.total
        if not total:
            return np.zeros(len(self))
        return np.log(np.maximum(self.counts, 0.5)) - np.log(total)  # type: ignore[no-any-return]

    def top(self, n: int, *, min_length: int = 2) -> list[str]:
        """The first `n` words of at least `min_length` characters."""
        longer = (word for word in self.words if len(word) >= min_length)
        return [word for word, _ in zip(longer, range(n), strict=False)]

    def keep(self, chosen: Iterable[bool]) -> Lexicon:
        """The words for which `chosen`, in the order of the lexicon, is true."""
        mask = np.fromiter(chosen, np.bool_, len(self))
        words = [word for word, kept in zip(self.words, mask.tolist(), strict=True) if kept]
        return Lexicon(
            words,
            self.counts[mask],
            scores={name: column[mask] for name, column in self.scores.items()},
            meta=self.meta,
            parts={word: self.parts[word] for word in words if word in self.parts},
        )

    def without(self, known: Iterable[str]) -> Lexicon:
        """The words of at least two characters that are not `known`: new-word discovery."""
        lacking = set(known)
        return self.keep(len(word) > 1 and word not in lacking for word in self.words)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the lexicon as UTF-8 text: a line about the file, a line of column names, and one line a word.

        Columns are separated by tabs.  In words, backslash, tab and line ends are written ``\\\\``, ``\\t``, ``\\n``
        and ``\\r``, and a lone surrogate ``\\ud800``.  The file appears whole or not at all.
        """
        with write_text(path) as file:
            file.writelines(self.lines())

    def lines(self) -> Iterator[str]:
        """The lines of the file that `save` writes."""
        about = "".join(f"\t{name}={_escaped(_shown(value))}" for name, value in self.meta.items())
        yield f"{FORMAT} v{VERSION}{about}\n"
        names = ["word", "count", *self.scores] + (["parts"] if self.parts else [])
        yield "#" + "\t".join(names) + "\n"
        if not self.parts:  # the usual table is written by a kernel
            rows = format_rows(_closed(self.words), self.counts, list(self.scores.values())).decode("utf-8").split("\n")
            yield from (row + "\n" for row in rows[:-1])
            return
        columns = [[f"{x:.6g}" for x in column.tolist()] for column in self.scores.values()]
        if self.parts:
            columns.append([" ".join(map(_escaped, self.parts.get(word, ()))) for word in self.words])
        counts = map(str, self.counts.tolist())
        for row in zip(map(_escaped, self.words), counts, *columns, strict=True):
            yield "\t".join(row) + "\n"

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Lexicon:
        """Read a lexicon, or a plain word list with ``word count [tag]`` or just ``word`` on each line (as jieba's).

        Raises
        ------
        FormatError
            When the file is missing, not UTF-8, damaged, or of a later version; says the line.
        """
        file = Path(path)
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise FormatError(f"The lexicon {file} cannot be read: {error.strerror}.") from None
        except UnicodeDecodeError as error:
            raise FormatError(
                f"The lexicon {file} is not UTF-8 at byte {error.start}; convert it to UTF-8 first."
            ) from None
        try:
            return _parsed(text) if text.startswith(FORMAT) else _plain(text)
        except ValueError as error:
            raise FormatError(f"{file}, {error}") from None


def _ranked(words: Sequence[str], counts: npt.NDArray[np.int64]) -> bool:
    if bool((counts[1:] > counts[:-1]).any()):
        return False
    ties = np.flatnonzero(counts[1:] == counts[:-1]).tolist()
    return all(words[k] <= words[k + 1] for k in ties)


def _rebuild(*state: object) -> Lexicon:
    words, counts, scores, meta, parts = state
    return Lexicon(words, counts, scores=scores, meta=meta, parts=parts)  # type: ignore[arg-type]


def _shown(value: object) -> str:
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def _escaped(text: str) -> str:
    if text.isalnum():
        return text
    return "".join(ESCAPES.get(c, c) if not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text)


def _closed(words: Sequence[str]) -> bytes:
    """The escaped words, each closed by a line feed."""
    text = "".join(words)
    if not any(c in text for c in ESCAPES):
        with suppress(UnicodeEncodeError):  # a lone surrogate
            return ("\n".join(words) + "\n" * bool(words)).encode("utf-8")
    return "".join([_escaped(word) + "\n" for word in words]).encode("utf-8")


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    codes = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
    out, chars = [], iter(text)
    for c in chars:
        if c == "\\":
            code = next(chars, "")
            if code == "u":  # a lone surrogate, which UTF-8 cannot hold
                c = chr(int("".join(islice(chars, 4)), 16))
            elif code in codes:
                c = codes[code]
            else:
                raise ValueError(f"unknown escape \\{code}")
        out.append(c)
    return "".join(out)


def _value(text: str) -> object:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return _unescaped(text)


def _parsed(text: str) -> Lexicon:
    """Rows of our own format; `ValueError` begins with the line that is wrong."""
    lines = text.split("\n")
    version, *about = lines[0].rstrip("\r").split("\t")
    if version != f"{FORMAT} v{VERSION}":
        raise ValueError(f"line 1: this is {version[1:]!r}, which this nlp-zero cannot read; update nlp-zero.")
    meta = {name: _value(value) for name, _, value in (field.partition("=") for field in about)}
    if lines[-1]:
        raise ValueError(f"line {len(lines)}: the file is truncated (the line has no end); write the lexicon again.")
    names = lines[1].rstrip("\r").lstrip("#").split("\t") if len(lines) > 2 else ["word", "count"]
    if names[:2] != ["word", "count"]:
        raise ValueError("line 2: the column names must begin with word and count.")
    rows = [line.rstrip("\r") for line in lines[2:-1]] if "\r" in text else lines[2:-1]
    tabs = list(map(str.count, rows, repeat("\t")))
    if set(tabs) - {len(names) - 1}:
        number = next(k for k, found in enumerate(tabs) if found != len(names) - 1)
        raise ValueError(
            f"line {number + 3}: {tabs[number] + 1} columns separated by tabs, but {len(names)} are expected."
        )
    fields = "\t".join(rows).split("\t") if rows else []
    columns = [fields[k :: len(names)] for k in range(len(names))]
    words = _words(_plain_words(columns[0]) if "\\" in text else columns[0], first_line=3)
    counts = _numbers(columns[1], int, first_line=3)
    scores = {
        name: np.array(_numbers(column, float, first_line=3))
        for name, column in zip(names[2:], columns[2:], strict=True)
        if name != "parts"
    }
    parts = {}
    if "parts" in names:
        listed = columns[names.index("parts")]
        parts = {w: tuple(map(_unescaped, p.split(" "))) for w, p in zip(words, listed, strict=True) if p}
    return Lexicon(words, np.array(counts, np.int64), scores=scores, meta=meta, parts=parts)


def _plain(text: str) -> Lexicon:
    """Rows of ``word count [tag]`` or ``word``, separated by white space; a word alone counts once."""
    words: list[str] = []
    counts: list[str] = []
    numbers: list[int] = []
    first: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if not fields:
            continue
        word = fields[0]
        if word in first:
            raise ValueError(f"line {number}: the word {word!r} was already on line {first[word]}; remove one of them.")
        first[word] = number
        words.append(word)
        numbers.append(number)
        counts.append(fields[1] if len(fields) > 1 else "1")
    values = []
    for number, value in zip(numbers, counts, strict=True):
        if not value.isdigit():
            raise ValueError(f"line {number}: the count {value!r} is not a whole number; expected 'word count'.")
        values.append(int(value))
    if not words:
        raise ValueError("line 1: there is not one word in this lexicon.")
    return Lexicon(words, np.array(values, np.int64))


def _plain_words(words: list[str]) -> list[str]:
    plain = []
    for number, word in enumerate(words, 3):
        try:
            plain.append(_unescaped(word))
        except ValueError as error:
            raise ValueError(f"line {number}: {word!r} is not a word as `save` writes it: {error}.") from None
    return plain


def _words(words: list[str], *, first_line: int) -> list[str]:
    if len(set(words)) != len(words) or "" in words:
        seen: dict[str, int] = {}
        for number, word in enumerate(words, first_line):
            if not word:
                raise ValueError(f"line {number}: the word is empty.")
            if word in seen:
                raise ValueError(
                    f"line {number}: the word {word!r} was already on line {seen[word]}; remove one of them."
                )
            seen[word] = number
    return words


def _numbers(texts: Sequence[str], kind: type[int] | type[float], *, first_line: int) -> list[int] | list[float]:
    try:
        values = list(map(kind, texts))
        if kind is int and values and not 0 <= min(values) <= max(values) < 1 << 63:
            raise ValueError
        return values
    except ValueError:
        for number, text in enumerate(texts, first_line):
            try:
                good = kind is float or 0 <= int(text) < 1 << 63
                float(text)
            except ValueError:
                good = False
            if not good:
                raise ValueError(f"line {number}: {text!r} is not a usable number.") from None
        raise
