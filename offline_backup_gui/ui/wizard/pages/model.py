"""Page 1: who makes the backup data, and which agents are on this server."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout

from offline_backup_gui.domain.agents import Agent, AgentsFound
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.plan import DeploymentModel, Draft
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import (
    Card,
    ChoiceCard,
    ChoiceGroup,
    Columns,
    clear,
    row,
    unit,
)
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.texts import chip, set_property, text
from offline_backup_gui.ui.wizard.agent_lines import agent_lines
from offline_backup_gui.ui.wizard.facts import Facts, Step
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.page import Desk, Page


class ModelPage(Page):
    """Four deployment models, what was found of the agents, and what speaks about the chosen one.

    The registry is looked at first, because that takes a moment; then the agents are asked.
    """

    found = Signal(object)  # AgentsFound

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._models = tuple(DeploymentModel)
        self._chips: dict[DeploymentModel, QLabel] = {}
        self._looking = False
        self._seen: AgentsFound | None = None
        self._listed: object = self
        cards = [self._card(model) for model in self._models]
        self._group = ChoiceGroup(cards, self)
        self._group.changed.connect(lambda _index: self.edited.emit())
        self._notices = NoticeList(self.words)
        self.column.addWidget(Columns(cards, letters=36))
        self.column.addWidget(self._found_card())
        self.column.addWidget(self._notices)
        self.column.addStretch(1)

    def _card(self, model: DeploymentModel) -> ChoiceCard:
        card = ChoiceCard(self.words.term("model", model.value))
        card.add(text(self.say(f"model.{model.value}"), "body"))
        card.column.addStretch(1)
        standalone = model is DeploymentModel.STANDALONE
        sign = chip(
            self.say("model.always" if standalone else "model.looking"),
            Status.GOOD if standalone else Status.QUIET,
        )
        if not standalone:
            self._chips[model] = sign
        card.add(sign)
        return card

    def _found_card(self) -> Card:
        card = Card(self.say("model.found-title"), "search")
        self._again = IconButton("refresh", self.say("model.look-again"), "quiet")
        self._again.clicked.connect(self._look)
        card.title_row.addWidget(self._again)
        self._state = text(self.say("model.looking-long"), "subdued")
        card.add(self._state)
        self._list = QVBoxLayout()
        self._list.setSpacing(unit(self) // 2)
        card.add(self._list)
        return card

    # ------------------------------------------------------------ draft and facts

    def show_draft(self, draft: Draft) -> None:
        """Show the chosen model."""
        model = draft.deployment_model
        self._group.select(None if model is None else self._models.index(model))

    def read(self, draft: Draft) -> Draft:
        """Give the draft with the chosen model."""
        chosen = self._group.selected()
        return replace(draft, deployment_model=None if chosen is None else self._models[chosen])

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show what speaks about the chosen model on this server."""
        if draft.deployment_model is None:
            self._notices.clear()
            return
        self._notices.show_findings(problems(Step.MODEL, draft, facts))

    def entered(self) -> None:
        """Look once; afterwards only when asked."""
        if self._seen is None:
            self._look()

    # ------------------------------------------------------------ looking

    def _look(self) -> None:
        if self._looking:
            return
        self._looking = True
        self._show_state()
        search, bridge = self.desk.services.agent_search, self.desk.bridge

        def quickly(seen: AgentsFound) -> None:
            self._show_found(seen)
            if seen.agents:
                bridge.call(self, lambda: search.look(ask=True), done, lost)
            else:
                done(seen)

        def done(seen: AgentsFound) -> None:
            self._looking = False
            self._show_found(seen)

        def lost(_error: BackupError) -> None:
            self._looking = False
            self._show_state()

        bridge.call(self, lambda: search.look(ask=False), quickly, lost)

    def _show_found(self, seen: AgentsFound) -> None:
        self._seen = seen
        self._show_state()
        for model, sign in self._chips.items():
            agent = seen.of(model)
            sign.setText(self._chip_text(agent, seen))
            set_property(sign, "status", (Status.GOOD if agent else Status.QUIET).value)
        self._show_list(seen)
        self.found.emit(seen)

    def _chip_text(self, agent: Agent | None, seen: AgentsFound) -> str:
        if agent is None:
            return self.say("model.not-here" if seen.looked else "model.elsewhere")
        if not agent.version:
            return self.say("model.here")
        return self.say("model.here-version", version=agent.version)

    def _show_state(self) -> None:
        seen = self._seen
        if self._looking:
            key = "wizard.model.asking" if seen and seen.agents else "wizard.model.looking-long"
            self._state.setText(self.words.text(key))
        elif seen is not None and not seen.agents:
            self._state.setText(
                self.words.text("agents.none" if seen.looked else "agents.not-looked")
            )
        self._state.setVisible(self._looking or seen is None or not seen.agents)

    def _show_list(self, seen: AgentsFound) -> None:
        if seen.agents == self._listed:
            return
        self._listed = seen.agents
        clear(self._list)
        for agent in seen.agents:
            head, *lines = agent_lines(agent, self.words)
            column = QVBoxLayout()
            column.setSpacing(unit(self) // 6)
            column.addWidget(text(head, "strong"))
            for line in lines:
                column.addWidget(text(line, "subdued"))
            icon = IconLabel("server", Status.NOW)
            one = row(icon, column, spacing=unit(self) * 2 // 3)
            one.setAlignment(icon, Qt.AlignmentFlag.AlignTop)
            one.setStretch(1, 1)
            self._list.addLayout(one)
