"""What in a mail is older than the mail: quoted lines, quoted blocks, and all below the head of an older message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from groundsight.ingestion import Element

_QUOTE = re.compile(r"^(?:\s*>)+[ \t]?")
# "On 3 March Karl Wendt wrote:", which mail programs break into at most three lines, in whatever language.
_INTRO_LINES = 3
# What is longer introduces nothing; a pattern of the library takes the square of a line's length.
_LINE_CHARS = 500


def newest_first(elements: Sequence[Element]) -> tuple[Element, ...]:
    """Mark what is quoted and put it behind what the mail itself says, each in its order."""
    parted = _below_older_head(list(_without_intros([*_without_quote_signs(elements)])))
    return tuple(sorted(parted, key=lambda element: element.mark == "quoted"))


def _without_quote_signs(elements: Sequence[Element]) -> Iterator[Element]:
    """Cut text at the borders of lines that begin with ``>``, and drop these signs."""
    for element in elements:
        if element.kind != "text" or element.mark or ">" not in element.text:
            yield element
            continue
        runs: list[tuple[bool, list[str]]] = []
        for line in element.text.split("\n"):
            quoted = bool(_QUOTE.match(line))
            if not runs or runs[-1][0] != quoted:
                runs.append((quoted, []))
            runs[-1][1].append(_QUOTE.sub("", line))
        for quoted, lines in runs:
            if any(line.strip() for line in lines):
                yield element.model_copy(update={"text": "\n".join(lines), "mark": "quoted" if quoted else ""})


def _without_intros(elements: list[Element]) -> Iterator[Element]:
    """A short paragraph that ends with a colon right before quoted text introduces it, so it belongs to it."""
    for number, element in enumerate(elements):
        after = elements[number + 1] if number + 1 < len(elements) else None
        if not element.mark and element.kind == "text" and after and after.mark and element.text.endswith(":"):
            yield from _with_intro(element)
        else:
            yield element


def _with_intro(element: Element) -> Iterator[Element]:
    """Part the last lines from what stands above them in the same paragraph."""
    lines = element.text.split("\n")
    start = next((n for n, line in enumerate(lines) if re.search(r"\d", line) and len(lines) - n <= _INTRO_LINES), None)
    start = len(lines) - 1 if start is None else start
    if lines[:start]:
        yield element.model_copy(update={"text": "\n".join(lines[:start])})
    yield element.model_copy(update={"text": "\n".join(lines[start:]), "mark": "quoted"})


def _below_older_head(elements: list[Element]) -> list[Element]:
    """Mark all that stands below the head of an older message ("From: ... Sent: ..."), as Outlook writes it."""
    import quotequail  # pyright: ignore[reportMissingTypeStubs]

    new = [number for number, element in enumerate(elements) if not element.mark]
    lines: list[str] = []
    starts: list[tuple[int, int]] = []
    for number in new:
        shown = elements[number].text.split("\n") if elements[number].kind in ("text", "heading") else ["."]
        lines += [*(line[:_LINE_CHARS] for line in shown), ""]
        starts += [*((number, place) for place in range(len(shown))), (number, len(shown))]
    found = quotequail.unwrap("\n".join(lines))
    top = (found or {}).get("text_top", "")
    if not found or found["type"] == "quote" or not top:
        return elements
    border = top.count("\n") + 1
    while border < len(lines) and not lines[border].strip():
        border += 1
    return _cut(elements, *starts[border]) if border < len(lines) else elements


def _cut(elements: list[Element], number: int, line: int) -> list[Element]:
    """Mark everything from this line of this element on."""
    kept, cut = elements[:number], elements[number]
    if line:
        shown = cut.text.split("\n")
        kept.append(cut.model_copy(update={"text": "\n".join(shown[:line])}))
        cut = cut.model_copy(update={"text": "\n".join(shown[line:])})
    return [
        *kept,
        *(each.model_copy(update={"mark": each.mark or "quoted"}) for each in (cut, *elements[number + 1 :])),
    ]
