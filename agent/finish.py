"""The last nodes of the answer graph: give the answer, show the closest passages, or abstain."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from groundsight.agent.answerer import likeliest
from groundsight.agent.assess import explain
from groundsight.agent.candidates import Eyes, closest, read_windows
from groundsight.agent.compose import citations, lay_out, receipt
from groundsight.agent.files import by_words_alone, not_taken
from groundsight.agent.nodes import Desk, Update
from groundsight.agent.noting import noted
from groundsight.agent.own import of_others
from groundsight.agent.picture import UNSEEN, UNSEEN_TEXT, Sight, best_first, sight_of
from groundsight.agent.question import Question
from groundsight.agent.state import AnswerState, Draft, draft_of_state, evidence_of_state, findings_of, in_cited_order
from groundsight.language.sayings import saying
from groundsight.language.typography import squeeze
from groundsight.retrieval.evidence import candidate_of
from groundsight.types import Answer, Degraded, Evidence, Fit, GroundingReport, Quote, Span, Tier
from groundsight.types.showing import where

PASSAGES, SHORTEST = 3, 3
SHOWN_CHARS = 300


def answer(state: AnswerState, desk: Desk) -> Update:
    """Assemble the answer with its citations, verdicts and trace."""
    laid, known = lay_out(draft_of_state(state)), evidence_of_state(state)
    report, lost = GroundingReport.model_validate(state["report"]), list(dict.fromkeys(state.get("missing", ())))
    partly = lost or state.get("fit", {}).get("value") == "partly"
    reason = state.get("stop") or f"the evidence answers {'a part of ' if partly else ''}the question"
    given = _answer(state, desk, "\n".join([laid.text, *lost]), "partial" if partly else "answered", reason)
    chosen, proved = findings_of(state), (quote for verdict in report.claims for quote in verdict.support)
    most = max(len(laid.markers), desk.suite.settings.agent.evidence)
    full = {
        "grounding_ratio": report.grounding_ratio,
        "verdicts": report.claims,
        "citations": citations(laid, known, [*(found.quote for found in chosen), *proved]),
        "evidence": tuple(in_cited_order(state, laid.markers)[:most]),
    }
    final = _noted(state, desk, given.model_copy(update=full))
    return {"answer": final.model_dump(mode="json"), "detail": final.status}


def show_evidence(state: AnswerState, desk: Desk) -> Update:
    """Give no answer but what was looked for and where the closest passages stand."""
    known, asked = evidence_of_state(state), Question(state["question"])
    sight, alike = sight_of(state), frozenset[str]()
    if sight:
        found, alike = _near_picture(state, desk, sight)
    else:
        found = nearest(state["question"], list(known.values()), desk.eyes)
    laid = lay_out(shown(found, alike))
    lost = list(dict.fromkeys(state.get("missing", ()))) or [explain(asked, list(known.values()))]
    lost += not_taken(desk.suite, state["question"], [quote.evidence_id for quote in found])
    lost += by_words_alone(desk.suite, asked.language)
    reason = state.get("stop") or "the evidence does not answer the question"
    closest = [saying("closest", asked.language), laid.text] if found else []
    given = _answer(state, desk, "\n".join([*lost, *closest]), "evidence" if found else "abstained", reason)
    cited = citations(laid, known, found)
    full = {
        "citations": cited,
        "evidence": tuple(in_cited_order(state, laid.markers)[: desk.suite.settings.agent.evidence]),
    }
    final = _noted(state, desk, given.model_copy(update=full))
    return {"answer": final.model_dump(mode="json"), "detail": final.text}


def abstain(state: AnswerState, desk: Desk) -> Update:
    """Say why there is nothing to show: nothing was found or asked, or a person declined."""
    evidence = list(evidence_of_state(state).values())
    asked = Question(state["question"])
    lost = list(state.get("missing") or [explain(asked, evidence)])
    lost += not_taken(desk.suite, state["question"], [one.evidence_id for one in evidence[:1]])
    lost += by_words_alone(desk.suite, asked.language)
    reason = state.get("stop") or "the evidence does not answer the question"
    given = _answer(state, desk, " ".join(lost), "abstained", reason)
    shown = given.model_copy(update={"evidence": tuple(evidence[: desk.suite.settings.agent.evidence])})
    return {"answer": _noted(state, desk, shown).model_dump(mode="json"), "detail": given.text}


def so_far(state: AnswerState) -> Answer:
    """Tell what is known before the end: what was searched and settled, and the closest passages, all unchecked."""
    known, found = evidence_of_state(state), findings_of(state)
    quotes = [*(one.quote for one in found), *nearest(state["question"], list(known.values()), None)][:PASSAGES]
    laid = lay_out(shown(quotes))
    searched = f"Searched for: {'; '.join(dict.fromkeys(state.get('asked', ())))}." if state.get("asked") else ""
    closest = f"Found so far, unchecked:\n{laid.text}" if quotes else "Nothing found so far."
    return Answer(
        question=state["question"],
        status="working",
        text="\n".join(filter(None, (searched, closest))),
        stop_reason="not finished yet",
        grounding_ratio=None,
        citations=citations(laid, known, quotes),
        evidence=tuple(in_cited_order(state, laid.markers)),
        candidates=tuple(map(candidate_of, known.values())),
    )


def _near_picture(state: AnswerState, desk: Desk, sight: Sight) -> tuple[list[Quote], frozenset[str]]:
    """Of a question about a picture, the closest passage of it, then of each of what is near to it.

    Other pictures say nothing of this one: they are shown where nothing else is, as what looks like it.
    """
    known, words = evidence_of_state(state), f"{state['question']} {sight.words}"
    own = [one for key, one in known.items() if sight.shows(key) and len(one.text) >= SHORTEST]
    near = best_first(state)
    others = of_others(desk.suite, sight, near)
    chosen = [*own[:1], *(one for one in near if one.evidence_id not in others and one not in own)] or near
    one_each = (nearest(words, [one], None)[:1] or [_begun(one)] for one in chosen[:PASSAGES])
    found = [quote for quotes in one_each for quote in quotes]
    return found or nearest(state["question"], list(known.values()), desk.eyes), frozenset(others)


def _begun(one: Evidence) -> Quote:
    text = one.text[:SHOWN_CHARS]
    return Quote(
        evidence_id=one.evidence_id,
        span=Span(start=0, end=len(text)),
        text=text,
        source=one.source,
        page=one.place.page,
    )


def _answer(state: AnswerState, desk: Desk, text: str, status: str, reason: str) -> Answer:
    index, sight = desk.suite.parts.index.version(), sight_of(state)
    lacking = list(state.get("degraded", ()))
    if sight and _tier(state).name != "llm":
        text = f"{text}\n{UNSEEN_TEXT} {sight.told() or 'nothing is read in it'}."
        lacking.append(UNSEEN.model_dump(mode="json"))
    text += sight.unread() if sight else ""
    return Answer.model_validate(
        {
            "question": state["question"],
            "picture": sight and sight.file,
            "status": status,
            "text": text,
            "stop_reason": reason,
            "grounding_ratio": None,
            "fit": state.get("fit") or Fit(),
            "candidates": tuple(map(candidate_of, evidence_of_state(state).values())),
            "tier": _tier(state).model_dump(),
            "degraded": tuple(dict.fromkeys(Degraded.model_validate(one) for one in lacking)),
            "trace": tuple(state.get("trace", ())),
            "receipt": receipt(state["question"], text, list(state.get("evidence", {})), index),
        }
    )


def _noted(state: AnswerState, desk: Desk, given: Answer) -> Answer:
    report = GroundingReport.model_validate(state["report"]) if state.get("report") else None
    return noted(desk.suite, given, report, state.get("seconds", 0.0))


def _tier(state: AnswerState) -> Tier:
    searched = Tier.model_validate(state.get("tier") or {})
    writer = draft_of_state(state).by if state.get("draft") else "rules"
    name = searched.name if writer == "rules" else "llm"
    return Tier(name=name, models={**searched.models, "writer": writer})


def nearest(question: str, evidence: Sequence[Evidence], eyes: Eyes | None) -> list[Quote]:
    """Return the sentences, rows or lines that may answer a question, likeliest first, none said twice.

    What the reader finds likeliest goes first; without one, and behind it, what says most of the question.
    """
    asked = Question(question)
    likely = likeliest(asked, evidence, eyes) if eyes else []
    found = [*likely, *(closest(asked, window) for window in read_windows(asked, evidence))]
    # A heading by itself tells a person nothing.
    telling = [one for one in found if len(one.text.split()) >= SHORTEST] or found
    said: dict[str, Quote] = {}
    for one in telling:
        said.setdefault(squeeze(one.text), one)
    return list(said.values())[:PASSAGES]


def shown(quotes: Sequence[Quote], alike: Collection[str] = ()) -> Draft:
    """Lay quotes out with their places, as what stands there and no answer; ``alike`` merely look like the picture."""
    why = ("", ", which looks like it")
    said = tuple(f'{_where(one)}{why[one.evidence_id in alike]}: "{squeeze(one.text)[:SHOWN_CHARS]}"' for one in quotes)
    return Draft(sentences=said, cites=tuple((one.evidence_id,) for one in quotes))


def _where(one: Quote) -> str:
    return where(one.source.rsplit("/", 1)[-1], one.page, None, "", one.second)
