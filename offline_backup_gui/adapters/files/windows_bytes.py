"""Structures with which Windows tells of files, taken apart; all numbers in them are little endian.

Source: FILE_ID_BOTH_DIR_INFO, FILE_BASIC_INFO, BY_HANDLE_FILE_INFORMATION, FILE_STREAM_INFO,
FILE_ALLOCATED_RANGE_BUFFER and File Attribute Constants in the Windows documentation. A structure
that contradicts itself is a ValueError.
"""

from __future__ import annotations

import hashlib
import stat
import struct
from collections.abc import Iterator

import msgspec

READ_ONLY, HIDDEN, SYSTEM, DIRECTORY, ARCHIVE = 0x1, 0x2, 0x4, 0x10, 0x20
NORMAL, TEMPORARY, SPARSE, REPARSE, COMPRESSED = 0x80, 0x100, 0x200, 0x400, 0x800
OFFLINE, NOT_INDEXED, ENCRYPTED = 0x1000, 0x2000, 0x4000
INTEGRITY, NO_SCRUB = 0x8000, 0x20000
RECALL_ON_OPEN, PINNED, UNPINNED, RECALL_ON_DATA = 0x40000, 0x80000, 0x100000, 0x400000
FLAG_NAMES = {
    READ_ONLY: "read-only",
    HIDDEN: "hidden",
    SYSTEM: "system",
    ARCHIVE: "archive",
    TEMPORARY: "temporary",
    SPARSE: "sparse",
    COMPRESSED: "compressed",
    OFFLINE: "offline",
    NOT_INDEXED: "not-content-indexed",
    ENCRYPTED: "encrypted",
    INTEGRITY: "integrity",
    NO_SCRUB: "no-scrub",
    PINNED: "pinned",
    UNPINNED: "unpinned",
}
# What a file gets by saying so; the others have calls of their own or belong to the file system.
SETTABLE = READ_ONLY | HIDDEN | SYSTEM | ARCHIVE | TEMPORARY | OFFLINE | NOT_INDEXED | PINNED
SETTABLE |= UNPINNED
FAT_ATTRIBUTES = READ_ONLY | HIDDEN | SYSTEM | ARCHIVE

TAG_MOUNT_POINT, TAG_SYMLINK, TAG_LX_SYMLINK = 0xA0000003, 0xA000000C, 0xA000001D
TAG_APP_EXEC_LINK, TAG_AF_UNIX = 0x8000001B, 0x80000023
TAG_DEDUP, TAG_WOF, TAG_STORAGE_SYNC = 0x80000013, 0x80000017, 0x8000001E
TAG_STORAGE_SYNC_FOLDER, TAG_ONEDRIVE = 0x90000027, 0x80000021
TAG_LX_FIFO, TAG_LX_CHR, TAG_LX_BLK = 0x80000024, 0x80000025, 0x80000026
TAG_CLOUD, _CLOUD_MASK = 0x9000001A, 0xFFFF0FFF  # sixteen tags, one for each provider
LINKS = frozenset({TAG_MOUNT_POINT, TAG_SYMLINK, TAG_LX_SYMLINK, TAG_APP_EXEC_LINK})
# What stands behind these is the file itself: Windows reads it, and a restore makes a plain file.
READ_THROUGH = frozenset(
    {TAG_DEDUP, TAG_WOF, TAG_STORAGE_SYNC, TAG_STORAGE_SYNC_FOLDER, TAG_ONEDRIVE}
)
TAG_NAMES = {
    TAG_AF_UNIX: "AF_UNIX",
    TAG_LX_FIFO: "LX_FIFO",
    TAG_LX_CHR: "LX_CHR",
    TAG_LX_BLK: "LX_BLK",
}

_EPOCH_TICKS = 116_444_736_000_000_000  # 1970 as FILETIME
_LAST = (1 << 63) - 1
_DIRECTORY = struct.Struct("<IIqqqqqqIIIbx24s2xq")
_BASIC = struct.Struct("<qqqqI4x")
_BY_HANDLE = struct.Struct("<I8s8s8sIIIIII")
_STREAM = struct.Struct("<IIqq")
_RANGE = struct.Struct("<qq")
_FILE_ID_BYTES = 24


