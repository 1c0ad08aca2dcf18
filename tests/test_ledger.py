"""Nothing is lost in silence: what a plain dump of a file shows is in an element, or the ledger counts it.

A reader's own test shows what it reads; this one asks every sample of every kind what it does not. A new kind adds its
sample to ``SAMPLES`` and, where the file is no container of XML, its dump to ``DUMPS``.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import openpyxl
import pptx
import pytest
import xlsxwriter
from openpyxl.comments import Comment
from PIL import Image
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches
from reportlab.pdfgen.canvas import Canvas

from groundsight.ingestion import Parsed
from groundsight.ingestion.readers import BuiltinPartitioner
from groundsight.ingestion.sniff import sniff
from groundsight.settings import Limits
from tests.office_parts import paragraph, write_word

# Parts that only style, or that hold prompts and names which no page shows.
_UNSEEN = re.compile(r"(?:theme|slideLayout|slideMaster|notesMaster|styles|settings|docProps|_rels)")
_TEXTS = {"t", "delText", "text", "v"}
_WORD = re.compile(r"\w+")


def xml_texts(path: Path) -> Iterator[str]:
    """Every text node of every part, whatever holds it; of alternatives the one that is shown."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".xml") and not _UNSEEN.search(name):
                yield from _texts(ElementTree.fromstring(archive.read(name)))


def _texts(node: ElementTree.Element) -> Iterator[str]:
    tag = node.tag.rpartition("}")[2]
    # A cell of a sheet holds the number of its string, or a number that is shown in another form.
    is_number = tag == "v" and "spreadsheetml" in node.tag
    if tag in _TEXTS and node.text and not is_number:
        yield node.text
    for child in node if tag != "Fallback" else ():
        yield from _texts(child)


def plain_text(path: Path) -> Iterator[str]:
    """The lines of a file of text."""
    yield from path.read_text("utf-8").splitlines()


def make_word(folder: Path) -> Path:
    """Words in every place that Word has for them, each of them once."""
    box = f"<w:drawing><wps:txbx><w:txbxContent>{paragraph('boxed')}</w:txbxContent></wps:txbx></w:drawing>"
    marks = "<w:footnoteReference w:id='3'/><w:commentReference w:id='0'/>"
    nested = f"<w:tbl><w:tr><w:tc>{paragraph('nested')}</w:tc><w:tc>{paragraph('twin')}</w:tc></w:tr></w:tbl>"
    cells = f"<w:tc>{paragraph('celled')}</w:tc><w:tc>{nested}<w:p/></w:tc>"
    row = f"<w:tr><w:tc>{paragraph('gone')}</w:tc><w:trPr><w:del/></w:trPr></w:tr>"
    body = (
        f"<w:sdt><w:sdtPr/><w:sdtContent>{paragraph('controlled')}</w:sdtContent></w:sdt>"
        f"<w:p><w:r><w:t>plain</w:t>{box}{marks}</w:r><w:ins><w:r><w:t> inserted</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>deleted</w:delText></w:r></w:del><w:moveTo><w:r><w:t> moved</w:t></w:r></w:moveTo>"
        "<w:moveFrom><w:r><w:t>left</w:t></w:r></w:moveFrom><w:smartTag><w:r><w:t> tagged</w:t></w:r></w:smartTag>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>unseen</w:t></w:r><m:oMath><m:r><m:t> omega</m:t></m:r></m:oMath>"
        f"<w:hyperlink><w:r><w:t> linked</w:t></w:r></w:hyperlink></w:p><w:tbl><w:tr>{cells}</w:tr>{row}</w:tbl>"
        "<w:sectPr><w:headerReference w:type='default' r:id='rId1'/><w:footerReference w:type='first' r:id='rId2'/>"
        "</w:sectPr>"
    )
    targets = {"rId1": "header1.xml", "rId2": "footer1.xml", "rId3": "footnotes.xml", "rId4": "comments.xml"}
    return write_word(
        folder / "a.docx",
        body,
        targets,
        rId1=f"<w:hdr>{paragraph('headed')}</w:hdr>",
        rId2=f"<w:ftr>{paragraph('never')}</w:ftr>",
        rId3=f"<w:footnotes><w:footnote w:id='3'>{paragraph('noted')}</w:footnote></w:footnotes>",
        rId4=f"<w:comments><w:comment w:id='0'>{paragraph('remarked')}</w:comment></w:comments>",
    )


