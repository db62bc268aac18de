"""Many workers, several lanes: every frame ends in exactly one pack, sealed whole or given up."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable

import pytest

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.domain.book import NewPack, Placement
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Clock
from offline_backup_gui.engine.open_pack import SLAB_BYTES, Lane, LaneState, Ticket, TicketState
from offline_backup_gui.engine.packing import PACK_AGE_S, Packer
from offline_backup_gui.engine.reading_back import open_every_chunk
from offline_backup_gui.engine.sealing import Sealer
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import Codec, PackKind, name_of
from tests.engine.office import MASTER, REPOSITORY_ID, Wish
from tests.fakes import FakeClock, MemoryStore

KEYRING = Keyring(REPOSITORY_ID, MASTER)
MIB = 1 << 20


class Nothing:
    """An index in which nothing is stored yet."""

    def find(self, chunk_id: bytes) -> Placement | None:
        return None


class Bench:
    """A packer on memory drives, and what it told."""

    def __init__(
        self, stores: Iterable[MemoryStore], pack_bytes: int = MIB, clock: Clock | None = None
    ) -> None:
        self.lanes = [Lane(store.label, store, store.room_bytes, pack_bytes) for store in stores]
        self.ended: list[tuple[NewPack, Ticket]] = []
        self.troubles: list[tuple[str, ErrorCode]] = []
        self.packer = Packer(
            KEYRING,
            PackKind.DATA,
            self.lanes,
            lambda: 0,
            lambda pack, ticket: self.ended.append((pack, ticket)),
            lambda lane, error: self.troubles.append((lane.home, error.code)),
            clock or SystemClock(),
        )
        self.sealer = Sealer(KEYRING, Nothing(), self.packer)

    def sealed(self) -> list[NewPack]:
        return [pack for pack, _ in self.ended if pack.size_bytes]

    def assert_whole(self) -> set[bytes]:
        """Open every sealed pack; give the chunks in it."""
        stores = {lane.home: lane.store for lane in self.lanes}
        chunks: set[bytes] = set()
        for pack in self.sealed():
            store = stores[pack.homes[0]]
            directory = open_every_chunk(
                KEYRING, store, name_of(pack.pack_id), pack.size_bytes, Wish()
            )
            assert [row.chunk_id for row in directory.rows] == [row[0] for row in pack.rows]
            chunks |= {row.chunk_id for row in directory.rows}
        return chunks


def run_workers(count: int, work: Callable[[random.Random], None]) -> None:
    threads = [threading.Thread(target=work, args=(random.Random(seed),)) for seed in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_every_frame_of_many_workers_is_in_one_sealed_pack() -> None:
    bench = Bench([MemoryStore(f"drive-{number}") for number in range(3)])
    placed: list[bytes] = []

    def work(chooser: random.Random) -> None:
        for _ in range(120):
            data = chooser.randbytes(chooser.choice((1, 100, 5000, 60_000, 300_000)))
            placed.append(bench.sealer.seal(memoryview(data))[0])

    run_workers(6, work)
    bench.packer.finish()
    assert bench.assert_whole() == set(placed)
    assert len({id(ticket) for _, ticket in bench.ended}) == len(bench.ended)
    assert {lane.state for lane in bench.lanes} == {LaneState.ENDED}
    assert all(lane.room_claimed == 0 for lane in bench.lanes)


def test_the_same_chunk_of_many_workers_is_stored_once() -> None:
    bench = Bench([MemoryStore("drive")])
    barrier = threading.Barrier(6)

    def work(_: random.Random) -> None:
        for number in range(50):
            barrier.wait(30)
            bench.sealer.seal(memoryview(b"%d" % number * 1000))

    run_workers(6, work)
    bench.packer.finish()
    assert sum(len(pack.rows) for pack in bench.sealed()) == 50


@pytest.mark.parametrize("seed", range(4))
def test_drives_that_go_leave_no_ticket_open(seed: int) -> None:
    stores = [MemoryStore(f"drive-{number}", capacity_bytes=40 * MIB) for number in range(3)]
    bench = Bench(stores)
    tickets: list[Ticket] = []
    refused: list[BackupError] = []

    def work(chooser: random.Random) -> None:
        for number in range(150):
            if number == 60 + seed:
                stores[seed % 3].gone = True
            if number == 100 + 2 * seed:
                stores[(seed + 1) % 3].gone = True
            try:
                ticket = bench.sealer.seal(memoryview(chooser.randbytes(90_000)))[1]
            except BackupError as error:
                refused.append(error)
                return
            assert ticket is not None
            tickets.append(ticket)

    run_workers(4, work)
    bench.packer.finish()
    ended = {id(ticket): pack for pack, ticket in bench.ended}
    assert {id(ticket) for ticket in tickets} <= set(ended)
    for pack, ticket in bench.ended:
        assert (ticket.state is TicketState.LOST) == (pack.size_bytes == 0)
    assert len(bench.troubles) == len({home for home, _ in bench.troubles}) == 2
    for store in stores:
        store.gone = False
    bench.assert_whole()


def seal_for_ever(bench: Bench, chooser: random.Random) -> None:
    while True:
        bench.sealer.seal(memoryview(chooser.randbytes(chooser.randrange(1, 200_000))))


def test_drives_are_never_filled_beyond_their_room() -> None:
    stores = [MemoryStore(f"drive-{size}", capacity_bytes=size * 100_000) for size in (7, 31, 55)]
    bench = Bench(stores, pack_bytes=400_000)
    chooser = random.Random(1)
    with pytest.raises(BackupError) as caught:
        seal_for_ever(bench, chooser)
    assert caught.value.code is ErrorCode.DRIVES_TOO_SMALL
    bench.packer.finish()
    assert bench.troubles == []  # none of them ever ran full
    assert all(store.room_bytes() < 250_000 for store in stores)
    bench.assert_whole()


def test_an_old_pack_is_sealed_so_that_a_kill_costs_little() -> None:
    clock = FakeClock()
    bench = Bench([MemoryStore("drive")], clock=clock)
    bench.sealer.seal(memoryview(b"first"))
    clock.wait(PACK_AGE_S - 1)
    bench.sealer.seal(memoryview(b"second"))
    clock.wait(2)
    bench.sealer.seal(memoryview(b"third"))
    bench.packer.finish()
    assert [len(pack.rows) for pack in bench.sealed()] == [2, 1]


def test_a_pack_that_comes_of_age_between_two_looks_harms_nothing() -> None:
    class Jumping(FakeClock):
        def monotonic(self) -> float:
            self.wait(PACK_AGE_S / 2.5)
            return super().monotonic()

    bench = Bench([MemoryStore("drive")], pack_bytes=100 * MIB, clock=Jumping())

    def work(chooser: random.Random) -> None:
        for _ in range(40):
            bench.sealer.seal(memoryview(chooser.randbytes(3 * MIB)))

    run_workers(3, work)
    bench.packer.finish()
    assert len(bench.assert_whole()) > 0


def test_a_frame_larger_than_a_slab_is_a_bug_that_waits_for_nobody() -> None:
    bench = Bench([MemoryStore("drive")])
    with pytest.raises(ValueError, match="slab"):
        bench.packer.reserve(bytes(32), SLAB_BYTES, SLAB_BYTES, Codec.PLAIN)
    bench.packer.finish()


def test_a_bug_in_a_store_ends_the_workers_with_it() -> None:
    store = MemoryStore("drive")

    def claim(count: int) -> None:
        raise ZeroDivisionError

    store.claim = claim  # type: ignore[method-assign]
    bench = Bench([store], pack_bytes=100_000)
    chooser = random.Random(3)
    with pytest.raises(ZeroDivisionError):
        seal_for_ever(bench, chooser)
    with pytest.raises(ZeroDivisionError):
        bench.packer.finish()
    bench.packer.close()
    assert {ticket.state for _, ticket in bench.ended} == {TicketState.LOST}
