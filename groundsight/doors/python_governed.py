"""The verbs of a Python program that answer for an index: rights, receipts, lineage, policy, incidents, risk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from groundsight.doors.python_given import kept_by

if TYPE_CHECKING:
    from groundsight.doors.govern.drift_desk import DriftShown
    from groundsight.doors.govern.incident_desk import IncidentList
    from groundsight.doors.govern.kpi import Kpi
    from groundsight.doors.govern.policy_desk import PolicyChecked
    from groundsight.doors.govern.risk_desk import RiskShown
    from groundsight.ingestion.rights import RightsReport
    from groundsight.suite import Suite
    from groundsight.tools.explain import Explained
    from groundsight.tools.lineage import Origin
    from groundsight.tools.replay import Replayed

AnyPath = str | Path
Paths = AnyPath | Iterable[AnyPath]


class Governed:
    """What an open suite tells and sets of who may see what, and of what was answered from what."""

    suite: Suite

    def rights(self, names: Paths, *, history: bool = False, **given: object) -> RightsReport:
        """Tell what holds of files and folders, or state it: ``rights("staff", labels=["hr"], retain_days=365)``.

        ``owner``, ``usage`` (approved, restricted or denied), ``consent_until`` (a day, the last one), ``purposes``,
        ``labels``, ``region``, ``retain_days``. An empty value, or None for the two limits, lifts what was stated.

        Raises:
            NotFound, InvalidArgument: a name or a value; then nothing is set. PolicyRefused: it may not be set here.
        """
        from groundsight.governance.rights import as_rights

        return self.suite.rights(names, as_rights(given, "rights"), history=history)

    def explain(self, receipt: str) -> Explained:
        """Say what the receipt of an answer or a check holds: what was asked and found, and why it was judged so.

        Raises:
            NotFound: there is no such receipt, it is too old, or another principal's.
        """
        from groundsight.tools.explain import explain

        return explain(self.suite, receipt)

    def replay(self, receipt: str) -> Replayed:
        """Ask again what a receipt was given for: the same evidence and verdicts, or what has changed since.

        Raises:
            NotFound: as for ``explain``. GroundsightError: as ``ask`` and ``verify``.
        """
        from groundsight.tools.replay import replay

        return replay(self.suite, receipt)

    def lineage(self, id: str) -> Origin:
        """Tell where a passage or document (a label, an id, or a source) comes from, and which receipts used it.

        Raises:
            NotFound: there is nothing such for this principal. InvalidArgument: several documents end so.
        """
        from groundsight.tools.lineage import lineage

        return lineage(self.suite, id)

    def policy(self) -> PolicyChecked:
        """Hold everything that is stored, of every tenant, against each line of the policy; see docs/policy.md.

        Raises:
            PolicyRefused: the principal may not set rights. ConfigError: the policy can't be read.
        """
        from groundsight.doors.govern.policy_desk import check_policy

        return check_policy(kept_by(self.suite))

    def incidents(self) -> IncidentList:
        """Ask the rules and list all incidents, oldest first, with those that this opened; see docs/incidents.md.

        Raises:
            PolicyRefused: as ``policy``. StorageFailed: a line of the incidents is damaged.
        """
        from groundsight.doors.govern.incident_desk import list_incidents

        return list_incidents(kept_by(self.suite))

    def risk(self) -> RiskShown:
        """Work out the risk of each kind of content (0 to 1, or a span where an input has no data) with its inputs.

        Raises:
            PolicyRefused: as ``policy``.
        """
        from groundsight.doors.govern.risk_desk import show_risk

        return show_risk(kept_by(self.suite))

    def drift(self) -> DriftShown:
        """Hold documents, answers, prompts and encoders against the baseline; see docs/drift.md.

        Raises:
            PolicyRefused: as ``policy``. NotFound: no baseline was taken.
        """
        from groundsight.doors.govern.drift_desk import show_drift

        return show_drift(kept_by(self.suite))

    def key_figures(self) -> Kpi:
        """Collect the key figures, each with its trend or what measures it; see docs/kpi.md.

        Raises:
            PolicyRefused: as ``policy``.
        """
        from groundsight.doors.govern.kpi import report_kpi

        return report_kpi(kept_by(self.suite), "")
