"""The check of one answer: claims, verdicts, ratio, and whether it may be given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from groundsight.errors import GroundsightError, LimitExceeded
from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.tables import cell_readings, text_tables
from groundsight.grounding import Judge
from groundsight.grounding.anaphora import references
from groundsight.grounding.calibrate import Arbiter, open_arbiter
from groundsight.grounding.decide import decide
from groundsight.grounding.held import Held
from groundsight.language.facts import Facts, read_facts
from groundsight.language.sentences import split_claims, without_markers
from groundsight.language.speech import is_bare, is_checkable, stated
from groundsight.limits import Limits
from groundsight.tracing import Watch, Within
from groundsight.types import Claim, Evidence, GroundingReport, Quote, Reason, Verdict

if TYPE_CHECKING:
    from groundsight.settings import Grounding

_HARD = frozenset({"number_mismatch", "date_mismatch", "entity_missing", "comparison_mismatch"})
_SURE = 0.9
_BACK = 5
_INDENT = 4
_DECIDED = 0.8


Found = Mapping[str, Sequence[Evidence]]
"""The evidence of each sentence by its query; a sentence whose query is not there was not looked for."""


def verify(
    answer: str,
    evidence: Sequence[Evidence] | Found,
    settings: Grounding,
    judge: Judge | None = None,
    *,
    limits: Limits | None = None,
    watch: Watch | None = None,
    arbiter: Arbiter | None = None,
    meant: Callable[[str], str] = str,
) -> GroundingReport:
    """Check an answer sentence by sentence, against one evidence or each against its own (see ``queries_of``).

    A judge sees only the uncertain claims. The order of the evidence does not matter, and more of it takes support
    away only where it says otherwise. What was not looked for is ``unverified``. ``meant`` gives the id of the evidence
    that a citation means.

    Raises:
        LimitExceeded: the answer or the evidence is too long.
        TimedOut, Cancelled: the time is used up, or the watch was cancelled; seen between two comparisons.
    """
    most = limits or Limits()
    claims = tuple(_citing(claim, meant) for claim in _within(answer, evidence, most))
    bounded = Within(watch or Watch(), most.verify_seconds, "limits.verify_seconds")
    weighs = arbiter or open_arbiter(None)
    said = [read_facts(stated(without_markers(claim.text))) for claim in bounded.each(claims)]
    own = isinstance(evidence, Mapping)
    given: Found = evidence if own else {"": evidence}
    rows = _rows(answer)
    queries = [_query(claim, said, at) if own else "" for at, claim in enumerate(bounded.each(claims))]
    holdings = {
        query: Held(PassageIndex(sorted(given[query], key=_order), bounded)) for query in set(queries) if query in given
    }
    verdicts = tuple(
        decide(
            claim,
            holdings.get(query),
            weighs,
            said[max(0, at - _BACK) : at],
            listed=_listed(claims, said, at),
            cells=_cells(claim, rows),
        )
        for at, (claim, query) in enumerate(bounded.each(zip(claims, queries, strict=True)))
    )
    if judge is not None:
        pairs = bounded.each(zip(verdicts, queries, strict=True))
        verdicts = tuple(
            _refined(one, holdings[query].index, judge) if query in holdings else one for one, query in pairs
        )
    return report(verdicts, settings, weighs, judge)


def queries_of(answer: str) -> tuple[str, ...]:
    """Return what to search for each sentence that can be checked, in order, each once.

    A sentence that opens with a pronoun is searched with the names that it may mean.
    """
    claims = split_claims(answer)
    said = [read_facts(stated(without_markers(claim.text))) for claim in claims]
    return tuple(dict.fromkeys(query for at, claim in enumerate(claims) if (query := _query(claim, said, at))))


def _query(claim: Claim, said: Sequence[Facts], at: int) -> str:
    if not is_checkable(without_markers(claim.text)):
        return ""
    meant = (name.text for one in references(said[at], said[max(0, at - _BACK) : at]) for name in one.meant)
    return " ".join((*dict.fromkeys(meant), *said[at].text.split()))


def _citing(claim: Claim, meant: Callable[[str], str]) -> Claim:
    return claim.model_copy(update={"cites": tuple(map(meant, claim.cites))})


def _order(one: Evidence) -> tuple[str, str]:
    return one.evidence_id, one.text


def _listed(claims: Sequence[Claim], said: Sequence[Facts], at: int) -> bool:
    """True for a value under a line that ends with a colon, other values between them."""
    lead = next((claims[n] for n in range(at - 1, -1, -1) if not is_bare(said[n])), None)
    return lead is not None and lead.text.rstrip(" *_").endswith((":", "："))


def _rows(answer: str) -> dict[int, list[str]]:
    """What the rows of the tables that an answer draws state, cell by cell, by their start; a header states nothing."""
    tables = text_tables(answer, ())
    rows: dict[int, list[str]] = {table.spans[0][0]: [] for table in tables}
    for one in (reading for table in tables for reading in cell_readings(table)):
        rows.setdefault(one.span[0], []).append(" ; ".join(filter(None, (one.label, one.text))))
    return rows


def _cells(claim: Claim, rows: Mapping[int, list[str]]) -> list[str] | None:
    """The cells of the row that a claim is; None for what is no row."""
    return next((cells for start, cells in rows.items() if start <= claim.span.start < start + _INDENT), None)


def _within(answer: str, evidence: Sequence[Evidence] | Found, most: Limits) -> tuple[Claim, ...]:
    """Split an answer that is short enough, with evidence that is."""
    _refuse_over(len(answer), most.answer_chars, "the answer is too long", "characters (limits.answer_chars)")
    every = (one for found in evidence.values() for one in found) if isinstance(evidence, Mapping) else evidence
    chars = sum(len(one.text) for one in every)
    _refuse_over(chars, most.evidence_chars, "the evidence is too long", "characters (limits.evidence_chars)")
    claims = split_claims(answer)
    sentences = "sentences (limits.answer_sentences)"
    _refuse_over(len(claims), most.answer_sentences, "the answer has too many sentences", sentences)
    return claims


def _refuse_over(size: int, most: int, what: str, of: str) -> None:
    if size > most:
        raise LimitExceeded(
            what, which=f"{size}", limit=f"{most} {of}", next_step="check it in smaller parts", code="E_LIMIT_TEXT"
        )


def report(
    verdicts: tuple[Verdict, ...], settings: Grounding, arbiter: Arbiter, judge: Judge | None = None
) -> GroundingReport:
    """Count the verdicts and say whether the answer passes, with what failed."""
    checkable = sum(verdict.label != "not_checkable" for verdict in verdicts)
    supported = sum(verdict.label == "supported" for verdict in verdicts)
    contradicted = sum(verdict.label == "contradicted" for verdict in verdicts)
    unverified = sum(verdict.label == "unverified" for verdict in verdicts)
    ratio = supported / checkable if checkable else None
    return GroundingReport(
        verdict=_verdict(ratio, contradicted + unverified, settings),
        grounding_ratio=ratio,
        claims=verdicts,
        checkable=checkable,
        supported=supported,
        contradicted=contradicted,
        failed=_failed(ratio, contradicted, unverified, settings),
        method=arbiter.method if judge is None else f"{arbiter.method}+{judge.fingerprint}",
        calibration=arbiter.calibration.version,
    )


def _verdict(ratio: float | None, barred: int, settings: Grounding) -> Literal["pass", "revise", "abstain"]:
    if ratio is None or ratio < settings.refuse:
        return "abstain"
    return "pass" if ratio >= settings.target and not barred else "revise"


def _failed(ratio: float | None, contradicted: int, unverified: int, settings: Grounding) -> tuple[str, ...]:
    found: list[str] = []
    if ratio is None:
        found.append("nothing can be checked")
    elif ratio < settings.target:
        found.append(f"grounding ratio {ratio:.2f} is under {settings.target:.2f}")
    if contradicted:
        found.append(f"{contradicted} contradicted")
    if unverified:
        found.append(f"{unverified} unchecked")
    return tuple(found)


def _refined(verdict: Verdict, index: PassageIndex, judge: Judge) -> Verdict:
    """Ask the judge where the checks found neither support they are sure of nor a located conflict."""
    if verdict.label in ("not_checkable", "contradicted", "unverified") or not index.passages:
        return verdict
    if verdict.label == "supported" and verdict.probability >= _SURE:
        return verdict
    if any(reason.code in _HARD for reason in verdict.reasons):
        return verdict
    return _judged(verdict, index, judge)


def _judged(verdict: Verdict, index: PassageIndex, judge: Judge) -> Verdict:
    try:
        said = judge.score(verdict.claim.text, index.evidence)
    except (GroundsightError, OSError, RuntimeError, ValueError, TypeError, ArithmeticError, LookupError) as error:
        reason = Reason(code="judge_failed", message=f"the judge failed: {type(error).__name__}")
        return verdict.model_copy(
            update={
                "label": "unverified",
                "support": (),
                "reasons": (*verdict.reasons, reason),
                "judge": judge.fingerprint,
            }
        )
    return _with_judgement(verdict, index, said.supported, said.contradicted, judge.fingerprint)


def _with_judgement(verdict: Verdict, index: PassageIndex, supported: float, contradicted: float, name: str) -> Verdict:
    reason = Reason(
        code="judge", message=f"the judge gives support {supported:.2f} and contradiction {contradicted:.2f}"
    )
    reasons = (*verdict.reasons, reason)
    base = verdict.model_copy(update={"reasons": reasons, "judge": name, "probability": min(1.0, max(0.0, supported))})
    if supported >= _DECIDED:
        quotes = verdict.support or _closest_quotes(verdict, index)
        return base.model_copy(update={"label": "supported" if quotes else "unsupported", "support": quotes})
    if contradicted >= _DECIDED:
        return base.model_copy(update={"label": "contradicted", "support": ()})
    return base.model_copy(update={"label": "supported" if verdict.support and supported >= 0.5 else "unsupported"})


def _closest_quotes(verdict: Verdict, index: PassageIndex) -> tuple[Quote, ...]:
    """The passage that shares most words with a claim which the judge supports."""
    return tuple(passage.quote() for passage in index.closest(read_facts(verdict.claim.text), 1))
