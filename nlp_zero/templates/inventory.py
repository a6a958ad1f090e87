"""Templates: patterns of words with slots (从 … 到 …), ranked, in a file that people can read and edit."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .._utils.files import write_text
from ..errors import FormatError
from .boundaries import BoundaryModel

__all__ = ["Template", "TemplateInventory"]

FORMAT = "nlp-zero templates"
VERSION = 1
LINES = 1000  # decoded at a time


@dataclass(frozen=True)
class Template:
    """Words, and slots (None) that each stand for one or more words.

    Attributes
    ----------
    items
        The words and slots, in order; at least one word.
    count
        How often the corpus uses it: expected uses, or occurrences for ``skipgram`` and for `across` templates.
    fillers
        Distinct fillings of its slots (distinct neighbours on both sides when it has none).
    pmi
        Least pointwise mutual information between neighbouring anchors, nats; 0 for a single anchor.
    gain
        Nats by which it shortens the description of the corpus, its own cost paid.
    probability
        Of being chosen where a unit is written; for `across` templates, where two neighbouring clauses are.
    examples
        Frequent fillings: one text a slot, words separated by spaces.
    across
        Whether it joins two neighbouring clauses: its inner slot crosses a comma, 不仅 … ， 而且 ….

    Examples
    --------
    >>> print(Template(("从", None, "到", None), count=120))
    从 … 到 …
    """

    items: tuple[str | None, ...]
    count: float = 0
    fillers: int = 0
    pmi: float = 0.0
    gain: float = 0.0
    probability: float = 0.0
    examples: tuple[tuple[str, ...], ...] = ()
    across: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.items, str) or not all(x is None or (isinstance(x, str) and x) for x in self.items):
            raise ValueError(f"a template is a sequence of words and slots (None), not {self.items!r}.")
        object.__setattr__(self, "items", tuple(self.items))
        object.__setattr__(self, "examples", tuple(map(tuple, self.examples)))
        if not self.anchors:
            raise ValueError("a template needs at least one word beside its slots.")

    @property
    def anchors(self) -> tuple[str, ...]:
        """The words."""
        return tuple(item for item in self.items if item is not None)

    @property
    def slots(self) -> int:
        """Number of slots."""
        return self.items.count(None)

    @property
    def is_gapped(self) -> bool:
        """Whether a slot lies between two of its words."""
        inner = "".join("…" if item is None else "x" for item in self.items).strip("…")
        return "…" in inner

    def __str__(self) -> str:
        return " ".join("…" if item is None else item for item in self.items)


class TemplateInventory:
    """Templates, best first, with what a parser needs to know beside them.  Not to be changed.

    Parameters
    ----------
    templates
        In the order of their rank.
    q
        Probability that a chain of units ends after a unit.
    meta
        How they were found: ``method``, ``words`` (tokens), ...
    leaves
        How often each word stood by itself, in no template: what `TemplateGrammar` needs beside the templates.
    boundaries
        Where phrases begin and end (`nlp_zero.templates.boundaries.BoundaryModel`), if it was counted.

    Examples
    --------
    >>> inventory = TemplateInventory([Template(("从", None, "到", None)), Template(("是", None, "的"))])
    >>> len(inventory), str(inventory[1])
    (2, '是 … 的')
    """

    def __init__(
        self,
        templates: Iterable[Template],
        *,
        q: float = 0.5,
        meta: Mapping[str, object] | None = None,
        leaves: Mapping[str, float] | None = None,
        boundaries: BoundaryModel | None = None,
    ) -> None:
        if not 0 < q <= 1:
            raise ValueError(f"q must be a probability above 0, not {q}.")
        self.templates = tuple(templates)
        self.q, self.meta, self.leaves, self.boundaries = float(q), dict(meta or {}), dict(leaves or {}), boundaries

    def __len__(self) -> int:
        return len(self.templates)

    def __iter__(self) -> Iterator[Template]:
        return iter(self.templates)

    def __getitem__(self, rank: int) -> Template:
        return self.templates[rank]

    def __repr__(self) -> str:
        return f"<TemplateInventory of {len(self):,} templates>"

    def top(self, n: int) -> list[Template]:
        """The first `n` constructions: templates with a slot between words."""
        return [template for template, _ in zip(filter(lambda t: t.is_gapped, self.templates), range(n), strict=False)]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write JSON lines: a header, templates, words by themselves, the boundary model.  Whole or not at all."""
        with write_text(path) as file:
            file.writelines(self.lines())

    def lines(self) -> Iterator[str]:
        """The lines of the file that `save` writes."""
        header = {"format": FORMAT, "version": VERSION, "templates": len(self), "q": self.q, **self.meta}
        yield _json(header)
        for template in self.templates:
            yield _json(_row(template))
        for word, count in self.leaves.items():
            yield _json({"leaf": word, "count": round(count, 2)})
        if self.boundaries is not None:
            for row in self.boundaries.rows():
                yield _json(row)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TemplateInventory:
        """Read what `save` wrote.

        Raises
        ------
        FormatError
            When the file is missing, not UTF-8, damaged, truncated or of a later version; says the line.
        """
        file = Path(path)
        try:
            text = file.read_bytes().decode("utf-8-sig")
        except OSError as error:
            raise FormatError(
                f"The templates {file} cannot be read: {error.strerror}; check its name and permissions."
            ) from None
        except UnicodeDecodeError as error:
            raise FormatError(f"The templates {file} are not UTF-8 at byte {error.start}; mine them again.") from None
        try:
            return _parsed(text)
        except ValueError as error:
            raise FormatError(f"{file}, {error}") from None