def make_slides(folder: Path) -> Path:
    """Words in shapes, groups, tables, charts, notes and on a hidden slide."""
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "titled"
    slide.shapes.add_group_shape().shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame.text = "grouped\vbroken"
    table = slide.shapes.add_table(2, 2, 0, Inches(3), Inches(4), Inches(1)).table
    for number, text in enumerate(("north", "south", "east", "west")):
        table.cell(number // 2, number % 2).text = text
    data = CategoryChartData()
    data.categories = ["alder", "birch"]
    data.add_series("trees", (41, 52))
    slide.shapes.add_chart(XL_CHART_TYPE.PIE, 0, Inches(5), Inches(2), Inches(2), data)
    slide.notes_slide.notes_text_frame.text = "whispered"
    hidden = show.slides.add_slide(show.slide_layouts[5])
    hidden.shapes.title.text = "skipped"
    hidden._element.set("show", "0")
    show.save(str(folder / "a.pptx"))
    return folder / "a.pptx"


def make_book(folder: Path) -> Path:
    """Words in shown and hidden cells, beside and below one another, and in comments."""
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (
        ["entitled"],
        ["who", "where", None, "pump", "state"],
        ["ann", "loft", None, "first", "dry"],
        ["bo", "yard"],
    ):
        sheet.append(row)
    sheet.append([])
    sheet.append(["remark"])
    sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet["A2"].comment = Comment("commented", "me")
    secret = book.create_sheet("secret")
    secret.sheet_state = "veryHidden"
    secret.append(["covert"])
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def make_csv(folder: Path) -> Path:
    """A preamble, a table, a total below an empty line, a remark."""
    text = "exported\n\nitem;count;unit\nsalt;4;kilo\noil;7;litre\n\nsum;11;\n\nremarked\n"
    (folder / "a.csv").write_text(text, "utf-8")
    return folder / "a.csv"


def make_page(folder: Path) -> Path:
    """Words in every place that a web page has for them."""
    path = folder / "a.html"
    path.write_text(
        "<html><body><nav>moved</nav><h1>headed</h1><p>said <b>bold</b></p><dl><dt>term</dt><dd>meant</dd></dl><p "
        "hidden=''>hid</p><figure><figcaption>captioned</figcaption></figure><table><tr><td>one</td><td>two</td>"
        "</tr><tr><td>"
        "three</td><td>four</td></tr></table><svg><text>drawn</text></svg> <select><option selected=''>chosen"
        "</option></select> <button>pressed</button> <math><mi>summed</mi></math>"
        "<iframe>framed</iframe><ul><li>listed</li></ul></body></html>"
    )
    return path


def make_open_text(folder: Path) -> Path:
    """Words in every place that an OpenDocument text has for them."""
    path = folder / "a.odt"
    body = (
        "<h>headed</h><p>said <span>bold</span> <note><note-body><p>noted</p></note-body></note><frame><text-box><p>"
        "boxed</p></text-box></frame><annotation><p>remarked</p></annotation></p><list><list-item><p>listed</p>"
        "</list-item>"
        "</list><table><table-row><table-cell><p>one</p></table-cell><table-cell><p>two</p></table-cell></table-row>"
        "</table><section><p>parted</p></section><tracked-changes><deletion><p>deleted</p></deletion></tracked-changes>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", f"<document><body>{body}</body></document>")
    return path


def page_texts(path: Path) -> Iterator[str]:
    """Every text node of a page that is written as XML."""
    yield from ElementTree.fromstring(path.read_text("utf-8")).itertext()


def open_texts(path: Path) -> Iterator[str]:
    """Every text node of an OpenDocument file."""
    with zipfile.ZipFile(path) as archive:
        yield from ElementTree.fromstring(archive.read("content.xml")).itertext()


SAMPLES: tuple[Callable[[Path], Path], ...] = (
    make_word, make_slides, make_book, make_csv, make_page, make_open_text,
)  # fmt: skip
DUMPS: dict[str, Callable[[Path], Iterator[str]]] = {
    ".csv": plain_text, ".html": page_texts, ".odt": open_texts,
}  # fmt: skip


def words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text.casefold()))


