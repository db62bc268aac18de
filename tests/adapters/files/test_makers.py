"""The processes that make small files: whole or not at all, nothing overwritten, nothing left."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from offline_backup_gui.adapters.files import maker
from offline_backup_gui.adapters.files.maker import EXISTS, Maker, free_name
from offline_backup_gui.adapters.files.makers import Makers
from offline_backup_gui.formats.catalogue import Entry
from tests.drive_fixtures import MountedDrive, tmpfs_drives

__all__ = ["tmpfs_drives"]

PART = b".part"
AT_NS = 1_234_567_890_123_456_789
pytestmark = pytest.mark.skipif(os.name != "posix", reason="there are none on Windows")


@pytest.fixture
def makers() -> Iterator[Makers]:
    made = Makers(2)
    yield made
    made.close()


def entry(name: bytes, data: bytes, mode: int = 0o640, uid: int = -1, gid: int = -1) -> Entry:
    owner = os.geteuid() if uid < 0 else uid
    group = os.getegid() if gid < 0 else gid
    return Entry(name, mode=mode, uid=owner, gid=group, size=len(data), mtime_ns=AT_NS)


def make(
    makers: Makers, folder: Path, *files: tuple[Entry, bytes], replace: bool = False
) -> Sequence[str | tuple[int, str] | None]:
    given = [(kept.name, kept, memoryview(data)) for kept, data in files]
    return makers.make(os.fsencode(folder), PART, given, replace=replace)


def test_files_come_with_contents_mode_time_and_owner(makers: Makers, tmp_path: Path) -> None:
    modes = (0o600, 0o644, 0o755, 0o000, 0o4755, 0o2711, 0o1644)
    files = [
        (entry(b"%o-%d" % (mode, number), data := os.urandom(number * 70_001), mode), data)
        for number, mode in enumerate(modes * 2)
    ]
    assert make(makers, tmp_path, *files) == [None] * len(files)
    for kept, data in files:
        path = tmp_path / os.fsdecode(kept.name)
        info = path.lstat()
        assert path.read_bytes() == data
        assert stat.S_IMODE(info.st_mode) == kept.mode
        assert info.st_mtime_ns == AT_NS
        assert (info.st_uid, info.st_gid) == (kept.uid, kept.gid)
    assert not (tmp_path / os.fsdecode(PART)).exists()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root gives files away")
def test_files_of_many_owners_in_one_folder_get_theirs(makers: Makers, tmp_path: Path) -> None:
    owners = [(0, 0), (1000, 1000), (0, 7), (1000, 0), (0, 0)]
    files = [
        (entry(b"%d" % number, b"x", 0o4750, *owner), b"x") for number, owner in enumerate(owners)
    ]
    assert make(makers, tmp_path, *files) == [None] * len(files)
    for number, owner in enumerate(owners):
        info = (tmp_path / str(number)).lstat()
        assert (info.st_uid, info.st_gid) == owner
        assert stat.S_IMODE(info.st_mode) == 0o4750


def test_a_folder_with_rules_for_new_files_does_not_change_their_modes(
    makers: Makers, tmp_path: Path
) -> None:
    # The bytes of `setfacl -d -m u::rwx,g::---,o::---`: whoever makes a file gets less than asked.
    rules = bytes.fromhex("02000000 01000700ffffffff 04000000ffffffff 20000000ffffffff")
    try:
        os.setxattr(tmp_path, "system.posix_acl_default", rules)
    except OSError:
        pytest.skip("this file system keeps no access control lists")
    files = [(entry(b"%d" % number, b"x", 0o644), b"x") for number in range(3)]
    assert make(makers, tmp_path, *files) == [None] * 3
    assert {stat.S_IMODE((tmp_path / str(n)).stat().st_mode) for n in range(3)} == {0o644}


@pytest.mark.parametrize("in_two_calls", [False, True])
def test_what_is_there_stays_unless_it_may_be_replaced(
    makers: Makers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_two_calls: bool
) -> None:
    (tmp_path / "a").write_bytes(b"a stranger")
    (tmp_path / "l").symlink_to("nowhere")
    (tmp_path / "d").mkdir()
    files = [(entry(name, b"ours"), b"ours") for name in (b"a", b"l", b"d", b"n")]
    if in_two_calls:
        folder = os.open(tmp_path, os.O_RDONLY)
        one = Maker(folder, PART, free_name)
        rows = [(k.name, k.mode, k.uid, k.gid, k.mtime_ns, k.size) for k, _ in files]
        made: Sequence[object] = [one.make(row, memoryview(b"ours")) for row in rows]
        os.close(folder)
    else:
        made = make(makers, tmp_path, *files)
    assert made == [EXISTS, EXISTS, EXISTS, None]
    assert (tmp_path / "a").read_bytes() == b"a stranger"
    assert sorted(os.listdir(tmp_path)) == ["a", "d", "l", "n"]
    again = make(makers, tmp_path, *files, replace=True)
    assert [type(one) for one in again] == [type(None), type(None), tuple, type(None)]
    assert (tmp_path / "a").read_bytes() == b"ours"
    assert not (tmp_path / "l").is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["a", "d", "l", "n"]


def test_a_link_in_the_place_of_the_folder_is_not_followed(makers: Makers, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "folder").symlink_to("elsewhere")
    (made,) = make(makers, tmp_path / "folder", (entry(b"a", b"x"), b"x"))
    assert isinstance(made, tuple)
    assert made[0] in (errno.ELOOP, errno.ENOTDIR)
    assert os.listdir(tmp_path / "elsewhere") == []


def test_a_file_that_does_not_fit_leaves_nothing_and_the_next_one_is_made(
    makers: Makers, tmpfs_drives: Callable[[int], MountedDrive]
) -> None:
    disk = tmpfs_drives(1 << 20).mount
    large = bytes(2 << 20)
    made = make(makers, disk, (entry(b"large", large), large), (entry(b"small", b"x"), b"x"))
    assert made == [(errno.ENOSPC, os.strerror(errno.ENOSPC)), None]
    assert os.listdir(disk) == ["small"]


def test_many_threads_share_the_makers(makers: Makers, tmp_path: Path) -> None:
    troubles: list[object] = []

    def work(number: int) -> None:
        part = b".part-%d" % number
        for turn in range(20):
            data = os.urandom(1000 + number)
            kept = entry(b"%d-%d" % (number, turn), data)
            made = makers.make(
                os.fsencode(tmp_path), part, [(kept.name, kept, memoryview(data))], replace=False
            )
            if made != [None] or (tmp_path / f"{number}-{turn}").read_bytes() != data:
                troubles.append((number, turn, made))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    assert len(os.listdir(tmp_path)) == 120


def test_a_maker_that_was_killed_is_told(makers: Makers, tmp_path: Path) -> None:
    for process in makers._all:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with pytest.raises(OSError, match=os.strerror(errno.EPIPE)):
        make(makers, tmp_path, (entry(b"a", b"x"), b"x"))


def test_makers_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "from offline_backup_gui.adapters.files.makers import Makers\n"
        "print(*[process.pid for process in Makers(2)._all], flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    pids = [int(pid) for pid in done.stdout.split()]
    assert len(pids) == 2
    for pid in pids:
        # Its end of the pipe is closed, so that it ends; nobody is left to ask for its exit.
        try:
            os.waitid(os.P_PID, pid, os.WEXITED)
        except ChildProcessError:
            handle = None
            try:
                handle = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            import select

            assert select.select([handle], [], [], 30.0)[0]
            os.close(handle)


def test_the_program_of_a_maker_needs_nothing_but_python() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", maker.__file__], input=b"", capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