def _json(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _row(template: Template) -> dict[str, object]:
    row: dict[str, object] = {
        "template": template.items,
        "count": round(template.count, 2),
        "fillers": template.fillers,
        "pmi": round(template.pmi, 4),
        "gain": round(template.gain, 3),
        "probability": float(f"{template.probability:.8g}"),
        "examples": template.examples,
    }
    return {**row, "across": True} if template.across else row


def _parsed(text: str) -> TemplateInventory:
    """`ValueError` begins with the line that is wrong."""
    lines = text.split("\n")
    header = _object(lines[0], 1)
    if header.pop("format", None) != FORMAT:
        raise ValueError("line 1: this is no file of templates; make one with nlpzero mine-templates.")
    version = header.pop("version", None)
    if version != VERSION:
        raise ValueError(f"line 1: version {version!r} of the format; this nlp-zero reads {VERSION}, update nlp-zero.")
    if lines[-1]:
        raise ValueError(f"line {len(lines)}: the file is truncated (the line has no end); mine the templates again.")
    expected, q = header.pop("templates", None), header.pop("q", 0.5)
    if not isinstance(q, (int, float)) or not 0 < q <= 1:
        raise ValueError(f"line 1: q must be a probability above 0, not {q!r}.")
    templates: list[Template] = []
    leaves: dict[str, float] = {}
    rest = []
    for number, row in enumerate(_objects(lines[1:-1]), 2):
        if "template" in row:
            templates.append(_template(row, number))
        elif "leaf" in row:
            leaves.update(_leaf(row, number))
        elif "word" in row or "pair" in row:
            rest.append(row)
        else:
            raise ValueError(f"line {number}: neither a template nor a leaf, a word or a pair.")
    if expected is not None and expected != len(templates):
        raise ValueError(f"line 1: {expected} templates are promised, {len(templates)} found; the file was altered.")
    boundaries = BoundaryModel.from_rows(rest) if rest else None
    return TemplateInventory(templates, q=q, meta=header, leaves=leaves, boundaries=boundaries)


def _objects(lines: list[str]) -> Iterator[dict[str, Any]]:
    """The lines that follow the header, decoded many at a time, which is several times faster than one by one."""
    for start in range(0, len(lines), LINES):
        some = lines[start : start + LINES]
        try:
            rows = json.loads(f"[{','.join(some)}]")
        except (ValueError, RecursionError):
            rows = []
        if len(rows) != len(some) or not all(isinstance(row, dict) for row in rows):  # one by one: which is wrong?
            rows = [_object(line, number) for number, line in enumerate(some, start + 2)]
        yield from rows


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise ValueError(f"line {number}: not a JSON object; the file is damaged, mine the templates again.")
    return row


def _template(row: Mapping[str, Any], number: int) -> Template:
    names = ("count", "fillers", "pmi", "gain", "probability")
    values = {name: row.get(name, 0) for name in names}
    examples = row.get("examples", [])
    good = all(isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in values.values())
    if not good or not _lists_of_texts(examples) or not isinstance(row["template"], list):
        raise ValueError(f"line {number}: the fields of a template are not as `save` writes them.")
    try:
        return Template(tuple(row["template"]), **values, examples=examples, across=bool(row.get("across", False)))
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None


def _leaf(row: Mapping[str, Any], number: int) -> dict[str, float]:
    word, count = row["leaf"], row.get("count")
    if not isinstance(word, str) or not word or not isinstance(count, (int, float)) or not 0 <= count < math.inf:
        raise ValueError(f"line {number}: a leaf needs a word and a count of 0 or more.")
    return {word: float(count)}


def _lists_of_texts(value: object) -> bool:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return False
    return all(isinstance(one, list) and all(isinstance(text, str) for text in one) for one in value)
