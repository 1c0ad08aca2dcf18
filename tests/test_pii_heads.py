"""A head reaches its value over the border of a cell, an element and an empty row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from groundsight.governance.pii import Memory, redact
from groundsight.governance.pii_heads import kinds_asked, label_of
from groundsight.governance.pii_tables import clean_cells, clean_lines
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.document import clean_document
from groundsight.ingestion.readers.office.word.docx_file import read_docx
from groundsight.ingestion.readers.office.xlsx_file import read_xlsx
from groundsight.ingestion.readers.pdf.pdf_file import read_pdf
from groundsight.ingestion.readers.text.html_file import read_html
from groundsight.ingestion.readers.text.markdown_file import read_markdown
from groundsight.settings import ALL_PII, Limits

PHONE_HEADS = (
    "Phone Number", "Ph No", "Telefonnummer", "Natel", "Téléphone portable", "Tél. fixe", "GSM", "Teléfono móvil",
    "TELEFONO", "Número de teléfono", "Telefone", "Nº de telemóvel", "Numero di telefono", "Cellulare",
    "Telefoonnummer", "Telefonnr", "Tlf.", "Tlf nr", "Puhelinnumero", "Numer telefonu", "Komórka", "Telefonní číslo",
    "Telefónne číslo",
    "Telefonszám", "Număr de telefon", "Broj telefona", "Τηλέφωνο", "Κινητό τηλέφωνο", "Телефон", "Номер телефона",
    "Контактный телефон", "Телефонен номер", "Cep telefonu", "Telefon numarası", "رقم الهاتف", "رقم الجوال",
    "מספר טלפון", "फ़ोन नंबर", "电话", "手机号码", "聯絡電話", "電話番号", "携帯番号（自宅）", "전화번호", "휴대폰 번호",
    "Số điện thoại", "Nomor telepon", "หมายเลขโทรศัพท์",
)  # fmt: skip


def shown(parsed: Parsed) -> str:
    clean = clean_document(parsed, ALL_PII)
    return "\n".join(part for each in clean.elements for part in (each.text, *map("|".join, each.cells)) if part)


def sheet(path: Path, rows: Sequence[Sequence[str | int]]) -> Parsed:
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.worksheets[0].append([*row])
    book.save(path)
    return read_xlsx(path, path.parent)


def test_a_label_reaches_every_number_of_its_row(tmp_path: Path) -> None:
    row: Sequence[str | int] = ["SSN", 564489081, 564489082, 564489083]
    for rows in ([["Keeper", "Zed", "Ann", "Bo"], row], [row]):
        text = shown(sheet(tmp_path / "a.xlsx", rows))
        assert "564489" not in text
        assert "[SSN_3]" in text


def html(path: Path) -> Parsed:
    path.write_text("<dl><dt>Phone</dt><dd>607334183</dd></dl><h2>SSN</h2><p>564489083</p>")
    return read_html(path)


def markdown(path: Path) -> Parsed:
    path.write_text("## Phone\n\n607334187\n\n**SSN**\n\n564489122\n\n## Mobile no\n\n- 607334188\n- 607334189\n")
    return read_markdown(path)


def word(path: Path) -> Parsed:
    from docx import Document

    file = Document()
    file.add_heading("Phone", 2)
    file.add_paragraph("607334190")
    file.save(str(path))
    return read_docx(path, path.parent)


@pytest.mark.parametrize("carrier", [html, markdown, word])
def test_a_label_reaches_the_value_in_the_element_behind_it(carrier: Callable[[Path], Parsed], tmp_path: Path) -> None:
    text = shown(carrier(tmp_path / "file"))
    assert "607334" not in text
    assert "564489" not in text


def test_a_heading_says_nothing_about_the_text_behind_a_sentence_or_a_table() -> None:
    heading = Element(kind="heading", text="Phone")
    number = Element(kind="text", text="1204567")
    for between in (Element(kind="text", text="Calls in the year"), Element(kind="table", cells=(("Year", "n"),))):
        assert "1204567" in shown(Parsed(media_type="text/html", elements=(heading, between, number)))


def test_a_label_and_numbers_alone_on_a_line_are_read_together() -> None:
    assert clean_lines("SSN 564489081 564489082", ALL_PII, Memory()) == "SSN [SSN_1] [SSN_2]"
    assert clean_lines("Order 564489081 564489082", ALL_PII, Memory()) == "Order 564489081 564489082"


def test_an_empty_row_of_a_sheet_does_not_take_the_heads_away(tmp_path: Path) -> None:
    rows: list[Sequence[str | int]] = [["Keeper", "Phone", "SSN"], ["Zed", 607334191, 564489084], []]
    rows += [["Ann", 607334192, 564489085], ["Bo", 607334193, 564489086], [], ["Cy", 607334194, 564489087]]
    text = shown(sheet(tmp_path / "a.xlsx", rows))
    assert "607334" not in text
    assert "564489" not in text


def test_a_table_below_an_empty_row_with_heads_of_its_own_is_read_by_them(tmp_path: Path) -> None:
    rows: list[Sequence[str | int]] = [
        ["Keeper", "Phone"],
        ["Zed", 607334191],
        [],
        ["Lamp", "Hours"],
        ["North", 1204567],
    ]
    text = shown(sheet(tmp_path / "a.xlsx", rows))
    assert "607334" not in text
    assert "1204567" in text


@pytest.mark.parametrize("columns", [(60, 190, 320), (60, 250, 420)])
def test_a_table_without_rules_keeps_its_heads_that_stand_to_the_left(columns: tuple[int, ...], tmp_path: Path) -> None:
    from reportlab.pdfgen.canvas import Canvas

    page = Canvas(str(tmp_path / "a.pdf"))
    page.drawString(60, 760, "The keepers of the harbour are listed below with what the office needs.")
    rows = [("Keeper", "Phone", "SSN"), *((f"Keeper {n}", f"60733419{n}", f"56448908{n}") for n in range(1, 6))]
    for at, row in enumerate(rows):
        for x, cell in zip(columns, row, strict=True):
            page.drawString(x, 700 - 16 * at, cell)
    page.save()
    text = shown(read_pdf(tmp_path / "a.pdf", tmp_path, Limits(), 100))
    assert "607334" not in text
    assert "564489" not in text
    assert "Keeper|Phone|SSN" in text


SPELT = ("social_security_number", "Social-Security-Number", "Soc. Sec. No.", "socialSecurityNo", "SOCIAL  SECURITY")


@pytest.mark.parametrize("head", SPELT)
def test_a_head_is_known_however_its_words_are_parted(head: str) -> None:
    label = label_of(head)
    assert label is not None
    assert label.kind == "ssn"
    assert kinds_asked(f"What is the {head} of Ann?") == {"ssn"}
    assert redact(f"her {head} 564489129 is known", ALL_PII).text == f"her {head} [SSN_1] is known"


@pytest.mark.parametrize("head", ["Society", "Social events", "Sec", "Message_No"])
def test_parts_of_a_head_announce_nothing(head: str) -> None:
    assert label_of(head) is None
    assert redact(f"{head} 564489129", ALL_PII).text == f"{head} 564489129"


@pytest.mark.parametrize("text", ["phone_number=607334197", "SSN_NUMBER 564489129", "her mobile no 607334209 rings"])
def test_a_label_joined_to_its_number_is_read(text: str) -> None:
    assert "_1]" in redact(text, ALL_PII).text


HARMLESS = (
    "The picnic at st.james in May",
    "met Ann at bldg.four",
    "Firmware 2.0.113.77 is out",
    "on kernel 5.15.0.91",
    "see Appendix 1.2.3.4",
    "4.1.2.3 Scope",
    "Kapitel 12.3.4.5 Montage",
    "Part 123-45-6789",
    "Serial no. 123-45-6789",
    "case: 123 - 45 - 6789",
    "Contact: 20240318",
    "Reach: 1204567",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_a_number_or_a_place_that_is_no_address_stays(text: str) -> None:
    assert redact(text, ALL_PII).text == text


@pytest.mark.parametrize("mail", ["nils.holgersson@holgersson-smithy.se", "nils at mail dot example dot se"])
def test_an_address_after_the_word_at_is_replaced_whole(mail: str) -> None:
    assert redact(f"Write to me at {mail}", ALL_PII).text.endswith("[EMAIL_1]")
    assert "holgersson" not in redact(f"Write to me at {mail}", ALL_PII).text


@pytest.mark.parametrize("head", ["Reach", "Messages", "Ring", "Answering"])
def test_a_verb_over_a_column_announces_no_phones(head: str, tmp_path: Path) -> None:
    rows: list[Sequence[str | int]] = [["Region", head], ["North", 1204567], ["South", 2204567]]
    assert "PHONE" not in shown(sheet(tmp_path / "a.xlsx", rows))
    assert redact(f"{head} me on 555-0199 or 5550188", ALL_PII).text.startswith(f"{head} me on [PHONE_1]")


@pytest.mark.parametrize("line", ["10.20.30.12 printer", "10.1.2.3 Printer", "4.1.2.3 scanner", "Call: 5550199"])
def test_a_list_of_hosts_is_no_list_of_headings(line: str) -> None:
    assert "_1]" in redact(line, ALL_PII).text


@pytest.mark.parametrize("head", PHONE_HEADS)
def test_a_head_in_a_known_language_announces_a_phone(head: str) -> None:
    cells = (("Keeper", head), ("Zed", "607334197"))
    assert clean_cells(cells, ALL_PII, Memory())[1][1] == "[PHONE_1]"


OTHER_HEADS = {
    "card": ("Kreditkartennummer", "Numéro de carte", "Número de tarjeta", "Numer karty", "Номер карты", "信用卡号"),
    "email": ("Courriel", "Correo electrónico", "Sähköposti", "Электронная почта", "メールアドレス", "邮箱", "E-post"),
    "ssn": ("Número de Seguro Social", "Numéro de sécurité sociale"),
}


@pytest.mark.parametrize(("kind", "head"), [(kind, head) for kind, heads in OTHER_HEADS.items() for head in heads])
def test_a_head_in_a_known_language_announces_its_kind(kind: str, head: str) -> None:
    label = label_of(head)
    assert label is not None
    assert (label.kind, label.sure) == (kind, True)


@pytest.mark.parametrize("head", ["Carta", "Posta", "Numer klienta", "Номер договора", "Seguro", "客户号码", "番号"])
def test_a_head_that_names_something_else_announces_nothing(head: str) -> None:
    assert label_of(head) is None


@pytest.mark.parametrize("head", ["Komórka", "Telemóvel", "手机", "电话", "Mobilní", "Điện thoại"])
def test_groups_of_three_under_a_head_that_means_a_phone_are_one(head: str) -> None:
    cells = (("Keeper", head), ("Zed", "601 748 294"), ("Ann", "125 000 000"))
    assert clean_cells(cells, ALL_PII, Memory())[1:] == (("Zed", "[PHONE_1]"), ("Ann", "125 000 000"))
    assert clean_lines(f"{head}: 601 748 294", ALL_PII, Memory()) == f"{head}: [PHONE_1]"


def test_a_post_code_is_no_mobile_number() -> None:
    assert clean_lines("Cep: 534 728 51 63", ALL_PII, Memory()) == "Cep: [PHONE_1]"
    assert clean_lines("CEP: 01310-100", ALL_PII, Memory()) == "CEP: 01310-100"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Телефон для справок: 8 (916) 572-43-81.", "Телефон для справок: [PHONE_1]."),
        ("Звоните по телефону 8 916 572 43 81", "Звоните по телефону [PHONE_1]"),
        ("मोबाइल नंबर: 9173648205", "मोबाइल नंबर: [PHONE_1]"),
        ("Mail: jo -at- lake -dot- example", "Mail: [EMAIL_1]"),
        ("jo arroba rio ponto example", "[EMAIL_1]"),
        ("Телефонов продано: 1204567", "Телефонов продано: 1204567"),
        ("телефон 1 204 567 и 4 321 000", "телефон 1 204 567 и 4 321 000"),
    ],
)
def test_a_label_in_running_text_is_read_in_other_scripts(text: str, left: str) -> None:
    memory = Memory()
    assert clean_lines(redact(text, ALL_PII, memory).text, ALL_PII, memory) == left
