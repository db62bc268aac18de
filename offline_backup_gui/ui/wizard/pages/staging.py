"""Page 6: staging; Standalone plans need none, and the page says so."""

from __future__ import annotations

from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card
from offline_backup_gui.ui.widgets.notices import Notice
from offline_backup_gui.ui.widgets.texts import text
from offline_backup_gui.ui.wizard.flow import Facts, need_bytes
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.words import Message


class StagingPage(Page):
    """Says that nothing is needed here, and when it would be, with this backup's size."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        message = Message(self.say("staging.none-title"), self.say("staging.none-why"), "")
        self.column.addWidget(Notice(message, Status.GOOD, self.words))
        card = Card(self.say("staging.when-title"), "server")
        self._when = text("", "subdued")
        card.add(self._when)
        self.column.addWidget(card)
        self.column.addStretch(1)

    def show_facts(self, draft: Draft, _facts: Facts) -> None:
        """Show how much space an agent would need."""
        self._when.setText(self.say("staging.when", size=self.words.size(need_bytes(draft))))
