"""Restore points: authentic, chained, and never believed further than they can be."""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.engine.points import read_chain
from offline_backup_gui.formats.catalogue import Entry, Kind
from offline_backup_gui.formats.point import (
    MAX_POINT_BYTES,
    MAX_ROWS,
    CatalogueChunk,
    LeftOut,
    PackRow,
    Point,
    Root,
    bounded,
    head_of,
    id_of,
    new_point_id,
    object_name,
    seal,
    unseal,
)
from tests.fakes import MemoryStore
from tests.formats.hostile import (
    KEYRING,
    OTHER_KEY,
    OTHER_REPOSITORY,
    accepted_cuts,
    accepted_flips,
    code_of,
    little_memory,
)

POINT_ID = "20261123t090000z-0123456789abcdef"
NAME = object_name(POINT_ID)
HEADER = struct.Struct(">8sHHI16s16s32s16sQ")


def make_point(**changes: object) -> Point:
    point = Point(
        point_id=POINT_ID,
        sequence=1,
        previous_id="",
        previous_hash=b"",
        plan="office",
        host="server",
        started="2026-11-23T09:00:00Z",
        finished="2026-11-23T10:00:00Z",
        roots=[Root(b"/srv/data", b"data", Entry(b"data", Kind.FOLDER, 0o755))],
        files=1,
        folders=1,
        size=5,
        catalogue=[CatalogueChunk(bytes(32), 99, 0, b"", 0)],
        packs=[PackRow(bytes(16), 1000, bytes(32), bytes(16), "0" * 16)],
        left_out=[],
        complete=True,
    )
    return msgspec.structs.replace(point, **changes)


SEALED = seal(KEYRING, make_point())


def read(data: bytes) -> Point:
    return unseal(KEYRING, data, NAME)


