"""A question that leans on the one before ("and in 2022?"), made whole by rule: the new takes the place of the old."""

from __future__ import annotations

import re

from groundsight.language.facts import Facts, read_facts
from groundsight.language.stems import word_list

# "And what about 2022?", "How about Beta?", "And in March?"
_LEAD = re.compile(r"^(?:and|or|but|then|so)?[ ,]*(?:what about|how about)?[ ,]*", re.IGNORECASE)
_LEANS, _ASKS = (
    re.compile(rf"\b(?:{'|'.join(sorted(word_list(name)))})\b", re.IGNORECASE)
    for name in ("leaning_words.txt", "question_words.txt")
)
OWN = ("its", "their", "his")
_THE = re.compile(r"^(?:an?|the|its|their|his|her)\s+", re.IGNORECASE)
_NARROWS = frozenset({"after", "before", "during", "without", "since", "between"})
# What is asked for: "the rent of", "how many seats does".
_SMALL = word_list("function_words.txt")
_SMALLS = "|".join(_SMALL)
_THING = re.compile(rf"(?:(?<=\bthe )|(?<=\bhow many ))[\w-]+(?: [\w-]+){{0,3}}?(?= (?:{_SMALLS})\b)", re.IGNORECASE)


def whole(question: str, before: str) -> str:
    """Return a question that can be understood alone, given the whole question before it, "" for none."""
    bare = _LEAD.sub("", question.strip()).strip(" ?")
    led = bare != question.strip(" ?")
    if not before or not bare:
        return question
    if led and not _ASKS.search(bare):
        return _swapped(bare, before)
    subject = _subject(read_facts(before))
    if not subject or read_facts(bare).names or not _LEANS.search(bare):
        return f"{bare[0].upper()}{bare[1:]}?" if led else question
    return f"{_LEANS.sub(lambda found: _named(found[0], subject), bare, count=1)}?"


def _swapped(rest: str, before: str) -> str:
    """Put dates, identifiers and names in the place of the last one of their kind, another thing in that of the asked.

    What only narrows it down ("after tax") goes to the end.
    """
    # A word before it, since the first word of a sentence has its capital for that alone.
    lent = f"about {rest}"
    said, asked = read_facts(lent), read_facts(before)
    made, free = before, len(before)
    kinds = ((said.moments, asked.moments), (said.ids, asked.ids), (said.names, asked.names))
    places = [(old[-1].span, (new[0].span[0], new[-1].span[1])) for new, old in kinds if new and old]
    for (start, end), (left, right) in sorted(places, reverse=True):
        # An identifier may be read as a name, too.
        if end <= free:
            made, free = f"{made[:start]}{lent[left:right]}{made[end:]}", start
    return made if places else _added(rest, before, asked)


def _added(rest: str, before: str, asked: Facts) -> str:
    thing, subject = _THE.sub("", rest), _subject(asked)
    if thing == rest and {*rest.casefold().split()[:1]} <= _SMALL | _NARROWS:
        return f"{_led_alike(rest, before.rstrip(' ?'))}?"
    if _THING.search(before):
        return _THING.sub(lambda _: thing, before, count=1)
    return f"What is the {thing} of {subject}?" if subject else f"What about {rest}?"


def _led_alike(rest: str, before: str) -> str:
    """Put it in the place of the last stretch that begins with the same word, "of the lamp", else at the end."""
    first = re.escape(rest.partition(" ")[0])
    like = rf"(.*) {first}(?: an?| the)?(?: (?!(?:{_SMALLS})\b)[\w'-]+)+(?= (?:{_SMALLS})\b|$)"
    found = re.match(like, before, re.IGNORECASE)
    return f"{found[1]} {rest}{before[found.end() :]}" if found else f"{before} {rest}"


def _subject(facts: Facts) -> str:
    return facts.names[-1].text if facts.names else ""


def _named(word: str, subject: str) -> str:
    return f"{subject}'s" if word.casefold() in OWN else subject
