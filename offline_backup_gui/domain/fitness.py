"""What speaks for or against a drive in a plan: one pure function, findings, never a choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from msgspec import Struct

from offline_backup_gui.domain.device_rules import device_rules
from offline_backup_gui.domain.drive import Bus, Drive
from offline_backup_gui.domain.drive_condition import condition
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity, blocks
from offline_backup_gui.domain.places import Parts, is_inside, looks_windows, nearest, parts
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.service_rules import serial_rule, service_rules
from offline_backup_gui.domain.spreading import room_bytes

LEAST_ROOM_BYTES = 64 * 2**20  # free; below this no pack and its records fit
_PRACTICE = frozenset({Bus.FOLDER, Bus.LOOP})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_DRIVE_CODES_WITHOUT_ROOM = frozenset(
    {
        FindingCode.DRIVE_NO_MEDIUM,
        FindingCode.DRIVE_LOCKED,
        FindingCode.DRIVE_NOT_MOUNTED,
        FindingCode.DRIVE_OFFLINE,
        FindingCode.DRIVE_NOT_INITIALISED,
        FindingCode.DRIVE_NOT_FORMATTED,
        FindingCode.DRIVE_HAS_THIS_BACKUP,
    }
)


class DriveNeed(Struct, frozen=True):
    """What the plan asks of drives: bytes in all, and places no drive may hold.

    Sources and account are given with links resolved; the account may be a URL, a folder or "".
    `chosen` names the drives already picked, in their order, by serial or mount; `begun` those a
    copy of this plan has written to before, which their own contents do not tell.
    """

    need_bytes: int
    sources: tuple[str, ...]
    account: str
    route: Route | None
    repository_id: str = ""
    chosen: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()

    @property
    def account_folder(self) -> str:
        """Give the folder that stands for the account, or ""."""
        return "" if self.account.startswith(("https://", "http://")) else self.account

    @property
    def ships_to_azure(self) -> bool:
        """Say whether drives go to a datacenter's import job; not so for practice accounts."""
        if self.route is not Route.IMPORT_EXPORT or self.account_folder:
            return False
        return urlsplit(self.account).hostname not in _LOOPBACK


