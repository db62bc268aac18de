"""Staying awake."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from offline_backup_gui.adapters.power import (
    LinuxPowerGuard,
    WindowsPowerGuard,
    system_power_guard,
)


@pytest.fixture
def inhibitor(tmp_path: Path) -> Path:
    """Make a program that does what systemd-inhibit does, and notes when it begins and ends."""
    program = tmp_path / "inhibit"
    note = tmp_path / "note"
    program.write_text(
        textwrap.dedent(
            f"""\
            #!/bin/sh
            echo "begin $*" >> {note}
            for last; do :; done
            "$last"
            echo end >> {note}
            """
        )
    )
    program.chmod(0o755)
    return program


def notes(inhibitor: Path) -> list[str]:
    return inhibitor.with_name("note").read_text().splitlines()


def test_the_computer_is_kept_awake_until_the_end_of_the_block(inhibitor: Path) -> None:
    with LinuxPowerGuard(str(inhibitor)):
        pass
    begin, end = notes(inhibitor)
    assert begin.startswith("begin --what=sleep:idle --mode=block --who=Offline Backup --why=")
    assert begin.endswith(" cat")
    assert end == "end"


def test_a_killed_job_gives_the_inhibitor_back(inhibitor: Path) -> None:
    script = textwrap.dedent(
        f"""\
        import os, signal
        from offline_backup_gui.adapters.power import LinuxPowerGuard
        with LinuxPowerGuard({str(inhibitor)!r}):
            while not os.path.exists({str(inhibitor.with_name("note"))!r}):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    # The pipe ends only when the inhibitor's last process has ended, for it inherits it.
    killed = subprocess.run([sys.executable, "-c", script], stdin=subprocess.DEVNULL, check=False)
    assert killed.returncode == -signal.SIGKILL
    wait_for_end = ["sh", "-c", f"until grep -q end {inhibitor.with_name('note')}; do :; done"]
    subprocess.run(wait_for_end, timeout=10, check=True)


@pytest.mark.parametrize("program", ["/no/such/program", "false", "/dev/null"])
def test_where_nothing_can_keep_it_awake_the_job_runs_all_the_same(program: str) -> None:
    with LinuxPowerGuard(program):
        pass


def test_this_computers_guard_can_be_held_twice_in_a_row() -> None:
    guard = system_power_guard()
    for _ in range(2):
        with guard:
            pass


class StandIn:
    """Windows' side: requests by number, and what each of them keeps awake."""

    def __init__(self, *, requests: bool = True, kinds: frozenset[int] = frozenset({1, 3})) -> None:
        self.requests, self.kinds = requests, kinds
        self.held: dict[int, set[int]] = {}
        self.thread_flags: list[int] = []
        self.reason = ""

    def create(self, reason: str) -> int | None:
        self.reason = reason
        if not self.requests:
            return None
        self.held[77] = set()
        return 77

    def set(self, request: int, kind: int) -> int:
        if kind in self.kinds:
            self.held[request].add(kind)
        return int(kind in self.kinds)

    def clear(self, request: int, kind: int) -> int:
        self.held[request].discard(kind)
        return 1

    def close(self, request: int) -> None:
        assert not self.held.pop(request)

    def thread_state(self, flags: int) -> int:
        self.thread_flags.append(flags)
        return 0x80000000


def test_windows_is_kept_awake_in_both_ways_until_the_end_of_the_block() -> None:
    kernel = StandIn()
    guard = WindowsPowerGuard(kernel)
    for _ in range(2):
        with guard, guard:
            assert kernel.held == {77: {1, 3}}
        assert kernel.held == {}
    assert "backup" in kernel.reason
    assert kernel.thread_flags == []


def test_a_windows_without_the_second_way_is_kept_awake_in_the_first() -> None:
    kernel = StandIn(kinds=frozenset({1}))
    with WindowsPowerGuard(kernel):
        assert kernel.held == {77: {1}}
    assert kernel.held == {}


@pytest.mark.parametrize("kernel", [StandIn(requests=False), StandIn(kinds=frozenset())])
def test_where_there_are_no_requests_the_thread_keeps_windows_awake(kernel: StandIn) -> None:
    with WindowsPowerGuard(kernel):
        assert kernel.thread_flags == [0x80000001]
    assert kernel.thread_flags == [0x80000001, 0x80000000]
    assert kernel.held == {}
