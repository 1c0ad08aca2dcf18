"""The colours of a style sheet as red, green and blue, as far as that is needed to tell letters from their ground."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from groundsight.ingestion.readers.text.styles.selectors import split_outside

Rgb: TypeAlias = tuple[int, ...]

_COLOUR = re.compile(r"#?[\w-]+(?:\([^)]*\))?")
_NAMED = {"canvas": "white", "window": "white", "field": "white", "canvastext": "black", "initial": "black"}
_SAME_AS = re.compile(r"(?:rgba?|hsla?|color)\(from (\S+) (?:r g b|h s l)\)")
_FILTER = re.compile(r"\b(invert|brightness|contrast|grayscale)\(([^()]*)\)")
_CHANGES: dict[str, Callable[[float, float, float], float]] = {
    "invert": lambda one, much, _: one + (255 - 2 * one) * min(much, 1.0),
    "brightness": lambda one, much, _: one * much,
    "contrast": lambda one, much, _: (one - 127.5) * much + 127.5,
    "grayscale": lambda one, much, grey: one + (grey - one) * min(much, 1.0),
}
_LIGHT = (0.2126, 0.7152, 0.0722)
_BLENDS: dict[str, Callable[[int, int], int]] = {
    "multiply": lambda one, below: one * below // 255, "darken": min, "lighten": max,
    "screen": lambda one, below: 255 - (255 - one) * (255 - below) // 255,
    "difference": lambda one, below: abs(one - below), "exclusion": lambda one, below: abs(one - below),
}  # fmt: skip
# Of a tenth of its ink nothing is left to read.
FAINTEST = 0.1


def rgb(colour: str) -> Rgb | None:
    """Return red, green and blue; nothing for what is clear, None for what is not known."""
    from PIL import ImageColor

    if made := re.match(r"(color-mix|light-dark)\((.*)\)", _SAME_AS.sub(r"\1", colour)):
        return _made(made[1], [one.strip() for _, one in split_outside(made[2], ",")])
    found = _COLOUR.match(_SAME_AS.sub(r"\1", colour))
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
        if share(parts.pop()) < FAINTEST:
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


def share(text: str) -> float:
    """Return a number, or a percentage as a share; what is no number counts as full."""
    found = re.match(r"-?\d*\.?\d+(?:e-?\d+)?", text)
    return float(found[0]) * (0.01 if text.endswith("%") else 1) if found else 1.0


def shaded(colour: Rgb, style: Mapping[str, str], behind: Rgb | None) -> Rgb:
    """Return what filters and the mode of blending of a node make of a colour in front of another one."""
    for name, told in _FILTER.findall(style.get("filter", "")) if colour else ():
        much = share(told) if told else 1.0
        grey = sum(weight * one for weight, one in zip(_LIGHT, colour, strict=True))
        colour = tuple(max(0, min(255, round(_CHANGES[name](one, much, grey)))) for one in colour)
    blend = _BLENDS.get(style.get("mix-blend-mode", ""))
    return tuple(blend(*each) for each in zip(colour, behind, strict=True)) if blend and behind and colour else colour


def is_clear(gradient: str) -> bool:
    """True for a gradient of colours that are all clear."""
    colours = [rgb(one.strip()) for _, one in split_outside(gradient, ",")]
    return () in colours and not any(colours)


def _made(function: str, parts: list[str]) -> Rgb | None:
    """Return the colour by day, or two in their mixture, told as if every space of colours were that of a screen."""
    if function == "light-dark" or len(parts) != 3:
        return rgb(parts[0])
    inks = [rgb(re.sub(r"\s*\b[\d.]+%$|^[\d.]+%\s*", "", one)) for one in parts[1:]]
    told = [
        share(found[0]) if (found := re.search(r"(?<![\w.(,])[\d.]+%(?![^(]*\))", one)) else None for one in parts[1:]
    ]
    first = told[0] if told[0] is not None else 0.5 if told[1] is None else 1 - told[1]
    weights = [(ink, weight) for ink, weight in zip(inks, (first, 1 - first), strict=True) if ink or ink is None]
    seen = sum(weight for _, weight in weights)
    if any(ink is None for ink, _ in weights):
        return None
    known = [(ink, weight / seen) for ink, weight in weights if ink and seen >= FAINTEST]
    return tuple(round(sum(ink[at] * weight for ink, weight in known)) for at in range(3)) if known else ()


def _grey(function: str, parts: list[str]) -> Rgb | None:
    """Return the grey that a function of lightness tells; what has a hue is not known."""
    if len(parts) != 3:
        return None
    first, second, third = (share(each) for each in parts)
    if function == "hwb":
        light = second / (second + third) if second + third >= 1 else None
    else:
        light = first if function.startswith("ok") or parts[0].endswith("%") else first / 100
        light = min(light, 1.0) if light >= 1 or (second == 0 and (third == 0 or function.endswith("lch"))) else None
    return None if light is None else (round(light * 255),) * 3


def _percent(text: str) -> str:
    return text if text.endswith("%") else f"{100 * share(text):g}%"
