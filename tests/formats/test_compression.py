"""Unpacking never gives more than was promised, and asks for no more memory than that."""

from __future__ import annotations

import struct
import time

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.formats.compression import pack, unpack
from tests.formats.hostile import code_of, little_memory, refusal

BOMB = zstandard.ZstdCompressor(level=1).compress(bytes(256 << 20))


def silent_frame(data: bytes) -> bytes:
    """Give a frame that does not say how long its contents are."""
    return zstandard.ZstdCompressor(write_content_size=False).compress(data)


def lying_frame(data: bytes, claim: int) -> bytes:
    """Give a frame of `data` whose header claims another length, in a field of eight bytes."""
    honest = silent_frame(data)
    assert honest[4] & 0b11100000 == 0, "no content size, no single segment"
    descriptor = honest[4] | 0b11000000
    return honest[:4] + bytes([descriptor]) + honest[5:6] + struct.pack("<Q", claim) + honest[6:]


@given(data=st.binary(min_size=1, max_size=5000), level=st.integers(1, 3))
def test_what_was_packed_comes_back(data, level) -> None:
    assert unpack(pack(data, level), len(data), "x") == data


@pytest.mark.parametrize("claim", [0, 1, 100, 16 << 20, (256 << 20) - 1, (256 << 20) + 1])
def test_a_frame_that_gives_more_or_less_than_promised_is_refused_unread(claim) -> None:
    begun = time.perf_counter()
    with little_memory(1 << 20):
        assert code_of(lambda: unpack(BOMB, claim, "x")) is ErrorCode.OBJECT_DAMAGED
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize("claim", [0, 1, 4999, 5001, 1 << 20, 1 << 40, (1 << 64) - 3])
def test_a_frame_that_lies_about_its_length_is_refused(claim) -> None:
    frame = lying_frame(b"abcde" * 1000, claim)
    with little_memory(4 << 20):
        assert code_of(lambda: unpack(frame, min(claim, 1 << 20), "x")) is ErrorCode.OBJECT_DAMAGED


def test_an_honest_frame_of_the_same_make_is_read() -> None:
    assert unpack(lying_frame(b"abcde" * 1000, 5000), 5000, "x") == b"abcde" * 1000


def test_a_frame_that_keeps_its_length_to_itself_is_refused() -> None:
    frame = silent_frame(b"abc")
    assert code_of(lambda: unpack(frame, 3, "x")) is ErrorCode.OBJECT_DAMAGED


def test_bytes_after_the_frame_are_refused() -> None:
    frame = pack(b"abc" * 100, 1)
    for more in (b"\0", frame, b"\x50\x2a\x4d\x18\x00\x00\x00\x00"):
        assert code_of(unpack, frame + more, 300, "x") is ErrorCode.OBJECT_DAMAGED


def test_a_frame_that_needs_a_dictionary_is_refused() -> None:
    words = zstandard.ZstdCompressionDict(b"office backup " * 50)
    trained = zstandard.train_dictionary(
        400, [b"%d office backup %d" % (n, n * n) for n in range(500)]
    )
    for dictionary in (words, trained):
        frame = zstandard.ZstdCompressor(dict_data=dictionary).compress(b"7 office backup 49" * 9)
        assert code_of(unpack, frame, 162, "x") is ErrorCode.OBJECT_DAMAGED


@given(data=st.binary(max_size=200), size=st.integers(0, 1000))
def test_random_bytes_are_refused(data, size) -> None:
    for text in (data, b"\x28\xb5\x2f\xfd" + data, b"\x50\x2a\x4d\x18" + data):
        refusal(unpack, text, size, "x")


@given(data=st.binary(min_size=1, max_size=300), at=st.integers(0), cut=st.integers(0))
def test_a_frame_cut_short_is_refused(data, at, cut) -> None:
    frame = pack(data, 1)
    short = frame[: cut % len(frame)]
    assert code_of(lambda: unpack(short, len(data), "x")) is ErrorCode.OBJECT_DAMAGED
