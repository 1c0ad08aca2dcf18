"""What can learn: the nets that fuse and re-rank, and the matrix behind a picture encoder; each tries its candidate."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from groundsight.doors.learn.judged import Lesson
from groundsight.doors.learn.reencode import BESIDE_HOME, copied_beside, with_texts, with_turned
from groundsight.doors.learn.trial import Recording, Trial, parts_in_use
from groundsight.encoders.transformer import TransformerEncoder
from groundsight.errors import ConfigError, InvalidArgument
from groundsight.governance.access import visible_to
from groundsight.index import open_index
from groundsight.models.adapter import with_delta
from groundsight.models.candidates import CHANNELS, FEATURES, candidates_of
from groundsight.models.fusers import Late, Learned
from groundsight.models.mining import hard_ones, near_duplicates, stage_of
from groundsight.models.projection import Projected, turned
from groundsight.models.rankers import LearnedRanker, features_of, first_look
from groundsight.models.training import Judged, Recipe, adapted, projected, trained
from groundsight.retrieval.fusion import by_score
from groundsight.retrieval.words import quotable
from groundsight.suite import Suite
from groundsight.types import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.encoders import PictureEncoder
    from groundsight.index import Index
    from groundsight.models.nets import Form
    from groundsight.models.store import Kind
    from groundsight.settings import Settings
    from groundsight.tracing import Watch
    from groundsight.types import Principal

Arrays = Mapping[str, "NDArray[Any]"]


class Learner(Protocol):
    """``before`` is the search as it is; ``parent`` names the version or encoder in use that a candidate replaces.

    ``home`` holds the index that a candidate is tried over.
    """

    before: Trial
    parent: str
    home: Path

    def close(self) -> None:
        """Release what is open, and leave no copy of the index."""
        ...

    def learn(self, taught: Sequence[Lesson], seed: int, epochs: int, checkpoint: Path, watch: Watch) -> Arrays:
        """Return the arrays that were learnt."""
        ...

    def after(self, arrays: Arrays, watch: Watch) -> Trial:
        """Return the search with these arrays in use."""
        ...


def learner_of(settings: Settings, who: Principal, kind: Kind, form: Form) -> Learner:
    """Return what learns this kind."""
    match kind:
        case "projection":
            return LookLearner(settings, who)
        case "adapter":
            return TextLearner(settings, who)
        case _:
            return NetLearner(settings, who, kind, form)


class NetLearner:
    """A net that fuses channels or re-ranks hits."""

    def __init__(self, settings: Settings, who: Principal, kind: Kind, form: Form) -> None:
        used = parts_in_use(settings)
        self._settings, self._who, self._used = settings, who, used
        self._form: Form = form
        self._ranks = kind == "reranker"
        self.before, self.parent, self.home = Trial(settings, *used), used[self._ranks].name, settings.home

    def close(self) -> None:
        """Release the index and what was opened beside it."""
        self.before.close()

    def learn(self, taught: Sequence[Lesson], seed: int, epochs: int, checkpoint: Path, watch: Watch) -> Arrays:
        """Search what is taught, then train on the candidates; training starts from late fusion, or from words."""
        import numpy as np

        start = first_look() if self._ranks else np.eye(1, len(FEATURES)).repeat(len(CHANNELS), 0)
        return trained(self._lists(taught, watch), Recipe(self._form, start, seed, epochs), watch, checkpoint)

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


class EncoderLearner:
    """What changes an encoder; it is tried over a copy of the index that is encoded anew."""

    def __init__(self, settings: Settings, who: Principal) -> None:
        """Raise ConfigError where the index is a server's."""
        if settings.index.backend != "local":
            step = "set index.backend = 'local'"
            raise ConfigError("only the embedded index is encoded beside itself", which="index.backend", next_step=step)
        self.settings, self.who, self.used = settings, who, parts_in_use(settings)
        self.before, self.home = Trial(settings, *self.used), settings.home / BESIDE_HOME
        self._copies: list[Index] = []

    def close(self) -> None:
        """Release the index, and remove its copy."""
        for index in (self.before, *self._copies):
            index.close()
        shutil.rmtree(self.home, ignore_errors=True)

    def tried(self, home: Path, **parts: object) -> Trial:
        """Return the search over an index encoded beside, with these parts."""
        index = open_index(self.settings.model_copy(update={"home": home}))
        self._copies.append(index)
        return self.before.alike(*self.used, index=index, **parts)


