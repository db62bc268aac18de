"""From the text of lsblk to drives: one for each physical disk. Pure; nothing is asked here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.adapters.drives.identity import is_telling, is_virtual_model, made_serial
from offline_backup_gui.adapters.drives.mounts import (
    SYSTEM_PLACES,
    Mount,
    Usage,
    is_below,
    parse_mountinfo,
)
from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Health
from offline_backup_gui.domain.errors import BackupError, ErrorCode

# MOUNTPOINTS is not asked for: older releases do not know it, and mountinfo also tells what is
# read-only. NAME must be there, or lsblk gives a flat list instead of a tree.
COLUMNS = (
    "NAME,KNAME,PATH,MAJ:MIN,SERIAL,VENDOR,MODEL,TRAN,SIZE,RO,RM,ROTA,HOTPLUG,"
    "LOG-SEC,PHY-SEC,FSTYPE,LABEL,UUID,PTUUID,TYPE"
)
_BUS_BY_TRANSPORT = {
    "usb": Bus.USB,
    "sata": Bus.SATA,
    "ata": Bus.SATA,
    "sas": Bus.SAS,
    "nvme": Bus.NVME,
    "virtio": Bus.VIRTUAL,
}
# Kernel names of disks that a hypervisor makes up: virtio, Xen, network block devices.
_VIRTUAL_NAME = re.compile(r"(vd|xvd|nbd)[a-z0-9]+$")
# Memory, drives for discs and floppies never carry a backup to a datacenter.
_IGNORED_TYPES = frozenset({"rom", "lvm", "part"})
_IGNORED_NAME = re.compile(r"(ram|zram|fd|sr|mtdblock)\d+")
_FAILED_STATES = frozenset({"offline", "transport-offline", "dead", "deleting"})
_LOCKABLE = frozenset({"crypto_LUKS", "BitLocker"})
_UNNAMED_VENDORS = frozenset({"", "ata", "nvme", "usb", "generic"})


class DiskFacts(Struct, frozen=True):
    """What sysfs adds for one disk: state of the device, and the file behind a loop device."""

    state: str = ""
    backing_file: str = ""


class _Block(msgspec.Struct):
    """One device of lsblk's tree; older releases write numbers and flags as strings."""

    kname: str
    path: str = ""
    number: str | None = msgspec.field(name="maj:min", default=None)
    serial: str | None = None
    vendor: str | None = None
    model: str | None = None
    tran: str | None = None
    size: int | None = None
    ro: bool = False
    rm: bool = False
    rota: bool = False
    hotplug: bool = False
    logical: int | None = msgspec.field(name="log-sec", default=None)
    physical: int | None = msgspec.field(name="phy-sec", default=None)
    fstype: str | None = None
    label: str | None = None
    uuid: str | None = None
    ptuuid: str | None = None
    type: str = ""
    children: list[_Block] = []

    def family(self) -> Iterator[_Block]:
        """Yield the device and everything made of it: partitions, opened containers, volumes."""
        yield self
        for child in self.children:
            yield from child.family()


class _Listing(msgspec.Struct):
    blockdevices: list[_Block]


def parse_lsblk(
    json_text: str,
    mountinfo_text: str,
    usage: Mapping[str, Usage],
    *,
    swaps_text: str = "",
    disk_facts: Mapping[str, DiskFacts] | None = None,
) -> tuple[Drive, ...]:
    """Give a drive for each physical disk of `lsblk --json --bytes --all --output COLUMNS`.

    `usage` is by mount point, `disk_facts` by kernel name; what is missing there did not answer
    and has no free bytes. `free_bytes` is what is free at the first mount, the one with most room,
    because that is where data would be written. DRIVES_UNANSWERED when the text is no listing.
    """
    try:
        listing = json_decoder(_Listing, strict=False).decode(json_text)
    except (msgspec.MsgspecError, RecursionError) as problem:
        raise BackupError(ErrorCode.DRIVES_UNANSWERED, reason=f"lsblk: {problem}") from problem
    mounts = parse_mountinfo(mountinfo_text)
    swaps = frozenset(line.split(" ")[0].split("\t")[0] for line in swaps_text.splitlines()[1:])
    facts = disk_facts or {}
    found = [
        (_drive(block, mounts, usage, swaps, facts.get(block.kname, DiskFacts())), block)
        for block in listing.blockdevices
        if _is_disk(block)
    ]
    kept = [(drive, block) for drive, block in found if not _is_packaged_program(drive)]
    return _told_apart(kept)


def _is_disk(block: _Block) -> bool:
    if block.type in _IGNORED_TYPES or _IGNORED_NAME.fullmatch(block.kname):
        return False
    # Without a size, a loop device is unused; a card reader is a drive whose card is missing.
    return bool(block.size) or block.rm


def _is_packaged_program(drive: Drive) -> bool:
    """Say whether a loop device is an installed program image, which nobody would call a drive."""
    return drive.bus is Bus.LOOP and (
        drive.file_system == "squashfs" or any(is_below(point, "/snap") for point in drive.mounts)
    )


