"""Which drives the Import/Export service takes. Pure; where a drive goes is not judged here.

Source: articles/import-export/storage-import-export-requirements.md, 2022-05-19.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from offline_backup_gui.domain.drive import NOT_A_DISK, Bus, Drive, Encryption
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.published import IMPORT_EXPORT_DISKS

_NOT_SATA = frozenset({Bus.NVME, Bus.SAS, Bus.SCSI, Bus.SAN, Bus.CARD})
_POOLED = frozenset({Bus.RAID, Bus.SPACES})
_DATA_BYTES = 10**9  # without a letter, a volume smaller than this is one of the system's own
_LETTER = re.compile(r"[A-Za-z]:[\\/]?")


def service_rules(drive: Drive, severity: Severity, place: int) -> Iterator[Finding]:
    """Judge a drive that is to be shipped; `place` is its place among the chosen, from 0."""
    yield from serial_rule(drive, severity)
    yield from _sectors(drive, severity)
    yield from _attachment(drive, severity)
    yield from _volumes(drive, severity)
    yield from _protection(drive, severity)
    if place >= IMPORT_EXPORT_DISKS:
        yield Finding(
            FindingCode.DRIVE_ELEVENTH, severity, {"most": IMPORT_EXPORT_DISKS, "place": place + 1}
        )


def serial_rule(drive: Drive, severity: Severity) -> Iterator[Finding]:
    """Apply that a job knows a drive by the serial number of its hardware.

    Source: driveId in storageimportexport.json, 2021-01-01.
    """
    if drive.serial_made:
        yield Finding(FindingCode.DRIVE_SERIAL_MADE, severity, {"serial": drive.serial})
    elif drive.serial_of_adapter:
        # Whose number it is cannot be told from here: many adapters hand on the disk's own.
        yield Finding(
            FindingCode.DRIVE_SERIAL_OF_ADAPTER, Severity.WARNING, {"serial": drive.serial}
        )


def _sectors(drive: Drive, severity: Severity) -> Iterator[Finding]:
    if drive.logical_sector_bytes <= 512 or drive.bus in NOT_A_DISK:
        return
    # What is written through such an adapter cannot be read where the disk is attached by SATA:
    # partitions are counted in sectors. So it is no better than a disk with 4096 of its own.
    adapter = drive.bus is Bus.USB and drive.disk_sector_bytes != drive.logical_sector_bytes
    yield Finding(
        FindingCode.DRIVE_ADAPTER_4096 if adapter else FindingCode.DRIVE_SECTORS_4096,
        severity,
        {"sector_bytes": drive.logical_sector_bytes, "adapter": adapter},
    )


def _attachment(drive: Drive, severity: Severity) -> Iterator[Finding]:
    if drive.bus is Bus.USB:
        # Sticks are sent back for certain; an enclosure may be an adapter with a SATA disk in it.
        yield Finding(
            FindingCode.DRIVE_USB_ONLY,
            severity if drive.removable else Severity.WARNING,
            {"stick": drive.removable},
        )
    if drive.bus in _NOT_SATA:
        yield Finding(FindingCode.DRIVE_NOT_SATA, severity, {"bus": drive.bus.value})
    if drive.bus in _POOLED:
        yield Finding(FindingCode.DRIVE_POOLED, severity, {"bus": drive.bus.value})


def _volumes(drive: Drive, severity: Severity) -> Iterator[Finding]:
    """Apply what the service reads of a drive: the first data volume, NTFS, by its letter.

    Only where the system told of volumes, and where the drive can be written to at all.
    """
    if not drive.volumes or not drive.mounts or drive.encryption is Encryption.LOCKED:
        return
    if drive.file_system not in {"NTFS", "RAW"}:
        yield Finding(
            FindingCode.DRIVE_NOT_NTFS, severity, {"file_system": drive.file_system or "?"}
        )
    if not any(_LETTER.fullmatch(mount) for mount in drive.mounts):
        yield Finding(FindingCode.DRIVE_NO_LETTER, severity, {"mount": drive.mount})
    if drive.dynamic:
        yield Finding(FindingCode.DRIVE_DYNAMIC, severity)
    data = [volume for volume in drive.volumes if volume.mounts or volume.size_bytes >= _DATA_BYTES]
    if len(data) < 2:
        return
    first = data[0].mounts[0] if data[0].mounts else data[0].label or data[0].identity
    told: dict[str, Parameter] = {"volumes": len(data), "mount": first, "here": drive.mount}
    if drive.mount in data[0].mounts:
        yield Finding(FindingCode.DRIVE_SEVERAL_VOLUMES, Severity.WARNING, told)
    else:
        yield Finding(FindingCode.DRIVE_SECOND_VOLUME, severity, told)


def _protection(drive: Drive, severity: Severity) -> Iterator[Finding]:
    """Apply that every volume is encrypted with BitLocker, and that a manifest is of one job."""
    if drive.mounts and drive.encryption is Encryption.NONE and drive.file_system != "RAW":
        yield Finding(FindingCode.DRIVE_NOT_ENCRYPTED, severity)
    if drive.manifest:
        yield Finding(FindingCode.DRIVE_HAS_MANIFEST, severity, {"name": drive.manifest})
