"""A source that asks and answers a question itself: FAQs, chats, interviews, mails with quoted questions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from groundsight.settings import Settings
from groundsight.suite import Suite, open_suite
from groundsight.types import Evidence
from tests.test_answer_chains import prose

FILES = {
    "hire.md": "# Canoe hire Rothsee\n\n## How late may I bring a canoe back?\n\nUntil sunset. Later costs a day.\n\n"
    "## Can children paddle alone?\n\nNo, an adult has to be in the boat.\n\n"
    "## Where do I leave the paddles?\n\nIs the shed locked?\n\n## What does a lost paddle cost?\n\n38 euros.\n\n"
    "## When is hand-in?\n\nFrom 9 am\n",
    "group.txt": "[03/06/25, 09:12] Noor: who keeps the key of the cellar?\n[03/06/25, 09:15] Emil: Ludo does\n"
    "[03/06/25, 09:16] Noor: and when is the next tasting?\n[03/06/25, 09:40] Emil: Thursday at eight\n"
    "[03/06/25, 09:41] Noor: how many bottles are left?\n[03/06/25, 09:50] Emil: did you count them?\n",
    "portrait.txt": "A talk with the beekeeper Runa Tveit\n\nQ: When did you get your first hive?\nA: In May 2011.\n",
    "antwort.txt": "Wann beginnt der Kurs Korbflechten?\nAm 14. September um 18 Uhr.\n",
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    root = tmp_path_factory.mktemp("replied")
    files = root / "files"
    files.mkdir()
    for name, text in FILES.items():
        (files / name).write_text(text, "utf-8")
    with open_suite(Settings.model_validate({"home": root / "home", "roots": [files]})) as opened:
        opened.ingest(files)
        yield opened


@pytest.mark.parametrize(
    ("question", "reply"),
    [
        ("How late can a canoe be brought back at Rothsee?", "Until sunset"),
        ("May children paddle alone?", "No, an adult has to be in the boat"),
        ("When is hand-in?", "When is hand-in: From 9 am"),  # a value alone states nothing
        ("Who keeps the cellar key?", "Emil: Ludo does"),
        ("What time is the next tasting?", "Emil: Thursday at eight"),
        ("When did Runa Tveit get her first hive?", "In May 2011"),
        ("Wann beginnt der Kurs Korbflechten?", "Am 14. September um 18 Uhr"),
    ],
)
def test_what_a_source_replies_to_the_same_question_is_quoted(suite: Suite, question: str, reply: str) -> None:
    answer = suite.ask(question)
    assert answer.status == "answered"
    assert reply in answer.text
    assert answer.grounding_ratio == 1.0


@pytest.mark.parametrize(
    "question",
    [
        "Can dogs paddle alone?",  # another one than the source asks for
        "Who keeps the key of the attic?",
        "When is hand-out?",
        "When was the last tasting?",
        "Where do I leave the paddles?",  # another question follows, no reply
        "How many bottles are left?",
        "When did Runa Tveit lose her first hive?",
    ],
)
def test_a_reply_to_another_question_is_none(suite: Suite, question: str) -> None:
    assert suite.ask(question).status != "answered"


def test_a_line_of_a_chat_does_not_run_on_into_the_next() -> None:
    from groundsight.evidence.replies import replies

    chat: Evidence = prose(
        "chat", "18:02 - Ada: who has it?\n18:05 - Bo: Cleo does\n18:06 - Ada: where is she?\nat home"
    )
    assert [(one.asked, one.said) for one in replies(chat)] == [
        ("who has it?", "Bo: Cleo does"),
        ("where is she?", "at home"),
    ]
