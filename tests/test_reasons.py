"""A reason says of the files only what was looked at, and nothing that they contradict."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from groundsight.agent.assess import explain
from groundsight.agent.question import Question
from groundsight.language.content import stems_of
from groundsight.settings import load_settings
from groundsight.suite import open_suite
from tests.agent_house import make_evidence

_ABSENT = re.compile(r'((?:"[^"]+"(?:, | and )?)+) (?:is|are) (?:not )?in ')
_NOUNS = ("harvest", "barrel", "press", "label", "cork", "yield", "grower", "cellar")
_VERBS = ("filled", "moved", "tasted", "sold", "checked")
_NAMES = ("CV301", "CV302", "Odile Marchand", "2019")
_LINES = st.builds("{} of the {} was {} by {}.".format, *map(st.sampled_from, (_NOUNS, _NOUNS, _VERBS, _NAMES)))
_FILES = st.lists(st.lists(_LINES, min_size=1, max_size=3), min_size=1, max_size=3)
_QUESTIONS = st.one_of(
    st.builds("Who {} the {} of {}?".format, *map(st.sampled_from, (_VERBS, _NOUNS, _NAMES))),
    st.builds("What is the {} {} of {}?".format, *map(st.sampled_from, (_NOUNS, _NOUNS, _NAMES))),
    st.builds("When was the {} {} {}?".format, *map(st.sampled_from, (_NOUNS, _NOUNS, _VERBS))),
)


@given(_FILES, _QUESTIONS)
def test_no_reason_claims_that_a_name_is_absent_which_stands_in_what_was_found(
    files: list[list[str]], question: str
) -> None:
    evidence = [
        make_evidence(text, f"cellar-{at}.txt", evidence_id=f"{at}#{unit}")
        for at, texts in enumerate(files)
        for unit, text in enumerate(texts)
    ]
    said = explain(Question(question), evidence)
    for claim in _ABSENT.findall(said):
        for word in re.findall(r'"([^"]+)"', claim):
            assert not any(holds(one.text, word) for one in evidence), said


def holds(text: str, name: str) -> bool:
    """An identifier stands there whole or not at all; of a name each part counts."""
    said, wanted = stems_of(text), stems_of(name)
    return wanted <= said if any(one.isdigit() for one in name) else bool(wanted & said)


def test_a_question_that_the_search_finds_nothing_near_to_is_told_how_near_it_came(tmp_path: Path) -> None:
    (tmp_path / "orchard").mkdir()
    texts = ("The ladder leans on the quince tree.", "Pears are picked in October.", "The cider press needs a belt.")
    for at, text in enumerate(texts):
        (tmp_path / "orchard" / f"{at}.txt").write_text(text, "utf-8")
    with open_suite(load_settings(tmp_path / "home", roots=(tmp_path / "orchard",))) as suite:
        suite.ingest([tmp_path / "orchard"])
        assert "nothing is near to the query" in suite.ask("How do astronauts in orbit sterilise spacecraft?").text
