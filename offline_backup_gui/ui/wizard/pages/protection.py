"""Page 5: who may read the backup: passphrase, recovery kit, and which secret is which."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
)

from offline_backup_gui.domain.agent_rules import is_agent
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.plan import Draft, Route
from offline_backup_gui.services.protection import RecoveryKit
from offline_backup_gui.ui.bridge import after
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, Columns, clear, row, unit
from offline_backup_gui.ui.widgets.code_lines import CodeLines
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import chip, plain, set_property, text
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.ui.wizard.pages.what_travels import WhatTravels
from offline_backup_gui.words import LANGUAGES, Message

_SECRETS = {"passphrase": True, "disk": False, "box": False, "bitlocker": False}
_PLACES = {"server": "server", "drive": "drive", "account": "cloud"}
_SETTLE_MS = 300


class ProtectionPage(Page):
    """Makes the key, saves the kit, has its code typed back. Secrets never enter the draft."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._repository_id = ""
        self._lasts = True  # whether this computer keeps the key beyond the session
        self._agent = False
        self._name = ""
        self._stores: tuple[str, ...] = ()
        self._kit: RecoveryKit | None = None
        self._kit_saved = False
        self._confirmed = False
        self._weak: str | None = None
        self._judge_soon = after(self, _SETTLE_MS, self._judge)
        self._choice = WhatTravels(self.words)
        self._choice.chosen.connect(self._chosen)
        self.column.addWidget(self._choice)
        self._agent_told = NoticeList(self.words)
        self.column.addWidget(self._agent_told)
        self._sealing = (
            self._key_card(),
            self._kit_card(),
            self._where_card(),
            self._secrets_card(),
        )
        for card in self._sealing:
            self.column.addWidget(card)
        self.column.addStretch(1)

    # ------------------------------------------------------------ building

    def _key_card(self) -> Card:
        card = Card(self.say("protection.key-title"), "key")
        form = QFormLayout()
        form.setVerticalSpacing(unit(self) // 2)
        form.setHorizontalSpacing(unit(self))
        self._first, self._second = QLineEdit(), QLineEdit()
        for key, field in (("passphrase", self._first), ("again", self._second)):
            field.setEchoMode(QLineEdit.EchoMode.Password)
            field.textEdited.connect(lambda _text: self._judge_soon())
            label = QLabel(self.say(f"protection.{key}"))
            label.setBuddy(field)
            field.setAccessibleName(plain(label.text()))
            form.addRow(label, field)
        self._verdict = text("", "body")
        self._show = QCheckBox(self.say("protection.show"))
        self._show.toggled.connect(self._show_letters)
        self._make = IconButton("wand", self.say("protection.generate"))
        self._make.clicked.connect(self._generate)
        self._create = IconButton("key", self.say("protection.create"))
        self._create.setEnabled(False)
        self._create.clicked.connect(self._create_key)
        self._key_form = form
        card.add(form)
        card.add(row(self._show, 1))
        card.add(self._verdict)
        card.add(row(self._make, 1, self._create, spacing=unit(self)))
        self._key_told = NoticeList(self.words)
        card.add(self._key_told)
        self._replace = IconButton("refresh", self.say("protection.replace"), "quiet")
        self._replace.clicked.connect(self._ask_again)
        card.add(row(self._replace, 1))
        return card

    def _kit_card(self) -> Card:
        card = Card(self.say("protection.kit-title"), "paper")
        card.add(text(self.say("protection.kit-why"), "subdued"))
        self._make_kit = IconButton("paper", self.say("protection.kit-make"))
        self._make_kit.clicked.connect(self._new_kit)
        self._save = IconButton("paper", self.say("protection.kit-save"))
        self._save.clicked.connect(self._pick_file)
        card.add(row(self._make_kit, self._save, 1, spacing=unit(self)))
        self._kit_told, self.kit_open = NoticeList(self.words), NoticeList(self.words)
        card.add(self._kit_told)
        card.add(self.kit_open)
        self._code_title = text(self.say("protection.code-title"), "strong")
        self._code_hint = text(self.say("protection.code-paste"), "subdued")
        self._code_place = QVBoxLayout()
        card.add(self._code_title)
        card.add(self._code_hint)
        card.add(self._code_place)
        self._code: CodeLines | None = None
        return card

    def _where_card(self) -> Card:
        card = Card(self.say("protection.where-title"), "shield")
        cells = []
        for place, icon in _PLACES.items():
            cell = Card(self.say(f"protection.where-{place}"), icon)
            cell.setProperty("quiet", "true")
            cell.add(text(self.say(f"protection.where-{place}-what")))
            cell.column.addStretch(1)
            cells.append(cell)
        card.add(Columns(cells, letters=24))
        return card

    def _secrets_card(self) -> Card:
        card = Card(self.say("protection.secrets-title"), "lock")
        for secret, used in _SECRETS.items():
            words = QVBoxLayout()
            words.setSpacing(0)
            words.addWidget(text(self.say(f"protection.secret-{secret}"), "strong"))
            words.addWidget(text(self.say(f"protection.secret-{secret}-what"), "subdued"))
            line = row(IconLabel("key", Status.NOW if used else Status.QUIET), words)
            line.setSpacing(unit(self) * 2 // 3)
            line.setStretch(1, 1)
            key, status = ("used", Status.GOOD) if used else ("unused", Status.QUIET)
            line.addWidget(chip(self.say(f"protection.{key}"), status))
            card.add(line)
        return card

    # ------------------------------------------------------------ draft

    def show_draft(self, draft: Draft) -> None:
        """Show whether key and kit exist."""
        self._repository_id = draft.repository_id if draft.secret_ready else ""
        self._kit_saved, self._confirmed = draft.kit_saved, draft.kit_code_confirmed
        self._name = draft.name
        own_drives = draft.route in (None, Route.IMPORT_EXPORT)
        self._agent = is_agent(draft.deployment_model)
        self._choice.setVisible((own_drives or draft.as_is) and not self._agent)
        self._choice.show_choice(as_is=draft.as_is)
        self._show_cards()
        self._stores = (f"{draft.account}/{draft.vault}",) if draft.account else ()
        self._show_state()

    def read(self, draft: Draft) -> Draft:
        """Give the draft with what was done here; never a secret."""
        return replace(
            draft,
            repository_id=self._repository_id,
            secret_ready=bool(self._repository_id),
            kit_saved=self._kit_saved,
            kit_code_confirmed=self._confirmed,
            as_is=self._choice.as_is,
        )

    def _chosen(self) -> None:
        self._show_cards()
        self.edited.emit()

    def _show_cards(self) -> None:
        """Show what belongs to the one who encrypts: an agent needs no key and no kit of ours."""
        sealed = not self._choice.as_is and not self._agent
        for card in self._sealing:
            card.setVisible(sealed)
        if not self._agent:
            self._agent_told.clear()
            return
        self._sealing[-1].setVisible(True)  # which secret is which
        told = (self.say(f"protection.agent-{part}") for part in ("title", "why", "do"))
        self._agent_told.show_message(Message(*told), Status.GOOD)

    @property
    def kit(self) -> RecoveryKit | None:
        """Give the kit made on this page, as long as it is open; it is never kept."""
        return self._kit

    # ------------------------------------------------------------ passphrase

    def _show_letters(self, shown: bool) -> None:
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self._first.setEchoMode(mode)
        self._second.setEchoMode(mode)

    def _generate(self) -> None:
        def take(passphrase: str) -> None:
            self._first.setText(passphrase)
            self._second.setText(passphrase)
            self._show.setChecked(True)
            self._judge()

        self.desk.bridge.call(self, self.desk.services.protection.new_passphrase, take)

    def _judge(self) -> None:
        typed, again = self._first.text(), self._second.text()
        weak = self.desk.services.protection.weakness(typed) if typed else None
        if not typed:
            sentence, status = "", Status.QUIET
        elif weak is not None:
            sentence, status = self.words.text(weak), Status.CAUTION
        elif typed != again:
            sentence, status = self.say("protection.differ"), Status.CAUTION
        else:
            sentence, status = self.say("protection.good"), Status.GOOD
        self._verdict.setText(sentence)
        self._verdict.setVisible(bool(sentence))
        set_property(self._verdict, "status", status.value)
        self._create.setEnabled(status is Status.GOOD)

    def _create_key(self) -> None:
        self.make_key(self._first.text())

    def make_key(self, passphrase: str) -> None:
        """Make the repository's key with a passphrase, beside the window."""
        self._create.setEnabled(False)
        self._key_told.show_message(Message(self.say("protection.creating"), "", ""), Status.NOW)
        protection = self.desk.services.protection
        self.desk.bridge.call(
            self,
            lambda: (protection.create(passphrase), protection.lasts),
            self._created,
            self._key_told.show_trouble,
        )

    def _created(self, made: tuple[str, bool]) -> None:
        self._repository_id, self._lasts = made
        self._kit, self._kit_saved, self._confirmed = None, False, False
        self._first.clear()
        self._second.clear()
        self._show.setChecked(False)
        self._judge()
        self._show_state()
        self.edited.emit()
        self._new_kit()

    def _ask_again(self) -> None:
        self._repository_id = ""
        self._kit, self._kit_saved, self._confirmed = None, False, False
        self._show_state()
        self._first.setFocus()
        self.edited.emit()

    # ------------------------------------------------------------ kit

    def _new_kit(self) -> None:
        repository_id, protection = self._repository_id, self.desk.services.protection
        self._make_kit.setEnabled(False)

        def take(kit: RecoveryKit) -> None:
            self._make_kit.setEnabled(True)
            self._kit, self._kit_saved, self._confirmed = kit, False, False
            self._kit_told.clear()
            self._show_state()
            self._save.setFocus()
            self.edited.emit()

        self.desk.bridge.call(self, lambda: protection.new_kit(repository_id), take, self._kit_lost)

    def _kit_lost(self, error: BackupError) -> None:
        self._make_kit.setEnabled(True)
        self._kit_told.show_trouble(error)

    def _pick_file(self) -> None:
        proposed = f"{self.say('protection.kit-title-name')} {self._name}".strip() + ".pdf"
        path, _ = QFileDialog.getSaveFileName(
            self, plain(self.say("protection.kit-save")), proposed, "PDF (*.pdf)"
        )
        if path:
            self.save_kit(Path(path))

    def save_kit(self, path: Path) -> None:
        """Write the kit; the code is asked for as soon as the file is there."""
        kit = self._kit
        if kit is None:
            return
        title = self._name or self.say("protection.kit-title-name")
        protection, stores = self.desk.services.protection, self._stores
        language = self.words.language if self.words.language in LANGUAGES else LANGUAGES[0]
        self.kit_open.clear()

        def work() -> list[Finding]:
            protection.save_kit(kit, title, path, stores=stores, language=language)
            return protection.left_open([path])

        self.desk.bridge.call(
            self, work, lambda found: self._kit_written(path, found), self._kit_told.show_trouble
        )

    def type_code(self, place: int, typed: str) -> None:
        """Put a line into the field of the code, as if it was typed."""
        if self._code is not None:
            self._code.type_line(place, typed)

    def _kit_written(self, path: Path, left_open: list[Finding]) -> None:
        self._kit_saved = True
        self.kit_open.show_findings(left_open)
        message = Message(self.say("protection.kit-saved", path=str(path)), "", "")
        self._kit_told.show_message(message, Status.GOOD)
        self._show_state()
        if self._code is not None:
            self._code.fields()[0].setFocus()
        self.edited.emit()

    def _line_is_right(self, number: int, typed: str) -> bool:
        """Ask for one line: the lines before it are taken from the kit itself."""
        if self._kit is None:
            return False
        lines = list(self._kit.lines)
        lines[number - 1] = typed
        wrong = self.desk.services.protection.wrong_line(self._kit, "\n".join(lines))
        return wrong != number

    def _code_completed(self) -> None:
        self._confirmed = True
        self._show_state()
        self.edited.emit()

    # ------------------------------------------------------------ showing

    def _show_state(self) -> None:
        key, kit = bool(self._repository_id), self._kit
        for field in (self._first, self._second):
            self._key_form.setRowVisible(field, not key)
        for widget in (self._make, self._show, self._create):
            widget.setVisible(not key)
        self._verdict.setVisible(not key and bool(self._verdict.text()))
        self._replace.setVisible(key)
        if key:
            short = self._repository_id[:8]
            title = self.say("protection.created", repository=short)
            hint = "" if self._lasts else self.words.text("cli.secrets-session")
            message = Message(title, self.say("protection.change"), hint)
            self._key_told.show_message(message, Status.GOOD)
        else:
            self._key_told.clear()
        self._make_kit.setVisible(key and kit is None)
        again = key and self._kit_saved
        self._make_kit.setText(self.say(f"protection.kit-{'new' if again else 'make'}"))
        self._save.setVisible(kit is not None)
        self._show_code(kit)

    def _show_code(self, kit: RecoveryKit | None) -> None:
        asking = kit is not None and self._kit_saved and not self._confirmed
        self._code_title.setVisible(asking)
        self._code_hint.setVisible(asking)
        if self._confirmed:
            message = Message(self.say("protection.confirmed"), "", "")
            self._kit_told.show_message(message, Status.GOOD)
        if not asking or kit is None:
            clear(self._code_place)
            self._code = None
        elif self._code is None:
            lengths = tuple(sum(letter.isalnum() for letter in line) for line in kit.lines)
            self._code = CodeLines(self.words, lengths, self._line_is_right)
            self._code.completed.connect(self._code_completed)
            self._code_place.addWidget(self._code)
