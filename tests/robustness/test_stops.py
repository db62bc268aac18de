"""Stopped at any moment, or failing in the middle of a frame, a copy keeps what is finished."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_backup_gui.domain.errors import Stopped
from offline_backup_gui.engine import lanes, sealing
from offline_backup_gui.formats.pack import nonce
from tests.engine.hooks import AtCall
from tests.engine.office import Office, Wish
from tests.trees import compare_trees, noise, prose, write

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "pack_bytes_for", lambda capacity: 400_000)
    monkeypatch.setattr(lanes, "VAULT_PACK_BYTES", 400_000)
    monkeypatch.setattr(os, "sync", lambda: None)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    top = tmp_path / "office"
    for number in range(4):
        (top / f"folder {number}").mkdir(parents=True)
        write(bytes(top / f"folder {number}" / "text"), prose(number, 60_000))
        write(bytes(top / f"folder {number}" / "noise"), noise(number, 250_000))
    write(bytes(top / "large"), noise(9, 1_300_000))
    return top


@pytest.fixture(autouse=True)
def no_thread_is_left() -> object:
    before = set(threading.enumerate())
    yield
    left = [thread.name for thread in threading.enumerate() if thread not in before]
    assert left == []


def failing(trouble: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise trouble

    return act


def two_drives(base: Path) -> list[Path]:
    drives = [base / "drive-0", base / "drive-1"]
    for drive in drives:
        drive.mkdir(parents=True)
    return drives


def assert_finishes(base: Path, source: Path, drives: list[Path]) -> None:
    """The next run, without trouble, ends well and restores everything."""
    office = Office(base / "state", (source,))
    office.copy(drives)
    for drive in drives:
        assert office.check(drive).good
    outcome = office.restore([office.store(drive) for drive in drives], base / "to")
    assert outcome.differences == {}
    assert compare_trees(source, base / "to" / source.name) == []
    office.close()


def test_a_stop_at_any_checkpoint_keeps_what_is_finished(tmp_path: Path, source: Path) -> None:
    for number in (0, 1, 6, 15, 30):
        base = tmp_path / str(number)
        drives = two_drives(base)
        office = Office(base / "state", (source,), wish=Wish(stop_after=number))
        try:
            office.copy(drives)
        except Stopped:
            assert not any(point.done for point in office.book.points())
        else:
            assert number > 20  # it was through before anybody could stop it
        office.close()
        assert_finishes(base, source, drives)


def test_a_stop_while_paused_ends_every_thread(tmp_path: Path, source: Path) -> None:
    drives = two_drives(tmp_path)
    office = Office(tmp_path / "state", (source,))
    paused, waiting = threading.Event(), threading.Semaphore(0)

    def pause() -> None:
        if office.progress.reading().phase == "copy":
            waiting.release()
            assert paused.wait(30)

    office.wish.on_checkpoint = pause
    troubles: list[BaseException] = []

    def run() -> None:
        try:
            office.copy(drives)
        except BaseException as error:
            troubles.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    assert waiting.acquire(timeout=30)
    office.wish.stopping = True
    paused.set()
    thread.join(30)
    assert not thread.is_alive()
    assert [type(error) for error in troubles] == [Stopped]


def test_a_frame_that_was_not_encrypted_never_counts(
    tmp_path: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drives = two_drives(tmp_path)
    office = Office(tmp_path / "state", (source,))
    calls = AtCall(3, failing(MemoryError()))

    def broken_nonce(kind: int, number: int) -> bytes:
        calls("", "", "")
        return nonce(kind, number)

    monkeypatch.setattr(sealing, "nonce", broken_nonce)
    with pytest.raises(MemoryError):
        office.copy(drives)
    office.close()
    monkeypatch.undo()
    assert_finishes(tmp_path, source, drives)
