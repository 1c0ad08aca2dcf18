"""The page beside an answer, in a stub host and a real browser, against the real server in both eras."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from PIL import Image

from groundsight.doors.mcp_app import ANSWER
from groundsight.evals.demo.__main__ import FILES, QUESTIONS
from groundsight.server import build_server
from tests.app_host import Host, hosting
from tests.browser import FOUND
from tests.doors import an_answer
from tests.talk import MODES, a_suite, talk
from tests.test_server_stdio import ROOT, environment
from tests.test_sessions import Slow

MOST_BYTES = 10_000
ASKED = (
    *QUESTIONS,
    "Who approved the purchase order named on invoice INV-2042?",
    "Within how many hours does the supplier send an engineer under the maintenance contract?",
    "Up to how many hours before departure can a ticket be returned for a full refund?",
    "Which band plays at the island festival?",
    "How many tonnes of diesel were used in July 2025?",
    "What total is on the photographed receipt of Kallen Ship Chandlers?",
    "Which engine does MS Cissi have?",
)
HEADS = {"evidence": "No sure answer", "abstained": "No answer"}
INVOICE, CONTRACTS = "PO 7718: Approved by: Oskar Lind. Your order: PO 7718.", ASKED[4]
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
WRONG = "MS Birk was built in 2009. The cook is called Tom."
DRAWN = "document.querySelector('.page img')?.naturalWidth > 600"

needs_browser = pytest.mark.skipif(not FOUND, reason="no Chromium is installed")


def page() -> str:
    return files("groundsight.doors").joinpath("answer.html").read_text("utf-8")


def test_the_page_is_small_and_names_no_address_outside() -> None:
    assert len(page().encode()) <= MOST_BYTES
    assert re.findall(r"https?:|\bsrc=|\bhref=|@import|url\(|(?<!groundsight:)//\w", page()) == []
    assert "innerHTML" not in page()


@pytest.mark.parametrize("mode", MODES)
def test_two_tools_are_bound_to_the_page_in_both_eras(tmp_path: Path, mode: str) -> None:
    async def conversation(client: Client) -> None:
        bound = {tool.name: tool.meta for tool in (await client.list_tools()).tools if tool.meta}
        assert bound == {name: {"ui": {"resourceUri": ANSWER}} for name in ("ask", "verify")}
        shown = (await client.read_resource(ANSWER)).contents[0]
        assert (shown.mime_type, shown.text) == ("text/html;profile=mcp-app", page())  # type: ignore[union-attr]

    talk(mode, a_suite(tmp_path), conversation)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the demo's files and of one that can't be read."""
    folder, broken = tmp_path_factory.mktemp("app"), tmp_path_factory.mktemp("broken")
    (broken / "torn.pdf").write_bytes(b"%PDF-1.7\nnothing")
    command = [sys.executable, "-m", "groundsight.cli", "ingest", str(FILES), str(broken), "--home", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment(), timeout=240)
    assert "26 added" in done.stdout, done.stdout + done.stderr
    return folder


def host_at(home: Path, mode: str, profile: Path, **context: Any) -> AbstractContextManager[Host]:
    command = ["-m", "groundsight.server", "--home", str(home)]
    server = StdioServerParameters(command=sys.executable, args=command, env=environment(), cwd=ROOT)
    return hosting(server, mode, profile, **context)


@pytest.fixture(params=MODES)
def host(request: pytest.FixtureRequest, home: Path, tmp_path: Path) -> Iterator[Host]:
    with host_at(home, request.param, tmp_path / "profile") as host:
        host.browser.look(760)
        yield host


@needs_browser
def test_ten_answers_of_the_demo_render_with_a_verdict_a_sentence(host: Host) -> None:
    for question in ASKED:
        answer = host.call("ask", question=question)
        seen = host.browser.run(
            "[...document.querySelectorAll('.s')].map(s => [s.className, s.textContent])", inside=True
        )
        checked = answer["verdicts"] or [{"text": line} for line in answer["text"].split("\n")]
        assert len(seen) == len(checked)
        for (kind, text), each in zip(seen, checked, strict=True):
            assert kind.split() == ["s", *([each["verdict"]] if "verdict" in each else [])]
            assert said(each["text"]) in text
            assert each.get("reason", "") in text
        summed = host.browser.run("document.querySelector('#sum').textContent", inside=True)
        assert summed.startswith(HEADS.get(answer["status"], answer["status"]))
    assert all(url.startswith(("data:", "about:")) for url in host.browser.requests)


