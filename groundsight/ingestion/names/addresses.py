"""Streets with their numbers, the towns below them, and countries."""

from __future__ import annotations

import re
from collections.abc import Iterator

from groundsight.governance.pii_heads import label_of
from groundsight.language.licences import is_ordinary
from groundsight.language.stems import lexicon_lines, word_list

_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w.'’\-]*"
_SMALL = rf"(?:(?:{'|'.join(sorted(word_list('name_particles.txt'), key=len, reverse=True))})[ ]|d['’]|l['’])"
_FORMS = {form for word in word_list("street_words.txt") for form in (word, word.capitalize(), word.upper())}
_STREET = "|".join(sorted(map(re.escape, _FORMS), key=len, reverse=True))
_JOINED = "|".join(sorted((re.escape(each) for each in _FORMS if len(each) >= 4), key=len, reverse=True))
_STREET_OR_JOINED = rf"(?:\w+(?:{_JOINED})|{_STREET})"
# "12 Mill Lane", "Rue de Tanger 29", "Mill Lane 5", "Stubengrabenstrasse 80", "353 Buerlia 227".
_ADDRESS = re.compile(
    rf"\b\d{{1,6}}[A-Za-z]?(?:[ ]\d{{1,5}})?[ ](?:{_CAPITAL}[ ]|{_SMALL}){{0,5}}?{_STREET_OR_JOINED}\b\.?"
    rf"|\b(?:{_STREET})\.?[ ](?:{_SMALL}{{0,2}}(?:{_CAPITAL}|\d{{1,2}})[ ,]{{0,2}}){{1,5}}(?:\d{{1,6}}\b)?"
    rf"|\b(?:{_CAPITAL}[ ]){{1,3}}(?:{_STREET})\b\.?(?:[ ]\d{{1,6}}[a-z]?\b)?"
    rf"|\b[^\W\d_]\w+(?:{_JOINED})[ ]\d{{1,6}}[a-z]?\b"
    rf"|\b\d{{3,6}}[ ](?:\d{{1,4}}[ ])?(?:{_CAPITAL}[ ]){{1,3}}\d{{1,5}}\b"
)
# Short words that end a name of a street, but also much else: only with a number they are one.
_ALSO_ELSE = re.compile(rf"\b(?:{'|'.join(word_list('short_street_words.txt'))})\b\.?\Z", re.IGNORECASE)
_COUNTRIES = sorted(
    (each for line in lexicon_lines("countries.txt") for each in line.split("\t")), key=len, reverse=True
)
_COUNTRY = re.compile(rf"\b(?:{'|'.join(_COUNTRIES)})\b", re.IGNORECASE)
_NUMBER_BEFORE, _NUMBER_AFTER = re.compile(r"(?:^|[\s,])\d{1,6}[ ]$"), re.compile(r"[ ,]{1,2}\d{1,6}\b")
_ROOM = r"(?:[Aa]pt|[Ss]uite|[Uu]nit|[Ff]loor|[Ff]lat|[Bb]ox)\.? ?\d+"
_TOWN = re.compile(
    rf"(?:[ ,]*\n?[ >*?|]*(?:{_ROOM}|\d{{2,7}}))?[ \t]*[,\n][ \t>*?|]*"
    r"(?P<town>[^\W\d_][^\W\d_.'’()-]*(?:[ '’-]+[^\W\d_]+){0,3})(?=[ ]?(?:[,.\n?]|\d|\Z))"
)
_MOST_LINES_BELOW = 3


def addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of streets, of what stands below them or behind their comma, and of countries."""
    for match in _ADDRESS.finditer(text):
        if any(map(str.isdigit, match[0])) or not _ALSO_ELSE.search(match[0]):
            yield match.span()
            yield from _below(text, match.end())
    yield from (match.span() for match in _COUNTRY.finditer(text) if not match[0].islower() or text.islower())


def is_beside_house(text: str, start: int, end: int) -> bool:
    """True for a name with a number of a house in front or behind."""
    before, after = text[max(0, start - 9) : start], text[end : end + 9]
    return bool(_NUMBER_BEFORE.search(before) or _NUMBER_AFTER.match(after))


def _below(text: str, start: int) -> Iterator[tuple[int, int]]:
    for _ in range(_MOST_LINES_BELOW):
        match = _TOWN.match(text, start)
        if match is None or label_of(match["town"]) or all(map(is_ordinary, match["town"].casefold().split())):
            return
        yield match.span("town")
        start = match.end()
