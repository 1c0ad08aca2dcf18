"""Equations of Office as one line of text: ``(a + b)/c``, ``x^2``, ``√(y)``, ``∑_(i=1)^n``."""

from __future__ import annotations

from collections.abc import Callable

from groundsight.ingestion.readers.office.package import Node, child, local, value


def linear(node: Node) -> str:
    """Write an equation, or a part of one, on a line."""
    tag = local(node)
    if tag == "t":
        return node.text or ""
    if tag in _SHAPES:
        return _SHAPES[tag](node)
    return "".join(linear(one) for one in node if not local(one).endswith("Pr"))


def _part(node: Node, name: str, *, grouped: bool = True) -> str:
    found = child(node, name)
    text = linear(found).strip() if found is not None else ""
    return f"({text})" if grouped and len(text) > 1 and not text.isalnum() else text


def _fraction(node: Node) -> str:
    return f"{_part(node, 'num')}/{_part(node, 'den')}"


def _raised(node: Node) -> str:
    low, high = _part(node, "sub"), _part(node, "sup")
    return _part(node, "e") + (f"_{low}" if low else "") + (f"^{high}" if high else "")


def _root(node: Node) -> str:
    return f"√{_part(node, 'deg')}({_part(node, 'e', grouped=False)})"


def _sum(node: Node) -> str:
    sign = value(child(node, "naryPr", "chr")) or "∫"
    low, high = _part(node, "sub"), _part(node, "sup")
    return sign + (f"_{low}" if low else "") + (f"^{high}" if high else "") + " " + _part(node, "e", grouped=False)


def _fenced(node: Node) -> str:
    settings = child(node, "dPr")
    begin, end = value(child(settings, "begChr")), value(child(settings, "endChr"))
    inside = ", ".join(linear(one) for one in node if local(one) == "e")
    return f"{'(' if begin is None else begin}{inside}{')' if end is None else end}"


def _matrix(node: Node) -> str:
    rows = [[linear(cell) for cell in row if local(cell) == "e"] for row in node if local(row) == "mr"]
    return "[" + "; ".join(", ".join(row) for row in rows) + "]"


def _limit(node: Node) -> str:
    return f"{_part(node, 'e')}_{_part(node, 'lim')} "


def _function(node: Node) -> str:
    return f"{_part(node, 'fName', grouped=False)} {_part(node, 'e')}"


_SHAPES: dict[str, Callable[[Node], str]] = {
    "f": _fraction, "sSup": _raised, "sSub": _raised, "sSubSup": _raised, "rad": _root, "nary": _sum, "d": _fenced,
    "m": _matrix, "limLow": _limit, "limUpp": _limit, "func": _function,
}  # fmt: skip