def said(sentence: str) -> str:
    return re.sub(r"\s*\[\d+\]", "", sentence)


@needs_browser
def test_a_click_on_a_sentence_shows_its_page_with_the_box_where_the_evidence_lies(host: Host) -> None:
    answer, browser = host.call("verify", answer=INVOICE), host.browser
    (quote,) = answer["claims"][1]["support"]
    assert (quote["source"].endswith("scan-0526.pdf"), quote["page"]) == (True, 1)
    browser.tap(".t", 1)
    browser.until(DRAWN)
    assert host.calls[0] == (
        "tools/call",
        {"name": "read", "arguments": {"id": quote["id"], "page": 1, "picture": True}},
    )
    page, box = (browser.run(f"document.querySelector('{s}').getBoundingClientRect().toJSON()", inside=True)
                 for s in (".page img", ".box"))  # fmt: skip
    drawn = [(box[side] - page[start] + way * 3) / page[size] for side, start, size, way in (
        ("left", "left", "width", 1), ("top", "top", "height", 1),
        ("right", "left", "width", -1), ("bottom", "top", "height", -1),
    )]  # fmt: skip
    assert drawn == pytest.approx(quote["box"], abs=0.003)
    browser.until("document.querySelector('.view').scrollTop > 0")
    assert red_frame_around_ink(browser.seen())


def red_frame_around_ink(png: bytes) -> bool:
    """Tell whether the one red frame of a picture is seen whole and has dark words on light paper in it."""
    with Image.open(io.BytesIO(png)) as opened:
        picture = opened.convert("RGB")
    frame = [at for at, colour in enumerate(picture.getdata()) if colour == (0xD1, 0x24, 0x2F)]
    left, right = min(at % picture.width for at in frame), max(at % picture.width for at in frame)
    top, bottom = min(frame) // picture.width, max(frame) // picture.width
    low, high = picture.crop((left + 4, top + 4, right - 3, bottom - 3)).convert("L").getextrema()
    return low < 90 and high > 200


@needs_browser
def test_keys_alone_lead_through_the_evidence_and_a_file_without_pages_shows_its_words(host: Host) -> None:
    host.call("verify", answer=INVOICE)
    browser = host.browser
    for key in ("Tab", "Tab", "Enter"):  # past the button of the files to the first sentence
        browser.press(key)
    browser.until("document.querySelector('mark')")
    marked = "(m => m.previousSibling.data.split('\\n').at(-1) + m.textContent)(document.querySelector('mark'))"
    assert re.search(r"PO 7718;.*Approved by: Oskar Lind$", browser.run(marked, inside=True))
    seen = "document.querySelector('#at').textContent"
    assert browser.run(seen, inside=True) == "1 of 2"
    for key, place in (("ArrowRight", "2 of 2"), ("ArrowRight", "1 of 2"), ("ArrowLeft", "2 of 2")):
        browser.press(key)
        assert browser.run(seen, inside=True) == place
    browser.until(DRAWN)


@needs_browser
def test_sources_that_disagree_stand_side_by_side_with_their_words(host: Host) -> None:
    host.call("ask", question=CONTRACTS)
    browser = host.browser
    browser.tap(".pair .t", 1)
    browser.until("document.querySelectorAll('mark').length == 2")
    for beside in (".pair > *", "figure"):
        first, second = browser.run(
            f"[...document.querySelectorAll('{beside}')].map(e => e.getBoundingClientRect().toJSON())", inside=True
        )
        assert (first["top"], first["right"] < second["left"]) == (second["top"], True)
    shown = browser.run("[...document.querySelectorAll('figure')].map(f => f.textContent)", inside=True)
    assert ["48 hours" in shown[0], "72 hours" in shown[1]] == [True, True]


@needs_browser
def test_a_contradicted_sentence_stands_beside_what_the_file_says_and_needs_no_colour(host: Host) -> None:
    host.call("verify", answer=WRONG)
    texts = host.browser.run("[...document.querySelectorAll('.s')].map(s => s.innerText)", inside=True)
    wrong, file, unknown = texts
    assert re.match(r"✗ MS Birk.*\scontradicted: .*2009", wrong)
    assert re.search(r"2006.*\s.*fleet-register\.html", file)
    assert re.match(r"\? The cook.*\sunsupported: ", unknown)
    assert host.browser.run("document.querySelectorAll('.pair > .s').length", inside=True) == 2
    borders = "[...document.querySelectorAll('.s')].map(s => getComputedStyle(s).borderLeftStyle)"
    assert host.browser.run(borders, inside=True) == ["double", "dotted", "dashed"]


