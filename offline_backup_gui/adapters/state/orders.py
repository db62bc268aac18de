"""The table of `state.db` about orders, and how this computer signs in; never a secret."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import cast

from msgspec.structs import replace

from offline_backup_gui.adapters.state.sqlite import Database
from offline_backup_gui.adapters.state.written import read, written
from offline_backup_gui.domain.clouds import SignIn
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.orders import KeptOrder
from offline_backup_gui.domain.plan import PlanId

ORDER_TABLES = """
    CREATE TABLE orders (number INTEGER PRIMARY KEY AUTOINCREMENT, resource_id TEXT NOT NULL UNIQUE,
        kept BLOB NOT NULL)
    """
_SIGN_IN = "azure-sign-in"


class OrderTables:
    """Implements `domain.state.OrderStore` over an open database."""

    _db: Database

    def orders(self) -> Sequence[KeptOrder]:
        """List every order, oldest first."""
        rows = self._db.rows("SELECT kept FROM orders ORDER BY number")
        return [read(row[0], KeptOrder) for row in rows]

    def put_order(self, order: KeptOrder) -> None:
        """Write an order down, on the disk before this returns."""
        name, data = order.ref.resource_id.lower(), written(order)
        with self._db.transaction() as connection:
            connection.execute(
                "INSERT INTO orders (resource_id, kept) VALUES (?,?)"
                " ON CONFLICT (resource_id) DO UPDATE SET kept = excluded.kept",
                (name, data),
            )

    def move_orders(self, connection: Connection, before: PlanId, after: PlanId) -> None:
        """Let orders follow their plan to its new identity."""
        for number, kept in connection.execute("SELECT number, kept FROM orders").fetchall():
            order = read(kept, KeptOrder)
            if order.plan_id == before:
                moved = written(replace(order, plan_id=after))
                connection.execute("UPDATE orders SET kept = ? WHERE number = ?", (moved, number))

    def sign_in(self) -> SignIn | None:
        """Give how this computer signs in."""
        row = self._db.row("SELECT value FROM settings WHERE name = ?", (_SIGN_IN,))
        try:
            return read(cast(bytes, row[0]), SignIn) if row else None
        except BackupError:
            return None  # of another version; signing in again is all it takes

    def put_sign_in(self, sign_in: SignIn | None) -> None:
        """Keep or (None) forget how this computer signs in."""
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM settings WHERE name = ?", (_SIGN_IN,))
            if sign_in is not None:
                values = (_SIGN_IN, written(sign_in))
                connection.execute("INSERT INTO settings VALUES (?,?)", values)
