"""What is kept of an answer when it is given: figures without content, and what a person should look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundsight.governance.answer_figures import figures_of, note_given
from groundsight.governance.events import heed
from groundsight.governance.lookout import ask_rules_if_due
from groundsight.governance.policy import CODE, under_policy
from groundsight.governance.review import queue_answer
from groundsight.language.framing import asked_in
from groundsight.operation.calls import cost_so_far
from groundsight.quality.flags import sides_of
from groundsight.types import Answer, GroundingReport

if TYPE_CHECKING:
    from groundsight.suite import Suite


def noted(suite: Suite, answer: Answer, report: GroundingReport | None, seconds: float) -> Answer:
    """Hold an answer to the policy, keep its figures, queue it for a person where it is not sure, and return it.

    Raises:
        ConfigError: the policy can't be read. StorageFailed: the home can't be written.
    """
    who, home = suite.principal, suite.settings.home
    policy = heed(suite.settings, who, "engine")
    given = under_policy(policy, answer)
    shown = {one.evidence_id: one.kind for one in answer.evidence}
    cited = [shown[one.evidence_id] for one in answer.citations if one.evidence_id in shown]
    figures = figures_of(
        who,
        report,
        status=given.status,
        stopped=given.stop_reason.removeprefix(CODE).strip() if given.status == "refused" else "",
        ratio=answer.grounding_ratio,
        seconds=round(seconds, 4),
        tier=answer.tier.name,
        language=asked_in(answer.question) or "en",
        cost=cost_so_far(),
        flags=sides_of(suite.settings, who),
        kinds=tuple(sorted(set(cited))),
        score=max(
            (part.raw for one in answer.candidates for part in one.channels if part.channel == "text"), default=None
        ),
    )
    note_given(home, figures, policy.retention_days)
    queue_answer(suite.settings, who.tenant, given)
    ask_rules_if_due(suite.settings, who)
    return given
