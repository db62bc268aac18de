"""Reading past Windows' cache keeps its rules for sectors and files of any size; names are given.

Windows is not here: a stand-in for its calls reads a real file and refuses what Windows refuses,
which is a length, a place or a buffer that is not a whole number of sectors.
"""

from __future__ import annotations

import ctypes
import hashlib
import mmap
import stat
import time
from pathlib import Path, PureWindowsPath
from types import SimpleNamespace

import pytest

from offline_backup_gui.adapters.stores import windows_io
from offline_backup_gui.adapters.stores.held import Found, _found
from offline_backup_gui.adapters.stores.read_back import SLAB_BYTES, SlabReader
from offline_backup_gui.adapters.stores.trouble import Kind, Place

INVALID_PARAMETER = 87
OPEN_REPARSE_POINT = 0x00200000


class Windows:
    """CreateFileW, ReadFile and CloseHandle on a volume with sectors of a size."""

    def __init__(self, sector_bytes: int) -> None:
        self.sector_bytes = sector_bytes
        self.error = 0
        self.place = 0
        self.data = b""
        self.reads: list[int] = []
        self.deduplicated = False

    def CreateFileW(self, path: str, *rest: object) -> int:
        self.data = Path(path.removeprefix("\\\\?\\")).read_bytes()
        if self.deduplicated and rest and int(str(rest[4])) & OPEN_REPARSE_POINT:
            self.data = bytes(len(self.data))  # what lies on the disk is one hole
        return 77

    def ReadFile(self, _handle: int, buffer: object, size: int, count: object, _none: None) -> int:
        address = ctypes.addressof(buffer)  # type: ignore[arg-type]
        if any(number % self.sector_bytes for number in (size, self.place, address)):
            self.error = INVALID_PARAMETER
            return 0
        piece = self.data[self.place : self.place + size]
        ctypes.memmove(address, piece, len(piece))
        count._obj.value = len(piece)  # type: ignore[attr-defined]
        self.place += len(piece)
        self.reads.append(size)
        return 1

    def CloseHandle(self, _handle: int) -> int:
        return 1

    def trouble(self, path: Path) -> OSError:
        return OSError(self.error, f"Windows error {self.error}", str(path))


def reader_of(path: Path, sector_bytes: int, monkeypatch: pytest.MonkeyPatch) -> SlabReader:
    system = Windows(sector_bytes)
    monkeypatch.setattr(windows_io, "kernel32", lambda: system)
    monkeypatch.setattr(windows_io, "_last_error", system.trouble)
    return SlabReader(
        windows_io.UnbufferedFile(path), Place(Kind.DRIVE, "drive", lambda: True), path.name
    )


LENGTHS = [
    0,
    1,
    511,
    512,
    513,
    4095,
    4096,
    4097,
    4608,
    65536,
    SLAB_BYTES - 1,
    SLAB_BYTES,
    SLAB_BYTES + 1,
]


@pytest.mark.parametrize("sector_bytes", [512, 4096])
@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("asked_bytes", [1_000_003, 1 << 20, SLAB_BYTES])
def test_every_byte_is_read_whatever_the_sectors_and_the_length(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    sector_bytes: int,
    length: int,
    asked_bytes: int,
) -> None:
    path = tmp_path / "pack"
    content = hashlib.shake_128(str(length).encode()).digest(length)
    path.write_bytes(content)
    found = bytearray()
    buffer = memoryview(mmap.mmap(-1, SLAB_BYTES))[:asked_bytes]
    with reader_of(path, sector_bytes, monkeypatch) as reader:
        while count := reader.read_into(buffer):
            found += buffer[:count]
        assert reader.read_into(buffer) == 0
    assert bytes(found) == content


def test_a_pack_that_the_volume_deduplicated_is_read_as_what_it_stands_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pack").write_bytes(b"contents" * 1000)
    system = Windows(4096)
    system.deduplicated = True
    monkeypatch.setattr(windows_io, "kernel32", lambda: system)
    buffer = memoryview(mmap.mmap(-1, 8192))
    file = windows_io.UnbufferedFile(tmp_path / "pack")
    assert file.read_into(buffer) == 8000
    assert bytes(buffer[:8000]) == b"contents" * 1000


@pytest.mark.parametrize(
    ("mode", "tag", "found"),
    [
        (stat.S_IFREG, 0, Found("pack", False, 5)),
        (stat.S_IFREG, 0x80000013, Found("pack", False, 5)),  # deduplicated
        (stat.S_IFREG, 0x80000017, Found("pack", False, 5)),  # compressed by the system
        (stat.S_IFDIR, 0x9000701A, Found("pack", True, 0)),  # a folder of OneDrive
        (stat.S_IFREG, 0xA000000C, None),  # a symbolic link
        (stat.S_IFDIR, 0xA0000003, None),  # a junction
    ],
)
def test_only_tags_that_lead_elsewhere_are_links(mode: int, tag: int, found: Found | None) -> None:
    status = SimpleNamespace(st_mode=mode, st_reparse_tag=tag, st_size=5)
    entry = SimpleNamespace(name="pack", stat=lambda **_how: status)
    assert _found(entry) == found  # type: ignore[arg-type]


