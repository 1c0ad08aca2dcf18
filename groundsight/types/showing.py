"""How words look to people: plain lines for a terminal, escaped fragments for a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from unicodedata import category

MARKS = {"supported": "+", "contradicted": "x", "unsupported": "?", "not_checkable": ".", "unverified": "!"}
# Seen on white and on black, since a notebook may be either, but too faint for words on one of them.
COLOURS = {"supported": "#2e9d55", "contradicted": "#d64545", "unsupported": "#b7791f", "unverified": "#b7791f"}
STALE = {"changed": " (the file has changed since)", "gone": " (the file is gone)"}
SHOWN_CHARS = 240


def seen(text: str) -> str:
    """Return a text without control, format and other unseen characters, which a terminal would obey."""
    return "".join(sign for sign in text if not obeyed(sign))


def obeyed(sign: str) -> bool:
    """True for a character that a terminal would obey, or that is not seen; joiners belong to the word they are in."""
    return category(sign)[0] == "C" and sign not in "\n\t\u200c\u200d"


def where(
    source: str, page: int | None, section: str | None = None, stale: str = "", second: float | None = None
) -> str:
    """Say where something stands (``talk.mp3 at 1:23``), and whether its file is still what was read."""
    parts = [source + at(second), f"page {page}" if page else "", section or ""]
    return ", ".join(filter(None, parts)) + STALE.get(stale, "")


def at(second: float | None) -> str:
    """Say a second of a recording as a clock does, `` at 1:23`` or `` at 1:02:03``; empty for None."""
    if second is None:
        return ""
    minutes, seconds = divmod(int(second), 60)
    hours, minutes = divmod(minutes, 60)
    return f" at {hours}:{minutes:02}:{seconds:02}" if hours else f" at {minutes}:{seconds:02}"


def number_of(number: int, noun: str) -> str:
    """Return a number with its noun, which takes an s beside every number but one: "1 page", "2 pages"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def some_of(names: Sequence[str], most: int = 3) -> str:
    """Return names, of many the first with the number of the rest: "a, b, c and 9 more"; one more is named itself."""
    return ", ".join(names) if len(names) <= most + 1 else f"{', '.join(names[:most])} and {len(names) - most} more"


def documents_of(shown: int, every: int, kinds: Mapping[str, int]) -> str:
    """Say how many documents there are, of how many, and how many of each kind."""
    of_all = f" of {every}" if every != shown else ""
    each = ", ".join(f"{kind} {number}" for kind, number in kinds.items())
    return f"{shown}{of_all} {number_of(every, 'document').partition(' ')[2]}{f': {each}' if each else ''}"


def beginning(text: str) -> str:
    """Return the beginning of a text on one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARS else line[: SHOWN_CHARS - 1] + "…"


def ratio(value: float | None) -> str:
    """Say a grounding ratio."""
    return "nothing to check" if value is None else f"grounding ratio {value:.2f}"


def off(lanes: Iterable[str]) -> list[str]:
    """Name the lanes that are off or weakened, on one line or none."""
    named = ", ".join(dict.fromkeys(lanes))
    return [f"degraded: {named}"] if named else []


def marked_html(label: str, text: str, below: str) -> str:
    """A sentence beside a line in the colour of its verdict, with what is to be said of it below."""
    colour = COLOURS.get(label, "#888888")
    style = f"border-left:4px solid {colour};padding-left:8px;margin:4px 0"
    return f'<div style="{style}">{escape(text)}<br><small>{escape(below)}</small></div>'


def list_html(kind: str, items: Iterable[str]) -> str:
    """A list (``ol`` or ``ul``) of fragments, empty without any."""
    inside = "".join(f"<li>{item}</li>" for item in items)
    return f"<{kind}>{inside}</{kind}>" if inside else ""


def small_html(lines: Iterable[str]) -> str:
    """Lines of lesser weight."""
    return "".join(f"<p><small>{escape(line)}</small></p>" for line in lines)
