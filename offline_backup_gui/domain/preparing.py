"""Erasing a drive, formatting it and switching BitLocker on: what forbids it, and the door to it.

What is erased cannot be brought back, so everything here says no when it is not sure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from offline_backup_gui.domain.device_rules import may_be_formatted
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.fitness import JudgedDrive
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.service_rules import serial_rule

LABEL = "OB-TRAVEL"
# What an empty file system with BitLocker mends; every other blocker also forbids erasing.
_MENDED = frozenset(
    {
        FindingCode.DRIVE_NOT_ENCRYPTED,
        FindingCode.DRIVE_HAS_MANIFEST,
        FindingCode.DRIVE_NOT_NTFS,
        FindingCode.DRIVE_NO_LETTER,
        FindingCode.DRIVE_DYNAMIC,
        FindingCode.DRIVE_SECOND_VOLUME,
        FindingCode.DRIVE_NOT_INITIALISED,
        FindingCode.DRIVE_NOT_FORMATTED,
        FindingCode.DRIVE_NOT_MOUNTED,
        FindingCode.DRIVE_TOO_SMALL,
        FindingCode.DRIVE_HAS_OTHER_BACKUP,
        FindingCode.DRIVE_ELEVENTH,
    }
)
# Offered where it is the way out; not for a drive that is merely full or has files.
_OFFERED = _MENDED - {
    FindingCode.DRIVE_TOO_SMALL,
    FindingCode.DRIVE_HAS_OTHER_BACKUP,
    FindingCode.DRIVE_ELEVENTH,
}
# A disk of several others, of another machine, or none at all; a pool would take others with it.
_NO_DISK = frozenset(
    {Bus.FOLDER, Bus.LOOP, Bus.NETWORK, Bus.SPACES, Bus.SAN, Bus.RAID, Bus.UNKNOWN}
)


class DiskIdentity(Struct, frozen=True):
    """A disk as the system tells it apart from every other; `path` is that of the device itself."""

    path: str
    unique: str
    size_bytes: int
    serial: str = ""
    in_use: bool = False  # the system runs or starts from it, or a cluster has it


class NewVolume(Struct, frozen=True):
    """The only file system of a drive that was erased: its own name, and where it is mounted."""

    name: str
    mount: str
    size_bytes: int


class PrepareStep(StrEnum):
    """What is being done; the words are `prepare-step`."""

    LOOK = "look"
    ERASE = "erase"
    PROTECT = "protect"
    KEEP = "keep"
    ENCRYPT = "encrypt"


class Preparer(Protocol):
    """What erases and encrypts on this computer. PREPARE_FAILED names the step and the reason."""

    def assert_able(self) -> None:
        """Raise PREPARE_NOT_HERE or BITLOCKER_NOT_INSTALLED when it could not be done to its end.

        Asked before anything is erased.
        """

    def identify(self, device: str) -> DiskIdentity:
        """Look at the disk that has a device's name now."""

    def erase(self, disk: DiskIdentity, label: str) -> NewVolume:
        """Erase this very disk and make one NTFS volume on it.

        PREPARE_DRIVE_CHANGED, with nothing done, when the disk there is not the one that was
        identified.
        """

    def protect(self, volume: str) -> str:
        """Give a volume a recovery password of the system's own making, and return it."""

    def encrypt(self, volume: str, *, whole: bool) -> None:
        """Begin to encrypt: what is used, or the whole volume with what lay on it before."""


class Candidate(Struct, frozen=True):
    """A drive somebody wants erased: what lies on it, and what forbids it."""

    drive: Drive
    findings: tuple[Finding, ...]

    @property
    def forbidden(self) -> tuple[Finding, ...]:
        """Give what erasing would not mend; empty when the drive may be erased."""
        return tuple(finding for finding in self.findings if forbids(finding))


def forbids(finding: Finding) -> bool:
    """Say whether a finding about a drive forbids to erase it."""
    return finding.severity is Severity.BLOCKER and finding.code not in _MENDED


def erasing_rules(drive: Drive, route: Route | None) -> Iterator[Finding]:
    """Give what forbids erasing beside what forbids writing."""
    if drive.bus in _NO_DISK or not drive.device:
        yield Finding(FindingCode.DRIVE_NOT_A_DISK, Severity.BLOCKER, {"bus": drive.bus.value})
    else:
        # Consent is typed by the serial: it has to be the one that stands on the disk.
        yield from serial_rule(drive, Severity.BLOCKER)
    if not may_be_formatted(drive, route):
        yield Finding(FindingCode.DRIVE_OF_MICROSOFT, Severity.BLOCKER)


def consented(drive: Drive, typed: str) -> None:
    """Check the serial that was typed; PREPARE_NOT_CONSENTED unless it is the drive's, whole."""
    if not drive.serial or typed.strip() != drive.serial:
        raise BackupError(
            ErrorCode.PREPARE_NOT_CONSENTED, drive=drive.mount or drive.model, typed=typed.strip()
        )


def same_drive(before: Drive, now: Sequence[Drive]) -> Drive:
    """Find a drive again in a newer list; PREPARE_DRIVE_CHANGED unless it is exactly as it was.

    Two drives of one serial are none: nobody could say which was meant.
    """
    found = [drive for drive in now if drive.serial == before.serial]
    if (
        len(found) != 1
        or found[0].device != before.device
        or found[0].size_bytes != before.size_bytes
        or found[0].is_system
    ):
        raise BackupError(ErrorCode.PREPARE_DRIVE_CHANGED, serial=before.serial)
    return found[0]


def worth_preparing(item: JudgedDrive) -> bool:
    """Say whether erasing and encrypting would make a drive usable that is not, and is allowed."""
    forbidden = any(map(forbids, (*item.findings, *erasing_rules(item.drive, Route.IMPORT_EXPORT))))
    mended = any(finding.code in _OFFERED for finding in item.findings)
    return bool(item.drive.serial) and mended and not forbidden
