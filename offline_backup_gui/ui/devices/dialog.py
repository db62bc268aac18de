"""The device of one backup in a window of its own, opened from the overview."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QVBoxLayout, QWidget

from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.devices.panel import DevicePanel, Errand
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.shell import MINIMUM_SIZE, USUAL_SIZE
from offline_backup_gui.ui.widgets.boxes import row, unit
from offline_backup_gui.ui.widgets.scroll import ScrolledPage
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words


class DeviceDialog(QDialog):
    """Scrolls inside, with its button always in view; closing stops a check."""

    def __init__(
        self, services: Services, words: Words, bridge: Bridge, errand: Errand, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(words.text("device-desk.window"))
        self.setMinimumSize(MINIMUM_SIZE)
        self.resize(USUAL_SIZE)
        step = unit(self)
        page = ScrolledPage()
        column = QVBoxLayout(page)
        column.setContentsMargins(step * 2, step * 3 // 2, step * 2, step * 3 // 2)
        column.setSpacing(step * 3 // 4)
        column.addWidget(text(words.text("device-desk.heading"), "heading"))
        column.addWidget(text(words.text("device-desk.lead", name=errand.name), "subdued"))
        self.panel = DevicePanel(services, words, bridge)
        column.addWidget(self.panel)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(page)
        self.close_button = IconButton("check", words.text("device-desk.close"), "primary")
        self.close_button.setAccessibleName(plain(self.close_button.text()))
        self.close_button.clicked.connect(self.close)
        bar = QFrame()
        bar.setObjectName("bar")
        bar_row = row(1, self.close_button)
        bar_row.setContentsMargins(step * 2, step * 2 // 3, step * 2, step * 2 // 3)
        bar.setLayout(bar_row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(area, 1)
        layout.addWidget(bar)
        self.panel.show_errand(errand)
        self.panel.entered()

    def done(self, result: int) -> None:
        """End what only an open window does; Escape comes here as well."""
        self.panel.check.stop()
        self.panel.left()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Leave no watch behind."""
        self.panel.check.stop()
        self.panel.left()
        super().closeEvent(event)
