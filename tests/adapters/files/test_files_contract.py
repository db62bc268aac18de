"""What the port `Files` promises, on a Unix and on the recorded NTFS; and what it never does."""

from __future__ import annotations

import os
import stat
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.adapters.files.posix import PosixFiles
from offline_backup_gui.adapters.files.windows_paths import long_path, stream_path
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.file_ports import Files
from offline_backup_gui.domain.file_traits import WindowsTraits
from offline_backup_gui.domain.windows_names import is_stream_name, is_verbatim_name
from offline_backup_gui.engine.source import is_sparse, unchanged
from offline_backup_gui.formats.catalogue import Entry, Kind, Listing, decode, encode
from tests.fake_ntfs import FakeNtfs, FakeWindowsFiles

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake lies on a Unix folder")


@pytest.fixture(params=["posix", "windows"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    if request.param == "posix":
        return PosixFiles()
    door = FakeNtfs(str(tmp_path / "streams"))
    return FakeWindowsFiles(lambda: door)


def never(path: bytes, error: OSError) -> None:
    raise AssertionError(path) from error


def test_a_folder_is_listed_in_byte_order_with_what_an_open_file_says(
    files: Files, tmp_path: Path
) -> None:
    top = tmp_path / "top"
    (top / "b").mkdir(parents=True)
    for name in ("c", "a", "ä", "B"):
        (top / name).write_bytes(b"12345")
    children = files.children(bytes(top), never)
    assert [child.name for child in children] == [b"B", b"a", b"b", b"c", "ä".encode()]
    for child in children:
        if child.name == b"b":
            assert stat.S_ISDIR(child.stat.st_mode)
            continue
        fd = files.open(bytes(top / os.fsdecode(child.name)), child)
        assert unchanged(child.stat, files.info(fd))
        assert os.read(fd, 9) == b"12345"
        os.close(fd)
        assert files.refusal(child.stat) is None


def test_holes_are_found(files: Files, tmp_path: Path) -> None:
    path = bytes(tmp_path / "sparse")
    fd = files.create(path, Entry(b"sparse", sparse=True))
    os.lseek(fd, 1 << 20, os.SEEK_SET)
    os.write(fd, b"data")
    files.truncate(fd, 4 << 20)
    os.close(fd)
    (child,) = [c for c in files.children(bytes(tmp_path), never) if c.name == b"sparse"]
    fd = files.open(path, child)
    info = files.info(fd)
    assert is_sparse(info)
    assert files.next_data(fd, 0, info.st_size) == 1 << 20
    assert files.next_data(fd, 2 << 20, info.st_size) == info.st_size
    os.close(fd)


def test_a_new_file_is_new_and_takes_the_place_of_another_only_by_its_name(
    files: Files, tmp_path: Path
) -> None:
    part, path = bytes(tmp_path / "part"), bytes(tmp_path / "file")
    Path(os.fsdecode(path)).write_bytes(b"old")
    fd = files.create(part, Entry(b"file"))
    os.write(fd, b"new")
    files.set(fd, Entry(b"file", mode=0o400, mtime_ns=10**18))
    os.close(fd)
    with pytest.raises(FileExistsError):
        files.create(part, Entry(b"file"))
    files.rename(part, path)
    assert Path(os.fsdecode(path)).read_bytes() == b"new"
    assert files.lstat(path).st_mtime_ns == 10**18
    files.remove(path)
    assert not os.path.lexists(path)


def test_what_vanished_is_an_error_of_the_system_and_traits_say_so(
    files: Files, tmp_path: Path
) -> None:
    (tmp_path / "gone").write_bytes(b"")
    (child,) = [c for c in files.children(bytes(tmp_path), never) if c.name == b"gone"]
    os.unlink(tmp_path / "gone")
    path = bytes(tmp_path / "gone")
    for ask in (files.open, files.lstat, files.info):
        with pytest.raises(OSError):  # noqa: PT011
            ask(path)
    assert files.traits(path, child.stat).lacks


# --- hostile catalogues


def test_only_links_are_ever_made_from_a_reparse_point(tmp_path: Path) -> None:
    door = FakeNtfs(str(tmp_path / "streams"))
    files = FakeWindowsFiles(lambda: door)
    for tag in (0x9000001A, 0x80000013, 0x80000017, 0xA0000019, 0):
        known = WindowsTraits(reparse=struct.pack("<IHH", tag, 4, 0) + b"evil")
        path = bytes(tmp_path / "link")
        with pytest.raises(OSError, match=r"no link|reparse"):
            files.make_link(path, Entry(b"link", Kind.SYMLINK, target=b"x", windows=known))
        assert not os.path.lexists(path)


@pytest.mark.parametrize(
    "name", [b"", b"x:$DATA", b"$I30:$INDEX_ALLOCATION", b"..\\x", b"a/b", b"\xff", b"a\0b", b":"]
)
def test_a_stream_is_never_anything_else(tmp_path: Path, name: bytes) -> None:
    door = FakeNtfs(str(tmp_path / "streams"))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OSError, match="no name of a stream"):
        FakeWindowsFiles(lambda: door).create_stream(bytes(tmp_path / "file"), name)
    assert not is_stream_name(name)


@pytest.mark.parametrize(
    "entry",
    [
        Entry(b"no-colon", stream=True),
        Entry(b"a:b", Kind.FOLDER, stream=True),
        Entry(b"a:b", Kind.SYMLINK, target=b"x", stream=True),
    ],
)
def test_a_listing_in_which_a_stream_is_no_stream_is_damaged(entry: Entry) -> None:
    with pytest.raises(BackupError):
        decode(encode(Listing(0, b"", entries=[entry]))[4:])


@given(name=st.text(min_size=1, max_size=20))
def test_a_name_taken_word_for_word_stays_one_part_of_its_path(name: str) -> None:
    raw = name.encode("utf-8", "surrogatepass")
    if is_verbatim_name(raw):
        assert not set(name) & set('\\/:*?"<>|') | {sign for sign in name if sign < " "}
        assert name not in (".", "..")


@pytest.mark.parametrize(
    ("path", "full"),
    [
        (b"C:\\data/a/b", "\\\\?\\C:\\data\\a\\b"),
        (b"C:\\/a", "\\\\?\\C:\\a"),
        (b"\\\\server\\share/x", "\\\\?\\UNC\\server\\share\\x"),
        (b"\\\\?\\C:\\x/CON", "\\\\?\\C:\\x\\CON"),
        (b"C:\\x/dot.", "\\\\?\\C:\\x\\dot."),
    ],
)
def test_paths_take_the_form_that_windows_does_not_change(path: bytes, full: str) -> None:
    assert long_path(path) == full


def test_streams_of_files_and_of_the_source_itself_have_their_paths() -> None:
    assert stream_path(b"C:\\d/f.txt:s") == "\\\\?\\C:\\d\\f.txt:s:$DATA"
    assert stream_path(b"C:\\d/:s") == "\\\\?\\C:\\d:s:$DATA"
    assert stream_path(b"C:\\/:s") == "\\\\?\\C:\\:s:$DATA"
    assert stream_path(b"C:\\d/f.txt") == "\\\\?\\C:\\d\\f.txt"
