"""What is kept of an answer or a check: the account that becomes its receipt."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundsight import __version__
from groundsight.governance.answer_figures import figures_of, note_given
from groundsight.governance.lookout import ask_rules_if_due
from groundsight.governance.pii import Memory, keyed, redact
from groundsight.governance.policy import policy_hash, policy_of
from groundsight.governance.pseudonyms import home_key
from groundsight.governance.receipts import ReceiptBody, Receipts, new_receipt
from groundsight.prompts import hash_of_prompt
from groundsight.quality.drift import baseline_of, other_hashes
from groundsight.types import Answer, Asset, Considered, Evidence, Filter, GroundingReport, Verdict

if TYPE_CHECKING:
    from groundsight.settings import Settings
    from groundsight.suite import Suite

Json = dict[str, Any]
Given = Sequence[Evidence] | Mapping[str, Sequence[Evidence]]
# What decides an answer; the rest of the settings says where things lie and who may come in.
SECTIONS = ("limits", "models", "search", "grounding", "agent")
PROMPTS = ("plan", "draft", "revise")
MOST_CANDIDATES, TEXTS_CHARS, PLAIN = 100, 20_000, "text-"


@dataclass(frozen=True)
class Check:
    """A check as it was asked for: the text, what it was held to, and the files where a person named some."""

    text: str
    evidence: Given
    searched: bool = False
    files: tuple[str, ...] = ()

    @property
    def every(self) -> tuple[Evidence, ...]:
        """All evidence, each once."""
        found = self.evidence
        flat = [one for each in found.values() for one in each] if isinstance(found, Mapping) else found
        return tuple({one.evidence_id: one for one in flat}.values())


def account_of_answer(suite: Suite, answer: Answer) -> ReceiptBody:
    """Return what is kept of an answer."""
    shown = _Shown(suite)
    cited = [each.evidence_id for each in answer.citations]
    candidates = list(shown.candidates(answer.candidates, cited))
    rests = sorted({_asset_id(each) for each in cited})
    asked: Json = {"ask": shown.clean(answer.question), "hidden": shown.clean(answer.question) != answer.question}
    if answer.picture:
        asked["picture"] = {"name": shown.clean(answer.picture.name), "sha256": answer.picture.sha256}
    given = {"stop": shown.clean(answer.stop_reason), "fit": answer.fit.value, "text": _sha(answer.text)}
    facts = {
        **circumstances(suite),
        **_prompts(suite.settings),
        "models": {**answer.tier.models, "checks": _checks(suite)},
        "tier": answer.tier.name,
        "degraded": [lane.lane for lane in answer.degraded],
        "status": answer.status,
        "ratio": answer.grounding_ratio,
        "answer": answer.cached.receipt if answer.cached else answer.receipt,
    }
    if answer.cached:
        facts["cached"] = answer.cached.age
    parts = [
        {"kind": "asked", **asked, "rests": rests},
        {"kind": "given", **given, "cited": cited, "rests": rests},
        *candidates,
        *map(shown.sentence, answer.verdicts),
    ]
    return ReceiptBody(facts, tuple(parts))


def account_of_check(suite: Suite, check: Check, report: GroundingReport) -> ReceiptBody:
    """Return what is kept of a check."""
    from groundsight.retrieval.evidence import candidate_of
    from groundsight.retrieval.search import tier_of

    shown, tier = _Shown(suite), tier_of(suite.parts)
    supports = [quote.evidence_id for verdict in report.claims for quote in verdict.support]
    cited = list(dict.fromkeys(supports))
    rests = sorted({_asset_id(each) for each in cited if not each.startswith(PLAIN)})
    parts = [
        {"kind": "asked", **_asked(check, shown), "rests": rests},
        {"kind": "given", "stop": report.method, "text": _sha(check.text), "cited": cited, "rests": rests},
        *shown.candidates(map(candidate_of, check.every), cited),
        *map(shown.sentence, report.claims),
    ]
    facts = {
        **circumstances(suite),
        "prompts": {},
        "models": {**(tier.models if check.searched else {}), "checks": report.method},
        "tier": tier.name,
        "degraded": [lane.lane for lane in suite.parts.degraded()],
        "status": report.verdict,
        "ratio": report.grounding_ratio,
    }
    return ReceiptBody(facts, tuple(parts))


def check_noted(suite: Suite, check: Check) -> GroundingReport:
    """Check a text, and keep the figures of that beside those of the answers.

    Raises:
        InvalidArgument: there is no text. StorageFailed, Locked: the home can't be written.
    """
    from groundsight.retrieval.search import tier_of

    start, who = time.perf_counter(), suite.principal
    report = suite.verify(check.text, check.evidence)
    kinds = {each.evidence_id: each.kind for each in check.every}
    cited = {kinds[quote.evidence_id] for one in report.claims for quote in one.support if quote.evidence_id in kinds}
    figures = figures_of(
        who,
        report,
        door="verify",
        status=report.verdict,
        ratio=report.grounding_ratio,
        seconds=round(time.perf_counter() - start, 4),
        tier=tier_of(suite.parts).name,
        kinds=tuple(sorted(cited)),
    )
    note_given(suite.settings.home, figures, policy_of(suite.settings).retention_days)
    ask_rules_if_due(suite.settings, who)
    return report


def keep(suite: Suite, account: ReceiptBody, door: str, tool: str) -> str:
    """Keep a receipt where no gate does, and return its id, empty where none are kept.

    Raises:
        StorageFailed: the disk refused. Locked: another process writes for too long.
    """
    receipts = Receipts.open(suite.settings)
    if receipts is None:
        return ""
    receipt_id = new_receipt()
    receipts.add(receipt_id, suite.principal, account.of(door, tool))
    return receipt_id


def with_receipt(suite: Suite, answer: Answer, door: str) -> Answer:
    """Keep a receipt of an answer where no gate does; it has its id."""
    kept = keep(suite, account_of_answer(suite, answer), door, "ask") if suite.settings.governance.receipts_days else ""
    return answer.model_copy(update={"receipt": kept or answer.receipt})


def checked_with_receipt(suite: Suite, check: Check, door: str) -> GroundingReport:
    """Check a text and keep a receipt where no gate does; the report has its id."""
    report = check_noted(suite, check)
    if not suite.settings.governance.receipts_days:
        return report
    kept = keep(suite, account_of_check(suite, check, report), door, "verify")
    return report.model_copy(update={"receipt": kept})


class _Shown:
    """What of one call may be kept: redacted as documents are, with the same placeholder for the same value."""

    def __init__(self, suite: Suite) -> None:
        self._suite, self._memory = suite, Memory()
        self._kinds = suite.settings.governance.redact

    def clean(self, text: str) -> str:
        return redact(text, self._kinds, self._memory).text if self._kinds else text

    def candidates(self, found: Iterable[Considered], cited: Sequence[str]) -> Iterator[Json]:
        """Yield a part for each candidate, what is cited first, with the content hash of its document."""
        order = sorted(found, key=lambda one: one.evidence_id not in cited)[:MOST_CANDIDATES]
        assets = self._assets([one.evidence_id for one in order])
        for one in order:
            asset = assets.get(_asset_id(one.evidence_id))
            yield {
                "kind": "candidate",
                "unit": one.evidence_id,
                "source": one.source if asset else self.clean(Path(one.source).name),
                "page": one.page,
                "asset": asset.sha256 if asset else "",
                "text": one.sha256,
                "tokens": one.tokens,
                "score": round(one.score, 6),
                "channels": {
                    each.channel: [round(each.raw, 6), each.rank, round(each.weight, 6), round(each.contribution, 6)]
                    for each in one.channels
                },
                "hop": one.hop,
                "stale": one.stale,
            }

    def sentence(self, verdict: Verdict) -> Json:
        """Return the part of one sentence: its words, its verdict and why, and the units that decided."""
        against = (reason.evidence.evidence_id for reason in verdict.reasons if reason.evidence)
        return {
            "kind": "sentence",
            "text": self.clean(verdict.claim.text),
            "label": verdict.label,
            "probability": round(verdict.probability, 4),
            "judge": verdict.judge,
            "reasons": [[reason.code, self.clean(reason.message)] for reason in verdict.reasons],
            "rests": list(dict.fromkeys(quote.evidence_id for quote in verdict.support)),
            "against": list(dict.fromkeys(against)),
        }

    def _assets(self, unit_ids: Iterable[str]) -> Mapping[str, Asset]:
        from groundsight.governance.access import visible_to
        from groundsight.types import Condition

        wanted = tuple(sorted({_asset_id(each) for each in unit_ids if not each.startswith(PLAIN)}))
        if not wanted:
            return {}
        where: Filter = visible_to(self._suite.principal)
        one_of = Condition(field="asset_id", op="in", value=wanted)
        return {asset.asset_id: asset for asset in self._suite.parts.index.assets(where.also(one_of))}


def _asked(check: Check, shown: _Shown) -> Json:
    """Say what was checked against what, so that it can be checked again."""
    plain = {each.evidence_id: each.text for each in check.every if each.evidence_id.startswith(PLAIN)}
    kept = sum(map(len, plain.values())) <= TEXTS_CHARS
    texts = {name: shown.clean(text) for name, text in plain.items()} if kept else {}
    text = shown.clean(check.text)
    each = not check.searched and isinstance(check.evidence, Mapping)
    return {
        "check": text,
        "how": "searched" if check.searched else "files" if check.files else "given",
        "texts": texts,
        "files": list(check.files),
        "each": [[shown.clean(said), [one.evidence_id for one in found]] for said, found in check.evidence.items()]
        if each and isinstance(check.evidence, Mapping)
        else [],
        "hidden": text != check.text or texts != plain,
    }


def _prompts(settings: Settings) -> Json:
    """Return the hashes of the prompts that a model was asked with, and which are not those of the baseline."""
    if not settings.agent.llm:
        return {"prompts": {}}
    now, accepted = {name: hash_of_prompt(name, settings.agent.prompts) for name in PROMPTS}, baseline_of(settings.home)
    return {"prompts": now, "prompts_changed": list(other_hashes(accepted.prompts, now)) if accepted else []}


def circumstances(suite: Suite) -> Json:
    """Return what decides an answer beside its question: policy, settings by hash, version and index."""
    settings = suite.settings
    return {
        "policy": policy_hash(settings),
        "settings": settings_told(settings),
        "version": __version__,
        "index": suite.parts.index.version(),
    }


def settings_told(settings: Settings) -> dict[str, str]:
    """Return a keyed hash of each setting that decides answers and is not the default, by its path; no value."""
    told: dict[str, str] = {}
    for name in SECTIONS:
        section = getattr(settings, name)
        usual = dict(_leaves(name, type(section)().model_dump(mode="json")))
        now = _leaves(name, section.model_dump(mode="json", warnings=False))
        others = [(path, value) for path, value in now if usual.get(path) != value]
        told |= {path: keyed(home_key(settings.home), path, value).hex()[:12] for path, value in others}
    return told


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _leaves(f"{path}.{name}", inner)
    else:
        yield path, json.dumps(value)


def _checks(suite: Suite) -> str:
    judge = suite.parts.judge
    return suite.parts.arbiter.method + (f"+{judge.fingerprint}" if judge else "")


def _asset_id(unit_id: str) -> str:
    return unit_id.rpartition("-")[0] or unit_id


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
