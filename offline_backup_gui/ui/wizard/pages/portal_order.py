"""The way without a sign-in: files and fields for the portal, then the name it was given there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QFileDialog, QFormLayout, QLabel, QLineEdit, QWidget

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.orders import KeptOrder, OrderForm
from offline_backup_gui.domain.plan import Draft, Route
from offline_backup_gui.domain.service_status import portal_words
from offline_backup_gui.services.ordering import Ordering, form_of
from offline_backup_gui.services.portal import portal_fields
from offline_backup_gui.ui.azure.copy_rows import CopyRows
from offline_backup_gui.ui.azure.fields import narrow, pile
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking.dialogs import moment_field, moment_in
from offline_backup_gui.ui.widgets.boxes import Card, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.ui.wizard.facts import need_bytes
from offline_backup_gui.ui.wizard.page import Desk
from offline_backup_gui.words import Message

_WITH_KEYS = frozenset({".jrn", ".xml"})  # journal and drive information of own drives


class PortalWay(Protocol):
    """What a card for the portal needs: of an order of devices, or of a job with own drives."""

    def form(self, draft: Draft, *, placed: bool = False) -> OrderForm:
        """Make the form; ORDER_FORM_WRONG names what it lacks first."""

    def write(self, draft: Draft, folder: Path) -> list[Path]:
        """Write what the portal asks for into a folder."""

    def note(self, draft: Draft, name: str, status: str, at: datetime) -> KeptOrder:
        """Keep what was made in the portal."""


class OrderWay:
    """The way of an order of devices."""

    def __init__(self, ordering: Ordering) -> None:
        self._ordering = ordering

    def form(self, draft: Draft, *, placed: bool = False) -> OrderForm:
        """As `PortalWay.form`."""
        return form_of(draft, need_bytes(draft), placed=placed)

    def write(self, draft: Draft, folder: Path) -> list[Path]:
        """As `PortalWay.write`."""
        return self._ordering.write_portal_files(draft, need_bytes(draft), folder)

    def note(self, draft: Draft, name: str, status: str, at: datetime) -> KeptOrder:
        """As `PortalWay.note`."""
        return self._ordering.note(draft, need_bytes(draft), name, status, at)


class PortalCard(Card):
    """Everything the portal asks for, in its order and its words; then what came of it."""

    ordered = Signal(object)  # KeptOrder

    def __init__(self, desk: Desk, way: PortalWay, group: str = "order") -> None:
        """`group` has the sentences that differ: "order" or "import-job"."""
        super().__init__(desk.words.text(f"{group}.portal-title"), "paper")
        self._desk, self._words, self._way = desk, desk.words, way
        self._draft = Draft()
        self._route: Route | None = None
        self.add(text(desk.words.text(f"{group}.portal-why"), "subdued"))
        self._missing = text("", "small")
        self.add(self._missing)
        self.copy_button = self._button("copy", "order.portal-copy", self._copy)
        self.files_button = self._button("folder", "order.portal-files", self._ask_folder)
        self.fields = CopyRows(desk.words)
        self.add(self.fields)
        self.add(pile((self.copy_button, self.files_button)))
        self.add(text(desk.words.text(f"{group}.portal-after"), "strong"))
        self._form = QFormLayout()
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self._form.setVerticalSpacing(unit(self) // 2)
        self._form.setHorizontalSpacing(unit(self))
        self.name, self.status = QLineEdit(), narrow(QComboBox())
        self.status.setEditable(True)
        self.status.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.when = moment_field(datetime.now(UTC))
        self._add("portal-name" if group == "order" else "portal-job", self.name)
        self._add("portal-status", self.status)
        self._add("portal-since", self.when)
        self.add(self._form)
        self.note_button = self._button("check", f"{group}.portal-note", self.note)
        self.add(row(self.note_button, 1))
        self.notices, self.open = NoticeList(desk.words), NoticeList(desk.words)
        self.add(self.notices)
        self.add(self.open)
        self.name.textEdited.connect(lambda _text: self._show_ready())
        self.status.editTextChanged.connect(lambda _text: self._show_ready())

    def _button(self, icon: str, key: str, does: Callable[[], None]) -> IconButton:
        label = self._words.text(key)
        button = IconButton(icon, label)
        button.setAccessibleName(plain(label))
        button.clicked.connect(does)
        return button

    def _add(self, key: str, field: QWidget) -> None:
        label = QLabel(self._words.text(f"order.field.{key}"))
        label.setBuddy(field)
        field.setAccessibleName(plain(label.text()))
        self._form.addRow(label, field)

    # ------------------------------------------------------------ showing

    def show_draft(self, draft: Draft) -> None:
        """Know the newest answers."""
        self._draft = draft
        if draft.route is not None and draft.route is not self._route:
            self._route = draft.route
            self.status.clear()
            self.status.addItems(list(portal_words(draft.route)))
        self._show_ready()

    def _show_ready(self) -> None:
        missing = self._missing_field()
        self.fields.setVisible(not missing)
        if not missing:
            form = self._way.form(self._draft)
            self.fields.show_fields(list(portal_fields(form)))
            if form.job_name and not self.name.text():
                self.name.setText(form.job_name)  # an agent takes no other
        self._missing.setText(
            self._words.text("order.portal-missing", field=missing) if missing else ""
        )
        self._missing.setVisible(bool(missing))
        for button in (self.copy_button, self.files_button):
            button.setEnabled(not missing)
        named = bool(self.name.text().strip() and self.status.currentText().strip())
        self.note_button.setEnabled(named and not self._missing_field(placed=True))

    @property
    def missing(self) -> str:
        """Name the first answer that is still missing; "" when the form is complete."""
        return self._missing_field()

    def _missing_field(self, *, placed: bool = False) -> str:
        """Name the first answer that the form still lacks, or that a placed order does."""
        try:
            self._way.form(self._draft, placed=placed)
        except BackupError as trouble:
            if trouble.code is not ErrorCode.ORDER_FORM_WRONG:
                return self._words.trouble(trouble).title
            key = _FIELD_BY_KEY.get(str(trouble.parameters["key"]), trouble.parameters["key"])
            return plain(self._words.text(f"order.field.{key}"))
        return ""

    # ------------------------------------------------------------ doing

    def _copy(self) -> None:
        fields = portal_fields(self._way.form(self._draft))
        lines = "\n".join(f"{label}: {value}" for label, value in fields if value)
        QGuiApplication.clipboard().setText(lines)
        message = Message(self._words.text("order.portal-copied"), "", "")
        self.notices.show_message(message, Status.GOOD)

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, self._words.text("order.portal-folder"))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.write_files)
        dialog.open()

    def write_files(self, folder: str) -> None:
        """Write the files into a folder."""
        draft, way, protection = self._draft, self._way, self._desk.services.protection
        self.open.clear()

        def work() -> tuple[list[Path], list[Finding]]:
            files = way.write(draft, Path(folder))
            return files, protection.left_open([one for one in files if one.suffix in _WITH_KEYS])

        def written(found: tuple[list[Path], list[Finding]]) -> None:
            files, left_open = found
            names = ", ".join(path.name for path in files)
            title = self._words.text("order.portal-written", folder=folder)
            self.notices.show_message(Message(title, names, ""), Status.GOOD)
            self.open.show_findings(left_open)

        self._desk.bridge.call(self, work, written, self.notices.show_trouble)

    def note(self) -> None:
        """Keep the order that was placed in the portal."""
        draft, way = self._draft, self._way
        name, status = self.name.text().strip(), self.status.currentText().strip()
        at = moment_in(self.when)
        self._desk.bridge.call(
            self,
            lambda: way.note(draft, name, status, at),
            lambda kept: self.ordered.emit(kept),
            self.notices.show_trouble,
        )


_FIELD_BY_KEY = {"storage_account": "account", "resource_group": "group", "plan": "name"}