ID = st.binary(min_size=8, max_size=8).map(lambda tail: f"20261123t090000z-{tail.hex()}")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
COUNT = st.integers(0, (1 << 63) - 1)
NAMES = st.binary(min_size=1, max_size=20).filter(
    lambda n: n not in (b".", b"..") and not {0, 47} & set(n)
)
POINTS = st.builds(
    make_point,
    sequence=st.integers(2, 1 << 31),
    previous_id=ID,
    previous_hash=st.binary(min_size=32, max_size=32),
    plan=TEXT,
    host=TEXT,
    roots=st.lists(
        st.builds(
            Root, st.binary(max_size=20), NAMES, st.builds(Entry, NAMES, st.just(Kind.FOLDER))
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda root: root.name,
    ),
    files=COUNT,
    folders=COUNT,
    size=COUNT,
    packs=st.lists(
        st.builds(
            PackRow,
            st.binary(min_size=16, max_size=16),
            st.integers(1, (1 << 63) - 1),
            st.one_of(st.just(b""), st.binary(min_size=32, max_size=32)),
            st.one_of(st.just(b""), st.binary(min_size=16, max_size=16)),
            TEXT,
            st.booleans(),
        ),
        max_size=3,
        unique_by=lambda row: row.pack_id,
    ),
    left_out=st.lists(st.builds(LeftOut, st.binary(max_size=20), TEXT, TEXT), max_size=3),
    complete=st.booleans(),
)


@given(point=POINTS)
def test_a_point_comes_back(point) -> None:
    assert unseal(KEYRING, seal(KEYRING, point), NAME) == point


def test_every_flipped_bit_of_a_point_is_found() -> None:
    assert accepted_flips(SEALED, read) == []


def test_a_point_cut_short_or_made_longer_is_refused() -> None:
    assert accepted_cuts(SEALED, read) == []


@given(data=st.binary(max_size=300))
def test_random_bytes_are_no_point(data) -> None:
    assert code_of(lambda: read(data)) is ErrorCode.OBJECT_DAMAGED
    assert code_of(lambda: read(SEALED[:104] + data)) is ErrorCode.OBJECT_DAMAGED


def test_a_point_under_another_name_is_refused() -> None:
    other = object_name("20261123t090001z-0123456789abcdef")
    assert code_of(lambda: unseal(KEYRING, SEALED, other)) is ErrorCode.OBJECT_DAMAGED


def test_a_point_of_another_repository_is_called_so() -> None:
    trouble = code_of(lambda: unseal(OTHER_REPOSITORY, SEALED, NAME))
    assert trouble is ErrorCode.REPOSITORY_DIFFERENT


def test_another_master_key_opens_no_point() -> None:
    assert code_of(lambda: unseal(OTHER_KEY, SEALED, NAME)) is ErrorCode.OBJECT_DAMAGED


def test_a_newer_point_is_called_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as later:
        later.setattr("offline_backup_gui.formats.point.FORMAT_VERSION", 2)
        newer = seal(KEYRING, make_point())
    assert code_of(lambda: read(newer)) is ErrorCode.FORMAT_NEWER


def test_a_wrong_bit_in_the_version_of_a_point_is_damage_and_forbids_nothing() -> None:
    wrong = SEALED[:8] + b"\0\5" + SEALED[10:]
    assert code_of(lambda: read(wrong)) is ErrorCode.OBJECT_DAMAGED


def test_a_ledger_without_end_is_cut_and_says_how_much_more_there_is() -> None:
    lines = [LeftOut(b"/srv/%d" % number, "unreadable", "why") for number in range(MAX_ROWS + 5)]
    kept = bounded(lines)
    assert len(kept) < len(lines)
    assert kept[-1].detail == f"why (+{len(lines) - len(kept)})"
    assert bounded(lines[:9]) == lines[:9]
    long = [LeftOut(bytes(4096), "unreadable") for _ in range(20_000)]
    assert sum(len(line.path) for line in bounded(long)) < 48 << 20


def test_a_version_before_the_first_is_refused() -> None:
    older = SEALED[:8] + b"\0\0" + SEALED[10:]
    assert code_of(lambda: read(older)) is ErrorCode.OBJECT_DAMAGED


def test_nothing_of_a_point_is_readable() -> None:
    for secret in (b"office", b"server", b"data", b"2026-11-23"):
        assert secret not in SEALED


@pytest.mark.parametrize(
    "name",
    [
        "points/20261123t090000z-0123456789ABCDEF",
        "points/20261123t090000z-0123456789abcde",
        "points/20261123t090000z-0123456789abcdef\n",
        "points/٢٠٢٦1123t090000z-0123456789abcdef",
        "points/x/20261123t090000z-0123456789abcdef",
        "20261123t090000z-0123456789abcdef",
        "points/",
    ],
)
def test_other_names_are_no_points(name) -> None:
    assert id_of(name) is None


def test_the_name_of_a_point_leads_back_to_its_id() -> None:
    point_id = new_point_id(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    assert point_id.startswith("20261123t090000z-")
    assert id_of(object_name(point_id)) == point_id


# --- what only a holder of the key could forge


def forge(plain: bytes, *, packed: bytes | None = None, claim: int | None = None) -> bytes:
    """Seal any bytes as a point named NAME."""
    salt = bytes(range(32))
    short = HEADER.unpack_from(SEALED)[5]
    key, check = KEYRING.object_key(b"point", salt, short)
    size = len(plain) if claim is None else claim
    header = HEADER.pack(b"OBPOINT\x01", 1, 0, 0, KEYRING.repository_id, short, salt, check, size)
    packed = zstandard.compress(plain) if packed is None else packed
    return header + AESGCM(key).encrypt(bytes(12), packed, header)


def test_a_forged_point_is_read_when_it_is_right() -> None:
    assert read(forge(msgspec.msgpack.encode(make_point()))) == make_point()


FOLDER = Entry(b"data", Kind.FOLDER)
OTHER_ID = "20261122t090000z-0123456789abcdef"


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 0},
        {"sequence": -1},
        {"sequence": 1 << 40},
        {"sequence": 2},
        {"sequence": 2, "previous_id": OTHER_ID},
        {"sequence": 2, "previous_hash": bytes(32)},
        {"sequence": 2, "previous_id": "../x", "previous_hash": bytes(32)},
        {"previous_id": OTHER_ID},
        {"previous_hash": bytes(32)},
        {"point_id": OTHER_ID},
        {"point_id": "x"},
        {"started": "yesterday"},
        {"started": "2026-99-99T00:00:00Z"},
        {"finished": "2026-11-23T09:00:00+00:00"},
        {"finished": ""},
        {"files": -1},
        {"size": 1 << 63},
        {"roots": [Root(b"/", b"..", FOLDER)]},
        {"roots": [Root(b"/", b"", FOLDER)]},
        {"roots": [Root(b"/", b"/etc", FOLDER)]},
        {"roots": [Root(b"/", b"a/../../b", FOLDER)]},
        {"roots": [Root(b"/", b"a\0", FOLDER)]},
        {"roots": [Root(b"/", b"a", Entry(b"a"))]},
        {"roots": [Root(b"/", b"a", Entry(b"a", Kind.SYMLINK, target=b"/"))]},
        {"roots": [Root(b"/", b"a", Entry(b"a", Kind.FOLDER, mode=-1))]},
        {"roots": [Root(b"/1", b"a", FOLDER), Root(b"/2", b"a", FOLDER)]},
        {"roots": []},
        {"catalogue": [CatalogueChunk(bytes(31), 1, 0, b"", 0)]},
        {"catalogue": [CatalogueChunk(bytes(32), 0, 0, b"", 0)]},
        {"catalogue": [CatalogueChunk(bytes(32), 1 << 30, 0, b"", 0)]},
        {"catalogue": [CatalogueChunk(bytes(32), 1, 1, b"", 0)]},
        {"catalogue": [CatalogueChunk(bytes(32), 1, -2, b"", 0)]},
        {"catalogue": [CatalogueChunk(bytes(32), 5, 0, b"", 5)]},
        {"catalogue": [CatalogueChunk(bytes(32), 5, 0, b"", -1)]},
        {"packs": [PackRow(bytes(15), 1, b"", b"", "")]},
        {"packs": [PackRow(bytes(16), 0, b"", b"", "")]},
        {"packs": [PackRow(bytes(16), 1, bytes(31), b"", "")]},
        {"packs": [PackRow(bytes(16), 1, b"", bytes(15), "")]},
        {"packs": [PackRow(bytes(16), 1, b"", b"", ""), PackRow(bytes(16), 2, b"", b"", "")]},
    ],
)
def test_a_point_with_a_hostile_value_is_neither_read_nor_written(changes) -> None:
    if changes == {"roots": []}:
        changes["catalogue"] = [CatalogueChunk(bytes(32), 1, 0, b"", 0)]
    point = make_point(**changes)
    forged = forge(msgspec.msgpack.encode(point))
    assert code_of(lambda: read(forged)) is ErrorCode.OBJECT_DAMAGED
    if point.point_id == POINT_ID:
        with pytest.raises(ValueError, match="point"):
            seal(KEYRING, point)


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"\xc0",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa1z" + b"\x91" * 1_000_000,
        msgspec.msgpack.encode({"point_id": POINT_ID}),
        msgspec.msgpack.encode(make_point()) + b"\0",
        msgspec.msgpack.encode(make_point()).replace(b"office", b"off\xff\xfee"),
    ],
)
def test_a_msgpack_bomb_in_a_point_is_refused(plain) -> None:
    data = forge(plain)
    with little_memory(32 << 20):
        assert code_of(lambda: read(data)) is ErrorCode.OBJECT_DAMAGED


