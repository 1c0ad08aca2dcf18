"""A question: what it names, the plain words that are asked of it, and whether it asks anything at all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from groundsight.computing.words import degree
from groundsight.language.content import content_of, content_words, function_words, normals, stems_of
from groundsight.language.facts import Facts, read_facts
from groundsight.language.framing import asked_in, framed, reframed
from groundsight.language.sayings import saying
from groundsight.language.speech import YES_NO
from groundsight.language.stems import word_list
from groundsight.types import Evidence

NeedKind = Literal["quoted", "id", "number", "name", "topic"]
_QUOTED = re.compile(r"[\"\u201c\u00ab]([^\"\u201d\u00bb]{2,80})[\"\u201d\u00bb]")
_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$")
_ASKED_NOUN = re.compile(
    r"\b(?:which|what|how many|how much)\s+(?:is the |are the |was the |were the )?([^\W\d_]+)", re.I
)
_HOW_MANY = re.compile(r"\bhow (?:many|much)\b", re.I)


@dataclass(frozen=True)
class Need:
    """Something that the evidence has to speak of; ``stems`` are its words in their normal form."""

    kind: NeedKind
    shown: str
    stems: tuple[str, ...]

    @property
    def hard(self) -> bool:
        """True for names, ids, numbers and quoted phrases, which nothing else can stand for."""
        return self.kind != "topic"

    def in_text(self, text: str) -> bool:
        """Say whether a text holds it word by word: names in either order, one word may lie between."""
        said, between = f" {' '.join(normals(text))} ", r" (?:\S+ )?" if self.kind == "name" else " "
        orders = (self.stems, self.stems[::-1]) if self.kind == "name" else (self.stems,)
        return any(re.search(f" {between.join(map(re.escape, order))} ", said) for order in orders)


@dataclass(frozen=True)
class Question:
    """A question, read once, as it is ``spelled`` in whatever language of ``language.framing`` it is asked."""

    spelled: str

    @cached_property
    def text(self) -> str:
        """The question in an English frame."""
        return framed(self.spelled)

    @cached_property
    def language(self) -> str:
        """The language in which it is asked, empty for English."""
        return asked_in(self.spelled)

    def read(self, said: str) -> str:
        """Return a passage as a net that knows English reads it."""
        return reframed(said, self.language)[0] if self.language else said

    @cached_property
    def facts(self) -> Facts:
        """Its names, identifiers, numbers and dates, which have to stand with the answer."""
        return read_facts(self.text)

    @cached_property
    def needs(self) -> tuple[Need, ...]:
        """What it names, in order, each once."""
        facts = self.facts
        named: list[tuple[NeedKind, str]] = [("quoted", found) for found in _QUOTED.findall(self.text)]
        named.extend(("id", one.text) for one in facts.ids)
        named.extend(("number", one.text) for one in (*facts.moments, *facts.quantities))
        named.extend(("name", _POSSESSIVE.sub("", one.text)) for one in facts.names)
        titles = " ".join(one.title for one in facts.names)
        covered = {stem for _, shown in named for stem in normals(shown)} | {*normals(titles)}
        as_written = {word.casefold(): word for word in re.findall(r"\w+", self.spelled)}
        # What the frame put into English is no word of the matter.
        topics = [word for word in content_words(self.text) if word.casefold() in as_written]
        named.extend(("topic", word) for word in topics if not stems_of(word) <= covered)
        needs = {
            shown.casefold(): Need(kind, as_written.get(shown, shown), normals(shown))
            for kind, shown in reversed(named)
        }
        return tuple(need for need in reversed(needs.values()) if need.stems)

    @property
    def hard(self) -> list[Need]:
        """The needs that nothing else can stand for."""
        return [need for need in self.needs if need.hard]

    @property
    def topic(self) -> list[str]:
        """The plain words that are asked of what it names."""
        return [need.shown for need in self.needs if not need.hard]

    @property
    def asks_whether(self) -> bool:
        """True for a question that yes or no answers."""
        return bool(YES_NO.match(re.sub(r"^\W+", "", self.text)))

    @cached_property
    def focus(self) -> str:
        """The stem of the noun behind which, what or how many; "" for none."""
        found = _ASKED_NOUN.search(self.text)
        return next(iter(stems_of(found[1]) - function_words()), "") if found else ""

    @cached_property
    def all_stems(self) -> frozenset[str]:
        """Stems of all its words."""
        return stems_of(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of its content words; "how many" asks for a number and is no word of the matter."""
        return content_of(_HOW_MANY.sub(" ", self.text))


def asks_nothing(asked: Question) -> str:
    """Say why a question asks nothing, empty when it asks something.

    It asks by a question word, by a verb, by naming one thing (a name, an identifier, a quoted phrase), or by a topic
    of two words. How long or how many names no thing. Scripts without capitals may run their words together: what they
    ask is not told here.
    """
    if not [need for need in asked.needs if need.hard or not degree(need.shown)]:
        return saying("nothing_named", asked.language)
    asks = bool(asked.facts.all_words & word_list("asking_words.txt"))
    kinds = [need.kind for need in asked.needs if need.kind != "number"]
    caseless = any(char.isalpha() and char.lower() == char.upper() for char in asked.text)
    if asks or caseless or len(kinds) > 1 or {*kinds} & {"quoted", "id", "name"}:
        return ""
    return f'The question names "{asked.text.strip(" ?!.")}" but asks nothing of it: ask a whole question.'


def told_by(one: Evidence) -> str:
    """Return all that an evidence tells of itself: its text, its heading, its title and its file name."""
    return f"{one.text} {one.place.section or ''} {naming_of(one)}"


def naming_of(one: Evidence) -> str:
    """Return the title and the file name of an evidence, as they are and with separators as spaces."""
    named = f"{one.title} {one.source}"
    return re.sub(r"[/\\_.-]+", " ", named) + f" {named}"
