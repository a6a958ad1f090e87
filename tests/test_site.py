"""The site: links are adapted to it, broken links are found, and its search finds Chinese words."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import os
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
SITE = ROOT / "build" / "site"


def load_script() -> Any:
    spec = importlib.util.spec_from_file_location("make_site", ROOT / "docs" / "make_site.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


make_site = load_script()


def test_every_page_of_one_language_has_one_in_the_other() -> None:
    def pages(folder: Path) -> set[str]:
        found = [*folder.glob("how-to/*.md"), *folder.glob("explanation/*.md"), folder / "index.md"]
        return {path.relative_to(folder).as_posix() for path in found}

    assert pages(ROOT / "docs") == pages(ROOT / "docs" / "zh")
    assert len(pages(ROOT / "docs")) == 18


def test_both_languages_show_the_same_examples() -> None:
    pages = [page for page in (ROOT / "docs" / "zh").rglob("*.md") if "```" in page.read_text(encoding="utf-8")]
    assert len(pages) > 15
    for page in pages:
        english = ROOT / "docs" / page.relative_to(ROOT / "docs" / "zh")
        texts = [path.read_text(encoding="utf-8") for path in (page, english)]
        blocks = [re.findall(r"^```.*?^```$", text, re.M | re.S) for text in texts]
        missing = [block for block in blocks[0] if block not in blocks[1]]
        assert missing == [], f"{page}: run docs/make_output.py for the English page and copy the block"


@pytest.mark.parametrize(
    ("original", "link", "expected"),
    [
        ("docs/scale.md", "[c](counts.md#how)", "[c](counts.md#how)"),
        ("docs/scale.md", "[b](../benchmarks/README.md#groups)", "[b](benchmarks.md#groups)"),
        ("docs/how-to/teach.md", "[b](../../benchmarks/README.md)", "[b](../benchmarks.md)"),
        ("benchmarks/README.md", "[v](../docs/vocabulary.md)", "[v](vocabulary.md)"),
        ("docs/start.md", "[sources](../nlp_zero/__init__.py)", "sources"),
        ("docs/start.md", "[quality.md](quality.md#small-texts)", "[Quality of the words](quality.md#small-texts)"),
        ("docs/start.md", "[page](https://example.org/a.md)", "[page](https://example.org/a.md)"),
        ("docs/zh/start.md", "[读取](../reading.md#urls)", '<a href="../reading.html#urls">读取</a>'),
        ("docs/zh/how-to/teach.md", "![图](../../teaching.svg)", "![图](../../teaching.svg)"),
        ("docs/scale.md", "```\n[x](../README.md)\n```", "```\n[x](../README.md)\n```"),
    ],
)
def test_links_are_adapted_to_the_site(original: str, link: str, expected: str) -> None:
    relative = make_site.OTHER_PAGES.get(original, original.removeprefix("docs/"))
    assert make_site.adapt_links(link, original, relative) == expected


def test_lines_of_chinese_are_joined_without_a_space() -> None:
    assert make_site.join_chinese_lines("学习词，\n并分词。\n\n用 Python\n写") == "学习词，并分词。\n\n用 Python\n写"
    assert make_site.join_chinese_lines("见[词表](a.md)\n和\n[测试](b.md)。\n`pmi`、\n- 词\n- 文") == (
        "见[词表](a.md)和[测试](b.md)。`pmi`、\n- 词\n- 文"
    )


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text('<a href="b.html#yes"></a><a href="b.html#no"></a><a href="https://example.org"></a>')
    (tmp_path / "b.html").write_text('<h1 id="yes"></h1><img src="c.png"><a href="#%E8%AF%8D"></a><p id="词"></p>')
    problems = make_site.find_broken_links(tmp_path)
    assert problems == ["a.html: b.html#no has no such heading.", "b.html: c.png does not exist."]


def test_dashes_of_options_stay_as_they_are() -> None:
    """Sphinx would write –method for --method, which cannot be pasted into a terminal."""
    assert "\nsmartquotes = False" in (ROOT / "docs" / "conf.py").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the site, because the search loads pages to show what was found in them."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory=str(SITE))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.skipif("NLP_ZERO_SITE" not in os.environ, reason="`make browser` tests the search of the site")
@pytest.mark.skipif(not (SITE / "zh" / "search.html").exists(), reason="the site was not built")
@pytest.mark.skipif(not shutil.which("chromedriver"), reason="Chromium is missing")
@pytest.mark.parametrize(
    ("page", "word", "result"),
    [
        ("zh/search.html", "新词发现", "新词发现"),
        ("zh/search.html", "凝固度", "术语表"),
        ("zh/search.html", "左右熵", "词的分数：互信息、左右熵、牢固度"),
        ("zh/search.html", "随机分词", "随机分词，用于训练"),
        ("search.html", "司马懿", "Compare texts"),
        ("search.html", "granularity", "Cut text"),
    ],
)
def test_search_finds_pages(address: str, page: str, word: str, result: str) -> None:
    webdriver = pytest.importorskip("selenium.webdriver")
    wait = pytest.importorskip("selenium.webdriver.support.wait")
    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.binary_location = shutil.which("chromium") or ""
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        driver.get(f"{address}/{page}?q={word}")
        script = "return [...document.querySelectorAll('#search-results li > a')].map((link) => link.textContent)"
        wait.WebDriverWait(driver, 20).until(lambda _: result in " ".join(driver.execute_script(script)))
        assert [entry["message"] for entry in driver.get_log("browser") if "Error" in entry["message"]] == []
    finally:
        driver.quit()
