"""Real drives for tests of every room: loop devices and memory, small and short-lived.

`from tests.drive_fixtures import loop_drives, tmpfs_drives` gives two fixtures, each a function
that makes a drive; `loop_drive` and `tmpfs_drive` are the same as context managers.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_TOOLS = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


@dataclass
class MountedDrive:
    """A drive that is really mounted. `what` are mount's words for mounting it (again)."""

    mount: Path
    what: tuple[str, ...]

    def pull(self) -> None:
        """Unmount at once, as pulling the plug would; files that are open stay open."""
        _run("umount", "--lazy", str(self.mount))

    def plug_in(self) -> None:
        """Mount again: a loop drive with what was on it, a memory drive empty."""
        _run("mount", *self.what, str(self.mount))

    def set_read_only(self) -> None:
        """Turn the write switch."""
        _run("mount", "-o", "remount,ro", str(self.mount))

    def set_writable(self) -> None:
        """Turn the write switch back."""
        _run("mount", "-o", "remount,rw", str(self.mount))

    def is_mounted(self) -> bool:
        """Say whether something is mounted here."""
        return os.path.ismount(self.mount)

    def device(self) -> str:
        """Give the device the kernel chose, like /dev/loop3; "tmpfs" for memory."""
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        found = [line for line in lines if line.split(" ")[4] == str(self.mount)]
        return found[-1].partition(" - ")[2].split(" ")[1]


@contextmanager
def loop_drive(size_bytes: int, folder: Path, label: str = "OB-TEST") -> Iterator[MountedDrive]:
    """Mount an ext4 image of `size_bytes` (at least 1 MiB) below `folder`, or skip the test."""
    _needs_root()
    mkfs = shutil.which("mkfs.ext4", path=_TOOLS)
    if mkfs is None or not os.path.exists("/dev/loop-control"):
        pytest.skip("needs mkfs.ext4 (e2fsprogs) and loop devices (modprobe loop)")
    number = len(list(folder.glob("loop-*.img")))
    image, mount = folder / f"loop-{number}.img", folder / f"loop-{number}"
    with image.open("wb") as file:
        file.truncate(size_bytes)
    # No journal and no reserve: small drives should have room for data, as sticks have.
    _run(mkfs, "-q", "-F", "-L", label, "-O", "^has_journal", "-m", "0", str(image))
    # `-o loop` sets the device to vanish with its mount, so even a killed test leaves none behind
    # once it is unmounted.
    with _mounted(MountedDrive(mount, ("-o", "loop", str(image)))) as drive:
        (mount / "lost+found").rmdir()
        yield drive
    image.unlink()


@contextmanager
def ntfs_drive(size_bytes: int, folder: Path, label: str = "OB-TEST") -> Iterator[MountedDrive]:
    """Mount an NTFS image of `size_bytes` below `folder` by ntfs-3g, or skip the test."""
    _needs_root()
    mkfs = shutil.which("mkfs.ntfs", path=_TOOLS)
    if mkfs is None or not os.path.exists("/dev/loop-control") or not os.path.exists("/dev/fuse"):
        pytest.skip("needs mkfs.ntfs (ntfs-3g), FUSE and loop devices")
    number = len(list(folder.glob("ntfs-*.img")))
    image, mount = folder / f"ntfs-{number}.img", folder / f"ntfs-{number}"
    with image.open("wb") as file:
        file.truncate(size_bytes)
    _run(mkfs, "-q", "-Q", "-F", "-L", label, str(image))
    with _mounted(MountedDrive(mount, ("-t", "ntfs-3g", "-o", "loop", str(image)))) as drive:
        yield drive
    image.unlink()


@contextmanager
def tmpfs_drive(size_bytes: int, folder: Path) -> Iterator[MountedDrive]:
    """Mount memory of `size_bytes` below `folder`, or skip the test."""
    _needs_root()
    mount = folder / f"memory-{len(list(folder.glob('memory-*')))}"
    words = ("-t", "tmpfs", "-o", f"size={size_bytes},mode=755", "tmpfs")
    with _mounted(MountedDrive(mount, words)) as drive:
        yield drive


@contextmanager
def _mounted(drive: MountedDrive) -> Iterator[MountedDrive]:
    drive.mount.mkdir()
    drive.plug_in()
    try:
        yield drive
    finally:
        # A test may have mounted twice or not at all by now.
        while drive.is_mounted():
            drive.pull()


@pytest.fixture
def loop_drives(tmp_path: Path) -> Iterator[Callable[[int], MountedDrive]]:
    """Give a function that mounts a new loop drive of so many bytes; all go with the test."""
    with ExitStack() as stack:
        yield lambda size_bytes: stack.enter_context(loop_drive(size_bytes, tmp_path))


@pytest.fixture
def tmpfs_drives(tmp_path: Path) -> Iterator[Callable[[int], MountedDrive]]:
    """Give a function that mounts a new memory drive of so many bytes; all go with the test."""
    with ExitStack() as stack:
        yield lambda size_bytes: stack.enter_context(tmpfs_drive(size_bytes, tmp_path))


def _needs_root() -> None:
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs root on Linux, to mount real drives")


def _run(*command: str) -> None:
    program = shutil.which(command[0], path=_TOOLS) or command[0]
    done = subprocess.run([program, *command[1:]], capture_output=True, text=True, check=False)
    if done.returncode:
        # Containers may forbid mounting even to root; the reason is the system's own.
        if command[0] == "mount" and "permission denied" in done.stderr.lower():
            pytest.skip(f"needs the right to mount (a privileged container): {done.stderr.strip()}")
        raise AssertionError(f"{' '.join(command)}: {done.stderr.strip()}")
