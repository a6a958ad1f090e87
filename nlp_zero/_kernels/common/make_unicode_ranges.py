"""Write ``unicode_ranges.hpp``: the classes of code points, and which are digits, numerals or white space.

The tables are generated once and kept in the repository, so that results are the same under every version of Python.
Unassigned and private-use code points are letters, because new ideographs are assigned there.

Run from the repository root, with a Python of that Unicode version:
``python nlp_zero/_kernels/common/make_unicode_ranges.py``.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

UNICODE_VERSION = "14.0.0"
LETTER, BOUNDARY, ALNUM = 0, 1, 2
DECIMAL, DIGIT, NUMERIC, SPACE = 4, 8, 16, 32


def character_class(code_point: int) -> int:
    """Class of one code point: a letter of its own, a boundary, or part of a digit or Latin run."""
    char = chr(code_point)
    category = unicodedata.category(char)
    if category[0] in "PSZ" or category in ("Cc", "Cf", "Cs"):
        return BOUNDARY
    if category == "Nd" or ("LATIN" in unicodedata.name(char, "") and category[0] == "L"):
        return ALNUM
    return LETTER


def character_flags(code_point: int) -> int:
    """Sum of DECIMAL, DIGIT, NUMERIC and SPACE for one code point, as the methods of str define them."""
    char = chr(code_point)
    return DECIMAL * char.isdecimal() + DIGIT * char.isdigit() + NUMERIC * char.isnumeric() + SPACE * char.isspace()


def ranges(name: str, value_of: Callable[[int], int]) -> str:
    """A C++ table of the ranges of code points whose value is not 0."""
    rows = []
    for value, group in groupby(range(sys.maxunicode + 1), key=value_of):
        points = list(group)
        if value:
            rows.append(f"    {{0x{points[0]:X}, 0x{points[-1]:X}, {value}}},\n")
    return f"static constexpr CharRange {name}[] = {{\n" + "".join(rows) + "};\n"


def main() -> None:
    if unicodedata.unidata_version != UNICODE_VERSION:
        sys.exit(f"This Python has Unicode {unicodedata.unidata_version}; the tables are of {UNICODE_VERSION}.")
    Path(__file__).with_name("unicode_ranges.hpp").write_text(
        f"// Made by make_unicode_ranges.py from Unicode {UNICODE_VERSION}; do not edit.\n"
        "#pragma once\n#include <cstdint>\n\n"
        "namespace nlpzero {\n\n"
        f'constexpr const char* UNICODE_VERSION = "{UNICODE_VERSION}";\n'
        "struct CharRange { uint32_t first, last; uint8_t value; };\n\n"
        + ranges("CLASS_RANGES", character_class) + "\n" + ranges("FLAG_RANGES", character_flags)
        + "\n}  // namespace nlpzero\n",
        encoding="ascii",
    )  # fmt: skip


if __name__ == "__main__":
    main()
