"""The keys of names and values that could be guessed; who has one can tell what a stand-in stands for."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from groundsight.errors import ConfigError
from groundsight.governance.audit import read_or_make_key
from groundsight.settings import Settings


def home_key(home: Path) -> bytes:
    """Return the key under which a home hashes names that could be guessed, made at first use.

    Raises:
        OSError: it can't be made.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return read_or_make_key(home / "names.key")


def pseudonym_key(settings: Settings) -> bytes:
    """Return the key that ``governance.pseudonym_key`` names, made at first use; empty where it names none.

    Raises:
        ConfigError: it lies in the home, where it would go wherever a copy of the index goes.
    """
    path = settings.governance.pseudonym_key
    if path is None:
        return b""
    place, home = path.expanduser().resolve(), settings.home.expanduser().resolve()
    if place.is_relative_to(home):
        raise ConfigError(
            "the key of pseudonyms lies beside what it protects",
            which=f"governance.pseudonym_key = {path}",
            next_step=f"name a file outside of {home}",
        )
    return _key(place)


@lru_cache(maxsize=8)
def _key(place: Path) -> bytes:
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    return read_or_make_key(place)
