"""Listings: what is written comes back, and no value in one leads a restore astray."""

from __future__ import annotations

import itertools
import time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.formats.catalogue import (
    HOLE,
    MAX_ENTRIES,
    MAX_LISTING_BYTES,
    Entry,
    Kind,
    Listing,
    bodies,
    decode,
    decode_folder,
    encode,
    encode_folder,
    listings,
    safe_name,
)
from tests.formats.hostile import code_of, little_memory, refusal

NAMES = st.binary(min_size=1, max_size=255).filter(safe_name)
CHUNK = bytes(range(32))
SIZES = st.integers(0, (1 << 63) - 1)
TIMES = st.integers(-(1 << 63), (1 << 64) - 1)
IDS = st.integers(0, (1 << 32) - 1)
ATTRIBUTES = st.dictionaries(NAMES, st.binary(max_size=40), max_size=3)


@st.composite
def entries(draw, chunks: int) -> Entry:
    kind = draw(st.sampled_from(Kind))
    entry = Entry(
        name=draw(NAMES),
        kind=kind,
        mode=draw(st.integers(0, 0o7777)),
        uid=draw(IDS),
        gid=draw(IDS),
        mtime_ns=draw(TIMES),
        attributes=draw(ATTRIBUTES),
    )
    if kind is Kind.SYMLINK:
        entry.target = draw(st.binary(min_size=1, max_size=50).filter(lambda t: b"\0" not in t))
    if kind is Kind.FILE:
        pieces = draw(
            st.lists(
                st.tuples(
                    st.integers(HOLE, chunks - 1), st.integers(0, 1 << 24), st.integers(1, 1 << 50)
                ),
                max_size=4,
            )
        )
        entry.extents = [number for piece in pieces for number in piece]
        entry.size = sum(piece[2] for piece in pieces)
        entry.sparse, entry.unsure = draw(st.booleans()), draw(st.booleans())
        entry.link_group = draw(st.binary(max_size=8))
    return entry


@st.composite
def folders(draw) -> Listing:
    chunks = draw(st.lists(st.binary(min_size=32, max_size=32), max_size=3))
    path = b"/".join(draw(st.lists(NAMES, max_size=4)))
    return Listing(
        draw(st.integers(0, 9)), path, chunks, draw(st.lists(entries(len(chunks)), max_size=4))
    )


@given(listing=folders(), most=st.integers(1, 3))
def test_a_large_folder_is_several_listings_and_comes_back_as_one(listing, most) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("offline_backup_gui.formats.catalogue._PART_ENTRIES", most)
        data = encode_folder(listing)
    parts = list(listings([data]))
    assert all(len(part.entries) <= most for part in parts)
    assert {(part.root, part.path) for part in parts} == {(listing.root, listing.path)}
    whole = decode_folder(data)
    assert [entry.name for entry in whole.entries] == [entry.name for entry in listing.entries]
    for mine, theirs in zip(whole.entries, listing.entries, strict=True):
        assert _contents(mine, whole) == _contents(theirs, listing)


def _contents(entry: Entry, folder: Listing) -> list[object]:
    return [
        folder.chunks[value] if at % 3 == 0 and value != HOLE else value
        for at, value in enumerate(entry.extents)
    ]


def test_a_folder_of_many_entries_is_cut_and_no_listing_may_have_more() -> None:
    folder = Listing(0, b"", [], [Entry(b"%d" % number) for number in range(20_000)])
    assert len(list(listings([encode_folder(folder)]))) > 1
    many = Listing(0, b"", [], [Entry(b"%d" % number) for number in range(MAX_ENTRIES + 1)])
    assert code_of(lambda: decode(encode(many)[4:])) is ErrorCode.FORMAT_DAMAGED


@given(listing=folders())
def test_a_listing_comes_back(listing) -> None:
    data = encode(listing)
    assert int.from_bytes(data[:4], "big") == len(data) - 4
    assert decode(data[4:]) == listing
    assert decode(memoryview(data)[4:]) == listing


@given(found=st.lists(folders(), max_size=4), cuts=st.lists(st.integers(0, 4000), max_size=8))
def test_a_stream_of_listings_comes_back_however_it_was_cut(found, cuts) -> None:
    stream = b"".join(map(encode, found))
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    pieces = [stream[start:end] for start, end in itertools.pairwise(edges)]
    assert list(listings(pieces)) == found


