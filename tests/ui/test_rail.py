"""The rail shows the steps there are, in their order, also when an answer changes them."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.ui.widgets.rail import Mark, Rail, StepView

KEYS = ("a", "b", "order", "staging")


def views(*keys: str) -> tuple[StepView, ...]:
    return tuple(StepView(key, key, "", Mark.AHEAD, reachable=True) for key in keys)


def seen(rail: Rail) -> list[str]:
    shown = [key for key in KEYS if rail.button(key).isVisibleTo(rail)]
    return sorted(shown, key=lambda key: rail.button(key).y())


def test_a_step_that_takes_anothers_place_stands_where_that_one_stood(qtbot: QtBot) -> None:
    rail = Rail(words.load("en"), "Offline Backup", "app")
    qtbot.addWidget(rail)
    rail.resize(300, 600)
    rail.show_steps(views("a", "staging", "b"))
    rail.show_steps(views("a", "order", "b"))
    rail.grab()  # lays out
    assert seen(rail) == ["a", "order", "b"]
    rail.show_steps(views("a", "staging", "b"))
    rail.grab()
    assert seen(rail) == ["a", "staging", "b"]
