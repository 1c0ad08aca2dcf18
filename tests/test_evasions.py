"""The published list of spellings that hide structured personal data: every one is found, through a file as well."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from groundsight.governance.pii import redact
from groundsight.governance.pii_prefilter import may_hold
from groundsight.settings import ALL_PII, Settings
from groundsight.suite import open_suite
from groundsight.types import Filter

DATA = Path(__file__).parent / "data"
LISTS = ("evasions.jsonl", "evasions_attack.jsonl")
SECRETS = (
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "xoxb-123456789012-abcdefABCDEF",
    "sk-ant-api03-" + "x9" * 20,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEow==\n-----END RSA PRIVATE KEY-----",
    "hunter2-and-more",
)
NO_SECRETS = (
    "The password has eight signs or more.",
    "secret: none",
    "AKIA is a prefix",
    "api key: see the vault",
    "token ring",
    "sk-8 skates",
    "bearer of the cup since 2019",
)


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def left(text: str) -> str:
    return re.sub(r"\[[A-Z]+_\d+\]", "", text)


def test_the_published_list_has_53_spellings_of_six_kinds() -> None:
    listed = rows("evasions.jsonl")
    assert len(listed) == 53
    assert {row["kind"] for row in listed} == {*ALL_PII}


@pytest.mark.parametrize(
    "row", [row for name in LISTS for row in rows(name)], ids=lambda row: f"{row['kind']} {row['how']}"
)
def test_a_spelling_hides_nothing(row: dict[str, str]) -> None:
    found = redact(f"Note: {row['text']} .", ALL_PII)
    assert may_hold(row["text"])
    assert row["kind"] in {span.kind for span in found.spans}
    assert not re.search(r"\d\D{0,3}\d\D{0,3}\d\D{0,3}\d", left(found.text)), found.text
    assert "example" not in left(found.text)


@pytest.mark.parametrize("row", rows("lookalikes.jsonl"), ids=lambda row: row["text"])
def test_what_only_looks_like_a_value_stays(row: dict[str, str]) -> None:
    assert redact(row["text"], (*ALL_PII, "secret")).text == row["text"]


def test_an_address_ends_before_what_stands_beside_it() -> None:
    for beside in (" · table · 2024", " • text", " . Then we left", " | see b", "\nand more"):
        assert redact(f"mara@quay.example.org{beside}", ALL_PII).text == f"[EMAIL_1]{beside}"


def test_a_calendar_and_a_card_hide_no_value_between_two_halves_of_a_line(tmp_path: Path) -> None:
    place = tmp_path / "docs"
    place.mkdir()
    event = "DESCRIPTION:The guest of berth 7 gave 219-0\r\n 9-8765 and visa 41111111\r\n 11111111"
    (place / "berth.ics").write_bytes(f"BEGIN:VCALENDAR\r\n{event}\r\nEND:VCALENDAR\r\n".encode())
    card = "NOTE:IBAN DE8937040044\r\n 0532013000\r\nEMAIL:mara@quay.exa\r\n mple.org"
    (place / "mara.vcf").write_bytes(f"BEGIN:VCARD\r\nFN:Mara\r\n{card}\r\nEND:VCARD\r\n".encode())
    (place / "rows.csv").write_text('who,what\nAna,"5555 5555\n  5555 4444"\nBo,mara @ quay . example . org\n', "utf-8")
    with open_suite(
        Settings(home=tmp_path / "home", roots=(place,), models={"text": "none", "visual": "none"})
    ) as suite:
        suite.ingest(["docs"])
        assets = suite.parts.index.assets(Filter())
        told = "\n".join(unit.text for each in assets for unit in suite.parts.index.units(each.asset_id, Filter()))
    assert {kind for kind in ("SSN", "CARD", "IBAN", "EMAIL") if f"[{kind}_1]" in told} == {
        "SSN",
        "CARD",
        "IBAN",
        "EMAIL",
    }
    assert not re.search(r"\d{3}|example", left(told)), told


def test_no_spelling_of_the_list_is_stored_from_a_file(tmp_path: Path) -> None:
    place = tmp_path / "docs"
    place.mkdir()
    listed = rows("evasions.jsonl")
    for number, row in enumerate(listed):
        (place / f"note{number}.txt").write_text(f"Note: {row['text']} .\n", "utf-8")
    with open_suite(
        Settings(home=tmp_path / "home", roots=(place,), models={"text": "none", "visual": "none"})
    ) as suite:
        suite.ingest(["docs"])
        assets = suite.parts.index.assets(Filter())
        texts = {each.source: suite.parts.index.units(each.asset_id, Filter())[0].text for each in assets}
    for number, row in enumerate(listed):
        assert row["kind"].upper() in texts[f"docs/note{number}.txt"], row


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_hidden_by_its_form_or_its_label(secret: str) -> None:
    text = redact(f"password: {secret}", ("secret",)).text
    assert text == "password: [SECRET_1]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Kennwort: Tr0ub4dor&3x", "Kennwort: [SECRET_1]"),
        ("mot de passe : Tr0ub4dor&3x", "mot de passe : [SECRET_1]"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", "AWS_SECRET_ACCESS_KEY=[SECRET_1]"),
        ("Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer [SECRET_1]"),
        ("postgres://app:Sup3rS3cret@db/x", "postgres://app:[SECRET_1]@db/x"),
    ],
)
def test_a_secret_is_known_by_its_label_in_any_tongue_or_place(text: str, shown: str) -> None:
    assert redact(text, ("secret",)).text == shown


@pytest.mark.parametrize("text", NO_SECRETS)
def test_words_about_secrets_are_none(text: str) -> None:
    assert not redact(text, ("secret",)).spans


SPREAD = (
    "Call 0 1 7 0 1 2 3 4 5 6 7 after six.",
    "0-1-7-0-1-2-3-4-5-6-7",
    "My number is 0.1.7.0.1.2.3.4.5.6.7 now",
    "0 1 7 0 - 1 2 3 4 5 6 7",
    "0 1 7 0 / 1 2 3 4 5 6 7",
    "Phone: 4 1 5 5 5 5 2 6 7 1",
    "tel 2-1-2-5-5-5-0-1-8-7",
    "0 0 4 9 1 7 0 1 2 3 4 5 6 7",
    "+ 4 9 1 7 0 1 2 3 4 5 6 7",
    "Ring zero one seven zero one two three four five six seven tonight.",
    "Reach me on oh two oh, seven nine four six, oh nine five eight.",
    "phone: four one five five five five two six seven one",
    "zero-one-seven-zero-one-two-three-four-five-six-seven",
    "plus four nine one seven zero one two three four five six seven",
    "0  1  7  0   1 2 3 4 5 6 7",
    "Zero One Seven Zero One Two Three Four Five Six Seven",
    "０ １ ７ ０ １ ２ ３ ４ ５ ６ ７",
    "0 7 7 0 0 9 0 0 1 2 3",
    "Handy: 0 1 7 6 4 5 1 2 3 8 9",
    "0 6 1 2 3 4 5 6 7 8",
)
ROWS = (
    "0 1 2 3 4 5 6 7 8 9",
    "0 1 1 0 1 0 0 1 1 0 1",
    "5 4 3 5 4 5 2 3 4 5",
    "9 8 7 6 5 4 3 2 1 0",
    "one two three four five six seven eight nine ten",
    "0 1 7 0 1 2 3 4 5 6 7\n0 2 5 1 9 2 3 4 8 6 1\n0 3 3 1 2 2 7 4 5 6 9",
    "rows:\n3 1 4 1 5 9 2 6 5 3\n5 8 9 7 9 3 2 3 8 4",
    "0 0 0 1 0 0 2 0 0 1 0",
    "scores 7 8 9 6 7 8 9 7 6 8",
    "0 2 4 6 8 10 12 14",
    "Version 0.1.7.0.1",
    "pi is 3 1 4 1 5 9 2 6 5 3 5",
    "1-0, 2-1, 0-3, 1-1, 2-2",
    "steps one, two and three, then four or five",
    "a b c 0 1 7 0",
    "two zero two four one one two nine",
    "0 1 2 | 3 4 5 | 6 7 8",
)


def test_a_number_whose_digits_stand_apart_or_are_said_one_by_one_is_found_and_rows_of_digits_stay() -> None:
    shown = [redact(text, ALL_PII).text for text in SPREAD]
    assert [text for text in shown if "[PHONE_1]" not in text] == []
    assert [text for text in ROWS if redact(text, ALL_PII).text != text] == []
