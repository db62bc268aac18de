"""The update file: metadata and setup of one release, in a tar whose every byte is fixed."""

from __future__ import annotations

import re

from offline_backup_gui.domain.errors import BackupError, ErrorCode

SUFFIX = ".update"
BLOCK = 512
END = bytes(2 * BLOCK)
SETUP_NAME = "OfflineBackup-setup.exe"
MEMBERS_MOST = 80
# What a repository of releases may hold, and nothing else: no other folder, no way out of it.
# Versions have at most six digits, so no name is longer than a plain tar header holds.
_ALLOWED = re.compile(
    r"metadata/(?:timestamp|[1-9][0-9]{0,5}\.(?:root|snapshot|targets))\.json"
    r"|targets/[0-9a-f]{64}\." + re.escape(SETUP_NAME)
)


def allowed(name: str) -> bool:
    """Say whether a release may hold a file of this name."""
    return _ALLOWED.fullmatch(name) is not None


def header(name: str, size_bytes: int) -> bytes:
    """Give the one header a member of this name and size may have: POSIX ustar, nothing left open.

    Mode 0644, time 0, no owner. (The Open Group, pax, "ustar Interchange Format".)
    """
    import tarfile  # only who has an update file in hand pays for loading it

    member = tarfile.TarInfo(name)
    member.size = size_bytes
    return member.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


def padding(size_bytes: int) -> bytes:
    """Give the zeros that fill the last block of a member."""
    return bytes(-size_bytes % BLOCK)


def parse_header(block: bytes) -> tuple[str, int]:
    """Give name and size of a member; UPDATE_FILE_DAMAGED unless the header is exactly ours."""
    try:
        name = block[:100].rstrip(b"\0").decode("ascii")
        size_bytes = int(block[124:135], 8)
        whole = allowed(name) and header(name, size_bytes) == block
    except ValueError as error:
        raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="header") from error
    if not whole:
        raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why=f"member {name[:100]!r}")
    return name, size_bytes
