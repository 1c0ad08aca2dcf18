"""Questions about the files themselves, answered from the catalogue, and what was not read or not reached."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from groundsight.encoders import is_multilingual
from groundsight.governance.access import visible_to
from groundsight.index.tokens import stemmers
from groundsight.ingestion.folder.catalogue import Catalogue, Order, Wanted, date_of
from groundsight.ingestion.folder.ledger import Unread, unread_by
from groundsight.language.dates import Moment
from groundsight.language.facts import read_facts
from groundsight.language.file_kinds import kinds
from groundsight.language.sayings import saying
from groundsight.language.stems import phrases, stem
from groundsight.types import Answer, Asset, Citation, Claim, Condition, Fit, Reason, Span, Tier, Verdict
from groundsight.types.showing import number_of

if TYPE_CHECKING:
    from groundsight.suite import Suite

MOST_SHOWN, MOST_LOST, MOST_TOLD, MOST_PARTS = 10, 5, 3, 3
HEARD = ("file", "count", "list", "unread", "failed", "filler")
ORDERS: tuple[Order, ...] = ("newest", "oldest", "largest")
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")


@dataclass(frozen=True)
class FileQuestion:
    """What is asked of the files: how many or which of them, the first in an order, or which could not be read."""

    wanted: Wanted
    counts: bool
    parts: tuple[str, ...]
    kind: str
    unread: bool = False


def from_the_catalogue(suite: Suite, question: str) -> Answer | None:
    """Answer a question about files; None for every other question, and where a word of it names no file."""
    asked = read_file_question(question)
    if asked is None:
        return None
    found = suite.list(asked.wanted)
    if asked.unread:
        return _told(question, _said_unread(asked, found), found)
    chosen = [each for each in found.documents if {*map(stem, asked.parts)} <= _stems(each)]
    if asked.parts and not chosen:
        return None
    return _answer(suite, question, asked, found, chosen)


def read_file_question(question: str) -> FileQuestion | None:
    """Read a question that is made of nothing but words about files, days, and parts of names; None for others."""
    moments = [one for one in read_facts(question).moments if one.year]
    if len(moments) > 1:
        return None
    side, rest = _around(question.casefold().replace("’", "'"), moments)
    heard = {name for name in (*HEARD, *ORDERS) if _phrases(name).search(rest)}
    words = _WORD.findall(_phrases(*heard).sub(" ", rest)) if heard else _WORD.findall(rest)
    known = {word: name for name, _, forms in kinds() for word in (*forms, *([name] if "file" in heard else []))}
    kind = next((known[word] for word in words if word in known), "")
    named: list[Order] = [each for each in ORDERS if each in heard]
    order: Order = named[0] if named else "source"
    picks = order != "source" or "count" in heard
    unread = "unread" in heard or ("failed" in heard and bool("file" in heard or kind))
    asks = picks or unread
    parts = tuple(word for word in words if word not in known and not (asks and _phrases("ask").fullmatch(word)))
    if heard & {"unread", "failed"}:
        plain = unread and not (parts or moments or named)
        return FileQuestion(Wanted(kind=kind), "count" in heard, (), kind, unread=True) if plain else None
    if not (picks or "list" in heard) or not ("file" in heard or kind) or len(parts) > MOST_PARTS:
        return None
    first, last = _days(moments[0], side) if moments else (None, None)
    wanted = Wanted(kind=kind, dated_from=first, dated_to=last, order=order)
    return FileQuestion(wanted, "count" in heard, parts, kind)


def not_taken(suite: Suite, question: str, evidence_ids: Collection[str]) -> list[str]:
    """Say what was not read of the files at hand, and of files that the question names: it may stand there."""
    ids = tuple(dict.fromkeys(one.rpartition("-")[0] for one in evidence_ids))
    where = visible_to(suite.principal).also(Condition(field="asset_id", op="in", value=ids))
    lacking = [each for each in suite.parts.index.assets(where) if each.left_out] if ids else []
    told = [f"Of {each.source} some parts were {'; '.join(map(str, each.left_out[:5]))}." for each in lacking]
    named = [each for each in unread_by(suite.parts, suite.principal) if _name(each.source) in question.casefold()]
    told += [
        f"{each.source} could not be read: {each.what}. Next: {each.next_step or 'see why FILE'}." for each in named
    ]
    return told[:MOST_TOLD]


def by_words_alone(suite: Suite, language: str) -> list[str]:
    """Say in the ``language`` of a question which languages of the documents were not searched by meaning."""
    encoder = suite.parts.text_encoder
    if encoder is not None and is_multilingual(encoder):
        return []
    held = {asset.language for asset in suite.parts.index.assets(visible_to(suite.principal))}
    foreign = sorted({one if language else stemmers()[one].title() for one in (held & stemmers().keys()) - {"en"}})
    return [saying("by_words_alone", language, languages=", ".join(foreign))] if foreign else []


def _phrases(*names: str) -> re.Pattern[str]:
    return phrases(names, "file_words.tsv")


def _around(text: str, moments: Sequence[Moment]) -> tuple[str, str]:
    """Return whether a day is one to start from or to end before, and the text without it and its preposition."""
    if not moments:
        return "", text
    at, side = text.find(moments[0].text.casefold()), ""
    before, after = text[:at].rstrip(), text[at + len(moments[0].text) :]
    for name in ("from", "to", "day"):
        while found := re.search(rf"{_phrases(name).pattern}$", before):
            side, before = side or name, before[: found.start()].rstrip()
    return side, f"{before} {after}"


def _stems(asset: Asset) -> frozenset[str]:
    """The words of a document's name, of its folders, and of its title."""
    return frozenset(map(stem, _WORD.findall(re.sub(r"[_.-]", " ", f"{asset.source} {asset.title}".casefold()))))


