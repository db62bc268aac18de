"""Copies of files as they are: an agent's staging location, or plain folders, onto drives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

from msgspec.structs import replace

from offline_backup_gui.domain.blob_names import refused_findings
from offline_backup_gui.domain.drive_manifest import BlobKind
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.job import Job
from offline_backup_gui.domain.plan import DeploymentModel, Plan, PlanId, Route
from offline_backup_gui.domain.prepared_drive import key_name, looks_made, prepared_drive
from offline_backup_gui.domain.shipment import SealedDrive
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.arrival import Arrival
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import DriveChoice
from offline_backup_gui.engine.mirror_arrival import CarriedFile, check_blobs
from offline_backup_gui.engine.mirror_scan import prefixes_of, scan
from offline_backup_gui.engine.mirror_sealing import SealedMirror, seal_mirrors
from offline_backup_gui.engine.mirror_state import DriveFolders, MirrorDrive, MirrorOrder
from offline_backup_gui.engine.mirroring import Mirroring, MirrorOutcome
from offline_backup_gui.engine.sessions import Sources
from offline_backup_gui.formats.mirror import MirrorSeal
from offline_backup_gui.formats.record import moment
from offline_backup_gui.services.choosing import Choosing
from offline_backup_gui.services.ingests import open_blobs
from offline_backup_gui.services.mirror_places import MirrorPlace, MirrorPlaces
from offline_backup_gui.services.outcomes import (
    Finished,
    arrival_json,
    blocked,
    exceptions_json,
    finished,
)
from offline_backup_gui.services.preparations import Preparations
from offline_backup_gui.services.readiness import Readiness
from offline_backup_gui.services.seals import with_arrival
from offline_backup_gui.services.shadows import standing_sources
from offline_backup_gui.services.sources import sources_of
from offline_backup_gui.services.watching import Watch, watched
from offline_backup_gui.services.world import AccountSecret, World


class Mirrors:
    """The copy job of plans whose files travel as they are, and what is known of their drives."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._choosing, self._readiness = Choosing(world), Readiness(world)

    def predict(self, plan: Plan) -> list[Finding]:
        """Say which files cannot become blobs; walks the whole source. SOURCE_MISSING."""
        context = watched(Watch(), self._world.clock, self._world.files)
        return refused_findings(scan(context, order_of(plan, sources_of(plan))).refused)

    def copy(self, context: Context, job: Job, kept: KeptPlan) -> Finished:
        """Copy, read back, prove the source unchanged, seal; raises Stopped or BackupError.

        STAGING_NOT_READY before anything is opened, unless the job's option `unready` is set.
        """
        plan = kept.plan
        assert_own_drives(plan)
        unready = bool(job.options.get("unready"))
        staged = self._readiness.admit(
            plan, context.control.checkpoint, unready=unready, tell=context.tell
        )
        mounts = cast(list[str], job.options.get("drives") or list(plan.drives))
        choices = self._choosing.choices(kept, mounts)
        places = self._places(plan)
        seals = {place.serial: place.seal for place in places.all()}
        drives = [self._drive(plan, choice) for choice in choices]
        # From here on a kill must find no seal remembered that the drive may have lost.
        for choice in choices:
            self._put(plan, places, choice, None)
        try:
            with standing_sources(self._world, context, job, kept) as sources:
                order = order_of(plan, sources)
                plain = order.kind is BlobKind.BLOCK
                outcome = Mirroring(context, order, drives, whole_md5=plain).run()
            sealed = seal_mirrors(context, order, drives, outcome.files)
        except BaseException:
            for choice, drive in zip(choices, drives, strict=True):
                untouched = drive.folders is None
                seal = seals.get(choice.serial) if untouched else drive.seal
                self._put(plan, places, choice, seal)
            raise
        seal_of = {one.mount: one.seal for one in sealed}
        if any(seals.get(choice.serial) != seal_of.get(choice.mount) for choice in choices):
            self._void_arrival(plan)
        for choice, files in zip(choices, outcome.files, strict=True):
            carried = (CarriedFile(file.name, file.size, file.md5) for file in files)
            places.put_files(choice.serial, carried if plain else ())
            self._put(plan, places, choice, seal_of.get(choice.mount))
        # Everything is on sealed drives now; one without a seal has no part in the parcel.
        for place in places.all():
            if place.seal is None or _told_again(place, choices):
                places.forget(place.serial)
        Preparations(self._world).forget_made(
            plan.plan_id, [place.serial for place in places.all()]
        )
        return finished(
            bool(outcome.left_out),
            _copy_json(plan, order, outcome, choices, sealed)
            | ({"staging": staged.state.value} if staged else {}),
            "done",
            "exceptions",
        )

    def arrival(self, context: Context, kept: KeptPlan) -> Finished:
        """Prove that all that the sealed drives carry lies in the account, byte for byte.

        For plain folders: an agent's data has its proof in the vault. NOT_FOR_THIS_PLAN,
        DRIVE_NOT_SEALED, NOT_AN_ACCOUNT.
        """
        plan = kept.plan
        if plan.deployment_model is not DeploymentModel.STANDALONE:
            raise BackupError(ErrorCode.NOT_FOR_THIS_PLAN, job="arrival", plan=plan.name)
        places, carried = self._places(plan), list[CarriedFile]()
        drives = places.all()
        for place in drives:
            files = places.files(place.serial) if place.seal is not None else None
            if files is None:
                raise BackupError(ErrorCode.DRIVE_NOT_SEALED, drive=place.label or place.serial)
            carried += files
        if not drives:
            raise BackupError(ErrorCode.DRIVE_NOT_SEALED, drive=plan.name)
        account = open_blobs(self._world, context, plan.destination.account, AccountSecret())
        if account is None:
            raise BackupError(ErrorCode.NOT_AN_ACCOUNT, store=plan.destination.account)
        arrival = check_blobs(context, account, plan.blob_container, carried)
        self._note_arrival(plan, drives, arrival)
        return finished(not arrival.complete, arrival_json(arrival), "done", "incomplete")

    def _void_arrival(self, plan: Plan) -> None:
        """Forget a proof that never saw what the drives carry now; seals count whole seconds."""
        state = self._world.state
        notes = state.notes(plan.plan_id)
        state.put_notes(plan.plan_id, replace(notes, arrival_checked_at=None, arrival={}))

    def _note_arrival(self, plan: Plan, drives: Sequence[MirrorPlace], arrival: Arrival) -> None:
        state, now = self._world.state, self._world.clock.now()
        notes = state.notes(plan.plan_id)
        sealed_at = max(moment(place.seal.finished) for place in drives if place.seal is not None)
        state.put_notes(plan.plan_id, with_arrival(notes, arrival, now, sealed_at))

    def _drive(self, plan: Plan, choice: DriveChoice) -> MirrorDrive:
        world, mount = self._world, choice.mount

        def open_it(container: str) -> DriveFolders:
            return DriveFolders(world.open_mirror(mount, container), world.open_root(mount))

        serial = "".join(choice.serial.split())
        return MirrorDrive(choice.label, serial, mount, partial(open_it, plan.blob_container))

    def _places(self, plan: Plan) -> MirrorPlaces:
        return MirrorPlaces(self._world.mirror_folder(plan.mirror_id))

    def _put(
        self, plan: Plan, places: MirrorPlaces, choice: DriveChoice, seal: MirrorSeal | None
    ) -> None:
        """Remember a drive's seal, and what the import job has to be told of it; or neither."""
        places.put(MirrorPlace(choice.mount, choice.serial, choice.label, seal))
        if seal is None:
            serial = "".join(choice.serial.split())
            self._world.state.forget_prepared(plan.plan_id, serial)
            return
        note_prepared(
            self._world,
            plan.plan_id,
            seal.drive_id,
            seal.manifest_md5,
            serial_made=choice.serial_made,
        )

    def sealed_drives(self, plan: Plan) -> tuple[SealedDrive, ...]:
        """Give the drives of a plan as their seals say; one without a seal is being written."""
        return tuple(_sealed_drive(place) for place in self._places(plan).all())


