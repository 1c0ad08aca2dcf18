"""A question asked again: the same evidence and verdicts, or what has changed since its receipt."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from groundsight.errors import InvalidArgument, NotFound
from groundsight.governance.access import visible_to
from groundsight.governance.receipt_chain import Json
from groundsight.governance.receipts import Receipt, ReceiptBody, caller
from groundsight.ingestion.reach import folders_of
from groundsight.tools.explain import kept_for, time_of
from groundsight.tools.gate import ToolSpec
from groundsight.tools.recording import PLAIN, Check, account_of_answer, account_of_check
from groundsight.tools.results import STALE_TEXT, Result, Shape
from groundsight.types import Asset, Condition, Evidence, Hit

if TYPE_CHECKING:
    from groundsight.suite import Suite

What = Literal["file", "model", "prompt", "setting", "policy", "version", "index", "rights", "lane", "question", "day"]
Opened = Callable[[str], Sequence[Evidence]]


class Change(Shape):
    """One thing that is not as it was: what kind of thing, which one, and how."""

    what: What
    which: str
    how: str


class Replayed(Result):
    """How a question fares today. ``same``: equal evidence, verdicts and text. ``changed``: they differ, and
    ``changes`` says what is not as it was. ``unexplained``: they differ, and nothing that is known has changed.

    ``differences`` are those of the outcome; ``changes`` may also stand where they had no effect.
    """

    id: str
    outcome: Literal["same", "changed", "unexplained"]
    differences: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()

    def as_text(self) -> str:
        """The outcome, what differs, and what has changed."""
        head = {"same": "same evidence, same verdicts", "changed": "changed", "unexplained": "differs, unexplained"}
        changes = [f"  {each.what} {each.which}: {each.how}" for each in self.changes]
        title = "Changed since, without effect:" if self.outcome == "same" else "What changed:"
        lines = [f"  {each}" for each in self.differences]
        return "\n".join([f"{self.id}: {head[self.outcome]}", *lines, *([title, *changes] if changes else [])])


def replay(suite: Suite, receipt_id: str) -> Replayed:
    """Ask again what a receipt of this caller was given for, and compare evidence, verdicts and text.

    Raises:
        NotFound: there is no such receipt, it is too old, or another's.
        InvalidArgument: what was checked against lay in files that were named on the command line.
    """
    return replayed(suite, kept_for(suite, receipt_id))


REPLAY = ToolSpec(replay, "Ask again and compare")


def replayed(suite: Suite, kept: Receipt, opened: Opened | None = None) -> Replayed:
    """Do again what a receipt was given for, as the suite's principal; ``opened`` reads a file that was named then."""
    then = _Side.of(kept)
    asked = then.one("asked")
    try:
        now = _Side.of_account(_again(suite, asked, then, opened)) if asked else None
    except NotFound:
        if not asked.get("picture"):
            raise
        now = None
    gone = "the picture of the question is no longer there" if asked else "what was asked is no longer kept"
    differences = tuple(_differences(then, now)) if now else (gone,)
    changes = tuple(_changes(suite, kept, then, now))
    if differences and not changes:
        changes = tuple(_excuses(kept, then))
    outcome = "same" if not differences else "changed" if changes else "unexplained"
    return Replayed(id=kept.facts["id"], outcome=outcome, differences=differences, changes=changes)


class _Side:
    """One of the two that are compared: the facts and the parts of a receipt, or of an account."""

    def __init__(self, facts: Mapping[str, Any], parts: Mapping[str, tuple[Json, ...]]) -> None:
        self.facts, self._parts = facts, parts

    @classmethod
    def of(cls, kept: Receipt) -> _Side:
        kinds = ("asked", "given", "candidate", "sentence")
        return cls(kept.facts, {kind: kept.of_kind(kind) for kind in kinds})

    @classmethod
    def of_account(cls, account: ReceiptBody) -> _Side:
        parts: dict[str, tuple[Json, ...]] = {}
        for part in account.parts:
            parts[part["kind"]] = (*parts.get(part["kind"], ()), {**part})
        return cls(account.facts, parts)

    def one(self, kind: str) -> Json:
        return (*self._parts.get(kind, ()), Json())[0]

    def every(self, kind: str) -> tuple[Json, ...]:
        return self._parts.get(kind, ())

    @property
    def units(self) -> dict[str, Json]:
        return {each["unit"]: each for each in self.every("candidate")}


