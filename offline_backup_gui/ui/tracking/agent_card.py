"""The agent: what its console says while it waits, and what its vault shows of the seed."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout

from offline_backup_gui.domain.agent_seed import SeedLook, SeedState
from offline_backup_gui.domain.shipment import Tracking
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.tracking import view
from offline_backup_gui.ui.tracking.flush import flush
from offline_backup_gui.ui.widgets.boxes import Card, clear, row, unit
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Words

_STATUS = {
    SeedState.NOT_THERE: Status.CAUTION,
    SeedState.FIRST_PENDING: Status.NOW,
    SeedState.STOPPED: Status.CAUTION,
    SeedState.UNPROVED: Status.CAUTION,
    SeedState.GONE: Status.CAUTION,
    SeedState.PROVED: Status.GOOD,
}
_ICON = {Status.CAUTION: "caution", Status.GOOD: "circle-check"}


class AgentCard(Card):
    """Shown for MARS, MABS and DPM alone; only the vault proves what an agent sent."""

    link_wanted = Signal()

    def __init__(self, words: Words) -> None:
        super().__init__(words.text("seed.card"), "server")
        self._words = words
        self._shown: tuple[object, ...] | None = None
        self._said = QVBoxLayout()
        self._said.setSpacing(unit(self) // 3)
        self.add(self._said)
        label = words.text("seed.link")
        self.link_button = IconButton("cloud", label, "quiet")
        self.link_button.setAccessibleName(plain(label))
        self.link_button.clicked.connect(self.link_wanted)
        self.add(flush(self.link_button))
        self.column.addStretch(1)

    def show_agent(self, tracking: Tracking) -> None:
        """Show what the agent waits for, and the newest look at its vault."""
        waits = view.agent_waits(tracking)
        link = tracking.agent_link
        facts = (tracking.agent, waits, link)
        if facts == self._shown:
            return
        self._shown = facts
        clear(self._said)
        words = self._words
        if waits:
            self._said.addWidget(text(words.text("seed.waits", words=waits)))
        if link is not None:
            vault = link.vault_id.rpartition("/")[2]
            told = words.text("seed.followed", vault=vault, server=link.server)
            self._said.addWidget(text(told, "small"))
        if tracking.agent is None:
            key = "seed.not-linked" if link is None else "seed.not-looked"
            self._said.addWidget(text(words.text(key), "subdued"))
        else:
            self._show_look(tracking.agent)

    def _show_look(self, look: SeedLook) -> None:
        words, status = self._words, _STATUS[look.state]
        icon = IconLabel(_ICON.get(status, "clock"), status)
        title = text(words.text(f"seed.{look.state.value}.title"), "strong")
        head = row(icon, title, spacing=unit(self) // 2)
        head.setStretch(1, 1)
        self._said.addLayout(head)
        self._said.addWidget(text(words.text(f"seed.{look.state.value}.why")))
        if look.proved_at is not None:
            self._said.addWidget(text(words.text("seed.proved-at", at=look.proved_at), "small"))
        for line in look.evidence:
            self._said.addWidget(text(line, "small"))
        if look.open_items:
            count = len(look.open_items)
            self._said.addWidget(text(words.text("seed.open", count=count), "strong"))
            for name in look.open_items:
                self._said.addWidget(text(name, "small"))
        if look.gone:
            self._said.addWidget(text(words.text("seed.gone-line", count=len(look.gone)), "strong"))
            for name in look.gone:
                self._said.addWidget(text(name, "small"))
