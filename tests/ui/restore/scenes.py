"""The restore wizard on each of its pages, for pictures and for tests."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from msgspec.structs import replace
from PySide6.QtCore import QCoreApplication, QEventLoop
from PySide6.QtWidgets import QWidget

from offline_backup_gui.domain.job import JobState, Phase
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.restore.flow import Step
from offline_backup_gui.ui.restore.wizard import RestoreWizard
from offline_backup_gui.words import Words
from tests.ui.tracking.fakes import COPYING, PASSPHRASE, World, plan

DIFFERENCES = [
    {"path": "Shares/Accounting/ledger.db", "reason": "damaged:3f09c2d4e5b61784"},
    {"path": "Shares/Scans/2026.pdf", "reason": "exists"},
    {"path": "Projects/Museum/Roof.dwg", "reason": "owner: Operation not permitted"},
]


def until(done: Callable[[], bool]) -> None:
    """Let the event loop run until something is so."""
    end = monotonic() + 10
    while not done() and monotonic() < end:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
    assert done()


def opened(world: World, words: Words, step: Step, bridge: Bridge | None = None) -> RestoreWizard:
    """Give a wizard that walked to a page by its own buttons."""
    wizard = RestoreWizard(world.services(), words, bridge, plan=plan())
    wizard.show()
    for page in Step:
        until(lambda page=page: wizard.current() == page.value)  # type: ignore[misc]
        if page is step:
            break
        if page is Step.TARGET:
            wizard.target.folder.setText("/srv/restored")
        wizard.next_button.click()
    return wizard


def where(words: Words) -> RestoreWizard:
    """The first page, opened for any drive."""
    wizard = RestoreWizard(World().services(), words)
    wizard.where.add_folder("F:/")
    wizard.where.add_folder("G:/")
    wizard.where.passphrase.setText(PASSPHRASE)
    return wizard


def code(words: Words) -> RestoreWizard:
    """The first page with a container's address and the recovery code."""
    wizard = RestoreWizard(World().services(), words)
    wizard.where.place_cards[2].radio.setChecked(True)
    wizard.where.secret_cards[2].radio.setChecked(True)
    return wizard


def wrong(words: Words) -> RestoreWizard:
    """A passphrase that does not open it."""
    wizard = RestoreWizard(World().services(), words)
    wizard.where.add_folder("F:/")
    wizard.where.passphrase.setText("not-this-one")
    wizard.next_button.click()
    until(lambda: wizard.where.isEnabled())
    return wizard


def files(words: Words) -> RestoreWizard:
    """The tree, partly opened, one file left out."""
    wizard = opened(World(), words, Step.FILES)
    model, tree = wizard.files.tree_model, wizard.files.tree
    until(lambda: model.rowCount() > 0)
    projects = model.index(0, 0)
    tree.expand(projects)
    until(lambda: model.rowCount(projects) > 0)
    bridge_folder = model.index(0, 0, projects)
    tree.expand(bridge_folder)
    until(lambda: model.rowCount(bridge_folder) > 0)
    wizard.files.selection.choose("Projects/Harbour bridge/Cost plan.xlsx", False, 918_204)
    wizard.files.selection.choose("Shares", False, 2_010_000_000_000)
    model.redraw()
    model.chosen_changed.emit()
    return wizard


def found(words: Words) -> RestoreWizard:
    """A search."""
    wizard = opened(World(), words, Step.FILES)
    wizard.files.search.setText("plan")
    until(lambda: wizard.files.found_model.rowCount() > 0)
    return wizard


def running(words: Words) -> RestoreWizard:
    """The restore runs."""
    world = World()
    wizard = opened(world, words, Step.RUN)
    job = world.jobs[-1]
    world.readings[job.job_id] = replace(COPYING, phase=Phase.RESTORE)
    return wizard


def report(words: Words) -> RestoreWizard:
    """The report with differences."""
    world = World()
    wizard = opened(world, words, Step.RUN)
    world.finish(
        world.jobs[-1].job_id,
        JobState.EXCEPTIONS,
        files=51_201,
        bytes=3_213_900_000_000,
        differences=DIFFERENCES,
    )
    until(lambda: wizard.run.model.rowCount() > 0)
    return wizard


SCENES: dict[str, Callable[[Words], QWidget]] = {
    "restore-1-where": where,
    "restore-1-where-code": code,
    "restore-1-where-wrong": wrong,
    "restore-2-point": lambda words: opened(World(), words, Step.POINT),
    "restore-3-files": files,
    "restore-3-files-found": found,
    "restore-4-target": lambda words: opened(World(), words, Step.TARGET),
    "restore-5-running": running,
    "restore-5-report": report,
}


def scenes(words: Words) -> dict[str, QWidget]:
    """Give a wizard for each page."""
    return {name: build(words) for name, build in SCENES.items()}
