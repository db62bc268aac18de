"""Where the backup is read from, and what opens it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.restore.flow import Answers, Place, Secret, store_of
from offline_backup_gui.ui.restore.page import RestorePage
from offline_backup_gui.ui.widgets.boxes import ChoiceCard, ChoiceGroup, Columns, row, unit
from offline_backup_gui.ui.widgets.texts import mono, plain, text
from offline_backup_gui.words import Words

_PLACES = tuple(Place)
_SECRETS = tuple(Secret)
_COLUMN_LETTERS = 38


class WherePage(RestorePage):
    """Three places, three keys; the fields of a choice show when it is chosen."""

    def __init__(self, words: Words, plan: Plan | None) -> None:
        super().__init__(words)
        self._plan = plan
        self._explained: list[tuple[ChoiceCard, QLabel]] = []
        self.place_cards = [ChoiceCard(words.text(f"restore.place.{one}.title")) for one in _PLACES]
        self.secret_cards = [
            ChoiceCard(words.text(f"restore.secret.{one}.title")) for one in _SECRETS
        ]
        self._fill_places()
        self._fill_secrets()
        self.places = ChoiceGroup(self.place_cards, self)
        self.secrets = ChoiceGroup(self.secret_cards, self)
        sides = (
            self._pile("restore.place-question", self.place_cards),
            self._pile("restore.secret-question", self.secret_cards),
        )
        self.column.addWidget(Columns(sides, letters=_COLUMN_LETTERS))
        self.column.addStretch(1)
        for group in (self.places, self.secrets):
            group.changed.connect(self._changed)
        self._unfold()

    def _pile(self, question: str, cards: Sequence[ChoiceCard]) -> QWidget:
        pile = QWidget()
        column = QVBoxLayout(pile)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit(self) * 2 // 3)
        column.addWidget(text(self.words.text(question), "strong"))
        for card in cards:
            column.addWidget(card)
        column.addStretch(1)
        return pile

    def _explain(self, card: ChoiceCard, key: str) -> None:
        """Explain a choice; shown once it is chosen, so that all choices fit a small window."""
        label = text(self.words.text(key), "subdued")
        card.add(label)
        card.radio.setAccessibleDescription(label.text())
        self._explained.append((card, label))

    def _fill_places(self) -> None:
        words, plan = self.words, self._plan
        by_plan, by_folder, by_url = self.place_cards
        by_plan.set_available(plan is not None)
        by_plan.add(
            text(
                words.text("restore.place.plan.why", name=plan.name, store=store_of(plan))
                if plan
                else words.text("restore.place.plan.none"),
                "subdued",
            )
        )
        self._explain(by_folder, "restore.place.folder.why")
        self.folder = QPlainTextEdit()
        self.folder.setTabChangesFocus(True)
        self.folder.setFixedHeight(unit(self) * 4)
        browse = IconButton("folder", words.text("restore.browse"))
        browse.setAccessibleName(plain(words.text("restore.browse")))
        browse.clicked.connect(self._browse)
        self._folder_box = self._box(("restore.place.folder.field", self.folder))
        by_folder.add(self._folder_box)
        self._browse_box = QWidget()
        self._browse_box.setLayout(row(browse, 1))
        by_folder.add(self._browse_box)
        self._explain(by_url, "restore.place.url.why")
        self.url = QLineEdit()
        self.url.setPlaceholderText("https://contoso.blob.core.windows.net/vault")
        self.sas = QLineEdit()
        self.sas.setEchoMode(QLineEdit.EchoMode.Password)
        self._url_box = self._box(
            ("restore.place.url.field", self.url), ("restore.place.url.sas", self.sas)
        )
        by_url.add(self._url_box)
        self.folder.textChanged.connect(self.edited)
        self.url.textChanged.connect(self.edited)
        self.sas.textChanged.connect(self.edited)

    def _fill_secrets(self) -> None:
        words = self.words
        for card, one in zip(self.secret_cards, _SECRETS, strict=True):
            self._explain(card, f"restore.secret.{one}.why")
        self.passphrase = QLineEdit()
        self.passphrase.setEchoMode(QLineEdit.EchoMode.Password)
        self.eye = IconButton("eye", words.text("restore.show"), "quiet")
        self.eye.setCheckable(True)
        self.eye.setAccessibleName(plain(words.text("restore.show")))
        self.eye.toggled.connect(self._show_passphrase)
        self._passphrase_box = QWidget()
        line = row(self.passphrase, self.eye, spacing=unit(self) // 2)
        line.setStretch(0, 1)
        self._passphrase_box.setLayout(line)
        self.passphrase.setAccessibleName(words.text("restore.secret.passphrase.title"))
        self.code = QPlainTextEdit()
        self.code.setTabChangesFocus(True)
        self.code.setFixedHeight(round(unit(self) * 5.6))
        self.code.setFont(mono(text("")).font())
        self.code.setPlaceholderText("7K3M-9QXA-T\nB2HD-81VE-9\nZC4N-R0WS-G\n5JTY-P6GQ-2")
        self.code.setAccessibleName(words.text("restore.secret.code.title"))
        self.secret_cards[1].add(self._passphrase_box)
        self.secret_cards[2].add(self.code)
        self.passphrase.textChanged.connect(self.edited)
        self.code.textChanged.connect(self.edited)

    def _box(self, *fields: tuple[str, QWidget]) -> QWidget:
        box = QWidget()
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(unit(self) // 3)
        for place, (key, field) in enumerate(fields):
            grid.addWidget(self.caption(key, field), place * 2, 0, Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(field, place * 2 + 1, 0)
        return box

    def show_answers(self, answers: Answers) -> None:
        """Show choices and fields."""
        self.places.select(_PLACES.index(answers.place))
        self.secrets.select(_SECRETS.index(answers.secret))
        for field, value in ((self.folder, answers.folder), (self.code, answers.code)):
            if field.toPlainText() != value:
                field.setPlainText(value)
        for line, content in (
            (self.url, answers.url),
            (self.sas, answers.sas),
            (self.passphrase, answers.passphrase),
        ):
            if line.text() != content:
                line.setText(content)
        self._unfold()

    def read(self, answers: Answers) -> Answers:
        """Read choices and fields."""
        place, secret = self.places.selected(), self.secrets.selected()
        return replace(
            answers,
            place=_PLACES[place] if place is not None else answers.place,
            secret=_SECRETS[secret] if secret is not None else answers.secret,
            folder=self.folder.toPlainText(),
            url=self.url.text(),
            sas=self.sas.text(),
            passphrase=self.passphrase.text(),
            code=self.code.toPlainText(),
        )

    def _changed(self) -> None:
        self._unfold()
        self.edited.emit()

    def _unfold(self) -> None:
        for card, label in self._explained:
            label.setVisible(card.radio.isChecked())
        self._folder_box.setVisible(self.place_cards[1].radio.isChecked())
        self._browse_box.setVisible(self.place_cards[1].radio.isChecked())
        self._url_box.setVisible(self.place_cards[2].radio.isChecked())
        self._passphrase_box.setVisible(self.secret_cards[1].radio.isChecked())
        self.code.setVisible(self.secret_cards[2].radio.isChecked())

    def _show_passphrase(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self.passphrase.setEchoMode(mode)
        key = "restore.hide" if shown else "restore.show"
        self.eye.setText(self.words.text(key))
        self.eye.setAccessibleName(plain(self.words.text(key)))

    def _browse(self) -> None:
        dialog = QFileDialog(self, self.words.text("restore.place.folder.title"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self.add_folder)
        dialog.open()

    def add_folder(self, path: str) -> None:
        """Put a drive or folder below those already named: a backup may lie on several drives."""
        before = self.folder.toPlainText().rstrip()
        self.folder.setPlainText(f"{before}\n{path}" if before else path)
