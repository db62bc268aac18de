"""Own drives that are ready for an import job, as the preparation of a drive leaves them."""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode

# The manifest's place on every drive, as the tool of Microsoft writes and Azure expects it.
MANIFEST = "\\DriveManifest.xml"
_MD5 = re.compile(r"[0-9A-Fa-f]{32}")
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


class PreparedDrive(Struct, frozen=True):
    """What an import job needs to know of one drive; never the BitLocker key itself.

    `manifest_name` is the path on the drive from its root with a backslash, `manifest_md5` the MD5
    of that file in Base16, `key_ref` the name of the recovery password in the SecretStore ("" while
    none is kept).
    """

    serial: str
    manifest_name: str
    manifest_md5: str
    key_ref: str


def prepared_drive(
    serial: str, manifest_md5: str, manifest_name: str = MANIFEST, key_ref: str = ""
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
    return PreparedDrive(plain, path, manifest_md5.upper(), key_ref)


def key_name(serial: str) -> str:
    """Name the recovery password of a drive in the SecretStore: readable, and never two alike."""
    plain = serial.strip()
    readable = _NOT_IN_A_NAME.sub("-", plain.lower()).strip("-")[:40] or "drive"
    digest = hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()
    return f"bitlocker-{readable}-{digest}"


def _wrong(name: str, value: str) -> BackupError:
    return BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name=name, value=value[:200])
