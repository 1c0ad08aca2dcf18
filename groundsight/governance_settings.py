"""The settings of ``governance``: who calls, what is redacted, kept and watched."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from groundsight.errors import ConfigError
from groundsight.limits import Incidents, Positive, Section

Ratio = Annotated[float, Field(ge=0.0, le=1.0)]
# What the head of a column or a label may announce; the others are told by what they are.
Announced = Literal["email", "phone", "card", "iban", "ssn", "ip"]
PiiKind = Literal[Announced, "secret", "person", "place", "org"]
ALL_PII: tuple[PiiKind, ...] = ("email", "phone", "card", "iban", "ssn", "ip")
NAME_KINDS: tuple[PiiKind, ...] = ("person", "place", "org")
PROFILES: dict[str, tuple[PiiKind, ...]] = {
    "personal": ("card", "iban", "ssn", "secret"),
    "team": (*ALL_PII, "secret"),
    "strict": (*ALL_PII, "secret", *NAME_KINDS),
}


class Governance(Section):
    """Identity of a local caller and the rules that every call passes.

    ``purpose`` is what the local caller asks for. ``probe_denied`` is how many passages a search looks at beside its
    own to write into the trail what was kept from the caller; 0: only what is asked for by its name.
    ``receipts_days`` is how long a receipt of an answer or a check is kept; 0 keeps none.
    ``policy`` is the file that narrows them (None: ``policy.toml`` in the home, where there is one). An answer with a
    sentence less sure than ``review_below`` goes to the queue of a person, a picture whose likeliest tag is less sure
    than ``review_tags``, a caption that nothing bears out or that tells too much, and one of ``review_captions``.
    ``keep_clicks``: which hits were opened on the page is kept, for ``groundsight train --from clicks``.
    ``profile`` names what is redacted, or ``redact`` lists it. With ``pseudonym_key``, a file outside of ``home``, a
    value has the same stand-in in all documents, such as [PERSON-3f2a91c0].
    """

    tenant: str = "default"
    user: str = "local"
    region: str = "global"
    labels: tuple[str, ...] = ()
    purpose: str = ""
    profile: Literal["personal", "team", "strict"] | None = None
    redact: tuple[PiiKind, ...] = ALL_PII
    pseudonym_key: Path | None = None
    audit: bool = True
    probe_denied: Annotated[int, Field(ge=0, le=100)] = 0
    receipts_days: Annotated[int, Field(ge=0)] = 365
    calls_per_second: Positive = 20
    burst: Positive = 60
    policy: Path | None = None
    review_below: Ratio = 0.80
    review_captions: Positive = 20
    review_tags: Ratio = 0.30
    keep_clicks: bool = False
    incidents: Incidents = Incidents()

    @model_validator(mode="after")
    def _kinds_of_profile(self) -> Governance:
        told = PROFILES[self.profile] if self.profile else self.redact
        if self.redact not in (told, ALL_PII):
            raise ValueError("profile and redact name different kinds: set one of them")
        object.__setattr__(self, "redact", told)
        return self

    def of_tenant(self, tenant: str | None) -> Governance:
        """Return the same rules for the local caller of another tenant; None: of this one.

        Raises:
            ConfigError: the name is empty, or two that differ would look alike.
        """
        if tenant is not None and not tenant.strip():
            raise ConfigError("a tenant without a name", which="--tenant", next_step="name it, or leave the option out")
        if tenant is not None and (tenant != tenant.strip() or not tenant.isprintable()):
            raise ConfigError(
                "the name of a tenant has signs that nobody sees",
                which=f"--tenant {tenant!a}",
                next_step="name it without spaces at its ends and without control characters",
            )
        return self if tenant is None else self.model_copy(update={"tenant": tenant})
