"""The style sheet of a page as a browser reads it: which declarations hold for a node, in what order, of which colour.

Remarks, escapes, variables and ``!important`` count; what another file, a phone or a printer would do does not.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

Rgb: TypeAlias = tuple[int, ...]
Told: TypeAlias = dict[str, str]

# A remark that is never closed reaches to the end.
_REMARK = re.compile(r"/\*[^*]*(?:\*(?!/)[^*]*)*(?:\*/|\Z)")
_ESCAPE = re.compile(r"\\(?:([0-9a-f]{1,6})\s?|(.))", re.I)
RULE = re.compile(r"([^{};]{1,300})\{([^{}]{0,2000})\}")
MEDIA = re.compile(r"@media([^{]{0,200})\{((?:[^{}]*\{[^{}]*\})*)[^{}]*\}")
_WIDTH = re.compile(r"(min-width:|max-width:|width\s*[<>]=?)\s*(\d+)")
# No common screen is narrower, and few windows are wider.
_WINDOW = 1280
_DECLARED = re.compile(r"([\w-]+)\s*:\s*([^;]+)")
_PART = re.compile(
    r"(?P<name>[.#]?[\w-]+|\*|\[[\w-]+(?:=[^\]]*)?\])|\[(?P<key>[\w-]+)(?P<sign>[~|^$*])=(?P<value>[^\]]*)\]"
    r"|:(?P<asked>[\w-]+)(?:\((?P<inside>(?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\))?"
)
_VALUED: dict[str, Callable[[str, str], bool]] = {
    "^": str.startswith, "$": str.endswith, "*": str.__contains__, "~": lambda all_of, one: one in all_of.split(),
    "|": lambda whole, begin: f"{whole}-".startswith(f"{begin}-"),
}  # fmt: skip
_NTH = re.compile(r"(?:([+-]?\d*)n)?([+-]?\d+)?")
_EVERY = {"odd": "2n+1", "even": "2n"}
_PLACED = {"nth-child": 0, "nth-last-child": 1, "nth-of-type": 2, "nth-last-of-type": 3}
_AT_END = {
    "first-child": (0,), "last-child": (1,), "only-child": (0, 1),
    "first-of-type": (2,), "last-of-type": (3,), "only-of-type": (2, 3),
}  # fmt: skip
# What is so of nothing while nobody touches the page.
_TOUCHED = ("hover", "focus", "focus-within", "focus-visible", "active", "target", "checked", "visited")
# So many siblings, and so many nodes around that may begin a selector, are looked at.
_NEAR, _TRIED = 200, 8
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


class _Page:
    """What nodes are called, and their numbers among siblings from both ends, then among those of their tag."""

    def __init__(self) -> None:
        self._names: dict[Any, set[str]] = {}
        self._places: dict[Any, tuple[int, int, int, int]] = {}

    def names(self, node: Any) -> set[str]:
        if node not in self._names:
            self._names[node] = _names(node)
        return self._names[node]

    def place(self, node: Any) -> tuple[int, int, int, int]:
        if node not in self._places:
            parent = node.getparent()
            around = [node] if parent is None else [one for one in parent if isinstance(one.tag, str)]
            left, seen = Counter(one.tag for one in around), Counter[str]()
            for at, one in enumerate(around):
                seen[one.tag] += 1
                self._places[one] = (at + 1, len(around) - at, seen[one.tag], left[one.tag] - seen[one.tag] + 1)
        return self._places[node]


Test: TypeAlias = Callable[[Any, _Page], bool]


class _Step(NamedTuple):
    """One node of a selector: how it lies to the one before, its names, and what else is asked of it."""

    sign: str
    names: set[str]
    tests: list[Test]

    def meets(self, node: Any, page: _Page) -> bool:
        return self.names <= page.names(node) and all(test(node, page) for test in self.tests)


class StyleSheet:
    """The rules of a page's own style sheets; those that ask for what is not known here are left out."""

    def __init__(self, text: str) -> None:
        self._rules: dict[str, list[tuple[int, list[_Step], Told]]] = defaultdict(list)
        self._page = _Page()
        for at, (selectors, declared) in enumerate(RULE.findall(MEDIA.sub(on_screen, _plain(text)))):
            for _, selector in _split(_tight(selectors), ","):
                if steps := _steps(selector):
                    self._rules[max(steps[-1].names)].append((at, steps, _declared(declared)))

    def style(self, node: Any) -> Told:
        """Return the declarations that hold for a node: of its attributes, of the sheet in its order, then its own."""
        told, found = [_by_attributes(node)], dict[int, Told]()
        for name in self._page.names(node) if self._rules else ():
            found.update((at, each) for at, steps, each in self._rules.get(name, ()) if _fits(node, steps, self._page))
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

    known = None if "url(" in colour or "gradient" in colour else _COLOUR.match(colour)
    told = re.sub(r"[\s,/]+", ",", known[0].replace("deg", "")) if known else ""
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
    return without_escapes(_REMARK.sub(" ", text) if "/*" in text else text).lower()


