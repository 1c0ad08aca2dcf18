"""Where each element lies in the document's outline: its heading, its heading path, its page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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


def located(elements: Iterable[Element], stack: list[tuple[int, str]]) -> Iterator[Located]:
    """Follow the headings; the reader's own section path wins over the one built from heading levels.

    ``stack`` holds the headings above, with their levels, and is kept up to date.
    """
    for element in elements:
        if element.kind == "heading" and element.text.strip():
            stack[:] = [entry for entry in stack if entry[0] < max(1, element.level)]
            stack.append((max(1, element.level), " ".join(element.text.split())[:_HEADING_CHARS]))
        section = element.section or " > ".join(title for _, title in stack) or None
        yield Located(element, element.page, _heading(stack, section), section)


def _heading(stack: Sequence[tuple[int, str]], section: str | None) -> str:
    """Return the last heading if the path ends with it, else the path's last name."""
    last = stack[-1][1] if stack else ""
    if last and section and section.endswith(last):
        return last
    return (section or "").rsplit(" > ", 1)[-1][:_HEADING_CHARS]
