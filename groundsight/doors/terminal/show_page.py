"""``groundsight show ID``: a passage on the picture of its page, in the terminal or as a PNG."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.doors.terminal.graphics import as_drawn, screen_of_terminal, way_of_terminal
from groundsight.doors.terminal.hand_over import hand_over
from groundsight.doors.terminal.own_file import named_so, write_own
from groundsight.errors import Fixable, NotFound, Refused
from groundsight.tools.library import PAGE, PagePicture
from groundsight.tools.ocr import ReadLines
from groundsight.tools.pictures import outlined
from groundsight.tools.read import Reading
from groundsight.tools.results import Corners, Result, where_text
from groundsight.types import Box, Stale

if TYPE_CHECKING:
    import argparse

    from groundsight.doors.terminal.call import Call


class Look(Result):
    """A passage, or the passages of a page: where, the words, and the file of the picture or why there is none."""

    id: str
    label: str
    source: str
    page: int | None
    box: Corners | None
    second: float | None
    stale: Stale
    text: str
    picture: str = ""
    reason: str = ""

    def as_text(self) -> str:
        """Where it lies, its picture, its words."""
        why = f"No picture: {self.reason}" if self.reason else ""
        where = where_text(self.source, self.page, stale=self.stale, second=self.second)
        return "\n".join(filter(None, [f"{where} [{self.label or self.id}]", self.picture, why, self.text]))


def look_at(call: Call, options: argparse.Namespace) -> Look:
    """Draw the picture where the terminal can, else write it and tell where; where there is none, show the words.

    Raises:
        GroundsightError: there is no such thing; or no picture of it, where a file or a program was asked for.
    """
    out = named_so(options.out, ".png") if options.out else None
    found = call(Reading, "read", {"id": options.id, "neighbours": 0, "page": options.page})
    look = _look(found, options)
    try:
        picture = _picture(call, found.asset_id, look)
        picture = outlined(picture, *_boxes(call, found, look)) if options.boxes else picture
    except (Fixable, Refused) as why:
        if out or options.open:
            raise
        return look.model_copy(update={"reason": f"{why.what}."})
    way = "" if out or options.open or options.json else way_of_terminal()
    if way:
        print(as_drawn(way, picture, screen_of_terminal()), flush=True)
        return look
    file = out or Path(tempfile.mkdtemp(prefix="groundsight-")) / f"{look.id}.png"
    write_own(file, picture)
    if options.open:
        hand_over(file)
    return look.model_copy(update={"picture": str(file)})


def _look(found: Reading, options: argparse.Namespace) -> Look:
    """A passage that is named is marked with its box; of a page that is named there is no box."""
    if not found.passages:
        step = "groundsight list --hidden"
        raise NotFound("nothing of this document is shown", which=found.source, next_step=step)
    first = found.passages[0]
    alone = options.page is None and options.id.casefold() in (first.id, first.label.casefold())
    return Look(
        id=first.id if alone else found.asset_id,
        label=first.label if alone else "",
        source=found.source,
        page=first.page or (options.page if found.pages else None),
        box=first.box if alone else None,
        second=first.second,
        stale=found.stale,
        text="\n\n".join(each.text for each in found.passages),
    )


def _boxes(call: Call, found: Reading, look: Look) -> list[Box]:
    """Those of the passages of the page; a frame or a photo is one passage, so those of the lines read in it."""
    drawn = [one.box for one in found.passages if one.box and one.page == look.page]
    if not drawn and found.passages[0].kind in ("image", "video"):
        drawn = [line.box for line in call(ReadLines, "ocr", {"picture": found.passages[0].id}).lines]
    return [Box.model_validate(dict(zip(Box.model_fields, box, strict=True))) for box in drawn]


def _picture(call: Call, asset_id: str, look: Look) -> bytes:
    box = ",".join(map(str, look.box)) if look.box else ""
    wanted = {"asset_id": asset_id, "page": look.page or 1, "box": box, "second": look.second}
    return call(PagePicture, PAGE, wanted).pictures[0].data
