"""Which object and container names may touch a disk or an account; nothing is opened here.

A name may come from a hostile drive's record, so a wrong one is expected trouble, not a bug.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.windows_names import is_windows_path

# Azure takes 1,024 characters; Windows without long paths takes 260 with the mount in front.
MAX_NAME_CHARACTERS = 200
_SEGMENT = re.compile(r"[a-z0-9_-][a-z0-9._-]*(?<!\.)\Z")
_PREFIX = re.compile(r"[a-z0-9/._-]*\Z")
# Windows opens devices, not files, under these names, whatever the extension.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|\Z)")
# Naming rules: learn.microsoft.com/rest/api/storageservices (naming containers), read 2026-11.
_CONTAINER = re.compile(r"(?=.{3,63}\Z)[a-z0-9]+(-[a-z0-9]+)*\Z")


def segments(name: str) -> tuple[str, ...]:
    """Split a legal object name at "/"; OBJECT_NAME_NOT_ALLOWED for any other."""
    parts = tuple(name.split("/"))
    if len(name) > MAX_NAME_CHARACTERS or not all(_is_segment(part) for part in parts):
        raise BackupError(ErrorCode.OBJECT_NAME_NOT_ALLOWED, name=name[:MAX_NAME_CHARACTERS])
    return parts


def is_name(name: str) -> bool:
    """Say whether an object may have this name."""
    return len(name) <= MAX_NAME_CHARACTERS and all(_is_segment(part) for part in name.split("/"))


def checked_prefix(prefix: str) -> str:
    """Give back a prefix that legal names can begin with; OBJECT_NAME_NOT_ALLOWED otherwise."""
    folders = prefix.split("/")[:-1]
    if not _PREFIX.match(prefix) or not all(_is_segment(part) for part in folders):
        raise BackupError(ErrorCode.OBJECT_NAME_NOT_ALLOWED, name=prefix[:MAX_NAME_CHARACTERS])
    return prefix


class Naming(Struct, frozen=True):
    """Which names a store takes: split a legal one, tell a legal one, check a prefix."""

    parts: Callable[[str], tuple[str, ...]]
    allows: Callable[[str], bool]
    prefix: Callable[[str], str]


OBJECT_NAMES = Naming(segments, is_name, checked_prefix)


def _is_file_name(name: str) -> bool:
    try:
        legal = name != "" and is_windows_path(name.encode())
    except UnicodeEncodeError:
        return False
    # What looks like an unfinished object would be swept away as one.
    leaf = name.rsplit("/", 1)[-1]
    return legal and not (leaf.startswith(".") and leaf.endswith(".part"))


def _file_parts(name: str) -> tuple[str, ...]:
    if not _is_file_name(name):
        raise BackupError(ErrorCode.OBJECT_NAME_NOT_ALLOWED, name=name[:MAX_NAME_CHARACTERS])
    return tuple(name.split("/"))


# Files of others keep their own names; the drive they travel on is read by Windows.
FILE_NAMES = Naming(_file_parts, _is_file_name, lambda prefix: prefix)

# Folders of the system at the root of a drive; not even administrators may look into them.
_OF_THE_SYSTEM = frozenset({"system volume information", "$recycle.bin", "recycler", "lost+found"})


def _is_root_name(name: str) -> bool:
    return name.split("/", 1)[0].lower() not in _OF_THE_SYSTEM and _is_file_name(name)


ROOT_NAMES = Naming(_file_parts, _is_root_name, lambda prefix: prefix)


def is_container_name(name: str) -> bool:
    """Say whether Azure takes this container name."""
    return bool(_CONTAINER.match(name))


def checked_container(name: str) -> str:
    """Give back a legal container name; CONTAINER_NAME_NOT_ALLOWED with a suggestion otherwise."""
    if is_container_name(name):
        return name
    letters = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:63].strip("-")
    suggestion = letters if is_container_name(letters) else "backup-" + (letters or "1")
    raise BackupError(
        ErrorCode.CONTAINER_NAME_NOT_ALLOWED, name=name[:MAX_NAME_CHARACTERS], suggestion=suggestion
    )


def _is_segment(part: str) -> bool:
    return bool(_SEGMENT.match(part)) and not _DEVICES.match(part)
