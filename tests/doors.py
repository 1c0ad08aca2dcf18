"""A scripted suite for the tests of the doors: real words and a real index contract, no model and no disk."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from groundsight.errors import NotFound
from groundsight.governance.access import matches
from groundsight.governance.limits import RateLimiter
from groundsight.index import Counts
from groundsight.ingestion import FileReport, IngestReport, Problem
from groundsight.ingestion.folder.account import Account, account
from groundsight.ingestion.folder.catalogue import Catalogue, Wanted, catalogue
from groundsight.ingestion.folder.orders import Order, Orders
from groundsight.ingestion.forget import ForgetReport
from groundsight.operation.calls import Calls
from groundsight.questions import Questions
from groundsight.retrieval.missed import Fate
from groundsight.settings import Settings, load_settings
from groundsight.tools.gate import Gate
from groundsight.tools.registry import tool
from groundsight.tracing import Watch
from groundsight.types import (
    Answer,
    Asset,
    ChannelScore,
    Citation,
    Claim,
    Degraded,
    Evidence,
    Filter,
    GroundingReport,
    Hit,
    Place,
    Principal,
    Query,
    Quote,
    Reason,
    SearchResult,
    Span,
    Tag,
    TextLine,
    Tier,
    Unit,
    Verdict,
)
from tests.build import every, make_asset, make_unit

LANE = Degraded(lane="caption", reason="no captioner", remedy="pip install 'groundsight[models]'")
CANARY = "CANARY-hunter2-S3CR3T"


class ListIndex:
    """The reading half of the index contract over a list."""

    def __init__(self, *rows: tuple[Unit, Asset]) -> None:
        self.rows = list(rows)

    def get(self, unit_ids: Sequence[str], where: Filter) -> tuple[tuple[Unit, Asset], ...]:
        rows = {unit.unit_id: (unit, asset) for unit, asset in self.rows if matches(where, asset, unit)}
        return tuple(rows[unit_id] for unit_id in unit_ids if unit_id in rows)

    def assets(self, where: Filter) -> tuple[Asset, ...]:
        seen = {asset.asset_id: asset for _, asset in self.rows if matches(where, asset)}
        return tuple(sorted(seen.values(), key=lambda asset: asset.source))

    def units(self, asset_id: str, where: Filter) -> tuple[Unit, ...]:
        return tuple(unit for unit, asset in self.rows if asset.asset_id == asset_id and matches(where, asset, unit))

    def count(self, where: Filter) -> Counts:
        units = [unit for unit, asset in self.rows if matches(where, asset, unit)]
        return Counts(assets=len(self.assets(where)), units=len(units))

    def fingerprints(self) -> Mapping[str, str]:
        return {"text": "test-words@1"}

    def version(self) -> str:
        return "1-test"


class ScriptedParts:
    """The parts that tools reach for."""

    def __init__(self, index: ListIndex, roots: Any, settings: Settings) -> None:
        self.index, self.roots, self.settings = index, roots, settings
        self.ocr: Any = None
        self.names: Any = None
        self.masks: Any = None
        self.tagger: Any = None
        self.captioner: Any = None
        self.sandbox: Any = None
        self.judge = self.text_encoder = self.picture_encoder = self.audio_encoder = self.reranker = None
        self.fuser = SimpleNamespace(name="rrf")
        self.arbiter = SimpleNamespace(method="scripted")
        self.questions, self.calls = Questions(settings.home), Calls(settings)

    def degraded(self) -> tuple[Degraded, ...]:
        return (LANE,)


class NoRoots:
    """No folder may be read."""

    def names(self) -> tuple[str, ...]:
        return ()

    def only(self, folders: object) -> NoRoots:
        return self

    def whole(self) -> NoRoots:
        return self

    def source_of(self, source: str) -> str:
        raise NotFound("no such file in the folders that may be read")

    stat = open_inside = source_of_any = listing = source_of


class Anywhere(NoRoots):
    """Every path may be read."""

    def source_of(self, source: str) -> str:
        return source


class ScriptedSuite:
    """A suite whose verbs are functions that the test gives; the default ones answer from ``rows``."""

    def __init__(
        self,
        settings: Settings,
        *rows: tuple[Unit, Asset],
        principal: Principal | None = None,
        roots: Any = None,
        watch: Watch | None = None,
        **verbs: Callable[..., Any],
    ) -> None:
        self.settings = settings
        self.parts = ScriptedParts(ListIndex(*rows), roots or NoRoots(), settings)
        self.principal = principal or Principal(may_write=True)
        self.watch = watch or Watch()
        self.verbs = verbs
        self.closed = threading.Event()

    def acting_for(self, principal: Principal | None = None, watch: Watch | None = None) -> ScriptedSuite:
        other = ScriptedSuite(self.settings, principal=principal or self.principal, watch=watch, **self.verbs)
        other.parts = self.parts
        return other

    def search(self, query: Query) -> SearchResult:
        return self._do("search", query) or found(query, self.parts.index.rows)

    def ask(self, question: str) -> Answer:
        return self._do("ask", question) or an_answer(question)

    def verify(self, answer: str, evidence: Sequence[Evidence] | Mapping[str, Sequence[Evidence]]) -> GroundingReport:
        return self._do("verify", answer, evidence) or a_report(answer, every(evidence))

    def ingest(self, paths: Sequence[Path], *, prune: bool = False, confined: bool = False) -> IngestReport:
        return self._do("ingest", paths, prune) or an_ingest(paths)

    def forget(self, names: Sequence[str]) -> ForgetReport:
        return self._do("forget", names) or ForgetReport(forgotten=tuple(names))

    def list(self, wanted: Wanted) -> Catalogue:
        return catalogue(self.parts, self.principal, wanted)  # type: ignore[arg-type]

    def why(self, file: str, question: str = "") -> tuple[Account, Fate | None]:
        return account(self.parts, self.principal, file), None  # type: ignore[arg-type]

    def orders(self) -> tuple[Order, ...]:
        return Orders(self.settings.home).of(self.principal)

    def ingest_later(self, paths: Sequence[str], *, prune: bool = False) -> Order:
        return Orders(self.settings.home).add(self.principal, paths, prune=prune)

    def stop(self, order: str) -> Order:
        return Orders(self.settings.home).stop(self.principal, order)

    def close(self) -> None:
        self.closed.set()

    def __enter__(self) -> ScriptedSuite:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, verb: str, *arguments: Any) -> Any:
        return self.verbs[verb](self, *arguments) if verb in self.verbs else None


def call(suite: Any, name: str, **arguments: Any) -> Any:
    """Call a tool through a gate that neither audits nor limits."""
    return Gate("test", audit=None, limiter=RateLimiter(1_000, 1_000)).call(tool(name), suite, arguments)


def some_rows() -> list[tuple[Unit, Asset]]:
    """Two documents: a contract with three passages on two pages, and a note."""
    contract, note = make_asset("docs/contract.pdf", pages=2), make_asset("docs/note.txt")
    return [
        (make_unit(contract, 0, "The notice period is 90 days.", place=Place(page=1)), contract),
        (make_unit(contract, 1, "Either party may end the contract.", place=Place(page=1)), contract),
        (make_unit(contract, 2, "Signed in Lisbon.", place=Place(page=2)), contract),
        (make_unit(note, 0, "The meeting is on Monday."), note),
    ]


def found(query: Query, rows: Sequence[tuple[Unit, Asset]]) -> SearchResult:
    """Every row that passes the filter, scored by rank in one channel."""
    kept = [(unit, asset) for unit, asset in rows if matches(query.where, asset, unit)][: query.limit]
    hits = [
        Hit(unit=unit, asset=asset, score=1 / rank, channels=(channel(rank),), matched=("notice",))
        for rank, (unit, asset) in enumerate(kept, start=1)
    ]
    return SearchResult(query=query.text, hits=tuple(hits), tier=Tier(models={"text": "test"}), degraded=(LANE,))


def channel(rank: int) -> ChannelScore:
    """One channel that gives the whole score."""
    return ChannelScore(channel="bm25_text", raw=3.0, rank=rank, contribution=1 / rank)


def an_answer(question: str, unit_id: str = "0123456789abcdef-0000") -> Answer:
    """A supported one-sentence answer."""
    sentence = "The notice period is 90 days."
    quote = Quote(evidence_id=unit_id, span=Span(start=0, end=29), text=sentence, source="docs/contract.pdf", page=1)
    return Answer(
        question=question,
        status="answered",
        text=f"{sentence} [1]",
        stop_reason="grounded",
        grounding_ratio=1.0,
        verdicts=(
            Verdict(
                claim=Claim(text=sentence, span=Span(start=0, end=29)),
                label="supported",
                probability=0.97,
                support=(quote,),
                reasons=(Reason(code="verbatim", message="the source says exactly this"),),
            ),
        ),
        citations=(Citation(marker="[1]", evidence_id=unit_id, source="docs/contract.pdf", page=1, quote=sentence),),
        degraded=(LANE,),
    )


def a_report(answer: str, evidence: Sequence[Evidence]) -> GroundingReport:
    """Supported when the whole answer stands in an evidence, else contradicted."""
    good = any(answer.strip() in each.text for each in evidence)
    verdict = Verdict(
        claim=Claim(text=answer, span=Span(start=0, end=len(answer))),
        label="supported" if good else "contradicted",
        probability=0.9,
        reasons=(Reason(code="verbatim" if good else "number_mismatch", message="30 days here, 90 days there"),),
    )
    return GroundingReport(
        verdict="pass" if good else "revise",
        grounding_ratio=1.0 if good else 0.0,
        claims=(verdict,),
        checkable=1,
        supported=int(good),
        contradicted=int(not good),
    )


def an_ingest(paths: Sequence[Path]) -> IngestReport:
    """One file added, one failed."""
    bad = Problem(code="E_PARSE", what="the file is encrypted", which="b.pdf", next_step="remove the password")
    files = (
        FileReport(source="docs/a.txt", status="added", units=3),
        FileReport(source="docs/b.pdf", status="failed", problem=bad),
    )
    return IngestReport(files=files, added=1, failed=1, units=3)


class OneLine:
    """An OCR reader, tagger and captioner in one."""

    fingerprint = "test@1"

    def read(self, picture: object) -> tuple[TextLine, ...]:
        from groundsight.types import Box

        return (TextLine(text="EXIT\x1b[31m", box=Box(x0=0.1, y0=0.1, x1=0.5, y1=0.2), confidence=0.9),)

    def tags(self, picture: object) -> tuple[Tag, ...]:
        return (Tag(name="sign", probability=0.8),)

    def caption(self, picture: object) -> str:
        return "a sign above a door"


def settings_at(home: Path, **values: object) -> Settings:
    """Settings whose home is a folder of the test."""
    return load_settings(home, **values)


def trail(home: Path) -> list[tuple[str, str]]:
    """The tool and the outcome of each call of a home that has ended."""
    file = home / "audit" / "audit.jsonl"
    lines = file.read_text().splitlines() if file.exists() else []
    return [(line["tool"], line["outcome"]) for line in map(json.loads, lines) if line["kind"] == "end"]
