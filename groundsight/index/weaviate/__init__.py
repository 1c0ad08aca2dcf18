"""The index on a Weaviate cluster: the same promises as the embedded one, on more machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundsight.index.weaviate.index import WeaviateIndex as WeaviateIndex


def __getattr__(name: str) -> object:
    """Load the index at its first use: the client costs a second of CPU to import."""
    if name != "WeaviateIndex":
        raise AttributeError(name)
    from groundsight.index.weaviate.index import WeaviateIndex

    return WeaviateIndex
