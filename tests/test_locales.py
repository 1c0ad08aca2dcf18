"""Numbers, dates, words, questions and refusals in the languages that the house reads."""

from __future__ import annotations

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from groundsight.agent.assess import explain
from groundsight.agent.files import by_words_alone
from groundsight.agent.question import Question
from groundsight.computing.asked import operations
from groundsight.computing.say import say
from groundsight.evidence.grids import grids
from groundsight.grounding.verify import verify
from groundsight.index.tokens import Tokeniser
from groundsight.language.digits import ungrouped
from groundsight.language.facts import read_facts
from groundsight.language.framing import asked_in, framed, reframed, spoken_in
from groundsight.language.sentences import sentence_spans
from groundsight.language.stems import stem
from groundsight.settings import Grounding
from groundsight.types import Asset, Evidence, Principal


def evidence(text: str = "", language: str = "", cells: tuple[tuple[str, ...], ...] = ()) -> Evidence:
    shown = text or "\n".join(" | ".join(row) for row in cells)
    return Evidence(evidence_id="e-0000", kind="text", source="blatt.txt", text=shown, cells=cells, language=language)


@pytest.mark.parametrize(
    ("shown", "by_point", "by_comma"),
    [
        ("1.234,56", "1234.56", "1234.56"),
        ("9 870,40", "9870.40", "9870.40"),
        ("1,25,000", "125000", "125000"),
        ("1'204.5", "1204.5", "1204.5"),
        ("1.234", "1.234", "1234"),
        ("1,234", "1234", "1.234"),
        ("0.125", "0.125", "0.125"),
        ("12.345.678", "12345678", "12345678"),
        ("0417", "0417", "0417"),
    ],
)
def test_one_grammar_reads_the_digits_of_every_locale(shown: str, by_point: str, by_comma: str) -> None:
    assert ungrouped(shown) == by_point
    assert ungrouped(shown, comma=True) == by_comma


def test_the_language_of_the_document_decides_what_its_marks_leave_open() -> None:
    assert [read_facts("Es sind 1.234 Liter.", language=code).quantities[0].low for code in ("de", "")] == [1234, 1.234]
    day = read_facts("Fällig am 03/04/2025.", language="fr").moments[0]
    assert (day.day, day.month) == (3, 4)
    assert not any(one.day for one in read_facts("Due on 03/04/2025.", language="en").moments)


def test_a_column_is_read_by_its_own_marks_then_by_the_language() -> None:
    cells = (("Ort", "Einwohner", "PLZ"), ("Aab", "1.204", "04109"), ("Bor", "980", "26121"))
    german, unknown = (grids([evidence(language=code, cells=cells)])[0] for code in ("de", ""))
    assert [one.measures[1].keys[0] for one in (german, unknown) if one.measures[1]] == [
        Decimal(1204),
        Decimal("1.204"),
    ]
    assert german.measures[2] is None, "leading zeros name something"


def test_a_sentence_is_checked_in_the_locale_of_its_document() -> None:
    meter = evidence("Der Zähler steht bei 1.284 Kubikmetern.", "de")
    claims = ("The meter stands at 1,284 Kubikmetern.", "Der Zähler steht bei 1.284 Kubikmetern, sagt er.")
    reports = [verify(claim, [meter], Grounding()) for claim in claims]
    codes = {reason.code for report in reports for claim in report.claims for reason in claim.reasons}
    assert "number_mismatch" not in codes


@pytest.mark.parametrize(
    ("question", "language", "frame"),
    [
        ("Wie viele Stühle wurden geliefert?", "de", "how many stühle were geliefert?"),
        ("Wer ist Frau Ida Kern?", "de", "who is Frau Ida Kern?"),
        ("Combien d'arbres ont été plantés ?", "fr", "how many arbres were plantés?"),
        ("Le jardin est-il ouvert le lundi ?", "fr", "is the jardin is ouvert the Monday?"),
        ("¿Cuál es el río más largo?", "es", "what is the río longest?"),
        ("¿Dónde está Santa María del Mar?", "es", "where is Santa María del Mar?"),
        ("Who is the die maker of the war museum?", "", "Who is the die maker of the war museum?"),
        ("die hard", "", "die hard"),
    ],
)
def test_a_question_gets_an_english_frame_around_its_own_words(question: str, language: str, frame: str) -> None:
    assert asked_in(question) == language
    assert framed(question) == frame
    assert framed(framed(question)) == framed(question)


def test_a_reframed_passage_leads_back_to_its_own_characters() -> None:
    text = "Die Probe beginnt am 3. Mai um 19 Uhr."
    shown, places = reframed(text, "de")
    assert len(shown) == len(places)
    at = shown.index("Probe")
    assert text[places[at][0] : places[at + 4][1]] == "Probe"


