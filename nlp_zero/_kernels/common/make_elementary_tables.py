"""Write ``elementary_tables.hpp``: the tables and constants of `elementary.hpp`.

Run from the repository root: ``python nlp_zero/_kernels/common/make_elementary_tables.py``.
"""

from __future__ import annotations

from decimal import Decimal, getcontext
from fractions import Fraction
from pathlib import Path

BITS = 7  # a table has 2**BITS entries
FIRST = Fraction(11, 16)  # mantissas are in [FIRST, 2 FIRST), so that the logarithm near 1 needs no table
HEAD_BITS = 42  # fraction bits of heads: the sum of a head and of a multiple of the head of ln 2 is exact
RECIPROCAL_BITS = 9  # fraction bits of reciprocals: their products with 27 bits of a mantissa are exact

getcontext().prec = 60
LN2 = Decimal(2).ln()


def decimal(x: Fraction) -> Decimal:
    return Decimal(x.numerator) / Decimal(x.denominator)


def split(x: Decimal, bits: int) -> tuple[float, float]:
    """The multiple of 2**-bits that is nearest to x, and the rest."""
    head = Decimal(round(x * 2**bits)) / 2**bits
    return float(head), float(x - head)


def logarithms() -> list[tuple[float, float, float]]:
    """For each interval of mantissas: a reciprocal of its middle, and minus the logarithm of the reciprocal."""
    rows = []
    for k in range(1 << BITS):
        number = int(FIRST * 2 * (1 << BITS)) + k
        low, high = (Fraction(n, 1 << BITS) for n in (number, number + 1))
        if number < 2 << BITS:  # below 1 the intervals are half as long
            low, high = low / 2, high / 2
        else:
            low, high = low - 1, high - 1
        reciprocal = Fraction(round(2 / (low + high) * 2**RECIPROCAL_BITS), 2**RECIPROCAL_BITS)
        if 1 in (low, high):
            reciprocal = Fraction(1)
        rows.append((float(reciprocal), *split(-decimal(reciprocal).ln(), HEAD_BITS)))
    return rows


def powers() -> list[tuple[float, float]]:
    """2**(k / 2**BITS), and what is missing of it, divided by it."""
    exact = [Decimal(2) ** (Decimal(k) / (1 << BITS)) for k in range(1 << BITS)]
    return [(float(x), float(x / Decimal(float(x)) - 1)) for x in exact]


def row(*numbers: float) -> str:
    return "{" + ", ".join(x.hex() for x in numbers) + "}"


def write_tables() -> str:
    """The text of the header."""
    ln2, ln2_rest = split(LN2, HEAD_BITS)
    step, step_rest = split(LN2 / (1 << BITS), 35 + BITS)
    return "\n".join([
        "// Tables of elementary.hpp, written by make_elementary_tables.py.",
        "#pragma once",
        "",
        "namespace nlpzero {",
        "",
        f"constexpr int ELEMENTARY_BITS = {BITS};",
        f"constexpr double FIRST_MANTISSA = {float(FIRST).hex()};",
        f"constexpr double LN2_HEAD = {ln2.hex()}, LN2_REST = {ln2_rest.hex()};",
        "// ln 2 / 2^ELEMENTARY_BITS, and how often it is in a nat.",
        f"constexpr double EXP_STEP_HEAD = {step.hex()}, EXP_STEP_REST = {step_rest.hex()};",
        f"constexpr double EXP_STEPS = {float((1 << BITS) / LN2).hex()};",
        "",
        "struct LogEntry { double reciprocal, head, rest; };",
        "constexpr LogEntry LOG_TABLE[] = {",
        *(f"    {row(*x)}," for x in logarithms()),
        "};",
        "",
        "struct ExpEntry { double power, rest; };",
        "constexpr ExpEntry EXP_TABLE[] = {",
        *(f"    {row(*x)}," for x in powers()),
        "};",
        "",
        "}  // namespace nlpzero",
        "",
    ])


if __name__ == "__main__":
    Path("nlp_zero/_kernels/common/elementary_tables.hpp").write_text(write_tables(), encoding="utf-8")
