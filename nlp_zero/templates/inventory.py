"""Ranked templates, patterns of words with slots (从 … 到 …), and the file that holds them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from .._utils.file_kinds import read_own_file
from .._utils.files import write_text
from .._utils.immutable import Immutable
from .._utils.tables import Columns, Tabular
from .._utils.validation import check_integer, check_number
from ..errors import FormatError
from .boundaries import BoundaryModel
from .template import Template

__all__ = ["Template", "TemplateInventory", "check_inventory"]

FORMAT = "nlp-zero templates"
VERSION = 1
DECODED_LINES = 1000  # lines that are decoded together, several times faster than one by one


class TemplateInventory(Immutable, Tabular):
    """Templates, best first, with the statistics that a parser needs in addition to them.  Immutable.

    Parameters
    ----------
    templates : iterable of Template
        In the order of their rank.
    q : float, default 0.5
        Probability that a chain of units ends after a unit.
    meta : mapping, optional
        How they were found: ``method``, ``words`` (tokens), ``segments`` (distinct clauses).
    leaves : mapping of str to float, optional
        How often each word is used outside templates, which `TemplateGrammar` needs.
    boundaries : BoundaryModel, optional
        Statistics of phrase boundaries, which `TemplateParser` needs.

    Raises
    ------
    ValueError
        If `q` is not a probability above 0.

    Examples
    --------
    >>> inventory = TemplateInventory([Template(("从", None, "到", None)), Template(("是", None, "的"))])
    >>> inventory
    <TemplateInventory: 2 templates>
    >>> str(inventory[1])
    '是 … 的'
    """

    templates: tuple[Template, ...]
    q: float
    meta: Mapping[str, object]
    leaves: Mapping[str, float]
    boundaries: BoundaryModel | None

    def __init__(
        self,
        templates: Iterable[Template],
        *,
        q: float = 0.5,
        meta: Mapping[str, object] | None = None,
        leaves: Mapping[str, float] | None = None,
        boundaries: BoundaryModel | None = None,
    ) -> None:
        if check_number("q", q, least=0, most=1) == 0:
            raise ValueError("q must be a probability above 0, not 0.")
        given = tuple(templates)
        for template in given:
            if not isinstance(template, Template):
                raise TypeError(f"templates must be Template objects; {template!r} is not one.")
        self._set(templates=given, q=float(q), boundaries=boundaries)
        self._set(meta=MappingProxyType(dict(meta or {})), leaves=MappingProxyType(dict(leaves or {})))

    def __len__(self) -> int:
        return len(self.templates)

    def __iter__(self) -> Iterator[Template]:
        return iter(self.templates)

    def __getitem__(self, rank: int) -> Template:
        return self.templates[rank]

    def __repr__(self) -> str:
        boundaries = "" if self.boundaries is None else ", with boundary statistics"
        return f"<TemplateInventory: {len(self):,} templates{boundaries}>"

    def __reduce__(self) -> tuple[object, ...]:
        return _restore_inventory, (self.templates, self.q, dict(self.meta), dict(self.leaves), self.boundaries)

    def to_columns(self) -> Columns:
        """Return a row for each template, best first.

        Returns
        -------
        mapping of str to column
            ``template`` as text, the fields of `Template` (``count``, ``fillers``, ``pmi``, ``gain``, ``probability``,
            ``across``), and ``examples``, a list of texts with `` / `` between slots.

        Examples
        --------
        >>> inventory = TemplateInventory([Template(("从", None, "到"), count=120, examples=(("今",), ("北京",)))])
        >>> inventory.to_columns()["template"], inventory.to_columns()["examples"]
        (['从 … 到'], [['今', '北京']])
        """
        return {
            "template": list(map(str, self.templates)),
            "count": np.array([template.count for template in self.templates], np.float64),
            "fillers": np.array([template.fillers for template in self.templates], np.int64),
            **{
                name: np.array([getattr(template, name) for template in self.templates], np.float64)
                for name in ("pmi", "gain", "probability")
            },
            "across": np.array([template.across for template in self.templates], np.bool_),
            "examples": [[" / ".join(filling) for filling in template.examples] for template in self.templates],
        }

    def top(self, n: int) -> list[Template]:
        """Return the first `n` templates with a slot between words.

        Parameters
        ----------
        n : int
            At most this many.

        Returns
        -------
        list of Template
            In the order of their rank.
        """
        size = check_integer("n", n, least=0)
        return list(islice((template for template in self.templates if template.is_gapped), size))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a file of JSON lines, whole or not at all.

        Parameters
        ----------
        path : str or path-like
            The file; an existing one is replaced.
        """
        with write_text(path) as file:
            file.writelines(self.lines())

    def lines(self) -> Iterator[str]:
        """Iterate over the lines of the file: a header, templates, words outside templates, boundary statistics.

        Yields
        ------
        str
            One JSON object with a line end.
        """
        rows = 0 if self.boundaries is None else len(self.boundaries.words) + len(self.boundaries.pairs)
        lines = len(self.templates) + len(self.leaves) + rows  # after this one
        counts = {"templates": len(self), "lines": lines}
        header = {"format": FORMAT, "version": VERSION, **counts, "q": self.q, **self.meta}
        yield _json(header)
        for template in self.templates:
            yield _json(_row_of_template(template))
        for word, count in self.leaves.items():
            yield _json({"leaf": word, "count": round(count, 2)})
        if self.boundaries is not None:
            for row in self.boundaries.rows():
                yield _json(row)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> TemplateInventory:
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : str or path-like
            The file.

        Returns
        -------
        TemplateInventory
            The templates and statistics; numbers are rounded as in the file.

        Raises
        ------
        FormatError
            If the file is missing, not UTF-8, damaged, truncated or of a later version; the message names the line.
        """
        file = Path(path)
        data = read_own_file(file, "a file of templates", "make one with nlpzero mine-templates")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise FormatError(f"{file} is not UTF-8 at byte {error.start}; mine the templates again.") from None
        try:
            return _parse_file(text)
        except ValueError as error:
            raise FormatError(f"{file}, {error}") from None


def _restore_inventory(
    templates: tuple[Template, ...],
    q: float,
    meta: dict[str, object],
    leaves: dict[str, float],
    boundaries: BoundaryModel | None,
) -> TemplateInventory:
    """Make an inventory again in another process; pickle cannot copy read-only mappings."""
    return TemplateInventory(templates, q=q, meta=meta, leaves=leaves, boundaries=boundaries)


def _json(row: Mapping[str, object]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _row_of_template(template: Template) -> dict[str, object]:
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


def _parse_file(text: str) -> TemplateInventory:
    """Parse the lines of a template file; the message of a `ValueError` begins with the line number."""
    lines = text.split("\n")
    header = _parse_object(lines[0], 1) if lines[0].startswith("{") else {}
    if header.pop("format", None) != FORMAT:
        raise ValueError("line 1: this is not a template file; make one with nlpzero mine-templates.")
    version = header.pop("version", None)
    if version != VERSION:
        raise ValueError(f"line 1: the format has version {version!r}, this nlp-zero reads {VERSION}; update nlp-zero.")
    if lines[-1]:
        raise ValueError(f"line {len(lines)}: the file is truncated (no line end); mine the templates again.")
    q = header.pop("q", 0.5)
    expected = {name: header.pop(name, None) for name in ("templates", "lines")}
    if not isinstance(q, (int, float)) or not 0 < q <= 1:
        raise ValueError(f"line 1: q must be a probability above 0, not {q!r}.")
    templates: list[Template] = []
    leaves: dict[str, float] = {}
    boundary_rows = []
    for number, row in enumerate(_parse_objects(lines[1:-1]), 2):
        if "template" in row:
            templates.append(_template_of_row(row, number))
        elif "leaf" in row:
            leaves.update(_leaf_of_row(row, number))
        elif "word" in row or "pair" in row:
            boundary_rows.append(row)
        else:
            raise ValueError(f"line {number}: expected a template, leaf, word or pair; mine the templates again.")
    for name, found in (("templates", len(templates)), ("lines", len(lines) - 2)):
        if expected[name] not in (None, found):
            what = "templates" if name == "templates" else "lines after it"
            raise ValueError(
                f"line 1: the header says {expected[name]} {what}, the file has {found}; mine the templates again."
            )
    boundaries = BoundaryModel.from_rows(boundary_rows) if boundary_rows else None
    return TemplateInventory(templates, q=q, meta=header, leaves=leaves, boundaries=boundaries)


def _parse_objects(lines: list[str]) -> Iterator[dict[str, Any]]:
    """Decode the lines after the header, many together."""
    for start in range(0, len(lines), DECODED_LINES):
        batch = lines[start : start + DECODED_LINES]
        try:
            rows = json.loads(f"[{','.join(batch)}]")
        except (ValueError, RecursionError):
            rows = []
        if len(rows) != len(batch) or not all(isinstance(row, dict) for row in rows):
            # decode one by one to find the damaged line
            rows = [_parse_object(line, number) for number, line in enumerate(batch, start + 2)]
        yield from rows


def _parse_object(line: str, number: int) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise ValueError(f"line {number}: not a JSON object; the file is damaged, mine the templates again.")
    return row


def check_inventory(inventory: object) -> None:
    """Raise `TypeError` unless this is a `TemplateInventory`."""
    if not isinstance(inventory, TemplateInventory):
        raise TypeError(
            f"inventory must be a TemplateInventory, not {type(inventory).__name__}; TemplateInventory.load(path) "
            "reads one."
        )


def _template_of_row(row: Mapping[str, Any], number: int) -> Template:
    names = ("count", "fillers", "pmi", "gain", "probability")
    values = {name: row.get(name, 0) for name in names}
    examples = row.get("examples", [])
    valid = all(isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v) for v in values.values())
    if not valid or not _is_list_of_text_lists(examples) or not isinstance(row["template"], list):
        raise ValueError(f"line {number}: a field of the template is damaged; mine the templates again.")
    try:
        return Template(tuple(row["template"]), **values, examples=examples, across=bool(row.get("across", False)))
    except ValueError as error:
        raise ValueError(f"line {number}: {error}") from None


def _leaf_of_row(row: Mapping[str, Any], number: int) -> dict[str, float]:
    word, count = row["leaf"], row.get("count")
    if not isinstance(word, str) or not word or not isinstance(count, (int, float)) or not 0 <= count < math.inf:
        raise ValueError(f"line {number}: a leaf needs a word and a count of at least 0.")
    return {word: float(count)}


def _is_list_of_text_lists(value: object) -> bool:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return False
    return all(isinstance(texts, list) and all(isinstance(text, str) for text in texts) for texts in value)
