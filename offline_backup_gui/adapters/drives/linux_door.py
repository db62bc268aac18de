"""Letting go of a drive on Linux: flush, unmount everything on the disk, switch off its port."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from offline_backup_gui.adapters.drives.guard import Guard
from offline_backup_gui.adapters.drives.mounts import (
    NETWORK_FILE_SYSTEMS,
    SYSTEM_PLACES,
    Mount,
    is_below,
    parse_mountinfo,
)
from offline_backup_gui.adapters.drives.release_findings import in_use, runs_the_system
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding

# A slow stick may still have gigabytes of our data before it when the last write returns.
FLUSH_LIMIT_S = 900.0
COMMAND_LIMIT_S = 60.0


class LinuxReleaser:
    """Releases disks and shares; folders and memory are flushed and stay."""

    def __init__(
        self,
        *,
        proc: Path = Path("/proc"),
        sysfs: Path = Path("/sys"),
        flush_limit_s: float = FLUSH_LIMIT_S,
    ) -> None:
        self._proc = proc
        self._sysfs = sysfs
        self._flush_limit_s = flush_limit_s
        self._guard = Guard()

    def release(self, mount: str) -> Sequence[Finding]:
        """Flush and eject; findings say what still uses the drive. See `door.Releaser`."""
        self._flush(mount)
        mounts = parse_mountinfo(os.fsdecode((self._proc / "self/mountinfo").read_bytes()))
        place = os.path.realpath(mount)
        here = next((one for one in mounts if one.point == place), None)
        if here is None or not _is_closable(here):
            return ()
        disk = self._disk(here)
        together = [one for one in mounts if one == here or (disk and self._disk(one) == disk)]
        if any(one.point in SYSTEM_PLACES for one in together):
            return (runs_the_system(mount),)
        # Inner mounts first: an outer one cannot be closed while something is mounted in it.
        inner_first = sorted(together, key=lambda one: len(one.point), reverse=True)
        held = [one.point for one in inner_first if not _run("umount", "--", one.point)]
        if held:
            programs = {name for point in held for name in users_of(point, self._proc)}
            return (in_use(mount, sorted(programs)),)
        self._switch_off(disk)
        return ()

    def _flush(self, mount: str) -> None:
        answers = self._guard.ask_all({mount: partial(_syncfs, mount)}, self._flush_limit_s)
        if mount not in answers:
            raise BackupError(ErrorCode.DRIVE_SILENT, drive=mount)
        problem = answers[mount]
        if isinstance(problem, FileNotFoundError):
            raise BackupError(ErrorCode.DRIVE_GONE, drive=mount, path=mount) from problem
        if problem is not None:
            reason = problem.strerror or ""
            raise BackupError(
                ErrorCode.DRIVE_FAILING, drive=mount, path=mount, reason=reason
            ) from problem

    def _disk(self, mount: Mount) -> str:
        """Give the kernel name of the physical disk below a mount; empty when it has none."""
        number = mount.number
        if number.startswith("0:"):
            # btrfs makes its numbers up; its source is a real device.
            try:
                facts = os.stat(mount.source)
            except OSError:
                return ""
            number = f"{os.major(facts.st_rdev)}:{os.minor(facts.st_rdev)}"
        device = self._sysfs / "dev/block" / number
        return _below(device.resolve()) if device.exists() else ""

    def _switch_off(self, disk: str) -> None:
        """Eject a USB disk where a program for it is there; the data is safe without that, too."""
        if "/usb" not in str((self._sysfs / "block" / disk).resolve()) or not disk:
            return
        device = f"/dev/{disk}"
        if not _run("udisksctl", "power-off", "--no-user-interaction", "-b", device):
            _run("eject", device)


def _below(device: Path) -> str:
    """Follow opened containers and volumes down to the disk that carries them."""
    carriers = sorted((device / "slaves").glob("*"))
    if carriers:
        return _below(carriers[0].resolve())
    return device.parent.name if (device / "partition").exists() else device.name


def _is_closable(mount: Mount) -> bool:
    return mount.source.startswith("/dev/") or mount.file_system in NETWORK_FILE_SYSTEMS


def _syncfs(mount: str) -> OSError | None:
    """Write a file system to its medium; trouble is given, not raised, to cross a thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        handle = os.open(mount, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as problem:
        return problem
    try:
        if libc.syncfs(handle) != 0:
            number = ctypes.get_errno()
            return OSError(number, os.strerror(number))
        return None
    finally:
        os.close(handle)


def _run(*command: str) -> bool:
    """Run a program if it is there; say whether it did its work."""
    program = shutil.which(command[0])
    if program is None:
        return False
    try:
        done = subprocess.run(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def users_of(mount: str, proc: Path = Path("/proc")) -> list[str]:
    """Name the programs with a file, folder or program of theirs on a mount, like "bash (412)".

    Processes that end meanwhile, and those of other accounts when not root, are passed over.
    """
    return [
        f"{_name(process)} ({process.name})"
        for process in sorted(proc.glob("[0-9]*"), key=lambda path: int(path.name))
        if any(is_below(place, mount) for place in _places(process))
    ]


def _places(process: Path) -> list[str]:
    links = [process / "cwd", process / "root", process / "exe"]
    for folder in ("fd", "map_files"):
        try:
            links += [process / folder / name for name in os.listdir(process / folder)]
        except OSError:
            continue
    places = []
    for link in links:
        try:
            places.append(os.readlink(link))
        except OSError:
            continue
    return [place for place in places if place.startswith("/")]


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text(errors="replace").strip()
    except OSError:
        return "?"
