"""Policy as code: ``policy.toml`` in the home narrows what the settings allow, and is read again at every call.

A line that the settings or a document violate refuses by its name: ``policy.minimum_ratio``. What stands in the file
and can't be read refuses every call: a policy that is misspelt is never taken for none.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from datetime import date, timedelta
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import ValidationError

from groundsight.errors import ConfigError, PolicyRefused
from groundsight.governance.audit_chain import TRAIL, parsed
from groundsight.governance.daybook import FILE as DAYBOOK
from groundsight.governance.daybook import daybook
from groundsight.governance.leaving import leaving, models_named
from groundsight.limits import Positive
from groundsight.settings import PiiKind, Ratio
from groundsight.types import Answer, Asset, Word

if TYPE_CHECKING:
    from groundsight.settings import Settings

CODE = "E_POLICY_REFUSED"
NAME = "policy.toml"


class Policy(Word):
    """What is demanded; a line that is not there demands nothing.

    ``version`` is the author's own. ``minimum_ratio``: an answer under it is refused. ``redact``: kinds that have to be
    redacted. ``consent``: every document needs a day until which it may be used. ``parity_gap``: the most by which
    groups of callers may differ. ``models``, ``providers``: patterns (``openai:*``) and names that may be used.
    ``may_leave``: what may be sent to another machine. ``retention_days``: how long a document is kept at most.
    ``record``: no call is answered that can't be recorded.
    """

    version: str = ""
    minimum_ratio: Ratio | None = None
    redact: tuple[PiiKind, ...] = ()
    consent: bool = False
    parity_gap: Ratio | None = None
    models: tuple[str, ...] | None = None
    providers: tuple[str, ...] | None = None
    may_leave: tuple[Literal["text", "pictures"], ...] | None = None
    retention_days: Positive | None = None
    record: bool = False

    @property
    def hash(self) -> str:
        """The first 32 hex digits of the SHA-256 of what is demanded; remarks and order of lines change nothing."""
        # A demand that is not made is not in the hash: policies from before there was this one keep theirs.
        told = self.model_dump(mode="json", exclude=None if self.record else {"record"})
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]

    @property
    def named(self) -> str:
        """Its version and hash, for the record."""
        return f"{self.version or 'unversioned'} {self.hash}"

    @property
    def lines(self) -> dict[str, str]:
        """What each line demands, in words; a line that demands nothing is left out."""
        told: dict[str, Any] = self.model_dump(mode="json", exclude={"version"}, exclude_defaults=True)
        listed = {name: cast("list[str]", each) for name, each in told.items() if isinstance(each, list)}
        return {
            name: ", ".join(listed[name]) or "nothing" if name in listed else str(each) for name, each in told.items()
        }


NO_POLICY = Policy()


class Fault(Word):
    """A setting that the policy does not allow, and how to mend it."""

    line: str
    setting: str
    value: str
    next_step: str

    def error(self) -> PolicyRefused:
        """Return the refusal."""
        what = f"the policy does not allow {self.setting} = {self.value}"
        return policy_refusal(self.line, what, self.next_step)


def policy_refusal(line: str, what: str, next_step: str, limit: str = "") -> PolicyRefused:
    """Return the error that names the line of the policy that is violated."""
    return PolicyRefused(what, which=f"policy.{line}", limit=limit, next_step=next_step, code=CODE)


def policy_file(settings: Settings) -> Path:
    """Return where the policy stands, whether or not there is one."""
    return settings.governance.policy or settings.home / NAME


def policy_of(settings: Settings) -> Policy:
    """Read the policy in force, which is as the file is now; without a file it demands nothing.

    Raises:
        ConfigError: a key is unknown or its value wrong, the file is no TOML, or the named one is not there.
    """
    file = policy_file(settings)
    try:
        return _read(file.read_bytes(), str(file))
    except (FileNotFoundError, NotADirectoryError):
        named = settings.governance.policy is not None
        if not (named or file.is_symlink() or _was_in_force(settings.home)):
            return NO_POLICY
        step = "check governance.policy" if named else "put it back; an empty file demands nothing"
        raise ConfigError("the policy is not there", which=str(file), next_step=step) from None
    except OSError as error:
        what = f"the policy can't be read: {error.strerror}"
        raise ConfigError(what, which=str(file), next_step="correct the rights of the file") from error


def _was_in_force(home: Path) -> bool:
    """True where a policy demanded something when it was last looked at, by the daybook, without one by the trail."""
    for file, told in ((home / DAYBOOK, _noted), (home / "audit" / TRAIL, _recorded)):
        with suppress(OSError):
            state = file.stat()
            return told(home, state.st_mtime_ns, state.st_ino) not in ("", NO_POLICY.hash)
    return False


@lru_cache(maxsize=8)
def _noted(home: Path, *_: int) -> str:
    """Return the hash that the daybook notes; opened once a state of it, as documents ask one by one."""
    with daybook(home, reading=True) as book:
        known = book.execute("SELECT value FROM known WHERE name = 'policy'").fetchone()
    return str(known[0]) if known else ""


@lru_cache(maxsize=8)
def _recorded(home: Path, *_: int) -> str:
    """Return the hash in the last record of the trail that tells of a change of the policy."""
    lines = reversed((home / "audit" / TRAIL).read_bytes().split(b"\n"))
    found = (record for line in lines if b'"policy"' in line and (record := parsed(line)))
    changes = (each for each in found if (each.get("kind"), each.get("tool")) == ("change", "policy"))
    return str(next(changes, {"outcome": ""})["outcome"]).rpartition(" ")[2]


def policy_hash(settings: Settings) -> str:
    """Return the SHA-256 of the policy in force and of the rules of ``governance``, not of who the local caller is."""
    rules = settings.governance.model_dump_json(exclude={"tenant", "user", "region", "labels", "purpose"})
    return hashlib.sha256(f"{policy_of(settings).hash} {rules}".encode()).hexdigest()


def faults_of(policy: Policy, settings: Settings) -> tuple[Fault, ...]:
    """Return each setting that violates the policy, in the order of the policy's lines."""
    return (*_redaction(policy, settings), *_models(policy, settings), *_leaving(policy, settings))


