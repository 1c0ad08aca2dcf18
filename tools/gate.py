"""The one wrapper around every tool: identity, right, limits, rate, timing, audit, receipt and error mapping."""

from __future__ import annotations

import difflib
import inspect
import json
import logging
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from groundsight.errors import GroundsightError, Internal, InvalidArgument, PolicyRefused
from groundsight.governance.audit import AuditLog, AuditRecord
from groundsight.governance.book_file import is_writable
from groundsight.governance.events import heed
from groundsight.governance.limits import RateLimiter, limiter_of
from groundsight.governance.policy import policy_of
from groundsight.governance.receipts import Receipts, new_receipt
from groundsight.limits import misfit
from groundsight.tools.bounds import cleaned, one_line
from groundsight.tools.results import Result

if TYPE_CHECKING:
    from groundsight.settings import Settings
    from groundsight.suite import Suite

log = logging.getLogger("groundsight.gate")
MOST_IDS = 100
# What these doors give goes to a model that its caller chose.
MODEL_DOORS = ("mcp", "langchain", "graph")


@dataclass(frozen=True)
class ToolSpec:
    """A tool as doors see it: its function, a title for people, and what it does to the world.

    ``admin`` tools are for callers with that scope.
    """

    function: Callable[..., Result]
    title: str
    writes: bool = False
    destructive: bool = False
    idempotent: bool = True
    admin: bool = False

    @property
    def name(self) -> str:
        """The name under which a model calls it."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """The docstring, which is the description that a model reads."""
        return inspect.cleandoc(self.function.__doc__ or "")

    @property
    def arguments(self) -> type[BaseModel]:
        """The closed model of its arguments, without the suite."""
        return arguments_of(self.function)

    @property
    def result(self) -> type[Result]:
        """The model of its result."""
        return _signature(self.function).return_annotation


class Gate:
    """What applies to every call of every tool through one door (``mcp``, ``cli``, ``agent``)."""

    def __init__(
        self,
        door: str,
        *,
        audit: AuditLog | None,
        limiter: RateLimiter,
        receipts: Receipts | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._door, self._audit, self._limiter, self._clock = door, audit, limiter, clock
        self._receipts = receipts

    @classmethod
    def open(cls, settings: Settings, door: str) -> Gate:
        """Build the gate that the settings describe; the trail lies in ``<home>/audit``, receipts beside it.

        In a home that is read-only neither is kept, which every reply says.
        """
        rules = settings.governance
        audit = AuditLog(settings.home / "audit") if rules.audit and is_writable(settings.home) else None
        return cls(door, audit=audit, limiter=limiter_of(settings, door), receipts=Receipts.open(settings))

    def call(self, spec: ToolSpec, suite: Suite, arguments: Mapping[str, Any]) -> Result:
        """Run one tool for ``suite.principal`` and return its result with the receipt of the call.

        Raises:
            GroundsightError: as the tool raised it; anything else becomes Internal, named by the receipt.
        """
        start = self._clock()
        record = self._record(spec, suite, arguments)
        try:
            values = self._admitted(spec, suite, arguments)
            self._write(record.model_copy(update={"kind": "begin"}))
            result = spec.function(suite, **values)
            sealed = self._kept(record, suite, result)
        except GroundsightError as error:
            self._end(record, start, error.error_code)
            raise
        except Exception as error:  # noqa: BLE001 - the gate is where bugs become E_INTERNAL
            self._end(record, start, Internal.code)
            raise internal_error(spec.name, error, record.id) from None
        receipt = {"receipt": record.id if self._audit or sealed else ""}
        given = result.model_copy(update=receipt | self._withheld(suite, result))
        pictured = tuple(each.shows for each in given.pictures)
        self._end(record.model_copy(update={"sealed": sealed, "pictured": pictured}), start, "OK", result.ids())
        return given

    def _kept(self, record: AuditRecord, suite: Suite, result: Result) -> str:
        """Keep the receipt of an answer or a check under the id of its call, and return its hash."""
        if self._receipts is None or result.account is None:
            return ""
        account = result.account().of(self._door, record.tool, self._audit.anchor if self._audit else "")
        return self._receipts.add(record.id, suite.principal, account)

    def _withheld(self, suite: Suite, result: Result) -> dict[str, Any]:
        """Keep pictures from callers whose model may be anywhere, where the policy says so; their text stays."""
        if not result.pictures or self._door not in MODEL_DOORS:
            return {}
        allowed = policy_of(suite.settings).may_leave
        return {} if allowed is None or "pictures" in allowed else {"pictures": ()}

    def _admitted(self, spec: ToolSpec, suite: Suite, arguments: Mapping[str, Any]) -> dict[str, Any]:
        who = suite.principal
        heed(suite.settings, who, self._door)
        self._limiter.admit(f"{who.tenant}\0{who.user}")
        if spec.writes and not who.may_write:
            raise PolicyRefused(
                "this caller may only read",
                which=spec.name,
                next_step="start the server with --allow-write, or set server.allow_write; callers need may_write too, "
                "or a token with the scope ingest (insufficient_scope)",
            )
        if spec.admin and not who.may_admin:
            raise PolicyRefused(
                "this caller may not set rights",
                which=spec.name,
                next_step="send a token with the scope admin (insufficient_scope)",
            )
        if not spec.writes and not who.may_read:
            raise PolicyRefused(
                "this caller may not read",
                which=spec.name,
                next_step="send a token with the scope read (insufficient_scope)",
            )
        return checked_arguments(spec, arguments, suite.settings.limits.answer_chars)

    def _record(self, spec: ToolSpec, suite: Suite, arguments: Mapping[str, Any]) -> AuditRecord:
        words = json.dumps(dict(arguments), sort_keys=True, default=str)
        return AuditRecord(
            id=new_receipt(),
            tenant=suite.principal.tenant,
            user=suite.principal.user,
            door=self._door,
            tool=spec.name,
            request=self._audit.fingerprint(words) if self._audit else "",
        )

    def _end(self, record: AuditRecord, start: float, outcome: str, ids: tuple[str, ...] = ()) -> None:
        seconds = round(self._clock() - start, 4)
        self._write(record.model_copy(update={"returned": ids[:MOST_IDS], "outcome": outcome, "seconds": seconds}))

    def _write(self, record: AuditRecord) -> None:
        if self._audit:
            self._audit.append(record)


@lru_cache(maxsize=64)
def arguments_of(function: Callable[..., Any]) -> type[BaseModel]:
    """Build the closed argument model of a tool from its signature, leaving out the suite."""
    _, *rest = _signature(function).parameters.values()
    fields: dict[str, Any] = {
        each.name: (each.annotation, ... if each.default is each.empty else each.default) for each in rest
    }
    config = ConfigDict(extra="forbid", allow_inf_nan=False)
    return create_model(f"{function.__name__}_arguments", __config__=config, **fields)


def _signature(function: Callable[..., Any]) -> inspect.Signature:
    # Tools import Suite for type checkers only, so its name is given here.
    return inspect.signature(function, eval_str=True, locals={"Suite": object})


def checked_arguments(spec: ToolSpec, arguments: Mapping[str, Any], most_chars: int) -> dict[str, Any]:
    """Clean and validate the arguments of a call.

    Raises:
        InvalidArgument: an unknown name (with the nearest known one), a wrong type or a value out of range.
    """
    _refuse_unknown(spec, arguments)
    _refuse_oversized(arguments, most_chars)
    try:
        model = spec.arguments.model_validate({name: cleaned(value) for name, value in arguments.items()})
    except ValidationError as error:
        raise _invalid(spec, error) from None
    return {name: getattr(model, name) for name in type(model).model_fields}


def _refuse_unknown(spec: ToolSpec, arguments: Mapping[str, Any]) -> None:
    known = list(spec.arguments.model_fields)
    for name in arguments:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise InvalidArgument(
            f"unknown argument {one_line(name, 60)!r}",
            which=spec.name,
            next_step=f"{hint}known arguments: {', '.join(known) or 'none'}",
        )


def _refuse_oversized(arguments: Mapping[str, Any], most: int) -> None:
    for name, value in arguments.items():
        size = _chars_in(value)
        if size > most:
            raise InvalidArgument(
                f"argument {name!r} is too long ({size} characters)",
                limit=f"{most} characters (limits.answer_chars)",
                next_step="shorten it",
            )


def _chars_in(value: object) -> int:
    return len(value) if isinstance(value, str) else len(str(value)) if isinstance(value, list | dict) else 0  # pyright: ignore[reportUnknownArgumentType]


def _invalid(spec: ToolSpec, error: ValidationError) -> InvalidArgument:
    return InvalidArgument(one_line(misfit(error, "argument"), 300), which=spec.name, next_step="correct it")


def internal_error(name: str, error: BaseException, receipt: str = "") -> Internal:
    """Log the type and place of a bug and return the error that doors may show: an id, no text."""
    receipt = receipt or new_receipt()
    log.error("%s: %s in %s at %s", receipt, type(error).__name__, name, frames_of(error))
    return Internal("an internal error", which=f"call {receipt}", next_step="report it with this id and the server log")


def frames_of(error: BaseException) -> str:
    """Return where an error was raised (file and line of each frame), without its text or any value."""
    frames = traceback.extract_tb(error.__traceback__)
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames[-12:])
