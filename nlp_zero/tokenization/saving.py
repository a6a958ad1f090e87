"""Writing a tokenizer to a file: its lexicon, and the options that differ from those of the lexicon."""

from __future__ import annotations

import os

from ..errors import FormatError
from ..lexicon.formats import format_of_name
from ..lexicon.lexicon import Lexicon
from .options import Options, resolve_options

__all__ = ["save_tokenizer"]

OWN_FORMATS = ("tsv", "json", "parquet")  # formats that keep the options of a tokenizer


def save_tokenizer(lexicon: Lexicon, options: Options, path: str | os.PathLike[str]) -> None:
    """Write the lexicon and the options to one file; raises `FormatError` if that format cannot hold the options."""
    format = format_of_name(path) or ("json" if os.fspath(path).lower().endswith(".json") else "tsv")
    if format not in OWN_FORMATS:
        raise FormatError(
            f"{os.fspath(path)} is a {format} file by its name, which cannot hold all options of a "
            "tokenizer; choose a name that ends in .tsv, or use lexicon.save."
        )
    names, usual = ("alnum", "objective", "unk_log_prob", "new_words", "granularity"), resolve_options(lexicon)
    given = {name: getattr(options, name) for name in names}
    changes = {name: value for name, value in given.items() if value != getattr(usual, name)}
    own = options.own
    changes |= {"own_words": own.words, "forbidden_words": own.forbid, "forced_words": own.force}
    lexicon.with_meta(**changes).save(path, format=format)
