"""The rights tool, for callers with the scope admin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from groundsight.governance.rights import as_rights
from groundsight.tools.bounds import one_line
from groundsight.tools.results import NAME_CHARS, QUOTE_CHARS, Result, Shape

if TYPE_CHECKING:
    from groundsight.ingestion.rights import RightsReport
    from groundsight.suite import Suite

MOST_LINES = 50


class Held(Shape):
    """What holds of one document or folder, as words by name, and where a value comes from that was stated."""

    source: str
    values: Mapping[str, str]
    origins: Mapping[str, str]
    documents: int | None = None


class HeldRights(Result):
    """What holds of the names that were asked for, and how many documents changed."""

    lines: tuple[Held, ...]
    changed: int = 0

    def as_text(self) -> str:
        """One block each."""
        head = [f"changed: {self.changed}"] if self.changed else []
        told = ("; ".join(f"{name}: {value}" for name, value in each.values.items()) for each in self.lines)
        return "\n".join([*head, *(f"{each.source}: {said}" for each, said in zip(self.lines, told, strict=True))])


def rights(
    suite: Suite,
    names: Annotated[list[str], Field(description="sources, or their ends", min_length=1, max_length=100)],
    owner: Annotated[str | None, Field(description="empty: nobody")] = None,
    usage: Literal["approved", "restricted", "denied"] | None = None,
    consent_until: Annotated[str | None, Field(description="last day, YYYY-MM-DD, or none")] = None,
    purposes: Annotated[list[str] | None, Field(description="empty: any")] = None,
    labels: Annotated[list[str] | None, Field(description="who may read them; empty: all")] = None,
    region: str | None = None,
    retain_days: Annotated[str | None, Field(description="days to be kept, or none")] = None,
) -> HeldRights:
    """To see or set who owns files or folders, and who may use them, for what and how long."""
    given = {"owner": owner, "usage": usage, "region": region, "purposes": purposes, "labels": labels}
    said = {name: value for name, value in given.items() if value is not None}
    return shaped(suite.rights(names, as_rights(said | limits(consent_until, retain_days), "rights")))


def limits(consent_until: str | None, retain_days: str | None) -> dict[str, object]:
    """Return two limits as they are stated: a word, ``none`` for no limit, None for nothing said."""
    said: dict[str, object] = {}
    if consent_until is not None:
        said["consent_until"] = None if consent_until == "none" else consent_until
    if retain_days is not None:
        digits = retain_days.isascii() and retain_days.isdigit()
        said["retain_days"] = None if retain_days == "none" else int(retain_days[:9]) if digits else retain_days
    return said


def shaped(report: RightsReport) -> HeldRights:
    """Return a report as a model reads it."""
    lines = tuple(
        Held(
            source=one_line(each.source, NAME_CHARS),
            values={name: one_line(value, QUOTE_CHARS) for name, value in each.values.items()},
            origins={name: one_line(value, QUOTE_CHARS) for name, value in each.origins.items()},
            documents=each.documents,
        )
        for each in report.lines[:MOST_LINES]
    )
    return HeldRights(lines=lines, changed=report.changed, truncated=len(report.lines) > MOST_LINES)
