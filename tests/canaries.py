"""Planted personal data: every declared kind in every carrier, each carrier with values of its own."""

from __future__ import annotations

import io
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import docx
import openpyxl
import pptx
from openpyxl.comments import Comment
from PIL import Image, PngImagePlugin
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from groundsight.governance.pii_patterns import luhn
from tests.pictures import page_of

KINDS = ("email", "phone", "card", "iban", "ssn", "ip")
CARRIERS = (
    "txt", "txt-wrapped", "md", "md-escaped", "csv", "csv-plain", "html", "html-links", "html-meta",
    "docx", "docx-runs", "docx-table", "docx-comment", "docx-header", "docx-footer", "docx-properties", "docx-link",
    "xlsx", "xlsx-plain", "xlsx-comment", "xlsx-hidden", "xlsx-sheet", "xlsx-split", "pptx", "pptx-notes", "pptx-title",
    "eml", "eml-headers", "eml-attachment", "pdf", "pdf-metadata", "pdf-table", "png", "png-plain", "png-chunks",
    "jpg-exif", "scan", "file-name", "folder-name", "root-name", "title",
)  # fmt: skip


def planted(carrier: str) -> dict[str, str]:
    """Return one value of each kind that no other carrier has."""
    number = 10 + CARRIERS.index(carrier)
    card = next(card for last in range(10) if luhn(card := f"45320198{number}77301{last}"))
    account = f"37040044{number}05320130"[:18]
    check = 98 - int(account + "131400") % 97
    iban = f"DE{check:02d}{account}"
    return {
        "email": f"quillfeather{number}@mailnest{number}.org",
        "phone": f"+49 30 9018 {number}61",
        "card": " ".join(card[at : at + 4] for at in range(0, 16, 4)),
        "iban": " ".join(iban[at : at + 4] for at in range(0, 22, 4)),
        "ssn": f"521-44-70{number}",
        "ip": f"198.51.100.{100 + number}",
    }


def lines(carrier: str) -> list[str]:
    """Return one line of text for each value."""
    return [f"Contact {kind} is {value}" for kind, value in planted(carrier).items()]


def plain_rows(carrier: str) -> tuple[list[str], list[str]]:
    """Return heads, and values of which only the head says what they are."""
    value = {kind: shown.replace(" ", "").replace("-", "") for kind, shown in planted(carrier).items()}
    value["phone"] = value["phone"].removeprefix("+49")
    return ["Name", "SSN", "Phone", "Card number", "IBAN", "E-mail", "IP address"], [
        "Ann", value["ssn"], value["phone"], value["card"], value["iban"], value["email"], value["ip"],
    ]  # fmt: skip


def _texts(at: Path) -> None:
    (at / "a.txt").write_text("\n".join(lines("txt")))
    wrapped = planted("txt-wrapped")
    wrapped["email"] = wrapped["email"].replace("@", "@\n")
    wrapped["ssn"] = wrapped["ssn"].replace("-70", "-\n70")
    broken = {kind: shown.replace(" ", "\n", 2).replace("\n", " ", 1) for kind, shown in wrapped.items()}
    (at / "wrapped.txt").write_text(
        "\n\n".join(f"The {kind} of the card is {shown}." for kind, shown in broken.items())
    )
    told = planted("md")
    row = " | ".join(told.values())
    (at / "a.md").write_text(f"# Staff {told['email']}\n\n[mail](mailto:{told['email']})\n\n| {' | '.join(KINDS)} |\n"
                             f"|{'---|' * len(KINDS)}\n| {row} |\n")  # fmt: skip
    odd = planted("md-escaped")
    odd["email"] = odd["email"].replace("@", "%40")
    odd["phone"] = f"https://wa.me/{odd['phone'].replace(' ', '').removeprefix('+')}"
    odd["card"], odd["iban"] = odd["card"].replace(" ", "   "), odd["iban"].replace(" ", "/")
    odd["ssn"], odd["ip"] = odd["ssn"].replace("-", "_"), odd["ip"].replace(".", "&#46;")
    (at / "odd.md").write_text("".join(f"    the {kind} is {shown}\n" for kind, shown in odd.items()))


