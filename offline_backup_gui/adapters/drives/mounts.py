"""What is mounted where on Linux, and how much room there is; parsing is pure."""

from __future__ import annotations

import os
import re
from pathlib import PurePosixPath

from msgspec import Struct

_ESCAPE = re.compile(r"\\([0-7]{3})")
SYSTEM_PLACES = frozenset({"/", "/boot", "/boot/efi", "/efi", "/usr", "/var"})
NETWORK_FILE_SYSTEMS = frozenset({"cifs", "smb3", "nfs", "nfs4"})


class Mount(Struct, frozen=True):
    """One line of /proc/self/mountinfo. `root` is the folder of the file system that shows up."""

    number: str  # "major:minor" of the device
    root: str
    point: str
    read_only: bool
    file_system: str
    source: str


class Usage(Struct, frozen=True):
    """Room on one file system, in bytes. `identity` is the file system's own id, or empty."""

    size_bytes: int
    free_bytes: int
    identity: str = ""


def parse_mountinfo(text: str) -> tuple[Mount, ...]:
    """Give every visible mount; a mount hidden by a later one at the same place is left out.

    Lines that do not have the shape of proc(5) are passed over.
    """
    visible: dict[str, Mount] = {}
    for line in text.splitlines():
        before, dash, after = line.partition(" - ")
        fields, rest = before.split(" "), after.split(" ")
        if not dash or len(fields) < 6 or len(rest) < 3 or not fields[4].startswith("/"):
            continue
        point = _plain(fields[4])
        options = {*fields[5].split(","), *rest[2].split(",")}
        visible.pop(point, None)
        visible[point] = Mount(
            number=fields[2],
            root=_plain(fields[3]),
            point=point,
            # Either the mount or the file system beneath may be read-only; both refuse to write.
            read_only="ro" in options,
            file_system=rest[0],
            source=_plain(rest[1]),
        )
    return tuple(visible.values())


def is_below(point: str, folder: str) -> bool:
    """Say whether an absolute path is the folder or lies below it."""
    return PurePosixPath(point).is_relative_to(folder)


def usage_of(path: str) -> Usage:
    """Measure the room for ordinary users at a path. OSError when it does not answer."""
    if not hasattr(os, "statvfs"):
        import shutil

        total, _, free = shutil.disk_usage(path)
        return Usage(total, free)
    facts = os.statvfs(path)
    identity = f"{facts.f_fsid & (1 << 64) - 1:016x}" if facts.f_fsid else ""
    return Usage(facts.f_blocks * facts.f_frsize, facts.f_bavail * facts.f_frsize, identity)


def _plain(field: str) -> str:
    """Undo the octal escapes proc(5) uses for blanks and backslashes."""
    return _ESCAPE.sub(lambda match: chr(int(match[1], 8)), field)
