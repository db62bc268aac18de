"""The records of files that were copied as they are: what was finished, with its hashes.

Each record lists the files that were finished since the one before; later lines replace earlier
ones. It lies beside the files, so that another computer can go on. Beside them stand whose copy
it is, and, once a drive is ready to travel, its seal.
"""

from __future__ import annotations

import re

import msgspec

from offline_backup_gui.domain.blob_names import OWN_FOLDER
from offline_backup_gui.formats import FORMAT_VERSION
from offline_backup_gui.formats.canonical import (
    HEX_32,
    HEX_64,
    checked,
    damaged,
    is_time,
    strict,
)

FOLDER = OWN_FOLDER + "/"
OWNER, SEAL = FOLDER + "owner.json", FOLDER + "seal.json"
_BLOCKS = re.compile(r"(?:[0-9a-f]{32})*")
_MAX = (1 << 63) - 1
_KINDS = ("block", "page")
_MANIFEST_MD5 = re.compile("[0-9A-F]{32}")


class MirroredFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finished file: size in bytes, time of change in ns, hashes in hex.

    `blocks` is the MD5 of each block of 4 MiB, one after the other; `md5`, of the whole file, is
    empty when nobody asked for it. `verified` files were read back from the medium.
    """

    name: str
    size: int
    mtime_ns: int
    blake3: str
    blocks: str
    md5: str = ""
    verified: bool = False


class MirrorRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One record; `check` finds rot."""

    format: int
    files: tuple[MirroredFile, ...]
    check: str = ""


class MirrorOwner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose copy it is: `mirror_id` of the plan (32 digits), its name, the kind of its blobs."""

    format: int
    mirror_id: str
    plan: str
    kind: str
    check: str = ""


class MirrorSeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A drive that is ready to travel: what its manifest lists, and the manifest's MD5.

    `finished` is a time; `drive_id` is what the manifest calls the drive: its serial number.
    The MD5 is in upper-case hex, as import jobs want it.
    """

    format: int
    mirror_id: str
    drive_id: str
    label: str
    finished: str
    files: int
    size: int
    manifest_md5: str
    past_cache: bool
    check: str = ""


def record_name(number: int) -> str:
    """Name the n-th record."""
    return f"{FOLDER}{number:08d}.json"


def mirror_record(files: tuple[MirroredFile, ...]) -> bytes:
    """Give the bytes of a record."""
    return checked(MirrorRecord(FORMAT_VERSION, files))


def read_mirror_record(data: bytes, name: str) -> tuple[MirroredFile, ...]:
    """Give the files of a record; FORMAT_DAMAGED, FORMAT_NEWER."""
    record = strict(data, MirrorRecord, name)
    for file in record.files:
        if (
            not 0 <= file.size <= _MAX
            or not HEX_64.fullmatch(file.blake3)
            or not _BLOCKS.fullmatch(file.blocks)
            or not (file.md5 == "" or HEX_32.fullmatch(file.md5))
        ):
            raise damaged(name, "file")
    return record.files


def owner_record(mirror_id: str, plan: str, kind: str) -> bytes:
    """Give the bytes that say whose copy it is."""
    return checked(MirrorOwner(FORMAT_VERSION, mirror_id, plan, kind))


def read_owner(data: bytes, name: str = OWNER) -> MirrorOwner:
    """Read whose copy it is; FORMAT_DAMAGED, FORMAT_NEWER."""
    owner = strict(data, MirrorOwner, name)
    if not HEX_32.fullmatch(owner.mirror_id) or owner.kind not in _KINDS:
        raise damaged(name, "owner")
    return owner


def seal_record(seal: MirrorSeal) -> bytes:
    """Give the bytes of a seal."""
    return checked(seal)


def read_seal(data: bytes, name: str = SEAL) -> MirrorSeal:
    """Read a seal; FORMAT_DAMAGED, FORMAT_NEWER."""
    seal = strict(data, MirrorSeal, name)
    if (
        not is_time(seal.finished)
        or not HEX_32.fullmatch(seal.mirror_id)
        or not _MANIFEST_MD5.fullmatch(seal.manifest_md5)
        or not (0 <= seal.files <= _MAX and 0 <= seal.size <= _MAX)
    ):
        raise damaged(name, "seal")
    return seal
