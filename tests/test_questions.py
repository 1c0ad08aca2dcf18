"""At every door the least that may be asked, searched or checked is one word; what names nothing is not answered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client

from groundsight.agent.question import Question, asks_nothing
from groundsight.cli import main
from groundsight.errors import GroundsightError, InvalidArgument
from groundsight.graphs.answer import build_answer_graph
from groundsight.graphs.verify import build_verify_graph
from groundsight.limits import has_words, require_question
from groundsight.server import build_server
from groundsight.settings import Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tools.ask import ask as tools_ask

LIGHT = '[models]\nvisual = "none"\ntext = "none"\n[ingestion]\ntags = false\nocr = false\n'
WORDLESS = [
    "((((((", "?! --", "😀 🎉", " \t\n\u00a0\u2003\u3000", "\u200b\u2060\ufeff", "\x00\x07\x1b", "\u202e\u2066",
    "\u3164\u115f", "\u0301", "\ue000", "[ ]", "***",
]  # fmt: skip
NOTHING_NAMED = ["is it", "the of and", "What is it?", "who are you?", "Where is it?", "how long is it?"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A home that holds statements which fit any question without needs."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "docs").mkdir()
    (folder / "docs" / "notes.md").write_text(
        "# ((((((\n\nThe board is (((((( here.\n\n- make demo\n- It is 60 long.\n"
    )
    (folder / "home").mkdir()
    (folder / "home" / "groundsight.toml").write_text(LIGHT)
    assert main(["ingest", str(folder / "docs"), "--home", str(folder / "home")]) == 0
    return load_settings(folder / "home")


PYTHON: dict[str, Callable[[Suite, str], Any]] = {
    "ask": Suite.ask,
    "search": Suite.search,
    "verify": lambda suite, text: suite.verify(text, ()),
    "answer graph": lambda suite, text: build_answer_graph(suite).invoke({"question": text}),
    "verify graph": lambda suite, text: build_verify_graph(suite).invoke({"answer": text}),
}


@pytest.mark.parametrize("door", PYTHON)
def test_python_and_the_graphs_refuse_what_holds_no_word(settings: Settings, door: str) -> None:
    with open_suite(settings) as suite:
        for text in WORDLESS:
            with pytest.raises(InvalidArgument, match="no word"):
                PYTHON[door](suite, text)


def test_the_tools_refuse_what_holds_no_word(settings: Settings) -> None:
    async def run() -> list[Any]:
        async with Client(build_server(lambda: open_suite(settings), writable=False)) as client:
            calls = [("ask", "question"), ("search", "query"), ("verify", "answer")]
            return [await client.call_tool(tool, {name: text}) for tool, name in calls for text in WORDLESS]

    rules = settings.governance.model_copy(update={"burst": 1_000})
    settings = settings.model_copy(update={"governance": rules})
    refused = asyncio.run(run())
    assert {each.structured_content["error"]["code"] for each in refused} == {"E_INVALID_ARG"}


@pytest.mark.parametrize("command", ["ask", "search", "verify"])
def test_the_command_line_refuses_what_holds_no_word(
    settings: Settings, command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = tmp_path / "answer.txt"
    answer.write_text("(((((( 🎉", "utf-8")
    given = ["--answer", str(answer)] if command == "verify" else ["(((((( 🎉"]
    assert main([command, *given, "--home", str(settings.home)]) == 2
    assert "E_INVALID_ARG" in capsys.readouterr().err


def test_a_question_that_names_nothing_is_not_answered_with_whatever_lies_nearest(settings: Settings) -> None:
    with open_suite(settings) as suite:
        for question in NOTHING_NAMED:
            answer = suite.ask(question)
            assert (answer.status, answer.grounding_ratio) == ("abstained", None), question
            assert "names nothing" in answer.text
        assert suite.ask("What is the board?").status != "refused"


NO_QUESTION = ["[1]", "7", "3.50", "x", "2031", "(b)", "4 5 6", "a 1"]
NOTHING_ASKED = ["board", "the board?", "GBP", "make", "2031 board", "30kg board", "March"]
SOMETHING_ASKED = [
    "board notes", "BX-2041", "P-300", '"board"', "is the board long", "list boards", "Ada Roe", "板在哪里",
]  # fmt: skip


@pytest.mark.parametrize("question", NO_QUESTION)
def test_a_digit_or_a_letter_is_no_question_though_it_may_be_searched(settings: Settings, question: str) -> None:
    with open_suite(settings) as suite:
        for ask in (suite.ask, lambda text: tools_ask(suite, text)):
            with pytest.raises(InvalidArgument, match="no word of two letters"):
                ask(question)
        suite.search(question)


def test_a_bare_word_asks_nothing_and_is_shown_what_was_found(settings: Settings) -> None:
    with open_suite(settings) as suite:
        for question in NOTHING_ASKED:
            answer = suite.ask(question)
            assert (answer.status, answer.grounding_ratio) == ("abstained", None), question
            assert "but asks nothing of it" in answer.text, question
        assert suite.ask("board").evidence


@pytest.mark.parametrize("question", SOMETHING_ASKED)
def test_a_name_an_identifier_a_topic_of_two_words_and_a_verb_ask_something(question: str) -> None:
    require_question(question)
    assert asks_nothing(Question(question)) == ""


@given(st.text())
def test_a_word_is_a_letter_or_digit_that_can_be_seen(text: str) -> None:
    assert has_words(text + "a")
    assert has_words(f"{text} 7")
    assert not has_words("".join(char for char in text if not char.isalnum()))


def test_a_refusal_says_what_to_do(settings: Settings) -> None:
    with open_suite(settings) as suite, pytest.raises(GroundsightError) as caught:
        suite.ask("((((((")
    assert str(caught.value) == "E_INVALID_ARG: the question holds no word. Next: ask in words"
