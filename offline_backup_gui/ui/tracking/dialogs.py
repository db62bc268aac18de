"""The small dialogs of the tracking window: carrier and number, a date, and one question."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDateTime, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDateTimeEdit,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QWidget,
)

from offline_backup_gui.domain.shipment import Parcel
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.widgets.boxes import FittedDialog, WrappingCheck, unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words

# Carriers Azure Import/Export takes; the admin may write another one.
CARRIERS = ("DHL", "FedEx", "UPS", "TNT", "Blue Dart")


class Sheet(FittedDialog):
    """A dialog with a heading, a sentence, a form, and two buttons."""

    def __init__(self, words: Words, title: str, lead: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.words = words
        self.setWindowTitle(title)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        step = unit(self)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 64)
        self.column.addWidget(text(title, "title"))
        self.column.addWidget(text(lead, "subdued"))
        self.form = QFormLayout()
        self.form.setHorizontalSpacing(step)
        self.form.setVerticalSpacing(step * 2 // 3)
        self.form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.column.addLayout(self.form)
        self.hint = text("", "small")
        self.column.addWidget(self.hint)

    def add_buttons(self, accept: str, reject: str) -> IconButton:
        """Put the two buttons below; the accepting one is the default."""
        step = unit(self)
        save = IconButton("check", accept, "primary")
        save.setAccessibleName(plain(accept))
        save.setDefault(True)
        save.clicked.connect(self.accept)
        cancel = IconButton("remove", reject)
        cancel.setAccessibleName(plain(reject))
        cancel.clicked.connect(self.reject)
        line = QHBoxLayout()
        line.setSpacing(step * 2 // 3)
        line.addStretch(1)
        line.addWidget(cancel)
        line.addWidget(save)
        self.column.addSpacing(step // 2)
        self.column.addLayout(line)
        return save

    def add_part(self, part: QWidget | QLayout) -> None:
        """Put something below what is there."""
        if isinstance(part, QLayout):
            self.column.addLayout(part)
        else:
            self.column.addWidget(part)

    def add_row(self, label: str, field: QWidget) -> None:
        """Put a field with its label as a buddy, so that it has a name and a key."""
        caption = QLabel(label)
        caption.setBuddy(field)
        field.setAccessibleName(plain(label))
        self.form.addRow(caption, field)


def moment_field(at: datetime) -> QDateTimeEdit:
    """Give a field for a moment of this place, a day ahead at most."""
    local = at.astimezone()
    field = QDateTimeEdit(
        QDateTime(local.year, local.month, local.day, local.hour, local.minute, 0)
    )
    field.setCalendarPopup(True)
    field.setMaximumDateTime(field.dateTime().addDays(1))
    return field


def moment_in(field: QDateTimeEdit) -> datetime:
    """Give the moment of a field, aware."""
    at = field.dateTime()
    date, time = at.date(), at.time()
    naive = datetime(date.year(), date.month(), date.day(), time.hour(), time.minute())
    return naive.astimezone()


class ParcelDialog(Sheet):
    """Asks for carrier, tracking number and the day of handing over."""

    entered = Signal(object, bool)  # Parcel, whether Azure is to be told

    def __init__(
        self,
        words: Words,
        parcel: Parcel | None,
        now: datetime,
        parent: QWidget,
        *,
        job_name: str = "",
    ) -> None:
        """`job_name` names the import job that can be told as well."""
        super().__init__(words, words.text("parcel.title"), words.text("parcel.lead"), parent)
        self.carrier = QComboBox()
        self.carrier.setEditable(True)
        self.carrier.addItems(CARRIERS)
        self.carrier.setCurrentText(parcel.carrier if parcel else "")
        self.number = QLineEdit(parcel.tracking_number if parcel else "")
        self.when = moment_field(parcel.shipped_at if parcel else now)
        self.add_row(words.text("parcel.carrier"), self.carrier)
        self.add_row(words.text("parcel.number"), self.number)
        self.add_row(words.text("parcel.date"), self.when)
        self.tell = WrappingCheck(words.text("parcel.tell-azure", name=job_name))
        self.tell.box.setChecked(bool(job_name))
        self.tell.setVisible(bool(job_name))
        self.add_part(self.tell)
        self.save_button = self.add_buttons(words.text("parcel.save"), words.text("parcel.cancel"))
        self.hint.setText(words.text("parcel.need-both"))
        self.carrier.editTextChanged.connect(self._check)
        self.number.textChanged.connect(self._check)
        self.accepted.connect(lambda: self.entered.emit(self.parcel(), self.tell.box.isChecked()))
        self._check()

    def parcel(self) -> Parcel:
        """Give what was entered."""
        return Parcel(
            carrier=self.carrier.currentText().strip(),
            tracking_number=self.number.text().strip(),
            shipped_at=moment_in(self.when),
        )

    def _check(self) -> None:
        parcel = self.parcel()
        complete = bool(parcel.carrier and parcel.tracking_number)
        self.save_button.setEnabled(complete)
        self.hint.setVisible(not complete)


class ReceivedDialog(Sheet):
    """Asks when the datacenter got the drives."""

    entered = Signal(object)  # datetime

    def __init__(self, words: Words, now: datetime, parent: QWidget) -> None:
        super().__init__(
            words, words.text("parcel.received-title"), words.text("parcel.received-lead"), parent
        )
        self.when = moment_field(now)
        self.add_row(words.text("parcel.received-date"), self.when)
        self.hint.hide()
        self.save_button = self.add_buttons(words.text("parcel.save"), words.text("parcel.cancel"))
        self.accepted.connect(lambda: self.entered.emit(moment_in(self.when)))


class Question(Sheet):
    """Asks once before something stops; the safe answer is the default."""

    def __init__(
        self, words: Words, title: str, why: str, do: str, keep: str, parent: QWidget
    ) -> None:
        super().__init__(words, title, why, parent)
        self.hint.hide()
        self.do_button = self.add_buttons(do, keep)
        self.do_button.setDefault(False)
        self.do_button.setAutoDefault(False)
