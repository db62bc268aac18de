"""The calls about volumes and disks, against a stand-in for kernel32 that refuses like Windows."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest

from offline_backup_gui.adapters.drives import win32
from offline_backup_gui.adapters.drives.win32 import Answer, RealVolume, RealWin32

INSUFFICIENT_BUFFER, MORE_DATA, NOT_READY = 122, 234, 21
INVALID_HANDLE = ctypes.c_void_p(-1).value
VOLUMES = {
    "\\\\?\\Volume{1}\\": ("C:\\", "C:\\data\\"),
    "\\\\?\\Volume{2}\\": (),
    "\\\\?\\Volume{3}\\": ("E:\\",),
}


class Call:
    """One call; its prototype is set and does not matter here."""

    argtypes: object = None
    restype: object = None

    def __init__(self, function: Any) -> None:
        self._function = function

    def __call__(self, *arguments: Any) -> Any:
        return self._function(*arguments)


class Kernel:
    """Three volumes, many names of devices, one handle."""

    def __init__(self) -> None:
        self.error = 0
        self.names = [f"Volume{{{number}}}" for number in range(3)]
        self.left: list[str] = []
        self.closed: list[int] = []
        self.answer = b""
        self.opened: list[tuple[object, ...]] = []
        for name in dir(type(self)):
            if name[0].isupper():
                setattr(self, name, Call(getattr(self, name)))

    def SetErrorMode(self, mode: int) -> int:
        assert mode & 1  # SEM_FAILCRITICALERRORS
        return 0

    def SetFilePointerEx(self, _handle: int, _place: int, _new: None, _from: int) -> int:
        return 1

    def FlushFileBuffers(self, _handle: int) -> int:
        self.error = NOT_READY
        return 0

    def FindFirstVolumeW(self, room: Any, _size: int) -> int | None:
        self.left = list(VOLUMES)
        room.value = self.left.pop(0)
        return 7

    def FindNextVolumeW(self, handle: int, room: Any, _size: int) -> int:
        assert handle == 7
        if not self.left:
            return 0
        room.value = self.left.pop(0)
        return 1

    def FindVolumeClose(self, handle: int) -> int:
        self.closed.append(handle)
        return 1

    def GetVolumePathNamesForVolumeNameW(
        self, volume: str, room: Any, size: int, needed: Any
    ) -> int:
        text = "".join(mount + "\0" for mount in VOLUMES[volume]) + "\0"
        needed._obj.value = len(text)
        if size < len(text):
            self.error = MORE_DATA
            return 0
        room[: len(text)] = text
        return 1

    def QueryDosDeviceW(self, name: str | None, room: Any, size: int) -> int:
        assert name is None
        text = "".join(each + "\0" for each in self.names) + "\0"
        if size < len(text):
            self.error = INSUFFICIENT_BUFFER
            return 0
        room[: len(text)] = text
        return len(text)

    def CreateFileW(self, *arguments: object) -> int | None:
        self.opened.append(arguments)
        if arguments[0] == "\\\\.\\Q:":
            self.error = 2
            return INVALID_HANDLE
        return 9

    def CloseHandle(self, handle: int) -> int:
        self.closed.append(handle)
        return 1

    def DeviceIoControl(
        self,
        _handle: int,
        code: int,
        _question: bytes | None,
        _question_bytes: int,
        room: Any,
        size: int,
        filled: Any,
        _overlapped: None,
    ) -> int:
        if code == 1:
            self.error = NOT_READY
            return 0
        count = min(size, len(self.answer))
        ctypes.memmove(room, self.answer, count)
        filled._obj.value = count
        return 1


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    made = Kernel()
    monkeypatch.setattr(win32, "kernel32", lambda: made)
    monkeypatch.setattr(win32, "last_error", lambda: made.error)
    return made


def test_every_volume_is_named_with_all_its_mounts(kernel: Kernel) -> None:
    assert RealWin32().volumes() == VOLUMES
    assert kernel.closed == [7]


@pytest.mark.parametrize("count", [0, 3, 60_000])
def test_names_of_devices_are_asked_for_with_more_room_until_they_fit(
    kernel: Kernel, count: int
) -> None:
    kernel.names = [f"Volume{{{number}}}" for number in range(count)]
    assert RealWin32().dos_devices() == tuple(kernel.names)


def test_names_without_an_end_are_given_up(kernel: Kernel) -> None:
    kernel.names = ["x" * 1000] * 5000
    assert RealWin32().dos_devices() == ()


def test_an_invalid_handle_is_a_refusal_and_no_volume(kernel: Kernel) -> None:
    assert RealWin32().open("\\\\.\\Q:") == Answer(code=2)
    volume = RealWin32().open("\\\\.\\E:", 0xC0000000)
    assert isinstance(volume, RealVolume)
    # Shared for reading and writing: without it Windows gives nobody a mounted volume.
    assert kernel.opened[-1] == ("\\\\.\\E:", 0xC0000000, 3, None, 3, 0, None)


def test_an_answer_is_cut_to_what_was_filled_and_a_refusal_has_its_code(kernel: Kernel) -> None:
    volume = RealVolume(kernel, 9)  # type: ignore[arg-type]
    kernel.answer = b"abc"
    assert volume.control(2, b"?", 10) == Answer(b"abc")
    assert volume.control(2, b"?", 2) == Answer(b"ab")
    assert volume.control(2) == Answer()
    assert volume.control(1, b"", 10) == Answer(code=NOT_READY)
    assert volume.flush() == Answer(code=NOT_READY)
    volume.close()
    volume.close()
    assert kernel.closed == [9]
    assert {volume.control(2).code, volume.read(0, 512).code, volume.flush().code} == {6}
