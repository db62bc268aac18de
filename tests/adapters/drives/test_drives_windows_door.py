"""Letting go of drives on Windows: what is flushed, locked and ejected, and what is in the way."""

from __future__ import annotations

import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PureWindowsPath

import pytest

from offline_backup_gui.adapters.drives import win32, windows_door
from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.win32_devices import RealDevices, Veto
from offline_backup_gui.adapters.drives.windows_door import WindowsReleaser
from offline_backup_gui.adapters.drives.windows_tree import enclosure
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from tests.adapters.drives.fake_win32 import FakeDevice, FakeLetter, FakeWin32, on_disk
from tests.adapters.drives.recordings import windows
from tests.fakes import FakeClock


@dataclass
class FakeDevices:
    """A device manager with one interface for each disk number, and a veto to give."""

    numbers: tuple[int, ...] = ()
    veto: Veto | None = None
    vetoes: int = 1000
    ejected: list[str] = field(default_factory=list)
    volume: FakeDevice | None = None
    was_closed: bool = False

    def disk_interfaces(self) -> list[str]:
        return [f"\\\\.\\PhysicalDrive{number}" for number in self.numbers]

    def eject(self, interface: str) -> Veto | None:
        self.ejected.append(interface)
        self.was_closed = self.volume is not None and self.volume.closed == self.volume.opened
        self.vetoes -= 1
        return self.veto if self.vetoes >= 0 else None

    def listen(self, heard: Callable[[], None]) -> Callable[[], None]:
        return lambda: None


def windows_with(volume: FakeDevice | None, kind: int = 2) -> tuple[WindowsReleaser, FakeClock]:
    clock = FakeClock()
    letters = {"C": FakeLetter(), "F": FakeLetter(kind=kind, volume=volume)}
    computer = FakeWin32(letters, {})
    return WindowsReleaser(computer, clock, FakeDevices(), lambda mount: ["notepad.exe (7)"]), clock


def on_disk_two(devices: FakeDevices) -> tuple[WindowsReleaser, FakeWin32]:
    """Make a computer with F: and the folder C:\\mount on disk 2, and another disk 1."""
    disks = {number: FakeDevice({"number": struct.pack("<3I", 7, number, 0)}) for number in (1, 2)}
    letters = {"C": on_disk(0, "", 1, 0, 0), "F": on_disk(2, "", 2, 0, 0)}
    letters["F"].mounts = ("C:\\mount\\",)
    computer = FakeWin32(letters, disks)
    return WindowsReleaser(computer, FakeClock(), devices, lambda mount: []), computer


@pytest.mark.parametrize("mount", ["F:\\", "C:\\mount", "C:\\mount\\"])
def test_on_windows_the_enclosure_is_switched_off_after_the_volume_is_closed(mount: str) -> None:
    devices = FakeDevices((1, 2))
    releaser, computer = on_disk_two(devices)
    volume = computer.by_letter["F"].volume
    assert volume is not None
    devices.volume = volume
    assert releaser.release(mount) == ()
    assert devices.ejected == ["\\\\.\\PhysicalDrive2"]
    assert devices.was_closed


@pytest.mark.parametrize(
    ("veto", "programs"),
    [
        (Veto(3, "explorer.exe"), ("explorer.exe",)),
        (Veto(4, "VSS"), ("VSS",)),
        (Veto(5, "STORAGE\\Volume\\{1}"), ("?",)),
        (Veto(6, "USB\\VID_1"), ("?",)),
    ],
)
def test_on_windows_a_veto_says_who_holds_the_drive_when_it_knows(
    veto: Veto, programs: tuple[str, ...]
) -> None:
    releaser, _ = on_disk_two(FakeDevices((2,), veto))
    (finding,) = releaser.release("F:\\")
    assert finding.code is FindingCode.DRIVE_IN_USE
    assert finding.parameters["programs"] == programs


