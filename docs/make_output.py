"""Run the commands of the task pages and write their output into the pages: ``python docs/make_output.py PAGE ...``.

Each page is run in a new folder that holds the texts of corpora/data (``python corpora/fetch.py sanguo people-daily
reviews``) and corpora/sample.txt as novel.txt.  With ``--check``, pages are compared instead of written.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SKIPPED = ("pip ", "make ", "git ")


def run_block(block: str, folder: Path) -> str:
    """Run the commands of a block and return the block with their output.

    Parameters
    ----------
    block : str
        Lines; those that start with a prompt are commands.
    folder : Path
        The folder in which they run.

    Returns
    -------
    str
        The commands, each followed by what it printed.
    """
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    if any(line[2:].startswith(SKIPPED) for line in commands):
        return block
    environment = {
        **os.environ,
        "PATH": f"{folder / '.bin'}:{os.environ['PATH']}",
        "COLUMNS": "110",
        "LC_ALL": "C.UTF-8",
    }
    lines = []
    for line in commands:
        done = subprocess.run(
            ["bash", "-c", line[2:]], cwd=folder, env=environment, check=False, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        lines += [line, *done.stdout.splitlines()]
    return "".join(f"{line}\n" for line in lines)


def run_page(page: Path) -> str:
    """Run all blocks of a page and return the page with their output.

    Parameters
    ----------
    page : Path
        A page in Markdown.

    Returns
    -------
    str
        Its new text.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in Path(os.environ.get("NLP_ZERO_TEXTS", ROOT / "corpora" / "data")).glob("*.txt"):
            (folder / file.name).symlink_to(file.resolve())
        (folder / "novel.txt").symlink_to(ROOT / "corpora" / "sample.txt")
        (folder / ".bin").mkdir()
        for command, module in (("python", ""), ("nlpzero", "-m nlp_zero")):
            script = folder / ".bin" / command
            script.write_text(f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" {module} "$@"\n')
            script.chmod(0o755)
        text = page.read_text(encoding="utf-8")
        return BLOCK.sub(lambda found: f"```console\n{run_block(found[1], folder)}```", text)


def main() -> int:
    """Run the pages that are named."""
    status = 0
    for name in [argument for argument in sys.argv[1:] if argument != "--check"]:
        page = Path(name)
        text = run_page(page)
        if "--check" in sys.argv and text != page.read_text(encoding="utf-8"):
            print(f"{page} shows other output than the commands print.")
            status = 1
        elif "--check" not in sys.argv:
            page.write_text(text, encoding="utf-8")
    return status


if __name__ == "__main__":
    sys.exit(main())
