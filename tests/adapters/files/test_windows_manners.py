"""What file systems and servers of Windows refuse, hide or number otherwise than NTFS does."""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Sequence
from pathlib import Path

import pytest

from offline_backup_gui.adapters.files import reparse, win32, windows_source
from offline_backup_gui.adapters.files import windows_bytes as wb
from offline_backup_gui.adapters.files.sddl import sddl_of
from offline_backup_gui.adapters.files.win32 import expose_placeholders
from offline_backup_gui.adapters.files.windows import WindowsFiles
from offline_backup_gui.adapters.files.windows_paths import stream_path
from offline_backup_gui.domain.book import Reason
from offline_backup_gui.domain.file_traits import Child, WindowsTraits
from offline_backup_gui.formats.catalogue import Entry, Kind
from tests.fake_ntfs import FakeNtfs, FakeWindowsFiles
from tests.fake_rights import trouble
from tests.windows_objects import Spec, make, name_bytes

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake lies on a Unix folder")

SDDL = "O:BAG:SYD:P(A;;FA;;;SY)S:(AU;SA;FA;;;WD)"


class Share(FakeNtfs):
    """A share of a server on which we may not read audit lists, whatever we may here."""

    def open(self, path: str, access: int, disposition: int, flags: int) -> int:
        if access & win32.ACCESS_SYSTEM_SECURITY:
            raise trouble(win32.ERROR_PRIVILEGE_NOT_HELD)
        return super().open(path, access, disposition, flags)


def files_on(door: FakeNtfs) -> FakeWindowsFiles:
    return FakeWindowsFiles(lambda: door)


def child_of(files: WindowsFiles, path: Path) -> Child:
    found = files.children(bytes(path.parent), lambda path, error: None)
    return next(child for child in found if child.name == path.name.encode())


# --- reading


def test_a_share_that_gives_no_audit_list_is_read_and_written_without_it(tmp_path: Path) -> None:
    door = Share(str(tmp_path / "side"))
    files = files_on(door)
    path = tmp_path / "file"
    path.write_bytes(b"contents")
    fd = files.open(bytes(path), child_of(files, path))
    assert os.read(fd, 9) == b"contents"
    os.close(fd)
    known = WindowsTraits(attributes=wb.HIDDEN, written=10**17, sddl=SDDL)
    fd = files.create(bytes(tmp_path / "new"), Entry(b"new"))
    lacks = files.set(fd, Entry(b"new", windows=known))
    assert [lack.partition(":")[0] for lack in lacks] == ["rights"]
    assert "audit list" in lacks[0]
    rights = door.security(fd, 7)
    os.close(fd)
    assert sddl_of(rights) == SDDL.partition("S:")[0]
    (tmp_path / "folder").mkdir()
    lacks = files.set(bytes(tmp_path / "folder"), Entry(b"folder", Kind.FOLDER, windows=known))
    assert "audit list" in lacks[0]


@pytest.mark.parametrize("tag", [wb.TAG_DEDUP, wb.TAG_WOF, wb.TAG_CLOUD | 0x6000])
def test_a_deduplicated_file_opened_by_its_path_alone_gives_its_contents(
    tmp_path: Path, tag: int
) -> None:
    door = FakeNtfs(str(tmp_path / "side"))
    link = struct.pack("<IHH", tag, 4, 0) + bytes(4)
    spec = Spec(path="file", recorded=wb.REPARSE, reparse=link, contents=b"what it stands for")
    make(door, bytes(tmp_path), spec, door.place)
    fd = files_on(door).open(bytes(tmp_path / "file"))
    assert os.read(fd, 99) == b"what it stands for"
    os.close(fd)


def test_a_file_that_went_into_a_cloud_since_it_was_listed_is_not_brought_from_there(
    tmp_path: Path,
) -> None:
    door = FakeNtfs(str(tmp_path / "side"))
    link = struct.pack("<IHH", wb.TAG_CLOUD, 4, 0) + bytes(4)
    spec = Spec(path="file", recorded=wb.REPARSE | wb.RECALL_ON_DATA, reparse=link)
    make(door, bytes(tmp_path), spec, door.place)
    with pytest.raises(OSError, match="cloud"):
        files_on(door).open(bytes(tmp_path / "file"))
    assert door.recalled == []


