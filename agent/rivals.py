"""Sources that disagree: what another source says otherwise stands beside every answer."""

from __future__ import annotations

from collections.abc import Sequence

from groundsight.agent.answerer import RIVAL, answers
from groundsight.agent.candidates import Eyes
from groundsight.agent.compose import lay_out
from groundsight.agent.question import Question, told_by
from groundsight.agent.state import Draft, Said
from groundsight.agent.uphold import Check, Known, place_of
from groundsight.agent.versions import UNSAID, also, in_force_first, told
from groundsight.computing.say import say
from groundsight.evidence.passage_index import PassageIndex
from groundsight.evidence.passages import Passage, shortest_around
from groundsight.grounding.align import another_subject
from groundsight.language.content import content_of
from groundsight.language.facts import Facts, read_facts
from groundsight.tools.results import is_kept
from groundsight.types import Evidence, Quote, Verdict

# Of the words of a sentence without its values: two thirds let "late returns cost" differ from "a day ticket costs".
SAME_MATTER = 0.75
# Two words in common are the least that tells what a passage is about.
SHARED, MOST_UNHEARD, PASSAGES_UNHEARD = 2, 2, 2


def beside(draft: Draft, asked: Question, known: Known, check: Check, eyes: Eyes | None = None) -> Draft:
    """Set what another source says otherwise next to each sentence, what is in force first.

    With a reader each other source is asked the question too: it may answer it otherwise in other words.
    """
    against = _against(draft, asked, known, check)
    # What is computed has used every word of the question: no other reading of it stands beside.
    if eyes and draft.sentences and not against and not draft.computed:
        against = {0: _answering(draft, asked, known, eyes)}
    if draft.by != "rules" and draft.sentences and not any(against.values()):
        return draft.saying([*draft.pairs, *_unheard(draft, asked, known)])
    pairs = enumerate(draft.pairs)
    years = frozenset(one.year for one in asked.facts.moments if one.year)
    return draft.saying(said for at, pair in pairs for said in _ordered(pair, against.get(at, ()), known, years))


def _against(draft: Draft, asked: Question, known: Known, check: Check) -> dict[int, list[Quote]]:
    """Return for each sentence what other sources about the same thing say otherwise, one quote a source."""
    laid, found = lay_out(draft), dict[int, list[Quote]]()
    rows = {say(one): content_of(one.operands[0].of) for one in draft.computed}
    said = [read_facts(sentence) for sentence in draft.sentences]
    index = PassageIndex(_others(draft, asked, known))
    near = [one for one in index.passages if any(_same_matter(each, one) for each in said)]
    for source in dict.fromkeys(one.evidence.source for one in near):
        passages = [one for one in near if one.evidence.source == source]
        report = check(laid.text, [one for one in index.evidence if one.source == source])
        claims = {place_of(laid, one.claim.span): one for one in report.claims}
        for at, each in enumerate(said):
            row = rows.get(each.text, frozenset())
            mine = [one for one in passages if _same_matter(each, one) and row <= content_of(one.quote().text)]
            if rival := _contradicting(claims.get(at), mine) or _other_id(each, asked, mine):
                found.setdefault(at, []).append(rival.quote())
    return found


def _answering(draft: Draft, asked: Question, known: Known, eyes: Eyes) -> list[Quote]:
    """Return what other sources answer, one quote each: another value of the asked kind than any that was said."""
    said = [read_facts(sentence) for sentence in draft.sentences]
    found = answers(asked.text, _others(draft, asked, known), eyes, RIVAL)
    found = [one for one in found if not all(another_subject(each, read_facts(one.said)) for each in said)]
    best = {one.window.evidence.source: one for one in reversed(found)}
    return [one.whole for one in best.values() if _otherwise(read_facts(one.value), said)]


