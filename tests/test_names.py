"""Names of persons, places and organisations: found once in a document, hidden everywhere in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from groundsight.errors import ConfigError, PolicyRefused, RedactionFailed, TimedOut
from groundsight.governance.pii import Memory, redact
from groundsight.governance.pii_entities import FoundName, KnownNames, names_model
from groundsight.governance.redaction import seal_entry
from groundsight.ingestion.coverage import looked_at_again
from groundsight.ingestion.names.job import _names  # pyright: ignore[reportPrivateUsage]
from groundsight.ingestion.names.rules import NameFound, mended, recased
from groundsight.settings import ALL_PII, PROFILES, Settings, load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tools.pictures import shown
from groundsight.tracing import Watch
from groundsight.types import Filter, Unit
from tests.build import make_asset, make_unit
from tests.pictures import page_of

FLOOR = Path(__file__).parent.parent / "evals/floors"
KINDS = PROFILES["strict"]
KELLER = FoundName("person", "Martina Keller", ("Martina", "Keller"))
KNOWN = (
    KELLER,
    FoundName("place", "Lisbon"),
    FoundName("org", "Brannstrom Marine"),
    FoundName("person", "Ingrid Solheim", ("Ingrid", "Solheim")),
)
LETTER = """From: Martina Keller <m.k@example.org>
To: Ingrid Solheim
Subject: Keller in Lisbon

# Visit of Keller

