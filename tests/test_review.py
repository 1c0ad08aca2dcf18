"""What a person judges: who may see it, how long it is kept, and that the evaluation reads what was said."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from groundsight.cli import main
from groundsight.evals.gold import Question
from groundsight.evals.reading import read_rows
from groundsight.governance.answer_figures import given_since
from groundsight.governance.review import (
    Reviewed,
    ReviewedSentence,
    ReviewedSource,
    queue,
    queue_answer,
    review_items,
    unsure,
)
from groundsight.ingestion.to_review import queue_pictures
from groundsight.settings import Settings, load_settings
from groundsight.suite import open_suite
from groundsight.types import Answer, Fit, Principal, Tag
from tests.build import make_asset, make_unit
from tests.doors import an_answer

if TYPE_CHECKING:
    from tests.command import Run

pytest_plugins = ("tests.command",)
RENT = "The rent is 84 EUR a year."


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    (tmp_path / "files/lease.txt").write_text(RENT)
    return tmp_path


@pytest.fixture
def settings(place: Path) -> Settings:
    return load_settings(place / "home", roots=(place / "files",))


@pytest.fixture
def run(run: Run, monkeypatch: pytest.MonkeyPatch, place: Path) -> Run:
    """Run a command with the files read, and with every answer held for unsure."""
    monkeypatch.setenv("GROUNDSIGHT_GOVERNANCE__REVIEW_BELOW", "1.0")
    run("ingest", str(place / "files"))
    return run


def with_label(settings: Settings, *labels: str) -> None:
    """Let only holders of a label read what is indexed."""
    from groundsight.governance.redaction import seal_entry
    from groundsight.index import Entry
    from groundsight.types import Filter

    with open_suite(settings) as suite:
        for each in list(suite.parts.index.export(Filter())):
            asset = each.asset.model_copy(update={"labels": labels})
            sealed = seal_entry(asset, each.units, settings.governance.redact)
            suite.parts.index.upsert([Entry(asset, each.units, sealed, each.vectors, each.rows)])


def test_an_answer_that_is_not_sure_waits_is_judged_and_becomes_a_question_of_an_evaluation(
    run: Run, place: Path
) -> None:
    run("ask", "How much is the rent?")
    run("ask", "How much is the rent?")
    (item,) = run("review", "list")[1]["items"]
    shown = run("review", "show", item["id"])[1]["item"]["told"]
    assert [each["source"] for each in shown["sources"]] == ["files/lease.txt"]
    code, told = run("review", "judge", item["id"], "--verdict", "right")
    assert (code, told["item"]["verdict"], told["item"]["who"]) == (0, "right", "local")
    assert told["item"]["judged"] > 0
    assert run("review", "list")[1]["items"] == []
    file = place / "set/questions.jsonl"
    assert run("review", "export", str(file))[1]["written"] == 1
    (row,) = read_rows(file, Question)
    assert row.gold[0].source == "files/lease.txt"
    assert row.gold[0].contains in RENT
    held = ["--corpus", str(place / "files"), "--home", str(place / "eval"), "--json", str(place / "r.json")]
    assert main(["eval", "house", str(file.parent), *held]) == 0
    assert json.loads((place / "r.json").read_text())["n"] == 1


def test_a_wrong_answer_is_exported_with_the_right_one_alone_and_an_unanswerable_one_without_gold(
    run: Run, place: Path
) -> None:
    asked = ("How much is the rent?", "How much is the rent a year?", "How much is the rent in a year?")
    for question in asked:
        run("ask", question)
    items = [each["id"] for each in run("review")[1]["items"]]
    assert len(items) == 3
    run("review", "judge", items[0], "--verdict", "wrong", "--answer", "84 EUR")
    run("review", "judge", items[1], "--verdict", "wrong")
    run("review", "judge", items[2], "--verdict", "unanswerable", "--note", "asks for another plot")
    told = run("review", "export", str(place / "judged.jsonl"))[1]
    rows = read_rows(place / "judged.jsonl", Question)
    assert (told["written"], told["left_out"]) == (2, 1)
    assert [(row.answers, bool(row.gold)) for row in rows] == [(["84 EUR"], True), ([], False)]


def test_who_may_not_see_a_document_sees_nothing_that_comes_from_it(run: Run, settings: Settings) -> None:
    run("ask", "How much is the rent?")
    (item,) = run("review")[1]["items"]
    with_label(settings, "board")
    assert run("review")[1]["items"] == []
    hidden, absent = run("review", "show", item["id"])[1]["error"], run("review", "show", "v0")[1]["error"]
    assert (hidden["code"], hidden["what"]) == (absent["code"], absent["what"])
    assert run("review", "judge", item["id"], "--verdict", "right")[1]["error"]["code"] == "E_NOT_FOUND"


def test_another_tenant_has_another_queue(run: Run) -> None:
    run("ask", "How much is the rent?")
    assert run("review", "list", "--tenant", "other")[1]["items"] == []


def test_an_item_goes_with_its_document_to_the_byte(run: Run, place: Path) -> None:
    run("ask", "How much is the rent?")
    book = place / "home/daybook.db"
    assert b"84 EUR" in book.read_bytes()
    run("forget", "files/lease.txt")
    assert b"84 EUR" not in book.read_bytes()
    assert run("review")[1]["items"] == []


def test_an_item_goes_when_its_document_changes(run: Run, place: Path) -> None:
    run("ask", "How much is the rent?")
    (place / "files/lease.txt").write_text("The rent is 90 EUR a year.")
    run("ingest", str(place / "files"))
    assert b"84 EUR" not in (place / "home/daybook.db").read_bytes()


@pytest.mark.parametrize(
    ("changed", "is_unsure"),
    [
        ({}, False),
        ({"fit": Fit(value="partly")}, True),
        ({"verdicts": ()}, True),
        ({"status": "refused"}, False),
        ({"status": "evidence"}, False),
    ],
)
def test_only_what_was_given_and_is_not_sure_waits(changed: dict[str, Any], is_unsure: bool) -> None:
    assert bool(unsure(an_answer("How long?").model_copy(update=changed), 0.8)) == is_unsure


def test_what_a_person_typed_is_kept_without_personal_data(settings: Settings) -> None:
    asked = an_answer("How much does anna@example.org pay?").model_copy(update={"fit": Fit(value="partly")})
    queue_answer(settings, "default", asked)
    (item,) = review_items(settings.home, "default")
    assert item.told.question == "How much does [EMAIL_1] pay?"
    told = item.told
    guessed = "\0".join(("default", told.kind, told.question, told.text, *told.assets)).encode()
    assert hashlib.sha256(guessed).hexdigest()[:16] not in item.id, "the id stays in the audit trail"


BOAT = (Tag(name="speedboat", probability=0.9),)


def test_captions_are_drawn_by_their_unit_and_not_by_chance(settings: Settings) -> None:
    asset = make_asset("a.png").model_copy(update={"tenant": "default"})
    units = [make_unit(asset, at, kind="image", caption=f"a boat {at}", tags=BOAT, ocr=f"{at}") for at in range(200)]
    for _ in range(2):
        queue_pictures(settings, asset, units)
    items = review_items(settings.home, "default")
    assert 2 <= len(items) <= 25
    assert {each.told.why for each in items} == {"drawn by sample"}


@pytest.mark.parametrize(
    ("seen", "kind", "why"),
    [
        ({"caption": "a man in a wheelchair", "tags": BOAT}, "caption", "it may tell of somebody: health"),
        ({"caption": "tall lighthouses", "tags": BOAT}, "caption", "nothing else bears out: tall, lighthouses"),
        ({"caption": "an Asian woman", "tags": BOAT}, "caption", "it may tell of somebody: origin"),
        ({"tags": (Tag(name="speedboat", probability=0.27),)}, "detection", "the likeliest tag is 0.27 sure"),
        ({"tags": BOAT}, "", ""),
    ],
)
def test_a_picture_that_is_not_sure_or_tells_of_somebody_waits(
    settings: Settings, seen: dict[str, Any], kind: str, why: str
) -> None:
    asset = make_asset("a.png").model_copy(update={"tenant": "default"})
    never = settings.governance.model_copy(update={"review_captions": 10**18})
    made = settings.model_copy(update={"governance": never})
    queue_pictures(made, asset, [make_unit(asset, 0, kind="image", **seen)])
    found = [(each.told.kind, each.told.why) for each in review_items(settings.home, "default")]
    assert found == ([(kind, why)] if kind else [])


def test_judged_sentences_move_the_threshold_of_this_index_only_when_enough_speak_for_it_and_a_person_says_so(
    run: Run, place: Path
) -> None:
    """Sentences under .90 are judged wrong, those above right, as a person would who reads them."""
    index_unit = run("search", "rent")[1]["hits"][0]["id"]
    home = place / "home"

    def judge(number: int, wrong: int) -> Any:
        for at in range(number):
            said = [(f"The rent {at} is {word}.", likely) for word, likely in (("true", 0.95), ("odd", 0.8))]
            sentences = tuple(
                ReviewedSentence(text=text, label="supported", probability=likely) for text, likely in said
            )
            here = (ReviewedSource(unit_id=index_unit, source="files/lease.txt"),)
            told = Reviewed(
                kind="answer", why="x", question=f"{number} {at}?", text="x", sentences=sentences, sources=here
            )
            queue(home, "default", (told,))
        for item in run("review")[1]["items"]:
            run("review", "judge", item["id"], "--verdict", "wrong", "--wrong", str(wrong))
        return run("review", "calibrate")[1]

    told = judge(14, 2)
    assert (told["found"]["right"], told["found"]["wrong"], told["in_force"]) == (14, 14, None)
    refused = run("review", "calibrate", "--apply")[1]["error"]
    assert refused["code"] == "E_INVALID_ARG"
    assert "15 of each are needed" in refused["which"]
    told = judge(3, 2)
    assert (told["found"]["errors"], told["found"]["held_out"], told["in_force"]) == (17, 0, None)
    told = run("review", "calibrate", "--apply")[1]
    assert told["in_force"]["threshold"] == 0.875
    checks = run("ask", "How much is the rent?")[1]["receipt"]
    assert "+judged@0." in run("explain", checks)[1]["models"]["checks"]
    run("review", "calibrate", "--lift")
    assert run("review", "calibrate")[1]["in_force"] is None
    (changed,) = [each for each in run("replay", checks)[1]["changes"] if each["what"] == "model"]
    assert changed["which"] == "checks"


def test_a_sentence_that_is_not_there_can_not_be_called_wrong(run: Run) -> None:
    run("ask", "How much is the rent?")
    (item,) = run("review")[1]["items"]
    for words in (["wrong", "--wrong", "9"], ["right", "--wrong", "1"]):
        told = run("review", "judge", item["id"], "--verdict", *words)[1]["error"]
        assert (told["code"], told["which"]) == ("E_INVALID_ARG", "--wrong")
    for deed in ("judge", "show"):
        told = run("review", deed)[1]["error"]
        assert (told["code"], told["which"], "review list" in told["next_step"]) == ("E_INVALID_ARG", "ID", True)


def test_a_check_counts_among_the_figures_as_an_answer_does(run: Run, place: Path) -> None:
    (place / "said.txt").write_text("The rent is 85 EUR a year.")
    run("verify", "--answer", str(place / "said.txt"))
    run("verify", "--answer", str(place / "said.txt"), "--evidence", str(place / "files/lease.txt"))
    found = given_since(place / "home")
    assert [(one.door, one.contradicted, one.ratio) for one in found] == [("verify", 1, 0.0)] * 2


def test_a_verdict_is_one_of_three_words(settings: Settings, run: Run) -> None:
    answer: Answer = an_answer("How long?").model_copy(update={"fit": Fit(value="partly")})
    queue_answer(settings, Principal().tenant, answer)
    assert run("review")[1]["items"] == []  # its unit is not there
    run("ask", "How much is the rent?")
    (item,) = run("review")[1]["items"]
    told = run("review", "judge", item["id"])[1]["error"]
    assert told["code"] == "E_INVALID_ARG"
    assert "--verdict" in told["which"]
