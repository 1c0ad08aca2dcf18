"""The state of one question in plain JSON, the words that its nodes read from it, and what is left of its budget."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, NotRequired, Required

from typing_extensions import TypedDict

from groundsight.settings import Agent
from groundsight.types import Evidence, Quote, Word
from groundsight.types.computed import Computation

Json = dict[str, Any]
Said = tuple[str, tuple[str, ...]]
WHOLE = 0


class PlanStep(Word):
    """One question to look up. ``{1}`` in it stands for the answer of step 1, which ``after`` names."""

    step: int
    question: str
    after: tuple[int, ...] = ()


class Plan(Word):
    """How a question is taken apart. ``last``: the last step answers; ``all``: every step is part of the answer."""

    steps: tuple[PlanStep, ...]
    join: Literal["last", "all", "compare"] = "last"
    by: str = "rules"

    def loose(self) -> PlanStep | None:
        """Return the first step that leans on one that does not come before it, None where the plan is sound."""
        return next((one for one in self.steps if any(not 0 < before < one.step for before in one.after)), None)


class Finding(Word):
    """The passage that answers one step; ``value`` is what later steps put in place of ``{step}``.

    ``also`` are the ids of further evidence that a computed sentence rests on, ``made`` is what was computed. Step
    ``WHOLE`` answers the whole question at once, whatever the plan.
    """

    step: int
    question: str
    sentence: str
    quote: Quote
    value: str = ""
    also: tuple[str, ...] = ()
    made: Computation | None = None


class Draft(Word):
    """Sentences of an answer with the ids that each cites; ``lacking`` is what its writer missed, a query at most.

    ``computed`` are the computations that some of them say.
    """

    sentences: tuple[str, ...] = ()
    cites: tuple[tuple[str, ...], ...] = ()
    by: str = "rules"
    lacking: str = ""
    computed: tuple[Computation, ...] = ()

    @property
    def pairs(self) -> list[Said]:
        """Each sentence with what it cites."""
        return list(zip(self.sentences, self.cites, strict=True))

    def saying(self, pairs: Iterable[Said]) -> Draft:
        """Return this draft with other sentences, each once."""
        kept = dict(pairs)
        return self.model_copy(update={"sentences": tuple(kept), "cites": tuple(kept.values())})


def merge(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """Join two mappings; what came first stays."""
    return {**(new or {}), **(old or {})}


class Question(TypedDict):
    """What the answer graph is given: a question, and the name of the picture that it is about, if there is one."""

    question: str
    picture: NotRequired[str]


class Answered(TypedDict):
    """What the answer graph gives: an ``Answer`` as JSON."""

    answer: Json


class AnswerState(TypedDict, total=False):
    """What the answer graph remembers; ``json.dumps`` works after every node.

    Required is what a node may rely on when its turn comes; only the question is there from the start.
    """

    question: Required[str]
    picture: str
    sight: Json
    plan: Required[Json]
    queries: list[str]
    asked: Annotated[list[str], operator.add]
    evidence: Annotated[dict[str, Json], merge]
    reviewed: Annotated[list[str], operator.add]
    dropped: Annotated[list[str], operator.add]
    links: Annotated[dict[str, list[str]], merge]
    far: Annotated[list[str], operator.add]
    findings: list[Json]
    missing: list[str]
    known: int
    hops: int
    draft: Required[Json]
    kept: Json
    fit: Json
    calls: Annotated[int, operator.add]
    banned: Annotated[list[str], operator.add]
    report: Required[Json]
    revisions: int
    seconds: Annotated[float, operator.add]
    tokens: Annotated[int, operator.add]
    tier: Annotated[Json, merge]
    degraded: Annotated[list[Json], operator.add]
    trace: Annotated[list[Json], operator.add]
    stop: str
    next: str
    answer: Required[Json]


def plan_of(state: AnswerState) -> Plan:
    """Read the plan."""
    return Plan.model_validate(state["plan"])


def draft_of_state(state: AnswerState) -> Draft:
    """Read the draft."""
    return Draft.model_validate(state["draft"])


def findings_of(state: AnswerState) -> list[Finding]:
    """Read the findings."""
    return [Finding.model_validate(one) for one in state.get("findings", ())]


def evidence_of_state(state: AnswerState) -> dict[str, Evidence]:
    """Read the evidence by id, without what a person dropped."""
    kept = state.get("evidence", {}).items()
    return {key: Evidence.model_validate(one) for key, one in kept if key not in state.get("dropped", ())}


def in_cited_order(state: AnswerState, markers: Mapping[str, str]) -> list[Evidence]:
    """Return the evidence so that marker 1 leads to the first one; what is not cited comes after."""
    evidence = evidence_of_state(state)
    order = dict.fromkeys([*(cited for cited in markers.values() if cited in evidence), *evidence])
    return [evidence[key] for key in order]


def seconds_left(state: AnswerState, budget: Agent) -> float:
    """Return the seconds of work that a question has left; waiting for a person does not count."""
    return max(0.0, budget.seconds - state.get("seconds", 0.0))


def used_up(state: AnswerState, budget: Agent) -> str:
    """Name the budget that is used up, empty when none is."""
    if seconds_left(state, budget) <= 0:
        return f"the time budget is used up ({budget.seconds} s)"
    for name, spent, most in (("token", "tokens", budget.tokens), ("hop", "hops", budget.hops)):
        if state.get(spent, 0) >= most:
            return f"the {name} budget is used up ({most})"
    return ""
