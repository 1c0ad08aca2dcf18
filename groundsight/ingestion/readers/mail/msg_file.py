"""Mail as Outlook saves it (msg): put into the form of every other mail and read as that.

Names of properties: https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxprops (MS-OXPROPS, MS-OXMSG).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import HeaderParser
from email.utils import format_datetime, formataddr, getaddresses
from pathlib import Path
from typing import Any

from groundsight.errors import ParseFailed
from groundsight.ingestion import Parsed
from groundsight.ingestion.readers.clean import one_line
from groundsight.ingestion.readers.mail.mail_file import mail_of
from groundsight.ingestion.sniff import MSG
from groundsight.limits import Limits
from groundsight.types import LeftOut

_BODY, _HTML, _RTF, _HEAD = "1000", "1013", "1009", "007D"
_SENDER, _ADDRESSES, _REACHED = "0C1A", ("5D01", "0C1F"), ("39FE", "3003")
# Where each field of a mail's head is kept beside the head itself, which only a mail that was sent has.
_FIELDS = {
    "To": "0E04", "Cc": "0E03", "Bcc": "0E02", "Subject": "0037", "Message-ID": "1035", "In-Reply-To": "1042",
    "References": "1039",
}  # fmt: skip
_DATA, _NAMES = "3701", ("3707", "3704", "3001")
_TIMES = (0x0039, 0x0E06, 0x3007)
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_DEEPEST = 5


def read_msg(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Read one Outlook message.

    Raises:
        ParseFailed: the container is damaged.
    """
    import olefile

    try:
        with olefile.OleFileIO(path.read_bytes()) as container:
            message = _Outlook(container, [])
            data, only_rich = message.as_mail().as_bytes(), message.is_only_rich()
    except (OSError, ValueError, struct.error, IndexError) as error:
        raise ParseFailed("malformed: a damaged Outlook message", next_step="save the mail anew") from error
    parsed = mail_of(data, scratch, limits)
    left = (LeftOut(kind="body in rich text", why="there is no plain one beside it"),) if only_rich else ()
    return parsed.model_copy(update={"media_type": MSG, "left_out": (*parsed.left_out, *left)})


def _written(name: str, value: str) -> str:
    """Write a field of the head so that what is no ASCII survives, in names beside addresses, too."""
    if value.isascii():
        return value
    if name in ("From", "To", "Cc", "Bcc"):
        return ", ".join(formataddr(pair) for pair in getaddresses([value.replace(";", ",")]))
    return Header(value, "utf-8").encode()


class _Outlook:
    """One message of the container; ``place`` leads to it, empty for the outermost."""

    def __init__(self, container: Any, place: list[str]) -> None:
        self._container, self._place = container, place

    def as_mail(self) -> Message:
        """Return it as a mail with the same head, texts and attachments."""
        mail = MIMEMultipart("mixed")
        for name, value in self._head().items():
            if value:
                mail[name] = _written(name, value)
        body = MIMEMultipart("alternative")
        texts = (("plain", self._text(self._place, _BODY)), ("html", self._text(self._place, _HTML)))
        for kind, text in texts:
            if text:
                body.attach(MIMEText(text, kind, "utf-8"))
        mail.attach(body)
        for part in self._attached():
            mail.attach(part)
        return mail

    def is_only_rich(self) -> bool:
        """True when the text is held in rich text only."""
        held = [bool(self._data(self._place, each)) for each in (_BODY, _HTML, _RTF)]
        return held == [False, False, True]

    def _head(self) -> dict[str, str]:
        sent = HeaderParser().parsestr(self._text(self._place, _HEAD))
        sender = self._text(self._place, _SENDER)
        address = next(filter(None, (self._text(self._place, each) for each in _ADDRESSES)), "")
        shown = f"{sender} <{address}>" if "@" in address and address != sender else sender or address
        fields = {
            name: one_line(str(sent.get(name, "")) or self._text(self._place, at)) for name, at in _FIELDS.items()
        }
        # A mail that was not sent has only names there, and keeps their addresses apart.
        held = [[self._text(at, one) for one in ("3001", *_REACHED)] for at in self._folders("__recip_version1.0_#")]
        known = {name: mail for name, *mails in held for mail in mails if "@" in mail}
        for field in ("To", "Cc", "Bcc"):
            names = filter(None, map(str.strip, fields[field].split(";")))
            fields[field] = ", ".join(formataddr((one, known[one])) if one in known else one for one in names)
        return {"From": one_line(shown), "Date": str(sent.get("Date", "")) or self._time(), **fields}

    def _folders(self, begin: str) -> list[list[str]]:
        depth, listed = len(self._place), self._container.listdir()
        names = {each[depth] for each in listed if each[:depth] == self._place and each[depth + 1 :]}
        return [[*self._place, name] for name in sorted(names) if name.startswith(begin)]

    def _attached(self) -> Iterator[Message]:
        for at in self._folders("__attach_version1.0_#"):
            name = next(filter(None, (self._text(at, each) for each in _NAMES)), "")
            if self._container.exists("/".join([*at, f"__substg1.0_{_DATA}000D"])) and len(at) < 2 * _DEEPEST:
                yield MIMEMessage(_Outlook(self._container, [*at, f"__substg1.0_{_DATA}000D"]).as_mail())
                continue
            part = MIMEApplication(self._data(at, _DATA))
            part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", one_line(name) or "unnamed"))
            yield part

    def _text(self, at: list[str], name: str) -> str:
        for kind, encoding in (("001F", "utf-16-le"), ("001E", "cp1252"), ("0102", "utf-8")):
            if data := self._stream(at, name + kind):
                return data.decode(encoding, errors="replace").rstrip("\0")
        return ""

    def _data(self, at: list[str], name: str) -> bytes:
        return next(filter(None, (self._stream(at, name + kind) for kind in ("0102", "001F", "001E"))), b"")

    def _stream(self, at: list[str], name: str) -> bytes:
        path = "/".join([*at, f"__substg1.0_{name}"])
        if not self._container.exists(path) or self._container.get_type(path) != 2:
            return b""
        return self._container.openstream(path).read()

    def _time(self) -> str:
        """Return when it was sent, received or made, from the properties of fixed length."""
        data = self._container.openstream("/".join([*self._place, "__properties_version1.0"])).read()
        found: dict[int, int] = {}
        for start in range(24 if self._place else 32, len(data) - 15, 16):
            tag, _, value = struct.unpack_from("<IIQ", data, start)
            found[tag >> 16] = value if tag & 0xFFFF == 0x0040 else 0
        ticks = next(filter(None, (found.get(each) for each in _TIMES)), 0)
        return format_datetime(_EPOCH + timedelta(microseconds=ticks // 10)) if ticks else ""
