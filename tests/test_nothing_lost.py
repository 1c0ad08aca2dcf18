"""Kinds of text that once vanished without a word: each is read now, or stands in the ledger."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable
from pathlib import Path

import docx
import pikepdf
import pytest
import xlsxwriter
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from reportlab.pdfgen.canvas import Canvas

from groundsight.ingestion import Parsed
from groundsight.ingestion.readers.encoding import likely_encoding
from tests.office_parts import part, relations, write_package, write_word
from tests.pdf_files import PROSE, drawn, write
from tests.pdf_files import read as read_pdf
from tests.test_readers_formats import left, opened, zipped
from tests.test_readers_mail import HEAD
from tests.test_readers_text import read, texts


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Größe über 12 €", "cp1252"), ("3 × 4 m², Zürich", "cp1252"), ("Kiste: Größe über alles", "mac_roman"),
        ("Der Korb, Äpfel und Übrige", "mac_roman"),
        ("Stół dębowy, łóżko, źródło wody", "cp1250"), ("Größe der Fässer", "cp850"),
        ("Пчелиный улей номер семь за рекой", "koi8_r"), ("Пчелиный улей номер семь за рекой", "cp1251"),
        ("Пчелиный улей номер семь за рекой", "cp866"), ("Η κυψέλη είναι κοντά στο ποτάμι", "cp1253"),
        ("הכוורת נמצאת ליד הנהר", "cp1255"), ("蜂蜜的价格是十二元，请付款。", "gb18030"),
    ],
)  # fmt: skip
def test_a_text_that_does_not_say_its_encoding_is_read_in_words(text: str, encoding: str) -> None:
    assert text.encode(encoding).decode(likely_encoding(text.encode(encoding))) == text


def test_a_short_sheet_of_an_old_program_keeps_its_letters(tmp_path: Path) -> None:
    written = "Straße;Preis\r\nMüllerweg;12,50 €\r\nÖlgasse;7,10 €\r\n"
    (sheet,) = read(tmp_path, "a.csv", written.encode("cp1252")).elements
    assert sheet.cells == (("Straße", "Preis"), ("Müllerweg", "12,50 €"), ("Ölgasse", "7,10 €"))


def test_the_line_ends_of_an_old_mac_part_rows_and_front_matter(tmp_path: Path) -> None:
    (sheet,) = read(tmp_path, "a.csv", "Straße;Preis\rÖlgasse;7,10\r".encode("mac_roman")).elements
    assert sheet.cells == (("Straße", "Preis"), ("Ölgasse", "7,10"))
    note = read(tmp_path, "a.md", "---\rtitle: Über das Öl\r---\r\rText\r".encode("mac_roman"))
    assert (note.title, texts(note)[-1]) == ("Über das Öl", "Text")


def test_a_footnote_stands_behind_its_mark(tmp_path: Path) -> None:
    notes = "[^1]: Since **May**,\nfor all.\n\n    On Sunday.\n[^d]: Paid.\n"
    body = f"Due[^d] is 700[^1].\n\n```\n[^1]: no note\n```\n\n{notes}"
    assert texts(read(tmp_path, "a.md", body + "[^u]: Never used.\n")) == [
        "Due[d] is 700[1].", "[d] Paid.", "[1] Since May,\nfor all.\nOn Sunday.", "[1]: no note", "[u] Never used.",
    ]  # fmt: skip


def test_what_a_page_holds_in_reserve_is_said(tmp_path: Path) -> None:
    page = "<html><p>The weir is open.</p><noscript>Call 0151.</noscript><template><p>Row</p></template></html>"
    parsed = read(tmp_path, "a.html", page)
    assert (texts(parsed), left(parsed)) == (["The weir is open."], {"hidden text": 2})


def test_what_signs_and_choices_of_a_shop_say_is_read(tmp_path: Path) -> None:
    years = "".join(f"<option>{year}</option>" for year in range(1990, 2020))
    page = (
        "<html><script type='application/ld+json'>{}</script><p>129<sup>00</sup> € or 10<sup>3</sup> kg</p>"
        "<p><i role=img aria-label='4 of 5 stars'></i> in <abbr title=kilogram>kg</abbr></p>"
        "<p><progress value=40 max=100></progress></p><p><select><option>small<option selected>large</select></p>"
        f"<p>Built <select>{years}<option selected>2020</select></p><map><area alt='Berth 9'></map></html>"
    )
    parsed = read(tmp_path, "a.html", page)
    assert texts(parsed) == [
        "129.00 € or 10^3 kg", "4 of 5 stars in kg (kilogram)", "40 of 100", "[ ] small [x] large", "Built [x] 2020",
        "Berth 9",
    ]  # fmt: skip
    assert left(parsed) == {"choice": 1, "data for programs": 1}


def test_a_page_written_out_in_a_frame_or_a_shadow_is_read(tmp_path: Path) -> None:
    frame = "<iframe srcdoc='&lt;p>The lock opens at 7&lt;/p>&lt;p hidden>never&lt;/p>'></iframe>"
    shadow = "<div><template shadowrootmode=open><p>Fee 12</p></template></div>"
    empty = "<iframe srcdoc='&lt;!-- -->'></iframe>"
    parsed = read(tmp_path, "a.html", f"<html><p>Weir</p>{frame}{empty}{shadow}</html>")
    assert (texts(parsed), left(parsed)) == (
        ["Weir", "The lock opens at 7", "Fee 12"],
        {"hidden text": 1, "embedded object": 1},
    )


def test_a_page_that_is_a_value_of_data_is_read_as_it_is_shown(tmp_path: Path) -> None:
    body = "<![CDATA[<div>Open at <b>nine</b></div><ul><li>Fee &amp; key</li></ul>]]>"
    note = f"<note><title>Weir</title><body>{body}</body></note>"
    assert texts(read(tmp_path, "a.xml", f"<?xml version='1.0'?>{note}")) == [
        "title: Weir\nbody: Open at nine Fee & key"
    ]


def test_a_raised_digit_is_no_digit_of_the_number_before_it(tmp_path: Path) -> None:
    """A power or the mark of a note would make another number of it."""
    style = "<style:style xmlns:style='s' style:name='Up'><style:text-properties style:text-position='super 58%'/>"
    body = "<text:p>Lock 10<text:span text:style-name='Up'>3</text:span> kg</text:p>"
    styles = f"<office:automatic-styles>{style}</style:style></office:automatic-styles>"
    book = xlsxwriter.Workbook(str(tmp_path / "raised.xlsx"))
    up = book.add_format({"font_script": 1})
    book.add_worksheet().write_rich_string("A1", "Lock 10", up, "3", " kg")
    book.close()

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Helvetica", 12)
        canvas.drawString(60, 700, "Lock 10")
        text = canvas.beginText(60 + canvas.stringWidth("Lock 10", "Helvetica", 12), 704)
        text.setFont("Helvetica", 7)
        text.textOut("3")
        text.setFont("Helvetica", 12)
        text.setTextOrigin(text.getX(), 700)
        text.textOut(" kg")
        canvas.drawText(text)

    drawn(tmp_path, draw)
    told = (
        read(tmp_path, "a.odt", opened("text", f"{styles}<office:text>{body}</office:text>")),
        read(tmp_path, "a.rtf", r"{\rtf1 Lock 10{\super 3} kg\par}"),
        read(tmp_path, "b.xlsx", (tmp_path / "raised.xlsx").read_bytes()),
        read_pdf(tmp_path / "a.pdf"),
    )
    assert [texts(parsed) for parsed in told] == [["Lock 10^3 kg"]] * 4


def test_what_a_rule_strikes_out_of_a_page_is_marked_as_deleted(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        at = [60 + canvas.stringWidth(words) for words in ("The fee is ", "The fee is 90", "The fee is 90 110 euros.")]
        canvas.drawString(60, 700, "The fee is 90 110 euros.")
        canvas.line(at[0], 703.5, at[1], 703.5)
        canvas.drawString(60, 680, "Closed in May.")
        canvas.rect(60, 683, canvas.stringWidth("Closed in May."), 0.6, fill=1)
        for beside in (660, 640):
            canvas.drawString(60, beside, "Under a rule, and on one.")
        canvas.line(60, 658.5, at[2], 658.5)
        canvas.line(40, 643.5, 500, 643.5)

    assert marked(drawn(tmp_path, draw)) == [
        ("The fee is 110 euros.", ""), ("Under a rule, and on one.\nUnder a rule, and on one.", ""),
        ("90\nClosed in May.", "deleted"),
    ]  # fmt: skip


def test_properties_and_the_ends_of_links_are_kept(tmp_path: Path) -> None:
    def read_as(name: str, save: Callable[[str], object]) -> Parsed:
        save(str(tmp_path / f"made.{name}"))
        return read(tmp_path, f"a.{name}", (tmp_path / f"made.{name}").read_bytes())

    book = xlsxwriter.Workbook(str(tmp_path / "made.xlsx"))
    book.set_properties({"subject": "Locks", "keywords": "mill", "comments": "Fees of 2026"})
    book.add_worksheet().write_url("A1", "https://example.org/tide", string="Tide")
    drawn(tmp_path, page_with_a_link)
    rich = r"{\rtf1{\info{\subject Locks}{\keywords mill}{\doccomm Fees of 2026}}{\field{\*\fldinst{HYPERLINK "
    shown = (
        read_as("xlsx", lambda _: book.close()),
        read_as("docx", word_with_a_link),
        read(tmp_path, "a.rtf", rich + r'"https://example.org/tide"}}{\fldrslt Tide}}\par}'),
        read_pdf(tmp_path / "a.pdf"),
    )
    for parsed in shown:
        assert parsed.elements[0].meta == "https://example.org/tide", parsed.media_type
        assert texts(parsed)[-1].startswith("Subject: Locks\nKeywords: mill"), parsed.media_type


def page_with_a_link(canvas: Canvas) -> None:
    canvas.setSubject("Locks")
    canvas.setKeywords("mill")
    canvas.drawString(60, 700, "Tide table of the lock")
    canvas.linkURL("https://example.org/tide", (60, 695, 120, 715))


def word_with_a_link(path: str) -> None:
    document = docx.Document()
    about = document.core_properties
    about.subject, about.keywords, about.comments = "Locks", "mill", "Fees of 2026"
    key = document.part.relate_to("https://example.org/tide", RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), key)
    link.append(document.add_paragraph().add_run("Tide")._r)
    document.paragraphs[-1]._p.append(link)
    document.save(path)


def test_what_a_change_took_out_of_rich_text_is_marked_as_deleted(tmp_path: Path) -> None:
    changed = read(tmp_path, "a.rtf", r"{\rtf1 The fee is {\deleted 10 }12.\par}")
    assert marked(changed) == [("The fee is 12.", ""), ("10", "deleted")]


def test_a_style_sheet_of_a_book_hides_and_strikes_out(tmp_path: Path) -> None:
    page = "<html><link rel='stylesheet' href='a.css'/><p class='x'>Closed</p><p>Open</p></html>"
    package = "<package><manifest><item id='a' href='a.xhtml'/></manifest><spine><itemref idref='a'/></spine></package>"
    members = {
        "mimetype": "application/epub+zip", "a.xhtml": page, "a.css": ".x {text-decoration: line-through}",
        "b.opf": package, "META-INF/container.xml": "<container><rootfile full-path='b.opf'/></container>",
    }  # fmt: skip
    assert marked(read(tmp_path, "a.epub", zipped(members))) == [("Closed", "deleted"), ("Open", "")]


def test_the_colours_of_a_terminal_are_no_words(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.txt", "\x1b[31mERROR\x1b[0m at the \x1b[1;4mweir\x1b[0m")) == ["ERROR at the weir"]


def test_mails_of_other_programs_and_times_are_read(tmp_path: Path) -> None:
    mail = f"{HEAD}\nThe weir is open.\n".encode()
    counted = f"{len(mail)}     \n".encode() + mail + b'<?xml version="1.0"?><plist><true/></plist>\n'
    assert texts(read(tmp_path, "a.emlx", counted))[1:] == ["The weir is open."]
    packed = f"begin 644 note.txt\n{binascii.b2a_uu(b'Fee 12').decode()}`\nend\n"
    parsed = read(tmp_path, "a.eml", f"{HEAD}\nSee below.\n\n{packed}")
    assert texts(parsed)[1:] == ["See below."]
    assert [(tmp_path / held.file).read_text() for held in parsed.inside] == ["Fee 12"]
    kind = 'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="Q"\n'
    parts = "--Q\nContent-Type: text/html\n\n<p>Open</p>\n--Q\nContent-Type: text/css\n\np {}\n--Q--\n"
    page = read(tmp_path, "a.mht", f"{HEAD}{kind}\n{parts}")
    assert (texts(page)[1:], page.inside, left(page)) == (["Open"], (), {"style sheet or program": 1})


def test_what_is_struck_out_of_a_page_or_a_table_is_marked_as_deleted(tmp_path: Path) -> None:
    shop = read(tmp_path, "a.html", "<html><p>A net costs <s>90</s> 110 euros.</p><p>Sold.</p></html>")
    assert marked(shop) == [("A net costs 110 euros.", ""), ("90", "deleted"), ("Sold.", "")]
    sheet = "<html><style>.old {text-decoration: line-through}</style><h2>Prices <s>2024</s> 2025</h2>"
    span = "<p class='old'>No.</p><p>Now <span style='text-decoration:red line-through'>50</span> 65.</p>"
    rows = "<table><tr><th>Net</th><th>Euros</th></tr><tr><td>fine</td><td><s>9</s> 8</td></tr><tr class='old'><td>wide"
    assert marked(read(tmp_path, "b.html", f"{sheet}{span}{rows}</td><td>7</td></tr></table></html>")) == [
        ("Prices 2025", ""), ("2024", "deleted"), ("No.", "deleted"), ("Now 65.", ""), ("50", "deleted"),
        ("Net | Euros\nfine | 8", ""), ("9", "deleted"), ("wide 7", "deleted"),
    ]  # fmt: skip
    table = read(tmp_path, "a.md", "| Net | Euros |\n|---|---|\n| fine | ~~90~~ 110 |\n")
    assert table.elements[0].cells[1] == ("fine", "110")
    assert marked(table)[1:] == [("90", "deleted")]


def marked(parsed: Parsed) -> list[tuple[str, str]]:
    return [(element.text, element.mark) for element in parsed.elements]


def test_what_markup_in_a_note_hides_is_said(tmp_path: Path) -> None:
    parsed = read(tmp_path, "a.md", "The weir.\n\n<p hidden>Closed</p>\n")
    assert (texts(parsed), left(parsed)) == (["The weir."], {"hidden text": 1})


def test_every_part_of_a_report_about_a_mail_is_read(tmp_path: Path) -> None:
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="Q"\n'
    status = "Reporting-MTA: dns; post\n\nFinal-Recipient: rfc822; nobody\nStatus: 5.1.1\n"
    body = (
        f"--Q\nContent-Type: text/plain\n\nIt came back.\n--Q\nContent-Type: message/delivery-status\n\n{status}--Q--\n"
    )
    parsed = read(tmp_path, "a.eml", f"{HEAD}MIME-Version: 1.0\n{kind}\n{body}")
    (held,) = parsed.inside
    assert "Status: 5.1.1" in (tmp_path / held.file).read_text()


def test_lines_broken_to_fit_a_screen_are_joined_again(tmp_path: Path) -> None:
    kind = "Content-Type: text/plain; format=flowed\n"
    parsed = read(tmp_path, "a.eml", f"{HEAD}{kind}\nThe weir is open \nuntil noon.\nThen it closes.\n-- \nAnn\n")
    assert texts(parsed)[1:] == ["The weir is open until noon.\nThen it closes.\n--\nAnn"]


def test_the_head_of_a_mail_in_an_old_encoding_keeps_its_letters(tmp_path: Path) -> None:
    mail = HEAD.replace("Bricks", "Größe der Fässer") + "\nDas Maß ist voll.\n"
    parsed = read(tmp_path, "a.eml", mail.encode("cp1252"))
    assert (parsed.title, texts(parsed)[1]) == ("Größe der Fässer", "Das Maß ist voll.")


def test_numbers_and_names_of_data_stay_as_they_are_written(tmp_path: Path) -> None:
    written = '{"kg": 0.10, "far": 1e400, "id": 12345678901234567890123, "who": "Ann", "who": "Bo"}'
    assert texts(read(tmp_path, "a.json", written)) == [
        "kg: 0.10\nfar: 1e400\nid: 12345678901234567890123\nwho: Ann\nwho (2): Bo"
    ]


def test_damage_and_entities_of_xml_are_said(tmp_path: Path) -> None:
    parsed = read(tmp_path, "a.xml", "<!DOCTYPE a [<!ENTITY w 'weir'>]><a><b>The &w; is open</b><c>Ann</a>")
    assert left(parsed) == {"word that stands for others": 1, "place in the XML": 1}


def test_a_page_in_a_drawing_is_read(tmp_path: Path) -> None:
    page = "<foreignObject><div xmlns='http://www.w3.org/1999/xhtml'>The weir</div></foreignObject>"
    assert texts(read(tmp_path, "a.svg", f"<svg xmlns='http://www.w3.org/2000/svg'>{page}</svg>")) == ["The weir"]


def test_subtitles_show_their_signs(tmp_path: Path) -> None:
    parsed = read(tmp_path, "a.vtt", "WEBVTT\n\nNOTE By Ann\n\n00:01.000 --> 00:02.000\nLock &amp; weir\n")
    assert (texts(parsed), left(parsed)) == (["Lock & weir"], {"note": 1})


def test_a_book_whose_spine_names_nothing_once_is_read_all_the_same(tmp_path: Path) -> None:
    package = (
        "<package><manifest><item id='a' href='a.xhtml'/></manifest>"
        "<spine><itemref idref='gone'/><itemref idref='a'/></spine></package>"
    )
    members = {
        "mimetype": "application/epub+zip", "a.xhtml": "<html><p>The weir is open.</p></html>", "b.opf": package,
        "META-INF/container.xml": "<container><rootfile full-path='b.opf'/></container>",
    }  # fmt: skip
    parsed = read(tmp_path, "a.epub", zipped(members))
    assert (texts(parsed), left(parsed)) == (["The weir is open."], {"chapter": 1})


def test_what_rich_text_strikes_out_is_marked_as_deleted(tmp_path: Path) -> None:
    sheet = r"{\rtf1\ansi{\stylesheet{\s1\strike Struck;}}"
    words = r"The rack holds \strike 20\strike0  36 {\strike caf\'e9 }oars.\par \strike Closed.\plain\par Open.\par}"
    assert marked(read(tmp_path, "a.rtf", sheet + words)) == [
        ("The rack holds 36 oars.", ""), ("Open.", ""), ("20", "deleted"), ("café", "deleted"), ("Closed.", "deleted"),
    ]  # fmt: skip


def test_margins_and_comments_of_rich_text_stand_apart(tmp_path: Path) -> None:
    source = r"{\rtf1\ansi{\header Lock two}\pard The weir{\*\annotation Really?} is open.\par}"
    assert marked(read(tmp_path, "a.rtf", source)) == [
        ("Lock two", ""), ("The weir is open.", ""), ("Really?", "comment"),
    ]  # fmt: skip


def test_output_of_a_notebook_that_is_not_read_is_said(tmp_path: Path) -> None:
    outputs = [{"output_type": "display_data", "data": {"application/vnd.vega": {"a": 1}}}]
    hidden = {"cell_type": "markdown", "source": "The weir.\n\n<p hidden>Closed</p>"}
    cells = [hidden, {"cell_type": "code", "source": "x", "outputs": outputs}]
    parsed = read(tmp_path, "a.ipynb", json.dumps({"cells": cells}))
    assert left(parsed) == {"hidden text": 1, "output of a program": 1}


def test_the_choice_of_a_form_in_a_document_is_read(tmp_path: Path) -> None:
    entries = "<w:listEntry w:val='open'/><w:listEntry w:val='closed'/>"
    choice = f"<w:ffData><w:ddList><w:result w:val='1'/>{entries}</w:ddList></w:ffData>"
    body = f"<w:p><w:r><w:t>Weir: </w:t><w:fldChar w:fldCharType='begin'>{choice}</w:fldChar></w:r></w:p>"
    path = write_word(tmp_path / "form.docx", body)
    assert texts(read(tmp_path, "a.docx", path.read_bytes())) == ["Weir: closed"]


def test_a_chart_without_values_keeps_its_titles(tmp_path: Path) -> None:
    title = "<c:title><c:tx><c:rich><a:p><a:r><a:t>Water at the weir</a:t></a:r></a:p></c:rich></c:tx></c:title>"
    drawing = "<w:p><w:r><w:drawing><c:chart r:id='rId1'/></w:drawing></w:r></w:p>"
    chart = f"<c:chartSpace><c:chart>{title}</c:chart></c:chartSpace>"
    path = write_word(tmp_path / "chart.docx", drawing, {"rId1": "charts/chart1.xml"}, rId1=chart)
    parsed = read(tmp_path, "a.docx", path.read_bytes())
    assert (texts(parsed), left(parsed)) == (["Water at the weir"], {"chart": 1})


def test_the_number_of_a_slide_is_none_of_its_words(tmp_path: Path) -> None:
    field = "<a:fld type='slidenum'><a:t>&lt;number&gt;</a:t></a:fld><a:fld type='datetime1'><a:t>6 May</a:t></a:fld>"
    shape = f"<p:sp><p:nvSpPr/><p:txBody><a:p><a:r><a:t>Weir </a:t></a:r>{field}</a:p></p:txBody></p:sp>"
    parts: dict[str, str | bytes] = {
        "ppt/presentation.xml": part(
            "<p:presentation><p:sldIdLst><p:sldId r:id='rId1'/></p:sldIdLst></p:presentation>"
        ),
        "ppt/_rels/presentation.xml.rels": relations({"rId1": "slides/slide1.xml"}),
        "ppt/slides/slide1.xml": part(f"<p:sld><p:cSld><p:spTree>{shape}</p:spTree></p:cSld></p:sld>"),
    }
    path = write_package(tmp_path / "show.pptx", "ppt/presentation.xml", parts)
    assert texts(read(tmp_path, "a.pptx", path.read_bytes())) == ["Weir 6 May"]


def rewritten(folder: Path, change: str) -> Parsed:
    """A page of text whose PDF was changed by another program."""
    drawn(folder, lambda canvas: write(canvas, [PROSE], 60, 700))
    with pikepdf.open(folder / "a.pdf") as pdf:
        if change == "empty file":
            pdf.attachments["empty.txt"] = b""
        else:
            note = pikepdf.Dictionary(
                Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Square, Rect=[60, 600, 200, 620],
                RC="<body><p>Ask the <b>miller</b></p></body>",
            )  # fmt: skip
            pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(note)])
        pdf.save(folder / "b.pdf")
    return read_pdf(folder / "b.pdf")


def test_an_empty_file_in_a_pdf_costs_itself(tmp_path: Path) -> None:
    parsed = rewritten(tmp_path, "empty file")
    assert (texts(parsed), left(parsed)) == ([PROSE], {"embedded file": 1})


def test_a_comment_held_in_rich_form_only_is_read(tmp_path: Path) -> None:
    assert [(one.text, one.mark) for one in rewritten(tmp_path, "note").elements[1:]] == [("Ask the miller", "comment")]


def test_a_quote_that_is_never_closed_costs_no_row(tmp_path: Path) -> None:
    (sheet,) = read(tmp_path, "a.csv", 'net,note\n1,"of hemp\n2,of silk\n3,wide\n').elements
    assert [row[0] for row in sheet.cells] == ["net", "1", "2", "3"]
    (closed,) = read(tmp_path, "a.csv", 'net,note\n1,"of ""hemp"", and\nsilk"\n2,5" wide\n').elements
    assert closed.cells[1:] == (("1", 'of "hemp", and silk'), ("2", '5" wide'))


def test_what_a_note_nests_too_deep_is_said(tmp_path: Path) -> None:
    parsed = read(tmp_path, "a.md", f"The weir.\n\n{'> ' * 60}Deep water\n")
    assert (texts(parsed), left(parsed)) == (["The weir."], {"passage": 1})


def test_words_on_the_buttons_of_a_sheet_are_read(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "buttons.xlsx"))
    sheet = book.add_worksheet()
    sheet.write("A1", "Weir")
    sheet.write_comment("A1", "Mended")
    sheet.insert_button("C1", {"caption": "Open the lock"})
    book.close()
    parsed = read(tmp_path, "a.xlsx", (tmp_path / "buttons.xlsx").read_bytes())
    assert marked(parsed) == [("Weir", ""), ("Open the lock", ""), ("Comment on A1: Mended", "comment")]
