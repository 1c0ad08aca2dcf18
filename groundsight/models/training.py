"""Training of small nets by what a judge marked: the one place of the room that torch computes in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.atomic import write_whole
from groundsight.encoders.torch_home import import_torch
from groundsight.models.nets import Form, first_weights, forward

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.tracing import Watch

EVERY, STEP_LISTS, RATE = 4, 8, 0.01
# Pulls the weights to where they began, late fusion or words alone: few lists move them little.
PULL = 0.003
STAGES = 3


@dataclass(frozen=True)
class Judged:
    """One query's candidates: ``cells`` (n, channels, features), ``asked`` (channels,), ``good`` and ``stage`` (n,).

    ``stage`` is when a candidate joins: 0 what was judged or is easy, 1 what was judged with noise, 2 what was mined.
    """

    cells: NDArray[np.float64]
    asked: NDArray[np.float64]
    good: NDArray[np.bool_]
    stage: NDArray[np.int64]


@dataclass(frozen=True)
class Recipe:
    """How to train: the form of net, where it starts from, seed and rounds over the lists."""

    form: Form
    start: NDArray[np.float64]
    seed: int = 0
    epochs: int = 30


def trained(lists: Sequence[Judged], plan: Recipe, watch: Watch, checkpoint: Path) -> dict[str, NDArray[np.float64]]:
    """Return the weights of a net trained on these lists; float64, one thread, so that a seed gives its bytes.

    Every few rounds the state goes into ``checkpoint``; a training of the same plan that was killed goes on from there.

    Raises:
        Disabled: torch is not installed. Cancelled, TimedOut: as the watch says; the checkpoint stays.
    """
    torch = import_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _Run(torch, lists, plan, checkpoint).weights(watch)
    finally:
        torch.set_num_threads(threads)


class _Run:
    """A training with all that it needs to go on later."""

    def __init__(self, torch: Any, lists: Sequence[Judged], plan: Recipe, checkpoint: Path) -> None:
        self._torch, self._plan, self._checkpoint = torch, plan, checkpoint
        first = first_weights(plan.form, plan.start, plan.seed)
        self._first = {name: torch.tensor(array) for name, array in first.items()}
        self._weights = {name: one.clone().requires_grad_() for name, one in self._first.items()}
        self._adam = torch.optim.Adam(self._weights.values(), lr=RATE)
        self._lists = [tuple(map(torch.tensor, (each.cells, each.asked, each.good, each.stage))) for each in lists]

    def weights(self, watch: Watch) -> dict[str, NDArray[np.float64]]:
        for epoch in range(self._resumed(), self._plan.epochs):
            watch.step(epoch, self._plan.epochs, f"round {epoch + 1}")
            self._round(epoch)
            if (epoch + 1) % EVERY == 0:
                self._keep(epoch + 1)
        return {name: one.detach().numpy() for name, one in self._weights.items() if name != "sharpness"}

    def _resumed(self) -> int:
        if not self._checkpoint.is_file():
            return 0
        state = self._torch.load(self._checkpoint, weights_only=True)
        for name, kept in state["weights"].items():
            self._weights[name].data.copy_(kept)
        self._adam.load_state_dict(state["adam"])
        return int(state["epoch"])

    def _keep(self, epoch: int) -> None:
        out = BytesIO()
        state = {"weights": {n: one.detach() for n, one in self._weights.items()}, "adam": self._adam.state_dict()}
        self._torch.save({**state, "epoch": epoch}, out)
        write_whole(self._checkpoint, out.getvalue())

    def _round(self, epoch: int) -> None:
        import numpy as np

        stage = min(STAGES - 1, STAGES * epoch // self._plan.epochs)
        order = np.random.default_rng([self._plan.seed, epoch]).permutation(len(self._lists))
        for start in range(0, len(order), STEP_LISTS):
            losses = [self._loss(self._lists[at], stage) for at in order[start : start + STEP_LISTS]]
            told = [loss for loss in losses if loss is not None]
            if told:
                self._step(sum(told[1:], told[0]) / len(told))

    def _step(self, loss: Any) -> None:
        moved = sum(((one - self._first[name]) ** 2).sum() for name, one in self._weights.items())
        self._adam.zero_grad()
        (loss + PULL * moved).backward()
        self._adam.step()

    def _loss(self, one: tuple[Any, ...], stage: int) -> Any | None:
        """Cross entropy of the list: the log share of what is good among what has joined so far."""
        cells, asked, good, joined = one
        among = joined <= stage
        if not bool((good & among).any()) or bool((good | ~among).all()):
            return None
        added, _ = forward(self._plan.form, self._torch, self._weights, cells[among], asked)
        scores = added.sum(-1) * self._weights["sharpness"].exp()
        return scores.logsumexp(0) - scores[good[among]].logsumexp(0)
