"""Draw the figures of the gallery and add them to its pages; docs/make_site.py calls it.

Each other script of this folder has the functions `draw(data)`, which returns a figure of matplotlib, and the
constants
TEXTS (the files that it needs), TITLE, TITLE_ZH, ABOUT and ABOUT_ZH.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# The order of the gallery.
SCRIPTS = ["rounds", "cloud", "chapters", "classes", "doubt", "grain", "rhythm", "lengths", "texts", "ranks"]


def draw_gallery(data: Path, pages: Path) -> None:
    """Draw all figures and append them to the two pages.

    Parameters
    ----------
    data : Path
        The folder of the texts.
    pages : Path
        The folder of the pages, in which gallery/index.md and zh/gallery/index.md are.
    """
    parts: dict[str, list[str]] = {"gallery": [], "zh/gallery": []}
    for name in SCRIPTS:
        script = load_script(name)
        missing = [text for text in script.TEXTS if not (data / text).exists()]
        if not missing:
            begin = time.perf_counter()
            draw_figure(script, data, [pages / folder / f"{name}.svg" for folder in parts])
            print(f"gallery: {name}, {time.perf_counter() - begin:.1f} s", file=sys.stderr)
        for folder in parts:
            parts[folder].append(describe_figure(name, script, missing, folder.startswith("zh")))
    for folder, sections in parts.items():
        with open(pages / folder / "index.md", "a", encoding="utf-8") as file:
            file.write("\n" + "\n".join(sections))


def load_script(name: str) -> Any:
    """Import a script of this folder.

    Parameters
    ----------
    name : str
        Its name without suffix.

    Returns
    -------
    module
        The script.
    """
    spec = importlib.util.spec_from_file_location(f"gallery_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@functools.cache
def learn_with_classes(path: Path) -> Any:
    """Learn the words of a text with `bayes`, once for all figures.

    Parameters
    ----------
    path : Path
        The text.

    Returns
    -------
    Lexicon
        Its words with classes.
    """
    from nlp_zero import BayesLexiconBuilder, Corpus

    return BayesLexiconBuilder(seed=0).build(Corpus(path))


def draw_figure(script: Any, data: Path, paths: list[Path]) -> None:
    """Draw the figure of one script and save it under each of the names.

    Parameters
    ----------
    script : module
        A script of the gallery.
    data : Path
        The folder of the texts.
    paths : list of Path
        Where the figure is saved.
    """
    import matplotlib

    from nlp_zero.displays.fonts import find_chinese_font

    matplotlib.use("svg")
    font = find_chinese_font()
    settings: Any = {"svg.hashsalt": "nlp-zero", "font.family": [font] if font else ["sans-serif"]}
    settings |= {"axes.spines.top": False, "axes.spines.right": False, "axes.unicode_minus": False}
    with matplotlib.rc_context(settings):
        figure = script.draw(data)
    for path in paths:
        figure.savefig(path, bbox_inches="tight", metadata={"Date": None})


def describe_figure(name: str, script: Any, missing: list[str], chinese: bool) -> str:
    """Return the section of one figure.

    Parameters
    ----------
    name : str
        Name of the script.
    script : module
        The script.
    missing : list of str
        The texts that it needs and that are not there.
    chinese : bool
        The language of the section.

    Returns
    -------
    str
        Markdown.
    """
    title = script.TITLE_ZH if chinese else script.TITLE
    about = script.ABOUT_ZH.replace("\n", "") if chinese else script.ABOUT
    if missing and chinese:
        return f"## {title}\n\n{about}\n\n这张图没有画，因为生成本站时缺少文本：{'、'.join(missing)}。\n"
    if missing:
        return f"## {title}\n\n{about}\n\nNot drawn, because the site was built without {', '.join(missing)}.\n"
    return f"## {title}\n\n![{title}]({name}.svg)\n\n{about}\n"
