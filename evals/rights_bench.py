"""What the filter of rights costs a search of the embedded index, beside the same search without a filter.

Every second document has labels, every fourth an owner, every fifth a purpose, and dates of consent and retention. The
searches are taken in turn, so that a busy machine slows all alike; ratios are of the median CPU of a call. ``cold`` is
the first search after a change: it makes the mask of the filter, which later searches keep.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from statistics import median

from groundsight.atomic import write_whole
from groundsight.bench.index_bench import Meter
from groundsight.bench.index_corpus import NEAREST, Corpus
from groundsight.doors.usage import Parser
from groundsight.governance.access import tenant_of, visible_to
from groundsight.index import ChannelQuery, Entry
from groundsight.index.local import LocalIndex
from groundsight.types import Asset, Filter, Principal

RATIO_LIMIT, COLD, LAST_DAY = 1.1, 20, date(2999, 1, 1)
ADMIN = Principal(labels=("a", "b"), user="owner", purpose="p")
DATED = ADMIN.model_copy(update={"dated_only": True})
WHO = {
    "sees all": visible_to(ADMIN), "sees what is dated": visible_to(DATED),
    "sees part": visible_to(Principal(labels=("a",))), "tenant": tenant_of(ADMIN),
}  # fmt: skip


def measured(units: int, folder: Path) -> dict[str, float]:
    """Store that many units and return the CPU of each kind of search, in milliseconds, with its ratio."""
    corpus = Corpus(units)
    with closing(LocalIndex.open(folder)) as index:
        for group in corpus.groups():
            index.upsert([_protected(entry, number) for number, entry in enumerate(group)])
        meters = _warm(index, corpus)
        found = {name: 1_000 * median(meter.cpu[len(corpus.queries) :]) for name, meter in meters.items()}
        ratios = {f"{name} / unfiltered": found[name] / found["unfiltered"] for name in (*WHO, "probe of 10")}
        return {**found, **ratios, **_cold(index, corpus)}


def _warm(index: LocalIndex, corpus: Corpus) -> dict[str, Meter]:
    """Ask every query of every kind in turn, twice; the first round warms up."""
    kinds = {"unfiltered": Filter(), **WHO, "probe of 10": tenant_of(ADMIN)}
    meters = {name: Meter() for name in kinds}
    for (text, vector), (name, where) in product(corpus.queries * 2, kinds.items()):
        both = [ChannelQuery("bm25_text", text=text), ChannelQuery("text", vector=vector)]
        asked = both[:1] if name == "probe of 10" else both
        meters[name].run(lambda asked=asked, where=where: index.search(asked, where, NEAREST))
    return meters


def _cold(index: LocalIndex, corpus: Corpus) -> dict[str, float]:
    """Return the CPU of the first search after a change of one document's rights, and of the change itself."""
    (first, *_), meters = index.assets(Filter()), {name: Meter() for name in ("protect one", "unfiltered", "sees all")}

    def run(name: str, call: Callable[[], object]) -> None:
        meters[name].run(call)

    for text, vector in corpus.queries[:COLD]:
        asked = [ChannelQuery("bm25_text", text=text), ChannelQuery("text", vector=vector)]
        for name, where in (("unfiltered", Filter()), ("sees all", WHO["sees all"])):
            run("protect one", lambda: index.protect([first]))
            run(name, lambda asked=asked, where=where: index.search(asked, where, NEAREST))
    return {f"cold: {name}": 1_000 * median(meter.cpu) for name, meter in meters.items()}


def _protected(entry: Entry, number: int) -> Entry:
    told = {"consent_until": LAST_DAY, "retain_until": LAST_DAY, "labels": (("a",), ("b",), (), ())[number % 4]}
    told |= {"owner": "owner" if number % 4 == 1 else "", "purposes": () if number % 5 else ("p",)}
    asset: Asset = entry.asset.model_copy(update=told)
    return replace(entry, asset=asset)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures; return 1 where a warm search with the filter costs over 1.1 times one without."""
    parser = Parser(prog="rights_bench", description=main.__doc__)
    parser.add_argument("--units", type=int, default=2_000, help="units to store (default 2000)")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        found = {"units": options.units, **measured(options.units, Path(folder))}
    if options.json:
        write_whole(options.json, json.dumps(found, indent=1))
    print("\n".join(f"{name}: {value:.3f}" for name, value in found.items()))
    return int(max(found[f"{name} / unfiltered"] for name in WHO) > RATIO_LIMIT)


if __name__ == "__main__":
    sys.exit(main())
