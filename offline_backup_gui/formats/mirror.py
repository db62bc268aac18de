"""The record of files that were copied as they are: what was finished, with its hashes.

Each record lists the files that were finished since the one before; later lines replace earlier
ones. It lies beside the files, so that another computer can go on.
"""

from __future__ import annotations

import re

import msgspec

from offline_backup_gui.formats import FORMAT_VERSION
from offline_backup_gui.formats.canonical import HEX_32, HEX_64, checked, damaged, strict

FOLDER = ".offline-backup-mirror/"
_BLOCKS = re.compile(r"(?:[0-9a-f]{32})*")
_MAX = (1 << 63) - 1


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
