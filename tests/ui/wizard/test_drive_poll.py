"""The list of drives is asked for at a pace, sooner after a hint, and not at all while stopped."""

from __future__ import annotations

from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from offline_backup_gui.adapters.drives.hints import QUIET_S, Hints
from offline_backup_gui.ui.wizard.drive_poll import LIST_EVERY_MS, LOOK_EVERY_MS, DrivePoll


class Heard:
    """Hints that remember that they were closed."""

    def __init__(self) -> None:
        self.now = 0.0
        self.closed = 0
        self.hints = Hints(lambda: self.now)
        self.hints.listen(lambda _heard: self._close)

    def _close(self) -> None:
        self.closed += 1


def test_drives_are_listed_at_once_and_then_at_a_pace(qtbot: QtBot) -> None:
    owner, listed = QObject(), []
    poll = DrivePoll(Hints, lambda: listed.append(1), owner)
    poll.start()
    poll.start()
    assert len(listed) == 1
    for _ in range(LIST_EVERY_MS // LOOK_EVERY_MS - 1):
        poll.tick()
    assert len(listed) == 1
    poll.tick()
    assert len(listed) == 2
    poll.stop()


def test_a_hint_hastens_the_list_once_and_stopping_ends_the_listening(qtbot: QtBot) -> None:
    owner, listed, heard = QObject(), [], Heard()
    poll = DrivePoll(lambda: heard.hints, lambda: listed.append(1), owner)
    poll.start()
    heard.hints.heard()
    poll.tick()
    assert len(listed) == 1  # still in the flood
    heard.now += QUIET_S
    poll.tick()
    poll.tick()
    assert len(listed) == 2
    poll.stop()
    poll.stop()
    assert heard.closed == 1
