"""Jobs in the account: prove what arrived, repair it, move it into the vault container."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from offline_backup_gui.domain.book import Book, HomeState, NotedPoint
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Job
from offline_backup_gui.domain.plan import Destination
from offline_backup_gui.domain.ports import Account, Container, ObjectStore
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.arrival import (
    Arrival,
    Expected,
    check_arrival,
    expected_objects,
    repair_arrival,
)
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.remaking import affected_files, lost_files, lost_points, remake
from offline_backup_gui.engine.remembering import (
    forgotten_drives,
    remember_drives,
)
from offline_backup_gui.engine.vaulting import move_to_vault
from offline_backup_gui.formats.pack import pack_id_of
from offline_backup_gui.formats.point import object_name
from offline_backup_gui.services.keys import Keys, assert_same_repository
from offline_backup_gui.services.outcomes import Finished, arrival_json, finished
from offline_backup_gui.services.schedules import Schedules
from offline_backup_gui.services.seals import newest_seal, with_arrival
from offline_backup_gui.services.sources import sources_of
from offline_backup_gui.services.world import World

_PACKS = "packs/"


class AccountWork:
    """Arrival and vault."""

    def __init__(self, world: World, keys: Keys, schedules: Schedules) -> None:
        self._world, self._keys, self._schedules = world, keys, schedules

    def arrival(self, context: Context, job: Job, kept: KeptPlan) -> Finished:
        """Compare the landing container with what the drives carried; repair when asked to."""
        book = self._world.book(kept.repository_id)
        account = self._world.account(kept.plan, context.control)
        names = kept.plan.destination
        landing = account.container(names.landing, create=True)
        assert_same_repository(landing, kept.repository_id)
        expected = self._expected(context, kept, book, landing)
        arrival = check_arrival(
            context, landing, expected.values(), _other_containers(account, names)
        )
        if job.options.get("repair") and not arrival.complete:
            arrival = self._repair(context, kept, book, account, landing, expected, arrival)
        arrival.affected_files = affected_files(book, _packs(arrival.damaged + arrival.missing))
        # Once named, always named: a later check must not call complete what it no longer expects.
        lost = lost_files(book)
        if arrival.complete:
            keyring = self._keys.keyring(kept.repository_id)
            lost += lost_points(keyring, book, _newest(book, expected))
        arrival.lost_files = sorted({*arrival.lost_files, *lost})
        self._note_arrival(context, kept, book, arrival)
        return finished(
            not arrival.complete or bool(arrival.lost_files),
            arrival_json(arrival),
            "done",
            "incomplete",
        )

    def _expected(
        self, context: Context, kept: KeptPlan, book: Book, landing: Container
    ) -> dict[str, Expected]:
        """Give what the drives carried; from the landing container when this was forgotten here."""
        if forgotten_drives(book, landing):
            remember_drives(context, self._keys.keyring(kept.repository_id), book, landing)
        expected = expected_objects(book, self._world.state.key_files(kept.repository_id))
        if not any(name.startswith(_PACKS) for name in expected):
            raise BackupError(ErrorCode.DRIVE_NOT_SEALED, drive=kept.plan.name)
        return expected

    def _repair(
        self,
        context: Context,
        kept: KeptPlan,
        book: Book,
        account: Account,
        landing: Container,
        expected: Mapping[str, Expected],
        first: Arrival,
    ) -> Arrival:
        """Send the difference; what no drive has is made again from the sources."""
        without = repair_arrival(
            context, first, landing, expected, account, self._drives_at_hand(kept, book)
        )
        repaired_bytes = first.repaired_bytes
        lost = [name for name in without if name.startswith(_PACKS)]
        lost_files: list[bytes] = []
        if lost:
            keyring = self._keys.keyring(kept.repository_id)
            roots = sources_of(kept.plan).folders
            remade = remake(context, keyring, book, landing, _packs(lost), roots)
            repaired_bytes += remade.sent_bytes
            lost_files = remade.lost_files
            for name in lost:
                landing.delete(name)
        files = self._world.state.key_files(kept.repository_id)
        arrival = check_arrival(context, landing, expected_objects(book, files).values(), {})
        arrival.repaired_bytes = repaired_bytes
        arrival.lost_files = lost_files
        return arrival

    def _note_arrival(self, context: Context, kept: KeptPlan, book: Book, arrival: Arrival) -> None:
        state, plan_id = self._world.state, kept.plan.plan_id
        notes = state.notes(plan_id)
        now, sealed_at = context.clock.now(), newest_seal(book)
        state.put_notes(plan_id, with_arrival(notes, arrival, now, sealed_at))

    def _drives_at_hand(self, kept: KeptPlan, book: Book) -> list[ObjectStore]:
        """Open the plan's drives that are still attached; the others are simply not there."""
        stores: list[ObjectStore] = []
        mounts = {home.mount for home in book.homes() if home.state is HomeState.SEALED}
        for mount in sorted((mounts | set(kept.plan.drives)) - {""}):
            try:
                stores.append(self._world.open_drive(mount, kept.plan.destination.landing))
            except BackupError:
                continue
        return stores

    def vault(self, context: Context, kept: KeptPlan) -> Finished:
        """Move the backup from the landing to the vault container and prove it there."""
        book = self._world.book(kept.repository_id)
        account = self._world.account(kept.plan, context.control)
        names = kept.plan.destination
        landing = account.container(names.landing)
        vault = account.container(names.vault, create=True)
        for container in (landing, vault):
            assert_same_repository(container, kept.repository_id)
        expected = self._expected(context, kept, book, landing)
        vaulted = move_to_vault(context, book, landing, vault, expected)
        if not vaulted.incomplete:
            state, plan_id = self._world.state, kept.plan.plan_id
            notes = replace(state.notes(plan_id), vault_proved_at=context.clock.now())
            state.put_notes(plan_id, notes)
            self._schedules.renew(kept.plan)
        return finished(
            bool(vaulted.incomplete),
            {
                "objects": vaulted.objects,
                "bytes": vaulted.size_bytes,
                "incomplete": vaulted.incomplete,
            },
            "done",
            "incomplete",
        )


def _newest(book: Book, expected: Mapping[str, Expected]) -> list[NotedPoint]:
    """Give the newest restore point that the drives carried."""
    carried = [point for point in book.points() if object_name(point.point_id) in expected]
    return carried[-1:]


def _packs(names: Iterable[str]) -> list[bytes]:
    """Give the ids of the packs among some objects."""
    return [pack_id_of(name) for name in names if name.startswith(_PACKS)]


def _other_containers(account: Account, names: Destination) -> dict[str, Container]:
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
