"""The words of the house: frozen, closed data that every room speaks.

Shapes and units used throughout:
- a ``Box`` is in fractions of the page or picture (0 to 1), origin top left, so it survives any rendering;
- a ``Span`` is in characters, end exclusive, into the text named beside it;
- pages count from 1; dates are ISO 8601; scores are plain floats, higher is better.
"""

from __future__ import annotations

from groundsight.types.asking import (
    ChannelScore,
    Condition,
    Degraded,
    Filter,
    Hit,
    Nothing,
    Principal,
    Query,
    SearchResult,
    Tier,
)
from groundsight.types.base import (
    TEXT_FIELDS,
    VECTOR_NAMES,
    Box,
    Channel,
    Fraction,
    Lineage,
    Link,
    Place,
    Shown,
    Span,
    Stale,
    Tag,
    TextField,
    TextLine,
    UnitKind,
    VectorName,
    Word,
)
from groundsight.types.judging import (
    Answer,
    AnswerStatus,
    Citation,
    Claim,
    Evidence,
    EvidencePart,
    Fit,
    GroundingReport,
    Quote,
    Reason,
    Step,
    Verdict,
    VerdictLabel,
)
from groundsight.types.things import Asset, LeftOut, Unit, UsageRights

__all__ = [
    "TEXT_FIELDS",
    "VECTOR_NAMES",
    "Answer",
    "AnswerStatus",
    "Asset",
    "Box",
    "Channel",
    "ChannelScore",
    "Citation",
    "Claim",
    "Condition",
    "Degraded",
    "Evidence",
    "EvidencePart",
    "Filter",
    "Fit",
    "Fraction",
    "GroundingReport",
    "Hit",
    "LeftOut",
    "Lineage",
    "Link",
    "Nothing",
    "Place",
    "Principal",
    "Query",
    "Quote",
    "Reason",
    "SearchResult",
    "Shown",
    "Span",
    "Stale",
    "Step",
    "Tag",
    "TextField",
    "TextLine",
    "Tier",
    "Unit",
    "UnitKind",
    "UsageRights",
    "VectorName",
    "Verdict",
    "VerdictLabel",
    "Word",
]