class LookLearner(EncoderLearner):
    """The matrix behind a picture encoder."""

    def __init__(self, settings: Settings, who: Principal) -> None:
        """Raise ConfigError where no picture encoder is on, or the index is a server's."""
        super().__init__(settings, who)
        encoder = self.before.picture_encoder
        if encoder is None:
            raise ConfigError("no picture encoder is on", which="models.visual", next_step="set models.visual")
        # A model whose work is recorded is of another class, with all the attributes of its own.
        self._turn: NDArray[np.float64] | None = getattr(encoder, "turn", None)
        self.base: PictureEncoder = encoder if self._turn is None else getattr(encoder, "base", encoder)
        self.parent = self.base.fingerprint

    def learn(self, taught: Sequence[Lesson], seed: int, epochs: int, checkpoint: Path, watch: Watch) -> Arrays:
        """Pair the words of each query with the first picture that answers and has a vector."""
        import numpy as np

        looks = self._looks()
        paired = [(one.query, looks[known]) for one in taught if (known := min(one.right & looks.keys(), default=""))]
        if len(paired) < 2:
            what, step = "no picture that answers has a vector", "judge pictures of things that the encoder knows"
            raise InvalidArgument(what, which=taught[0].where, next_step=step)
        words = self.base.encode_words([query for query, _ in paired]).astype(np.float64)
        return projected(words, np.stack([look for _, look in paired]), seed, epochs, watch, checkpoint)

    def after(self, arrays: Arrays, watch: Watch) -> Trial:
        """Return the search over a copy of the index."""
        new = Projected(self.base, arrays["turn"], "candidate")
        return self.tried(self.anew(arrays["turn"], new.fingerprint, watch), picture_encoder=new)

    def anew(self, turn: NDArray[np.float64], fingerprint: str, watch: Watch) -> Path:
        """Encode the index beside itself and return its home."""
        again = with_turned(self.step_to(turn))
        return copied_beside(self.settings, self.before.index, {"visual": fingerprint}, again, watch)

    def step_to(self, turn: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the matrix that leads from the vectors as they are stored to those turned by ``turn``."""
        import numpy as np

        return turn if self._turn is None else np.linalg.inv(self._turn) @ turn

    def _looks(self) -> dict[str, NDArray[np.float64]]:
        """Return the vectors of pictures before any projection, by unit."""
        import numpy as np

        back, found = self.step_to(np.eye(self.base.dimension)), dict[str, "NDArray[np.float64]"]()
        for asset in self.before.index.export(visible_to(self.who)):
            by_ordinal = {unit.ordinal: unit.unit_id for unit in asset.units}
            rows = zip(asset.rows.get("visual", ()), asset.vectors.get("visual", ()), strict=True)
            found |= {by_ordinal[ordinal]: turned(row[None], back)[0].astype(np.float64) for ordinal, row in rows}
        return found


class TextLearner(EncoderLearner):
    """The adapter of a text encoder of transformers."""

    def __init__(self, settings: Settings, who: Principal) -> None:
        """Raise ConfigError where the text encoder is not of transformers, or the index is a server's."""
        super().__init__(settings, who)
        kind, _, self._where = settings.models.text.partition(":")
        if kind != "transformers":
            step = "set models.text = 'transformers:FOLDER' and ingest into a home of its own"
            raise ConfigError("this text encoder takes no adapter", which=f"models.text = {kind}", next_step=step)
        self.parent = self.fresh().fingerprint

    def learn(self, taught: Sequence[Lesson], seed: int, epochs: int, checkpoint: Path, watch: Watch) -> Arrays:
        """Pair each query with the words of the first unit that answers."""
        rights = [(one.query, self.before.index.get([min(one.right)], visible_to(self.who))) for one in taught]
        pairs = [(query, quotable(found[0][0])) for query, found in rights if found]
        return adapted(self.fresh(), pairs, seed, epochs, watch, checkpoint)

    def after(self, arrays: Arrays, watch: Watch) -> Trial:
        """Return the search over a copy of the index."""
        new = with_delta(self.fresh(), arrays, "candidate")
        return self.tried(self.anew(new, watch), text_encoder=new)

    def anew(self, encoder: TransformerEncoder, watch: Watch) -> Path:
        """Encode the index beside itself and return its home."""
        again = with_texts(self.before.alike(*self.used, text_encoder=encoder), watch)
        return copied_beside(self.settings, self.before.index, {"text": encoder.fingerprint}, again, watch)

    def fresh(self) -> TransformerEncoder:
        """Return the encoder without any adapter."""
        models = self.settings.models
        return TransformerEncoder.open(self._where, device=models.device, allow_download=models.allow_download)
