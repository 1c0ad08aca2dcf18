"""Training by what a judge marked: nets over lists, and a matrix that turns pictures towards words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight.atomic import write_whole
from groundsight.encoders.torch_home import import_torch
from groundsight.models.lora import ATTENTION, Delta, delta_of, with_adapter
from groundsight.models.nets import Form, first_weights, forward

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from groundsight.tracing import Watch

EVERY, STEP_LISTS, RATE = 4, 8, 0.01
# Pulls the weights to where they began, late fusion or words alone: few lists move them little.
PULL, TURN_PULL = 0.003, 0.01
SHARP, RANK, ADAPTER_RATE = 20.0, 8, 0.001
STAGES = 3
# What switches on that a model computes again what it could have remembered: transformers, before 5, and open_clip.
RECOMPUTE = ("activation_checkpointing_enable", "gradient_checkpointing_enable", "set_grad_checkpointing")
Sides = Callable[[Sequence[int]], tuple[Any, Any]]
# Of so many lists one chooses the round and is not trained on; fewer than this choose nothing.
APART, LEAST_APART = 4, 16


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
class Schedule:
    """How to train: the seed, rounds over what was judged, who watches, and where what was reached is kept."""

    seed: int
    epochs: int
    watch: Watch
    checkpoint: Path


@dataclass(frozen=True)
class Fitting:
    """What is fitted: leaf tensors, which are moved, how many examples there are, and the loss of some in a stage.

    The loss is None where these examples say nothing. Of the rounds the one with the highest ``worth`` is kept, the
    beginning included: a training that does not help gives back what it began with.
    """

    weights: Mapping[str, Any]
    count: int
    loss: Callable[[Mapping[str, Any], Sequence[int], int], Any]
    at_once: int = STEP_LISTS
    pull: float = PULL
    rate: float = RATE
    worth: Callable[[Mapping[str, Any]], float] | None = None


def trained(
    lists: Sequence[Judged], form: Form, start: NDArray[np.float64], order: Schedule
) -> dict[str, NDArray[np.float64]]:
    """Return the weights of a net that starts as ``start``, trained on these lists by the cross entropy of each.

    Raises:
        Disabled: torch is not installed. Cancelled, TimedOut: as the watch says; the checkpoint stays.
    """
    torch = import_torch()
    kept, apart = (
        (lists[:0], lists)
        if len(lists) < LEAST_APART
        else (lists[::APART], [each for place, each in enumerate(lists) if place % APART])
    )
    known: list[tuple[Any, ...]] = [
        tuple(torch.tensor(one) for one in (each.cells, each.asked, each.good, each.stage)) for each in apart
    ]

    def loss(weights: Mapping[str, Any], at: Sequence[int], stage: int) -> Any:
        told = [one for place in at if (one := _list_loss(torch, form, weights, known[place], stage)) is not None]
        return sum(told[1:], told[0]) / len(told) if told else None

    first = first_weights(form, start, order.seed)
    worth = partial(_mean_precision, form, kept) if kept else None
    fit = Fitting({name: _leaf(torch, one) for name, one in first.items()}, len(known), loss, worth=worth)
    weights = fitted(fit, order)
    return {name: one for name, one in weights.items() if name != "sharpness"}


def projected(
    words: NDArray[np.float64], looks: NDArray[np.float64], order: Schedule
) -> dict[str, NDArray[np.float64]]:
    """Return the matrix (d, d) that turns picture vectors towards the words that ask for them, from the identity on.

    ``words`` and ``looks`` have shape (n, d) and rows of length 1, each pair a match; the rest of a batch is not.
    """
    import numpy as np

    torch = import_torch()
    said, seen = torch.tensor(words), torch.tensor(looks)

    def loss(weights: Mapping[str, Any], at: Sequence[int], stage: int) -> Any:
        turned = torch.nn.functional.normalize(seen[list(at)] @ weights["turn"], dim=1)
        return info_nce(torch, said[list(at)], turned, weights["sharpness"].exp()) if len(at) > 1 else None

    first = {"turn": _leaf(torch, np.eye(words.shape[1])), "sharpness": _leaf(torch, np.array(3.0))}
    fit = Fitting(first, len(words), loss, at_once=64, pull=TURN_PULL)
    return {"turn": fitted(fit, order)["turn"]}


def adapted(
    model: Any, device: str, sides: Sides, count: int, order: Schedule, which: re.Pattern[str] = ATTENTION
) -> Delta:
    """Return the adapter of a model that brings the two ``sides`` of each of ``count`` pairs together.

    On CUDA it computes in bfloat16, and again what it could have remembered where the model can.
    """
    torch = import_torch()
    moving, on_cuda = with_adapter(model, RANK, order.seed, which), device.startswith("cuda")
    if on_cuda and (named := next((name for name in RECOMPUTE if hasattr(model, name)), "")):
        getattr(model, named)()

    def loss(_: Mapping[str, Any], at: Sequence[int], stage: int) -> Any:
        if len(at) < 2:
            return None
        with torch.autocast("cuda", dtype=torch.bfloat16, enabled=on_cuda):
            both = sides(at)
        words, passages = (torch.nn.functional.normalize(side.float(), dim=1) for side in both)
        return info_nce(torch, words, passages, SHARP)

    fit = Fitting({str(at): one for at, one in enumerate(moving)}, count, loss, at_once=16, pull=0.0, rate=ADAPTER_RATE)
    fitted(fit, order)
    return delta_of(model)


def info_nce(torch: Any, words: Any, looks: Any, scale: Any) -> Any:
    """Symmetric InfoNCE: the mean cross entropy of finding the picture by the words, and the words by the picture.

    Rows of length 1, row i of one belongs to row i of the other: van den Oord et al. 2018, Radford et al. 2021.
    """
    near, own = scale * words @ looks.T, torch.arange(len(words))
    entropy = torch.nn.functional.cross_entropy
    return (entropy(near, own) + entropy(near.T, own)) / 2


def fitted(fit: Fitting, order: Schedule) -> dict[str, NDArray[np.float64]]:
    """Return the arrays after so many rounds; float64 in one thread, so that a seed gives its bytes.

    Every few rounds the state goes into the checkpoint; the same training that was killed goes on from there.
    """
    torch = import_torch()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _Run(torch, fit, order).arrays()
    finally:
        torch.set_num_threads(threads)


class _Run:
    """A training with all that it needs to go on later."""

    def __init__(self, torch: Any, fit: Fitting, order: Schedule) -> None:
        self._torch, self._fit, self._order = torch, fit, order
        self._weights = fit.weights
        self._first = {name: one.detach().clone() for name, one in fit.weights.items()}
        self._worth, self._best = 0.0, self._first
        self._adam = torch.optim.Adam(self._weights.values(), lr=fit.rate)

    def arrays(self) -> dict[str, NDArray[np.float64]]:
        begin, epochs = self._resumed(), self._order.epochs
        if begin == 0:
            self._look()
        for epoch in range(begin, epochs):
            self._order.watch.step(epoch, epochs, f"round {epoch + 1}")
            self._round(epoch, min(STAGES - 1, STAGES * epoch // epochs))
            self._look()
            if (epoch + 1) % EVERY == 0:
                self._keep(epoch + 1)
        return {name: one.numpy() for name, one in self._best.items()}

    def _look(self) -> None:
        """Keep these weights where they are worth more than all before."""
        worth = self._fit.worth(self._weights) if self._fit.worth else self._worth + 1.0
        if worth > self._worth:
            self._worth, self._best = worth, {name: one.detach().clone() for name, one in self._weights.items()}

    def _resumed(self) -> int:
        if not self._order.checkpoint.is_file():
            return 0
        state = self._torch.load(self._order.checkpoint, weights_only=True)
        for name, kept in state["weights"].items():
            self._weights[name].data.copy_(kept)
        self._adam.load_state_dict(state["adam"])
        self._worth, self._best = float(state["worth"]), state["best"]
        return int(state["epoch"])

    def _keep(self, epoch: int) -> None:
        out = BytesIO()
        state = {"weights": {n: one.detach() for n, one in self._weights.items()}, "adam": self._adam.state_dict()}
        self._torch.save({**state, "epoch": epoch, "worth": self._worth, "best": self._best}, out)
        write_whole(self._order.checkpoint, out.getvalue())

    def _round(self, epoch: int, stage: int) -> None:
        import numpy as np

        order = np.random.default_rng([self._order.seed, epoch]).permutation(self._fit.count).tolist()
        for start in range(0, len(order), self._fit.at_once):
            loss = self._fit.loss(self._weights, order[start : start + self._fit.at_once], stage)
            if loss is not None:
                self._step(loss)

    def _step(self, loss: Any) -> None:
        moved = sum(((one - self._first[name]) ** 2).sum() for name, one in self._weights.items())
        self._adam.zero_grad()
        (loss + self._fit.pull * moved).backward()
        self._adam.step()


def _leaf(torch: Any, array: NDArray[np.float64]) -> Any:
    return torch.tensor(array).requires_grad_()


def _mean_precision(form: Form, lists: Sequence[Judged], weights: Mapping[str, Any]) -> float:
    """Mean average precision over lists that are not trained on."""
    import numpy as np

    plain, total = {name: one.detach().numpy() for name, one in weights.items()}, 0.0
    for each in lists:
        added, _ = forward(form, np, plain, each.cells, each.asked)
        good = each.good[np.argsort(-added.sum(1), kind="stable")]
        total += float((np.cumsum(good) / np.arange(1, len(good) + 1))[good].mean())
    return total / len(lists)


def _list_loss(torch: Any, form: Form, weights: Mapping[str, Any], one: tuple[Any, ...], stage: int) -> Any | None:
    """The log share of what is good among what has joined so far."""
    cells, asked, good, joined = one
    among = joined <= stage
    if not bool((good & among).any()) or bool((good | ~among).all()):
        return None
    added, _ = forward(form, torch, weights, cells[among], asked)
    scores = added.sum(-1) * weights["sharpness"].exp()
    return scores.logsumexp(0) - scores[good[among]].logsumexp(0)
