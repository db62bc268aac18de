"""Drive manifests and what belongs to them: checked, computed for an import job, handed in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from offline_backup_gui.domain.bitlocker import recovery_password
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.manifest_check import ManifestCheck
from offline_backup_gui.domain.manifest_rules import Fault, Found
from offline_backup_gui.domain.ports import DriveStore
from offline_backup_gui.domain.prepared_drive import (
    PreparedDrive,
    assert_own_serial,
    key_name,
    prepared_drive,
)
from offline_backup_gui.engine.manifest_check import StoredManifest, check_rules
from offline_backup_gui.engine.manifest_compare import check_drive_manifest
from offline_backup_gui.formats.import_journal import (
    PORTAL_MOST_BYTES,
    DriveInfo,
    drive_information,
    drive_information_name,
    journal_text,
    read_journal,
)
from offline_backup_gui.services.key_places import assert_off_drives
from offline_backup_gui.services.private_files import write_private
from offline_backup_gui.services.watching import Watch, watched
from offline_backup_gui.services.world import World

_LETTER = re.compile(r"[A-Za-z]:")


class Manifests:
    """Looks at manifests of anybody, on drives or beside them."""

    def __init__(self, world: World) -> None:
        self._world = world

    def check(
        self, place: str, *, journal: str | None = None, watch: Watch | None = None
    ) -> ManifestCheck:
        """Judge a manifest file by its rules, or a drive by its manifest, byte for byte.

        With a journal (or drive information), serial number and hash are compared too.
        MANIFEST_UNREADABLE, MANIFEST_MISSING, DRIVE_NOT_FOUND, IMPORT_FILE_UNREADABLE.
        """
        context = watched(watch or Watch(), self._world.clock, self._world.files)
        known = None if journal is None else _journal_drives(journal)
        path = _path(place)
        if path.is_dir():
            with _named(place):
                check = check_drive_manifest(context, self._root(place))
        else:
            check = check_rules(context.control, lambda: _opened(path), place)
        if known is not None:
            _compare(check, known)
        return check

    def prepared(self, place: str, *, key_ref: str = "") -> PreparedDrive:
        """Give what an import job needs of a drive: serial number, manifest and its MD5.

        The serial number is the manifest's. MANIFEST_MISSING, MANIFEST_UNREADABLE when the manifest
        does not hold, VALUE_NOT_UNDERSTOOD for a serial number Azure would not take.
        """
        root = self._root(place)
        context = watched(Watch(), self._world.clock, self._world.files)
        manifest = StoredManifest(root)
        with _named(place):
            check = check_rules(context.control, lambda: manifest, place)
        if not check.good:
            first = next(iter(check.found), Found(Fault.CUT_OFF))
            raise BackupError(
                ErrorCode.MANIFEST_UNREADABLE, name=place, why=f"{first.fault.value} {first.blob}"
            )
        serial = check.head.drive_id
        made = self._is_made(place, serial)
        return prepared_drive(serial, check.md5, key_ref=key_ref, serial_made=made)

    def _is_made(self, place: str, serial: str) -> bool:
        """Say whether this computer gave a drive its serial; one it cannot list may have it."""
        try:
            drive = self._world.drive_at(place, self._world.drive_source.drives())
        except BackupError:
            return False
        return drive.serial_made and "".join(drive.serial.split()) == serial

    def hand_in(
        self,
        drives: Sequence[PreparedDrive],
        keys: Mapping[str, str],
        folder: Path,
        name: str,
        roots: Sequence[str] = (),
    ) -> list[Path]:
        """Write the files the portal takes for these drives; `keys` are BitLocker keys by serial.

        A key that is not among them is the one that is kept here of that drive.
        One journal, where it is small enough, and the drive information of each drive. They open
        the drives: nobody else may read them, and they may not lie on one of the drives (`roots`
        are where those are, as far as the caller knows). SERIAL_MADE, BITLOCKER_KEY_MISSING,
        BITLOCKER_KEY_WRONG, TARGET_ON_DRIVE, TARGET_EXISTS, TARGET_NOT_WRITABLE.
        """
        assert_off_drives(self._world, folder / name, roots)
        infos = [self._info(drive, keys) for drive in drives]
        at = self._world.clock.now().astimezone()
        journal = journal_text(infos, at)
        texts = {drive_information_name(name, info): drive_information(info, at) for info in infos}
        if len(journal) <= PORTAL_MOST_BYTES:
            texts = {f"{name}.jrn": journal, **texts}
        new_folder(folder)
        return write_all_private(self._world, folder, texts)

    def _info(self, drive: PreparedDrive, keys: Mapping[str, str]) -> DriveInfo:
        assert_own_serial(drive)
        key = keys.get(drive.serial, "")
        if not key:
            kept = self._world.secrets.get(drive.key_ref or key_name(drive.serial))
            if kept is None:
                raise BackupError(ErrorCode.BITLOCKER_KEY_MISSING, drive=drive.serial)
            key = kept.decode()
        plain = recovery_password(key, drive.serial)
        return DriveInfo(drive.serial, drive.manifest_md5, plain, drive.manifest_name)

    def _root(self, place: str) -> DriveStore:
        return self._world.open_root(str(_path(place)))


def _path(place: str) -> Path:
    """Give a place as a path; a drive's letter alone would mean its current folder."""
    return Path(place + "\\" if _LETTER.fullmatch(place) else place)


@contextmanager
def _named(place: str) -> Iterator[None]:
    """Say that a drive has no manifest, not that some object is missing."""
    try:
        yield
    except BackupError as error:
        if error.code is not ErrorCode.OBJECT_MISSING:
            raise
        raise BackupError(ErrorCode.MANIFEST_MISSING, drive=place) from error


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(ErrorCode.MANIFEST_UNREADABLE, name=str(path), why=why) from error


def _journal_drives(journal: str) -> dict[str, DriveInfo]:
    try:
        with open(journal, "rb") as file:
            drives = read_journal(file, journal).drives
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(
            ErrorCode.IMPORT_FILE_UNREADABLE, name=journal, what="journal", why=why
        ) from error
    return {drive.drive_id.casefold(): drive for drive in drives}


def _compare(check: ManifestCheck, known: Mapping[str, DriveInfo]) -> None:
    info = known.get(check.head.drive_id.casefold())
    if info is None:
        check.tell(Found(Fault.ANOTHER_DRIVE, detail=check.head.drive_id))
    elif info.manifest_hash != check.md5:
        check.tell(Found(Fault.MANIFEST_CHANGED, detail=f"{info.manifest_hash}, {check.md5}"))


def new_folder(folder: Path) -> None:
    """Make a folder when it is not there; TARGET_NOT_WRITABLE."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _not_writable(folder, error) from error


def write_all_private(world: World, folder: Path, texts: Mapping[str, bytes]) -> list[Path]:
    """Write new files that only their owner reads, all of them or none; as `write_private`."""
    written: list[Path] = []
    try:
        for name, data in texts.items():
            written.append(write_private(world, folder / name, data))
    except BackupError:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return written


def _not_writable(path: Path, error: OSError) -> BackupError:
    why = error.strerror or type(error).__name__
    return BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(path), reason=why)
