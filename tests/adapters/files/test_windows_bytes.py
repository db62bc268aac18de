"""Structures about files, on bytes that Windows, Wine and public documents give."""

from __future__ import annotations

import stat
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from offline_backup_gui.adapters.files import reparse
from offline_backup_gui.adapters.files import windows_bytes as wb

# Wine 8, GetFileInformationByHandleEx(FileIdBothDirectoryInfo) of a folder with two names.
LISTING = bytes.fromhex(
    "700000000000000067781427047ddd014f851427047ddd0167781427047ddd0167781427047ddd0100000000"
    "0000000000000000000000001000000002000000000000000000000000000000000000000000000000000000"
    "000000000000000012c05800000000002e0000000000000070000000000000000d081427047ddd010d081427"
    "047ddd010d081427047ddd010d081427047ddd01000000000000000000000000000000001000000004000000"
    "00000000000000000000000000000000000000000000000000000000000000003b485600000000002e002e00"
    "0000000078000000000000004f851427047ddd01877a1427047ddd014f851427047ddd014f851427047ddd01"
    "0500000000000000001000000000000020000000100000000000000018004300410046005f007e0043005200"
    "54002e005400580054000000e9c0580000000000630061006600e9002e007400780074000000000000000000"
    "0d081427047ddd010d081427047ddd010d081427047ddd010d081427047ddd01000000000000000000000000"
    "0000000010000000080000000000000000000000000000000000000000000000000000000000000000000000"
    "cdc0580000000000780079002e006400"
)
# MS-FSCC 2.4.44, FileStreamInformation: the layout of its table, with the names it explains.
STREAMS = b"".join(
    [
        struct.pack("<IIqq", 40, 14, 500, 4096) + "::$DATA".encode("utf-16-le") + b"\0\0",
        struct.pack("<IIqq", 0, 44, 26, 32) + ":Zone.Identifier:$DATA".encode("utf-16-le"),
    ]
)


def test_a_listing_gives_names_times_and_identities() -> None:
    rows = dict(wb.directory_rows(LISTING + bytes(100), 7))
    assert list(rows) == ["caf\u00e9.txt".encode(), b"xy.d"]
    info = rows["caf\u00e9.txt".encode()]
    assert (info.st_ino, info.st_dev, info.attributes) == (0x58C0E9, 7, wb.ARCHIVE)
    assert (info.st_mode, info.st_size, info.st_blocks) == (stat.S_IFREG | 0o600, 5, 8)
    assert info.created == info.written == info.changed == 0x01DD7D042714854F
    assert info.accessed == 0x01DD7D0427147A87
    assert info.st_mtime_ns == 1_795_628_467_998_036_700  # 2026-11-25 17:41:07
    assert stat.S_ISDIR(rows[b"xy.d"].st_mode)


def test_an_open_file_says_the_same_as_the_listing() -> None:
    # Wine 8 again: BY_HANDLE_FILE_INFORMATION and FILE_BASIC_INFO of the same file, read later.
    by_handle = "200000004f851427047ddd0120ac1427047ddd014f851427047ddd01000000430000000005000000"
    basic = "4f851427047ddd0120ac1427047ddd014f851427047ddd014f851427047ddd012000000000000000"
    data = bytes.fromhex(by_handle + "0100000000000000e9c05800")
    info = wb.handle_info(data, bytes.fromhex(basic), -1, 0)
    listed = dict(wb.directory_rows(LISTING, 0x43000000))["caf\u00e9.txt".encode()]
    assert info == structs.replace(listed, accessed=info.accessed, st_blocks=1)


def test_streams_are_named_without_the_contents() -> None:
    assert wb.streams(STREAMS + bytes(100)) == [wb.Stream("Zone.Identifier", 26)]


def test_a_junction_says_where_it_leads() -> None:
    body = struct.pack("<HHHH", 0, 24, 26, 16) + "\\??\\C:\\Users\0C:\\Users\0".encode("utf-16-le")
    data = struct.pack("<IHH", 0xA0000003, len(body), 0) + body
    assert reparse.target_of(data) == b"C:\\Users"
    assert not reparse.is_volume(data)


@pytest.mark.parametrize(
    ("target", "real", "relative"),
    [
        ("..\\a", "..\\a", True),
        ("a/b", "a\\b", True),
        ("C:\\a", "\\??\\C:\\a", False),
        ("\\\\server\\share", "\\??\\UNC\\server\\share", False),
        ("\\a", "\\a", True),
        ("\ud800", "\ud800", True),
    ],
)
def test_a_symbolic_link_is_made_as_windows_makes_it(
    target: str, real: str, relative: bool
) -> None:
    data = reparse.symlink(target)
    # MS-FSCC 2.1.2.4: names one after the other, the one for Windows first here.
    _, _, _, first, length, _, _, flags = struct.unpack_from("<IHHHHHHI", data)
    assert data[20 + first : 20 + first + length].decode("utf-16-le", "surrogatepass") == real
    assert flags == relative
    assert reparse.target_of(data) == target.replace("/", "\\").encode("utf-8", "surrogatepass")


@given(target=st.text(min_size=1, max_size=80).filter(lambda text: "\0" not in text))
def test_every_link_that_is_made_can_be_read(target: str) -> None:
    assert reparse.target_of(reparse.symlink(target)) == target.replace("/", "\\").encode()


PARSERS = [
    lambda data: list(wb.directory_rows(data, 0)),
    wb.streams,
    wb.basic_info,
    wb.first_range,
    reparse.target_of,
    reparse.is_volume,
    lambda data: wb.handle_info(data[:52], data[52:], -1, 0),
]


@given(data=st.binary(max_size=400), at=st.integers(0, 300), byte=st.integers(0, 255))
def test_wrong_bytes_are_a_value_error_and_nothing_else(data: bytes, at: int, byte: int) -> None:
    seeds = [data, LISTING, STREAMS, reparse.symlink("C:\\a")]
    for seed in seeds:
        changed = bytearray(seed)
        if changed:
            changed[at % len(changed)] = byte
        for parse in PARSERS:
            try:
                parse(bytes(changed))
            except ValueError:
                continue


@given(tick=st.integers(1, 2**63 - 1))
def test_a_time_of_windows_survives_the_way_through_nanoseconds(tick: int) -> None:
    assert wb.ticks_of(wb.ns_of(tick)) == tick


@pytest.mark.parametrize(
    ("attributes", "tag", "kind"),
    [
        (wb.DIRECTORY, 0, stat.S_IFDIR),
        (wb.DIRECTORY | wb.REPARSE, wb.TAG_MOUNT_POINT, stat.S_IFLNK),
        (wb.DIRECTORY | wb.RECALL_ON_OPEN, 0, 0),
        (wb.DIRECTORY | wb.REPARSE, wb.TAG_CLOUD | 0x3000, stat.S_IFDIR),
        (wb.DIRECTORY | wb.REPARSE, 0xA0000019, 0),
        (wb.REPARSE, wb.TAG_DEDUP, stat.S_IFREG),
        (wb.REPARSE, wb.TAG_APP_EXEC_LINK, stat.S_IFLNK),
        (wb.REPARSE, 0x80000019, 0),
    ],
)
def test_only_folders_that_are_folders_are_walked(attributes: int, tag: int, kind: int) -> None:
    assert stat.S_IFMT(wb.mode_of(attributes, tag)) == kind
