"""Groundsight: search a person's own documents and pictures, and answer only what the evidence supports."""

from __future__ import annotations

from importlib import import_module
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
    from groundsight.doors.python import OpenSuite
    from groundsight.doors.python import OpenSuite as open_suite
    from groundsight.doors.python_async import AsyncSuite
    from groundsight.errors import GroundsightError
    from groundsight.ingestion import IngestReport
    from groundsight.ingestion.folder.catalogue import Catalogue
    from groundsight.ingestion.forget import ForgetReport
    from groundsight.settings import Settings, load_settings
    from groundsight.tools.describe import Description
    from groundsight.tools.explain import Explained
    from groundsight.tools.ocr import ReadLines
    from groundsight.tools.read import Reading
    from groundsight.tools.replay import Replayed
    from groundsight.tools.status import Status
    from groundsight.tools.why import Reasons
    from groundsight.types import (
        Answer,
        Citation,
        Condition,
        Evidence,
        Filter,
        GroundingReport,
        Hit,
        Principal,
        Query,
        SearchResult,
        Step,
        Verdict,
    )

_HOMES = {
    "doors.python": ("OpenSuite", "open_suite"),
    "doors.python_async": ("AsyncSuite",),
    "errors": ("GroundsightError",),
    "ingestion": ("IngestReport",),
    "ingestion.folder.catalogue": ("Catalogue",),
    "ingestion.forget": ("ForgetReport",),
    "settings": ("Settings", "load_settings"),
    "tools.describe": ("Description",),
    "tools.ocr": ("ReadLines",),
    "tools.explain": ("Explained",),
    "tools.read": ("Reading",),
    "tools.replay": ("Replayed",),
    "tools.status": ("Status",),
    "tools.why": ("Reasons",),
    "types": (
        "Answer", "Citation", "Condition", "Evidence", "Filter", "GroundingReport", "Hit", "Principal", "Query",
        "SearchResult", "Step", "Verdict",
    ),
}  # fmt: skip

__all__ = [
    "Answer",
    "AsyncSuite",
    "Catalogue",
    "Citation",
    "Condition",
    "Description",
    "Evidence",
    "Explained",
    "Filter",
    "ForgetReport",
    "GroundingReport",
    "GroundsightError",
    "Hit",
    "IngestReport",
    "OpenSuite",
    "Principal",
    "Query",
    "ReadLines",
    "Reading",
    "Reasons",
    "Replayed",
    "SearchResult",
    "Settings",
    "Status",
    "Step",
    "Verdict",
    "__version__",
    "load_settings",
    "open_suite",
]


def __getattr__(name: str) -> object:
    """Load the public names on first use, so that importing the package stays free."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"groundsight.{home}"), name)
    raise AttributeError(f"module 'groundsight' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
