"""OpenDocument files as office programs write them: charts, hidden parts, lists, forms, and sheets of many tables."""

from __future__ import annotations

from pathlib import Path

from groundsight.ingestion import Parsed
from groundsight.settings import Limits
from tests.test_long_files import HEAD, all_of, rows_of, sensor_rows
from tests.test_nothing_lost import marked
from tests.test_readers_formats import left, zipped
from tests.test_readers_text import read

SPACES = " ".join(f'xmlns:{name}="{name}"' for name in "office text table draw style form svg chart fo".split())
LINK = 'xmlns:xlink="http://www.w3.org/1999/xlink"'


def document(body: str, styles: str = "") -> str:
    inside = f"<office:automatic-styles>{styles}</office:automatic-styles><office:body>{body}</office:body>"
    return f"<office:document-content {SPACES} {LINK}>{inside}</office:document-content>"


def opened(folder: Path, name: str, body: str, styles: str = "", **parts: str) -> Parsed:
    """Read a document of one body; ``parts`` are further members by name, ``__`` for the slash."""
    kind = {"odt": "text", "ods": "spreadsheet", "odp": "presentation"}[name[-3:]]
    told = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": document(body, styles)}
    members = {f"{key.replace('__', '/')}.xml": value for key, value in parts.items()}
    return read(folder, name, zipped({**told, **members}))


def cell(text: object, more: str = "", inside: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p>{inside}</table:table-cell>"


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(each if '<' in each else cell(each) for each in cells)}</table:table-row>"


def sheet(*rows: str, name: str = "Nets", more: str = "") -> str:
    return f"<table:table table:name='{name}' {more}>{''.join(rows)}</table:table>"


GAP, COVERED = "<table:table-cell/>", "<table:covered-table-cell/>"


def test_a_sheet_is_parted_into_its_tables_with_their_merged_heads(tmp_path: Path) -> None:
    wide = cell("Spring", "table:number-columns-spanned='2'")
    body = sheet(
        row(cell("Catch of the weir", "table:number-columns-spanned='6'")),
        row("Fish", wide, COVERED, GAP, "Crew", "Post"),
        row(GAP, "north", "south", GAP, "Ilse", "weir"),
        row("perch", "40", "7", GAP, "Bo", "lock"),
        row("roach", "12", "9"),
    )
    fish, crew = opened(tmp_path, "a.ods", body).elements
    assert fish.text == "Catch of the weir"
    assert fish.cells == (("Fish", "Spring / north", "Spring / south"), ("perch", "40", "7"), ("roach", "12", "9"))
    assert crew.cells == (("Crew", "Post"), ("Ilse", "weir"), ("Bo", "lock"))


def test_what_a_sheet_hides_or_did_not_calculate_is_told(tmp_path: Path) -> None:
    styles = (
        "<style:style style:name='h' style:family='table'><style:table-properties table:display='false'/></style:style>"
    )
    note = "<office:annotation><text:p>Mended?</text:p></office:annotation>"
    column = "<table:table-column/><table:table-column table:visibility='collapse'/>"
    bare = "<table:table-cell office:value-type='float' office:value='12.5'/>"
    sum_of = "<table:table-cell table:formula='of:=SUM(C2)'/>"
    rows = (row("Net", "Cost", "Metres"), row("fine", "90", cell("30", inside=note)), row("wide", bare, sum_of))
    body = sheet(column, *rows) + sheet(row("Keys"), name="Safe", more="table:style-name='h'")
    parsed = opened(tmp_path, "a.ods", body, styles)
    assert [(one.cells, one.text, one.mark) for one in parsed.elements if one.mark] == [
        ((("Net", "Cost"), ("fine", "90"), ("wide", "12.5")), parsed.elements[1].text, "hidden"),
        ((), "Comment on C2: Mended?", "comment"), ((), "Keys", "hidden"),
    ]  # fmt: skip
    assert left(parsed) == {"formula": 1}


def test_a_long_sheet_is_read_as_it_comes_and_its_limit_is_said(tmp_path: Path) -> None:
    rows = [row(*map(str, each)) for each in (HEAD, *sensor_rows(12_000))]
    parsed = opened(tmp_path, "a.ods", sheet(*rows, row("x", more="table:number-rows-repeated='3'")))
    assert rows_of(all_of(parsed, tmp_path))[:12_000] == [tuple(map(str, one)) for one in sensor_rows(12_000)]
    (short,) = _limited(tmp_path, 20).left_out
    assert (short.kind, short.count) == ("row", 11_984)
    assert "limits.table_rows = 20" in short.why


