"""The tables of `state.db` about shipments: notes, the job of Azure, what was told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from offline_backup_gui.adapters.state.sqlite import Database
from offline_backup_gui.adapters.state.written import read, written
from offline_backup_gui.domain.mail import MailSettings
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipment import KeptJob
from offline_backup_gui.domain.state import ShipmentNotes

SHIPMENT_TABLES = """
    CREATE TABLE service_jobs (plan_id TEXT PRIMARY KEY, kept BLOB NOT NULL);
    CREATE TABLE told (plan_id TEXT NOT NULL, channel TEXT NOT NULL, what TEXT NOT NULL,
        PRIMARY KEY (plan_id, channel, what))
    """


class ShipmentTables:
    """Implements `domain.state.ShipmentStore` over an open database."""

    _db: Database

    def _set(self, sql: str, *values: object) -> None:
        with self._db.transaction() as connection:
            connection.execute(sql, values)

    def notes(self, plan_id: PlanId) -> ShipmentNotes:
        """Give the notes, empty ones at first."""
        row = self._db.row("SELECT notes FROM notes WHERE plan_id = ?", (plan_id,))
        return read(row[0], ShipmentNotes) if row else ShipmentNotes()

    def put_notes(self, plan_id: PlanId, notes: ShipmentNotes) -> None:
        """Replace the notes."""
        data = written(notes)
        self._set("INSERT OR REPLACE INTO notes VALUES (?,?)", plan_id, data)

    def service_job(self, plan_id: PlanId) -> KeptJob | None:
        """Give the job of Azure as it was last seen."""
        row = self._db.row("SELECT kept FROM service_jobs WHERE plan_id = ?", (plan_id,))
        return read(row[0], KeptJob) if row else None

    def put_service_job(self, plan_id: PlanId, kept: KeptJob) -> None:
        """Keep a newer look at the job."""
        data = written(kept)
        self._set("INSERT OR REPLACE INTO service_jobs VALUES (?,?)", plan_id, data)

    def mail(self) -> MailSettings | None:
        """Give how mails are sent; None when none are."""
        row = self._db.row("SELECT value FROM settings WHERE name = 'mail'")
        return read(row[0], MailSettings) if row else None

    def put_mail(self, settings: MailSettings | None) -> None:
        """Keep or (None) forget how mails are sent."""
        if settings is None:
            self._set("DELETE FROM settings WHERE name = 'mail'")
        else:
            data = written(settings)
            self._set("INSERT OR REPLACE INTO settings VALUES ('mail', ?)", data)

    def claim(self, plan_id: PlanId, channel: str, what: str) -> bool:
        """Take the right to tell something once; False when somebody has told it."""
        # Windows of two people look every few seconds: only a new thing takes the write lock.
        known = "SELECT 1 FROM told WHERE plan_id = ? AND channel = ? AND what = ?"
        if self._db.row(known, (plan_id, channel, what)):
            return False
        with self._db.transaction() as connection:
            added = connection.execute(
                "INSERT OR IGNORE INTO told VALUES (?,?,?)", (plan_id, channel, what)
            )
            return added.rowcount == 1

    def disclaim(self, plan_id: PlanId, channel: str, what: str) -> None:
        """Give the right back: it could not be told after all."""
        self._set(
            "DELETE FROM told WHERE plan_id = ? AND channel = ? AND what = ?",
            plan_id,
            channel,
            what,
        )

    def claim_due(
        self, plan_id: PlanId, channel: str, what: str, at: datetime, within: timedelta
    ) -> bool:
        """Take the right to tell of a due time once; False when one so near was told."""
        if any(self._near(plan_id, channel, what, at, within)):
            return False
        with self._db.transaction() as connection:
            # Once more under the lock: another process may have told it meanwhile.
            if any(self._near(plan_id, channel, what, at, within)):
                return False
            connection.execute(
                "INSERT INTO told VALUES (?,?,?)", (plan_id, channel, f"{what}@{at.isoformat()}")
            )
            return True

    def disclaim_due(
        self, plan_id: PlanId, channel: str, what: str, at: datetime, within: timedelta
    ) -> None:
        """Give that right back."""
        for told in list(self._near(plan_id, channel, what, at, within)):
            self.disclaim(plan_id, channel, told)

    def _near(
        self, plan_id: PlanId, channel: str, what: str, at: datetime, within: timedelta
    ) -> Iterator[str]:
        """Yield what was told of a time near to this one."""
        start = f"{what}@"
        query = "SELECT what FROM told WHERE plan_id = ? AND channel = ? AND what LIKE ? || '%'"
        for (told,) in self._db.rows(query, (plan_id, channel, start)):
            with suppress(ValueError):
                if abs(datetime.fromisoformat(str(told)[len(start) :]) - at) <= within:
                    yield str(told)
