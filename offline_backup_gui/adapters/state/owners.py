"""Tells whether the process that holds a lease still lives: by its number and its beginning."""

from __future__ import annotations

import os
import sys


def started(pid: int) -> float:
    """Give when a process began, in seconds since 1970; 0 when there is none."""
    found = _look(pid)
    return found[0] if found is not None else 0.0


def lives(pid: int, began: float) -> bool:
    """Tell a living process from a later one with the same number (and from a zombie).

    One that may not be looked at is somebody else's: better wait for it than run beside it.
    """
    try:
        found = _look(pid)
    except PermissionError:
        return True
    return found is not None and abs(found[0] - began) < 2.0 and not found[1]


def _look(pid: int) -> tuple[float, bool] | None:
    """Give when a process began and whether it is a zombie; PermissionError when that is hidden."""
    if sys.platform == "linux":
        return _from_proc(pid)
    import psutil

    try:
        process = psutil.Process(pid)
        return float(process.create_time()), str(process.status()) == psutil.STATUS_ZOMBIE
    except psutil.AccessDenied as error:
        raise PermissionError(f"process {pid} may not be looked at") from error
    except psutil.Error:
        return None


def _from_proc(pid: int) -> tuple[float, bool] | None:
    """Read what proc(5) says, as psutil does; loading that takes longer than many a command."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name of the program stands in brackets, and may hold brackets and spaces.
            state, *fields = file.read().rpartition(b")")[2].split()
        with open("/proc/stat", "rb") as file:
            booted = next(int(line.split()[1]) for line in file if line.startswith(b"btime "))
    except (OSError, ValueError, StopIteration):
        return None
    return booted + int(fields[18]) / os.sysconf("SC_CLK_TCK"), state == b"Z"
