"""What the wizard's window finds out beside the draft, on worker threads; pages only read it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from msgspec.structs import replace
from PySide6.QtCore import QObject, Signal

from offline_backup_gui.domain.advice import advise
from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Finding, Severity
from offline_backup_gui.domain.job import JobState
from offline_backup_gui.domain.orders import KeptOrder
from offline_backup_gui.domain.plan import Draft, Route
from offline_backup_gui.domain.staging import StagingReport
from offline_backup_gui.services.drives import DriveListing
from offline_backup_gui.services.planning import plan_of
from offline_backup_gui.ui.wizard.facts import (
    Facts,
    advice_request,
    drive_need,
    needs_order,
    provisional_plan,
)
from offline_backup_gui.ui.wizard.page import Desk


class Knowing(QObject):
    """Keeps the facts fresh, and says when they changed."""

    changed = Signal()
    order_found = Signal()  # an order of this backup, after `look_for_order`

    def __init__(self, desk: Desk, today: date, draft: Callable[[], Draft], parent: QObject):
        super().__init__(parent)
        self._desk, self._today, self._draft = desk, today, draft
        self._listing = False
        self.facts = Facts()

    def advise(self) -> None:
        """Judge the routes anew; nothing is asked for that."""
        request = advice_request(self._draft(), self._today)
        self.facts = replace(self.facts, advice=advise(request, self._desk.geography))

    def check(self) -> None:
        """Let the sources and the account be looked at."""
        plan, planning = provisional_plan(self._draft()), self._desk.services.planning
        self._desk.bridge.call(
            self,
            lambda: planning.check(plan),
            lambda found: self.know_checked(tuple(found)),
            lambda _error: None,
        )

    def foresee(self) -> None:
        """Find out before the start what a copy of files as they are would come upon.

        Names that become no blob block; an agent that still writes is told, and the copy asks it
        again.
        """
        plan, services = provisional_plan(self._draft()), self._desk.services
        self.facts = replace(self.facts, foreseen=())
        if not plan.travels_as_is or plan.route is not Route.IMPORT_EXPORT or not plan.carried:
            return

        def look() -> list[Finding]:
            waits = services.staging.not_ready(plan)
            told = [replace(finding, severity=Severity.WARNING) for finding in waits]
            return told + services.mirrors.predict(plan)

        def seen(found: list[Finding]) -> None:
            if provisional_plan(self._draft()) == plan:
                self._know(replace(self.facts, foreseen=tuple(found)))

        self._desk.bridge.call(self, look, seen, lambda _gone: None)

    def know_checked(self, found: Sequence[Finding]) -> None:
        """Know what that look found."""
        self._know(replace(self.facts, checked=tuple(found)))

    def know_destination(self, found: tuple[Finding, ...]) -> None:
        """Know what Azure says about the account."""
        self._know(replace(self.facts, destination=found))

    def know_order(self, order: KeptOrder | None) -> None:
        """Know the order of this backup."""
        self._know(replace(self.facts, order=order))

    def know_staging(self, report: StagingReport) -> None:
        """Know the newest look at a staging location."""
        self._know(replace(self.facts, staging=report))

    def know_agents(self, found: AgentsFound) -> None:
        """Know the agents of this server."""
        self._know(replace(self.facts, agents=found))

    def know_copy(self, state: JobState) -> None:
        """Know how far the copy is; the caller shows it."""
        self.facts = replace(self.facts, copy_state=state)

    def look_for_order(self) -> None:
        """Find out whether the devices of this backup are ordered; no line is needed."""
        self.facts = replace(self.facts, order=None)
        draft, orders = self._draft(), self._desk.services.orders
        plan_id = plan_of(draft).plan_id

        def found(order: KeptOrder | None) -> None:
            self.know_order(order)
            self.order_found.emit()

        if needs_order(draft):
            self._desk.bridge.call(self, lambda: orders.of_plan(plan_id), found)

    def list_drives(self) -> None:
        """List the drives, one listing at a time."""
        if self._listing:
            return
        self._listing = True
        need, drives = drive_need(self._draft()), self._desk.services.drives

        def listed(listing: DriveListing) -> None:
            self._listing = False
            self._know(
                replace(
                    self.facts,
                    drives=listing.drives,
                    drives_listed=True,
                    drives_stale=listing.stale,
                )
            )

        def lost(_error: BackupError) -> None:
            self._listing = False
            self._know(replace(self.facts, drives_stale=True))

        self._desk.bridge.call(self, lambda: drives.listing(need), listed, lost)

    def _know(self, facts: Facts) -> None:
        self.facts = facts
        self.changed.emit()
