"""Answers on the terminal: as they come about, in a conversation, and as one page for a browser."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Generator
from pathlib import Path

import pytest

from groundsight.settings import load_settings
from groundsight.suite import open_suite
from tests.browser import FOUND, Browser
from tests.doors import trail
from tests.terminal_house import PROMPT, filled, run, run_in_terminal
from tests.view_house import HOSTILE, LIGHT, fill

QUESTION, FOLLOW_UP = "How many seats does MS Birk have?", "And MS Alva?"
PLAIN = "from groundsight.cli import main; sys.exit(main())"
# A question that is worked on until somebody stops it.
ENDLESS = """
import sys, threading
from groundsight.cli import main
from groundsight.graphs.chat import Conversation

stream = Conversation.stream

def endless(self, suite, words):
    if words != "wait":
        yield from stream(self, suite, words)
    print("at work", flush=True)
    while True:
        suite.watch.check()
        threading.Event().wait(0.01)

Conversation.stream = endless
sys.exit(main())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home, docs = filled(tmp_path_factory.mktemp("library"))
    with open_suite(load_settings(home)) as suite:
        suite.ingest([docs])
    return home


def test_on_a_terminal_an_answer_is_seen_to_come_about(home: Path) -> None:
    code, shown = run_in_terminal("ask", QUESTION, home=home)
    steps = ["plan: ", "search: ", "docs/fleet.csv: ", "verify: ", "✓", "Sources:", "Checked:", "answered: "]
    at = [shown.find(step) for step in steps]
    assert code == 0
    assert -1 not in at
    assert at == sorted(at)
    assert "240" in shown[at[4] : at[5]]
    assert trail(home)[-1] == ("ask", "OK")


def test_in_a_pipe_and_as_json_nothing_but_the_answer_is_said(home: Path) -> None:
    said = run("ask", QUESTION, home=home)
    assert "plan: " not in said.stdout + said.stderr
    code, shown = run_in_terminal("ask", QUESTION, "--json", home=home)
    assert code == 0
    assert json.JSONDecoder().raw_decode(shown, shown.index("{"))[0]["status"] == "answered"


def test_text_of_files_reaches_the_terminal_without_its_control_characters(home: Path) -> None:
    (home.parent / "docs/evil.html").write_text("<p>The siren &#27;]0;gone&#7;&#27;[2J sounds twice.</p>")
    with open_suite(load_settings(home)) as suite:
        suite.ingest([home.parent / "docs/evil.html"])
    _, shown = run_in_terminal("ask", "How often does the siren sound?", home=home)
    assert "docs/evil.html: The siren" in shown
    assert "\x1b]0" not in shown
    assert "\x1b[2J" not in shown


def test_a_follow_up_from_a_pipe_keeps_the_subject(home: Path) -> None:
    said = run("chat", "--json", home=home, typed=f"{QUESTION}\n\n{FOLLOW_UP}\n".encode())
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert said.returncode == 0
    assert [each["question"] for each in answers] == [QUESTION, "How many seats does MS Alva have?"]
    assert ["240" in answers[0]["text"], "180" in answers[1]["text"]] == [True, True]
    said = run("chat", home=home, typed=f"{QUESTION}\n".encode())
    assert said.stdout.startswith("MS Birk")
    assert "Checked:" in said.stdout
    assert PROMPT.decode() not in said.stdout


def test_a_question_that_fails_in_a_pipe_is_told_and_the_next_is_answered(home: Path) -> None:
    said = run("chat", "--json", home=home, typed=f"{'x' * 10_000}\n{QUESTION}\n".encode())
    first, second = map(json.loads, said.stdout.splitlines())
    assert said.returncode == 1
    assert first["error"]["code"].startswith("E_")
    assert second["status"] == "answered"


def test_at_the_prompt_questions_follow_one_another_until_control_d(home: Path) -> None:
    typed = [(PROMPT, f"{QUESTION}\n".encode()), (PROMPT, f"{FOLLOW_UP}\n".encode()), (PROMPT, b"\x04")]
    code, shown = run_in_terminal("chat", home=home, typed=typed)
    assert code == 0
    assert "plan: rules: How many seats does MS Alva have?" in shown
    assert shown.index("MS Birk has 240 seats [1]") < shown.index("has 180 seats [1]")


def test_a_line_is_edited_while_it_is_typed(home: Path) -> None:
    # Back over the last letter, and the one that was left out before it.
    typed = [(PROMPT, f"{QUESTION[:-2]}?\x1b[D{QUESTION[-2]}\n".encode()), (PROMPT, b"\x04")]
    code, shown = run_in_terminal("chat", home=home, typed=typed)
    assert code == 0
    assert "MS Birk has 240 seats [1]" in shown


