"""Write docs/commands.md, the reference of the command line: ``python docs/make_commands.py`` (``--check`` compares).

Everything is taken from the parsers, so it says the same as ``nlpzero COMMAND --help``.  The output of the examples in
docs/cli.md is written by ``python docs/make_commands.py --examples``.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nlp_zero.cli import build_parser

ROOT = Path(__file__).resolve().parent.parent
PAGE, EXAMPLES = ROOT / "docs" / "commands.md", ROOT / "docs" / "cli.md"
BLOCK = re.compile(r"(?<=```console\n)\$ .*?(?=\n```)", re.DOTALL)
HEAD = """\
# Commands and options

`nlpzero COMMAND --help` prints the same. [The command line by task](cli.md) shows the commands at work.

Conventions of all commands:

- An option takes one value. Several numbers or words are separated by commas (`--min-pmi 0,2,4,6`,
  `--query 曹操,刘备`); options that name files are repeated (`--known a.txt --known b.txt`). Options and files may be
  mixed in any order.
- Results are written to stdout or to `-o`; messages and progress to stderr. Progress is shown in a terminal only.
- The exit status is 0 for success, 1 for a failure, 2 for wrong usage, and 130 after Ctrl-C.

`make api` writes this page from the parsers; a test keeps it up to date.
"""


def main() -> int:
    """Write the page or the examples, or with ``--check`` return 1 if the page is out of date."""
    if "--examples" in sys.argv[1:]:
        EXAMPLES.write_text(run_examples(EXAMPLES.read_text(encoding="utf-8")), encoding="utf-8")
        return 0
    page = make_page()
    if "--check" in sys.argv[1:]:
        return int(PAGE.read_text(encoding="utf-8") != page)
    PAGE.write_text(page, encoding="utf-8")
    return 0


def make_page() -> str:
    """Return the whole page."""
    parser = build_parser()
    commands = next(a for a in parser._actions if isinstance(a, argparse._SubParsersAction)).choices
    listed = [f"| [`{name}`](#{name}) | {escape(one.description or '')} |" for name, one in commands.items()]
    sections = [HEAD, "\n".join(["| command | what it does |", "|---|---|", *listed, ""])]
    sections.append("\n".join(["## `nlpzero`", "", *make_table(parser._optionals._group_actions), ""]))
    return "\n".join([*sections, *(make_section(name, one) for name, one in commands.items())])


def make_section(name: str, parser: argparse.ArgumentParser) -> str:
    """Return the heading, the usage, the options and the examples of one command."""
    usage = parser.format_usage().removeprefix("usage: ").strip()
    lines = [f"## `{name}`", "", parser.description or "", "", "```", usage, "```", ""]
    for group in parser._action_groups:
        actions = [action for action in group._group_actions if not isinstance(action, argparse._HelpAction)]
        if actions:
            title = group.title or ""
            if title not in ("options", "positional arguments"):
                lines += [f"{title[0].upper()}{title[1:]}:", ""]
            lines += [*make_table(actions), ""]
    examples = (parser.epilog or "").removeprefix("examples:\n")
    return "\n".join([*lines, "```", *(line.removeprefix("  ") for line in examples.rstrip().split("\n")), "```", ""])


def make_table(actions: list[argparse.Action]) -> list[str]:
    """Return the table of some arguments."""
    rows = []
    for action in actions:
        value = ""
        if action.option_strings and action.nargs != 0 and not isinstance(action, argparse.BooleanOptionalAction):
            shown = "\\|".join(map(str, action.choices)) if action.choices and not action.metavar else action.metavar
            value = f" {shown or action.dest.upper()}"
        names = ", ".join(f"`{name}`" for name in action.option_strings) or f"`{action.metavar}`"
        rows.append(f"| {names.removesuffix('`')}{value}` | {escape((action.help or '').replace('%%', '%'))} |")
    return ["| | |", "|---|---|", *rows]


def escape(text: str) -> str:
    """Return a text as the cell of a table."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def run_examples(page: str) -> str:
    """Return a page in which the output of each command of its console blocks is that of a run on the sample."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "corpora" / "sample.txt", folder / "novel.txt")
        return BLOCK.sub(lambda block: run_block(block[0], folder), page)


def run_block(block: str, folder: Path) -> str:
    """Run the commands of one block, which begin with ``$``, and return them with their output."""
    shell = f'nlpzero() {{ PYTHONPATH="{ROOT}" PYTHONUTF8=1 COLUMNS=100 "{sys.executable}" -m nlp_zero "$@"; }}\n'
    shown = []
    for command in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        run = subprocess.run(
            ["sh", "-c", shell + command], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, encoding="utf-8", check=False,
        )  # fmt: skip
        shown.append(f"$ {command}\n{run.stdout}".rstrip("\n"))
    return "\n".join(shown)


if __name__ == "__main__":
    sys.exit(main())