def _told_again(place: MirrorPlace, choices: Sequence[DriveChoice]) -> bool:
    """Say whether a drive known by a made-up serial now stands there by its own."""
    return looks_made(place.serial) and any(
        choice.mount == place.mount and not choice.serial_made for choice in choices
    )


def assert_own_drives(plan: Plan) -> None:
    """Raise PLAN_BLOCKED for Data Box: there the agent writes itself."""
    if plan.route is not Route.IMPORT_EXPORT:
        raise blocked(Finding(FindingCode.AS_IS_ON_OWN_DRIVES, Severity.BLOCKER))


def note_prepared(
    world: World, plan_id: PlanId, serial: str, manifest_md5: str, *, serial_made: bool
) -> None:
    """Note what the import job has to be told of a drive; its key stays among the secrets."""
    key = key_name(serial)
    key_ref = key if world.secrets.get(key) is not None else ""
    drive = prepared_drive(serial, manifest_md5, key_ref=key_ref, serial_made=serial_made)
    world.state.put_prepared(plan_id, replace(drive, sealed_here=True))


def order_of(plan: Plan, sources: Sources) -> MirrorOrder:
    """Give what the engine needs to know of a plan.

    The names in an agent's staging location are the agent's own and stay as they are; plain
    folders have their own name in front, so that several can share a container.
    """
    agents = plan.deployment_model is not DeploymentModel.STANDALONE
    return MirrorOrder(
        plan.mirror_id,
        plan.name,
        plan.blob_container,
        BlobKind.PAGE if agents else BlobKind.BLOCK,
        sources,
        tuple(b"" for _ in sources.folders) if agents else prefixes_of(sources.folders),
    )


def _sealed_drive(place: MirrorPlace) -> SealedDrive:
    seal = place.seal
    drive = SealedDrive(place.serial, place.serial, place.label, place.mount, 0, 0, "", None)
    if seal is None:
        return drive
    return replace(
        drive,
        packs=seal.files,
        size_bytes=seal.size,
        fingerprint=seal.manifest_md5.lower(),
        sealed_at=moment(seal.finished),
        manifest=seal.manifest_md5.upper(),
    )


def _copy_json(
    plan: Plan,
    order: MirrorOrder,
    outcome: MirrorOutcome,
    choices: Sequence[DriveChoice],
    sealed: Sequence[SealedMirror],
) -> dict[str, object]:
    size_bytes = sum(file.size for files in outcome.files for file in files)
    seal_of = {one.mount: one.seal for one in sealed}
    drives: list[dict[str, object]] = []
    for choice in choices:
        seal = seal_of.get(choice.mount)
        drives.append(
            {
                "path": choice.mount,
                "serial": choice.serial,
                "objects": seal.files if seal else 0,
                "bytes": seal.size if seal else 0,
                "sealed": seal is not None,
                "fingerprint": seal.manifest_md5.lower() if seal else "",
            }
        )
    return {
        "files": sum(map(len, outcome.files)),
        "bytes": size_bytes,
        "stored_bytes": size_bytes,
        "container": plan.blob_container,
        "blobs": f"{order.kind.value}-blob",
        "exceptions": exceptions_json(outcome.left_out),
        "drives": drives,
        "elsewhere": [],
    }
