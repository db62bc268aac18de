"""The card of an agent: waiting is normal, and only its vault proves the seed."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from offline_backup_gui.domain.agent_seed import SeedLook, SeedState
from offline_backup_gui.ui.tracking.window import TrackingWindow
from tests.ui.tracking import scenes
from tests.ui.tracking.conftest import Open
from tests.ui.tracking.fakes import NOW
from tests.ui.tracking.test_window import settled

pytestmark = pytest.mark.qt_log_ignore("propagateSizeHints")


def said(window: TrackingWindow) -> list[str]:
    labels = window.detail.agent.findChildren(QLabel)
    return [label.text() for label in labels if label.isVisible()]


def test_waiting_is_shown_as_normal_and_open_items_by_name(open_window: Open) -> None:
    lines = said(open_window(scenes.agent()))
    waits = "Waiting for Azure Import Job to complete"
    assert lines[1] == (
        f"Its console says “{waits}”. That is normal until Azure has read the data in."
    )
    assert "The first backup is still to come" in lines
    assert lines[-2:] == ["1 item without a recovery point", "D:\\"]


def test_a_vault_nobody_named_or_looked_into_says_so(open_window: Open) -> None:
    world = scenes.agent()
    world.agents.clear()
    world.links.clear()
    assert any("No vault is named for this backup yet" in line for line in said(open_window(world)))
    world = scenes.agent()
    world.agents.clear()
    lines = said(open_window(world))
    assert "Its vault has not been looked into yet." in lines
    assert "Followed in the vault branch-vault, as FS042" in lines


@pytest.mark.parametrize("state", SeedState)
def test_every_look_has_its_own_words(state: SeedState, open_window: Open, qtbot: QtBot) -> None:
    world = scenes.agent()
    window = open_window(world)
    proved = NOW if state is SeedState.PROVED else None
    world.agents[world.plans[0].plan_id] = SeedLook(state, proved, ("C: 2026-06-09 08:14Z",))
    window.refresh()
    settled(qtbot, window)
    title = {
        SeedState.NOT_THERE: "The vault knows nothing of this server yet",
        SeedState.FIRST_PENDING: "The first backup is still to come",
        SeedState.STOPPED: "The agent's newest job did not succeed",
        SeedState.UNPROVED: "There are recovery points, but none of this journey",
        SeedState.GONE: "The vault no longer lists a data source without a recovery point",
        SeedState.PROVED: "The vault has a recovery point of everything",
    }[state]
    qtbot.waitUntil(lambda: title in said(window))
    dated = [
        line for line in said(window) if line.startswith("First recovery point of this journey")
    ]
    assert bool(dated) is (state is SeedState.PROVED)


def test_the_program_itself_has_no_card_of_an_agent(open_window: Open) -> None:
    assert not open_window(scenes.travelling()).detail.agent.isVisible()


def test_safe_to_erase_names_what_the_vault_lists_no_more(open_window: Open) -> None:
    world = scenes.agent()
    seed = world.plans[0]
    lines = ("C:\\ 2026-06-09 08:14Z", "D:\\ 2026-06-09 08:15Z")
    world.agents[seed.plan_id] = SeedLook(SeedState.PROVED, NOW, lines, (), ("D:\\",))
    world.facts[seed.plan_id] = replace(world.facts[seed.plan_id], recovery_point_at=NOW)
    window = open_window(world)
    assert window.detail.safe_card.isVisible()
    assert "The vault no longer lists D:\\." in window.detail.safe_card.gone.text()
    assert "D:\\" in window.detail.safe_card.accessibleName()
    assert said(window)[-2:] == ["1 item that the vault lists no more", "D:\\"]