class WindowsInfo(msgspec.Struct, frozen=True, gc=False):
    """What a look at a name shows on Windows: the fields of `Info`, and those of its own.

    Modes are private, because they say nothing here. The times count 100 ns since 1601.
    """

    st_mode: int
    st_size: int
    st_blocks: int
    st_mtime_ns: int
    st_ctime_ns: int
    st_ino: int
    st_dev: int
    st_nlink: int
    attributes: int
    created: int
    written: int
    accessed: int
    changed: int
    tag: int = 0
    ea_bytes: int = 0
    st_uid: int = 0
    st_gid: int = 0


class BasicInfo(msgspec.Struct, frozen=True, gc=False):
    """FILE_BASIC_INFO."""

    created: int
    accessed: int
    written: int
    changed: int
    attributes: int

    def data(self) -> bytes:
        """Give the structure; a time of 0 leaves the time alone."""
        return _BASIC.pack(self.created, self.accessed, self.written, self.changed, self.attributes)


class Stream(msgspec.Struct, frozen=True):
    """One alternate stream: its name without colons, its size in bytes."""

    name: str
    size_bytes: int


def ns_of(ticks: int) -> int:
    """Give nanoseconds since 1970 of a FILETIME."""
    return (ticks - _EPOCH_TICKS) * 100