def require_setting(settings: Settings, *names: str) -> None:
    """Refuse settings that violate the policy.

    Raises:
        PolicyRefused: one of ``names`` (``models.text``, ``agent.llm``, ``governance.redact``) does.
    """
    policy = policy_of(settings)
    if policy is not NO_POLICY and (found := [one for one in faults_of(policy, settings) if one.setting in names]):
        raise found[0].error()


def let_in(policy: Policy, asset: Asset, today: date | None = None) -> Asset:
    """Return a document as the policy lets it in: kept no longer than it says.

    Raises:
        PolicyRefused: it lacks the consent that is demanded.
    """
    now = today or date.today()
    if policy.consent and (asset.consent_until is None or asset.consent_until < now):
        step = "groundsight rights NAME --consent-until YYYY-MM-DD, then ingest it again"
        raise policy_refusal("consent", f"policy.consent is violated: no consent is recorded for {asset.source}", step)
    if policy.retention_days is None:
        return asset
    last = last_day(policy, now)
    return asset.model_copy(update={"retain_until": min(asset.retain_until or last, last)})


def require_stated(policy: Policy, stated: Mapping[str, Any]) -> None:
    """Refuse rights that are stated against the policy: no limit of consent where one is demanded, longer retention.

    Raises:
        PolicyRefused: named by the line.
    """
    if policy.consent and stated.get("consent_until", "") is None:
        what = "every document needs a day until which it may be used"
        raise policy_refusal("consent", what, "state consent_until, YYYY-MM-DD")
    days, most = stated.get("retain_days", 0), policy.retention_days
    if most is not None and (days is None or days > most):
        raise policy_refusal("retention_days", "it would be kept longer", "state fewer days", f"{most} days")


def last_day(policy: Policy, today: date) -> date:
    """Return the last day on which what is stored today may be kept."""
    days = min(policy.retention_days or 0, (date.max - today).days)
    return today + timedelta(days=days)


def under_policy(policy: Policy, answer: Answer) -> Answer:
    """Return an answer, or its refusal where less of it is supported than the policy demands; nothing of it is left."""
    least = policy.minimum_ratio
    if least is None or answer.status not in ("answered", "partial"):
        return answer
    if answer.grounding_ratio is not None and answer.grounding_ratio >= least:
        return answer
    found = "nothing of it can be checked" if answer.grounding_ratio is None else f"{answer.grounding_ratio:.2f}"
    error = policy_refusal(
        "minimum_ratio", "the answer is refused", "ask for less at once, or look at the files", f"{least}"
    )
    told = {"status": "refused", "text": f"{error} (this one: {found})", "stop_reason": f"{CODE} {error.which}"}
    nothing: dict[str, Any] = {"verdicts": (), "citations": (), "evidence": (), "trace": (), "candidates": ()}
    return answer.model_copy(update={**told, **nothing})


@lru_cache(maxsize=8)
def _read(data: bytes, where: str) -> Policy:
    try:
        found = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"the policy is no TOML: {error}", which=where, next_step="correct what is named") from None
    unknown = next((key for key in found if key not in Policy.model_fields), None)
    if unknown is not None:
        raise _unknown(unknown, where)
    try:
        return Policy.model_validate_json(json.dumps(found, default=str), strict=True)
    except ValidationError as error:
        raise _wrong(error, where) from None


def _unknown(key: str, where: str) -> ConfigError:
    near = difflib.get_close_matches(key, Policy.model_fields, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}? " if near else ""
    step = f"{hint}known lines: {', '.join(Policy.model_fields)}"
    return ConfigError(f"there is no line policy.{key}", which=where, next_step=step)


def _wrong(error: ValidationError, where: str) -> ConfigError:
    first = error.errors(include_input=False, include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    return ConfigError(f"line policy.{path}: {first['msg']}", which=where, next_step="correct what is named")


def _redaction(policy: Policy, settings: Settings) -> list[Fault]:
    lacking = [kind for kind in policy.redact if kind not in settings.governance.redact]
    if not lacking:
        return []
    step = f"add {', '.join(lacking)} to governance.redact and ingest again"
    return [_fault("redact", "governance.redact", ", ".join(settings.governance.redact) or "none", step)]


def _models(policy: Policy, settings: Settings) -> list[Fault]:
    found: list[Fault] = []
    for setting, value in models_named(settings).items():
        if policy.models is not None and not any(fnmatchcase(value, each) for each in policy.models):
            found.append(_fault("models", setting, value, f"choose one of: {', '.join(policy.models) or 'none'}"))
    llm = settings.agent.llm
    if llm and policy.providers is not None and llm.partition(":")[0] not in policy.providers:
        found.append(_fault("providers", "agent.llm", llm, f"use one of: {', '.join(policy.providers) or 'none'}"))
    return found


def _leaving(policy: Policy, settings: Settings) -> list[Fault]:
    if policy.may_leave is None:
        return []
    step = "use one on this machine, or none"
    return [
        _fault("may_leave", setting, value, step)
        for setting, value, what in leaving(settings)
        if not what <= set(policy.may_leave)
    ]


def _fault(line: str, setting: str, value: str, next_step: str) -> Fault:
    return Fault(line=line, setting=setting, value=value, next_step=next_step)
