"""Scheduled runs by the system: cron on Linux; Windows' Task Scheduler comes with its installer."""

from __future__ import annotations

import os
import shlex
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
        line = shlex.join(command).replace("%", r"\%")  # cron reads % as a line end
        runs = [f"{int(at[3:])} {int(at[:2])} * * * root {line}\n" for at in times]
        path = self._path(plan_id)
        part = path.with_name(path.name + "~")  # cron passes over names with a tilde
        try:
            part.write_text("# Increments of Offline Backup\n" + "".join(runs), "utf-8")
            part.chmod(0o644)
            os.replace(part, path)
        except OSError as error:
            raise BackupError(
                ErrorCode.STATE_NOT_USABLE, path=str(path), why=error.strerror or ""
            ) from error
        return True

    def is_set(self, plan_id: PlanId) -> bool:
        """Say whether the system runs something for this plan."""
        return self._path(plan_id).exists()

    def remove(self, plan_id: PlanId) -> None:
        """Run nothing for this plan any more."""
        self._path(plan_id).unlink(missing_ok=True)


class NoScheduler:
    """Where nothing can be scheduled: another state folder, no cron, no right to set it up."""

    def put(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Say that nothing will run."""
        del plan_id, times, command
        return False

    def is_set(self, plan_id: PlanId) -> bool:
        """Say that nothing runs."""
        del plan_id
        return False

    def remove(self, plan_id: PlanId) -> None:
        """Do nothing."""


def system_scheduler() -> Scheduler:
    """Give the scheduler of this machine."""
    if os.name == "posix" and os.access(CRON_FOLDER, os.W_OK):
        return CronScheduler()
    return NoScheduler()
