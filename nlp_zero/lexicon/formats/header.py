"""The fields of a file's header: text and numbers in files, `LexiconMeta` in memory."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of_dataclass
from typing import Any

from ..meta import LexiconMeta

__all__ = ["join_links", "join_names", "meta_of_values", "split_links", "split_names", "values_of_meta"]

# Fields in the order in which they are written.
ORDER = (
    "method", "unit", "byte_fallback", "objective", "algorithm", "specials", "special_ids", "byte_ids", "unk_id",
    "unk_log_prob", "arithmetic", "max_piece_length", "alnum", "boundaries", "characters", "tokens", "documents",
    "bytes_per_token", "entropy_before", "entropy_after", "seed", "classes", "sweeps", "max_length", "new_words",
    "sampled", "examples", "estimated", "interrupted", "phrase_rounds", "normalizer", "dummy_prefix", "class_links",
    "granularity", "own_words", "forbidden_words", "forced_words",
)  # fmt: skip
YES_OR_NO = {"yes": True, "no": False, "True": True, "False": False}
INTEGERS = (
    "unk_id", "max_piece_length", "characters", "tokens", "documents", "seed", "classes", "sweeps", "max_length",
    "sampled", "examples",
)  # fmt: skip
NUMBERS = ("unk_log_prob", "bytes_per_token", "entropy_before", "entropy_after", "new_words", "granularity")
FLAGS = ("byte_fallback", "boundaries", "estimated", "interrupted", "dummy_prefix")
INTEGER_LISTS = ("special_ids", "byte_ids")
NAME_LISTS = ("specials", "own_words", "forbidden_words", "forced_words")


def join_names(names: Iterable[str]) -> str:
    r"""Write names in one field: separated by a space; a space inside a name is written ``\s``.

    >>> split_names(join_names(["<pad>", "a b", "\\s"]))
    ('<pad>', 'a b', '\\s')
    """
    return " ".join(name.replace("\\", "\\\\").replace(" ", "\\s") for name in names)


def split_names(text: str) -> tuple[str, ...]:
    """Read the names that `join_names` wrote."""
    codes = {"\\s": " ", "\\\\": "\\"}
    parts = (re.split(r"(\\.)", name) for name in text.split(" ") if name)
    return tuple("".join(codes.get(part, part) for part in name) for name in parts)


def join_links(links: Iterable[Iterable[int]], end: str = ";") -> str:
    """Write a table of numbers: spaces between them, and `end` between the rows.

    >>> split_links(join_links([[0, 1], [2, 0]]))
    ((0, 1), (2, 0))
    """
    return end.join(" ".join(map(str, row)) for row in links)


def split_links(text: str, end: str = ";") -> tuple[tuple[int, ...], ...]:
    """Read the table that `join_links` wrote."""
    return tuple(tuple(map(int, row.split())) for row in text.split(end) if row)


def values_of_meta(meta: LexiconMeta) -> dict[str, str | int | float]:
    """Return the fields to write, in order: those that are known and, for vocabularies, those of every vocabulary."""
    defaults = {item.name: item.default for item in fields_of_dataclass(meta)}
    stated = {name for name in ORDER if getattr(meta, name) != defaults[name]}
    if meta.method is not None:
        stated.add("unit")
    if meta.byte_fallback or not meta.boundaries:
        stated |= {"byte_fallback", "objective", "specials"}
    if meta.normalizer is not None:
        stated.add("dummy_prefix")
    return {name: _value(name, getattr(meta, name)) for name in ORDER if name in stated} | dict(meta.other)


def _value(name: str, value: Any) -> str | int | float:
    if name in NAME_LISTS:
        return join_names(value)
    if name in INTEGER_LISTS:
        return " ".join(map(str, value))
    if name == "class_links":
        return join_links(value)
    if name == "phrase_rounds":
        return " ".join(f"{number:.6f}" for number in value)
    if name in FLAGS and name != "interrupted":
        return "yes" if value else "no"
    return value  # type: ignore[no-any-return]


def meta_of_values(values: Mapping[str, object]) -> LexiconMeta:
    """Read the fields of a header, each a text or a number; unknown ones are kept in `other`.

    Raises
    ------
    ValueError
        If the value of a known field has the wrong form; names the field.
    """
    known: dict[str, Any] = {}
    other: dict[str, str | int | float] = {}
    for name, value in values.items():
        if name in ORDER:
            known[name] = _parse(name, value)
        else:
            other[name] = value if isinstance(value, (str, int, float)) else str(value)
    return LexiconMeta(**known, other=other)


def _parse(name: str, value: object) -> object:
    text = str(value)
    try:
        if name in NAME_LISTS:
            return split_names(text)
        if name in INTEGER_LISTS:
            return tuple(map(int, text.split()))
        if name == "class_links":
            return split_links(text)
        if name == "phrase_rounds":
            return tuple(map(float, text.split()))
        if name in FLAGS:
            return YES_OR_NO[text]
        if name in INTEGERS:
            return int(text)
        return float(text) if name in NUMBERS else text
    except (KeyError, ValueError):
        form = (
            "whole numbers" if name in (*INTEGER_LISTS, "class_links")
            else "a whole number" if name in INTEGERS
            else "yes or no" if name in FLAGS
            else "numbers" if name == "phrase_rounds"
            else "a number"
        )  # fmt: skip
        raise ValueError(f"the field {name} must be {form}, not {text[:40]!r}.") from None
