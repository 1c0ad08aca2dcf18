"""The leak matrix: every caller at every door with every tool, over documents of all tenants, regions, labels, rights.

Each document holds a word that nothing else holds, in its text and in its name. What a caller gets must hold the words
of no document that it may not see, as ``governance.access.matches`` judges; and of those that it may see it must find
some, else nothing was tried.
"""

from __future__ import annotations

import itertools
import json
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from groundsight.governance.access import matches, visible_to
from groundsight.settings import load_settings
from groundsight.suite import Suite, open_suite
from groundsight.tools.gate import Gate
from groundsight.tools.registry import tool
from groundsight.types import Filter, Principal, Query
from tests.build import make_asset, make_entry, make_unit
from tests.trust.entrances import CALLERS, DOORS, LIGHT, House, said
from tests.trust.rows import Row
from tests.weaviate_house import PROGRAM, settings_for, shared_node

WORD = re.compile(r"vault(\d{4})|src(\d{4})|\b(\d{4})(?:ab){6}")
# What differs between two calls that are told the same.
_OWN = re.compile(r'"(?:receipt|took\w*|seconds|bytes)": ?[^,}]+|\br[0-9a-f]{21}\b')
QUESTION = "What does the ledger of the harbour hold?"
RIGHTS: tuple[dict[str, Any], ...] = (
    {},
    {"usage_rights": "restricted"},
    {"consent_until": date(2020, 1, 1)},
    {"labels": ("board",)},
    {"labels": ("yard", "board")},
    {"labels": ("yard",), "owner": "ann"},
    {"purposes": ("audit",)},
    {"usage_rights": "denied"},
    {"retain_until": date(2020, 1, 1)},
)
RECEIPT = re.compile(r"\br[0-9a-f]{21}\b")


def furnished(place: Path) -> House:
    """Store a document of every tenant, region and right."""
    house = House(place / "home")
    with open_suite(load_settings(house.home, **LIGHT)) as suite:
        for number, (tenant, region, rights) in enumerate(
            itertools.product(("one", "two"), ("eu", "us", "global"), RIGHTS), 1000
        ):
            named = {"asset_id": f"{number:04d}{'ab' * 6}", "tenant": tenant, "region": region, **rights}
            asset = make_asset(f"files/src{number}.md", **named)
            text = f"The ledger of the harbour holds vault{number}."
            suite.parts.index.upsert([make_entry(asset, make_unit(asset, 0, text))])
            house.assets[number] = asset
    return house


def matrix(short: bool) -> Iterator[Row]:
    """Yield a row for each door."""
    with tempfile.TemporaryDirectory(prefix="trust-") as place:
        house = furnished(Path(place))
        for name in DOORS:
            yield door_row(name, house, CALLERS[:2] if short else CALLERS, short=short)
        yield from statistics(Path(place), short)


def door_row(name: str, house: House, callers: tuple[Principal, ...], *, short: bool) -> Row:
    """Try one door with every tool for some callers."""
    start, cells, found, broken = time.perf_counter(), Counter[str](), Counter[str](), list[str]()
    receipts: dict[str, None] = {}
    with DOORS[name](house) as enter:
        for who in callers:
            seen = {n for n, asset in house.assets.items() if matches(visible_to(who), asset)}
            with enter(who) as call:
                others = [("resource", {"uri": f"groundsight://receipt/{each}"}) for each in list(receipts)[-6:]]
                for tool, arguments in (*_asked(house, short), *others):
                    told = call(tool, arguments)
                    receipts |= dict.fromkeys(RECEIPT.findall(told) if tool == "ask" else ())
                    # A door that has no such tool was not tried.
                    if not told:
                        continue
                    cells[tool] += 1
                    numbers = {int(next(filter(None, one))) for one in WORD.findall(told)} - _named_in(arguments)
                    leaks = numbers - seen
                    found[tool] += len(numbers & seen)
                    broken += [f"{name} {who.user} {tool} {dict(arguments)}: {sorted(leaks)}"] if leaks else []
                    broken += _counted_wrong(name, who, tool, told, arguments, len(seen))
    broken += [f"{name}: search found nothing"] if not found["search"] else []
    tools = ", ".join(f"{tool} {count}" for tool, count in cells.items())
    what = f"{name}: {len(callers)} callers x {len(house.assets)} documents: {tools}"
    return Row(
        "leak matrix", what, cells.total(), len(broken), time.perf_counter() - start, detail="\n".join(broken[:8])
    )


def _named_in(arguments: Mapping[str, Any]) -> set[int]:
    """An answer may say again what it was asked about."""
    return {int(next(filter(None, one))) for one in WORD.findall(json.dumps(dict(arguments)))}


