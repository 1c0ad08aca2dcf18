"""Descriptions in a question (the house whose roof was repaired) and the questions that resolve them."""

from __future__ import annotations

import re
from dataclasses import dataclass

PERSON_ROLES = (
    "manager director head chief ceo cfo cto president founder owner author writer editor chair chairman chairwoman "
    "chairperson secretary treasurer supervisor lead leader mother father wife husband spouse son daughter brother "
    "sister doctor lawyer architect designer inventor composer singer captain coach teacher tenant landlord buyer "
    "seller approver signatory coordinator representative contact engineer inspector mayor king queen "
    "nurse librarian caretaker driver conductor trainer instructor"
).split()
COMPANY_ROLES = "supplier vendor manufacturer contractor publisher producer employer".split()
THING_ROLES = (
    "capital company department team project headquarters city country birthplace island town port "
    "school university parent subsidiary client customer product successor predecessor"
).split()
ROLES = "|".join(dict.fromkeys([*PERSON_ROLES, *COMPANY_ROLES, *THING_ROLES]))
_PEOPLE = ("person", "man", "woman", "employee", "colleague", "one", *PERSON_ROLES)
_AUX = r"(?:is|are|was|were|has|have|had|will|must|can|could|may|should)"
_DO = r"(?:do|does|did)"
_PREP = r"(?:on|in|at|for|to|with|from|by|of)"
_MOVED = re.compile(
    r"\b(?P<head>the\s+[\w-]+(?:\s+[\w-]+)?)\s+(?P<verb>[\w-]*(?:ed|born|built|made|paid|held|kept))\s+"
    rf"(?P<rest>(?:who|that|whose|which|{_PREP}\s+which|{_PREP}\s+whom)\b.+?)\s*\?*$",
    re.I,
)
_NOUN = r"(?P<kind>(?:[\w-]+\s+)?[\w-]+)"
_OPENERS = (
    re.compile(rf"\bthe\s+{_NOUN}\s+whose\s+(?P<did>.+)", re.I),
    re.compile(rf"\bthe\s+{_NOUN}\s+(?P<prep>{_PREP})\s+(?:which|whom)\s+(?P<did>.+)", re.I),
    re.compile(rf"\bthe\s+{_NOUN}\s+(?:that|who|which)\s+(?P<did>.+)", re.I),
    re.compile(rf"\bthe\s+{_NOUN}\s+(?P<did>(?:responsible\s+for|in\s+charge\s+of)\s+.+)", re.I),
    re.compile(rf"\bthe\s+{_NOUN}\s+(?P<did>(?:named|mentioned|listed|shown|given|quoted)\s+(?:on|in|by)\s+.+)", re.I),
    re.compile(
        r"\bthe\s+(?P<kind>(?:purchase\s+)?(?:order|item|contract|article|goods|product))\s+"
        r"(?P<did>(?:on|in|of)\s+(?:the\s+)?(?:[\w-]+\s+){0,2}[\w-]*\d[\w-]*.*)",
        re.I,
    ),
    re.compile(
        rf"\bthe\s+(?P<role>(?:[\w-]+\s+){{0,2}}?(?:{ROLES}))\s+(?P<did>(?:of|for|at|in|behind)\s+(?!\d).+)", re.I
    ),
)
_TAIL_DO = re.compile(r"\s+(?P<tail>(?!of\b)[a-z]+(?:\s+(?:from|in|at|for|on|with|to))?)\s*\?*$")
_TAIL_AUX = re.compile(
    r"\s+(?P<tail>(?:(?:be|been)\s+)?(?:[a-z-]*(?:ed|born|built|made|paid|held|kept|written|sold)|from)(?:\s+(?:in|at|on|to|by|from|for))?)\s*\?*$"
)
_INSIDE = re.compile(rf"\s+(?={_AUX}\s+\w+|{_DO}\s+\w+)|,\s+|\s+from\s+(?=[A-Z])")


@dataclass(frozen=True)
class Description:
    """The words of a question that describe one thing, where they stand, and the question that finds the thing."""

    start: int
    end: int
    asks: str


