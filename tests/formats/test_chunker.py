"""Where the chunker cuts: a changed table would store everything anew, so it is held fast here."""

from __future__ import annotations

import hashlib
import sys

import pyfastcdc
import pytest
from blake3 import blake3

from offline_backup_gui.engine.chunking import AVERAGE_BYTES, MAX_BYTES, MIN_BYTES, chunker, cuts

SEED = 7020644466142583595  # of the keyring the other tests use
DATA = blake3(b"offline backup").digest(12 << 20)

GOLDEN = (
    1081707,
    2169608,
    3252070,
    4372716,
    5913626,
    7213300,
    8317328,
    9588425,
    10343034,
    11490203,
    12582912,
)
GOLDEN_CATALOGUE = "08f0e44bfcd78288a66ba704648a744dac40e857485ab4988f4551fc10278506"


def test_the_cuts_never_change() -> None:
    assert tuple(cuts(chunker(SEED), memoryview(DATA))) == GOLDEN


def test_the_cuts_of_the_catalogue_never_change() -> None:
    ends = cuts(chunker(SEED, 256 << 10), memoryview(DATA))
    assert len(ends) > 20
    assert hashlib.sha256(repr(ends).encode()).hexdigest() == GOLDEN_CATALOGUE


@pytest.mark.parametrize("seed", [0, 1, SEED + 1])
def test_another_key_cuts_elsewhere(seed) -> None:
    assert set(cuts(chunker(seed), memoryview(DATA))) & set(GOLDEN) <= {len(DATA)}


def test_chunks_keep_their_bounds() -> None:
    ends = cuts(chunker(SEED), memoryview(DATA))
    sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    assert sum(sizes) == len(DATA)
    assert max(sizes) <= MAX_BYTES
    assert min(sizes[:-1]) >= MIN_BYTES
    assert MIN_BYTES * 4 == AVERAGE_BYTES == MAX_BYTES // 4


def test_a_byte_put_in_front_moves_no_later_cut() -> None:
    moved = {end - 1 for end in cuts(chunker(SEED), memoryview(b"x" + DATA))}
    assert len(moved & set(GOLDEN)) >= len(GOLDEN) - 2


def test_the_slow_chunker_is_not_taken(monkeypatch) -> None:
    monkeypatch.setattr(sys.modules[chunker.__module__], "FastCDC", pyfastcdc.FastCDC)
    assert "cy" in pyfastcdc.FastCDC.__module__

    class Slow:
        pass

    monkeypatch.setattr(sys.modules[chunker.__module__], "FastCDC", Slow)
    with pytest.raises(RuntimeError, match="pyfastcdc"):
        chunker(SEED)
