"""The fusers: late ones by rule, and those that were trained; all are asked alike and their shares add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from groundsight.errors import ConfigError
from groundsight.models.candidates import CHANNELS, candidates_of
from groundsight.models.nets import FORMS, GATED, Form, form_named, forward
from groundsight.models.store import active, card_named, weights_of
from groundsight.retrieval.fusion import Method, Shares, fuse
from groundsight.settings import Search
from groundsight.types import ChannelScore

if TYPE_CHECKING:
    from pathlib import Path

    from groundsight.index import ChannelResult
    from groundsight.retrieval.fusion import Fuser
    from groundsight.settings import Settings


@dataclass(frozen=True)
class Late:
    """Fusion by a rule that nothing was trained for."""

    method: Method = "rrf"
    search: Search = field(default_factory=Search)

    @property
    def name(self) -> str:
        """The rule."""
        return self.method

    def fuse(self, lists: Sequence[ChannelResult]) -> Shares:
        """Return, per unit, what each list added."""
        return fuse(lists, self.search.weights, self.method, k=self.search.rrf_k, scale=self.search.scale)


@dataclass(frozen=True)
class Learned:
    """A trained net; a share names the gate of its channel for that candidate, where the form has gates."""

    form: Form
    weights: Mapping[str, Any]
    search: Search = field(default_factory=Search)
    name: str = ""

    def fuse(self, lists: Sequence[ChannelResult]) -> Shares:
        """Return, per unit, what each channel added.

        The best unit scores what late fusion's best does, which changes no order and keeps what dates, headings and
        the second look weigh beside it.
        """
        import numpy as np

        table = candidates_of(lists, self.search.weights, self.search.rrf_k, self.search.scale)
        if not table.unit_ids:
            return {}
        added, gates = forward(self.form, np, self.weights, table.cells, table.asked)
        late, best = table.cells[:, :, 0].sum(1).max(), added.sum(1).max()
        added = added * (late / best if best > 0 < late else 1.0)
        return {
            unit_id: tuple(
                ChannelScore(
                    channel=CHANNELS[at],
                    raw=float(table.raws[row, at]),
                    rank=int(table.ranks[row, at]),
                    contribution=float(added[row, at]),
                    gate=float(gates[row, at]) if self.form in GATED else None,
                )
                for at in np.flatnonzero(table.ranks[row])
            )
            for row, unit_id in enumerate(table.unit_ids)
        }


def open_fuser(settings: Settings) -> Fuser:
    """Return the fuser that ``search.fusion`` names; a trained one is that in use, late fusion after its last rollback.

    Raises:
        ConfigError: none of this form is in use. ModelFailed: its weights are not what was trained.
    """
    search, method = settings.search, settings.search.fusion
    if method not in FORMS:
        return Late("weighted" if method == "weighted" else "rrf", search)
    now = active(settings.home, "fuser")
    if now is None:
        raise _unready(f"no {method} fuser is in use", method)
    return trained_fuser(settings.home, now.id, search, method) if now.id else Late("rrf", search)


def trained_fuser(home: Path, name: str, search: Search, form: str = "") -> Learned:
    """Return the fuser of a version.

    Raises:
        ConfigError: it is of another form than asked for. NotFound, ModelFailed: it is not there, or not whole.
    """
    card = card_named(home, name)
    if card.kind != "fuser" or (form and card.form != form):
        raise _unready(f"{card.id} is in use, which is no {form or 'fuser'}", form)
    return Learned(form_named(card.form), weights_of(home, card), search, card.id)


def _unready(what: str, form: str) -> ConfigError:
    step = f"groundsight train fuser --form {form} --from JUDGED.jsonl, then groundsight models promote ID"
    return ConfigError(what, which=f"search.fusion = {form}", next_step=f'{step}; or search.fusion = "rrf"')
