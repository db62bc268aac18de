"""The staging location of an agent: which places would do, and what speaks against one. Pure.

Source of the rules: articles/backup/backup-azure-backup-import-export.md (free space at least the
size of the first backup, full network path when source and copy computer differ, the two files).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Volume
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.places import is_inside, looks_windows, nearest, parts
from offline_backup_gui.domain.staging_watch import StagedFile

SECTOR_BYTES = 512  # what page blobs are counted in, and what every document speaks of
_UNSUITABLE = frozenset({Encryption.LOCKED})


class StagingNeed(Struct, frozen=True):
    """What the first backup asks of its staging location; sources and drives with links resolved.

    `copy_elsewhere` says that the drives hang on another computer than the one with the agent.
    `drives` are the mounts of the drives that are to travel.
    """

    need_bytes: int
    sources: tuple[str, ...] = ()
    copy_elsewhere: bool = False
    drives: tuple[str, ...] = ()


class PlaceLook(Struct, frozen=True):
    """What this computer sees at a path; nothing is made or written to find out.

    `there` is None when nobody answered in time. `free_bytes` is for whoever asked, quotas counted.
    """

    path: str
    there: bool | None
    is_folder: bool = False
    writable: bool = False
    free_bytes: int = 0
    reason: str = ""  # the system's own word, when it refused
    resolved: str = ""  # the path with links followed, where it is there


class StagingDoor(Protocol):
    """How a staging location is looked at; nothing is ever changed there."""

    def look(self, path: str) -> PlaceLook:
        """Say what is at a path. Waits a few seconds at most."""

    def files(self, path: str) -> Sequence[StagedFile] | None:
        """List the files there and below, by name; None when it does not answer in time."""


class StagingPlace(Struct, frozen=True):
    """A volume or share that could hold the staging location, with what speaks against it."""

    mount: str
    name: str
    free_bytes: int
    findings: tuple[Finding, ...] = ()
    network_path: str = ""

    @property
    def would_do(self) -> bool:
        """Say whether nothing forbids it."""
        return not any(finding.severity is Severity.BLOCKER for finding in self.findings)


def places(drives: Sequence[Drive], need: StagingNeed) -> tuple[StagingPlace, ...]:
    """Judge every volume and share that is mounted; the roomiest that would do come first."""
    found = []
    for drive in drives:
        for volume in _volumes(drive):
            findings = tuple(_place_findings(drive, volume, drives, need))
            found.append(
                StagingPlace(
                    volume.mounts[0],
                    volume.label or drive.label or drive.model,
                    volume.free_bytes,
                    findings,
                    drive.model if drive.bus is Bus.NETWORK else "",
                )
            )
    return tuple(sorted(found, key=lambda place: (not place.would_do, -place.free_bytes)))


def _volumes(drive: Drive) -> list[Volume]:
    """Give what is mounted of a drive; the drive itself where its volumes are not known."""
    if not drive.has_medium or drive.encryption in _UNSUITABLE:
        return []
    if drive.volumes:
        return [volume for volume in drive.volumes if volume.mounts]
    if not drive.mounts:
        return []
    return [
        Volume(
            drive.serial,
            drive.mounts,
            drive.label,
            drive.file_system,
            drive.size_bytes,
            drive.free_bytes,
            drive.read_only,
        )
    ]


def _place_findings(
    drive: Drive, volume: Volume, drives: Sequence[Drive], need: StagingNeed
) -> Iterator[Finding]:
    for mount in volume.mounts:
        held = next((path for path in need.sources if _holds(mount, path, drives)), None)
        if held is not None:
            yield _blocker(FindingCode.STAGING_ON_SOURCE, path=mount, source=held)
            break
    travels = next((m for m in need.drives if any(_same(m, own) for own in drive.mounts)), None)
    if travels is not None:
        yield _blocker(FindingCode.STAGING_ON_TRAVELLING_DRIVE, path=volume.mounts[0])
    if volume.read_only or drive.read_only:
        yield _blocker(FindingCode.STAGING_NOT_WRITABLE, path=volume.mounts[0], reason="")
    yield from _room(volume.mounts[0], volume.free_bytes, need)
    if drive.logical_sector_bytes > SECTOR_BYTES:
        yield Finding(
            FindingCode.STAGING_SECTORS,
            Severity.WARNING,
            {"path": volume.mounts[0], "sector_bytes": drive.logical_sector_bytes},
        )
    if drive.is_system:
        yield Finding(
            FindingCode.STAGING_ON_SYSTEM_DISK, Severity.WARNING, {"path": volume.mounts[0]}
        )


def judge(
    path: str,
    look: PlaceLook | None,
    drives: Sequence[Drive],
    need: StagingNeed,
    staged: Sequence[StagedFile] = (),
) -> tuple[Finding, ...]:
    """Judge one location as the agent would be told it; blockers first.

    `look` is None while nobody has looked yet. What lies there already counts as written.
    """
    typed = path.strip()
    if not typed:
        return (_blocker(FindingCode.STAGING_NOT_CHOSEN),)
    findings = [*_path_form(typed, drives, need)]
    if look is not None:
        findings += _reached(typed, look)
        if look.there and look.is_folder:
            written = sum(file.size_bytes for file in staged if file.ending)
            findings += _room(typed, look.free_bytes + written, need)
    real = look.resolved if look is not None and look.resolved else typed
    findings += _on_volume(typed, real, drives, need)
    other = [file.name for file in staged if not file.ending]
    if other:
        findings.append(
            Finding(
                FindingCode.STAGING_HOLDS_OTHER_FILES,
                Severity.WARNING,
                {"path": typed, "count": len(other), "files": tuple(other[:3])},
            )
        )
    order = list(Severity)
    return tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def is_network_path(path: str) -> bool:
    r"""Say whether a path names server and share by itself: \\server\share, and perhaps more."""
    if not path.startswith("\\\\") or path.startswith(("\\\\?\\", "\\\\.\\")):
        return False
    names = path[2:].split("\\")
    return len(names) >= 2 and all(names[:2]) and "/" not in path


def _path_form(path: str, drives: Sequence[Drive], need: StagingNeed) -> Iterator[Finding]:
    mapped = next(
        (
            drive
            for drive in drives
            if drive.bus is Bus.NETWORK
            and any(len(m) <= 3 and is_inside(parts(path), parts(m)) for m in drive.mounts)
        ),
        None,
    )
    if mapped is not None and not is_network_path(path):
        rest = path[3:].lstrip("\\/") if looks_windows(path) else ""
        share = mapped.model.rstrip("\\") + (f"\\{rest}" if rest else "")
        yield _blocker(FindingCode.STAGING_MAPPED_LETTER, path=path, share=share)
    elif need.copy_elsewhere and not is_network_path(path):
        yield _blocker(FindingCode.STAGING_NOT_NETWORK_PATH, path=path)
    elif not is_network_path(path) and not _is_absolute(path):
        yield _blocker(FindingCode.STAGING_NOT_WHOLE_PATH, path=path)


def _is_absolute(path: str) -> bool:
    if looks_windows(path):
        return len(path) >= 3 and path[1] == ":" and path[2] in "\\/"
    return path.startswith("/")


def _reached(path: str, look: PlaceLook) -> Iterator[Finding]:
    if look.there is None:
        yield _blocker(FindingCode.STAGING_SILENT, path=path)
    elif not look.there:
        yield _blocker(FindingCode.STAGING_NOT_REACHED, path=path, reason=look.reason)
    elif not look.is_folder:
        yield _blocker(FindingCode.STAGING_NOT_A_FOLDER, path=path)
    elif not look.writable:
        yield _blocker(FindingCode.STAGING_NOT_WRITABLE, path=path, reason=look.reason)


def _room(path: str, free_bytes: int, need: StagingNeed) -> Iterator[Finding]:
    if free_bytes < need.need_bytes:
        yield _blocker(
            FindingCode.STAGING_TOO_SMALL,
            path=path,
            free_bytes=free_bytes,
            need_bytes=need.need_bytes,
            missing_bytes=need.need_bytes - free_bytes,
        )


def _on_volume(
    path: str, real: str, drives: Sequence[Drive], need: StagingNeed
) -> Iterator[Finding]:
    """Repeat for the path what its volume is told; its room was asked for at the path itself."""
    for place in places(drives, need):
        if not _holds(place.mount, real, drives):
            continue
        for finding in place.findings:
            if finding.code is not FindingCode.STAGING_TOO_SMALL:
                told: dict[str, Parameter] = {**finding.parameters, "path": path}
                yield Finding(finding.code, finding.severity, told)
        return
    # A share of this very computer, or a folder nobody lists: sources may still be compared.
    for source in need.sources:
        windows = looks_windows(real) or looks_windows(source)
        here, there = parts(real, windows=windows), parts(source, windows=windows)
        if is_inside(here, there) or is_inside(there, here):
            yield _blocker(FindingCode.STAGING_ON_SOURCE, path=path, source=source)
            return


def _holds(mount: str, path: str, drives: Sequence[Drive]) -> bool:
    """Say whether a path lies on the volume mounted there: on the longest mount in front of it."""
    everywhere = [m for drive in drives for m in drive.mounts]
    windows = looks_windows(path) or any(map(looks_windows, (*everywhere, mount)))
    place = parts(path, windows=windows)
    return nearest(place, [parts(m, windows=windows) for m in (*everywhere, mount)]) == parts(
        mount, windows=windows
    )


def _same(one: str, other: str) -> bool:
    return parts(one) == parts(other)


def _blocker(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code, Severity.BLOCKER, parameters)


class StagingReport(Struct, frozen=True):
    """One look at a location, kept so that it can be judged again while the need changes.

    `resolved` gives sources with their links followed; a source that is not there stands as given.
    """

    location: str
    drives: tuple[Drive, ...] = ()
    look: PlaceLook | None = None
    staged: tuple[StagedFile, ...] = ()
    resolved: dict[str, str] = {}

    def findings(self, need: StagingNeed) -> tuple[Finding, ...]:
        """Judge the location."""
        return judge(self.location, self.look, self.drives, self._own(need), self.staged)

    def places(self, need: StagingNeed) -> tuple[StagingPlace, ...]:
        """Judge every place there is."""
        return places(self.drives, self._own(need))

    def _own(self, need: StagingNeed) -> StagingNeed:
        return replace(need, sources=tuple(self.resolved.get(path, path) for path in need.sources))