def _tables(at: Path) -> None:
    (at / "a.csv").write_text("\n".join(["name,kind,value", *(f"Ann,x,{v}" for v in planted("csv").values())]))
    heads, row = plain_rows("csv-plain")
    (at / "plain.csv").write_text(f"{','.join(heads)}\n{','.join(row)}\n")


def _html(at: Path) -> None:
    links = planted("html-links")
    hrefs = f'<a href="mailto:{links["email"]}">m</a><a href="tel:{links["phone"].replace(" ", "")}">t</a>'
    hrefs += "".join(f'<a href="/x?q={v}" title="{v}" data-v="{v}">x</a><img alt="{v}">' for v in links.values())
    metas = "".join(f'<meta name="{kind}" content="{v}">' for kind, v in planted("html-meta").items())
    cells = "".join(f"<p>{line}</p>" for line in lines("html"))
    (at / "a.html").write_text(
        f"<html><head><title>{planted('html')['email']}</title>{metas}</head><body>{cells}<p>{hrefs}</p></body></html>"
    )


def _docx(at: Path) -> None:
    document = docx.Document()
    document.core_properties.title = " ".join(lines("title"))
    document.core_properties.author = " ".join(planted("docx-properties").values())[:250]
    document.core_properties.comments = " ".join(planted("docx-properties").values())[:250]
    document.core_properties.keywords = planted("docx-properties")["email"]
    for line in lines("docx"):
        document.add_paragraph(line)
    for value in planted("docx-runs").values():
        paragraph = document.add_paragraph("My card or number: ")
        for at_sign, sign in enumerate(value):
            paragraph.add_run(sign).bold = at_sign % 2 == 0
    heads, row = plain_rows("docx-table")
    table = document.add_table(rows=2, cols=len(heads))
    for place, (head, value) in enumerate(zip(heads, row, strict=True)):
        table.cell(0, place).text, table.cell(1, place).text = head, value
    document.sections[0].header.paragraphs[0].text = " ".join(planted("docx-header").values())
    document.sections[0].footer.paragraphs[0].text = " ".join(planted("docx-footer").values())
    spoken = document.add_paragraph("Everything was noted.")
    document.add_comment(spoken.runs, " ".join(planted("docx-comment").values()), author="Ann", initials="A")
    for value in planted("docx-link").values():
        document.part.relate_to(f"mailto:{value}", docx.opc.constants.RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    document.save(str(at / "a.docx"))


def _xlsx(at: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = planted("xlsx-sheet")["email"][:31]
    for line in [["who", "what"], *(["Ann", value] for value in planted("xlsx").values())]:
        sheet.append(line)
    sheet["A1"].comment = Comment(" ".join(planted("xlsx-comment").values()), "Ann")
    numbers = book.create_sheet("numbers")
    heads, row = plain_rows("xlsx-plain")
    numbers.append(["Staff list"])
    numbers.append(heads)
    numbers.append([int(cell) if cell.isdigit() and len(cell) < 16 else cell for cell in row])
    hidden = book.create_sheet(planted("xlsx-hidden")["phone"])
    hidden.sheet_state = "hidden"
    hidden.append(list(planted("xlsx-hidden").values()))
    split, told = book.create_sheet("split"), planted("xlsx-split")
    split.append(["Name", "Area code", "Number", "Card number", None, None, None, "SSN", None, None])
    groups = [int(part) for part in told["card"].split()] + [int(part) for part in told["ssn"].split("-")]
    split.append(["Ann", "030", int(told["phone"].replace(" ", "")[-8:]), *groups])
    book.save(at / "a.xlsx")


def _pptx(at: Path) -> None:
    deck = pptx.Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[1])
    slide.shapes.title.text = " ".join(planted("pptx-title").values())
    slide.placeholders[1].text = "\n".join(lines("pptx"))
    slide.notes_slide.notes_text_frame.text = "\n".join(lines("pptx-notes"))
    deck.save(str(at / "a.pptx"))


def _mail(at: Path) -> None:
    head, inside = planted("eml-headers"), planted("eml-attachment")
    message = EmailMessage()
    message["From"], message["To"] = f"Ann <{head['email']}>", head["email"]
    message["Subject"] = " and ".join(head.values())
    message["Reply-To"], message["Message-ID"] = head["email"], f"<1.{head['email']}>"
    message["Received"] = f"from x ([{head['ip']}]) by y"
    message.set_content("\n".join(lines("eml")))
    message.add_attachment("\n".join(inside.values()), filename=f"{inside['email']} {inside['ssn']}.txt")
    (at / "a.eml").write_bytes(message.as_bytes())


def _pdf(at: Path) -> None:
    canvas = Canvas(str(at / "a.pdf"), pageCompression=0)
    about = planted("pdf-metadata")
    canvas.setTitle(" ".join(about.values()))
    canvas.setAuthor(about["email"])
    canvas.setSubject(about["card"])
    canvas.setKeywords([about["phone"], about["iban"]])
    for number, line in enumerate(lines("pdf")):
        canvas.drawString(60, 780 - number * 20, line)
    heads, row = plain_rows("pdf-table")
    canvas.setFont("Helvetica", 6)
    canvas.grid([20 + 80 * place for place in range(len(heads) + 1)], [560, 580, 600])
    for place, (top, below) in enumerate(zip(heads, row, strict=True)):
        canvas.drawString(22 + 80 * place, 586, top)
        canvas.drawString(22 + 80 * place, 566, below)
    canvas.save()
    clean = Canvas(str(at / "clean.pdf"))
    clean.drawString(60, 700, "The harbour opens at noon.")
    clean.save()


def _pictures(at: Path) -> None:
    chunks = PngImagePlugin.PngInfo()
    for kind, value in planted("png-chunks").items():
        chunks.add_text(kind, value)
    page_of(*lines("png"), size=28, width=900).save(at / "a.png", pnginfo=chunks)
    heads, row = plain_rows("png-plain")
    sheet = Image.new("RGB", (900, 60 * len(heads)), "white")
    for number, (head, value) in enumerate(zip(heads, row, strict=True)):
        sheet.paste(page_of(head, size=28, width=300), (0, 60 * number - 10))
        sheet.paste(page_of(value, size=28, width=560), (320, 60 * number - 10))
    sheet.save(at / "plain.png")
    photo = Image.new("RGB", (200, 100), "red")
    exif = photo.getexif()
    exif[0x010E], exif[0x013B] = " ".join(planted("jpg-exif").values()), planted("jpg-exif")["email"]
    photo.save(at / "a.jpg", exif=exif)
    canvas, scan = Canvas(str(at / "scan.pdf")), io.BytesIO()
    page_of(*lines("scan"), size=40, width=1200).save(scan, "PNG")
    canvas.drawImage(ImageReader(scan), 0, 300, 590, 270)
    canvas.save()


def _names(at: Path) -> None:
    for value in planted("file-name").values():
        (at / f"{value} report.txt").write_text(f"The harbour report of {len(value)} pages.")
        (at / f"my_{value.replace(' ', '_')}.md").write_text("# Harbour\n\nA note.")
    for number, value in enumerate(planted("folder-name").values()):
        (at / value).mkdir()
        (at / value / f"{number}.txt").write_text("The folder holds a lighthouse plan.")


BUILDERS: tuple[Callable[[Path], None], ...] = (
    _texts, _tables, _html, _docx, _xlsx, _pptx, _mail, _pdf, _pictures, _names,
)  # fmt: skip


def build(place: Path) -> list[Path]:
    """Write every carrier below ``place`` and return the folders to ingest."""
    (place / "docs").mkdir(parents=True)
    for builder in BUILDERS:
        builder(place / "docs")
    root = place / " ".join(planted("root-name").values()).replace("/", "-")
    root.mkdir()
    (root / "plan.txt").write_text("The root holds the plan of a quay.")
    return [place / "docs", root]
