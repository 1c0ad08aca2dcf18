"""The written set: its files keep their format, and its task counts truths, lies, answers and refusals as they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from groundsight.errors import InvalidArgument
from groundsight.evals.asking import Asked
from groundsight.evals.metrics import contains_answer, rejected_at
from groundsight.evals.reading import read_rows
from groundsight.evals.result import TaskResult
from groundsight.evals.tasks import written
from groundsight.evals.tasks.written import WRITTEN, Pair
from groundsight.tracing import Watch
from tests.eval_house import context_of

PAIRS = sorted(WRITTEN.glob("pairs_*.jsonl"))
SHEETS = sorted(WRITTEN.glob("sheets_*.jsonl"))
FILES = sorted({*WRITTEN.glob("*.jsonl")} - {*PAIRS, *SHEETS})  # the training parts are not in every distribution
FIELDS = {"id", "domain", "text", "claims", "questions", "near_misses"}
TRUTHS = set("passive nominalised merged aggregated pronouns other_words partial near_copy rounding".split())
LIES = set(
    "number unit date name negation antonym comparative quantifier role cell currency rounding verb attribute detail "
    "modality sign rate time condition".split()
)
MISSES = set("modifier attribute party predicate entity time scope unit".split())
OPERATIONS = set("lookup rows count kinds sum mean most least difference larger".split())
TYPES = set("who when where what how_many how_much why which yes_no list how".split())

LETTER = {
    "id": "letter",
    "text": "Letter to the parish\nThe organ was repaired by Anna Holm in March 2024. The work cost 4,200 EUR.",
    "claims": [
        {"claim": "The organ was repaired by Anna Holm in March 2024.", "label": "supported", "how": "partial"},
        {"claim": "The work cost 4,900 EUR.", "label": "contradicted", "how": "number"},
    ],
    "questions": [{"question": "Who repaired the organ?", "answer": "Anna Holm", "type": "who"}],
    "near_misses": [{"question": "Who repaired the organ of Lisbon?", "how": "entity"}],
}
TABLE = {
    "id": "prices",
    "text": "Garden tools & seeds\nPrices hold until May.",
    "cells": [["Tool", "Price (EUR)"], ["Rake", "9.50"], ["Spade", "21.00"]],
    "claims": [
        {"claim": "The price of the rake is 9.50 EUR.", "label": "supported", "how": "other_words"},
        {"claim": "The price of the rake is 21.00 EUR.", "label": "contradicted", "how": "cell"},
    ],
    "questions": [{"question": "What is the price of the spade?", "answer": "21.00", "type": "how_much"}],
    "near_misses": [{"question": "What is the weight of the spade?", "how": "attribute"}],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    (folder / "test.jsonl").write_text("".join(json.dumps(row) + "\n" for row in (LETTER, TABLE)), "utf-8")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def whole(data: Path, home: Path) -> TaskResult:
    return written.run(context_of(data, home))


def test_truths_lies_questions_and_near_misses_are_counted_apart(whole: TaskResult) -> None:
    assert whole.n == 8
    value = {name: estimate.value for name, estimate in whole.metrics.items()}
    assert value["caught"] == 1.0
    assert value["truths_refused"] == value["truths_contradicted"] == 0.0, "a table's cells are evidence too"
    assert value["auroc"] == value["balanced_accuracy"] == 1.0
    assert value["right"] + value["wrong"] + value["unanswered"] == 1.0
    assert value["near_misses_refused"] == 1.0


def test_a_simple_question_is_answered_from_the_folder_of_all_texts(whole: TaskResult) -> None:
    right = {item.id: item.scores["right"] for item in whole.items if "right" in item.scores}
    assert right == {"letter/question 1": 1.0, "prices/question 1": 1.0}


def test_figures_are_told_by_kind_and_beside_controls(whole: TaskResult) -> None:
    assert {kind: set(rows) for kind, rows in whole.segments.items()} == {
        "truth": {"partial", "other_words"},
        "lie": {"number", "cell"},
        "question": {"who", "how_much"},
        "near_miss": {"entity", "attribute"},
    }
    assert whole.segments["lie"]["cell"] == {"n": 1}, "too few for a figure"
    assert {"overlap_auroc", "overlap_caught", "always_yes_caught", "nearest_passage_right"} <= set(whole.controls)
    assert {item.cluster for item in whole.items} == {"letter", "prices"}, "intervals draw whole texts"


def test_a_limit_draws_over_the_texts_and_keeps_every_claim(data: Path, home: Path, whole: TaskResult) -> None:
    drawn = [item.id for item in written.run(context_of(data, home, limit=1)).items]
    assert [name for name in drawn if "claim" in name] == [item.id for item in whole.items if "claim" in item.id]
    assert [name.split("/")[1] for name in drawn if "claim" not in name] == ["question 1", "near miss 1"]
    both = written.run(context_of(data, home, limit=2, seed=7))
    assert {item.id for item in both.items} == {item.id for item in whole.items}


def test_an_interrupted_run_of_the_written_set_goes_on(data: Path, home: Path, whole: TaskResult) -> None:
    def stop(done: float, total: float | None, message: str) -> None:
        if message == "prices/question 1":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        written.run(context_of(data, home, watch=Watch(stop)))
    kept = json.loads((home / "items.partial.jsonl").read_text().splitlines()[1])
    assert written.run(context_of(data, home)).items[0].wall_ms == kept["wall_ms"]


def test_a_set_without_lies_is_refused(tmp_path: Path, home: Path) -> None:
    row = {**LETTER, "claims": LETTER["claims"][:1]}
    (tmp_path / "test.jsonl").write_text(json.dumps(row), "utf-8")
    with pytest.raises(InvalidArgument, match="same label"):
        written.run(context_of(tmp_path, home))


def test_yes_no_counts_by_its_first_word_and_a_list_by_all_its_items() -> None:
    said = Asked(question="?", answer="no", type="yes_no")
    assert said.answered_by("No, only on Monday.")
    assert not said.answered_by("There is no fee.")
    listed = Asked(question="?", answer="Emil; Erich", also=("both brothers",), type="list")
    assert listed.answered_by("Erich and Emil")
    assert listed.answered_by("It was both brothers.")
    assert not listed.answered_by("Emil alone")


def test_lies_rejected_are_read_at_the_share_of_truths_rejected() -> None:
    scores, labels = [0.1, 0.2, 0.3, 0.4], [False, True, False, True]
    assert rejected_at(scores, labels, 0.0) == 0.5
    assert rejected_at(scores, labels, 0.5) == 1.0
    assert rejected_at([0.5] * 4, labels, 0.3) == pytest.approx(0.3), "equal scores tell nothing apart"
    assert rejected_at(scores, labels, 1.0) == 1.0
    with pytest.raises(ValueError, match="both classes"):
        rejected_at([0.5], [True], 0.5)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_shipped_texts_keep_their_format(path: Path) -> None:
    kind = path.stem.partition("_")[0]
    fewest = {"plain": (0, 5), "documents": (6, 5), "couples": (6, 4)}.get(kind, (6, 7))
    wrong = [f"{row['id']}: {fault}" for row in rows_of(path) for fault in faults(row, *fewest)]
    assert wrong == []


@pytest.mark.parametrize("path", PAIRS, ids=lambda path: path.stem)
def test_a_sentence_of_a_pair_is_as_often_true_of_one_text_as_of_the_other(path: Path) -> None:
    pairs = read_rows(path, Pair)
    assert len({pair.id for pair in pairs}) == len(pairs)
    told = [(one.a == "supported", one.b == "supported") for pair in pairs for one in pair.claims]
    mine, theirs = told.count((True, False)), told.count((False, True))
    assert abs(mine - theirs) < 0.1 * len(told)
    assert mine + theirs > 0.75 * len(told), "a claim's wording tells nothing where its label changes with the text"


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_a_sheet_is_a_table_with_questions_and_near_misses(path: Path) -> None:
    for row in rows_of(path):
        heads, *body = row["cells"]
        assert 3 <= len(set(heads)) == len(heads) <= 12, row["id"]
        assert {len(cells) for cells in body} == {len(heads)}, row["id"]
        assert 4 <= len(body) <= 20, row["id"]
        assert {asked["type"] for asked in row["questions"]} <= OPERATIONS
        assert all(asked["answer"] for asked in row["questions"])
        assert {miss["how"] for miss in row["near_misses"]} <= MISSES
        assert not {asked["question"] for asked in row["questions"]} & {miss["question"] for miss in row["near_misses"]}


def test_no_text_and_no_claim_is_there_twice() -> None:
    rows = [row for path in FILES for row in rows_of(path)]
    for said in ([row["id"] for row in rows], [claim["claim"] for row in rows for claim in row["claims"]]):
        assert len(said) == len(set(said))
    assert WRITTEN / "test.jsonl" in FILES


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def faults(row: dict[str, Any], claimed: int, questioned: int) -> Iterator[str]:
    """What is wrong with a text and with everything written about it, of which there has to be so much."""
    text = row["text"] + "\n" + "\n".join(" | ".join(cells) for cells in row.get("cells", []))
    if set(row) - {"cells"} != FIELDS:
        yield f"fields {sorted(row)}"
    if not 60 <= len(text.split()) <= 420:
        yield f"{len(text.split())} words"
    true = sum(claim["label"] == "supported" for claim in row["claims"])
    claims, asked = min(true, len(row["claims"]) - true), min(len(row["questions"]), len(row["near_misses"]))
    if claims < claimed or asked < questioned:
        yield "too little is written about it"
    yield from (f"claim {claim}" for claim in row["claims"] if not is_claim(claim, text))
    yield from (f"question {asked}" for asked in row["questions"] if not is_question(asked, text))
    yield from (f"near miss {miss}" for miss in row["near_misses"] if set(miss) != {"question", "how"})
    yield from (f"near miss {miss}" for miss in row["near_misses"] if miss["how"] not in MISSES)


def is_claim(claim: dict[str, str], text: str) -> bool:
    if set(claim) != {"claim", "label", "how"}:
        return False
    if claim["label"] == "supported":
        return claim["how"] in TRUTHS and claim["claim"] not in text
    return claim["label"] in ("contradicted", "unsupported") and claim["how"] in LIES


def is_question(asked: dict[str, Any], text: str) -> bool:
    """Known fields and type; yes or no, or words of the text that an answer can be seen to contain."""
    forms = (asked["answer"], *asked.get("also", []))
    if set(asked) - {"also"} != {"question", "answer", "type"} or asked["type"] not in TYPES:
        return False
    if asked["type"] == "yes_no":
        return asked["answer"] in ("yes", "no")
    return contains_answer(" ".join(forms), forms) and (asked["type"] == "list" or asked["answer"] in text)
