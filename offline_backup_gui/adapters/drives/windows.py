"""The drives of a Windows computer, put together from letters and physical disks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct, field
from msgspec.structs import replace

from offline_backup_gui.adapters.drives import windows_bytes as ioctl
from offline_backup_gui.adapters.drives.guard import Guard
from offline_backup_gui.adapters.drives.identity import is_telling, made_serial
from offline_backup_gui.adapters.drives.win32 import GENERIC_READ, Answer, RealWin32, Volume, Win32
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Health
from offline_backup_gui.domain.errors import BackupError, ErrorCode

TIME_LIMIT_S = 10.0
_REMOVABLE, _FIXED, _REMOTE, _MEMORY = 2, 3, 4, 6
_NO_MEDIUM_CODES = frozenset({21, 1112})  # ERROR_NOT_READY, ERROR_NO_MEDIA_IN_DRIVE
_WRITE_PROTECTED = 19
_LOCKED_BY_BITLOCKER = 0x80310000  # FVE_E_LOCKED_VOLUME
_READ_ONLY_VOLUME = 0x00080000
# Numbers have gaps after unplugging; a server with more disks than this is no branch office.
_MOST_DISKS = 64
_ROOM = 4096


class Letter(Struct, frozen=True):
    """One drive letter. `disks` are the numbers of the physical disks it lies on."""

    letter: str
    kind: int
    label: str = ""
    volume_serial: int = 0
    file_system: str = ""
    size_bytes: int = 0
    free_bytes: int = 0
    read_only: bool = False
    locked: bool = False
    has_medium: bool = True
    share: str = ""
    disks: tuple[int, ...] = ()


class Disk(Struct, frozen=True):
    """One physical disk, by its number."""

    number: int
    device: ioctl.DeviceDescriptor
    sectors: ioctl.Sectors = field(default_factory=ioctl.Sectors)
    size_bytes: int = 0
    has_medium: bool = True
    read_only: bool = False
    health: Health = Health.UNKNOWN
    rotational: bool | None = None


class WindowsDriveSource:
    """Lists physical disks, letters and network letters. Safe to call from several threads."""

    def __init__(self, win32: Win32 | None = None, *, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._win32 = win32 or RealWin32()
        self._time_limit_s = time_limit_s
        self._guard = Guard()

    def drives(self) -> Sequence[Drive]:
        """List every drive; DRIVES_UNANSWERED when not even Windows' own answers."""
        names, home = self._win32.letters(), self._win32.windows_letter()
        letters = self._guard.ask_all(
            {name: partial(read_letter, self._win32, name) for name in names}, self._time_limit_s
        )
        if home not in letters:
            # Without it nobody knows which disk Windows runs from, and that one must be known.
            raise BackupError(ErrorCode.DRIVES_UNANSWERED, reason=f"{home}:")
        disks = self._guard.ask_all(
            {number: partial(read_disk, self._win32, number) for number in self._numbers(letters)},
            self._time_limit_s,
        )
        there = [disk for disk in disks.values() if disk is not None]
        return assemble(list(letters.values()), there, home)

    def _numbers(self, letters: Mapping[str, Letter]) -> list[int]:
        """Give the numbers of all disks; those of the letters when counting hangs."""
        counted = self._guard.ask_all(
            {"count": partial(_disk_numbers, self._win32)}, self._time_limit_s
        )
        known = {number for letter in letters.values() for number in letter.disks}
        return sorted(known.union(*counted.values()))


def _disk_numbers(win32: Win32) -> list[int]:
    numbers = []
    for number in range(_MOST_DISKS):
        disk = win32.open(_disk_path(number))
        if not isinstance(disk, Answer):
            disk.close()
            numbers.append(number)
    return numbers


def _disk_path(number: int) -> str:
    return f"\\\\.\\PhysicalDrive{number}"


