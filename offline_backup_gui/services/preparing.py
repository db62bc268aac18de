"""Drives made ready to travel: erased, formatted and encrypted, behind a serial that was typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from msgspec import Struct

from offline_backup_gui.domain.drive import Drive, Encryption
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, Severity
from offline_backup_gui.domain.fitness import DriveNeed, fitness
from offline_backup_gui.domain.job import ENDED
from offline_backup_gui.domain.papers import DriveKey
from offline_backup_gui.domain.plan import Plan, Route
from offline_backup_gui.domain.prepared_drive import key_name
from offline_backup_gui.domain.preparing import (
    LABEL,
    Candidate,
    PrepareStep,
    consented,
    erasing_rules,
    same_drive,
)
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.services.outcomes import blocked
from offline_backup_gui.services.preparations import Preparations
from offline_backup_gui.services.real_place import real_place
from offline_backup_gui.services.shipments import Shipments
from offline_backup_gui.services.staging import Staging
from offline_backup_gui.services.world import World


class ReadyDrive(Struct, frozen=True):
    """A drive that was prepared: where it is now, and the name of its key in the SecretStore."""

    serial: str
    mount: str
    volume: str
    size_bytes: int
    key_ref: str
    encryption: Encryption = Encryption.UNKNOWN


class Preparing:
    """Looks without touching; erases only what was named by its serial a moment before."""

    def __init__(
        self, world: World, shipments: Shipments, staging: Staging, preparations: Preparations
    ) -> None:
        self._world, self._shipments = world, shipments
        self._staging, self._preparations = staging, preparations

    def able(self) -> BackupError | None:
        """Give what keeps this computer from preparing drives, or None."""
        try:
            self._world.preparer().assert_able()
        except BackupError as error:
            return error
        return None

    def candidates(
        self, names: Sequence[str] = (), plan: Plan | None = None
    ) -> tuple[Candidate, ...]:
        """Judge drives by serial or mount, or all of them; nothing is changed.

        DRIVE_NOT_FOUND names one that is not there.
        """
        drives = self._drives()
        chosen = [_named(drives, name) for name in names] if names else drives
        return tuple(self._candidate(drive, drives, plan) for drive in chosen)

    def prepare(
        self,
        name: str,
        typed_serial: str,
        *,
        plan: Plan | None = None,
        whole: bool = False,
        on_step: Callable[[PrepareStep], None] = lambda _step: None,
    ) -> ReadyDrive:
        """Erase one drive, format it and switch BitLocker on; its key is kept before it is used.

        PREPARE_NOT_CONSENTED, PREPARE_NOT_HERE, BITLOCKER_NOT_INSTALLED, PREPARE_DRIVE_CHANGED,
        PREPARE_BACKUP_NEEDED, ALREADY_RUNNING, STAGING_STILL_NEEDED and PLAN_BLOCKED come before
        anything is erased.
        """
        preparer = self._world.preparer()
        preparer.assert_able()
        drives = self._drives()
        drive = _named(drives, name)
        consented(drive, typed_serial)
        self._assert_free(drive, drives, plan)
        on_step(PrepareStep.LOOK)
        same_drive(drive, drives)
        disk = preparer.identify(drive.device)
        # Asked once more after the disk was told apart: in between drives may have changed places.
        again = self._drives()
        now = same_drive(drive, again)
        if disk.in_use or (now.size_bytes and disk.size_bytes != now.size_bytes):
            raise BackupError(ErrorCode.PREPARE_DRIVE_CHANGED, serial=drive.serial)
        self._assert_free(now, again, plan)
        on_step(PrepareStep.ERASE)
        volume = preparer.erase(disk, LABEL)
        on_step(PrepareStep.PROTECT)
        password = preparer.protect(volume.name)
        on_step(PrepareStep.KEEP)
        key_ref = self._preparations.keep_key(plain_serial(drive.serial), password)
        on_step(PrepareStep.ENCRYPT)
        preparer.encrypt(volume.name, whole=whole)
        return ReadyDrive(
            drive.serial,
            volume.mount,
            volume.name,
            volume.size_bytes,
            key_ref,
            self._encryption(drive.serial),
        )

    def keys(self, plan: Plan) -> tuple[DriveKey, ...]:
        """Give the kept recovery passwords of a plan's drives and of those attached, for the kit.

        One that is not kept here is left out; DRIVES_UNANSWERED leaves out those attached.
        """
        serials = [drive.serial for drive in self._preparations.of(plan.plan_id)]
        with suppress(BackupError):
            serials += [plain_serial(drive.serial) for drive in self._drives()]
        kept = ((serial, self._world.secrets.get(key_name(serial))) for serial in serials if serial)
        found = {serial: secret for serial, secret in kept if secret is not None}
        return tuple(DriveKey(serial, secret.decode()) for serial, secret in sorted(found.items()))

    def _encryption(self, serial: str) -> Encryption:
        found = [drive for drive in self._drives() if drive.serial == serial]
        return found[0].encryption if len(found) == 1 else Encryption.UNKNOWN

    def _drives(self) -> tuple[Drive, ...]:
        # Without a list nobody knows which disk the system runs from: no trouble is swallowed here.
        return tuple(self._world.drive_source.drives())

    # --- what forbids it

    def _candidate(self, drive: Drive, drives: Sequence[Drive], plan: Plan | None) -> Candidate:
        route = Route.IMPORT_EXPORT if plan is None else plan.route
        account = plan.read_into if plan else ""
        need = DriveNeed(0, self._kept_places(plan), account, route)
        own = tuple(erasing_rules(drive, route))
        told = {finding.code for finding in own}
        others = fitness(drive, need, drives)
        found = [*own, *(finding for finding in others if finding.code not in told)]
        order = list(Severity)
        return Candidate(
            drive, tuple(sorted(found, key=lambda finding: order.index(finding.severity)))
        )

    def _kept_places(self, plan: Plan | None) -> tuple[str, ...]:
        """Give every folder that a plan of this computer reads or writes, links followed."""
        places: list[str] = list(_places_of(plan)) if plan else []
        for kept in self._world.state.plans():
            places += _places_of(kept.plan)
        return tuple(real_place(place) for place in dict.fromkeys(places))

    def _assert_free(self, drive: Drive, drives: Sequence[Drive], plan: Plan | None) -> None:
        forbidden = self._candidate(drive, drives, plan).forbidden
        if forbidden:
            raise blocked(_of(drive, forbidden[0]))
        for mount in (*drive.mounts, *(m for volume in drive.volumes for m in volume.mounts)):
            self._staging.assert_not_needed(mount)
        for kept in self._world.state.plans():
            if self._is_written(kept, drive):
                raise BackupError(ErrorCode.ALREADY_RUNNING, plan=kept.plan.plan_id)
            if self._needs(kept, drive):
                raise BackupError(
                    ErrorCode.PREPARE_BACKUP_NEEDED,
                    drive=drive.mount or drive.serial,
                    plan=kept.plan.name,
                )

    def _needs(self, kept: KeptPlan, drive: Drive) -> bool:
        """Say whether a drive carries something of a plan that has not arrived yet."""
        return (
            self._is_of(kept, drive) and not self._shipments.track(kept.plan.plan_id).safe_to_erase
        )

    def _is_written(self, kept: KeptPlan, drive: Drive) -> bool:
        """Say whether a job that runs may be writing to a drive, or is about to."""
        plan_id, state = kept.plan.plan_id, self._world.state
        if not state.held(plan_id):
            return False
        named = list(kept.plan.drives)
        for job in state.jobs(plan_id):
            given = job.options.get("drives")
            if job.state not in ENDED and isinstance(given, list):
                named += map(str, given)
        places = {_place(place) for place in named}
        return self._is_of(kept, drive) or any(_place(mount) in places for mount in drive.mounts)

    def _is_of(self, kept: KeptPlan, drive: Drive) -> bool:
        """Say whether a drive carries a plan's packs or files, or was prepared for it."""
        own = drive.repository_id in {kept.repository_id, kept.plan.mirror_id} - {""}
        serial = plain_serial(drive.serial)
        return own or any(one.serial == serial for one in self._preparations.of(kept.plan.plan_id))


def plain_serial(serial: str) -> str:
    """Give a serial as import jobs and manifests have it: without blanks."""
    return "".join(serial.split())


def _places_of(plan: Plan) -> tuple[str, ...]:
    places = (*plan.sources, plan.agent.staging_location)
    account = plan.destination.account if plan.destination.is_folder else ""
    return tuple(place for place in (*places, account) if place)


def _of(drive: Drive, finding: Finding) -> Finding:
    name = drive.mount or drive.serial
    return Finding(finding.code, finding.severity, {"drive": name, **finding.parameters})


def _named(drives: Sequence[Drive], name: str) -> Drive:
    """Find a drive by its serial, else by a mount; DRIVE_NOT_FOUND."""
    by_serial = [drive for drive in drives if drive.serial and drive.serial == name]
    if len(by_serial) == 1:
        return by_serial[0]
    wanted = _place(name)
    for drive in drives:
        if any(_place(mount) == wanted for mount in drive.mounts):
            return drive
    raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=name)


def _place(path: str) -> str:
    return os.path.normcase(os.path.normpath(path))