Brannstrom Marine pays. KELLER, Martina comes on 3 May; ask Solheim\u200b or Ingrid. PO 7781 applies.
"""
TABLE = "Name,City\nMartina Keller,Lisbon\nMAR\u200bTINA keller,Bergen\n"
LEAKS = ("Keller", "KELLER", "keller", "Martina", "Solheim", "Ingrid", "Lisbon", "Brannstrom", "TINA")


class Scripted:
    """Knows some names; what a model would find in the texts of one document."""

    def __init__(self, *names: FoundName) -> None:
        self._names = names

    def names(self, texts: Iterable[str], watch: Watch, which: str = "") -> KnownNames:
        told = "\n".join(texts)
        return KnownNames(each for each in self._names if each.shown.casefold() in told.casefold())


class Broken:
    """A model that never answers in time."""

    def names(self, texts: Iterable[str], watch: Watch, which: str = "") -> KnownNames:
        raise TimedOut("parse: reading the file took too long", limit="60 s")


def opened(tmp_path: Path, names: object, **governance: object) -> Suite:
    made = Settings(
        home=tmp_path / "home",
        roots=(tmp_path / "docs",),
        models={"text": "none", "visual": "none"},
        governance={"profile": "strict", **governance},
    )
    suite = open_suite(made)
    vars(suite.parts)["names"] = names
    return suite


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    place = tmp_path / "docs"
    place.mkdir()
    return place


def units(suite: Suite) -> Iterator[Unit]:
    for asset in suite.parts.index.assets(Filter()):
        yield from suite.parts.index.units(asset.asset_id, Filter())


def stored(suite: Suite) -> str:
    assets = [each.model_dump_json() for each in suite.parts.index.assets(Filter())]
    return "\n".join([*assets, *(each.model_dump_json() for each in units(suite))])


def test_a_name_is_hidden_in_mails_tables_headings_titles_links_and_file_names(tmp_path: Path, docs: Path) -> None:
    (docs / "Keller_Martina lease.eml").write_text(LETTER, "utf-8")
    (docs / "staff.csv").write_text(TABLE, "utf-8")
    with opened(tmp_path, Scripted(*KNOWN)) as suite:
        report = suite.ingest(["docs"])
        assert [each.status for each in report.files] == ["added", "added"]
        told = stored(suite)
    assert [leak for leak in LEAKS if leak in told] == []
    assert "PO 7781 applies" in told
    assert "3 May" in told
    assert "lease.eml" in told
    left = [
        file
        for file in (tmp_path / "home").rglob("*")
        if file.is_file()
        for leak in LEAKS
        if leak.encode() in file.read_bytes()
    ]
    assert left == []


def test_a_name_read_from_a_picture_is_hidden_in_its_lines_and_filled_in_its_pixels(tmp_path: Path, docs: Path) -> None:
    page_of("Lease of the boat house", "Tenant Martina Keller", "Rent 950 EUR", size=32).save(docs / "scan.png")
    (docs / "note.txt").write_text("Nobody is named here.")
    with opened(tmp_path, Scripted(KELLER)) as suite:
        suite.ingest(["docs"])
        told = stored(suite)
        picture = next(each for each in units(suite) if each.lines)
        with pytest.raises(PolicyRefused):
            shown(suite, suite.parts.index.assets(Filter())[1], picture.place)
    assert "Keller" not in told
    assert "[PERSON_1]" in picture.ocr
    assert "950 EUR" in picture.ocr


def test_a_surname_alone_stands_for_its_one_owner_and_for_neither_of_two() -> None:
    one = Memory(names=KnownNames([KELLER]))
    assert redact("Martina Keller called. Keller paid; the keller is below.", KINDS, one).text == (
        "[PERSON_1] called. [PERSON_1] paid; the keller is below."
    )
    two = Memory(names=KnownNames([KELLER, FoundName("person", "Tom Keller", ("Tom", "Keller"))]))
    assert redact("Tom Keller, Martina Keller, Keller", KINDS, two).text == "[PERSON_1], [PERSON_2], [PERSON_3]"


@pytest.mark.parametrize(
    "shown",
    [
        "Keller, Martina",
        "MARTINA KELLER",
        "Martina\u00a0Keller",
        "Martina\nKeller",
        "Mar\u200btina Keller",
        "martina_keller",
        "Martina Keller's",
    ],
)
def test_a_name_is_found_however_it_is_written(shown: str) -> None:
    hidden = redact(f"for {shown} only", KINDS, Memory(names=KnownNames([KELLER]))).text
    assert "eller" not in hidden.casefold()
    assert hidden.startswith("for [PERSON_1]")
    assert hidden.endswith(" only")


def test_redacting_again_changes_nothing_and_only_the_kinds_asked_for_go() -> None:
    memory = Memory(names=KnownNames(KNOWN))
    once = redact(LETTER, KINDS, memory).text
    assert redact(once, KINDS, memory).text == once
    assert "Lisbon" in redact(LETTER, (*ALL_PII, "person"), Memory(names=KnownNames(KNOWN))).text


def test_a_name_that_is_left_is_not_sealed() -> None:
    asset = make_asset()
    with pytest.raises(RedactionFailed):
        seal_entry(asset, [make_unit(asset, text="Keller came")], KINDS, Memory(names=KnownNames([KELLER])))


def test_a_model_of_names_that_fails_blocks_the_file(tmp_path: Path, docs: Path) -> None:
    (docs / "a.txt").write_text("Martina Keller")
    with opened(tmp_path, Broken()) as suite:
        (line,) = suite.ingest(["docs"]).files
        assert (line.status, line.problem and line.problem.code) == ("failed", "E_TIMEOUT")
        assert not list(units(suite))


def test_a_person_has_one_pseudonym_in_all_documents_and_another_under_another_key(tmp_path: Path, docs: Path) -> None:
    (docs / "a.txt").write_text("Martina Keller signed.")
    (docs / "b.txt").write_text("Paid to Martina Keller, m.k@example.org.")
    read: list[set[str]] = []
    for number in (1, 2):
        made = Settings(
            home=tmp_path / f"home{number}", roots=(docs,), models={"text": "none", "visual": "none"},
            governance={"profile": "strict", "pseudonym_key": tmp_path / f"key{number}"},
        )  # fmt: skip
        with open_suite(made) as suite:
            vars(suite.parts)["names"] = Scripted(KELLER)
            suite.ingest(["docs"])
            read.append({word for unit in units(suite) for word in unit.text.split() if word.startswith("[PERSON-")})
    first, second = ({word.rstrip(",.") for word in each} for each in read)
    assert len(first) == len(second) == 1
    assert first != second


def test_a_key_beside_the_index_is_refused(tmp_path: Path, docs: Path) -> None:
    (docs / "a.txt").write_text("Words.")
    with pytest.raises(ConfigError, match="beside what it protects"):
        opened(tmp_path, None, pseudonym_key=tmp_path / "home" / "key").ingest(["docs"])


def test_profiles_name_their_kinds_and_one_of_profile_and_list_is_set(tmp_path: Path) -> None:
    assert Settings(home=tmp_path).governance.redact == ALL_PII
    personal = load_settings(tmp_path, governance={"profile": "personal"}).governance.redact
    assert "phone" not in personal
    assert "card" in personal
    assert {*load_settings(tmp_path, governance={"profile": "strict"}).governance.redact} > {
        "person",
        "place",
        "org",
        "phone",
    }
    with pytest.raises(ConfigError, match="profile and redact"):
        load_settings(tmp_path, governance={"profile": "strict", "redact": ["email"]})


def test_without_a_model_every_reply_says_that_names_and_faces_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names_model.cache_clear()
    for module in ("pii_entities", "redaction"):
        monkeypatch.setattr(f"groundsight.governance.{module}.PACKAGES", ("no-such-package",))
    with open_suite(Settings(home=tmp_path, governance={"profile": "strict"})) as suite:
        assert {"names", "masks"} <= {lane.lane for lane in suite.parts.degraded()}
        assert suite.parts.names is None
    names_model.cache_clear()


def test_what_is_stored_is_looked_at_again(tmp_path: Path, docs: Path) -> None:
    (docs / "a.txt").write_text("Write to jane@example.com.")
    (docs / "b.txt").write_text("Martina Keller signed.")
    lax = Settings(
        home=tmp_path / "home", roots=(docs,), models={"text": "none", "visual": "none"}, governance={"redact": []}
    )
    with open_suite(lax) as suite:
        suite.ingest(["docs"])
    with opened(tmp_path, Scripted(KELLER)) as suite:
        found = looked_at_again(suite.parts, Watch(), seconds=60)
        assert (found.clean, found.units, found.found) == (1, 2, {"email": 1})
        named = looked_at_again(suite.parts, Watch(), seconds=60, names=True)
        assert named.found == {"email": 1, "person": 1}
        suite.ingest(["docs"])
        assert looked_at_again(suite.parts, Watch(), seconds=60, names=True).found == {}


def test_rules_mend_what_a_model_takes_for_names() -> None:
    text = "SSN and PO 7781 of Brannstrom Marine, in May. Ann Holm lives at 12 Mill Lane, Bristol. Rent 950 EUR."
    taken = [
        NameFound(text.index(word), text.index(word) + len(word), "org") for word in ("SSN", "PO 7781", "May", "EUR")
    ]
    taken.append(NameFound(text.index("Brannstrom"), text.index(", in"), "person"))
    told = {text[each.start : each.end]: each.kind for each in mended(text, taken)}
    assert not {"SSN", "PO 7781", "May", "EUR"} & {*told}
    assert told["12 Mill Lane"] == told["Bristol"] == "place"
    assert "Brannstrom Marine" in told
    assert recased("Anna HOLM of the IRS\nann holm came") == "Anna Holm of the IRS\nAnn Holm Came"


@pytest.mark.parametrize(
    ("text", "taken", "persons"),
    [
        ("Zoolander is a 2016 comedy film directed by Ann Holm.", ("Zoolander", "Ann Holm"), ["Ann Holm"]),
        ("Ann Holm is a film director of note.", ("Ann Holm",), ["Ann Holm"]),
        ("They sang Little Tales. Is it true?", ("Little Tales. Is",), []),
        ("Olga Krylova\nCable line installer", ("Olga Krylova\nCable",), ["Olga Krylova"]),
        ("Lopez, Santos and Coleman is based in Espoo.", ("Lopez", "Santos", "Coleman"), []),
        ("Lopez, Santos and Coleman are here.", ("Lopez", "Santos", "Coleman"), ["Lopez", "Santos", "Coleman"]),
    ],
)
def test_what_a_sentence_says_that_it_is_and_what_it_was_parted_from_is_no_person(
    text: str, taken: tuple[str, ...], persons: list[str]
) -> None:
    found = [NameFound(text.index(name), text.index(name) + len(name), "person") for name in taken]
    assert [text[each.start : each.end] for each in mended(text, found) if each.kind == "person"] == persons


@pytest.mark.skipif(not names_model(), reason="the extra names is not installed")
def test_the_packaged_model_hides_names_in_a_confined_child(tmp_path: Path, docs: Path) -> None:
    (docs / "a.txt").write_text("Yesterday Martina Keller flew to Lisbon. Keller works for Siemens.")
    with open_suite(
        Settings(
            home=tmp_path / "home",
            roots=(docs,),
            models={"text": "none", "visual": "none"},
            governance={"profile": "strict"},
        )
    ) as suite:
        suite.ingest(["docs"])
        told = stored(suite)
    assert not [leak for leak in ("Martina", "Keller", "Lisbon", "Siemens") if leak in told]
    assert json.loads(told.splitlines()[0])["redactions"]["person"] == 2


@pytest.mark.skipif(not names_model(), reason="the extra names is not installed")
def test_the_packaged_model_masks_nine_of_ten_persons_of_our_own_texts(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in (FLOOR / "names.jsonl").read_text("utf-8").splitlines()]
    hidden = asked = 0
    for row in rows:
        memory = Memory(names=KnownNames(_names([row["text"]])))
        taken = {place for span in redact(row["text"], KINDS, memory).spans for place in range(span.start, span.end)}
        persons = [{*range(span["start"], span["end"])} for span in row["spans"] if span["type"] == "PERSON"]
        asked += len(persons)
        hidden += sum(len(each & taken) >= 0.9 * len(each) for each in persons)
    assert hidden >= 0.9 * asked
