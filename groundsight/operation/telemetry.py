"""Steps of calls as spans of OpenTelemetry, sent over OTLP/HTTP to the one address that the settings name."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from groundsight.errors import Disabled
from groundsight.tracing import Timing

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanContext

SECONDS, MOST_WAITING, NANO = 3, 32_768, 1e9


class Exporter:
    """Sends spans from a thread of its own; an address that does not answer loses them and keeps nobody waiting.

    Spans are made of what was measured: begun and ended by the tracer of the SDK each costs twice the processor.
    """

    def __init__(self, sender: BatchSpanProcessor) -> None:
        from opentelemetry.sdk.resources import Resource

        self._sender, self._resource = sender, Resource({"service.name": "groundsight"})
        # A step may be told before the one that it is part of has ended.
        self._known: WeakKeyDictionary[Timing, SpanContext] = WeakKeyDictionary()

    @classmethod
    def open(cls, address: str) -> Exporter:
        """Open an exporter; the environment adds no address, no proxy and no resource.

        Raises:
            Disabled: the extra is not installed.
        """
        try:
            import requests
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
            from opentelemetry.sdk.trace.export import BatchSpanProcessor
        except ImportError as error:
            step = 'pip install ".[telemetry]"'
            raise Disabled("tracing needs OpenTelemetry", next_step=step) from error
        session = requests.Session()
        session.trust_env = False
        sender = OTLPSpanExporter(endpoint=address, timeout=SECONDS, session=session)
        return cls(BatchSpanProcessor(sender, max_queue_size=MOST_WAITING))

    def export(self, steps: Sequence[Timing]) -> None:
        """Hand over steps that have ended."""
        from opentelemetry.sdk.trace import ReadableSpan
        from opentelemetry.trace import Status, StatusCode

        for one in filter(_is_span, steps):
            status = Status(StatusCode.ERROR if "error" in one.told else StatusCode.UNSET)
            made = ReadableSpan(
                one.name,
                context=self._context(one),
                parent=self._context(one.above) if one.above else None,
                resource=self._resource,
                attributes={**one.told, "cpu_seconds": round(one.cpu_seconds, 6)},
                status=status,
                start_time=one.begun,
                end_time=one.begun + int(one.seconds * NANO),
            )
            self._sender.on_end(made)

    def flush(self) -> None:
        """Send what waits."""
        self._sender.force_flush()

    def close(self) -> None:
        """Send what waits, and end."""
        self._sender.shutdown()

    def _context(self, one: Timing) -> SpanContext:
        from opentelemetry.trace import SpanContext, TraceFlags

        if one not in self._known:
            trace = self._context(one.above).trace_id if one.above else random.getrandbits(128)
            self._known[one] = SpanContext(trace, random.getrandbits(64), False, TraceFlags(TraceFlags.SAMPLED))
        return self._known[one]


def _is_span(one: Timing) -> bool:
    """A channel is no span, at a tenth of the price: its seconds and hits are attributes of the step that asked it."""
    if one.name != "search.channel" or one.above is None:
        return True
    channel = f"channel.{one.told['modality']}.{one.told['channel']}"
    one.above.told.update({f"{channel}.seconds": round(one.seconds, 6), f"{channel}.hits": one.told["hits"]})
    return False
