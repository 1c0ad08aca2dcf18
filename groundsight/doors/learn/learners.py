"""What can learn: nets that fuse and re-rank; each tries its candidate. Encoders: ``encoder_learners``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundsight.doors.learn.encoder_learners import Arrays, EncoderLearner, encoder_learner
from groundsight.doors.learn.judged import Lesson
from groundsight.doors.learn.trial import Recording, Trial, parts_in_use
from groundsight.errors import InvalidArgument
from groundsight.governance.access import visible_to
from groundsight.models.candidates import CHANNELS, FEATURES, candidates_of
from groundsight.models.fusers import Late, Learned
from groundsight.models.mining import hard_ones, near_duplicates, stage_of
from groundsight.models.nets import form_named
from groundsight.models.rankers import LearnedRanker, features_of, first_look
from groundsight.models.training import Judged, trained
from groundsight.retrieval.fusion import by_score
from groundsight.suite import Suite
from groundsight.types import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.models.nets import Form
    from groundsight.models.store import Kind
    from groundsight.models.training import Schedule
    from groundsight.settings import Settings
    from groundsight.tracing import Watch
    from groundsight.types import Principal


def learner_of(settings: Settings, who: Principal, kind: Kind, form: str) -> EncoderLearner | NetLearner:
    """Return what learns this kind; ``form`` is that of a net, or the setting of another encoder."""
    return encoder_learner(settings, who, kind, form) or NetLearner(settings, who, kind, form_named(form))


class NetLearner:
    """A net that fuses channels or re-ranks hits; ``parent`` names the version in use that a candidate replaces."""

    def __init__(self, settings: Settings, who: Principal, kind: Kind, form: Form) -> None:
        used = parts_in_use(settings)
        self._settings, self._who, self._used = settings, who, used
        self._form: Form = form
        self._ranks = kind == "reranker"
        self.before, self.parent = Trial(settings, *used), used[self._ranks].name

    def close(self) -> None:
        """Release the index and what was opened beside it."""
        self.before.close()

    def learn(self, taught: Sequence[Lesson], order: Schedule) -> Arrays:
        """Search what is taught, then train on the candidates; training starts from late fusion, or from words."""
        import numpy as np

        start = first_look() if self._ranks else np.eye(1, len(FEATURES)).repeat(len(CHANNELS), 0)
        return trained(self._lists(taught, order.watch), self._form, start, order)

    def after(self, arrays: Arrays, watch: Watch) -> Trial:
        """Return the search with this net in the place of the one in use."""
        fuser, ranker = self._used
        if self._ranks:
            return self.before.alike(fuser, LearnedRanker(self._form, arrays, "candidate"))
        return self.before.alike(Learned(self._form, arrays, self._settings.search, "candidate"), ranker)

    def _lists(self, taught: Sequence[Lesson], watch: Watch) -> list[Judged]:
        """Search each query as anybody would, and return its candidates as the part that learns would see them."""
        recording, made = Recording(*self._used), list[Judged]()
        suite = Suite(self.before.alike(recording, recording), self._who)
        for place, lesson in enumerate(taught):
            watch.step(place, len(taught), "searching what was judged")
            suite.search(Query(text=lesson.query))
            taken = self._ranked(lesson, recording) if self._ranks else self._fused(lesson, recording)
            made += [taken] if taken.good.any() and not taken.good.all() else []
        if not made:
            what, step = (
                "no query finds both what answers and what does not",
                "judge queries that this index can answer",
            )
            raise InvalidArgument(what, which=taught[0].where, next_step=step)
        return made

    def _fused(self, lesson: Lesson, recording: Recording) -> Judged:
        rules, lists = self._settings.search, recording.lists
        table = candidates_of(lists, rules.weights, rules.rrf_k, rules.scale)
        seen = next((each.hits for each in lists if each.channel == "visual"), ())
        read = frozenset(unit_id for each in lists if each.channel != "visual" for unit_id, _ in each.hits)
        hard = hard_ones(by_score(Late("rrf", rules).fuse(lists)), [unit_id for unit_id, _ in seen], read)
        return self._judged(lesson, table.unit_ids, hard, table.cells, table.asked)

    def _ranked(self, lesson: Lesson, recording: Recording) -> Judged:
        import numpy as np

        hits = recording.hits
        cells: NDArray[np.float64] = features_of(lesson.query, hits) if hits else np.zeros((0, *first_look().shape))
        unit_ids = tuple(hit.unit.unit_id for hit in hits)
        return self._judged(lesson, unit_ids, hard_ones(unit_ids, (), frozenset()), cells, np.ones(len(first_look())))

    def _judged(
        self,
        lesson: Lesson,
        unit_ids: Sequence[str],
        hard: frozenset[str],
        cells: NDArray[np.float64],
        asked: NDArray[np.float64],
    ) -> Judged:
        """Mark the candidates of one query, without those that repeat what answers."""
        import numpy as np

        index, everything = self.before.index, visible_to(self._who)
        wrong = sorted((hard - lesson.right) - lesson.wrong)
        twice = near_duplicates(index.get(wrong, everything), index.get(sorted(lesson.right), everything))
        kept = [row for row, unit_id in enumerate(unit_ids) if unit_id not in twice]
        told = lesson.right | lesson.wrong
        stages = [stage_of(unit_ids[row], hard=hard, told=told, noisy=lesson.noisy) for row in kept]
        good = [unit_ids[row] in lesson.right for row in kept]
        return Judged(cells[kept], asked, np.array(good, bool), np.array(stages, np.int64))
