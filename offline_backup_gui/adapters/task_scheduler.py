"""Scheduled runs by Windows' Task Scheduler, under the machine account."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from offline_backup_gui.adapters.task_xml import Task, daily_task, read_task, task_xml
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import PlanId

FOLDER = "Offline Backup"
_LIMIT_S = 60.0
_REMEMBERED_S = 60.0
_NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW


class Schtasks(Protocol):
    """The program of Windows that creates, shows and deletes tasks."""

    def __call__(self, arguments: Sequence[str], /) -> tuple[int, bytes]:
        """Run it; gives exit code and output. OSError when it cannot be run or hangs."""


class WindowsScheduler:
    """One task a plan in a folder of its own; what is set is read back and compared."""

    def __init__(
        self,
        folder: Path,
        schtasks: Schtasks,
        code_page: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._schtasks, self._code_page = folder, schtasks, code_page
        self._monotonic = monotonic
        self._seen: dict[PlanId, tuple[float, Task | None]] = {}

    def put(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Run a command every day at local "HH:MM" times; gives whether Windows will do it.

        STATE_NOT_USABLE when the task cannot be written down.
        """
        wanted = daily_task(times, command)
        path = self._folder / f"task-{plan_id}.xml"
        try:
            # The folder is open to administrators alone: nobody changes the file in between.
            path.write_bytes(task_xml(wanted, f"Increments of plan {plan_id}"))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            raise BackupError(ErrorCode.STATE_NOT_USABLE, path=str(path), why=why) from error
        try:
            self._run("/Create", "/TN", _name(plan_id), "/XML", str(path), "/F")
        finally:
            with contextlib.suppress(OSError):
                path.unlink()
        self._seen.pop(plan_id, None)
        return self._task(plan_id) == wanted

    def is_set(self, plan_id: PlanId, times: Sequence[str], command: Sequence[str]) -> bool:
        """Say whether Windows runs this command at these times; asked once a minute."""
        return self._task(plan_id) == daily_task(times, command)

    def remove(self, plan_id: PlanId) -> None:
        """Run nothing for this plan any more; no trouble when there is no task."""
        if self._task(plan_id, newly=True) is not None or self._is_there(plan_id):
            self._run("/Delete", "/TN", _name(plan_id), "/F")
        self._seen.pop(plan_id, None)

    def _task(self, plan_id: PlanId, *, newly: bool = False) -> Task | None:
        seen = self._seen.get(plan_id)
        now = self._monotonic()
        if seen is not None and not newly and now - seen[0] < _REMEMBERED_S:
            return seen[1]
        code, said = self._run("/Query", "/TN", _name(plan_id), "/XML")
        task = read_task(said, self._code_page) if code == 0 else None
        self._seen[plan_id] = now, task
        return task

    def _is_there(self, plan_id: PlanId) -> bool:
        """Say whether there is any task of this name, one that somebody changed included."""
        return self._run("/Query", "/TN", _name(plan_id))[0] == 0

    def _run(self, *arguments: str) -> tuple[int, bytes]:
        try:
            return self._schtasks(arguments)
        except (OSError, subprocess.SubprocessError):
            return -1, b""


def _name(plan_id: PlanId) -> str:
    return f"\\{FOLDER}\\Increment {plan_id}"


def run_schtasks(arguments: Sequence[str]) -> tuple[int, bytes]:  # pragma: no cover - Windows only
    """Run the program from Windows' own folder, where nobody else can put one."""
    from offline_backup_gui.adapters.windows_library import system_folder

    done = subprocess.run(
        [str(system_folder() / "schtasks.exe"), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_LIMIT_S,
        check=False,
        creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
    )
    return done.returncode, done.stdout


def console_code_page() -> str:  # pragma: no cover - Windows only
    """Name the code page in which programs of the console write into a pipe."""
    from offline_backup_gui.adapters.windows_library import system_library

    number = int(system_library("kernel32").GetOEMCP())
    name = "utf-8" if number == 65001 else f"cp{number}"
    try:
        "".encode(name)
    except LookupError:
        return "ascii"
    return name


def windows_scheduler(folder: Path) -> WindowsScheduler:
    """Give the scheduler of this machine; `folder` is open to administrators alone."""
    assert os.name == "nt"
    return WindowsScheduler(folder, run_schtasks, console_code_page())
