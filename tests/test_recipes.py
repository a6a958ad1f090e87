"""The examples of docs/recipes.md; those of large packages run in `make recipes`, and here if they are installed."""

from __future__ import annotations

import doctest
import importlib.util
import io
import os
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "recipes.md"
INTRODUCTION, *SECTIONS = re.split(r"^(?=## )", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)


def large_packages() -> set[str]:
    """The packages that only the dependency group `recipes` has."""
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return {re.split("[>=]", one)[0] for one in groups["recipes"] if isinstance(one, str)}


def title_of(section: str) -> str:
    return section.partition("\n")[0].removeprefix("## ")


@pytest.mark.filterwarnings("ignore")  # those of other packages
@pytest.mark.parametrize("section", SECTIONS, ids=title_of)
def test_recipe(section: str) -> None:
    names = set(re.findall(r"^>>> (?:import|from) (\w+)", section, re.MULTILINE))
    missing = [name for name in names & large_packages() if importlib.util.find_spec(name) is None]
    if missing and not os.environ.get("NLP_ZERO_RECIPES"):  # which `make recipes` sets
        pytest.skip(f"{', '.join(missing)}: run 'make recipes'")
    parser, output = doctest.DocTestParser(), io.StringIO()
    globs: dict[str, object] = {"__name__": "__main__"}
    runner = doctest.DocTestRunner(verbose=False)
    for text in (INTRODUCTION, section):
        examples = parser.get_doctest(text, globs, title_of(text), str(PAGE), 0)
        assert examples.examples
        runner.run(examples, out=output.write, clear_globs=False)
        globs = examples.globs
    assert runner.summarize(verbose=False).failed == 0, output.getvalue()


def test_every_recipe_is_listed() -> None:
    anchors = {re.sub(r"[^\w\- ]", "", title_of(section).lower()).replace(" ", "-") for section in SECTIONS}
    assert anchors == set(re.findall(r"\]\(#([^)]+)\)", INTRODUCTION))
