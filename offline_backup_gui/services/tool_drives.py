"""The drives of Microsoft's tool: lines of a driveset.csv, made of drives and taken over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.bitlocker import recovery_password
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.prepared_drive import key_name
from offline_backup_gui.formats.import_csv import DriveRow
from offline_backup_gui.formats.small_xml import wrong
from offline_backup_gui.services.world import World

_LETTER = re.compile(r"([A-Za-z]):[\\/]?")


class Note(StrEnum):
    """What is otherwise on the other side, as words keys."""

    EXCLUDE = "exclude"
    NAMES = "names"
    SINGLE_FILE = "single-file"
    PAGE = "page"
    DISPOSITION = "disposition"
    SIDE_FILES = "side-files"
    KEYS = "keys"
    PREPARE = "prepare"
    KEY_KEPT = "key-kept"
    KEY_LEFT = "key-left"


class Noted(Struct, frozen=True):
    """One thing that differs, with what it is about."""

    note: Note
    detail: str = ""


class ToolDrives:
    """Knows drives by their letters, as the tool does."""

    def __init__(self, world: World) -> None:
        self._world = world

    def row(self, mount: str) -> DriveRow:
        """Give the line of a drive; with the key that is kept here of it, it is encrypted already.

        Never "Format": what a drive held before is nobody's to erase without being asked.
        IMPORT_FILE_WRONG for a drive without a letter.
        """
        found = _LETTER.fullmatch(mount)
        if found is None:
            raise wrong("driveset.csv", "DriveLetter", mount)
        serial = self._serial(mount)
        kept = self._world.secrets.get(key_name(serial)) if serial else None
        key = "" if kept is None else kept.decode()
        return DriveRow(
            found[1].upper(), format=False, silent=True, encrypt=not key, bitlocker_key=key
        )

    def keep_keys(self, rows: Sequence[DriveRow]) -> tuple[Noted, ...]:
        """Keep the keys of lines among the secrets, each by the serial of the drive at its letter.

        Says of each whether it was kept; without an own serial nobody would find it again.
        """
        notes = []
        for row in rows:
            if not row.bitlocker_key:
                continue
            serial = self._serial(f"{row.letter}:\\")
            if serial:
                key = recovery_password(row.bitlocker_key, serial)
                self._world.secrets.put(key_name(serial), key.encode())
            detail = f"{row.letter}: {serial}".strip()
            notes.append(Noted(Note.KEY_KEPT if serial else Note.KEY_LEFT, detail))
        return tuple(notes)

    def _serial(self, mount: str) -> str:
        """Give the serial that names a drive's key; "" when it is not there or has none."""
        drive = None
        known: list[Drive] = []
        with suppress(BackupError):
            known += self._world.drive_source.drives()
        at = mount[:1].upper()
        named = [one for one in known if at in map(_letter, one.mounts)]
        try:
            drive = named[0] if named else self._world.drive_at(mount, known)
        except BackupError as error:
            if error.code not in (ErrorCode.DRIVE_NOT_FOUND, ErrorCode.DRIVE_SILENT):
                raise
        if drive is None or drive.serial_made:
            return ""
        return "".join(drive.serial.split())


def _letter(mount: str) -> str:
    found = _LETTER.fullmatch(mount)
    return found[1].upper() if found else ""


def prepared_by_hand(rows: Sequence[DriveRow]) -> tuple[Noted, ...]:
    """Say which drives the tool would format or encrypt by itself."""
    letters = [f"{row.letter}:" for row in rows if row.format or row.encrypt]
    return (Noted(Note.PREPARE, ", ".join(letters)),) if letters else ()