FOLDER = Listing(
    0,
    b"a/b",
    [CHUNK],
    [Entry(b"x", size=5, extents=[0, 0, 5]), Entry(b"y", Kind.SYMLINK, target=b"x")],
)
BODY = encode(FOLDER)[4:]


def test_a_listing_cut_short_is_refused() -> None:
    for length in range(len(BODY)):
        assert code_of(decode, BODY[:length]) is ErrorCode.FORMAT_DAMAGED
    for length in range(1, len(BODY) + 4):
        cut = encode(FOLDER)[:length]
        assert code_of(lambda pieces: list(bodies(pieces)), [cut]) is ErrorCode.FORMAT_DAMAGED
    assert code_of(lambda: decode(BODY + b"\xc0")) is ErrorCode.FORMAT_DAMAGED


@given(data=st.binary(max_size=300))
def test_random_bytes_give_a_listing_or_a_refusal(data) -> None:
    refusal(lambda: decode(data))
    refusal(lambda: list(listings([data])))


@given(at=st.integers(0, len(BODY) - 1), value=st.integers(0, 255))
def test_a_listing_with_a_wrong_byte_gives_a_listing_or_a_refusal(at, value) -> None:
    """Flipped bits are found by the frame's authentication; here only no crash may come."""
    refusal(lambda: decode(BODY[:at] + bytes([value]) + BODY[at + 1 :]))


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(Entry(b""), id="no name"),
        pytest.param(Entry(b"."), id="the folder itself"),
        pytest.param(Entry(b".."), id="the folder above"),
        pytest.param(Entry(b"a/b"), id="a path as a name"),
        pytest.param(Entry(b"/etc"), id="an absolute path"),
        pytest.param(Entry(b"a\0b"), id="a NUL"),
        pytest.param(Entry(b"a", size=1), id="a size without contents"),
        pytest.param(Entry(b"a", size=-1), id="a size below zero"),
        pytest.param(
            Entry(b"a", size=1 << 63, extents=[HOLE, 0, 1 << 63]), id="a size no system has"
        ),
        pytest.param(Entry(b"a", size=5, extents=[0, 0]), id="half an extent"),
        pytest.param(Entry(b"a", size=5, extents=[1, 0, 5]), id="a chunk that is not listed"),
        pytest.param(Entry(b"a", size=5, extents=[-2, 0, 5]), id="a chunk below the hole"),
        pytest.param(Entry(b"a", size=5, extents=[0, -1, 5]), id="an offset below zero"),
        pytest.param(
            Entry(b"a", size=5, extents=[0, (1 << 64) - 1, 5]), id="an offset out of range"
        ),
        pytest.param(Entry(b"a", size=0, extents=[0, 0, 0]), id="a piece of no length"),
        pytest.param(
            Entry(b"a", size=5, extents=[0, 0, 9, 0, 0, -4]), id="a piece of negative length"
        ),
        pytest.param(Entry(b"a", size=4, extents=[0, 0, 5]), id="pieces longer than the file"),
        pytest.param(Entry(b"a", mode=0o10000), id="a mode with further bits"),
        pytest.param(Entry(b"a", mode=-1), id="a mode below zero"),
        pytest.param(Entry(b"a", uid=-1), id="an owner below zero"),
        pytest.param(Entry(b"a", gid=1 << 32), id="a group no system has"),
        pytest.param(Entry(b"a", target=b"x"), id="a file with a target"),
        pytest.param(Entry(b"a", Kind.SYMLINK), id="a link to nowhere"),
        pytest.param(Entry(b"a", Kind.SYMLINK, target=b"x\0"), id="a link with a NUL"),
        pytest.param(Entry(b"a", Kind.SYMLINK, target=b"x", size=5), id="a link with a size"),
        pytest.param(Entry(b"a", Kind.FOLDER, extents=[0, 0, 5]), id="a folder with contents"),
        pytest.param(Entry(b"a", Kind.FIFO, target=b"x"), id="a FIFO with a target"),
        pytest.param(Entry(b"a", attributes={b"": b""}), id="an attribute without a name"),
        pytest.param(Entry(b"a", attributes={b"a\0": b""}), id="an attribute with a NUL"),
    ],
)
def test_a_hostile_entry_is_refused(entry) -> None:
    body = encode(Listing(0, b"", [CHUNK], [entry]))[4:]
    assert code_of(lambda: decode(body)) is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize(
    "listing",
    [
        Listing(-1, b""),
        Listing(0, b"/"),
        Listing(0, b"/a"),
        Listing(0, b"a/"),
        Listing(0, b"a//b"),
        Listing(0, b"a/../b"),
        Listing(0, b"./a"),
        Listing(0, b"a\0"),
        Listing(0, b"", [bytes(31)]),
        Listing(0, b"", [bytes(33)]),
        Listing(0, b"", [b""]),
    ],
)
def test_a_hostile_listing_is_refused(listing) -> None:
    assert code_of(lambda: decode(encode(listing)[4:])) is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"\x82\xa1r\x00\xa1e\xdd\xff\xff\xff\xff", id="four thousand million entries"),
        pytest.param(b"\x82\xa1r\x00\xa1c\xdd\x08\x00\x00\x00", id="a hundred million chunks"),
        pytest.param(b"\x81\xa1p\xc6\xff\xff\xff\xff", id="a path of 4 GiB"),
        pytest.param(b"\xdf\xff\xff\xff\xff", id="a map without end"),
        pytest.param(b"\x81\xa1z" + b"\x91" * 1_000_000, id="a million lists inside each other"),
        pytest.param(
            b"\x81\xa1z" + b"\x81\xc0" * 500_000, id="half a million maps inside each other"
        ),
        pytest.param(b"\x81\xa1e" + b"\x91" * 1_000_000, id="lists where entries belong"),
        pytest.param(b"\x82\xa1r\xcb\x7f\xf8\0\0\0\0\0\0\xa1p\xc4\0", id="not a number"),
        pytest.param(b"\x82\xa1r\x00\xa1p\xa3\xff\xfe\xfd", id="text where bytes belong"),
        pytest.param(b"\x82\xa1r\x00\xa1p\xc4\0\xc1", id="a byte MessagePack never uses"),
        pytest.param(b"\xc0", id="nothing"),
        pytest.param(b"", id="no byte"),
    ],
)
def test_a_msgpack_bomb_is_refused_quickly_and_in_little_memory(body) -> None:
    begun = time.perf_counter()
    with little_memory(16 << 20):
        assert code_of(lambda: decode(body)) is ErrorCode.FORMAT_DAMAGED
    assert time.perf_counter() - begun < 2


