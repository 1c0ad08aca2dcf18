"""Incidents: what went wrong, since when, until when it is due, who has it, and what was done; a line for each deed.

They lie in ``<home>/incidents.jsonl``, which is only ever added to, but for what is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Literal, get_args

from groundsight.errors import InvalidArgument
from groundsight.governance.audit import AuditLog
from groundsight.governance.line_file import LineFile
from groundsight.governance.named import named
from groundsight.governance.receipts import new_receipt
from groundsight.governance.sources import inside
from groundsight.limits import Incidents
from groundsight.types import Asset, Word

FILE = "incidents.jsonl"
# What stands in place of a name or a note that is forgotten, and how much of a text makes a quote.
HASHED, FORGOTTEN, QUOTED = "forgotten://", "[forgotten]", 16
BY_HAND = "person"
Kind = Literal["DATA_LEAK", "UNSAFE_IMAGE", "BIAS_DRIFT", "HALLUCINATION_SPIKE", "DRIFT", "TARGET_MISSED"]
KINDS: tuple[Kind, ...] = get_args(Kind)
State = Literal["open", "contained", "closed"]
Deed = Literal["opened", "owned", "contained", "lifted", "closed"]
STATES: dict[Deed, State] = {"opened": "open", "contained": "contained", "lifted": "open", "closed": "closed"}


class Alarm(Word):
    """What a rule found: ``cause`` names what it is about, ``seen`` what it was raised by.

    Of one rule and cause at most one incident is open, and what was seen by one that is closed raises none again.
    """

    kind: Kind
    rule: str
    cause: str
    what: str
    measured: str = ""
    threshold: str = ""
    seen: tuple[str, ...] = ()


class Contained(Word):
    """What is shut: everything of a tenant whose source lies in ``place`` (empty: all of it).

    A place of which all was forgotten is known by its keyed hash alone. ``before`` are the hashes of those sources that
    were not free already, which a lifting leaves as they are.
    """

    tenant: str
    place: str = ""
    before: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.place} of tenant {self.tenant}" if self.place else f"tenant {self.tenant}"


@dataclass(frozen=True)
class Shut:
    """What is contained now, whether or not its incident is closed; ``hashed`` is the keyed hash of a source."""

    places: tuple[Contained, ...]
    hashed: Callable[[str, str], str]

    def by(self, tenant: str, source: str) -> list[Contained]:
        """Return the places in which a source lies."""
        return [each for each in self.places if self.holds(each, tenant, source)]

    def holds(self, place: Contained, tenant: str, source: str) -> bool:
        """True for a source that lies in a place."""
        if tenant != place.tenant or not place.place.startswith(HASHED):
            return tenant == place.tenant and (not place.place or inside(source, place.place))
        ways = accumulate(source.split("/"), "{}/{}".format)
        return any(place.place == self.hashed(tenant, way) for way in ways)


class Event(Word):
    """One deed: when, by whom, on which incident; ``alarm`` when it was opened, ``contained`` with what is shut."""

    incident: str
    deed: Deed
    time: datetime
    who: str
    note: str = ""
    owner: str = ""
    alarm: Alarm | None = None
    contained: Contained | None = None


class Incident(Word):
    """An incident as its deeds leave it. ``due`` is when it has to be closed, ``playbook`` the page to follow."""

    id: str
    kind: Kind
    state: State
    rule: str
    cause: str
    what: str
    measured: str = ""
    threshold: str = ""
    seen: tuple[str, ...] = ()
    opened: datetime
    due: datetime
    owner: str = ""
    contained: tuple[Contained, ...] = ()
    note: str = ""
    events: tuple[Event, ...] = ()

    @property
    def playbook(self) -> str:
        """The section of the playbooks for its kind."""
        return f"docs/incidents.md#{self.kind.lower().replace('_', '-')}"

    def overdue(self, now: datetime) -> bool:
        """True while it is not closed and its time is over."""
        return self.state != "closed" and now > self.due


class IncidentBook:
    """The incidents of a home; any number of processes may write."""

    def __init__(self, home: Path, rules: Incidents | None = None, clock: Callable[[], datetime] | None = None) -> None:
        self._home, self._rules = home, rules or Incidents()
        self._lines = LineFile(home / FILE, Event, "the incidents")
        self._clock = clock or (lambda: datetime.now(UTC))

    def all(self) -> tuple[Incident, ...]:
        """Return all incidents, oldest first.

        Raises:
            StorageFailed: the file can't be read, or a line of it is damaged.
        """
        found: dict[str, list[Event]] = {}
        for event in self._lines.read():
            found.setdefault(event.incident, []).append(event)
        return tuple(self._folded(events) for events in found.values() if events[0].alarm is not None)

    def one(self, name: str) -> Incident:
        """Return an incident by its id or the beginning of it.

        Raises:
            NotFound: there is none. InvalidArgument: none is named, or several begin so.
        """
        return named(self.all(), name, "incident", "groundsight incidents list")

    def raise_new(self, alarms: Iterable[Alarm], who: str) -> tuple[Incident, ...]:
        """Open an incident for each alarm that is about something new, and return those.

        Raises:
            Locked: another process writes for too long. StorageFailed: the disk refused.
        """
        opened: list[str] = []
        known = self.all()
        found = [alarm for alarm in alarms if _is_new(alarm, known)]
        if not found:
            return ()
        with self._lines.held():
            for alarm in found:
                if _is_new(alarm, self.all()):
                    opened.append(new_receipt().replace("r", "i", 1))
                    self._add(opened[-1], "opened", who, alarm=alarm)
        return tuple(each for each in self.all() if each.id in opened)

    def note(self, incident: Incident, deed: Deed, who: str, **told: object) -> Incident:
        """Add a deed and return the incident after it; ``told`` are the ``note``, ``owner`` or ``contained`` of it.

        Raises:
            InvalidArgument: a closed incident takes no deed but a lifting, and none is closed without a note.
        """
        if incident.state == "closed" and deed != "lifted":
            raise InvalidArgument("the incident is closed", which=incident.id, next_step="open a new one")
        if deed == "closed" and not str(told.get("note", "")).strip():
            raise InvalidArgument("an incident is closed with a note", which="--note", next_step="say what was done")
        with self._lines.held():
            self._add(incident.id, deed, who, **told)
        return self.one(incident.id)

    def shut(self) -> Shut:
        """Return what is contained now."""
        return Shut(tuple(place for each in self.all() for place in each.contained), self.hashed)

    def hashed(self, tenant: str, source: str) -> str:
        """Return what is left of a source that was forgotten: a hash under the key of the trail."""
        return HASHED + AuditLog(self._home / "audit").fingerprint(f"{tenant}\0{source}")[:32]

    @property
    def is_used(self) -> bool:
        """True when an incident was ever opened here."""
        return (self._home / FILE).exists()

    def forget(self, gone: Sequence[Asset], left: Sequence[Asset], texts: Sequence[str]) -> None:
        """Leave the keyed hash alone of each place of which nothing is ``left``, and no note that quotes what goes.

        A note quotes a document that it names, or of whose ``texts`` it holds a run of 16 signs.

        Raises:
            StorageFailed: the disk refused, or a line is damaged.
        """
        names = {name for each in gone for name in (each.source, each.source.rpartition("/")[2])}
        told = [_plain(text) for text in texts]
        with self._lines.held():
            events = self._lines.read()
            kept = [self._without(each, gone, left, lambda note: _quotes(note, names, told)) for each in events]
            if kept != list(events):
                self._lines.rewrite(kept)

    def closed_at(self, rule: str, cause: str = "") -> datetime | None:
        """Return when the last incident of a rule (and cause) was closed, None where none was."""
        same = [each for each in self.all() if each.rule == rule and cause in ("", each.cause)]
        return max((one.time for each in same for one in each.events if one.deed == "closed"), default=None)

    def _folded(self, events: Sequence[Event]) -> Incident:
        first = events[0]
        alarm, shut = first.alarm or Alarm(kind="DATA_LEAK", rule="", cause="", what=""), list[Contained]()
        state, owner, note = "open", "", ""
        for event in events:
            state = state if state == "closed" else STATES.get(event.deed, state)
            owner, note = event.owner or owner, event.note or note
            if event.contained:
                same = (event.contained.tenant, event.contained.place)
                shut = [each for each in shut if (each.tenant, each.place) != same]
                shut += [event.contained] if event.deed == "contained" else []
        state = "contained" if shut and state == "open" else state
        due = first.time + timedelta(hours=getattr(self._rules, f"{alarm.kind.lower()}_hours"))
        known = {"state": state, "owner": owner, "note": note, "contained": tuple(shut), "events": tuple(events)}
        return Incident.model_validate(
            {**alarm.model_dump(), "id": first.incident, "opened": first.time, "due": due, **known}
        )

    def _add(self, name: str, deed: Deed, who: str, **told: object) -> None:
        said = {key: value for key, value in told.items() if value}
        self._lines.append(
            Event.model_validate({"incident": name, "deed": deed, "time": self._clock(), "who": who, **said})
        )

    def _without(
        self, event: Event, gone: Sequence[Asset], left: Sequence[Asset], quotes: Callable[[str], bool]
    ) -> Event:
        """Return an event without what names or quotes the documents that go; what a rule wrote quotes none."""
        update: dict[str, object] = {"note": FORGOTTEN} if quotes(event.note) else {}
        if event.alarm and event.alarm.rule == BY_HAND and quotes(event.alarm.what):
            update["alarm"] = event.alarm.model_copy(update={"what": FORGOTTEN})
        place = event.contained
        if place and place.place and _holds_any(place, gone) and not _holds_any(place, left):
            hashed = self.hashed(place.tenant, place.place)
            update["contained"] = place.model_copy(update={"place": hashed})
        return event.model_copy(update=update) if update else event


def _is_new(alarm: Alarm, known: Sequence[Incident]) -> bool:
    same = [each for each in known if (each.rule, each.cause) == (alarm.rule, alarm.cause)]
    if any(each.state != "closed" for each in same):
        return False
    seen = {name for each in same for name in each.seen}
    return not same or bool(set(alarm.seen) - seen)


def _holds_any(place: Contained, assets: Sequence[Asset]) -> bool:
    return any(each.tenant == place.tenant and inside(each.source, place.place) for each in assets)


def _quotes(note: str, names: Collection[str], texts: Sequence[str]) -> bool:
    said = _plain(note)
    runs = [said[at : at + QUOTED] for at in range(len(said) - QUOTED + 1)]
    return any(name in note for name in names) or any(run in text for text in texts for run in runs)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
