"""`state.db`: plans, jobs, readings, events, leases, shipment notes. A cache; never a secret."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from offline_backup_gui.adapters.state.orders import ORDER_TABLES, OrderTables
from offline_backup_gui.adapters.state.owners import lives, started
from offline_backup_gui.adapters.state.prepared import (
    PREPARED_TABLES,
    SHIPPING_TABLES,
    PreparedTables,
)
from offline_backup_gui.adapters.state.rights import secure_folder
from offline_backup_gui.adapters.state.shipping import SHIPMENT_TABLES, ShipmentTables
from offline_backup_gui.adapters.state.sqlite import Database
from offline_backup_gui.adapters.state.written import STATE_NAME, read, written
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import (
    ControlWord,
    Event,
    Job,
    JobId,
    JobKind,
    JobState,
    Reading,
    move,
)
from offline_backup_gui.domain.plan import Draft, PlanId
from offline_backup_gui.domain.state import KeptPlan

MIGRATIONS = (
    """
    CREATE TABLE settings (name TEXT PRIMARY KEY, value BLOB NOT NULL);
    CREATE TABLE plans (plan_id TEXT PRIMARY KEY, created REAL NOT NULL, kept BLOB NOT NULL);
    CREATE TABLE jobs (job_id INTEGER PRIMARY KEY AUTOINCREMENT, plan_id TEXT NOT NULL,
        kind TEXT NOT NULL, state TEXT NOT NULL, created TEXT NOT NULL, options BLOB NOT NULL,
        outcome BLOB NOT NULL, control TEXT NOT NULL, reading BLOB NOT NULL);
    CREATE INDEX jobs_of_plan ON jobs (plan_id, job_id);
    CREATE TABLE events (number INTEGER PRIMARY KEY AUTOINCREMENT, job_id INTEGER NOT NULL,
        event BLOB NOT NULL);
    CREATE INDEX events_of_job ON events (job_id, number);
    CREATE TABLE leases (plan_id TEXT PRIMARY KEY, pid INTEGER NOT NULL, started REAL NOT NULL,
        beat REAL NOT NULL);
    CREATE TABLE notes (plan_id TEXT PRIMARY KEY, notes BLOB NOT NULL);
    CREATE TABLE key_files (repository_id TEXT NOT NULL, name TEXT NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (repository_id, name));
    CREATE TABLE folder_drives (path TEXT PRIMARY KEY)
    """,
    SHIPMENT_TABLES,
    ORDER_TABLES,
    PREPARED_TABLES,
    SHIPPING_TABLES,
)
_JOB = "job_id, plan_id, kind, state, created, options, outcome"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class StateStore(ShipmentTables, OrderTables, PreparedTables):
    """Implements `domain.state.State` in `<folder>/state.db`."""

    def __init__(self, folder: Path, now: Callable[[], datetime] = _utc_now) -> None:
        self.folder, self._now = secure_folder(folder), now
        self._db = Database(folder / STATE_NAME, MIGRATIONS)

    # --- plans

    def draft(self) -> Draft | None:
        """Give the saved draft."""
        row = self._db.row("SELECT value FROM settings WHERE name = 'draft'")
        try:
            return read(row[0], Draft) if row else None
        except BackupError:
            return None  # of another version; a draft is not worth a refusal

    def put_draft(self, draft: Draft | None) -> None:
        """Keep or (None) forget the draft."""
        if draft is None:
            self._set("DELETE FROM settings WHERE name = 'draft'")
        else:
            data = written(draft)
            self._set("INSERT OR REPLACE INTO settings VALUES ('draft', ?)", data)

    def plans(self) -> Sequence[KeptPlan]:
        """List plans, newest first."""
        rows = self._db.rows("SELECT kept FROM plans ORDER BY created DESC, rowid DESC")
        return [read(row[0], KeptPlan) for row in rows]

    def plan(self, plan_id: PlanId) -> KeptPlan | None:
        """Give one plan."""
        row = self._db.row("SELECT kept FROM plans WHERE plan_id = ?", (plan_id,))
        return read(row[0], KeptPlan) if row else None

    def put_plan(self, kept: KeptPlan) -> None:
        """Add or replace a plan."""
        self._set(
            "INSERT OR REPLACE INTO plans VALUES (?,?,?)",
            kept.plan.plan_id,
            kept.created.timestamp(),
            written(kept),
        )

    def move_plan(self, before: PlanId, kept: KeptPlan) -> None:
        """Let a plan go on under the identity it now has, with its jobs and notes."""
        after = kept.plan.plan_id
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM plans WHERE plan_id = ?", (before,))
            for table in ("jobs", "notes", "service_jobs", "told", "prepared", "shipping"):
                connection.execute(
                    f"UPDATE {table} SET plan_id = ? WHERE plan_id = ?", (after, before)
                )
            self.move_orders(connection, before, after)
            connection.execute(
                "INSERT OR REPLACE INTO plans VALUES (?,?,?)",
                (after, kept.created.timestamp(), written(kept)),
            )

    # --- jobs

    def new_job(self, plan_id: PlanId, kind: JobKind, options: Mapping[str, object]) -> JobId:
        """Ask for a job; it waits."""
        with self._db.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO jobs (plan_id, kind, state, created, options, outcome, control,"
                " reading) VALUES (?,?,?,?,?,?,?,?)",
                (
                    plan_id,
                    kind.value,
                    JobState.WAITING.value,
                    self._now().isoformat(),
                    written(dict(options)),
                    b"{}",
                    ControlWord.GO.value,
                    written(Reading()),
                ),
            )
            return JobId(cast(int, cursor.lastrowid))

    @staticmethod
    def _job(row: Sequence[object]) -> Job:
        job_id, plan_id, kind, state, created, options, outcome = row
        return Job(
            JobId(cast(int, job_id)),
            PlanId(cast(str, plan_id)),
            JobKind(cast(str, kind)),
            JobState(cast(str, state)),
            datetime.fromisoformat(cast(str, created)),
            read(options, dict[str, object]),
            read(outcome, dict[str, object]),
        )

    def job(self, job_id: JobId) -> Job | None:
        """Give a job as stored."""
        row = self._db.row(f"SELECT {_JOB} FROM jobs WHERE job_id = ?", (job_id,))
        return self._job(row) if row else None

    def jobs(self, plan_id: PlanId) -> Sequence[Job]:
        """List jobs of a plan, newest first."""
        rows = self._db.rows(
            f"SELECT {_JOB} FROM jobs WHERE plan_id = ? ORDER BY job_id DESC", (plan_id,)
        )
        return [self._job(row) for row in rows]

    def set_state(
        self, job_id: JobId, state: JobState, outcome: Mapping[str, object] | None = None
    ) -> Job:
        """Move a job to a state that `domain.job` allows; MOVE_NOT_ALLOWED otherwise."""
        with self._db.transaction() as connection:
            row = connection.execute(
                f"SELECT {_JOB} FROM jobs WHERE job_id = ?", (job_id,)
            ).fetchone()
            if row is None:
                raise BackupError(ErrorCode.JOB_NOT_FOUND, job=job_id)
            job = self._job(row)
            result = job.outcome if outcome is None else dict(outcome)
            connection.execute(
                "UPDATE jobs SET state = ?, outcome = ? WHERE job_id = ?",
                (move(job.state, state).value, written(result), job_id),
            )
        return Job(job.job_id, job.plan_id, job.kind, state, job.created, job.options, result)

    def put_reading(self, job_id: JobId, reading: Reading) -> None:
        """Replace the newest reading."""
        data = written(reading)
        self._set("UPDATE jobs SET reading = ? WHERE job_id = ?", data, job_id)

    def reading(self, job_id: JobId) -> Reading:
        """Give the newest reading."""
        row = self._db.row("SELECT reading FROM jobs WHERE job_id = ?", (job_id,))
        return read(row[0], Reading) if row else Reading()

    def add_event(self, job_id: JobId, event: Event) -> None:
        """Append an event."""
        data = written(event)
        self._set("INSERT INTO events (job_id, event) VALUES (?,?)", job_id, data)

    def events(self, job_id: JobId, after: int) -> Sequence[tuple[int, Event]]:
        """Give numbered events later than `after`."""
        rows = self._db.rows(
            "SELECT number, event FROM events WHERE job_id = ? AND number > ? ORDER BY number",
            (job_id, after),
        )
        return [(cast(int, number), read(event, Event)) for number, event in rows]

    def control(self, job_id: JobId) -> ControlWord:
        """Give what is asked of the runner."""
        row = self._db.row("SELECT control FROM jobs WHERE job_id = ?", (job_id,))
        return ControlWord(cast(str, row[0])) if row else ControlWord.STOP

    def put_control(self, job_id: JobId, word: ControlWord) -> None:
        """Ask something of the runner."""
        self._set("UPDATE jobs SET control = ? WHERE job_id = ?", word.value, job_id)

    # --- leases

    def take(self, plan_id: PlanId) -> bool:
        """Take the lease for this process; False while another living runner holds it."""
        with self._db.transaction() as connection:
            row = connection.execute(
                "SELECT pid, started FROM leases WHERE plan_id = ?", (plan_id,)
            ).fetchone()
            if row is not None and row[0] != os.getpid() and lives(*row):
                return False
            connection.execute(
                "INSERT OR REPLACE INTO leases VALUES (?,?,?,?)",
                (plan_id, os.getpid(), started(os.getpid()), time.time()),
            )
        return True

    def beat(self, plan_id: PlanId) -> None:
        """Show that this process is alive."""
        self._set(
            "UPDATE leases SET beat = ? WHERE plan_id = ? AND pid = ?",
            time.time(),
            plan_id,
            os.getpid(),
        )

    def give_back(self, plan_id: PlanId) -> None:
        """Let go."""
        self._set("DELETE FROM leases WHERE plan_id = ? AND pid = ?", plan_id, os.getpid())

    def held(self, plan_id: PlanId) -> bool:
        """Say whether a living runner (this one or another) holds it."""
        row = self._db.row("SELECT pid, started FROM leases WHERE plan_id = ?", (plan_id,))
        return row is not None and lives(cast(int, row[0]), cast(float, row[1]))

    def holders(self) -> Sequence[PlanId]:
        """Name whatever a living runner works on: plans, and restores without one."""
        rows: Any = self._db.rows("SELECT plan_id, pid, started FROM leases")
        return [PlanId(plan_id) for plan_id, pid, began in rows if lives(pid, began)]

    # --- keys, practice drives

    def key_files(self, repository_id: str) -> dict[str, bytes]:
        """Give the files of a repository."""
        rows: Any = self._db.rows(
            "SELECT name, data FROM key_files WHERE repository_id = ?", (repository_id,)
        )
        return dict(rows)

    def put_key_file(self, repository_id: str, name: str, data: bytes) -> None:
        """Add or replace one."""
        self._set("INSERT OR REPLACE INTO key_files VALUES (?,?,?)", repository_id, name, data)

    def folder_drives(self) -> list[str]:
        """List the folders that stand for drives."""
        return [cast(str, row[0]) for row in self._db.rows("SELECT path FROM folder_drives")]

    def add_folder_drive(self, path: str) -> None:
        """Remember a folder that stands for a drive."""
        self._set("INSERT OR REPLACE INTO folder_drives VALUES (?)", path)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
