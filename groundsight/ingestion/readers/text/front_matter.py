"""The fields that stand above a text (YAML between ---, TOML between +++): a description, never a rule of access."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from groundsight.ingestion import Element
from groundsight.ingestion.readers.clean import day_of, one_line

_YAML = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_TOML = re.compile(r"\A\+\+\+[ \t]*\n(.*?\n)\+\+\+[ \t]*(?:\n|\Z)", re.S)
_DATES = ("date", "created", "published")


@dataclass(frozen=True)
class FrontMatter:
    """The fields as one line each, the day among them, and the text below."""

    fields: Mapping[str, str]
    day: date | None
    body: str

    @property
    def title(self) -> str:
        """The title, empty when none is given."""
        return self.fields.get("title", "")

    @property
    def elements(self) -> tuple[Element, ...]:
        """The fields as text that can be found and quoted."""
        lines = "\n".join(f"{name.capitalize()}: {value}" for name, value in self.fields.items())
        return (Element(kind="text", text=lines),) if lines else ()


def front_matter(text: str) -> FrontMatter:
    """Part a text from the fields above it; what is no such thing stays text."""
    for written, load in ((_YAML, _yaml), (_TOML, tomllib.loads)):
        if found := written.match(text):
            try:
                loaded = load(found[1])
            except ValueError:
                break
            if isinstance(loaded, dict):
                return _of(cast("dict[object, object]", loaded), text[found.end() :])
    return FrontMatter({}, None, text)


def _of(loaded: Mapping[object, object], body: str) -> FrontMatter:
    fields = {one_line(str(name)).lower(): one_line(_shown(value)) for name, value in loaded.items()}
    days = (day_of(value) for name, value in loaded.items() if str(name).lower() in _DATES)
    return FrontMatter({name: value for name, value in fields.items() if value}, next(filter(None, days), None), body)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in cast("list[object]", value))
    return "" if value is None else str(value)


def _yaml(text: str) -> object:
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError("no YAML") from error