@needs_browser
def test_the_files_are_listed_with_what_failed_and_why_by_the_tools_that_are_there(host: Host) -> None:
    host.call("verify", answer=INVOICE)
    host.browser.tap("#files")
    host.browser.until("document.querySelectorAll('#library button').length == 26")
    assert [call[1]["name"] for call in host.calls] == ["status", "list"]
    told = host.browser.run("document.querySelector('#library').innerText", inside=True)
    assert re.search(r"Documents under .*: 26", told)
    assert re.search(r"Not read \(1\)\s+broken\d*/torn\.pdf: E_\w+", told)
    assert "Read in part (1)" in told
    host.browser.tap("#library button", 0)
    host.browser.until("document.querySelector('figcaption')?.textContent.includes('passengers-2025.png')")
    host.browser.until(DRAWN)


@needs_browser
def test_a_question_that_is_still_worked_on_goes_on_at_a_button_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(tmp_path)
    unit, _ = slow.suite.parts.index.rows[0]
    slow.suite.verbs["ask"] = lambda suite, question: slow.ask(suite, question) or an_answer(question, unit.unit_id)
    with hosting(build_server(lambda: slow.suite, writable=False), "auto", tmp_path / "profile") as host:  # type: ignore[arg-type, return-value]
        host.browser.look(760)
        handle = host.call("ask", question="How long is the notice period?", seconds=0)["handle"]
        told = "document.querySelector('#sum').textContent + document.querySelectorAll('#answer button').length"
        assert host.browser.run(told, inside=True) == "working1"
        forwarded, seen = host._forwarded, list[str]()  # type: ignore[attr-defined]

        def meanwhile(method: str, params: Any) -> Any:
            seen.append(host.browser.run(told, inside=True))
            slow.may_end.set()
            return forwarded(method, params)

        monkeypatch.setattr(host, "_forwarded", meanwhile)
        host.browser.tap("#answer button")
        host.browser.until("document.querySelector('.supported')")
        assert seen == ["Working…0"]
        assert host.calls == [("tools/call", {"name": "ask", "arguments": {"handle": handle}})]
        assert host.browser.run("document.querySelector('#answer').textContent", inside=True).count("Go on") == 0


@needs_browser
@pytest.mark.parametrize(("theme", "bright"), [("light", True), ("dark", False)])
def test_the_page_follows_the_hosts_theme_and_fits_a_narrow_window(
    home: Path, tmp_path: Path, theme: str, bright: bool
) -> None:
    with host_at(home, "auto", tmp_path / "profile", theme=theme) as host:
        host.browser.look(360, dark=bright)  # the theme of the host counts, not that of the machine
        host.call("ask", question=CONTRACTS)
        host.browser.tap(".t")
        host.browser.until("document.querySelectorAll('mark').length == 2")
        assert host.browser.run("document.documentElement.scrollWidth", inside=True) == 360
        first, second = host.browser.run(
            "[...document.querySelectorAll('figure')].map(f => f.getBoundingClientRect().toJSON())", inside=True
        )
        assert first["bottom"] <= second["top"]
        with Image.open(io.BytesIO(host.browser.seen())) as drawn:
            grey = drawn.convert("L")
        assert (grey.getpixel((3, 3)) > 128) == bright
        low, high = grey.crop((0, 0, 360, 200)).getextrema()
        assert high - low > 150, "words and paper can be told apart"


@needs_browser
def test_what_a_file_says_stays_text_and_a_refused_page_says_why(tmp_path: Path) -> None:
    suite = a_suite(tmp_path)
    unit, asset = suite.parts.index.rows[0]
    suite.verbs["ask"] = lambda _, question: an_answer(question, unit.unit_id)
    suite.parts.index.rows[0] = (unit.model_copy(update={"text": f"Write to [EMAIL_1]. {HOSTILE}"}), asset)
    with hosting(build_server(lambda: suite, writable=False), "auto", tmp_path / "profile") as host:  # type: ignore[arg-type, return-value]
        host.call("ask", question="How long is the notice period?")
        host.browser.tap("button.t")
        host.browser.until("document.querySelector('.view small')")
        view = host.browser.run("document.querySelector('.view').textContent", inside=True)
        assert HOSTILE in view
        assert "personal data was redacted here" in view
        host.call("verify", answer=HOSTILE)
        assert HOSTILE in host.browser.run("document.querySelector('.s').textContent", inside=True)
        assert (
            host.browser.run("document.querySelectorAll('main img, main script, section img').length", inside=True) == 0
        )