class JudgedDrive(Struct, frozen=True):
    """A drive and what speaks for or against it in this plan."""

    drive: Drive
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Say whether nothing forbids the drive."""
        return not blocks(self.findings)


def judge_all(drives: Sequence[Drive], need: DriveNeed) -> tuple[JudgedDrive, ...]:
    """Judge every drive among the others, in their order.

    When a single drive is left that could be used, it is also told whether it holds all.
    """
    judged = [JudgedDrive(drive, fitness(drive, need, drives)) for drive in drives]
    candidates = [item for item in judged if item.usable]
    if len(candidates) == 1:
        only = candidates[0]
        room = room_bytes(only.drive)
        mine = any(f.code is FindingCode.DRIVE_HAS_THIS_BACKUP for f in only.findings)
        if room < need.need_bytes and not mine:
            small = _warning(
                FindingCode.DRIVE_TOO_SMALL, free_bytes=room, need_bytes=need.need_bytes
            )
            judged[judged.index(only)] = JudgedDrive(only.drive, (*only.findings, small))
    return tuple(judged)


def fitness(drive: Drive, need: DriveNeed, among: Sequence[Drive] = ()) -> tuple[Finding, ...]:
    """Judge one drive among all that are attached; blockers first.

    `among` decides which drive holds a path: the one with the longest mount in front of it.
    """
    everyone = among if drive in among else (*among, drive)
    findings = [
        *condition(drive),
        *_places(drive, need, everyone),
        *_contents(drive, need),
        *_service(drive, need),
        *_device(drive, need),
        *_kind(drive),
    ]
    # A slot without a medium has no room, and no one needs to be told so.
    if not any(finding.code in _DRIVE_CODES_WITHOUT_ROOM for finding in findings):
        findings += _room(drive)
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def _places(drive: Drive, need: DriveNeed, everyone: Sequence[Drive]) -> Iterator[Finding]:
    held = next((path for path in need.sources if holds(drive, path, everyone)), None)
    if held is not None:
        yield _blocker(FindingCode.DRIVE_HOLDS_SOURCE, path=held)
    if need.account_folder and holds(drive, need.account_folder, everyone):
        yield _blocker(FindingCode.DRIVE_HOLDS_ACCOUNT, path=need.account_folder)
    if held is not None or not drive.device:
        return
    for other in everyone:
        if other.device == drive.device and other.mounts != drive.mounts:
            shared = next((path for path in need.sources if holds(other, path, everyone)), None)
            if shared is not None:
                yield _warning(FindingCode.DRIVE_SAME_DISK, other=shared)
                return


def holds(drive: Drive, path: str, among: Sequence[Drive]) -> bool:
    """Say whether a path lies on the drive, or the drive is mounted at or below the path."""
    windows = looks_windows(path) or any(looks_windows(m) for d in among for m in d.mounts)
    place = parts(path, windows=windows)
    mine = [parts(mount, windows=windows) for mount in drive.mounts]
    if any(is_inside(mount, place) for mount in mine):
        return True
    everywhere: list[Parts] = [parts(m, windows=windows) for d in among for m in d.mounts]
    return nearest(place, everywhere) in mine if mine else False


def _contents(drive: Drive, need: DriveNeed) -> Iterator[Finding]:
    if drive.repository_id and drive.repository_id == need.repository_id:
        yield _note(FindingCode.DRIVE_HAS_THIS_BACKUP, repository=drive.repository_id)
    elif drive.repository_id:
        yield _blocker(FindingCode.DRIVE_HAS_OTHER_BACKUP, repository=drive.repository_id)
    elif drive.first_folders and drive.layout is None:
        yield _warning(FindingCode.DRIVE_HAS_FILES, folders=drive.first_folders)


def _service(drive: Drive, need: DriveNeed) -> Iterator[Finding]:
    """Apply what the Import/Export service takes; nothing of it counts for practice."""
    if not need.ships_to_azure:
        return
    if drive.bus in _PRACTICE:
        # It may stand for any disk but in a job that Azure knows.
        if need.account:
            yield from serial_rule(drive, Severity.BLOCKER)
        return
    # While the destination is open, the drive may still be meant for another one.
    severity = Severity.BLOCKER if need.account else Severity.WARNING
    picked = [_is(drive, name) for name in need.chosen]
    place = picked.index(True) if True in picked else len(picked)
    for finding in service_rules(drive, severity, place):
        # The manifest of this very backup is no other job's.
        if finding.code is not FindingCode.DRIVE_HAS_MANIFEST or not _is_begun(drive, need):
            yield finding


def _is_begun(drive: Drive, need: DriveNeed) -> bool:
    """Say whether a copy of this plan has been on the drive already."""
    ours = drive.repository_id and drive.repository_id == need.repository_id
    return bool(ours) or any(_is(drive, name) for name in need.begun)


def _device(drive: Drive, need: DriveNeed) -> Iterator[Finding]:
    """Apply what the Data Box routes ask of a drive, and keep their devices off the other one."""
    practice = drive.bus in _PRACTICE and bool(need.account_folder)
    yield from device_rules(drive, need.route, need.account, practice=practice)


def _is(drive: Drive, name: str) -> bool:
    if name == drive.serial:
        return True
    return any(parts(name) == parts(mount) for mount in drive.mounts)


def _kind(drive: Drive) -> Iterator[Finding]:
    if drive.bus in _PRACTICE:
        yield _note(FindingCode.DRIVE_PRACTICE)
    elif drive.bus in (Bus.VIRTUAL, Bus.IMAGE):
        yield _warning(FindingCode.DRIVE_VIRTUAL)


def _room(drive: Drive) -> Iterator[Finding]:
    if drive.free_bytes < LEAST_ROOM_BYTES:
        yield _blocker(
            FindingCode.DRIVE_TOO_SMALL, free_bytes=drive.free_bytes, need_bytes=LEAST_ROOM_BYTES
        )


def _blocker(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code, Severity.BLOCKER, parameters)


def _warning(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code, Severity.WARNING, parameters)


def _note(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code, Severity.NOTE, parameters)