def test_what_is_typed_and_is_no_text_is_replaced(home: Path) -> None:
    typed = [(PROMPT, b"\xff\xfe bees\n"), (PROMPT, f"{QUESTION}\n".encode()), (PROMPT, b"\x04")]
    strict = f"import sys; sys.stdin.reconfigure(errors='strict')\n{PLAIN}"
    code, shown = run_in_terminal("chat", home=home, typed=typed, program=strict)
    assert code == 0
    assert "MS Birk has 240 seats [1]" in shown


def test_control_c_stops_one_answer_and_empties_a_line(home: Path) -> None:
    typed = [
        (PROMPT, b"wait\n"),
        (b"at work", b"\x03"),
        (PROMPT, b"never mind"),
        # A signal that comes before readline waits is seen by Python at the next line only.
        (b"never mind", b"\x03\n"),
        (PROMPT, f"{QUESTION}\n".encode()),
        (PROMPT, b"\x04"),
    ]
    code, shown = run_in_terminal("chat", home=home, typed=typed, program=ENDLESS)
    assert code == 0
    assert "stopped" in shown
    assert "Traceback" not in shown
    assert shown.index("stopped") < shown.index("MS Birk has 240 seats [1]")
    # Where the second signal came before the line editor waits, the line that it was to empty was asked, too.
    assert ("ask", "E_CANCELLED") in trail(home)[-3:]
    assert trail(home)[-1] == ("ask", "OK")


def test_what_was_typed_is_kept_by_the_receipts_alone(home: Path) -> None:
    def held() -> Counter[str]:
        files = [path for path in home.rglob("*") if path.is_file()]
        return Counter({path.name: path.read_bytes().count(QUESTION.encode()) for path in files})

    before = held()
    run_in_terminal("chat", home=home, typed=[(PROMPT, f"{QUESTION}\n".encode()), (PROMPT, b"\x04")])
    asked = {"audit.jsonl", "labels.db", "notebook.db", "receipts.db", "receipts.db-journal"}
    assert held().keys() - before.keys() <= asked
    assert {name for name, number in (held() - before).items() if number} <= {"receipts.db"}


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An answer that rests on a page, by a home whose texts have vectors."""
    home, file = tmp_path_factory.mktemp("read"), tmp_path_factory.mktemp("page") / "answer.html"
    (home / "groundsight.toml").write_text(LIGHT.replace('text = "none"\n', ""))
    fill(home / "docs")
    with open_suite(load_settings(home)) as suite:
        suite.ingest([home / "docs"])
    done = run("ask", "How long is the notice period of the contract?", "--html", str(file), home=home)
    assert (done.returncode, done.stderr) == (0, f"written: {file}\n")
    return file


def test_an_answer_is_one_file_that_runs_nothing_and_leads_nowhere(page: Path) -> None:
    text = page.read_text("utf-8")
    assert "<script" not in text
    assert 'href="/' not in text
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text.replace("&#x27;", "'")
    assert '<span class="said supported">' in text
    assert "data:image/png;base64," in text
    assert page.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in page.parent.iterdir()] == ["answer.html"]


def test_what_files_hold_is_text_on_the_page(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "answer.html"
    run("ask", "When is the meeting?", "--html", str(file), home=home)
    assert HOSTILE not in file.read_text("utf-8")
    assert "&lt;script&gt;" in file.read_text("utf-8")


def test_hidden_values_stay_hidden_on_the_page(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "answer.html"
    run("ask", "Where do questions about the harbour go?", "--html", str(file), home=home)
    text = file.read_text("utf-8")
    assert "ann.berg" not in text
    assert "The page is not shown" in text


@pytest.mark.parametrize("name", ["contract.pdf", "nowhere/a.html", "folder.html"])
def test_a_page_is_written_where_pages_belong_and_nothing_is_asked_before_that_is_known(
    home: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "contract.pdf").write_text("mine")
    (tmp_path / "folder.html").mkdir()
    before = trail(home)
    refused = run("ask", QUESTION, "--html", str(tmp_path / name), home=home)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert (tmp_path / "contract.pdf").read_text() == "mine"
    assert trail(home) == before


@pytest.fixture
def browser(tmp_path: Path) -> Generator[Browser]:
    browser = Browser(tmp_path / "profile")
    yield browser
    browser.close()


@pytest.mark.skipif(not FOUND, reason="no Chromium is installed")
def test_the_page_shows_sentences_in_colours_and_the_box_on_the_page(page: Path, browser: Browser) -> None:
    browser.window(1100)
    browser.open(page.as_uri())
    colours = (
        "[getComputedStyle(document.querySelector('.said')).textDecorationColor, getComputedStyle(document.body).color]"
    )
    said, plain = browser.see(colours)
    assert said != plain
    assert browser.see("[...document.images].every(one => one.naturalWidth > 300)")
    wide = browser.see("document.querySelector('.sheet rect').getBoundingClientRect().width")
    assert 50 < wide < 500
    assert (
        browser.see("performance.getEntriesByType('resource').filter(one => !one.name.startsWith('data:')).length") == 0
    )
    browser.window(390)
    assert not browser.see("document.documentElement.scrollWidth > innerWidth")