def test_on_windows_a_device_that_left_by_itself_and_one_that_cannot_be_ejected_are_released() -> (
    None
):
    for devices in (FakeDevices((2,), Veto(13, "")), FakeDevices((1,)), FakeDevices()):
        releaser, _ = on_disk_two(devices)
        assert releaser.release("F:\\") == ()


def test_on_windows_a_volume_over_several_disks_is_not_torn_apart() -> None:
    devices = FakeDevices((2, 5))
    releaser, computer = on_disk_two(devices)
    computer.by_letter["F"].volume = FakeDevice({"extents": windows("spanned")["extents"]})
    assert releaser.release("F:\\") == ()
    assert devices.ejected == []


def test_on_windows_a_drive_is_flushed_locked_dismounted_and_ejected_in_this_order() -> None:
    volume = FakeDevice()
    releaser, _ = windows_with(volume)
    assert releaser.release("f:/") == ()
    assert volume.sent == [
        ioctl.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS,
        ioctl.IOCTL_STORAGE_GET_DEVICE_NUMBER,  # asked when no place is told
        ioctl.FSCTL_LOCK_VOLUME,
        ioctl.FSCTL_DISMOUNT_VOLUME,
        ioctl.IOCTL_STORAGE_MEDIA_REMOVAL,
        ioctl.IOCTL_STORAGE_EJECT_MEDIA,
    ]
    assert volume.flushed == 1
    assert volume.closed == volume.opened == 2  # one handle to flush, one to lock


def test_on_windows_a_lock_that_succeeds_later_is_waited_for() -> None:
    releaser, clock = windows_with(FakeDevice(locks_refused=3))
    assert releaser.release("F:\\") == ()
    assert clock.waits == [0.5, 0.5, 0.5]


def test_on_windows_a_drive_in_use_is_not_dismounted() -> None:
    volume = FakeDevice(locks_refused=1000)
    releaser, _ = windows_with(volume)
    (finding,) = releaser.release("F:")
    assert finding.code is FindingCode.DRIVE_IN_USE
    assert finding.parameters["programs"] == ("notepad.exe (7)",)
    assert ioctl.FSCTL_DISMOUNT_VOLUME not in volume.sent
    assert volume.closed == volume.opened


def test_on_windows_a_hard_disk_that_cannot_be_ejected_is_released_all_the_same() -> None:
    volume = FakeDevice(refusals={ioctl.IOCTL_STORAGE_EJECT_MEDIA: 1})
    releaser, _ = windows_with(volume, kind=3)
    assert releaser.release("F:\\") == ()


@pytest.mark.parametrize("code", [1, 50, 0x80310000])
@pytest.mark.parametrize("call", [ioctl.FSCTL_LOCK_VOLUME, ioctl.FSCTL_DISMOUNT_VOLUME])
def test_on_windows_a_volume_that_knows_no_locking_or_dismounting_is_released(
    call: int, code: int
) -> None:
    releaser, _ = windows_with(FakeDevice(refusals={call: code}))
    assert releaser.release("F:\\") == ()


def test_on_windows_a_dismount_that_is_refused_means_that_the_drive_is_in_use() -> None:
    releaser, _ = windows_with(FakeDevice(refusals={ioctl.FSCTL_DISMOUNT_VOLUME: 5}))
    (finding,) = releaser.release("F:\\")
    assert finding.code is FindingCode.DRIVE_IN_USE


def test_on_windows_folders_and_shares_need_no_release_and_the_system_drive_gets_none() -> None:
    releaser, _ = windows_with(FakeDevice())
    for mount in ("F:\\folder", "\\\\server\\share", "C:\\practice"):
        assert releaser.release(mount) == ()
    (finding,) = releaser.release("C:\\")
    assert finding.code is FindingCode.DRIVE_IS_SYSTEM
    network = FakeDevice()
    releaser, _ = windows_with(network, kind=4)
    assert releaser.release("F:\\") == ()
    assert network.sent == []