def test_a_statement_is_read_in_its_own_language_or_in_that_of_its_evidence() -> None:
    assert [spoken_in(one, "fr") for one in ("Total : 1.204", "The total is 1.204.", "Das ist die Summe von 3.")] == [
        "fr",
        "",
        "de",
    ]


def test_words_that_english_does_not_know_meet_in_any_form() -> None:
    for one, other in (("mieten", "miete"), ("coûtent", "coûte"), ("tarifas", "tarifa"), ("autobús", "autobuses")):
        assert stem(one)[:4] == stem(other)[:4]
    assert stem("mieten") == stem("miete")
    assert stem("tree") == "tree"


def test_a_word_is_found_in_another_form_of_the_language_of_its_document() -> None:
    tokeniser = Tokeniser()
    for language, said, asked in (
        ("de", "Die Gebühren für Grabstätten", "Wie hoch ist die Gebühr?"),
        ("fr", "les travaux commenceront", "Quand commencera le travail ?"),
        ("es", "las tarifas de los trenes", "¿Cuánto cuesta la tarifa del tren?"),
        ("it", "le quote associative", "quota associativa"),
        ("fr", "l'échéance", "Quelles sont les échéances ?"),
    ):
        assert {*tokeniser.terms(said, language)} & {*tokeniser.asked(asked)}
    assert {*tokeniser.asked("rental agreements")} == {*tokeniser.terms("rental agreements")}


def test_a_name_is_found_whatever_the_language_of_question_and_document() -> None:
    tokeniser = Tokeniser()
    assert "brunkhorst" in tokeniser.terms("Rechnung von Brunkhorst", "de")
    assert "brunkhorst" in tokeniser.asked("What did Brunkhorst charge?")
    assert {*tokeniser.terms("der Service", "de")} & {*tokeniser.asked("What does the service cost?")}


def test_a_german_ordinal_ends_no_sentence() -> None:
    text = "Das Büro liegt im 2. Obergeschoss. Es schließt um 17 Uhr."
    assert next(text[slice(*span)] for span in sentence_spans(text)) == "Das Büro liegt im 2. Obergeschoss."


def test_a_total_is_said_in_the_language_of_the_question_with_the_marks_of_its_operands() -> None:
    cells = (("Mois", "Entrées"), ("Mai", "8 420"), ("Juin", "15 365"))
    asked = Question("Quel est le total des entrées ?")
    made = operations(asked.text, grids([evidence(language="fr", cells=cells)]))[0]
    assert say(made.model_copy(update={"language": asked.language})).startswith("Entrées de 2 lignes : au total 23 785")


@pytest.mark.parametrize(
    ("question", "begins"),
    [
        ("Wer bezahlt die Orgel?", 'Gesucht wurde nach "bezahlt" und "Orgel"'),
        ("Qui a payé l'orgue ?", 'Recherché : "payé" et "orgue"'),
        ("¿Quién pagó el órgano?", 'Se ha buscado "pagó" y "órgano"'),
        ("Who paid for the organ?", 'Looked for "paid" and "organ"'),
    ],
)
def test_a_refusal_is_in_the_language_of_the_question(question: str, begins: str) -> None:
    assert explain(Question(question), [evidence("Ein Blatt.")]).startswith(begins)


def test_of_a_subtotal_and_a_total_the_one_that_is_named_is_read() -> None:
    cells = (
        ("Posten", "Stück", "Einzeln", "Betrag"),
        ("Zaun", "3", "40,00 €", "120,00 €"),
        ("Tor", "1", "80,00 €", "80,00 €"),
        ("Zwischensumme", "", "", "200,00 €"),
        ("Gesamtbetrag", "", "", "238,00 €"),
    )
    asked = Question("Wie hoch ist der Gesamtbetrag?")
    assert operations(asked.text, grids([evidence(language="de", cells=cells)]))[0].result == "238,00 €"


def suite_of(languages: tuple[str, ...], encoder: object) -> Any:
    assets = tuple(
        Asset(asset_id=code, source=code, media_type="text/plain", title="", sha256="", bytes=1, language=code)
        for code in languages
    )
    index = SimpleNamespace(assets=lambda where: assets)
    return SimpleNamespace(parts=SimpleNamespace(text_encoder=encoder, index=index), principal=Principal())


def test_a_refusal_says_which_languages_were_not_searched_by_meaning() -> None:
    english, many = SimpleNamespace(), SimpleNamespace(multilingual=True)
    said = by_words_alone(suite_of(("en", "de", "fr", ""), english), "")
    assert said[0].startswith("Documents in French, German are searched by their words alone")
    assert by_words_alone(suite_of(("de",), english), "es")[0].startswith("Los documentos en de")
    assert by_words_alone(suite_of(("de",), None), "de")
    assert by_words_alone(suite_of(("en", ""), english), "") == by_words_alone(suite_of(("de",), many), "") == []
