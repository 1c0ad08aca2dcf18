"""The packaged nets that read: a small one finds answers in passages, a large one verifies free wording.

MiniLM-L6 and MPNet with match kinds at their input (``pairing``), fine-tuned by ``groundsight.training``; where their
weights come from is told in ``data/README.md``.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.encoders.four_bits import unfolded
from groundsight.encoders.minilm import open_tokenizer
from groundsight.encoders.onnx_session import OnnxModel
from groundsight.encoders.pairing import Paired, Task, paired
from groundsight.encoders.weights import read_verified

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 8
LONGEST_SPAN = 32
MOST_KEPT = 2048
START, END, CLAIM = 0, 1, 3
DATA = Path(str(files("groundsight.encoders"))) / "data"


@dataclass(frozen=True)
class Net:
    """A graph of ``data`` by its hash, and that of its matrices where they are folded beside it (``four_bits``)."""

    name: str
    sha256: str
    folded_sha256: str = ""

    def load(self, threads: int, folder: Path = DATA) -> OnnxModel:
        """Load it, verified.

        Raises:
            ModelFailed: a file is not the pinned one.
        """
        graph = read_verified(folder / f"{self.name}.onnx", self.sha256, "groundsight")
        if not self.folded_sha256:
            return OnnxModel.load(graph, self.name, threads=threads)
        folded = read_verified(folder / f"{self.name}.npz", self.folded_sha256, "groundsight")
        return OnnxModel.load(graph, self.name, threads=threads, weights=unfolded(folded))


READER = Net("reader", "03fe9278d36bb75faa41864017325c8f3cd4c4ebe8f085eb25e0bd08e69d7a70")
VERIFIER = Net(
    "verifier",
    "da2675948c4cb20436c536651f0e4a92cddf031b420938657578fcec14b67b71",
    "c76c572ca139dd9cc119187ac8cd1951896bac3b7e8ac0f724932923fb06610c",
)


@dataclass(frozen=True)
class Found:
    """Characters of one passage; ``margin`` is how far they beat "no answer here" (logits)."""

    passage: int
    start: int
    end: int
    margin: float


class Reader:
    """Reads questions and claims beside passages of at most about 600 characters; English in practice.

    The net is loaded when something is read first.
    """

    def __init__(self, net: Net = READER, *, threads: int) -> None:
        self.name, self._net, self._threads = net.name, net, threads
        self.fingerprint = f"groundsight-{net.name}@{(net.folded_sha256 or net.sha256)[:16]}"
        self._tokenizer, self._lock = open_tokenizer(), threading.Lock()
        self._model: OnnxModel | None = None
        # A question is read again with every hop and when nothing was sure. Only numbers are kept, by hashes of texts.
        self._claims: dict[int, float] = {}
        self._spans: dict[int, list[tuple[int, int, float]]] = {}

    def loaded(self) -> Reader:
        """Load the net, once.

        Raises:
            ModelFailed: a file is not the pinned one.
        """
        self._opened()
        return self

    def _opened(self) -> OnnxModel:
        with self._lock:
            self._model = self._model or self._net.load(self._threads)
            return self._model

    def support(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Return a logit for each (claim, passage): above 0 where the passage rather says the claim."""
        new = [pair for pair in dict.fromkeys(pairs) if hash(pair) not in self._claims]
        found = {hash(pair): float(out[0, CLAIM]) for pair, (_, out) in zip(new, self._run(new, "claim"), strict=True)}
        known = self._claims | found
        _keep(self._claims, found)
        return [known[hash(pair)] for pair in pairs]

    def spans(self, question: str, passages: Sequence[str], most: int = 3) -> list[Found]:
        """Return up to ``most`` stretches of each passage that may answer a question, best margin first."""
        keys = [hash((question, passage, most)) for passage in passages]
        new = [at for at, key in enumerate(keys) if key not in self._spans]
        run = self._run([(question, passages[at]) for at in new], "question")
        found = {keys[at]: _best(pair, out, most) for at, (pair, out) in zip(new, run, strict=True)}
        known = self._spans | found
        _keep(self._spans, found)
        every = [Found(at, *one) for at, key in enumerate(keys) for one in known[key]]
        return sorted(every, key=lambda one: -one.margin)

    def _run(self, pairs: Sequence[tuple[str, str]], task: Task) -> list[tuple[Paired, NDArray[np.float32]]]:
        laid = [paired(asked, passage, task, self._tokenizer) for asked, passage in pairs]
        done: list[tuple[Paired, NDArray[np.float32]] | None] = [None] * len(laid)
        # Padding is paid like text: equally long ones go together.
        order = sorted(range(len(laid)), key=lambda at: len(laid[at].ids))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            for at, out in zip(batch, self._opened().run(_feeds([laid[at] for at in batch])), strict=True):
                done[at] = laid[at], out
        return [one for one in done if one is not None]


def _feeds(laid: Sequence[Paired]) -> dict[str, NDArray[Any]]:
    import numpy as np

    longest = max(len(one.ids) for one in laid)
    ids = np.zeros((len(laid), longest), np.int64)
    kinds, mask = np.zeros_like(ids), np.zeros_like(ids)
    for row, one in enumerate(laid):
        ids[row, : len(one.ids)], kinds[row, : len(one.ids)], mask[row, : len(one.ids)] = one.ids, one.kinds, 1
    return {"ids": ids, "kinds": kinds, "mask": mask}


def _keep(kept: dict[int, Any], new: dict[int, Any]) -> None:
    if len(kept) + len(new) > MOST_KEPT:
        kept.clear()
    kept.update(new)


def _best(pair: Paired, out: NDArray[np.float32], most: int) -> list[tuple[int, int, float]]:
    """Take the likeliest spans that do not overlap."""
    nothing = float(out[0, START] + out[0, END])
    places = [at for at, offset in enumerate(pair.offsets) if offset is not None]
    starts = sorted(places, key=lambda at: -float(out[at, START]))[: 4 * most]
    ranked = sorted(
        ((float(out[a, START] + out[b, END]), a, b) for a in starts for b in places if a <= b < a + LONGEST_SPAN),
        reverse=True,
    )
    found: list[tuple[int, int, float]] = []
    for score, first, last in ranked:
        (start, _), (_, end) = pair.offsets[first] or (0, 0), pair.offsets[last] or (0, 0)
        if all(end <= one[0] or one[1] <= start for one in found):
            found.append((start, end, score - nothing))
        if len(found) == most:
            break
    return found