class Unattended(FakeNtfs):
    """A folder of which a part lies in a cloud whose sync engine is not running."""

    def __init__(self, side: str) -> None:
        super().__init__(side)
        self.raw: set[int] = set()

    def open(self, path: str, access: int, disposition: int, flags: int) -> int:
        fd = super().open(path, access, disposition, flags)
        self.raw.discard(fd)
        if flags & win32.OPEN_REPARSE_POINT:
            self.raw.add(fd)
        return fd

    def query(self, descriptor: int, kind: int, room_bytes: int) -> bytes:
        if kind == win32.ID_BOTH_DIRECTORY and descriptor not in self.raw:
            raise trouble(win32.ERROR_CLOUD_FILE_PROVIDER_NOT_RUNNING)
        return super().query(descriptor, kind, room_bytes)


def test_without_its_sync_engine_a_folder_gives_what_is_here_and_names_the_rest(
    tmp_path: Path,
) -> None:
    (tmp_path / "top").mkdir()
    (tmp_path / "top" / "here.docx").write_bytes(b"here")
    told: list[tuple[bytes, int]] = []
    files = files_on(Unattended(str(tmp_path / "side")))
    found = files.children(
        bytes(tmp_path / "top"),
        lambda path, error: told.append((path, error.winerror)),  # type: ignore[attr-defined]
    )
    assert [child.name for child in found] == [b"here.docx"]
    assert told == [(bytes(tmp_path / "top" / "*"), 362)]


class Refs(FakeNtfs):
    """Files of which the 64 bits of the old number are all ones, as ReFS may give them."""

    numbers: dict[str, int]

    def __init__(self, side: str, numbers: dict[str, int]) -> None:
        super().__init__(side)
        self.numbers = numbers

    def by_handle(self, descriptor: int) -> bytes:
        data = super().by_handle(descriptor)
        return data[:40] + struct.pack("<I", 2) + b"\xff" * 8

    def query(self, descriptor: int, kind: int, room_bytes: int) -> bytes:
        if kind == win32.FILE_ID:
            name = os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))
            if name not in self.numbers:
                raise trouble(win32.ERROR_INVALID_PARAMETER)
            return struct.pack("<Q", 7) + self.numbers[name].to_bytes(16, "little")
        return super().query(descriptor, kind, room_bytes)


def test_names_of_different_files_are_never_taken_for_names_of_one(tmp_path: Path) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).write_bytes(name.encode())
    same, other = (5 << 64) + 9, (6 << 64) + 9
    files = files_on(Refs(str(tmp_path / "side"), {"a": same, "b": other, "c": same}))
    infos = {}
    for name in ("a", "b", "c", "d"):
        infos[name] = files.look(bytes(tmp_path / name), child_of(files, tmp_path / name))[0].stat
    assert infos["a"].st_ino == infos["c"].st_ino != infos["b"].st_ino
    assert all(0 <= info.st_ino < 1 << 64 for info in infos.values())
    assert [infos[name].st_nlink for name in "abcd"] == [2, 2, 2, 1]


def test_the_long_number_of_a_file_on_ntfs_is_the_short_one() -> None:
    data = struct.pack("<QQQ", 0x1EE7C0DE, 0x0005_0000_0000_1234, 0)
    assert wb.file_number(data) == 0x0005_0000_0000_1234
    assert wb.file_number(struct.pack("<Q", 1) + b"\xff" * 16) is None
    with pytest.raises(ValueError, match="number"):
        wb.file_number(bytes(23))


def test_an_empty_volume_is_an_empty_folder(tmp_path: Path) -> None:
    class Root(FakeNtfs):
        def query(self, descriptor: int, kind: int, room_bytes: int) -> bytes:
            if kind == win32.ID_BOTH_DIRECTORY:
                raise trouble(win32.ERROR_FILE_NOT_FOUND)
            return super().query(descriptor, kind, room_bytes)

    (tmp_path / "top").mkdir()
    files = files_on(Root(str(tmp_path / "side")))
    assert files.children(bytes(tmp_path / "top"), lambda path, error: None) == []


