"""The report in a real browser: `make browser` runs these tests; without Chromium and Selenium they are skipped."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nlp_zero import Corpus, ReportBuilder

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMEDRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="needs chromium and chromedriver"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
SAMPLE = Path(__file__).parent.parent / "corpora" / "sample.txt"
TEXTS = ["早晨我们在茶馆里喝茶，下午去看铁路。"] * 20
WAIT_SECONDS = 30


@pytest.fixture(scope="module", params=["zh", "en"])
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("report") / "report.html"
    ReportBuilder(language=request.param).build(Corpus(SAMPLE), known=["而且", "因为"], against=TEXTS).save(path)
    return path.as_uri()


@pytest.fixture
def open_page() -> Iterator[Callable[..., Any]]:
    drivers = []

    def start(address: str, *, dark: bool = False, width: int = 1200) -> Any:
        options = webdriver.ChromeOptions()
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
            options.add_argument(argument)
        options.binary_location = CHROMIUM
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(CHROMEDRIVER))
        drivers.append(driver)
        set_media(driver, dark=dark)
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        driver.execute_cdp_cmd("Network.enable", {})
        driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": ["http://*", "https://*"]})
        driver.get(address)
        wait_until(lambda: driver.execute_script("return document.documentElement.dataset.ready === 'true'"))
        return driver

    yield start
    for driver in drivers:
        driver.quit()


def wait_until(condition: Callable[[], Any]) -> Any:
    """Poll a condition of the page until it holds."""
    end = time.monotonic() + WAIT_SECONDS
    while not (value := condition()):
        assert time.monotonic() < end, "the page did not get there"
        time.sleep(0.05)
    return value


def set_media(driver: Any, *, dark: bool, media: str = "") -> None:
    """Choose the colours of the system, or printing; nothing moves, so that clicks meet their targets."""
    features = [
        {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})


def find(driver: Any, selector: str) -> list[Any]:
    found: list[Any] = driver.find_elements("css selector", selector)
    return found


def read_cells(driver: Any, selector: str) -> list[str]:
    """Return the texts of elements, all at one time: the table is drawn again while it is read."""
    script = "return [...document.querySelectorAll(arguments[0])].map((element) => element.textContent)"
    texts: list[str] = driver.execute_script(script, selector)
    return texts


def shown_words(driver: Any) -> list[str]:
    return read_cells(driver, "#words tbody .word")


def test_words_are_searched_sorted_and_filtered(page: str, open_page: Callable[..., Any]) -> None:
    driver = open_page(page)
    words = shown_words(driver)
    assert len(words) > 10
    assert {"而且", "因为"} <= set(words)
    search = find(driver, ".dt-search input")[0]
    search.send_keys("茶")
    wait_until(lambda: shown_words(driver) and all("茶" in word for word in shown_words(driver)))
    search.clear()
    search.send_keys(" \b")
    wait_until(lambda: len(shown_words(driver)) == len(words))

    def counts() -> list[int]:
        return [int(cell.replace(",", "")) for cell in read_cells(driver, "#words tbody td:nth-child(2)")]

    header = find(driver, "#words thead th:nth-child(2)")[0]
    header.click()
    wait_until(lambda: counts() == sorted(counts()))
    header.click()
    wait_until(lambda: counts() == sorted(counts(), reverse=True) and counts()[0] > counts()[-1])
    find(driver, "#only-new")[0].click()
    wait_until(lambda: not {"而且", "因为"} & set(shown_words(driver)))
    assert driver.get_log("browser") == []


def test_contexts_open_with_mouse_and_keyboard(page: str, open_page: Callable[..., Any]) -> None:
    from selenium.webdriver.common.keys import Keys

    driver = open_page(page)
    first, second = find(driver, "#words tbody .word")[:2]
    first.click()
    assert first.get_attribute("aria-expanded") == "true"
    marks = [mark.text for mark in find(driver, "#words .contexts mark")]
    assert marks
    assert set(marks) == {first.text}
    first.click()
    assert not find(driver, "#words .contexts")
    second.send_keys(Keys.ENTER)
    assert {mark.text for mark in find(driver, "#words .contexts mark")} == {second.text}
    assert driver.get_log("browser") == []


def test_charts_follow_the_colours_of_the_system(page: str, open_page: Callable[..., Any]) -> None:
    colours = []
    for dark in (False, True):
        driver = open_page(page, dark=dark)
        boxes = find(driver, "[data-chart]")
        assert len(boxes) >= 4
        assert all(box.find_elements("css selector", "svg, canvas") for box in boxes)
        colours.append(driver.execute_script(
            "return [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        ))  # fmt: skip
        assert driver.get_log("browser") == []
    assert colours[0] != colours[1]
    set_media(driver, dark=False)
    body = "return getComputedStyle(document.body).backgroundColor"
    wait_until(lambda: driver.execute_script(body) == colours[0][0])


def test_nothing_is_cut_off_on_a_phone(page: str, open_page: Callable[..., Any]) -> None:
    driver = open_page(page, width=390)
    width = driver.execute_script("return document.documentElement.scrollWidth")
    assert width <= 390
    assert driver.get_log("browser") == []


def test_the_page_prints(page: str, open_page: Callable[..., Any]) -> None:
    import base64

    driver = open_page(page, dark=True)
    pdf = base64.b64decode(driver.print_page())
    assert pdf.startswith(b"%PDF")
    set_media(driver, dark=True, media="print")
    assert not any(element.is_displayed() for element in find(driver, ".dt-search, nav"))
    style = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    background = driver.execute_script(style, "div.dt-container", "backgroundColor")
    assert background in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
    assert "invert" in driver.execute_script(style, ".chart", "filter")  # the charts were drawn for a dark screen
