"""Measure the sources, judge the routes, keep drafts and plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.plan import Draft, Measurement, Plan, PlanId
from offline_backup_gui.domain.ports import Control


class Planning:
    """Drafts and plans; every call may be made from a worker thread."""

    def measure(
        self,
        sources: Sequence[str],
        exclude: Sequence[str],
        on_measurement: Callable[[Measurement], None],
        control: Control,
    ) -> Measurement:
        """Walk the sources and report the size so far a few times a second; give the total."""
        raise NotImplementedError

    def draft(self) -> Draft:
        """Give the saved draft, or an empty one."""
        raise NotImplementedError

    def save_draft(self, draft: Draft) -> None:
        """Keep the draft; called whenever a page is left."""
        raise NotImplementedError

    def discard_draft(self) -> None:
        """Forget the draft, after it became a plan."""
        raise NotImplementedError

    def decide(self, draft: Draft) -> Plan:
        """Turn a complete draft into a kept plan; PLAN_BLOCKED when something is undecided."""
        raise NotImplementedError

    def plans(self) -> Sequence[Plan]:
        """List the kept plans, newest first."""
        raise NotImplementedError

    def plan(self, plan_id: PlanId) -> Plan:
        """Give one kept plan; PLAN_NOT_FOUND."""
        raise NotImplementedError

    def check(self, plan: Plan) -> Sequence[Finding]:
        """Give every finding about a plan: sources, destination, drives, names, schedule."""
        raise NotImplementedError

    def practice_account(self) -> str:
        """Give the folder that stands for an Azure account when practising on this computer."""
        raise NotImplementedError

    def keep_access(
        self, account: str, *, sas: str | None = None, connection_string: str | None = None
    ) -> None:
        """Ask the account with this secret and, when it answers, keep the secret for its plans.

        Raises ACCOUNT_REFUSED, ACCOUNT_UNREACHABLE, ACCOUNT_ADDRESS_NOT_ALLOWED, ACCOUNT_EXPIRED.
        """
        raise NotImplementedError

    def draft_from(self, plan: Plan) -> Draft:
        """Give a draft with the last answers, for "Repeat this backup"."""
        raise NotImplementedError