@pytest.mark.parametrize("mount", ["Q:\\", "F:\\"])
def test_on_windows_a_drive_that_is_gone_is_told(mount: str) -> None:
    releaser, _ = windows_with(None)
    with pytest.raises(BackupError) as caught:
        releaser.release(mount)
    assert caught.value.code is ErrorCode.DRIVE_GONE


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1117, ErrorCode.DRIVE_FAILING),  # ERROR_IO_DEVICE
        (23, ErrorCode.DRIVE_FAILING),  # ERROR_CRC
        (596, ErrorCode.DRIVE_FAILING),  # ERROR_LOST_WRITEBEHIND_DATA
        (1167, ErrorCode.DRIVE_GONE),  # ERROR_DEVICE_NOT_CONNECTED
        (21, ErrorCode.DRIVE_GONE),  # ERROR_NOT_READY
    ],
)
def test_on_windows_a_drive_that_did_not_take_everything_is_not_called_released(
    code: int, expected: ErrorCode
) -> None:
    volume = FakeDevice(flush_code=code)
    releaser, _ = windows_with(volume)
    with pytest.raises(BackupError) as caught:
        releaser.release("F:\\")
    assert caught.value.code is expected
    assert volume.sent == []
    assert volume.closed == volume.opened


@pytest.mark.parametrize("code", [1, 5, 19, 50, 0x80310000])
def test_on_windows_a_volume_that_takes_no_flush_has_nothing_to_write(code: int) -> None:
    releaser, _ = windows_with(FakeDevice(flush_code=code))
    assert releaser.release("F:\\") == ()


def test_on_windows_a_flush_that_never_ends_is_not_waited_for() -> None:
    go_on = threading.Event()
    volume = FakeDevice(hangs=go_on)
    computer = FakeWin32({"C": FakeLetter(), "F": FakeLetter(kind=2, volume=volume)}, {})
    releaser = WindowsReleaser(
        computer, FakeClock(), FakeDevices(), lambda mount: [], flush_limit_s=0.2
    )
    with pytest.raises(BackupError) as caught:
        releaser.release("F:\\")
    assert caught.value.code is ErrorCode.DRIVE_SILENT
    # Closing a handle waits for the call that is under way on it.
    assert (volume.opened, volume.closed) == (1, 0)
    go_on.set()


def test_on_windows_a_hanging_search_for_programs_does_not_make_the_drive_silent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(windows_door, "USERS_LIMIT_S", 0.1)
    go_on = threading.Event()

    def users(_mount: str) -> list[str]:
        go_on.wait()
        return []

    computer = FakeWin32(
        {"C": FakeLetter(), "F": FakeLetter(kind=2, volume=FakeDevice(locks_refused=10))}, {}
    )
    releaser = WindowsReleaser(computer, FakeClock(), FakeDevices(), users)
    (finding,) = releaser.release("F:\\")
    assert finding.code is FindingCode.DRIVE_IN_USE
    assert releaser.release("F:\\") == ()  # nobody holds it any more
    go_on.set()


@pytest.mark.parametrize("code", [55, 433, 1110, 1112, 1167])
def test_on_windows_a_drive_pulled_before_its_lock_is_gone_and_not_in_use(code: int) -> None:
    releaser, clock = windows_with(FakeDevice(refusals={ioctl.FSCTL_LOCK_VOLUME: code}))
    with pytest.raises(BackupError) as caught:
        releaser.release("F:\\")
    assert caught.value.code is ErrorCode.DRIVE_GONE
    assert clock.waits == []


@pytest.mark.parametrize("code", [5, 19])
def test_on_windows_a_volume_that_may_not_be_written_to_is_let_go_all_the_same(code: int) -> None:
    volume = FakeDevice(write_code=code)
    releaser, _ = windows_with(volume)
    assert releaser.release("F:\\") == ()
    assert ioctl.FSCTL_DISMOUNT_VOLUME in volume.sent


