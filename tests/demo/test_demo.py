"""The demo runs to its end: every stage is shown, and what is due warns once."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.shipment import NowYou
from offline_backup_gui.domain.shipment import TrackingState as State
from offline_backup_gui.ui.tracking.tray import Tray
from tests.demo.play import Play
from tests.demo.story import PICTURES, Story

ENGLISH = words.load("en")


def said(*steps: tuple[State, NowYou | None]) -> list[str]:
    next_things = [ENGLISH.text(f"{now or 'now.nothing'}.short") for _, now in steps]
    states = [ENGLISH.text(state) for state, _ in steps]
    return [f"{one}. Next: {then}" for one, then in zip(states, next_things, strict=True)]


def test_both_shipments_come_to_their_end(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr(Tray, "notify", lambda self, title, text: told.append((title, text)))
    play = Play(Story(tmp_path / "demo"), ENGLISH, days_a_second=1e6, pictures=tmp_path)
    seen: list[str] = []
    play.shown.connect(seen.append)
    with qtbot.waitSignal(play.ended, timeout=120_000):
        play.start()
    assert play.trouble is None
    assert play.window.detail.safe_card.isVisible()
    play.close()
    for name in PICTURES:
        assert not QImage(str(tmp_path / f"{name}.png")).isNull()

    assert stages_of("Branch 017", seen) == said(
        (State.ORDERED, None),
        (State.PREPARING, None),
        (State.TRAVELLING, None),
        (State.PREPARING, NowYou.COPY_TO_DEVICE),
        (State.SEALED, NowYou.SHIP_DEVICE),
        (State.TRAVELLING, None),
        (State.RECEIVED, None),
        (State.READING_IN, None),
        (State.TROUBLE, NowYou.RESOLVE_UPLOAD),
        (State.READING_IN, None),
        (State.READ_IN, NowYou.CHECK_ARRIVAL),
        (State.ARRIVED, NowYou.MOVE_TO_VAULT),
        (State.IN_VAULT, NowYou.RUN_INCREMENT),
        (State.PROTECTED, None),
    )
    assert stages_of("Branch 042", seen) == said(
        (State.PREPARING, NowYou.COPY),
        (State.SEALED, NowYou.SHIP),
        (State.TRAVELLING, NowYou.ENTER_TRACKING),
        (State.TRAVELLING, None),
        (State.RECEIVED, None),
        (State.READING_IN, None),
        (State.READ_IN, NowYou.CHECK_ARRIVAL),
        (State.ARRIVED, NowYou.MOVE_TO_VAULT),
        (State.IN_VAULT, NowYou.RUN_INCREMENT),
        (State.PROTECTED, None),
    )
    due = f"{ENGLISH.text('due.tracking-number')}, "
    assert [text for name, text in told if name == "Branch 042" and text.startswith(due)] == [
        f"{due}7 days left",
        f"{due}3 days left",
        f"{due}1 day left",
    ]


def stages_of(name: str, seen: list[str]) -> list[str]:
    own = [line.removeprefix(f"{name}, ") for line in seen if line.startswith(f"{name}, ")]
    return [line for line, _ in groupby(own)]
