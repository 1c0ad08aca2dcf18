"""Is the evidence enough? What was found, what is missing, and how to say so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from groundsight.agent.cover import Fit
from groundsight.agent.extract import rank
from groundsight.agent.kinds import TYPE_NAMES
from groundsight.agent.mention import mentions
from groundsight.agent.passages import heading_of, naming_of, passages
from groundsight.agent.question import Asked, Need
from groundsight.agent.state import Draft
from groundsight.agent.withheld import removed
from groundsight.agent.words import holds, stem_set
from groundsight.retrieval.evidence import shown
from groundsight.types import Evidence

NEAREST_CHARS = 120
_FISCAL = re.compile(r"FY[\s'’]?(?:20)?(\d\d)", re.IGNORECASE)


def missing(asked: Asked, evidence: Sequence[Evidence], given: Sequence[str] = ()) -> tuple[Need, ...]:
    """Return the needs that the best passage leaves open."""
    best = _best(asked, evidence, given)
    return best.missing if best else asked.needs


def unmentioned(asked: Asked, evidence: Sequence[Evidence]) -> tuple[Need, ...]:
    """Return the names, ids, numbers and quoted phrases that no evidence holds anywhere."""
    return tuple(need for need in asked.needs if need.hard and not any(_anywhere(need, one) for one in evidence))


def spoken_of(written: Draft, evidence: Mapping[str, Evidence]) -> list[Evidence]:
    """Return what a draft rests on: of a table only the rows that say most of the sentence, not their neighbours."""
    pairs = zip(written.sentences, written.cites, strict=True)
    return [_rows_said(sentence, evidence[cited]) for sentence, cites in pairs for cited in cites]


def explain(asked: Asked, evidence: Sequence[Evidence], given: Sequence[str] = (), far: str = "") -> str:
    """Say which part of a question the passages that were found do not answer.

    A search sees no whole index: what is said is said of what it found. ``far`` is why it showed nothing.
    """
    if not evidence:
        return (
            f"The search has nothing to show: {far}." if far else "The search found nothing that matches the question."
        )
    absent = unmentioned(asked, evidence)
    if absent:
        return f"{_none_of(evidence)} {_listed([need.shown for need in absent])}."
    if hidden := removed(asked, evidence):
        return hidden
    best = _best(asked, evidence, given)
    known = [need for need in asked.needs if need.hard and any(_anywhere(need, one) for one in evidence)]
    if not known and best is not None:
        return _nearest(asked, best, evidence)
    return _found(asked, known, best, evidence)


def beside_the_question(asked: Asked, cited: Sequence[Evidence], evidence: Sequence[Evidence]) -> str:
    """Say why a draft that rests on ``cited`` is not about the question; empty when it is.

    A name that nothing found mentions is told from one that only what the draft cites leaves out.
    """
    lost = unmentioned(asked, cited)
    if not lost or unmentioned(asked, evidence):
        return explain(asked, evidence) if lost else ""
    holder = next((one for one in evidence if any(_anywhere(need, one) for need in lost)), None)
    where = f" ({_file(holder)})" if holder else ""
    return f"A draft was discarded: what it cites does not mention {_listed([need.shown for need in lost])}{where}."


def _none_of(evidence: Sequence[Evidence]) -> str:
    if len(evidence) == 1:
        return "The one passage that the search found does not mention"
    return f"None of the {len(evidence)} passages that the search found mentions"


def _rows_said(sentence: str, one: Evidence) -> Evidence:
    if len(one.cells) < 2:
        return one
    wanted = stem_set(sentence)
    said = {line: len(wanted & stem_set(line)) for line in one.text.splitlines()}
    most = max(said.values(), default=0)
    return one.model_copy(update={"text": "\n".join(line for line, words in said.items() if words == most)})


def _best(asked: Asked, evidence: Sequence[Evidence], given: Sequence[str]) -> Fit | None:
    ranked = rank(asked, evidence, given)
    return ranked[0] if ranked else None


def _nearest(asked: Asked, best: Fit, evidence: Sequence[Evidence]) -> str:
    """Show the statement that comes nearest, and what of the question it leaves open."""
    one = best.passage.evidence
    said = shown(best.passage.said.lstrip("-* ").rstrip(". "), NEAREST_CHARS)
    lost = _soft(best.missing)
    open_part = "says nothing about " + _phrase(asked, lost) if lost else f"gives no {TYPE_NAMES[asked.expects]}"
    elsewhere = f" There, {where}." if (where := _standing(lost, one.source, evidence)) else ""
    return f'The nearest statement, in {_file(one)}, {open_part}{"" if lost else " that answers"}: "{said}".{elsewhere}'


def _found(asked: Asked, known: Sequence[Need], best: Fit | None, evidence: Sequence[Evidence]) -> str:
    """Say which file holds what is known, and what was not found there: that is said of the passages found alone."""
    lost = best.missing if best else asked.needs
    if not known:
        return f"Documents with similar words were found, but {_but(asked, lost, '', evidence)}."
    holders = [one.source for one in evidence if all(_anywhere(need, one) for need in known)]
    source = max(holders, key=lambda each: len(_held(_soft(lost), _of_file(each, evidence))), default="")
    where = f" ({_name(source)})" if source else ""
    return f"Found {_listed([need.shown for need in known])}{where}, but {_but(asked, lost, source, evidence)}."


def _but(asked: Asked, lost: Sequence[Need], source: str, evidence: Sequence[Evidence]) -> str:
    apart = [need.shown for need in lost if need.hard]
    soft = _soft(lost)
    wanted = " ".join(need.shown for need in asked.of("focus")) or "what was asked"
    there = " there" if source else ""
    held = _held(soft, _of_file(source, evidence))
    if absent := [need for need in soft if need not in held]:
        return f"no passage found{there} mentions {_phrase(asked, absent)}"
    if soft:
        return f"no sentence found{there} is sure to answer the question: {_standing(soft, source, evidence)}"
    if apart:
        return f'nothing about "{wanted}" there that is said of {_listed(apart)}'
    return f'no sentence found{there} is sure to give the {TYPE_NAMES[asked.expects]} for "{wanted}"'


def _standing(lost: Sequence[Need], source: str, evidence: Sequence[Evidence]) -> str:
    """Quote the passage of a file that has most of the words which the best passage lacks, empty where none has."""
    of_file = _of_file(source, evidence)
    held = _held(lost, of_file)
    if not held:
        return ""
    named = f"{_listed([need.shown for need in held])} {'stand' if len(held) > 1 else 'stands'}"
    near = max(passages(of_file), key=lambda one: sum(_said(need, one.said) for need in held), default=None)
    if near is None or not any(_said(need, near.said) for need in held):
        return f"{named} in {_name(source or of_file[0].source)}"
    quote = shown(near.said.lstrip("-* ").rstrip(". "), NEAREST_CHARS)
    return f'{named} in "{quote}" ({_file(near.evidence)})'


def _soft(lost: Sequence[Need]) -> list[Need]:
    """What is asked, and where all of that was found the other plain words."""
    focus = [need for need in lost if need.kind == "focus"]
    return focus or [need for need in lost if not need.hard]


def _held(lost: Sequence[Need], evidence: Sequence[Evidence]) -> list[Need]:
    texts = [f"{one.text} {heading_of(one)} {naming_of(one)}" for one in evidence]
    return [need for need in lost if any(_said(need, text) for text in texts)]


def _said(need: Need, text: str) -> bool:
    """A word that may stand for another is no absent word."""
    said = stem_set(text)
    return any(holds(said, part) for part in need.stems)


def _of_file(source: str, evidence: Sequence[Evidence]) -> list[Evidence]:
    return [one for one in evidence if source in ("", one.source)]


def _file(one: Evidence) -> str:
    return _name(one.source)


def _name(source: str) -> str:
    return source.rsplit("/", 1)[-1]


def _phrase(asked: Asked, lost: Sequence[Need]) -> str:
    """Show a short asked phrase whole where all of it is lost, its parts belong together (warranty period)."""
    together = [need.shown for need in asked.of("focus")]
    names = [need.shown for need in lost]
    return f'"{" ".join(together)}"' if set(names) == set(together) and len(together) <= 3 else _listed(names, "or")


def _listed(names: Sequence[str], last: str = "and") -> str:
    quoted = [f'"{one}"' for one in dict.fromkeys(names)]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


def _anywhere(need: Need, one: Evidence) -> bool:
    text = f"{one.text} {heading_of(one)} {naming_of(one)}"
    year = _FISCAL.fullmatch(need.shown)
    return mentions(text, need) or (year is not None and bool(re.search(rf"\b(?:20)?{year[1]}\b", text)))