def normalised(question: str) -> str:
    """Move a relative clause to its noun: "the person based who approved it" to "the person who approved it based"."""
    match = _MOVED.search(question)
    if not match:
        return question
    return f"{question[: match.start()]}{match.group('head')} {match.group('rest')} {match.group('verb')}?"


def innermost(question: str) -> Description | None:
    """Return the last description of a question that holds no other: descriptions nest to the right."""
    starts = [match.start() for match in re.finditer(r"\bthe\b", question, re.I)]
    for start in reversed(starts):
        for opener in _OPENERS:
            match = opener.match(question, start)
            if match and (found := _described(question, match)):
                return found
    return None


def _described(question: str, match: re.Match[str]) -> Description | None:
    end = _end(question, match)
    did = question[match.start("did") : end].strip(" ?,")
    if not did or (len(did.split()) < 2 and not re.search(r"\d", did)):
        return None
    before, after = question[: match.start()], question[end:]
    if _is_whole(before, after):
        return None
    return Description(match.start(), end, _asking(match, did))


def _is_whole(before: str, after: str) -> bool:
    """A question that asks for the described thing itself needs no step before it."""
    opening = re.fullmatch(rf"\s*(?:who|what|which\s+[\w-]+|which)\s+{_AUX}\s+", before, re.I)
    return bool(opening) and not after.strip(" ?")


def _end(question: str, match: re.Match[str]) -> int:
    """Return where a description ends: before the verb of the question that it interrupts."""
    before, last = question[: match.start()], len(question.rstrip(" ?"))
    asks_do = re.search(rf"\b{_DO}\s+$", before, re.I) or re.search(rf"\b{_DO}\s+the\b[^?]*$", before, re.I)
    asks_aux = re.search(rf"\b{_AUX}\s+$", before, re.I) or re.search(rf"\b{_AUX}\s+the\b[^?]*$", before, re.I)
    tail = (_TAIL_DO if asks_do else _TAIL_AUX).search(question, match.start("did")) if asks_do or asks_aux else None
    if tail and _complete(question[match.start("did") : tail.start()]):
        last = tail.start()
    inside = None if _relative(match) else _INSIDE.search(question, match.start("did"), last)
    return inside.start() if inside else last


def _complete(did: str) -> bool:
    """A relative clause whose own verb would be cut off is not complete."""
    words = did.split()
    if len(words) < 2:
        return False
    return not re.fullmatch(rf"{_AUX}|{_DO}|be|been|{_PREP}|and|the|a|an", words[-1], re.I)


def _relative(match: re.Match[str]) -> bool:
    return "role" not in match.groupdict() and not given_on(match.group("did"))


def _asking(match: re.Match[str], did: str) -> str:
    given = match.groupdict()
    if role := given.get("role"):
        return who(role, did)
    kind = str(given["kind"]).casefold()
    if given.get("prep"):
        return f"{str(given['prep']).capitalize()} which {kind} {_verb_first(did)}?"
    if re.search(r"\bwhose\b", match.group(0)[: match.start("did") - match.start()], re.I):
        return f"Which {kind} had its {re.sub(rf'{_AUX} ', '', did, count=1)}?"
    if given_on(did):
        return f"Which {kind} is {did}?"
    is_one = "is " if re.match(r"responsible|in charge", did, re.I) else ""
    return f"{'Who' if kind in _PEOPLE else f'Which {kind}'} {is_one}{did}?"


def given_on(did: str) -> bool:
    """Say whether a description tells where a thing is written (named on, on invoice 12)."""
    return bool(re.match(r"(?:named|mentioned|listed|shown|given|quoted|on|in|of)\b", did, re.I))


def who(role: str, did: str) -> str:
    """Ask for the holder of a role."""
    last = role.split()[-1].casefold()
    if last in COMPANY_ROLES:
        return f"Which company is the {role} {did}?"
    return f"{'Who' if last in PERSON_ROLES else 'What'} is the {role} {did}?"


def _verb_first(did: str) -> str:
    """Turn "the umbrella was found" into "was the umbrella found"."""
    match = re.match(rf"(?P<one>.+?)\s+(?P<verb>{_AUX})\s+(?P<rest>.+)$", did)
    return f"{match.group('verb')} {match.group('one')} {match.group('rest')}" if match else did
