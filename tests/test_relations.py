"""Relations told the other way round, and what a source says only of a case, of one time or under another heading."""

from __future__ import annotations

from pathlib import Path

import pytest

from groundsight import open_suite
from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.sections import headings_above
from groundsight.grounding.bind import Bound
from groundsight.grounding.decide import bound_to
from groundsight.language.facts import read_facts
from groundsight.language.sentences import evidence_from_text, sentence_spans
from groundsight.language.speech import stated
from groundsight.types import Evidence, EvidencePart, Span


def bound(claim: str, text: str) -> Bound:
    return bound_to(read_facts(stated(claim)), PassageIndex([evidence_from_text("e", "e.txt", text)]))


def refused(claim: str, text: str) -> bool:
    found = bound(claim, text)
    return bool(found.conflicts or found.open)


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("The hull was tarred before the mast was set.", "The mast was set after the hull was tarred.",
         "The mast was set before the hull was tarred."),
        ("The fuse blew because the pump was wet.", "The wet pump made the fuse blow.",
         "The pump was wet because the fuse blew."),
        ("The vet examined the groom in error.", "The groom was examined by the vet in error.",
         "The groom examined the vet in error."),
        ("The dairy supplies the inn with milk.", "The inn gets milk from the dairy.",
         "The inn supplies the dairy with milk."),
        ("Yrsa lent the ladder to Bruno in May.", "Yrsa lent the ladder to Bruno.", "Bruno lent the ladder to Yrsa."),
        ("The brass bell is heavier than the iron bell.", "The iron bell is lighter than the brass bell.",
         "The iron bell is heavier than the brass bell."),
    ],
)  # fmt: skip
def test_a_relation_told_the_other_way_round_is_refused_and_its_converse_is_not(text: str, right: str, wrong: str):
    assert not bound(right, text).conflicts
    assert bound(wrong, text).conflicts


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        ("If the frost lasts, the ferry stops.", "The ferry stops if the frost lasts.", "The ferry stops."),
        ("The clerk asked whether the vault was sealed.", "It was asked whether the vault was sealed.",
         "The vault was sealed."),
        ("The stove reached 300 degrees in the second test.", "In the second test the stove reached 300 degrees.",
         "The stove never reached more than 300 degrees."),
        ("The choir sang in March.", "In March the choir sang.", "The choir sang every March."),
        ("Ida was about to sell the mill.", "Ida nearly sold the mill.", "Ida sold the mill."),
        ("The trust hopes to buy the maps.", "The trust would like to buy the maps.", "The trust bought the maps."),
    ],
)  # fmt: skip
def test_what_the_source_says_of_a_case_a_hope_or_one_time_is_not_so_as_such(text: str, right: str, wrong: str):
    assert not refused(right, text)
    assert refused(wrong, text)


@pytest.mark.parametrize(
    "text",
    [
        "# Boiler room\nThe door must stay shut.\n\n# Pump room\nThe door may stay open in summer.",
        "BOILER ROOM\n\nThe door must stay shut.\n\nPUMP ROOM\n\nThe door may stay open in summer.",
        "Boiler room:\nThe door must stay shut.\n\nPump room:\nThe door may stay open in summer.",
    ],
)
def test_a_heading_lends_its_words_to_its_own_section_alone(text: str):
    assert not refused("In the pump room the door may stay open in summer.", text)
    assert refused("In the boiler room the door may stay open in summer.", text)


def test_a_day_dates_what_stands_below_it_in_a_picture_too():
    text = "Workshop log\n3 May 2024\nOil of the press changed.\n4 May 2024\nFilter of the press changed."
    whole = EvidencePart(channel="ocr", span=Span(start=0, end=len(text)), confidence=0.95)
    evidence = Evidence(evidence_id="e", kind="image", source="e.png", text=text, parts=(whole,))
    right, wrong = (f"On {day} May 2024 the filter of the press was changed." for day in (4, 3))
    index = PassageIndex([evidence])
    assert not bound_to(read_facts(stated(right)), index).open
    assert bound_to(read_facts(stated(wrong)), index).open


def test_headings_stand_above_lines_by_their_rank_and_a_title_above_all():
    text = "# House\nRules.\n## Cellar\nNo fire.\n## Attic\nNo guests.\n# Garden\nMow in May."
    spans = list(sentence_spans(text))
    above, titled = headings_above(text, spans)
    lines = [text[start:end] for start, end in spans]
    under = {line: [lines[at] for at in places] for line, places in zip(lines, above, strict=True)}
    assert under["No guests."] == ["# House", "## Attic"]
    assert under["Mow in May."] == ["# Garden"]
    assert titled == 0


def test_bounds_and_denying_verbs_are_no_quantifiers_and_no_statements():
    assert not bound("No more than eight people may ride.", "At most eight people may ride.").conflicts
    assert not bound("The guard said he had not seen the cart.", "The guard denied seeing the cart.").conflicts


def test_who_is_on_the_other_side_is_no_answer(tmp_path: Path):
    (tmp_path / "lease.txt").write_text("Lease of flat 12\n\nThe tenant of flat 12 is Ada Brun. The rent is 840 EUR.")
    with open_suite(home=tmp_path / "home") as suite:
        suite.ingest(tmp_path / "lease.txt")
        assert suite.ask("Who is the tenant of flat 12?").status == "answered"
        assert suite.ask("Who is the landlord of flat 12?").status == "evidence"
