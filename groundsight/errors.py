"""Every error of the house: a code, what happened, to which thing, the limit, and what to do next.

GroundsightError
├── Fixable                    the caller can change the request and try again
│   ├── InvalidArgument        E_INVALID_ARG
│   ├── NotFound               E_NOT_FOUND          absent and forbidden read alike
│   ├── UnsupportedType        E_UNSUPPORTED_TYPE
│   ├── LimitExceeded          E_LIMIT_*            bytes, pixels, pages, archive, text, query
│   ├── ParseFailed            E_PARSE, E_EMPTY     encrypted, truncated, malformed, nothing inside
│   ├── Disabled               E_DISABLED           an extra, a model or a right is missing
│   └── ConfigError            E_CONFIG             start-up settings
├── Refused                    policy says no
│   ├── PolicyRefused          E_POLICY
│   ├── OverBudget             E_BUDGET             a budget of a day or month is used up
│   └── RedactionFailed        E_REDACTION          no proof of redaction, no commit
├── Retryable                  the same call may succeed later
│   ├── TimedOut               E_TIMEOUT
│   ├── RateLimited            E_RATE_LIMITED
│   ├── Locked                 E_LOCKED
│   ├── BackendDown            E_BACKEND
│   ├── InputRequired          E_INPUT_REQUIRED     the client has to answer something first
│   └── ModelFailed            E_MODEL, E_LLM
└── Final                      a person has to act
    ├── OutOfResources         E_RESOURCE           a child process died of its limits
    ├── StorageFailed          E_STORAGE
    ├── IndexCorrupt           E_INDEX_CORRUPT
    ├── IndexVersion           E_INDEX_VERSION      other schema or other encoder
    ├── Cancelled              E_CANCELLED
    └── Internal               E_INTERNAL           a bug; details only in the log
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar


class GroundsightError(Exception):
    """Base of all errors. ``str(error)`` is one line: code, what, which, limit, next step."""

    code: ClassVar[str] = "E_INTERNAL"
    retryable: ClassVar[bool] = False

    def __init__(self, what: str, *, which: str = "", limit: str = "", next_step: str = "", code: str = "") -> None:
        self.what, self.which, self.limit, self.next_step = what, which, limit, next_step
        self.error_code = code or type(self).code
        super().__init__(what)

    def __str__(self) -> str:
        what = f"{self.what} ({self.which})" if self.which else self.what
        return error_line(self.error_code, what, self.limit, self.next_step)

    def as_data(self) -> dict[str, Any]:
        """Return the fields that doors show: code, what, which, limit, next_step, retryable."""
        return {
            "code": self.error_code,
            "what": self.what,
            "which": self.which,
            "limit": self.limit,
            "next_step": self.next_step,
            "retryable": self.retryable,
        }


def error_line(code: str, what: str, limit: str, next_step: str) -> str:
    """Say what is wrong on one line: its code, what, the limit where there is one, and the next step."""
    said = [f"{code}: {what}", f"Limit: {limit}" if limit else "", f"Next: {next_step}" if next_step else ""]
    return ". ".join(filter(None, said))


class Fixable(GroundsightError):
    """The caller can change the request and try again."""


class InvalidArgument(Fixable):
    """An argument is missing, unknown, of the wrong type or out of range."""

    code = "E_INVALID_ARG"


class NotFound(Fixable):
    """The thing does not exist or is not visible to this principal: both read alike."""

    code = "E_NOT_FOUND"


class UnsupportedType(Fixable):
    """The content is of a kind that is not read, whatever its name says."""

    code = "E_UNSUPPORTED_TYPE"


class LimitExceeded(Fixable):
    """A named limit was hit; ``code`` says which (``E_LIMIT_BYTES``, ``E_LIMIT_PIXELS``, ...)."""

    code = "E_LIMIT"


class ParseFailed(Fixable):
    """The file is broken, encrypted or empty."""

    code = "E_PARSE"


class Disabled(Fixable):
    """A lane is off: an extra, a model or a right is missing; the next step says how to switch it on."""

    code = "E_DISABLED"


class ConfigError(Fixable):
    """The settings can't be used; raised at start-up only."""

    code = "E_CONFIG"


class Refused(GroundsightError):
    """Policy says no."""


class PolicyRefused(Refused):
    """A rule of the policy forbids this."""

    code = "E_POLICY"


class OverBudget(Refused):
    """A budget is used up; the next step says when it begins anew."""

    code = "E_BUDGET"


class RedactionFailed(Refused):
    """Redaction could not be proven, so nothing was stored."""

    code = "E_REDACTION"


class Retryable(GroundsightError):
    """The same call may succeed later."""

    retryable = True


class TimedOut(Retryable):
    """A stage ran past its limit."""

    code = "E_TIMEOUT"


class RateLimited(Retryable):
    """Too many calls by this principal."""

    code = "E_RATE_LIMITED"


class Locked(Retryable):
    """Another writer holds the index."""

    code = "E_LOCKED"


class BackendDown(Retryable):
    """The index back end can't be reached or answers wrongly."""

    code = "E_BACKEND"


class InputRequired(Retryable):
    """The work waits for its client: ``request`` is what it asks, ``ticket`` names it when the call is repeated."""

    code = "E_INPUT_REQUIRED"
    request: Mapping[str, Any] = MappingProxyType({})
    ticket: str = ""

    @classmethod
    def of(cls, request: Mapping[str, Any], ticket: str) -> InputRequired:
        """Ask this, and go on under this ticket."""
        error = cls("the client has to answer first", next_step="repeat the call with the answer")
        error.request, error.ticket = request, ticket
        return error


class ModelFailed(Retryable):
    """A model failed to load or to answer."""

    code = "E_MODEL"


class Final(GroundsightError):
    """A person has to act."""


class OutOfResources(Final):
    """A child process died of its memory or CPU limit."""

    code = "E_RESOURCE"


class StorageFailed(Final):
    """The disk is full, read-only or failing."""

    code = "E_STORAGE"


class IndexCorrupt(Final):
    """The index is damaged; the next step names the repair."""

    code = "E_INDEX_CORRUPT"


class IndexVersion(Final):
    """The index was written with another schema or another encoder."""

    code = "E_INDEX_VERSION"


class Cancelled(Final):
    """The caller went away or pressed Ctrl-C."""

    code = "E_CANCELLED"


class Internal(Final):
    """A bug. The message carries a request id; the details are in the log."""

    code = "E_INTERNAL"
