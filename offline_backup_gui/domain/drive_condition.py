"""What speaks against a drive by its own state, whatever the plan: medium, openness, health."""

from __future__ import annotations

from collections.abc import Iterator

from offline_backup_gui.domain.drive import (
    NOT_A_DISK,
    Drive,
    Encryption,
    Health,
    PartitionStyle,
    Sign,
)
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity

_BAD_SECTORS = (Sign.REALLOCATED, Sign.PENDING, Sign.UNCORRECTABLE)
_FATAL = (Sign.VERDICT, Sign.ATTRIBUTE, Sign.SPARE, Sign.UNRELIABLE)


def condition(drive: Drive) -> Iterator[Finding]:
    """Give what forbids or burdens the drive by itself."""
    if not drive.has_medium:
        yield _blocker(FindingCode.DRIVE_NO_MEDIUM)
        return
    if drive.is_system:
        yield _blocker(FindingCode.DRIVE_IS_SYSTEM)
    yield from _openness(drive)
    if drive.forbidden_by:
        yield _blocker(FindingCode.DRIVE_FORBIDDEN, policy=drive.forbidden_by)
    elif drive.read_only:
        yield _blocker(FindingCode.DRIVE_READ_ONLY)
    yield from _health(drive)


def _openness(drive: Drive) -> Iterator[Finding]:
    """Say what keeps the drive's contents from being seen; the first reason is the one to mend."""
    if drive.offline:
        yield _blocker(FindingCode.DRIVE_OFFLINE)
    elif drive.encryption is Encryption.LOCKED:
        yield _blocker(FindingCode.DRIVE_LOCKED)
    elif not drive.mounts and drive.partition_style is PartitionStyle.NONE:
        yield _blocker(FindingCode.DRIVE_NOT_INITIALISED)
    elif not drive.mounts:
        yield _blocker(FindingCode.DRIVE_NOT_MOUNTED)
    elif drive.file_system == "RAW":
        yield _blocker(FindingCode.DRIVE_NOT_FORMATTED)
    elif drive.encryption is Encryption.CONVERTING:
        yield _warning(FindingCode.DRIVE_CONVERTING)
    elif drive.encryption is Encryption.SUSPENDED:
        yield _warning(FindingCode.DRIVE_KEY_OPEN)


def _health(drive: Drive) -> Iterator[Finding]:
    count_by_sign = {sign.sign: sign.count for sign in drive.signs}
    if drive.health is Health.FAILING:
        reason = next((sign for sign in _FATAL if sign in count_by_sign), Sign.VERDICT)
        yield _blocker(FindingCode.DRIVE_FAILING, reason=reason.value)
    elif drive.health is Health.UNKNOWN and drive.bus not in NOT_A_DISK:
        yield _note(FindingCode.DRIVE_HEALTH_UNKNOWN)
    bad = {sign.value: count_by_sign.get(sign, 0) for sign in _BAD_SECTORS}
    if any(bad.values()):
        yield Finding(FindingCode.DRIVE_BAD_SECTORS, Severity.WARNING, dict(bad))
    if Sign.MEDIA_ERRORS in count_by_sign:
        yield _warning(FindingCode.DRIVE_MEDIA_ERRORS, blocks=count_by_sign[Sign.MEDIA_ERRORS])
    if Sign.WORN in count_by_sign:
        yield _warning(FindingCode.DRIVE_WORN, percent=count_by_sign[Sign.WORN])
    if Sign.HOT in count_by_sign:
        yield _warning(FindingCode.DRIVE_HOT)


def _blocker(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code, Severity.BLOCKER, parameters)


def _warning(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code, Severity.WARNING, parameters)


def _note(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code, Severity.NOTE, parameters)
