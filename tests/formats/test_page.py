"""docs/formats.md says what the program does: its example is made anew and compared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from offline_backup_gui import formats
from offline_backup_gui.formats import canonical, catalogue, keys, pack, point, record
from tests.formats import independent_reader
from tests.formats.example import KEYRING, PASSPHRASE, TEXT, TIME_NS, make_example, text

PAGE = (Path(__file__).parents[2] / "docs" / "formats.md").read_text("utf-8")


def test_the_worked_example_is_what_the_program_writes() -> None:
    blocks = re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert blocks == [text() + "\n"]


def test_the_example_is_a_repository_the_page_reader_restores(tmp_path) -> None:
    top = tmp_path / "container"
    for name, data in make_example().objects.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_bytes(data)
    independent_reader.main(str(top), PASSPHRASE, str(tmp_path / "out"))
    restored = tmp_path / "out" / "docs" / "hello.txt"
    assert restored.read_bytes() == TEXT
    assert restored.stat().st_mtime_ns == TIME_NS


def test_the_program_reads_the_example() -> None:
    example = make_example()
    slot = example.objects[keys.PASSPHRASE_SLOT]
    assert keys.open_with_passphrase(slot, PASSPHRASE) == KEYRING
    name = point.object_name(example.point.point_id)
    assert point.unseal(KEYRING, example.objects[name], name) == example.point
    found = record.read_drive_record(example.objects[RECORD], RECORD)
    record.check_drive_tag(KEYRING, found)


RECORD = "drives/e1e1e1e1e1e1e1e1.json"


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("format version 1.", formats.FORMAT_VERSION == 1),
        ("| record | 64 MiB |", canonical.MAX_RECORD_BYTES == 64 << 20),
        ("| frames in a pack, gap | 1 to 32,768; at most 1 MiB |", pack.MAX_ROWS == 32_768),
        ("at most 1 MiB |", pack.MAX_GAP_BYTES == 1 << 20),
        ("| chunk | 1 byte to 16 MiB", pack.MAX_PLAIN_BYTES == 16 << 20),
        ("| point | object 64 MiB,", point.MAX_POINT_BYTES == 64 << 20),
        ("; 524,288 rows in each list", point.MAX_ROWS == 524_288),
        ("| listing | 65,536 entries; 16 MiB", catalogue.PLAIN_LISTING_BYTES == 16 << 20),
        ("| listing | 65,536 entries;", catalogue.MAX_ENTRIES == 65_536),
        ("a listing of one file 1 GiB", catalogue.MAX_LISTING_BYTES == 1 << 30),
        ("| 8 MiB to 256 MiB;", (keys.MEMORY_KIB_MIN, keys.MEMORY_KIB_MAX) == (1 << 13, 1 << 18)),
        ("; 1 to 16; 1 to 16;", (keys.ITERATIONS_MAX, keys.LANES_MAX) == (16, 16)),
        ("memory times iterations at most 2 GiB", keys.WORK_KIB_MAX == 2 << 20),
        ("at most 200 characters", record.MAX_TEXT == 200),
    ],
)
def test_the_bounds_of_the_page_are_those_of_the_program(said, value) -> None:
    assert said in PAGE
    assert value
