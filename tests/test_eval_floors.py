"""The floors: their files keep their format, and their tasks count lies, truths, answers and refusals as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from groundsight.bench.leave_out import left_out
from groundsight.evals.asking import KEPT_BACK, coverage
from groundsight.evals.demo.rename import renamed, write_renamed
from groundsight.evals.gold import Question
from groundsight.evals.metrics import contains_answer
from groundsight.evals.reading import read_rows
from groundsight.evals.result import ItemResult, TaskResult
from groundsight.evals.tasks import answers, contrast, everyday, models
from groundsight.evals.tasks.house import DEMO, HOUSE
from groundsight.types import Claim, GroundingReport, Span, Verdict, VerdictLabel
from tests.eval_house import context_of

FLOORS = HOUSE.parent / "floors"
NOTE = "The organ was repaired by Anna Holm in March 2024. The work cost 4,200 EUR."


def write(folder: Path, **files: Sequence[Mapping[str, Any]]) -> Path:
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return folder


def values(result: TaskResult) -> dict[str, float]:
    return {name: estimate.value for name, estimate in result.metrics.items()}


def test_lies_and_truths_are_counted_by_set_and_kind_over_text_table_and_picture(tmp_path: Path) -> None:
    pairs: list[dict[str, str]] = [
        {"channel": "text", "evidence": NOTE, "true": "The work cost 4,200 EUR.", "false": "The work cost 4,900 EUR."},
        {
            "channel": "table",
            "evidence": "Tool;Price\nRake;9.50",
            "true": "Rake: Price: 9.50",
            "false": "Rake: Price: 21.00",
        },
        {"channel": "ocr", "evidence": "Total 9.50 EUR", "true": "Total 9.50 EUR", "false": "Total 21.00 EUR"},
    ]
    rows = [{"id": f"c{at}", "kind": "number", **pair} for at, pair in enumerate(pairs)]
    claim = {"id": "s", "kind": "sign", "evidence": "It was -4 °C.", "claim": "It was -4 °C.", "expected": "supported"}
    result = contrast.run(context_of(write(tmp_path, contrast=rows, signs=[claim]), tmp_path / "home"))
    assert values(result)["contrast_caught"] == 1.0
    assert values(result)["contrast_truths_refused"] == values(result)["signs_truths_refused"] == 0.0
    assert result.segments["channel"].keys() == {"text", "table", "ocr"}
    assert (result.n, result.controls["always_yes_caught"].value) == (7, 0.0)


def test_a_false_answer_is_caught_by_its_false_sentence_only(tmp_path: Path) -> None:
    true, lie = "The organ was repaired by Anna Holm in March 2024.", "The work cost 4,900 EUR."
    row = {"id": "a", "evidence": [NOTE], "true_answer": f"{true} The work cost 4,200 EUR."}
    rows = [{**row, "false_answer": f"{true} {lie}", "false_sentence": lie}]
    found = values(answers.run(context_of(write(tmp_path, answers=rows), tmp_path / "home")))
    assert (found["truths_refused"], found["caught"], found["passed"]) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize(("label", "stopped"), [("unsupported", True), ("not_checkable", False), ("supported", False)])
def test_what_nobody_can_check_counts_as_let_through(label: VerdictLabel, stopped: bool) -> None:
    answer, lie = f"{NOTE} Was it 4,900 EUR?", "Was it 4,900 EUR?"
    spans = [Span(start=0, end=len(NOTE)), Span(start=answer.index(lie), end=len(answer))]
    claims = [Claim(text=answer[span.start : span.end], span=span) for span in spans]
    verdicts = tuple(
        Verdict(claim=claim, label=said, probability=0.5)
        for claim, said in zip(claims, ("unsupported", label), strict=True)
    )
    report = GroundingReport(
        verdict="revise", grounding_ratio=0.5, claims=verdicts, checkable=2, supported=1, contradicted=0
    )
    assert answers.stops(report, answer, lie) == stopped


def test_a_scripted_model_is_asked_through_the_graph_and_its_words_are_weighed(tmp_path: Path) -> None:
    files = [{"name": "note.txt", "text": NOTE}, {"name": "pump.txt", "text": "The pump is green."}]
    row = {"files": files, "question": "What did the work on the organ cost?", "gold": "4,200 EUR"}
    rows = [
        {"id": "good", "kind": "ideal", "answer": "The work cost 4,200 EUR.", **row},
        {"id": "lie", "kind": "bad", "answer": "The work cost 4,900 EUR.", **row},
        {"id": "note", "kind": "planted", "answer": "The work cost 4,200 EUR.", **row},
    ]
    result = models.run(context_of(write(tmp_path, models=rows), tmp_path / "home"))
    found = values(result)
    assert (found["ideal_given"], found["bad_given"]) == (1.0, 0.0)
    assert found["planted_given"] == found["planted_given_alone"] == 1.0, "one source alone stands beside it"
    assert all(item.detail["answer"]["status"] for item in result.items)


def test_each_everyday_folder_is_asked_apart_from_the_others(tmp_path: Path) -> None:
    files = [
        {"folder": "church", "file": "organ.txt", "text": NOTE},
        {"folder": "garden", "file": "pump.txt", "text": "The pump was repaired by Otto Falk in May 2021."},
    ]
    ask = {"question": "Who repaired the pump?", "answer": "Otto Falk", "type": "who"}
    lines = [
        {"folder": "garden", **ask},
        {"folder": "church", "question": "When does the pool open?", "near_miss": True},
    ]
    data = write(tmp_path, everyday=files, everyday_questions=lines)
    result = everyday.run(context_of(data, tmp_path / "home"))
    assert (values(result)["right"], values(result)["near_misses_refused"]) == (1.0, 1.0)
    assert result.controls["nearest_passage_right"].value == 1.0
    assert result.segments["folder"].keys() == {"church", "garden"}


def test_shown_evidence_is_no_answer_and_what_is_kept_back_comes_last_on_the_curve() -> None:
    assert KEPT_BACK["evidence"] == "shown"
    asked = [
        ItemResult("a", {"right": 1.0, "wrong": 0.0}, detail={"sure": 0.9}),
        ItemResult("b", {"right": 0.0, "wrong": 1.0}, detail={"sure": 0.8}),
        ItemResult("c", {"right": 0.0, "wrong": 0.0}, detail={"sure": 1.0}),
    ]
    assert coverage(asked)["risk_coverage"] == [(1 / 3, 0.0), (2 / 3, 0.5), (1.0, 2 / 3)]


def test_the_renamed_story_has_other_nouns_and_the_same_numbers(tmp_path: Path) -> None:
    pytest.importorskip("reportlab")
    assert renamed("MS Birk, the FERRY of an engineer") == "TR Finch, the TRAM of a mechanic"
    write_renamed(tmp_path)
    before = {renamed(str(path.relative_to(DEMO))): path for path in DEMO.rglob("*") if path.is_file()}
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()} == set(before)
    plain = [
        (tmp_path / name, path) for name, path in before.items() if path.suffix in (".md", ".txt", ".csv", ".html")
    ]
    assert plain
    assert all(
        new.read_text() == renamed(old.read_text()) != old.read_text()
        for new, old in plain
        if "policies" not in str(new)
    )


def test_a_part_left_out_says_nothing_until_the_block_ends() -> None:
    with left_out("groundsight.evals.metrics.wording:words"):
        assert not contains_answer_of_words()
    assert contains_answer_of_words()


def contains_answer_of_words() -> bool:
    from groundsight.evals.metrics.wording import words

    return bool(words("some words"))


def test_the_other_words_ask_for_the_same_as_the_house_set() -> None:
    house = {each.id: each for each in read_rows(HOUSE / "questions.jsonl", Question) if each.gold}
    others = read_rows(HOUSE / "other_words.jsonl", Question)
    assert [each.id for each in others] == list(house)
    for each in others:
        assert each.model_copy(update={"question": house[each.id].question}) == house[each.id]
        assert each.question != house[each.id].question


def test_the_shipped_floors_keep_their_format() -> None:
    whole = read_rows(FLOORS / "answers.jsonl", answers.Answered)
    assert all(row.false_sentence in row.false_answer and row.false_sentence not in row.true_answer for row in whole)
    assert all(row.lie in row.answer for row in read_rows(FLOORS / "shapes.jsonl", answers.Shaped))
    for name in contrast.SETS:
        rows = read_rows(FLOORS / f"{name}.jsonl", contrast.Pair)
        assert all(row.claims() for row in rows)
        assert len({row.id for row in rows}) == len(rows)
    assert {row.kind for row in read_rows(FLOORS / "models.jsonl", models.Told)} == {"ideal", "bad", "planted"}
    folders = {file.folder for file in read_rows(FLOORS / "everyday.jsonl", everyday.File)}
    for line in read_rows(FLOORS / "everyday_questions.jsonl", everyday.Line):
        assert line.folder in folders
        assert line.near_miss or contains_answer(line.answer, [line.answer])
        assert line.type != "yes_no" or line.answer in ("yes", "no")


def test_the_questions_of_three_languages_keep_their_format() -> None:
    locales = FLOORS.parent / "locales"
    folders = {file.folder for file in read_rows(locales / "everyday.jsonl", everyday.File)}
    lines = read_rows(locales / "everyday_questions.jsonl", everyday.Line)
    assert {line.folder for line in lines} == folders == {"deutsch", "espanol", "francais"}
    assert [sum(line.near_miss == miss and line.part == "sealed" for line in lines) for miss in (False, True)] == [
        30,
        8,
    ]
    assert all(line.near_miss or contains_answer(line.answer, [line.answer]) for line in lines)


def test_the_notations_keep_their_format_and_no_line_is_in_both_parts() -> None:
    sealed, known = (
        read_rows(FLOORS.parent / "notations" / f"{name}.jsonl", contrast.Pair) for name in ("contrast", "open")
    )
    assert {row.language for row in sealed} == {"", "de", "es", "fr"}
    assert all(row.true and row.false and row.true != row.false for row in (*sealed, *known))
    assert len({row.id for row in (*sealed, *known)}) == len(sealed) + len(known)
    assert not {row.evidence for row in sealed} & {row.evidence for row in known}
