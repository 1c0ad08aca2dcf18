"""``groundsight incidents``: what the rules raised, who has it, what is contained, and how it ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from groundsight.doors.govern.policy_desk import columns
from groundsight.errors import InvalidArgument
from groundsight.governance.events import note_event
from groundsight.governance.incidents import BY_HAND, KINDS, Alarm, Deed, Event, Incident, IncidentBook
from groundsight.governance.lookout import ask_rules
from groundsight.governance.pii import redact
from groundsight.ingestion.contain import contain, open_again, place_to_contain
from groundsight.tools.gate import ToolSpec
from groundsight.tools.results import Result

if TYPE_CHECKING:
    from groundsight.suite import Suite


class IncidentList(Result):
    """All incidents, oldest first, and those that this very look opened."""

    incidents: tuple[Incident, ...]
    opened: tuple[str, ...] = ()

    def as_text(self) -> str:
        """A line an incident."""
        if not self.incidents:
            return "No incidents yet: no rule found a cause."
        rows = [("id", "kind", "state", "opened", "due", "owner", "what")]
        return "\n".join(columns([*rows, *map(_row, self.incidents)]))


class IncidentShown(Result):
    """One incident with its clock, what raised it and every deed; ``documents`` were contained or freed just now."""

    incident: Incident
    documents: int | None = None

    def as_text(self) -> str:
        """What a person needs to act on it."""
        one = self.incident
        late = " OVERDUE" if one.overdue(datetime.now(UTC)) else ""
        raised_by = f"rule {one.rule}: {one.measured or 'reported'}" + (
            f", threshold {one.threshold}" if one.threshold else ""
        )
        lines = [
            f"{one.id} {one.kind} {one.state}{late}",
            one.what,
            raised_by,
            f"opened {_day(one.opened)}, due {_day(one.due)}, owner {one.owner or 'nobody'}",
            f"playbook: {one.playbook}",
            *(f"contained: {place}" for place in one.contained),
            *(f"  {_day(each.time)} {_deed(each)}{f': {each.note}' if each.note else ''}" for each in one.events),
        ]
        documents = [] if self.documents is None else [f"documents: {self.documents}"]
        return "\n".join([*lines, *documents])


def list_incidents(suite: Suite) -> IncidentList:
    """Ask the rules, then list all incidents."""
    opened = ask_rules(suite.settings, suite.principal)
    return IncidentList(incidents=book_of(suite).all(), opened=tuple(each.id for each in opened))


def book_of(suite: Suite) -> IncidentBook:
    """Return the incidents of a home."""
    return IncidentBook(suite.settings.home, suite.settings.governance.incidents)


def show_incident(suite: Suite, id: str) -> IncidentShown:
    """Show one incident."""
    return IncidentShown(incident=book_of(suite).one(id))


def open_incident(suite: Suite, kind: str, note: str) -> IncidentShown:
    """Open an incident that a person saw and no rule did."""
    if kind not in KINDS:
        raise InvalidArgument(
            "this is no kind of incident", which=kind[:40], next_step=f"name one of {', '.join(KINDS)}"
        )
    if not note.strip():
        raise InvalidArgument("an incident is opened with a note", which="--note", next_step="say what was seen")
    now = datetime.now(UTC).isoformat()
    what = redact(note, suite.settings.governance.redact).text
    alarm = Alarm(kind=kind, rule=BY_HAND, cause=now, what=what, seen=(now,))
    made = book_of(suite).raise_new([alarm], suite.principal.user)[0]
    return _recorded(suite, made, f"opened {made.id} {made.kind}")


def own_incident(suite: Suite, id: str, owner: str) -> IncidentShown:
    """Say who has an incident."""
    book_of(suite).one(id)
    if not owner.strip():
        raise InvalidArgument("nobody is named", which="--owner", next_step="name who takes it")
    return _noted(suite, id, "owned", owner=redact(owner, suite.settings.governance.redact).text)


def close_incident(suite: Suite, id: str, note: str) -> IncidentShown:
    """Close an incident with what was done; what it contains stays contained until it is lifted."""
    return _noted(suite, id, "closed", note=note)


def contain_incident(suite: Suite, id: str, source: str, everything: bool, note: str) -> IncidentShown:
    """Shut a file, a folder or the whole tenant at every door."""
    if bool(source) == everything:
        raise InvalidArgument("name what to contain", which="--source", next_step="give --source NAME or --everything")
    place = place_to_contain(suite.parts, suite.principal.tenant, source, book_of(suite).shut())
    shown = _noted(suite, id, "contained", note=note, contained=place)
    return shown.model_copy(update={"documents": contain(suite.parts, place)})


def lift_incident(suite: Suite, id: str, note: str) -> IncidentShown:
    """Open again all that an incident shut, but for what another one holds."""
    book, freed = book_of(suite), 0
    found = book.one(id)
    if not found.contained:
        raise InvalidArgument(
            "the incident contains nothing", which=found.id, next_step="groundsight incidents show ID"
        )
    shown = IncidentShown(incident=found)
    for place in found.contained:
        shown = _noted(suite, id, "lifted", note=note, contained=place)
        freed += open_again(suite.parts, place, book.shut())
    return shown.model_copy(update={"documents": freed})


def _noted(suite: Suite, name: str, deed: Deed, *, note: str = "", **told: object) -> IncidentShown:
    """Add a deed; what a person typed is kept without personal data."""
    book, said = book_of(suite), redact(note, suite.settings.governance.redact).text
    done = book.note(book.one(name), deed, suite.principal.user, note=said, **told)
    return _recorded(suite, done, f"{deed} {done.id}")


def _recorded(suite: Suite, incident: Incident, to: str) -> IncidentShown:
    note_event(suite.settings, suite.principal, "change", "incident", to, door="cli")
    return IncidentShown(incident=incident)


def _row(one: Incident) -> tuple[str, ...]:
    late = " (overdue)" if one.overdue(datetime.now(UTC)) else ""
    return (one.id, one.kind, one.state, _day(one.opened), _day(one.due) + late, one.owner or "-", one.what)


def _deed(each: Event) -> str:
    """Say who did what; who took it is named, whoever typed that."""
    return f"owned by {each.owner}, said by {each.who}" if each.owner else f"{each.deed} by {each.who}"


def _day(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


LIST_INCIDENTS, SHOW_INCIDENT = ToolSpec(list_incidents, "List incidents"), ToolSpec(show_incident, "Show an incident")
OPEN_INCIDENT = ToolSpec(open_incident, "Open an incident", writes=True)
OWN_INCIDENT = ToolSpec(own_incident, "Own an incident", writes=True)
CONTAIN_INCIDENT = ToolSpec(contain_incident, "Contain an incident", writes=True)
LIFT_INCIDENT = ToolSpec(lift_incident, "Lift a containment", writes=True)
CLOSE_INCIDENT = ToolSpec(close_incident, "Close an incident", writes=True)
