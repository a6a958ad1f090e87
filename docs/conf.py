"""Settings of Sphinx for both languages of the site; ``make site`` calls it through docs/make_site.py."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

LANGUAGE = os.environ.get("NLP_ZERO_SITE_LANGUAGE", "en")
ROOT = Path(os.environ.get("NLP_ZERO_SITE_ROOT", "."))  # the folder that holds the pages of both languages
CHINESE = LANGUAGE == "zh"

project = "nlp-zero"
author = "nlp-zero"
language = "zh_CN" if CHINESE else "en"
extensions = ["myst_nb"]
exclude_patterns = [] if CHINESE else ["zh"]
nb_execution_mode = "off"  # docs/make_site.py executes the notebooks and compares their output
myst_enable_extensions = ["attrs_block", "dollarmath", "amsmath"]
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # GitHub allows a page to skip a level of headings
# Examples on the pages show Python with prompts, and terminals with more than commands.
highlight_language = "none"
smartquotes = False  # they would turn the dashes of options into others

html_theme = "pydata_sphinx_theme"
html_title = "nlp-zero"
html_static_path = [str(Path(__file__).parent / "_site" / "site.css")]
html_css_files = ["site.css"]
templates_path = [str(Path(__file__).parent / "_site")]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_search_language = "zh"  # both languages quote Chinese words
# Pages that have no others below them need no list of these.
html_sidebars: dict[str, list[str]] = {
    page: []
    for page in ("index", "start", "glossary", "gallery/index", "tutorial", "migration", "which-tool", "changelog")
}
if CHINESE:
    html_sidebars["reference"] = []
html_theme_options = {
    "navbar_align": "left",
    "navbar_end": ["language-switch", "theme-switcher"],
    "navigation_with_keys": False,
    "header_links_before_dropdown": 9 if CHINESE else 6,
    "show_toc_level": 2,
    "footer_start": [],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
    "search_bar_text": "搜索" if CHINESE else "Search",
}

# GitHub hides this comment; the links below it become a table of contents.
TOCTREE = re.compile(
    r"^<!-- toctree(?: (?P<options>[\w ]+))? -->\n(?P<body>.*?)(?=^#|^<!--|\Z)", re.MULTILINE | re.DOTALL
)
PAGE_LINK = re.compile(r"\[([^\]]+)\]\(([^)#\s]+\.(?:md|ipynb))\)")


def add_tables_of_contents(app: Any, docname: str, source: list[str]) -> None:
    """Add a hidden toctree below each marked list of links."""

    def extend(found: re.Match[str]) -> str:
        entries = [
            f"{re.sub('[`*]', '', title)} <{path.rsplit('.', 1)[0]}>"
            for title, path in PAGE_LINK.findall(found["body"])
            if not path.startswith("../")
        ]
        return found[0] + "\n```{toctree}\n:hidden:\n:maxdepth: 2\n\n" + "\n".join(entries) + "\n```\n\n"

    if Path(app.env.doc2path(docname)).suffix == ".md":
        source[0] = TOCTREE.sub(extend, source[0])


def add_language_switch(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Tell the template where the page is in the other language, or the start page if it is in one language only."""
    up = "../" * page.count("/")
    other = "" if CHINESE else "zh/"
    exists = any((ROOT / other / f"{page}{suffix}").exists() for suffix in (".md", ".ipynb"))
    target = page if exists or page in ("search", "genindex") else "index"
    context["other_language"] = f"{up}{'../' if CHINESE else other}{target}.html"
    context["is_chinese"] = CHINESE


def register_search_language() -> None:
    """Index each pair of neighbouring Chinese characters, so that any word is found, whatever a dictionary says."""
    import snowballstemmer
    import sphinx.search
    from sphinx.search import SearchLanguage
    from sphinx.search.zh import SearchChinese

    class SearchPairs(SearchChinese):
        """Latin words, Chinese characters, and pairs of neighbouring Chinese characters."""

        language_name = "English"  # names the stemmer in JavaScript
        chinese = re.compile(r"[\u3400-\u9fff]+")
        js_splitter_code = """
var splitQuery = (query) => query.split(/[^\\p{Letter}\\p{Number}_]+/u).flatMap((part) =>
  part.split(/([\\u3400-\\u9fff]+)/).filter((run) => run).flatMap((run) => {
    if (!/^[\\u3400-\\u9fff]/.test(run) || run.length < 3) return [run];
    return Array.from({length: run.length - 1}, (_, i) => run.slice(i, i + 2));
  }));
"""

        def __init__(self, options: dict[str, str]) -> None:
            SearchLanguage.__init__(self, options)  # that of SearchChinese loads jieba
            self.latin_terms = set()
            self.stemmer = snowballstemmer.stemmer("english")

        def split(self, input: str) -> list[str]:
            latin = self.latin1_letters.findall(input)
            self.latin_terms.update(latin)
            runs = self.chinese.findall(input)
            pairs = [run[i : i + 2] for run in runs for i in range(len(run) - 1)]
            return [*latin, *pairs, *(character for run in runs for character in run)]

        def word_filter(self, stemmed_word: str) -> bool:
            return len(stemmed_word) > 1 or bool(self.chinese.match(stemmed_word))

    sphinx.search.languages["zh"] = SearchPairs


def setup(app: Any) -> dict[str, bool]:
    """Connect the functions above."""
    register_search_language()
    app.connect("source-read", add_tables_of_contents)
    app.connect("html-page-context", add_language_switch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
