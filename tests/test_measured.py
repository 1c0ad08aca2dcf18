"""How large, how heavy, by how many degrees: the sentence that says all else answers, and only by such a unit."""

from __future__ import annotations

import pytest

from groundsight.agent.measured import measured
from groundsight.agent.question import Question
from tests.test_answer_chains import prose

EVIDENCE = [
    prose(
        "annex",
        "The annex of Tolland school\n\nThe drill hall of the annex covers 412 square metres. Its gate weighs 95 kg.\n"
        "The cellar is 14 metres long and 3 metres deep. The annex was closed for 6 weeks.\n"
        "The pantry was cleared after the thaw had lasted 9 days.\n"
        "The roof has panels of the firm Lumen. Last year they delivered 31 megawatt hours.",
    ),
    prose(
        "club",
        "Rowing club\n\nOne sign of no more than 3 square metres may stand at the boathouse. 41 rowers took part, "
        "nine more than in 2024.\nThe lease starts in May for 18 months; keys go back within 14 days of its end.",
    ),
    prose("pump", "Starting the pump\n\nTurn tap 4 by 30 degrees and wait 5 minutes.\nTurn tap 5 by 60 degrees."),
]


@pytest.mark.parametrize(
    ("question", "value"),
    [
        ("How large is the drill hall of the annex?", "412 square metres"),
        ("How heavy is the gate?", "95 kg"),
        ("How deep is the cellar?", "3 metres"),
        ("How long is the cellar?", "14 metres"),
        ("How long was the annex closed?", "6 weeks"),
        ("How much electricity did the panels deliver last year?", "31 megawatt hours"),
        ("By how many degrees is tap 4 turned?", "30"),
        ("By how many degrees is tap 5 turned?", "60"),
        ("How long was the pantry cleared?", ""),  # the thaw lasted
        ("How long may the annex be closed at the most?", ""),
        ("How wide is the cellar?", ""),  # it is long and deep
        ("How tall is the drill hall?", ""),  # an area is no height
        ("How heavy is the drill hall?", ""),
        ("How large is the cellar?", ""),
        ("How long was the cellar closed?", ""),  # the annex was
        ("By how many degrees is tap 6 turned?", ""),
        ("How much electricity did the panels deliver this year?", ""),
        ("How large is the boathouse in square metres?", ""),  # the sign may be
        ("How many rowers took part in 2024?", ""),  # nine fewer than 41
        ("How long does the lease last?", "18 months"),
    ],
)
def test_a_figure_of_the_asked_kind_answers_where_all_else_is_said(question: str, value: str) -> None:
    found = measured(1, Question(question), EVIDENCE, ())
    assert (found.value if found else "") == value
