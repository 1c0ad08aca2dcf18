"""What calendars and cards are written in: named values with parameters, one a line, in parts that lie in one another.

RFC 5545 (calendars), RFC 6350 (cards), and the cards of before, whose values may be quoted-printable.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from groundsight.ingestion.readers.clean import clean
from groundsight.ingestion.readers.ledger import Ledger

_LINE = re.compile(r'(?:([\w-]+)\.)?([\w-]+)((?:;(?:[^":;]|"[^"]*")*)*):(.*)', re.S)
_PARAMETER = re.compile(r';([\w-]+)(?:=((?:[^;"]|"[^"]*")*))?')
_ESCAPED = re.compile(r"\\([nN,;\\:])")
_CARET = re.compile(r"\^([n'^])")
_DEEPEST = 20
_OLD = re.compile(r"^VERSION:(?:2\.1|1\.0)\s*$", re.I | re.M)


@dataclass(frozen=True)
class ContentLine:
    """One value: its name in capitals, the group that its label shares, its parameters, and the value as written."""

    name: str
    group: str
    parameters: Mapping[str, str]
    written: str

    @property
    def text(self) -> str:
        """The value as a person reads it."""
        return unescaped(self.written)

    @property
    def fields(self) -> list[str]:
        """The parts of a value of several parts, those that are empty too."""
        return [unescaped(one) for one in re.split(r"(?<!\\);", self.written)]


@dataclass
class Component:
    """One part of a calendar, or one card: its lines in order, and the parts in it."""

    kind: str
    lines: list[ContentLine] = field(default_factory=list[ContentLine])
    parts: list[Component] = field(default_factory=list["Component"])

    def first(self, name: str) -> ContentLine | None:
        """Return the first line of a name."""
        return next((line for line in self.lines if line.name == name), None)

    def told(self, name: str) -> str:
        """Return the first value of a name, empty where there is none."""
        return unescaped(self.written(name))

    def written(self, name: str) -> str:
        """Return the first value of a name as it is written, empty where there is none."""
        line = self.first(name)
        return line.written if line else ""


def components(text: str, ledger: Ledger) -> list[Component]:
    """Return the outermost parts of a text; a line that is none of either format is left out and said."""
    whole = Component("")
    open_parts = [whole]
    for line in filter(str.strip, _unfolded(text)):
        found = _LINE.fullmatch(line)
        if found is None:
            ledger.note("line", "it names no value")
            continue
        one = _read(found)
        if one.name == "BEGIN" and len(open_parts) > _DEEPEST:
            ledger.note("part", "it lies too deep in others")
        elif one.name == "BEGIN":
            open_parts[-1].parts.append(Component(one.text.upper()))
            open_parts.append(open_parts[-1].parts[-1])
        elif one.name == "END":
            del open_parts[max(len(open_parts) - 1, 1) :]
        else:
            open_parts[-1].lines.append(one)
    return whole.parts


def unescaped(text: str) -> str:
    """Return a text without the signs that keep its line ends, commas and semicolons apart from those of the format."""
    return clean(_ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text))


def _unfolded(text: str) -> Iterator[str]:
    """Yield whole lines: they are broken anywhere, within words as well; the cards of before break at spaces."""
    # Of a quoted-printable value the next line goes on where this one ends in the sign for it.
    pieces, is_quoted, is_old = list[str](), False, _OLD.search(text) is not None
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if pieces and is_quoted and pieces[-1].endswith("="):
            pieces[-1:] = [pieces[-1][:-1], line]
        elif pieces and line[:1] in (" ", "\t"):
            pieces.append(line if is_old else line[1:])
        else:
            yield "".join(pieces)
            pieces, is_quoted = [line], "QUOTED-PRINTABLE" in line.partition(":")[0].upper()
    yield "".join(pieces)


def _read(found: re.Match[str]) -> ContentLine:
    parameters: dict[str, str] = {}
    for name, value in _PARAMETER.findall(found[3]):
        # The cards of before name a kind without saying that it is one.
        key, told = (name.upper(), _plain(value)) if value else ("TYPE", name)
        if not value and name.upper() in ("QUOTED-PRINTABLE", "BASE64"):
            key = "ENCODING"
        parameters[key] = f"{parameters[key]},{told}" if key in parameters else told
    written = found[4]
    if parameters.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
        written = _decoded(written, parameters.get("CHARSET", "utf-8"))
    return ContentLine(found[2].upper(), (found[1] or "").upper(), parameters, written)


def _plain(value: str) -> str:
    return _CARET.sub(lambda found: {"n": "\n", "'": '"', "^": "^"}[found[1]], value.replace('"', ""))


def _decoded(written: str, charset: str) -> str:
    data = quopri.decodestring(written.encode("utf-8", "replace"))
    try:
        # A line end within a value is written as any other letter there.
        return data.decode(charset, "replace").replace("\r\n", "\n")
    except LookupError:
        return data.decode("utf-8", "replace")
