"""What is drawn in an office file and holds words or numbers: charts as tables of their data, SmartArt as lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from groundsight.ingestion import Element
from groundsight.ingestion.readers.clean import RAISED, clean, clean_rows, one_line
from groundsight.ingestion.readers.office.equations import linear
from groundsight.ingestion.readers.office.number_format import formatted
from groundsight.ingestion.readers.office.package import Node, Package, child, inner, local, value, whole

_FILES = (".png", ".jpg", ".jpeg")
_MOST_POINTS = 20_000
_MOST_NODES = 2_000
_PIECES = ("t", "br", "tab", "oMath", "fld")
_STRIKES = ("sngStrike", "dblStrike")
Column = tuple[str, dict[int, str]]


def drawn(part: str, kind: str, package: Package) -> Iterator[Element]:
    """Read a chart or the data of a diagram, ``kind`` being the last word of its relation."""
    if kind in ("chart", "chartEx"):
        yield from _chart(part, package)
    elif kind == "diagramData":
        root = package.root(part, "diagram")
        lines = list(_tree(root)) if root is not None else []
        if lines:
            yield Element(kind="text", text="\n".join(lines))


def alternative(shape: Iterable[Node]) -> str:
    """Return what the author wrote beside a drawing; a file name says nothing."""
    about = next(iter(inner(shape, "docPr", "cNvPr")), None)
    said = dict.fromkeys(filter(None, (value(about, "title"), value(about, "descr"))))
    return clean("\n".join(one for one in said if "\\" not in one and not one.lower().endswith(_FILES)))


def paragraphs_of(node: Iterable[Node]) -> str:
    """Return the text of drawing paragraphs below a node; soft line breaks are line ends."""
    return clean("\n".join(_paragraph(one) for one in inner(node, "p")))


def struck_in(node: Iterable[Node]) -> Iterator[str]:
    """Yield what drawing paragraphs below a node strike out, a text for each of them."""
    for one in inner(node, "p"):
        runs = (run for run in inner(one, "r") if _is_struck(run))
        if text := clean("".join(map(_piece, (part for run in runs for part in inner(run, *_PIECES))))):
            yield text


def _paragraph(node: Node) -> str:
    return "".join(map(_piece, inner(node, "r", *_PIECES)))


def _is_struck(run: Node) -> bool:
    return value(child(run, "rPr"), "strike") in _STRIKES


def _piece(node: Node) -> str:
    match local(node):
        case "r":
            raised = RAISED * (whole(value(child(node, "rPr"), "baseline")) > 0)
            return "" if _is_struck(node) else raised + "".join(map(_piece, inner(node, *_PIECES)))
        case "oMath":
            return linear(node)
        case "fld":
            return "" if value(node, "type") == "slidenum" else "".join(map(_piece, inner(node, "t")))
        case tag:
            return {"br": "\n", "tab": "\t"}.get(tag, node.text or "")


def _chart(part: str, package: Package) -> Iterator[Element]:
    root = package.root(part, "chart")
    if root is None:
        return
    title = one_line(paragraphs_of(found)) if (found := child(root, "chart", "title")) is not None else ""
    tables = list(_tables(root))
    for cells in tables:
        yield Element(kind="table", text=title, cells=cells)
    if not tables:
        package.ledger.note("chart", "it keeps no values of its own")
        words = [one_line(paragraphs_of(one)) for one in inner(root, "title")]
        yield from (Element(kind="text", text=text) for text in ("\n".join(filter(None, words)),) if text)


def _tables(root: Node) -> Iterator[tuple[tuple[str, ...], ...]]:
    """Series over the same categories make one table, each other series one of its own."""
    together: list[tuple[Column, list[Column]]] = []
    for over, column in (*_series(root), *_extended(root)):
        same = next((columns for known, columns in together if known[1] == over[1]), None)
        if same is None:
            together.append((over, [column]))
        else:
            same.append(column)
    for over, columns in together:
        places = sorted({place for _, points in (over, *columns) for place in points})[:_MOST_POINTS]
        head = [name for name, _ in (over, *columns)]
        rows = [[points.get(place, "") for _, points in (over, *columns)] for place in places]
        if rows and any(any(row[1:]) for row in rows):
            yield clean_rows([head, *rows])


def _series(root: Node) -> Iterator[tuple[Column, Column]]:
    axes = [one_line(paragraphs_of(title)) for axis in inner(root, "catAx", "dateAx") for title in inner(axis, "title")]
    for number, one in enumerate(inner(root, "ser"), start=1):
        name = " ".join(_points(child(one, "tx")).values()) or f"Series {number}"
        over = _points(child(one, "cat") if child(one, "cat") is not None else child(one, "xVal"))
        values = _points(child(one, "val") if child(one, "val") is not None else child(one, "yVal"))
        yield (next(iter(axes), ""), over), (one_line(name), values)


def _points(node: Node | None) -> dict[int, str]:
    """Return the cached points by place; several levels of categories are joined, the outer one first."""
    if node is None:
        return {}
    levels = list(inner(node, "lvl")) or [node]
    found: dict[int, str] = {}
    for level in levels:
        code = next((one.text or "" for one in inner(level, "formatCode")), "General")
        points = {whole(value(one, "idx")): _point(one, code) for one in inner(level, "pt")}
        plain = next((one.text or "" for one in level if local(one) == "v"), "")
        found = _joined(found, points) if points else found or ({0: plain} if plain else {})
    return found


def _joined(lower: dict[int, str], upper: dict[int, str]) -> dict[int, str]:
    """Put each outer category before those that follow it until the next one."""
    if not lower:
        return upper
    last, told = "", dict[int, str]()
    for place in sorted(lower):
        last = upper.get(place, last)
        told[place] = f"{last} / {lower[place]}" if last else lower[place]
    return told


def _point(node: Node, code: str) -> str:
    text = next((one.text or "" for one in node if local(one) == "v"), "")
    try:
        return formatted(float(text), value(node, "formatCode") or code)
    except ValueError:
        return one_line(text)


def _extended(root: Node) -> Iterator[tuple[Column, Column]]:
    """Charts of the newer kind (waterfall, treemap, funnel): dimensions of words and of numbers."""
    names = [
        one_line(" ".join(t.text or "" for t in inner(tx, "v")))
        for one in inner(root, "series")
        for tx in inner(one, "tx")
    ]
    for number, data in enumerate(inner(root, "data")):
        words = [_level(one) for one in inner(data, "strDim")]
        for counts in inner(data, "numDim"):
            name = names[number] if number < len(names) else ""
            yield ("", words[0] if words else {}), (name or f"Series {number + 1}", _level(counts))


def _level(node: Node) -> dict[int, str]:
    return {whole(value(one, "idx")): one_line(one.text or "") for one in inner(node, "pt")}


def _tree(root: Node) -> Iterator[str]:
    """Write the nodes of a diagram in their order, each under the names of those above it."""
    texts = {value(one, "modelId") or "": _label(one) for one in inner(root, "pt")}
    below: dict[str, list[tuple[int, str]]] = {}
    for link in inner(root, "cxn"):
        if value(link, "type") in (None, "parOf"):
            place = whole(value(link, "srcOrd"))
            below.setdefault(value(link, "srcId") or "", []).append((place, value(link, "destId") or ""))
    under = {low for links in below.values() for _, low in links}
    told: set[str] = set()
    for top in (*(one for one in texts if one not in under), *texts):
        yield from _branch(top, (), texts, below, told)


def _branch(
    node: str, above: Sequence[str], texts: dict[str, str], below: dict[str, list[tuple[int, str]]], told: set[str]
) -> Iterator[str]:
    if node in told or len(told) > _MOST_NODES or len(above) > 50:
        return
    told.add(node)
    text = texts.get(node, "")
    if text:
        yield "- " + " > ".join((*above, text))
    for _, low in sorted(below.get(node, [])):
        yield from _branch(low, (*above, text) if text else above, texts, below, told)


def _label(node: Node) -> str:
    return one_line(paragraphs_of(node).replace("\n", ", ")) if child(node, "t") is not None else ""
