"""Models whose every call is a recorded step with its kind, modality, items and tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from groundsight.audio import RATE
from groundsight.limits import CHARS_A_TOKEN
from groundsight.tracing import STEP, span

T = TypeVar("T")
MODEL = "model."
# By setting and method: what is done, in which modality, and what is counted.
_TEXT, _PICTURE = ("embedding", "text"), ("embedding", "image")
USES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "models.text": {"encode": _TEXT},
    "models.visual": {"encode_pictures": _PICTURE, "encode_words": _TEXT},
    "models.ocr": {"read": ("ocr", "image")},
    "ingestion.tags": {"tags": ("tags", "image")},
    "models.caption": {"caption": ("caption", "image")},
    "models.speech": {"transcribe": ("transcription", "audio")},
    "models.reader": {"support": ("reading", "text"), "spans": ("reading", "text")},
    "models.verifier": {"support": ("reading", "text")},
    "models.judge": {"score": ("judging", "text")},
    "models.rerank": {"score": ("rerank", "text")},
}
# One counter for each processor package (RAPL), of Intel and AMD; what is within a package is counted there.
POWERCAP = Path("/sys/class/powercap")


class Metered:
    """A model, all as it is, but for its methods that work: each call of one is a step ``model.KIND``."""

    def __init__(self, part: object, uses: Mapping[str, tuple[str, str]]) -> None:
        self._part, self._uses = part, uses

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in self._uses:
            return found
        worked = _booked(found, *self._uses[name], str(getattr(self._part, "fingerprint", "")))
        return self.__dict__.setdefault(name, worked)


def metered(setting: str, part: T) -> T:
    """Return a part whose work is recorded; one that no model is, is recorded already or is switched off, as it is."""
    uses = USES.get(setting)
    return part if uses is None or part is None or isinstance(part, Metered) else cast("T", Metered(part, uses))


def _booked(work: Callable[..., Any], kind: str, modality: str, model: str) -> Callable[..., Any]:
    def done(*given: Any, **named: Any) -> Any:
        above = STEP.get()
        if above is not None and above.name.startswith(MODEL):  # what a model asks of another is a part of its work
            return work(*given, **named)
        with span(MODEL + kind, modality=modality, **_counted(kind, given)) as one:
            one.model, before = model, joules()
            found = work(*given, **named)
            if before is not None and (after := joules()) is not None and after >= before:
                one.told["joules"] = after - before
        return found

    return done


def _counted(kind: str, given: Sequence[Any]) -> dict[str, int | float]:
    """Count the items of a call: texts and pictures by number, sound in seconds; four characters are a token."""
    if kind == "transcription":
        return {"items": 1, "sound_seconds": len(given[0]) / RATE}
    lists = [cast("Sequence[object]", one) for one in given if isinstance(one, list | tuple)]
    listed = lists[-1] if lists else given[:1]
    told = (cast("Sequence[object]", one) if isinstance(one, tuple) else (one,) for one in listed)
    chars = sum(len(text) for each in told for text in each if isinstance(text, str))
    return {"items": max(1, len(listed)), "tokens": -(-chars // CHARS_A_TOKEN)}


def joules() -> float | None:
    """Return the energy that the processors have used so far, None where the machine does not tell."""
    try:
        found = [int(file.read_bytes()) for file in POWERCAP.glob("intel-rapl:?/energy_uj")]
    except (OSError, ValueError):
        return None
    return sum(found) / 1e6 if found else None
