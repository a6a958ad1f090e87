"""Properties of characters come from one frozen table, whatever Unicode version the running Python has."""

from __future__ import annotations

import sys
import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp_zero._kernels.counting import (
    ALNUM,
    BOUNDARY,
    DECIMAL,
    DIGIT,
    NUMERIC,
    SPACE,
    UNICODE_VERSION,
    Alphabet,
    character_properties,
    has_property,
    is_boundary,
)

EVERYTHING = "".join(map(chr, range(sys.maxunicode + 1)))


def names_of(char: str) -> int:
    """The properties by the running Python's tables."""
    category = unicodedata.category(char)
    boundary = category[0] in "PSZ" or category in ("Cc", "Cf", "Cs")
    latin = category[0] == "L" and "LATIN" in unicodedata.name(char, "")
    return (
        BOUNDARY * boundary
        + ALNUM * (category == "Nd" or latin)
        + DECIMAL * char.isdecimal()
        + DIGIT * char.isdigit()
        + NUMERIC * char.isnumeric()
        + SPACE * char.isspace()
    )


def test_the_table_is_frozen() -> None:
    assert UNICODE_VERSION == "14.0.0"
    found = character_properties(EVERYTHING)
    flags = (BOUNDARY, ALNUM, DECIMAL, DIGIT, NUMERIC, SPACE)
    assert [np.count_nonzero(found & flag) for flag in flags] == [10855, 1923, 660, 788, 1872, 29]


@pytest.mark.skipif(unicodedata.unidata_version != UNICODE_VERSION, reason="this Python has other tables")
def test_every_code_point_is_as_in_its_unicode_version() -> None:
    assert np.array_equal(character_properties(EVERYTHING), [names_of(char) for char in EVERYTHING])


def test_boundaries_are_those_of_the_counting_kernel() -> None:
    alphabet = Alphabet(alnum="split")
    some = EVERYTHING[::97] + EVERYTHING[0x2000:0x3100]
    found = character_properties(some) & BOUNDARY
    assert [not alphabet.encode(char).any() for char in some] == found.astype(bool).tolist()


@given(st.text(max_size=8), st.sampled_from([BOUNDARY, NUMERIC, SPACE, DIGIT | SPACE]))
def test_a_text_has_a_property_when_each_character_has_it(text: str, wanted: int) -> None:
    assert has_property(text, wanted) == all(character_properties(char)[0] & wanted for char in text)
    assert is_boundary(text) == has_property(text, BOUNDARY)


@pytest.mark.parametrize("char", ["a", "é", "中", "𠀀"])  # each kind of str buffer
def test_the_width_of_the_buffer_does_not_matter(char: str) -> None:
    assert character_properties("3 ，三" + char).tolist()[:4] == [30, 33, 1, 16]


def test_only_text_is_taken() -> None:
    with pytest.raises(TypeError):
        is_boundary(b"a")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        is_boundary(None)  # type: ignore[arg-type]
