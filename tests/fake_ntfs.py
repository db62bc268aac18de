"""NTFS (or FAT) as `Win32Files` sees it, on a folder of this computer.

Bytes are real files; what only Windows knows lies in an extended attribute of each, in the layouts
that Windows gives, so that the adapter takes real structures apart. The rules are those of the
documentation: "was inherited" stays only when asked for, audit lists need a privilege, reading a
name whose contents lie in a cloud is noted as a recall.
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Sequence

import msgspec

from offline_backup_gui.adapters.files import win32
from offline_backup_gui.adapters.files import windows_bytes as wb
from offline_backup_gui.adapters.files.sddl import descriptor_of
from offline_backup_gui.adapters.files.windows import WindowsFiles
from tests.fake_rights import (
    SACL_PARTS,
    WRITE_DATA,
    assembled,
    granted,
    merged,
    need,
    need_for_control,
    need_to_ask,
    need_to_set,
    only,
    pieces,
    trouble,
)
from tests.windows_objects import Spec

PRIVILEGES = frozenset({"SeBackupPrivilege", "SeRestorePrivilege", "SeSecurityPrivilege"})
NTFS_FLAGS = win32.NAMED_STREAMS | win32.PERSISTENT_ACLS
_KEPT = b"user.offline-backup-test"
_VOLUME = 0x1EE7C0DE
_INHERITED = descriptor_of("O:BAG:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)")
_FAT_SETTABLE = wb.READ_ONLY | wb.HIDDEN | wb.SYSTEM | wb.ARCHIVE
_FAT_FIRST, _FAT_LAST, _FAT_STEP = 119_600_064_000_000_000, 159_992_927_990_000_000, 20_000_000


class Facts(msgspec.Struct):
    """What Windows knows of one file."""

    attributes: int
    created: int
    accessed: int
    written: int
    security: bytes = _INHERITED
    reparse: bytes = b""
    streams: dict[str, str] = {}
    ea_bytes: int = 0


class FakeNtfs:
    """The calls, on files below any folder; streams lie in `side`."""

    def __init__(
        self, side: str, *, flags: int = NTFS_FLAGS, privileges: frozenset[str] = PRIVILEGES
    ) -> None:
        os.makedirs(side, exist_ok=True)
        self._side, self._flags, self._privileges = side, flags, privileges
        self._stream_of: dict[int, str] = {}
        self._granted: dict[int, int] = {}
        self._listed: set[int] = set()
        self.recalled: list[str] = []
        self._count = 0

    # --- what lies beside the bytes

    def facts(self, where: int | str) -> Facts:
        """Give what is known of a file."""
        where = self._stream_of.get(where, where) if isinstance(where, int) else where
        try:
            return msgspec.msgpack.decode(os.getxattr(where, _KEPT), type=Facts)
        except OSError:
            info = os.stat(where)
            written = wb.ticks_of(info.st_mtime_ns)
            folder = stat.S_ISDIR(info.st_mode)
            flags = wb.DIRECTORY if folder else wb.ARCHIVE
            return Facts(flags, written, written, written)

    def keep(self, where: int | str, facts: Facts) -> None:
        """Note what is known of a file."""
        where = self._stream_of.get(where, where) if isinstance(where, int) else where
        os.setxattr(where, _KEPT, msgspec.msgpack.encode(facts))

    def place(self, path: str, spec: Spec) -> None:
        """Give a file what no call gives: encrypted, in a cloud, extended attributes."""
        path = _posix(path)
        facts = self.facts(path)
        facts.attributes |= spec.recorded
        facts.reparse, facts.ea_bytes = spec.reparse, spec.ea_bytes
        facts.written = spec.written
        self.keep(path, facts)

    # --- Win32Files

    def open(self, path: str, access: int, disposition: int, flags: int) -> int:
        """CreateFileW."""
        base, stream = _posix(path), ""
        folder, _, name = base.rpartition("/")
        if ":" in name:
            first, stream, kind = name.split(":")
            assert kind == "$DATA"
            base = f"{folder}/{first}" if first else folder
        writing = access & win32.GENERIC_WRITE
        if access & win32.ACCESS_SYSTEM_SECURITY and "SeSecurityPrivilege" not in self._privileges:
            raise trouble(win32.ERROR_PRIVILEGE_NOT_HELD)
        if stream:
            fd = self._open_stream(base, stream, create=disposition == win32.OPEN_ALWAYS)
            self._granted[fd] = granted(access)
            return fd
        if access & win32.GENERIC_READ and flags & win32.OPEN_REPARSE_POINT and self._is_stub(base):
            fd = self._stub(base)
            self._granted[fd] = granted(access)
            return fd
        how = os.O_RDWR if writing and not os.path.isdir(base) else os.O_RDONLY
        if disposition == win32.CREATE_NEW:
            how |= os.O_CREAT | os.O_EXCL
        fd = os.open(base, how, 0o600)
        self._stream_of.pop(fd, None)
        self._listed.discard(fd)
        self._granted[fd] = granted(access)
        facts = self.facts(fd)
        if disposition == win32.CREATE_NEW:
            self.keep(fd, facts)
        waits = wb.RECALL_ON_DATA | wb.RECALL_ON_OPEN | wb.OFFLINE
        if access & win32.GENERIC_READ and facts.attributes & waits:
            self.recalled.append(base)
        return fd

    def _is_stub(self, base: str) -> bool:
        tag = int.from_bytes(self.facts(base).reparse[:4], "little") if os.path.isfile(base) else 0
        return tag in wb.READ_THROUGH or (wb.is_cloud_tag(tag) and tag != 0)

    def _stub(self, base: str) -> int:
        """Give what lies on the disk of a deduplicated file: a reparse point, and a hole."""
        self._count += 1
        place = f"{self._side}/stub-{self._count}"
        fd = os.open(place, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        os.ftruncate(fd, os.stat(base).st_size)
        self._stream_of[fd] = base
        return fd

    def _open_stream(self, base: str, stream: str, *, create: bool) -> int:
        facts = self.facts(base)
        if stream not in facts.streams:
            if not create:
                raise FileNotFoundError(errno.ENOENT, "no stream")
            if not self._flags & win32.NAMED_STREAMS:
                raise trouble(win32.ERROR_INVALID_PARAMETER)
            self._count += 1
            facts.streams[stream] = f"{self._side}/{os.urandom(4).hex()}-{self._count}"
            self.keep(base, facts)
        fd = os.open(facts.streams[stream], os.O_RDWR | os.O_CREAT, 0o600)
        self._stream_of[fd] = base
        return fd

    def query(self, descriptor: int, kind: int, room_bytes: int) -> bytes:
        """GetFileInformationByHandleEx."""
        facts, info = self.facts(descriptor), os.fstat(descriptor)
        if kind == win32.BASIC:
            changed = wb.ticks_of(self._base_stat(descriptor).st_ctime_ns)
            basic = wb.BasicInfo(
                facts.created, facts.accessed, facts.written, changed, facts.attributes
            )
            return basic.data()
        if kind == win32.STANDARD:
            taken = 0 if facts.reparse else info.st_blocks * 512
            return struct.pack("<qqIBB2x", taken, info.st_size, info.st_nlink, 0, 0)
        if kind == win32.ATTRIBUTE_TAG:
            return struct.pack("<I", facts.attributes) + (facts.reparse[:4] or bytes(4))
        if kind == win32.FILE_ID:
            return struct.pack("<QQQ", _VOLUME, self._base_stat(descriptor).st_ino, 0)
        if kind == win32.STREAMS:
            return self._streams(facts, info, room_bytes)
        assert kind == win32.ID_BOTH_DIRECTORY
        if descriptor in self._listed:
            raise trouble(win32.ERROR_NO_MORE_FILES)
        self._listed.add(descriptor)
        return self._directory(descriptor)

    def _base_stat(self, descriptor: int) -> os.stat_result:
        return os.stat(self._stream_of.get(descriptor, descriptor))

    def _streams(self, facts: Facts, info: os.stat_result, room_bytes: int) -> bytes:
        if not self._flags & win32.NAMED_STREAMS:
            raise trouble(win32.ERROR_INVALID_PARAMETER)
        sizes = {f":{name}:$DATA": os.stat(at).st_size for name, at in facts.streams.items()}
        if not stat.S_ISDIR(info.st_mode):
            sizes = {"::$DATA": info.st_size, **sizes}
        if not sizes:
            raise trouble(win32.ERROR_HANDLE_EOF)
        names = [(name.encode("utf-16-le", "surrogatepass"), size) for name, size in sizes.items()]
        data = _chain(
            [
                struct.pack("<Iqq", len(raw), size, -(-size // 4096) * 4096) + raw
                for raw, size in names
            ]
        )
        if len(data) > room_bytes:
            raise trouble(win32.ERROR_MORE_DATA)
        return data + bytes(room_bytes - len(data))

    def _directory(self, descriptor: int) -> bytes:
        rows = []
        for name in [".", "..", *os.listdir(f"/proc/self/fd/{descriptor}")]:
            path = f"/proc/self/fd/{descriptor}/{name}"
            facts, info = self.facts(path), os.stat(path)
            changed = wb.ticks_of(info.st_ctime_ns)
            size = 0 if facts.attributes & wb.DIRECTORY else info.st_size
            raw = (
                os.fsencode(name)
                .decode("utf-8", "surrogatepass")
                .encode("utf-16-le", "surrogatepass")
            )
            tag = int.from_bytes(facts.reparse[:4], "little") if facts.reparse else facts.ea_bytes
            times = (facts.created, facts.accessed, facts.written, changed)
            taken = 0 if facts.reparse else info.st_blocks * 512
            row = struct.pack("<Iqqqqqq", 0, *times, size, taken)
            row += struct.pack("<IIIbx24s2xq", facts.attributes, len(raw), tag, 0, b"", info.st_ino)
            rows.append(row + raw)
        return _chain(rows)

    def by_handle(self, descriptor: int) -> bytes:
        """GetFileInformationByHandle."""
        facts, info, base = (
            self.facts(descriptor),
            os.fstat(descriptor),
            self._base_stat(descriptor),
        )
        size = 0 if stat.S_ISDIR(info.st_mode) else info.st_size
        names = 1 if stat.S_ISDIR(base.st_mode) else base.st_nlink
        times = struct.pack("<qqq", facts.created, facts.accessed, facts.written)
        rest = (
            _VOLUME,
            size >> 32,
            size & 0xFFFFFFFF,
            names,
            base.st_ino >> 32,
            base.st_ino & 0xFFFFFFFF,
        )
        return struct.pack("<I", facts.attributes) + times + struct.pack("<6I", *rest)

    def security(self, descriptor: int, parts: int) -> bytes:
        """GetKernelObjectSecurity."""
        if not self._flags & win32.PERSISTENT_ACLS:
            return descriptor_of("O:WDG:WDD:(A;;FA;;;WD)")
        need_to_ask(self._granted[descriptor], parts)
        owner, group, sacl, dacl, control = pieces(self.facts(descriptor).security)
        if not parts & SACL_PARTS:
            sacl, control = None, control & ~0x2A10
        elif sacl is not None:
            sacl = only(sacl, parts)
        return assembled(owner, group, sacl, dacl, control)

    def put_security(self, descriptor: int, parts: int, data: bytes) -> None:
        """SetKernelObjectSecurity."""
        if not self._flags & win32.PERSISTENT_ACLS:
            raise trouble(win32.ERROR_NOT_SUPPORTED)
        need_to_set(self._granted[descriptor], parts)
        if parts & 1 and "SeRestorePrivilege" not in self._privileges:
            raise trouble(1307, errno.EPERM)
        facts = self.facts(descriptor)
        owner, group, sacl, dacl, control = pieces(facts.security)
        new_owner, new_group, new_sacl, new_dacl, asked = pieces(data)
        owner = new_owner if parts & 1 else owner
        group = new_group if parts & 2 else group
        if parts & 4:
            dacl = new_dacl
            inherited = 0x400 if asked & 0x500 == 0x500 else 0
            control = control & ~0x1404 | asked & 0x1004 | inherited
        if parts & SACL_PARTS and new_sacl is not None:
            sacl, control = merged(sacl, new_sacl, parts), control | 0x10
            if parts & 8:
                inherited = 0x800 if asked & 0xA00 == 0xA00 else 0
                control = control & ~0x2800 | asked & 0x2000 | inherited
        facts.security = assembled(owner, group, sacl, dacl, control)
        self.keep(descriptor, facts)

    def control(self, descriptor: int, code: int, question: bytes, room_bytes: int) -> bytes:
        """DeviceIoControl."""
        facts = self.facts(descriptor)
        if not self._flags & win32.NAMED_STREAMS:
            raise trouble(win32.ERROR_INVALID_FUNCTION)
        need_for_control(self._granted[descriptor], code)
        if code == win32.SET_COMPRESSION:
            on = question[0]
            facts.attributes = facts.attributes & ~wb.COMPRESSED | (wb.COMPRESSED if on else 0)
        elif code == win32.SET_SPARSE:
            facts.attributes |= wb.SPARSE
        elif code == win32.SET_REPARSE_POINT:
            facts.reparse, facts.attributes = question, facts.attributes | wb.REPARSE
        elif code == win32.GET_REPARSE_POINT:
            if not facts.reparse:
                raise trouble(4390)
            return facts.reparse
        else:
            assert code == win32.QUERY_RANGES
            if facts.reparse:
                return b""
            return _ranges(descriptor, *struct.unpack("<qq", question))[:room_bytes]
        self.keep(descriptor, facts)
        return b""

    def put(self, descriptor: int, kind: int, data: bytes) -> None:
        """SetFileInformationByHandle."""
        need(self._granted[descriptor], WRITE_DATA if kind == win32.END_OF_FILE else 0x100)
        if kind == win32.END_OF_FILE:
            os.ftruncate(descriptor, int.from_bytes(data, "little"))
            return
        assert kind == win32.BASIC
        facts, wish = self.facts(descriptor), wb.basic_info(data)
        for name in ("created", "accessed", "written"):
            wanted = getattr(wish, name)
            if wanted:
                setattr(facts, name, wanted if self._flags else _fat_time(wanted))
        if wish.attributes:
            settable = (
                wb.SETTABLE if self._flags else wb.READ_ONLY | wb.HIDDEN | wb.SYSTEM | wb.ARCHIVE
            )
            kept = facts.attributes & ~wb.SETTABLE & ~wb.NORMAL
            facts.attributes = kept | wish.attributes & settable
        facts.attributes = facts.attributes or wb.NORMAL
        self.keep(descriptor, facts)

    def volume_flags(self, _descriptor: int) -> int:
        """GetVolumeInformationByHandleW."""
        return self._flags

    def enable(self, privileges: Sequence[str]) -> frozenset[str]:
        """AdjustTokenPrivileges."""
        return self._privileges & frozenset(privileges)


class FakeWindowsFiles(WindowsFiles):
    """The adapter itself on the fake; only paths are those of this computer."""

    def full(self, path: bytes) -> bytes:
        """Give an absolute path of this computer."""
        return os.path.abspath(path)


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass")


def _posix(path: str) -> str:
    return path.replace("\\", "/")


def _chain(rows: list[bytes]) -> bytes:
    data = b""
    for number, row in enumerate(rows):
        room = -(-(4 + len(row)) // 8) * 8
        following = room if number + 1 < len(rows) else 0
        data += (struct.pack("<I", following) + row).ljust(room, b"\0")
    return data


def _fat_time(wanted: int) -> int:
    bounded = max(_FAT_FIRST, min(wanted, _FAT_LAST))
    return bounded // _FAT_STEP * _FAT_STEP


def _ranges(descriptor: int, offset: int, length: int) -> bytes:
    try:
        start = os.lseek(descriptor, offset, os.SEEK_DATA)
    except OSError:
        return b""
    end = os.lseek(descriptor, start, os.SEEK_HOLE)
    return struct.pack("<qq", start, end - start) if start < offset + length else b""
