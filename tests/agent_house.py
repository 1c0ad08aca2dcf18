"""A suite over a handful of texts for the tests of the agent: real words, no model, no file, no clock."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from weakref import finalize

from groundsight.encoders import TextEncoder, open_reader, open_text_encoder, open_verifier
from groundsight.encoders.reader import Reader
from groundsight.errors import BackendDown
from groundsight.grounding.calibrate import Arbiter, open_arbiter
from groundsight.language.content import stems_of
from groundsight.operation.calls import Calls
from groundsight.questions import Questions
from groundsight.settings import Models, Settings, load_settings
from groundsight.tracing import Watch
from groundsight.types import (
    Answer,
    Asset,
    Claim,
    Evidence,
    Filter,
    GroundingReport,
    Hit,
    Principal,
    Query,
    Quote,
    SearchResult,
    Span,
    Tier,
    Unit,
    Verdict,
)
from tests.build import every, make_asset, make_unit
from tests.doors import NoRoots

HOUSE = {
    "invoices/inv-2041.txt": "Invoice INV-2041\nCustomer: Acme Corp\nTotal: EUR 1,284.50\nDue: 5 March 2024",
    "invoices/inv-2042.txt": "Invoice INV-2042\nCustomer: Bolt Ltd\nTotal: EUR 99.00\nVAT number: DE12345",
    "staff.md": "The manager of the Berlin office is Anna Schmidt. Bob Lee runs the Paris office.\n\n"
    "Anna Schmidt can be reached at extension 4711.",
    "policy.txt": "Travel policy\nPrepared by Bob Lee. Smoking is not allowed in the office. "
    "The notice period is 90 days.",
    "alpha.txt": "Project Alpha has a budget of EUR 5,000.",
    "beta.txt": "Project Beta has a budget of EUR 7,000.",
    "report-2024.md": "Annual report 2024\nRevenue in 2024 was EUR 8.1 million. The company had 52 employees.",
}


def make_evidence(text: str, source: str = "notes.txt", **fields: object) -> Evidence:
    """An evidence that holds a text."""
    base = {"evidence_id": f"{source}#0", "kind": "text", "source": source, "text": text}
    return Evidence.model_validate({**base, **fields})


class OneVersion:
    """An index that only knows its version."""

    def version(self) -> str:
        return "v1"

    def assets(self, where: Filter) -> tuple[Asset, ...]:
        return ()


class HouseParts:
    """Parts with an index version and the packaged nets, which are opened once for all houses."""

    index, roots, judge = OneVersion(), NoRoots(), None

    def __init__(self, settings: Settings) -> None:
        self.settings, self.questions, self.calls = settings, Questions(settings.home), Calls(settings)

    @property
    def text_encoder(self) -> TextEncoder | None:
        return _nets()[0]

    @property
    def reader(self) -> Reader | None:
        return _nets()[1]

    @property
    def arbiter(self) -> Arbiter:
        return open_arbiter(_nets()[2])


@cache
def _nets() -> tuple[TextEncoder | None, Reader | None, Reader | None]:
    reader = open_reader(Models())
    return open_text_encoder(Models()), reader, open_verifier(Models(), lambda: reader)


class HouseSuite:
    """Searches by shared words and calls a line supported when its words and numbers are in one evidence."""

    def __init__(self, texts: Mapping[str, str] = HOUSE, watch: Watch | None = None, **agent: object) -> None:
        self.texts, self.watch, self.principal = dict(texts), watch or Watch(), Principal()
        home = Path(mkdtemp())
        finalize(self, rmtree, home, ignore_errors=True)
        self.settings = Settings.model_validate({"agent": agent, "home": home})
        self.parts = HouseParts(self.settings)
        self.created: dict[str, date] = {}
        self.queries: list[str] = []
        self.failures: list[Exception] = []
        self.never: set[str] = set()

    def acting_for(self, principal: Principal | None = None, watch: Watch | None = None) -> HouseSuite:
        return self

    def search(self, query: Query | str) -> SearchResult:
        text = query if isinstance(query, str) else query.text
        self.queries.append(text)
        self.watch.check()
        if self.failures:
            raise self.failures.pop(0)
        hits = [hit for source in self.texts if (hit := self._hit(source, stems_of(text)))]
        ranked = sorted(hits, key=lambda hit: (-hit.score, hit.asset.source))[:10]
        return SearchResult(query=text, hits=tuple(ranked), tier=Tier(models={"text": "words"}))

    def verify(self, answer: str, evidence: Sequence[Evidence] | Mapping[str, Sequence[Evidence]]) -> GroundingReport:
        claims = tuple(self._verdict(found, every(evidence)) for found in re.finditer(r"[^\n]+", answer))
        supported = sum(one.label == "supported" for one in claims)
        ratio = supported / len(claims) if claims else None
        return GroundingReport(
            verdict="pass" if supported == len(claims) else "revise",
            grounding_ratio=ratio,
            claims=claims,
            checkable=len(claims),
            supported=supported,
            contradicted=0,
        )

    def _hit(self, source: str, wanted: frozenset[str]) -> Hit | None:
        asset: Asset = make_asset(source, created=self.created.get(source))
        unit: Unit = make_unit(asset, 0, self.texts[source])
        score = len(wanted & stems_of(f"{source} {unit.text}"))
        return Hit(unit=unit, asset=asset, score=float(score), channels=()) if score else None

    def _verdict(self, found: re.Match[str], evidence: Sequence[Evidence]) -> Verdict:
        line = re.sub(r"\s*\[\d+\]|another source differs:", "", found.group(0), flags=re.I)
        words, numbers = stems_of(line), set(re.findall(r"\d[\d.,]*\d|\d", line))
        holder = next((one for one in evidence if _says(one, words, numbers)), None)
        good = holder is not None and not any(word in line for word in self.never)
        whole = Span(start=0, end=len(holder.text)) if holder else Span(start=0, end=0)
        quotes = (Quote(evidence_id=holder.evidence_id, span=whole, text=holder.text),) if holder and good else ()
        claim = Claim(text=found.group(0), span=Span(start=found.start(), end=found.end()))
        return Verdict(claim=claim, label="supported" if good else "unsupported", probability=0.9, support=quotes)


def _says(one: Evidence, words: frozenset[str], numbers: set[str]) -> bool:
    held = stems_of(f"{one.text} {one.source}")
    return len(words & held) >= 0.8 * len(words) and all(number in one.text for number in numbers)


def down() -> Exception:
    """A failure that a second try may not meet."""
    return BackendDown("the index is away", next_step="try again")


class AskedHouse(HouseSuite):
    """The same house behind a door: it answers through the graph, for whoever calls, with a home for the trail."""

    def __init__(self, home: Path, texts: Mapping[str, str] = HOUSE, **agent: object) -> None:
        super().__init__(texts)
        self.settings = load_settings(home, agent=agent)
        self.parts = HouseParts(self.settings)
        self.closed = False

    def acting_for(self, principal: Principal | None = None, watch: Watch | None = None) -> AskedHouse:
        other = copy.copy(self)
        other.principal, other.watch = principal or self.principal, watch or self.watch
        return other

    def ask(self, question: str) -> Answer:
        from groundsight.graphs.answer import answer_question

        return answer_question(self, question)  # type: ignore[arg-type]

    def close(self) -> None:
        self.closed = True
