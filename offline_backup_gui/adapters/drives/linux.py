"""The drives of a Linux computer: disks, network shares and memory that somebody mounted."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from offline_backup_gui.adapters.drives.guard import Guard
from offline_backup_gui.adapters.drives.identity import made_serial
from offline_backup_gui.adapters.drives.lsblk import COLUMNS, DiskFacts, parse_lsblk
from offline_backup_gui.adapters.drives.mounts import (
    NETWORK_FILE_SYSTEMS,
    Mount,
    Usage,
    is_below,
    parse_mountinfo,
    usage_of,
)
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode

TIME_LIMIT_S = 10.0
# What the system keeps in memory for itself; anything mounted elsewhere was put there by somebody.
_SYSTEM_MEMORY = ("/run", "/dev", "/sys", "/proc", "/var/lib", "/var/run", "/snap")
_SYSTEM_MEMORY_ITSELF = frozenset({"/", "/tmp", "/var/tmp"})
# Sandboxes hide folders behind tiny memory file systems; none of them could hold a single pack.
_SMALLEST_MEMORY_BYTES = 1 << 20
_LISTING = ("lsblk", "--json", "--bytes", "--all", "--output", COLUMNS)


class LinuxDriveSource:
    """Lists disks, network shares and mounted memory. Safe to call from several threads."""

    def __init__(
        self,
        *,
        command: Sequence[str] = _LISTING,
        proc: Path = Path("/proc"),
        sysfs: Path = Path("/sys"),
        time_limit_s: float = TIME_LIMIT_S,
    ) -> None:
        self._proc = proc
        self._sysfs = sysfs
        self._time_limit_s = time_limit_s
        self._guard = Guard()
        self._lsblk = _Lister(command, time_limit_s)

    def drives(self) -> Sequence[Drive]:
        """List every drive; DRIVES_UNANSWERED when the system does not answer in time."""
        listing = self._lsblk.text()
        try:
            mountinfo = os.fsdecode((self._proc / "self/mountinfo").read_bytes())
            swaps = os.fsdecode((self._proc / "swaps").read_bytes())
        except OSError as problem:
            raise BackupError(ErrorCode.DRIVES_UNANSWERED, reason=str(problem)) from problem
        mounts = [mount for mount in parse_mountinfo(mountinfo) if _may_be_a_drive(mount)]
        usage = self._guard.ask_all(
            {mount.point: partial(usage_of, mount.point) for mount in mounts}, self._time_limit_s
        )
        facts = disk_facts(self._sysfs)
        disks = parse_lsblk(listing, mountinfo, usage, swaps_text=swaps, disk_facts=facts)
        return (*disks, *shares(mounts, usage), *memory(mounts, usage))


class _Lister:
    """Runs lsblk with a time limit; one that hangs in the kernel is not joined by a second."""

    def __init__(self, command: Sequence[str], time_limit_s: float) -> None:
        self._command = command
        self._time_limit_s = time_limit_s
        self._stuck: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def text(self) -> str:
        with self._lock:
            if self._stuck is not None and self._stuck.poll() is None:
                raise BackupError(ErrorCode.DRIVES_UNANSWERED, reason="lsblk: no answer yet")
            self._stuck = None
            return self._run()

    def _run(self) -> str:
        try:
            process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
            )
        except OSError as problem:
            raise BackupError(ErrorCode.DRIVES_UNANSWERED, reason=f"lsblk: {problem}") from problem
        try:
            output, _ = process.communicate(timeout=self._time_limit_s)
        except subprocess.TimeoutExpired as problem:
            # Killed, but not waited for: a process that sleeps in a dead driver never ends.
            process.kill()
            if process.stdout is not None:
                process.stdout.close()
            self._stuck = process
            raise BackupError(
                ErrorCode.DRIVES_UNANSWERED, reason="lsblk: no answer in time"
            ) from problem
        # 32 and 64 mean that some of the devices asked for are missing; the rest is listed.
        if process.returncode not in {0, 32, 64}:
            reason = f"lsblk: exit code {process.returncode}"
            raise BackupError(ErrorCode.DRIVES_UNANSWERED, reason=reason)
        return output.decode("utf-8", "replace")


def _may_be_a_drive(mount: Mount) -> bool:
    return (
        mount.source.startswith("/dev/")
        or mount.file_system in NETWORK_FILE_SYSTEMS
        or _is_somebodys_memory(mount)
    )


def _is_somebodys_memory(mount: Mount) -> bool:
    return (
        mount.file_system in {"tmpfs", "ramfs"}
        and mount.root == "/"
        and mount.point not in _SYSTEM_MEMORY_ITSELF
        and not mount.point.endswith("/dev/shm")  # of a system in a folder
        and not any(is_below(mount.point, place) for place in _SYSTEM_MEMORY)
    )


def shares(mounts: Sequence[Mount], usage: Mapping[str, Usage]) -> tuple[Drive, ...]:
    """Give a drive for each mounted network share, by the name of the share."""
    points: dict[str, list[Mount]] = {}
    for mount in mounts:
        if mount.file_system in NETWORK_FILE_SYSTEMS:
            points.setdefault(mount.source, []).append(mount)
    return tuple(
        Drive(
            serial=made_serial("NET", source),
            model=source,
            bus=Bus.NETWORK,
            size_bytes=_usage(usage, found[0]).size_bytes,
            free_bytes=_usage(usage, found[0]).free_bytes,
            mounts=tuple(mount.point for mount in found),
            file_system=found[0].file_system,
            read_only=found[0].read_only,
            serial_made=True,
        )
        for source, found in points.items()
    )


def memory(mounts: Sequence[Mount], usage: Mapping[str, Usage]) -> tuple[Drive, ...]:
    """Give a drive for each memory file system somebody mounted.

    It counts as a folder: good for practice, never for shipping. The file system's own id is the
    serial, so another one at the same place is another drive.
    """
    return tuple(
        Drive(
            serial=made_serial("MEM", f"{_usage(usage, mount).identity}{mount.number}"),
            model=mount.file_system,
            bus=Bus.FOLDER,
            size_bytes=_usage(usage, mount).size_bytes,
            free_bytes=_usage(usage, mount).free_bytes,
            mounts=(mount.point,),
            file_system=mount.file_system,
            read_only=mount.read_only,
            serial_made=True,
        )
        for mount in mounts
        if _is_somebodys_memory(mount) and _usage(usage, mount).size_bytes >= _SMALLEST_MEMORY_BYTES
    )


def _usage(usage: Mapping[str, Usage], mount: Mount) -> Usage:
    return usage.get(mount.point, Usage(0, 0))


def disk_facts(sysfs: Path) -> dict[str, DiskFacts]:
    """Read what sysfs knows beyond lsblk, by kernel name; what cannot be read is empty.

    SMART is not asked for: it needs a program that is rarely installed, and USB bridges hide it.
    """
    try:
        names = sorted(os.listdir(sysfs / "block"))
    except OSError:
        return {}
    return {
        name: DiskFacts(
            state=_word(sysfs / "block" / name / "device/state"),
            backing_file=_word(sysfs / "block" / name / "loop/backing_file"),
        )
        for name in names
    }


def _word(path: Path) -> str:
    try:
        return os.fsdecode(path.read_bytes()).strip("\n")
    except OSError:
        return ""
