"""Write the pictures in docs/pictures: ``python docs/make_pictures.py sanguo.txt`` (needs Chromium and Selenium).

The text is 三国演义, which ``python corpora/fetch.py sanguo`` fetches.
"""

from __future__ import annotations

import base64
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from nlp_zero import BayesLexiconBuilder, Corpus, ReportBuilder

FOLDER = Path(__file__).resolve().parent / "pictures"
SENTENCES = ["却说曹操引大军追赶玄德，直至襄阳城下。", "次日，孔明与关公、张飞商议破敌之计。"]
WIDTH_PIXELS = 1000
PICTURES = {  # name -> first and last element of the part of the page, and the most pixels of height
    "words": ("#word_table", "#word_table", 640),
    "charts": ("#charts", "#charts", 900),
    "sentences": ("#sentences", "#sentences", 700),
}


def main() -> int:
    """Write every picture in both languages."""
    [_, text] = sys.argv
    best = BayesLexiconBuilder(seed=0).build(Corpus(text))  # trees are drawn of the words of the best method
    with tempfile.TemporaryDirectory() as folder:
        for language in ("zh", "en"):
            path = Path(folder) / f"{language}.html"
            for lexicon, names in ((None, ["words", "charts"]), (best, ["sentences"])):
                report = ReportBuilder(language=language).build(Corpus(text), lexicon=lexicon, sentences=SENTENCES)
                report.save(path)
                photograph(path, language, names)
    return 0


def photograph(path: Path, language: str, names: list[str]) -> None:
    """Save the parts of a page as PNG files."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.binary_location = shutil.which("chromium") or ""
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        metrics = {"width": WIDTH_PIXELS, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.get(path.as_uri())
        while not driver.execute_script("return document.documentElement.dataset.ready"):
            time.sleep(0.1)
        driver.execute_script("document.querySelectorAll('.word')[1].click()")
        for name in names:
            first, last, most = PICTURES[name]
            save_part(driver, FOLDER / f"{name}-{language}.png", first, last, most)
    finally:
        driver.quit()


def save_part(driver: Any, path: Path, first: str, last: str, most: int) -> None:
    """Save the part of the page from one element to another."""
    box = "return document.querySelector(arguments[0]).getBoundingClientRect()"
    scroll = driver.execute_script("return window.scrollY")
    top = driver.execute_script(box, first)["top"] + scroll
    bottom = driver.execute_script(box, last)["bottom"] + scroll
    clip = {"x": 0, "y": top, "width": WIDTH_PIXELS, "height": min(bottom - top, most), "scale": 1}
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    path.write_bytes(base64.b64decode(picture["data"]))


if __name__ == "__main__":
    sys.exit(main())
