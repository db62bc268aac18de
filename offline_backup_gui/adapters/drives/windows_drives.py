"""Puts volumes onto disks: a drive for each disk, each share, and each lonely volume. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from offline_backup_gui.adapters.drives.identity import is_telling, made_serial
from offline_backup_gui.adapters.drives.windows_disks import Disk, disk_path
from offline_backup_gui.adapters.drives.windows_health import Told
from offline_backup_gui.adapters.drives.windows_registry import Needed, forbidding
from offline_backup_gui.adapters.drives.windows_volumes import (
    FIXED,
    MEMORY,
    REMOTE,
    REMOVABLE,
    VolumeFacts,
)
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Volume

_OPEN = frozenset({Encryption.UNLOCKED, Encryption.SUSPENDED, Encryption.CONVERTING})


def system_disks(volumes: Sequence[VolumeFacts], windows_letter: str, needed: Needed) -> set[int]:
    """Give the disks Windows runs from, starts from or pages to; each piece of them counts."""
    letters = {windows_letter, *needed.page_letters}
    return {
        number
        for volume in volumes
        if volume.place.letter in letters
        or (needed.start_device and volume.device == needed.start_device)
        for number in volume.disks
    }


def assemble(
    volumes: Sequence[VolumeFacts],
    disks: Sequence[Disk],
    told: Mapping[int, Told],
    *,
    windows_letter: str,
    needed: Needed,
    policies: frozenset[str] = frozenset(),
) -> tuple[Drive, ...]:
    """Put everything together. `told` is by the number of the disk."""
    local = [volume for volume in volumes if volume.kind in {REMOVABLE, FIXED, MEMORY}]
    numbers = {disk.number for disk in disks}
    homes = system_disks(local, windows_letter, needed)
    drives = [
        _forbidden(
            _drive_of_disk(
                disk,
                [volume for volume in local if disk.number in volume.disks],
                told.get(disk.number, Told()),
                is_system=disk.number in homes,
            ),
            policies,
        )
        for disk in disks
    ]
    apart = _told_apart(drives, disks)
    # Volumes nobody mounted and no disk answers for are recovery partitions and the like.
    lonely = [
        volume for volume in local if volume.place.mounts and not numbers.intersection(volume.disks)
    ]
    letters = {windows_letter, *needed.page_letters}
    apart += [_drive_of_volume(volume, letters) for volume in lonely]
    return (*apart, *_shares([volume for volume in volumes if volume.kind == REMOTE]))


def _by_usefulness(volumes: Sequence[VolumeFacts]) -> list[VolumeFacts]:
    return sorted(
        volumes,
        key=lambda volume: (
            not volume.place.mounts,
            volume.encryption is Encryption.LOCKED or not volume.has_medium,
            volume.read_only,
            -volume.free_bytes,
            volume.place.mounts,
        ),
    )


def _drive_of_disk(
    disk: Disk, volumes: Sequence[VolumeFacts], told: Told, *, is_system: bool
) -> Drive:
    ordered = _by_usefulness(volumes)
    first = ordered[0] if ordered and ordered[0].place.mounts else None
    device = disk.device
    serial, made = _serial(disk, told, ordered)
    has_medium = disk.has_medium and (first is None or first.has_medium)
    mounts = tuple(mount for volume in ordered for mount in volume.place.mounts)
    removable = device.removable or any(volume.kind == REMOVABLE for volume in volumes)
    # A stick or a card reader is what it is; an enclosure has a disk of its own in it.
    behind_adapter = device.bus is Bus.USB and not removable
    return Drive(
        serial=serial,
        model=told.model or device.model or f"PhysicalDrive{disk.number}",
        bus=device.bus,
        size_bytes=disk.size_bytes or sum(volume.size_bytes for volume in volumes),
        free_bytes=first.free_bytes if first else 0,
        mounts=mounts if has_medium else (),
        device=disk_path(disk.number),
        file_system=first.file_system if first else "",
        label=first.label if first else "",
        removable=removable,
        read_only=disk.read_only or disk.attributes.read_only or bool(first and first.read_only),
        is_system=is_system,
        has_medium=has_medium,
        logical_sector_bytes=disk.sectors.logical_bytes,
        physical_sector_bytes=disk.sectors.physical_bytes,
        health=told.health.health,
        encryption=_encryption(first, volumes),
        rotational=disk.rotational if told.rotational is None else told.rotational,
        hot_plug=disk.hot_plug or device.bus is Bus.USB,
        offline=disk.attributes.offline,
        partition_style=disk.layout.style,
        dynamic=disk.layout.dynamic,
        signs=told.health.signs,
        volumes=_volumes(disk, volumes),
        disk_sector_bytes=told.sector_bytes,
        serial_made=made,
        serial_of_adapter=behind_adapter and not made and not is_telling(told.serial),
    )


def _serial(disk: Disk, told: Told, volumes: Sequence[VolumeFacts]) -> tuple[str, bool]:
    """Give the serial printed on the drive, or one that stays the same while the disk does.

    Of a disk behind a bridge the disk's own counts: that is the one on its label. The second says
    whether what is given is not the disk's serial.
    """
    for serial in (told.serial, disk.device.serial):
        if is_telling(serial):
            return serial, False
    if is_telling(disk.worldwide_name):
        return disk.worldwide_name, True  # nobody else names a disk by it
    if disk.layout.disk_id:
        # Made as on Linux, so that a drive is the same one on both.
        return made_serial("DISK", disk.layout.disk_id), True
    with_number = [volume.volume_serial for volume in volumes if volume.volume_serial]
    return (f"VOL-{with_number[0]:08X}" if with_number else f"PhysicalDrive{disk.number}"), True


def _encryption(first: VolumeFacts | None, volumes: Sequence[VolumeFacts]) -> Encryption:
    """Give the state of the volume that would be written to; a locked one counts without mount."""
    if first:
        return first.encryption
    locked = any(volume.encryption is Encryption.LOCKED for volume in volumes)
    return Encryption.LOCKED if locked else Encryption.UNKNOWN


def _volumes(disk: Disk, volumes: Sequence[VolumeFacts]) -> tuple[Volume, ...]:
    """Give the volumes in the order of their places on the disk."""

    def place(volume: VolumeFacts) -> tuple[int, str]:
        here = [extent.offset_bytes for extent in volume.extents if extent.disk == disk.number]
        return min(here, default=0), volume.place.root

    return tuple(
        Volume(
            identity=volume.place.name or volume.place.root,
            mounts=volume.place.mounts,
            label=volume.label,
            file_system=volume.file_system,
            size_bytes=volume.size_bytes,
            free_bytes=volume.free_bytes,
            read_only=volume.read_only,
            encryption=volume.encryption,
            disks=len(volume.disks),
        )
        for volume in sorted(volumes, key=place)
    )


def _forbidden(drive: Drive, policies: frozenset[str]) -> Drive:
    if drive.is_system:
        return drive
    policy = forbidding(
        policies,
        removable=drive.removable or drive.bus is Bus.USB,
        encrypted=drive.encryption in _OPEN,
    )
    return replace(drive, forbidden_by=policy) if policy else drive


def _drive_of_volume(volume: VolumeFacts, system_letters: set[str]) -> Drive:
    """Give a drive for a volume whose disk Windows does not tell: memory disks, some filters."""
    mount = volume.place.mounts[0]
    return Drive(
        serial=f"VOL-{volume.volume_serial:08X}",
        model=volume.label or mount.rstrip("\\"),
        bus=Bus.VIRTUAL if volume.kind == MEMORY else Bus.UNKNOWN,
        size_bytes=volume.size_bytes,
        free_bytes=volume.free_bytes,
        mounts=volume.place.mounts if volume.has_medium else (),
        device="\\\\.\\" + mount.rstrip("\\"),
        file_system=volume.file_system,
        label=volume.label,
        removable=volume.kind == REMOVABLE,
        read_only=volume.read_only,
        is_system=volume.place.letter in system_letters,
        has_medium=volume.has_medium,
        encryption=volume.encryption,
        serial_made=True,
    )


def _shares(volumes: Sequence[VolumeFacts]) -> list[Drive]:
    """Give a drive for each share; letters of the same share are one drive."""
    by_share: dict[str, list[VolumeFacts]] = {}
    for volume in volumes:
        by_share.setdefault(volume.share.lower() or volume.place.root, []).append(volume)
    return [
        Drive(
            serial=made_serial("NET", name.rstrip("\\") if name.endswith(":\\") else name),
            model=found[0].share or name.rstrip("\\"),
            bus=Bus.NETWORK,
            size_bytes=found[0].size_bytes,
            free_bytes=found[0].free_bytes,
            mounts=tuple(mount for volume in found for mount in volume.place.mounts),
            file_system=found[0].file_system,
            label=found[0].label,
            read_only=found[0].read_only,
            serial_made=True,
        )
        for name, found in by_share.items()
    ]


def _told_apart(drives: Sequence[Drive], disks: Sequence[Disk]) -> list[Drive]:
    """Make serials unique: slots of one card reader and disks of one enclosure may share theirs.

    What was written onto the disk comes behind; only a disk without anything gets its number,
    which another one may have after a restart.
    """
    serials = [drive.serial for drive in drives]
    return [
        replace(drive, serial=f"{drive.serial}-{_mark(disk)}", serial_made=True)
        if serials.count(drive.serial) > 1
        else drive
        for drive, disk in zip(drives, disks, strict=True)
    ]


def _mark(disk: Disk) -> str:
    return disk.layout.disk_id[:8] or f"PhysicalDrive{disk.number}"