def _again(suite: Suite, asked: Json, then: _Side, opened: Opened | None) -> ReceiptBody:
    if "ask" in asked:
        with _handed(suite, asked.get("picture")) as about:
            return account_of_answer(suite, suite.ask(asked["ask"], *about))
    check = _check(suite, asked, then, opened)
    return account_of_check(suite, check, suite.verify(check.text, check.evidence))


@contextmanager
def _handed(suite: Suite, picture: Json | None) -> Generator[list[str]]:
    """Let the picture of a question be read where it lay; a caller with own folders reads there alone."""
    file, roots = Path(picture["name"] if picture else ""), suite.parts.roots
    if picture and file.is_absolute() and file.is_file() and folders_of(suite.parts, suite.principal) is roots:
        with roots.lent(file) as named:
            yield [named]
    else:
        yield [picture["name"]] if picture else []


def _check(suite: Suite, asked: Json, then: _Side, opened: Opened | None) -> Check:
    from groundsight.tools.verify import searched

    text, files = asked["check"], tuple(asked["files"])
    if asked["how"] == "searched":
        return Check(text, searched(suite, text), searched=True)
    if not files:
        known = _still_there(suite, asked, then)
        each = {said: [known[one] for one in ids if one in known] for said, ids in asked["each"]}
        return Check(text, each or list(known.values()))
    if opened is None:
        raise InvalidArgument(
            "this was checked against files named on the command line",
            next_step="on the machine of these files: groundsight replay RECEIPT",
        )
    found: list[Evidence] = []
    for file in files:
        with suppress(NotFound):  # what is gone is named by the comparison
            found += opened(file)
    return Check(text, found, files=files)


def _still_there(suite: Suite, asked: Json, then: _Side) -> dict[str, Evidence]:
    """Return what was given and still is: units that may be seen, and the texts that were kept."""
    from groundsight.language.sentences import evidence_from_text
    from groundsight.retrieval.evidence import evidence_of

    ids = [one for one in then.units if not one.startswith(PLAIN)]
    rows = suite.parts.index.get(ids, visible_to(suite.principal)) if ids else ()
    units = {unit.unit_id: evidence_of(Hit(unit=unit, asset=asset, score=0.0, channels=())) for unit, asset in rows}
    texts = {one: evidence_from_text(one, one.replace("-", " "), text) for one, text in asked["texts"].items()}
    return units | texts


def _differences(then: _Side, now: _Side) -> Iterator[str]:
    """Say how the outcome differs: evidence that came or went, sentences and their verdicts, status and text."""
    old, new = then.units, now.units
    went, came = [one for one in old if one not in new], [one for one in new if one not in old]
    other = [one for one in old if one in new and old[one]["text"] != new[one]["text"]]
    yield from (f"evidence {one} is no longer found" for one in went)
    yield from (f"evidence {one} is found now" for one in came)
    yield from (f"evidence {one} reads otherwise" for one in other)
    if then.facts["status"] != now.facts["status"]:
        yield f"the outcome was {then.facts['status']} and is {now.facts['status']}"
    before, after = ([(each["text"], each["label"]) for each in side.every("sentence")] for side in (then, now))
    for number, (one, two) in enumerate(zip(before, after, strict=False), 1):
        if one != two:
            said = f"was {one[1]} and is {two[1]}" if one[1] != two[1] else "reads otherwise"
            yield f"sentence {number} {said}"
    if len(before) != len(after):
        yield f"there were {len(before)} sentences and are {len(after)}"
    if then.one("given").get("cited") != now.one("given").get("cited"):
        yield "other evidence is cited"
    elif then.one("given").get("text") != now.one("given").get("text") and "ask" in then.one("asked"):
        yield "the text reads otherwise"


