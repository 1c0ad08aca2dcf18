"""Small nets over a table of channels, written once for numpy, which answers, and torch, which trains.

Each returns what every channel adds (n, channels) and how much it is listened to (n, channels): a score is the sum of
what the channels add, so a decomposition never has to be estimated. ``stacking`` is linear. ``gated`` weighs the
channels of each candidate by a softmax, ``cross_attention`` by one over how its channels attend to those of the whole
list; both add gate times value. ``early`` is a joint net of rectifiers without biases: it is linear along the ray from
"nothing was found" to the candidate, so gradient times input adds up to the score, and equals the Aumann-Shapley value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Form = Literal["stacking", "early", "gated", "cross_attention"]
FORMS: tuple[Form, ...] = get_args(Form)
GATED = ("gated", "cross_attention")
HIDDEN, WIDTH = 16, 8
TINY = 1e-9
Weights = Mapping[str, Any]


def form_named(name: str) -> Form:
    """Return the form of a name; what has no form of its own (a projection, an adapter) is linear."""
    known: dict[str, Form] = {each: each for each in FORMS}
    return known.get(name, FORMS[0])


def first_weights(form: Form, start: NDArray[np.float64], seed: int) -> dict[str, NDArray[np.float64]]:
    """Return weights by which the net scores as the linear ``start`` of shape (channels, features) does.

    ``sharpness`` is the scale of the scores in training, and of no use afterwards.
    """
    import numpy as np

    channels, features = start.shape
    inputs, rng = channels * features, np.random.default_rng(seed)

    def drawn(*shape: int) -> NDArray[np.float64]:
        return rng.normal(0.0, shape[0] ** -0.5, shape)

    made = {"linear": start.astype(np.float64), "sharpness": np.array(2.0)}
    match form:
        case "stacking":
            return made
        case "early":
            return made | {"inner": drawn(inputs, HIDDEN), "outer": np.zeros(HIDDEN)}
        case "gated":
            known = {"inner": drawn(inputs + features * channels, HIDDEN), "outer": np.zeros((HIDDEN, channels))}
            return made | known | {"gate": np.zeros(channels)}
        case "cross_attention":
            known = {name: drawn(features, WIDTH) for name in ("query", "key", "value")}
            return made | known | {"place": drawn(channels, WIDTH), "outer": np.zeros(2 * WIDTH)}


def forward(form: Form, xp: Any, weights: Weights, cells: Any, asked: Any) -> tuple[Any, Any]:
    """Return what each channel adds to each candidate, and its gate: the share of attention, or 1 where none is paid.

    ``xp`` is numpy or torch; ``cells`` has shape (n, channels, features), ``asked`` (channels,).
    """
    values = xp.einsum("ncf,cf->nc", cells, weights["linear"])
    even = xp.ones_like(values)
    match form:
        case "stacking":
            return values, even
        case "early":
            flat = cells.reshape(len(cells), -1)
            awake = (flat @ weights["inner"] > 0) * weights["outer"]
            return values + (flat * (awake @ weights["inner"].T)).reshape(cells.shape).sum(-1), even
        case "gated":
            gates = _softmax(xp, _gate_logits(xp, weights, cells), asked)
        case "cross_attention":
            gates = _softmax(xp, _attention_logits(xp, weights, cells), asked)
    return gates * values * asked.sum(), gates


def _gate_logits(xp: Any, weights: Weights, cells: Any) -> Any:
    """A candidate is seen beside the best of each channel: what is near in a list of far ones weighs otherwise."""
    flat = cells.reshape(len(cells), -1)
    beside = _best_of_list(xp, cells).reshape(1, -1) * xp.ones_like(flat)
    return xp.tanh(xp.concatenate([flat, beside], -1) @ weights["inner"]) @ weights["outer"] + weights["gate"]


def _attention_logits(xp: Any, weights: Weights, cells: Any) -> Any:
    tokens = _best_of_list(xp, cells)
    keys, values = tokens @ weights["key"] + weights["place"], tokens @ weights["value"]
    queries = cells @ weights["query"] + weights["place"]
    near = _softmax(xp, xp.einsum("ncw,dw->ncd", queries, keys) / WIDTH**0.5, xp.ones_like(tokens[:, 0]))
    return xp.tanh(xp.concatenate([near @ values, queries], -1)) @ weights["outer"]


def _best_of_list(xp: Any, cells: Any) -> Any:
    return xp.amax(cells, 0)


def _softmax(xp: Any, logits: Any, among: Any) -> Any:
    """Softmax over the last axis among what is there; a channel that was not asked gets nothing."""
    raised = xp.exp(logits - xp.amax(logits)) * among
    return raised / (raised.sum(-1)[..., None] + TINY)
