"""A Windows computer made of recorded answers."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.win32 import Answer, Volume, VolumeText
from tests.adapters.drives.recordings import windows

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
}
_ASKED_BY_QUERY = {
    ioctl.device_query(): "device",
    ioctl.alignment_query(): "alignment",
    ioctl.seek_penalty_query(): "seek_penalty",
}


@dataclass
class FakeDevice:
    """A disk or volume: recorded answers, and codes with which ioctls are refused."""

    answers: dict[str, bytes] = field(default_factory=dict)
    refusals: dict[int, int] = field(default_factory=dict)
    sent: list[int] = field(default_factory=list)
    flushed: int = 0
    closed: int = 0
    locks_refused: int = 0

    def control(self, code: int, question: bytes = b"", answer_bytes: int = 0) -> Answer:
        self.sent.append(code)
        if code in self.refusals:
            return Answer(code=self.refusals[code])
        if code == ioctl.FSCTL_LOCK_VOLUME and self.locks_refused:
            self.locks_refused -= 1
            return Answer(code=5)
        if code == ioctl.IOCTL_STORAGE_QUERY_PROPERTY:
            asked = _ASKED_BY_QUERY[question]
        else:
            asked = _ASKED_BY_CODE.get(code, "")
        if not asked:
            return Answer()
        if asked not in self.answers:
            return Answer(code=NOT_SUPPORTED)
        return Answer(self.answers[asked][:answer_bytes])

    def flush(self) -> Answer:
        self.flushed += 1
        return Answer()

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
    hangs: threading.Event | None = None


@dataclass
class FakeWin32:
    """A computer with letters and disks by number."""

    by_letter: dict[str, FakeLetter]
    disks: dict[int, FakeDevice]
    home: str = "C"

    def letters(self) -> str:
        return "".join(self.by_letter)

    def drive_type(self, letter: str) -> int:
        return self.by_letter[letter].kind

    def volume_text(self, letter: str) -> VolumeText:
        hangs = self.by_letter[letter].hangs
        if hangs is not None:
            hangs.wait()
        return self.by_letter[letter].text

    def space(self, letter: str) -> tuple[int, int] | None:
        return self.by_letter[letter].space

    def dos_device(self, letter: str) -> str:
        return self.by_letter[letter].dos_device

    def open(self, path: str, access: int = 0) -> Volume | Answer:
        name = path.removeprefix("\\\\.\\")
        if name.startswith("PhysicalDrive"):
            disk = self.disks.get(int(name.removeprefix("PhysicalDrive")))
            return Answer(code=NO_SUCH_FILE) if disk is None else disk
        letter = self.by_letter.get(name[:1])
        if letter is None or letter.volume is None:
            return Answer(code=NO_SUCH_FILE)
        return letter.volume

    def windows_letter(self) -> str:
        return self.home


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
