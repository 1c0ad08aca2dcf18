"""A question that leans on the one before is made whole; one that stands alone stays as it is."""

from __future__ import annotations

import pytest

from groundsight.agent.followup import whole

REVENUE = "What was the revenue of Acme Corp in 2024?"
VALUE = "What is the value of the samovar?"
PHONE = "What is the extension of Anna Schmidt?"


@pytest.mark.parametrize(
    ("before", "said", "meant"),
    [
        (REVENUE, "and in 2022?", "What was the revenue of Acme Corp in 2022?"),
        (REVENUE, "And 2022?", "What was the revenue of Acme Corp in 2022?"),
        (REVENUE, "what about March 2023?", "What was the revenue of Acme Corp in March 2023?"),
        (REVENUE, "How about Bolt Ltd?", "What was the revenue of Bolt Ltd in 2024?"),
        (REVENUE, "and after tax?", "What was the revenue of Acme Corp in 2024 after tax?"),
        (VALUE, "And of the mirror?", "What is the value of the mirror?"),
        ("What do we pay for the hall in winter?", "and in summer?", "What do we pay for the hall in summer?"),
        ("What do we pay in winter for the hall?", "and for parking?", "What do we pay in winter for parking?"),
        ("What do we pay in winter for the hall?", "and in summer?", "What do we pay in summer for the hall?"),
        (PHONE, "and where does she work?", "where does Anna Schmidt work?"),
        (PHONE, "What is his room?", "What is Anna Schmidt's room?"),
        (REVENUE, "What is the VAT number of Bolt Ltd?", "What is the VAT number of Bolt Ltd?"),
        (REVENUE, "And who signed the lease?", "Who signed the lease?"),
        ("How much does the P-300 weigh?", "And the P-400?", "How much does the P-400 weigh?"),
        ("What did INV-31 cost in 2021?", "And INV-77 in 2022?", "What did INV-77 cost in 2022?"),
        ("How much is the rent of the Old Hall?", "And the deposit?", "How much is the deposit of the Old Hall?"),
        ("How many seats does MS Birk have?", "and cabins?", "How many cabins does MS Birk have?"),
        ("How long is Lake Moss?", "And its depth?", "What is the depth of Lake Moss?"),
        ("How much is the rent of the Old Hall?", "And \\1?", "How much is the \\1 of the Old Hall?"),
        ("Where do we eat?", "and \u00a0?", "Where do we eat \u00a0?"),
        ("Where do we eat?", "And the bar?", "What about the bar?"),
        ("", "and in 2022?", "and in 2022?"),
        (REVENUE, "?", "?"),
    ],
)
def test_what_leans_on_the_question_before_is_made_whole(before: str, said: str, meant: str) -> None:
    assert whole(said, before) == meant