def test_streams_of_a_link_are_named_as_not_kept(tmp_path: Path) -> None:
    door = FakeNtfs(str(tmp_path / "side"))
    link = Spec(path="link", kind="link", streams={"note": b"1"})
    make(door, bytes(tmp_path), link, None)
    fd = door.open(str(tmp_path / "link"), win32.GENERIC_WRITE, win32.OPEN_EXISTING, 0)
    door.control(fd, win32.SET_REPARSE_POINT, reparse.symlink("C:\\elsewhere"), 0)
    os.close(fd)
    files = files_on(door)
    found, streams = files.look(bytes(tmp_path / "link"), child_of(files, tmp_path / "link"))
    assert stat.S_ISLNK(found.stat.st_mode)
    assert (streams, found.lacks) == ([], ((Reason.STREAMS_OF_LINK, "note"),))


@pytest.mark.parametrize(
    ("path", "full"),
    [
        (
            "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy7\\:s",
            "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy7\\:s:$DATA",
        ),
        (
            "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy7\\data\\:s",
            "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy7\\data:s:$DATA",
        ),
        (
            "\\\\?\\Volume{3f1e2d60-7d0a-11ee-9b1c-806e6f6e6963}\\:s",
            "\\\\?\\Volume{3f1e2d60-7d0a-11ee-9b1c-806e6f6e6963}\\:s:$DATA",
        ),
        ("\\\\server\\share\\:s", "\\\\?\\UNC\\server\\share\\:s:$DATA"),
        ("\\\\server\\share\\d\\:s", "\\\\?\\UNC\\server\\share\\d:s:$DATA"),
    ],
)
def test_the_streams_of_a_whole_volume_keep_the_separator_that_makes_it_a_folder(
    path: str, full: str
) -> None:
    assert stream_path(name_bytes(path)) == full


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        (b"D:\\", 0),
        (b"\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy2\\", 0),
        (b"D:\\System Volume Information", wb.HIDDEN | wb.SYSTEM),
    ],
)
def test_the_top_of_a_volume_is_no_hidden_folder_when_it_comes_back(
    tmp_path: Path, path: bytes, kept: int
) -> None:
    files = files_on(FakeNtfs(str(tmp_path / "side")))
    basic = wb.BasicInfo(1, 1, 1, 1, wb.DIRECTORY | wb.HIDDEN | wb.SYSTEM).data()
    info = wb.handle_info(bytes(52), basic, -1, 0)
    known = files.traits(path, info).windows
    assert known is not None
    assert known.attributes == wb.DIRECTORY | kept


@pytest.mark.parametrize(
    ("folder", "names", "top"),
    [
        ("", {"PAGEFILE.SYS", "swapfile.sys", "hiberfil.sys"}, True),
        ("", set(), False),
        (
            "System Volume Information",
            {"{7}{3808876B-C176-4e48-B7AE-04046E6CC752}", "Dedup"},
            False,
        ),
        ("elsewhere", set(), False),
    ],
)
def test_what_windows_works_with_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, names: set[str], top: bool
) -> None:
    place = tmp_path / folder
    (place / "Dedup").mkdir(parents=True)
    for name in ("PAGEFILE.SYS", "swapfile.sys", "hiberfil.sys", "pagefile.sys.txt"):
        (place / name).write_bytes(b"1")
    (place / "{7}{3808876B-C176-4e48-B7AE-04046E6CC752}").write_bytes(b"2")
    monkeypatch.setattr(windows_source, "is_whole_volume", lambda _path: top)
    files = files_on(FakeNtfs(str(tmp_path / "side")))
    found = files.children(bytes(place), lambda path, error: None)
    there = {path.name for path in place.iterdir()}
    assert there - {os.fsdecode(child.name) for child in found} == names


def test_a_path_that_is_verbatim_already_stays_as_it_is() -> None:
    for path in (b"\\\\?\\C:\\to\\dot.", b"\\\\?\\C:\\to\\space ", b"\\\\?\\UNC\\s\\share\\a."):
        assert WindowsFiles().full(path) == path


def test_placeholders_are_asked_to_show_themselves() -> None:
    asked: list[tuple[object, ...]] = []

    class Call:
        restype: object = None
        argtypes: Sequence[object] = ()

        def __call__(self, *given: object) -> int:
            asked.append(given)
            return 1

    class Library:
        RtlSetProcessPlaceholderCompatibilityMode = Call()

    expose_placeholders(Library())
    expose_placeholders(object())  # Windows before 1803, and Wine
    assert asked == [(2,)]


# --- restoring


class NoCompression(FakeNtfs):
    """A volume with clusters beyond 4 KiB, or ReFS: sparse files, no compressed ones."""

    def control(self, descriptor: int, code: int, question: bytes, room_bytes: int) -> bytes:
        if code == win32.SET_COMPRESSION:
            raise trouble(win32.ERROR_INVALID_FUNCTION)
        return super().control(descriptor, code, question, room_bytes)


