"""Where what opens a backup or its drives must not be written: onto a drive that travels."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.fitness import holds
from offline_backup_gui.domain.places import looks_windows
from offline_backup_gui.domain.prepared_drive import key_name
from offline_backup_gui.services.world import World


def assert_off_drives(world: World, file: Path, roots: Sequence[str] = ()) -> None:
    """Refuse a file on a drive that travels; links are followed. TARGET_ON_DRIVE.

    Such are `roots`, the drives of every plan and of the draft, and what is attached and was
    prepared, carries a backup or a drive manifest, or is Microsoft's.
    """
    named = [_folder(root) for root in (*roots, *_chosen(world))]
    attached: list[Drive] = []
    # A system that does not answer leaves the drives that are known by their place.
    with suppress(BackupError):
        attached += world.drive_source.drives()
    travelling = [*named, *(drive for drive in attached if _travels(world, drive))]
    everyone = [_placed(drive) for drive in (*named, *attached)]
    path = _real(str(file))
    if any(holds(_placed(drive), path, everyone) for drive in travelling):
        raise BackupError(ErrorCode.TARGET_ON_DRIVE, path=str(file))


def _chosen(world: World) -> Iterator[str]:
    for kept in world.state.plans():
        yield from kept.plan.drives
    draft = world.state.draft()
    if draft is not None:
        yield from draft.drives


def _travels(world: World, drive: Drive) -> bool:
    if drive.is_system:
        return False
    if drive.repository_id or drive.manifest or drive.layout is not None:
        return True
    serial = "".join(drive.serial.split())
    return bool(serial) and world.secrets.get(key_name(serial)) is not None


def _folder(root: str) -> Drive:
    return Drive("", "", Bus.FOLDER, 0, 0, (root,))


def _placed(drive: Drive) -> Drive:
    return Drive("", "", drive.bus, 0, 0, tuple(map(_real, drive.mounts)))


def _real(path: str) -> str:
    # A path of Windows means nothing to another system; a share that is silent is not asked.
    if path.startswith("\\\\") or looks_windows(path) != (os.name == "nt"):
        return path
    letter_alone = len(path) == 2 and path.endswith(":")  # would mean its current folder
    return os.path.realpath(path + "\\" if letter_alone else path)
