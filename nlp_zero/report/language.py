"""The texts of the page in Chinese and English; they are in the file ``texts.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources

__all__ = ["LANGUAGES", "read_texts"]

LANGUAGES = ("zh", "en")


@cache
def read_texts(language: str) -> Mapping[str, str]:
    """Return the texts of a language by key."""
    text = (resources.files(__package__) / "texts.toml").read_text(encoding="utf-8")
    texts: Mapping[str, str] = tomllib.loads(text)[language]
    return texts
