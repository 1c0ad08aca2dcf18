"""How dates and times are written in four languages: expressions, the longest first, over names of the lexicon."""

from __future__ import annotations

import re

from groundsight.language.digits import NUMERALS
from groundsight.language.stems import lexicon_rows, word_list


def _numbered(name: str) -> dict[str, int]:
    return {word: int(number) for number, words in lexicon_rows(name) for word in words.split()}


MONTHS, WEEKDAYS = _numbered("months.tsv"), _numbered("weekdays.tsv")
QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}
THIRDS = {word: int(part) for part, *words in lexicon_rows("parts_of_month.tsv") for word in words}
THIRD_NAMES = "|".join(sorted(THIRDS, key=len, reverse=True))
ORDINAL_DAYS = {word: int(day) for day, *words in lexicon_rows("ordinal_days.tsv") for word in words}
_DAY_NAMES = "|".join(sorted(ORDINAL_DAYS, key=len, reverse=True))
MONTH_NAMES = "|".join(sorted(MONTHS, key=len, reverse=True))
MONTH_NAMED = rf"(?P<month>(?i:{MONTH_NAMES}))(?!\w)\.?"
UP_TO = "|".join(map(re.escape, sorted(word_list("range_words.txt"), key=len, reverse=True)))
_SHORT_DAYS = "|".join(name.title() for name in WEEKDAYS if len(name) < 5)
_DAY_NAMED = rf"(?:{_SHORT_DAYS}|[A-Z][a-z]+day)\b"
# "So" and "mar." are days only in a text of their language.
SHORT_DAYS = {
    word: day
    for _, *days in lexicon_rows("weekdays_of.tsv")
    for day, words in enumerate(days, 1)
    for word in words.split("|")
}
DAYS_OF = {
    language: re.compile(rf"(?i:\b(?P<weekday>{'|'.join(words)})\b)\.?(?=,?\s?\d|\s?[-–+/&,:(]|\s(?:{UP_TO})\s)")
    for language, *words in lexicon_rows("weekdays_of.tsv")
}
# A month alone needs its capital, and "May", "March" and short forms a word before them.
_ALONE = "|".join(name.title() for name in MONTHS if len(name) > 3 and name != "march")
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th|er|\.)?"
_OF = r"(?:\s+of(?:\s+the)?|\s+de)?\s*,?\s+"
_YEAR = r"(?P<year>1[0-9]\d\d|20\d\d)"
_SHORT = r"(?P<year>(?:1[0-9]|20)\d\d|\d\d)"
_HOUR, _HALF = r"\b(?P<hour>[01]?\d|2[0-4])", r"(?P<half>(?i:[ap]\.?m)\b\.?|in the (?:morning|afternoon|evening)\b)"
DECADES = {
    f"{word[:-1]}ies": 1900 + int(value) for word, value in NUMERALS.items() if word.endswith("ty") and value >= 30
}
_SIDED = "|".join(words for side, *rest in lexicon_rows("date_sides.tsv") if side == "at" for words in rest)
CLOCK_HOURS = {word: int(value) for word, value in NUMERALS.items() if value in range(1, 13)} | {"once": 11, "una": 1}
_CLOCKS = "|".join(sorted(CLOCK_HOURS, key=len, reverse=True))
CLOCK_WORDS = {key: frozenset(words) for key, *words in lexicon_rows("clock_words.tsv")}


def _words(keys: str) -> str:
    return "|".join(sorted((word for key in keys.split() for word in CLOCK_WORDS[key]), key=len, reverse=True))


