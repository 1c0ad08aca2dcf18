"""The parts of a suite, each opened once on first use, from settings alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import finalize

from groundsight.encoders import open_reader, open_verifier
from groundsight.errors import InvalidArgument
from groundsight.governance.policy import policy_of
from groundsight.lanes import lane, naming
from groundsight.operation.calls import Calls
from groundsight.operation.metering import metered
from groundsight.settings import Settings
from groundsight.types import Degraded

if TYPE_CHECKING:
    from PIL.Image import Image

    from groundsight.audio import AudioEncoder, Transcriber, VoiceEncoder
    from groundsight.encoders import PictureEncoder, TextEncoder
    from groundsight.encoders.reader import Reader
    from groundsight.governance.roots import Roots
    from groundsight.grounding import Judge
    from groundsight.grounding.calibrate import Arbiter
    from groundsight.index import Index
    from groundsight.ingestion.folder.helper import Helper
    from groundsight.ingestion.names.reader import NameReader
    from groundsight.ingestion.sandbox import Sandbox
    from groundsight.questions import Questions
    from groundsight.retrieval.cache import SearchCache
    from groundsight.retrieval.fusion import Fuser
    from groundsight.retrieval.rerank import Reranker
    from groundsight.tracing import Watch
    from groundsight.types import Principal
    from groundsight.vision import Captioner, OcrReader, Tagger
    from groundsight.vision.masks import Masks

T = TypeVar("T")


class Parts:
    """Lazy, shared parts. A part that the settings switch off is None and named in ``degraded``."""

    def __init__(self, settings: Settings) -> None:
        """Raise ConfigError where the policy can't be read."""
        policy_of(settings)
        self.settings = settings
        self.base: Parts = self
        self._lock, self._closed = threading.RLock(), False

    @lane
    def index(self) -> Index:
        """The index, opened and claimed by the encoders' fingerprints at first use."""
        from groundsight.index import open_index
        from groundsight.ingestion.rights.applying import hold_again

        index = self._opened("index.backend", lambda: open_index(self.settings))
        hold_again(self.settings.home, index)
        return index

    @cached_property
    def roots(self) -> Roots:
        """The folders under which files may be read."""
        from groundsight.governance.roots import Roots
        from groundsight.language.licences import is_ordinary

        with self._opening():
            return Roots.load(self.settings, is_ordinary)

    @lane
    def text_encoder(self) -> TextEncoder | None:
        """The encoder of words."""
        from groundsight.models.in_use import encoder_in_use

        return self._opened("models.text", lambda: encoder_in_use(self.settings))

    @lane
    def picture_encoder(self) -> PictureEncoder | None:
        """The encoder of pictures and words in one space."""
        from groundsight.models.in_use import looks_in_use

        return self._opened("models.visual", lambda: looks_in_use(self.settings, lambda: self.text_encoder))

    @lane
    def ocr(self) -> OcrReader | None:
        """The reader of words in pictures."""
        from groundsight.vision import open_ocr

        return self._opened("models.ocr", lambda: open_ocr(self.settings.models))

    @cached_property
    def tagger(self) -> Tagger | None:
        """The packaged concept classifier."""
        from groundsight.vision import open_tagger

        return self._opened("ingestion.tags", lambda: open_tagger(self.settings.ingestion, self.settings.models))

    @lane
    def captioner(self) -> Captioner | None:
        """The captioner; none by default."""
        from groundsight.vision import open_captioner

        if self.settings.models.caption == "llm":
            # Chat models live above the engine, which knows them by a name in the settings, as it does the graph.
            module, _, name = self.settings.agent.captioner.partition(":")
            return self._opened("models.caption", lambda: getattr(import_module(module), name)(self.settings))
        return self._opened("models.caption", lambda: open_captioner(self.settings.models))

    @cached_property
    def masks(self) -> Masks | None:
        """What is filled in pictures, and which are withheld; None where the settings ask for nothing."""
        from groundsight.vision.masks import Masks

        return self._opened("pictures.mask", lambda: Masks.open(self.settings, self.ocr))

    @cached_property
    def names(self) -> NameReader | None:
        """What finds the names of a document; None where none are hidden, or no model is installed."""
        from groundsight.governance.pii_entities import asks_for_names, names_model
        from groundsight.ingestion.names.reader import ConfinedNames

        asked = asks_for_names(self.settings.governance.redact) and names_model()
        return ConfinedNames(self.settings, self.sandbox) if asked else None

    @lane
    def transcriber(self) -> Transcriber | None:
        """What writes down speech, opened by the first recording: without the extra only recordings fail."""
        from groundsight.audio import open_transcriber

        with self._opening():
            return metered("models.speech", open_transcriber(self.settings.models))

    @lane
    def audio_encoder(self) -> AudioEncoder | None:
        """The encoder of sounds and words in one space; none by default."""
        from groundsight.audio import open_audio_encoder

        return self._opened("models.sound", lambda: open_audio_encoder(self.settings.models))

    @lane
    def voice_encoder(self) -> VoiceEncoder | None:
        """What tells voices apart; none by default."""
        from groundsight.audio import open_voice_encoder

        return self._opened("models.speakers", lambda: open_voice_encoder(self.settings.models))

    @lane
    def judge(self) -> Judge | None:
        """The judge of uncertain claims; none by default."""
        from groundsight.grounding.judges import open_judge

        return self._opened("models.judge", lambda: open_judge(self.settings.models))

    @lane
    def reader(self) -> Reader | None:
        """The packaged net that finds answers in passages."""
        return self._opened("models.reader", lambda: open_reader(self.settings.models))

    @lane
    def verifier(self) -> Reader | None:
        """The packaged net that weighs claims in free wording against passages."""
        return self._opened("models.verifier", lambda: open_verifier(self.settings.models, lambda: self.reader))

    @cached_property
    def arbiter(self) -> Arbiter:
        """What decides on claims in free wording."""
        from groundsight.grounding.calibrate import open_arbiter

        return open_arbiter(self.verifier, self.settings.home)

    @property
    def fuser(self) -> Fuser:
        """What joins the channels; a trained one is asked for at each search, so that a promotion needs no restart."""
        from groundsight.models.fusers import open_fuser

        return open_fuser(self.settings)

    @lane
    def reranker(self) -> Reranker | None:
        """The second look at fused candidates."""
        from groundsight.ingestion.pictures import looking
        from groundsight.models.rankers import ranker_of

        return self._opened("models.rerank", lambda: ranker_of(self.settings, looking(self)))

    @contextmanager
    def _opening(self) -> Generator[None]:
        """Let one thread at a time open a part, and none after the end."""
        with self._lock:
            if self._closed:
                raise InvalidArgument("this suite is closed", next_step="open it again with open_suite")
            yield

    def _opened(self, setting: str, open_part: Callable[[], T]) -> T:
        section, _, name = setting.partition(".")
        with self._opening(), naming(setting, getattr(getattr(self.settings, section), name)):
            return metered(setting, open_part())

    @cached_property
    def calls(self) -> Calls:
        """What records, books and tells the calls."""
        with naming("operation.traces", self.settings.operation.traces):
            return Calls(self.settings)

    @cached_property
    def searches(self) -> SearchCache:
        """The last search results."""
        from groundsight.retrieval.cache import SearchCache

        with self._opening():
            return SearchCache()

    @cached_property
    def sandbox(self) -> Sandbox:
        """The starter of confined children: one process, begun at the first job, ended with these parts."""
        from groundsight.ingestion.sandbox import Sandbox

        with self._opening():
            cell = Sandbox()
            finalize(self, cell.close)
            return cell

    @cached_property
    def helper(self) -> Helper:
        """The starter of the worker, which reads and watches beside this process."""
        from groundsight.ingestion.folder.helper import Helper

        with self._opening():
            helper = Helper(self.settings)
            finalize(self, helper.close)
            return helper

    @cached_property
    def questions(self) -> Questions:
        """The questions that are being worked on, and those held under a handle."""
        from groundsight.questions import Questions

        with self._opening():
            return Questions(self.settings.home)

    def load_picture(self, name: str, who: Principal, watch: Watch) -> Image:
        """Return a picture that a caller may read (a file, or the id of a unit) as an RGB image, decoded apart."""
        from groundsight.ingestion.pictures import load_picture
        from groundsight.ingestion.reach import pictured

        document, _ = pictured(self, who, name)
        with document:
            return load_picture(document, self.settings, watch, self.sandbox)

    def caption_of(self, picture: Image, watch: Watch) -> str:
        """Return what the captioner writes of a picture that is asked about, personal data removed; "" without one.

        Raises:
            ModelFailed: it does not answer. PolicyRefused: pictures of this kind are withheld.
        """
        from groundsight.ingestion.enrich import glance

        return glance(picture, self, watch).caption if self.captioner else ""

    def degraded(self) -> tuple[Degraded, ...]:
        """Name every lane that is off or weakened by these settings, with its remedy. Loads nothing."""
        from groundsight.lanes_off import lanes_off

        return lanes_off(self.settings, self.__dict__.get("picture_encoder"))

    def close(self, *, for_good: bool = False) -> None:
        """End the questions, close the index and end the processes beside it, where they were opened.

        Closed ``for_good`` nothing opens again: every later use of a part raises InvalidArgument.
        """
        with self._lock:
            self._closed = self._closed or for_good
            opened = {name: self.__dict__.pop(name) for name in [*self.__dict__] if name in _PARTS}
        for name in ("questions", "helper", "index", "sandbox", "calls"):
            if name in opened:
                opened[name].close()


class Varied(Parts):
    """The same parts under settings that differ in what takes effect by the question; nothing is opened twice."""

    def __init__(self, base: Parts, settings: Settings) -> None:
        self.base, self.settings = base, settings

    def __getattribute__(self, name: str) -> Any:
        inside = super().__getattribute__
        return getattr(inside("base"), name) if name in _PARTS else inside(name)

    def close(self, *, for_good: bool = False) -> None:
        """Close the parts that are shared."""
        self.base.close(for_good=for_good)


_PARTS = frozenset(name for name, part in vars(Parts).items() if isinstance(part, cached_property))
