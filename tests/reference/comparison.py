"""Comparison of two texts, as a textbook would write it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction

from nlp_zero import Tokenizer


def count_tokens(tokenizer: Tokenizer, texts: Iterable[str]) -> tuple[Counter[str], int]:
    """Count words token by token, and all tokens that are not numbers, marks and so on."""
    counts: Counter[str] = Counter()
    total = 0
    for text in texts:
        encoding = tokenizer(text)
        for token, kind in zip(encoding.tokens, encoding.kinds, strict=True):
            if token in tokenizer.lexicon:
                counts[token] += 1
            total += token in tokenizer.lexicon or kind == "word"
    return counts, total


def poisson(count: int, mean: float) -> float:
    """ln of the probability of a count, without the factorial, which cancels."""
    return (count * math.log(mean) if count else 0.0) - mean


def likelihood_ratio(a: int, b: int, total_a: int, total_b: int) -> float:
    """Twice the gain in likelihood of two rates against one common rate; signed."""
    rate = (a + b) / (total_a + total_b)
    if rate == 0:
        return 0.0
    free = poisson(a, a or 0.0) + poisson(b, b or 0.0)
    common = poisson(a, rate * total_a) + poisson(b, rate * total_b)
    sign = (a * total_b > b * total_a) - (a * total_b < b * total_a)
    return sign * 2 * (free - common)


def log_ratio(a: int, b: int, total_a: int, total_b: int) -> float:
    return math.log2(Fraction(2 * a + 1, 2 * total_a) / Fraction(2 * b + 1, 2 * total_b))


def shrunken_shares(a: Sequence[int], b: Sequence[int], total_a: int, total_b: int) -> list[float]:
    scaled = [Fraction(y * total_a, total_b) for y in b]
    total = [x + y for x, y in zip(a, scaled, strict=True)]
    mean = sum(total) / len(total)
    alpha = sum(map(Fraction, a)) / sum(total)
    return [float((x + alpha * mean) / (t + mean)) for x, t in zip(a, total, strict=True)]


def tail(g2: float) -> float:
    """Twice the tail of the normal distribution beyond the root of G², by Simpson's rule.

    A chi-squared variable with one degree of freedom is the square of a normal one.
    """
    root, steps = math.sqrt(abs(g2)), 2000
    width = 40 / max(root, 4) / steps  # to where the height is below e**-40
    heights = [math.exp(-root * k * width - (k * width) ** 2 / 2) for k in range(steps + 1)]
    area = width / 3 * (heights[0] + 4 * sum(heights[1::2]) + 2 * sum(heights[2:-1:2]) + heights[-1])
    return math.sqrt(2 / math.pi) * math.exp(-root * root / 2) * area


def holm(p: Sequence[float]) -> list[float]:
    """A test is rejected at level x if all with a smaller p are, and p times the number of those left is at most x."""
    order = sorted(range(len(p)), key=p.__getitem__)
    corrected = [0.0] * len(p)
    for rank, place in enumerate(order):
        corrected[place] = min(1.0, max(p[order[k]] * (len(p) - k) for k in range(rank + 1)))
    return corrected
