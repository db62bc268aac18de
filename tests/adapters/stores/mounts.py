"""Real file systems for the tests of drives: mounted as root, unmounted whatever happens."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting needs root"
)


@contextmanager
def mounted_memory(at: Path, size: str) -> Iterator[Path]:
    """Mount a file system in memory of this size ("4m")."""
    at.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(at))
    try:
        yield at
    finally:
        unmount(at)


@contextmanager
def mounted_ext4(at: Path, image: Path, megabytes: int) -> Iterator[Path]:
    """Make an ext4 file system in an image file and mount it through a loop device."""
    at.mkdir(parents=True, exist_ok=True)
    with image.open("wb") as file:
        file.truncate(megabytes * 1024 * 1024)
    _run("mkfs.ext4", "-q", "-F", "-O", "^has_journal", str(image))
    _run("mount", "-o", "loop", str(image), str(at))
    try:
        yield at
    finally:
        unmount(at)


def unmount(at: Path) -> None:
    """Pull it, also while files are open; no trouble when nothing is mounted."""
    while os.path.ismount(at):
        _run("umount", "-l", str(at))


def make_read_only(at: Path) -> None:
    """Move the write-protect switch."""
    _run("mount", "-o", "remount,ro", str(at))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=30)
