"""Which window opens, and how they hand over to one another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.ui.entry import Windows
from offline_backup_gui.ui.wizard.facts import Step
from tests.fakes_services import FakeServices
from tests.screens.scenes import complete_draft
from tests.ui.instant import InstantBridge


@pytest.fixture
def fakes() -> FakeServices:
    return FakeServices(complete_draft())


@pytest.fixture
def windows(qtbot: QtBot, fakes: FakeServices) -> Iterator[Windows]:
    made = Windows(fakes.services, words.load("en"), InstantBridge())
    yield made
    for window in (made.wizard, made.overview):
        if window is not None:
            window.close()
            window.deleteLater()
    QApplication.processEvents()


def test_without_a_plan_the_wizard_opens_where_the_draft_was_left(windows: Windows) -> None:
    windows.open_first()
    assert windows.overview is None
    assert windows.wizard is not None
    assert windows.wizard.step is Step.REVIEW


def test_with_a_plan_the_overview_opens(windows: Windows, fakes: FakeServices) -> None:
    fakes.planning.decide(complete_draft())
    windows.open_first()
    assert windows.wizard is None
    assert windows.overview is not None
    assert windows.overview.isVisible()


def test_the_wizard_hands_over_to_the_overview(windows: Windows, fakes: FakeServices) -> None:
    plan = fakes.planning.decide(complete_draft())
    wizard = windows.open_wizard(complete_draft())
    wizard.practice_wanted.emit(plan.plan_id)
    assert windows.overview is not None
    assert windows.overview.isVisible()
    assert not wizard.isVisible()


def test_repeating_a_backup_opens_the_last_page_before_the_start(
    windows: Windows, fakes: FakeServices
) -> None:
    plan = fakes.planning.decide(complete_draft())
    overview = windows.open_overview()
    overview.repeat_wanted.emit(plan)
    assert windows.wizard is not None
    assert windows.wizard.step is Step.REVIEW


def test_repeating_a_backup_that_still_runs_shows_its_copy(
    windows: Windows, fakes: FakeServices
) -> None:
    plan = fakes.planning.decide(complete_draft())
    fakes.backups.start(plan.plan_id, JobKind.COPY)
    overview = windows.open_overview()
    overview.repeat_wanted.emit(plan)
    assert windows.wizard is not None
    assert windows.wizard.step is Step.COPYING


class Slot:
    """A slot whose wish a test makes."""

    def __init__(self) -> None:
        self.asked = False

    def take(self) -> bool:
        return True

    def wish(self) -> None:
        self.asked = True

    def wished(self) -> bool:
        asked, self.asked = self.asked, False
        return asked

    def pending(self) -> bool:
        return self.asked

    def give_back(self) -> None:
        self.asked = False


def test_a_second_start_brings_the_hidden_overview_back(
    windows: Windows, fakes: FakeServices, qtbot: QtBot
) -> None:
    fakes.planning.decide(complete_draft())
    windows.open_first()
    overview = windows.overview
    assert overview is not None
    slot = Slot()
    windows.listen(slot)
    for put_away in (overview.hide, overview.showMinimized):
        put_away()
        slot.wish()
        qtbot.waitUntil(lambda: overview.isVisible() and not overview.isMinimized())
        assert not slot.pending()


def test_a_second_start_shows_the_wizard_that_is_open(windows: Windows, qtbot: QtBot) -> None:
    windows.open_first()
    assert windows.wizard is not None
    windows.wizard.showMinimized()
    windows.come_to_front()
    assert not windows.wizard.isMinimized()
    assert windows.overview is None