def test_an_unknown_kind_is_refused() -> None:
    body = msgspec.msgpack.encode({"r": 0, "p": b"", "e": [{"n": b"a", "k": 9}]})
    assert code_of(lambda: decode(body)) is ErrorCode.FORMAT_DAMAGED


def test_a_length_above_the_bound_is_refused_before_anything_is_gathered() -> None:
    def endless():
        yield (MAX_LISTING_BYTES + 1).to_bytes(4, "big")
        raise AssertionError("read on")

    assert code_of(lambda: list(bodies(endless()))) is ErrorCode.FORMAT_DAMAGED


def test_a_listing_that_nobody_would_read_is_not_written(monkeypatch) -> None:
    monkeypatch.setattr("offline_backup_gui.formats.catalogue.MAX_LISTING_BYTES", 100)
    with pytest.raises(ValueError, match="folder"):
        encode(Listing(0, b"x" * 101))


@pytest.mark.parametrize(
    "name",
    [
        b"a",
        b"...",
        b" ",
        b"a.",
        b"con",
        b"a\nb",
        b"\xff\xfe",
        b"a\\b",
        b"C:",
        "\u202eabc".encode(),
        b"x" * 255,
    ],
)
def test_awkward_names_are_kept_as_they_are(name) -> None:
    """What another system does not allow as a name is a matter for the restore there."""
    assert decode(encode(Listing(0, b"", [], [Entry(name)]))[4:]).entries[0].name == name


def test_the_bytes_of_a_listing_never_change() -> None:
    entry = Entry(
        b"a",
        Kind.FILE,
        0o644,
        1000,
        1000,
        7,
        1_700_000_000_000_000_000,
        [0, 0, 5, HOLE, 0, 2],
        b"",
        b"12345678",
        True,
        {b"user.x": b"y"},
        True,
    )
    data = encode(Listing(1, b"docs", [CHUNK], [entry, Entry(b"b", Kind.SYMLINK, target=b"a")]))
    assert data.hex() == GOLDEN


GOLDEN = (
    "0000008e84a17201a170c404646f6373a16391c420000102030405060708090a0b0c0d0e0f101112"
    "131415161718191a1b1c1d1e1fa165928ba16ec40161a16dcd01a4a175cd03e8a167cd03e8a17307"
    "a174cf17979cfe362a0000a17896000005ff0002a168c4083132333435363738a170c3a16181c406"
    "757365722e78c40179a163c383a16ec40162a16b02a16cc40161"
)
