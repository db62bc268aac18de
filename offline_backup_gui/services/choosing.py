"""The drives an admin chose: found, judged, and refused before anything is written."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from msgspec.structs import replace

from offline_backup_gui.domain.drive import FOLDER_SERIAL, Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity, blocks
from offline_backup_gui.domain.fitness import DriveNeed, fitness
from offline_backup_gui.domain.places import is_inside, looks_windows, parts
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.homes import DriveChoice
from offline_backup_gui.engine.mirror_state import mirror_id_of
from offline_backup_gui.engine.unlocking import repository_id_of
from offline_backup_gui.services.mirror_places import MirrorPlaces
from offline_backup_gui.services.outcomes import blocked
from offline_backup_gui.services.real_place import real_place
from offline_backup_gui.services.world import World

# What no listing looked into: folders, and shares of a Data Box.
_UNLISTED = frozenset({Bus.FOLDER, Bus.NETWORK})


class Choosing:
    """Finds chosen drives among those attached, and says what speaks against them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def choices(self, kept: KeptPlan, mounts: Sequence[str]) -> tuple[DriveChoice, ...]:
        """Judge the chosen drives once more: nothing is written when one of them is blocked."""
        if not mounts:
            raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path="")
        known = self._known()
        drives = [self._at(mount, known) for mount in mounts]
        for finding in self._judged(kept, drives):
            if blocks([finding]):
                raise blocked(finding)
        return tuple(
            DriveChoice(drive.mount, drive.serial, drive.label or drive.mount, drive.serial_made)
            for drive in drives
        )

    def findings(self, kept: KeptPlan, mounts: Sequence[str]) -> list[Finding]:
        """Give every finding about chosen drives, each with its `drive`."""
        drives, gone = [], []
        known = self._known()
        for mount in mounts:
            try:
                drives.append(self._at(mount, known))
            except BackupError as error:
                if error.code is not ErrorCode.DRIVE_NOT_FOUND:
                    raise
                parameters: dict[str, Parameter] = {"drive": mount}
                gone.append(Finding(FindingCode.DRIVE_NOT_THERE, Severity.WARNING, parameters))
        return [*self._judged(kept, drives), *gone]

    def _known(self) -> list[Drive]:
        try:
            return list(self._world.drive_source.drives())
        except BackupError as error:
            if error.code is not ErrorCode.DRIVES_UNANSWERED:
                raise
            return []

    def _at(self, mount: str, known: Sequence[Drive]) -> Drive:
        """Give the drive at a place; DRIVE_NOT_FOUND."""
        drive = self._world.drive_at(mount, known)
        others = tuple(other for other in drive.mounts if other != mount)
        drive = replace(drive, mounts=(mount, *others))
        if drive.bus in _UNLISTED and not drive.repository_id:
            drive = replace(drive, repository_id=self._repository_on(mount))
        return drive

    def _repository_on(self, mount: str) -> str:
        """Name the repository in a folder that no listing looked into; "" when there is none."""
        try:
            for folder, container in self._world.containers_on(mount):
                return repository_id_of(self._world.open_drive(folder, container))
            for folder, container in self._world.mirrors_on(mount):
                return mirror_id_of(self._world.open_mirror(folder, container))
        except BackupError:
            return ""  # what cannot be read is told when it is opened
        return ""

    def _place_empty(self, kept: KeptPlan, drive: Drive) -> Iterator[Finding]:
        """Refuse the empty folder that a pulled drive leaves behind: it is on the system disk."""
        if not _is_plain_folder(drive.serial):
            return
        for mount, serial in self._known_places(kept):
            same_place = real_place(mount) == real_place(drive.mount)
            if same_place and not _is_plain_folder(serial):
                parameters: dict[str, Parameter] = {"serial": serial}
                yield Finding(FindingCode.DRIVE_PLACE_EMPTY, Severity.BLOCKER, parameters)
                return

    def _known_places(self, kept: KeptPlan) -> list[tuple[str, str]]:
        """Give where drives of this plan were mounted, and their serials."""
        if kept.plan.travels_as_is:
            places = MirrorPlaces(self._world.mirror_folder(kept.plan.mirror_id)).all()
            return [(place.mount, place.serial) for place in places]
        if not kept.repository_id:
            return []
        homes = self._world.book(kept.repository_id).homes()
        return [(home.mount, home.serial) for home in homes]

    def _judged(self, kept: KeptPlan, drives: Sequence[Drive]) -> list[Finding]:
        plan = kept.plan
        account = plan.read_into
        need = DriveNeed(
            0,
            tuple(real_place(source) for source in plan.carried),
            account if "://" in account else real_place(account) if account else "",
            plan.route,
            plan.mirror_id if plan.travels_as_is else kept.repository_id,
            tuple(drive.mount for drive in drives),
        )
        # The mounts of the others tell which medium holds a path; links are followed first.
        placed = [replace(drive, mounts=tuple(map(_real, drive.mounts))) for drive in drives]
        found: list[Finding] = []
        for number, (given, drive) in enumerate(zip(drives, placed, strict=True)):
            own = [
                *_root(drive),
                *self._place_empty(kept, drive),
                *_twice(drive, placed[:number]),
                *fitness(drive, need, placed),
            ]
            found += [
                replace(finding, parameters={"drive": given.mount, **finding.parameters})
                for finding in own
            ]
        return found


def _real(path: str) -> str:
    # A path of Windows means nothing to another system.
    return path if looks_windows(path) != (os.name == "nt") else real_place(path)


def _is_plain_folder(serial: str) -> bool:
    """Say whether a serial was made up for a folder that is no medium of its own."""
    return serial.startswith(FOLDER_SERIAL)


def _root(drive: Drive) -> Iterator[Finding]:
    """Refuse the root of the file system where no disk is listed for it."""
    place = PurePath(drive.mount)
    if drive.bus is Bus.FOLDER and place == PurePath(place.anchor):
        yield Finding(FindingCode.DRIVE_IS_SYSTEM, Severity.BLOCKER)


def _twice(drive: Drive, others: Sequence[Drive]) -> Iterator[Finding]:
    """Refuse a drive that was given twice, lies inside another, or is another part of its disk."""
    for other in others:
        if _same(drive, other):
            parameters: dict[str, Parameter] = {"other": other.mount}
            yield Finding(FindingCode.DRIVE_SAME_DISK, Severity.BLOCKER, parameters)
            return


def _same(one: Drive, other: Drive) -> bool:
    if one.device and one.device == other.device:
        return True
    mine, theirs = parts(one.mount), parts(other.mount)
    # A drive may well be mounted below another one; a practice folder may not.
    nested = Bus.FOLDER in (one.bus, other.bus) and (
        is_inside(mine, theirs) or is_inside(theirs, mine)
    )
    return mine == theirs or nested
