"""The steps of a practice run, each with the real services, and what each of them proves."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from msgspec import Struct, field
from msgspec.structs import replace

from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import Parameter, Stopped
from offline_backup_gui.domain.job import JobId, JobKind, JobState
from offline_backup_gui.domain.plan import DeploymentModel, Draft, Plan, Route
from offline_backup_gui.services import byte_scan, sample_office, tree_compare
from offline_backup_gui.services.outcomes import shown
from offline_backup_gui.services.practice_result import Claim, Open, PracticeResult, Proof, Step
from offline_backup_gui.services.protection import RecoveryKit
from offline_backup_gui.services.removing import remove_tree
from offline_backup_gui.services.restores import Opening
from offline_backup_gui.services.watching import Watch
from offline_backup_gui.services.world import AccountSecret

if TYPE_CHECKING:
    from offline_backup_gui.services import Services

LANDING, VAULT = "landing-practice", "vault-practice"
DRIVE_NAMES = ("drive one", "drive two", "drive three")
_DRIVE_SHARES = (0.32, 0.40, 0.48)  # of the data: two of them hold all, none does alone
_DRIVE_LEAST_BYTES = 70_000_000  # smaller ones are refused as too small for anything
# An increment that sends more than a tenth of what is stored would be no increment. Small files
# travel in bundles of 4 MiB, which are sent whole when one of them is gone: that is the slack.
_SENT_SHARE, _SENT_SLACK_BYTES = 0.1, 8 << 20
_SHOWN = 20
_DONE = (JobState.DONE, JobState.EXCEPTIONS)


class PracticeOrder(Struct, frozen=True):
    """What to practise with. An empty `account` is a folder beside the office."""

    folder: Path
    size_bytes: int = sample_office.SIZE_BYTES
    seed: str = "office"
    account: str = ""
    secret: AccountSecret = field(default_factory=AccountSecret)

    @property
    def office(self) -> Path:
        """Give the folder of the sample office."""
        return self.folder / "office"


def add_drives(services: Services, order: PracticeOrder, data_bytes: int) -> list[Drive]:
    """Let three folders of different sizes stand for drives; none of them holds all alone."""
    drives: list[Drive] = []
    for name, share in zip(DRIVE_NAMES, _DRIVE_SHARES, strict=True):
        size = max(_DRIVE_LEAST_BYTES, int(data_bytes * share)) + len(drives) * 2_000_000
        drives.append(services.drives.add_folder(str(order.folder / "drives" / name), size))
    return drives


def practice_draft(order: PracticeOrder, drives: Sequence[Drive]) -> Draft:
    """Give the answers of a practice plan; secret and consent stay with the person."""
    return Draft(
        deployment_model=DeploymentModel.STANDALONE,
        sources=(str(order.office),),
        route=Route.IMPORT_EXPORT,
        practice=True,
        account=order.account or str(order.folder / "account"),
        landing=LANDING,
        vault=VAULT,
        drives=tuple(drive.mount for drive in drives),
        name="practice",
    )


class Journey:
    """One run; every attribute is filled by the step that makes it."""

    _office: sample_office.Office
    _drives: list[Drive]
    _plan: Plan
    _kit: RecoveryKit

    def __init__(
        self,
        build: Callable[[Path], Services],
        order: PracticeOrder,
        watch: Watch,
        on_step: Callable[[Step], None],
        result: PracticeResult,
    ) -> None:
        self._build, self._order, self._watch = build, order, watch
        self._on_step, self.result = on_step, result
        self._services = build(order.folder / "state")
        self._passphrase = self._services.protection.new_passphrase()
        self._points: list[str] = []
        self._listings: list[tree_compare.Listing] = []
        self._running: Services | None = None

    def stop(self) -> None:
        """Ask the journey to stop; the running job ends at its next block."""
        self._watch.stop()
        running = self._running
        if running is not None and running.runner.control is not None:
            running.runner.control.stop()

    def run(self) -> None:
        """Walk from the first file to the last proof; Stopped, or the trouble that came up."""
        with self._step(Step.OFFICE):
            order = self._order
            self._office = sample_office.make(order.office, order.seed, order.size_bytes)
        locked = cast(Path, self._office.locked)
        with self._services.world.denied(locked, self._order.folder) as refused:
            self._note_open(refused=refused)
            with self._step(Step.PLAN):
                self._make_plan()
            self._copy()
            self._to_vault()
            self._two_increments()
        self._restore_all()
        self._look_for_traces()
        self._damage_one_bit()

    @contextmanager
    def _step(self, step: Step) -> Iterator[None]:
        if self._watch.stopped:
            raise Stopped
        self._on_step(step)
        clock = self._services.world.clock
        begun = clock.monotonic()
        yield
        self.result.seconds[step] = clock.monotonic() - begun

    def _prove(
        self, claim: Claim, good: bool, details: Sequence[str] = (), **figures: Parameter
    ) -> None:
        self.result.proofs.append(Proof(claim, good, figures, tuple(details[:_SHOWN])))

    def _note_open(self, *, refused: bool) -> None:
        self.result.open += [Open.MEDIUM, Open.SHIPPING, Open.AZURE]
        if not refused:
            self.result.open.append(Open.LOCKED)
        if self._office.not_made:
            self.result.open.append(Open.NAMES)
        left_out = [self._office.locked] if refused else []
        left_out += [self._office.socket]
        self._left_out = {os.fsencode(path) for path in left_out if path is not None}

    def _list_office(self) -> None:
        top = os.fsencode(self._order.office)
        skip = {os.path.relpath(path, top) for path in self._left_out}
        self._listings.append(tree_compare.listing(top, skip))

    # --- plan, copy

    def _make_plan(self) -> None:
        services, order = self._services, self._order
        self._drives = add_drives(services, order, self._office.data_bytes)
        if order.secret != AccountSecret():
            services.planning.keep_access(
                order.account,
                sas=order.secret.sas,
                connection_string=order.secret.connection_string,
            )
        repository_id = services.protection.create(self._passphrase)
        self._kit = services.protection.new_kit(repository_id)
        draft = replace(practice_draft(order, self._drives), repository_id=repository_id)
        self._plan = services.planning.decide(draft)

    def _job(self, kind: JobKind, **options: object) -> dict[str, object]:
        job_id = self._services.backups.prepare(self._plan.plan_id, kind, **options)
        return self._run_job(self._services, job_id)

    def _run_job(self, services: Services, job_id: JobId) -> dict[str, object]:
        self._running = services
        ended = services.runner.run(job_id, self._watch.on_reading, self._watch.on_event)
        self._running = None
        if ended.trouble is not None:
            raise ended.trouble
        if ended.job.state not in _DONE:
            raise Stopped
        return ended.job.outcome

    def _copy(self) -> None:
        with self._step(Step.COPY):
            outcome = self._job(JobKind.COPY)
            self._list_office()
        result = self.result
        result.files, result.size_bytes = _number(outcome, "files"), _number(outcome, "bytes")
        result.stored_bytes = _number(outcome, "stored_bytes")
        result.exceptions = cast(list[dict[str, str]], outcome["exceptions"])
        self._points.append(cast(str, outcome["point"]))
        largest = max(drive.size_bytes for drive in self._drives)
        sealed = cast(list[dict[str, object]], outcome["drives"])
        used = [drive for drive in sealed if _number(drive, "bytes") > largest // 100]
        self._prove(
            Claim.SPREAD,
            result.stored_bytes > largest and len(used) == len(self._drives),
            stored_bytes=result.stored_bytes,
            drives=len(used),
            largest_bytes=largest,
        )
        listed = {line["path"] for line in result.exceptions}
        expected = {shown(path) for path in self._left_out}
        self._prove(Claim.LEDGER, listed == expected, sorted(listed ^ expected), count=len(listed))
        with self._step(Step.VERIFY):
            mounts = [drive.mount for drive in self._drives]
            checks = [
                item.check for item in self._services.checks.verify(mounts, watch=self._watch)
            ]
        self._prove(
            Claim.VERIFIED,
            all(check.good and not check.unlisted for check in checks),
            [name for check in checks for name in (*check.damaged, *check.missing)],
            objects=sum(check.objects for check in checks),
            size_bytes=sum(check.size_bytes for check in checks),
        )

    # --- account

    def _to_vault(self) -> None:
        with self._step(Step.RECEIVE):
            received = self._services.shipments.receive_here(self._plan.plan_id, [], self._watch)
        with self._step(Step.ARRIVAL):
            arrived = self._job(JobKind.ARRIVAL)
        expected, there = _number(arrived, "expected"), _number(arrived, "arrived")
        self._prove(
            Claim.ARRIVED,
            arrived["outcome"] == "done" and expected == there > 0,
            [*received.damaged, *received.missing],
            expected=expected,
            arrived=there,
            size_bytes=_number(arrived, "bytes"),
        )
        with self._step(Step.VAULT):
            vaulted = self._job(JobKind.VAULT)
        self._prove(
            Claim.VAULTED,
            vaulted["outcome"] == "done",
            cast(list[str], vaulted["incomplete"]),
            objects=_number(vaulted, "objects"),
            size_bytes=_number(vaulted, "bytes"),
        )

    def _two_increments(self) -> None:
        sent, changed = [], []
        rounds = ((1, Step.CHANGE_1, Step.INCREMENT_1), (2, Step.CHANGE_2, Step.INCREMENT_2))
        for number, change, increment in rounds:
            with self._step(change):
                sample_office.change(self._order.office, self._order.seed, number)
            with self._step(increment):
                outcome = self._job(JobKind.INCREMENT)
                self._list_office()
            self._points.append(cast(str, outcome["point"]))
            sent.append(_number(outcome, "sent_bytes"))
            changed.append(len(tree_compare.compare(*self._listings[-2:])))
        self.result.sent_bytes = sum(sent)
        most = self.result.stored_bytes * _SENT_SHARE + _SENT_SLACK_BYTES
        self._prove(
            Claim.INCREMENTS,
            all(0 < size < most for size in sent) and all(changed),
            sent_bytes=sum(sent),
            changed=sum(changed),
            size_bytes=self.result.size_bytes,
        )

    # --- restore

    def _restore_all(self) -> None:
        account = self._plan.destination.account
        vault = f"{account}/{VAULT}" if "://" in account else str(Path(account) / VAULT)
        secret = self._order.secret
        here = Opening((vault,), None, None, secret.sas, secret.connection_string)
        code = replace(here, recovery_code="\n".join(self._kit.lines))
        hand = Opening(tuple(drive.mount for drive in self._drives), self._passphrase)
        elsewhere = self._build(self._order.folder / "another computer")
        self._restore(Step.RESTORE_1, Claim.RESTORED_1, self._services, here, 0)
        self._restore(Step.RESTORE_2, Claim.RESTORED_2, self._services, here, 1)
        # A computer that knows nothing: the account and the printed code are enough.
        self._restore(Step.RESTORE_CODE, Claim.RESTORED_CODE, elsewhere, code, 2)
        self._restore(Step.RESTORE_DRIVES, Claim.RESTORED_DRIVES, elsewhere, hand, 0)

    def _restore(
        self, step: Step, claim: Claim, services: Services, opening: Opening, number: int
    ) -> None:
        to = self._order.folder / "restored"
        with self._step(step):
            job_id = services.restores.prepare(opening, self._points[number], str(to))
            outcome = self._run_job(services, job_id)
            found = tree_compare.listing(os.fsencode(to / self._order.office.name))
        differences = tree_compare.compare(self._listings[number], found)
        told = cast(list[dict[str, str]], outcome["differences"])
        self._prove(
            claim,
            not differences and not told and len(found) > 1,
            [f"{shown(item.path)}: {item.what}" for item in differences]
            + [f"{item['path']}: {item['reason']}" for item in told],
            files=_number(outcome, "files"),
            size_bytes=_number(outcome, "bytes"),
            differences=len(differences) + len(told),
        )
        remove_tree(to)

    # --- what a thief and a flipped bit can do

    def _look_for_traces(self) -> None:
        office = os.fsencode(self._order.office)
        wanted = byte_scan.needles(office, [])
        longest = max(len(needle.data) for needle in wanted)
        with self._step(Step.SCAN):
            open_copy = byte_scan.blocks_of_tree(office, longest, self._left_out)
            there = byte_scan.scan(open_copy, wanted)
            scanned = [byte_scan.scan(blocks, wanted) for blocks in self._stored(longest)]
        traces = {needle.what for part in scanned for needle in part.found}
        # The same eyes must see all of it in the office itself, or they prove nothing.
        seeing = {needle.what for needle in there.found} >= {"marker", "name", "contents"}
        self._prove(
            Claim.NOTHING_READABLE,
            seeing and not traces and all(part.size_bytes for part in scanned),
            sorted(traces),
            size_bytes=sum(part.size_bytes for part in scanned),
            count=len(wanted),
        )

    def _stored(self, longest: int) -> Iterator[Iterator[bytes]]:
        for drive in self._drives:
            yield byte_scan.blocks_of_tree(os.fsencode(drive.mount), longest)
        account = self._services.world.account(self._plan)
        for name in (LANDING, VAULT):
            yield byte_scan.blocks_of_store(account.container(name), longest)

    def _damage_one_bit(self) -> None:
        with self._step(Step.DAMAGE):
            copy = self._order.folder / "damaged copy of a drive"
            shutil.copytree(self._drives[0].mount, copy)
            chance = random.Random(self._order.seed)
            packs = sorted(path for path in (copy / LANDING / "packs").rglob("*") if path.is_file())
            pack = chance.choice(packs)
            bit = chance.randrange(8 * pack.stat().st_size)
            with pack.open("r+b") as file:
                file.seek(bit // 8)
                byte = file.read(1)[0]
                file.seek(bit // 8)
                file.write(bytes([byte ^ 1 << bit % 8]))
            (found,) = self._services.checks.verify([str(copy)], watch=self._watch)
            remove_tree(copy)
        name = pack.relative_to(copy / LANDING).as_posix()
        self._prove(
            Claim.DAMAGE_FOUND,
            found.check.damaged == [name] and not found.check.missing,
            found.check.damaged,
            name=name,
            size_bytes=found.check.size_bytes,
        )


def _number(outcome: dict[str, object], key: str) -> int:
    return cast(int, outcome[key])