def without_escapes(text: str) -> str:
    """Return a text of a style sheet with its escapes as what they stand for."""
    return _ESCAPE.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    # A tree takes no control characters and no surrogates.
    return (chr(code) if 31 < code < 0xD800 else " ") if found[1] else found[2]


def on_screen(media: re.Match[str]) -> str:
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


def _tight(selectors: str) -> str:
    bare = selectors.replace(":root", "html").replace('"', "").replace("'", "")
    return re.sub(r"\s*([>+~,])\s*", r"\1", " ".join(bare.split()))


def _split(text: str, signs: str) -> Iterator[tuple[str, str]]:
    """Yield what stands between signs that are in no brackets, each with the sign before it."""
    depth, start, before = 0, 0, signs[0]
    for at, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign in signs and depth == 0:
            yield before, text[start:at]
            start, before = at + 1, sign
    yield before, text[start:]


def _steps(selector: str) -> list[_Step]:
    """Return the steps of a selector; none where one of them asks for something that is not known here."""
    steps = [_step(sign, text) for sign, text in _split(selector, " >+~")]
    return [] if None in steps else [step for step in steps if step]


def _step(sign: str, text: str) -> _Step | None:
    parts = list(_PART.finditer(text))
    names = {part["name"] for part in parts if part["name"]}
    tests = [_test(part) for part in parts if not part["name"]]
    known = [test for test in tests if test]
    whole = text and "".join(part[0] for part in parts) == text and known == tests
    return _Step(sign, names or {"*"}, known) if whole else None


def _test(part: re.Match[str]) -> Test | None:
    """Return what is asked of a node beside its names, None where that is not known."""
    asked, inside = part["asked"], part["inside"] or ""
    if part["key"]:
        valued, value = _VALUED[part["sign"]], part["value"]
        return lambda node, _: value != "" and valued((node.get(part["key"]) or "").lower(), value)
    if asked in ("is", "where", "not", "matches"):
        listed = [_steps(one) for _, one in _split(inside, ",")]
        wanted = asked != "not"
        return (lambda node, page: wanted == any(_fits(node, steps, page) for steps in listed)) if all(listed) else None
    if asked in _PLACED and (counted := _NTH.fullmatch(_EVERY.get(inside, inside.replace(" ", "")))):
        return lambda node, page: _is_nth(page.place(node)[_PLACED[asked]], *counted.groups())
    if asked in _AT_END:
        return lambda node, page: all(page.place(node)[end] == 1 for end in _AT_END[asked])
    return (lambda node, page: False) if asked in _TOUCHED else None


def _is_nth(place: int, every: str | None, first: str | None) -> bool:
    step = 0 if every is None else int(f"{every}1" if every in ("", "+", "-") else every)
    rest = place - int(first or 0)
    return rest == 0 if step == 0 else rest % step == 0 and rest // step >= 0


def _fits(node: Any, steps: list[_Step], page: _Page) -> bool:
    """True where a node meets the last step, and nodes that lie so to it the steps before."""
    *before, last = steps
    if not last.meets(node, page) or not before:
        return last.meets(node, page)
    found = (one for one in _towards(node, last.sign) if before[-1].meets(one, page))
    # Where all may lie anywhere around, none is found farther out that the nearest one lacks.
    tried = 1 if all(step.sign == " " for step in steps[1:]) else _TRIED
    return any(_fits(one, before, page) for one in islice(found, tried))


def _towards(node: Any, sign: str) -> Iterator[Any]:
    if sign == " ":
        return node.iterancestors()
    if sign == ">":
        return islice(node.iterancestors(), 1)
    siblings = (one for one in node.itersiblings(preceding=True) if isinstance(one.tag, str))
    return islice(siblings, 1 if sign == "+" else _NEAR)


def _names(node: Any) -> set[str]:
    classes = (f".{name}" for name in (node.get("class") or "").lower().split())
    other: Iterable[tuple[str, str]] = node.attrib.items()
    named = (each for name, value in other for each in (f"[{name}]", f"[{name}={value.lower()}]"))
    return {"*", str(node.tag), f"#{(node.get('id') or '').lower()}", *classes, *named}
