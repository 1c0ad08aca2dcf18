"""What changes an encoder: a matrix, an adapter, another one; tried over the index encoded anew beside itself."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

from groundsight.doors.learn.reencode import BESIDE_HOME, copied_beside, with_texts, with_turned
from groundsight.doors.learn.trial import Trial, parts_in_use
from groundsight.encoders import open_text_encoder
from groundsight.errors import ConfigError, InvalidArgument
from groundsight.governance.access import visible_to
from groundsight.governance.policy import require_setting
from groundsight.index import open_index
from groundsight.models.in_use import adapted_by, encoder_in_use, looks_in_use, text_in_use
from groundsight.models.lora import ATTENTION, WORDS
from groundsight.models.projection import Projected, turned
from groundsight.models.training import adapted, projected
from groundsight.retrieval.words import quotable

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from groundsight.doors.learn.judged import Lesson
    from groundsight.encoders import PictureEncoder, TextEncoder
    from groundsight.encoders.clip import OpenClip
    from groundsight.encoders.transformer import TransformerEncoder
    from groundsight.index import Index
    from groundsight.models.store import Kind
    from groundsight.models.training import Schedule
    from groundsight.settings import Settings
    from groundsight.tracing import Watch
    from groundsight.types import Principal

Arrays = Mapping[str, "NDArray[Any]"]
ON_PICTURES = ("projection", "picture_adapter")
PARTS = {"text": "text_encoder", "visual": "picture_encoder"}


class EncoderLearner(ABC):
    """What changes an encoder of a ``lane``; ``parent`` names the encoder that a version of this kind changes."""

    lane: Literal["text", "visual"]
    kind: Kind

    def __init__(self, settings: Settings, who: Principal) -> None:
        """Raise ConfigError where the index is a server's, or no encoder of this lane can be changed so."""
        if settings.index.backend != "local":
            what = f"a {self.kind} changes the space of the index, and only the embedded one is encoded beside itself"
            step = f"ingest into another weaviate.collection, or learn a fuser or reranker; {self.kind} needs 'local'"
            raise ConfigError(what, which=f"index.backend = {settings.index.backend}", next_step=step)
        self.settings, self.who, self.used = settings, who, parts_in_use(settings)
        self.before, self.home = Trial(settings, *self.used), settings.home / BESIDE_HOME
        self._copies: list[Index] = []
        self.parent = self.replaced()

    def close(self) -> None:
        """Release the index, and remove its copy."""
        for index in (self.before, *self._copies):
            index.close()
        shutil.rmtree(self.home, ignore_errors=True)

    @abstractmethod
    def named(self, name: str) -> Any:
        """Return the encoder that is in use where this version is, without any where the name is empty."""

    @abstractmethod
    def learn(self, taught: Sequence[Lesson], order: Schedule) -> Arrays:
        """Return the arrays that were learnt."""

    @abstractmethod
    def candidate(self, arrays: Arrays) -> Any:
        """Return the encoder that these arrays make."""

    @abstractmethod
    def anew(self, encoder: Any, watch: Watch) -> Path:
        """Encode the index beside itself and return its home."""

    def plain(self) -> Any:
        """Return the encoder that a version of this kind changes."""
        return self.named("")

    def replaced(self) -> str:
        """Return what a version of this kind is compared with."""
        return str(self.plain().fingerprint)

    def after(self, arrays: Arrays, watch: Watch) -> Trial:
        """Return the search over a copy of the index."""
        encoder = self.candidate(arrays)
        index = open_index(self.settings.model_copy(update={"home": self.anew(encoder, watch)}))
        self._copies.append(index)
        encoders = {name: getattr(self.before, name) for name in PARTS.values()} | {PARTS[self.lane]: encoder}
        return self.before.alike(*self.used, index=index, **encoders)


