"""Has a distribution moved? The energy distance of two samples, and how often chance alone gives as much."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PERMUTATIONS = 1_999


class Moved(NamedTuple):
    """How far two samples are apart beyond what chance gives, 0 to 1, and ``p``, how often chance gives as much."""

    distance: float
    p: float
    before: int
    now: int


def energy_distance(before: NDArray[np.float32], now: NDArray[np.float32], seed: int = 0) -> Moved:
    """Compare samples of shape (n, d) and (m, d), n and m at least 2, by the energy coefficient of inhomogeneity.

    The statistic is that of Székely and Rizzo (2013), its p that of a permutation test with a stated seed, so items
    have to be exchangeable: give one row a document, not one a passage.
    """
    apart, n = _apart(np.vstack([before, now])), len(before)
    share = np.zeros((PERMUTATIONS + 1, len(apart)), np.float32)
    share[0, :n] = 1.0
    rng = np.random.default_rng(seed)
    for row in share[1:]:
        row[rng.permutation(len(apart))[:n]] = 1.0
    energies, cross = _energies(apart, share, n)
    chance = int(np.count_nonzero(energies >= energies[0] - 1e-7)) / len(energies)
    beyond = float(energies[0]) - float(energies[1:].sum()) / PERMUTATIONS
    return Moved(max(0.0, beyond) / cross if cross else 0.0, chance, n, len(now))


def strangest(before: NDArray[np.float32], now: NDArray[np.float32], most: int) -> Sequence[int]:
    """Return the rows of ``now`` that lie further from the sample before than from their own, furthest first."""
    apart, n = _apart(np.vstack([before, now])), len(before)
    lead = apart[n:, :n].mean(axis=1) - apart[n:, n:].mean(axis=1)
    return [int(at) for at in np.argsort(-lead, kind="stable")[:most]]


def _energies(apart: NDArray[np.float32], share: NDArray[np.float32], n: int) -> tuple[NDArray[np.float32], float]:
    """Return 2 E|X-Y| - E|X-X'| - E|Y-Y'| of every division, and 2 E|X-Y| of the first."""
    m, other = len(apart) - n, 1.0 - share
    own, theirs = share @ apart, other @ apart
    cross = 2 * (own * other).sum(axis=1) / (n * m)
    inner = (own * share).sum(axis=1) / (n * n) + (theirs * other).sum(axis=1) / (m * m)
    return cross - inner, float(cross[0])


def _apart(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distance of every two rows, shape (n, n)."""
    exact = rows.astype(np.float64)
    squares = (exact**2).sum(axis=1)
    return np.sqrt(np.maximum(squares[:, None] + squares[None] - 2 * exact @ exact.T, 0.0)).astype(np.float32)