def test_the_rules_of_the_stand_in_are_kept_by_it(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(5000))
    system = Windows(4096)
    system.CreateFileW(str(tmp_path / "f"))
    memory = mmap.mmap(-1, 8192)
    buffer = (ctypes.c_char * 8192).from_buffer(memory)
    count = ctypes.c_uint32()
    assert system.ReadFile(77, buffer, 8192, ctypes.byref(count), None)
    assert count.value == 5000
    assert not system.ReadFile(77, buffer, 8192, ctypes.byref(count), None)
    assert system.error == INVALID_PARAMETER


class Mounts:
    """GetVolumePathNameW and GetDriveTypeW of a computer with mounts by their roots."""

    def __init__(self, kinds: dict[str, int], *, tells_roots: bool = True) -> None:
        self.kinds, self.tells_roots = kinds, tells_roots

    def GetVolumePathNameW(self, path: str, room: ctypes.Array[ctypes.c_wchar], size: int) -> int:
        if not self.tells_roots:
            return 0
        root = max((root for root in self.kinds if path.startswith(root)), key=len)
        assert len(root) < size
        room.value = root
        return 1

    def GetDriveTypeW(self, root: str) -> int:
        return self.kinds.get(root, 1)  # DRIVE_NO_ROOT_DIR


@pytest.mark.parametrize("tells_roots", [True, False])
@pytest.mark.parametrize(
    ("kind", "expected"), [(2, True), (3, True), (4, False), (6, False), (1, True)]
)
def test_shares_and_memory_are_not_taken_for_a_medium(
    monkeypatch: pytest.MonkeyPatch, kind: int, expected: bool, tells_roots: bool
) -> None:
    computer = Mounts({"E:\\": kind}, tells_roots=tells_roots)
    monkeypatch.setattr(windows_io, "kernel32", lambda: computer)
    assert windows_io.is_read_from_medium(PureWindowsPath("E:\\azure-box\\x")) is expected
    share = PureWindowsPath("\\\\srv\\box\\azure-box")
    assert not windows_io.is_read_from_medium(share)  # whatever it answers


def test_a_share_in_a_folder_counts_as_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    computer = Mounts({"C:\\": 3, "C:\\mount\\": 6})
    monkeypatch.setattr(windows_io, "kernel32", lambda: computer)
    assert not windows_io.is_read_from_medium(PureWindowsPath("C:\\mount\\box"))
    assert windows_io.is_read_from_medium(PureWindowsPath("C:\\box"))


def test_what_is_not_on_a_medium_is_not_said_to_be_read_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pack").write_bytes(b"x")
    monkeypatch.setattr(windows_io, "kernel32", lambda: Windows(512))
    assert windows_io.UnbufferedFile(tmp_path / "pack").past_cache
    assert not windows_io.UnbufferedFile(tmp_path / "pack", on_medium=False).past_cache


class Trouble(OSError):
    """An OSError of Windows: there is no such number on other systems."""

    def __init__(self, winerror: int) -> None:
        super().__init__(0, "Windows error")
        self.winerror = winerror


class Moves:
    """MoveFileExW that is refused with these codes, one after the other, and then succeeds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *refusals: int) -> None:
        self.refusals, self.flags, self.waits = list(refusals), list[int](), list[float]()
        monkeypatch.setattr(windows_io, "kernel32", lambda: self)
        monkeypatch.setattr(windows_io, "_last_error", lambda _path: Trouble(self.refusals.pop(0)))
        monkeypatch.setattr(time, "sleep", self.waits.append)

    def MoveFileExW(self, _source: str, _target: str, flags: int) -> int:
        self.flags.append(flags)
        return not self.refusals


def test_a_name_that_a_virus_scanner_holds_back_is_given_a_moment_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moves = Moves(monkeypatch, 32, 5, 33)
    windows_io.move(Path("/d/.a.part"), Path("/d/a"), replace=False)
    assert moves.flags == [8, 8, 8, 8]  # MOVEFILE_WRITE_THROUGH
    assert len(moves.waits) == 3


@pytest.mark.parametrize(("code", "tries"), [(183, 1), (112, 1), (1167, 1), (32, 6)])
def test_what_stays_refused_is_told(monkeypatch: pytest.MonkeyPatch, code: int, tries: int) -> None:
    moves = Moves(monkeypatch, *[code] * 20)
    with pytest.raises(Trouble) as caught:
        windows_io.move(Path("/d/.a.part"), Path("/d/a"), replace=True)
    assert caught.value.winerror == code
    assert moves.flags == [9] * tries
    assert sum(moves.waits) < 2
