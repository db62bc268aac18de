"""What each kind of job does, built from its plan: from the state to the engine and back."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from offline_backup_gui.domain.book import VAULT, HomeState
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding, blocks
from offline_backup_gui.domain.fitness import DriveNeed, judge_all
from offline_backup_gui.domain.job import Job, JobKind, JobState
from offline_backup_gui.domain.plan import Destination, Plan
from offline_backup_gui.domain.ports import Account, Container, DriveStore, ObjectStore
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.arrival import (
    Arrival,
    check_arrival,
    expected_objects,
    repair_arrival,
)
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.copying import Copying, CopyOrder, CopyOutcome
from offline_backup_gui.engine.homes import DriveChoice
from offline_backup_gui.engine.increment import Increment, IncrementOrder
from offline_backup_gui.engine.library import Library
from offline_backup_gui.engine.remaking import remake
from offline_backup_gui.engine.restoring import RestoreOrder, Restoring
from offline_backup_gui.engine.sessions import Sources
from offline_backup_gui.engine.vaulting import move_to_vault
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.point import LeftOut
from offline_backup_gui.services.keys import Keys
from offline_backup_gui.services.schedules import Schedules
from offline_backup_gui.services.world import World


@dataclass(frozen=True)
class Finished:
    """A job that ran to its end: DONE or EXCEPTIONS, and what the command line prints last."""

    state: JobState
    outcome: dict[str, object]


def shown(path: bytes) -> str:
    """Give a path for people and JSON: bytes that are no UTF-8 appear as \\xNN."""
    return path.decode("utf-8", "backslashreplace")


def exceptions_json(lines: Iterable[LeftOut]) -> list[dict[str, str]]:
    """Give the ledger as the command line prints it."""
    return [
        {"path": shown(line.path), "reason": line.reason, "detail": line.detail} for line in lines
    ]


def _finished(bad: bool, outcome: dict[str, object], good: str, otherwise: str) -> Finished:
    state = JobState.EXCEPTIONS if bad else JobState.DONE
    return Finished(state, {"outcome": otherwise if bad else good, **outcome})


class Work:
    """Runs a job's kind; the runner around it keeps lease, state and readings."""

    def __init__(self, world: World, keys: Keys, schedules: Schedules) -> None:
        self._world, self._keys, self._schedules = world, keys, schedules

    def run(self, context: Context, job: Job) -> Finished:
        """Do what the job asks; raises Stopped or BackupError."""
        if job.kind is JobKind.RESTORE:
            return self._restore(context, job)
        kept = self._world.state.plan(job.plan_id)
        if kept is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=job.plan_id)
        if not kept.repository_id:
            raise BackupError(ErrorCode.PASSPHRASE_NEEDED)
        kinds = {
            JobKind.COPY: self._copy,
            JobKind.ARRIVAL: self._arrival,
            JobKind.VAULT: self._vault,
            JobKind.INCREMENT: self._increment,
        }
        if job.kind not in kinds:
            raise BackupError(ErrorCode.JOB_NOT_FOUND, job=job.job_id)
        return kinds[job.kind](context, job, kept)

    # --- copy

    def _copy(self, context: Context, job: Job, kept: KeptPlan) -> Finished:
        plan, keyring = kept.plan, self._keys.keyring(kept.repository_id)
        mounts = cast(list[str], job.options.get("drives") or list(plan.drives))
        choices = self._choices(kept, mounts)
        folder = self._world.repository_folder(kept.repository_id)
        order = CopyOrder(
            plan.name,
            plan.destination.landing,
            sources_of(plan),
            choices,
            self._world.state.key_files(kept.repository_id),
        )
        book = self._world.book(kept.repository_id)
        door = _Door(self._world)
        spool = self._world.open_spool(folder / "spool")
        outcome = Copying(context, keyring, book, door, spool, order).run()
        return _finished(bool(outcome.point.left_out), _copy_json(outcome), "done", "exceptions")

    def _choices(self, kept: KeptPlan, mounts: Sequence[str]) -> tuple[DriveChoice, ...]:
        """Judge the chosen drives once more: nothing is written when one of them is blocked."""
        if not mounts:
            raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path="")
        drives = self.chosen_drives(mounts)
        for _, finding in self.judge(kept, drives):
            if blocks([finding]):
                raise blocked(finding)
        return tuple(
            DriveChoice(drive.mount, drive.serial, drive.label or drive.mount) for drive in drives
        )

    def chosen_drives(self, mounts: Sequence[str]) -> list[Drive]:
        """Find the drives at the given places; DRIVE_NOT_FOUND names the first that is gone."""
        try:
            known = list(self._world.drive_source.drives())
        except BackupError as error:
            if error.code is not ErrorCode.DRIVES_UNANSWERED:
                raise
            known = []
        return [
            replace(found, mounts=(mount, *(m for m in found.mounts if m != mount)))
            for mount in mounts
            for found in (self._world.drive_at(mount, known),)
        ]

    def judge(self, kept: KeptPlan, drives: Sequence[Drive]) -> list[tuple[Drive, Finding]]:
        """Give every finding about chosen drives, among all drives of this computer."""
        plan = kept.plan
        need = DriveNeed(
            0,
            tuple(os.path.realpath(source) for source in plan.sources),
            _resolved(plan.destination.account),
            plan.route,
            kept.repository_id,
            tuple(drive.mount for drive in drives),
        )
        judged = judge_all(list(drives), need)
        return [(item.drive, finding) for item in judged for finding in item.findings]

    # --- arrival and vault

    def _arrival(self, context: Context, job: Job, kept: KeptPlan) -> Finished:
        book = self._world.book(kept.repository_id)
        account = self._world.account(kept.plan)
        names = kept.plan.destination
        landing = account.container(names.landing, create=True)
        files = self._world.state.key_files(kept.repository_id)
        others = _other_containers(account, names)
        expected = expected_objects(book, files)
        if not any(name.startswith("packs/") for name in expected):
            raise BackupError(ErrorCode.DRIVE_NOT_SEALED, drive=kept.plan.name)
        arrival = check_arrival(context, landing, expected.values(), others)
        if job.options.get("repair") and not arrival.complete:
            first = arrival
            without = repair_arrival(
                context, arrival, landing, expected, account, self._drives_at_hand(kept)
            )
            lost = [name for name in without if name.startswith("packs/")]
            lost_files: list[bytes] = []
            if lost:
                keyring = self._keys.keyring(kept.repository_id)
                packs = [bytes.fromhex(name.rsplit("/", 1)[1]) for name in lost]
                roots = sources_of(kept.plan).folders
                remade = remake(context, keyring, book, landing, packs, roots)
                first.repaired_bytes += remade.sent_bytes
                lost_files = remade.lost_files
                for name in lost:
                    landing.delete(name)
            expected = expected_objects(book, files)
            arrival = check_arrival(context, landing, expected.values(), {})
            arrival.repaired_bytes = first.repaired_bytes
            arrival.lost_files = lost_files
        self._note_arrival(context, kept, arrival)
        return _finished(
            not arrival.complete or bool(arrival.lost_files),
            arrival_json(arrival),
            "done",
            "incomplete",
        )

    def _note_arrival(self, context: Context, kept: KeptPlan, arrival: Arrival) -> None:
        state, plan_id = self._world.state, kept.plan.plan_id
        notes = state.notes(plan_id)
        now = context.clock.now()
        read_in = notes.read_in_at or (now if arrival.arrived else None)
        state.put_notes(
            plan_id,
            replace(
                notes,
                arrival_checked_at=now,
                read_in_at=read_in,
                received_at=notes.received_at or read_in,
                arrival={"complete": arrival.complete, **arrival_json(arrival)},
            ),
        )

    def _drives_at_hand(self, kept: KeptPlan) -> list[ObjectStore]:
        """Open the plan's drives that are still attached; the others are simply not there."""
        stores: list[ObjectStore] = []
        book = self._world.book(kept.repository_id)
        mounts = {home.mount for home in book.homes() if home.state is HomeState.SEALED}
        for mount in sorted(mounts | set(kept.plan.drives)):
            try:
                stores.append(self._world.open_drive(mount, kept.plan.destination.landing))
            except BackupError:
                continue
        return stores

    def _vault(self, context: Context, job: Job, kept: KeptPlan) -> Finished:
        del job
        book = self._world.book(kept.repository_id)
        account, names = self._world.account(kept.plan), kept.plan.destination
        landing: Container = account.container(names.landing)
        vault = account.container(names.vault, create=True)
        files = self._world.state.key_files(kept.repository_id)
        vaulted = move_to_vault(context, book, landing, vault, expected_objects(book, files))
        if not vaulted.incomplete:
            state, plan_id = self._world.state, kept.plan.plan_id
            notes = replace(state.notes(plan_id), vault_proved_at=context.clock.now())
            state.put_notes(plan_id, notes)
            self._schedules.renew(kept.plan)
        return _finished(
            bool(vaulted.incomplete),
            {
                "objects": vaulted.objects,
                "bytes": vaulted.size_bytes,
                "incomplete": vaulted.incomplete,
            },
            "done",
            "incomplete",
        )

    # --- increment and restore

    def _increment(self, context: Context, job: Job, kept: KeptPlan) -> Finished:
        del job
        keyring = self._keys.keyring(kept.repository_id)
        account = self._world.account(kept.plan)
        vault = account.container(kept.plan.destination.vault, create=True)
        book = self._world.book(kept.repository_id)
        if any(point.done for point in book.points()) and not any(True for _ in book.packs(VAULT)):
            raise BackupError(ErrorCode.VAULT_EMPTY, plan=kept.plan.name)
        order = IncrementOrder(
            kept.plan.name,
            sources_of(kept.plan),
            self._world.state.key_files(kept.repository_id),
        )
        outcome = Increment(context, keyring, book, vault, order).run()
        point = outcome.point
        return _finished(
            bool(point.left_out),
            {
                "point": point.point_id,
                "files": point.files,
                "bytes": point.size,
                "sent_bytes": outcome.sent_bytes,
                "packs": outcome.packs,
                "exceptions": exceptions_json(point.left_out),
            },
            "done",
            "exceptions",
        )

    def _restore(self, context: Context, job: Job) -> Finished:
        options = job.options
        repository_id = cast(str, options["repository_id"])
        keyring = self._keys.keyring(repository_id)
        stores = [self._world.store(store) for store in cast(list[str], options["stores"])]
        library = self.open_library(context, keyring, stores)
        point = library.point(cast("str | None", options.get("point")))
        order = RestoreOrder(
            os.fsencode(cast(str, options["to"])),
            tuple(cast(list[str], options.get("include") or [])),
            tuple(
                path.encode("utf-8", "surrogateescape")
                for path in cast(list[str], options.get("paths") or [])
            ),
            bool(options.get("overwrite")),
        )
        result = Restoring(context, library, point, order).run()
        differences = [
            {"path": shown(path), "reason": reason}
            for path, reason in sorted(result.differences.items())
        ]
        return _finished(
            bool(differences),
            {
                "point": point.point_id,
                "files": result.files,
                "bytes": result.size_bytes,
                "differences": differences,
                "roots": [
                    {"source": shown(source), "path": shown(path)}
                    for source, path in result.roots.items()
                ],
                "missing_packs": library.missing_packs(point),
                "damaged": sorted(library.damaged),
            },
            "done",
            "exceptions",
        )

    def open_library(
        self, context: Context, keyring: Keyring, stores: Sequence[ObjectStore]
    ) -> Library:
        """Open stores for reading, with the directories this computer remembers."""
        folder = self._world.repository_folder(keyring.repository_id.hex())
        return Library(context, keyring, self._world.open_book(folder / "library.db"), stores)


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


