"""An answer that was given before to the same question: kept, and given again while nothing has changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from groundsight.errors import Locked, StorageFailed
from groundsight.governance.access import visible_to
from groundsight.language.same_asking import asking
from groundsight.models.store import KINDS, in_use
from groundsight.operation.answer_cache import AnswerCache
from groundsight.prompts import hash_of_prompt
from groundsight.tools.recording import PROMPTS, circumstances
from groundsight.types import Answer, Condition

if TYPE_CHECKING:
    from groundsight.suite import Suite

# Of what was not found, or not sure, the next search may find more; and its text repeats the words of the question.
KEPT = ("answered", "partial")


class AnswersBefore:
    """The answers that one caller may be given again, under the rights, policy, prompts, models and index of now."""

    def __init__(self, suite: Suite) -> None:
        self._suite, self._cache = suite, AnswerCache(suite.settings.home, suite.settings.operation.cache_minutes)
        self._version = suite.parts.index.version()

    def find(self, question: str) -> Answer | None:
        """Return the answer of before, for the words of now; none where a file that it cites has changed since.

        Where none can be read or kept, on a full disk or beside another writer, the answer is worked out.
        """
        with suppress(StorageFailed, Locked):
            found = self._cache.find(self._key(question), self._version)
            if found is not None and not self._is_stale(found):
                return found.model_copy(update={"question": question})
        return None

    def keep(self, question: str, answer: Answer) -> None:
        """Keep an answer, unless the index has changed while it was found."""
        if answer.status not in KEPT or answer.cached is not None:
            return
        with suppress(StorageFailed, Locked):
            self._cache.keep(self._key(question), self._version, answer)
            if self._suite.parts.index.version() != self._version:
                self._cache.clear()

    def _key(self, question: str) -> str:
        who, settings = self._suite.principal, self._suite.settings
        scope = {
            "who": who.model_dump(mode="json", exclude={"may_read", "may_write", "may_admin"}),
            "where": visible_to(who).model_dump(mode="json"),
            "day": date.today().isoformat(),
            "prompts": {name: hash_of_prompt(name, settings.agent.prompts) for name in PROMPTS},
            "redact": settings.governance.redact,
            "trained": in_use(settings.home, *KINDS),
            **circumstances(self._suite),
        }
        return self._cache.key(asking(question), json.dumps(scope, sort_keys=True))

    def _is_stale(self, answer: Answer) -> bool:
        from groundsight.ingestion.stale import stale_of

        stale = {each.source: each.stale for each in (*answer.citations, *answer.evidence)}
        one_of = Condition(field="source", op="in", value=tuple(sorted(stale)))
        there = self._suite.parts.index.assets(visible_to(self._suite.principal).also(one_of))
        now = {asset.source: stale_of(self._suite.parts, asset) for asset in there}
        return any(now.get(source, "gone") != before for source, before in stale.items())


def through_cache(suite: Suite, question: str, picture: str, answer: Callable[[], Answer]) -> Answer:
    """Give the answer of before where there is one, else answer and keep that; what is about a picture is not kept."""
    before = answers_before(suite, picture)
    if before is None:
        return answer()
    if (found := before.find(question)) is not None:
        return found
    given = answer()
    before.keep(question, given)
    return given


def answers_before(suite: Suite, picture: str = "") -> AnswersBefore | None:
    """Return the answers that may be given again, None where the settings or a picture want each worked out."""
    return AnswersBefore(suite) if suite.settings.operation.cache_minutes and not picture else None
