"""Whether the process that holds a lease still lives: as the process list says."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import psutil
import pytest

from offline_backup_gui.adapters.state.owners import lives, started


def test_a_process_began_when_the_process_list_says() -> None:
    assert started(os.getpid()) == pytest.approx(psutil.Process().create_time(), abs=0.02)
    assert started(os.getppid()) == pytest.approx(psutil.Process(os.getppid()).create_time(), abs=1)


def test_only_the_very_process_lives() -> None:
    began = started(os.getpid())
    assert lives(os.getpid(), began)
    assert not lives(os.getpid(), began - 100)


def test_a_process_that_ended_does_not_live_even_before_its_parent_noticed() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = started(child.pid)
    assert lives(child.pid, began)
    assert child.stdin is not None
    child.stdin.close()
    if os.name == "posix":
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not lives(child.pid, began)
    child.wait()
    assert not lives(child.pid, began)
    assert time.time() > began > 0