class TextLearner(EncoderLearner):
    """The adapter of a text encoder of transformers."""

    lane = "text"
    kind: Kind = "adapter"

    def named(self, name: str) -> TransformerEncoder:
        """Return the encoder with a version, raise ConfigError where it is none of transformers."""
        encoder = encoder_in_use(self.settings, {self.kind: name})
        if encoder is None or not hasattr(encoder, "pooled"):
            step = "set models.text = 'transformers:FOLDER' and ingest into a home of its own, or promote that encoder"
            which = f"models.text = {self.settings.models.text.partition(':')[0]}"
            raise ConfigError("this text encoder takes no adapter", which=which, next_step=step)
        return cast("TransformerEncoder", encoder)

    def learn(self, taught: Sequence[Lesson], order: Schedule) -> Arrays:
        """Pair each query with the words of the first unit that answers."""
        rights = [(one.query, self.before.index.get([min(one.right)], visible_to(self.who))) for one in taught]
        pairs = [(query, quotable(found[0][0])) for query, found in rights if found]
        encoder = self.plain()

        def sides(at: Sequence[int]) -> tuple[Any, Any]:
            words, passages = zip(*(pairs[place] for place in at), strict=True)
            return encoder.pooled([*words], "query"), encoder.pooled([*passages], "passage")

        return adapted(encoder.model, encoder.device, sides, len(pairs), order, ATTENTION)

    def candidate(self, arrays: Arrays) -> TextEncoder:
        """Return the encoder with an adapter that nobody named yet."""
        return adapted_by(self.plain(), arrays, "candidate")

    def anew(self, encoder: TextEncoder, watch: Watch) -> Path:
        """Encode the texts of the index beside itself and return its home."""
        again = with_texts(self.before.alike(*self.used, text_encoder=encoder), watch)
        return copied_beside(self.settings, self.before.index, {"text": encoder.fingerprint}, again, watch)


class OtherEncoder(TextLearner):
    """Another text encoder in the place of the one in use; there is nothing to learn."""

    kind: Kind = "encoder"

    def __init__(self, settings: Settings, who: Principal, setting: str) -> None:
        """Raise ConfigError where none is in use, PolicyRefused where the policy forbids the other."""
        self._setting = settings.model_copy(
            update={"models": settings.models.model_copy(update={"text": setting or settings.models.text})}
        )
        require_setting(self._setting, "models.text")
        super().__init__(settings, who)

    def replaced(self) -> str:
        """Return the setting of the encoder in use."""
        return text_in_use(self.settings).models.text

    def named(self, name: str) -> Any:
        """Return the encoder that is in use where this version is, raise ConfigError where none is."""
        encoder = encoder_in_use(self.settings, {self.kind: name})
        if encoder is None:
            step = "set models.text and ingest again"
            raise ConfigError("no text encoder is on", which="models.text = none", next_step=step)
        return encoder

    def candidate(self, arrays: Arrays) -> TextEncoder:
        """Return the other encoder."""
        return open_text_encoder(self._setting.models) or self.named("")


