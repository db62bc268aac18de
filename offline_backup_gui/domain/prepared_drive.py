"""Own drives that are ready for an import job, as the preparation of a drive leaves them."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode

# The manifest's place on every drive, as the tool of Microsoft writes and Azure expects it.
MANIFEST = "\\DriveManifest.xml"
_MD5 = re.compile(r"[0-9A-Fa-f]{32}")
# What adapters/drives make: of a disk, share, volume, folder or practice drive, and of its place.
_MADE = re.compile(
    r"(?:(?:DISK|NET|MEM|LOOP|FOLDER|FD)-[0-9A-F]{12}|VOL-[0-9A-F]{8})(?:-[0-9A-Za-z-]+)?"
    r"|(?:.+-)?PhysicalDrive[0-9]+"
    r"|(?:loop|nbd)[0-9]+|[shv]d[a-z]{1,3}|xvd[a-z]{1,3}|nvme[0-9]+n[0-9]+|mmcblk[0-9]+"
)
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


class PreparedDrive(Struct, frozen=True):
    """What an import job needs to know of one drive; never the BitLocker key itself.

    `manifest_name` is the path on the drive from its root with a backslash, `manifest_md5` the MD5
    of that file in Base16, `key_ref` the name of the recovery password in the SecretStore ("" while
    none is kept). With `serial_made` the drive never goes into a job: see `Drive.serial_made`.
    `sealed_here` says that the hash is of the manifest this computer sealed the drive with.
    """

    serial: str
    manifest_name: str
    manifest_md5: str
    key_ref: str
    serial_made: bool = False
    sealed_here: bool = False


def prepared_drive(
    serial: str,
    manifest_md5: str,
    manifest_name: str = MANIFEST,
    key_ref: str = "",
    *,
    serial_made: bool = False,
) -> PreparedDrive:
    """Make a record that Azure would take; VALUE_NOT_UNDERSTOOD names the part it would not.

    A serial has no blanks (driveId in storageimportexport.json, 2021-01-01).
    """
    plain = serial.strip()
    if not plain or not plain.isprintable() or any(letter.isspace() for letter in plain):
        raise _wrong("serial", serial)
    path = manifest_name.replace("/", "\\")
    path = path if path.startswith("\\") else f"\\{path}"
    if len(path) < 2 or not path.isprintable() or ":" in path or ".." in path.split("\\"):
        raise _wrong("manifest", manifest_name)
    if not _MD5.fullmatch(manifest_md5):
        raise _wrong("manifest-hash", manifest_md5)
    made = serial_made or looks_made(plain)
    return PreparedDrive(plain, path, manifest_md5.upper(), key_ref, made)


def looks_made(serial: str) -> bool:
    """Say whether a serial has a form that this program gives to drives that tell it none.

    So that one is known again where only the text is left: in a manifest, a journal, a form.
    """
    return _MADE.fullmatch(serial.strip()) is not None


def assert_own_serial(drive: PreparedDrive) -> None:
    """Refuse a drive whose serial was made up or changed here for an import job. SERIAL_MADE."""
    if drive.serial_made or looks_made(drive.serial):
        raise BackupError(ErrorCode.SERIAL_MADE, drive=drive.serial)


def key_name(serial: str) -> str:
    """Name the recovery password of a drive in the SecretStore: readable, and never two alike."""
    plain = serial.strip()
    readable = _NOT_IN_A_NAME.sub("-", plain.lower()).strip("-")[:40] or "drive"
    digest = hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"bitlocker-{readable}-{digest}"


def _wrong(name: str, value: str) -> BackupError:
    return BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name=name, value=value[:200])
