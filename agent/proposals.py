"""What the packaged reader proposes as answers: filters that veto, and the features that a gate weighs."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from groundsight.agent.fit import YES_NO, fit_of
from groundsight.encoders.reader import Reader
from groundsight.evidence.windows import Stretch, Window, quoted, windows
from groundsight.language.content import content_of, words_of
from groundsight.language.facts import Facts, read_facts
from groundsight.language.licences import related
from groundsight.types import Evidence, Quote

# Reading a window costs 10 to 20 ms. Of 100 answers that stood in ten hits, 97 stood in the first twelve windows.
MOST_READ = 12
MOST_WEIGHED = 6
LICENSED = 0.6
SCALE = 6.0
# How far ahead a sentence counts that nothing competes with.
ALONE = 0.3
NEAR_CHARS = 400
_HOW_MANY = re.compile(r"\bhow (?:many|much)\b", re.I)


Near = Callable[[str, Sequence[str]], Sequence[float]]


@dataclass(frozen=True)
class Eyes:
    """What looks for answers: the packaged reader, and how near sentences are to a question by the text encoder."""

    reader: Reader
    near: Near


@dataclass(frozen=True)
class Question:
    """A question with what it states and the stems of its content words."""

    text: str

    @cached_property
    def facts(self) -> Facts:
        """What it names: names, identifiers, numbers and dates have to stand with the answer."""
        return read_facts(self.text)

    @property
    def asks_whether(self) -> bool:
        """True for a question that yes or no answers."""
        return bool(YES_NO.match(re.sub(r"^\W+", "", self.text)))

    @cached_property
    def all_stems(self) -> frozenset[str]:
        """Stems of all its words."""
        return stems_of(self.text)

    @cached_property
    def stems(self) -> frozenset[str]:
        """Stems of its content words; "how many" asks for a number and is no word of the matter."""
        return content_of(_HOW_MANY.sub(" ", self.text))


@dataclass(frozen=True)
class Proposal:
    """A value in a sentence, row or line. ``features`` are what the gate weighs."""

    window: Window
    start: int
    end: int
    margin: float
    rank: int
    features: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def value(self) -> str:
        """The answer itself."""
        return self.window.text[self.start : self.end].strip(" .,;:")

    @cached_property
    def stretch(self) -> Stretch:
        """The sentence, row or line that holds the value."""
        return self.window.around(self.start)

    @property
    def said(self) -> str:
        """That sentence, row or line as it is read."""
        return self.window.said(self.stretch)

    @property
    def sentence(self) -> str:
        """The sentence or line as it stands; of a row its key, the head of the column and the cell."""
        row, at = self.stretch.row, self.column
        if row is None or not at:
            return self.said
        return f"{row.cells[0].strip()}: {self.window.evidence.cells[0][at].strip()}: {row.cells[at].strip()}"

    @property
    def column(self) -> int | None:
        """The column of a value that stands in a row."""
        return self.window.column_at(self.start)

    @property
    def quote(self) -> Quote:
        """The characters of the value with their place and box."""
        return self.window.quote(self.start, self.end)


def proposals(
    question: Question, evidence: Sequence[Evidence], eyes: Eyes, banned: Collection[str] = ()
) -> list[Proposal]:
    """Return what may answer a question, best margin first; a banned sentence competes with none."""
    ranked = {one.evidence_id: at for at, one in enumerate(evidence)}
    shown = read_windows(question, evidence)
    spans = eyes.reader.spans(question.text, [one.text for one in shown])
    found = [
        Proposal(shown[one.passage], one.start, one.end, one.margin, ranked[shown[one.passage].evidence.evidence_id])
        for one in spans
        # A value lies in one sentence, row or line.
        if "\n" not in (value := shown[one.passage].text[one.start : one.end].strip(" .,;:")) and value
    ]
    found = [one for one in found if one.sentence not in banned][: 2 * MOST_WEIGHED]
    best = [one for one in found if not _says_nothing(one, question)][:MOST_WEIGHED]
    if not best:
        return []
    claims = eyes.reader.support([(f"{question.text} {one.value}", beside(one)) for one in best])
    nearness = eyes.near(question.text, [one.said for one in best])
    marks = zip(best, claims, nearness, strict=True)
    return [
        replace(one, features={**_features(one, best, claim, question), **_nearness(near, nearness)})
        for one, claim, near in marks
    ]


def closest(question: Question, window: Window) -> Quote:
    """Return the sentence, row or line of a window that says most of a question."""
    best = _saying_most(question, window)
    return quoted(window.evidence, best.span, best.channel)


def _saying_most(question: Question, window: Window) -> Stretch:
    return max(window.stretches, key=lambda one: len(stems_of(window.said(one)) & question.stems))


def read_windows(question: Question, evidence: Sequence[Evidence]) -> list[Window]:
    """Take the windows that say most of a question, rare words counting more, what was found first going first."""
    every, ranked = windows(evidence), {one.evidence_id: at for at, one in enumerate(evidence)}
    said = [stems_of(one.text) for one in every]
    common = {stem: sum(stem in one for one in said) for stem in question.stems}
    weights = {stem: 1 / math.sqrt(1 + count) for stem, count in common.items()}

    def score(at: int) -> float:
        near = stems_of(every[at].heading)
        return (
            _weighed(question, weights, said[at])
            + 0.3 * _weighed(question, weights, near)
            + 0.5 / (1 + ranked[every[at].evidence.evidence_id])
        )

    order = sorted(range(len(every)), key=lambda at: -score(at))[:MOST_READ]
    return [every[at] for at in order]


def _weighed(question: Question, weights: Mapping[str, float], said: frozenset[str]) -> float:
    alike = {like for stem in said for like in related(stem).licensed & question.stems}
    return sum(weights[stem] * (1.0 if stem in said else LICENSED if stem in alike else 0.0) for stem in question.stems)


def stems_of(text: str) -> frozenset[str]:
    """Return the normal form of every word and number of a text."""
    return frozenset(word for *_, word in words_of(text))


def beside(one: Proposal) -> str:
    """The sentence or row of a value with its neighbours: what the statement is held against."""
    text, (start, end) = one.window.text, one.stretch.at
    room = max(0, (NEAR_CHARS - (end - start)) // 2)
    first = text.rfind("\n", 0, max(0, start - room)) + 1 if start > room else 0
    last = text.find("\n", min(len(text), end + room))
    return text[first : last if last >= 0 else len(text)].replace("\n", " ")


def _says_nothing(one: Proposal, question: Question) -> bool:
    """A value that holds nothing but words of the question answers nothing, and neither does what asks itself."""
    return content_of(one.value) <= question.stems or one.said.rstrip(" \"')]").endswith("?")


def _features(one: Proposal, all_of: Sequence[Proposal], claim: float, question: Question) -> dict[str, float]:
    rivals = [other.margin for other in all_of if other.value.casefold() != one.value.casefold()]
    fits = {"yes": 1.0, "partly": 0.0, "unknown": 0.0, "no": -1.0}[fit_of(question.text, [one.value]).value]
    return {
        "margin": max(-2.0, min(2.0, one.margin / SCALE)),
        "lead": _bounded(one.margin - max(rivals, default=one.margin - SCALE)),
        "stated": _bounded(claim),
        "absent": float(len(absent(question, one.window))),
        "fits": fits,
        "rank": 1 / (1 + one.rank),
        "long": math.log1p(len(one.value.split())),
        **_said(question, one.window, one.said),
    }


def _nearness(mine: float, every: Sequence[float]) -> dict[str, float]:
    """How near a sentence is, and by how much it is the nearest of those proposed, or not."""
    others = [one for one in every if one != mine]
    best = mine >= max(every)
    return {
        "sim": mine,
        "nearest": float(best),
        "simlead": mine - (max(others, default=mine - ALONE) if best else max(every)),
    }


def _said(question: Question, window: Window, sentence: str) -> dict[str, float]:
    """How much of a question the sentence says, how much it says with what stands around it, and what stays open."""
    said, near = stems_of(sentence), stems_of(f"{window.text} {window.heading}")
    equal, total = dict.fromkeys(question.stems, 1.0), len(question.stems) or 1
    around = _weighed(question, equal, said | near)
    return {
        "said": _weighed(question, equal, said) / total,
        "near": around / total,
        "open": math.log1p(total - around),
    }


def _bounded(logit: float) -> float:
    return max(-1.0, min(1.0, logit / SCALE))


def absent(question: Question, window: Window) -> list[str]:
    """Return the names, ids, bare numbers and dates of a question that stand neither in the window nor over it."""
    facts = read_facts(f"{window.text}\n{window.heading}")
    asked = question.facts
    ids = [wanted.text for wanted in asked.ids if wanted.key not in facts.id_keys]
    names = [wanted.text for wanted in asked.names if not set(wanted.words) & facts.all_words]
    years = {moment.year for moment in facts.moments}
    dates = [wanted.text for wanted in asked.moments if wanted.year and years and wanted.year not in years]
    return [*ids, *names, *dates, *_absent_numbers(asked, facts)]


def _absent_numbers(asked: Facts, facts: Facts) -> list[str]:
    """A number in digits without a unit names a thing: of plot 32 nothing is known where only plot 31 stands."""
    held = {one.low for one in facts.quantities}
    bare = [one for one in asked.quantities if not one.kind and one.text[0].isdigit()]
    return [one.text for one in bare if one.low not in held and one.text not in facts.all_words]


def of_another(question: Question, one: Proposal) -> bool:
    """True where the sentence, row or line speaks of another thing of the kind that the question names.

    It lacks a name or an identifier of the question, and holds one that is neither asked nor part of the value.
    """
    said, asked = read_facts(one.said), question.facts
    known = question.all_stems | stems_of(one.value)
    others = said.names if any(not set(name.words) & said.all_words for name in asked.names) else ()
    codes = said.ids if any(wanted.key not in said.id_keys for wanted in asked.ids) else ()
    return any(not stems_of(other.text) <= known for other in (*others, *codes))