def missing_texts(path: Path, parsed: Parsed) -> list[str]:
    """The texts of the plain dump that no element holds in full."""
    told = words(
        "\n".join(" ".join((one.text, *(cell for row in one.cells for cell in row))) for one in parsed.elements)
    )
    dumped = DUMPS.get(path.suffix, xml_texts)(path)
    return [text.strip() for text in dumped if any(told[word] < count for word, count in words(text).items())]


@pytest.mark.parametrize("make", SAMPLES, ids=lambda make: make.__name__)
def test_what_a_plain_dump_shows_is_read_or_counted(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    parsed = BuiltinPartitioner()(path, sniff(path, path.name).media_type, tmp_path, Limits())
    missing = missing_texts(path, parsed)
    assert len(missing) <= sum(one.count for one in parsed.left_out), (missing, parsed.left_out)


def test_the_dump_finds_what_a_reader_loses(tmp_path: Path) -> None:
    path = make_word(tmp_path)
    nothing = Parsed(media_type="")
    assert {"boxed", "noted", "remarked", "headed", "nested", "deleted", "omega"} <= set(missing_texts(path, nothing))


# What lies beside the words of a page: a word that begins with "told" is in an element, one with "left" is counted.
_MARKED = re.compile(rb"\b(?:told|left)[a-z]+")
BESIDE: dict[str, str] = {
    "a.html": "<head><meta name=description content=toldabout><meta property=og:description content=toldshared><meta "
    "name=author content=toldauthor></head><p title=lefttip>toldtext<input placeholder=leftprompt><textarea "
    "placeholder="
    "leftwish>toldfilled</textarea><a href=b aria-label=toldicon><i></i></a><map><area alt=toldarea></map>",
    "a.md": "told <!-- leftremark -->\n\n![toldalt](leftfile.png)\n\n[toldlink](b.html 'lefttip')\n",
    "a.ics": "BEGIN:VCALENDAR\nX-WR-CALNAME:toldname\nBEGIN:VEVENT\nSUMMARY:toldevent\nCATEGORIES:toldkind\nATTENDEE;CN"
    "=toldguest:mailto:a@b.example\nX-OWN:leftforeign\nBEGIN:VALARM\nTRIGGER:-PT5M\nDESCRIPTION:toldalarm\nEND:VALARM\n"
    "END:VEVENT\nEND:VCALENDAR\n",
    "a.vcf": "BEGIN:VCARD\nFN:toldname\nNICKNAME:toldnick\nHOBBY:toldhobby\nADR:;;toldstreet;toldtown;;;\nEND:VCARD\n",
    "a.vtt": "WEBVTT - toldhead\n\nNOTE\nleftnote\n\nleftname\n00:01.000 --> 00:02.000 region:leftplace\ntoldwords\n\n"
    "leftalone\n",
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\ntoldwords\n\nleftalone\n",
    "a.json": json.dumps({"toldkey": {"toldinner": {"toldinmost": ["toldvalue", {"deep": [{"toldlast": 1}]}]}}}),
    "a.xml": "<all toldname='toldattribute'><!-- leftremark --><one b='toldmark'><in>toldin</in></one> toldloose <p>"
    "toldbefore"
    " <b c='leftwithin'>toldbold</b> toldafter</p></all>",
    "a.svg": "<svg xmlns='http://www.w3.org/2000/svg' xmlns:x='http://www.w3.org/1999/xlink'><title>"
    "toldtitle</title><desc>"
    "tolddesc</desc><metadata>leftdrawn</metadata><a x:title='lefttip'><text>toldtext</text></a></svg>",
    "a.rtf": r"{\rtf1\ansi\ansicpg1250{\info{\title toldtitle}{\doccomm toldabout}}toldtext{\footnote toldnote}"
    r"{\field{\*\fldinst "
    r"DATE}{\fldrslt toldresult}} {\field{\*\fldinst FORMDROPDOWN{\*\formfield{\fftype2\ffres1{\*\ffhelptext "
    r"leftprompt}{\*\ffl "
    r"leftchoice}{\*\ffl toldchoice}}}}{\fldrslt }}{\*\annotation toldremark \u9999999?}\par}",
    "a.ipynb": json.dumps({
        "metadata": {"authors": [{"name": "toldauthor"}]},
        "cells": [{"cell_type": "code", "source": "toldcode", "outputs": [
            {"data": {"text/html": "<table><tr><td>toldcell<td>toldside<tr><td>toldlow<td>toldlast</table>"}},
            {"ename": "tolderror", "evalue": "toldreason"}, {"data": {"text/latex": "toldformula"}},
            {"data": {"application/json": {"toldkey": 1}}}, {"data": {"image/svg+xml": "leftform"}},
        ]}, "leftcell"],
    }),
    "a.eml": "From: toldfrom <a@b.example>\nReply-To: toldreply <b@b.example>\nSubject: toldsubject\nMIME-Version: "
    "1.0\n"
    "Content-Type: multipart/mixed; boundary=X\n\n--X\nContent-Type: multipart/alternative; "
    "boundary=Y\n\n--Y\n\ntoldplain\n"
    "--Y--\n--X\nContent-Type: message/rfc822\n\nSubject: toldinner\n\nHello\n--X--\n",
}  # fmt: skip


def packed(path: Path, **parts: str) -> Path:
    """Write the parts of a container by their names, ``__`` standing for a slash and ``_`` for a dot."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), text)
    return path


def make_packed(folder: Path) -> Path:
    path = packed(folder / "a.zip", toldmember_txt="Hello")
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"toldcomment"
    return path


def make_open_fields(folder: Path) -> Path:
    body = (
        "<user-field-decls><user-field-decl name='n' string-value='leftfield'/></user-field-decls><p>toldtext "
        "<placeholder "
        "description='leftprompt'/><drop-down><label value='leftchoice'/><label current-selected='true'/>toldchoice"
        "</drop-down></p><p><frame><image href='leftfile'/><desc>toldpicture</desc></frame></p><custom-shape><desc>"
        "toldshape"
        "</desc></custom-shape>"
    )
    return packed(
        folder / "a.odt",
        mimetype="application/vnd.oasis.opendocument.text",
        content_xml=f"<document><body>{body}</body></document>",
        meta_xml="<document><user-defined name='toldname'>toldown</user-defined></document>",
    )


def make_open_sheet(folder: Path) -> Path:
    rules = (
        "<content-validation condition='cell-content-is-in-list(&quot;toldchoice&quot;)'><help-message><p>"
        "toldprompt</p>"
        "</help-message></content-validation>"
    )
    cell = "<table name='toldsheet'><table-row><table-cell><p>toldcell</p></table-cell></table-row></table>"
    names = "<named-expression name='toldname' expression='of:=&quot;toldvalue&quot;'/>"
    content = f"<document><body>{rules}{cell}{names}</body></document>"
    return packed(folder / "a.ods", mimetype="application/vnd.oasis.opendocument.spreadsheet", content_xml=content)


def make_novel(folder: Path) -> Path:
    chapters = "".join(
        f"<item id='{one}' href='{one}.xhtml' media-type='application/xhtml+xml' properties='{one}'/>"
        for one in ("nav", "in", "out")
    )
    about = "<title>toldtitle</title><publisher>toldhouse</publisher><rights>toldrights</rights>"
    return packed(
        folder / "a.epub",
        mimetype="application/epub+zip",
        **{"META-INF__container_xml": "<container><rootfile full-path='a.opf'/></container>"},
        a_opf=f"<package>{about}{chapters}<itemref idref='in'/></package>",
        in_xhtml="<p>toldtext</p>",
        out_xhtml="<p>leftout</p>",
        nav_xhtml="<p>leftlist</p>",
    )


def make_word_form(folder: Path) -> Path:
    listed = "<w:dropDownList><w:listItem w:value='leftchoice'/><w:listItem w:value='b'/></w:dropDownList>"
    body = (
        f"<w:p><w:sdt><w:sdtPr>{listed}</w:sdtPr><w:sdtContent><w:r><w:t>toldchoice</w:t></w:r></w:sdtContent>"
        f"</w:sdt></w:p>"
        "<w:p><w:r><w:fldChar w:fldCharType='begin'><w:ffData><w:helpText w:val='leftprompt'/></w:ffData>"
        "</w:fldChar><w:fldChar "
        "w:fldCharType='end'/><w:drawing><wp:docPr title='toldtitle' descr='tolddrawn'/></w:drawing></w:r></w:p>"
    )
    return write_word(folder / "a.docx", body, {})


def make_sheet_form(folder: Path) -> Path:
    path = folder / "a.xlsx"
    picture = io.BytesIO()
    Image.new("RGB", (80, 80)).save(picture, "PNG")
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"company": "toldfirm"})
    book.set_custom_property("toldlabel", "toldown")
    book.set_custom_property("MSIP_Label", "7")
    book.define_name("toldname", "=7")
    sheet = book.add_worksheet("toldsheet")
    rule = {"validate": "list", "source": ["toldchoice"], "input_message": "toldprompt", "error_message": "toldrefusal"}
    sheet.data_validation("B2", rule)
    sheet.write_url("A1", "https://a.example", string="toldlink", tip="lefttip")
    sheet.insert_image("C1", "a.png", {"image_data": picture, "description": "toldpicture"})
    book.close()
    return path


def make_form(folder: Path) -> Path:
    canvas = Canvas(str(folder / "a.pdf"), pageCompression=0)
    canvas.drawString(60, 700, "toldtext")
    canvas.acroForm.choice(x=60, y=500, width=90, height=20, options=["toldchoice", "leftchoice"], value="toldchoice")
    canvas.acroForm.textfield(x=60, y=400, width=90, height=20, value="toldvalue", tooltip="lefttip")
    canvas.save()
    return folder / "a.pdf"


MADE = (
    make_packed, make_open_fields, make_open_sheet, make_novel, make_word_form, make_sheet_form, make_form,
)  # fmt: skip


def marked_in(path: Path) -> set[str]:
    """The marked words of a file, or of all parts of a container."""
    data = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            data = (
                archive.comment
                + b" "
                + b" ".join((name.encode() + b" " + archive.read(name)) for name in archive.namelist())
            )
    return {word.decode() for word in _MARKED.findall(data)}


@pytest.mark.parametrize("sample", [*BESIDE, *MADE], ids=lambda one: one if isinstance(one, str) else one.__name__)
def test_what_lies_beside_the_words_is_read_or_counted(sample: str | Callable[[Path], Path], tmp_path: Path) -> None:
    path = tmp_path / sample if isinstance(sample, str) else sample(tmp_path)
    if isinstance(sample, str):
        path.write_text(BESIDE[sample], "utf-8")
    parsed = BuiltinPartitioner()(path, sniff(path, path.name).media_type, tmp_path, Limits())
    told = set(re.findall(r"(?:told|left)[a-z]+", parsed.model_dump_json()))
    marked = marked_in(path)
    assert told == {word for word in marked if word.startswith("told")}
    assert sum(one.count for one in parsed.left_out) == sum(word.startswith("left") for word in marked), parsed.left_out
