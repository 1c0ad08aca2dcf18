"""Which models the settings name, and what they would send to another machine."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from groundsight.settings import Settings

# Rules, not models.
NO_MODEL = ("none", "lexical", "bm25")
Leaving = tuple[str, str, frozenset[str]]


def models_named(settings: Settings) -> dict[str, str]:
    """Return each model by its setting: ``models.text`` and the others that are on, and ``agent.llm``."""
    lanes = {f"models.{name}": value for name, value in settings.models if name not in ("device", "caption_prompt")}
    named = {name: value for name, value in lanes.items() if isinstance(value, str) and value not in NO_MODEL}
    return named | ({"agent.llm": settings.agent.llm} if settings.agent.llm else {})


def leaving(settings: Settings) -> list[Leaving]:
    """Return what is sent to another machine: setting, value, and whether text or pictures."""
    found: list[Leaving] = []
    for setting, value in models_named(settings).items():
        kind, _, where = value.partition(":")
        if kind == "service" and not is_here(urlsplit(where).hostname):
            pictured = setting == "models.visual"
            found.append((setting, value, frozenset({"text", "pictures"} if pictured else {"text"})))
    if settings.agent.llm and not asks_here(settings):
        found.append(("agent.llm", settings.agent.llm, frozenset({"text"})))
        if settings.models.caption == "llm":
            found.append(("models.caption", "llm", frozenset({"pictures"})))
    store = settings.weaviate
    if settings.index.backend == "weaviate" and store.binary is None and not is_here(store.host):
        found.append(("index.backend", f"weaviate at {store.host}", frozenset({"text"})))
    return found


def asks_here(settings: Settings) -> bool:
    """True for a language model on this machine; the client's own is elsewhere."""
    return is_here(urlsplit(settings.agent.llm_base_url or "").hostname)


def is_here(host: str | None) -> bool:
    """True for an address of this machine alone; an address that is not known is elsewhere."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
