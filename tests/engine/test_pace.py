"""Readers of a medium: in order, as many as help, and none outlives the call."""

from __future__ import annotations

import threading
import time

import pytest

from offline_backup_gui.engine import pace
from offline_backup_gui.engine.pace import Pace, Turns, read_each


@pytest.fixture
def always_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a further reader start after each item, and be slow to start."""
    monkeypatch.setattr(pace, "CORES", 8)
    monkeypatch.setattr(Pace, "computes", property(lambda self: True))
    start = threading.Thread.start

    def late(thread: threading.Thread) -> None:
        time.sleep(0.001)  # the moment between being known and being started
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", late)


def test_every_item_is_read_once_however_many_readers_there_are(always_more: None) -> None:
    for count in (0, 1, 3, 40):
        for _ in range(20):
            read: list[int] = []
            read_each(range(count), read.append, "reader")
            assert sorted(read) == list(range(count))


def test_the_first_trouble_is_raised_after_every_reader_ended(always_more: None) -> None:
    before = set(threading.enumerate())

    def read(item: int) -> None:
        if item == 5:
            raise LookupError(item)

    for _ in range(20):
        with pytest.raises(LookupError):
            read_each(range(40), read, "reader")
        assert set(threading.enumerate()) <= before


def test_turns_are_taken_while_work_computes_and_given_up_while_it_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for waits, most_expected in ((False, 1), (True, 2)):
        monkeypatch.setattr(Pace, "waits", waits)
        turns, inside, most = Turns(), 0, 0
        both = threading.Barrier(2) if waits else None
        lock = threading.Lock()

        def handle(
            turns: Turns = turns,
            both: threading.Barrier | None = both,
            lock: threading.Lock = lock,
        ) -> None:
            nonlocal inside, most
            for _ in range(50):
                with turns.taken():
                    with lock:
                        inside += 1
                        most = max(most, inside)
                    if both is not None:
                        both.wait(30)
                    with lock:
                        inside -= 1

        threads = [threading.Thread(target=handle) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert most == most_expected
