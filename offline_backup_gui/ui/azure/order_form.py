"""The fields of an order: address and contact, each judged below it while it is typed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.geography import Geography
from offline_backup_gui.domain.order_fields import Flaw, OrderFields, flaws
from offline_backup_gui.ui.azure.fields import judged_row, narrow
from offline_backup_gui.ui.widgets.boxes import Columns, unit
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.words import Words

ADDRESS = ("company", "street", "street2", "city", "state", "postal_code")
CONTACT = ("contact", "phone", "extension", "emails")


class OrderForm(QWidget):
    """Shows fields and reads them back; a field that was never touched is not scolded."""

    edited = Signal()

    def __init__(self, words: Words, geography: Geography, *, contact: bool = True) -> None:
        super().__init__()
        self._words = words
        self._touched: set[str] = set()
        self.fields: dict[str, QLineEdit] = {}
        self._verdicts: dict[str, QLabel] = {}
        self.country = narrow(QComboBox())
        self.country.addItem("", "")
        named = {code: self._country_name(code, geography) for code in geography.country_names}
        for code, name in sorted(named.items(), key=lambda item: item[1].casefold()):
            self.country.addItem(name, code)
        self.country.activated.connect(lambda _index: self._edited("country"))
        self.residential = QCheckBox(words.text("order.residential"))
        self.residential.toggled.connect(lambda _on: self.edited.emit())
        parts = [self._part("order.address-title", ADDRESS, country=True)]
        if contact:
            parts.append(self._part("order.contact-title", CONTACT, country=False))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(Columns(parts, letters=34))

    def _country_name(self, code: str, geography: Geography) -> str:
        key = f"country.{code}"
        return self._words.text(key) if self._words.has(key) else geography.country_names[code]

    def _part(self, title: str, names: tuple[str, ...], *, country: bool) -> QWidget:
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(self) // 2)
        column.addWidget(text(self._words.text(title), "strong"))
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(unit(self) // 3)
        form.setHorizontalSpacing(unit(self))
        for name in names:
            field = QLineEdit()
            field.textEdited.connect(lambda _text, name=name: self._edited(name))
            self.fields[name] = field
            self._add(form, name, field)
        if "emails" in names:
            several = self._words.text("order.field.several-emails")
            self.fields["emails"].setPlaceholderText(several)
            self.fields["emails"].setToolTip(several)
        if country:
            self._add(form, "country", self.country)
            form.addRow("", self.residential)
        column.addLayout(form)
        column.addStretch(1)
        return part

    def _add(self, form: QFormLayout, name: str, field: QWidget) -> None:
        self._verdicts[name] = judged_row(self._words, form, name, field)

    # ------------------------------------------------------------ fields

    def show_fields(self, fields: OrderFields) -> None:
        """Put the answers into the fields; one that is being typed in stays."""
        for name, field in self.fields.items():
            value = getattr(fields, name)
            if field.text() != value and not field.hasFocus():
                field.setText(value)
                field.setCursorPosition(0)  # what is longer than the field begins at its beginning
        self.country.setCurrentIndex(max(0, self.country.findData(fields.country)))
        self.residential.blockSignals(True)
        self.residential.setChecked(fields.residential)
        self.residential.blockSignals(False)
        self.show_flaws(fields)

    def read(self, fields: OrderFields) -> OrderFields:
        """Give the fields as they stand here."""
        typed: Mapping[str, str] = {name: field.text() for name, field in self.fields.items()}
        return replace(
            fields,
            country=str(self.country.currentData() or ""),
            residential=self.residential.isChecked(),
            **typed,
        )

    def touch_all(self) -> None:
        """Judge every field from now on."""
        self._touched |= set(self._verdicts)

    def show_flaws(self, fields: OrderFields) -> None:
        """Say below each field what is wrong with it."""
        found: dict[str, Flaw] = {}
        for name, flaw in flaws(fields):
            found.setdefault(name, flaw)
        for name, verdict in self._verdicts.items():
            told = found.get(name) if name in self._touched else None
            verdict.setText(self._words.text(f"order.flaw.{told.value}") if told else "")
            verdict.setVisible(told is not None)

    def _edited(self, name: str) -> None:
        self._touched.add(name)
        self.edited.emit()
