"""Opening SQLite files: numbered migrations, a copy before upgrading, newer files refused."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from offline_backup_gui.domain.errors import BackupError, ErrorCode

_ATTEMPTS, _BETWEEN_S = 200, 0.05


class Database:
    """One SQLite file in WAL mode, shared by the threads of this process under one lock."""

    def __init__(
        self,
        path: Path,
        migrations: Sequence[str],
        *,
        durable: bool = True,
        cache_bytes: int = 2 << 20,
    ) -> None:
        self.path = path
        self.lock = RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=30, isolation_level=None, check_same_thread=False
            )
            self._use_write_ahead_log()
            self._connection.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._connection.execute(f"PRAGMA cache_size={-(cache_bytes >> 10)}")
            # As many pages wait in the log as the cache holds: they go to their places in order.
            self._connection.execute(f"PRAGMA wal_autocheckpoint={max(1000, cache_bytes >> 12)}")
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from error
        try:
            self._migrate(migrations)
        except (sqlite3.Error, OSError) as error:
            self._connection.close()
            raise self._unusable(error) from error
        except BackupError:
            self._connection.close()
            raise

    def _use_write_ahead_log(self) -> None:
        # SQLite does not wait for others here, as it does everywhere else.
        for attempt in range(_ATTEMPTS):
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or attempt == _ATTEMPTS - 1:
                    raise
                time.sleep(_BETWEEN_S)
            else:
                return

    def _unusable(self, error: Exception) -> BackupError:
        return BackupError(ErrorCode.STATE_NOT_USABLE, path=str(self.path), why=str(error))

    def _migrate(self, migrations: Sequence[str]) -> None:
        version = self._connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(migrations):
            raise BackupError(ErrorCode.STATE_NEWER, path=str(self.path), version=version)
        if 0 < version < len(migrations):
            self._keep_copy(self.path.with_suffix(f".before-{len(migrations)}"))
        if version == len(migrations):
            return
        # All steps are one transaction: killed in the middle, the file is the old one.
        with self.transaction() as connection:
            # Another process may have migrated while this one waited for the lock.
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(migrations):
                raise BackupError(ErrorCode.STATE_NEWER, path=str(self.path), version=version)
            for script in migrations[version:]:
                for statement in script.split(";\n"):
                    if statement.strip():
                        connection.execute(statement)
            connection.execute(f"PRAGMA user_version={len(migrations)}")

    def _keep_copy(self, path: Path) -> None:
        """Copy the file as it is, whatever other processes are writing; an older copy stays."""
        if path.exists():
            return
        part = path.with_suffix(path.suffix + ".part")
        part.unlink(missing_ok=True)
        copy = sqlite3.connect(part)
        try:
            self._connection.backup(copy)
        finally:
            copy.close()
        os.replace(part, path)

    def _roll_back(self) -> None:
        # SQLite may have rolled back by itself, on a full disk for example.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, roll back on any exception."""
        with self.lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise self._unusable(error) from error
            try:
                yield self._connection
            except BaseException as error:
                self._roll_back()
                if isinstance(error, sqlite3.Error):
                    raise self._unusable(error) from error
                raise
            try:
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._roll_back()
                raise self._unusable(error) from error

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[object, ...]]:
        """Run a query and give all rows."""
        with self.lock:
            try:
                return self._connection.execute(sql, values).fetchall()
            except sqlite3.Error as error:
                raise self._unusable(error) from error

    def row(self, sql: str, values: Sequence[object] = ()) -> tuple[object, ...] | None:
        """Run a query and give the first row, or None."""
        found = self.rows(sql, values)
        return found[0] if found else None

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            self._connection.close()
