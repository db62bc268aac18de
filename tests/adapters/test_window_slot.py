"""One window a person: real processes on Linux, the calls of Windows against a stand-in."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from offline_backup_gui.adapters import window_slot
from offline_backup_gui.adapters.window_slot import FileSlot, NamedSlot, first_or_called
from tests.house.checkout import ROOT

_HOLDER = """
import sys
from pathlib import Path
from offline_backup_gui.adapters.window_slot import FileSlot
slot = FileSlot(Path(sys.argv[1]), "1000")
print(slot.take(), flush=True)
for line in sys.stdin:
    print(slot.wished(), flush=True)
"""


@pytest.fixture
def first(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process that has the slot and looks for wishes when it is told to."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, tmp_path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.communicate()


def _looks(process: subprocess.Popen[str]) -> bool:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("look\n")
    process.stdin.flush()
    return process.stdout.readline() == "True\n"


class Waiting:
    """A clock whose waiting lets something happen."""

    def __init__(self, happens: object = None) -> None:
        self.now, self._happens = 0.0, happens

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        if callable(self._happens):
            self._happens()


def test_a_second_start_is_seen_by_the_first_and_leaves(
    first: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert not _looks(first)
    clock = Waiting(lambda: _looks(first))
    assert not first_or_called(FileSlot(tmp_path, "1000"), clock.monotonic, clock.sleep)
    assert not _looks(first)


def test_a_second_person_has_a_window_of_their_own(
    first: subprocess.Popen[str], tmp_path: Path
) -> None:
    assert first_or_called(FileSlot(tmp_path, "1001"))


def test_a_window_that_was_killed_frees_its_slot(
    first: subprocess.Popen[str], tmp_path: Path
) -> None:
    slot = FileSlot(tmp_path, "1000")
    assert not slot.take()
    first.kill()
    first.wait()
    assert slot.take()


def test_a_window_that_is_just_closing_makes_room(
    first: subprocess.Popen[str], tmp_path: Path
) -> None:
    def close() -> None:
        first.kill()
        first.wait()

    clock = Waiting(close)
    assert first_or_called(FileSlot(tmp_path, "1000"), clock.monotonic, clock.sleep)


def test_a_window_that_hangs_does_not_lock_anybody_out(
    first: subprocess.Popen[str], tmp_path: Path
) -> None:
    clock = Waiting()
    assert first_or_called(FileSlot(tmp_path, "1000"), clock.monotonic, clock.sleep)
    assert clock.now >= 20.0


def test_a_state_folder_that_cannot_be_written_does_not_keep_the_window_shut(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").write_bytes(b"")
    slot = FileSlot(tmp_path / "file", "1000")
    assert slot.take()
    slot.wish()
    assert not slot.pending()


class Call:
    """One function of a library; takes whatever is set on it, as ctypes does."""

    def __init__(self, function: object) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> object:
        assert callable(self._function)
        return self._function(*arguments)


class Kernel:
    """Named objects of one session, shared by the slots of a test."""

    def __init__(self) -> None:
        self.mutexes: dict[str, int] = {}
        self.set: set[str] = set()
        self.error, self._next = 0, 10
        self.handles: dict[int, str] = {}
        self.fronts: list[int] = []
        for name in ("CreateMutexW", "CreateEventW", "CloseHandle", "SetEvent"):
            setattr(self, name, Call(getattr(self, f"_{name}")))
        self.ResetEvent = Call(lambda handle: self.set.discard(self.handles[handle]))
        self.WaitForSingleObject = Call(
            lambda handle, _ms: 0 if self.handles[handle] in self.set else 258
        )
        self.AllowSetForegroundWindow = Call(self.fronts.append)

    def _handle(self, name: str) -> int:
        self._next += 1
        self.handles[self._next] = name
        return self._next

    def _CreateMutexW(self, _security: object, _owned: bool, name: str) -> int:
        self.error = 183 if self.mutexes.get(name) else 0
        self.mutexes[name] = self.mutexes.get(name, 0) + 1
        return self._handle(name)

    def _CreateEventW(self, _security: object, manual: bool, _state: bool, name: str) -> int:
        assert manual
        return self._handle(name)

    def _SetEvent(self, handle: int) -> None:
        self.set.add(self.handles[handle])

    def _CloseHandle(self, handle: int) -> None:
        name = self.handles.pop(handle)
        if name in self.mutexes:
            self.mutexes[name] -= 1


def test_the_names_of_windows_do_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel()
    monkeypatch.setattr(window_slot, "last_error", lambda: kernel.error)
    first = NamedSlot("OfflineBackup-1", kernel, kernel)
    second = NamedSlot("OfflineBackup-1", kernel, kernel)
    other = NamedSlot("OfflineBackup-2", kernel, kernel)
    assert first.take()
    assert first.take()
    assert other.take()
    clock = Waiting(first.wished)
    assert not first_or_called(second, clock.monotonic, clock.sleep)
    assert kernel.fronts == [0xFFFFFFFF]
    assert not first.wished()
    assert set(kernel.mutexes) == {"Local\\OfflineBackup-1", "Local\\OfflineBackup-2"}
    first.give_back()
    assert second.take()
