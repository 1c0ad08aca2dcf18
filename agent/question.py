"""What a question names: things that nothing else can stand for, and the plain words that are asked of them."""

from __future__ import annotations

import re
from typing import Literal

from groundsight.agent.words import content_words, stems
from groundsight.language.facts import read_facts
from groundsight.language.framing import asked_in, framed
from groundsight.types import Word

NeedKind = Literal["quoted", "id", "number", "name", "topic"]
_QUOTED = re.compile(r"[\"\u201c\u00ab]([^\"\u201d\u00bb]{2,80})[\"\u201d\u00bb]")

_POSSESSIVE = re.compile(r"(?:['’]s|(?<=s)['’])$")


class Need(Word):
    """Something that the evidence has to speak of."""

    kind: NeedKind
    shown: str
    stems: tuple[str, ...]

    @property
    def hard(self) -> bool:
        """True for names, ids, numbers and quoted phrases, which nothing else can stand for."""
        return self.kind != "topic"


class Asked(Word):
    """A question and what it names; its ``text`` has an English frame, ``language`` is the one it is asked in."""

    text: str
    language: str = ""
    needs: tuple[Need, ...]

    def of(self, *kinds: NeedKind) -> tuple[Need, ...]:
        """Return the needs of the given kinds."""
        return tuple(need for need in self.needs if need.kind in kinds)


def analyse(question: str) -> Asked:
    """Find what a question names, in whatever language of ``language.framing`` it is asked."""
    spelled, question = question, framed(question)
    facts = read_facts(question)
    named: list[tuple[NeedKind, str]] = [("quoted", found) for found in _QUOTED.findall(question)]
    named.extend(("id", one.text) for one in facts.ids)
    named.extend(("number", one.text) for one in (*facts.moments, *facts.quantities))
    named.extend(("name", _POSSESSIVE.sub("", one.text)) for one in facts.names)
    covered = {part for _, shown in named for part in stems(shown)}
    topics = [word for word in content_words(question) if not set(stems(word)) <= covered]
    as_written = {word.casefold(): word for word in re.findall(r"\w+", spelled)}
    # What the frame put into English is no word of the matter.
    named.extend(("topic", word) for word in topics if word.casefold() in as_written)
    needs = {
        shown.casefold(): Need(kind=kind, shown=as_written.get(shown, shown), stems=stems(shown))
        for kind, shown in reversed(named)
    }
    language = asked_in(spelled)
    return Asked(text=question, language=language, needs=tuple(need for need in reversed(needs.values()) if need.stems))
