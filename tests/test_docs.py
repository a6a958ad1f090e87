"""Pages and docstrings: the table of public names, numpydoc sections, links; one lower bound for each dependency."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import pytest

import nlp_zero
from nlp_zero.cli.main import build_parser

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "README.zh.md", *sorted((ROOT / "docs").rglob("*.md"))]
PAGES += [ROOT / "CHANGELOG.md", ROOT / "benchmarks/README.md", ROOT / "corpora/README.md"]
PACKAGES = (
    "corpus", "counting", "statistics", "lexicon", "tokenization", "builders", "templates", "evaluation",
    "comparison", "keywords", "concordance", "compat.jieba", "compat.sklearn", "displays", "report", "distributed",
    "errors",
)  # fmt: skip


def test_table_of_public_names_is_up_to_date() -> None:
    run = subprocess.run([sys.executable, "docs/make_api.py", "--check"], cwd=ROOT, env=environment(), check=False)
    assert run.returncode == 0, "docs/api.md is out of date; run 'make api'"
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    names = sorted(name for name in nlp_zero.__all__ if name != "__version__")
    assert sorted(set(re.findall(r"\*\*`(\w+)`\*\*", page))) == names
    assert "| `Tokenizer` | A tokenizer with the methods of ``jieba.Tokenizer``." in page


def environment() -> dict[str, str]:
    """The environment in which scripts of the repository find the package."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


# Docstrings ------------------------------------------------------------------------------------------------------


def section(doc: str, name: str) -> list[str] | None:
    """The entries of a numpydoc section (its lines without indentation), or None where there is no such section."""
    found = re.search(rf"^{name}\n-{{{len(name)}}}\n((?:.*\n?)*?)(?=^\S.*\n---|\Z)", doc, re.MULTILINE)
    if found is None:
        return None
    return [line for line in found[1].splitlines() if line and not line.startswith((" ", ">>>", "..."))]


def parameters_of(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]


def documented(doc: str) -> dict[str, str]:
    """The documented parameters or attributes and their types."""
    entries = (section(doc, "Parameters") or []) + (section(doc, "Attributes") or [])
    found = {}
    for entry in entries:
        names, _, kind = entry.partition(" : ")
        found.update({name.strip().lstrip("*"): kind.strip() for name in names.split(",")})
    return found


def problems_of_function(name: str, function: Callable[..., Any]) -> Iterator[str]:
    doc = inspect.getdoc(function) or ""
    if not doc:
        yield f"{name}: no docstring"
        return
    types = documented(doc)
    for parameter in parameters_of(function):
        if not types.get(parameter):
            yield f"{name}: parameter {parameter} has no entry with a type"
    for parameter in types.keys() - set(parameters_of(function)):
        yield f"{name}: {parameter} is documented and is not a parameter"
    returned = str(inspect.signature(function).return_annotation)
    if returned not in ("None", "NoReturn") and not (section(doc, "Returns") or section(doc, "Yields")):
        yield f"{name}: no Returns or Yields section with a type"
    raised = set(re.findall(r"^ +raise (\w+)\(", inspect.getsource(function), re.MULTILINE))
    listed = " ".join(section(doc, "Raises") or []).replace(",", " ").split()
    for error in raised - {"AssertionError", "NotImplementedError", *listed}:
        yield f"{name}: {error} is not in a Raises section"


def attributes_of(thing: type) -> set[str]:
    """The public attributes that a class annotates or that its constructor sets."""
    init = vars(thing).get("__init__")
    source = inspect.getsource(init) if init is not None and not is_dataclass(thing) else ""
    found = set(vars(thing).get("__annotations__", {}))
    for targets in re.findall(r"^ +(self\.\w+(?:, self\.\w+)*)(?:: .+)? = ", source, re.MULTILINE):
        found |= set(re.findall(r"self\.(\w+)", targets))
    return {name for name in found if not name.startswith("_") and not isinstance(vars(thing).get(name), property)}


def problems_of_class(name: str, thing: type) -> Iterator[str]:
    doc = thing.__doc__ or ""
    if not doc.strip():
        yield f"{name}: no docstring"
    types = documented(inspect.cleandoc(doc))
    init = vars(thing).get("__init__")
    for parameter in parameters_of(init) if init is not None and not issubclass(thing, Exception) else []:
        if not types.get(parameter) and not parameter.startswith("_"):
            yield f"{name}: parameter {parameter} has no entry with a type"
    for attribute in attributes_of(thing):
        if not types.get(attribute):
            yield f"{name}: attribute {attribute} has no entry with a type"
    for member, value in vars(thing).items():
        if member.startswith("_"):
            continue
        if isinstance(value, property):
            if not inspect.getdoc(value):
                yield f"{name}.{member}: no docstring"
        elif isinstance(value, classmethod | staticmethod):
            yield from problems_of_function(f"{name}.{member}", value.__func__)
        elif inspect.isfunction(value):
            yield from problems_of_function(f"{name}.{member}", value)


