"""Lines that were cut by hand: spaces are cuts, and braces enclose what is left open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..._kernels.counting import Alphabet
from ...errors import CorpusError

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["Example", "ExampleLines", "ExampleRun", "allowed_tags", "parse_examples", "shorten"]

OPEN, CUT, JOINED = 0, 1, 2  # what is known of a gap between two characters
OPENING, CLOSING = "{", "}"
MAX_WORD_SYMBOLS = 30  # a longer word is a line, or half of one, that was not cut
SHOWN_CHARACTERS = 20  # of a line in a message


@dataclass(frozen=True, slots=True)
class Example:
    """A line that was cut by hand.

    Attributes
    ----------
    number : int
        Number of the line, from 1.
    text : str
        The line without spaces and braces.
    gaps : bytes
        For each character, what is known of the gap before it: 0 nothing, 1 a cut, 2 no cut.
    """

    number: int
    text: str
    gaps: bytes


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """A run of symbols of an example, without a boundary inside, and what is known of the gap before each."""

    symbols: tuple[str, ...]
    gaps: bytes


class ExampleLines:
    """Lines that were cut by hand, checked.

    Parameters
    ----------
    lines : list of Example
        At least one.
    name : str
        Where they come from, for messages.
    """

    def __init__(self, lines: list[Example], name: str = "examples") -> None:
        self.lines, self.name = lines, name

    def __repr__(self) -> str:
        return f"ExampleLines({len(self.lines):,} lines from {self.name})"

    def split(self, alnum: str) -> list[ExampleRun]:
        """Return the runs of the lines, which punctuation separates.

        Parameters
        ----------
        alnum : {"token", "join", "split"}
            How digits and Latin letters are treated; see `NgramCounter`.

        Returns
        -------
        list of ExampleRun

        Raises
        ------
        CorpusError
            If a cut is inside a symbol, or a word is very long.
        """
        alphabet = Alphabet(alnum=alnum)
        encoded = [alphabet.encode(line.text, grow=True).tolist() for line in self.lines]
        names = ["", *map(str, alphabet.symbols)]
        return [
            run
            for line, ids in zip(self.lines, encoded, strict=True)
            for run in self._split_line(line, [names[symbol] for symbol in ids])
        ]

    def words(self, alnum: str) -> set[str]:
        """Return the words that the lines have for certain: both ends are cuts, and no gap inside is one or left open.

        Parameters
        ----------
        alnum : {"token", "join", "split"}
            How digits and Latin letters are treated; see `NgramCounter`.

        Returns
        -------
        set of str
        """
        found = set()
        for run in self.split(alnum):
            cuts = [k for k, gap in enumerate(run.gaps) if gap == CUT] + [len(run.gaps)]
            for begin, end in pairwise(cuts):
                if OPEN not in run.gaps[begin + 1 : end]:
                    found.add("".join(run.symbols[begin:end]))
        return found

    def _split_line(self, line: Example, names: list[str]) -> list[ExampleRun]:
        """Return the runs of a line; names are its symbols, and empty strings at boundaries."""
        runs: list[ExampleRun] = []
        symbols: list[str] = []
        gaps = bytearray()
        at = 0
        for name in names:
            if not name:
                if symbols:
                    runs.append(ExampleRun(tuple(symbols), bytes(gaps)))
                symbols, gaps = [], bytearray()
                continue
            at = line.text.index(name, at)
            if CUT in line.gaps[at + 1 : at + len(name)]:
                raise CorpusError(
                    f"{self.name}, line {line.number}: {name} is cut inside, but digits and Latin letters are read as "
                    "one symbol; remove the space, or use another alnum mode."
                )
            gaps.append(line.gaps[at] if symbols else CUT)
            symbols.append(name)
            at += len(name)
        for run in runs:
            self._check_length(line, run)
        return runs

    def _check_length(self, line: Example, run: ExampleRun) -> None:
        begin = 0
        for end in range(1, len(run.gaps) + 1):
            if end < len(run.gaps) and run.gaps[end] == JOINED:
                continue
            if end - begin > MAX_WORD_SYMBOLS:
                word = "".join(run.symbols[begin : begin + SHOWN_CHARACTERS])
                raise CorpusError(
                    f"{self.name}, line {line.number}: {word}... is one word of {end - begin} characters; put spaces "
                    "between words, and braces around what should stay open."
                )
            begin = end


def parse_examples(lines: Iterable[str], name: str = "examples") -> ExampleLines:
    """Read lines that were cut by hand.

    Spaces are cuts.  Inside a pair of braces nothing is said about the gaps, unless there is a space.

    Parameters
    ----------
    lines : iterable of str
        The lines; empty ones are skipped.
    name : str, default "examples"
        Where they come from, for messages.

    Returns
    -------
    ExampleLines
        The lines.

    Raises
    ------
    TypeError
        If `lines` is a single string, or a line is not a str.
    CorpusError
        If there is no line, none has a cut, braces do not match, or the same text is cut in two ways.

    Examples
    --------
    >>> examples = parse_examples(["诸葛亮 {出师表}", "这 一 天"])
    >>> [(line.text, list(line.gaps)) for line in examples.lines]
    [('诸葛亮出师表', [1, 2, 2, 1, 0, 0]), ('这一天', [1, 1, 1])]
    """
    if isinstance(lines, str):
        raise TypeError(f"{name}: expected many lines, not a single string; write [text] for a line.")
    found: list[Example] = []
    cut: dict[str, Example] = {}
    for number, line in enumerate(lines, 1):
        if not isinstance(line, str):
            raise TypeError(f"{name}, line {number}: expected a str, not {type(line).__name__}.")
        if not line.strip():
            continue
        example = _parse_line(number, line, name)
        if not example.text:
            continue
        before = cut.setdefault(example.text, example)
        if before is example:
            found.append(example)
        elif any({a, b} == {CUT, JOINED} for a, b in zip(before.gaps, example.gaps, strict=True)):
            raise CorpusError(
                f"{name}: lines {before.number} and {number} cut the same text in two ways "
                f"({shorten(example.text)}); keep one of them."
            )
        else:
            found.append(example)
    if not found:
        raise CorpusError(f"{name}: there is no line to learn from; give lines with spaces between the words.")
    if not any(CUT in line.gaps[1:] for line in found):
        raise CorpusError(f"{name}: no line has a space, so nothing is cut; put spaces between the words.")
    return ExampleLines(found, name)


def _parse_line(number: int, line: str, name: str) -> Example:
    text: list[str] = []
    gaps = bytearray()
    inside, cut = False, True
    for char in line:
        if char.isspace():
            cut = True
        elif char in (OPENING, CLOSING):
            if inside == (char == OPENING):
                raise CorpusError(f"{name}, line {number}: the braces do not match; write {{ and }} in pairs.")
            inside = char == OPENING
            if inside:
                first_inside = len(text)
        else:
            gaps.append(CUT if cut else OPEN if inside and len(text) > first_inside else JOINED)
            text.append(char)
            cut = False
    if inside:
        raise CorpusError(f"{name}, line {number}: the braces do not match; write {{ and }} in pairs.")
    return Example(number, "".join(text), bytes(gaps))


def shorten(text: str) -> str:
    """Return the beginning of a text, for messages."""
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "..."


def allowed_tags(gaps: npt.NDArray[np.uint8], ends: npt.NDArray[np.bool_]) -> npt.NDArray[np.uint8]:
    """Return for each position the set of tags (bits B, M, E, S) that agrees with what is known of the gaps.

    Parameters
    ----------
    gaps : ndarray of uint8
        0 nothing is known, 1 a cut before the symbol, 2 no cut.
    ends : ndarray of bool
        Whether the position is the last of its run.
    """
    after = np.where(ends, CUT, np.append(gaps[1:], CUT)).astype(np.uint8)
    allowed = np.full(len(gaps), 0b1111, np.uint8)
    allowed[gaps == CUT] &= 0b1001
    allowed[gaps == JOINED] &= 0b0110
    allowed[after == CUT] &= 0b1100
    allowed[after == JOINED] &= 0b0011
    return allowed
