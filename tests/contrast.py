"""The contrast set: hand-written facts, their paraphrases, and one-edit corruptions of both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from groundsight.language.sentences import evidence_from_text
from groundsight.types import Box, Evidence, EvidencePart, Span, TextLine

DATA = Path(__file__).parent / "data"
EDITS = ("name", "number", "opposite")
TABLE = (
    ("Item", "Q2 2025 (USD million)", "Q3 2025 (USD million)"),
    ("Revenue", "3.9", "4.2"),
    ("Costs", "1.1", "2.2"),
    ("Staff costs", "0.7", "0.8"),
    ("Cash", "6.3", "5.9"),
)
OCR = (
    ("Inv0ice 2O25-114 Harbour Foods", "Tota1 amount 1,25O.00 EUR", "Paym3nt within 30 days"),
    ("Annua1 rep0rt", "Norvik turbme output 3.5 MW", "Bui1t in Denmark"),
)


@dataclass(frozen=True)
class Case:
    """A claim beside evidence, whether the evidence says it, and what was edited."""

    kind: str
    says: bool
    evidence: tuple[Evidence, ...]
    claim: str


@dataclass(frozen=True)
class Fact:
    """One line of the facts file."""

    text: str
    paraphrase: str
    negation: str
    edits: tuple[tuple[str, str, str], ...]


def facts() -> tuple[Fact, ...]:
    return tuple(_fact(fields) for fields in _rows("contrast_facts.txt"))


def cases() -> tuple[Case, ...]:
    return (*_edited(), *_special(), *_table(), *_ocr())


def background(fact: Fact) -> tuple[Evidence, ...]:
    """The fact among two others, as found text is."""
    every = facts()
    at = every.index(fact)
    texts = (every[(at + 7) % len(every)].text, fact.text, every[(at + 19) % len(every)].text)
    return (evidence_from_text("e1", "notes.txt", " ".join(texts)),)


def table_evidence(rows: tuple[tuple[str, ...], ...] = TABLE) -> Evidence:
    text = "\n".join(" | ".join(row) for row in rows)
    return evidence_from_text("t1", "results.xlsx", text).model_copy(update={"kind": "table", "cells": rows})


def ocr_evidence(lines: tuple[str, ...]) -> Evidence:
    text = "\n".join(lines)
    part = EvidencePart(channel="ocr", span=Span(start=0, end=len(text)), confidence=0.8)
    boxes = (Box(x0=0.1, y0=0.1 * n, x1=0.9, y1=0.1 * n + 0.05) for n in range(1, 9))
    read = tuple(TextLine(text=line, box=box, confidence=0.8) for line, box in zip(lines, boxes, strict=False))
    return Evidence(evidence_id="o1", kind="image", source="scan.png", text=text, parts=(part,), lines=read)


def _rows(name: str) -> Iterator[list[str]]:
    for line in (DATA / name).read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield [field.strip() for field in line.split("|")]


def _fact(fields: list[str]) -> Fact:
    edits = ((kind, *field.split(">")) for kind, field in zip(EDITS, fields[3:], strict=False) if field)
    return Fact(fields[0], fields[1], fields[2], tuple((kind, old, new) for kind, old, new in edits))


def _edited() -> Iterator[Case]:
    for fact in facts():
        found = background(fact)
        yield Case("untouched", True, found, fact.text)
        yield Case("paraphrase", True, found, fact.paraphrase)
        yield Case("negation", False, found, fact.negation)
        for kind, old, new in fact.edits:
            for text in (fact.text, fact.paraphrase):
                changed = re.sub(rf"\b{re.escape(old)}\b", new, text, count=1)
                if changed != text:
                    yield Case(kind, False, found, changed)


def _special() -> Iterator[Case]:
    for kind, label, text, claim in _rows("contrast_special.txt"):
        yield Case(kind, label == "yes", (evidence_from_text("s1", "notes.txt", text),), claim)


def _table() -> Iterator[Case]:
    found = (table_evidence(),)
    for item, second, third in TABLE[1:]:
        for quarter, right, wrong in (("Q2 2025", second, third), ("Q3 2025", third, second)):
            verb = "were" if item.endswith("s") else "was"
            yield Case("table", True, found, f"{item} in {quarter} {verb} {right} million.")
            yield Case("table", False, found, f"{item} in {quarter} {verb} {wrong} million.")


def _ocr() -> Iterator[Case]:
    invoice, report = ((ocr_evidence(lines),) for lines in OCR)
    yield Case("ocr", True, invoice, "The total amount is 1,250.00 EUR.")
    yield Case("ocr", False, invoice, "The total amount is 1,520.00 EUR.")
    yield Case("ocr", True, invoice, "Payment is due within 30 days.")
    yield Case("ocr", False, invoice, "Payment is due within 60 days.")
    yield Case("ocr", True, report, "The Norvik turbine has an output of 3.5 MW.")
    yield Case("ocr", False, report, "The Norvik turbine has an output of 5.3 MW.")
    yield Case("ocr", False, report, "The Kestrel turbine was built in Denmark.")
