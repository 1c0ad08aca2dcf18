"""Where each element lies in the document's outline: its heading, its heading path, its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from groundsight.ingestion import Element

_HEADING_CHARS = 200


@dataclass(frozen=True)
class Located:
    """An element with its innermost heading and its path from the outermost one."""

    element: Element
    page: int | None
    heading: str
    section: str | None


def located(elements: Iterable[Element]) -> Iterator[Located]:
    """Follow the headings by level; a sheet or slide name stands before its headings."""
    stack: list[tuple[int, str]] = []
    sheet: str | None = None
    for element in elements:
        if element.section != sheet:
            sheet, stack = element.section, stack if _is_path(element.section, stack) else []
        if element.kind == "heading" and element.text.strip():
            title = " ".join(element.text.split())[:_HEADING_CHARS]
            stack = [(level, text) for level, text in stack if level < max(1, element.level)]
            stack.append((max(1, element.level), title))
        yield Located(element, element.page, _heading(stack, element.section), _path(stack, element.section))


def _is_path(section: str | None, stack: list[tuple[int, str]]) -> bool:
    """True if a section is made of headings that were seen, so that it opens nothing new."""
    return section is None or any(text in section for _, text in stack)


def _heading(stack: list[tuple[int, str]], section: str | None) -> str:
    return stack[-1][1] if stack else (section or "").rsplit(" > ", 1)[-1][:_HEADING_CHARS]


def _path(stack: list[tuple[int, str]], section: str | None) -> str | None:
    names = [text for _, text in stack]
    if section and not any(name in section for name in names):
        names.insert(0, section)
    return " > ".join(names) or section
