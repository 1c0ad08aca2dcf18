"""The real search with one part exchanged: what it is given is recorded to learn from, what it does is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from groundsight.evals.gold import as_groups
from groundsight.evals.metrics import average_precision, paired, recall_at
from groundsight.models.fusers import Late, trained_fuser
from groundsight.models.rankers import trained_ranker
from groundsight.models.store import Gain, Verdict, active
from groundsight.parts import Parts
from groundsight.retrieval.rerank import CandidateBm25
from groundsight.suite import Suite
from groundsight.types import Query

if TYPE_CHECKING:
    from groundsight.doors.learn.judged import Lesson
    from groundsight.index import ChannelResult
    from groundsight.retrieval.fusion import Fuser, Shares
    from groundsight.retrieval.rerank import Reranker
    from groundsight.settings import Settings
    from groundsight.tracing import Watch
    from groundsight.types import Hit, Principal

RANKED = 50
Scores = Mapping[str, list[float]]


class Trial(Parts):
    """The parts of the settings with an exchanged fuser and re-ranker.

    There is no floor: it has nothing to do with order, and a question that it refuses would teach nothing.
    """

    def __init__(self, settings: Settings, fuser: Fuser, ranker: Reranker | None) -> None:
        search = settings.search.model_copy(update={"floor": False, "fusion": "rrf"})
        super().__init__(settings.model_copy(update={"search": search}))
        self._chosen, self.__dict__["reranker"] = fuser, ranker

    @property
    def fuser(self) -> Fuser:
        """The one that is tried."""
        return self._chosen

    def alike(self, fuser: Fuser, ranker: Reranker | None, **parts: object) -> Trial:
        """Return the same with another pair and, by name, other parts; what else is open is shared."""
        other = Trial(self.settings, fuser, ranker)
        own = ("_chosen", "reranker", "searches", "base")
        other.__dict__.update({name: part for name, part in self.__dict__.items() if name not in own} | parts)
        return other


class Recording:
    """A fuser and a re-ranker in one, which note what they are given and answer as those in use do."""

    name = "recording"

    def __init__(self, fuser: Fuser, ranker: Reranker) -> None:
        self.lists: list[ChannelResult] = []
        self.hits: list[Hit] = []
        self._fuser, self._ranker = fuser, ranker

    def fuse(self, lists: Sequence[ChannelResult]) -> Shares:
        """Fuse as the fuser in use does."""
        self.lists = list(lists)
        return self._fuser.fuse(lists)

    def score(self, query: str, hits: Sequence[Hit]) -> list[float]:
        """Score as the re-ranker in use does."""
        self.hits = list(hits)
        return self._ranker.score(query, hits)


def parts_in_use(settings: Settings) -> tuple[Fuser, Reranker]:
    """Return the trained fuser and re-ranker that were promoted last, else late fusion and words."""
    home = settings.home
    fuser, ranker = active(home, "fuser"), active(home, "reranker")
    return (
        trained_fuser(home, fuser.id, settings.search) if fuser and fuser.id else Late("rrf", settings.search),
        trained_ranker(home, ranker.id) if ranker and ranker.id else CandidateBm25(),
    )


def scores_of(parts: Parts, who: Principal, lessons: Sequence[Lesson], watch: Watch) -> Scores:
    """Search every query and return recall at 10 and average precision, a value a query."""
    suite, found = Suite(parts, who), list[tuple[float, float]]()
    most = min(RANKED, parts.settings.limits.results)
    for place, lesson in enumerate(lessons):
        watch.step(place, len(lessons), f"measuring {parts.fuser.name}")
        hits = suite.search(Query(text=lesson.query, limit=most)).hits
        ranked, gold = as_groups([hit.unit.unit_id for hit in hits], lesson.groups)
        found.append((recall_at(ranked, gold, 10), average_precision(ranked, gold)))
    return {"recall_at_10": [recall for recall, _ in found], "map": [precision for _, precision in found]}


def gains_of(before: Scores, after: Scores, lessons: Sequence[Lesson]) -> dict[str, Gain]:
    """Compare two runs query by query; queries with the same first answer count as one draw."""
    clusters = [min(lesson.groups[0]) for lesson in lessons]
    made: dict[str, Gain] = {}
    for name, old in before.items():
        gap = paired(old, after[name], clusters)
        means = {"before": sum(old) / len(old), "after": sum(after[name]) / len(old)}
        rounded = {key: round(value, 4) for key, value in {**means, "low": gap.low, "high": gap.high}.items()}
        made[name] = Gain(**rounded, verdict=gap.verdict)
    return made


def verdict_of(metrics: Mapping[str, Gain]) -> Verdict:
    """Better where one figure surely is and none surely worse; worse where one surely is."""
    told = {one.verdict for one in metrics.values()}
    return "worse" if "worse" in told else "better" if "better" in told else "undecided"
