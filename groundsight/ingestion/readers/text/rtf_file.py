"""Rich text (rtf): paragraphs, tables, margins, notes and comments; pictures are left out and said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, cast

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import RAISED, clean, clean_rows, one_line
from groundsight.ingestion.readers.ledger import PROMPT, UNCHOSEN, Ledger
from groundsight.ingestion.readers.properties import property_elements
from groundsight.ingestion.readers.table_elements import table_blocks
from groundsight.ingestion.sniff import RTF

_CODE_PAGE = re.compile(r"\\ansicpg\d+")
# No letter has such a number.
_NO_SIGN = re.compile(r"\\u-?\d{6,} ?\??")
_PICTURE = re.compile(r"\\pict\b")
# The library skips these groups; what they hold is read where they stand, on lines of its own.
_MARGIN = re.compile(r"\{\s*\\(?:\*\\)?(?:(?:header|footer)[flr]?|shp(?:inst|txt)?)\b ?")
_NOTE = re.compile(r"\{\s*\\(?:\*\\)?(?:footnote|endnote)\b ?")
_COMMENT = re.compile(r"\{\s*\\\*\\annotation\b ?")
_ABOUT = re.compile(r"\{\\(title|subject|keywords|category|doccomm) ([^{}]*)\}")
# The words of a drawn lettering, and what stands for a picture.
_DRAWN = re.compile(r"\{\s*\\sp\s*\{\s*\\sn\s+(?:gtextUNICODE|wzDescription)\}\s*\{\s*\\sv ([^{}]*)\}\s*\}")
# An object of another program shows its result; a field that was filled in keeps the number of what was chosen.
_OBJECT = re.compile(r"\{\s*\\(?:object\b(?:\s*\\obj[a-z]+-?\d* ?)*|result\b ?)")
_FIELD = re.compile(r"\{\s*\\\*\\formfield\b ?")
_CHOSEN, _OFFER = re.compile(r"\\ff(type|res|defres)(\d+)"), re.compile(r"\{\\\*\\ffl ([^{}]*)\}")
_HELP = re.compile(r"\{\\\*\\ff(?:help|stat)text [^{}\s]")
_BOXES, _UNTOUCHED = "☐☒", 25
_LINK = re.compile(r'HYPERLINK\s+"([^"\\]{1,300})"')
_SUPER = re.compile(r"\\super(?![a-z0]) ?")
_APART = re.compile(
    r"\\(?:striked?|deleted|v|fs[1-3]|charscalex\d|(?:highlight|cb|chcbpat)[1-9]\d*|(?:up|dn|pos(?:neg)?[xy]-?)\d{4,}"
    r"|(?:li|lin|pos(?:neg)?[xy])-\d{4,}|expndtw-\d{2,}|expnd-\d\d|sl-\d\d?)(?![a-z\d])"
)
_COLOURS = re.compile(r"\{\\colortbl([^{}]*)\}")
_SHADE = re.compile(r"\\(?:red|green|blue)(?:2[4-5]\d)(?!\d)")
# Where the ground of a paragraph, cell or page is coloured or drawn, white letters may be read.
_GROUND = re.compile(r"\\(?:(?:cl|tr)?cbpat|(?:ch|cl|tr)?shdng|shading|shp|background)(?![a-z])")
_TOKEN = re.compile(
    r"\\'[0-9a-fA-F]{2}|\\u-?\d+ ?\??|\\(?P<word>[a-zA-Z]+|\*)(?P<count>-?\d*) ?|\\.|[{}]|[^\\{}]+", re.S
)
_STRIKING, _ENDING = ("strike", "striked", "deleted"), ("par", "cell", "row", "line")
# In half points, and in percent of the width: below them nothing is read.
_SMALLEST, _NARROWEST = 4, 10
# In twips, a twentieth of a point: closer letters or lines lie on each other; farther than the page is no place on it.
_CLOSEST, _LOWEST, _FARTHEST, _WIDEST = -80, -40, -5_000, 30_000
# Groups of which nothing is text.
_MUTE = ("stylesheet", "fonttbl", "colortbl", "info", "pict", "*")
_BRACE = re.compile(r"\\[\\{}]|[{}]")


class _Look(NamedTuple):
    """How letters look where they stand, and whether their group holds no text."""

    struck: bool = False
    hidden: bool = False
    colour: int = 0
    ground: int = 0
    size: int = 24
    width: int = 100
    mute: bool = False
    squeezed: bool = False
    # Of the paragraph.
    flat: bool = False
    away: bool = False

    def after(self, word: str, count: str) -> _Look:
        """Return how it looks from a control word on."""
        number = int(count[:6]) if count.strip("-") else -1
        match word:
            case "plain":
                return _Look(mute=self.mute, flat=self.flat, away=self.away)
            case "pard":
                return self._replace(flat=False, away=False)
            case "sl":
                return self._replace(flat=_LOWEST < number < 0)
            case "posx" | "posy" | "posnegx" | "posnegy" | "li" | "lin":
                return self._replace(away=self.away or not _FARTHEST < number < _WIDEST)
            case "up" | "dn":
                return self._replace(away=self.away or number > -_FARTHEST // 10)
            case "expnd" | "expndtw":
                return self._replace(squeezed=number * (5 if word == "expnd" else 1) < _CLOSEST)
            case "v":
                return self._replace(hidden=number != 0)
            case "cf":
                return self._replace(colour=number)
            case "highlight" | "cb" | "chcbpat":
                return self._replace(ground=number)
            case "fs":
                return self._replace(size=number)
            case "charscalex":
                return self._replace(width=number)
            case _ if word in _STRIKING:
                return self._replace(struck=number != 0)
            case _:
                return self._replace(mute=self.mute or word in _MUTE)

    def mark(self, clear: frozenset[int]) -> str:
        """Return what keeps letters from a reader, where the colours ``clear`` are those of the paper."""
        tiny = 0 < self.size < _SMALLEST or 0 < self.width < _NARROWEST
        blank = self.colour == self.ground if self.ground > 0 else self.colour in clear
        return (
            "deleted"
            if self.struck
            else "hidden"
            if self.hidden or tiny or blank or self.squeezed or self.flat or self.away
            else ""
        )


def read_rtf(path: Path) -> Parsed:
    """Read rich text; the cells of a row are parted by bars in what the library returns."""
    source, comments = _without(_COMMENT, _NO_SIGN.sub("", path.read_bytes().decode("latin-1")))
    source = _SUPER.sub(lambda found: f"{found[0].rstrip()} {RAISED}", source)
    ledger = Ledger()
    source = _filled_in(_OBJECT.sub("{", source), ledger)
    ledger.note("picture", "rich text is read as text", len(_PICTURE.findall(source)))
    opened, unseen = _shown(_parted(_NOTE, " ", _parted(_MARGIN, r"\par ", source)))
    text = _plain(opened)
    drawn = ((f"{{\\rtf1 {one}}}", "") for one in dict.fromkeys(_DRAWN.findall(source)))
    apart = [*drawn, *((one, "comment") for one in comments), *unseen]
    page = found[0] if (found := _CODE_PAGE.search(source)) else ""
    said = (Element(kind="text", text=shown, mark=mark) for one, mark in apart if (shown := clean(_plain(one, page))))
    stated = ((name, one_line(_plain(f"{{\\rtf1 {text}}}", page))) for name, text in _ABOUT.findall(source))
    about = {name.replace("doccomm", "description"): text for name, text in stated}
    links, elements = " ".join(dict.fromkeys(_LINK.findall(source))), list(_elements(text))
    elements[:1] = [one.model_copy(update={"meta": links}) for one in elements[:1]]
    return Parsed(
        media_type=RTF,
        title=about.get("title", ""),
        elements=(*elements, *said, *property_elements(about.items())),
        left_out=ledger.left_out,
    )


def _plain(source: str, page: str = "") -> str:
    """Return the words of rich text; a part that stands for itself begins with the code page of the whole."""
    from striprtf import striprtf

    source = source.replace("{\\rtf1 ", f"{{\\rtf1{page} ", 1) if page else source
    return cast("Callable[..., str]", cast(Any, striprtf).rtf_to_text)(source, errors="replace")


def _parted(begin: re.Pattern[str], sign: str, source: str) -> str:
    """Open groups of a kind, with a sign before and after what they hold."""
    pieces, at = list[str](), 0
    for found in begin.finditer(source):
        pieces += [source[at : found.start()], "{", sign]
        at = found.end()
        end = _end(source, at)
        if begin.search(source, at, end) is None:
            pieces += [source[at:end], sign]
            at = end
    return "".join((*pieces, source[at:]))


def _filled_in(source: str, ledger: Ledger) -> str:
    """Write the state of boxes, and what was chosen of lists, where their fields stand; count what they offer."""
    pieces, at = list[str](), 0
    for found in _FIELD.finditer(source):
        inside = source[found.end() : _end(source, found.end())]
        told = {name: int(count) for name, count in _CHOSEN.findall(inside)}
        chosen = told.get("res", _UNTOUCHED)
        chosen = told.get("defres", 0) if chosen == _UNTOUCHED else chosen
        offers = {1: [f"\\u{ord(box)}? " for box in _BOXES], 2: _OFFER.findall(inside)}.get(told.get("type", 0), [])
        ledger.note(*UNCHOSEN, max(len(_OFFER.findall(inside)) - 1, 0))
        ledger.note(*PROMPT, len(_HELP.findall(inside)))
        # What lies in the order for a field is not shown.
        begin = max(source.rfind("{\\field{", at, found.start()), at)
        pieces += [source[at:begin], offers[chosen] if chosen < len(offers) else ""]
        at = begin
    return "".join((*pieces, source[at:]))


def _without(begin: re.Pattern[str], source: str) -> tuple[str, list[str]]:
    """Take groups of a kind out, and return what they hold."""
    pieces, held, at = list[str](), list[str](), 0
    for found in begin.finditer(source):
        if found.start() >= at:
            pieces.append(source[at : found.start()])
            at = _end(source, found.end()) + 1
            held.append(f"{{\\rtf1 {source[found.end() : at]}")
    return "".join((*pieces, source[at:])), held


def _shown(source: str) -> tuple[str, list[tuple[str, str]]]:
    """Take out the words that are struck out or unseen, and return each stretch with its mark; paragraphs stay."""
    clear = _clear(source)
    if not (clear or _APART.search(source)):
        return source, []
    pieces, held, groups = list[str](), [("", "")], [_Look()]
    for found in _TOKEN.finditer(source):
        token, word, look = found[0], found["word"], groups[-1]
        if token == "{":
            groups.append(look)
        elif token == "}":
            groups = groups[:-1] or [_Look()]
        elif word:
            groups[-1] = look.after(word, found["count"])
        elif (mark := look.mark(clear)) and not look.mute:
            held[-1:] = [(held[-1][0] + token, mark)] if held[-1][1] in ("", mark) else [held[-1], (token, mark)]
            continue
        if word in _ENDING or (not word and token.strip("{} \r\n")):
            held += [("", "")] if held[-1][0] else []
        pieces.append(token)
    return "".join(pieces), [(f"{{\\rtf1 {one}}}", mark) for one, mark in held if one]


def _clear(source: str) -> frozenset[int]:
    """Return the numbers of the colours that nobody tells from the paper."""
    table = None if _GROUND.search(source) else _COLOURS.search(source)
    colours = table[1].split(";") if table else []
    return frozenset(at for at, one in enumerate(colours) if len(_SHADE.findall(one)) == 3)


def _end(source: str, start: int) -> int:
    """Return where the group ends that was open at ``start``."""
    depth = 1
    for found in _BRACE.finditer(source, start):
        depth += {"{": 1, "}": -1}.get(found[0], 0)
        if depth == 0:
            return found.start()
    return len(source)


def _elements(text: str) -> Iterator[Element]:
    for is_row, lines in groupby(
        text.split("\n"), key=lambda line: line.count("|") > 1 and line.rstrip().endswith("|")
    ):
        listed = list(lines)
        if is_row and len(listed) > 1:
            yield from table_blocks(clean_rows(line.rstrip().removesuffix("|").split("|") for line in listed))
            continue
        for line in listed:
            if shown := clean(line):
                yield Element(kind="text", text=shown)
