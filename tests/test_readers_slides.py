"""Slides are read whole: charts, diagrams, breaks, comments, what is hidden; one bad picture costs itself."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.oxml.xmlchemy import OxmlElement
from pptx.presentation import Presentation
from pptx.util import Inches

from groundsight.ingestion import Parsed
from groundsight.ingestion.readers.office.pptx_file import read_pptx
from tests.office_parts import part, relations, write_package
from tests.test_readers_office import png


def saved(show: Presentation, path: Path) -> Parsed:
    show.save(str(path))
    return read_pptx(path, path.parent)


def test_a_chart_is_a_table_of_its_data_under_its_title(tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    data = CategoryChartData(number_format="#,##0")
    data.categories = ["Bees", "Wasps"]
    data.add_series("2030", (1200, 40))
    data.add_series("2031", (1350, 38))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.LINE, Inches(1), Inches(1), Inches(4), Inches(3), data)
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "Counted insects"
    (table,) = saved(show, tmp_path / "a.pptx").elements
    assert table.text == "Counted insects"
    assert table.cells == (("", "2030", "2031"), ("Bees", "1,200", "1,350"), ("Wasps", "40", "38"))
    assert table.box is not None


def test_what_is_struck_out_is_marked_as_deleted(tmp_path: Path) -> None:
    show = pptx.Presentation()
    box = show.slides.add_slide(show.slide_layouts[6]).shapes.add_textbox(0, 0, Inches(4), Inches(1))
    for text, strike in (("Practice is on ", ""), ("Monday ", "sngStrike"), ("Tuesday.", "noStrike")):
        run = box.text_frame.paragraphs[0].add_run()
        run.text = text
        run.font._element.set("strike", strike)
    shown = saved(show, tmp_path / "a.pptx").elements
    assert [(one.text, one.mark) for one in shown] == [("Practice is on Tuesday.", ""), ("Monday", "deleted")]


def test_letters_without_a_fill_are_seen_by_their_outline_alone(tmp_path: Path) -> None:
    show = pptx.Presentation()
    box = show.slides.add_slide(show.slide_layouts[6]).shapes.add_textbox(0, 0, Inches(4), Inches(1))
    for text in ("Practice is on Monday. ", "It is free. ", "Bring shoes."):
        run = box.text_frame.paragraphs[0].add_run()
        run.text = text
        if "Practice" not in text:
            run.font.fill.background()
        if "shoes" in text:
            run.font._element.insert(0, OxmlElement("a:ln"))
    shown = saved(show, tmp_path / "a.pptx").elements
    assert [one.text for one in shown] == ["Practice is on Monday. Bring shoes."]


def test_a_diagram_is_told_node_by_node_under_those_above(tmp_path: Path) -> None:
    def node(key: str, text: str) -> str:
        return f'<dgm:pt modelId="{key}"><dgm:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></dgm:t></dgm:pt>'

    links = "".join(
        f'<dgm:cxn srcId="{high}" destId="{low}" srcOrd="{place}"/>'
        for high, low, place in (("0", "1", 0), ("1", "3", 1), ("1", "2", 0))
    )
    points = '<dgm:pt modelId="0" type="doc"/>' + node("3", "Sails") + node("1", "Yard") + node("2", "Hulls")
    data = part(f"<dgm:dataModel><dgm:ptLst>{points}</dgm:ptLst><dgm:cxnLst>{links}</dgm:cxnLst></dgm:dataModel>")
    listed = "<p:sldId id='256' r:id='rId1'/>"
    named = "<p:nvGraphicFramePr><p:cNvPr id='9' name='D' descr='How the yard is led'/></p:nvGraphicFramePr>"
    frame = f"<p:graphicFrame>{named}<a:graphic><dgm:relIds r:dm='rId1'/></a:graphic></p:graphicFrame>"
    parts: dict[str, str | bytes] = {
        "ppt/presentation.xml": part(f"<p:presentation><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"),
        "ppt/_rels/presentation.xml.rels": relations({"rId1": "slides/slide1.xml"}),
        "ppt/slides/slide1.xml": part(f"<p:sld><p:cSld><p:spTree>{frame}</p:spTree></p:cSld></p:sld>"),
        "ppt/slides/_rels/slide1.xml.rels": relations({"rId1": "../diagrams/data1.xml"}),
        "ppt/diagrams/data1.xml": data,
    }
    told = read_pptx(write_package(tmp_path / "a.pptx", "ppt/presentation.xml", parts), tmp_path).elements
    assert [one.text for one in told] == ["How the yard is led", "- Yard\n- Yard > Hulls\n- Yard > Sails"]


def test_soft_breaks_end_a_line_in_text_and_part_words_in_cells_and_titles(tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "North\vwing"
    slide.shapes.add_textbox(0, Inches(2), Inches(4), Inches(1)).text_frame.text = "Beds: 4\vBaths: 2"
    table = slide.shapes.add_table(2, 2, 0, Inches(4), Inches(4), Inches(1)).table
    for number, text in enumerate(("Room", "Size\vm²", "Loft", "30")):
        table.cell(number // 2, number % 2).text = text
    title, text, cells = saved(show, tmp_path / "a.pptx").elements
    assert (title.text, text.text) == ("North wing", "Beds: 4\nBaths: 2")
    assert cells.cells == (("Room", "Size m²"), ("Loft", "30"))


def test_a_shape_in_a_group_lies_where_it_is_seen(tmp_path: Path) -> None:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[6])
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1)).text_frame.text = "inside"
    group.left, group.top, group.width, group.height = Inches(5), Inches(3), Inches(4), Inches(2)
    (element,) = saved(show, tmp_path / "a.pptx").elements
    assert element.box is not None
    assert (round(element.box.x0, 3), round(element.box.y0, 3), round(element.box.x1, 3)) == (0.5, 0.4, 0.9)


def test_one_broken_picture_does_not_lose_a_deck(tmp_path: Path) -> None:
    show = pptx.Presentation()
    for number in range(2):
        slide = show.slides.add_slide(show.slide_layouts[5])
        slide.shapes.title.text = f"Slide {number}"
        slide.shapes.add_picture(png("red" if number else "blue"), 0, 0)
    show.save(str(tmp_path / "whole.pptx"))
    with (
        zipfile.ZipFile(tmp_path / "whole.pptx") as whole,
        zipfile.ZipFile(tmp_path / "a.pptx", "w") as broken,
    ):
        for name in whole.namelist():
            if not name.endswith("image1.png"):
                broken.writestr(name, whole.read(name))
    parsed = read_pptx(tmp_path / "a.pptx", tmp_path)
    assert [element.kind for element in parsed.elements] == ["heading", "heading", "figure"]
    assert [one.kind for one in parsed.left_out] == ["picture"]


def test_what_the_master_says_on_every_slide_is_told_once(tmp_path: Path) -> None:
    show = pptx.Presentation()
    stamp = show.slide_layouts[6].shapes._spTree
    box = show.slides.add_slide(show.slide_layouts[6]).shapes.add_textbox(0, 0, Inches(2), Inches(1))
    box.text_frame.text = "Mill Guild only"
    stamp.append(box._element)
    show.slides.add_slide(show.slide_layouts[6])
    assert [(one.text, one.page) for one in saved(show, tmp_path / "a.pptx").elements] == [("Mill Guild only", 1)]


_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_BLACK, _HALF = '<a:srgbClr val="000000"/>', '<a:srgbClr val="000000"><a:alpha val="50000"/></a:srgbClr>'


@pytest.mark.parametrize(
    ("ink", "ground", "seen"),
    [
        ('<a:schemeClr val="tx1"><a:lumMod val="0"/><a:lumOff val="100000"/></a:schemeClr>', "", False),
        ('<a:schemeClr val="tx1"><a:lumMod val="50000"/><a:lumOff val="50000"/></a:schemeClr>', "", True),
        ('<a:schemeClr val="bg1"><a:lumMod val="95000"/></a:schemeClr>', "", False),
        ('<a:schemeClr val="bg1"><a:lumMod val="50000"/></a:schemeClr>', "", True),
        ('<a:srgbClr val="336699"><a:lumOff val="90000"/></a:srgbClr>', "", False),
        ('<a:prstClr val="white"/>', "", False),
        ('<a:sysClr val="window" lastClr="FFFFFF"/>', "", False),
        ('<a:scrgbClr r="100000" g="100000" b="100000"/>', "", False),
        ('<a:scrgbClr r="0" g="0" b="0"/>', "", True),
        (_BLACK, _BLACK, False),
        (_BLACK, _HALF, True),
        ('<a:srgbClr val="FFFFFF"/>', _BLACK, True),
        ('<a:schemeClr val="accent1"/>', _BLACK, True),
    ],
)
def test_letters_in_the_colour_under_them_are_not_seen(ink: str, ground: str, seen: bool, tmp_path: Path) -> None:
    show = pptx.Presentation()
    box = show.slides.add_slide(show.slide_layouts[6]).shapes.add_textbox(0, 0, Inches(4), Inches(1))
    run = box.text_frame.paragraphs[0].add_run()
    run.text = "the gauge reads 7001"
    run._r.get_or_add_rPr().append(parse_xml(f"<a:solidFill {_A}>{ink}</a:solidFill>"))
    if ground:
        box.element.spPr.append(parse_xml(f"<a:solidFill {_A}>{ground}</a:solidFill>"))
    assert ("7001" in str([one.text for one in saved(show, tmp_path / "a.pptx").elements])) == seen


def test_a_text_wholly_under_a_later_filled_shape_is_hidden_unless_that_may_go_away(tmp_path: Path) -> None:
    show = pptx.Presentation()
    lids: dict[int, tuple[MSO_SHAPE, float, float]] = {
        7001: (MSO_SHAPE.RECTANGLE, 0.5, 0), 7002: (MSO_SHAPE.OVAL, 0.5, 0), 7003: (MSO_SHAPE.RECTANGLE, 2, 0),
        7004: (MSO_SHAPE.RECTANGLE, 0.5, 30), 7005: (MSO_SHAPE.RECTANGLE, 0.5, 0), 7006: (MSO_SHAPE.RECTANGLE, 0.5, 0),
        7007: (MSO_SHAPE.RECTANGLE, 0.5, 0),
    }  # fmt: skip
    for number, (kind, left, turn) in lids.items():
        slide = show.slides.add_slide(show.slide_layouts[6])
        box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(3), Inches(1))
        box.text_frame.text = f"the gauge reads {number}"
        lid = slide.shapes.add_shape(kind, Inches(left), Inches(0.5), Inches(5), Inches(3))
        lid.rotation = turn
        match number:
            case 7005:
                lid.fill.background()
            case 7006:
                tree = slide.shapes._spTree
                tree.remove(box._element)
                tree.append(box._element)
            case 7007:
                told = f'<p:tgtEl><p:spTgt spid="{lid.shape_id}"/></p:tgtEl>'
                slide.element.append(parse_xml(f"<p:timing {nsdecls('p')}>{told}</p:timing>"))
            case _:
                pass
    shown = saved(show, tmp_path / "a.pptx").elements
    assert [one.text[-4:] for one in shown if one.mark == "hidden"] == ["7001"]
    assert len(shown) == len(lids)
