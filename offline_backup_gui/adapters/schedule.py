"""Scheduled runs by the system: cron on Linux, the Task Scheduler on Windows."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.ports import Scheduler

CRON_FOLDER = Path("/etc/cron.d")


class CronScheduler:
    """One file a plan in /etc/cron.d (see cron(8)), run as root; times are local."""

    def __init__(self, folder: Path = CRON_FOLDER) -> None:
        self._folder = folder

    def _path(self, plan_id: PlanId) -> Path:
        return self._folder / f"offline-backup-{plan_id}"  # cron takes no dots in names

    def put(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Run a command every day at local "HH:MM" times; gives whether the system will do it."""
        path = self._path(plan_id)
        part = path.with_name(path.name + "~")  # cron passes over names with a tilde
        try:
            part.write_text(_lines(times, command), "utf-8")
            part.chmod(0o644)
            os.replace(part, path)
        except OSError as error:
            raise BackupError(
                ErrorCode.STATE_NOT_USABLE, path=str(path), why=error.strerror or ""
            ) from error
        return True

    def is_set(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Say whether cron's file of this plan is the one that would be written now."""
        try:
            return self._path(plan_id).read_text("utf-8") == _lines(times, command)
        except (OSError, UnicodeDecodeError):
            return False

    def remove(self, plan_id: PlanId) -> None:
        """Run nothing for this plan any more."""
        self._path(plan_id).unlink(missing_ok=True)


def _lines(times: Sequence[str], command: Sequence[str]) -> str:
    line = shlex.join(command).replace("%", r"\%")  # cron reads % as a line end
    runs = [f"{int(at[3:])} {int(at[:2])} * * * root {line}\n" for at in times]
    return "# Increments of Offline Backup\n" + "".join(runs)


class NoScheduler:
    """Where nothing can be scheduled: another state folder, no cron, no right to set it up."""

    def put(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Say that nothing will run."""
        del plan_id, times, command
        return False

    def is_set(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Say that nothing runs."""
        del plan_id, times, command
        return False

    def remove(self, plan_id: PlanId) -> None:
        """Do nothing."""


def system_scheduler(folder: Path) -> Scheduler:
    """Give the scheduler of this machine; `folder` is open to administrators alone."""
    if sys.platform == "win32":
        from offline_backup_gui.adapters.task_scheduler import windows_scheduler

        return windows_scheduler(folder)
    if os.name == "posix" and os.access(CRON_FOLDER, os.W_OK):
        return CronScheduler()
    return NoScheduler()
