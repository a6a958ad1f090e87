"""Build the site in English and Chinese into build/site: ``python docs/make_site.py`` (``make site``).

Pages are copied to build/site-source first, together with those from elsewhere in the repository, so that Sphinx sees
one folder for each language and nothing is written among the sources.  Notebooks are executed and must print what they
print in the repository; ``--notebooks`` writes their output into the repository instead.
"""

from __future__ import annotations

import html.parser
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "build" / "site-source"
SITE = ROOT / "build" / "site"
# Pages from outside docs/, and their names on the site.
OTHER_PAGES = {
    "CHANGELOG.md": "changelog.md", "benchmarks/README.md": "benchmarks.md", "corpora/README.md": "corpora.md",
}  # fmt: skip
NOTEBOOKS = ["tutorial.ipynb", "zh/tutorial.ipynb"]


def main() -> int:
    """Build both languages, then check all links."""
    if "--notebooks" in sys.argv:
        for name in NOTEBOOKS:
            execute_notebook(ROOT / "docs" / name, write=True)
        return 0
    copy_pages()
    for name in NOTEBOOKS:
        execute_notebook(SOURCE / "docs" / name)
    sys.path[:0] = [str(ROOT), str(ROOT / "docs" / "gallery")]
    from draw import draw_gallery

    draw_gallery(ROOT / "corpora" / "data", SOURCE / "docs")
    shutil.rmtree(SITE, ignore_errors=True)
    for language, folder, output in (("en", SOURCE / "docs", SITE), ("zh", SOURCE / "docs" / "zh", SITE / "zh")):
        status = run_sphinx(language, folder, output)
        if status:
            return status
    problems = find_broken_links(SITE)
    print("\n".join(problems) or f"The site is complete: open {SITE / 'index.html'}.", flush=True)
    return 1 if problems else 0


def copy_pages() -> None:
    """Copy the pages and adapt the links that lead out of docs/ or from one language to the other."""
    shutil.rmtree(SOURCE, ignore_errors=True)
    ignored = shutil.ignore_patterns("*.py", "_site", "__pycache__", ".ipynb_checkpoints")
    shutil.copytree(ROOT / "docs", SOURCE / "docs", ignore=ignored)
    (SOURCE / "corpora").mkdir()
    shutil.copy(ROOT / "corpora" / "sample.txt", SOURCE / "corpora")
    for original, name in OTHER_PAGES.items():
        shutil.copy(ROOT / original, SOURCE / "docs" / name)
    for page in (SOURCE / "docs").rglob("*.md"):
        relative = page.relative_to(SOURCE / "docs").as_posix()
        original = next((key for key, name in OTHER_PAGES.items() if name == relative), f"docs/{relative}")
        text = page.read_text(encoding="utf-8")
        page.write_text(adapt_links(text, original, relative), encoding="utf-8")


def adapt_links(text: str, original: str, relative: str) -> str:
    """Make the links of a page right for its place on the site.

    Parameters
    ----------
    text : str
        A page.
    original : str
        Its path in the repository.
    relative : str
        Its path on the site.

    Returns
    -------
    str
        The page: links to pages of the other language are links to HTML, links to files that are not on the site are
        left out, and a link that is the name of a page, such as ``builders.md``, has its title.
    """

    def adapt(found: re.Match[str]) -> str:
        label, target, anchor = found[1], found[2], found[3] or ""
        if re.match(r"\w+:", target):
            return found[0]
        path = os.path.normpath(os.path.join(os.path.dirname(original), target))
        if path in ("README.md", "README.zh.md"):
            path = "docs/index.md" if path == "README.md" else "docs/zh/index.md"
        if re.fullmatch(r"[\w./-]+[.]md", label) and (ROOT / path).is_file():
            label = (ROOT / path).read_text(encoding="utf-8").split("\n", 1)[0].removeprefix("# ")
        path = "docs/" + OTHER_PAGES[path] if path in OTHER_PAGES else path
        if not path.startswith("docs/") or path.endswith(".py"):
            return label
        link = os.path.relpath(path, "docs/" + os.path.dirname(relative))
        if path.startswith("docs/zh/") != relative.startswith("zh/") and path.endswith((".md", ".ipynb")):
            return f'<a href="{re.sub("[.](md|ipynb)$", ".html", link)}{anchor}">{label.replace("`", "")}</a>'
        return f"[{label}]({link}{anchor})"

    blocks = re.split(r"(^```.*?^```)", text, flags=re.MULTILINE | re.DOTALL)
    link = re.compile(r"(?<!!)\[((?:[^\[\]]|`[^`]*`)+)\]\(([^)#\s]+)(#[^)\s]*)?\)")
    return "".join(
        part.replace("\n\n```", "\n```") if part.startswith("```") else join_chinese_lines(link.sub(adapt, part))
        for part in blocks
    )


