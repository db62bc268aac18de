"""Sends what changed since the last restore point, straight into the vault container."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.book import VAULT, Batch, Book, KeptPoint, NewPack
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.ports import Container, ObjectInfo
from offline_backup_gui.engine.backup import PassResult
from offline_backup_gui.engine.catalogue import WrittenCatalogue
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.directories import HashesOf, learn_packs
from offline_backup_gui.engine.homes import put
from offline_backup_gui.engine.lanes import vault_pack_bytes
from offline_backup_gui.engine.open_pack import Lane
from offline_backup_gui.engine.points import (
    PointFacts,
    build_point,
    done_points,
    newest_point,
    open_point,
    pack_rows_by_name,
    roots_of,
    unfinished_point,
)
from offline_backup_gui.engine.remembering import remember_points
from offline_backup_gui.engine.sessions import Sources, seal_catalogue, seal_sources
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import name_of
from offline_backup_gui.formats.point import Point, object_name

_UNBOUNDED = 1 << 62


class IncrementOrder(Struct, frozen=True):
    """What an increment needs to know."""

    plan: str
    sources: Sources
    key_files: Mapping[str, bytes]


class IncrementOutcome(Struct, frozen=True):
    """A finished increment; `sent_bytes` is what this run stored in the vault."""

    point: Point
    sent_bytes: int
    packs: int


class Increment:
    """One run; killed anywhere, the next run goes on with the packs that were finished."""

    def __init__(
        self,
        context: Context,
        keyring: Keyring,
        book: Book,
        vault: Container,
        order: IncrementOrder,
    ) -> None:
        self._context, self._keyring, self._book = context, keyring, book
        self._vault, self._order = vault, order

    def run(self) -> IncrementOutcome:
        """Seal changed files into the vault, then publish the restore point."""
        context, book = self._context, self._book
        context.progress.phase(Phase.PREPARE)
        self._remember_points()
        self._reconcile()
        before = {pack.pack_id for pack in book.packs(VAULT)}
        book.use_homes({VAULT})
        kept = unfinished_point(book)
        if kept is not None and self._still_whole(kept):
            # Of a run that was cut off at its very end. What changed since is not in it.
            self._publish(kept)
        kept = self._make_point()
        self._publish(kept)
        point = open_point(self._keyring, kept)
        sent = [pack for pack in book.packs(VAULT) if pack.pack_id not in before]
        return IncrementOutcome(point, sum(pack.size_bytes for pack in sent), len(sent))

    def _reconcile(self) -> None:
        """Adopt packs that were finished just before a kill; forget packs that are gone."""
        self._vault.sweep()
        known = {name_of(pack.pack_id): pack for pack in self._book.packs(VAULT)}
        missing = dict(known)

        def unknown() -> Iterator[ObjectInfo]:
            for info in self._vault.objects("packs/"):
                pack = known.get(info.name)
                if pack is None:
                    yield info
                elif pack.size_bytes == info.size_bytes:
                    del missing[info.name]

        learn_packs(
            self._context, self._keyring, self._book, self._vault, unknown(), VAULT, self._hashes()
        )
        if missing:
            self._book.drop_copies(VAULT, [pack.pack_id for pack in missing.values()])

    def _hashes(self) -> HashesOf:
        """Know packs as the newest point says, and newer ones by the MD5 that was sent with them.

        The service stored the MD5 that this program sent with every block.
        """
        newest = newest_point(self._book)
        rows = {} if newest is None else pack_rows_by_name(self._keyring, newest)

        def hashes_of(info: ObjectInfo) -> tuple[bytes, bytes]:
            row = rows.get(info.name)
            if row is None or row.size != info.size_bytes:
                return info.md5 or b"", b""
            return row.md5, row.blake3

        return hashes_of

    def _remember_points(self) -> None:
        """Take points of the vault that the book lost, so that the chain goes on.

        What can be seen in the vault is done, whatever an older book thinks of it: taken for
        unfinished, it would be published again in place of what changed since.
        """
        done = {object_name(point.point_id) for point in done_points(self._book)}
        if any(info.name not in done for info in self._vault.objects("points/")):
            remember_points(self._keyring, self._book, self._vault)

    def _still_whole(self, kept: KeptPoint) -> bool:
        point = open_point(self._keyring, kept)
        stored = {pack.pack_id for pack in self._book.packs(VAULT)}
        return all(row.pack_id in stored for row in point.packs)

    def _make_point(self) -> KeptPoint:
        started = self._context.clock.now()
        roots_of(
            self._context.files, self._order.sources.folders
        )  # a missing source ends the run before it begins
        lane = self._lane()
        sealed = seal_sources(
            self._context,
            self._keyring,
            self._book,
            [lane],
            {VAULT: self._vault.label},
            self._order.sources,
        )
        if sealed.result.lost_folders:
            raise lane.trouble or BackupError(ErrorCode.ACCOUNT_BUSY, account=self._vault.label)
        written = self._seal_catalogue(sealed.result)
        facts = PointFacts(self._order.plan, started, self._context.clock.now())
        roots = roots_of(self._context.files, self._order.sources.folders)
        return build_point(
            self._keyring, self._book, facts, roots, written, sealed.ledger.lines(), {VAULT}
        )

    def _seal_catalogue(self, result: PassResult) -> WrittenCatalogue:
        def on_pack(pack: NewPack) -> None:
            self._book.commit(Batch(packs=[pack]))

        return seal_catalogue(
            self._context,
            self._keyring,
            self._book,
            self._lane(),
            result,
            on_pack,
        )

    def _lane(self) -> Lane:
        stored_bytes = sum(pack.size_bytes for pack in self._book.packs(VAULT))
        size_bytes = vault_pack_bytes(stored_bytes)
        return Lane(VAULT, self._vault, lambda: _UNBOUNDED, size_bytes, with_md5=True)

    def _publish(self, kept: KeptPoint) -> None:
        """The point appears last: a point that can be seen can be restored."""
        self._context.progress.phase(Phase.SEAL)
        self._context.tell(Phase.SEAL)
        for name, data in self._order.key_files.items():
            put(self._vault, name, data)
        there = {info.name: info for info in self._vault.objects("points/")}
        for noted in done_points(self._book):
            self._put_again(there.get(object_name(noted.point_id)), self._book.point(noted))
        put(self._vault, object_name(kept.point_id), kept.data)
        self._book.put_point(replace(kept, done=True))

    def _put_again(self, there: ObjectInfo | None, kept: KeptPoint) -> None:
        """Mend an older point that is gone or damaged in the vault.

        An account tells the MD5 of what it holds, so that years of points are not fetched over the
        line for each increment.
        """
        if there is None or there.md5 != _md5(kept.data):
            put(self._vault, object_name(kept.point_id), kept.data)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()
