"""Books (epub): the chapters in their reading order, with title, authors and pictures."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from groundsight.errors import ParseFailed
from groundsight.ingestion import Element, Parsed
from groundsight.ingestion.readers.clean import Outline, one_line
from groundsight.ingestion.readers.ledger import Ledger
from groundsight.ingestion.readers.office.embedded import PictureBox
from groundsight.ingestion.readers.properties import property_elements
from groundsight.ingestion.readers.text.html_file import iso_day, markup_text, read_page
from groundsight.ingestion.readers.text.markup import Node, parsed_xml, tag_of
from groundsight.ingestion.sniff import EPUB
from groundsight.limits import Limits

# The list of contents of old books.
_SHEET = re.compile(r"<link\b[^>]*\bhref=[\"']([^\"'<>]+\.css)[\"'][^>]*>", re.I)
_NO_PAGES, _PAGES = ("application/x-dtbncx+xml",), ("application/xhtml+xml", "text/html")


def read_epub(path: Path, scratch: Path, limits: Limits) -> Parsed:
    """Read a book chapter by chapter; a chapter that can't be read is left out and said.

    Raises:
        ParseFailed: the book does not say what its chapters are.
    """
    with zipfile.ZipFile(path) as archive:
        return _Book(archive, scratch).read()


class _Book:
    """One book: its package file tells the chapters."""

    def __init__(self, archive: zipfile.ZipFile, scratch: Path) -> None:
        self._archive, self._ledger = archive, Ledger()
        self._pictures = PictureBox(scratch, self._ledger)

    def read(self) -> Parsed:
        """Read all of it."""
        try:
            place = next(
                node.get("full-path")
                for node in parsed_xml(self._archive.read("META-INF/container.xml"), self._ledger).iter()
                if tag_of(node) == "rootfile"
            )
            package = parsed_xml(self._archive.read(place), self._ledger)
            chapters = self._chapters(package, posixpath.dirname(place))
        except (KeyError, StopIteration, SyntaxError, TypeError) as error:
            raise ParseFailed("malformed: a book without a list of its chapters") from error
        told = [(tag_of(node), one_line(node.text or "")) for node in package.iter()]
        names = [text for tag, text in told if tag == "creator" and text]
        elements = [Element(kind="text", text=f"Author: {', '.join(names)}")] if names else []
        outline = Outline()
        for chapter in chapters:
            elements += self._chapter(chapter, outline)
        elements += property_elements(told)
        return Parsed(
            media_type=EPUB,
            title=next((text for tag, text in told if tag == "title" and text), ""),
            created=next((day for tag, text in told if tag == "date" and (day := iso_day(text))), None),
            elements=tuple(elements),
            left_out=self._ledger.left_out,
        )

    def _chapters(self, package: Node, folder: str) -> list[str]:
        """Return the files of the spine; what is no page (the list of contents of old books) is skipped."""
        files = {node.get("id"): node for node in package.iter() if tag_of(node) == "item"}
        spine = [files.get(node.get("idref")) for node in package.iter() if tag_of(node) == "itemref"]
        listed = [node for node in spine if node is not None and node.get("href")]
        self._ledger.note("chapter", "it is not in the file", len(spine) - len(listed))
        pages = [node for node in listed if node.get("media-type") not in _NO_PAGES]
        shown = [node for node in pages if "nav" not in (node.get("properties") or "").split()]
        beside = [node for node in files.values() if node.get("media-type") in _PAGES and node not in shown]
        contents = [node for node in beside if "nav" in (node.get("properties") or "").split()]
        self._ledger.note("list of contents", "it repeats the heads of the chapters", len(contents))
        self._ledger.note("page", "no chapter of the book", len(beside) - len(contents))
        return [posixpath.normpath(posixpath.join(folder, unquote(node.get("href")))) for node in shown]

    def _sheet(self, name: str) -> Callable[[re.Match[str]], str]:
        """Return what puts a style sheet of the book where a chapter names it: it may hide or strike out."""

        def written(link: re.Match[str]) -> str:
            at = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(link[1])))
            try:
                return f"<style>{self._archive.read(at).decode('utf-8', 'replace')}</style>"
            except KeyError:
                return link[0]

        return written

    def _chapter(self, name: str, outline: Outline) -> list[Element]:
        def picture(address: str) -> str | None:
            at = posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(address)))
            try:
                return self._pictures.keep(self._archive.read(at))
            except KeyError:
                return None

        try:
            text, _ = markup_text(self._archive.read(name))
        except (KeyError, zipfile.BadZipFile):
            self._ledger.note("chapter", "it is not in the file")
            return []
        page = read_page(_SHEET.sub(self._sheet(name), text), picture, outline=outline)
        self._ledger.add(page.left_out)
        self._ledger.note("chapter", "it holds no text", int(not page.elements and not page.left_out))
        return list(page.elements)
