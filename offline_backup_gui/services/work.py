"""What each kind of job does, built from its plan: from the state to the engine and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from offline_backup_gui.domain.book import LANDING, VAULT, Book, HomeState
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.job import Job, JobKind
from offline_backup_gui.domain.plan import Plan, Route
from offline_backup_gui.domain.ports import DriveStore
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.copying import Copying, CopyOrder, CopyOutcome
from offline_backup_gui.engine.homes import DriveChoice
from offline_backup_gui.engine.pack_manifests import forget_manifest, write_pack_manifest
from offline_backup_gui.services.choosing import Choosing
from offline_backup_gui.services.keys import Keys
from offline_backup_gui.services.mirrors import Mirrors, note_prepared
from offline_backup_gui.services.outcomes import Finished, exceptions_json, finished
from offline_backup_gui.services.preparations import Preparations
from offline_backup_gui.services.schedules import Schedules
from offline_backup_gui.services.shadows import standing_sources
from offline_backup_gui.services.work_account import AccountWork
from offline_backup_gui.services.work_changes import ChangesWork
from offline_backup_gui.services.world import World


class Work:
    """Runs a job's kind; the runner around it keeps lease, state and readings."""

    def __init__(self, world: World, keys: Keys, schedules: Schedules, mirrors: Mirrors) -> None:
        self._mirrors = mirrors
        self._world, self._keys = world, keys
        self._choosing = Choosing(world)
        self._account = AccountWork(world, keys, schedules)
        self._changes = ChangesWork(world, keys)

    def run(self, context: Context, job: Job) -> Finished:
        """Do what the job asks; raises Stopped or BackupError."""
        if job.kind is JobKind.RESTORE:
            return self._changes.restore(context, job)
        kept = self._world.state.plan(job.plan_id)
        if kept is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=job.plan_id)
        if kept.plan.travels_as_is:
            if job.kind is JobKind.COPY:
                return self._mirrors.copy(context, job, kept)
            if job.kind is JobKind.ARRIVAL:
                return self._mirrors.arrival(context, kept)
            raise BackupError(ErrorCode.NOT_FOR_THIS_PLAN, job=job.kind.value, plan=kept.plan.name)
        if not kept.repository_id:
            raise BackupError(ErrorCode.PASSPHRASE_NEEDED)
        match job.kind:
            case JobKind.COPY:
                return self._copy(context, job, kept)
            case JobKind.ARRIVAL:
                return self._account.arrival(context, job, kept)
            case JobKind.VAULT:
                return self._account.vault(context, kept)
            case JobKind.INCREMENT:
                return self._changes.increment(context, job, kept)
        raise BackupError(ErrorCode.JOB_NOT_FOUND, job=job.job_id)

    def _copy(self, context: Context, job: Job, kept: KeptPlan) -> Finished:
        plan, keyring = kept.plan, self._keys.keyring(kept.repository_id)
        mounts = cast(list[str], job.options.get("drives") or list(plan.drives))
        choices = self._choosing.choices(kept, mounts)
        folder = self._world.repository_folder(kept.repository_id)
        book = self._world.book(kept.repository_id)
        door = _Door(self._world)
        spool = self._world.open_spool(folder / "spool")
        manifests = plan.route is Route.IMPORT_EXPORT
        if manifests:
            for choice in choices:
                forget_manifest(self._world.open_root(choice.mount))
        with standing_sources(self._world, context, job, kept) as sources:
            order = CopyOrder(
                plan.name,
                plan.destination.landing,
                sources,
                choices,
                self._world.state.key_files(kept.repository_id),
                blocks=manifests,
            )
            outcome = Copying(context, keyring, book, door, spool, order).run()
        if manifests:
            self._write_manifests(context, plan, book, choices, outcome)
        result = _copy_json(outcome)
        result["elsewhere"] = _elsewhere(book, {drive.home for drive in outcome.drives})
        return finished(bool(outcome.point.left_out), result, "done", "exceptions")

    def _write_manifests(
        self,
        context: Context,
        plan: Plan,
        book: Book,
        choices: Sequence[DriveChoice],
        outcome: CopyOutcome,
    ) -> None:
        """Give every sealed drive the manifest an import job reads, and note it for that job."""
        world, container = self._world, plan.destination.landing
        serials = {choice.mount: "".join(choice.serial.split()) for choice in choices}
        made = {choice.mount for choice in choices if choice.serial_made or not choice.serial}
        for drive in outcome.drives:
            store, root = world.open_drive(drive.mount, container), world.open_root(drive.mount)
            drive_id = serials[drive.mount] or drive.home
            written = write_pack_manifest(
                context, book, drive.home, container, store, root, drive_id
            )
            note_prepared(
                world, plan.plan_id, drive_id, written.md5, serial_made=drive.mount in made
            )
        known = [home.serial or home.home for home in book.homes()]
        Preparations(world).forget_made(plan.plan_id, known)


class _Door:
    """The engine's way to the drives."""

    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, mount: str, container: str) -> DriveStore:
        """Open the container folder on a drive."""
        return self._world.open_drive(mount, container)

    def release(self, mount: str) -> Sequence[Finding]:
        """Let go of a drive."""
        return self._world.release(mount)


def _elsewhere(book: Book, here: set[str]) -> list[dict[str, object]]:
    """Name the drives that were not there and hold packs which only they have."""
    proved = {pack.pack_id for home in (LANDING, VAULT) for pack in book.packs(home)}
    at_hand = {pack.pack_id for home in here for pack in book.packs(home)}
    found: list[dict[str, object]] = []
    for home in book.homes():
        if home.home in here or home.state is not HomeState.SEALED:
            continue
        packs = [p for p in book.packs(home.home) if p.pack_id not in proved | at_hand]
        if packs:
            found.append(
                {
                    "serial": home.serial,
                    "label": home.label,
                    "packs": len(packs),
                    "bytes": sum(pack.size_bytes for pack in packs),
                }
            )
    return found


def _copy_json(outcome: CopyOutcome) -> dict[str, object]:
    point = outcome.point
    return {
        "point": point.point_id,
        "files": point.files,
        "bytes": point.size,
        "stored_bytes": outcome.stored_bytes,
        "exceptions": exceptions_json(point.left_out),
        "drives": [
            {
                "path": drive.mount,
                "objects": drive.objects,
                "bytes": drive.size_bytes,
                "sealed": True,
                "fingerprint": drive.fingerprint,
            }
            for drive in outcome.drives
        ],
    }
