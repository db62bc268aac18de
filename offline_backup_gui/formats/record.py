"""Records anybody can read and check without the key: repository and drive records."""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime

import msgspec

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats import FORMAT_VERSION
from offline_backup_gui.formats.canonical import (
    HEX_32,
    HEX_64,
    canonical,
    checked,
    damaged,
    is_time,
    strict,
)
from offline_backup_gui.formats.keys import PASSPHRASE_SLOT as PASSPHRASE_SLOT
from offline_backup_gui.formats.keys import RECOVERY_SLOT as RECOVERY_SLOT
from offline_backup_gui.formats.keys import Keyring

REPOSITORY = "repository.json"
MAX_TEXT = 200
_DRIVE = re.compile(r"drives/([0-9a-f]{16})\.json")
_OBJECT = re.compile(
    r"repository\.json"
    r"|keys/[a-z0-9-]{1,40}\.json"
    r"|packs/([0-9a-f]{2})/\1[0-9a-f]{30}"
    r"|points/[0-9]{8}t[0-9]{6}z-[0-9a-f]{16}"
)
# C0 and C1 control characters: they would let a label write over a terminal. The set never grows.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MAX_SIZE = (1 << 63) - 1


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
    tag: str = ""
    check: str = ""


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


def moment(text: str) -> datetime:
    """Read a time as it stands in records and points: `2026-11-23T07:28:12Z`, in UTC."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def drive_record_name(drive_id: str) -> str:
    """Give the object name of a drive's record."""
    return f"drives/{drive_id}.json"


def drive_id_of(name: str) -> str | None:
    """Give the drive id of an object name, or None when it is no drive record."""
    found = _DRIVE.fullmatch(name)
    return found[1] if found else None


# What version 1 means. A record that names anything else was not written by version 1, so nobody
# can talk a reader into a weaker algorithm. `chunking` is for people: readers need not cut.
_VERSION_1 = {
    "program": "Offline Backup",
    "encryption": "AES-256-GCM",
    "chunk_identity": "BLAKE3 keyed",
    "compression": "Zstandard",
}


def new_repository_record(keyring: Keyring, created: str) -> bytes:
    """Give the bytes of `repository.json`; `created` is a time as it stands in records."""
    record = RepositoryRecord(
        format=FORMAT_VERSION,
        repository_id=keyring.repository_id.hex(),
        created=created,
        chunking="FastCDC 2020 seeded 256 KiB 1 MiB 4 MiB",
        **_VERSION_1,
    )
    return checked(msgspec.structs.replace(record, tag=keyring.tag(_body(record))))


def read_repository_record(data: bytes) -> RepositoryRecord:
    """Parse `repository.json` without a key; FORMAT_NEWER and FORMAT_DAMAGED are told apart."""
    record = strict(data, RepositoryRecord, REPOSITORY)
    if (
        not HEX_32.fullmatch(record.repository_id)
        or not HEX_64.fullmatch(record.tag)
        or not is_time(record.created)
        or not _plain(record.chunking)
        or any(getattr(record, name) != value for name, value in _VERSION_1.items())
    ):
        raise damaged(REPOSITORY, "values")
    return record


def check_repository_tag(keyring: Keyring, record: RepositoryRecord) -> None:
    """Refuse a repository record that the holder of the key did not write."""
    same = record.repository_id == keyring.repository_id.hex()
    if not same or not hmac.compare_digest(keyring.tag(_body(record)), record.tag):
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=REPOSITORY, why="tag")


def _body(record: RepositoryRecord | DriveRecord) -> bytes:
    """Give what the tag covers: everything but tag and check."""
    return canonical(msgspec.structs.replace(record, check="", tag=""))


def _plain(text: str) -> bool:
    return len(text) <= MAX_TEXT and not _CONTROL.search(text)


def _made_plain(text: str) -> str:
    """Give a text from the world (a serial number, a label) as a record may hold it."""
    whole = text.encode("utf-8", "replace").decode("utf-8")
    return _CONTROL.sub(" ", whole)[:MAX_TEXT]


def seal_drive_record(keyring: Keyring, record: DriveRecord) -> bytes:
    """Give the bytes of a drive record with its keyed tag and its check value.

    Control characters in serial number and label become spaces.
    """
    record = msgspec.structs.replace(
        record, serial=_made_plain(record.serial), label=_made_plain(record.label)
    )
    return checked(msgspec.structs.replace(record, tag=keyring.tag(_body(record))))


def read_drive_record(data: bytes, name: str) -> DriveRecord:
    """Parse a drive record and find every flipped bit; needs no key."""
    record = strict(data, DriveRecord, name)
    names = [line.name for line in record.objects]
    if (
        drive_id_of(name) != record.drive_id
        or not HEX_32.fullmatch(record.repository_id)
        or not HEX_64.fullmatch(record.tag)
        or not _plain(record.serial)
        or not _plain(record.label)
        or len(set(names)) != len(names)
        or not all(_sound(line) for line in record.objects)
        or not all(_sound_session(session) for session in record.sessions)
    ):
        raise damaged(name, "values")
    return record


def _sound(line: RecordObject) -> bool:
    """Say whether a line names an object of ours: its name becomes a path when drives are read."""
    return (
        _OBJECT.fullmatch(line.name) is not None
        and 0 <= line.size <= _MAX_SIZE
        and HEX_32.fullmatch(line.md5) is not None
        and HEX_64.fullmatch(line.blake3) is not None
    )


def _sound_session(session: Session) -> bool:
    return (
        is_time(session.started)
        and (session.finished == "" or is_time(session.finished))
        and _plain(session.point)
    )


def check_drive_tag(keyring: Keyring, record: DriveRecord) -> None:
    """Refuse a drive record that the holder of the key did not write."""
    same = record.repository_id == keyring.repository_id.hex()
    if not same or not hmac.compare_digest(keyring.tag(_body(record)), record.tag):
        name = drive_record_name(record.drive_id)
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="tag")