class LookLearner(EncoderLearner):
    """The matrix behind a picture encoder."""

    lane = "visual"
    kind: Kind = "projection"

    def named(self, name: str) -> PictureEncoder:
        """Return the encoder with a version, raise ConfigError where no picture encoder is on."""
        encoder = looks_in_use(self.settings, lambda: self.before.text_encoder, {self.kind: name})
        if encoder is None:
            raise ConfigError("no picture encoder is on", which="models.visual", next_step="set models.visual")
        return encoder

    def learn(self, taught: Sequence[Lesson], order: Schedule) -> Arrays:
        """Pair the words of each query with the first picture that answers and has a vector."""
        paired, looks = self._paired(taught)
        words = self.plain().encode_words([query for query, _ in paired]).astype("float64")
        return projected(words, looks, order)

    def candidate(self, arrays: Arrays) -> PictureEncoder:
        """Return the encoder behind a matrix that nobody named yet."""
        return Projected(self.plain(), arrays["turn"], "candidate")

    def anew(self, encoder: PictureEncoder, watch: Watch) -> Path:
        """Turn the vectors of pictures beside the index and return its home."""
        again = with_turned(self._step_to(getattr(encoder, "turn", None)))
        return copied_beside(self.settings, self.before.index, {"visual": encoder.fingerprint}, again, watch)

    def _step_to(self, turn: NDArray[np.float64] | None) -> NDArray[np.float64]:
        """Return the matrix that leads from the vectors as they are stored to those behind ``turn``."""
        import numpy as np

        encoder = self.before.picture_encoder
        now: NDArray[np.float64] | None = getattr(encoder, "turn", None)
        even = np.eye(encoder.dimension if encoder else 0)
        return (even if now is None else np.linalg.inv(now)) @ (even if turn is None else turn)

    def _paired(self, taught: Sequence[Lesson]) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
        """Return queries with the unit of a picture that answers, and the vectors of these before any projection."""
        import numpy as np

        back, looks = self._step_to(None), dict[str, "NDArray[np.float64]"]()
        for asset in self.before.index.export(visible_to(self.who)):
            by_ordinal = {unit.ordinal: unit.unit_id for unit in asset.units}
            rows = zip(asset.rows.get("visual", ()), asset.vectors.get("visual", ()), strict=True)
            looks |= {by_ordinal[ordinal]: turned(row[None], back)[0].astype(np.float64) for ordinal, row in rows}
        paired = [(one.query, known) for one in taught if (known := min(one.right & looks.keys(), default=""))]
        if len(paired) < 2:
            what, step = "no picture that answers has a vector", "judge pictures of things that the encoder knows"
            raise InvalidArgument(what, which=taught[0].where, next_step=step)
        return paired, np.stack([looks[known] for _, known in paired])


class PictureAdapter(LookLearner):
    """The adapter of what reads words in a model of open_clip; its pictures, and so their vectors, stay as they are."""

    kind: Kind = "picture_adapter"

    def plain(self) -> OpenClip:
        """Return the encoder without any version, raise ConfigError where it is none of open_clip."""
        encoder = looks_in_use(self.settings, lambda: None, {"picture_adapter": "", "projection": ""})
        if not hasattr(encoder, "spoken"):
            step = "set models.visual = 'open_clip:MODEL@PRETRAINED' and ingest into a home of its own"
            which = f"models.visual = {self.settings.models.visual.partition(':')[0]}"
            raise ConfigError("this picture encoder takes no adapter", which=which, next_step=step)
        return cast("OpenClip", encoder)

    def learn(self, taught: Sequence[Lesson], order: Schedule) -> Arrays:
        """Pair the words of each query with the vector of the first picture that answers."""
        from groundsight.encoders.torch_home import import_torch

        (paired, looks), encoder, torch = self._paired(taught), self.plain(), import_torch()
        seen = torch.tensor(looks, dtype=torch.float32, device=encoder.device)

        def sides(at: Sequence[int]) -> tuple[Any, Any]:
            return encoder.spoken([paired[place][0] for place in at]), seen[[*at]]

        return adapted(encoder.model, encoder.device, sides, len(paired), order, WORDS)

    def candidate(self, arrays: Arrays) -> PictureEncoder:
        """Return the encoder with an adapter that nobody named yet."""
        return adapted_by(self.plain(), arrays, "candidate")


def encoder_learner(settings: Settings, who: Principal, kind: Kind, form: str) -> EncoderLearner | None:
    """Return what learns this kind, None where it is no encoder; ``form`` of an encoder is its setting."""
    match kind:
        case "projection":
            return LookLearner(settings, who)
        case "adapter":
            return TextLearner(settings, who)
        case "picture_adapter":
            return PictureAdapter(settings, who)
        case "encoder":
            return OtherEncoder(settings, who, form)
        case _:
            return None