def problems_of_package(package: str) -> list[str]:
    module = importlib.import_module(f"nlp_zero.{package}")
    found: list[str] = []
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing):
            found += problems_of_class(f"{package}.{name}", thing)
        elif inspect.isfunction(thing):
            found += problems_of_function(f"{package}.{name}", thing)
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_have_numpydoc_sections(package: str) -> None:
    problems = problems_of_package(package)
    assert not problems, "\n".join(problems)


def test_the_check_of_docstrings_finds_what_is_missing() -> None:
    def complete(text: str, *more: str, seed: int = 0) -> list[str]:
        """Do it.

        Parameters
        ----------
        text, *more : str
            Any text.
        seed : int, default 0
            Any seed.

        Returns
        -------
        list of str
            The words.

        Raises
        ------
        ValueError
            If the text is empty.
        """
        if not text:
            raise ValueError("empty")
        return [text, *more, str(seed)]

    def incomplete(text: str, seed: int) -> list[str]:
        """Do it.

        Parameters
        ----------
        text
            Any text.
        other : int
            Not there.
        """
        raise ValueError(text, seed)

    assert list(problems_of_function("f", complete)) == []
    assert sorted(problems_of_function("f", incomplete)) == [
        "f: ValueError is not in a Raises section",
        "f: no Returns or Yields section with a type",
        "f: other is documented and is not a parameter",
        "f: parameter seed has no entry with a type",
        "f: parameter text has no entry with a type",
    ]


# Pages -----------------------------------------------------------------------------------------------------------


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if anchor:
            assert anchor in anchors_of(file), f"{page.name}: {target}"


def commands_of(page: Path) -> list[list[str]]:
    """The arguments of every nlpzero command on a line that starts with a prompt."""
    lines = re.findall(r"^\$ (.*nlpzero .*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    parts = [part.strip() for line in lines for part in re.split(r"\s+[|]\s+", line)]
    return [shlex.split(part, comments=True)[1:] for part in parts if part.startswith("nlpzero ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_have_valid_options(page: Path) -> None:
    for arguments in commands_of(page):
        if "--lexcion" not in arguments:  # an example of a mistake
            build_parser().parse_args(arguments)  # exits if an option does not exist


def test_commands_are_found() -> None:
    assert len(commands_of(ROOT / "README.md")) == 8
    assert ["evaluate", "-"] in [command[:2] for command in commands_of(ROOT / "docs/quality.md")]


def test_architecture_names_existing_modules() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    modules = re.findall(r"`((?:\w+/)+\w+\.py|_kernels/\w+)`", text)
    files = [ROOT / name if (ROOT / name).exists() else ROOT / "nlp_zero" / name for name in modules]
    assert len(files) > 20
    missing = [str(file) for file in files if not file.exists() and file.stem not in ("NAME",)]
    assert missing == []


def test_both_readmes_show_the_same_commands_and_links() -> None:
    def bones(path: str) -> list[str]:
        text = (ROOT / path).read_text(encoding="utf-8")
        commands = [line.split("#")[0].strip() for line in re.findall(r"^\$ (.*)$", text, re.MULTILINE)]
        code = re.findall(r"^>>> (.*)$", text, re.MULTILINE)
        links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith("README")]
        return [*commands, *code, *links]

    assert [link.replace("-en.png", "-zh.png") for link in bones("README.md")] == [
        link.replace("docs/zh/", "docs/") for link in bones("README.zh.md")
    ]


# Dependencies ----------------------------------------------------------------------------------------------------


def test_one_lower_bound_for_each_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [project["build-system"]["requires"], project["project"]["dependencies"]]
    lists += [*project["project"]["optional-dependencies"].values(), *project["dependency-groups"].values()]
    bounds: dict[str, set[str]] = {}
    for requirement in (one for requirements in lists for one in requirements if isinstance(one, str)):
        name, separator, version = requirement.partition(">=")
        if separator:
            bounds.setdefault(name, set()).add(version)
    assert {name: versions for name, versions in bounds.items() if len(versions) > 1} == {}
    assert {"numpy", "Cython", "tqdm"} <= bounds.keys()
