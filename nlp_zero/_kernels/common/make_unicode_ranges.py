"""Write ``unicode_ranges.hpp`` and ``token_ranges.hpp``: properties of code points.

``unicode_ranges.hpp`` has the classes that counting needs, and which code points are digits, numerals or white space.
``token_ranges.hpp`` has the properties that decide where a token ends (grapheme clusters, numbers, repeated marks),
and the kinds of tokens.

The tables are generated once and kept in the repository, so that results are the same under every version of Python.
Unassigned and private-use code points are letters, because new ideographs are assigned there.

Run from the repository root, with a Python of that Unicode version (3.11) and the package ``regex`` of that version
(2022.8.17), which knows the properties that `unicodedata` lacks:
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
# The order of `TokenClass` in tokenization/extent.hpp.  Hangul syllables (LV, LVT) need no table.
CONTROL, EXTENDING, SPACING_MARK, PREPENDED, FLAG, PICTOGRAPH, EMOJI = range(1, 8)
HANGUL_L, HANGUL_V, HANGUL_T, DECIMAL_DIGIT, LATIN, REPEATABLE = range(8, 14)
GRAPHEME_CLASSES = {
    "Control": CONTROL, "CR": CONTROL, "LF": CONTROL, "Extend": EXTENDING, "ZWJ": EXTENDING,
    "SpacingMark": SPACING_MARK, "Prepend": PREPENDED, "Regional_Indicator": FLAG,
    "L": HANGUL_L, "V": HANGUL_V, "T": HANGUL_T,
}  # fmt: skip
QUOTES = "\"'\uff02\uff07"
# The order of `Kind` in tokenization/extent.hpp.
KIND_SPACE, KIND_PUNCTUATION, KIND_SYMBOL, KIND_EMOJI, KIND_NUMBER, KIND_LATIN, KIND_URL, KIND_CONTROL = range(1, 9)


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


def make_token_class() -> Callable[[int], int]:
    """Return the function that gives the `TokenClass` of a code point, 0 for one that is a token of its own."""
    import regex  # type: ignore[import-untyped]

    if not regex.match(r"\p{GCB=Extend}", "\u0898") or regex.match(r"\p{GCB=SpacingMark}", "\u0cf3"):
        sys.exit(f"This regex is not of Unicode {UNICODE_VERSION}; install regex==2022.8.17.")
    graphemes = [(regex.compile(rf"\p{{GCB={name}}}"), value) for name, value in GRAPHEME_CLASSES.items()]
    pictograph, emoji = regex.compile(r"\p{Extended_Pictographic}"), regex.compile(r"\p{Emoji_Presentation}")

    def token_class(code_point: int) -> int:
        char, category = chr(code_point), unicodedata.category(chr(code_point))
        for pattern, value in graphemes:
            if pattern.match(char):
                return value
        if pictograph.match(char):
            return EMOJI if code_point >= 0x1F000 or emoji.match(char) else PICTOGRAPH
        if character_class(code_point) == ALNUM:
            return DECIMAL_DIGIT if category == "Nd" else LATIN
        brackets = category in ("Ps", "Pe", "Pi", "Pf") or char in QUOTES
        return REPEATABLE * (category[0] in "PS" and not brackets)

    return token_class


def character_kind(code_point: int, token_class: int) -> int:
    """Kind of a code point that is a token of its own, 0 for a word."""
    char, category = chr(code_point), unicodedata.category(chr(code_point))
    if token_class in (EMOJI, FLAG):
        return KIND_EMOJI
    if char.isspace() or category[0] == "Z":
        return KIND_SPACE
    if category in ("Cc", "Cf", "Cs"):
        return KIND_CONTROL
    if character_class(code_point) == ALNUM:
        return KIND_NUMBER if category == "Nd" else KIND_LATIN
    return {"P": KIND_PUNCTUATION, "S": KIND_SYMBOL}.get(category[0], 0)


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
    token_class = make_token_class()
    Path(__file__).with_name("token_ranges.hpp").write_text(
        f"// Made by make_unicode_ranges.py from Unicode {UNICODE_VERSION}; do not edit.\n"
        '#pragma once\n#include "unicode_ranges.hpp"\n\n'
        "namespace nlpzero {\n\n"
        + ranges("TOKEN_CLASS_RANGES", token_class) + "\n"
        + ranges("KIND_RANGES", lambda code_point: character_kind(code_point, token_class(code_point)))
        + "\n}  // namespace nlpzero\n",
        encoding="ascii",
    )  # fmt: skip


if __name__ == "__main__":
    main()
