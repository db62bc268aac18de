"""Tells a Data Box Disk and a share of a Data Box from other mounts; nothing found is believed."""

from __future__ import annotations

import itertools
import os

from offline_backup_gui.domain.device_layout import Device, Format, Layout, recognise
from offline_backup_gui.domain.errors import BackupError, ErrorCode

_MOST_ENTRIES = 1000


def layout_at(mount: str | os.PathLike[str]) -> Layout | None:
    """Give the layout of what is mounted; None for any other place, or when it does not answer."""
    place = os.fspath(mount)
    names = _names(place)
    block = next((name for name in names if name.lower() == Format.BLOCK.value.lower()), None)
    return recognise(place, names, () if block is None else _names(os.path.join(place, block)))


def container_folder(mount: str | os.PathLike[str], container: str) -> tuple[str, ...]:
    """Name the folders below a mount in which a container of block blobs lies.

    Nothing for a drive of one's own. A container that is at the root already stays there.
    DEVICE_TAKES_NO_BLOCK_BLOBS for a share of another kind.
    """
    place = os.fspath(mount)
    layout = layout_at(place)
    if layout is None:
        return ()
    if layout.device is Device.DISK and os.path.isdir(os.path.join(place, container)):
        return ()
    folders = layout.folder(Format.BLOCK)
    if folders is None:
        raise BackupError(ErrorCode.DEVICE_TAKES_NO_BLOCK_BLOBS, path=place)
    return tuple(_as_it_is(place, folders))


def _as_it_is(place: str, folders: tuple[str, ...]) -> list[str]:
    """Write folders as they are written there: Linux tells upper case from lower case."""
    found: list[str] = []
    for folder in folders:
        names = _names(os.path.join(place, *found))
        found.append(next((name for name in names if name.lower() == folder.lower()), folder))
    return found


def _names(folder: str) -> list[str]:
    """List the folders in a folder, no links; nothing when it does not answer."""
    try:
        with os.scandir(folder) as entries:
            return [
                entry.name
                for entry in itertools.islice(entries, _MOST_ENTRIES)
                if entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        return []
