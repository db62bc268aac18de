"""Records of files that were copied as they are: what is not exactly ours is refused."""

from __future__ import annotations

import random

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats.mirror import (
    FOLDER,
    MirroredFile,
    mirror_record,
    read_mirror_record,
    record_name,
)

FILE = MirroredFile("Folder/Büro.BaseBlob", 5 << 20, -7, "ab" * 32, "cd" * 32, "ef" * 16, True)
NAME = record_name(3)


def test_a_record_is_read_as_it_was_written() -> None:
    files = (FILE, replace(FILE, name="other", md5="", blocks="", size=0, verified=False))
    assert read_mirror_record(mirror_record(files), NAME) == files
    assert f"{FOLDER}00000003.json" == NAME


def test_every_flipped_bit_is_found() -> None:
    data = mirror_record((FILE,))
    for bit in random.Random(7).sample(range(8 * len(data)), 500):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BackupError) as caught:
            read_mirror_record(bytes(flipped), NAME)
        assert caught.value.code is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize(
    "wrong", [{"size": -1}, {"size": 1 << 63}, {"blake3": "ab"}, {"blocks": "c" * 31}, {"md5": "x"}]
)
def test_a_record_with_impossible_values_is_damaged(wrong: dict[str, object]) -> None:
    with pytest.raises(BackupError) as caught:
        read_mirror_record(mirror_record((replace(FILE, **wrong),)), NAME)
    assert caught.value.code is ErrorCode.FORMAT_DAMAGED
