"""The page to look in a real browser: clicks, keys, narrow, dark, without scripts, and nothing of the network."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.browser import FOUND, Browser
from tests.view_house import Visit, visited

pytestmark = pytest.mark.skipif(not FOUND, reason="no Chromium is installed")
QUESTION = "How many seats does MS Birk have?"
AXE = os.environ.get("GROUNDSIGHT_AXE", "")
WIDER = "document.documentElement.scrollWidth > innerWidth"


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Generator[Visit]:
    with visited(tmp_path_factory.mktemp("view")) as visit:
        yield visit


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, visit: Visit) -> Generator[Browser]:
    """A browser that was given the printed address."""
    browser = Browser(tmp_path_factory.mktemp("profile"))
    browser.open(f"{visit.origin}/?token={visit.token}", loads=2)
    yield browser
    browser.close()


@pytest.fixture
def browser(opened: Browser, visit: Visit) -> Browser:
    """The browser at the first page, in its usual size."""
    opened.window(1100)
    opened.open(visit.origin)
    return opened


@pytest.fixture(scope="module")
def pages(opened: Browser, visit: Visit) -> dict[str, str]:
    """The address of one page of each kind."""
    opened.window(1100)
    opened.open(visit.origin)
    ask(opened)
    found = {"home": visit.origin, "answer": opened.see("location.href")}
    opened.open(f"{visit.origin}/search?q=notice+period&kind=text")
    found |= {"search": opened.see("location.href"), "passage": opened.see("document.querySelector('.hits a').href")}
    opened.open(f"{visit.origin}/library")
    found |= {"library": opened.see("location.href")}
    found |= {"document": opened.see("document.querySelector('a[href^=\"/document\"]').href")}
    return found | {"picture": f"{visit.origin}/picture", "absent": f"{visit.origin}/nowhere"}


def ask(browser: Browser) -> None:
    browser.click("#question")
    browser.write(QUESTION)
    browser.click("main form button", loads=True)


def text_of(browser: Browser, selector: str) -> Any:
    return browser.see(f"document.querySelector({selector!r})?.innerText")


def test_the_printed_address_leads_in_and_leaves_no_token(browser: Browser, visit: Visit) -> None:
    browser.open(f"{visit.origin}/?token={visit.token}", loads=2)
    assert browser.see("location.href") == f"{visit.origin}/"
    assert browser.see("document.cookie") == ""


def test_a_click_on_a_sentence_leads_to_its_reason_and_on_to_the_marked_cell(browser: Browser) -> None:
    ask(browser)
    assert "MS Birk" in text_of(browser, ".answer")
    assert "search" in text_of(browser, ".steps").lower()
    browser.click(".said > a")
    assert "Supported" in text_of(browser, ":target")
    browser.click(":target ul a")
    assert text_of(browser, ":target mark") == "240"
    browser.open(browser.see("location.href").partition("#")[0])
    assert text_of(browser, "mark") == "240", "the page of an answer can be loaded again"


def test_the_same_stands_there_without_scripts(browser: Browser, visit: Visit) -> None:
    browser.window(1100, scripts=False)
    browser.open(visit.origin)
    ask(browser)
    assert "Supported" in text_of(browser, ".verdicts")
    assert text_of(browser, "mark") == "240"
    browser.click("nav li:nth-child(2) a", loads=True)
    browser.click("#q")
    browser.write("notice period")
    browser.press("Enter", loads=True)
    assert "contract.pdf" in text_of(browser, ".hits")


def test_everything_is_reached_by_the_keyboard_and_the_focus_is_seen(browser: Browser) -> None:
    seen = []
    for _ in range(7):
        browser.press("Tab")
        seen.append(browser.see("document.activeElement.id || document.activeElement.textContent"))
        assert browser.see("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2, seen
    assert seen == ["Skip to the content", "Ask", "Search", "Picture", "Library", "question", "Ask"]
    browser.see("document.querySelector('#question').focus()")
    browser.write(QUESTION)
    browser.press("Enter", loads=True)
    assert "MS Birk" in text_of(browser, ".answer")


def test_the_box_lies_over_the_passage_on_its_page(browser: Browser, pages: dict[str, str]) -> None:
    browser.open(pages["passage"])
    browser.see("document.querySelector('.sheet img').decode()")
    sides = "(r => [r.left, r.top, r.right, r.bottom])(document.querySelector('.sheet {}').getBoundingClientRect())"
    page, box = browser.see(sides.format("img")), browser.see(sides.format("rect"))
    wide, high = page[2] - page[0], page[3] - page[1]
    assert 300 < wide < 1100
    at = [(box[0] - page[0]) / wide, (box[1] - page[1]) / high, (box[2] - page[0]) / wide, (box[3] - page[1]) / high]
    # The line was drawn at 40, 300 of 400 by 400 points from below, in 12 points.
    assert at[0] == pytest.approx(0.1, abs=0.03)
    assert at[1] < 0.25 < at[3] + 0.02 < 0.32
    assert at[2] > 0.6


def test_a_search_is_narrowed_by_clicks(browser: Browser, visit: Visit) -> None:
    browser.open(f"{visit.origin}/search?q=notice+period")
    browser.click("summary")
    browser.click("input[value=table]")
    browser.click("main form button", loads=True)
    assert "kind=table" in browser.see("location.search")
    assert "contract.pdf" not in (text_of(browser, ".hits") or "")


def test_a_picture_is_chosen_and_one_that_is_too_large_is_told_before_it_is_sent(
    browser: Browser, visit: Visit, tmp_path: Path
) -> None:
    browser.open(f"{visit.origin}/picture")
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(21 * 1024**2)
    browser.choose("#picture", large)
    assert "too large" in browser.see("document.querySelector('#picture').validationMessage")
    small = tmp_path / "small.png"
    Image.new("RGB", (80, 40), "white").save(small)
    browser.choose("#picture", small)
    browser.click("#words")
    browser.write("notice period")
    browser.click("main form button", loads=True)
    assert "contract.pdf" in text_of(browser, ".hits")
    assert "models.ocr" in text_of(browser, "main")


@pytest.mark.parametrize("width", [360, 1100])
def test_no_page_is_wider_than_the_window(browser: Browser, pages: dict[str, str], width: int) -> None:
    browser.window(width)
    for name, address in pages.items():
        browser.open(address)
        browser.see("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert not browser.see(WIDER), name


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_follows_the_readers_colours(browser: Browser, visit: Visit, tmp_path: Path, dark: bool) -> None:
    browser.window(800, dark=dark)
    browser.open(f"{visit.origin}/library")
    browser.picture(tmp_path / "page.png", whole=False)
    with Image.open(tmp_path / "page.png") as drawn:
        grey = drawn.convert("L")
        low, high = grey.getextrema()
        assert high - low > 150
        assert (grey.getpixel((790, 5)) < 128) == dark


def test_nothing_is_asked_of_the_network_and_no_rule_is_broken(
    browser: Browser, pages: dict[str, str], visit: Visit
) -> None:
    for name, address in pages.items():
        browser.open(address)
        browser.see("document.title")
        events = [(each["method"], each["params"]) for each in browser.events]
        sent = [given["request"]["url"] for method, given in events if method == "Network.requestWillBeSent"]
        told = [given["entry"]["text"] for method, given in events if method == "Log.entryAdded"]
        assert sent
        assert [each for each in sent if not each.startswith((f"{visit.origin}/", "data:"))] == [], name
        assert [each for each in told if "404" not in each] == [], name


def test_a_file_that_holds_a_script_runs_nothing(browser: Browser, visit: Visit) -> None:
    browser.open(f"{visit.origin}/search?q=meeting")
    assert "<script>" in text_of(browser, ".hits")
    assert browser.see("document.title").startswith("Search")


@pytest.mark.skipif(not AXE, reason="GROUNDSIGHT_AXE names no axe.min.js (npm install axe-core)")
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [360, 1100])
def test_axe_finds_nothing(browser: Browser, pages: dict[str, str], width: int, dark: bool) -> None:
    browser.window(width, dark=dark)
    for name, address in pages.items():
        browser.open(address)
        browser.see("document.querySelectorAll('details').forEach(each => each.open = true)")
        browser.see(f"{Path(AXE).read_text('utf-8')}; 0")
        found = browser.see("axe.run().then(told => told.violations.map(each => [each.id, each.nodes[0].html]))")
        assert found == [], name
