"""A file described as an asset: its id, where it comes from, and what protects it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from groundsight.governance.policy import let_in, policy_of
from groundsight.governance.redaction import profile_of
from groundsight.governance.rights import Holding, guarded
from groundsight.ingestion import Parsed
from groundsight.ingestion.enrich import lineage_of_text
from groundsight.ingestion.frozen import Frozen
from groundsight.language.addressed import speaks_to_a_model
from groundsight.settings import Settings
from groundsight.types import Asset, Principal


def new_asset_id(tenant: str, source: str, sha256: str, settings: Settings) -> str:
    """Derive the id from tenant, source, content and every setting that shapes units."""
    models = settings.models
    recipe = (
        settings.ingestion.model_dump_json(),
        models.text,
        models.visual,
        models.ocr,
        models.caption,
        models.speech,
    )
    named = "\0".join((tenant, source, sha256, *recipe, profile_of(settings)))
    return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def make_asset(
    parsed: Parsed,
    document: Frozen,
    who: Principal,
    settings: Settings,
    guards: Sequence[Asset] = (),
    holder: Asset | None = None,
    holding: Holding | None = None,
    remembered: Mapping[str, Any] | None = None,
) -> Asset:
    """Describe the file; the tenant comes from the principal, and so does the region of what nothing protects yet.

    What protects a document is not the writer's to change: it is taken from ``holding``, what is stated of it, and from
    ``guards``, the document as it was before, or all protected ones of the same content: the strictest of each counts,
    and so does what is ``remembered`` of one that is gone. A file that lies in another one, the ``holder``, is
    protected as that is, too.

    Raises:
        PolicyRefused: the policy does not let it in.
    """
    stated, above = dict(holding.values) if holding else {}, [*guards, *filter(None, (holder,))]
    if above and not (holding and "region" in holding.origins):
        stated["region"] = "global"
    described = Asset(
        asset_id=new_asset_id(who.tenant, document.source, document.sha256, settings),
        source=document.source,
        media_type=parsed.media_type,
        title=document.name if speaks_to_a_model(parsed.title) else parsed.title or document.name,
        sha256=document.sha256,
        bytes=document.bytes,
        mtime_ns=document.mtime_ns,
        created=parsed.created,
        tenant=who.tenant,
        region=who.region,
        pages=parsed.pages,
        parent=holder.source if holder else None,
        lineage=lineage_of_text(parsed.media_type, document.sha256, settings),
    ).model_copy(update=stated)
    return let_in(policy_of(settings), _as_remembered(reduce(guarded, above, described), remembered or {}))


def is_guarded(asset: Asset) -> bool:
    """True when not everybody of its tenant and region may read it for ever: a file that was moved keeps that."""
    days, names = (asset.consent_until, asset.retain_until), (asset.labels, asset.purposes, asset.owner)
    return any(names) or any(days) or asset.usage_rights != "approved" or asset.region != "global"


def is_kept_as(asset: Asset, holder: Asset) -> bool:
    """True when a file is known to lie in this one and is no less protected."""
    return asset.parent == holder.source and guarded(asset, holder) == asset


def _as_remembered(asset: Asset, remembered: Mapping[str, Any]) -> Asset:
    """Protect a document as one of its content was that is gone; it opens nothing that is shut by its own rights."""
    if not remembered:
        return asset
    owner = remembered["owner"] if remembered["labels"] else asset.owner
    # A region is narrower than none, be it the document's own or the remembered one.
    region = asset.region if remembered["region"] == "global" else remembered["region"]
    return guarded(asset, asset.model_copy(update={**remembered, "owner": owner, "region": region}))