def test_where_nothing_is_compressed_a_sparse_file_is_sparse_all_the_same(tmp_path: Path) -> None:
    door = NoCompression(str(tmp_path / "side"))
    known = WindowsTraits(attributes=wb.SPARSE | wb.COMPRESSED, written=10**17)
    entry = Entry(b"file", sparse=True, windows=known)
    fd = files_on(door).create(bytes(tmp_path / "file"), entry)
    assert door.facts(fd).attributes & wb.SPARSE
    assert files_on(door).set(fd, entry) == ["flags: compressed"]
    os.close(fd)


class Strict(FakeNtfs):
    """FAT: a time before 1980, or an attribute it has no room for, refuses the whole call."""

    def __init__(self, side: str) -> None:
        super().__init__(side, flags=0)

    def put(self, descriptor: int, kind: int, data: bytes) -> None:
        if kind == win32.BASIC:
            wish = wb.basic_info(data)
            early = any(0 < time < 10**17 for time in (wish.created, wish.accessed, wish.written))
            if early or wish.attributes & ~(wb.FAT_ATTRIBUTES | wb.NORMAL):
                raise trouble(win32.ERROR_INVALID_PARAMETER)
        super().put(descriptor, kind, data)


def test_one_time_that_a_file_system_has_not_costs_neither_the_others_nor_attributes(
    tmp_path: Path,
) -> None:
    door = Strict(str(tmp_path / "side"))
    attributes = wb.READ_ONLY | wb.HIDDEN | wb.NOT_INDEXED
    late = 133_000_000_000_000_000
    known = WindowsTraits(attributes, created=5, written=late, accessed=late)
    fd = files_on(door).create(bytes(tmp_path / "file"), Entry(b"file"))
    lacks = files_on(door).set(fd, Entry(b"file", windows=known))
    facts = door.facts(fd)
    os.close(fd)
    assert (facts.attributes, facts.written, facts.accessed) == (
        wb.READ_ONLY | wb.HIDDEN,
        late,
        late,
    )
    assert lacks == ["flags: not-content-indexed", "times: made"]


def test_a_file_that_takes_the_place_of_another_keeps_the_time_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that goes and soon comes again gets the time of its last file (KB172190)."""
    door = FakeNtfs(str(tmp_path / "side"))
    files, replace = files_on(door), os.replace
    part, path = tmp_path / "part", tmp_path / "file"

    def tunnelled(source: bytes, target: bytes) -> None:
        made = door.facts(os.fsdecode(target)).created
        replace(source, target)
        facts = door.facts(os.fsdecode(target))
        facts.created = made
        door.keep(os.fsdecode(target), facts)

    for name, year in ((path, 3), (part, 4)):
        fd = files.create(bytes(name), Entry(b"file"))
        known = WindowsTraits(wb.ARCHIVE, created=year * 10**16, written=10**17)
        assert files.set(fd, Entry(b"file", windows=known)) == []
        os.close(fd)
    monkeypatch.setattr(os, "replace", tunnelled)
    files.rename(bytes(part), bytes(path))
    assert door.facts(str(path)).created == 4 * 10**16


def test_a_stream_that_was_there_and_was_longer_leaves_nothing_of_itself(tmp_path: Path) -> None:
    door = FakeNtfs(str(tmp_path / "side"))
    files, folder = files_on(door), bytes(tmp_path / "folder")
    os.mkdir(folder)
    for contents in (b"what stood there before", b"new"):
        fd = files.create_stream(folder, b"note")
        assert fd is not None
        os.write(fd, contents)
        os.close(fd)
    fd = files.open(folder + b":note")
    assert os.read(fd, 99) == b"new"
    os.close(fd)


def test_a_folder_becomes_compressed_again(tmp_path: Path) -> None:
    door = FakeNtfs(str(tmp_path / "side"))
    (tmp_path / "folder").mkdir()
    known = WindowsTraits(wb.COMPRESSED | wb.DIRECTORY, written=10**17)
    entry = Entry(b"folder", Kind.FOLDER, windows=known)
    assert files_on(door).set(bytes(tmp_path / "folder"), entry) == []
    assert door.facts(str(tmp_path / "folder")).attributes & wb.COMPRESSED
