"""Prompts are data: one versioned file each, filled by plain replacement, known by their hash."""

from __future__ import annotations

import hashlib
import re
from importlib.resources import files
from pathlib import Path

from groundsight.errors import ConfigError, InvalidArgument
from groundsight.types import Word

_PLACE = re.compile(r"\{\{(\w+)\}\}")
_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n(?P<body>.*)\Z", re.DOTALL)


class Prompt(Word):
    """A filled prompt; ``sha256`` is of the unfilled file, so it names the wording and not the content."""

    text: str
    name: str
    version: str
    sha256: str


def render(name: str, own: Path | None = None, /, **values: str) -> Prompt:
    """Fill a prompt. Values are inserted as they are: braces in them mean nothing.

    ``own`` is a folder whose file of this name takes the place of the packaged one.

    Raises:
        InvalidArgument: no such prompt, a value is missing, or one is not used.
    """
    raw = _read(name, own)
    front, body = _parts(name, raw)
    wanted = set(_PLACE.findall(body))
    if wanted != set(values):
        wrong = sorted(wanted.symmetric_difference(values))
        raise InvalidArgument(
            "the values do not fit the prompt", which=f"{name}: {', '.join(wrong)}", next_step="pass exactly its places"
        )
    text = _PLACE.sub(lambda match: values[match.group(1)], body).strip()
    return Prompt(text=text, name=front["name"], version=front["version"], sha256=hash_of_prompt(name, own))


def names() -> tuple[str, ...]:
    """Return the names of all prompts."""
    found = (entry.name for entry in files(__name__).iterdir())
    return tuple(sorted(entry.removesuffix(".md") for entry in found if entry.endswith(".md")))


def hash_of_prompt(name: str, own: Path | None = None) -> str:
    """Return the SHA-256 of an unfilled prompt, as 64 hex digits.

    Raises:
        InvalidArgument: no such prompt, or it can't be read. ConfigError: ``own`` is no folder.
    """
    return hashlib.sha256(_read(name, own).encode()).hexdigest()


def hashes_of_prompts(own: Path | None = None) -> dict[str, str]:
    """Return the hash of every prompt in force, by its name."""
    return {name: hash_of_prompt(name, own) for name in names()}


def _read(name: str, own: Path | None) -> str:
    if name not in names():
        raise InvalidArgument("there is no such prompt", which=name, next_step=f"use one of {', '.join(names())}")
    if own is not None and not own.is_dir():
        step = "name the folder of your own prompts"
        raise ConfigError("there is no such folder", which=f"agent.prompts = {own}", next_step=step)
    if own is None or not (own / f"{name}.md").is_file():
        return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8")
    try:
        return (own / f"{name}.md").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        step = "correct the file or agent.prompts"
        raise InvalidArgument("the prompt can't be read", which=f"{name}.md", next_step=step) from error


def _parts(name: str, raw: str) -> tuple[dict[str, str], str]:
    match = _FRONT.match(raw)
    pairs = (line.partition(":") for line in match.group("front").splitlines()) if match else ()
    front = {key.strip(): value.strip() for key, _, value in pairs}
    if match is None or not {"name", "version"} <= set(front):
        raise InvalidArgument("the prompt has no name and version", which=name, next_step="add them at its top")
    return front, match.group("body")
