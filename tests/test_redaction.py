"""No proof, no commit: every field is searched again before it is sealed."""

from __future__ import annotations

import pytest

from groundsight.errors import RedactionFailed
from groundsight.governance import pii
from groundsight.governance.pii import Memory
from groundsight.governance.redaction import redact_unit, require_proof, seal_entry
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.document import clean_document
from groundsight.settings import ALL_PII
from groundsight.types import Box, Link, Place, Tag, TextLine
from tests.build import make_asset, make_unit

SECRET = "jane@example.com"
WHOLE = Box(x0=0, y0=0, x1=1, y1=1)
FIELDS: dict[str, object] = {
    "text": SECRET,
    "caption": SECRET,
    "ocr": SECRET,
    "transcript": SECRET,
    "meta": SECRET,
    "heading": SECRET,
    "place": Place(section=SECRET),
    "cells": (("a", SECRET),),
    "lines": (TextLine(text=SECRET, box=WHOLE, confidence=1),),
    "tags": (Tag(name=SECRET, probability=1),),
    "links": (Link(key=SECRET, shown="x"),),
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_left_in_any_field_is_not_sealed(name: str) -> None:
    asset = make_asset()
    unit = make_unit(asset).model_copy(update={name: FIELDS[name]})
    with pytest.raises(RedactionFailed):
        seal_entry(asset, [unit], ALL_PII)
    seal_entry(asset, [redact_unit(unit, ALL_PII, Memory())], ALL_PII)


@pytest.mark.parametrize("name", FIELDS)
def test_what_came_in_after_the_redaction_is_not_sealed_either(name: str) -> None:
    asset, memory = make_asset(), Memory()
    unit = redact_unit(
        make_unit(asset, text="The plain words of a page, 12 of 2024.", cells=(("a", "b"),)), ALL_PII, memory
    )
    seal_entry(asset, [unit], ALL_PII, memory)
    with pytest.raises(RedactionFailed):
        seal_entry(asset, [unit.model_copy(update={name: FIELDS[name]})], ALL_PII, memory)


def test_what_was_found_quiet_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asset, memory, looked = make_asset(), Memory(), list[str]()
    normalise = pii.normalise
    monkeypatch.setattr(pii, "normalise", lambda text, **how: (looked.append(text), normalise(text, **how))[1])
    unit = redact_unit(make_unit(asset, text="Paid on 2024-11-03 and 2024-11-04."), ALL_PII, memory)
    seal_entry(asset, [unit], ALL_PII, memory)
    assert looked == ["Paid on 2024-11-03 and 2024-11-04."]


def test_a_value_in_the_title_is_not_sealed() -> None:
    with pytest.raises(RedactionFailed):
        seal_entry(make_asset(title=SECRET), [], ALL_PII)


def test_a_proof_covers_only_what_it_was_made_for() -> None:
    asset = make_asset()
    proof = seal_entry(asset, [make_unit(asset, text="one")], ALL_PII)
    require_proof(asset, [make_unit(asset, text="one")], proof)
    with pytest.raises(RedactionFailed):
        require_proof(asset, [make_unit(asset, text="two")], proof)


def test_a_value_split_over_lines_elements_and_cells_is_found() -> None:
    parsed = Parsed(
        media_type="text/plain",
        elements=(
            Element(kind="text", text="Mail jane.doe@"),
            Element(kind="text", text="example.com today"),
            Element(kind="table", cells=(("Card", "4111 1111", "1111 1111"), ("a", "b", "c"))),
        ),
    )
    document = clean_document(parsed, ALL_PII)
    assert dict(document.memory.counts) == {"email": 1, "card": 1}
    assert [element.text for element in document.elements[:2]] == ["Mail [EMAIL_1]", " today"]
    assert document.elements[2].cells[0] == ("Card", "[CARD_1]", "")
