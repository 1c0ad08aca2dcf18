"""Prose, lists and tables as a model writes them, cut into statements that are checked one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from groundsight.language.sentences import sentence_spans, without_list_mark
from groundsight.language.typography import squeeze

_MARKER = re.compile(r"\s*(?:\[\s*\^?([^\[\]\n]{1,80})\](?!\()|【([^】\n]{1,40})】)")
_ID = re.compile(r"[EeSs]?\d{1,3}")
_BEHIND = re.compile(r"([.!?])((?:\s*(?:\[[^\[\]\n]{1,80}\](?!\()|【[^】\n]{1,40}】))+)")
_POINT = re.compile(r"\s*(?:[-*•‣]|\d{1,2}[.)])\s+\S")
_RULE = re.compile(r"[|:\-\s]+")
Statement = tuple[str, tuple[str, ...]]


def statements(text: str, names: Mapping[str, str]) -> list[Statement]:
    """Return each sentence, point and cell of a text with the ids that its markers name, unknown ones as written.

    ``names`` leads from what a marker may say (``E1``, ``1``, a file name) to an id. A point is said with the line that
    opens its list, a cell with its row and the head of its column; headings say nothing.
    """
    lead, heads = "", list[str]()
    found: list[Statement] = []
    for line in (each.strip() for each in text.splitlines()):
        if line.startswith("|"):
            heads, cells = _read_row(line, heads)
            found += [_marked(cell, names) for cell in cells]
            continue
        heads = []
        if _POINT.match(line):
            found.append(_marked(f"{lead} {without_list_mark(line)}".strip(), names))
        elif line.endswith(":"):
            lead = line
        elif line and not line.startswith("#"):
            lead = ""
            found += [_marked(one, names) for one in _sentences(line)]
    return [one for one in found if one[0]]


def is_cited(text: str, names: Mapping[str, str]) -> bool:
    """Say whether a text is prose with markers, and no attempt at JSON."""
    return not text.lstrip().startswith(("{", "[{", "```json")) and any(cites for _, cites in statements(text, names))


def _read_row(line: str, heads: list[str]) -> tuple[list[str], list[str]]:
    """Return the heads of a table and what one line of it states, cell by cell."""
    cells = [squeeze(cell) for cell in line.strip("|").split("|")]
    if not heads:
        return cells, []
    if _RULE.fullmatch(line):
        return heads, []
    pairs = zip(heads[1:], cells[1:], strict=False)
    return heads, [f"{cells[0]}: {head}: {cell}" for head, cell in pairs if cell]


def _sentences(line: str) -> Iterator[str]:
    """Cut a line into sentences, each with the markers behind its stop."""
    moved = _BEHIND.sub(lambda found: f"{found[2]}{found[1]}", line)
    return (moved[start:end] for start, end in sentence_spans(moved))


def _marked(said: str, names: Mapping[str, str]) -> Statement:
    """Take the markers out of a statement; other brackets stay."""
    cites: list[str] = []

    def taken(found: re.Match[str]) -> str:
        parts = [part for part in re.split(r"\s*[,;]\s*", (found[1] or found[2]).strip()) if part]
        if not all(part in names or _ID.fullmatch(part) for part in parts):
            return found[0]
        cites.extend(names.get(part, part) for part in parts)
        return ""

    plain = squeeze(_MARKER.sub(taken, said))
    return (plain if any(char.isalnum() for char in plain) else ""), tuple(dict.fromkeys(cites))
