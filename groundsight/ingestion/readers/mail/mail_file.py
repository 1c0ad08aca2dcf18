"""Mail (RFC 5322): the head as text, the newest text, what it quotes; attachments are files inside."""

from __future__ import annotations

import binascii
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from datetime import date
from email import policy
from email.errors import HeaderParseError
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from functools import reduce
from pathlib import Path
from typing import cast

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.box.insides import InsideBox
from groundsight.ingestion.readers.clean import as_written, decode, one_line, paragraphs
from groundsight.ingestion.readers.ledger import lay_aside
from groundsight.ingestion.readers.mail.quoting import newest_first
from groundsight.ingestion.readers.text.html_file import iso_day, markup_text, read_page
from groundsight.ingestion.sniff import EMAIL
from groundsight.limits import Limits
from groundsight.types import Link

_SHOWN = ("From", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject")
_MOST_PARTS, _DEEPEST, _MOST_REFERENCES = 500, 30, 20
# A plain version that holds fewer of the words of the HTML version is a stub. The plain versions that mail programs
# write hold .9 and more, "This message is in HTML" none.
_STUB = 0.6
# Of an HTML version that is all pictures words are there for less than that.
_FRAME = 0.4
_WORD, _SENTENCE = re.compile(r"\w+"), re.compile(r"(?<=[.!?])\s+|\n+")
# Apple Mail puts the length of the message before it, and what it noted of it behind.
_COUNTED = re.compile(rb"(\d{1,9}) *\r?\n(?=[\w-]+:)")
_PACKED = re.compile(r"^begin [0-7]{3,4} (\S[^\r\n]*)\r?\n((?:[ -`]{1,62}\r?\n)+)end\r?$", re.M)
_SHEETS = ("text/css", "text/javascript", "application/javascript", "application/x-javascript")
_ID = re.compile(r"<[^<>\s]+>")


def read_mail(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Read one message.

    Raises:
        ParseFailed: more than 500 parts.
    """
    return mail_of(path.read_bytes(), scratch, limits)


def mail_of(data: bytes, scratch: Path, limits: Limits) -> Parsed:
    """Read the bytes of one message; see ``read_mail``."""
    if b"\0" in data[:100]:
        data = decode(data)[0].encode()
    if counted := _COUNTED.match(data):
        end = counted.end() + int(counted[1])
        data = data[counted.end() : end if data[end:].lstrip().startswith(b"<?xml") else None]
    message = BytesParser(policy=policy.default).parsebytes(_readable_head(data))
    reader = _Reader(scratch, limits)
    body = newest_first(reader.part(message))
    shown = [f"{name}: {value}" for name in _SHOWN if (value := header(message, name))]
    names = [one_line(each.name) for each in reader.box.inside]
    shown += [f"Attachments: {', '.join(names)}"] if names else []
    head = [Element(kind="text", text="\n".join(shown))] if shown else []
    return Parsed(
        media_type=EMAIL,
        title=header(message, "Subject"),
        created=_day(message),
        elements=(*head, *body),
        inside=reader.box.inside,
        links=_thread(message),
        left_out=reader.box.ledger.left_out,
    )


def _readable_head(data: bytes) -> bytes:
    """Put a head that was written in bytes of an old encoding into UTF-8."""
    head, sign, body = data.partition(b"\r\n\r\n" if b"\r\n\r\n" in data[:100_000] else b"\n\n")
    return data if head.isascii() else decode(head)[0].encode() + sign + body


def header(message: EmailMessage, name: str) -> str:
    """Return a field of the head on one line, decoded; empty when it is absent or broken."""
    try:
        return one_line(str(message.get(name, "")))
    except (HeaderParseError, ValueError, IndexError, AttributeError, TypeError):
        # The standard parser itself breaks on some malformed heads; the rest of the mail is still good.
        return ""


class _Reader:
    """Walks the parts of a message: texts become elements, all else files inside."""

    def __init__(self, scratch: Path, limits: Limits) -> None:
        self.box = InsideBox(scratch, limits, "attachment")
        self._parts = 0

    def part(self, part: EmailMessage, depth: int = 0) -> list[Element]:
        """Read one part and all below it.

        Raises:
            ParseFailed: too many parts, or too deep in one another.
        """
        self._parts += 1
        if self._parts > _MOST_PARTS or depth > _DEEPEST:
            raise ParseFailed("malformed: a message of too many parts", limit=f"{_MOST_PARTS}, {_DEEPEST} deep")
        below = _below(part)
        if below and part.get_content_maintype() == "multipart":
            read = [self.part(each, depth + 1) for each in below]
            if part.get_content_subtype() == "alternative":
                return self._best([elements for elements in read if elements])
            return [element for elements in read for element in elements]
        if part.get_content_type() in ("text/plain", "text/html") and not _is_attached(part):
            return self._text(part)
        if part.get_content_type() in _SHEETS:
            self.box.ledger.note("style sheet or program", "it is no text")
        else:
            self._keep(part, below)
        return []

    def _text(self, part: EmailMessage) -> list[Element]:
        if part.get_content_subtype() == "plain":
            text = _PACKED.sub(self._unpacked, _flowing(part, _content(part)))
            return [Element(kind="text", text=block) for block in paragraphs(text)]
        page = read_page(_content(part), mail=True)
        self.box.ledger.add(page.left_out)
        return list(page.elements)

    def _unpacked(self, packed: re.Match[str]) -> str:
        """Take out a file that was written into the text, as mails of before hold them."""
        try:
            self.box.keep(one_line(packed[1]), b"".join(map(binascii.a2b_uu, packed[2].splitlines())))
        except binascii.Error:
            self.box.refuse("its encoding is broken")
        return ""

    def _best(self, versions: Sequence[list[Element]]) -> list[Element]:
        """Of several versions of one text take the first, plain one, unless a later one says more or has tables."""
        if len(versions) < 2:
            return [element for elements in versions for element in elements]
        plain, rich = versions[0], versions[-1]
        tables = any(element.kind == "table" for element in rich)
        if not tables and _share(rich, plain) >= _STUB:
            return as_shown(plain, rich)
        if _share(plain, rich) < _STUB:
            self.box.ledger.note("plain version of the text", "the HTML version says more")
        else:
            # What only the plain one says is set aside.
            as_shown(plain, rich)
        return rich

    def _keep(self, part: EmailMessage, below: list[EmailMessage]) -> None:
        name = _name(part)
        try:
            if below:
                self.box.keep(name, b"\n".join(each.as_bytes(policy=policy.compat32) for each in below))
                return
            data = part.get_payload(decode=True)
            self.box.keep(name, data if isinstance(data, bytes) else b"")
        except (LookupError, ValueError, TypeError, AttributeError, HeaderParseError):
            self.box.refuse("its encoding is broken")


def _below(part: EmailMessage) -> list[EmailMessage]:
    """Return the parts of a part, or the message in it; none for a leaf."""
    payload: object = part.get_payload() if part.is_multipart() else None
    return cast("list[EmailMessage]", payload) if isinstance(payload, list) else []


def _is_attached(part: EmailMessage) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_filename(part))


def _filename(part: EmailMessage) -> str:
    try:
        return one_line(part.get_filename() or "")
    except (HeaderParseError, ValueError, IndexError, AttributeError, TypeError):
        return ""


def _name(part: EmailMessage) -> str:
    """Return the name of an attachment; a forwarded message is called by its subject."""
    if part.get_content_type() == "message/rfc822":
        below = _below(part)
        subject = header(below[0], "Subject") if below else ""
        return _filename(part) or f"{subject.replace('/', '-') or 'message'}.eml"
    return _filename(part) or f"unnamed{mimetypes.guess_extension(part.get_content_type()) or ''}"


def _share(of: Sequence[Element], held_by: Sequence[Element]) -> float:
    """Return how many of the different words of one text another one holds, 1 for a text without words."""
    wanted, there = ({word.casefold() for each in texts for word in _words(each)} for texts in (of, held_by))
    return len(wanted & there) / len(wanted) if wanted else 1.0


def as_shown(plain: Sequence[Element], rich: Sequence[Element]) -> list[Element]:
    """Return the elements of a plain version without the sentences that no program shows which shows HTML.

    Where the HTML holds little of it, its pictures may say the rest, and all of it stays.
    """
    if _share(plain, rich) < _FRAME:
        return list(plain)
    shown = {word.casefold() for each in rich for word in _words(each)}
    kept = list[Element]()
    for each in plain:
        alone = [one for one in _SENTENCE.split(each.text) if not _is_held(one, shown)]
        lay_aside(" ".join(alone))
        text = reduce(lambda text, one: text.replace(one, "", 1), alone, each.text).strip()
        kept += [each.model_copy(update={"text": text})] if text else []
    return kept


def _is_held(sentence: str, shown: set[str]) -> bool:
    words = [word.casefold() for word in _WORD.findall(sentence)]
    return 2 * sum(word in shown for word in words) >= len(words)


def _words(element: Element) -> list[str]:
    return _WORD.findall(" ".join((element.text, *(cell for row in element.cells for cell in row))))


def _content(part: EmailMessage) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    try:
        # Of mails that say nothing, those of UTF-8 tell themselves.
        charset = part.get_content_charset()
        return data.decode(as_written(charset) if charset else "ascii")
    except (LookupError, UnicodeDecodeError):
        return markup_text(data)[0] if part.get_content_subtype() == "html" else decode(data)[0]


def _flowing(part: EmailMessage, text: str) -> str:
    """Join the lines that a program has broken to fit a screen (RFC 3676): those that end with a space."""
    if part.get_param("format", "") != "flowed":
        return text
    end = r"" if part.get_param("delsp", "") == "yes" else r"\1"
    # The line before a signature ends with a space as well.
    return re.sub(r"(?<!^--)(?<!\n--)( )\r?\n(?=[^>\s])", end, text)


def _day(message: EmailMessage) -> date | None:
    try:
        return parsedate_to_datetime(header(message, "Date")).date()
    except (ValueError, TypeError, IndexError):
        return iso_day(header(message, "Date"))


def _thread(message: EmailMessage) -> tuple[Link, ...]:
    """Tie a mail to those that it answers: by their ids, hashed since an id reads like an address."""
    answered = _ID.findall(header(message, "In-Reply-To") + header(message, "References"))[-_MOST_REFERENCES:]
    own = [
        Link(key=_key(each), shown="this mail", role="heading") for each in _ID.findall(header(message, "Message-ID"))
    ]
    return (*own, *(Link(key=_key(each), shown="the mail that it answers") for each in dict.fromkeys(answered)))


def _key(message_id: str) -> str:
    return "mail " + hashlib.sha256(message_id.encode()).hexdigest()[:16]
