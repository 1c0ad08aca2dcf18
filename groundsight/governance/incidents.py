"""Incidents: what went wrong, since when, until when it is due, who has it, and what was done; a line for each deed.

They lie in ``<home>/incidents.jsonl``, which is only ever added to. A line that broke off counts for nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from groundsight.atomic import write_whole
from groundsight.errors import InvalidArgument, Locked, NotFound, StorageFailed
from groundsight.governance.receipts import new_receipt
from groundsight.governance.sources import inside
from groundsight.types import Word

if TYPE_CHECKING:
    from groundsight.limits import Incidents

FILE = "incidents.jsonl"
LOCK_SECONDS = 10
Kind = Literal["DATA_LEAK", "UNSAFE_IMAGE", "BIAS_DRIFT", "HALLUCINATION_SPIKE"]
KINDS: tuple[Kind, ...] = ("DATA_LEAK", "UNSAFE_IMAGE", "BIAS_DRIFT", "HALLUCINATION_SPIKE")
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

    The place of a document that was forgotten is known by its hash alone. ``before`` are the hashes of those sources
    that were not free already, which a lifting leaves as they are.
    """

    tenant: str
    place: str = ""
    before: tuple[str, ...] = ()

    def holds(self, tenant: str, source: str) -> bool:
        """True for a source that is shut."""
        return tenant == self.tenant and (not self.place or self.place == hashed(source) or inside(source, self.place))

    def __str__(self) -> str:
        return f"{self.place} of tenant {self.tenant}" if self.place else f"tenant {self.tenant}"


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

    def __init__(self, home: Path, rules: Incidents, clock: Callable[[], datetime] | None = None) -> None:
        self._file, self._rules = home / FILE, rules
        self._clock = clock or (lambda: datetime.now(UTC))

    def all(self) -> tuple[Incident, ...]:
        """Return all incidents, oldest first.

        Raises:
            StorageFailed: the file can't be read.
        """
        found: dict[str, list[Event]] = {}
        for event in self._events():
            found.setdefault(event.incident, []).append(event)
        return tuple(self._folded(events) for events in found.values() if events[0].alarm is not None)

    def one(self, name: str) -> Incident:
        """Return an incident by its id or the beginning of it.

        Raises:
            NotFound: there is none. InvalidArgument: several begin so.
        """
        found = [each for each in self.all() if name and each.id.startswith(name)]
        if not found:
            raise NotFound("there is no such incident", which=name[:40], next_step="groundsight incidents list")
        if len(found) > 1:
            raise InvalidArgument(f"{len(found)} incidents begin so", which=name[:40], next_step="write more of the id")
        return found[0]

    def raise_new(self, alarms: Iterable[Alarm], who: str) -> tuple[Incident, ...]:
        """Open an incident for each alarm that is about something new, and return those.

        Raises:
            Locked: another process writes for too long. StorageFailed: the disk refused.
        """
        found = [alarm for alarm in alarms if self._is_new(alarm, self.all())]
        if not found:
            return ()
        opened: list[str] = []
        with self._locked():
            for alarm in found:
                if self._is_new(alarm, self.all()):
                    opened.append(new_receipt().replace("r", "i", 1))
                    self._add(opened[-1], "opened", who, alarm=alarm)
        return tuple(each for each in self.all() if each.id in opened)

    def note(
        self,
        incident: Incident,
        deed: Deed,
        who: str,
        *,
        note: str = "",
        owner: str = "",
        contained: Contained | None = None,
    ) -> Incident:
        """Add a deed and return the incident after it.

        Raises:
            InvalidArgument: a closed incident takes no deed but a lifting, and none is closed without a note.
        """
        if incident.state == "closed" and deed != "lifted":
            raise InvalidArgument("the incident is closed", which=incident.id, next_step="open a new one")
        if deed == "closed" and not note.strip():
            raise InvalidArgument("an incident is closed with a note", which="--note", next_step="say what was done")
        with self._locked():
            self._add(incident.id, deed, who, note=note, owner=owner, contained=contained)
        return self.one(incident.id)

    def shut(self) -> tuple[Contained, ...]:
        """Return what is contained now, whether or not its incident is closed."""
        return tuple(place for each in self.all() for place in each.contained)

    def forget(self, sources: Iterable[str]) -> None:
        """Leave of each forgotten source its hash alone.

        Raises:
            StorageFailed: the disk refused.
        """
        gone = set(sources)
        if not self._file.exists() or not any(
            each.contained and each.contained.place in gone for each in self._events()
        ):
            return
        with self._locked(), self._storage():
            lines = [_line(_without(event, gone)) for event in self._events()]
            write_whole(self._file, b"".join(lines))

    def closed_at(self, rule: str, cause: str = "") -> datetime | None:
        """Return when the last incident of a rule (and cause) was closed, None where none was."""
        same = [each for each in self.all() if each.rule == rule and cause in ("", each.cause)]
        return max((one.time for each in same for one in each.events if one.deed == "closed"), default=None)

    def _is_new(self, alarm: Alarm, known: Sequence[Incident]) -> bool:
        same = [each for each in known if (each.rule, each.cause) == (alarm.rule, alarm.cause)]
        if any(each.state != "closed" for each in same):
            return False
        seen = {name for each in same for name in each.seen}
        return not same or bool(set(alarm.seen) - seen)

    def _folded(self, events: Sequence[Event]) -> Incident:
        first = events[0]
        alarm, shut = first.alarm or Alarm(kind="DATA_LEAK", rule="", cause="", what=""), list[Contained]()
        state, owner, note = "open", "", ""
        for event in events:
            state = state if state == "closed" else STATES.get(event.deed, state)
            owner, note = event.owner or owner, event.note or note
            if event.contained:
                shut = [
                    each
                    for each in shut
                    if (each.tenant, each.place) != (event.contained.tenant, event.contained.place)
                ]
                shut += [event.contained] if event.deed == "contained" else []
        state = "contained" if shut and state == "open" else state
        hours = getattr(self._rules, f"{alarm.kind.lower()}_hours")
        due = first.time + timedelta(hours=hours)
        known = {"state": state, "owner": owner, "note": note, "contained": tuple(shut), "events": tuple(events)}
        return Incident.model_validate(
            {**alarm.model_dump(), "id": first.incident, "opened": first.time, "due": due, **known}
        )

    def _events(self) -> list[Event]:
        if not self._file.exists():
            return []
        with self._storage():
            lines = self._file.read_bytes().splitlines()
        return [event for line in lines if (event := _event(line))]

    def _add(self, name: str, deed: Deed, who: str, **told: object) -> None:
        event = Event.model_validate({"incident": name, "deed": deed, "time": self._clock(), "who": who, **told})
        data = _line(event)
        with self._storage():
            torn = self._file.exists() and not self._file.read_bytes().endswith(b"\n")
            handle = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, (b"\n" if torn else b"") + data)
                os.fsync(handle)
            finally:
                os.close(handle)

    @contextmanager
    def _locked(self) -> Generator[None]:
        from filelock import FileLock, Timeout

        with self._storage():
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with FileLock(f"{self._file}.lock", timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            raise Locked("another process writes the incidents", which=FILE, next_step="call again") from error

    @contextmanager
    def _storage(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise StorageFailed(
                f"the incidents can't be used: {error.strerror}", which=FILE, next_step="check the disk and the rights"
            ) from error


def hashed(source: str) -> str:
    """Return what is left of a source that was forgotten."""
    return f"#{hashlib.sha256(source.encode('utf-8', 'surrogatepass')).hexdigest()[:32]}"


def _without(event: Event, gone: Collection[str]) -> Event:
    place = event.contained
    if place is None or place.place not in gone:
        return event
    return event.model_copy(update={"contained": place.model_copy(update={"place": hashed(place.place)})})


def _line(event: Event) -> bytes:
    return json.dumps(event.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False).encode() + b"\n"


def _event(line: bytes) -> Event | None:
    try:
        return Event.model_validate_json(line)
    except ValidationError:
        return None