def test_on_windows_a_veto_of_a_moment_is_waited_for() -> None:
    devices = FakeDevices((2,), Veto(5, "STORAGE\\Volume\\{1}"), vetoes=2)
    releaser, _ = on_disk_two(devices)
    assert releaser.release("F:\\") == ()
    assert len(devices.ejected) == 3


def test_on_windows_a_volume_that_tells_its_disk_alone_is_ejected_as_well() -> None:
    devices = FakeDevices((1, 2))
    releaser, computer = on_disk_two(devices)
    computer.by_letter["F"].volume = FakeDevice({"number": struct.pack("<3I", 7, 2, 1)})
    assert releaser.release("F:\\") == ()
    assert devices.ejected == ["\\\\.\\PhysicalDrive2"]


@dataclass
class FakeTree:
    """Devices by node: the one above, whether it may be unplugged, its service."""

    disks: dict[str, int]
    devices: dict[int, tuple[int, bool, str]]

    def node(self, interface: str) -> int | None:
        return self.disks.get(interface)

    def parent(self, node: int) -> int | None:
        return self.devices[node][0] or None

    def may_be_unplugged(self, node: int) -> bool:
        return self.devices[node][1]

    def service(self, node: int) -> str:
        return self.devices[node][2]


ROOTS = {
    1: (0, False, ""),
    2: (1, False, "pci"),
    3: (2, False, "USBXHCI"),
    4: (3, False, "USBHUB3"),
}


@pytest.mark.parametrize(
    ("what", "devices", "disks", "expected"),
    [
        (
            "a USB disk: its enclosure",
            {10: (4, True, "USBSTOR"), 11: (10, False, "disk")},
            {"a": 11},
            10,
        ),
        (
            "an interface of a composite device: the whole device",
            {10: (4, True, "usbccgp"), 11: (10, False, "UASPStor"), 12: (11, False, "disk")},
            {"a": 12},
            10,
        ),
        (
            "two disks in one dock: neither",
            {10: (4, True, "UASPStor"), 11: (10, False, "disk"), 12: (10, False, "disk")},
            {"a": 11, "b": 12},
            None,
        ),
        (
            "disks of their own, each pluggable: the one alone",
            {10: (2, False, "storahci"), 11: (10, True, "disk"), 12: (10, True, "disk")},
            {"a": 11, "b": 12},
            11,
        ),
        (
            "the controller of a virtual machine with several disks: none",
            {10: (2, True, "pvscsi"), 11: (10, False, "disk"), 12: (10, False, "disk")},
            {"a": 11, "b": 12},
            None,
        ),
        (
            "a reader built into a screen: not the hub with the keyboard",
            {10: (4, True, "USBHUB3"), 11: (10, False, "USBSTOR"), 12: (11, False, "disk")},
            {"a": 12},
            None,
        ),
        (
            "an internal disk",
            {10: (2, False, "storahci"), 11: (10, False, "disk")},
            {"a": 11},
            None,
        ),
        ("a disk that just left", {}, {}, None),
    ],
)
def test_with_a_disk_leaves_its_enclosure_and_nothing_else(
    what: str,
    devices: dict[int, tuple[int, bool, str]],
    disks: dict[str, int],
    expected: int | None,
) -> None:
    assert enclosure(FakeTree(disks, {**ROOTS, **devices}), "a", list(disks)) == expected, what


def test_which_drive_windows_runs_from_is_asked_of_windows_and_of_no_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SYSTEMROOT", "C:\\Windows")
    monkeypatch.setattr(win32, "system_folder", lambda: PureWindowsPath("d:\\Windows\\System32"))
    assert win32.RealWin32.windows_letter(object.__new__(win32.RealWin32)) == "D"


@pytest.mark.skipif(sys.platform == "win32", reason="needs another system than Windows")
def test_windows_own_calls_can_be_imported_but_not_made_elsewhere() -> None:
    for calls in (win32.RealWin32, RealDevices):
        with pytest.raises(RuntimeError):
            calls()
