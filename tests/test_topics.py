"""Which files speak of something, and what stands in one: told by their own sentences, within what one may see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from groundsight.suite import Suite, open_suite
from tests.test_catalogue import guarded, settings_of
from tests.test_folder import put
from tests.test_ingest_files import call

FILES = {
    "lease.md": "# Lease of the workshop\nThe rent is 900 EUR a month.\n\nThe kiln may be used at night.",
    "kiln.txt": "The kiln was fired in March. A shelf broke at 1,100 degrees.",
    "glazes.csv": "glaze,cone,colour\nceladon,9,green\ntenmoku,10,brown\n",
}


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    for name, text in FILES.items():
        put(tmp_path / "pottery" / name, text)
    with open_suite(settings_of(tmp_path)) as opened:
        opened.ingest([tmp_path / "pottery"])
        yield opened


@pytest.mark.parametrize(
    ("question", "quotes"),
    [
        ("Which files mention the kiln?", {"kiln.txt": "The kiln was fired in March.", "lease.md": "The kiln may be"}),
        ("Is there anything about celadon?", {"glazes.csv": "celadon"}),
        ("Do I have a document about the rent of the workshop?", {"lease.md": "The rent is 900 EUR"}),
        ("Quels fichiers mentionnent la kiln ?", {"kiln.txt": "The kiln was", "lease.md": "The kiln may be"}),
        ("What is in kiln.txt?", {"kiln.txt": "A shelf broke at 1,100 degrees."}),
        ("Summarise the lease.", {"lease.md": "The kiln may be used at night."}),
    ],
)
def test_files_are_told_by_their_own_sentences(suite: Suite, question: str, quotes: dict[str, str]) -> None:
    told = call(suite, "ask", question=question)
    assert told.status == "answered"
    assert {one.source.rsplit("/", 1)[-1] for one in told.citations} == {*quotes}
    for name, quote in quotes.items():
        assert f'{name}: "' in told.text
        assert quote in told.text
    assert all(call(suite, "read", id=cited.id).source == cited.source for cited in told.citations)


@pytest.mark.parametrize(
    "question",
    ["What is the rent about?", "Which glaze mentions the kiln?", "Is there a shelf?", "Which files mention the wheel?",
     "What is in the workshop?", "Who wrote about the kiln?"],
)  # fmt: skip
def test_other_questions_are_left_to_the_evidence(suite: Suite, question: str) -> None:
    assert "file" not in call(suite, "ask", question=question).stop_reason


def test_what_one_may_not_see_is_no_file_that_mentions_it(suite: Suite) -> None:
    guarded(suite, "pottery/will.txt")
    for question in ("Which files mention the barn owl?", "What is in will.txt?"):
        told = call(suite, "ask", question=question)
        assert told.status != "answered"
        assert "pottery/will.txt" not in told.model_dump_json()
