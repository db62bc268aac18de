"""Copies of files as they are: an agent's staging location, or plain folders, onto drives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import cast

from msgspec.structs import replace

from offline_backup_gui.domain.blob_names import refused_findings
from offline_backup_gui.domain.drive_manifest import BlobKind
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.job import Job
from offline_backup_gui.domain.plan import DeploymentModel, Plan, PlanId, Route
from offline_backup_gui.domain.prepared_drive import key_name, looks_made, prepared_drive
from offline_backup_gui.domain.shipment import SealedDrive
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import DriveChoice
from offline_backup_gui.engine.mirror_scan import prefixes_of, scan
from offline_backup_gui.engine.mirror_sealing import SealedMirror, seal_mirrors
from offline_backup_gui.engine.mirror_state import DriveFolders, MirrorDrive, MirrorOrder
from offline_backup_gui.engine.mirroring import Mirroring, MirrorOutcome
from offline_backup_gui.engine.sessions import Sources
from offline_backup_gui.formats.mirror import MirrorSeal
from offline_backup_gui.formats.record import moment
from offline_backup_gui.services.choosing import Choosing
from offline_backup_gui.services.mirror_places import MirrorPlace, MirrorPlaces
from offline_backup_gui.services.outcomes import Finished, blocked, exceptions_json, finished
from offline_backup_gui.services.preparations import Preparations
from offline_backup_gui.services.readiness import Readiness
from offline_backup_gui.services.shadows import standing_sources
from offline_backup_gui.services.sources import sources_of
from offline_backup_gui.services.watching import Watch, watched
from offline_backup_gui.services.world import World


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
                outcome = Mirroring(context, order, drives).run()
            sealed = seal_mirrors(context, order, drives, outcome.files)
        except BaseException:
            for choice, drive in zip(choices, drives, strict=True):
                untouched = drive.folders is None
                seal = seals.get(choice.serial) if untouched else drive.seal
                self._put(plan, places, choice, seal)
            raise
        seal_of = {one.mount: one.seal for one in sealed}
        for choice in choices:
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
