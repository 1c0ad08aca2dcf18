"""Is the evidence enough? What was found, what is missing, and how to say so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from groundsight.agent.cover import Fit
from groundsight.agent.extract import rank
from groundsight.agent.kinds import TYPE_NAMES
from groundsight.agent.mention import mentions
from groundsight.agent.passages import heading_of, naming_of
from groundsight.agent.question import Asked, Need
from groundsight.agent.state import Draft
from groundsight.agent.withheld import removed
from groundsight.agent.words import stem_set
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


def explain(asked: Asked, evidence: Sequence[Evidence], given: Sequence[str] = ()) -> str:
    """Say in one sentence which part of a question the passages that were found do not answer.

    A search sees no whole index: what is said is said of what it found.
    """
    if not evidence:
        return "The search found nothing that matches the question."
    absent = unmentioned(asked, evidence)
    if absent:
        return f"{_none_of(evidence)} {_listed([need.shown for need in absent])}."
    if hidden := removed(asked, evidence):
        return hidden
    best = _best(asked, evidence, given)
    known = [need for need in asked.needs if need.hard and any(_anywhere(need, one) for one in evidence)]
    if not known and best is not None:
        return _nearest(asked, best)
    return f"{_found(known, evidence)} {_but(asked, best)}."


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


def _nearest(asked: Asked, best: Fit) -> str:
    """Show the statement that comes nearest, and what of the question it leaves open."""
    said = shown(best.passage.said.lstrip("-* ").rstrip(". "), NEAREST_CHARS)
    lost = [need.shown for need in best.missing]
    topic = " ".join(_whole_phrase(asked, lost))
    open_part = f'says nothing about "{topic}"' if lost else f"gives no {TYPE_NAMES[asked.expects]} that answers"
    return f'The nearest statement, in {_file(best.passage.evidence)}, {open_part}: "{said}".'


def _found(known: Sequence[Need], evidence: Sequence[Evidence]) -> str:
    if not known:
        return "Documents with similar words were found,"
    holder = next((one for one in evidence if all(_anywhere(need, one) for need in known)), None)
    where = f" ({_file(holder)})" if holder else ""
    return f"Found {_listed([need.shown for need in known])}{where},"


def _file(one: Evidence) -> str:
    return one.source.rsplit("/", 1)[-1]


def _but(asked: Asked, best: Fit | None) -> str:
    lost = best.missing if best else asked.needs
    apart = [need.shown for need in lost if need.hard]
    focus = [need.shown for need in lost if not need.hard]
    wanted = " ".join(need.shown for need in asked.of("focus")) or "what was asked"
    if focus:
        return f'but nothing there about "{" ".join(_whole_phrase(asked, focus))}"'
    if apart:
        return f'but nothing about "{wanted}" there that is said of {_listed(apart)}'
    return f'but no {TYPE_NAMES[asked.expects]} for "{wanted}" there'


def _whole_phrase(asked: Asked, lost: Sequence[str]) -> list[str]:
    """Show a short asked phrase whole, its parts belong together (warranty period)."""
    together = [need.shown for need in asked.of("focus")]
    return together if set(lost) <= set(together) and len(together) <= 3 else list(lost)


def _listed(names: Sequence[str]) -> str:
    quoted = [f'"{one}"' for one in dict.fromkeys(names)]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"


def _anywhere(need: Need, one: Evidence) -> bool:
    text = f"{one.text} {heading_of(one)} {naming_of(one)}"
    year = _FISCAL.fullmatch(need.shown)
    return mentions(text, need) or (year is not None and bool(re.search(rf"\b(?:20)?{year[1]}\b", text)))
