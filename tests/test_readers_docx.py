"""Word documents are read as a person sees them: whatever holds the words, and whatever hangs on them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.office.word.docx_file import read_docx
from groundsight.types import LeftOut
from tests.office_parts import paragraph, relations, write_package, write_word


def told(path: Path) -> list[str]:
    return [element.text for element in read_docx(path, path.parent).elements]


def table_of(parsed: Parsed) -> tuple[tuple[str, ...], ...]:
    return next(element.cells for element in parsed.elements if element.kind == "table")


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def test_controls_and_boxes_hold_words_like_any_other_place(tmp_path: Path) -> None:
    box = (
        "<w:p><w:r><w:t>Beside the box.</w:t><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>"
        f"<w:txbxContent>{paragraph('In the box.')}</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback>"
        f"<w:pict><v:textbox><w:txbxContent>{paragraph('In the box.')}</w:txbxContent></v:textbox></w:pict>"
        "</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    block = f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph('In a block.')}</w:sdtContent></w:sdt>"
    inline = (
        "<w:p><w:r><w:t>The wheel has </w:t></w:r><w:sdt><w:sdtPr/><w:sdtContent><w:r><w:t>12</w:t></w:r>"
        "</w:sdtContent></w:sdt><w:r><w:t> spokes.</w:t></w:r></w:p>"
    )
    expected = ["In a block.", "The wheel has 12 spokes.", "Beside the box.", "In the box."]
    assert told(write_word(tmp_path / "a.docx", block + inline + box)) == expected


def test_tracked_changes_are_read_as_if_accepted_and_what_goes_is_in_the_ledger(tmp_path: Path) -> None:
    body = (
        "<w:p><w:r><w:t>Rent: </w:t></w:r><w:del><w:r><w:delText>70</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>85</w:t></w:r></w:ins></w:p>"
        "<w:p><w:moveTo><w:r><w:t>Moved here.</w:t></w:r></w:moveTo></w:p>"
        "<w:p><w:moveFrom><w:r><w:t>Moved here.</w:t></w:r></w:moveFrom></w:p>"
        f"<w:tbl>{row(cell('Item'), cell('Fee'))}{row(cell('Oil'), cell('3'), properties='<w:del/>')}"
        f"{row(cell('Salt'), cell('4'), properties='<w:ins/>')}</w:tbl>"
    )
    parsed = read_docx(write_word(tmp_path / "a.docx", body), tmp_path)
    assert [element.text for element in parsed.elements[:2]] == ["Rent: 85", "Moved here."]
    assert table_of(parsed) == (("Item", "Fee"), ("Salt", "4"))
    assert parsed.left_out == (
        LeftOut(kind="deleted text", why="a tracked change took it out", count=2),
        LeftOut(kind="deleted table row", why="a tracked change took it out"),
    )


def test_what_is_struck_out_is_marked_as_deleted(tmp_path: Path) -> None:
    struck = "<w:r><w:rPr><w:{}/></w:rPr><w:t>{}</w:t></w:r>"
    rent = f"<w:r><w:t>Rent: </w:t></w:r>{struck.format('strike', '7')}{struck.format('strike', '0')}"
    body = (
        f"<w:p>{rent}<w:r><w:rPr><w:strike w:val='0'/></w:rPr><w:t>85</w:t></w:r></w:p>"
        f"<w:p>{struck.format('dstrike', 'The race is on 3 May.')}</w:p>"
    )
    shown = read_docx(write_word(tmp_path / "a.docx", body), tmp_path).elements
    assert [(one.text, one.mark) for one in shown] == [
        ("Rent: 85", ""), ("70", "deleted"), ("The race is on 3 May.", "deleted"),
    ]  # fmt: skip


def test_what_a_style_strikes_out_is_marked_as_deleted(tmp_path: Path) -> None:
    style = "<w:style w:type='{}' w:styleId='{}'>{}</w:style>"
    struck = "<w:rPr><w:strike/></w:rPr>"
    sheet = "".join(
        style.format(*one)
        for one in (
            ("paragraph", "Gone", struck), ("paragraph", "GoneToo", "<w:basedOn w:val='Gone'/>"),
            ("character", "Out", "<w:basedOn w:val='Older'/>"), ("character", "Older", struck),
        )
    )  # fmt: skip
    run = "<w:r><w:rPr>{}</w:rPr><w:t>{}</w:t></w:r>"
    kept = run.format("<w:strike w:val='0'/>", " Now on 5 May.")
    old = run.format("<w:rStyle w:val='Out'/>", "70")
    body = (
        f"<w:p><w:pPr><w:pStyle w:val='GoneToo'/></w:pPr>{run.format('', 'The race is on 3 May.')}{kept}</w:p>"
        f"<w:p>{run.format('', 'Rent: ')}{old}{run.format('', '85')}</w:p>"
    )
    path = write_word(tmp_path / "a.docx", body, {"rId1": "styles.xml"}, rId1=f"<w:styles>{sheet}</w:styles>")
    assert [(one.text, one.mark) for one in read_docx(path, tmp_path).elements] == [
        ("Now on 5 May.", ""), ("The race is on 3 May.", "deleted"), ("Rent: 85", ""), ("70", "deleted"),
    ]  # fmt: skip


def test_notes_stand_behind_the_paragraph_of_their_mark(tmp_path: Path) -> None:
    body = (
        "<w:p><w:r><w:t>Guests leave by ten</w:t></w:r><w:r><w:footnoteReference w:id='7'/></w:r>"
        "<w:r><w:t>.</w:t></w:r></w:p>"
        f"{paragraph('Next.')}<w:p><w:r><w:t>End</w:t></w:r><w:r><w:endnoteReference w:id='2'/></w:r></w:p>"
    )
    targets = {"rId1": "footnotes.xml", "rId2": "endnotes.xml"}
    first = f"<w:footnote w:id='7'>{paragraph('On Sundays by noon.')}</w:footnote>"
    foot = f"<w:footnotes><w:footnote w:id='0' w:type='separator'/>{first}</w:footnotes>"
    end = f"<w:endnotes><w:endnote w:id='2'>{paragraph('House rules, 1998.')}</w:endnote></w:endnotes>"
    path = write_word(tmp_path / "a.docx", body, targets, rId1=foot, rId2=end)
    assert told(path) == [
        "Guests leave by ten[1].", "[1] On Sundays by noon.", "Next.", "End[i]", "[i] House rules, 1998.",
    ]  # fmt: skip


def test_comments_are_marked_and_stand_beside_what_they_are_about(tmp_path: Path) -> None:
    body = "<w:p><w:r><w:t>The roof is new.</w:t></w:r><w:r><w:commentReference w:id='1'/></w:r></w:p>"
    comments = (
        f"<w:comments><w:comment w:id='1' w:author='Reviewer'>{paragraph('Since when?')}</w:comment></w:comments>"
    )
    parsed = read_docx(write_word(tmp_path / "a.docx", body, {"rId1": "comments.xml"}, rId1=comments), tmp_path)
    shown = [(element.text, element.mark) for element in parsed.elements]
    assert shown == [("The roof is new.", ""), ("Comment by Reviewer: Since when?", "comment")]


NUMBERING = (
    "<w:numbering><w:abstractNum w:abstractNumId='0'>"
    "<w:lvl w:ilvl='0'><w:start w:val='1'/><w:numFmt w:val='decimal'/><w:lvlText w:val='§ %1'/></w:lvl>"
    "<w:lvl w:ilvl='1'><w:start w:val='1'/><w:numFmt w:val='lowerLetter'/><w:lvlText w:val='%1.%2)'/></w:lvl>"
    "</w:abstractNum><w:num w:numId='4'><w:abstractNumId w:val='0'/></w:num>"
    "<w:num w:numId='5'><w:abstractNumId w:val='0'/><w:lvlOverride w:ilvl='0'><w:startOverride w:val='1'/>"
    "</w:lvlOverride></w:num></w:numbering>"
)


def numbered(text: str, level: int, key: int = 4) -> str:
    return paragraph(text, f"<w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='{key}'/></w:numPr>")


def test_automatic_numbers_are_written_out(tmp_path: Path) -> None:
    listed = (("Use", 0, 4), ("by day", 1, 4), ("by night", 1, 4), ("Rent", 0, 4), ("monthly", 1, 4), ("Anew", 0, 5))
    body = "".join(numbered(*one) for one in listed)
    path = write_word(tmp_path / "a.docx", body, {"rId1": "numbering.xml"}, rId1=NUMBERING)
    assert told(path) == ["§ 1 Use", "1.a) by day", "1.b) by night", "§ 2 Rent", "2.a) monthly", "§ 1 Anew"]


def test_boxes_are_shown_ticked_or_not(tmp_path: Path) -> None:
    def box(state: str, text: str) -> str:
        return (
            f"<w:p><w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val='{state}'/></w14:checkbox></w:sdtPr>"
            "<w:sdtContent><w:r><w:t>?</w:t></w:r></w:sdtContent></w:sdt>"
            f"<w:r><w:t xml:space='preserve'> {text}</w:t></w:r></w:p>"
        )

    old = (
        "<w:p><w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:checkBox><w:default w:val='1'/></w:checkBox>"
        "</w:ffData></w:fldChar></w:r><w:r><w:instrText>FORMCHECKBOX</w:instrText></w:r>"
        "<w:r><w:fldChar w:fldCharType='end'/></w:r>"
        "<w:r><w:t> old</w:t></w:r><w:r><w:sym w:font='Wingdings' w:char='F0A8'/></w:r></w:p>"
    )
    path = write_word(tmp_path / "a.docx", box("1", "paid") + box("0", "sent") + old)
    assert told(path) == ["☒ paid", "☐ sent", "☒ old☐"]


def test_a_field_shows_its_result_and_not_its_order(tmp_path: Path) -> None:
    def sign(kind: str) -> str:
        return f"<w:r><w:fldChar w:fldCharType='{kind}'/></w:r>"

    body = (
        f"<w:p>{sign('begin')}<w:r><w:instrText>IF </w:instrText></w:r>{sign('begin')}<w:r><w:instrText>X</w:instrText>"
        f"</w:r>{sign('separate')}<w:r><w:t>unseen</w:t></w:r>{sign('end')}{sign('separate')}<w:r><w:t>seen</w:t></w:r>"
        f"{sign('end')}</w:p><w:p>{sign('begin')}</w:p>{paragraph('behind a field that never ends')}"
    )
    assert told(write_word(tmp_path / "a.docx", body)) == ["seen", "behind a field that never ends"]


def test_equations_are_written_on_a_line(tmp_path: Path) -> None:
    def run(text: str) -> str:
        return f"<m:r><m:t>{text}</m:t></m:r>"

    fraction = f"<m:f><m:num>{run('a+b')}</m:num><m:den>{run('2')}</m:den></m:f>"
    root = f"<m:rad><m:deg/><m:e><m:sSup><m:e>{run('x')}</m:e><m:sup>{run('2')}</m:sup></m:sSup></m:e></m:rad>"
    total = (
        f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub>{run('i=1')}</m:sub><m:sup>{run('n')}</m:sup>"
        f"<m:e><m:sSub><m:e>{run('y')}</m:e><m:sub>{run('i')}</m:sub></m:sSub></m:e></m:nary>"
    )
    inline = f"<w:p><w:r><w:t>So </w:t></w:r><m:oMath>{fraction}{run('=')}{root}</m:oMath></w:p>"
    body = f"{inline}<m:oMathPara><m:oMath>{total}</m:oMath></m:oMathPara>"
    assert told(write_word(tmp_path / "a.docx", body)) == ["So (a+b)/2=√(x^2)", "∑_(i=1)^n y_i"]
    raised = (
        "<w:p><w:r><w:t>10</w:t></w:r><w:r><w:rPr><w:vertAlign w:val='superscript'/></w:rPr><w:t>3</w:t></w:r></w:p>"
    )
    assert told(write_word(tmp_path / "c.docx", raised)) == ["10^3"]


def test_a_table_in_a_cell_is_a_table_of_its_own_and_one_cell_is_a_frame(tmp_path: Path) -> None:
    nested = f"<w:tbl>{row(cell('Probe'), cell('Grade'))}{row(cell('P1'), cell('9'))}</w:tbl>"
    outer = f"<w:tbl>{row(cell('Zone'), cell('Data'))}{row(cell('Up'), f'<w:tc>{nested}<w:p/></w:tc>')}</w:tbl>"
    framed = paragraph("Framed.") + paragraph("Twice.")
    frame = f"<w:tbl>{row(f'<w:tc>{framed}</w:tc>')}</w:tbl>"
    parsed = read_docx(write_word(tmp_path / "a.docx", outer + frame), tmp_path)
    shown = [element.cells or element.text for element in parsed.elements]
    form = f"<w:tbl>{row(cell('Animal:'), cell('Cat'), cell('Fee:'), cell('85'))}</w:tbl>"
    assert read_docx(write_word(tmp_path / "b.docx", form), tmp_path).elements[0].cells == (
        ("", ""), ("Animal", "Cat"), ("Fee", "85"),
    )  # fmt: skip
    assert shown == [(("Zone", "Data"), ("Up", "")), (("Probe", "Grade"), ("P1", "9")), "Framed.", "Twice."]


def test_merged_and_repeated_heads_are_joined(tmp_path: Path) -> None:
    span = "<w:gridSpan w:val='2'/>"
    top = row(cell("Team", "<w:vMerge w:val='restart'/>"), cell("2030", span), properties="<w:tblHeader/>")
    low = row(cell("", "<w:vMerge/>"), cell("Spring"), cell("Fall"), properties="<w:tblHeader/>")
    body = f"<w:tbl>{top}{low}{row(cell('Owls'), cell('some'), cell('none'))}</w:tbl>"
    parsed = read_docx(write_word(tmp_path / "a.docx", body), tmp_path)
    assert table_of(parsed) == (("Team", "2030 / Spring", "2030 / Fall"), ("Owls", "some", "none"))


def test_headers_come_first_with_their_boxes_and_what_no_page_shows_is_said(tmp_path: Path) -> None:
    kinds = (("default", "rId1"), ("first", "rId2"))
    named = "".join(f"<w:headerReference w:type='{kind}' r:id='{key}'/>" for kind, key in kinds)
    section = f"<w:sectPr>{named}</w:sectPr>"
    inside = f"<wps:txbx><w:txbxContent>{paragraph('Room 4')}</w:txbxContent></wps:txbx>"
    box = f"<w:p><w:r><w:drawing>{inside}</w:drawing></w:r></w:p>"
    path = write_word(
        tmp_path / "a.docx",
        paragraph("Body.") + section,
        {"rId1": "header1.xml", "rId2": "header2.xml"},
        rId1=f"<w:hdr>{paragraph('Mill House')}{box}</w:hdr>",
        rId2=f"<w:hdr>{paragraph('Never seen')}</w:hdr>",
    )
    parsed = read_docx(path, tmp_path)
    assert [element.text for element in parsed.elements] == ["Mill House\nRoom 4", "Body."]
    assert parsed.left_out == (LeftOut(kind="header or footer", why="no page shows it"),)


def test_the_strict_form_is_read_like_the_usual_one(tmp_path: Path) -> None:
    assert told(write_word(tmp_path / "a.docx", paragraph("Words."), strict=True)) == ["Words."]


def test_a_style_based_on_a_heading_is_a_heading_in_any_language(tmp_path: Path) -> None:
    styles = (
        "<w:styles><w:style w:type='paragraph' w:styleId='berschrift2'><w:name w:val='heading 2'/></w:style>"
        "<w:style w:type='paragraph' w:styleId='Own'><w:name w:val='Own'/><w:basedOn w:val='berschrift2'/></w:style>"
        "</w:styles>"
    )
    path = write_word(
        tmp_path / "a.docx", paragraph("Head", "<w:pStyle w:val='Own'/>"), {"rId1": "styles.xml"}, rId1=styles
    )
    heading: Element = read_docx(path, tmp_path).elements[0]
    assert (heading.kind, heading.level) == ("heading", 2)


def test_prompts_of_empty_fields_and_hidden_runs_are_no_words_of_the_document(tmp_path: Path) -> None:
    said = "<w:r><w:t>Click here</w:t></w:r>"
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{said}</w:sdtContent></w:sdt>"
    unseen = "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>unseen</w:t></w:r></w:p>"
    body = f"<w:p><w:r><w:t>Name: </w:t></w:r>{prompt}</w:p>{unseen}"
    parsed = read_docx(write_word(tmp_path / "a.docx", body), tmp_path)
    assert [element.text for element in parsed.elements] == ["Name:"]
    assert [one.kind for one in parsed.left_out] == ["empty field", "hidden text"]


def test_a_damaged_end_or_picture_costs_itself(tmp_path: Path) -> None:
    picture = "<w:p><w:r><w:drawing><wp:docPr descr='A kiln'/><a:blip r:embed='rId1'/></w:drawing></w:r></w:p>"
    body = paragraph("Kept.") + picture + "<w:p><w:oops></w:p>"
    parsed = read_docx(
        write_word(tmp_path / "a.docx", body, {"rId1": "media/image1.png"}, rId1=b"no picture"), tmp_path
    )
    assert [element.text for element in parsed.elements] == ["Kept.", "A kiln"]
    assert {one.kind for one in parsed.left_out} == {"picture", "rest of a document"}


def test_an_entity_or_endless_nesting_ends_the_part(tmp_path: Path) -> None:
    deep = "<w:sdt><w:sdtContent>" * 5_000 + paragraph("deep") + "</w:sdtContent></w:sdt>" * 5_000
    parsed = read_docx(write_word(tmp_path / "a.docx", paragraph("Kept.") + deep), tmp_path)
    assert [element.text for element in parsed.elements] == ["Kept."]
    assert [one.kind for one in parsed.left_out] == ["rest of a document"]


def test_a_container_without_its_main_part_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParseFailed, match="main part"):
        read_docx(write_package(tmp_path / "b.docx", "word/document.xml", {}), tmp_path)


def test_a_file_that_lies_in_a_document_is_kept_and_the_workbook_behind_a_chart_is_not(tmp_path: Path) -> None:
    write_word(tmp_path / "a.docx", "<w:altChunk r:id='rId1'/>", {"rId1": "chunk.htm"}, rId1=b"page")
    with zipfile.ZipFile(tmp_path / "a.docx", "a") as archive:
        archive.writestr("word/embeddings/plan.xlsx", b"bytes")
        archive.writestr("word/embeddings/behind.xlsx", b"other")
        archive.writestr("word/embeddings/ole.bin", b"third")
        archive.writestr("word/charts/chart1.xml", "<chartSpace/>")
        archive.writestr("word/charts/_rels/chart1.xml.rels", relations({"rId1": "../embeddings/behind.xlsx"}))
    parsed = read_docx(tmp_path / "a.docx", tmp_path)
    assert [(one.name, (tmp_path / one.file).read_bytes()) for one in parsed.inside] == [
        ("chunk.htm", b"page"), ("plan.xlsx", b"bytes"),
    ]  # fmt: skip
    assert [one.kind for one in parsed.left_out] == ["embedded object"]
