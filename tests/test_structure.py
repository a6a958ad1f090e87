"""The order in which modules may import each other, the public surface, and what importing costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import nlp_zero

PACKAGE = Path(__file__).parent.parent / "nlp_zero"
# Data flows down this list: a package or module imports only from what stands above it.
LAYERS = [
    "errors",
    "_utils",
    "_kernels",
    "statistics",
    "corpus",
    "counting",
    "lexicon",
    "tokenization",
    "builders",
    "templates",
    "evaluation",
    "comparison",
    "keywords",
    "concordance",
    "compat",
    "displays",
    "report",
    "distributed",
    "cli",
    "__main__",
]
# Within a package, the modules in the order in which they build on each other.
MODULES = {
    "statistics": ["logarithms", "cohesion", "words", "comparison", "documents"],
    "_utils": [
        "immutable", "interrupts", "leftovers", "compression", "file_kinds", "files", "temporary", "threads", "arrays",
        "mapping", "replacement", "folders", "locks", "progress", "validation", "seeds", "display", "tables",
        "key_counts",
    ],
    "corpus": [
        "sources", "compression", "contents", "blocks", "records", "parquet", "documents", "archives", "reader",
        "corpus", "fingerprints", "texts", "positions", "slices",
    ],
    "counting": [
        "resources", "runs", "checkpoint", "tree", "levels", "merging", "store", "encoding", "export", "history",
        "count_data", "format", "finishing", "counts",
        "lookup", "counter", "expectation", "selection", "packed", "selectable", "linked",
    ],
    "lexicon": ["meta", "ids", "scores", "ranking", "formats", "firmness", "classes", "merging", "lexicon"],
    "tokenization": [
        "drawing", "sampling", "lattice", "marginals", "encoding", "class_links", "own_words", "options",
        "scoring", "decoder",
        "batch", "construction", "saving", "completion", "token_numbers", "random_segmentations", "segmentation_sums",
        "tokenizer", "lines", "word_reader",
    ],
    "builders": [
        "passes", "saved", "describe", "drawn_lines", "teaching", "entropy", "pmi", "bayes", "vocabulary",
        "ranked_text", "phrases",
    ],
    "templates": [
        "clauses", "marks", "numbering", "template", "boundaries", "inventory", "numbered_grammar", "grammar",
        "slot_fillers", "filler_counter",
        "fillings", "candidates", "skipgrams", "clause_pairs", "mining", "drawing", "matching", "nodes", "tree",
        "parser",
    ],
    "evaluation": ["alignment", "levels", "breakdown", "bounded", "scores", "lexicon_scores", "brackets"],
    "comparison": ["table", "comparer"],
    "keywords": ["table", "frequencies", "extractor", "stop_words"],
    "concordance": ["search", "occurrences", "stream", "parts", "result", "builder"],
    "compat": ["userdict", "frequencies", "jieba", "sklearn"],
    "displays": ["fonts", "displays"],
    "report": ["language", "charts", "survey", "page", "builder"],
    "distributed": ["ranges", "subtrees", "scores", "submission", "shuffle", "autonomy", "tasks", "completion",
                    "ranged", "reduce", "corpus", "addition", "saved", "connection", "api"],
    "cli": [
        "errors",
        "output",
        "messages",
        "interrupts",
        "lexicon_output",
        "parser",
        "table",
        "table_files",
        "shards",
        "contexts",
        "options",
        "paths",
        "documents",
        "queries",
        "growth",
        "findings",
        "ranking",
        "saved_counts",
        "vocabulary_options",
        "count",
        "build_vocab",
        "suggest_lines",
        "show",
        "classes",
        "tokenize",
        "compare",
        "keywords",
        "stop_words",
        "concordance",
        "report",
        "evaluate_report",
        "evaluate",
        "convert",
        "merge",
        "mine_templates",
        "fillers",
        "parse",
        "evaluate_parse",
        "main",
    ],
}  # fmt: skip


def imports_of(file: Path) -> list[tuple[str, list[str]]]:
    """Absolute names (within the package) of what a file imports anywhere, functions included, and the names taken."""
    package = list(file.relative_to(PACKAGE).parts[:-1])
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            if node.level == 0:
                assert not (node.module or "").startswith("nlp_zero"), f"{file}: imports of the package are relative"
                continue
            base = package[: len(package) - node.level + 1]
            names = [alias.name for alias in node.names]
            if node.module:
                found.append((".".join([*base, *node.module.split(".")]), names))
            else:
                found += [(".".join([*base, name]), []) for name in names]
        elif isinstance(node, ast.Import):
            assert not any(alias.name.startswith("nlp_zero") for alias in node.names), file
    return [(module, names) for module, names in found if module not in ("", "__version__")]


def sources() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if path != PACKAGE / "__init__.py"]


def test_packages_import_one_way() -> None:
    seen = set()
    for file in sources():
        layer = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        assert layer in LAYERS, f"{layer} is new: give it its place in LAYERS"
        seen.add(layer)
        for module, _ in imports_of(file):
            target = module.split(".")[0]
            assert LAYERS.index(target) <= LAYERS.index(layer), f"{file}: {layer} must not import {module}"
    assert seen == set(LAYERS)


def test_modules_of_a_package_import_one_way() -> None:
    for file in sources():
        package, *rest = file.relative_to(PACKAGE).parts
        if not rest or rest[0] == "__init__.py" or package == "_kernels":
            continue
        order, module = MODULES[package], rest[0].removesuffix(".py")
        assert module in order, f"{package}.{module} is new: give it its place in MODULES"
        for name, _ in imports_of(file):
            target = name.split(".")
            if target[0] == package and len(target) > 1:
                assert order.index(target[1]) <= order.index(module), f"{file}: must not import {name}"


def test_nothing_private_crosses_packages() -> None:
    for file in sources():
        package = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        for module, names in imports_of(file):
            target = module.split(".")[0]
            if target != package:
                private = [x for x in [*module.split(".")[1:], *names] if x.startswith("_")]
                assert not private, f"{file} imports {', '.join(private)} of {module}"


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


def test_a_command_imports_only_what_it_needs(tmp_path: Path) -> None:
    text, words = tmp_path / "text.txt", tmp_path / "words.tsv"
    text.write_text("滚滚长江东逝水\n", encoding="utf-8")
    nlp_zero.Lexicon(["长江", "东", "逝水"], [3, 2, 1]).save(words)
    needless = ["nlp_zero.builders", "nlp_zero.cli.build_vocab", "nlp_zero.counting.counts", "hashlib", "numpy.ma"]
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}; from nlp_zero.cli import main; "
        f"main(['tokenize', '-q', {str(text)!r}, '-l', {str(words)!r}]); "
        f"print([name for name in {needless} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines() == ["滚 滚 长江 东 逝水", "[]"]
