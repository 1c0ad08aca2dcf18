"""What protects assets is replaced: at once for whoever reads one, in a search as its units are written again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from groundsight.index.prepared import prepare_all
from groundsight.index.weaviate.exporting import exported
from groundsight.index.weaviate.snapshots import as_entry
from groundsight.types import Asset, Filter

if TYPE_CHECKING:
    from groundsight.index.tokens import Tokeniser
    from groundsight.index.weaviate.reader import Reader
    from groundsight.index.weaviate.writer import Writer


def protect(writer: Writer, reader: Reader, tokeniser: Tokeniser, assets: Sequence[Asset]) -> int:
    """Replace it on the pointers, which every door reads, then on the units, which the server filters.

    A kill between the two leaves every unit hidden that is to be hidden; the same call again does the rest.
    """
    by_tenant: defaultdict[str, list[Asset]] = defaultdict(list)
    for each in assets:
        by_tenant[each.tenant].append(each)
    live = [(tenant, each) for tenant, theirs in by_tenant.items() for each in writer.protect(tenant, theirs)]
    for tenant, pointer in live:
        entry = as_entry(exported(pointer.asset, reader.whole(tenant, pointer, Filter(), vectors=True)))
        writer.put(prepare_all([entry], tokeniser)[0])
    return len(live)
