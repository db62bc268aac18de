"""A Windows computer made of recorded answers."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.win32 import GENERIC_WRITE, Answer, Volume, VolumeText
from offline_backup_gui.adapters.drives.windows_registry import Needed
from tests.adapters.drives.recordings import windows

REMOTE = 4
NOT_SUPPORTED = 50
NO_SUCH_FILE = 2
NOT_READY = 21
WRITE_PROTECTED = 19

_ASKED_BY_CODE = {
    ioctl.IOCTL_STORAGE_GET_DEVICE_NUMBER: "number",
    ioctl.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS: "extents",
    ioctl.IOCTL_DISK_GET_LENGTH_INFO: "length",
    ioctl.IOCTL_DISK_GET_DRIVE_GEOMETRY_EX: "geometry",
    ioctl.IOCTL_STORAGE_PREDICT_FAILURE: "failure",
    ioctl.IOCTL_DISK_GET_DRIVE_LAYOUT_EX: "layout",
    ioctl.IOCTL_DISK_GET_DISK_ATTRIBUTES: "attributes",
    ioctl.IOCTL_STORAGE_GET_HOTPLUG_INFO: "hot_plug",
}
_ASKED_BY_QUERY = {
    ioctl.device_query(): "device",
    ioctl.alignment_query(): "alignment",
    ioctl.seek_penalty_query(): "seek_penalty",
    ioctl.device_id_query(): "device_id",
}


@dataclass
class FakeDevice:
    """A disk or volume: recorded answers, and codes with which ioctls are refused."""

    answers: dict[str, bytes] = field(default_factory=dict)
    refusals: dict[int, int] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)
    flushed: int = 0
    flush_code: int = 0
    hangs: threading.Event | None = None  # a flush waits for it
    write_code: int = 0  # the answer to whoever opens it for writing
    opened: int = 0
    closed: int = 0
    locks_refused: int = 0
    sectors: dict[int, bytes] = field(default_factory=dict)

    def control(self, code: int, question: bytes = b"", answer_bytes: int = 0) -> Answer:
        self.sent.append(code)
        if code in self.refusals:
            return Answer(code=self.refusals[code])
        if code == ioctl.FSCTL_LOCK_VOLUME and self.locks_refused:
            self.locks_refused -= 1
            return Answer(code=5)
        if code == ioctl.IOCTL_STORAGE_QUERY_PROPERTY:
            asked = _ASKED_BY_QUERY.get(question, "nothing")
        else:
            asked = _ASKED_BY_CODE.get(code, "")
        if not asked:
            return Answer()
        if asked not in self.answers:
            return Answer(code=NOT_SUPPORTED)
        return Answer(self.answers[asked][:answer_bytes])

    def read(self, offset_bytes: int, size_bytes: int) -> Answer:
        found = self.sectors.get(offset_bytes)
        if found is None:
            return Answer(code=NOT_SUPPORTED)
        return Answer(found.ljust(size_bytes, b"\0")[:size_bytes])

    def flush(self) -> Answer:
        if self.hangs is not None:
            self.hangs.wait()
        self.flushed += 1
        return Answer(code=self.flush_code)

    def close(self) -> None:
        self.closed += 1


@dataclass
class FakeLetter:
    """A drive letter."""

    kind: int = 3
    text: VolumeText = field(default_factory=VolumeText)
    space: tuple[int, int] | None = None
    dos_device: str = "\\Device\\HarddiskVolume1"
    volume: FakeDevice | None = None
    mounts: tuple[str, ...] = ()
    hangs: threading.Event | None = None


@dataclass
class FakeWin32:
    """A computer with letters and disks by number."""

    by_letter: dict[str, FakeLetter]
    disks: dict[int, FakeDevice]
    home: str = "C"
    # Volumes without a letter, by a name of one's own for their GUID.
    by_name: dict[str, FakeLetter] = field(default_factory=dict)
    needed: Needed = field(default_factory=Needed)
    forbidden: frozenset[str] = frozenset()
    names_disks: bool = True

    def letters(self) -> str:
        return "".join(self.by_letter)

    def volumes(self) -> Mapping[str, tuple[str, ...]]:
        found = {
            f"\\\\?\\Volume{{{letter}}}\\": (f"{letter}:\\", *facts.mounts)
            for letter, facts in self.by_letter.items()
            if facts.kind != REMOTE
        }
        found |= {f"\\\\?\\Volume{{{n}}}\\": facts.mounts for n, facts in self.by_name.items()}
        return found

    def volume_at(self, mount: str) -> str:
        wanted = mount.rstrip("\\") + "\\"
        return next((name for name, mounts in self.volumes().items() if wanted in mounts), "")

    def _volume(self, root: str) -> FakeLetter:
        name = root.removeprefix("\\\\.\\").removeprefix("\\\\?\\").removeprefix("Volume")
        name = name.rstrip("\\").strip("{}")
        return self.by_name[name] if name in self.by_name else self.by_letter[name[:1]]

    def drive_type(self, root: str) -> int:
        return self._volume(root).kind

    def volume_text(self, root: str) -> VolumeText:
        hangs = self._volume(root).hangs
        if hangs is not None:
            hangs.wait()
        return self._volume(root).text

    def space(self, root: str) -> tuple[int, int] | None:
        return self._volume(root).space

    def dos_device(self, name: str) -> str:
        return self._volume(name).dos_device

    def dos_devices(self) -> tuple[str, ...]:
        others = ("NUL", "C:", "PhysicalDriveX", "Volume{1}")
        named = tuple(f"PhysicalDrive{number}" for number in self.disks)
        return (*others, *named) if self.names_disks else ()

    def open(self, path: str, access: int = 0) -> Volume | Answer:
        name = path.removeprefix("\\\\.\\")
        if name.startswith("PhysicalDrive"):
            disk = self.disks.get(int(name.removeprefix("PhysicalDrive")))
            return _opened(disk, access)
        try:
            volume = self._volume(path).volume
        except KeyError:
            volume = None
        return _opened(volume, access)

    def needed_by_windows(self) -> Needed:
        return self.needed

    def policies(self) -> frozenset[str]:
        return self.forbidden

    def windows_letter(self) -> str:
        return self.home


def _opened(device: FakeDevice | None, access: int) -> Volume | Answer:
    if device is None:
        return Answer(code=NO_SUCH_FILE)
    if access & GENERIC_WRITE and device.write_code:
        return Answer(code=device.write_code)
    device.opened += 1
    return device


def on_disk(
    number: int, label: str, serial: int, size: int, free: int, kind: int = 3
) -> FakeLetter:
    """Make a letter for a volume on one disk."""
    extents = bytearray(windows("one-extent")["extents"])
    extents[8:12] = number.to_bytes(4, "little")
    return FakeLetter(
        kind=kind,
        text=VolumeText(label, serial, "NTFS"),
        space=(size, free),
        volume=FakeDevice({"extents": bytes(extents)}),
    )
