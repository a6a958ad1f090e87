"""Results have the same bits on every machine: golden digests, and the functions and rules that make it so.

`make determinism` runs this file under other processors, C libraries, compilers and hash seeds, as far as they are
available, and `make arm64` on an emulated one.
"""

from __future__ import annotations

import ast
import importlib.util
import math
import random
import re
from collections.abc import Callable
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest

from nlp_zero._kernels import elementary

from .reference.golden import RESULTS, digest

GOLDEN = {
    "counts": "5c8bbf9ceb5ae194",
    "pmi": "0ef4d5c18563cba3",
    "entropy": "1b161c7a8307328c",
    "bayes": "bad968c8a74a1f76",
    "teaching": "8b946aa85fadb4cb",
    "vocabulary": "568e87b41f2b69f8",
    "lexicons": "c59ab835a354e5a6",
    "templates": "6ce2fe582c36209b",
    "tokenization": "fbea7867a6b96f95",
    "samples": "f9155add3a299935",
    "marginals": "d36cd9a4c4b01f48",
    "comparison": "f8af0547f8fe242f",
    "keywords": "18d4502e31d644ff",
}
PACKAGE = Path("nlp_zero")
needs_sources = pytest.mark.skipif(
    not (PACKAGE / "_kernels" / "common").is_dir(), reason="a wheel has no sources of kernels"
)


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", RESULTS)
def test_results_are_golden(name: str, workers: int) -> None:
    """A digest that changes means that users get other results: say so in the changelog, or find the mistake.

    `python -m tests.reference.golden` prints the digests.
    """
    assert RESULTS[name](workers) == GOLDEN[name]


def test_a_digest_depends_on_every_bit_and_on_the_order() -> None:
    values = [0.1, 0.1 + 2**-56, -0.0, 0.0, "0", 0, None, b"0", [0], [[0]], [], {"a": 1}, {"a": 2}, np.float64(2)]
    values += [np.zeros(2), np.zeros(2, np.float32), np.array([0.0, -0.0]), ["ab", "c"], ["a", "bc"], [1, 2], [2, 1]]
    assert len({digest(value) for value in values}) == len(values)


# Elementary functions --------------------------------------------------------------------------------------------

LN2 = Decimal("0.69314718055994530941723212145817656807550013436025525412068")


def erfc(x: Decimal) -> Decimal:
    term = total = x
    for n in range(1, 400):
        term *= -x * x / n
        total += term / (2 * n + 1)
    return 1 - 2 * total / Decimal("3.14159265358979323846264338327950288419716939937510582097494459").sqrt()


