"""The order in which modules may import each other, the public surface, and what importing costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import nlp_zero

PACKAGE = Path(__file__).parent.parent / "nlp_zero"
# Data flows down this list; a module imports only what stands before it.
ORDER = [
    "_version",
    "errors",
    "_store",
    "_threads",
    "_levels",
    "_runs",
    "_files",
    "_reading",
    "corpus",
    "_parts",
    "checkpoint",
    "_spill",
    "_export",
    "counts",
    "counter",
    "scores",
    "_ids",
    "formats._table",
    "formats._wire",
    "formats._pieces",
    "formats.tsv",
    "formats.plain",
    "formats.json",
    "formats.parquet",
    "formats.jieba",
    "formats.sentencepiece",
    "formats.huggingface",
    "formats.bytepiece",
    "formats",
    "lexicon",
    "builders._links",
    "builders._describe",
    "builders.entropy",
    "builders.pmi",
    "builders._state",
    "builders._sampling",
    "builders.bayes",
    "builders._swap",
    "builders._ngram_pieces",
    "builders.vocabulary",
    "builders",
    "distributed",
    "lattice",
    "_weighing",
    "tokenizer",
    "phrases",
    "evaluation.aligned",
    "evaluation.levels",
    "evaluation.breakdown",
    "evaluation.scores",
    "evaluation.training",
    "evaluation",
    "templates.clauses",
    "templates.boundaries",
    "templates.inventory",
    "templates._numbers",
    "templates.grammar",
    "templates._candidates",
    "templates.mining",
    "templates",
    "_drawing",
    "parser",
    "evaluation.brackets",
    "commands._common",
    "commands.learn_vocabulary",
    "commands.learn",
    "commands.tokenize",
    "commands.evaluate",
    "commands.convert",
    "commands.mine",
    "commands.parse",
    "commands",
    "cli",
    "__main__",
]
EXEMPT = {"__init__"}


def imports_of(file: Path, module: str) -> set[str]:
    """Modules of the package that a file imports anywhere, functions included."""
    found = set()
    package = module.split(".")[:-1] if file.name != "__init__.py" else module.split(".")
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level == 0:
                assert not (node.module or "").startswith("nlp_zero"), (
                    f"{file}: imports within the package are relative"
                )
                continue
            base = package[: len(package) - node.level + 1]
            stem = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            found |= {stem} if node.module else {".".join([*base, alias.name]) for alias in node.names}
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("nlp_zero") for alias in node.names), file
    return {name for name in found if name and name != "__version__"}


def test_imports_go_one_way() -> None:
    seen = []
    for file in sorted(PACKAGE.rglob("*.py")):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        module = ".".join(parts if parts[-1] != "__init__" else parts[:-1]) or "__init__"
        if module in EXEMPT or parts[0] == "_kernels":
            continue
        assert module in ORDER, f"{module} is new: give it its place in ORDER"
        seen.append(module)
        for name in imports_of(file, module):
            if name.startswith("_kernels"):
                continue
            assert name in ORDER, f"{module} imports {name}, which has no place in ORDER"
            assert ORDER.index(name) < ORDER.index(module), f"{module} must not import {name}"
    assert {"corpus", "counts", "builders.pmi", "tokenizer", "cli"} <= set(seen)


def test_everything_public_has_a_docstring() -> None:
    for name in nlp_zero.__all__:
        thing = getattr(nlp_zero, name)
        assert isinstance(thing, str) or (thing.__doc__ or "").strip(), name


def test_import_is_light() -> None:
    """Nothing heavy is imported before it is needed (times are in benchmarks/)."""
    heavy = [
        "argparse",
        "lzma",
        "bz2",
        "tqdm",
        "concurrent.futures",
        "multiprocessing",
        "numpy.typing",
        "importlib.metadata",
    ]
    code = f"import sys, nlp_zero; print([m for m in {heavy} if m in sys.modules])"
    before = f"import sys, numpy; print([m for m in {heavy} if m in sys.modules])"
    ours, numpys = (
        subprocess.run(
            [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {program}"],
            text=True,
            capture_output=True,
            check=True,
        ).stdout
        for program in (code, before)
    )
    assert ours == numpys
