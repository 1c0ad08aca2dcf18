"""Mailboxes (mbox): every message is a file inside; the mailbox itself is known by their subjects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from pathlib import Path

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.box.insides import InsideBox
from groundsight.ingestion.readers.mail.mail_file import header
from groundsight.ingestion.sniff import MBOX
from groundsight.limits import Limits

_START = re.compile(rb"From \S+ .*\d{4}")
_ESCAPED = re.compile(rb"(?m)^>(>*From )")


def read_mbox(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Take the messages out of a mailbox, each called by its subject, so that it keeps its name when others go."""
    box = InsideBox(scratch, limits, "message")
    for data in _messages(path):
        head = BytesParser(policy=policy.default).parsebytes(data, headersonly=True)
        box.keep(f"{header(head, 'Subject').replace('/', '-')[:80] or 'message'}.eml", data)
    names = "\n".join(each.name.removesuffix(".eml") for each in box.inside)
    shown = f"Messages in this mailbox ({len(box.inside)}):\n{names}"
    elements = (Element(kind="text", text=shown),) if box.inside else ()
    return Parsed(media_type=MBOX, elements=elements, inside=box.inside, left_out=box.ledger.left_out)


def _messages(path: Path) -> Iterator[bytes]:
    """Yield the messages: each begins with a line "From SENDER DAY" after an empty one."""
    lines: list[bytes] = []
    blank = True
    for line in path.read_bytes().splitlines(keepends=True):
        if blank and _START.match(line):
            yield from _message(lines)
            lines = []
        else:
            lines.append(line)
        blank = not line.strip()
    yield from _message(lines)


def _message(lines: list[bytes]) -> Iterator[bytes]:
    if any(line.strip() for line in lines):
        yield _ESCAPED.sub(rb"\1", b"".join(lines))
