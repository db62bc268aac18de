"""What an import job with own drives asks: its place, the way back, and who pays the carrier."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from offline_backup_gui.domain.order_fields import Flaw, OrderFields, return_flaws
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.azure.fields import judged_row, narrow
from offline_backup_gui.ui.azure.order_form import OrderForm
from offline_backup_gui.ui.widgets.boxes import Card, WrappingCheck, unit
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.ui.wizard.page import Desk
from offline_backup_gui.ui.wizard.pages.order_place import OrderPlace

CARRIERS = ("DHL", "FedEx", "UPS")


class ImportForm(QWidget):
    """Three cards; each field is judged below it from the moment it was touched."""

    edited = Signal()

    def __init__(self, desk: Desk, *, named: bool) -> None:
        """`named`: whether the name of the backup is asked here, or stands already."""
        super().__init__()
        self._desk, self._words = desk, desk.words
        self._touched: set[str] = set()
        self.place = OrderPlace(desk, named=named)
        self.place.edited.connect(self.edited)
        self.address = OrderForm(desk.words, desk.geography)
        self.address.edited.connect(self.edited)
        address = Card(desk.words.text("import-job.address-title"), "building")
        address.add(text(desk.words.text("import-job.address-why"), "subdued"))
        address.add(self.address)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(self) * 3 // 4)
        for card in (self.place, address, self._return_card()):
            column.addWidget(card)

    def _return_card(self) -> Card:
        card = Card(self._words.text("import-job.return-title"), "truck")
        card.add(text(self._words.text("import-job.return-why"), "subdued"))
        form = QFormLayout()
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setVerticalSpacing(unit(self) // 2)
        form.setHorizontalSpacing(unit(self))
        self.carrier = narrow(QComboBox())
        self.carrier.setEditable(True)
        self.carrier.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._offer(CARRIERS, "")
        self.carrier.editTextChanged.connect(lambda _text: self._typed("carrier"))
        self.account = QLineEdit()
        self.account.textEdited.connect(lambda _text: self._typed("carrier_account"))
        self._verdicts: dict[str, QLabel] = {}
        self._add(form, "carrier", self.carrier)
        self._add(form, "carrier_account", self.account)
        card.add(form)
        self._site = text("", "small")
        card.add(self._site)
        self.backup = WrappingCheck(self._words.text("import-job.backup-manifest"))
        self.backup.toggled.connect(lambda _on: self.edited.emit())
        card.add(self.backup)
        return card

    def _add(self, form: QFormLayout, name: str, field: QWidget) -> None:
        self._verdicts[name] = judged_row(self._words, form, name, field)

    # ------------------------------------------------------------ draft

    def show_draft(self, draft: Draft) -> None:
        """Show the answers."""
        order = draft.order
        if not order.country and draft.country:
            order = replace(order, country=draft.country)
        self.place.show_draft(draft)
        self.address.show_fields(order)
        if self.carrier.currentText() != order.carrier:
            self.carrier.blockSignals(True)
            self.carrier.setEditText(order.carrier)
            self.carrier.blockSignals(False)
        if self.account.text() != order.carrier_account and not self.account.hasFocus():
            self.account.setText(order.carrier_account)
        self.backup.box.blockSignals(True)
        self.backup.box.setChecked(order.backup_manifest)
        self.backup.box.blockSignals(False)
        self.show_verdicts(draft)

    def read(self, draft: Draft) -> Draft:
        """Give the draft with what stands here."""
        order = replace(
            self.address.read(draft.order),
            carrier=self.carrier.currentText().strip(),
            carrier_account=self.account.text().strip(),
            backup_manifest=self.backup.box.isChecked(),
        )
        return self.place.read(replace(draft, order=order))

    def show_verdicts(self, draft: Draft) -> None:
        """Say below each field what is wrong with it, and which site will take the drives."""
        self.address.show_flaws(draft.order)
        self._show_return(draft.order)
        geography = self._desk.geography
        region = geography.region(draft.azure.region or draft.region)
        self._site.setVisible(region is not None)
        if region is None:
            return
        key = f"country.{region.country}"
        country = self._words.text(key) if self._words.has(key) else region.country
        carriers = geography.carriers(region.country)
        self._site.setText(
            self._words.text(
                "import-job.site",
                region=region.name,
                country=country,
                carriers=self._words.listed(list(carriers or CARRIERS)),
            )
        )
        self._offer(carriers or CARRIERS, self.carrier.currentText())

    def touch_all(self) -> None:
        """Judge every field from now on."""
        self._touched |= set(self._verdicts)
        self.address.touch_all()

    def _offer(self, carriers: tuple[str, ...], typed: str) -> None:
        shown = tuple(self.carrier.itemText(place) for place in range(self.carrier.count()))
        if shown == carriers:
            return
        self.carrier.blockSignals(True)
        self.carrier.clear()
        self.carrier.addItems(carriers)
        self.carrier.setEditText(typed)
        self.carrier.blockSignals(False)

    def _show_return(self, fields: OrderFields) -> None:
        found: dict[str, Flaw] = dict(return_flaws(fields))
        for name, verdict in self._verdicts.items():
            told = found.get(name) if name in self._touched else None
            verdict.setText(self._words.text(f"order.flaw.{told.value}") if told else "")
            verdict.setVisible(told is not None)

    def _typed(self, name: str) -> None:
        self._touched.add(name)
        self.edited.emit()