def _changes(suite: Suite, kept: Receipt, then: _Side, now: _Side | None) -> Iterator[Change]:
    yield from (*_files(suite, kept, then, now), *_picture(then, now))
    if now is None:
        return
    for kind, name in (("model", "models"), ("prompt", "prompts"), ("setting", "settings")):
        yield from _entries(kind, then.facts[name], now.facts[name])  # pyright: ignore[reportArgumentType]
    for kind in ("policy", "version", "index"):
        if then.facts[kind] != now.facts[kind]:
            yield Change(what=kind, which=kind, how=f"was {then.facts[kind][:16]}, is {now.facts[kind][:16]}")
    yield from (
        Change(what="lane", which=lane, how="off or weakened then" if lane in then.facts["degraded"] else "off now")
        for lane in sorted({*then.facts["degraded"]} ^ {*now.facts["degraded"]})
    )
    was, is_now = kept.one("caller"), caller(suite.principal)
    yield from (
        Change(what="rights", which=name, how="of the caller is another one")
        for name in is_now
        if name != "kind" and name in was and was[name] != is_now[name]
    )


def _entries(kind: What, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted({*was} | {*now}):
        if was.get(name) == now.get(name):
            continue
        told = "was set otherwise" if kind == "setting" else f"was {was.get(name, 'none')}, is {now.get(name, 'none')}"
        yield Change(what=kind, which=name, how=told)


def _files(suite: Suite, kept: Receipt, then: _Side, now: _Side | None) -> Iterator[Change]:
    """Say of each document that was a candidate what became of it, and which ones came."""
    for document, time in sorted({(mark["document"], mark["time"]) for mark in kept.emptied}):
        yield Change(what="file", which=document, how=f"forgotten {time}")
    old = {each["source"]: each for each in then.every("candidate") if each["asset"]}
    here = _here(suite, [*old])
    for source, told in old.items():
        how = _became(suite, told, here.get(source))
        # A document that may not be seen any more is known by its id alone.
        yield from [Change(what="file", which=source if source in here else told["unit"], how=how)] if how else []
    if now is None:
        return
    yield from _outside(then, now)
    for source in dict.fromkeys(each["source"] for each in now.every("candidate") if each["asset"]):
        if source not in old and then.facts["index"] != now.facts["index"]:
            yield Change(what="file", which=source, how="among the evidence now")


def _picture(then: _Side, now: _Side | None) -> Iterator[Change]:
    """Say of the picture of a question whether it is still the one of then."""
    was = then.one("asked").get("picture")
    if was and now is None:
        yield Change(what="file", which=was["name"], how="gone, or not to be read any more")
    elif was and now and now.one("asked")["picture"]["sha256"] != was["sha256"]:
        yield Change(what="file", which=was["name"], how="the picture of the question, changed")


def _outside(then: _Side, now: _Side) -> Iterator[Change]:
    """What lay in no index: texts and files that were given."""
    gone = {
        each["source"]: one
        for one, each in then.units.items()
        if not each["asset"] and now.units.get(one, {}).get("text") != each["text"]
    }
    for source, one in gone.items():
        if then.one("asked").get("files"):
            yield Change(what="file", which=source, how="changed or gone")
        elif one.startswith(PLAIN):
            how = "was hidden in what was kept" if then.one("asked")["hidden"] else "was too long to be kept"
            yield Change(what="file", which=one, how=how)
        else:
            yield Change(what="file", which=one, how="was given by a program and is not kept")


def _here(suite: Suite, sources: Sequence[str]) -> dict[str, Asset]:
    if not sources:
        return {}
    where = visible_to(suite.principal).also(Condition(field="source", op="in", value=tuple(sources)))
    return {asset.source: asset for asset in suite.parts.index.assets(where)}


def _became(suite: Suite, told: Json, asset: Asset | None) -> str:
    from groundsight.ingestion.stale import stale_of

    if asset is None:
        return "gone, or not to be seen any more"
    if asset.sha256 != told["asset"]:
        return "changed, and read again"
    stale = stale_of(suite.parts, asset)
    return STALE_TEXT[stale] if stale and stale != told["stale"] else ""


def _excuses(kept: Receipt, then: _Side) -> Iterator[Change]:
    """What may differ though all that is named is as it was."""
    if then.one("asked").get("hidden"):
        yield Change(what="question", which="question", how="is kept with hidden values")
    if kept.facts["models"].get("writer", "rules") != "rules":
        yield Change(what="model", which="writer", how="is a language model, which may write otherwise")
    if "budget" in then.one("given").get("stop", ""):
        yield Change(what="setting", which="agent", how="a budget had ended the work")
    day = time_of(kept.facts["id"])[:10]
    if day != datetime.now(UTC).date().isoformat():
        yield Change(what="day", which=day, how="is over; what is recent is another question today")