_MINUTES = _words("5 10 15 20 25 30")
_DAYTIME = rf"(?:\s(?:in the |de la |del |de l'|du )?(?P<half>{_words('late early')})\b)?"
DATE_FORMS = tuple(
    re.compile(form)
    for form in (
        r"\b(?P<year>\d{4})(?P<mark>[-/])(?P<monthno>\d{2})(?P=mark)(?P<day>\d{2})(?!\d)",
        rf"\b{_DAY}-{MONTH_NAMED}-{_YEAR}\b",
        rf"\b(?P<day>\d\d)(?P<month>(?i:{MONTH_NAMES}))(?P<year>\d\d)\b",
        rf"\b(?:{_DAY}{_OF})?{MONTH_NAMED}\s['’](?P<year>\d\d)\b",
        rf"(?i:\b(?P<ordinal>{_DAY_NAMES})\s(?:day\s)?(?:of\s|de\s)?){MONTH_NAMED}{_OF}{_YEAR}\b",
        rf"(?i:\b(?P<ordinal>{_DAY_NAMES})\s(?:day\s)?(?:of\s|de\s)?){MONTH_NAMED}",
        r"(?<![\d/.])(?P<day>\d{1,2})\.\s?(?P<monthno>\d{1,2})\.\s?(?P<year>(?:19|20)\d\d|\d\d)(?![\d.]*\d)",
        r"(?<![\d/.])(?P<day>\d{1,2})\.\s?(?P<dotted>0?[1-9]|1[0-2])\.(?!\d)",
        r"(?<![\d/.])(?P<monthno>0[1-9]|1[0-2])/(?P<year>(?:19|20)\d\d)(?![\d/])",
        r"(?<![\d/.])(?P<first>\d{1,2})/(?P<second>\d{1,2})/(?P<year>\d{4}|\d\d)(?![\d/])",
        rf"\b{_DAY}{_OF}{MONTH_NAMED}{_OF}{_YEAR}\b",
        rf"\b{MONTH_NAMED}\s+{_DAY},?\s+{_YEAR}\b",
        rf"\b{MONTH_NAMED}{_OF}{_YEAR}\b",
        rf"\b{_DAY}{_OF}{MONTH_NAMED}(?!\w)",
        rf"\b{MONTH_NAMED}\s+{_DAY}\b(?![.,]?\d|\s?%)",
        rf"\b[Qq](?P<quarter>[1-4])(?:\s+(?:of\s+)?|/|-)?(?:FY\s?'?{_SHORT}|{_YEAR.replace('year', 'year2')})\b",
        rf"\b{_YEAR}[\s-]?[Qq](?P<quarter>[1-4])\b",
        rf"(?i:\b(?P<nth>{'|'.join(QUARTERS)})\s+quarter\b)"
        rf"(?:\s+(?:of\s+)?(?:FY\s?|(?:fiscal|financial)\s+(?:year\s+)?)?{_YEAR}\b)?",
        rf"\b(?P<quarter>[1-4])(?:\.\s?Quartal|er?\strimestre|\.?º\strimestre)(?:\sde)?(?:\s+{_YEAR})?\b",
        r"\b[Qq](?P<quarter>[1-4])\b",
        rf"\b(?:FY\s?'?|(?i:(?:fiscal|financial|business)(?:\s+year)?|geschäftsjahr)\s+){_SHORT}\b",
        rf"(?i:\b(?P<nth_century>{_DAY_NAMES})[\s-](?:century|jahrhunderts?)\b)",
        r"(?i:\b(?P<nth_century>\d\d?)(?:st|nd|rd|th|\.)[\s-](?:century|jahrhunderts?)\b)",
        r"\b(?P<century>1\d|20)00(?:s\b|er\s+Jahren?\b)",
        r"\b(?P<decade>1[0-9]\d0|20\d0)(?:s\b|er\s+Jahren?\b)",
        r"(?:\b(?:années|años)\s+|(?<!\w)['’])(?P<decade>19\d0|[3-9]0)(?:s\b|(?!\d|[.,]\d))",
        r"\b(?P<decade>[3-9]0)er\s+Jahren?\b",
        rf"\b[Tt]he\s+(?P<tens>{'|'.join(DECADES)})\b",
        rf"(?:(?<![\w$€£¥.,/-])|(?<=\bmid-)|(?<=\bpre-)|(?<=\bpost-)|(?<=\blate-)){_YEAR}(?![\w%/]|[.,]\d|\s?[%°])",
        rf"(?<=\b\d{{4}}[-–]){_YEAR}(?![\w%/-])",
        rf"{_HOUR}(?::|(?P<spaced>\s)?h\s?)(?P<minute>[0-5]\d)(?!\s?min)(?::[0-5]\d)?(?:\s?{_HALF}|\s?Uhr\b)?(?![\d%])",
        rf"{_HOUR}\.(?P<minute>[0-5]\d)\s?(?:{_HALF}|Uhr\b)",
        rf"\b(?i:{_SIDED})\s+{_HOUR[2:]}\.(?P<minute>[0-5]\d)(?![\d%]|\s?[€$£%]|\s?[A-Za-z])",
        rf"{_HOUR}\s?(?:{_HALF}|Uhr\b|o['’]clock\b)",
        rf"\bà\s+{_HOUR[2:]}\s?h(?:eures?)?\b",
        rf"\ba las\s+{_HOUR[2:]}\b(?!:|[.,]\d|\s+(?!y\b|h\b|de\b|en\b)[^\W\d_])",
        rf"\b(?P<minutes>{_words('15 30')})\s(?P<side>past|to|nach|vor)\s(?P<clock>{_CLOCKS})\b{_DAYTIME}",
        # Five to ten minutes are no time of the day.
        rf"\b(?P<lead>(?:{_SIDED})\s)(?P<minutes>{_MINUTES})\s(?:minutes\s)?(?P<side>past|to|nach|vor)\s"
        rf"(?P<clock>{_CLOCKS})\b{_DAYTIME}(?=\s*(?:$|[.,;:!?)\n]|on\b|sharp\b))",
        rf"\b(?:la|las|à|il est)\s(?P<clock>{_CLOCKS})(?:\sheures?)?\s(?P<side>y|menos|et|moins)\s"
        rf"(?P<minutes>{_MINUTES})\b{_DAYTIME}",
        rf"\b(?P<halb>halb)\s(?P<clock>{_CLOCKS})\b{_DAYTIME}",
        r"\b(?P<noon>[Nn]oon|[Mm]idnight)\b",
        rf"\b(?P<month>{_ALONE})\b(?!\s+[A-Z])",
        rf"\b(?P<lead>(?i:{THIRD_NAMES}|im|en)[\s-])(?!may\b|march\b)(?P<month>(?i:{MONTH_NAMES}))(?!\w)",
        r"\b(?P<lead>(?:in|since|until|by|from|of|last|next|each|every|early|late|mid)[\s-])(?P<month>May|March)\b",
        rf"\b(?P<weekday>(?i:{'|'.join(name for name in WEEKDAYS if len(name) > 4)}))s?\b",
        rf"\b(?P<weekday>{_SHORT_DAYS})\b\.?(?=,?\s[0-9]|\s?[-–(]|(?:,|\s(?:and|&|or|to))\s{_DAY_NAMED})",
        rf"(?:(?<=, )|(?<=and )|(?<=& )|(?<=to )|(?<=on )|(?<=[-–]))(?P<weekday>{_SHORT_DAYS})"
        r"\b(?=[,;.)\n]|$|\s(?:and|&)\s)",
    )
)
