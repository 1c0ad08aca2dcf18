"""What a language model writes beside the truth: no name, number or date goes out unchecked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from groundsight.agent.assess import unmentioned
from groundsight.agent.lookup import next_queries
from groundsight.agent.planner import plan
from groundsight.agent.question import Question
from groundsight.graphs.answer import answer_question
from groundsight.grounding.verify import verify
from groundsight.settings import Grounding
from groundsight.types import Evidence, GroundingReport
from tests.agent_house import HouseSuite, make_evidence
from tests.chat_server import Script, chat_server, draft_of, is_plan, plan_of
from tests.test_llm import shown_id

pytest.importorskip("langchain_openai", reason="install groundsight[llm]")
CLINIC = {
    "clinic.txt": "The Elmfield clinic has 40 beds. Nurse Amira Haddad leads the ward. It opened on 3 May 2019.",
    "garden.txt": "The garden club buys 40 rose bushes.",
}
BEDS = "How many beds does the Elmfield clinic have?"
TRUE = "The Elmfield clinic has 40 beds."


class CheckedSuite(HouseSuite):
    """The house with the real check."""

    def verify(self, answer: str, evidence: Sequence[Evidence] | Mapping[str, Sequence[Evidence]]) -> GroundingReport:
        return verify(answer, evidence, Grounding())


def ask(script: Script) -> Any:
    with chat_server(script) as server:
        suite = CheckedSuite(CLINIC, llm="openai:fake", llm_base_url=server.url, llm_api_key="k")
        return answer_question(suite, BEDS)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("lie", "false"),
    [
        ("I cannot be fully certain, but the clinic has 90 doctors.", "90"),
        ("The clinic was closed on 4 June, wasn't it?", "4 June"),
        ("Doctors of the clinic: 90", "90"),
        ("## Led by Liv Haddad", "Liv"),
        ("The notes do not say that Liv Brandt was dismissed.", "Brandt"),
        ("Here is what Liv Brandt wrote:", "Brandt"),
        ("Liv Brandt", "Brandt"),
        ("(90 doctors)", "90"),
    ],
)
def test_a_lie_in_an_unchecked_shape_is_left_out(lie: str, false: str) -> None:
    def script(body: dict[str, Any]) -> str:
        if is_plan(body):
            return plan_of(BEDS)
        shown = shown_id(body, "40 beds")
        return draft_of((TRUE, [shown]), ("Nurse Amira Haddad leads the ward.", [shown]), (lie, [shown]))

    given = ask(script)
    assert "40 beds" in given.text
    assert false not in given.text


def test_a_fiscal_year_is_found_in_any_spelling() -> None:
    one = make_evidence("Profit in fiscal year 2022 was 4 million.")
    assert unmentioned(Question("What was the profit in FY2022?"), [one]) == ()


def test_a_name_that_nothing_found_mentions_is_searched_by_itself() -> None:
    question = "When was invoice INV-2041 paid?"
    queries = next_queries(plan(question), [], [make_evidence("Rent was paid in May.")], {}, [question])
    assert "INV-2041" in queries
