"""The assembled parts. Everything heavy loads on first use; every call carries a principal."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

from groundsight.errors import ConfigError, InvalidArgument
from groundsight.governance.policy import policy_of
from groundsight.limits import require_words
from groundsight.operation.let_go import let_go
from groundsight.parts import Parts, Varied
from groundsight.quality.flags import changes_for
from groundsight.quality_settings import changed_settings
from groundsight.settings import Settings, load_settings
from groundsight.tracing import Watch, tell
from groundsight.types import Answer, Evidence, GroundingReport, Principal, Query, SearchResult

if TYPE_CHECKING:
    from collections.abc import Callable

    from groundsight.governance.optout import OptOut
    from groundsight.governance.rights import Rights
    from groundsight.ingestion import IngestReport
    from groundsight.ingestion.folder.account import Account
    from groundsight.ingestion.folder.catalogue import Catalogue, Wanted
    from groundsight.ingestion.folder.orders import Order
    from groundsight.ingestion.forget import ForgetReport
    from groundsight.ingestion.rights import RightsReport
    from groundsight.operation.calls import CallRecord
    from groundsight.retrieval.missed import Fate


AnyPath = str | Path


class Suite:
    """What a program holds: one index, one set of models, one principal.

    ``acting_for`` gives the same parts to another principal; parts are shared and thread safe. Flags and missed targets
    may change settings for a principal when a view is made.
    """

    def __init__(self, parts: Parts, principal: Principal, watch: Watch | None = None) -> None:
        self.parts = _parts_for(parts.base, principal)
        self.settings: Settings = self.parts.settings
        self._principal = principal
        self.watch = watch or Watch()

    @property
    def principal(self) -> Principal:
        """Who calls; where the policy in force demands consent it sees nothing that has no day of it."""
        # A policy that can't be read refuses the call where it is heeded.
        with suppress(ConfigError):
            if policy_of(self.settings).consent:
                return self._principal.model_copy(update={"dated_only": True})
        return self._principal

    def acting_for(self, principal: Principal | None = None, watch: Watch | None = None) -> Suite:
        """Return a view of the same parts for another principal, or with another watch."""
        return Suite(self.parts, principal or self._principal, watch or self.watch)

    def ingest(
        self, paths: AnyPath | Iterable[AnyPath], *, prune: bool = False, confined: bool = False
    ) -> IngestReport:
        """Read files and folders into the index; unchanged files cost a hash, failures are reported.

        A folder that a program names may be read from now on, unless its principal holds folders of its own. A door
        that passes on what a model named says ``confined``: no folder is added, and names may be sources.
        """
        from groundsight.ingestion.ingest import ingest

        named = paths_named(paths)
        if not confined:
            named = [Path(path).expanduser() for path in named]
        if not confined and self.principal.may_write and self.principal.roots is None:
            for path in named:
                self.parts.roots.admit(Path(path))
        with self.parts.calls.recorded("ingest", self.principal):
            return ingest(self.parts, named, self.principal, self.watch, prune=prune, confined=confined)

    def forget(
        self, names: AnyPath | Iterable[AnyPath], *, opt_out: bool = False, rewrite_snapshots: bool = False
    ) -> ForgetReport:
        """Remove files and folders, named by path, source or its end, with all that was made and kept of them.

        ``opt_out``: they, and the same contents anywhere, are never read again. ``rewrite_snapshots``: those on record.

        Raises:
            NotFound: nothing of a name is indexed. InvalidArgument: several end so. Then nothing is removed.
        """
        from groundsight.ingestion.forget import Wish, forget

        wish = Wish(opt_out=opt_out, rewrite_snapshots=rewrite_snapshots)
        return forget(self.parts, paths_named(names), self.principal, self.watch, wish)

    def opted_out(self) -> tuple[OptOut, ...]:
        """Return what is never read again, as keyed hashes with the day; nobody can tell names from them."""
        from groundsight.governance.optout import OptOuts

        return OptOuts(self.settings.home, self.principal.tenant).listed()

    def lift(self, names: AnyPath | Iterable[AnyPath]) -> tuple[OptOut, ...]:
        """Let files, folders and contents be read again, named by path, source or the id of an entry.

        Raises:
            NotFound: nothing of this name is opted out. PolicyRefused: the principal may not write.
        """
        from groundsight.ingestion.forget import lift

        return lift(self.parts, [str(name) for name in paths_named(names)], self.principal)

    def rights(
        self,
        names: AnyPath | Iterable[AnyPath],
        given: Rights | None = None,
        *,
        history: bool = False,
    ) -> RightsReport:
        """State rights of documents and folders, or with none given tell what holds; names as for ``forget``.

        A folder above ones that may be read stands for these; no folder may be read because its rights are stated.

        Raises:
            PolicyRefused: the principal may not set rights.
            NotFound, InvalidArgument: a name or a value; then nothing is set.
        """
        from groundsight.ingestion.rights.setting import set_rights, show_rights

        named = paths_named(names)
        if given is None or not given.said:
            return show_rights(self.parts, named, self.principal, history=history)
        return set_rights(self.parts, named, given, self.principal)

    def ingest_later(self, paths: AnyPath | Iterable[AnyPath], *, prune: bool = False) -> Order:
        """Have files and folders under the roots read by a process beside this one; ``orders`` tells how far it is.

        Raises:
            PolicyRefused: the principal may not write. NotFound: one of them is not there.
        """
        from groundsight.ingestion.folder.orders import order

        return order(self.parts, self.principal, paths_named(paths), prune=prune)

    def orders(self) -> tuple[Order, ...]:
        """Return what this principal ordered, oldest first, with how far it is or how it ended."""
        from groundsight.ingestion.folder.orders import Orders

        return Orders(self.settings.home).of(self.principal)

    def stop(self, order_id: str) -> Order:
        """End an order at its next file; what was read is kept."""
        from groundsight.ingestion.folder.orders import Orders

        return Orders(self.settings.home).stop(self.principal, order_id)

    def list(self, wanted: Wanted | None = None) -> Catalogue:
        """List the documents that the principal may see, how many there are of each kind, and what is not indexed."""
        from groundsight.ingestion.folder.catalogue import catalogue

        return catalogue(self.parts, self.principal, wanted)

    def why(self, file: AnyPath, question: str = "") -> tuple[Account, Fate | None]:
        """Tell what became of a file, and with a question how the file fares in its search.

        Raises:
            NotFound: the file is not there, or not for this principal.
        """
        from groundsight.ingestion.folder.account import account
        from groundsight.retrieval.missed import fate

        found = account(self.parts, self.principal, str(file))
        if not question or found.document is None:
            return found, None
        return found, fate(self.parts, question, found.document, self.principal, self.watch)

    def search(self, query: Query | str) -> SearchResult:
        """Climb the retrieval ladder and return hits whose contributions add up to their scores.

        Hits whose file has changed or gone since it was read are marked ``stale``.
        """
        from groundsight.ingestion.folder.orders import awaited
        from groundsight.ingestion.stale import marked
        from groundsight.retrieval.search import search

        with self.parts.calls.recorded("search", self.principal) as call:
            found = search(self.parts, _as_query(query), self.principal, self.watch)
            found = marked(self.parts, awaited(self.settings.home, self.principal, found))
            tell(hits=len(found.hits), stale=sum(bool(hit.stale) for hit in found.hits))
        return found.model_copy(update={"degraded": (*found.degraded, call.over)}) if call.over else found

    def verify(self, answer: str, evidence: Sequence[Evidence] | Mapping[str, Sequence[Evidence]]) -> GroundingReport:
        """Check an answer sentence by sentence against evidence, or each sentence against its own."""
        from groundsight.grounding.verify import verify
        from groundsight.sessions import Labels

        require_words(answer, "the answer", "give the text to check")
        rules, limits = self.settings.grounding, self.settings.limits
        parts, watch, meant = self.parts, self.watch, Labels(self.settings.home, self.principal).meant
        with parts.calls.recorded("verify", self.principal):
            report = verify(
                answer, evidence, rules, parts.judge, limits=limits, watch=watch, arbiter=parts.arbiter, meant=meant
            )
            _tell_ratio(report.grounding_ratio, rules.target)
            tell(checkable=report.checkable, supported=report.supported, contradicted=report.contradicted)
        return report

    def ask(self, question: str, picture: str = "") -> Answer:
        """Answer with what the evidence supports, through the graph that the settings name.

        ``picture`` is what the question is about: a file that may be read, or the id of an image unit; it is not kept.
        """
        module, _, name = self.settings.agent.answerer.partition(":")
        answerer = cast("Callable[..., Answer]", getattr(import_module(module), name))
        with self.parts.calls.recorded("ask", self.principal) as call:
            suite = self.acting_for()
            answer = answerer(suite, question, picture) if picture else answerer(suite, question)
            return self.accounted(answer, call)

    def accounted(self, answer: Answer, call: CallRecord) -> Answer:
        """Tell of an answer how it ended, and return it with what it cost and the budget that is used up."""
        if self.watch.queued:
            tell(queue_seconds=time.monotonic() - self.watch.queued)
        tell(status=answer.status, tier=answer.tier.name, cache_hit=answer.cached is not None)
        _tell_ratio(answer.grounding_ratio, self.settings.grounding.target)
        lanes = dict.fromkeys((*answer.degraded, call.over) if call.over else answer.degraded)
        return answer.model_copy(update={"cost": call.cost(), "degraded": tuple(lanes)})

    def close(self) -> None:
        """Release the index."""
        self.parts.close()

    def __enter__(self) -> Suite:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def paths_named(names: object) -> list[AnyPath]:
    """Return the path or paths that a program names; an empty one is refused: it is the folder one stands in.

    Raises:
        InvalidArgument: there is none, or one is empty or neither ``str`` nor ``Path``.
    """
    one = isinstance(names, str | Path | bytes) or not hasattr(type(names), "__iter__")
    listed = [_path(each) for each in ((names,) if one else cast("Iterable[object]", names))]
    if not listed or any(not str(each).strip() for each in listed):
        raise InvalidArgument("a name is empty", which="paths", next_step="name a file or a folder, . for this one")
    return listed


def _path(name: object) -> AnyPath:
    if isinstance(name, str | Path) and "\0" not in str(name):
        return name
    raise InvalidArgument("this names no file", which=repr(name)[:80], next_step="give str, Path, or several")


def open_suite(
    settings: Settings | None = None, principal: Principal | None = None, *, home: AnyPath | None = None
) -> Suite:
    """Assemble a suite; without arguments from the environment and ``~/.groundsight``. What its home keeps of questions
    goes where its time is over.

    Raises:
        ConfigError: the settings can't be used.
    """
    if isinstance(settings, str | Path):  # pyright: ignore[reportUnnecessaryIsInstance] - a likely slip without types
        raise ConfigError("settings are expected, not a path", which=str(settings), next_step="open_suite(home=...)")
    chosen = settings or load_settings(home)
    let_go(chosen)
    return Suite(Parts(chosen), principal or local_principal(chosen))


def local_principal(settings: Settings, *, may_write: bool = True) -> Principal:
    """The person at this machine, as the settings describe them."""
    who = settings.governance.model_dump(include={"tenant", "user", "region", "labels", "purpose"})
    return Principal(**who, may_write=may_write, may_admin=may_write)


def _tell_ratio(ratio: float | None, target: float) -> None:
    """Tell a grounding ratio and how far it is over the target."""
    if ratio is not None:
        tell(grounding_ratio=ratio, grounding_delta=round(ratio - target, 4))


def _parts_for(parts: Parts, who: Principal) -> Parts:
    """Return the parts under the settings that hold for a principal now."""
    changes = changes_for(parts.settings, who)
    return Varied(parts, changed_settings(parts.settings, changes)) if changes else parts


def _as_query(query: Query | str) -> Query:
    return Query(text=query) if isinstance(query, str) else query
