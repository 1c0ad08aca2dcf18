"""Groundsight: search a person's own documents and pictures, and answer only what the evidence supports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.silence import stop_usage_reports

__version__ = "0.1.0"

_ROOMS_IN_CHECKOUT = Path(__file__).resolve().parent.parent
if (_ROOMS_IN_CHECKOUT / "pyproject.toml").is_file():
    # In a wheel the rooms lie inside this package; in a checkout they lie beside it.
    __path__.append(str(_ROOMS_IN_CHECKOUT))

stop_usage_reports()

if TYPE_CHECKING:
    from groundsight.settings import Settings
    from groundsight.suite import Suite, open_suite

__all__ = ["Settings", "Suite", "__version__", "open_suite"]


def __getattr__(name: str) -> object:
    """Load the public names on first use, so that importing the package stays free."""
    if name == "Settings":
        from groundsight.settings import Settings

        return Settings
    if name in ("Suite", "open_suite"):
        from groundsight import suite

        return getattr(suite, name)
    raise AttributeError(f"module 'groundsight' has no attribute {name!r}")