def _counted_wrong(
    name: str, who: Principal, tool: str, told: str, arguments: Mapping[str, Any], most: int
) -> list[str]:
    # The page has no count of its own: its rows are looked at like any text.
    if tool != "list" or arguments or name == "view":
        return []
    counted = re.search(r'"(?:count|every)": ?(\d+)|\b(\d+)(?: of \d+)? documents', told, re.M)
    number = int(next(filter(None, counted.groups()))) if counted else -1
    return [] if number == most else [f"{name} {who.user} counts {number} of {most} documents"]


def _asked(house: House, short: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every tool with what could bring up another's document: its words, its id, its name."""
    yield "search", {"query": QUESTION, "limit": 100}
    yield "search", {"query": "ledger harbour", "limit": 100, "explain": True}
    yield "ask", {"question": QUESTION}
    yield "ask", {"question": "How many documents are there?"}
    yield "list", {}
    yield "list", {"hidden": True}
    yield "status", {}
    for number in list(house.assets)[:: 6 if short else 1]:
        asset = house.assets[number]
        yield "search", {"query": f"vault{number}"}
        yield "read", {"id": f"{asset.asset_id}-0000"}
        yield "read", {"id": asset.source}
        yield "why", {"file": asset.source, "question": QUESTION}
        yield "verify", {"answer": f"The ledger of the harbour holds vault{number}."}
        yield "resource", {"uri": f"groundsight://evidence/{asset.asset_id}-0000"}
        yield "resource", {"uri": f"groundsight://asset/{asset.asset_id}"}
        yield "resource", {"uri": f"groundsight://lineage/{asset.asset_id}"}
        yield "lineage", {"name": asset.source}
        yield "list", {"path": f"src{number}"}
        yield "complete", {"uri": "groundsight://asset/{asset_id}", "name": "asset_id", "value": asset.asset_id[:4]}
    yield "resource", {"uri": "groundsight://assets"}
    yield "resource", {"uri": "groundsight://status"}


def statistics(place: Path, short: bool) -> Iterator[Row]:
    """What one tenant is told moves by no bit while the documents of others come and go, in each back end."""
    yield moved(place / "local", 2 if short else 12, {})
    if PROGRAM is None:
        yield Row("leak matrix", "statistics, Weaviate", skipped="no server: set GROUNDSIGHT_WEAVIATE_START")
    else:
        served = settings_for(shared_node()).model_dump(exclude_defaults=True)
        yield moved(place / "weaviate", 2 if short else 6, {"index": {"backend": "weaviate"}, "weaviate": served})


def moved(place: Path, rounds: int, back_end: Mapping[str, Any]) -> Row:
    """Compare scores by channel, counts, status and errors before, with, and after documents of other tenants."""
    chance, broken = random.Random(7), list[str]()
    with open_suite(load_settings(place, **LIGHT, **back_end)) as whole:
        index, suite = whole.parts.index, whole.acting_for(Principal(tenant="one", user="ann"))
        mine = [make_asset(f"files/m{n}.md", asset_id=f"{n:x}" * 16, tenant="one") for n in range(10, 14)]
        index.upsert([make_entry(one, make_unit(one, 0, _words(chance))) for one in mine])
        before = _told(suite)
        for turn in range(rounds):
            others = [make_asset(f"files/o{turn}-{n}.md", tenant="two") for n in range(chance.randint(1, 12))]
            index.upsert([make_entry(one, make_unit(one, 0, _words(chance))) for one in others])
            broken += _other(before, _told(suite))
            index.delete([one.asset_id for one in others[::2]], Filter())
            broken += _other(before, _told(suite))
    name = "Weaviate" if back_end else "local"
    empty = [] if "f-0000" in str(before) or "a-0000" in str(before) else ["nothing was found"]
    return Row("leak matrix", f"statistics, {name}: scores, counts, status, errors while others come and go",
               2 * rounds, len(broken + empty), detail="\n".join((broken + empty)[:3]))  # fmt: skip


def _other(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [f"{name}: {before[name][:300]} -> {now[name][:300]}" for name in before if before[name] != now[name]]


def _told(suite: Suite) -> dict[str, str]:
    gate = Gate.open(suite.settings, "python")
    asked = {"list": {}, "status": {}, "read": {"id": "files/absent.md"}, "search": {"query": "may", "explain": True}}
    hits = {text: suite.search(Query(text=text, limit=20)).hits for text in ("merger harbour", "ledger of the quay")}
    scored = {text: str([(hit.unit.unit_id, hit.score, hit.channels) for hit in each]) for text, each in hits.items()}
    calls = {name: said(gate.call, tool(name), suite, arguments) for name, arguments in asked.items()}
    return scored | {name: _OWN.sub("", told) for name, told in calls.items()}


def _words(chance: random.Random) -> str:
    some = "merger harbour ledger quay may crane berth fee night the of in".split()
    return f"A {' '.join(chance.choices(some, k=chance.randint(3, 30)))} merger."
