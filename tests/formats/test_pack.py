"""Packs: every wrong bit is found, and no number in one is taken at its word."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Sequence

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.engine.reading_back import open_every_chunk, read_directory
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import (
    HEADER_BYTES,
    MAX_GAP_BYTES,
    MAX_PLAIN_BYTES,
    MAX_ROWS,
    TRAILER_BYTES,
    Codec,
    PackKind,
    Row,
    close_pack,
    gaps,
    name_of,
    new_header,
    nonce,
    open_frame,
    read_ending,
    read_header,
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
from tests.formats.pack_maker import PackMaker, small_pack

HEADER, PACK = small_pack(KEYRING)
NAME = name_of(HEADER.pack_id)


class Freely:
    """A Control that never stops."""

    stopping = False

    def checkpoint(self) -> None: ...


def chunks_of(data: bytes, name: str = NAME, keyring: Keyring = KEYRING) -> list[bytes]:
    """Check a pack as `verify` does, then give its chunks."""
    store = MemoryStore()
    store.objects_by_name[name] = data
    directory = open_every_chunk(keyring, store, name, len(data), Freely())
    return [
        open_frame(directory.header, number, row, data[row.offset :][: row.stored_bytes])
        for number, row in enumerate(directory.rows)
    ]


def put_together(
    chunks: Sequence[tuple[bytes, Codec, int]], kind: PackKind, tail: int
) -> tuple[str, bytes]:
    maker = PackMaker.begin(KEYRING, kind)
    for data, codec, gap in chunks:
        maker.add(data, codec, gap=bytes(gap))
    return name_of(maker.header.pack_id), maker.end(gap=bytes(tail))


CHUNKS = st.lists(
    st.tuples(
        st.one_of(
            st.tuples(st.binary(min_size=1, max_size=300), st.just(Codec.PLAIN)),
            st.tuples(
                st.binary(min_size=1, max_size=9).map(lambda part: part * 60), st.just(Codec.ZSTD)
            ),
        ),
        st.integers(0, 40),
    ).map(lambda pair: (*pair[0], pair[1])),
    min_size=1,
    max_size=8,
)


@given(chunks=CHUNKS, kind=st.sampled_from(PackKind), tail=st.integers(0, 40))
def test_chunks_come_back_from_a_pack(chunks, kind, tail) -> None:
    name, data = put_together(chunks, kind, tail)
    assert chunks_of(data, name) == [chunk for chunk, _, _ in chunks]
    assert read_header(KEYRING, data[:HEADER_BYTES], name).kind is kind


def test_every_flipped_bit_of_a_pack_is_found() -> None:
    assert chunks_of(PACK) == [b"first", b"second " * 9]
    assert accepted_flips(PACK, chunks_of) == []


def test_a_pack_cut_short_or_made_longer_is_refused() -> None:
    assert accepted_cuts(PACK, chunks_of) == []


@settings(max_examples=200)
@given(start=st.integers(0, len(PACK) - 1), patch=st.binary(min_size=1, max_size=60))
def test_a_pack_written_over_anywhere_is_refused(start, patch) -> None:
    spoiled = (PACK[:start] + patch + PACK[start + len(patch) :])[
        : max(len(PACK), start + len(patch))
    ]
    if spoiled != PACK:
        assert code_of(lambda: chunks_of(spoiled)) is not None


@given(data=st.binary(max_size=400))
def test_random_bytes_are_no_pack(data) -> None:
    assert code_of(lambda: chunks_of(data)) is ErrorCode.OBJECT_DAMAGED
    assert code_of(lambda: chunks_of(HEADER.raw + data + HEADER.raw)) is not None
    assert (
        code_of(lambda: chunks_of(PACK[:HEADER_BYTES] + data + PACK[-TRAILER_BYTES:])) is not None
    )


def test_a_pack_under_another_name_is_refused() -> None:
    other = name_of(bytes(16))
    assert code_of(lambda: chunks_of(PACK, other)) is ErrorCode.OBJECT_DAMAGED


def test_a_pack_of_another_repository_is_called_so() -> None:
    trouble = code_of(lambda: chunks_of(PACK, keyring=OTHER_REPOSITORY))
    assert trouble is ErrorCode.REPOSITORY_DIFFERENT


def test_another_master_key_opens_nothing() -> None:
    assert code_of(lambda: chunks_of(PACK, keyring=OTHER_KEY)) is ErrorCode.OBJECT_DAMAGED


def with_version(data: bytes, version: int, kind: int = 0) -> bytes:
    return data[:8] + struct.pack(">HH", version, kind) + data[12:]


@pytest.mark.parametrize("kind", [0, 1, 2, 65535])
def test_a_newer_pack_is_called_newer_whatever_its_kind(kind) -> None:
    raw = with_version(HEADER.raw, 2, kind)
    assert code_of(lambda: read_header(KEYRING, raw, NAME)) is ErrorCode.FORMAT_NEWER
    tail = raw + PACK[-48:]
    assert code_of(lambda: read_ending(KEYRING, tail, len(PACK), NAME)) is ErrorCode.FORMAT_NEWER


def test_a_version_before_the_first_is_refused() -> None:
    raw = with_version(HEADER.raw, 0)
    assert code_of(lambda: read_header(KEYRING, raw, NAME)) is ErrorCode.OBJECT_DAMAGED


def test_a_header_that_changed_its_kind_opens_no_frame() -> None:
    """The kind is no part of the key: the associated data of every frame and directory holds it."""
    raw = with_version(HEADER.raw, 1, PackKind.META)
    assert read_header(KEYRING, raw, NAME).kind is PackKind.META
    both = raw + PACK[HEADER_BYTES:-TRAILER_BYTES] + raw + PACK[-48:]
    assert code_of(lambda: chunks_of(both)) is ErrorCode.OBJECT_DAMAGED


# --- parts in other places


def test_frames_that_changed_places_are_found() -> None:
    maker = PackMaker.begin(KEYRING)
    one, two = maker.add(b"a" * 50), maker.add(b"b" * 50)
    data = maker.end()
    first, second = (data[row.offset :][: row.stored_bytes] for row in (one, two))
    swapped = data[:HEADER_BYTES] + second + first + data[two.offset + two.stored_bytes :]
    assert len(swapped) == len(data)
    name = name_of(maker.header.pack_id)
    assert code_of(lambda: chunks_of(swapped, name)) is ErrorCode.OBJECT_DAMAGED


def test_a_frame_of_another_pack_is_found() -> None:
    packs = []
    for text in (b"a", b"b"):
        maker = PackMaker.begin(KEYRING)
        maker.add(text * 50)
        packs.append((name_of(maker.header.pack_id), maker.end()))
    (name, one), (_, two) = packs
    mixed = one[:HEADER_BYTES] + two[HEADER_BYTES : HEADER_BYTES + 66] + one[HEADER_BYTES + 66 :]
    assert code_of(lambda: chunks_of(mixed, name)) is ErrorCode.OBJECT_DAMAGED


def test_the_ending_of_another_pack_is_found() -> None:
    _, other = put_together([(b"first", Codec.PLAIN, 0)], PackKind.DATA, 0)
    mixed = PACK[: HEADER_BYTES + 21] + other[HEADER_BYTES + 21 :]
    assert code_of(lambda: chunks_of(mixed)) is ErrorCode.OBJECT_DAMAGED


@pytest.mark.parametrize("change", ["number", "chunk_id", "plain_bytes", "codec"])
def test_a_frame_is_bound_to_everything_its_row_says(change) -> None:
    row = Row(KEYRING.chunk_id(b"first"), HEADER_BYTES, 21, 5, Codec.PLAIN)
    stored = PACK[HEADER_BYTES : HEADER_BYTES + 21]
    assert open_frame(HEADER, 0, row, stored) == b"first"
    values = {
        "number": (1, row),
        "chunk_id": (0, Row(bytes(32), HEADER_BYTES, 21, 5, Codec.PLAIN)),
        "plain_bytes": (0, Row(row.chunk_id, HEADER_BYTES, 21, 6, Codec.PLAIN)),
        "codec": (0, Row(row.chunk_id, HEADER_BYTES, 21, 5, Codec.ZSTD)),
    }
    number, wrong = values[change]
    assert code_of(lambda: open_frame(HEADER, number, wrong, stored)) is ErrorCode.OBJECT_DAMAGED


@pytest.mark.parametrize("size", [0, 1, 15, 16, 20])
def test_a_frame_read_short_is_refused(size) -> None:
    row = Row(KEYRING.chunk_id(b"first"), HEADER_BYTES, 21, 5, Codec.PLAIN)
    stored = PACK[HEADER_BYTES : HEADER_BYTES + size]
    assert code_of(lambda: open_frame(HEADER, 0, row, stored)) is ErrorCode.OBJECT_DAMAGED


def test_bytes_between_frames_have_to_be_zero() -> None:
    maker = PackMaker.begin(KEYRING)
    maker.add(b"x" * 40, gap=b"\0" * 9)
    name, data = name_of(maker.header.pack_id), maker.end(gap=b"\0\0\1")
    assert code_of(lambda: chunks_of(data, name)) is ErrorCode.OBJECT_DAMAGED


# --- what only a holder of the key could forge


def forged(inside: bytes, plain_bytes: int, codec: Codec) -> tuple[str, bytes]:
    maker = PackMaker.begin(KEYRING)
    maker.add_raw(bytes(32), inside, plain_bytes, codec)
    return name_of(maker.header.pack_id), maker.end()


BOMB = zstandard.ZstdCompressor(level=1).compress(bytes(256 << 20))


@pytest.mark.parametrize(
    ("inside", "plain_bytes", "codec"),
    [
        pytest.param(BOMB, 16 << 20, Codec.ZSTD, id="gives far more than it claims"),
        pytest.param(zstandard.compress(bytes(9)), 16 << 20, Codec.ZSTD, id="gives far less"),
        pytest.param(bytes(100), 200, Codec.ZSTD, id="no compression at all"),
        pytest.param(bytes(100), 99, Codec.PLAIN, id="plain, longer than claimed"),
        pytest.param(bytes(100), 101, Codec.PLAIN, id="plain, shorter than claimed"),
        pytest.param(bytes(5), 5, Codec.PLAIN, id="another chunk than its id says"),
        pytest.param(zstandard.compress(b""), 1, Codec.ZSTD, id="nothing, compressed"),
        pytest.param(b"", 1, Codec.PLAIN, id="nothing"),
        pytest.param(bytes(9), 0, Codec.PLAIN, id="claims nothing"),
    ],
)
def test_a_frame_that_lies_about_itself_is_refused(inside, plain_bytes, codec) -> None:
    name, data = forged(inside, plain_bytes, codec)
    with little_memory(4 << 20):
        assert code_of(lambda: chunks_of(data, name)) is ErrorCode.OBJECT_DAMAGED


def row(offset: int = HEADER_BYTES, stored: int = 21, plain: int = 5) -> Row:
    return Row(bytes(32), offset, stored, plain, Codec.PLAIN)


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([row(0)], id="a frame over the header"),
        pytest.param([row(1 << 40)], id="a frame behind the pack"),
        pytest.param([row((1 << 64) - 1)], id="a frame at the end of all numbers"),
        pytest.param([row(stored=22)], id="a frame that reaches into the directory"),
        pytest.param([row(), row()], id="two frames in one place"),
        pytest.param([row(HEADER_BYTES + 3, 18, 2), row(stored=17, plain=1)], id="backwards"),
        pytest.param([row(stored=16, plain=5)], id="a frame without contents"),
        pytest.param([row(stored=0, plain=5)], id="a frame of no bytes"),
        pytest.param([row(plain=0)], id="an empty chunk"),
        pytest.param([row(plain=MAX_PLAIN_BYTES + 1)], id="a chunk above the bound"),
        pytest.param([row(plain=(1 << 32) - 1)], id="a chunk of 4 GiB"),
        pytest.param([row(stored=(1 << 32) - 1)], id="a frame of 4 GiB"),
    ],
)
def test_a_directory_with_impossible_rows_is_refused(rows) -> None:
    maker = PackMaker.begin(KEYRING)
    maker.add(b"first")
    name, data = name_of(maker.header.pack_id), maker.end(rows)
    store = MemoryStore()
    store.objects_by_name[name] = data
    trouble = code_of(lambda: read_directory(KEYRING, store, name, len(data)))
    assert trouble is ErrorCode.OBJECT_DAMAGED


def test_an_unknown_codec_is_refused(monkeypatch) -> None:
    maker = PackMaker.begin(KEYRING)
    maker.add(b"first")
    good = maker.rows[0]
    wrong = Row(good.chunk_id, good.offset, good.stored_bytes, good.plain_bytes, 2)  # type: ignore[arg-type]
    name, data = name_of(maker.header.pack_id), maker.end([wrong])
    assert code_of(lambda: chunks_of(data, name)) is ErrorCode.OBJECT_DAMAGED


def test_a_gap_has_a_bound() -> None:
    end = HEADER_BYTES + 21
    assert gaps([row()], end, "x") == []
    assert gaps([row(HEADER_BYTES + 1)], end + 1, "x") == [(HEADER_BYTES, 1)]
    assert gaps([row()], end + MAX_GAP_BYTES, "x") == [(end, MAX_GAP_BYTES)]
    for rows, offset in (
        ([row(HEADER_BYTES + MAX_GAP_BYTES + 1)], end + MAX_GAP_BYTES + 1),
        ([row()], end + MAX_GAP_BYTES + 1),
        ([row()], end - 1),
    ):
        assert code_of(gaps, rows, offset, "x") is ErrorCode.OBJECT_DAMAGED


@pytest.mark.parametrize(
    ("stored", "rows", "plain"),
    [
        (1 << 30, 1, 52),
        ((1 << 32) - 1, MAX_ROWS, 52 * MAX_ROWS),
        (100, MAX_ROWS + 1, 52 * (MAX_ROWS + 1)),
        (100, (1 << 32) - 1, (1 << 32) - 1),
        (100, 2, 52),
        (100, 1, 51),
        (100, 0, 0),
        (16, 1, 52),
        (0, 1, 52),
    ],
)
def test_a_trailer_with_impossible_numbers_is_refused_before_anything_is_read(
    stored, rows, plain
) -> None:
    """The trailer is read before it can be authenticated: it decides how much is read next."""
    size = 1 << 40
    offset = size - stored - TRAILER_BYTES
    tail = HEADER.raw + struct.pack(
        ">QIIII16s8s", offset, stored, rows, plain, 0, HEADER.pack_id, b"OBPACKEN"
    )
    trouble = code_of(lambda: read_ending(KEYRING, tail, size, NAME))
    assert trouble is ErrorCode.OBJECT_DAMAGED


@pytest.mark.parametrize("count", [0, MAX_ROWS + 1])
def test_no_pack_is_closed_that_no_reader_would_take(count) -> None:
    with pytest.raises(ValueError, match="chunk"):
        close_pack(HEADER, [row()] * count, 1000)


# --- keys and nonces


@given(
    one=st.tuples(st.integers(0, 3), st.integers(0, 1 << 63)),
    two=st.tuples(st.integers(0, 3), st.integers(0, 1 << 63)),
)
def test_a_nonce_names_its_kind_and_number(one, two) -> None:
    assert len(nonce(*one)) == 12
    assert (nonce(*one) == nonce(*two)) == (one == two)


def test_every_pack_has_its_own_id_salt_and_key() -> None:
    headers = [new_header(KEYRING, PackKind.DATA) for _ in range(2000)]
    assert len({header.pack_id for header in headers}) == 2000
    assert len({header.raw[48:80] for header in headers}) == 2000
    assert len({header.raw[80:] for header in headers}) == 2000


def test_the_check_value_says_nothing_about_the_key() -> None:
    """Both come from one HKDF output: its first 32 bytes are the key, the next 16 the check."""
    key, check = KEYRING.object_key(b"pack", HEADER.raw[48:80], HEADER.pack_id)
    assert HEADER.raw[80:] == check
    assert check not in (key[:16], key[16:])


# --- bytes that must never change

GOLDEN_SHA256 = "dac2224c5f7c7fccbe6ebbb881382d8fd88d2f9e4f494aea85af4dbe8b580543"


def test_the_bytes_of_a_pack_never_change(monkeypatch) -> None:
    """`docs/formats.md` shows such a pack byte by byte."""
    drawn = iter([bytes(range(16, 32)), bytes(range(32, 64))])
    monkeypatch.setattr(os, "urandom", lambda _: next(drawn))
    maker = PackMaker.begin(KEYRING)
    maker.add(b"first")
    maker.add(b"second " * 9, Codec.ZSTD, gap=bytes(7))
    data = maker.end()
    assert data[:HEADER_BYTES].hex() == (
        "4f425041434b0001"
        "0001"
        "0000"
        "00000000"
        "000102030405060708090a0b0c0d0e0f"
        "101112131415161718191a1b1c1d1e1f"
        "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
        "4f93e3715d91d62157f3bee96f71c2ff"
    )
    assert hashlib.sha256(data).hexdigest() == GOLDEN_SHA256


def test_an_index_is_made_again_from_less_than_two_hundredths_of_the_bytes() -> None:
    maker = PackMaker.begin(KEYRING)
    for number in range(8):
        maker.add(hashlib.sha256(b"%d" % number).digest() * (1 << 15))
    name, data = name_of(maker.header.pack_id), maker.end()
    read = []

    class Counting(MemoryStore):
        def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
            found = super().read(name, offset, length)
            read.append(len(found))
            return found

    store = Counting()
    store.objects_by_name[name] = data
    assert read_directory(KEYRING, store, name, len(data)).rows == maker.rows
    assert sum(read) < 0.02 * len(data)
