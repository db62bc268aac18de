"""The book of a repository: chunks count only where their packs still are."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.domain.book import (
    VAULT,
    Batch,
    CachedFolder,
    Home,
    HomeState,
    KeptPoint,
    NewPack,
    NotedPoint,
    Placement,
)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[SqliteBook]:
    opened = SqliteBook(tmp_path / "book.db")
    yield opened
    opened.close()


def chunk(number: int) -> bytes:
    return hashlib.blake2b(number.to_bytes(4, "big"), digest_size=32).digest()


def pack(number: int, *homes: str, md5: bytes = b"", chunks: int = 3) -> NewPack:
    rows = tuple(
        (chunk(number * 100 + n), Placement(0, n, n * 10, 9, 20, 1)) for n in range(chunks)
    )
    return NewPack(bytes([number]) * 16, 0, 1000 + number, bytes([number]) * 32, homes, rows, md5)


def folder(path: bytes, *, epoch: int = 1, root: bytes = b"/srv") -> CachedFolder:
    return CachedFolder(root, path, b"stats", b"listing", 2, 30, 0, epoch)


def test_a_chunk_is_found_where_it_was_stored(book: SqliteBook) -> None:
    book.commit(Batch(packs=[pack(1, "one"), pack(2, "two")]))
    (first, second) = book.packs()
    assert book.find(chunk(101)) == Placement(first.number, 1, 10, 9, 20, 1)
    assert book.find(chunk(202)) == Placement(second.number, 2, 20, 9, 20, 1)
    assert book.find(chunk(999)) is None


def test_a_chunk_in_two_packs_is_noted_where_it_came_last(book: SqliteBook) -> None:
    once, again = pack(1, "one", chunks=50), replace(pack(1, "two", chunks=50), pack_id=bytes(16))
    book.commit(Batch(packs=[once, again]))
    (_, second) = book.packs()
    places = [book.find(chunk(100 + n)) for n in range(50)]
    assert {place.pack for place in places if place is not None} == {second.number}
    assert None not in places


def test_only_packs_in_the_homes_that_count_are_stored(book: SqliteBook) -> None:
    book.commit(Batch(packs=[pack(1, "one"), pack(2, "one", "two")]))
    assert book.all_here()
    book.use_homes({"two"})
    assert not book.all_here()
    assert book.find(chunk(100)) is None
    assert book.find(chunk(200)) is not None
    book.commit(Batch(packs=[pack(3, "two"), pack(4, "one")]))
    assert book.find(chunk(300)) is not None
    assert book.find(chunk(400)) is None
    book.add_copies([bytes([1]) * 16], "two")
    assert book.find(chunk(100)) is not None


def test_a_lost_copy_starts_a_new_epoch_and_its_chunks_are_gone(book: SqliteBook) -> None:
    book.commit(Batch(packs=[pack(1, "one"), pack(2, "one"), pack(3, "one", "two")]))
    book.use_homes({"one"})
    assert book.epoch == 1
    assert book.drop_copies("nowhere") == 0
    assert book.epoch == 1
    assert book.drop_copies("one", [bytes([1]) * 16, bytes([9]) * 16]) == 1
    assert book.epoch == 2
    assert book.find(chunk(100)) is None
    assert book.find(chunk(200)) is not None
    assert book.drop_copies("one") == 2
    assert [fact.pack_id[0] for fact in book.packs("one")] == []
    book.use_homes({"two"})
    assert book.find(chunk(300)) is not None


def test_a_copy_is_unproved_until_it_was_read_back(book: SqliteBook) -> None:
    book.commit(Batch(packs=[pack(1, "one", "two"), pack(2, VAULT, md5=b"m" * 16)]))
    assert [fact.pack_id[0] for fact in book.unverified("one")] == [1]
    assert book.unverified(VAULT) == []
    book.verified("one", bytes([1]) * 16, b"5" * 16, b"3" * 32)
    assert book.unverified("one") == []
    assert [fact.pack_id[0] for fact in book.unverified("two")] == [1]
    (fact, _) = book.packs()
    assert (fact.md5, fact.blake3) == (b"5" * 16, b"3" * 32)
    book.add_copies([bytes([2]) * 16], "one", proved=False)
    assert [fact.pack_id[0] for fact in book.unverified("one")] == [2]


def test_folders_come_in_order_and_those_that_are_gone_are_forgotten(book: SqliteBook) -> None:
    paths = [b"", b"b", b"a", b"a/c", b"\xff"]
    book.commit(Batch(folders=[folder(path) for path in paths]))
    book.commit(Batch(folders=[folder(b"x", root=b"/other")]))
    assert [one.path for one in book.folders() if one.root == b"/srv"] == sorted(paths)
    assert book.folder(b"/srv", b"a") == folder(b"a")
    assert book.folder(b"/srv", b"nowhere") is None
    book.keep_only(b"/srv", {b"", b"a"})
    assert [one.path for one in book.folders() if one.root == b"/srv"] == [b"", b"a"]
    assert book.folder(b"/other", b"x") is not None
    book.commit(Batch(folders=[replace(folder(b"a"), files=9, epoch=4)]))
    kept = book.folder(b"/srv", b"a")
    assert kept is not None
    assert (kept.files, kept.epoch) == (9, 4)


def test_folders_are_replaced_all_of_them_or_none(book: SqliteBook) -> None:
    book.commit(Batch(folders=[folder(b""), folder(b"old")], packs=[pack(1, "one")]))

    def torn() -> Iterator[CachedFolder]:
        yield folder(b"new")
        assert book.find(chunk(100)) is not None  # whoever gives folders may ask meanwhile
        raise LookupError

    with pytest.raises(LookupError):
        book.replace_folders(torn())
    assert [one.path for one in book.folders()] == [b"", b"old"]
    book.replace_folders(iter([folder(b""), folder(b"new")]))
    assert [one.path for one in book.folders()] == [b"", b"new"]


def test_drives_keep_their_order_and_their_newest_facts(book: SqliteBook) -> None:
    first = Home("aa", "S1", "Disk 1", "/mnt/1", HomeState.OPEN)
    second = Home("bb", "S2", "Disk 2", "/mnt/2", HomeState.OPEN)
    for home in (first, second, replace(first, state=HomeState.SEALED, record=b"record")):
        book.put_home(home)
    assert book.homes() == [replace(first, state=HomeState.SEALED, record=b"record"), second]


def test_a_point_that_is_made_again_takes_the_place_of_the_unfinished_one(
    book: SqliteBook,
) -> None:
    book.put_point(KeptPoint(1, "first", b"1", done=True))
    book.put_point(KeptPoint(2, "begun", b"2", done=False))
    book.put_point(KeptPoint(2, "again", b"3", done=False))
    book.put_point(KeptPoint(2, "again", b"3", done=True))
    points = book.points()
    assert points == [NotedPoint(1, "first", True), NotedPoint(2, "again", True)]
    assert [book.point(point).data for point in points] == [b"1", b"3"]


def test_everything_is_there_after_the_file_was_closed(tmp_path: Path) -> None:
    first = SqliteBook(tmp_path / "sub" / "book.db")
    first.commit(Batch(packs=[pack(1, "one")], folders=[folder(b"a")]))
    first.put_point(KeptPoint(1, "p", b"x", done=True))
    first.drop_copies("one")
    first.close()
    second = SqliteBook(tmp_path / "sub" / "book.db")
    assert second.epoch == 2
    assert [fact.pack_id[0] for fact in second.packs()] == [1]
    assert second.folder(b"/srv", b"a") is not None
    assert [point.point_id for point in second.points()] == ["p"]
    second.close()
