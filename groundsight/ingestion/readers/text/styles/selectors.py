"""The selectors of a style sheet: which nodes of a page they mean; one that asks for what is not known means none."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

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
# So many siblings, and so many nodes around that may begin a selector, are looked at; and so many for all ``:has``.
_NEAR, _TRIED, _LOOKS = 200, 8, 200_000


class Nodes:
    """What nodes are called, and their numbers among siblings from both ends, then among those of their tag."""

    def __init__(self) -> None:
        self._names: dict[Any, set[str]] = {}
        self._places: dict[Any, tuple[int, int, int, int]] = {}
        self._looks = _LOOKS

    def names(self, node: Any) -> set[str]:
        """Return the tag of a node, its id and classes, its attributes alone and with their values."""
        if node not in self._names:
            self._names[node] = _names(node)
        return self._names[node]

    def place(self, node: Any) -> tuple[int, int, int, int]:
        """Return the number of a node among its siblings from the first and the last, then among those of its tag."""
        if node not in self._places:
            parent = node.getparent()
            around = [node] if parent is None else [one for one in parent if isinstance(one.tag, str)]
            left, seen = Counter(one.tag for one in around), Counter[str]()
            for at, one in enumerate(around):
                seen[one.tag] += 1
                self._places[one] = (at + 1, len(around) - at, seen[one.tag], left[one.tag] - seen[one.tag] + 1)
        return self._places[node]

    def among(self, node: Any, listed: Sequence[list[Compound]], *, back: bool) -> int:
        """Return the number of a node among the siblings that a list of selectors means; 0 where it is none of them."""
        around = islice(node.itersiblings(preceding=back), self._looks)
        own, *others = (any(selects(one, steps, self) for steps in listed) for one in (node, *around))
        self._looks = max(0, self._looks - len(others))
        return sum(others) + 1 if own else 0

    def has(self, node: Any, steps: list[Compound]) -> bool:
        """True for a node that something below or after it lies to as the steps say; many looks make it False."""
        anchor: list[_Test] = [lambda one, _: one is node]
        anchored = [Compound(" ", {"*"}, anchor), *steps]
        after = (each for one in node.itersiblings() for each in one.iter())
        for one in islice(node.iterdescendants() if steps[0].sign in " >" else after, self._looks):
            self._looks -= 1
            if isinstance(one.tag, str) and selects(one, anchored, self):
                return True
        return False


_Test: TypeAlias = Callable[[Any, Nodes], bool]


class Compound(NamedTuple):
    """One node of a selector: how it lies to the one before, its names, and what else is asked of it."""

    sign: str
    names: set[str]
    tests: list[_Test]

    def meets(self, node: Any, page: Nodes) -> bool:
        """Tell whether a node is the one that is meant, wherever it lies."""
        return self.names <= page.names(node) and all(test(node, page) for test in self.tests)


def tight(selectors: str) -> str:
    """Return selectors without quotes, and without spaces that mean nothing."""
    bare = re.sub(r"\s+[is]\s*\]", "]", selectors.replace(":root", "html")).replace('"', "").replace("'", "")
    return re.sub(r"\s*([>+~,])\s*", r"\1", " ".join(bare.split()))


def split_outside(text: str, signs: str) -> Iterator[tuple[str, str]]:
    """Yield what stands between signs that are in no brackets, each with the sign before it."""
    depth, start, before = 0, 0, signs[0]
    for at, sign in enumerate(text):
        depth += (sign in "([") - (sign in ")]")
        if sign in signs and depth == 0:
            yield before, text[start:at]
            start, before = at + 1, sign
    yield before, text[start:]


def steps_of(selector: str) -> list[Compound]:
    """Return the steps of a selector; none where one of them asks for something that is not known here."""
    steps = [_step(sign, text) for sign, text in split_outside(selector, " >+~")]
    return [] if None in steps else [step for step in steps if step]


def selects(node: Any, steps: list[Compound], page: Nodes) -> bool:
    """True where a node meets the last step, and nodes that lie so to it the steps before."""
    *before, last = steps
    if not last.meets(node, page) or not before:
        return last.meets(node, page)
    found = (one for one in _towards(node, last.sign) if before[-1].meets(one, page))
    # Where all may lie anywhere around, none is found farther out that the nearest one lacks.
    tried = 1 if all(step.sign == " " for step in steps[1:]) else _TRIED
    return any(selects(one, before, page) for one in islice(found, tried))


def _step(sign: str, text: str) -> Compound | None:
    parts = list(_PART.finditer(text))
    names = {part["name"] for part in parts if part["name"]}
    tests = [_test(part) for part in parts if not part["name"]]
    known = [test for test in tests if test]
    whole = text and "".join(part[0] for part in parts) == text and known == tests
    return Compound(sign, names or {"*"}, known) if whole else None


def _test(part: re.Match[str]) -> _Test | None:
    """Return what is asked of a node beside its names, None where that is not known."""
    asked, inside = part["asked"], part["inside"] or ""
    if part["key"]:
        valued, value = _VALUED[part["sign"]], part["value"]
        return lambda node, _: value != "" and valued((node.get(part["key"]) or "").lower(), value)
    if asked in ("is", "where", "not", "matches"):
        listed = [steps_of(one) for _, one in split_outside(inside, ",")]
        wanted = asked != "not"
        return (
            (lambda node, page: wanted == any(selects(node, steps, page) for steps in listed)) if all(listed) else None
        )
    if asked == "has":
        below = [_relative(one.strip()) for _, one in split_outside(inside, ",")]
        return (lambda node, page: any(page.has(node, steps) for steps in below)) if all(below) else None
    if asked in ("lang", "dir"):
        ranges = [one.strip().split("-") for one in inside.split(",")]
        return lambda node, _: any(_answers_to(_inherited(node, asked), *one) for one in ranges)
    every, of, whose = inside.partition(" of ")
    if of and asked in ("nth-child", "nth-last-child") and (counted := _counted(every)):
        listed, back = [steps_of(one) for _, one in split_outside(whose, ",")], asked == "nth-child"
        return (lambda node, page: _is_nth(page.among(node, listed, back=back), *counted)) if all(listed) else None
    if asked in _PLACED and (counted := _counted(inside)):
        return lambda node, page: _is_nth(page.place(node)[_PLACED[asked]], *counted)
    if asked in _AT_END:
        return lambda node, page: all(page.place(node)[end] == 1 for end in _AT_END[asked])
    if asked == "empty":
        return lambda node, _: len(node) == 0 and not node.text
    if asked in ("link", "any-link"):
        return lambda node, _: node.tag == "a" and node.get("href") is not None
    if asked in ("defined", "read-only"):
        return lambda node, _: asked == "defined" or node.tag not in ("input", "textarea")
    return (lambda node, _: False) if asked in _TOUCHED else None


def _counted(inside: str) -> tuple[str | None, str | None] | None:
    found = _NTH.fullmatch(_EVERY.get(inside, inside.replace(" ", "")))
    return (found[1], found[2]) if found else None


def _inherited(node: Any, name: str) -> str:
    """Return the language or direction of a node: its own, or that of the nearest one around."""
    said = (str(one.get(name) or one.get(f"xml:{name}") or "") for one in (node, *node.iterancestors()))
    return next((one for one in said if one), "ltr" if name == "dir" else "").lower()


def _answers_to(tag: str, first: str, *rest: str) -> bool:
    """True for a language tag that a range of RFC 4647 takes in: ``de`` takes ``de-AT``, ``*-CH`` takes ``de-CH``."""
    own, *others = tag.split("-")
    left = iter(others)
    return bool(tag) and first in (own, "*") and all(one in left for one in rest)


def _relative(selector: str) -> list[Compound]:
    """Return the steps of a selector that begins with how its first node lies to another one."""
    sign = selector[:1] if selector[:1] in (">", "+", "~") else ""
    steps = steps_of(selector.removeprefix(sign))
    return [steps[0]._replace(sign=sign or " "), *steps[1:]] if steps else []


def _is_nth(place: int, every: str | None, first: str | None) -> bool:
    step = 0 if every is None else int(f"{every}1" if every in ("", "+", "-") else every)
    if not place:
        return False
    rest = place - int(first or 0)
    return rest == 0 if step == 0 else rest % step == 0 and rest // step >= 0


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