BOMB = zstandard.ZstdCompressor(level=1).compress(bytes(256 << 20))


@pytest.mark.parametrize("claim", [0, 5, 1 << 20, (256 << 20) - 1, 1 << 40, (1 << 64) - 1])
def test_a_point_that_lies_about_its_size_is_refused(claim) -> None:
    data = forge(b"", packed=BOMB, claim=claim)
    with little_memory(4 << 20):
        assert code_of(lambda: read(data)) is ErrorCode.OBJECT_DAMAGED


# --- the chain


def chain_of(count: int) -> tuple[MemoryStore, list[str]]:
    store, names, data, previous = MemoryStore(), [], b"", ""
    for number in range(1, count + 1):
        point_id = f"202611{number:02d}t090000z-{number:016x}"
        point = make_point(
            point_id=point_id,
            sequence=number,
            previous_id=previous,
            previous_hash=head_of(data) if previous else b"",
        )
        data, previous = seal(KEYRING, point), point_id
        names.append(object_name(point_id))
        store.objects_by_name[names[-1]] = data
    return store, names


def test_a_whole_chain_is_in_order() -> None:
    store, names = chain_of(4)
    chain = read_chain(KEYRING, store)
    assert [object_name(point.point_id) for point in chain.points] == names
    assert (chain.damaged, chain.missing) == ((), ())


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_point_taken_out_of_the_chain_is_named(number) -> None:
    store, names = chain_of(4)
    del store.objects_by_name[names[number]]
    chain = read_chain(KEYRING, store)
    assert [object_name(point_id) for point_id in chain.missing] == [names[number]]


def test_only_an_anchor_outside_shows_that_the_newest_point_is_gone() -> None:
    """The head stands on the packing slip and in this computer's book."""
    store, names = chain_of(4)
    head = head_of(store.objects_by_name[names[-1]])
    del store.objects_by_name[names[-1]]
    chain = read_chain(KEYRING, store)
    assert (chain.damaged, chain.missing) == ((), ())
    assert head not in {point.head for point in chain.points}


def test_points_that_changed_names_are_damage() -> None:
    store, names = chain_of(3)
    objects = store.objects_by_name
    objects[names[1]], objects[names[2]] = objects[names[2]], objects[names[1]]
    assert set(read_chain(KEYRING, store).damaged) == {names[1], names[2]}


def test_a_point_made_anew_under_an_old_name_breaks_the_chain() -> None:
    """Even the holder of the key cannot rewrite history unseen."""
    store, names = chain_of(3)
    old = unseal(KEYRING, store.objects_by_name[names[1]], names[1])
    store.objects_by_name[names[1]] = seal(KEYRING, msgspec.structs.replace(old, files=9))
    assert read_chain(KEYRING, store).damaged == (names[1],)


def test_a_point_too_large_to_be_one_is_not_even_read() -> None:
    store, names = chain_of(1)

    class Endless(MemoryStore):
        def objects(self, prefix: str = ""):
            for info in super().objects(prefix):
                yield (
                    msgspec.structs.replace(info)
                    if False
                    else type(info)(info.name, MAX_POINT_BYTES + 1, None)
                )

        def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
            raise AssertionError("read")

    endless = Endless()
    endless.objects_by_name = store.objects_by_name
    assert read_chain(KEYRING, endless).damaged == (names[0],)
