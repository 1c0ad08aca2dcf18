"""The style sheet of a page as a browser reads it: which declarations hold for a node, in what order, of which colour.

Remarks, escapes, variables and ``!important`` count; what another file, a phone or a printer would do does not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

Rgb: TypeAlias = tuple[int, ...]
Told: TypeAlias = dict[str, str]

# A remark that is never closed reaches to the end.
_REMARK = re.compile(r"/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)")
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.I)
_RULE = re.compile(r"([^{};]{1,300})\{([^{}]{0,2000})\}")
_MEDIA = re.compile(r"@media([^{]{0,200})\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}")
_WIDTH = re.compile(r"(min-width:|max-width:|width\s*[<>]=?)\s*(\d+)")
# No common screen is narrower, and few windows are wider.
_WINDOW = 1280
_DECLARED = re.compile(r"([\w-]+)\s*:\s*([^;]+)")
_NAME = re.compile(r"[.#]?[\w-]+|\*|\[[\w-]+(?:=[^\]]*)?\]")
_USED = re.compile(r"var\((--[\w-]+)(?:,([^()]*(?:\([^()]*\))?[^()]*))?\)")
_ROUNDS, _LONGEST = 5, 2_000
_FIRST = "!important"
# What stands for a declaration in older pages and in drawings.
_ATTRIBUTES = {
    "bgcolor": "background-color", "fill": "color", "opacity": "opacity", "fill-opacity": "fill-opacity",
    "visibility": "visibility", "display": "display",
}  # fmt: skip
_OF_TAG = {"font": {"color": "color"}, "body": {"text": "color"}}
# In pixels only where a drawing has no measure of its own.
_IN_PIXELS = {"x": "margin", "y": "margin-top", "font-size": "font-size", "transform": "transform"}

_COLOUR = re.compile(r"#?[\w-]+(?:\([^)]*\))?")
_NAMED = {"canvas": "white", "window": "white", "field": "white", "canvastext": "black", "initial": "black"}
# Of a tenth of its ink nothing is left to read.
FAINTEST = 0.1


class StyleSheet:
    """The rules of a page's own style sheets; those with other signs than names, attributes and steps are left out."""

    def __init__(self, text: str) -> None:
        self._rules: dict[str, list[tuple[int, list[set[str]], Told]]] = defaultdict(list)
        for at, (selectors, declared) in enumerate(_RULE.findall(_MEDIA.sub(_on_screen, _plain(text)))):
            for selector in selectors.replace(">", " ").replace('"', "").replace("'", "").split(","):
                steps = [set(_NAME.findall(step)) for step in selector.replace(":root", "html").split()]
                if steps and all(steps) and not set(selector.replace(":root", "")) & set(":+~@"):
                    self._rules[max(steps[-1])].append((at, steps, _declared(declared)))

    def style(self, node: Any) -> Told:
        """Return the declarations that hold for a node: of its attributes, of the sheet in its order, then its own."""
        told, found = [_by_attributes(node)], dict[int, Told]()
        for name in _names(node) if self._rules else ():
            found.update((at, each) for at, steps, each in self._rules.get(name, ()) if _fits(node, steps))
        told += [*(found[at] for at in sorted(found)), _declared(_plain(node.get("style") or ""))]
        held = {name: value for each in told for name, value in each.items()}
        held |= {name: value for each in told for name, value in each.items() if value.endswith(_FIRST)}
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


def rgb(colour: str) -> Rgb | None:
    """Return red, green and blue; nothing for what is clear, None for what is not known."""
    from PIL import ImageColor

    found = _COLOUR.match(colour)
    told = (
        re.sub(r"[\s,/]+", ",", found[0].replace("deg", ""))
        if found and "url(" not in colour and "gradient" not in colour
        else ""
    )
    if told in ("transparent", "none"):
        return ()
    function, _, inside = told.rstrip(")").partition("(")
    parts = inside.split(",")
    if function == "color":
        function, parts = "rgb", [_percent(each) for each in parts[1:]]
    if len(parts) == 4:
        if _share(parts.pop()) < FAINTEST:
            return ()
        function = function.removesuffix("a")
    if function.removeprefix("ok") in ("hwb", "lab", "lch"):
        return _grey(function, parts)
    try:
        red, green, blue, *ink = ImageColor.getrgb(
            f"{function}({','.join(parts)})" if inside else _NAMED.get(told, told)
        )
    except ValueError:
        return None
    return () if ink and ink[0] < 255 * FAINTEST else (red, green, blue)


def _grey(function: str, parts: list[str]) -> Rgb | None:
    """Return the grey that a function of lightness tells; what has a hue is not known."""
    if len(parts) != 3:
        return None
    first, second, third = (_share(each) for each in parts)
    if function == "hwb":
        light = second / (second + third) if second + third >= 1 else None
    else:
        light = first if function.startswith("ok") or parts[0].endswith("%") else first / 100
        light = min(light, 1.0) if light >= 1 or (second == 0 and (third == 0 or function.endswith("lch"))) else None
    return None if light is None else (round(light * 255),) * 3


def _share(text: str) -> float:
    """Return a number, or a percentage as a share; what is no number counts as full."""
    found = re.match(r"-?\d*\.?\d+(?:e-?\d+)?", text)
    return float(found[0]) * (0.01 if text.endswith("%") else 1) if found else 1.0


def _percent(text: str) -> str:
    return text if text.endswith("%") else f"{100 * _share(text):g}%"


def _plain(text: str) -> str:
    """Return declarations in small letters, without remarks and escapes."""
    text = _REMARK.sub(" ", text) if "/*" in text else text
    return (_ESCAPE.sub(_unescaped, text) if "\\" in text else text).lower()


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    # A tree takes no control characters and no surrogates.
    return (chr(code) if 31 < code < 0xD800 else " ") if found[1] else found[2]


def _on_screen(media: re.Match[str]) -> str:
    """Return the rules of a block that count in a window of a usual width and by day."""
    width = all((int(size) <= _WINDOW) == ("min" in end or ">" in end) for end, size in _WIDTH.findall(media[1]))
    return media[2] if width and not re.search(r"\bprint\b|\bdark\b|\bnot\b", media[1]) else " "


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


def _fits(node: Any, steps: list[set[str]]) -> bool:
    """True where a node has all names of the last step, and nodes around it those of the steps before."""
    around = (_names(one) for one in node.iterancestors())
    return steps[-1] <= _names(node) and all(any(step <= names for names in around) for step in steps[-2::-1])


def _names(node: Any) -> set[str]:
    classes = (f".{name}" for name in (node.get("class") or "").lower().split())
    other: Iterable[tuple[str, str]] = node.attrib.items()
    named = (each for name, value in other for each in (f"[{name}]", f"[{name}={value.lower()}]"))
    return {"*", str(node.tag), f"#{(node.get('id') or '').lower()}", *classes, *named}
