"""The picture that a question is about: read, searched by, and shown to a model; it is never stored."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from groundsight.agent.state import AnswerState, Json, evidence_of_state
from groundsight.errors import GroundsightError
from groundsight.governance.access import visible_to
from groundsight.governance.events import note_event
from groundsight.governance.leaving import asks_here
from groundsight.governance.pii import Memory
from groundsight.governance.pii_tables import clean_cells
from groundsight.governance.policy import policy_of
from groundsight.ingestion.apart import told_of_lines
from groundsight.ingestion.enrich import Seen, glance
from groundsight.ingestion.picture_tables import grids_of
from groundsight.ingestion.reach import UNIT_ID, pictured
from groundsight.limits import has_words
from groundsight.retrieval.copies import copies_first, copies_of
from groundsight.retrieval.evidence import evidence_of, with_guesses
from groundsight.retrieval.expansion import pseudo_caption, words_read
from groundsight.retrieval.identifiers import FEW, held_in
from groundsight.retrieval.words import terms_of
from groundsight.tools.find import picture_named
from groundsight.tools.pictures import PICTURED, evidence_picture, for_a_model
from groundsight.tools.results import ASKED, is_kept
from groundsight.types import AskedPicture, Box, Condition, Degraded, Evidence, Hit, Place, Query, Tag, Unit, Word
from groundsight.types.things import Asset

if TYPE_CHECKING:
    from groundsight.suite import Suite

OWN, OWN_TABLE = ASKED, f"{ASKED}-table"
# More words of a screenshot find no more: they outweigh the question.
WORDS_CHARS, NAMED_AT_MOST, LIKE_IT = 600, 2, 5
# OCR reads a scaled copy a little otherwise; two receipts of one shop share fewer words, and no figures.
SAME_WORDS = 0.75
# OCR reads a sign or two into photos.
SHORTEST = 3
UNSEEN_TEXT = "No model looked at the picture; read in it by OCR and a classifier:"
UNSEEN = Degraded(
    lane="pictures",
    reason="no model looked at the picture: the words read in it, its tags and its neighbours answer",
    remedy="set agent.llm to a model that sees pictures",
)
_LIKENESS = re.compile(r"\b(?:like|alike|similar|resembl\w+)\b", re.IGNORECASE)


class Sight(Word):
    """What was read from a picture, personal data removed: words, tags, a caption.

    ``hidden`` are the places to fill before a model sees it. ``near`` are units whose words are near to it, ``alike``
    those that look like it, best first. ``own`` are the documents that are this picture, ``asked`` is the question as
    it was put and ``whole`` the one with the identifiers of the picture. ``one_page``: it is a page of a PDF.
    ``hostile`` is how many lines give orders to a model: they are in nothing else.
    """

    name: str
    asked: str = ""
    whole: str = ""
    own: tuple[str, ...] = ()
    file: AskedPicture | None = None
    words: str = ""
    tags: tuple[Tag, ...] = ()
    caption: str = ""
    phash: str = ""
    hidden: tuple[Box, ...] = ()
    near: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    one_page: bool = False
    hostile: int = 0

    def shows(self, evidence_id: str) -> bool:
        """True for what stands in the picture itself, as it was read now or where it is indexed."""
        return not is_kept(evidence_id) or evidence_id.rpartition("-")[0] in self.own

    def told(self) -> str:
        """Say what was read, in one line; empty where nothing was."""
        read = f'it says "{" ".join(self.words.split())[:WORDS_CHARS]}"' if len(self.words) >= SHORTEST else ""
        tags = ", ".join(f"{tag.name} {tag.probability:.2f}" for tag in self.tags[:3])
        caption = f'a captioner writes "{self.caption}"' if self.caption else ""
        return "; ".join(filter(None, (read, f"tags: {tags}" if tags else "", caption)))

    def unread(self) -> str:
        """Say on lines of their own what of the file was not looked at, and what was left out; empty for nothing."""
        hostile = f"\n{told_of_lines(self.hostile)}." if self.hostile else ""
        return hostile + ("\nOf the PDF page 1 was looked at, and no other." if self.one_page else "")


@dataclass(frozen=True)
class Shot:
    """A picture as a model is given it: JPEG, and the id under which it may be cited."""

    id: str
    jpeg: bytes


def sight_of(state: AnswerState) -> Sight | None:
    """Read what was seen in the picture of a question; None for a question in words alone."""
    seen = state.get("sight")
    return Sight.model_validate(seen) if seen else None


def look(suite: Suite, question: str, picture: str) -> Json:
    """Read a picture, search by it, and make the question whole with the identifiers that are written in it.

    Returns an update of the state: question, sight, and as evidence the picture itself and what is near to it.

    Raises:
        NotFound: the picture is not there, or not for this caller. InvalidArgument: it is a part of one.
    """
    name = picture_named(suite, picture)
    seen = glance(suite.parts.load_picture(name, suite.principal, suite.watch), suite.parts, suite.watch)
    file, one_page = file_asked(suite, name)
    documents = _own_documents(suite, name, file, seen)
    own = _own(suite, name, seen)
    words, alike = _hits_by_words(suite, seen), _hits_by_look(suite, name, seen.phash)
    found = [*own, *map(evidence_of, words), *map(evidence_seen, alike)]
    kept = {one.evidence_id: one for one in reversed(found) if one.evidence_id != name or one in own}
    whole = _whole(suite, question, seen, documents)
    sight = Sight(
        name=name, asked=question, whole=whole, own=documents, file=file, phash=seen.phash,
        words=seen.ocr, tags=seen.tags, caption=seen.caption, hidden=seen.hidden,
        near=tuple(hit.unit.unit_id for hit in words if hit.unit.unit_id in kept and hit.unit.unit_id != name),
        alike=tuple(hit.unit.unit_id for hit in alike if hit.unit.unit_id in kept), one_page=one_page,
        hostile=len(seen.hostile),
    )  # fmt: skip
    return {
        "question": whole,
        "sight": sight.model_dump(mode="json"),
        "evidence": {key: one.model_dump(mode="json") for key, one in reversed(kept.items())},
    }


def file_asked(suite: Suite, name: str) -> tuple[AskedPicture, bool]:
    """Return where a picture that may be read lies, as it can be named again, and its hash; and whether it is a PDF.

    Raises:
        NotFound: the picture is not there, or not for this caller.
    """
    document, _ = pictured(suite.parts, suite.principal, name)
    with document:
        lies = name if UNIT_ID.fullmatch(name) or not name.startswith("./") else str(suite.parts.roots.path_of(name))
        return AskedPicture(name=lies, sha256=document.sha256), b"%PDF-" in document.read()[:1024]


def shots(suite: Suite, sight: Sight, shown: Sequence[Evidence]) -> list[Shot]:
    """Return the asked picture and those of the best evidence, at most ``agent.pictures``, ready for a model.

    A picture that is gone, or that would show what was redacted, is left out, and all are where none may leave.
    """
    allowed = policy_of(suite.settings).may_leave
    if allowed is not None and "pictures" not in allowed and not asks_here(suite.settings):
        return []
    found: list[Shot] = []
    for key in (OWN, *(one.evidence_id for one in shown if one.kind in PICTURED)):
        if len(found) == suite.settings.agent.pictures:
            break
        try:
            found.append(Shot(key, _asked_jpeg(suite, sight) if key == OWN else evidence_picture(suite, key)))
        except GroundsightError:
            # Its words stand in the evidence and still answer.
            suite.watch.check()
    if sent := [one.id for one in found if one.id != OWN]:
        note_event(suite.settings, suite.principal, "shown", "model", suite.settings.agent.llm or "", pictured=sent)
    return found


def best_first(state: AnswerState) -> list[Evidence]:
    """Return the evidence near to the picture of a question, what the question leans to first."""
    sight, known = sight_of(state), evidence_of_state(state)
    if sight is None:
        return []
    likeness = len(sight.words) < SHORTEST or bool(_LIKENESS.search(state["question"]))
    order = (sight.alike or sight.near) if likeness else (sight.near or sight.alike)
    return [known[key] for key in order if key in known]


def words_apart(words: str) -> str:
    """Behind commas each word also stands alone: "Type P-300" is written nowhere, "P-300" is."""
    return f"{words[:WORDS_CHARS]}, {', '.join(words[:WORDS_CHARS].split())}"


def _asked_jpeg(suite: Suite, sight: Sight) -> bytes:
    return for_a_model(suite.parts.load_picture(sight.name, suite.principal, suite.watch), sight.hidden)


def _own_documents(suite: Suite, name: str, file: AskedPicture, seen: Seen) -> tuple[str, ...]:
    """Return the documents that are this picture: the same file, or a copy that says the same; a layout is no copy."""
    index, where, said = suite.parts.index, visible_to(suite.principal), frozenset(terms_of(seen.ocr))
    same = [one.asset_id for one in index.assets(where) if one.sha256 == file.sha256]
    if UNIT_ID.fullmatch(name):
        same.append(name.rpartition("-")[0])
    copies = [
        one
        for one in copies_of(seen.phash, index, where)
        if _says_the_same(said, frozenset(terms_of("\n".join(unit.ocr for unit in index.units(one, where)))))
    ]
    return tuple(dict.fromkeys([*same, *copies]))


def _says_the_same(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whatever holds a digit has to be the same; a word or two in a photo may be a misreading."""
    figures = {word for word in one ^ other if any(map(str.isdigit, word))}
    return not figures and (len(one | other) < SHORTEST or len(one & other) >= SAME_WORDS * len(one | other))