# Exact functions, the greatest error in units in the last place, and where to look.
FUNCTIONS: dict[str, tuple[Callable[[Decimal], Decimal], float, Callable[[random.Random], float]]] = {
    "log": (Decimal.ln, 0.7, lambda rng: math.ldexp(0.5 + rng.random() / 2, rng.randrange(-1030, 1025))),
    "log2": (lambda x: x.ln() / LN2, 3, lambda rng: math.ldexp(0.5 + rng.random() / 2, rng.randrange(-9, 40))),
    "exp": (Decimal.exp, 0.7, lambda rng: rng.uniform(-708, 709)),
    "log1p": (lambda x: (1 + x).ln(), 3, lambda rng: rng.uniform(-1, 1) * 2.0 ** -rng.randrange(60)),
    "expm1": (lambda x: x.exp() - 1, 3, lambda rng: rng.uniform(-1, 1) * 2.0 ** rng.randrange(-60, 9)),
    "erfc": (erfc, 16, lambda rng: rng.uniform(-1, 6)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_elementary_functions_are_close_to_the_exact_values(name: str) -> None:
    exact, most, draw = FUNCTIONS[name]
    rng = random.Random(name)
    xs = [draw(rng) for _ in range(700)]
    if name.startswith("log"):  # near 1, where the logarithm is near 0
        shift = 0 if name == "log1p" else 1
        xs += [shift + rng.uniform(-1, 1) * 2.0 ** -rng.randrange(1, 50) for _ in range(700)]
    values = getattr(elementary, name)(xs)
    with localcontext() as context:
        context.prec = 80
        errors = [
            abs(Decimal(y) - exact(Decimal(x))) / Decimal(math.ulp(y)) for x, y in zip(xs, values.tolist(), strict=True)
        ]
    assert max(errors) < most
    assert max(errors) > 0.3  # the test can tell


def test_elementary_functions_of_special_numbers() -> None:
    inf, nan = math.inf, math.nan
    xs = [0.0, 1.0, -1.0, inf, -inf, nan, 2.0**-1074, -(2.0**-1074), 2.0**-1030, 710.0, -745.0, -800.0, 1e300]
    tiny = -1074 * float(LN2)
    assert [str(y) for y in elementary.log(xs[:8]).tolist()] == [
        "-inf", "0.0", "nan", "inf", "nan", "nan", str(tiny), "nan",
    ]  # fmt: skip
    assert elementary.log2([2.0**k for k in range(-1022, 1024)]).tolist() == list(range(-1022, 1024))
    assert [str(y) for y in elementary.exp(xs).tolist()] == [
        "1.0", str(math.e), "0.36787944117144233", "inf", "0.0", "nan", "1.0", "1.0", "1.0", "inf", "5e-324", "0.0",
        "inf",
    ]  # fmt: skip
    assert [str(y) for y in elementary.log1p([0.0, -1.0, -2.0, inf, nan, 1e-300]).tolist()] == [
        "0.0", "-inf", "nan", "inf", "nan", "1e-300",
    ]
    assert [str(y) for y in elementary.expm1([0.0, -800.0, 800.0, nan, 1e-300]).tolist()] == [
        "0.0", "-1.0", "inf", "nan", "1e-300",
    ]
    erfc_values = elementary.erfc([0.0, inf, -inf, nan, 40.0]).tolist()
    assert [str(y) for y in erfc_values] == ["1.0", "0.0", "2.0", "nan", "0.0"]


def test_a_number_gives_the_same_bits_as_an_array() -> None:
    xs = np.geomspace(1e-9, 1e9, 500).reshape(20, 25)
    for name in FUNCTIONS:
        function = getattr(elementary, name)
        values = function(xs[:, ::-1])
        assert values.shape == xs.shape
        assert values.tolist() == [[function(x) for x in row] for row in xs[:, ::-1].tolist()]
    assert isinstance(elementary.log(np.int64(7)), float)
    assert elementary.log([]).tolist() == []


@needs_sources
def test_the_tables_are_those_of_their_script() -> None:
    folder = PACKAGE / "_kernels" / "common"
    spec = importlib.util.spec_from_file_location("tables", folder / "make_elementary_tables.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (folder / "elementary_tables.hpp").read_text(encoding="utf-8") == module.write_tables()


# Rules -----------------------------------------------------------------------------------------------------------

# What depends on the C library, the processor or the compiler, and what to use instead.
IN_PYTHON = {
    **dict.fromkeys(("log", "log2", "log1p", "exp", "expm1", "erfc", "logaddexp"), "_kernels.elementary"),
    **dict.fromkeys(
        ("log10", "exp2", "erf", "pow", "power", "float_power", "tanh", "sin", "cos", "tan", "gamma", "lgamma"),
        "a new function of _kernels.elementary",
    ),
    **dict.fromkeys(("dot", "vdot", "inner", "matmul", "einsum", "tensordot", "linalg"), "(a * b).sum(axis)"),
    **dict.fromkeys(("argpartition",), "argsort with kind='stable'"),
}
IN_KERNELS = re.compile(
    r"(?:std::|(?<![\w:]))(?:log|log2|log10|log1p|exp|exp2|expm1|pow|tgamma|lgamma|erf|erfc|tanh|sin|cos)\("
    r"|long double|std::(?:reduce|transform_reduce|shuffle|mt19937|hash|\w+_distribution)\b"
)
# Products of whole numbers.
EXACT_PRODUCTS = {
    "times.astype(np.float64) @ self._whole",
    "drawn[begin:begin + len(rows)].astype(np.float64) @ rows.astype(np.float64)",
    "np.diff(words.ends, prepend=np.uint64(0)) @ words.counts",
}
# Progress bars estimate the time that is left.
NO_RESULT = {"builders/bayes/slices.py"}


def test_python_uses_nothing_that_depends_on_the_machine() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).as_posix() in NO_RESULT or "make_" in path.name:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("np", "math"):
                assert node.attr not in IN_PYTHON, f"{place}: {node.attr}; use {IN_PYTHON[node.attr]}"
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                assert isinstance(node.left, ast.Constant) or ast.unparse(node.right) == "2", f"{place}: a power"
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
                assert ast.unparse(node) in EXACT_PRODUCTS, f"{place}: @; use (a * b).sum(axis)"
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "argsort":
                kinds = {word.arg: ast.unparse(word.value) for word in node.keywords}
                assert kinds.get("kind") == "'stable'", f"{place}: argsort without kind='stable'"


@needs_sources
def test_kernels_use_nothing_that_depends_on_the_machine() -> None:
    sources = [path for path in sorted((PACKAGE / "_kernels").rglob("*")) if path.suffix in (".hpp", ".pxi", ".pyx")]
    assert len(sources) > 50
    for path in sources:
        if path.stem == "elementary":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = IN_KERNELS.search(line.partition("//")[0])
            assert not found, f"{path}:{number}: {found and found[0]}; see common/elementary.hpp"
    setup = Path("setup.py").read_text(encoding="utf-8")
    assert "-ffp-contract=off" in setup
    assert "/fp:precise" in setup
    assert not re.search(r"fast-?math|-Ofast|/fp:fast|-march|-funsafe", setup)