def _limited(folder: Path, most: int) -> Parsed:
    from groundsight.ingestion.readers.box.ods_file import read_ods

    return read_ods(folder / "a.ods", folder, Limits(table_rows=most))


CHART = (
    "<office:chart><chart:chart><chart:title><text:p>Water at the weir</text:p></chart:title>"
    f"{sheet(row(GAP, 'cm'), row('May', '40'), row('June', 'NaN'))}</chart:chart></office:chart>"
)
CHARTED = "<draw:frame><draw:object xlink:href='./Object 1'/><draw:image xlink:href='./no'/></draw:frame>"


def test_a_chart_is_a_table_of_its_data_in_every_kind(tmp_path: Path) -> None:
    chart = {"Object 1__content": document(CHART)}
    bodies = {
        "a.odt": f"<office:text><text:p>{CHARTED}</text:p></office:text>",
        "a.odp": f"<office:presentation><draw:page>{CHARTED}</draw:page></office:presentation>",
        "a.ods": sheet(row(cell("", inside=CHARTED))),
    }
    for name, body in bodies.items():
        parsed = opened(tmp_path, name, body, **chart)
        assert [(one.text, one.cells) for one in parsed.elements] == [
            ("Water at the weir", (("", "cm"), ("May", "40"), ("June", "")))
        ]
        assert parsed.left_out == ()


def test_shapes_forms_and_hidden_text_of_a_document_are_read_or_said(tmp_path: Path) -> None:
    styles = "<style:style style:name='v'><style:text-properties text:display='none'/></style:style>"
    shapes = "<draw:rect><text:p>Lock</text:p></draw:rect><draw:ellipse><text:p>Weir</text:p></draw:ellipse>"
    forms = (
        "<office:forms><form:text form:label='Keeper' form:current-value='Ilse'/><form:password form:value='x'/>"
        "<form:checkbox form:label='open' form:current-state='checked'/></office:forms>"
    )
    hidden = "<text:p>Shown<text:span text:style-name='v'> unseen</text:span>.</text:p>"
    closed = "<text:section text:display='none'><text:p>Closed</text:p></text:section>"
    body = f"<office:text>{forms}<text:p>{shapes}</text:p>{hidden}{closed}</office:text>"
    parsed = opened(tmp_path, "a.odt", body, styles)
    assert marked(parsed) == [
        ("Keeper Ilse", ""), ("☒ open", ""), ("Lock", ""), ("Weir", ""), ("Shown.", ""), ("Closed", "hidden"),
    ]  # fmt: skip
    assert left(parsed) == {"hidden text": 1}


def test_lists_are_numbered_and_rows_that_span_are_filled(tmp_path: Path) -> None:
    levels = (
        "<text:list-style style:name='n'><text:list-level-style-number text:level='1' fo:num-format='1'/>"
        "<text:list-level-style-bullet text:level='2'/></text:list-style>"
    )
    item = "<text:list-item><text:p>{}</text:p>{}</text:list-item>"
    inner = f"<text:list>{item.format('Oil', '')}</text:list>"
    steps = f"<text:list text:style-name='n'>{item.format('Open', inner)}{item.format('Close', '')}</text:list>"
    table = sheet(row("Post", "Keeper"), row(cell("Lock", "table:number-rows-spanned='2'"), "Ilse"), row(COVERED, "Bo"))
    parsed = opened(tmp_path, "a.odt", f"<office:text>{steps}{table}</office:text>", levels)
    assert [one.text for one in parsed.elements[:3]] == ["1. Open", "- Oil", "2. Close"]
    assert parsed.elements[3].cells == (("Post", "Keeper"), ("Lock", "Ilse"), ("Lock", "Bo"))


def test_slides_have_titles_notes_and_their_foot(tmp_path: Path) -> None:
    def frame(text: str, more: str = "") -> str:
        return f"<draw:frame {more}><draw:text-box><text:p>{text}</text:p></draw:text-box></draw:frame>"

    title, said = frame("The weir", "office:class='title'"), f"<office:notes>{frame('Speak slowly')}</office:notes>"
    foot = "<office:footer-decl>Lock keepers</office:footer-decl>"
    page = f"<draw:page>{title}{frame('It is open.')}{said}</draw:page>"
    parsed = opened(tmp_path, "a.odp", f"<office:presentation>{foot}{page}</office:presentation>")
    assert [(one.kind, one.text, one.section) for one in parsed.elements] == [
        ("text", "Lock keepers", None), ("heading", "The weir", "The weir"), ("text", "It is open.", "The weir"),
        ("text", "Notes: Speak slowly", "The weir"),
    ]  # fmt: skip