def _unheard(draft: Draft, asked: Question, known: Known) -> list[Said]:
    """Return what other sources say of the matter, where a model has taken all that it says from one source.

    A model believes the note that suits it; whether another source contradicts that is more than the check can tell.
    """
    cited = {known[one].source for cites in draft.cites for one in cites}
    if len(cited) != 1:
        return []
    question, answer = content_of(asked.text), content_of(" ".join(draft.sentences))
    # The picture that is asked about is no source beside what answers it.
    held = [one for one in known.values() if is_kept(one.evidence_id) and one.mark not in UNSAID]
    others = PassageIndex([one for one in held if one.source not in cited])
    by_source: dict[str, list[Passage]] = {}
    for one in others.passages:
        by_source.setdefault(one.evidence.source, []).append(one)
    told = sorted(((_covering(question, answer, each)) for each in by_source.values()), key=lambda each: -each[0])
    unheard = (one.quote() for shared, each in told[:MOST_UNHEARD] if shared >= SHARED for one in each)
    return [(also(one.text), (one.evidence_id,)) for one in unheard]


def _covering(
    question: frozenset[str], answer: frozenset[str], passages: Sequence[Passage]
) -> tuple[int, list[Passage]]:
    """Return how many words of question and answer up to two passages of a source hold, and these passages.

    A word of both counts twice: it is what is asked about, not whom.
    """
    held, chosen = frozenset[str](), list[Passage]()
    words = {id(one): content_of(one.quote().text) for one in passages}

    def worth(found: frozenset[str]) -> int:
        return len(found & (question | answer)) + len(found & question & answer)

    for _ in range(PASSAGES_UNHEARD):
        best = max(passages, key=lambda one: worth(words[id(one)] - held))
        if not worth(words[id(best)] - held):
            break
        held |= words[id(best)]
        chosen.append(best)
    return len(held & (question | answer)), chosen


def _otherwise(value: Facts, said: Sequence[Facts]) -> bool:
    """True for a number, date or name where the answer has one of the same kind and not this one."""
    for kind in ("quantities", "moments", "names"):
        mine = {one.text.casefold() for one in getattr(value, kind)}
        theirs = {one.text.casefold() for each in said for one in getattr(each, kind)}
        if mine and theirs:
            return not mine & theirs
    return False


def _others(draft: Draft, asked: Question, known: Known) -> list[Evidence]:
    """Return the evidence of sources that are not cited and speak of the same names of the question as what is."""
    cited = [known[one] for cites in draft.cites for one in cites]
    same, sources = _about(asked, cited), {one.source for one in cited}
    return [one for one in known.values() if one.source not in sources and same <= _about(asked, [one])]


def _about(asked: Question, evidence: Sequence[Evidence]) -> frozenset[str]:
    texts = [told_by(one) for one in evidence]
    return frozenset(need.shown for need in asked.hard if any(map(need.in_text, texts)))


def _contradicting(verdict: Verdict | None, passages: Sequence[Passage]) -> Passage | None:
    """Return the passage in which the check locates a conflict."""
    quotes = [one.evidence for one in verdict.reasons if one.evidence] if verdict else []
    if verdict is None or verdict.label != "contradicted" or not quotes:
        return None
    return shortest_around(passages, quotes[0])


def _other_id(said: Facts, asked: Question, passages: Sequence[Passage]) -> Passage | None:
    """Return a passage that gives another identifier for the same matter; an asked identifier is its subject."""
    ids = {one.key for one in said.ids}
    if not ids or ids & {one.key for one in asked.facts.ids}:
        return None
    return next((one for one in passages if one.facts.ids and not ids & one.facts.id_keys), None)


def _same_matter(said: Facts, passage: Passage) -> bool:
    """Say whether a passage has most words of a sentence, the values and names of both aside."""
    spans = [name.span for name in said.names]
    words = [one for one in said.words if not any(start <= one.start < end for start, end in spans)]
    held = passage.facts.keys | (passage.context_keys if passage.tabular else frozenset[str]())
    return sum(bool(one.keys & held) for one in words) >= max(1, SAME_MATTER * len(words))


def _ordered(pair: Said, against: Sequence[Quote], known: Known, years: frozenset[int]) -> list[Said]:
    """Write a sentence and what disagrees with it: the asked or the one in force first, the others as other sources."""
    if not against or not pair[1]:
        return [pair]
    said = [(pair[0], known[pair[1][0]], pair[1])]
    said += [(one.text, known[one.evidence_id], (one.evidence_id,)) for one in against]
    first, *rest = in_force_first(said, lambda one: one[1], years)
    return [(first[0], first[2]), *((told(text, one, first[1]), cites) for text, one, cites in rest)]
