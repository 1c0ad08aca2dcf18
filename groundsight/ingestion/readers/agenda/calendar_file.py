"""Calendars (ics): each event, task and note as lines of label and value; nothing that repeats is reckoned out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.agenda.content_lines import Component, ContentLine, components, unescaped
from groundsight.ingestion.readers.clean import decode, one_line
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.sniff import CALENDAR

_KINDS = {"VEVENT": "Event", "VTODO": "Task", "VJOURNAL": "Note", "VFREEBUSY": "Busy times", "VCALENDAR": "Calendar"}
_LABELS = {
    "DTSTART": "Start", "DTEND": "End", "DUE": "Due", "DURATION": "Duration", "LOCATION": "Place", "RRULE": "Repeats",
    "RDATE": "Also on", "EXDATE": "Not on", "RECURRENCE-ID": "In place of", "ORGANIZER": "Organiser",
    "ATTENDEE": "Attendee", "STATUS": "Status", "CATEGORIES": "Category", "DESCRIPTION": "Description", "URL": "Web",
    "CONTACT": "Contact", "COMMENT": "Comment", "PRIORITY": "Priority", "COMPLETED": "Completed", "RESOURCES": "Needs",
    "PERCENT-COMPLETE": "Percent done", "GEO": "Coordinates", "CLASS": "Privacy", "FREEBUSY": "Busy",
    "X-WR-CALDESC": "Description", "X-WR-TIMEZONE": "Time zone", "METHOD": "Method", "CONFERENCE": "Meeting",
    "X-GOOGLE-CONFERENCE": "Meeting", "ATTACH": "Attachment",
}  # fmt: skip
_TIMES = ("DTSTART", "DTEND", "DUE", "RDATE", "EXDATE", "RECURRENCE-ID", "COMPLETED", "FREEBUSY")
# What only programs read, and what the title or another line says.
_SILENT = (
    "SUMMARY", "NAME", "X-WR-CALNAME", "UID", "DTSTAMP", "SEQUENCE", "CREATED", "LAST-MODIFIED", "PRODID", "VERSION",
    "CALSCALE", "TRANSP", "TZID", "RELATED-TO", "COLOR",
)  # fmt: skip
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z?))?")
_SPAN = re.compile(r"([+-]?)P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?")
_WEEKDAY = re.compile(r"([+-]?\d*)(MO|TU|WE|TH|FR|SA|SU)")
_DAYS = {
    "MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday",
    "SU": "Sunday",
}  # fmt: skip
_PLACES = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "-1": "last", "-2": "last but one"}
_EACH = {"SECONDLY": "second", "MINUTELY": "minute", "HOURLY": "hour", "DAILY": "day", "WEEKLY": "week",
         "MONTHLY": "month", "YEARLY": "year"}  # fmt: skip


def read_calendar(path: Path) -> Parsed:
    """Read every calendar of the file, its events in their order."""
    text, warnings = decode(path.read_bytes())
    ledger = Ledger()
    calendars = components(text, ledger)
    elements = tuple(element for each in calendars for element in _elements(each, ledger))
    title = next((name for each in calendars if (name := each.told("X-WR-CALNAME") or each.told("NAME"))), "")
    return Parsed(media_type=CALENDAR, title=title, elements=elements, left_out=ledger.left_out, warnings=warnings)


def _elements(part: Component, ledger: Ledger) -> Iterator[Element]:
    title = one_line(part.told("SUMMARY") or part.told("X-WR-CALNAME"))
    lines = [line for one in part.lines if (line := _said(one, part, ledger))]
    lines += [f"Reminder: {said}" for one in part.parts if one.kind == "VALARM" and (said := _alarm(one, title))]
    if title or lines:
        head = [f"{_KINDS.get(part.kind, 'Entry')}: {title}"] if title else []
        yield Element(kind="text", text="\n".join(head + lines), section=title or None)
    for one in part.parts:
        if one.kind not in ("VALARM", "VTIMEZONE"):
            yield from _elements(one, ledger)


def _alarm(alarm: Component, title: str) -> str:
    """Say when an alarm goes off, and its words where they are not those of what it reminds of."""
    when, said = alarm.told("TRIGGER"), one_line(alarm.told("DESCRIPTION"))
    parts = (_span(when) or _moment(when, ""), said if said not in (title, "Reminder") else "")
    return ", ".join(filter(None, parts))


def _said(line: ContentLine, part: Component, ledger: Ledger) -> str:
    """Write one value with its label; empty for what only programs read."""
    is_file = line.name == "ATTACH" and "ENCODING" in line.parameters
    ledger.note("attached file", "it is not taken out of a calendar", int(is_file))
    is_foreign = line.name not in _LABELS and line.name not in _SILENT
    ledger.note("value", "only one program knows what it means", int(is_foreign))
    value = "" if is_file or line.name not in _LABELS else _value(line, part)
    return f"{_LABELS[line.name]}: {value}" if value else ""


def _value(line: ContentLine, part: Component) -> str:
    match line.name:
        case "DTEND" if re.fullmatch(r"\d{8}", line.written):
            return _last_day(line, part)
        case name if name in _TIMES:
            return ", ".join(_moment(one, line.parameters.get("TZID", "")) for one in line.written.split(","))
        case "DURATION":
            return _span(line.written) + _end(line, part)
        case "RRULE":
            return _rule(line.written)
        case "ORGANIZER" | "ATTENDEE":
            return _person(line)
        case "GEO":
            return ", ".join(line.fields)
        case "STATUS" | "CLASS" | "METHOD":
            return line.text.lower().replace("-", " ")
        case "CATEGORIES" | "RESOURCES":
            return ", ".join(map(unescaped, re.split(r"(?<!\\),", line.written)))
        case _:
            return line.text


def _last_day(line: ContentLine, part: Component) -> str:
    """The day on which whole days end is the first that is no part of them; of a single day the start says all."""
    end, start = _shifted(_parsed(line.written), -86_400), _parsed(part.written("DTSTART"))
    if end is None or start is None:
        return _moment(line.written, "")
    return f"{end:%Y-%m-%d}" if end > start else ""


def _parsed(written: str) -> datetime | None:
    found = _MOMENT.fullmatch(written)
    try:
        year, month, day, hour, minute = (int(one or 0) for one in found.groups()[:5]) if found else (0, 0, 0, 0, 0)
        return datetime(year, month, day, hour, minute)
    except ValueError:
        return None


def _shifted(moment: datetime | None, seconds: int) -> datetime | None:
    try:
        return None if moment is None else moment + timedelta(seconds=seconds)
    except OverflowError:
        return None


def _moment(written: str, zone: str) -> str:
    """Write a day, a time with its zone, or what lies between two of them."""
    begin, slash, end = written.partition("/")
    if slash:
        return f"{_moment(begin, zone)} to {_moment(end, zone) if end[:1].isdigit() else f'{_span(end)} later'}"
    found = _MOMENT.fullmatch(written)
    if found is None:
        return one_line(written)
    day, clock = "-".join(found.groups()[:3]), ":".join(found.groups()[3:5]) if found[4] else ""
    return " ".join(filter(None, (day, clock, "UTC" if found[7] else f"({zone})" if zone and clock else "")))


def _end(line: ContentLine, part: Component) -> str:
    """Return the end of what begins at a time and goes on for so long."""
    start = part.first("DTSTART")
    end = _shifted(_parsed(start.written), _seconds(line.written)) if start and "T" in start.written else None
    if start is None or end is None:
        return ""
    zone = "Z" if start.written.endswith("Z") else ""
    return f"\nEnd: {_moment(f'{end:%Y%m%dT%H%M}00{zone}', start.parameters.get('TZID', ''))}"


def _parts(written: str) -> list[int]:
    found = _SPAN.fullmatch(written)
    return [int(one or 0) for one in found.groups()[1:]] if found else []


def _seconds(written: str) -> int:
    weights = (604_800, 86_400, 3_600, 60, 1)
    return sum(count * weight for count, weight in zip(_parts(written), weights, strict=False))


def _span(written: str) -> str:
    names = ("week", "day", "hour", "minute", "second")
    told = [f"{count} {name}{'s' * (count > 1)}" for count, name in zip(_parts(written), names, strict=False) if count]
    return " ".join((*told, *(["before"] if written.startswith("-") else []))) if told else ""


def _rule(written: str) -> str:
    """Say how often something repeats; what has no words here stays as it is written."""
    told = dict(one.split("=", 1) for one in written.upper().split(";") if "=" in one)
    each, count = _EACH.get(told.pop("FREQ", ""), "time"), told.pop("INTERVAL", "1")
    days = _WEEKDAY.sub(_weekday, told.pop("BYDAY", ""))
    until, times = told.pop("UNTIL", ""), told.pop("COUNT", "")
    told.pop("WKST", None)
    pieces = (
        f"every {each}" if count == "1" else f"every {count} {each}s",
        f"on {days.replace(',', ', ')}" if days else "",
        f"on day {month_day} of the month" if (month_day := told.pop("BYMONTHDAY", "")) else "",
        f"in month {months}" if (months := told.pop("BYMONTH", "")) else "",
        f"until {_moment(until, '')}" if until else "",
        f"{times} times" if times else "",
        *(f"{name}={value}" for name, value in told.items()),
    )
    return " ".join(filter(None, pieces))


def _weekday(day: re.Match[str]) -> str:
    return f"{_PLACES.get(day[1].lstrip('+'), day[1])} {_DAYS[day[2]]}".strip()


def _person(line: ContentLine) -> str:
    address = re.sub("^mailto:", "", line.text, flags=re.I)
    name, answer = line.parameters.get("CN", ""), line.parameters.get("PARTSTAT", "").lower().replace("-", " ")
    who = f"{name} <{address}>" if name and address and name != address else name or address
    return f"{who} ({answer})" if answer and answer != "needs action" else who
