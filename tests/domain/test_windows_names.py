"""Names that Windows would read as something else."""

from __future__ import annotations

import ntpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.windows_names import is_windows_name, is_windows_path


@pytest.mark.parametrize(
    "name",
    ["a", "a b", "a.txt", ".hidden", "über", "a..b", "console", "com", "com10", "CON1", "x" * 255],
)
def test_plain_names_are_taken(name) -> None:
    assert is_windows_name(name.encode())


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "...", "a.", "a ", "a/b", "a\\b", "..\\..\\x", "\\\\s\\x"),
        *("C:", "C:x", "x:stream", "x::$DATA", "a\nb", "a\0b", "a\x1fb"),
        *("a?", "a*", "a|b", '"a"', "<a>"),
        *("con", "CON", "con.txt", "nul", "aux .c", "COM1", "com\u00b9", "lpt9.log", "conin$"),
    ],
)
def test_names_that_windows_reads_otherwise_are_not(name) -> None:
    assert not is_windows_name(name.encode())


def test_a_name_that_is_no_utf_8_is_not_taken() -> None:
    assert not is_windows_name(b"\xff")


@given(name=st.binary(max_size=20))
def test_what_is_taken_never_leaves_its_folder(name) -> None:
    if is_windows_name(name):
        joined = ntpath.normpath(ntpath.join("D:\\target", name.decode()))
        assert joined == "D:\\target\\" + name.decode()
        assert ntpath.splitdrive(name.decode()) == ("", name.decode())


def test_every_part_of_a_path_counts() -> None:
    assert is_windows_path(b"")
    assert is_windows_path(b"a/b")
    assert not is_windows_path(b"a/../b")
    assert not is_windows_path(b"a/b\\c/d")
    assert not is_windows_path(b"/a")
