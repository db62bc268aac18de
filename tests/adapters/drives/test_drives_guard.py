"""Questions that are never answered."""

from __future__ import annotations

import threading

from offline_backup_gui.adapters.drives.guard import Guard


def gone() -> int:
    raise FileNotFoundError


def test_the_silent_and_the_troubled_are_missing_and_the_others_answer() -> None:
    hangs = threading.Event()
    try:
        answers = Guard().ask_all(
            {"good": lambda: 1, "silent": lambda: int(hangs.wait()), "gone": gone}, 0.2
        )
    finally:
        hangs.set()
    assert answers == {"good": 1}


def test_a_silent_one_is_not_asked_again_until_it_wakes() -> None:
    guard, hangs, asked = Guard(), threading.Event(), []

    def question() -> int:
        asked.append(1)
        hangs.wait()
        return 7

    for _ in range(3):
        assert guard.ask_all({"drive": question}, 0.05) == {}
    assert guard.is_silent("drive")
    assert len(asked) == 1
    hangs.set()
    while guard.is_silent("drive"):
        threading.Event().wait(0.001)
    assert guard.ask_all({"drive": question}, 5) == {"drive": 7}
