"""Write ``unicode_ranges.hpp``: which code points end a run and which belong to digit or Latin runs.

The table is generated once and kept in the repository, so that a corpus gives the same words under every
version of Python.  Unassigned and private-use code points are left countable: new ideographs land there.

Run from the repository root: ``python nlp_zero/_kernels/make_unicode_ranges.py``.
"""

from __future__ import annotations

import sys
import unicodedata
from itertools import groupby
from pathlib import Path

LETTER, BOUNDARY, ALNUM = 0, 1, 2


def character_class(code_point: int) -> int:
    """Class of one code point: a letter of its own, a boundary, or part of a digit or Latin run."""
    char = chr(code_point)
    category = unicodedata.category(char)
    if category[0] in "PSZ" or category in ("Cc", "Cf", "Cs"):
        return BOUNDARY
    if category == "Nd" or ("LATIN" in unicodedata.name(char, "") and category[0] == "L"):
        return ALNUM
    return LETTER


def main() -> None:
    rows = []
    for cls, group in groupby(range(sys.maxunicode + 1), key=character_class):
        points = list(group)
        if cls != LETTER:
            rows.append(f"    {{0x{points[0]:X}, 0x{points[-1]:X}, {cls}}},\n")
    target = Path(__file__).with_name("unicode_ranges.hpp")
    target.write_text(
        f"// Made by make_unicode_ranges.py from Unicode {unicodedata.unidata_version}; do not edit.\n"
        "#pragma once\n#include <cstdint>\n\n"
        "namespace nlpzero {\n"
        "struct ClassRange { uint32_t first, last; uint8_t cls; };\n"
        "static const ClassRange CLASS_RANGES[] = {\n" + "".join(rows) + "};\n}  // namespace nlpzero\n",
        encoding="ascii",
    )


if __name__ == "__main__":
    main()
