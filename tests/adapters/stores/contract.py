"""What every ObjectStore promises, run on all of them; subclasses give `store` and `keeps_md5`."""

from __future__ import annotations

import hashlib
import random

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo, ObjectStore

HOSTILE_NAMES = (
    "",
    "/",
    "/etc/passwd",
    "..",
    "../outside",
    "packs/../../outside",
    "packs//aa",
    "packs/",
    "./packs",
    ".hidden",
    "packs/.part",
    "Packs/aa",
    "packs\\aa",
    "c:aa",
    "aa:stream",
    "aa ",
    "aa.",
    "a\nb",
    "a\0b",
    "packs/ä",
    "con",
    "packs/nul.json",
    "a" * 201,
)


def md5_of(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def put(store: ObjectStore, name: str, data: bytes, *, replace: bool = False) -> None:
    writer = store.create(name, replace=replace)
    writer.write(data)
    writer.commit(md5_of(data))


def names(store: ObjectStore, prefix: str = "") -> list[str]:
    return [info.name for info in store.objects(prefix)]


def code_of(caught: pytest.ExceptionInfo[BackupError]) -> ErrorCode:
    return caught.value.code


class StoreContract:
    """The promises of `domain.ports.ObjectStore`."""

    @pytest.fixture
    def store(self) -> ObjectStore:
        raise AssertionError("the subclass gives the store")

    @pytest.fixture
    def keeps_md5(self) -> bool:
        return True

    def test_what_was_written_is_read(self, store: ObjectStore) -> None:
        put(store, "packs/aa/one", b"hello world")
        assert store.read("packs/aa/one") == b"hello world"
        assert store.read("packs/aa/one", 6) == b"world"
        assert store.read("packs/aa/one", 0, 5) == b"hello"
        assert store.read("packs/aa/one", 6, 100) == b"world"
        assert store.read("packs/aa/one", 11, 5) == b""
        assert store.read("packs/aa/one", 50, 5) == b""
        assert store.read("packs/aa/one", 2, 0) == b""

    def test_an_empty_object_is_an_object(self, store: ObjectStore) -> None:
        store.create("empty").commit()
        assert store.read("empty") == b""
        assert store.read("empty", 0, 10) == b""
        assert [info.size_bytes for info in store.objects()] == [0]

    def test_a_write_may_reuse_its_buffer_at_once(self, store: ObjectStore) -> None:
        writer = store.create("reused")
        buffer = bytearray(b"first.")
        writer.write(memoryview(buffer))
        buffer[:] = b"second"
        writer.write(buffer)
        writer.commit()
        assert store.read("reused") == b"first.second"

    def test_a_large_object_of_odd_pieces_comes_back_whole(self, store: ObjectStore) -> None:
        data = random.Random(1).randbytes(20 * 1024 * 1024 + 17)
        writer = store.create("packs/bb/large")
        view = memoryview(data)
        for start in range(0, len(data), 3_000_001):
            writer.write(view[start : start + 3_000_001])
        writer.commit(md5_of(data))
        assert store.read("packs/bb/large") == data
        assert store.read("packs/bb/large", 8 * 1024 * 1024 - 3, 7) == data[8388605:8388612]
        assert [info.size_bytes for info in store.objects()] == [len(data)]

    def test_nothing_is_visible_before_commit(self, store: ObjectStore) -> None:
        writer = store.create("packs/aa/one")
        writer.write(b"x" * 9_000_000)
        assert names(store) == []
        with pytest.raises(BackupError) as caught:
            store.read("packs/aa/one")
        assert code_of(caught) is ErrorCode.OBJECT_MISSING
        writer.commit()
        assert names(store) == ["packs/aa/one"]

    def test_abort_leaves_nothing_and_may_be_called_again(self, store: ObjectStore) -> None:
        writer = store.create("packs/aa/one")
        writer.write(b"x" * 9_000_000)
        writer.abort()
        writer.abort()
        assert names(store) == []
        put(store, "packs/aa/one", b"after")
        assert store.read("packs/aa/one") == b"after"

    def test_abort_after_commit_takes_nothing_away(self, store: ObjectStore) -> None:
        writer = store.create("one")
        writer.write(b"kept")
        writer.commit()
        writer.abort()
        assert store.read("one") == b"kept"

    def test_an_existing_object_is_not_clobbered(self, store: ObjectStore) -> None:
        put(store, "one", b"first")
        writer = store.create("one")
        writer.write(b"second")
        with pytest.raises(BackupError) as caught:
            writer.commit()
        assert code_of(caught) is ErrorCode.OBJECT_EXISTS
        assert caught.value.parameters["name"] == "one"
        assert caught.value.parameters["store"] == store.label
        assert store.read("one") == b"first"
        assert names(store) == ["one"]

    def test_an_existing_large_object_is_not_clobbered(self, store: ObjectStore) -> None:
        put(store, "one", b"first")
        writer = store.create("one")
        writer.write(b"x" * 9_000_000)
        with pytest.raises(BackupError) as caught:
            writer.commit()
        assert code_of(caught) is ErrorCode.OBJECT_EXISTS
        assert store.read("one") == b"first"

    def test_replace_replaces_with_its_new_md5(self, store: ObjectStore, keeps_md5: bool) -> None:
        put(store, "one", b"first")
        put(store, "one", b"the second", replace=True)
        put(store, "two", b"new", replace=True)
        assert store.read("one") == b"the second"
        first, _ = store.objects()
        assert first == ObjectInfo("one", 10, md5_of(b"the second") if keeps_md5 else None)

    def test_the_list_gives_sizes_and_md5s(self, store: ObjectStore, keeps_md5: bool) -> None:
        put(store, "packs/aa/one", b"hello")
        writer = store.create("large")
        writer.write(b"y" * 9_000_000)
        writer.commit()
        expected = [("large", b"y" * 9_000_000), ("packs/aa/one", b"hello")]
        assert list(store.objects()) == [
            ObjectInfo(name, len(data), md5_of(data) if keeps_md5 else None)
            for name, data in expected
        ]

    def test_the_list_is_sorted_by_whole_names(self, store: ObjectStore) -> None:
        chosen = ["a", "a-b", "a.b", "b/a", "b-c", "b.c", "b0", "b/c/d", "b/c.d", "z"]
        for name in random.Random(2).sample(chosen, len(chosen)):
            put(store, name, b"")
        assert names(store) == sorted(chosen)

    def test_a_prefix_need_not_end_at_a_folder(self, store: ObjectStore) -> None:
        for name in ("packs/aa/1", "packs/ab/2", "packs/b/3", "points/1", "packs.json"):
            put(store, name, b"")
        assert names(store, "packs/a") == ["packs/aa/1", "packs/ab/2"]
        assert names(store, "packs/") == ["packs/aa/1", "packs/ab/2", "packs/b/3"]
        assert names(store, "packs") == ["packs.json", "packs/aa/1", "packs/ab/2", "packs/b/3"]
        assert names(store, "packs/aa/1") == ["packs/aa/1"]
        assert names(store, "nothing/") == []

    def test_delete_removes_and_does_not_mind_absence(self, store: ObjectStore) -> None:
        put(store, "packs/aa/one", b"x")
        store.delete("packs/aa/one")
        store.delete("packs/aa/one")
        store.delete("nowhere/at/all")
        assert names(store) == []
        put(store, "packs/aa/one", b"again")
        assert store.read("packs/aa/one") == b"again"

    def test_a_missing_object_is_said_to_be_missing(self, store: ObjectStore) -> None:
        for name in ("one", "packs/aa/one"):
            with pytest.raises(BackupError) as caught:
                store.read(name)
            assert code_of(caught) is ErrorCode.OBJECT_MISSING
            assert caught.value.parameters["name"] == name
            assert caught.value.parameters["store"] == store.label

    @pytest.mark.parametrize("name", HOSTILE_NAMES)
    def test_a_hostile_name_is_refused_everywhere(self, store: ObjectStore, name: str) -> None:
        for attempt in (store.read, store.create, store.delete):
            with pytest.raises(BackupError) as caught:
                attempt(name)
            assert code_of(caught) is ErrorCode.OBJECT_NAME_NOT_ALLOWED
        if name in ("../outside", "/etc/passwd", "packs/../../outside", "packs//aa"):
            with pytest.raises(BackupError) as caught:
                list(store.objects(name))
            assert code_of(caught) is ErrorCode.OBJECT_NAME_NOT_ALLOWED

    @pytest.mark.parametrize("size", [5, 9_000_000])
    def test_a_wrong_md5_is_refused_where_md5s_are_kept(
        self, store: ObjectStore, keeps_md5: bool, size: int
    ) -> None:
        writer = store.create("one")
        writer.write(b"x" * size)
        if not keeps_md5:
            writer.commit(md5_of(b"other"))
            return
        with pytest.raises(BackupError) as caught:
            writer.commit(md5_of(b"other"))
        assert code_of(caught) is ErrorCode.OBJECT_DAMAGED
        assert names(store) == []