def _drive(
    block: _Block,
    mounts: Sequence[Mount],
    usage: Mapping[str, Usage],
    swaps: frozenset[str],
    facts: DiskFacts,
) -> Drive:
    family = list(block.family())
    everywhere = [mount for mount in mounts if any(_belongs(mount, part) for part in family)]
    reachable = _by_usefulness(everywhere, usage)
    mounted = reachable[0] if reachable else None
    bearer = _bearer(family, mounted)
    serial, made = _serial(block, facts)
    return Drive(
        serial=serial,
        model=_model(block, facts),
        bus=_bus(block),
        size_bytes=block.size or 0,
        free_bytes=_free(mounted, usage),
        mounts=tuple(mount.point for mount in reachable),
        device=block.path or f"/dev/{block.kname}",
        file_system=mounted.file_system if mounted else bearer.fstype or "",
        label=bearer.label or "",
        removable=block.rm,
        read_only=block.ro or bool(mounted and mounted.read_only),
        is_system=any(mount.point in SYSTEM_PLACES for mount in everywhere)
        or any(part.path in swaps or f"/dev/{part.kname}" in swaps for part in family),
        has_medium=bool(block.size),
        logical_sector_bytes=block.logical or 512,
        physical_sector_bytes=block.physical or 512,
        health=Health.FAILING if facts.state in _FAILED_STATES else Health.UNKNOWN,
        encryption=_encryption(family, mounted),
        rotational=block.rota,
        hot_plug=block.hotplug or block.tran == "usb",
        serial_made=made,
    )


def _belongs(mount: Mount, part: _Block) -> bool:
    # btrfs mounts carry a made-up device number, so the name of the source is asked as well.
    return mount.number == part.number or mount.source in {part.path, f"/dev/{part.kname}"}


def _by_usefulness(mounts: Sequence[Mount], usage: Mapping[str, Usage]) -> list[Mount]:
    """Order mounts: writable first, then whole file systems before folders of them, then by room.

    None is left out: a source below any of them lies on this drive.
    """
    outermost: dict[str, str] = {}
    for mount in mounts:
        known = outermost.get(mount.number, mount.root)
        outermost[mount.number] = min(known, mount.root, key=len)
    return sorted(
        mounts,
        key=lambda mount: (
            mount.read_only,
            mount.root != outermost[mount.number],
            -_free(mount, usage),
            mount.point,
        ),
    )


def _free(mount: Mount | None, usage: Mapping[str, Usage]) -> int:
    known = usage.get(mount.point) if mount else None
    return known.free_bytes if known else 0


def _bearer(family: Sequence[_Block], mounted: Mount | None) -> _Block:
    """Give the part that carries the file system people mean: the mounted one, else the largest."""
    if mounted:
        for part in reversed(family):
            if _belongs(mounted, part):
                return part
    with_format = [part for part in family if part.fstype]
    return max(with_format or family[:1], key=lambda part: part.size or 0)


def _encryption(family: Sequence[_Block], mounted: Mount | None) -> Encryption:
    for part in family:
        if part.fstype in _LOCKABLE:
            opened = list(part.family())[1:]
            if any(mounted is not None and _belongs(mounted, inner) for inner in opened):
                return Encryption.UNLOCKED
            if mounted is None:
                return Encryption.UNLOCKED if opened else Encryption.LOCKED
    known = mounted is not None or any(part.fstype for part in family)
    return Encryption.NONE if known else Encryption.UNKNOWN


def _bus(block: _Block) -> Bus:
    if block.type == "loop":
        return Bus.LOOP
    name = f"{block.vendor or ''} {block.model or ''}"
    if _VIRTUAL_NAME.match(block.kname) or is_virtual_model(name):
        return Bus.VIRTUAL
    if block.kname.startswith("nvme"):
        return Bus.NVME
    if block.kname.startswith("mmcblk"):
        return Bus.CARD
    return _BUS_BY_TRANSPORT.get((block.tran or "").lower(), Bus.UNKNOWN)


def _model(block: _Block, facts: DiskFacts) -> str:
    if facts.backing_file:
        return PurePosixPath(facts.backing_file).name
    vendor, model = (block.vendor or "").strip(), (block.model or "").strip()
    if vendor.lower() in _UNNAMED_VENDORS or vendor.startswith("0x") or model.startswith(vendor):
        vendor = ""
    return f"{vendor} {model}".strip() or block.kname


def _serial(block: _Block, facts: DiskFacts) -> tuple[str, bool]:
    """Give the serial printed on the drive, or one that stays the same while the disk does.

    The second says whether it was made here.
    """
    serial = (block.serial or "").strip()
    if is_telling(serial):
        return serial, False
    if facts.backing_file:
        return made_serial("LOOP", facts.backing_file), True
    identity = _identity(block)
    return (made_serial("DISK", identity) if identity else block.kname), True


def _identity(block: _Block) -> str:
    """Give an id that was written onto the disk: of its partition table or a file system."""
    return block.ptuuid or next((part.uuid for part in block.family() if part.uuid), "")


def _told_apart(found: Sequence[tuple[Drive, _Block]]) -> tuple[Drive, ...]:
    """Make serials unique: slots of one card reader and disks of one enclosure may share theirs."""
    serials = [drive.serial for drive, _ in found]
    return tuple(
        replace(
            drive, serial=f"{drive.serial}-{_identity(block)[:8] or block.kname}", serial_made=True
        )
        if serials.count(drive.serial) > 1
        else drive
        for drive, block in found
    )
