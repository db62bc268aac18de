"""The first copy, and every further session: sources onto drives, verified and sealed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.book import VAULT, Batch, Book, KeptPoint, NewPack
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.ports import DriveDoor, ObjectStore, SweptStore
from offline_backup_gui.engine.catalogue import WrittenCatalogue
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import (
    DriveChoice,
    OpenDrive,
    begin_sessions,
    stored_homes,
)
from offline_backup_gui.engine.lanes import LaneWatch, drive_lane
from offline_backup_gui.engine.open_pack import Lane, LaneState
from offline_backup_gui.engine.points import (
    PointFacts,
    build_point,
    done_points,
    open_point,
    roots_of,
    unfinished_point,
)
from offline_backup_gui.engine.remembering import remember_sealed_points
from offline_backup_gui.engine.sealing_drives import SealedDrive, seal_drive
from offline_backup_gui.engine.sessions import (
    SealedSources,
    Sources,
    seal_catalogue,
    seal_sources,
)
from offline_backup_gui.engine.transfer import copy_object
from offline_backup_gui.engine.verifying import tell_cached, verify_drives
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import PackKind, name_of
from offline_backup_gui.formats.point import Point, object_name

_ROUNDS = 5
_SPOOL_PACK_BYTES = 256 << 20


class CopyOrder(Struct, frozen=True):
    """What a copy job needs to know. `key_files` are repository record and key slots by name.

    `blocks` says that the drives get a manifest, which needs the MD5 of each 4 MiB.
    """

    plan: str
    container: str
    sources: Sources
    drives: tuple[DriveChoice, ...]
    key_files: Mapping[str, bytes]
    blocks: bool = False


class CopyOutcome(Struct, frozen=True):
    """A sealed copy; `stored_bytes` counts every pack once."""

    point: Point
    drives: tuple[SealedDrive, ...]
    stored_bytes: int


class Copying:
    """Runs until every drive is sealed; killed anywhere, the next run continues."""

    def __init__(
        self,
        context: Context,
        keyring: Keyring,
        book: Book,
        door: DriveDoor,
        spool: SweptStore,
        order: CopyOrder,
    ) -> None:
        self._context, self._keyring, self._book = context, keyring, book
        self._door, self._spool, self._order = door, spool, order
        self._drives: list[OpenDrive] = []
        self._past_cache: dict[str, bool] = {}
        self._troubled: dict[str, BackupError] = {}  # by home

    def run(self) -> CopyOutcome:
        """Copy, verify and seal; raises Stopped or the trouble that needs the admin."""
        context, book = self._context, self._book
        context.progress.phase(Phase.PREPARE)
        context.tell(Phase.PREPARE)
        self._drives = begin_sessions(
            context,
            self._keyring,
            book,
            self._door,
            self._order.container,
            self._order.drives,
            self._order.key_files,
        )
        if not self._drives:
            raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path="")
        known = {object_name(point.point_id) for point in book.points()}
        for drive in self._drives:
            # Sealing takes points away that the book does not know: an old book must learn first.
            if any(info.name not in known for info in drive.store.objects("points/")):
                remember_sealed_points(self._keyring, book, drive.store)
        kept = unfinished_point(book)
        if kept is not None and self._is_sealed(kept):
            # The book is older than the end of that session. Sealed again, the point would stand
            # for what changed since.
            book.put_point(replace(kept, done=True))
            kept = None
        elif kept is not None and self._is_in_vault(kept):
            # An increment that was cut off at its very end: its point may be in the vault already,
            # and no other may take its place in the chain. The next increment publishes it again.
            book.put_point(replace(kept, done=True))
            kept = None
        if kept is None or not self._still_whole(kept):
            kept = self._make_point()
        return self._seal(kept)

    def _is_sealed(self, kept: KeptPoint) -> bool:
        """Say whether the last session of every drive that carries packs ended with this point."""
        carrying = [drive for drive in self._drives if any(self._book.packs(drive.home))]
        return bool(carrying) and all(drive.newest_point() == kept.point_id for drive in carrying)

    def _is_in_vault(self, kept: KeptPoint) -> bool:
        """Say whether an unfinished point is one of the vault: everything it needs is there."""
        point = open_point(self._keyring, kept)
        held = {pack.pack_id for pack in self._book.packs(VAULT)}
        return bool(point.packs) and all(row.pack_id in held for row in point.packs)

    def _still_whole(self, kept: KeptPoint) -> bool:
        """Say whether everything an unfinished point needs is still stored and verified."""
        point = open_point(self._keyring, kept)
        homes = stored_homes(self._book, self._drives)
        stored = {pack.pack_id for home in homes for pack in self._book.packs(home)}
        return all(row.pack_id in stored for row in point.packs) and not any(
            self._book.unverified(drive.home) for drive in self._drives
        )

    # --- copy and verify, until nothing is damaged and nothing was lost on the way

    def _make_point(self) -> KeptPoint:
        begun = self._context.clock.now()
        roots_of(
            self._context.files, self._order.sources.folders
        )  # a missing source ends the run before it begins
        self._clear_spool()
        for _ in range(_ROUNDS):
            homes = stored_homes(self._book, self._drives)
            epoch = self._book.epoch
            self._book.use_homes(homes)
            sealed = self._seal_sources()
            if sealed.result.lost_folders:
                continue
            self._stop_for_trouble()
            catalogue = self._seal_catalogue(sealed, homes)
            self._past_cache |= self._verify(self._drives)
            self._stop_for_trouble()
            if self._book.epoch == epoch:
                facts = PointFacts(self._order.plan, begun, self._context.clock.now())
                roots = roots_of(self._context.files, self._order.sources.folders)
                ledger = sealed.ledger.lines()
                return build_point(
                    self._keyring, self._book, facts, roots, catalogue, ledger, homes
                )
        self._stop_for_trouble()
        raise BackupError(ErrorCode.DRIVE_FAILING, drive=self._drives[0].choice.label)

    def _clear_spool(self) -> None:
        """Throw away what a killed run left in the spool; the drives carry the truth."""
        self._spool.sweep()
        for info in list(self._spool.objects()):
            self._spool.delete(info.name)

    def _seal_sources(self) -> SealedSources:
        """Run one pass onto the drives that take data; a drive in trouble sits out what follows."""
        drives = [drive for drive in self._drives if drive.home not in self._troubled]
        lanes = [
            drive_lane(self._keyring, self._door, self._order.container, drive) for drive in drives
        ]
        labels = {drive.home: drive.choice.label for drive in drives}

        context = self._context
        context.progress.look_at_lanes(LaneWatch(context, lanes, drives).look)
        try:
            return seal_sources(
                context, self._keyring, self._book, lanes, labels, self._order.sources
            )
        except BackupError as error:
            self._note_trouble(lanes, drives)
            lacking = error.code is ErrorCode.DRIVES_TOO_SMALL or error in [
                lane.trouble for lane in lanes
            ]
            if lacking and self._troubled:
                # They would be large enough with the drive that is in trouble.
                raise next(iter(self._troubled.values())) from error
            raise
        finally:
            context.progress.look_at_lanes(tuple)
            self._note_trouble(lanes, drives)

    def _note_trouble(self, lanes: Sequence[Lane], drives: Sequence[OpenDrive]) -> None:
        """Remember which drives cannot be written any more, by the names the admin knows."""
        for lane, drive in zip(lanes, drives, strict=True):
            if lane.state is LaneState.GONE and lane.trouble is not None:
                words = lane.trouble.parameters | {"drive": drive.choice.label}
                self._troubled[drive.home] = BackupError(lane.trouble.code, **words)

    def _verify(self, drives: Sequence[OpenDrive]) -> dict[str, bool]:
        blocks = self._order.blocks
        return verify_drives(self._context, self._keyring, self._book, drives, blocks=blocks)

    def _stop_for_trouble(self) -> None:
        """Raise what keeps a drive from being sealed, once the other drives are verified.

        A drive that was pulled and is back needs a new run: it is another medium until it was
        looked at again.
        """
        for drive in self._drives:
            if not drive.store.is_present():
                choice = drive.choice
                gone = BackupError(ErrorCode.DRIVE_GONE, drive=choice.label, path=choice.mount)
                self._troubled.setdefault(drive.home, gone)
        if not self._troubled:
            return
        sound = [drive for drive in self._drives if drive.home not in self._troubled]
        self._verify(sound)
        raise next(iter(self._troubled.values()))

    # --- the catalogue goes onto every drive, so that each is useful alone

    def _seal_catalogue(self, sealed: SealedSources, homes: set[str]) -> WrittenCatalogue:
        book = self._book
        book.use_homes({drive.home for drive in self._drives})
        lane = Lane("spool", self._spool, lambda: 1 << 62, _SPOOL_PACK_BYTES)
        try:
            written = seal_catalogue(
                self._context, self._keyring, book, lane, sealed.result, self._spread_new
            )
            self._complete_everywhere()
        finally:
            book.use_homes(homes)
        return written

    def _spread_new(self, pack: NewPack) -> None:
        """Copy a catalogue pack from the spool onto every drive, then let it count."""
        name = name_of(pack.pack_id)
        homes = tuple(
            drive.home
            for drive in self._drives
            if self._copy_to(drive, self._spool, name, pack.size_bytes)
        )
        if not homes:
            raise BackupError(ErrorCode.DRIVES_TOO_SMALL)
        self._book.commit(Batch(packs=[replace(pack, homes=homes)]))
        self._spool.delete(name)

    def _complete_everywhere(self) -> None:
        """Bring catalogue packs that some drive lacks (new drive, kill in between) onto it."""
        held = {
            drive.home: {
                pack.pack_id: pack
                for pack in self._book.packs(drive.home)
                if pack.kind == PackKind.META
            }
            for drive in self._drives
        }
        for pack_id in {pack_id for packs in held.values() for pack_id in packs}:
            source = next(drive for drive in self._drives if pack_id in held[drive.home])
            pack = held[source.home][pack_id]
            for drive in self._drives:
                if pack_id not in held[drive.home] and self._copy_to(
                    drive, source.store, name_of(pack_id), pack.size_bytes
                ):
                    self._book.add_copies([pack_id], drive.home, proved=False)

    def _copy_to(self, drive: OpenDrive, source: ObjectStore, name: str, size: int) -> bool:
        """Copy one object onto a drive; a drive without room is told, not fatal."""
        try:
            copy_object(source, drive.store, name, size, self._context.control)
        except BackupError as error:
            if error.code is not ErrorCode.DRIVE_FULL:
                raise
            self._context.tell(FindingCode.CATALOGUE_NOT_EVERYWHERE, drive=drive.choice.label)
            return False
        return True

    # --- seal

    def _seal(self, kept: KeptPoint) -> CopyOutcome:
        context, book = self._context, self._book
        context.progress.phase(Phase.SEAL)
        context.tell(Phase.SEAL)
        points = done_points(book)
        sealed = tuple(
            seal_drive(
                context,
                self._keyring,
                book,
                drive,
                points,
                kept,
                self._order.key_files,
                past_cache=self._past_cache.get(drive.home, True),
            )
            for drive in self._drives
        )
        book.put_point(replace(kept, done=True))
        tell_cached(context, self._drives, self._past_cache)
        point = open_point(self._keyring, kept)
        return CopyOutcome(point, sealed, sum(row.size for row in point.packs))
