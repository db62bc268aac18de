"""Where the window begins: dresses the application and opens overview or wizard."""

from __future__ import annotations

import sys
from functools import partial

import shiboken6
from PySide6.QtCore import QLibraryInfo, QLocale, QObject, Qt, QTimer, QTranslator
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from offline_backup_gui.domain.job import CONTINUABLE, ENDED, Job, JobKind
from offline_backup_gui.domain.plan import Draft, Plan, PlanId
from offline_backup_gui.domain.ports import WindowSlot
from offline_backup_gui.services import Services
from offline_backup_gui.services.practice import Practice
from offline_backup_gui.ui.bridge import Bridge, Every, Garbage
from offline_backup_gui.ui.crash import CrashGuard
from offline_backup_gui.ui.desktop.desktop import Desktop
from offline_backup_gui.ui.desktop.front import come_to_front
from offline_backup_gui.ui.icons import icon
from offline_backup_gui.ui.mnemonics import Mnemonics
from offline_backup_gui.ui.theme import Theme, current_tones
from offline_backup_gui.ui.tracking.window import TrackingWindow
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.pages.copying import CopyingPage
from offline_backup_gui.ui.wizard.window import WizardWindow
from offline_backup_gui.words import Words

WISH_EVERY_MS = 400


class Windows(QObject):
    """Opens the windows and hands over between them; the overview is the home."""

    def __init__(
        self, services: Services, words: Words, bridge: Bridge, desktop: Desktop | None = None
    ) -> None:
        super().__init__()
        self._desktop = desktop
        self._services = services
        self._words = words
        self._bridge = bridge
        self.wizard: WizardWindow | None = None
        self.overview: TrackingWindow | None = None

    def open_first(self) -> None:
        """Open the overview when there are plans, else the wizard."""
        if self._services.planning.plans():
            self.open_overview()
        else:
            self.open_wizard()

    def open_practice(self) -> None:
        """Open the wizard at once, and fill it as soon as the sample office is made."""
        wizard = self.open_wizard(Draft())
        wizard.wait_for(self._words.text("wizard.sample-being-made"))
        services = self._services
        practice = Practice(lambda _folder: services)
        folder = services.world.folder / "sample"
        self._bridge.call(
            wizard,
            lambda: practice.draft(services, folder),
            wizard.show_draft,
            wizard.show_trouble,
        )

    def open_wizard(self, draft: Draft | None = None) -> WizardWindow:
        """Open the wizard at a draft, or at the saved one."""
        wizard = WizardWindow(self._services, self._words, self._bridge, draft=draft)
        if draft is not None:
            wizard.show_draft(draft)
        wizard.overview_wanted.connect(self._to_overview)
        wizard.practice_wanted.connect(self._to_overview)
        self.wizard = wizard
        wizard.show()
        if self._desktop is not None:
            self._desktop.attach(wizard)
            copying = wizard.page(Step.COPYING)
            if isinstance(copying, CopyingPage):
                copying.progressed.connect(partial(self._desktop.show_job, wizard))
        return wizard

    def open_overview(self, plan_id: PlanId | None = None) -> TrackingWindow:
        """Open the overview, or bring it to the front, at a plan if one is named."""
        if self.overview is None:
            self.overview = TrackingWindow(self._services, self._words, self._bridge)
            self.overview.new_wanted.connect(lambda: self.open_wizard())
            self.overview.repeat_wanted.connect(self._repeat)
            if self._desktop is not None:
                self._desktop.attach(self.overview)
                self.overview.presence.job_shown.connect(
                    partial(self._desktop.show_job, self.overview)
                )
        come_to_front(self.overview)
        if plan_id is not None:
            self.overview.select(plan_id)
        return self.overview

    def listen(self, slot: WindowSlot) -> None:
        """Come to the front when another start of the program asks for it."""

        def look() -> None:
            if slot.wished():
                self.come_to_front()

        self._slot_watch = Every(WISH_EVERY_MS, look, self)
        self._slot_watch.start()

    def come_to_front(self) -> None:
        """Show the window that was used last, also out of the tray or the taskbar."""
        wizard = self.wizard
        if wizard is not None and shiboken6.isValid(wizard) and wizard.isVisible():
            come_to_front(wizard)
        elif self.overview is not None:
            come_to_front(self.overview)
        else:
            self.open_first()

    def _to_overview(self, plan_id: PlanId) -> None:
        self.open_overview(plan_id)
        if self.wizard is not None:
            self.wizard.close()
            self.wizard = None

    def _repeat(self, plan: Plan) -> None:
        planning, backups = self._services.planning, self._services.backups

        def ask() -> tuple[Draft, Job | None]:
            return planning.draft_from(plan), backups.newest(plan.plan_id, JobKind.COPY)

        def opened(answer: tuple[Draft, Job | None]) -> None:
            draft, job = answer
            wizard = self.open_wizard(draft)
            # What has not come to its end goes on; only what is finished is repeated.
            if job is not None and (job.state not in ENDED or job.state in CONTINUABLE):
                wizard.open_job(plan, draft, job.job_id)

        self._bridge.call(self, ask, opened)


def run(
    services: Services,
    words: Words,
    *,
    practice: bool = False,
    slot: WindowSlot | None = None,
) -> int:
    """Show the program until its last window is closed; give the exit code.

    A second start of the program asks through `slot` to see the window that is there. `practice`
    fills the wizard with a sample office; the services must then be built on a state folder of
    their own, so that no real backup is touched.
    """
    app = _application(words)
    theme = Theme(app)
    mnemonics = Mnemonics(app)
    app.setWindowIcon(QIcon(icon("app", current_tones().accent, 64)))
    guard = CrashGuard(words, services.world.folder / "reports")
    guard.install()
    # Both belong to the application: a worker that outlives the window must not destroy them.
    bridge, garbage = Bridge(app), Garbage(app)
    desktop = Desktop(app, words, bridge, jobs_outlive_session=services.world.jobs_outlive_session)
    desktop.look_changed.connect(theme.dress)
    windows = Windows(services, words, bridge, desktop)
    if slot is not None:
        windows.listen(slot)
    # A practice backup that was begun goes on in the overview.
    if practice and not services.planning.plans():
        windows.open_practice()
    else:
        windows.open_first()
    QTimer.singleShot(0, guard.tell_of_last_time)
    try:
        return app.exec()
    finally:
        guard.remove()
        desktop.close()
        bridge.close()
        garbage.stop()
        mnemonics.deleteLater()
        theme.deleteLater()


def _application(words: Words) -> QApplication:
    # 125 % is 125 % and not 100: each screen has its own scale.
    if QApplication.instance() is None:
        QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
            Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
        )
    running = QApplication.instance()
    app = running if isinstance(running, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("Offline Backup")
    app.setOrganizationName("Offline Backup")
    # Qt's own dialogs (files, colours) speak the same language as we do.
    QLocale.setDefault(QLocale(words.language if words.language in ("en", "de") else "en"))
    translator = QTranslator(app)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(f"qtbase_{words.language}", folder):
        app.installTranslator(translator)
    return app
