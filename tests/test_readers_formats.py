"""Web pages, notes, books, OpenDocument, data, subtitles, archives: what is read of them, and what is left out."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import json
import lzma
import tarfile
import zipfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from PIL import Image

from groundsight.errors import GroundsightError, ParseFailed
from groundsight.ingestion import Parsed
from groundsight.ingestion.jobs import PartitionOrder, partition_document
from groundsight.ingestion.readers import BuiltinPartitioner
from groundsight.ingestion.sniff import sniff
from groundsight.settings import Limits
from tests.test_readers_text import read, texts


def zipped(members: Mapping[str, str | bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def left(parsed: Parsed) -> dict[str, int]:
    return {each.kind: each.count for each in parsed.left_out}


def picture() -> bytes:
    data = io.BytesIO()
    Image.effect_noise((80, 80), 60).save(data, "PNG")
    return data.getvalue()


def test_ways_to_other_pages_are_left_out_of_a_web_page_and_said(tmp_path: Path) -> None:
    links = "".join(f"<li><a href='/{name}'>{name}</a></li>" for name in ("Home", "Shop", "Jobs", "Press"))
    main = f"<main><p>The kiln is hot.</p><ul>{links}</ul></main>"
    page = f"<html><body><nav><a href='/'>Start</a></nav><ul>{links}</ul>{main}</body></html>"
    parsed = read(tmp_path, "a.html", page)
    assert texts(parsed) == ["The kiln is hot.", "- Home", "- Shop", "- Jobs", "- Press"]
    assert left(parsed) == {"navigation": 2}


def test_a_page_of_nothing_but_ways_is_read(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.html", "<html><nav><a href='/kiln'>The kiln</a></nav></html>")) == ["The kiln"]


def test_terms_stand_with_what_they_mean(tmp_path: Path) -> None:
    page = "<html><dl><dt>Height</dt><dd>3 m</dd><dt>Width</dt><dt>Depth</dt><dd>2 m</dd><dt>Colour</dt></dl></html>"
    assert texts(read(tmp_path, "a.html", page)) == ["Height: 3 m", "Width, Depth: 2 m", "Colour"]


def test_points_keep_their_numbers_and_raised_signs_do_not_run_into_a_number(tmp_path: Path) -> None:
    page = "<html><ol start=3><li>Fire<ul><li>Up</li></ul></li><li>Cool</li></ol>214<sup>1</sup> m<sup>2</sup>"
    shown = ["3. Fire", "- Up", "4. Cool", "214^1 m2", "Stop."]
    assert texts(read(tmp_path, "a.html", f"{page}<dialog open>Stop.</dialog>")) == shown


def test_words_that_a_style_sheet_sets_beside_others_are_read(tmp_path: Path) -> None:
    style = (
        ".fee::after{content:' EUR'} .x:before, .due::before {content: 'Due: \\2013  '}"
        ".icon::before{content:'\\f101 \\2022'}.trap::after{content:'unseen';display:none}"
        "[data-unit]::after{content:attr(data-unit)}"
        "@media print{p::after{content:'printed'}}"
    )
    page = (
        "<p class=fee>45</p><p class=due>3 May</p><p class=icon>Post</p><p class=trap>Open.</p><p data-unit=kg>7 </p>"
    )
    parsed = read(tmp_path, "a.html", f"<html><style>{style}</style><body>{page}</body></html>")
    assert texts(parsed) == ["45 EUR", "Due: – 3 May", "Post", "Open.", "7 kg"]
    assert left(parsed) == {"hidden text": 1}


def test_numbers_of_points_formulas_and_marks_of_notes_are_as_shown(tmp_path: Path) -> None:
    formula = (
        "<math><semantics><mrow><mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac><mo>=</mo><msup>"
        "<mi>x</mi><mn>3</mn></msup><mtext style='display:none'>unseen</mtext></mrow><annotation>TeX</annotation>"
        "</semantics></math>"
    )
    page = (
        "<ol start=5 reversed><li>Fire<li value=9>Cool<li>Sell</ol><ol reversed><li>b<li>a</ol>"
        f"<p>So {formula}.</p><p>In 1912<a role=doc-noteref href=#n>4</a> <ruby>窯<rt>kama</rt></ruby></p>"
    )
    parsed = read(tmp_path, "a.html", f"<html><body>{page}</body></html>")
    shown = ["5. Fire", "9. Cool", "8. Sell", "2. b", "1. a", "So (a+1)/2=x^3.", "In 1912^4 窯 (kama)"]
    assert texts(parsed) == shown


def test_a_figure_is_one_piece_and_what_lies_outside_is_said(tmp_path: Path) -> None:
    page = "<html><figure><img src='x.png' alt='A kiln'><figcaption>Fig. 1: The old kiln</figcaption></figure>"
    parsed = read(tmp_path, "a.html", f"{page}<iframe src='http://example.org'></iframe><p hidden>Not seen</p></html>")
    assert texts(parsed) == ["A kiln\nFig. 1: The old kiln"]
    assert left(parsed) == {"picture": 1, "embedded object": 1, "hidden text": 1}


def test_where_links_lead_is_kept_beside_the_text(tmp_path: Path) -> None:
    page = "<html><p>See <a href='https://example.org/kiln'>the kiln</a> and <a href='#top'>above</a>.</p></html>"
    (web,) = read(tmp_path, "a.html", page).elements
    assert (web.text, web.meta) == ("See the kiln and above.", "https://example.org/kiln")
    (note,) = read(tmp_path, "a.md", "See [the kiln](https://example.org/kiln) and [[Clay|our clay]].").elements
    assert (note.text, note.meta) == ("See the kiln and our clay.", "https://example.org/kiln Clay")


def test_what_was_filled_into_a_form_is_read(tmp_path: Path) -> None:
    form = "<form>Name <input value='Ann'> <input type=checkbox checked>paid <input type=password value=secret>"
    page = f"<html>{form}<select><option>red</option><option selected>blue</option></select></form></html>"
    assert texts(read(tmp_path, "a.html", page)) == ["Name Ann [x] paid [ ] red [x] blue"]


@pytest.mark.parametrize(
    "fields",
    ["---\ntitle: The kiln\nauthor: Ann\ndate: 2025-03-18\ntags: [clay, fire]\nlabels: [board]\n---\n",
     '+++\ntitle = "The kiln"\nauthor = "Ann"\ndate = 2025-03-18\ntags = ["clay", "fire"]\nlabels = ["board"]\n+++\n'],
)  # fmt: skip
def test_the_fields_above_a_note_describe_it(tmp_path: Path, fields: str) -> None:
    parsed = read(tmp_path, "a.md", f"{fields}\nIt is hot.\n")
    told = "Title: The kiln\nAuthor: Ann\nDate: 2025-03-18\nTags: clay, fire\nLabels: board"
    assert (parsed.title, parsed.created, texts(parsed)) == ("The kiln", date(2025, 3, 18), [told, "It is hot."])


def test_what_is_struck_out_is_marked_as_deleted_and_a_rule_is_no_field(tmp_path: Path) -> None:
    parsed = read(tmp_path, "a.md", "---\n- no: [field\n---\n\nIt costs ~~90~~ 110 euros.")
    shown = [(element.text, element.mark) for element in parsed.elements]
    assert shown[-2:] == [("It costs 110 euros.", ""), ("90", "deleted")]
    assert "- no: [field" in texts(parsed)


def test_a_vertical_tab_is_a_space(tmp_path: Path) -> None:
    assert texts(read(tmp_path, "a.txt", "one\x0btwo")) == ["one two"]


def test_a_book_is_read_in_the_order_of_its_spine_with_its_pictures(tmp_path: Path) -> None:
    package = (
        '<package xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Clay</dc:title><dc:creator>Ann'
        '</dc:creator><dc:date>2019-08-23</dc:date></metadata><manifest><item id="a" href="a.xhtml" media-type='
        '"application/xhtml+xml"/><item id="b" href="b%20c.xhtml" media-type="application/xhtml+xml"/><item id="c" '
        'href="gone.xhtml" media-type="application/xhtml+xml"/></manifest><spine><itemref idref="b"/>'
        '<itemref idref="a"/><itemref idref="c"/></spine></package>'
    )
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": '<container><rootfiles><rootfile full-path="in/book.opf"/></rootfiles></container>',
        "in/book.opf": package,
        "in/a.xhtml": "<html><h1>Two</h1><p>Wet clay.</p><img src='p.png' alt='A pot'/></html>",
        "in/b c.xhtml": "<html><h1>One</h1><p>Dry clay.</p></html>",
        "in/p.png": picture(),
    }
    parsed = read(tmp_path, "a.epub", zipped(members))
    assert (parsed.title, parsed.created) == ("Clay", date(2019, 8, 23))
    assert texts(parsed) == ["Author: Ann", "One", "Dry clay.", "Two", "Wet clay.", "A pot"]
    assert (parsed.elements[-1].kind, left(parsed)) == ("figure", {"chapter": 1})


OFFICE = (
    '<office:document-content xmlns:office="o" xmlns:text="t" xmlns:table="tb" xmlns:draw="d" xmlns:xlink='
    '"http://www.w3.org/1999/xlink"><office:body>{}</office:body></office:document-content>'
)


def opened(kind: str, body: str, **more: str | bytes) -> bytes:
    told = {"mimetype": f"application/vnd.oasis.opendocument.{kind}", "content.xml": OFFICE.format(body)}
    return zipped({**told, **{name.replace("_", "."): value for name, value in more.items()}})


def test_an_open_text_keeps_headings_lists_notes_comments_and_what_was_deleted(tmp_path: Path) -> None:
    body = (
        "<office:text><text:tracked-changes><text:changed-region><text:deletion><text:p>It is cold.</text:p>"
        "</text:deletion></text:changed-region></text:tracked-changes><text:h text:outline-level='2'>Kiln</text:h>"
        "<text:p>It<text:s text:c='2'/>is<text:tab/>hot<text:note><text:note-citation>1</text:note-citation>"
        "<text:note-body><text:p>1200 degrees.</text:p></text:note-body></text:note>.<office:annotation>"
        "<text:p>Really?</text:p></office:annotation></text:p><text:list><text:list-item><text:p>clay</text:p>"
        "</text:list-item></text:list></office:text>"
    )
    parsed = read(tmp_path, "a.odt", opened("text", body))
    assert [(element.text, element.mark) for element in parsed.elements] == [
        ("It is cold.", "deleted"), ("Kiln", ""), ("It is hot[1].", ""), ("1200 degrees.", ""),
        ("Really?", "comment"), ("- clay", ""),
    ]  # fmt: skip


STRIKING = (
    "<office:automatic-styles xmlns:style='s'><style:style style:name='T1'><style:text-properties "
    "style:text-line-through-style='solid'/></style:style><style:style style:name='T2' style:parent-style-name='T1'/>"
    "</office:automatic-styles>"
)


def test_what_an_open_document_strikes_out_is_marked_as_deleted(tmp_path: Path) -> None:
    body = (
        "<office:text><text:p>It costs <text:span text:style-name='T1'>90</text:span>110 euros.</text:p>"
        "<text:p text:style-name='T2'>Open on Monday.</text:p><table:table><table:table-row><table:table-cell>"
        "<text:p>Net</text:p></table:table-cell><table:table-cell><text:p><text:span text:style-name='T1'>7</text:span>"
        "</text:p></table:table-cell></table:table-row></table:table></office:text>"
    )
    shown = read(tmp_path, "a.odt", opened("text", STRIKING + body)).elements
    assert [(one.text, one.mark) for one in shown] == [
        ("It costs 110 euros.", ""), ("90", "deleted"), ("Open on Monday.", "deleted"), ("Net", ""), ("7", "deleted"),
    ]  # fmt: skip


def test_an_open_document_in_one_file_is_read_as_a_packed_one_is(tmp_path: Path) -> None:
    told = "<office:meta><dc:title xmlns:dc='c'>Kiln log</dc:title></office:meta>"
    inner = "<office:document xmlns:office='o' xmlns:text='t'><office:body><text:p>Inner.</text:p></office:body>"
    drawn = "<draw:image><office:binary-data>{}</office:binary-data></draw:image>"
    body = (
        "<office:body><office:text><text:p>It costs <text:span text:style-name='T1'>90</text:span>110 euros.</text:p>"
        f"<text:p><draw:frame>{drawn.format(base64.encodebytes(picture()).decode())}</draw:frame>"
        f"<draw:frame><draw:object>{inner}</office:document></draw:object></draw:frame></text:p></office:text></office:body>"
    )
    names = " ".join(f'xmlns:{name}="{name}"' for name in ("office", "text", "draw"))
    kind = "application/vnd.oasis.opendocument.text"
    root = f'<?xml version="1.0"?>\n<office:document {names} office:mimetype="{kind}">'
    (tmp_path / "a.fodt").write_text(f"{root}{told}{STRIKING}{body}</office:document>")
    order = PartitionOrder(
        name="a.fodt", scratch=str(tmp_path), partitioner="builtin", limits=Limits(), render_dpi=72
    ).model_dump_json()
    parsed = Parsed.model_validate_json(partition_document(tmp_path / "a.fodt", order))
    assert (parsed.title, parsed.media_type, parsed.left_out) == ("Kiln log", f"{kind}-flat-xml", ())
    assert [(one.kind, one.text, one.mark) for one in parsed.elements] == [
        ("text", "It costs 110 euros.", ""), ("text", "90", "deleted"), ("figure", "", ""), ("text", "Inner.", ""),
    ]  # fmt: skip


def test_a_hidden_slide_of_an_open_presentation_is_marked(tmp_path: Path) -> None:
    style = (
        "<office:automatic-styles><style:style xmlns:style='s' style:name='dp2'><style:drawing-page-properties "
        "xmlns:presentation='p' presentation:visibility='hidden'/></style:style></office:automatic-styles>"
    )
    page = "<draw:page draw:style-name='{}'><draw:frame><draw:text-box><text:p>{}</text:p></draw:text-box></draw:frame>"
    pages = "".join(f"{page.format(*one)}</draw:page>" for one in (("dp1", "Oars."), ("dp2", "Fees.")))
    shown = read(
        tmp_path, "a.odp", opened("presentation", f"{style}<office:presentation>{pages}</office:presentation>")
    )
    assert [(one.text, one.mark) for one in shown.elements] == [("Oars.", ""), ("Fees.", "hidden")]


def test_struck_out_cells_of_an_open_workbook_are_no_values(tmp_path: Path) -> None:
    def row(name: str, price: str, style: str = "") -> str:
        cells = (f"<table:table-cell {style} office:value='{one}'><text:p>{one}</text:p>" for one in (name, price))
        return f"<table:table-row>{''.join(f'{one}</table:table-cell>' for one in cells)}</table:table-row>"

    rows = row("Item", "Price") + row("Oar", "120") + row("Box", "310", "table:style-name='T2'") + row("Seat", "80")
    columns = "<table:table-column/><table:table-column table:default-cell-style-name='{}'/>"
    sheet = f"<office:spreadsheet><table:table table:name='A'>{columns}{rows}</table:table></office:spreadsheet>"
    old = read(tmp_path, "a.ods", opened("spreadsheet", STRIKING + sheet.format("T2"))).elements
    assert [(one.text, one.mark) for one in old if one.mark] == [
        (one, "deleted") for one in ("Price", "120", "Box", "310", "80")
    ]
    parsed = read(tmp_path, "a.ods", opened("spreadsheet", STRIKING + sheet.format("")))
    (table, *struck) = parsed.elements
    rule = "<calcext:condition xmlns:calcext='c' calcext:value='&gt;100' calcext:apply-style-name='T2'/></table:table>"
    ruled = STRIKING + sheet.format("").replace("</table:table>", rule)
    assert left(read(tmp_path, "b.ods", opened("spreadsheet", ruled))) == {"rule that strikes cells out": 1}
    assert table.cells == (("Item", "Price"), ("Oar", "120"), ("Seat", "80"))
    assert [(one.text, one.mark) for one in struck] == [("Box", "deleted"), ("310", "deleted")]


def test_an_open_workbook_is_read_by_sheets_and_what_is_hidden_is_marked(tmp_path: Path) -> None:
    def row(*cells: str, more: str = "") -> str:
        shown = "".join(f"<table:table-cell><text:p>{cell}</text:p></table:table-cell>" for cell in cells)
        return f"<table:table-row {more}>{shown}</table:table-row>"

    far = "<table:table-cell table:number-columns-repeated='16000'/>"
    end = f"<table:table-row table:number-rows-repeated='1048000'>{far}"
    rows = row("Clay", "kg") + row("red", "40") + row("blue", "7", more="table:visibility='collapse'")
    body = f"<table:table table:name='Stock'>{rows}{end}</table:table-row></table:table>"
    parsed = read(tmp_path, "a.ods", opened("spreadsheet", body))
    assert [(e.cells, e.section, e.page, e.mark) for e in parsed.elements] == [
        ((("Clay", "kg"), ("red", "40")), "Stock", 1, ""), ((("Clay", "kg"), ("blue", "7")), "Stock", 1, "hidden"),
    ]  # fmt: skip


def test_an_open_presentation_is_read_by_slides_with_its_pictures(tmp_path: Path) -> None:
    frame = "<draw:frame><draw:text-box><text:p>Kilns</text:p></draw:text-box></draw:frame>"
    image = "".join(f"<draw:frame><draw:image xlink:href='{name}'/></draw:frame>" for name in ("p.png", "no.png"))
    body = f"<draw:page>{frame}</draw:page><draw:page>{image}</draw:page>"
    parsed = read(tmp_path, "a.odp", opened("presentation", body, p_png=picture()))
    assert [(element.kind, element.text, element.page) for element in parsed.elements] == [
        ("text", "Kilns", 1), ("figure", "", 2),
    ]  # fmt: skip
    assert left(parsed) == {"picture": 1}


def test_rich_text_keeps_tables_and_notes_and_says_what_it_leaves_out(tmp_path: Path) -> None:
    table = "{\\trowd Clay\\cell kg\\cell\\row}{\\trowd red\\cell 40\\cell\\row}"
    text = "The kiln{\\footnote 1200 degrees} is hot.\\par "
    parsed = read(tmp_path, "a.rtf", "{\\rtf1\\ansi{\\info{\\title Kiln}}" + text + table + "{\\pict 00}}")
    assert (parsed.title, texts(parsed)[0]) == ("Kiln", "The kiln 1200 degrees is hot.")
    assert parsed.elements[1].cells == (("Clay", "kg"), ("red", "40"))
    assert left(parsed) == {"picture": 1}
    drawn = "{\\shp{\\*\\shpinst{\\sp{\\sn shapeType}{\\sv 136}}{\\sp{\\sn gtextUNICODE}{\\sv Open f\\'fcr all}}}}"
    assert texts(read(tmp_path, "d.rtf", f"{{\\rtf1\\ansi Hot.\\par {drawn}}}")) == ["Hot.", "Open für all"]
    field = "{{\\field{{\\*\\fldinst {{{{\\*\\formfield{{\\fftype{}\\ffres{}{{\\*\\ffname n}}{}}}}}}}}}{{\\fldrslt }}}}"
    boxes = f"{field.format(1, 1, '')} yes {field.format(1, 25, chr(92) + 'ffdefres0')} no"
    town = field.format(2, 1, "{\\*\\ffl Oslo}{\\*\\ffl Bergen}")
    held = "{\\object\\objemb\\objw9{\\*\\objdata 00}{\\result Net 7}}"
    assert texts(read(tmp_path, "e.rtf", f"{{\\rtf1 {boxes}\\par {town} {held}}}")) == ["☒ yes ☐ no", "Bergen Net 7"]
    parsed = read(tmp_path, "b.rtf", "{\\rtf1\\ansi Shown{\\b\\v not this}.}")
    assert [(element.text, element.mark) for element in parsed.elements] == [("Shown.", ""), ("not this", "hidden")]


@pytest.mark.parametrize(
    ("look", "mark"),
    [("\\v", "hidden"), ("\\v0", ""), ("\\b\\v\\plain", ""), ("\\fs2", "hidden"), ("\\fs20", ""),
     ("\\charscalex1", "hidden"), ("\\cf1", "hidden"), ("\\cf1\\highlight2", ""), ("\\cf2\\highlight2", "hidden"),
     ("\\cf2", ""), ("\\clcbpat2\\cf1", ""), ("\\cf999999999", ""), ("\\strike", "deleted")],
)  # fmt: skip
def test_letters_of_rich_text_that_nobody_sees_are_set_apart(tmp_path: Path, look: str, mark: str) -> None:
    colours = "{\\colortbl;\\red255\\green255\\blue255;\\red20\\green0\\blue0;}{\\stylesheet{\\s5\\v Lease;}}"
    parsed = read(tmp_path, "c.rtf", f"{{\\rtf1\\ansi{colours}{{{look} Fee 7001}}\\par Open at nine}}")
    assert {one.text: one.mark for one in parsed.elements} == {"Fee 7001": mark, "Open at nine": ""}


@pytest.mark.parametrize("name", ["a.vtt", "a.srt"])
def test_subtitles_are_what_is_said_with_the_second_of_each_sentence(tmp_path: Path, name: str) -> None:
    comma = "," if name.endswith("srt") else "."
    cues = [("01", "02", "<v Ann>The kiln"), ("02", "03", "is <i>hot</i>."), ("30", "31", "Now it cools.")]
    body = "".join(
        f"{number}\n00:00:{start}{comma}000 --> 00:00:{end}{comma}500\n{text}\n\n"
        for number, (start, end, text) in enumerate(cues, start=1)
    )
    parsed = read(tmp_path, name, ("" if name.endswith("srt") else "WEBVTT - Log of the kiln\n\n") + body)
    assert parsed.title == ("" if name.endswith("srt") else "Log of the kiln")
    assert [(one.text, one.seconds) for one in parsed.elements] == [
        ("Ann: The kiln is hot.", (1.0,)), ("Now it cools.", (30.0,)),
    ]  # fmt: skip


def test_a_notebook_is_read_with_what_it_put_out(tmp_path: Path) -> None:
    outputs = [
        {"output_type": "stream", "text": ["1200\n"]},
        {"data": {"image/png": base64.b64encode(picture()).decode(), "text/plain": "<Figure>"}},
        {"data": {"text/html": "<table><tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr></table>"}},
        {"output_type": "error", "ename": "ValueError", "evalue": "too hot"},
    ]
    cells = [
        {"cell_type": "markdown", "source": ["# Kiln\n", "It is *hot*."]},
        {"cell_type": "code", "source": "print(1200)", "outputs": outputs},
    ]
    parsed = read(tmp_path, "a.ipynb", json.dumps({"cells": cells}))
    assert [(element.kind, element.text) for element in parsed.elements] == [
        ("heading", "Kiln"), ("text", "It is hot."), ("text", "print(1200)"), ("text", "1200"),
        ("figure", "<Figure>"), ("table", "a | b\n1 | 2"), ("text", "ValueError: too hot"),
    ]  # fmt: skip
    assert {element.section for element in parsed.elements} == {"Kiln"}


RECORDS = [{"clay": "red", "kg": 40, "uses": ["pots", "tiles"]}, {"clay": "blue", "kg": 7.5, "uses": None}]
CELLS = (("clay", "kg", "uses"), ("red", "40", "pots, tiles"), ("blue", "7.5", ""))
PARTED = """<o:order xmlns:o="urn:o"><line no="1"><clay>red</clay><weight unit="kg">40</weight></line>
<line no="2"><clay>blue</clay><weight unit="kg">7.5</weight></line></o:order>"""
PARTED_CELLS = (("no", "clay", "weight / unit", "weight"), ("1", "red", "kg", "40"), ("2", "blue", "kg", "7.5"))


@pytest.mark.parametrize(
    ("name", "source", "cells"),
    [("a.json", json.dumps(RECORDS), CELLS), ("a.jsonl", "\n".join(map(json.dumps, RECORDS)), CELLS),
     ("a.xml", "<all><r><clay>red</clay><kg>40</kg><uses>pots, tiles</uses></r>"
               "<r><clay>blue</clay><kg>7.5</kg><uses/></r></all>", CELLS), ("b.xml", PARTED, PARTED_CELLS)],
)  # fmt: skip
def test_records_of_one_form_are_a_table(tmp_path: Path, name: str, source: str, cells: object) -> None:
    assert read(tmp_path, name, source).elements[0].cells == cells


def test_data_of_other_forms_are_lines_under_their_path(tmp_path: Path) -> None:
    data = {"kiln": {"heat": 1200, "open": False, "doors": [{"side": "left", "parts": {"bolt": "M8"}}]}}
    parsed = read(tmp_path, "a.json", json.dumps(data))
    assert [(element.section, element.text) for element in parsed.elements] == [
        ("kiln", "heat: 1200\nopen: false"), ("kiln > doors > 1", "side: left\nparts / bolt: M8"),
    ]  # fmt: skip


def test_a_bad_line_costs_itself_and_written_xml_stays_text(tmp_path: Path) -> None:
    assert left(read(tmp_path, "a.jsonl", '{"a": 1}\nnot json\n{"a": 2}\n')) == {"line": 1}
    written = "<doc><t>Kilns</t><p>The <b>old</b> kiln is hot.</p><t>Clay</t><p>It is wet.</p></doc>"
    assert texts(read(tmp_path, "a.xml", written)) == [
        "t: Kilns",
        "p: The old kiln is hot.",
        "t: Clay",
        "p: It is wet.",
    ]


def test_no_entity_of_an_xml_file_is_resolved(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("SECRET")
    source = (
        f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]><a><b>&e;x</b><c>y</c></a>'
    )
    assert "SECRET" not in read(tmp_path, "a.xml", source).model_dump_json()


def test_the_words_of_a_drawing_are_read(tmp_path: Path) -> None:
    parsed = read(
        tmp_path,
        "a.svg",
        "<svg xmlns='http://www.w3.org/2000/svg'><text>Kiln <tspan>3</tspan><tspan x='9'>hot</tspan></text></svg>",
    )
    assert (texts(parsed), left(parsed)) == (["Kiln 3 hot"], {"drawing": 1})


def test_a_picture_of_a_telephone_is_read(tmp_path: Path) -> None:
    heif = pytest.importorskip("pillow_heif", reason="the packaged library only decodes")
    data = io.BytesIO()
    heif.from_pillow(Image.new("RGB", (80, 60), "red")).save(data)
    assert read(tmp_path, "a.heic", data.getvalue()).elements[0].kind == "picture"


def test_the_members_of_an_archive_are_files_inside_and_what_is_not_taken_is_said(tmp_path: Path) -> None:
    data = io.BytesIO(zipped({"notes/a.txt": "Red.", "../b.txt": "Blue.", "__MACOSX/._a.txt": "junk", "folder/": ""}))
    with zipfile.ZipFile(data, "a") as archive:
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    parsed = read(tmp_path, "a.zip", data.getvalue())
    assert [(each.name, (tmp_path / each.file).read_text()) for each in parsed.inside] == [
        ("notes/a.txt", "Red."), ("../b.txt", "Blue."),
    ]  # fmt: skip
    assert texts(parsed) == ["Files in this archive (2):\nnotes/a.txt\n../b.txt"]
    assert left(parsed) == {"archive member": 1}


@pytest.mark.parametrize("pack", [bytes, gzip.compress, bz2.compress, lzma.compress])
def test_tar_archives_are_read_packed_or_not(tmp_path: Path, pack: type[bytes]) -> None:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        member = tarfile.TarInfo("a.txt")
        member.size = 4
        archive.addfile(member, io.BytesIO(b"Red."))
        archive.addfile(device := tarfile.TarInfo("device"))
        device.type = tarfile.CHRTYPE
        archive.addfile(device)
    parsed = read(tmp_path, "a.tar", pack(data.getvalue()))
    assert (tmp_path / parsed.inside[0].file).read_text() == "Red."
    assert left(parsed) == {"archive member": 1}


def test_one_packed_file_is_unpacked(tmp_path: Path) -> None:
    (inside,) = read(tmp_path, "a.txt.gz", gzip.compress(b"Red.")).inside
    assert (tmp_path / inside.file).read_text() == "Red."


def test_a_bomb_costs_itself(tmp_path: Path) -> None:
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(bytes(4 << 20)))
    found = BuiltinPartitioner()(path, sniff(path, path.name).media_type, tmp_path, Limits(archive_bytes=1 << 20))
    assert (found.inside, left(found)) == ((), {"archive member": 1})
    assert {entry.name for entry in tmp_path.iterdir()} == {"a.gz"}


@pytest.mark.parametrize("name", ["a.zip", "a.gz", "a.epub", "a.odt", "a.json", "a.ipynb"])
def test_a_damaged_container_is_an_error_of_the_house(tmp_path: Path, name: str) -> None:
    whole = {
        "a.zip": zipped({"a.txt": "Red."})[:-10], "a.gz": gzip.compress(b"Red." * 99)[:20], "a.json": b'{"a": [1, ',
        "a.epub": zipped({"mimetype": "application/epub+zip"}), "a.ipynb": b'{"nbformat": 4}',
        "a.odt": zipped({"mimetype": "application/vnd.oasis.opendocument.text"}),
    }  # fmt: skip
    with pytest.raises((ParseFailed, GroundsightError)):
        read(tmp_path, name, whole[name])
