"""Questions with a picture that ask for what is near to it: "more like this", "which table is this chart from"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from groundsight.agent.listing import Pointed, listed
from groundsight.agent.picture import SHORTEST, UNSEEN, UNSEEN_TEXT, evidence_seen, words_apart
from groundsight.evidence.places import quoted
from groundsight.governance.access import visible_to
from groundsight.language.pointing import Near, points_to
from groundsight.limits import has_words
from groundsight.retrieval.copies import TELLING_BITS, copies_of, is_copy
from groundsight.retrieval.evidence import evidence_of
from groundsight.retrieval.identifiers import is_named
from groundsight.retrieval.words import fold, quotable, terms_of
from groundsight.types import Answer, Condition, Evidence, Filter, Fit, Hit, Query, Reason
from groundsight.types.showing import number_of, where

if TYPE_CHECKING:
    from groundsight.agent.picture import Sight
    from groundsight.suite import Suite

LOOKED = ("figure", "image", "page", "video")
KINDS: dict[Near, tuple[str, ...]] = {
    "alike": LOOKED, "copies": LOOKED, "pictures": LOOKED,
    "tables": ("table",), "texts": ("text", "table", "page", "audio", "video"),
}  # fmt: skip
MOST_SHOWN, LOOKED_AT, SHARED, WORDS_TOLD = 5, 24, 2, 6
LOOKS = Reason(code="weak_channel", message="nearness, as a model of pictures or a hash sees it: no proof of anything")


def from_the_neighbours(suite: Suite, question: str, sight: Sight) -> Answer | None:
    """List what is near to the picture of a question, with places; None for questions that ask for anything else.

    What a picture was drawn from is told by the words and numbers that stand in both; where fewer than two
    do and no identifier, the question goes its usual way.
    """
    near = points_to(question)
    if near is None:
        return None
    only = Filter(conditions=(Condition(field="kind", op="in", value=KINDS[near]),))
    by_look = near in ("alike", "copies")
    found = _alike(suite, sight, only, copies=near == "copies") if by_look else _sharing(suite, sight, only)
    rows = list(found)[:MOST_SHOWN]
    if not rows:
        return _no_copy(question, sight) if near == "copies" else None
    what = "looks like" if by_look else "stands near to"
    told = listed(question, rows, f"this {what} the picture", writer="neighbours", degraded=(UNSEEN,))
    return told.model_copy(
        update={"text": f"{told.text}\n{UNSEEN_TEXT} {sight.told() or 'nothing is read in it'}.{sight.unread()}"}
    )


def _no_copy(question: str, sight: Sight) -> Answer:
    """Nothing is a copy, which is an answer of its own: what was merely found is none."""
    told = "No copy is indexed: nothing else looks the same at a glance and says the same."
    if int(sight.phash, 16).bit_count() < TELLING_BITS:
        told = "The picture is nearly blank: its perceptual hash tells no copies."
    none = listed(question, (), "no copy is indexed", writer="neighbours", degraded=(UNSEEN,))
    return none.model_copy(update={"text": told, "status": "abstained", "grounding_ratio": None, "fit": Fit()})


def _alike(suite: Suite, sight: Sight, only: Filter, *, copies: bool) -> Iterator[Pointed]:
    """What looks like a picture, or its copies alone; the words of a page that has some count for likes, too."""
    channels = ("visual",) if len(sight.words) < SHORTEST and suite.parts.picture_encoder else None
    hits = suite.search(Query(picture=sight.name, where=only, channels=channels)).hits
    for hit in hits:
        itself = sight.name in (hit.unit.unit_id, hit.asset.source)
        if not itself and (not copies or (is_copy(hit) and hit.asset.asset_id in sight.own)):
            one = evidence_seen(hit)
            how = (
                "looks the same at a glance, a copy or of the same layout"
                if is_copy(hit)
                else f"looks similar ({hit.reason})"
            )
            yield Pointed(f'{_place(one)}: {how}: "{_begun(one)}"', one, quoted(one, (0, len(_begun(one)))), LOOKS)


def _sharing(suite: Suite, sight: Sight, only: Filter) -> Iterator[Pointed]:
    """What holds most of the words and numbers that are read in a picture; copies of it are not what is asked for."""
    words = sight.words
    if not has_words(words):
        return
    own = copies_of(sight.phash, suite.parts.index, visible_to(suite.principal))
    hits = suite.search(Query(text=words_apart(words), where=only, limit=LOOKED_AT)).hits
    shared = [(hit, _in_both(words, hit)) for hit in hits if hit.asset.asset_id not in own]
    best = max((len(each) for _, each in shared), default=0)
    every = len(set(terms_of(words)))
    for hit, both in sorted(shared, key=lambda each: (-is_named(each[0]), -len(each[1]))):
        told = is_named(hit) or len(both) >= max(SHARED, best / 2)
        if both and told and hit.unit.unit_id != sight.name:
            yield _shared(evidence_of(hit), both, every)


def _in_both(words: str, hit: Hit) -> list[str]:
    held = set(terms_of(quotable(hit.unit)))
    written = {fold(word): word for word in words.split()}
    return [written.get(term, term) for term in dict.fromkeys(terms_of(words)) if term in held]


def _shared(one: Evidence, both: Sequence[str], every: int) -> Pointed:
    told = f"{len(both)} of {number_of(every, 'word')} and numbers of the picture stand there too"
    sentence = f"{_place(one)}: {told}: {', '.join(both[:WORDS_TOLD])}"
    counted = Reason(code="computed", message="the words and numbers that stand in both were counted")
    return Pointed(sentence, one, quoted(one, (0, len(_begun(one)))), counted)


def _place(one: Evidence) -> str:
    return where(one.source, one.place.page, one.place.section, one.stale, one.place.second)


def _begun(one: Evidence) -> str:
    return one.text.split("\n", 1)[0][:80]
