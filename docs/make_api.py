"""Write docs/api.md, the table of every public name: ``python docs/make_api.py`` (``--check`` only compares).

A name is public when ``__all__`` of nlp_zero or of one of its packages lists it.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from pathlib import Path
from types import ModuleType

import nlp_zero

# In the order in which data flows; `_utils`, `_kernels` and `cli` are not for import.
PACKAGES = (
    "corpus", "counting", "statistics", "lexicon", "lexicon.formats", "tokenization", "builders", "templates",
    "evaluation", "comparison", "keywords", "concordance", "compat.jieba", "compat.sklearn", "displays", "report",
    "distributed", "errors",
)  # fmt: skip
PAGE = Path(__file__).parent / "api.md"
HEAD = """\
# Public names

Everything that `nlp_zero` and its packages export. Names in **bold** can be imported from `nlp_zero` itself:
`from nlp_zero import Corpus`. The others are imported from their package: `from nlp_zero.evaluation import evaluate`.
`help(name)` prints parameters, return types, exceptions and examples.

`make api` writes this page from the docstrings; a test keeps it up to date.
"""


def main() -> int:
    """Write the page, or with ``--check`` return 1 if it is out of date."""
    page = make_page()
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text(encoding="utf-8") != page)
    PAGE.write_text(page, encoding="utf-8")
    return 0


def make_page() -> str:
    """Return the whole page."""
    sections = [HEAD]
    for name in PACKAGES:
        module = importlib.import_module(f"nlp_zero.{name}")
        sections.append(make_section(f"nlp_zero.{name}", module))
    return "\n".join(sections)


def make_section(title: str, module: ModuleType) -> str:
    """Return the heading, the summary and the table of one package."""
    lines = [f"## `{title}`", "", summary_of(module), "", "| name | description | members |", "|---|---|---|"]
    for name in sorted(module.__all__, key=lambda name: (not name[0].isupper(), name.lower())):
        thing = getattr(module, name)
        here = name in nlp_zero.__all__ and getattr(nlp_zero, name) is thing  # compat.jieba has a Tokenizer of its own
        shown = f"**`{name}`**" if here else f"`{name}`"
        members = ", ".join(f"`{member}`" for member in members_of(thing))
        lines.append(f"| {shown} | {describe(thing)} | {members} |".replace("|  |", "| |"))
    return "\n".join([*lines, ""])


def describe(thing: object) -> str:
    """Return one line about a class, a function or a constant, ready for a table cell."""
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return summary_of(thing).replace("|", "\\|")
    if isinstance(thing, int | str | float):
        return f"Constant: `{thing!r}`."
    return f"Constant of type `{type(thing).__name__}`."


def summary_of(thing: object) -> str:
    """Return the first paragraph of a docstring as one line; objects without a docstring give an empty string."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def members_of(thing: object) -> list[str]:
    """Return the public methods, properties and fields of a class, inherited ones included, in alphabetical order."""
    if not inspect.isclass(thing) or issubclass(thing, Exception):
        return []
    ours = [one for one in thing.__mro__ if one.__module__.startswith("nlp_zero")]
    names = {name for one in ours for name in (*vars(one), *getattr(one, "__dataclass_fields__", ()))}
    return sorted(name for name in names if not name.startswith("_"))


if __name__ == "__main__":
    sys.exit(main())
