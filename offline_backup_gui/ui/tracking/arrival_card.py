"""The arrival: expected, arrived, damaged, renamed, missing; check, repair, move to the vault."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking.flush import flush
from offline_backup_gui.ui.tracking.view import ArrivalFigures
from offline_backup_gui.ui.widgets.boxes import Card, clear, unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words

_NAMES_SHOWN = 500


class ArrivalCard(Card):
    """Figures of the newest arrival check, the objects it names, and what can be done."""

    check_wanted = Signal()
    repair_wanted = Signal()
    vault_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("tracking.arrival"), "building")
        self._words = words
        self._shown: ArrivalFigures | None = None
        step = unit(self)
        self._figures = QHBoxLayout()
        self._figures.setSpacing(step // 2)
        self._none = text(words.text("tracking.arrival-none"), "subdued")
        self._list_button = IconButton("chevron-down", words.text("tracking.show-list"), "quiet")
        self._list_button.clicked.connect(self._toggle_list)
        self._list = QPlainTextEdit()
        self._list.setReadOnly(True)
        self._list.setTabChangesFocus(True)
        self._list.setMaximumHeight(step * 9)
        self._list.setAccessibleName(words.text("tracking.arrival"))
        self._list.hide()
        self.add(self._none)
        self.add(self._figures)
        self.add(flush(self._list_button))
        self.add(self._list)
        self.check_button = self._button("search", "tracking.check", self.check_wanted)
        self.repair_button = self._button("refresh", "tracking.repair", self.repair_wanted)
        self.vault_button = self._button("shield", "tracking.vault", self.vault_wanted)
        buttons = QVBoxLayout()
        buttons.setSpacing(step // 3)
        for button in (self.check_button, self.repair_button, self.vault_button):
            buttons.addLayout(flush(button))
        self.add(buttons)
        self.column.addStretch(1)
        self._list_button.hide()

    def _button(self, icon: str, key: str, signal: SignalInstance) -> IconButton:
        label = self._words.text(key)
        button = IconButton(icon, label, "quiet")
        button.setAccessibleName(plain(label))
        button.clicked.connect(signal)
        return button

    def show_arrival(
        self, figures: ArrivalFigures | None, *, may_check: bool, may_vault: bool, busy: bool
    ) -> None:
        """Show the figures; a button that makes no sense yet is visible and grey."""
        self.check_button.setEnabled(may_check and not busy)
        self.repair_button.setEnabled(
            may_check and not busy and figures is not None and not figures.complete
        )
        self.vault_button.setEnabled(may_vault and not busy)
        if figures == self._shown:
            return
        self._shown = figures
        clear(self._figures)
        self._none.setVisible(figures is None)
        if figures is None:
            self._list_button.hide()
            self._list.hide()
            return
        counts = (
            ("expected", figures.expected, Status.QUIET),
            ("arrived", figures.arrived, Status.GOOD if figures.complete else Status.QUIET),
            ("damaged", len(figures.damaged), Status.OBSTACLE),
            ("renamed", len(figures.renamed), Status.CAUTION),
            ("missing", len(figures.missing), Status.OBSTACLE),
        )
        for name, count, status in counts:
            self._figures.addWidget(self._figure(name, count, status))
        self._figures.addStretch(1)
        self._show_names(figures)

    def _figure(self, name: str, count: int, status: Status) -> QWidget:
        caption = self._words.text(f"tracking.{name}")
        figure = QWidget()
        column = QVBoxLayout(figure)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        number = text(self._words.number(count), "figure", wrap=False)
        if count and status is not Status.QUIET:
            number.setProperty("status", status.value)
        column.addWidget(number)
        column.addWidget(text(caption, "small", wrap=False))
        figure.setAccessibleName(f"{caption}: {self._words.number(count)}")
        return figure

    def _show_names(self, figures: ArrivalFigures) -> None:
        words = self._words
        parts: list[str] = []
        groups: tuple[tuple[str, Sequence[str]], ...] = (
            ("damaged", figures.damaged),
            ("missing", figures.missing),
            ("renamed", figures.renamed),
        )
        for name, objects in groups:
            if not objects:
                continue
            parts.append(f"{words.text(f'tracking.{name}')}:")
            parts += [f"  {entry}" for entry in objects[:_NAMES_SHOWN]]
            if len(objects) > _NAMES_SHOWN:
                parts.append(f"  {words.text('tracking.more', count=len(objects) - _NAMES_SHOWN)}")
        if figures.repaired_bytes:
            parts.append(words.text("tracking.repaired", size=figures.repaired_bytes))
        self._list.setPlainText("\n".join(parts))
        self._list_button.setVisible(bool(parts))
        self._list.setVisible(bool(parts) and self._list.isVisible())

    def _toggle_list(self) -> None:
        shown = not self._list.isVisible()
        self._list.setVisible(shown)
        key = "tracking.hide-list" if shown else "tracking.show-list"
        self._list_button.setText(self._words.text(key))
        self._list_button.set_icon_name("chevron-up" if shown else "chevron-down")
