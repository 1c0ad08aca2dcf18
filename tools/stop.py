"""The stop tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from groundsight.tools.ingest import OrderLine, order_line
from groundsight.tools.results import Result

if TYPE_CHECKING:
    from groundsight.suite import Suite


class Stopped(Result):
    """An order that ends."""

    order: OrderLine


def stop(suite: Suite, order: Annotated[str, Field(description="id of the order", max_length=80)]) -> Stopped:
    """To stop reading what `ingest` ordered for later; what was read is kept."""
    return Stopped(order=order_line(suite.stop(order)))
