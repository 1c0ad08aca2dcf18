"""What is asked and found: filters, principals, queries, hits and the tier that answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from os import PathLike, fspath
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from groundsight.types.base import Channel, Shown, Stale, Word
from groundsight.types.showing import beginning, list_html, off, small_html, where
from groundsight.types.things import Asset, Unit


class Condition(Word):
    """One test on a stored field; list fields (``labels``) match when any value is shared (``any_of``)."""

    field: Literal[
        "tenant", "region", "labels", "usage_rights", "consent_until", "asset_id", "source",
        "media_type", "kind", "created", "page",
    ]  # fmt: skip
    op: Literal["eq", "in", "any_of", "ge", "le", "prefix"]
    value: str | int | tuple[str, ...]


class Filter(Word):
    """Conditions that must all hold. An empty filter lets everything through.

    Missing values: ``created`` and ``page`` fail ``ge``/``le`` when absent. ``consent_until`` is the last day of
    consent and of retention, whichever comes first, far in the future without both. ``labels`` are what opens an
    asset (``governance.access.readers``): no labels count as the label ``*``.
    """

    conditions: tuple[Condition, ...] = ()

    def also(self, *more: Condition) -> Filter:
        """Return this filter narrowed by further conditions."""
        return Filter(conditions=self.conditions + more)


class Principal(Word):
    """Who asks. Comes from configuration or a verified token, never from a tool argument.

    ``purpose`` is what it asks for: it sees what is meant for that, or for anything. ``may_admin``: it may set rights.
    ``dated_only``: it sees what has a day of consent, as the policy demands one.
    ``roots`` are the folders in which it may name files; None: all of the settings, for the settings' own tenant.
    """

    tenant: str = "default"
    user: str = "local"
    region: str = "global"
    labels: tuple[str, ...] = ()
    purpose: str = ""
    may_read: bool = True
    may_write: bool = False
    may_admin: bool = False
    dated_only: bool = False
    roots: tuple[Path, ...] | None = None


def _as_str(given: object) -> object:
    return fspath(given) if isinstance(given, PathLike) else given  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


class Query(Word):
    """What is searched: words, a picture (a file, or the id of an image unit), or both."""

    text: str = ""
    picture: Annotated[str | None, BeforeValidator(_as_str)] = None
    where: Filter = Filter()
    channels: tuple[Channel, ...] | None = None
    limit: int = 10
    fusion: Literal["rrf", "weighted"] | None = None
    hops: int = 1


class ChannelScore(Word):
    """One channel's part in a hit: raw score, rank from 1, weight, and what it added to the score.

    ``gate`` is how much a trained fuser listens to the channel for this hit, from 0 to 1; None where none decides.
    """

    channel: str
    raw: float
    rank: int | None = None
    weight: float = 1.0
    contribution: float
    gate: float | None = None


class Hit(Shown):
    """A unit that was found. The contributions of its channels add up to ``score``.

    ``stale`` says that its file has changed or gone since it was read; empty when it has not, or that can't be told.
    """

    unit: Unit
    asset: Asset
    score: float
    channels: tuple[ChannelScore, ...]
    matched: tuple[str, ...] = ()
    hop: int = 1
    reason: str = ""
    stale: Stale = ""

    def _text(self) -> str:
        """Where it stands with its score, the link that led there, and its words."""
        linked = [f"   hop {self.hop}: {self.reason}"] if self.hop > 1 else []
        return "\n".join([f"{self._head()} [{self.unit.unit_id}]", *linked, f"   {self._words()}"])

    def _html(self) -> str:
        """The same with the place in bold."""
        known = f"<small>{escape(self.unit.unit_id)}</small>"
        linked = f"<br><em>hop {self.hop}: {escape(self.reason)}</em>" if self.hop > 1 else ""
        return f"<div><b>{escape(self._head())}</b> {known}{linked}<br>{escape(self._words())}</div>"

    def _head(self) -> str:
        place = where(
            self.asset.source, self.unit.place.page, self.unit.place.section, self.stale, self.unit.place.second
        )
        return f"{place} ({self.unit.kind}, {self.score:.4f})"

    def _words(self) -> str:
        said, tags = self.unit, ", ".join(tag.name for tag in self.unit.tags)
        tagged = f"tags: {tags}" if tags else said.meta
        return beginning(said.text or said.caption or said.ocr or said.transcript or tagged)


class Degraded(Word):
    """A lane that is off or weakened, why, and how to lift it."""

    lane: str
    reason: str
    remedy: str


class Tier(Word):
    """Which models answered: a name for people and the model of each lane."""

    name: Literal["embedded", "local-models", "llm"] = "embedded"
    models: Mapping[str, str] = Field(default_factory=dict)

    @classmethod
    def of(cls, chosen: Iterable[str], models: Mapping[str, str]) -> Tier:
        """Name the tier of models by the settings that chose them; ``llm`` and ``client`` are language models."""
        settings = set(chosen)
        if settings & {"llm", "client"}:
            return cls(name="llm", models=models)
        return cls(name="local-models" if any(":" in one for one in settings) else "embedded", models=models)


class Nothing(Word):
    """Why a search has no hits: ``reason`` for programs, ``why`` for people, and what to do.

    ``empty_index``: the caller may see nothing at all. ``empty_filter``: the caller may see something, the query's
    own filter lets nothing through. ``below_floor``: what there is, is too far from the query to be shown.
    """

    reason: Literal["empty_index", "empty_filter", "below_floor"]
    why: str
    remedy: str = ""


class SearchResult(Shown):
    """Hits best first, with what was asked, what answered and what was missing.

    ``nothing`` is set exactly when there are no hits. ``absent`` are identifiers of the query that no unit holds
    which the caller may see.
    """

    query: str
    hits: tuple[Hit, ...]
    tier: Tier
    degraded: tuple[Degraded, ...] = ()
    nothing: Nothing | None = None
    absent: tuple[str, ...] = ()

    def _text(self) -> str:
        """The hits by number, or why there are none, and which lanes were off."""
        return "\n".join([*(f"{number}. {hit}" for number, hit in enumerate(self.hits, 1)), *self._remarks()])

    def _html(self) -> str:
        """The same as a numbered list."""
        return f"<div>{list_html('ol', (hit.as_html() for hit in self.hits))}{small_html(self._remarks())}</div>"

    def _remarks(self) -> list[str]:
        nothing = self.nothing
        told = [f"Nothing found: {nothing.why}. Next: {nothing.remedy}"] if nothing else []
        missing = [f"No document holds {', '.join(self.absent)}."] if self.absent else []
        return [*told, *missing, *off(lane.lane for lane in self.degraded)]
