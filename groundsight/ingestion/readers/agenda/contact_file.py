"""Contacts (vcf): each card as lines of label and value, the label with what the card says the value is for."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.agenda.content_lines import Component, ContentLine, components
from groundsight.ingestion.readers.clean import decode, one_line
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.office.embedded import PictureBox
from groundsight.ingestion.sniff import CARD

_LABELS = {
    "FN": "Name", "NICKNAME": "Nickname", "ORG": "Organisation", "TITLE": "Title", "ROLE": "Role", "TEL": "Phone",
    "EMAIL": "E-mail", "ADR": "Address", "LABEL": "Address", "BDAY": "Birthday", "ANNIVERSARY": "Anniversary",
    "URL": "Web", "NOTE": "Note", "IMPP": "Chat", "CATEGORIES": "Group", "TZ": "Time zone", "GEO": "Place",
    "LANG": "Language", "GENDER": "Gender", "RELATED": "Related", "KIND": "Kind", "MEMBER": "Member",
}  # fmt: skip
_PICTURES = ("PHOTO", "LOGO")
# What only programs read.
_SILENT = ("VERSION", "PRODID", "REV", "UID", "N", "X-ABLABEL", "CLIENTPIDMAP", "SOURCE", "XML", "PROFILE", "X-ABADR")
_OWN_LABEL = re.compile(r"_\$!<(.*)>!\$_")
_DAY = re.compile(r"(\d{4}|--)-?(\d\d)-?(\d\d)")
_MUTE_KINDS = ("PREF", "INTERNET", "VOICE", "X-INTERNET")


def read_contacts(path: Path, scratch: Path) -> Parsed:
    """Read every card; of pictures those that lie in the file."""
    text, warnings = decode(path.read_bytes())
    ledger = Ledger()
    box = PictureBox(scratch, ledger)
    cards = [card for card in components(text, ledger) if card.kind == "VCARD"]
    elements = tuple(element for card in cards for element in _card(card, box, ledger))
    return Parsed(media_type=CARD, elements=elements, left_out=ledger.left_out, warnings=warnings)


def _card(card: Component, box: PictureBox, ledger: Ledger) -> Iterator[Element]:
    name = one_line(card.told("FN")) or _name(card) or one_line(card.told("ORG"))
    own = {line.group: _OWN_LABEL.sub(r"\1", line.text) for line in card.lines if line.name == "X-ABLABEL"}
    lines = [] if card.told("FN") else [f"Name: {name}"]
    for line in card.lines:
        if line.name not in (*_SILENT, *_PICTURES) and (value := _value(line)):
            lines.append(f"{_label(line, own.get(line.group, ''))}: {value}")
    yield Element(kind="text", text="\n".join(lines), section=name or None)
    for line in (line for line in card.lines if line.name in _PICTURES):
        data = _bytes(line)
        if not data:
            ledger.note("picture", "it lies outside of the file")
        elif picture := box.keep(data):
            yield Element(kind="figure", text=name, picture=picture, section=name or None)


def _name(card: Component) -> str:
    line = card.first("N")
    family, given, *more = [*(line.fields if line else []), "", ""]
    return " ".join(filter(None, (*more[1:2], given, *more[:1], family)))


def _label(line: ContentLine, own: str) -> str:
    kinds = (one for one in line.parameters.get("TYPE", "").split(",") if one.upper() not in _MUTE_KINDS)
    told = ", ".join(filter(None, dict.fromkeys((own, *map(str.lower, kinds)))))
    label = _LABELS.get(line.name) or line.name.removeprefix("X-").replace("-", " ").capitalize()
    return f"{label} ({told})" if told else label


def _value(line: ContentLine) -> str:
    match line.name:
        case "ADR" | "ORG":
            return one_line(", ".join(filter(None, line.fields)))
        case "BDAY" | "ANNIVERSARY":
            return _DAY.sub(lambda day: "-".join(one.strip("-") for one in day.groups() if one != "--"), line.text)
        case _:
            text = re.sub(r"^(?:tel|mailto):", "", line.text)
            return text.rstrip(";") if line.name == "GENDER" else text


def _bytes(line: ContentLine) -> bytes:
    written = line.written.partition("base64,")[2] or line.written
    try:
        return base64.b64decode("".join(written.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
