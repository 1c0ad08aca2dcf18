"""Whose words may answer a question about a picture: its own before all else, and of other pictures hardly any."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from groundsight.agent.lookup import Shelf, complete, settle
from groundsight.agent.picture import Sight, sight_of
from groundsight.agent.planner import plan
from groundsight.agent.question import Question, told_by
from groundsight.agent.state import AnswerState, Draft, Finding, Plan, plan_of
from groundsight.agent.uphold import Known
from groundsight.governance.access import visible_to
from groundsight.types import Asset, Evidence, Unit

if TYPE_CHECKING:
    from groundsight.suite import Suite


def settled(suite: Suite, state: AnswerState, shelf: Shelf) -> tuple[Plan, str, list[Finding]]:
    """Settle a question: one about a picture from the picture, as it was asked, and only then from anything else.

    Returns the plan and the question that were settled, and what was found.
    """
    sight = sight_of(state)
    if sight is None:
        return plan_of(state), state["question"], settle(plan_of(state), state["question"], shelf)
    asked, own = plan(sight.asked), _only(shelf, lambda one: sight.shows(one.evidence_id))
    found = settle(asked, sight.asked, own) if own.evidence else []
    if complete(asked, found):
        return asked, sight.asked, found
    current = plan_of(state) if state["question"] == sight.whole else plan(sight.whole)
    barred = _of_others(suite, sight, [*shelf.evidence, *shelf.tables])
    return current, sight.whole, settle(current, sight.whole, _only(shelf, lambda one: one.evidence_id not in barred))


def comparable(suite: Suite, state: AnswerState, draft: Draft, known: Known) -> Known:
    """Return what may stand beside an answer as another source.

    The total of this receipt is not that of another one. Where the rules quote the picture itself, only what speaks of
    an identifier in it says anything of the same thing.
    """
    sight = sight_of(state)
    if sight is None:
        return known
    cited = {one for cites in draft.cites for one in cites}
    if draft.by == "rules" and cited and all(map(sight.shows, cited)):
        barred = {key for key, one in known.items() if not _identified(sight, one)}
    else:
        barred = _of_others(suite, sight, [*known.values()])
    return {key: one for key, one in known.items() if key in cited or key not in barred}


def _only(shelf: Shelf, allowed: Callable[[Evidence], bool]) -> Shelf:
    evidence, tables, older = ([*filter(allowed, each)] for each in (shelf.evidence, shelf.tables, shelf.older))
    return replace(shelf, evidence=evidence, tables=tables, older=older)


def _of_others(suite: Suite, sight: Sight, evidence: Sequence[Evidence]) -> set[str]:
    """Return what was read in other pictures, unless it speaks of an identifier that stands in this one."""
    ids = [*dict.fromkeys(one.evidence_id for one in evidence if not sight.shows(one.evidence_id))]
    found = suite.parts.index.get(ids, visible_to(suite.principal)) if ids else ()
    seen = {unit.unit_id for unit, asset in found if _is_picture(unit, asset)}
    return {one.evidence_id for one in evidence if one.evidence_id in seen and not _identified(sight, one)}


def _is_picture(unit: Unit, asset: Asset) -> bool:
    scanned = unit.kind == "page" and bool(unit.ocr) and not unit.text
    return scanned or unit.kind in ("figure", "image") or asset.media_type.startswith("image/")


def _identified(sight: Sight, one: Evidence) -> bool:
    named = (need for need in Question(sight.whole).hard if need.kind == "id")
    return any(need.in_text(told_by(one)) for need in named)
