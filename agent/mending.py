"""A draft held to the evidence: what is supported is given, what is not is mended or replaced by another draft."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from groundsight.agent.assess import is_identifier, note_of, unmentioned, without_placeholders
from groundsight.agent.compose import lay_out, only_known, rejected
from groundsight.agent.fit import fit_of
from groundsight.agent.nodes import CALLS_AT_MOST, Desk, Update, by_rule, left
from groundsight.agent.own import comparable
from groundsight.agent.question import Question
from groundsight.agent.requests import ask_draft
from groundsight.agent.rivals import beside
from groundsight.agent.state import (
    AnswerState,
    Draft,
    draft_of_state,
    evidence_of_state,
    findings_of,
    in_cited_order,
    used_up,
)
from groundsight.agent.uphold import Held, hold
from groundsight.limits import has_words
from groundsight.types import GroundingReport, Verdict
from groundsight.types.showing import number_of

LEFT_OUT = "Part of the answer was left out: the evidence does not support it."
UNSUPPORTED = "the evidence does not support what was written"
NOWHERE = "what the question identifies was not found"


def verify(state: AnswerState, desk: Desk) -> Update:
    """Hold the draft to the evidence sentence by sentence; what is rejected is mended, or another draft is tried."""
    written, redacted = without_placeholders(state["question"], draft_of_state(state))
    update: Update = {"missing": [*state.get("missing", ()), *filter(None, [redacted])]}
    if not has_words(lay_out(written).text):
        why = redacted or "nothing is left to say"
        return {**update, "next": "abstain", "detail": why} if redacted else update | _next_best(state, written, why)
    held = _held(written, state, desk)
    held_back = _better(held, state)
    update |= {"draft": _json(written), "report": held.report.model_dump(mode="json"), "kept": _json(held_back)}
    update["detail"] = f"{held.report.supported} of {number_of(held.report.checkable, 'sentence')} supported"
    if held.bad and _may_revise(state, desk, written, held.bad):
        return {**update, "next": "revise"}
    if not held_back.sentences or (written.by == "rules" and 0 in held.bad):
        return update | _next_best(state, written, UNSUPPORTED)
    lost = [LEFT_OUT] if held.bad else []
    return update | _given(state, desk, held_back, held if held_back == written else None, [*update["missing"], *lost])


def revise(state: AnswerState, desk: Desk) -> Update:
    """Replace what the evidence does not say: the language model rewrites, the rules look for another passage."""
    written, report = draft_of_state(state), GroundingReport.model_validate(state["report"])
    bad, update = rejected(lay_out(written), report), {"revisions": state.get("revisions", 0) + 1}
    if written.by == "rules" or not desk.chat:
        return update | _by_rule_again(state, desk, written, bad)
    shown = in_cited_order(state, lay_out(written).markers)[: desk.suite.settings.agent.evidence]
    made, spent = ask_draft(desk.chat, state["question"], shown, left(state, desk), (written, bad))
    kept, _ = only_known(made or written, evidence_of_state(state))
    return {**update, **spent, "draft": _json(kept), "next": "verify", "detail": "rewritten"}


def _given(state: AnswerState, desk: Desk, kept: Draft, held: Held | None, missing: list[str]) -> Update:
    """Give what is supported where it answers the question, with the sources that disagree beside it.

    A name of the question that no evidence holds is noted; without what it identifies there is no answer.
    """
    known, asked = evidence_of_state(state), Question(state["question"])
    every = list(known.values())
    fits = fit_of(state["question"], kept.sentences)
    update: Update = {"fit": fits.model_dump(mode="json")}
    if fits.value == "no":
        return update | _next_best(state, kept, fits.reason)
    ruled = kept.by == "rules"
    if not ruled and any(is_identifier(need, asked) for need in unmentioned(asked, every)):
        return update | _next_best(state, kept, NOWHERE)
    told = beside(kept, asked, comparable(desk.suite, state, kept, known), desk.suite.verify, desk.eyes)
    report = held.report if held and told == kept else _held(told, state, desk).report
    noted = [*missing, *filter(None, ["" if ruled else note_of(asked, every)])]
    return update | {
        "draft": _json(told), "report": report.model_dump(mode="json"), "missing": noted, "next": "answer",
    }  # fmt: skip


def _next_best(state: AnswerState, written: Draft, why: str) -> Update:
    """After a model's draft the rules' own is tried; after that the closest evidence is shown."""
    ruled = by_rule(state) if written.by != "rules" else Draft()
    if ruled.sentences:
        return {"draft": _json(ruled), "missing": [], "next": "verify", "detail": why}
    return {"draft": _json(Draft()), "missing": [], "next": "show_evidence", "stop": why, "detail": why}


def _held(draft: Draft, state: AnswerState, desk: Desk) -> Held:
    return hold(draft, evidence_of_state(state), desk.suite.verify, desk.suite.settings.grounding)


def _better(held: Held, state: AnswerState) -> Draft:
    """Of two drafts by a model the one of which more is supported, the later one where it is as much."""
    before = Draft.model_validate(state.get("kept") or {})
    ruled = "rules" in (before.by, held.kept.by)
    return before if not ruled and len(before.sentences) > len(held.kept.sentences) else held.kept


def _may_revise(state: AnswerState, desk: Desk, written: Draft, bad: Mapping[int, Verdict]) -> bool:
    done, allowed = state.get("revisions", 0), desk.suite.settings.grounding.revisions
    if used_up({**state, "hops": 0}, desk.suite.settings.agent):
        return False
    if written.by == "rules":
        return done < allowed and bool(_by_rule_again(state, desk, written, bad))
    return done < min(1, allowed) and state.get("calls", 0) < CALLS_AT_MOST


def _by_rule_again(state: AnswerState, desk: Desk, written: Draft, bad: Iterable[int]) -> Update:
    """Settle again without the passages that were refused; empty where a model or nothing is left to do it."""
    refused = {written.sentences[at] for at in bad}
    banned = sorted(one.sentence for one in findings_of(state) if one.sentence in refused)
    if not banned or desk.chat:
        return {}
    return {"banned": banned, "next": "assess", "detail": "looking for another passage"}


def _json(draft: Draft) -> Update:
    return draft.model_dump(mode="json")
