"""The style sheet of a page as a browser reads it: which declarations hold for a node, and in what order.

Remarks, escapes, variables, nested rules and ``!important`` count; what another file, a phone or a printer would do
does not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from groundsight.ingestion.readers.text.styles.selectors import Compound, Nodes, selects, split_outside, steps_of, tight

Told: TypeAlias = dict[str, str]

# A remark that is never closed reaches to the end.
_REMARK = re.compile(r"/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)")
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.I)
_QUOTED, _MARK = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'"), re.compile(r"[{};]")
_WIDTH = re.compile(r"(min-width:|max-width:|width\s*[<>]=?)\s*(\d+)")
# No common screen is narrower, and few windows are wider.
_WINDOW = 1280
_DECLARED = re.compile(r"([\w-]+)\s*:\s*([^;]+)")
# Blocks whose rules hold as they stand; others, such as the steps of an animation, hold no rules of nodes.
_KEPT = ("@layer", "@container", "@scope", "@supports")
# How an animation ends is how it stays, where it says so.
_FRAMES = re.compile(r"@(?:-webkit-)?keyframes\s+([\w-]+)\s*\{((?:[^{}]*\{[^{}]*\})*)")
_LAST, _STAYS = re.compile(r"(?:\bto|100%)[^{}]*\{([^{}]*)\}"), re.compile(r"\b(?:forwards|both|infinite)\b")
_SCOPE = re.compile(r"@scope\s*\(([^()]+)\)")
_NO_RULE, _DEEPEST = ("", "@"), 20
_USED = re.compile(r"var\((--[\w-]+)(?:,([^()]*(?:\([^()]*\))?[^()]*))?\)")
_ROUNDS, _LONGEST = 5, 2_000
_FIRST = "!important"
# What stands for a declaration in older pages and in drawings.
_ATTRIBUTES = {
    "bgcolor": "background-color", "fill": "color", "opacity": "opacity", "fill-opacity": "fill-opacity",
    "visibility": "visibility", "display": "display", "stroke": "stroke",
}  # fmt: skip
_OF_TAG = {"font": {"color": "color"}, "body": {"text": "color"}}
# In pixels only where a drawing has no measure of its own.
_IN_PIXELS = {"x": "margin", "y": "margin-top", "font-size": "font-size", "transform": "transform"}


class StyleSheet:
    """The rules of a page's own style sheets; those that ask for what is not known here are left out."""

    def __init__(self, text: str) -> None:
        self._rules: dict[str, list[tuple[int, list[Compound], Told]]] = defaultdict(list)
        self._page, plain = Nodes(), _QUOTED.sub(_unmarked, _plain(text))
        self._ends = {name: _declared(told) for name, steps in _FRAMES.findall(plain) for told in _LAST.findall(steps)}
        for at, (selectors, declared) in enumerate(rules_of(plain)):
            for _, selector in split_outside(tight(selectors), ","):
                if steps := steps_of(selector):
                    self._rules[max(steps[-1].names)].append((at, steps, _declared(declared)))

    def style(self, node: Any) -> Told:
        """Return the declarations that hold for a node: of its attributes, of the sheet in its order, then its own."""
        told, found = [_by_attributes(node)], dict[int, Told]()
        for name in self._page.names(node) if self._rules else ():
            found.update(
                (at, each) for at, steps, each in self._rules.get(name, ()) if selects(node, steps, self._page)
            )
        told += [*(found[at] for at in sorted(found)), _declared(_plain(node.get("style") or ""))]
        held = {name: value for each in told for name, value in each.items()}
        held |= {name: value for each in told for name, value in each.items() if value.endswith(_FIRST)}
        moved = " ".join(value for name, value in held.items() if name.startswith("animation"))
        for name in (_STAYS.search(moved) and moved.split()) or ():
            held |= self._ends.get(name, {})
        return {name: value.removesuffix(_FIRST).strip() for name, value in held.items()}


def resolved(style: Told, variables: Mapping[str, str], unset: str = "") -> Told:
    """Put the values of variables in their places; for one that nobody has set its stead, or ``unset``."""
    for _ in range(_ROUNDS):
        used = {name: value for name, value in style.items() if "var(" in value and len(value) < _LONGEST}
        if not used:
            break
        filled = {each: _USED.sub(lambda at: variables.get(at[1], at[2] or unset), told) for each, told in used.items()}
        style = {**style, **filled}
    return style


def rules_of(text: str) -> Iterator[tuple[str, str]]:
    """Yield the selectors that hold with their declarations, in order; of nested ones with what is around them."""
    around, told, start = [""], list[str](), 0
    for mark in (*_MARK.finditer(text), None):
        said, start = text[start : mark.start() if mark else len(text)].strip(), mark.end() if mark else 0
        opens = mark is not None and mark[0] == "{"
        told += [said] if said and not opens else []
        if (mark is None or mark[0] != ";") and around[-1] not in _NO_RULE and told:
            yield around[-1], ";".join(told)
        told = told if mark and mark[0] == ";" else []
        if opens:
            around.append(_within(around[-1], said) if len(around) < _DEEPEST else "@")
        elif mark and mark[0] == "}":
            around = around[:-1] or [""]


def _within(around: str, said: str) -> str:
    """Return the selectors of a block that opens within another one, "@" where nothing in it is a rule that holds."""
    if said.startswith("@media"):
        return around if _is_on_screen(said) else "@"
    if (scope := _SCOPE.match(said)) and around in _NO_RULE:
        return around or scope[1]
    if said.startswith("@"):
        return around if said.startswith(_KEPT) and not re.match(r"@supports\s+not\b", said) else "@"
    if around in _NO_RULE:
        return around or said
    listed = (each.strip() for _, each in split_outside(said, ","))
    nested = ",".join((each if "&" in each else f"& {each}").replace("&", f":is({around})") for each in listed)
    return nested if len(nested) < _LONGEST else "@"


def _is_on_screen(media: str) -> bool:
    """Tell whether a block counts in a window of a usual width and by day."""
    width = all((int(size) <= _WINDOW) == ("min" in end or ">" in end) for end, size in _WIDTH.findall(media))
    return width and not re.search(r"\bprint\b|\bdark\b|\bnot\b", media)


def _unmarked(quoted: re.Match[str]) -> str:
    return _MARK.sub(" ", quoted[0])


def _plain(text: str) -> str:
    """Return declarations in small letters, without remarks and escapes."""
    return without_escapes(_REMARK.sub(" ", text) if "/*" in text else text).lower()


def without_escapes(text: str) -> str:
    """Return a text of a style sheet with its escapes as what they stand for."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    # A tree takes no control characters and no surrogates.
    return (chr(code) if 31 < code < 0xD800 else " ") if found[1] else found[2]


def _by_attributes(node: Any) -> Told:
    if not node.attrib:
        return {}
    known = {**_ATTRIBUTES, **_OF_TAG.get(str(node.tag), {})}
    if node.tag in ("text", "tspan", "g") and not any("viewbox" in one.attrib for one in node.iterancestors("svg")):
        known |= _IN_PIXELS
    return {known[name]: _tidy(value.lower()) for name, value in node.attrib.items() if name in known and value}


def _declared(text: str) -> Told:
    return {name: _tidy(value) for name, value in _DECLARED.findall(text)}


def _tidy(value: str) -> str:
    return re.sub(r"\s*([,(/])\s*", r"\1", value.strip())