def ticks_of(ns: int) -> int:
    """Give the FILETIME of nanoseconds since 1970, in the range Windows has (from 1601)."""
    return max(1, min(ns // 100 + _EPOCH_TICKS, _LAST))


def is_cloud_tag(tag: int) -> bool:
    """Say whether a tag is one of the cloud filter's."""
    return tag & _CLOUD_MASK == TAG_CLOUD


def is_read_through(tag: int) -> bool:
    """Say whether what is behind a tag is the file itself."""
    return tag == 0 or tag in READ_THROUGH or is_cloud_tag(tag)


def mode_of(attributes: int, tag: int) -> int:
    """Give the mode: a kind, or no kind for what is neither kept nor walked, and private bits."""
    if tag in LINKS:
        return stat.S_IFLNK | 0o700
    writable = 0 if attributes & READ_ONLY else 0o200
    if not is_read_through(tag):
        return 0o400 | writable
    if attributes & DIRECTORY:
        # Listing such a folder may bring all of it from the cloud.
        return 0o500 | 0o200 if attributes & RECALL_ON_OPEN else stat.S_IFDIR | 0o700
    return stat.S_IFREG | 0o400 | writable


def has_holes(attributes: int) -> bool:
    """Say whether what takes no room reads as zeros.

    A compressed file takes little room as well, and has no holes. A deduplicated one is marked as
    sparse, for all of it is a hole on the disk: its contents lie elsewhere.
    """
    return bool(attributes & SPARSE) and not attributes & REPARSE


def _info(
    basic: BasicInfo,
    size: int,
    allocated: int,
    *,
    tag: int,
    file_id: int,
    volume: int,
    names: int,
    ea_bytes: int = 0,
) -> WindowsInfo:
    attributes = basic.attributes
    room = allocated if has_holes(attributes) else max(allocated, size)
    return WindowsInfo(
        st_mode=mode_of(attributes, tag),
        st_size=size,
        st_blocks=-(-room // 512),
        st_mtime_ns=ns_of(basic.written),
        st_ctime_ns=ns_of(basic.changed),
        st_ino=file_id & (1 << 64) - 1,
        st_dev=volume,
        st_nlink=names,
        attributes=attributes,
        created=basic.created,
        written=basic.written,
        accessed=basic.accessed,
        changed=basic.changed,
        tag=tag,
        ea_bytes=ea_bytes,
    )


def name_bytes(name: str) -> bytes:
    """Give a name as the catalogue keeps it: UTF-8, unpaired surrogates as three bytes each."""
    return name.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-16-le", "surrogatepass")


def directory_rows(data: bytes, volume: int) -> Iterator[tuple[bytes, WindowsInfo]]:
    """Take apart one buffer of a directory listing; `.` and `..` are left out."""
    at = 0
    while True:
        if at + _DIRECTORY.size > len(data):
            raise ValueError("directory row")
        row = _DIRECTORY.unpack_from(data, at)
        following, created, accessed, written, changed = row[0], *row[2:6]
        size, allocated, attributes, name_length, ea_bytes, file_id = *row[6:11], row[13]
        start = at + _DIRECTORY.size
        if name_length % 2 or start + name_length > len(data) or size < 0 or allocated < 0:
            raise ValueError("directory row")
        name = _text(data[start : start + name_length])
        if name not in (".", ".."):
            # With a reparse point, the tag stands where the size of extended attributes would.
            tag = ea_bytes if attributes & REPARSE else 0
            basic = BasicInfo(
                _tick(created), _tick(accessed), _tick(written), _tick(changed), attributes
            )
            yield (
                name_bytes(name),
                _info(
                    basic,
                    size,
                    allocated,
                    tag=tag,
                    file_id=file_id,
                    volume=volume,
                    names=1,
                    ea_bytes=0 if attributes & REPARSE else ea_bytes,
                ),
            )
        if not following:
            return
        if following < _DIRECTORY.size:
            raise ValueError("directory row")
        at += following


def _tick(value: int) -> int:
    return max(0, value)


def basic_info(data: bytes) -> BasicInfo:
    """Take apart FILE_BASIC_INFO."""
    if len(data) < _BASIC.size:
        raise ValueError("basic information")
    created, accessed, written, changed, attributes = _BASIC.unpack_from(data)
    return BasicInfo(_tick(created), _tick(accessed), _tick(written), _tick(changed), attributes)


def file_number(data: bytes) -> int | None:
    """Give 64 bits that tell a file apart of FILE_ID_INFO; None when there is no number.

    On NTFS they are the number itself. ReFS needs all of its 128 bits.
    """
    if len(data) < _FILE_ID_BYTES:
        raise ValueError("file number")
    number = data[8:_FILE_ID_BYTES]
    if number in (bytes(16), b"\xff" * 16):
        return None
    short = (
        number[:8] if number[8:] == bytes(8) else hashlib.blake2b(number, digest_size=8).digest()
    )
    return int.from_bytes(short, "little")


def volume_of(by_handle: bytes) -> int:
    """Give the serial number of the volume of BY_HANDLE_FILE_INFORMATION."""
    return int(_BY_HANDLE.unpack_from(by_handle)[4])


def handle_info(by_handle: bytes, basic: bytes, allocated: int, tag: int) -> WindowsInfo:
    """Put together what an open file says; `allocated` is in bytes, -1 when nobody asked."""
    if len(by_handle) < _BY_HANDLE.size:
        raise ValueError("handle information")
    _, _, _, _, volume, high, low, names, id_high, id_low = _BY_HANDLE.unpack_from(by_handle)
    size = high << 32 | low
    return _info(
        basic_info(basic),
        size,
        size if allocated < 0 else allocated,
        tag=tag,
        file_id=id_high << 32 | id_low,
        volume=volume,
        names=names,
    )


def streams(data: bytes) -> list[Stream]:
    """Take apart FILE_STREAM_INFO; the contents of the file itself (`::$DATA`) are left out."""
    found: list[Stream] = []
    at = 0
    while data:
        if at + _STREAM.size > len(data):
            raise ValueError("stream row")
        following, length, size, _ = _STREAM.unpack_from(data, at)
        start = at + _STREAM.size
        if length % 2 or start + length > len(data) or size < 0:
            raise ValueError("stream row")
        text = _text(data[start : start + length])
        empty, name, kind = text.split(":") if text.count(":") == 2 else ("x", "", "")
        if empty:
            raise ValueError("stream name")
        if name and kind == "$DATA":
            found.append(Stream(name, size))
        if not following:
            return found
        if following < _STREAM.size:
            raise ValueError("stream row")
        at += following
    return found


def first_range(data: bytes) -> tuple[int, int] | None:
    """Give offset and length of the first allocated range, None when there is none."""
    if not data:
        return None
    if len(data) < _RANGE.size:
        raise ValueError("range")
    offset, length = _RANGE.unpack_from(data)
    if offset < 0 or length < 0:
        raise ValueError("range")
    return offset, length


def range_question(offset: int, length: int) -> bytes:
    """Give the question of FSCTL_QUERY_ALLOCATED_RANGES."""
    return _RANGE.pack(offset, length)
