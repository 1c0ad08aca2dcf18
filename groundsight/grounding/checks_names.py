"""Do the names of a claim stand in the passage, in the same role?"""

from __future__ import annotations

import re
from bisect import bisect

from groundsight.evidence.passages import Passage
from groundsight.grounding.align import Interval, Pair
from groundsight.grounding.checks_numbers import Outcome
from groundsight.grounding.checks_relations import same_order
from groundsight.language.facts import Facts
from groundsight.language.licences import is_known, verb_share
from groundsight.language.names import Name, ambiguous, covered_by, same_name
from groundsight.language.stems import stem, word_list
from groundsight.language.tokens import Token, keys_of
from groundsight.types import Reason

_BY = re.compile(r"[^.;,]{0,25}?\bby\s+(?:the\s+)?")
_PASSIVE = re.compile(r"\b(?:is|are|was|were|been|being|be)\b")
_AUXILIARY = re.compile(r"\s+(?:(?:has|have|had|did|will|would|must|may|can)\s+)?")
_APART = re.compile(r"[;:,]|\b(?:and|but|while|whereas|of|to|from|with|for|by)\b")
# A marathon, a villa and an office are done by nobody: under this share of verbs a word is no deed.
_VERB = 0.3
_COORDINATE = re.compile(r";|,\s*(?:and|but|while|whereas)\b")


def check_names(pair: Pair) -> Outcome:
    """Look for each name of the claim; another name in its slot is a conflict, and so are exchanged roles."""
    settled: list[Interval] = []
    missing: list[Interval] = []
    conflicts: list[Reason] = []
    for name in pair.claim.names:
        if named_in(pair.passage, name):
            settled.append(name.span)
        elif rival := _rival(pair, name):
            conflicts.append(_reason(pair, name, rival))
        elif _named_around(pair, name):
            settled.append(name.span)
        elif name.sure:
            missing.append(name.span)
    conflicts += (_exchanged(pair) or _other_clause(pair)) if not conflicts and not missing else []
    return Outcome(tuple(settled), tuple(missing), tuple(conflicts))


def named_in(passage: Passage, name: Name) -> bool:
    """True when a passage names whom a claim names, and the text has nobody else whom a shorter form fits."""
    facts = passage.facts
    covered = covered_by(name, facts.all_words, facts.names, ocr=passage.channel == "ocr")
    return covered and not ambiguous(name, facts.names, passage.named)


def _named_around(pair: Pair, name: Name) -> bool:
    """A name from the sentences before may be meant by a pronoun, or where nothing else is named."""
    facts = pair.passage.facts
    names = [one for near in pair.passage.context for one in near.names]
    refers = bool(facts.all_words & word_list("referring_words.txt")) or pair.passage.cell or not strangers(pair)
    covered = refers and covered_by(name, pair.passage.context_words, names)
    return covered and not ambiguous(name, names, pair.passage.named)


def strangers(pair: Pair) -> list[Name]:
    """Names of the passage that the claim does not mention."""
    claim = pair.claim
    return [one for one in pair.passage.facts.names if not covered_by(one, claim.all_words, claim.names)]


def _rival(pair: Pair, name: Name) -> Name | None:
    """Another name of the same look in this name's place, where nothing else can mean the wanted one."""
    passage = pair.passage
    if passage.cell or ordinary(pair.claim, name):
        return None
    alike = (one for one in strangers(pair) if look(one) == look(name) and not ordinary(passage.facts, one))
    return next((one for one in alike if pair.same_slot(name.span, one.span)), None)


def ordinary(facts: Facts, name: Name) -> bool:
    """A lone word that opens a sentence, and that a dictionary knows, is no name."""
    opens = not any(t.end <= name.span[0] for t in facts.tokens)
    return len(name.words) == 1 and opens and is_known(stem(name.words[0]))


def look(name: Name) -> tuple[bool, bool]:
    """Return whether a name holds digits and whether it is all capitals: what looks otherwise is of another kind."""
    return any(c.isdigit() for c in name.text), name.text.isupper()


def _exchanged(pair: Pair) -> list[Reason]:
    """The doer of one shared deed is another here, and the claim's doer is named here too."""
    if pair.passage.cell or same_order(pair):
        return []
    facts = pair.passage.facts
    for deed in (one for one in pair.claim.words if verb_share(one.stem) >= _VERB):
        mine = _doer(pair.claim, deed)
        there = next((t for t in facts.words if t.stem == deed.stem), None)
        theirs = _doer(facts, there) if there else None
        here = place_of(facts, mine) if mine else None
        if mine and theirs and here and not same_name(mine, theirs) and place_of(pair.claim, theirs):
            message = f"{deed.text}: {mine.text} in the answer, {theirs.text} in the source"
            return [pair.reason("role_mismatch", message, mine.span, theirs.span)]
    return []


def _doer(facts: Facts, deed: Token) -> Name | None:
    """Who does this: the name behind "by" after a passive, else the nearest name before it in its clause."""
    if any(n.span[0] <= deed.start < n.span[1] for n in facts.names):
        return None
    after = facts.text[deed.end :]
    if found := _BY.match(after):
        return next((n for n in facts.names if n.span[0] <= deed.end + found.end() <= n.span[1]), None)
    before = [n for n in facts.names if n.span[1] <= deed.start]
    if not before:
        return None
    gap = facts.text[before[-1].span[1] : deed.start]
    if not deed.word.endswith(("ed", "s")) and deed.stem == deed.word and not _AUXILIARY.fullmatch(gap):
        return None
    return None if _PASSIVE.search(gap) or _APART.search(gap) or gap.startswith(("'s", "’s")) else before[-1]


def _other_clause(pair: Pair) -> list[Reason]:
    """All that is said of a name stands in a clause without it that opens with a name which the claim leaves out."""
    facts = pair.passage.facts
    cuts = [found.start() for found in _COORDINATE.finditer(facts.text)]
    if not cuts or pair.passage.cell or len(pair.claim.names) != 1:
        return []
    (name,) = pair.claim.names
    told = keys_of(t for t in pair.own if not (name.span[0] <= t.start and t.end <= name.span[1]))
    said = [token for token in facts.words if token.keys & told]
    clauses = {bisect(cuts, token.start) for token in said}
    here = {bisect(cuts, one.span[0]) for one in facts.names if covered_by(name, one.words, (one,))}
    openers = (one for one in strangers(pair) if said and one.span[0] < said[0].start)
    rival = next((one for one in openers if clauses == {bisect(cuts, one.span[0])}), None)
    if not rival or not here or here & clauses:
        return []
    message = f"said of {name.text} in the answer, of {rival.text} in the source"
    return [pair.reason("attribute_mismatch", message, name.span, rival.span)]


def place_of(facts: Facts, name: Name) -> Interval | None:
    """Return where these facts name the same; a lone name that opens a sentence looks like any word."""
    named = next((one.span for one in facts.names if covered_by(name, one.words, (one,))), None)
    opens = facts.tokens[0] if facts.tokens and name.words == (facts.tokens[0].word,) else None
    return named or (opens.span if opens else None)


def _reason(pair: Pair, name: Name, rival: Name) -> Reason:
    return pair.reason("name_mismatch", f"{name.text} in the answer, {rival.text} in the source", name.span, rival.span)