def _resolved(account: str) -> str:
    return account if "://" in account else os.path.realpath(account)


def _other_containers(account: Account, names: Destination) -> dict[str, ObjectStore]:
    """Open where renamed objects may be; a signature for one container hides the others."""
    try:
        found = account.containers()
    except BackupError as error:
        if error.code is not ErrorCode.ACCOUNT_REFUSED:
            raise
        return {}
    return {
        name: account.container(name) for name in found if name not in (names.landing, names.vault)
    }


def sources_of(plan: Plan) -> Sources:
    """Give a plan's sources as the engine takes them; SOURCE_MISSING names the first not there."""
    folders = []
    for source in plan.sources:
        path = os.path.abspath(os.path.expanduser(source))
        if not os.path.isdir(path):
            raise BackupError(ErrorCode.SOURCE_MISSING, path=source)
        folders.append(os.fsencode(path))
    return Sources(tuple(folders), plan.exclude)


def blocked(finding: Finding) -> BackupError:
    """Turn a blocking finding into the refusal it leads to."""
    parameters: dict[str, Parameter] = {"finding": finding.code.value, **finding.parameters}
    return BackupError(ErrorCode.PLAN_BLOCKED, **parameters)


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


def arrival_json(arrival: Arrival) -> dict[str, object]:
    """Give an arrival check as the command line prints it."""
    return {
        "expected": arrival.expected,
        "arrived": arrival.arrived,
        "bytes": arrival.size_bytes,
        "damaged": sorted(arrival.damaged),
        "missing": sorted(arrival.missing),
        "renamed": sorted(arrival.renamed),
        "found_as": dict(sorted(arrival.renamed.items())),
        "repaired_bytes": arrival.repaired_bytes,
        "lost_files": [shown(path) for path in arrival.lost_files],
    }
