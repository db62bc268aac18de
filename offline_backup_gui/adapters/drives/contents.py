"""What lies on a drive: its first folders, and whether a backup of ours is on it.

The drive may come from anywhere, so everything read here is bounded and nothing is believed.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import stat

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.adapters.stores.device import layout_at
from offline_backup_gui.domain.device_layout import Device, Format, Layout, belongs_at_root
from offline_backup_gui.domain.drive import Drive, Encryption

_MOST_BYTES = 64 * 1024
_MOST_ENTRIES = 1000
_FOLDERS_SHOWN = 5
_SYSTEM_NAMES = frozenset({"lost+found", "system volume information", "$recycle.bin", "recycler"})
_MANIFEST = "drivemanifest.xml"  # where an import job's tool leaves it, in the root of the drive
# A backup of ours, and files of a plan that travel as they are.
_MARKS = (
    ("repository.json", "repository_id"),
    (os.path.join(".offline-backup-mirror", "owner.json"), "mirror_id"),
)
_REPOSITORY_ID = re.compile(r"[0-9a-f]{8,64}")


class Contents(Struct, frozen=True):
    """The first names on a drive, repository (hex id) and drive manifest found there, its layout.

    On a device of Microsoft only what does not belong at its root is among the names.
    """

    first_folders: tuple[str, ...] = ()
    repository_id: str = ""
    layout: Layout | None = None
    manifest: str = ""


def with_contents(drive: Drive) -> Drive:
    """Give the drive with what lies on it. May hang with the drive; OSError when it is gone."""
    for mount in drive.mounts:
        found = contents_of(mount)
        if found != Contents():
            return replace(
                drive,
                first_folders=found.first_folders,
                repository_id=found.repository_id,
                layout=found.layout,
                manifest=found.manifest,
            )
    return drive


def may_be_looked_into(drive: Drive) -> bool:
    """Say whether a drive's contents matter: it is mounted, open, and no system runs from it."""
    return bool(drive.mounts) and not drive.is_system and drive.encryption is not Encryption.LOCKED


def contents_of(mount: str) -> Contents:
    """Look at the top of a drive. Folders come first; hidden and system names do not count.

    The container folder of a repository and a drive manifest do not count either: `repository_id`
    and `manifest` tell of them.
    """
    with os.scandir(mount) as entries:
        seen = [
            (not entry.is_dir(follow_symlinks=False), entry.name)
            for entry in itertools.islice(entries, _MOST_ENTRIES)
            if not entry.name.startswith(".") and entry.name.lower() not in _SYSTEM_NAMES
        ]
    layout = layout_at(mount)
    if layout is not None:
        return _on_device(mount, layout, [name for _, name in sorted(seen)])
    ids = {name: _repository_id(mount, name) for is_file, name in sorted(seen) if not is_file}
    manifest = next((n for is_file, n in seen if is_file and n.lower() == _MANIFEST), "")
    names = [name for _, name in sorted(seen) if name != manifest and not ids.get(name)]
    return Contents(
        first_folders=tuple(_shown(name) for name in names[:_FOLDERS_SHOWN]),
        repository_id=next((found for found in ids.values() if found), ""),
        manifest=_shown(manifest),
    )


def _on_device(mount: str, layout: Layout, names: list[str]) -> Contents:
    """Look where containers lie on a device of Microsoft, and for what is out of place."""
    ids: list[str] = []
    for folders in layout.folders(Format.BLOCK):
        above = os.path.join(mount, *folders)
        with contextlib.suppress(OSError), os.scandir(above) as entries:
            ids += [
                _repository_id(above, entry.name)
                for entry in itertools.islice(entries, _MOST_ENTRIES)
                if entry.is_dir(follow_symlinks=False)
            ]
    stray = () if layout.device is Device.SHARE else names
    return Contents(
        tuple(_shown(name) for name in stray if not belongs_at_root(name))[:_FOLDERS_SHOWN],
        next((found for found in ids if found), ""),
        layout,
    )


def _repository_id(mount: str, container: str) -> str:
    for name, key in _MARKS:
        found = read_json(os.path.join(mount, container, name)).get(key)
        if isinstance(found, str) and _REPOSITORY_ID.fullmatch(found):
            return found
    return ""


def read_json(path: str) -> dict[str, object]:
    """Read a small JSON object from a drive that may be hostile; {} when it is not one."""
    try:
        return _object(_read_bounded(path))
    except (OSError, ValueError, RecursionError):
        return {}


def _object(text: bytes) -> dict[str, object]:
    document = json.loads(text)
    return document if isinstance(document, dict) else {}


def _read_bounded(path: str) -> bytes:
    # A pipe would keep us waiting and a link could lead anywhere: only plain files are read.
    flags = os.O_RDONLY
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, name, 0)
    handle = os.open(path, flags)
    try:
        facts = os.fstat(handle)
        if not stat.S_ISREG(facts.st_mode) or facts.st_size > _MOST_BYTES:
            return b""
        return os.read(handle, _MOST_BYTES)
    finally:
        os.close(handle)


def _shown(name: str) -> str:
    """Make a name that can be shown and stored, whatever its bytes are."""
    return os.fsencode(name).decode("utf-8", "replace")