def _own(suite: Suite, name: str, seen: Seen) -> list[Evidence]:
    """The picture itself as evidence: its words, and its tables; one that is indexed with all that stands there."""
    if UNIT_ID.fullmatch(name):
        index, where = suite.parts.index, visible_to(suite.principal)
        ids = [unit.unit_id for unit in index.units(name.rpartition("-")[0], where)]
        hits = (Hit(unit=unit, asset=asset, score=1.0, channels=()) for unit, asset in index.get(ids, where))
        return [one for hit in hits if (one := evidence_of(hit)).text]
    asset = Asset(asset_id=OWN, source=name, media_type="image/png", title=name, sha256="", bytes=0)
    units = [Unit(unit_id=OWN, asset_id=OWN, ordinal=0, kind="image", ocr=seen.ocr, lines=seen.lines)]
    for number, grid in enumerate(grids_of(seen.lines, seen.picture.width / seen.picture.height), 1):
        cells = clean_cells(grid.cells, suite.settings.governance.redact, Memory())
        boxes = tuple(tuple(one and one.as_box() for one in row) for row in grid.boxes)
        place = Place(box=grid.rect.as_box())
        units.append(
            Unit(
                unit_id=f"{OWN_TABLE}{number}",
                asset_id=OWN,
                ordinal=number,
                kind="table",
                place=place,
                text="\n".join(" | ".join(row) for row in cells),
                cells=cells,
                boxes=boxes,
            )
        )
    return [one for unit in units if (one := evidence_of(Hit(unit=unit, asset=asset, score=1.0, channels=()))).text]


