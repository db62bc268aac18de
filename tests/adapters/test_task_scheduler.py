"""Tasks set with `schtasks`, read back and compared."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from offline_backup_gui.adapters.task_scheduler import WindowsScheduler
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import PlanId

PLAN = PlanId("0123456789abcdef")
NAME = f"\\Offline Backup\\Increment {PLAN}"
COMMAND = (r"C:\Program Files\Offline Backup\offline-backup.exe", "increment", "C:\\x.toml")


class StandIn:
    """`schtasks` as far as it is used: tasks by name, kept as the XML of the file."""

    def __init__(self) -> None:
        self.tasks: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.refuses: set[str] = set()
        self.time_s = 0.0

    def __call__(self, arguments: Sequence[str]) -> tuple[int, bytes]:
        verb, rest = arguments[0], list(arguments[1:])
        self.calls.append(verb)
        name = rest[rest.index("/TN") + 1]
        if verb in self.refuses:
            return 1, b""
        if verb == "/Create":
            self.tasks[name] = Path(rest[rest.index("/XML") + 1]).read_bytes()
            return 0, b"SUCCESS"
        if name not in self.tasks:
            return 1, b""
        if verb == "/Delete":
            del self.tasks[name]
            return 0, b""
        text = self.tasks[name].decode("utf-16", "replace")
        return 0, text.encode("cp850", "replace") if "/XML" in rest else b"Ready"

    def scheduler(self, folder: Path) -> WindowsScheduler:
        return WindowsScheduler(folder, self, "cp850", lambda: self.time_s)


@pytest.fixture
def windows() -> StandIn:
    return StandIn()


def test_a_plan_is_set_read_back_and_removed(tmp_path: Path, windows: StandIn) -> None:
    scheduler = windows.scheduler(tmp_path)
    assert not scheduler.is_set(PLAN, ("21:00",), COMMAND)
    assert scheduler.put(PLAN, ("21:00", "06:05"), COMMAND)
    assert list(windows.tasks) == [NAME]
    assert scheduler.is_set(PLAN, ("06:05", "21:00"), COMMAND)
    assert not list(tmp_path.iterdir())
    scheduler.remove(PLAN)
    scheduler.remove(PLAN)
    assert not windows.tasks
    assert windows.calls.count("/Delete") == 1
    assert not scheduler.is_set(PLAN, ("06:05", "21:00"), COMMAND)


def test_other_times_or_another_command_are_not_what_is_wanted(
    tmp_path: Path, windows: StandIn
) -> None:
    scheduler = windows.scheduler(tmp_path)
    scheduler.put(PLAN, ("21:00",), COMMAND)
    assert not scheduler.is_set(PLAN, ("21:01",), COMMAND)
    assert not scheduler.is_set(PLAN, ("21:00",), (*COMMAND, "--json"))


def test_what_somebody_changed_or_deleted_is_seen_within_a_minute(
    tmp_path: Path, windows: StandIn
) -> None:
    scheduler = windows.scheduler(tmp_path)
    assert scheduler.put(PLAN, ("21:00",), COMMAND)
    asked = len(windows.calls)
    assert scheduler.is_set(PLAN, ("21:00",), COMMAND)
    assert len(windows.calls) == asked
    windows.tasks[NAME] = windows.tasks[NAME].replace("S-1-5-18".encode("utf-16-le"), b"")
    windows.time_s = 61.0
    assert not scheduler.is_set(PLAN, ("21:00",), COMMAND)
    windows.tasks.clear()
    windows.time_s = 122.0
    assert not scheduler.is_set(PLAN, ("21:00",), COMMAND)


def test_where_windows_refuses_nothing_is_promised(tmp_path: Path, windows: StandIn) -> None:
    windows.refuses = {"/Create"}
    scheduler = windows.scheduler(tmp_path)
    assert not scheduler.put(PLAN, ("21:00",), COMMAND)
    assert not scheduler.is_set(PLAN, ("21:00",), COMMAND)
    assert not list(tmp_path.iterdir())


def test_a_task_that_cannot_be_read_back_is_not_promised_and_can_be_removed(
    tmp_path: Path, windows: StandIn
) -> None:
    scheduler = windows.scheduler(tmp_path)
    windows.tasks[NAME] = b"garbage"
    assert not scheduler.is_set(PLAN, ("21:00",), COMMAND)
    scheduler.remove(PLAN)
    assert not windows.tasks


@pytest.mark.parametrize("trouble", [OSError("none"), subprocess.TimeoutExpired("schtasks", 60)])
def test_where_schtasks_cannot_be_run_nothing_is_promised(
    tmp_path: Path, trouble: Exception
) -> None:
    def broken(_arguments: Sequence[str]) -> tuple[int, bytes]:
        raise trouble

    scheduler = WindowsScheduler(tmp_path, broken, "ascii", lambda: 0.0)
    assert not scheduler.put(PLAN, ("21:00",), COMMAND)
    assert not scheduler.is_set(PLAN, ("21:00",), COMMAND)
    scheduler.remove(PLAN)


def test_a_task_that_cannot_be_written_down_is_told(tmp_path: Path, windows: StandIn) -> None:
    for scheduler, command in (
        (windows.scheduler(tmp_path / "missing"), COMMAND),
        (windows.scheduler(tmp_path), ("C:\\a\x01b",)),
    ):
        with pytest.raises(BackupError) as told:
            scheduler.put(PLAN, ("21:00",), command)
        assert told.value.code is ErrorCode.STATE_NOT_USABLE
    assert not windows.calls