def _name(source: str) -> str:
    return source.rpartition("/")[2].casefold()


def _days(moment: Moment, side: str) -> tuple[date | None, date | None]:
    """The first and last day that a date may mean; since and before leave one side open."""
    year = moment.year or 1
    months = range((moment.quarter - 1) * 3 + 1, moment.quarter * 3 + 1) if moment.quarter else range(1, 13)
    months = range(moment.month, moment.month + 1) if moment.month else months
    first = date(year, months[0], moment.day or 1)
    last = first if moment.day else date(year + months[-1] // 12, months[-1] % 12 + 1, 1) - timedelta(days=1)
    if side == "from":
        return first, None
    return (None, first - timedelta(days=1)) if side == "to" else (first, last)


def _answer(suite: Suite, question: str, asked: FileQuestion, found: Catalogue, chosen: Sequence[Asset]) -> Answer:
    best = chosen[:1] if asked.wanted.order != "source" and not asked.counts else chosen
    cited = [_citation(suite, at, each) for at, each in enumerate(best[:MOST_SHOWN], 1)]
    shown = ", ".join(f"{each.source}{_dated(each)} [{at}]" for at, each in enumerate(best[:MOST_SHOWN], 1))
    sentence = _said(asked, len(chosen), len(best), shown)
    unread = _unread(asked, found)
    lost = f" Not counted, since they could not be read: {_first([each.source for each in unread], MOST_LOST)}."
    return _told(question, sentence, found, cited, lost if unread else "")


def _told(question: str, sentence: str, found: Catalogue, cited: Sequence[Citation] = (), beside: str = "") -> Answer:
    reason = Reason(
        code="computed", message=f"told by the catalogue of the {number_of(found.every, 'document')} that you may see"
    )
    claim = Claim(text=sentence, span=Span(start=0, end=len(sentence)), cites=tuple(each.evidence_id for each in cited))
    return Answer(
        question=question,
        status="answered",
        text=sentence + beside,
        stop_reason="the catalogue answers the question",
        grounding_ratio=1.0,
        fit=Fit(value="yes", reason="the question is about the files themselves"),
        verdicts=(Verdict(claim=claim, label="supported", probability=1.0, reasons=(reason,), judge="catalogue"),),
        citations=tuple(cited),
        tier=Tier(models={"writer": "catalogue"}),
    )


def _unread(asked: FileQuestion, found: Catalogue) -> list[Unread]:
    endings = tuple(f".{form}" for name, _, forms in kinds() if name == asked.kind for form in forms)
    return [each for each in found.unread if not asked.kind or _name(each.source).endswith(endings)]


def _said_unread(asked: FileQuestion, found: Catalogue) -> str:
    unread = _unread(asked, found)
    noun = f"{asked.kind} file" if asked.kind else "file"
    if not unread:
        return f"Every {noun} that was tried could be read."
    shown = _first([f"{each.source} ({each.what})" for each in unread], MOST_SHOWN)
    return f"{number_of(len(unread), noun)} could not be read: {shown}."


def _first(names: Sequence[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _said(asked: FileQuestion, number: int, shown_of: int, shown: str) -> str:
    noun = f"{asked.kind} document" if asked.kind else "document"
    if not number:
        return f"No {noun} of this kind is indexed." if asked.wanted == Wanted() else f"No {noun} fits."
    if asked.wanted.order != "source" and not asked.counts:
        return f"The {asked.wanted.order} of {number_of(number, noun)} is {shown}."
    more = f" and {number - MOST_SHOWN} more" if shown_of > MOST_SHOWN else ""
    return f"{number_of(number, noun)}: {shown}{more}."


def _dated(asset: Asset) -> str:
    day = date_of(asset)
    return f" ({'of' if asset.created else 'last written'} {day.isoformat()})" if day else ""


def _citation(suite: Suite, number: int, asset: Asset) -> Citation:
    units = suite.parts.index.units(asset.asset_id, visible_to(suite.principal))
    first = units[0].unit_id if units else asset.asset_id
    uri = f"groundsight://asset/{asset.asset_id}"
    return Citation(marker=f"[{number}]", evidence_id=first, source=asset.source, title=asset.title, uri=uri)