def _hits_by_words(suite: Suite, seen: Seen) -> tuple[Hit, ...]:
    words = "\n".join(filter(None, (words_read(seen.lines, WORDS_CHARS), pseudo_caption(seen.tags), seen.caption)))
    hits = suite.search(Query(text=words)).hits if has_words(words) else ()
    return tuple(hit for hit in hits if len(evidence_of(hit).text) >= SHORTEST)


def _hits_by_look(suite: Suite, name: str, phash: str) -> tuple[Hit, ...]:
    """Copies first; without an encoder of pictures they are all there is."""
    if suite.parts.picture_encoder:
        found = suite.search(Query(picture=name, channels=("visual",), limit=LIKE_IT + 1)).hits
    else:
        found = copies_first((), phash, suite.parts.index, visible_to(suite.principal), LIKE_IT + 1)
    return tuple(hit for hit in found if hit.unit.unit_id != name)[:LIKE_IT]


def evidence_seen(hit: Hit) -> Evidence:
    """A picture that looks like another is told by its words, or by its tags: a guess, as weak as a caption."""
    one = evidence_of(hit)
    if len(one.text) >= SHORTEST:
        return one
    seen = with_guesses(one.model_copy(update={"text": "", "parts": (), "lines": ()}), hit.unit.tags)
    return seen if seen.text else seen.model_copy(update={"text": "A picture without words."})


def _whole(suite: Suite, question: str, seen: Seen, own: Sequence[str]) -> str:
    """Add what the picture names and a document holds: "this pump" is then the pump that is meant.

    The picture itself and copies of it are no document that could hold it.
    """
    index, where = suite.parts.index, visible_to(suite.principal)
    if same := {*own, *copies_of(seen.phash, index, where)}:
        others = tuple(one.asset_id for one in index.assets(where) if one.asset_id not in same)
        where = where.also(Condition(field="asset_id", op="in", value=others))
    held = held_in(words_apart(seen.ocr), index, where)
    # Numbers that stand side by side on a chart are no identifier.
    known = [one for one in held.by if len(one.words) == 1 or any(map(str.isalpha, one.shown))]
    told = [one.shown for one in known if len(held.by[one]) <= FEW and one.shown not in question]
    named = ", ".join(told[:NAMED_AT_MOST])
    return f"{question.rstrip(' ?.')} ({named})?" if named else question
