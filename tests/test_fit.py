"""Whether an answer answers the question, told by its type alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.agent.fit import fit_of


@pytest.mark.parametrize(
    ("question", "said", "value"),
    [
        ("When does the seed library open?", "It opens on Saturdays.", "yes"),
        ("When was the crown fitted?", "The crown was fitted on 18 June 2024.", "yes"),
        ("When was the crown fitted?", "The crown is ceramic.", "no"),
        ("When may the pump run?", "It may run once the tank is full.", "unknown"),
        ("How many pieces were fired?", "The kiln was fired by Rui.", "no"),
        ("How many losses were there?", "There were no losses.", "yes"),
        ("How many days does the loan last?", "It lasts 14 days.", "yes"),
        ("How many days does the loan last?", "It costs 3 EUR.", "partly"),
        ("How many weeks does it last?", "six", "yes"),
        ("Who led the study?", "Margit Oosterhuis led the study.", "yes"),
        ("Who may borrow a saw?", "Members with a safety course may borrow a saw.", "unknown"),
        ("Who led the bee study?", "The bee study was led.", "no"),
        ("Where does the club meet?", "The club meets in the old mill.", "yes"),
        ("Why was the motion rejected?", "It was rejected because of the noise.", "yes"),
        ("Why was the motion rejected?", "The motion was rejected.", "no"),
        ("May dogs enter the hall?", "Yes, dogs may enter the hall.", "yes"),
        ("May dogs enter the hall?", "Yes, dogs may not enter the hall.", "partly"),
    ],
)
def test_the_type_of_the_answer_decides(question: str, said: str, value: str) -> None:
    assert fit_of(question, [said]).value == value


def test_nothing_said_fits_nothing() -> None:
    assert fit_of("Who?", []).value == "no"


@given(
    st.sampled_from(["When is it?", "Who did it?", "How many?", "Is it so?", "What?"]), st.lists(st.text(max_size=40))
)
def test_every_answer_has_a_fit_with_a_reason(question: str, said: list[str]) -> None:
    assert fit_of(question, said).reason
