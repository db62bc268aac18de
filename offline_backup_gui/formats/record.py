"""Records anybody can read and check without the key: repository and drive records."""

from __future__ import annotations

import re

import msgspec
from blake3 import blake3

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats import FORMAT_VERSION
from offline_backup_gui.formats.canonical import canonical, strict
from offline_backup_gui.formats.keys import Keyring

REPOSITORY = "repository.json"
PASSPHRASE_SLOT = "keys/passphrase.json"
RECOVERY_SLOT = "keys/recovery.json"
_DRIVE = re.compile(r"drives/([0-9a-f]{16})\.json")
_HEX32 = re.compile(r"[0-9a-f]{32}")


class RepositoryRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`repository.json`: what this is and how it is protected; no secrets."""

    program: str
    format: int
    repository_id: str
    created: str
    encryption: str
    chunk_identity: str
    chunking: str
    compression: str
    tag: str


class RecordObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One object on a drive: name, size in bytes, MD5 as Azure stores it, BLAKE3; both hex."""

    name: str
    size: int
    md5: str
    blake3: str


class Session(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One copy onto the drive; `finished` is empty until the drive is sealed."""

    started: str
    finished: str
    point: str


class DriveRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`drives/<16 hex>.json`. `check` finds rot without a key, `tag` forgery with it."""

    format: int
    repository_id: str
    drive_id: str
    serial: str
    label: str
    sealed: bool
    past_cache: bool
    sessions: list[Session]
    objects: list[RecordObject]
    check: str
    tag: str


def drive_record_name(drive_id: str) -> str:
    """Give the object name of a drive's record."""
    return f"drives/{drive_id}.json"


def drive_id_of(name: str) -> str | None:
    """Give the drive id of an object name, or None when it is no drive record."""
    found = _DRIVE.fullmatch(name)
    return found[1] if found else None


def new_repository_record(keyring: Keyring, created: str) -> bytes:
    """Give the bytes of `repository.json`."""
    record = RepositoryRecord(
        program="Offline Backup",
        format=FORMAT_VERSION,
        repository_id=keyring.repository_id.hex(),
        created=created,
        encryption="AES-256-GCM",
        chunk_identity="BLAKE3 keyed",
        chunking="FastCDC 2020 seeded 256 KiB 1 MiB 4 MiB",
        compression="Zstandard",
        tag="",
    )
    return canonical(msgspec.structs.replace(record, tag=keyring.tag(canonical(record))))


def read_repository_record(data: bytes) -> RepositoryRecord:
    """Parse `repository.json`; FORMAT_NEWER and FORMAT_DAMAGED are told apart."""
    record = strict(data, RepositoryRecord, REPOSITORY)
    if record.format > FORMAT_VERSION:
        raise BackupError(ErrorCode.FORMAT_NEWER, name=REPOSITORY, version=record.format)
    if not _HEX32.fullmatch(record.repository_id):
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name=REPOSITORY, why="repository_id")
    return record


def check_repository_tag(keyring: Keyring, record: RepositoryRecord) -> None:
    """Refuse a repository record that the holder of the key did not write."""
    body = canonical(msgspec.structs.replace(record, tag=""))
    if keyring.tag(body) != record.tag or record.repository_id != keyring.repository_id.hex():
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=REPOSITORY, why="tag")


def seal_drive_record(keyring: Keyring, record: DriveRecord) -> bytes:
    """Give the bytes of a drive record with its check value and keyed tag."""
    body = canonical(msgspec.structs.replace(record, check="", tag=""))
    return canonical(
        msgspec.structs.replace(record, check=blake3(body).hexdigest(), tag=keyring.tag(body))
    )


def read_drive_record(data: bytes, name: str) -> DriveRecord:
    """Parse a drive record and find every flipped bit; needs no key."""
    record = strict(data, DriveRecord, name)
    body = canonical(msgspec.structs.replace(record, check="", tag=""))
    if blake3(body).hexdigest() != record.check or drive_id_of(name) != record.drive_id:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="check")
    if record.format > FORMAT_VERSION:
        raise BackupError(ErrorCode.FORMAT_NEWER, name=name, version=record.format)
    return record


def check_drive_tag(keyring: Keyring, record: DriveRecord) -> None:
    """Refuse a drive record that the holder of the key did not write."""
    body = canonical(msgspec.structs.replace(record, check="", tag=""))
    if keyring.tag(body) != record.tag:
        raise BackupError(
            ErrorCode.OBJECT_DAMAGED, name=drive_record_name(record.drive_id), why="tag"
        )
