"""A reason says of the files only what was looked at, and nothing that they contradict."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from groundsight.agent.assess import explain
from groundsight.agent.extract import find
from groundsight.agent.question import analyse
from groundsight.agent.words import stem_set
from groundsight.settings import load_settings
from groundsight.suite import open_suite
from tests.agent_house import make_evidence

_ABSENT = re.compile(r'(?:mentions|nothing there about) ((?:"[^"]+"(?:, | or | and )?)+)')
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
def test_no_reason_claims_that_a_word_is_absent_which_stands_in_the_file_that_it_names(
    files: list[list[str]], question: str
) -> None:
    evidence = [
        make_evidence(text, f"cellar-{at}.txt", evidence_id=f"{at}#{unit}")
        for at, texts in enumerate(files)
        for unit, text in enumerate(texts)
    ]
    said = explain(analyse(question), evidence)
    named = [one for one in evidence if f"({one.source})" in said] or evidence
    for claim in _ABSENT.findall(said):
        for word in re.findall(r'"([^"]+)"', claim):
            assert not any(stem_set(word) & stem_set(one.text) for one in named), said


@pytest.mark.parametrize(
    ("question", "word", "quoted"),
    [
        ("Who tuned the piano PN-77?", "tuned", "It was tuned in May"),
        ("What is the voltage of PN-77?", "voltage", "The voltage is not known"),
        ("Does Selma Roth own a metronome?", "metronome", "The metronome belongs to the school"),
    ],
)
def test_a_word_that_stands_in_the_named_file_is_quoted_and_not_denied(question: str, word: str, quoted: str) -> None:
    texts = ("Piano PN-77 stands in the hall. Selma Roth plays it.", f"{quoted}.")
    evidence = [make_evidence(text, "music.md", evidence_id=f"music#{at}") for at, text in enumerate(texts)]
    assert find(1, analyse(question), evidence) is None
    said = explain(analyse(question), evidence)
    assert f'"{word}" stands in "{quoted}" (music.md)' in said


def test_of_the_files_that_hold_a_name_the_one_with_the_asked_word_is_named() -> None:
    evidence = [make_evidence("Kiln 2021", "a.txt"), make_evidence("Kiln 2021. The glaze was mixed at noon.", "b.txt")]
    said = explain(analyse("Who mixed the glaze in 2021?"), evidence)
    assert "(b.txt)" in said
    assert "no passage" not in said


def test_a_question_that_the_search_finds_nothing_near_to_is_told_how_near_it_came(tmp_path: Path) -> None:
    (tmp_path / "orchard").mkdir()
    texts = ("The ladder leans on the quince tree.", "Pears are picked in October.", "The cider press needs a belt.")
    for at, text in enumerate(texts):
        (tmp_path / "orchard" / f"{at}.txt").write_text(text, "utf-8")
    with open_suite(load_settings(tmp_path / "home", roots=(tmp_path / "orchard",))) as suite:
        suite.ingest([tmp_path / "orchard"])
        assert "nothing is near to the query" in suite.ask("How do astronauts in orbit sterilise spacecraft?").text