def read_letter(win32: Win32, letter: str) -> Letter:
    """Ask Windows about one letter. May hang with the device."""
    kind = win32.drive_type(letter)
    if kind not in {_REMOVABLE, _FIXED, _REMOTE, _MEMORY}:
        return Letter(letter, kind)
    text = win32.volume_text(letter)
    size, free = win32.space(letter) or (0, 0)
    return Letter(
        letter=letter,
        kind=kind,
        label=text.label,
        volume_serial=text.serial,
        file_system=text.file_system,
        size_bytes=size,
        free_bytes=free,
        read_only=bool(text.flags & _READ_ONLY_VOLUME),
        locked=text.code == _LOCKED_BY_BITLOCKER,
        has_medium=text.code not in _NO_MEDIUM_CODES,
        share=ioctl.parse_share(win32.dos_device(letter)) if kind == _REMOTE else "",
        disks=() if kind == _REMOTE else _disks_of(win32, letter),
    )


def _disks_of(win32: Win32, letter: str) -> tuple[int, ...]:
    volume = win32.open(f"\\\\.\\{letter}:")
    if isinstance(volume, Answer):
        return ()
    try:
        extents = volume.control(ioctl.IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, b"", _ROOM)
        numbers = ioctl.parse_extents(extents.data)
        if numbers:
            return numbers
        # Some volumes, and Wine, tell no extents but know their disk.
        one = ioctl.parse_disk_number(
            volume.control(ioctl.IOCTL_STORAGE_GET_DEVICE_NUMBER, b"", _ROOM).data
        )
        return () if one is None else (one,)
    finally:
        volume.close()


def read_disk(win32: Win32, number: int) -> Disk | None:
    """Ask Windows about one physical disk; None when there is none. May hang with the device."""
    path = _disk_path(number)
    # The size wants a handle that may read, which only an administrator gets.
    disk = win32.open(path, GENERIC_READ)
    if isinstance(disk, Answer):
        disk = win32.open(path)
    if isinstance(disk, Answer):
        return None
    try:
        return _read_open_disk(disk, number)
    finally:
        disk.close()


def _read_open_disk(disk: Volume, number: int) -> Disk:
    def ask(code: int, question: bytes = b"") -> Answer:
        return disk.control(code, question, _ROOM)

    query = ioctl.IOCTL_STORAGE_QUERY_PROPERTY
    size = ioctl.parse_length(ask(ioctl.IOCTL_DISK_GET_LENGTH_INFO).data)
    if not size:
        size = ioctl.parse_geometry_size(ask(ioctl.IOCTL_DISK_GET_DRIVE_GEOMETRY_EX).data)
    return Disk(
        number=number,
        device=ioctl.parse_device(ask(query, ioctl.device_query()).data),
        sectors=ioctl.parse_sectors(ask(query, ioctl.alignment_query()).data),
        size_bytes=size,
        has_medium=ask(ioctl.IOCTL_STORAGE_CHECK_VERIFY2).code not in _NO_MEDIUM_CODES,
        read_only=ask(ioctl.IOCTL_DISK_IS_WRITABLE).code == _WRITE_PROTECTED,
        health=ioctl.parse_health(ask(ioctl.IOCTL_STORAGE_PREDICT_FAILURE).data),
        rotational=ioctl.parse_rotational(ask(query, ioctl.seek_penalty_query()).data),
    )


def assemble(
    letters: Sequence[Letter], disks: Sequence[Disk], windows_letter: str
) -> tuple[Drive, ...]:
    """Put letters onto disks: a drive for each disk, each share, and each letter without a disk."""
    local = [letter for letter in letters if letter.kind in {_REMOVABLE, _FIXED, _MEMORY}]
    numbers = {disk.number for disk in disks}
    lonely = [letter for letter in local if not numbers.intersection(letter.disks)]
    system_disks = {
        number for letter in letters if letter.letter == windows_letter for number in letter.disks
    }
    drives = [
        _drive_of_disk(
            disk,
            _by_usefulness([letter for letter in local if disk.number in letter.disks]),
            is_system=disk.number in system_disks,
        )
        for disk in disks
    ]
    drives += [_drive_of_letter(letter, windows_letter) for letter in lonely]
    drives += _shares([letter for letter in letters if letter.kind == _REMOTE])
    return _told_apart(drives)


