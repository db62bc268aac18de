"""Sources that change between copies, and while they are read."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from offline_backup_gui.adapters.files import posix
from offline_backup_gui.adapters.files.posix import PosixFiles
from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.domain.book import KeptPoint, Reason
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.file_traits import Child
from offline_backup_gui.engine import files
from offline_backup_gui.engine.catalogue import read_catalogue
from offline_backup_gui.engine.increment import Increment, IncrementOrder
from offline_backup_gui.engine.restore_order import RestoreOutcome
from offline_backup_gui.formats.catalogue import Entry
from offline_backup_gui.formats.pack import PackKind
from offline_backup_gui.formats.point import Point
from tests.engine.hooks import HookedContainer
from tests.engine.office import Office
from tests.trees import compare_trees, noise, prose, write

MIB = 1 << 20


@pytest.fixture
def source(tmp_path: Path) -> Path:
    top = tmp_path / "office"
    for name in ("a", "b", "c/d"):
        (top / name).mkdir(parents=True)
        for number in range(5):
            write(bytes(top / name / f"{number}.txt"), prose(number, 2000) + name.encode())
    write(bytes(top / "large"), noise(1, 3 * MIB))
    return top


@pytest.fixture
def drive(tmp_path: Path) -> Path:
    folder = tmp_path / "drive"
    folder.mkdir()
    return folder


@pytest.fixture
def office(tmp_path: Path, source: Path) -> Office:
    return Office(tmp_path / "state", (source,))


def assert_restores(office: Office, drive: Path, source: Path, to: Path) -> RestoreOutcome:
    outcome = office.restore([office.store(drive)], to)
    assert outcome.differences == {}
    assert compare_trees(source, to / source.name) == []
    return outcome


def entries(office: Office, drive: Path, point: Point) -> dict[bytes, Entry]:
    library = office.library([office.store(drive)])
    return {
        os.path.join(listing.path, entry.name): entry
        for listing in read_catalogue(point, library.chunk)
        for entry in listing.entries
    }


def ledger(point: Point, source: Path) -> dict[bytes, str]:
    return {line.path[len(bytes(source)) + 1 :]: line.reason for line in point.left_out}


def test_a_second_copy_finds_nothing_to_do(office: Office, source: Path, drive: Path) -> None:
    office.copy([drive])
    packs = sorted(drive.glob("landing/packs/*/*"))
    second = office.copy([drive])
    assert sorted(drive.glob("landing/packs/*/*")) == packs
    assert second.point.sequence == 2
    assert second.point.catalogue


def test_changes_between_copies_arrive_and_old_points_stay(
    office: Office, source: Path, drive: Path, tmp_path: Path
) -> None:
    first = office.copy([drive]).point
    before = tmp_path / "before" / "office"
    shutil.copytree(source, before, symlinks=True)
    subprocess.run(["cp", "-a", str(source) + "/.", str(before)], check=True)
    write(bytes(source / "a" / "0.txt"), b"changed")
    (source / "a" / "1.txt").unlink()
    (source / "b" / "2.txt").rename(source / "b" / "renamed")
    shutil.rmtree(source / "c")
    (source / "new").mkdir()
    (source / "b" / "3.txt").rename(source / "new" / "moved")
    data_packs = {pack.pack_id for pack in office.book.packs() if pack.kind == PackKind.DATA}

    second = office.copy([drive]).point

    assert_restores(office, drive, source, tmp_path / "now")
    outcome = office.restore([office.store(drive)], tmp_path / "then", first.point_id)
    assert outcome.differences == {}
    assert compare_trees(before, tmp_path / "then" / "office") == []
    # What moved was read again, what changed was stored: a few kilobytes, never the large file.
    new = [
        p for p in office.book.packs() if p.kind == PackKind.DATA and p.pack_id not in data_packs
    ]
    assert sum(pack.size_bytes for pack in new) < 20_000
    assert second.previous_id == first.point_id
    assert b"c" not in {path.split(b"/")[0] for path in entries(office, drive, second)}


def before_opening(
    monkeypatch: pytest.MonkeyPatch, name: bytes, act: Callable[[bytes], None], times: int = 1
) -> None:
    """Do something to a file right before it is opened for reading."""
    left = [times]
    original = PosixFiles.open

    def opening(self: PosixFiles, path: bytes, child: Child | None = None) -> int:
        if os.path.basename(path) == name and left[0]:
            left[0] -= 1
            act(path)
        return original(self, path, child)

    monkeypatch.setattr(PosixFiles, "open", opening)


def while_reading(
    monkeypatch: pytest.MonkeyPatch, name: bytes, act: Callable[[bytes], None], times: int = 1
) -> None:
    """Do something to a file right after it was opened for reading."""
    left = [times]
    original = PosixFiles.open

    def opening(self: PosixFiles, path: bytes, child: Child | None = None) -> int:
        fd = original(self, path, child)
        if os.path.basename(path) == name and left[0]:
            left[0] -= 1
            # `fstat` is asked once before the first byte: act after that, in the first read.
            watched[fd] = path
        return fd

    watched: dict[int, bytes] = {}
    read = files._read

    def reading(fd: int, room: memoryview) -> int:
        count = read(fd, room)
        path = watched.pop(fd, None)
        if path is not None:
            act(path)
        return count

    monkeypatch.setattr(PosixFiles, "open", opening)
    monkeypatch.setattr(files, "_read", reading)


def vanish(path: bytes) -> None:
    """Remove a file and leave the time of its folder alone."""
    folder = os.path.dirname(path)
    info = os.stat(folder)
    os.unlink(path)
    os.utime(folder, ns=(info.st_atime_ns, info.st_mtime_ns))


def becoming(size: int) -> Callable[[bytes], None]:
    def become(path: bytes) -> None:
        write(path, noise(len(path), size))

    return become


def append(path: bytes) -> None:
    with open(path, "ab") as file:
        file.write(b"more")


@pytest.mark.parametrize("name", [b"3.txt", b"large"])
def test_a_file_that_changes_once_while_it_is_read_is_read_again(
    office: Office,
    source: Path,
    drive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: bytes,
) -> None:
    while_reading(monkeypatch, name, append)
    point = office.copy([drive]).point
    assert point.complete
    assert_restores(office, drive, source, tmp_path / "to")


@pytest.mark.parametrize(("name", "path"), [(b"large", b"large"), (b"growing", b"a/growing")])
def test_a_file_that_never_rests_is_kept_as_it_was_and_said_to_be_unsure(
    office: Office,
    source: Path,
    drive: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: bytes,
    path: bytes,
) -> None:
    write(bytes(source / "a" / "growing"), b"start")
    while_reading(monkeypatch, name, append, times=3)
    point = office.copy([drive]).point
    assert ledger(point, source) == {path: Reason.CHANGED_WHILE_READ}
    assert entries(office, drive, point)[path].unsure
    assert office.restore([office.store(drive)], tmp_path / "to").differences == {}
    restored = (tmp_path / "to" / "office" / os.fsdecode(path)).read_bytes()
    assert (source / os.fsdecode(path)).read_bytes().startswith(restored)

    # At rest now: the next copy takes it as it is, and the ledger is empty.
    second = office.copy([drive]).point
    assert second.complete
    assert_restores(office, drive, source, tmp_path / "again")


def test_an_unsure_file_stays_in_the_ledger_while_nothing_else_changes(
    office: Office, source: Path, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A file system that says another size than it gives, as /proc does, looks unchanged for ever.
    monkeypatch.setattr(files, "unchanged", lambda before, after: after.st_size != 2500)
    write(bytes(source / "b" / "0.txt"), bytes(2500))
    for _ in range(2):
        point = office.copy([drive]).point
        assert ledger(point, source) == {b"b/0.txt": Reason.CHANGED_WHILE_READ}


def test_a_file_whose_attributes_are_hidden_stays_in_the_ledger(
    office: Office, source: Path, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hidden(path: bytes | int) -> tuple[dict[bytes, bytes], OSError | None]:
        if isinstance(path, int):  # an open file
            path = os.fsencode(os.readlink(f"/proc/self/fd/{path}"))
        refused = PermissionError(13, "Permission denied")
        return {}, refused if path.endswith((b"b/0.txt", b"c/d")) else None

    monkeypatch.setattr(posix, "attributes", hidden)
    for _ in range(2):
        point = office.copy([drive]).point
        expected = dict.fromkeys((b"b/0.txt", b"c/d"), Reason.ATTRIBUTES_NOT_READABLE)
        assert ledger(point, source) == expected


@pytest.mark.parametrize("name", [b"3.txt", b"large"])
def test_a_file_that_vanishes_before_it_is_read_is_left_out_by_name(
    office: Office, source: Path, drive: Path, tmp_path: Path, monkeypatch, name: bytes
) -> None:
    before_opening(monkeypatch, name, vanish)
    point = office.copy([drive]).point
    left_out = ledger(point, source)
    assert list(left_out.values()) == [Reason.VANISHED]
    assert_restores(office, drive, source, tmp_path / "to")
    second = office.copy([drive]).point
    assert second.complete


def test_a_small_file_that_became_large_is_kept_whole(
    office: Office, source: Path, drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_opening(monkeypatch, b"3.txt", becoming(20 * MIB))
    point = office.copy([drive]).point
    assert point.complete
    assert_restores(office, drive, source, tmp_path / "to")


def test_small_files_that_all_grew_still_fit_into_frames(
    office: Office, source: Path, drive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        before_opening(
            monkeypatch,
            b"%d.txt" % number,
            becoming(3 * MIB - 5),
            times=3,
        )
    point = office.copy([drive]).point
    assert point.complete
    assert_restores(office, drive, source, tmp_path / "to")


@pytest.mark.parametrize("size", [0, 1, MIB])
def test_a_large_file_that_shrank_is_kept_as_it_is_now(
    office: Office, source: Path, drive: Path, tmp_path: Path, monkeypatch, size: int
) -> None:
    while_reading(monkeypatch, b"large", lambda path: os.truncate(path, size))
    point = office.copy([drive]).point
    assert point.complete
    assert_restores(office, drive, source, tmp_path / "to")


def test_a_fifo_or_link_in_the_place_of_a_file_does_not_stop_the_copy(
    office: Office, source: Path, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fifo(path: bytes) -> None:
        os.unlink(path)
        os.mkfifo(path)

    def link(path: bytes) -> None:
        os.unlink(path)
        os.symlink("/etc/passwd", path)

    write(bytes(source / "a" / "first"), b"first")
    write(bytes(source / "a" / "second"), b"second")
    before_opening(monkeypatch, b"first", fifo)
    before_opening(monkeypatch, b"second", link)
    point = office.copy([drive]).point
    assert set(ledger(point, source)) == {b"a/first", b"a/second"}
    assert b"a/second" not in entries(office, drive, point)


@pytest.mark.parametrize("size", [10, 2 * MIB])
def test_a_file_is_kept_under_the_names_that_can_be_read(
    office: Office, source: Path, drive: Path, tmp_path: Path, monkeypatch, size: int
) -> None:
    write(bytes(source / "a" / "one name"), noise(7, size))
    for other in ("a/two", "b/three", "c/d/four"):
        os.link(source / "a" / "one name", source / other)
    before_opening(monkeypatch, b"one name", vanish)
    point = office.copy([drive]).point
    assert ledger(point, source) == {b"a/one name": Reason.VANISHED}
    assert_restores(office, drive, source, tmp_path / "to")


def test_a_source_that_is_not_there_ends_the_run_before_anything_is_written(
    office: Office, source: Path, drive: Path
) -> None:
    office.copy([drive])
    source.rename(source.with_name("elsewhere"))
    for run in (lambda: office.copy([drive]), office.increment):
        with pytest.raises(BackupError) as caught:
            run()
        assert caught.value.code is ErrorCode.SOURCE_MISSING
    assert len(office.book.points()) == 1


def test_a_source_that_goes_away_during_the_scan_makes_no_empty_point(
    office: Office, source: Path, drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_opening(monkeypatch, b"large", lambda _: shutil.rmtree(source))
    with pytest.raises(BackupError) as caught:
        office.copy([drive])
    assert caught.value.code is ErrorCode.SOURCE_MISSING
    assert not any(point.done for point in office.book.points())


def test_a_source_added_in_front_keeps_the_others_in_their_places(
    office: Office, source: Path, drive: Path, tmp_path: Path
) -> None:
    office.copy([drive])
    added = tmp_path / "added"
    added.mkdir()
    write(bytes(added / "file"), b"of the added source")
    office.sources = (added, source)

    office.copy([drive])

    outcome = office.restore([office.store(drive)], tmp_path / "to")
    assert outcome.differences == {}
    assert compare_trees(source, tmp_path / "to" / "office") == []
    assert compare_trees(added, tmp_path / "to" / "added") == []


def test_an_increment_trusts_only_what_is_in_the_vault(
    office: Office, source: Path, drive: Path, tmp_path: Path
) -> None:
    office.copy([drive])
    office.receive([drive])
    office.to_vault()
    # A second session on the drive never reached the vault.
    write(bytes(source / "b" / "new"), noise(3, MIB))
    office.copy([drive])

    office.increment()

    assert office.restore([office.vault], tmp_path / "to").differences == {}
    assert compare_trees(source, tmp_path / "to" / "office") == []


def test_a_time_beyond_all_clocks_ends_no_scan(
    office: Office, source: Path, drive: Path, tmp_path: Path
) -> None:
    shm = Path("/dev/shm")
    if not shm.is_dir():
        pytest.skip("needs a memory file system")
    folder = Path(tempfile.mkdtemp(dir=shm))
    try:
        path = write(bytes(folder / "far"), b"far")
        subprocess.run(["touch", "-d", "@99999999999999", os.fsdecode(path)], check=True)
        office.sources = (folder,)
        office.copy([drive])
        assert office.restore([office.store(drive)], tmp_path / "to").files == 1
    finally:
        shutil.rmtree(folder)


def test_a_path_too_long_for_the_system_is_left_out_by_name(
    office: Office, source: Path, drive: Path, tmp_path: Path
) -> None:
    # Only names relative to an open folder can make such a path; a restore of another tool did.
    here = os.open(source / "b", os.O_RDONLY)
    name = "d" * 250
    for _ in range(20):
        os.mkdir(name, dir_fd=here)
        deeper = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = deeper
    os.close(here)
    point = office.copy([drive]).point
    assert len(point.left_out) == 1
    assert len(point.left_out[0].path) > 3800
    assert point.left_out[0].reason == Reason.NOT_READABLE
    outcome = office.restore([office.store(drive)], tmp_path / "to")
    # The target is a little deeper than the source: what no longer fits is named as well.
    assert set(outcome.differences.values()) <= {os.strerror(errno.ENAMETOOLONG)}
    assert outcome.files == point.files


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Give a folder everybody may enter; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="root reads everything: needs to become somebody")
def test_what_may_not_be_read_is_left_out_by_name(open_folder: Path) -> None:
    source = open_folder / "office"
    (source / "closed").mkdir(parents=True)
    (source / "no way in").mkdir()
    write(bytes(source / "open"), b"open")
    write(bytes(source / "closed" / "inside"), b"inside")
    write(bytes(source / "no way in" / "inside"), b"inside")
    write(bytes(source / "secret"), b"secret", 0o600)
    os.link(source / "no way in" / "inside", source / "other way in")
    (source / "closed").chmod(0o000)
    (source / "no way in").chmod(0o444)  # names can be listed, nothing can be opened
    for name in ("state", "drive"):
        (open_folder / name).mkdir()
        (open_folder / name).chmod(0o777)
    program = (
        "import concurrent.futures.thread, fcntl, os, sys\n"  # closed to others here
        "from pathlib import Path\n"
        "from tests.engine.office import Office\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "base = Path(sys.argv[1])\n"
        "office = Office(base / 'state', (base / 'office',))\n"
        "point = office.copy([base / 'drive']).point\n"
        "print(sorted((line.path.decode(), line.reason) for line in point.left_out))\n"
        "print(office.restore([office.store(base / 'drive')], base / 'state' / 'to').differences)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(open_folder)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    lines, differences = done.stdout.splitlines()
    top = str(source)
    assert lines == str(
        [
            (f"{top}/closed", "access-denied"),
            (f"{top}/no way in/inside", "access-denied"),
            (f"{top}/secret", "access-denied"),
        ]
    )
    assert differences == "{}"
    restored = open_folder / "state" / "to" / "office"
    assert (restored / "other way in").read_bytes() == b"inside"
    assert sorted(os.listdir(restored)) == ["closed", "no way in", "open", "other way in"]


def test_twenty_thousand_small_files_need_little_memory(tmp_path: Path) -> None:
    source = tmp_path / "office"
    for folder in range(200):
        (source / str(folder)).mkdir(parents=True)
        for number in range(100):
            with open(source / str(folder) / f"{number}.txt", "wb") as file:
                file.write(b"%d %d" % (folder, number) * 20)
    (tmp_path / "drive").mkdir()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            office = Office(tmp_path / "state", (source,))
            point = office.copy([tmp_path / "drive"]).point
            code = 0 if point.files == 20_000 else 2
        finally:
            os._exit(code)
    _, status, usage = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    # The child begins with what the test runner has: only what comes on top counts here.
    grown = usage.ru_maxrss - resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert grown * 1024 < 200 * MIB


def test_patterns_match_below_a_name_of_several_lines(
    tmp_path: Path, source: Path, drive: Path
) -> None:
    folder = source / "two\nlines"
    folder.mkdir()
    for name in ("kept.txt", "left.tmp", "left.tmp\n"):
        write(bytes(folder / name), b"x")
    office = Office(tmp_path / "state", (source,), exclude=("*.tmp",))
    office.copy([drive])
    office.restore([office.store(drive)], tmp_path / "to", include=("two\nlines/*.txt",))
    office.restore([office.store(drive)], tmp_path / "all", include=("*.t*",))
    assert os.listdir(tmp_path / "to" / "office" / "two\nlines") == ["kept.txt"]
    there = os.listdir(tmp_path / "all" / "office" / "two\nlines")
    assert sorted(there) == ["kept.txt", "left.tmp\n"]


def test_names_of_one_file_stay_one_file_when_only_one_of_them_was_read_again(
    tmp_path: Path, source: Path, drive: Path, office: Office
) -> None:
    """A folder that is read again alone may keep the same bytes in other chunks."""
    os.link(source / "a" / "0.txt", source / "b" / "same")
    os.link(source / "large", source / "b" / "large too")
    office.copy([drive])
    office.close()
    book = sqlite3.connect(tmp_path / "state" / "book.db")
    with book:
        book.execute("DELETE FROM folders WHERE path = ?", (b"b",))
    book.close()
    write(bytes(source / "b" / "000"), b"first in the bundle")
    again = Office(tmp_path / "state", (source,))
    again.copy([drive])
    assert_restores(again, drive, source, tmp_path / "to")
    again.close()


def test_where_a_file_can_have_one_name_only_the_others_become_files(
    tmp_path: Path, source: Path, drive: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.link(source / "a" / "0.txt", source / "b" / "same")

    def refuse(*_paths: object, **_how: object) -> None:
        raise OSError(errno.EPERM, "not here")

    office.copy([drive])
    monkeypatch.setattr(os, "link", refuse)
    outcome = office.restore([office.store(drive)], tmp_path / "to")
    top = tmp_path / "to" / source.name
    assert (top / "b" / "same").read_bytes() == (source / "b" / "same").read_bytes()
    path = bytes(top / "b" / "same")
    assert outcome.differences == {path: "name-apart: not here"}


def test_an_increment_after_one_that_was_cut_off_at_its_end_sends_what_changed_since(
    tmp_path: Path, source: Path, drive: Path, office: Office
) -> None:
    office.copy([drive])
    office.receive([drive])
    office.to_vault()
    write(bytes(source / "a" / "new"), b"of the first day")
    error = BackupError(ErrorCode.ACCOUNT_UNREACHABLE, account="vault", reason="no route")

    def cut_off(operation: str, name: str, label: str) -> None:
        if operation == "commit" and name.startswith("points/"):
            raise error

    vault = HookedContainer(tmp_path / "state" / "account" / "vault", cut_off)
    order = IncrementOrder("plan", office._sources(), office.key_files)
    with pytest.raises(BackupError):
        Increment(office.context, office.keyring, office.book, vault, order).run()
    write(bytes(source / "a" / "newer"), b"of the second day")

    outcome = office.increment()

    assert outcome.point.sequence == 3  # the one that was cut off is not lost either
    assert office.restore([office.vault], tmp_path / "to").differences == {}
    assert compare_trees(source, tmp_path / "to" / source.name) == []
    older = office.restore([office.vault], tmp_path / "older", outcome.point.previous_id)
    assert older.files == outcome.point.files - 1


def test_a_copy_after_an_increment_that_was_cut_off_goes_on_with_its_chain(
    tmp_path: Path, source: Path, drive: Path, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.copy([drive])
    office.receive([drive])
    office.to_vault()
    write(bytes(source / "a" / "new"), b"of the first day")
    put_point = SqliteBook.put_point

    def cut_off(book: SqliteBook, point: KeptPoint) -> None:
        if point.done:
            raise KeyboardInterrupt  # the point is in the vault, and nobody took note
        put_point(book, point)

    monkeypatch.setattr(SqliteBook, "put_point", cut_off)
    with pytest.raises(KeyboardInterrupt):
        office.increment()
    monkeypatch.undo()
    write(bytes(source / "a" / "newer"), b"of the second day")

    assert office.copy([drive]).point.sequence == 3
    office.receive([drive])
    assert office.to_vault().incomplete == []

    chain = office.library([office.vault]).chain
    assert [point.sequence for point in chain.points] == [1, 2, 3]
    assert (chain.damaged, chain.missing) == ((), ())
