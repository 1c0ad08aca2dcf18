"""When each tenant was last used: noted once a day, as well as it goes, and only for tenants that are there."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

from groundsight.errors import GroundsightError
from groundsight.index.weaviate.filters import Test
from groundsight.index.weaviate.names import coded, object_id
from groundsight.index.weaviate.schema import meta_name
from groundsight.index.weaviate.state import FIELDS, TENANT
from groundsight.index.weaviate.wire import PAGE, Place, Row, Wire

USE = "use"


def today() -> date:
    """Return the present day, the same everywhere."""
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Use:
    """The day of the last search or write, and how much a tenant held when it was put to sleep."""

    tenant: str
    day: str
    assets: int | None = None
    units: int | None = None


class Uses:
    """Notes and reads uses in the meta collection."""

    def __init__(self, wire: Wire, prefix: str, day: Callable[[], date] = today) -> None:
        self._wire, self._at, self._day = wire, Place(meta_name(prefix)), day
        self._lock = threading.Lock()
        self._noted: set[tuple[str, date]] = set()

    def due(self, tenants: Sequence[str]) -> tuple[str, ...]:
        """Return those that this process has not tried to note today, and count them as tried."""
        day = self._day()
        with self._lock:
            found = tuple(each for each in tenants if (each, day) not in self._noted)
            self._noted = {(name, noted) for name, noted in self._noted if noted == day} | {(n, day) for n in found}
        return found

    def note(self, tenants: Sequence[str]) -> None:
        """Note that these are used today; a process that may only read, or a server that is away, is no failure."""
        try:
            for tenant in tenants:
                self._note(tenant)
        except GroundsightError:
            return

    def write(self, use: Use) -> None:
        """Replace what is known about a tenant's use."""
        fields = {"kind": coded(USE), "name": coded(use.tenant), "data": json.dumps(asdict(use))}
        self._wire.put(self._at, [Row(object_id("meta", USE, use.tenant), fields)])

    def all(self) -> Mapping[str, Use]:
        """Return the last use of every tenant of which it is known."""
        found: dict[str, Use] = {}
        rows = self._wire.page(self._at, None, FIELDS)
        while rows:
            uses = [Use(**json.loads(row.fields["data"])) for row in rows if row.fields["kind"] == coded(USE)]
            found |= {use.tenant: use for use in uses}
            rows = self._wire.page(self._at, rows[-1].uuid, FIELDS) if len(rows) == PAGE else []
        return found

    def _note(self, tenant: str) -> None:
        tests = [Test("name", "equal", coded(tenant)), Test("kind", "any", (coded(TENANT), coded(USE)))]
        rows = {row.fields["kind"]: row for row in self._wire.fetch(self._at, tests, PAGE, FIELDS)}
        known, day = rows.get(coded(USE)), self._day().isoformat()
        noted = json.loads(known.fields["data"])["day"] if known else ""
        if coded(TENANT) in rows and noted < day:
            self.write(Use(tenant, day))