def join_chinese_lines(text: str) -> str:
    """Remove the ends of lines that a browser would show as spaces: between Chinese characters, after Chinese marks.

    Parameters
    ----------
    text : str
        Markdown without code blocks.

    Returns
    -------
    str
        The same with longer lines.
    """
    text = re.sub(r"(?<=[，。；：、！？）])\n(?=[A-Za-z`[*<])", "", text)
    begin = r"(?=(?:\[|[*][*]|<a [^>]*>)?[\u3005-\u9fff“（《])"  # also of a link or of bold text
    return re.sub(rf"([\u3000-\u9fff\uff00-\uffef”）](?:[*][*]|</a>|\]\([^)\n]*\))?)\n{begin}", r"\1", text)


def execute_notebook(path: Path, *, write: bool = False) -> None:
    """Execute a notebook and compare its output with what is in the file, or write it there.

    Parameters
    ----------
    path : Path
        The notebook.
    write : bool
        Write the output instead of comparing it.

    Raises
    ------
    SystemExit
        If the output differs.
    """
    import nbformat
    from nbclient import NotebookClient

    old = nbformat.read(path, as_version=4)
    new = nbformat.read(path, as_version=4)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    quiet = {"extra_arguments": ["--IPKernelApp.log_level=40"]}
    client = NotebookClient(new, timeout=120, resources={"metadata": {"path": str(path.parent)}}, **quiet)
    client.execute(env=environment)
    if write:
        for cell in new.cells:
            cell.metadata.pop("execution", None)
        new.metadata.pop("language_info", None)
        nbformat.write(new, path)
        return
    for cell in old.cells:
        if cell.cell_type == "markdown":
            cell.source = join_chinese_lines(cell.source)
    nbformat.write(old, path)
    for before, after in zip(old.cells, new.cells, strict=True):
        if plain_output(before) != plain_output(after):
            message = (
                f"{path.name} prints something else than in the repository; run python docs/make_site.py --notebooks."
            )
            raise SystemExit(f"{message}\n{before.source}\n--- now:\n{plain_output(after)}")


def plain_output(cell: Any) -> list[str]:
    """Return the output of a cell as text; pictures, whose bytes depend on versions and fonts, are left out.

    Parameters
    ----------
    cell : NotebookNode
        A cell.

    Returns
    -------
    list of str
        What it printed and returned, without warnings such as that a font is missing.
    """
    found = []
    for output in cell.get("outputs", []):
        if output.get("name") == "stderr":
            continue
        data = output.get("data", {})
        found.append(output.get("text", "") or ("" if "image/png" in data else data.get("text/plain", "")))
    return found


def run_sphinx(language: str, source: Path, output: Path) -> int:
    """Run Sphinx for one language.

    Parameters
    ----------
    language : str
        "en" or "zh".
    source, output : Path
        Folders.

    Returns
    -------
    int
        The exit status.
    """
    environment = {**os.environ, "NLP_ZERO_SITE_LANGUAGE": language, "NLP_ZERO_SITE_ROOT": str(SOURCE / "docs")}
    trees = ROOT / "build" / f"site-trees-{language}"
    shutil.rmtree(trees, ignore_errors=True)
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-c", str(ROOT / "docs"), "-d", str(trees)]
    return subprocess.run([*command, str(source), str(output)], env=environment, check=False).returncode


class PageReader(html.parser.HTMLParser):
    """Collects the links and the ids of an HTML page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect the attributes of one tag."""
        for name, value in attrs:
            if name in ("href", "src") and value:
                self.links.add(value)
            elif name in ("id", "name") and value:
                self.ids.add(value)


def find_broken_links(site: Path) -> list[str]:
    """Find local links that lead nowhere.

    Parameters
    ----------
    site : Path
        The folder of the site.

    Returns
    -------
    list of str
        One line for each broken link.
    """
    pages = {}
    for path in sorted(path for path in site.rglob("*.html") if "_static" not in path.parts):
        pages[path] = PageReader()
        pages[path].feed(path.read_text(encoding="utf-8"))
    problems = []
    for path, page in pages.items():
        for link in sorted(page.links):
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                problems.append(f"{path.relative_to(site)}: {link} does not exist.")
            elif parts.fragment and target in pages and urllib.parse.unquote(parts.fragment) not in pages[target].ids:
                problems.append(f"{path.relative_to(site)}: {link} has no such heading.")
    return problems


if __name__ == "__main__":
    sys.exit(main())
