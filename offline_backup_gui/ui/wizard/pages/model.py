"""Page 1: who makes the backup data."""

from __future__ import annotations

from msgspec.structs import replace

from offline_backup_gui.domain.plan import DeploymentModel, Draft
from offline_backup_gui.ui.icons import IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, ChoiceCard, ChoiceGroup, Columns, row
from offline_backup_gui.ui.widgets.texts import chip, text
from offline_backup_gui.ui.wizard.page import Desk, Page

_OFFERED = frozenset({DeploymentModel.STANDALONE})


class ModelPage(Page):
    """Four deployment models; those of later versions are visible with their reason."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._models = tuple(DeploymentModel)
        cards = [self._card(model) for model in self._models]
        self._group = ChoiceGroup(cards, self)
        self._group.changed.connect(lambda _index: self.edited.emit())
        self.column.addWidget(Columns(cards, letters=36))
        self.column.addWidget(self._found())
        self.column.addStretch(1)

    def _card(self, model: DeploymentModel) -> ChoiceCard:
        card = ChoiceCard(self.words.term("model", model.value))
        offered = model in _OFFERED
        card.add(text(self.say(f"model.{model.value}"), "body" if offered else "subdued"))
        card.column.addStretch(1)
        if offered:
            card.add(chip(self.say("model.active"), Status.GOOD))
        else:
            card.add(chip(self.say("model.comes-later")))
            card.radio.setAccessibleDescription(self.say("model.comes-later"))
        card.set_available(offered)
        return card

    def _found(self) -> Card:
        card = Card(self.say("model.found-title"), "search")
        card.add(text(self.say("model.found-nothing"), "subdued"))
        for model in self._models:
            if model not in _OFFERED:
                name = self.words.term("model", model.value)
                line = row(
                    IconLabel("circle", lines=1.0),
                    text(self.say("model.found-agent", model=name), "subdued"),
                    spacing=8,
                )
                line.setStretch(1, 1)
                card.add(line)
        return card

    def show_draft(self, draft: Draft) -> None:
        """Show the chosen model."""
        model = draft.deployment_model
        self._group.select(None if model is None else self._models.index(model))

    def read(self, draft: Draft) -> Draft:
        """Give the draft with the chosen model."""
        chosen = self._group.selected()
        return replace(draft, deployment_model=None if chosen is None else self._models[chosen])
