"""The tables of `state.db` about prepared drives and what the papers tell; never a key."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.adapters.state.sqlite import Database
from offline_backup_gui.adapters.state.written import read, written
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.prepared_drive import PreparedDrive
from offline_backup_gui.domain.shipping import ShippingNotes

PREPARED_TABLES = """
    CREATE TABLE prepared (plan_id TEXT NOT NULL, serial TEXT NOT NULL, drive BLOB NOT NULL,
        PRIMARY KEY (plan_id, serial))
    """
SHIPPING_TABLES = """
    CREATE TABLE shipping (plan_id TEXT PRIMARY KEY, notes BLOB NOT NULL)
    """


class PreparedTables:
    """Implements `domain.state.PreparedStore` over an open database."""

    _db: Database

    def prepared(self, plan_id: PlanId) -> Sequence[PreparedDrive]:
        """List the prepared drives of a plan by serial."""
        rows = self._db.rows(
            "SELECT drive FROM prepared WHERE plan_id = ? ORDER BY serial", (plan_id,)
        )
        return [read(row[0], PreparedDrive) for row in rows]

    def put_prepared(self, plan_id: PlanId, drive: PreparedDrive) -> None:
        """Add a drive, or replace what is known of the same serial."""
        with self._db.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO prepared VALUES (?,?,?)",
                (plan_id, drive.serial, written(drive)),
            )

    def forget_prepared(self, plan_id: PlanId, serial: str) -> None:
        """Take a drive out; no trouble when it is not there."""
        with self._db.transaction() as connection:
            connection.execute(
                "DELETE FROM prepared WHERE plan_id = ? AND serial = ?", (plan_id, serial)
            )

    def shipping(self, plan_id: PlanId) -> ShippingNotes:
        """Give what is kept for the papers of a plan, empty notes at first."""
        row = self._db.row("SELECT notes FROM shipping WHERE plan_id = ?", (plan_id,))
        return read(row[0], ShippingNotes) if row else ShippingNotes()

    def put_shipping(self, plan_id: PlanId, notes: ShippingNotes) -> None:
        """Replace what is kept for the papers."""
        with self._db.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO shipping VALUES (?,?)", (plan_id, written(notes))
            )
