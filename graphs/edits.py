"""What a person's edit of a plan, of evidence or of an answer brings; lists may be typed as text, a line each."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Annotated, cast

from pydantic import BeforeValidator, ConfigDict, TypeAdapter
from typing_extensions import TypedDict

from groundsight.agent.nodes import Update
from groundsight.agent.state import Json, Plan, PlanStep
from groundsight.limits import DEFAULT_LIMITS, has_words

_STEP = re.compile(r"\{(\d{1,3})\}")
_CLOSED = ConfigDict(extra="forbid")


def _listed(given: object) -> object:
    """Read JSON as what it says, and other text as a line each."""
    if not isinstance(given, str):
        return given
    try:
        told: object = json.loads(given)
    except (ValueError, RecursionError):
        told = None
    lines = [line.strip() for line in given.splitlines() if line.strip()]
    return cast("object", told) if isinstance(told, list | dict) else lines


def _step(number: int, given: object) -> object:
    """Number a step that may be a question alone; what it names in braces it comes after."""
    if not isinstance(given, str | dict):
        return given
    one = cast("Json", {"question": given} if isinstance(given, str) else given)
    after = one.get("after") or [int(each) for each in _STEP.findall(str(one.get("question")))]
    return {"step": number, **one, "after": after}


def _whole(given: object) -> object:
    told = _listed(given)
    plan = cast("Json", told) if isinstance(told, dict) else {"steps": told}
    steps = _listed(plan.get("steps"))
    if not isinstance(steps, list):
        return plan
    numbered = [_step(at, each) for at, each in enumerate(cast("list[object]", steps), 1)]
    chained = any(isinstance(each, dict) and cast("Json", each)["after"] for each in numbered)
    return {"join": "last" if chained else "all", **plan, "steps": numbered}


class _Plan(TypedDict, total=False):
    __pydantic_config__ = _CLOSED  # pyright: ignore[reportGeneralTypeIssues]

    plan: Annotated[Plan, BeforeValidator(_whole)]
    queries: Annotated[list[str], BeforeValidator(_listed)]


def edited_plan(shown: Json, edited: Json) -> Update:
    """Read a plan: ``plan`` or its steps as questions, ``queries``, or both; what is left out stays as it was.

    Raises:
        ValueError: it is none, a step leans on no earlier one, or there is nothing to search for, or too much.
    """
    given, before = TypeAdapter(_Plan).validate_python(edited), Plan.model_validate(shown["plan"])
    if not given:
        raise ValueError("an edit of a plan gives plan, queries, or both")
    plan, queries = given.get("plan", before), given.get("queries", shown["queries"])
    if plan.steps != before.steps:
        plan = plan.model_copy(update={"by": "person"})
        own = queries != shown["queries"]
        queries = [*(each for each in queries if own or each not in _first(before.steps)), *_first(plan.steps)]
    return {"plan": _sound(plan).model_dump(mode="json"), "queries": _searchable(queries)}


def _first(steps: Iterable[PlanStep]) -> list[str]:
    return [step.question for step in steps if not step.after]


def _sound(plan: Plan) -> Plan:
    if (loose := plan.loose()) is not None:
        raise ValueError(f"step {loose.step} leans on a step that does not come before it")
    return plan


def _searchable(queries: Iterable[str]) -> list[str]:
    kept = [*dict.fromkeys(query.strip() for query in queries if has_words(query))]
    if not kept:
        raise ValueError("nothing is left to search for: give queries, or steps of the plan, in words")
    if max(map(len, kept)) > DEFAULT_LIMITS.query_chars:
        raise ValueError(f"a query is longer than {DEFAULT_LIMITS.query_chars} characters")
    return kept


def _named(given: object) -> object:
    """Take an id alone for the evidence that has it."""
    return {"id": given} if isinstance(given, str) else given


class _Kept(TypedDict):
    __pydantic_config__ = ConfigDict(extra="ignore")  # pyright: ignore[reportGeneralTypeIssues]

    id: str


class _Evidence(TypedDict):
    __pydantic_config__ = _CLOSED  # pyright: ignore[reportGeneralTypeIssues]

    evidence: Annotated[list[Annotated[_Kept, BeforeValidator(_named)]], BeforeValidator(_listed)]


def kept_evidence(shown: Json, edited: Json) -> set[str]:
    """Return the ids of what stays; each is given as it was shown, or by its id alone.

    Raises:
        ValueError: it is no list, or names what was not shown.
    """
    kept = {one["id"] for one in TypeAdapter(_Evidence).validate_python(edited)["evidence"]}
    if strange := sorted(kept - {one["id"] for one in shown["evidence"]}):
        raise ValueError(f"no evidence that was shown has the id {strange[0]:.80}")
    return kept


class _Answer(TypedDict):
    text: str


def edited_text(edited: Json) -> str:
    """Return the text of an answer.

    Raises:
        ValueError: there is none.
    """
    return TypeAdapter(_Answer).validate_python(edited)["text"]
