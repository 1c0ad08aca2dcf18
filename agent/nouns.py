"""Kinds of things: what a question asks for by its noun, and which labels and words stand for such a thing."""

from __future__ import annotations

import re

from groundsight.agent.words import alike, stem, stem_set

KINDS = (
    "town city place location base site home port office harbour village address",
    "company supplier vendor firm manufacturer contractor customer client provider yard",
    "ferry ship vessel boat",
    "item goods article product description part",
    "person name employee",
    "order purchase po",
    "licence license certificate",
    "year since built founded started",
    "teacher instructor tutor",
)
CARRIERS = stem_set(
    "poster photo photograph photographed picture pictured image sign notice board noticeboard receipt scan scanned "
    "screenshot chart diagram flyer leaflet slide graph shown"
)
RELATIONS = stem_set(
    "based located situated used have has had live come go made given placed sit belong assigned employed registered "
    "lead work take show received receive got gave get delivered name named hold carry"
)
EVENTS = stem_set("start begin take place held happen event be leave depart go")
_KIND = re.compile(r"\b(?:which|what)\s+(?!is\b|are\b|was\b|were\b|do\b|does\b|did\b|has\b|have\b)([\w-]+)", re.I)
_THING = re.compile(
    r"^what\s+(?:is|are|was|were|has been|did|does)\b.*\b(?:ordered|order|bought|buy|supplied|supply|purchased)\b", re.I
)
ID_VALUE = re.compile(r"\b[A-Z]{1,5}[ -]?\d{2}[\w/-]*\b")


def kind_of(question: str) -> str:
    """Return the stem of the noun after which or what; person, place and item where the question implies them."""
    plain = question.strip().casefold()
    if plain.startswith(("who", "whom", "by whom")):
        return stem("person")
    if plain.startswith("where"):
        return stem("place")
    if _THING.match(plain):
        return stem("item")
    found = _KIND.search(plain.replace("purchase order", "order"))
    return stem(found.group(1)) if found else ""


def says_kind(label: str, kind: str) -> bool:
    """Say whether a label or the head of a column names things of a kind (Vessel for a ferry)."""
    if not kind:
        return False
    wanted = alike(kind).union(*(group for group in _GROUPS if kind in group))
    return not stem_set(label).isdisjoint(wanted)


_GROUPS = tuple(stem_set(group) for group in KINDS)
