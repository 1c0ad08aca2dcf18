"""PDFs that tests draw: with reportlab, and by hand where a font has to tell which letters its codes mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers import BuiltinPartitioner
from groundsight.ingestion.sniff import PDF
from groundsight.settings import Limits

WIDTH, HEIGHT = A4
PROSE = "Willow beds keep the banks of the mill stream firm where cattle come to drink."


def drawn(folder: Path, draw: Callable[[Canvas], object], **about: str) -> Parsed:
    """Draw one PDF and read it."""
    path = folder / "a.pdf"
    canvas = Canvas(str(path), pagesize=A4)
    canvas.setTitle(about.get("title", ""))
    draw(canvas)
    canvas.save()
    return read(path)


def read(path: Path) -> Parsed:
    """Read a PDF with the built-in reader."""
    return BuiltinPartitioner()(path, PDF, path.parent, Limits())


def of_kind(parsed: Parsed, kind: str) -> list[Element]:
    """The elements of one kind."""
    return [element for element in parsed.elements if element.kind == kind]


def texts(parsed: Parsed, mark: str = "") -> list[str]:
    """The texts of one mark, in order."""
    return [element.text for element in parsed.elements if element.mark == mark and element.text]


def write(canvas: Canvas, lines: Sequence[str], x: float, y: float, *, size: int = 10, leading: float = 1.2) -> None:
    """Write lines from a place downwards."""
    canvas.setFont("Helvetica", size)
    for number, line in enumerate(lines):
        canvas.drawString(x, y - number * size * leading, line)


def ruled(canvas: Canvas, rows: Sequence[Sequence[str]], x: float, y: float, *, wide: float = 90) -> None:
    """Draw a table with rules around every cell."""
    down, across = len(rows), len(rows[0])
    for number in range(down + 1):
        canvas.line(x, y - number * 20, x + across * wide, y - number * 20)
    for number in range(across + 1):
        canvas.line(x + number * wide, y, x + number * wide, y - down * 20)
    for row, cells in enumerate(rows):
        write_row(canvas, cells, x + 4, y - row * 20 - 14, wide)


def write_row(canvas: Canvas, cells: Sequence[str], x: float, y: float, wide: float) -> None:
    """Write cells side by side."""
    canvas.setFont("Helvetica", 10)
    for column, cell in enumerate(cells):
        canvas.drawString(x + column * wide, y, cell)


def coded(folder: Path, codes: Mapping[str, str], content: str) -> Parsed:
    """Read a PDF of one page whose font says of each ASCII letter which letters it means."""
    mapped = "".join(f"<{ord(code):02x}> <{letters.encode('utf-16-be').hex()}>\n" for code, letters in codes.items())
    cmap = f"1 begincodespacerange <00> <ff> endcodespacerange\n{len(codes)} beginbfchar\n{mapped}endbfchar\n"
    unicode = f"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n{cmap}endcmap end end"
    font = "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 6 0 R>>"
    bodies = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 5 0 R>>>>/Contents 4 0 R>>",
        f"<</Length {len(content)}>>stream\n{content}\nendstream",
        font,
        f"<</Length {len(unicode)}>>stream\n{unicode}\nendstream",
    ]
    data, places = "%PDF-1.5\n", list[int]()
    for number, body in enumerate(bodies, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    start = len(data)
    data += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}"
    data += f"trailer\n<</Size {len(bodies) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF"
    path = folder / "coded.pdf"
    path.write_bytes(data.encode("latin-1"))
    return read(path)
