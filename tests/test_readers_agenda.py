"""Calendars and contacts: what a person sees of an event or a card, as lines of label and value."""

from __future__ import annotations

from pathlib import Path

from tests.test_readers_formats import left
from tests.test_readers_text import read, texts


def calendar(*events: str) -> str:
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "X-WR-CALNAME:Club", *events, "END:VCALENDAR", ""))


def event(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VEVENT", "UID:7", *lines, "END:VEVENT"))


def card(*lines: str) -> str:
    return "\r\n".join(("BEGIN:VCARD", *lines, "END:VCARD", ""))


def test_an_event_tells_when_where_who_and_how_often(tmp_path: Path) -> None:
    crew = event(
        "DTSTART;TZID=Europe/Berlin:20260304T183000", "DURATION:PT1H30M", "SUMMARY:Crew mee\r\n ting",
        r"LOCATION:Boat house\, hall 2", "RRULE:FREQ=MONTHLY;INTERVAL=2;BYDAY=1WE,-1FR;COUNT=6",
        'ORGANIZER;CN="Lee, Ann":mailto:ann@example.org', "ATTENDEE;CN=Bo;PARTSTAT=ACCEPTED:mailto:bo@example.org",
        r"DESCRIPTION:Bring oars.\nAnd keys.", "X-OWN:1", "BEGIN:VALARM", "TRIGGER:-PT15M", "END:VALARM",
    )  # fmt: skip
    days = event("DTSTART;VALUE=DATE:20260501", "DTEND;VALUE=DATE:20260504", "SUMMARY:Regatta", "STATUS:CANCELLED")
    task = "BEGIN:VTODO\r\nSUMMARY:Rent\r\nDUE:20260601T120000Z\r\nEND:VTODO"
    parsed = read(tmp_path, "a.ics", calendar(crew, days, task))
    assert parsed.title == "Club"
    assert texts(parsed) == [
        "Calendar: Club",
        "Event: Crew meeting\nStart: 2026-03-04 18:30 (Europe/Berlin)\nDuration: 1 hour 30 minutes\n"
        "End: 2026-03-04 20:00 (Europe/Berlin)\nPlace: Boat house, hall 2\n"
        "Repeats: every 2 months on first Wednesday, last Friday 6 times\nOrganiser: Lee, Ann <ann@example.org>\n"
        "Attendee: Bo <bo@example.org> (accepted)\nDescription: Bring oars.\nAnd keys.\nReminder: 15 minutes before",
        "Event: Regatta\nStart: 2026-05-01\nEnd: 2026-05-03\nStatus: cancelled",
        "Task: Rent\nDue: 2026-06-01 12:00 UTC",
    ]
    assert [one.section for one in parsed.elements] == ["Club", "Crew meeting", "Regatta", "Rent"]
    assert left(parsed) == {"value": 1}


def test_a_damaged_day_costs_itself_only(tmp_path: Path) -> None:
    race = event("SUMMARY:Race", "DTSTART:20261399T250000", "no line")
    late = event("DTSTART:99991231T230000", "DURATION:PT9H", "SUMMARY:End")
    parsed = read(tmp_path, "a.ics", calendar(race, late) + "BEGIN:X\r\n" * 2_000)
    assert texts(parsed)[1:] == [
        "Event: Race\nStart: 2026-13-99 25:00", "Start: 9999-12-31 23:00\nDuration: 9 hours".join(("Event: End\n", "")),
    ]  # fmt: skip
    assert left(parsed) == {"line": 1, "part": 1_980}


def test_a_card_has_its_values_under_their_own_labels(tmp_path: Path) -> None:
    new = card(
        "VERSION:4.0", "FN:Ann Lee", "N:Lee;Ann;;;", "ORG:Rowing Club;Board", "TEL;TYPE=work,voice:+49 30 1",
        "item1.TEL:+49 171 2", "item1.X-ABLabel:_$!<Mobile>!$_", "ADR;TYPE=home:;;12 Quay St;Kiel;;24103;Germany",
        "BDAY:19801203", "PHOTO:https://example.org/a.png",
    )  # fmt: skip
    quoted = "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=ISO-8859-1:Erste=0D=0AZeile mit =\r\n=D6l"
    old = card(
        "VERSION:2.1", "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=BCrgen", "TEL;CELL:0151", quoted
    )
    parsed = read(tmp_path, "a.vcf", new + old)
    assert texts(parsed) == [
        "Name: Ann Lee\nOrganisation: Rowing Club, Board\nPhone (work): +49 30 1\nPhone (Mobile): +49 171 2\n"
        "Address (home): 12 Quay St, Kiel, 24103, Germany\nBirthday: 1980-12-03",
        "Name: Jürgen Müller\nPhone (cell): 0151\nNote: Erste\nZeile mit Öl",
    ]
    assert left(parsed) == {"picture": 1}
