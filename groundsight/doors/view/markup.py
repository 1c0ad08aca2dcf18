"""Markup built from words: the one place where text is escaped, and the frame that every page stands in."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable

VOID = frozenset({"input", "img", "br", "meta", "link", "hr"})
PLACES = (("/", "Ask"), ("/search", "Search"), ("/picture", "Picture"), ("/library", "Library"))


class Markup(str):
    """Text that is markup already; everything else is escaped when it is put into an element."""

    __slots__ = ()


Piece = str | int | float | None | Iterable["Piece"]


def together(*pieces: Piece) -> Markup:
    """Return pieces one after another, escaped where they are no markup; None is nothing."""
    return Markup("".join(map(_safe, pieces)))


def el(name: str, /, *inside: Piece, **attributes: str | float | bool | None) -> Markup:
    """Return an element. ``class_`` is ``class``, ``aria_label`` is ``aria-label``; None and False leave one out."""
    head = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}>"
    return Markup(head if name in VOID else f"{head}{together(*inside)}</{name}>")


def png(data: bytes, alt: str, **attributes: str) -> Markup:
    """Return a picture that stands in the page itself, so that no second request can find it changed or gone."""
    return el("img", src=f"data:image/png;base64,{base64.b64encode(data).decode()}", alt=alt, **attributes)


def top(title: str, here: str) -> Markup:
    """Return the page up to where its own content begins: it can be sent before that is known."""
    places = [
        el("li", el("a", name, href=path, aria_current="page" if path == here else None)) for path, name in PLACES
    ]
    return together(
        Markup("<!doctype html>\n<html lang=en>"),
        el("head", _head(title)),
        Markup("<body>"),
        el("a", "Skip to the content", href="#content", class_="skip"),
        el("header", el("p", "Groundsight", class_="name"), el("nav", el("ul", places), aria_label="Pages")),
        Markup('<main id="content" tabindex="-1">'),
    )


def bottom() -> Markup:
    """Return the end of a page."""
    return Markup("</main></body></html>\n")


def page(title: str, here: str, *content: Piece) -> str:
    """Return a whole page."""
    return together(top(title, here), content, bottom())


def field(label: str, name: str, *, hint: str = "", **attributes: str | float | bool | None) -> Markup:
    """Return a labelled input; the hint is read out with it."""
    told = el("small", hint, id=f"{name}-hint") if hint else None
    described = f"{name}-hint" if hint else None
    put = el("input", id=name, name=name, aria_describedby=described, **attributes)
    return el("p", el("label", label, for_=name), put, told, class_="field")


def choice(label: str, name: str, options: Iterable[tuple[str, str]], chosen: str) -> Markup:
    """Return a labelled list to choose one from: value and word of each."""
    listed = [el("option", word, value=value, selected=value == chosen) for value, word in options]
    return el("p", el("label", label, for_=name), el("select", listed, id=name, name=name), class_="field")


def _head(title: str) -> Markup:
    return together(
        el("meta", charset="utf-8"),
        el("title", f"{title} - Groundsight"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("link", rel="stylesheet", href="/style.css"),
        el("link", rel="icon", href="data:,"),
        el("script", src="/page.js", defer=True),
    )


def _safe(piece: Piece) -> str:
    match piece:
        case None:
            return ""
        case Markup():
            return piece
        case str() | int() | float():
            return html.escape(str(piece))
        case _:
            return together(*piece)


def _attribute(key: str, value: str | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{html.escape(str(value))}"'
