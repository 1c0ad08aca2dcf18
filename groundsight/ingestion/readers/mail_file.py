"""Mail (RFC 5322): the head as text, the body plain or HTML; attachments are named, never opened."""

from __future__ import annotations

from datetime import date
from email import policy
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import cast

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import decode, one_line, paragraphs
from groundsight.ingestion.readers.html_file import html_elements
from groundsight.ingestion.sniff import EMAIL
from groundsight.types import LeftOut

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_MOST_PARTS = 500


def read_mail(path: Path) -> Parsed:
    """Read one message.

    Raises:
        ParseFailed: more than 500 parts.
    """
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    parts = _parts(message)
    head = "\n".join(f"{name}: {value}" for name in _SHOWN if (value := _header(message, name)))
    names = [one_line(part.get_filename() or "unnamed") for part in parts if _is_attached(part)]
    elements = [Element(kind="text", text=head)] if head else []
    elements += _body(parts)
    elements += [Element(kind="text", text="Attachments (not opened): " + ", ".join(names))] if names else []
    return Parsed(
        media_type=EMAIL,
        title=_header(message, "Subject"),
        created=_day(message),
        elements=tuple(elements),
        left_out=(LeftOut(kind="attachment", why="attachments are not opened", count=len(names)),) if names else (),
    )


def _parts(message: EmailMessage) -> list[EmailMessage]:
    """List the leaf parts; the parts of an attached message are not entered."""
    leaves: list[EmailMessage] = []
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        below = part.get_payload() if part.is_multipart() and part.get_content_maintype() == "multipart" else None
        if isinstance(below, list):
            waiting = cast("list[EmailMessage]", below) + waiting
        else:
            leaves.append(part)
        if len(leaves) + len(waiting) > _MOST_PARTS:
            raise ParseFailed("malformed: a message of too many parts", limit=str(_MOST_PARTS))
    return leaves


def _is_attached(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"


def _body(parts: list[EmailMessage]) -> list[Element]:
    texts = [part for part in parts if not _is_attached(part)]
    plain = [part for part in texts if part.get_content_type() != "text/html"]
    elements = [Element(kind="text", text=block) for part in plain for block in paragraphs(_content(part))]
    if elements:
        return elements
    markup = [part for part in texts if part.get_content_type() == "text/html"]
    return [element for part in markup for element in html_elements(_content(part))[1]]


def _content(part: EmailMessage) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        return data.decode(part.get_content_charset() or "ascii")
    except (LookupError, UnicodeDecodeError):
        return decode(data)[0]


def _header(message: EmailMessage, name: str) -> str:
    try:
        return one_line(str(message.get(name, "")))
    except (HeaderParseError, ValueError, IndexError, AttributeError, TypeError):
        # The standard parser itself breaks on some malformed heads; the rest of the mail is still good.
        return ""


def _day(message: EmailMessage) -> date | None:
    try:
        return parsedate_to_datetime(_header(message, "Date")).date()
    except (ValueError, TypeError, IndexError):
        return None
