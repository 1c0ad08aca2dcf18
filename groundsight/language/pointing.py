"""Questions that point from a picture to what is near to it, told from those that ask for a value."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from groundsight.language.stems import lexicon_rows

Near = Literal["alike", "copies", "pictures", "tables", "texts"]
# Behind the tie "this", and at most two words that name what the picture shows: "this broken pump".
_SHOWN = r"(?:\s+[\w'’-]+){0,2}"


def points_to(question: str) -> Near | None:
    """Say what a question about a picture looks for: its likes or copies, or a picture, table or text that it is from.

    None for every other question: "Which page of this manual tells the weight?" asks for a value.
    """
    text = " ".join(question.casefold().replace("’", "'").strip(" ?？!.¿¡").split())
    if _whole("copies").fullmatch(text):
        return "copies"
    if _whole("alike").fullmatch(text):
        return "alike"
    found = next(filter(None, (form.fullmatch(text) for form in _origins())), None)
    if found is None:
        return None
    return next(near for near in ("texts", "tables", "pictures") if found[near])


@lru_cache(maxsize=2)
def _whole(name: str) -> re.Pattern[str]:
    """ "Show me all pictures that look like this", "more like this, please", "are there copies of this"."""
    row = _rows()
    return re.compile(rf"(?:(?:{row['ask']})\s+)?(?:[\w'-]+\s+){{0,3}}?(?:{row[name]})(?:,?\s+[\w'-]+)?")


@lru_cache(maxsize=1)
def _origins() -> tuple[re.Pattern[str], ...]:
    """ "Which note is this from", "find the data sheet for this part", "from which table is this chart"."""
    row = _rows()
    small, this = rf"(?:(?:{row['small']})\s+)*", rf"(?:{row['this']}){_SHOWN}"
    noun = rf"(?:[\w'-]+\s+)??(?:{'|'.join(f'(?P<{near}>{row[near]})' for near in ('texts', 'tables', 'pictures'))})"
    asked, is_ = rf"(?:{row['ask']})\s+{small}{noun}", rf"(?:(?:{row['small']})\s+)?"
    return tuple(
        re.compile(form)
        for form in (
            rf"{asked}\s+{is_}(?:{row['tie']})\s+{this}",
            rf"{asked}\s+{is_}{this}\s+(?:{row['tie']})",
            rf"(?:{row['from']})\s+{noun}\s+(?:{row['small']}|{row['tie']})\s+{this}(?:\s+(?:{row['tie']}))?",
        )
    )


@lru_cache(maxsize=1)
def _rows() -> dict[str, str]:
    """Each row as alternatives, longest first."""
    return {
        name: "|".join(map(re.escape, sorted(phrases.split(", "), key=len, reverse=True)))
        for name, phrases in lexicon_rows("neighbour_words.tsv")
    }
