"""Find phone numbers in folded text: cheap shapes first, then the numbering plans, then words beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from groundsight.governance import pii_prefilter
from groundsight.governance.pii_normalise import Candidate

_REGIONS = ("US", "GB", "DE", "FR", "IT", "ES", "NL", "AU", "CH", "AT", "SE", "IN", "BR", "JP", "ZA")
_END = r"(?![^\Wxe])"
_EXTENSION = re.compile(r"[ ,]{0,2}(?:x|ext\.?|extension|#)[ ]?\d{1,6}(?!\d)", re.IGNORECASE)
_INTERNATIONAL = re.compile(
    r"(?:\((?<![\w+].)(?:\+|00(?=[ \-.]?[1-9]))|\+(?<![\w+].)|0(?<![\w+].)0(?=[ \-.]?[1-9]))"
    r"[ ]?\d(?:[ \-./()\n|]{0,3}\d){6,16}(?![\d])"
)
_NORTH_AMERICAN = re.compile(
    r"(?<![\w.,])(?<!\d[ \-/.])(?:1[ \-.])?(?:\([2-9]\d{2}\)[ \n\t]?|[2-9]\d{2}[ \-.]\n?)"
    rf"[2-9]\d{{2}}[\-. ]\n?\d{{4}}{_END}(?![\-.]\d)(?! \d)"
)
_TRUNK = re.compile(
    r"(?<![\w.,])(?<!\d[ \-/.])\(?0\d{1,4}\)?(?:(?:[ \-/]{0,2}| - |[ \-]?\n)\d{2,4}){2,4}(?!\w)(?![\-./,]\d)(?! \d)"
)
# Every digit by itself.
_SPREAD = re.compile(r"(?<![\w.,+])(?<!\d[ \-/.])\d(?:(?: ?- ?|[ .])\d){8,14}(?![^\Wx])(?! ?[\-./|,] ?\d)(?! \d)")
_ROW_OF_DIGITS = re.compile(r"[\d |.,;\t\-]*")
_NOT_A_PHONE = re.compile(
    r"\b(?:isbn|issn|serial|invoice|order|part|sku|ref|reference|no|nr|id|account|version|model|case|batch|lot|item"
    r"|ticket|policy|po|doi|ean|upc|vat)\b[^\w\n]{0,3}(?:(?:no|nr|number|id|code)\b[^\w\n]{0,3})?$",
    re.IGNORECASE,
)
_GROUPS = (
    r"(?:\d(?:[ \-.]{1,2}\d){6,13}(?!\d)|\(?\d{1,5}\)?(?:(?:[ \-./]{1,2}| - )(?:\d{2,7}|\(\d{2,5}\))){1,5}|\d{7,13})"
)
_NOUN = (
    r"phone|telephone|tel|fon|fax|facsimile|cellphone|hotline|pager|whatsapp|sms|telefon|telefono|teléfono|téléphone|móvil"
    r"|handy|mobil|mobiel|tlf|tél|fone|telefone|telefoon|cellulare|celular|телефон(?:у|а|ом|е|ы|ам)?|тел|मोबाइल|फोन"
)
_VERB = r"dial|call|ring|messages?|reach|answering|contact"
_LINE = r"mobile|cell|desk|office|home|registered|work"
_LABELLED = re.compile(
    rf"(?:(?<![^\W_])(?:{_NOUN})(?![^\W_])|\b(?P<verb>{_VERB})\b)"
    rf"(?P<gap>[^\d\n\t]{{0,15}}\n?[ ]{{0,3}})(?P<shown>{_GROUPS}){_END}",
    re.IGNORECASE,
)
# What may stand between a label and its number; other words label something else (phone calls: 1204567).
_BETWEEN = frozenset(
    "number numbers no nr num is was are at on to or and the my me us our his her him them their your line direct home"
    " work office mobile cell fax tel phone ext desk main nummer numero número numéro kom mob ist est es er al".split()
)
_IN_LINKS = re.compile(
    r"(?:\bwa\.me/{1,2}|\bt\.me/(?=\+)|\b(?:tel|sms|smsto|callto|facetime|whatsapp):/{0,2}|[?&](?:phone|msisdn)=)"
    r"(?P<shown>\+?\(?\d(?:[\-. ()]{0,2}\d){6,14})(?!\w)",
    re.IGNORECASE,
)
_NATIONAL = 10
_LOOSELY_LABELLED = re.compile(
    rf"(?<![^\W_])(?:{_LINE})(?:[ _](?:number|num|no|nr)(?![^\W_]))?"
    rf"(?:[:.#=_]|[ ]|\n){{0,3}}(?P<shown>{_GROUPS}){_END}",
    re.IGNORECASE,
)
_BEFORE = re.compile(rf"(?<![\w.])(?<!\d[ \-/.,])(?P<shown>{_GROUPS})[ \-]{{1,3}}\Z")
_FOLLOWING = re.compile(r"(?:office|fax|mobile|cell|home|desk)\b(?=\s{0,3}(?:$|\n|[,;\\|)]))", re.IGNORECASE)
# The longest number of _GROUPS, and what parts it from the word.
_REACH = 60
_DATE = re.compile(
    r"(?:19|20)\d\d[ \-./](?:0?[1-9]|1[0-2])[ \-./]\d{1,2}|\d{1,2}[ \-./]\d{1,2}[ \-./](?:19|20)\d\d"
    r"|(?:19|20)\d\d[ \-/]{1,3}(?:19|20)\d\d"
)
_DAY = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_VERBS_AS_LABELS = frozenset({"dial", "call", "contact"})


def phones(text: str) -> Iterator[Candidate]:
    """Yield phone numbers: international, national by numbering plan, and short ones beside a telling word."""
    for match in _INTERNATIONAL.finditer(text) if "+" in text or "00" in text else ():
        yield from _international(text, match)
    yield from _national(text)
    yield from _spread(text)
    lower = pii_prefilter.lowered(text)
    yield from _beside_a_word(text, lower)
    for match in _IN_LINKS.finditer(text) if pii_prefilter.names_one(lower, pii_prefilter.LINKS) else ():
        yield _candidate(text, match.start("shown"), match.end("shown"))


def _national(text: str) -> Iterator[Candidate]:
    for match in pii_prefilter.number_matches(_NORTH_AMERICAN, text, _NATIONAL):
        if not _NOT_A_PHONE.search(text, max(0, match.start() - 24), match.start()):
            yield _candidate(text, match.start(), match.end())
    for match in pii_prefilter.number_matches(_TRUNK, text, _NATIONAL):
        if (
            _one_line_end(match.group())
            and national(match.group())
            and not _NOT_A_PHONE.search(text, max(0, match.start() - 24), match.start())
        ):
            yield _candidate(text, match.start(), match.end())


def _spread(text: str) -> Iterator[Candidate]:
    """Yield numbers whose digits stand apart: what a plan admits and is neither a count nor a row of many."""
    for match in pii_prefilter.number_matches(_SPREAD, text, _NATIONAL):
        digits = re.sub(r"\D", "", match.group())
        abroad = digits.startswith("00")
        dialled = _possible(digits, certain=False) if abroad else digits[0] == "0" and national(digits)
        if dialled and not _counts(digits) and not _is_row(text, *match.span()):
            yield _candidate(text, match.start(), match.end())


def _counts(digits: str) -> bool:
    steps = {int(after) - int(before) for before, after in pairwise(digits)}
    return len(steps) == 1 or len({*digits}) < 4


def _is_row(text: str, start: int, end: int) -> bool:
    """True where the line above or below is made of digits, too: a table."""
    above = text[: text.rfind("\n", 0, start) + 1].rstrip("\n").rpartition("\n")[2]
    below = text[end:].partition("\n")[2].lstrip("\n").partition("\n")[0]
    return any(sum(map(str.isdigit, line)) > 2 and _ROW_OF_DIGITS.fullmatch(line) for line in (above, below))


def _one_line_end(shown: str) -> bool:
    """A number may run over one line end, after two of its groups: a column of short numbers is none."""
    before, _, after = shown.partition("\n")
    return not after or ("\n" not in after and len(re.findall(r"\d+", before)) > 1)


def is_date(shown: str) -> bool:
    """True if what is shown begins as a date or a range of years."""
    return _DATE.match(shown) is not None


def _international(text: str, match: re.Match[str]) -> Iterator[Candidate]:
    """Yield the longest leading part that a numbering plan admits: other numbers may follow."""
    shown = match.group()
    certain = shown.lstrip("(").startswith("+")
    for end in _group_ends(shown):
        if _possible(shown[:end], certain):
            yield _candidate(text, match.start(), match.start() + end)
            return


def _group_ends(shown: str) -> Iterator[int]:
    ends = [group.end() for group in re.finditer(r"\d+", shown)]
    return reversed(ends)


def _beside_a_word(text: str, lower: str) -> Iterator[Candidate]:
    for match, fewest in _told(text, lower):
        shown = match["shown"]
        if (
            fewest <= len(re.sub(r"\D", "", shown)) <= 14
            and not _DATE.match(shown)
            and _grouped_like_a_phone(shown)
            and _tells(match)
        ):
            yield _candidate(text, match.start("shown"), match.end("shown"))


def _told(text: str, lower: str) -> Iterator[tuple[re.Match[str], int]]:
    """Yield a number behind or before each telling word, with the fewest digits that it needs there."""
    places = sorted({place for word in pii_prefilter.TELLING for place in _places(lower, word)})
    for pattern, fewest in ((_LABELLED, 7), (_LOOSELY_LABELLED, 8)):
        done = 0
        for place in places:
            if place >= done and (match := pattern.match(text, place)):
                done = match.end()
                yield match, fewest
    for place in places:
        if _FOLLOWING.match(text, place) and (match := _BEFORE.search(text, max(0, place - _REACH), place)):
            yield match, 8


def _places(text: str, word: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


def _tells(match: re.Match[str]) -> bool:
    """False for "phone calls: 1204567": other words label something else, unless the number is grouped."""
    found = match.groupdict()
    others = set(re.findall(r"[^\W\d_]+", (found.get("gap") or "").casefold())) - _BETWEEN
    verb, gap = (found.get("verb") or "").casefold(), found.get("gap") or ""
    # A verb tells in running text; "Reach: 1204567" is a column of amounts, "Contact: 20240318" one of days.
    if verb and (_DAY.fullmatch(match["shown"]) or (":" in gap and verb not in _VERBS_AS_LABELS)):
        return "-" in match["shown"] or "(" in match["shown"]
    called = verb and ":" not in gap
    return not others or bool(called) or "-" in match["shown"] or "(" in match["shown"]


def _grouped_like_a_phone(shown: str) -> bool:
    """Refuse decimals and amounts: "1.234.567", "4 321 000" and "12.50" are no phone numbers."""
    groups = re.findall(r"\d+", shown)
    if all(len(group) == 1 for group in groups):
        return not _counts("".join(groups))
    # Measures and ranges are written so as well: "120 - 300 - 40", "1000 - 2000".
    if " - " in shown and not shown.startswith(("0", "(")) and [*map(len, groups)] != [3, 3, 4]:
        return False
    # Russia dials 8 and North America 1 before ten digits; groups of three never have eleven behind one digit.
    trunk = groups[0] in ("1", "8") and len("".join(groups)) == 11
    return not (len(groups) > 1 and len(groups[0]) < 2 and not trunk) and not (len(groups) == 2 and "." in shown)


def _candidate(text: str, start: int, end: int) -> Candidate:
    extension = _EXTENSION.match(text, end)
    digits = re.sub(r"\D", "", text[start:end].replace("(0)", ""))
    return Candidate(start, extension.end() if extension else end, digits.removeprefix("00"))


@lru_cache(maxsize=4096)
def _possible(shown: str, certain: bool) -> bool:
    from phonenumbers import NumberParseException, is_possible_number, is_valid_number, parse

    dialled = "+" + re.sub(r"\D", "", shown.replace("(0)", "")).removeprefix("" if certain else "00")
    try:
        number = parse(dialled, None)
    except NumberParseException:
        return False
    return is_possible_number(number) if certain else is_valid_number(number)


@lru_cache(maxsize=4096)
def national(shown: str) -> bool:
    """True if some numbering plan has this number as a national one, written with its trunk prefix."""
    from phonenumbers import NumberParseException, is_valid_number, parse

    digits = re.sub(r"\D", "", shown)
    if not _NATIONAL <= len(digits) <= 12 or _DATE.fullmatch(shown):
        return False
    for region in _REGIONS:
        try:
            if is_valid_number(parse(digits, region)):
                return True
        except NumberParseException:
            continue
    return False