def _by_usefulness(letters: Sequence[Letter]) -> list[Letter]:
    return sorted(
        letters,
        key=lambda letter: (
            letter.locked or not letter.has_medium,
            letter.read_only,
            -letter.free_bytes,
            letter.letter,
        ),
    )


def _drive_of_disk(disk: Disk, letters: Sequence[Letter], *, is_system: bool) -> Drive:
    first = letters[0] if letters else None
    device = disk.device
    has_medium = disk.has_medium and (first is None or first.has_medium)
    return Drive(
        serial=device.serial if is_telling(device.serial) else _made_serial(disk, first),
        model=device.model or f"PhysicalDrive{disk.number}",
        bus=device.bus,
        size_bytes=disk.size_bytes or sum(letter.size_bytes for letter in letters),
        free_bytes=first.free_bytes if first else 0,
        mounts=tuple(_mount(letter) for letter in letters) if has_medium else (),
        device=_disk_path(disk.number),
        file_system=first.file_system if first else "",
        label=first.label if first else "",
        removable=device.removable or any(letter.kind == _REMOVABLE for letter in letters),
        read_only=disk.read_only or bool(first and first.read_only),
        is_system=is_system,
        has_medium=has_medium,
        logical_sector_bytes=disk.sectors.logical_bytes,
        physical_sector_bytes=disk.sectors.physical_bytes,
        health=disk.health,
        encryption=_encryption(first),
        rotational=disk.rotational,
    )


def _drive_of_letter(letter: Letter, windows_letter: str) -> Drive:
    """Give a drive for a letter whose disk Windows does not tell: memory disks, some filters."""
    return Drive(
        serial=f"VOL-{letter.volume_serial:08X}",
        model=letter.label or f"{letter.letter}:",
        bus=Bus.VIRTUAL if letter.kind == _MEMORY else Bus.UNKNOWN,
        size_bytes=letter.size_bytes,
        free_bytes=letter.free_bytes,
        mounts=(_mount(letter),) if letter.has_medium else (),
        device=f"\\\\.\\{letter.letter}:",
        file_system=letter.file_system,
        label=letter.label,
        removable=letter.kind == _REMOVABLE,
        read_only=letter.read_only,
        is_system=letter.letter == windows_letter,
        has_medium=letter.has_medium,
        encryption=_encryption(letter),
    )


def _shares(letters: Sequence[Letter]) -> list[Drive]:
    """Give a drive for each share; letters of the same share are one drive."""
    by_share: dict[str, list[Letter]] = {}
    for letter in letters:
        by_share.setdefault(letter.share.lower() or f"{letter.letter}:", []).append(letter)
    return [
        Drive(
            serial=made_serial("NET", name),
            model=found[0].share or name,
            bus=Bus.NETWORK,
            size_bytes=found[0].size_bytes,
            free_bytes=found[0].free_bytes,
            mounts=tuple(_mount(letter) for letter in found),
            file_system=found[0].file_system,
            label=found[0].label,
            read_only=found[0].read_only,
        )
        for name, found in by_share.items()
    ]


def _made_serial(disk: Disk, first: Letter | None) -> str:
    if first and first.volume_serial:
        return f"VOL-{first.volume_serial:08X}"
    return f"PhysicalDrive{disk.number}"


def _encryption(letter: Letter | None) -> Encryption:
    # Whether an open volume is encrypted only BitLocker's own interface tells.
    return Encryption.LOCKED if letter and letter.locked else Encryption.UNKNOWN


def _mount(letter: Letter) -> str:
    return f"{letter.letter}:\\"


def _told_apart(drives: Sequence[Drive]) -> tuple[Drive, ...]:
    """Make serials unique: slots of one card reader and disks of one enclosure may share theirs."""
    shared: Mapping[str, int] = {
        drive.serial: sum(other.serial == drive.serial for other in drives) for drive in drives
    }
    return tuple(
        replace(drive, serial=f"{drive.serial}-{drive.device.rpartition(chr(92))[2]}")
        if shared[drive.serial] > 1
        else drive
        for drive in drives
    )
