"""Page "In the agent": the fields that have to be the same everywhere, and what to click there."""

from __future__ import annotations

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout

from offline_backup_gui.domain.agent_guide import Guide, GuideStep, guide
from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import Severity
from offline_backup_gui.domain.plan import AgentFields, Draft, Route
from offline_backup_gui.domain.subscription import parse_resource_id
from offline_backup_gui.ui.devices.panel import DevicePanel, Errand
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, clear, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import set_property, text
from offline_backup_gui.ui.wizard.facts import Facts, Step
from offline_backup_gui.ui.wizard.judging import problems
from offline_backup_gui.ui.wizard.page import Desk, Page

NAMES = AgentFields.__struct_fields__
_MOST_LETTERS = 1024


class AgentPage(Page):
    """Guides through the agent's own wizard; the agent is never operated from here."""

    found = Signal(object)  # AgentsFound

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._shown: Guide | None = None
        self._told: AgentFields | None = None
        self._known: dict[str, str] = {}
        self._asking = False
        self._notices = NoticeList(self.words)
        self._stays = NoticeList(self.words)
        self.column.addWidget(self._notices)
        self._fields_card = self._make_fields()
        self.column.addWidget(self._fields_card)
        self.column.addWidget(self._make_steps())
        self.device = DevicePanel(desk.services, desk.words, desk.bridge)
        self.column.addWidget(self.device)
        self.column.addWidget(self._stays)
        self.column.addStretch(1)

    # ------------------------------------------------------------ building

    def _make_fields(self) -> Card:
        card = Card(self.say("agent.fields-title"), "paper")
        card.add(text(self.say("agent.fields-why"), "subdued"))
        column = QVBoxLayout()
        column.setSpacing(unit(self) // 4)
        self._fields: dict[str, QLineEdit] = {}
        for name in NAMES:
            title = self.words.term("agent-field", name)
            field = QLineEdit()
            field.setMaxLength(_MOST_LETTERS)
            field.setPlaceholderText(self.say(f"agent.hint-{name.replace('_', '-')}"))
            field.setAccessibleName(title)
            field.textEdited.connect(lambda _text: self.edited.emit())
            copy = IconButton("copy", kind="quiet")
            copy.setAccessibleName(self.say("agent.copy", field=title))
            copy.setToolTip(self.say("agent.copy", field=title))
            copy.clicked.connect(lambda _on, name=name: self._copy(name))
            label = text(title)
            label.setBuddy(field)
            line = row(field, copy, spacing=unit(self) // 2)
            line.setStretch(0, 1)
            column.addWidget(label)
            column.addLayout(line)
            self._fields[name] = field
        card.add(column)
        self._copied = text("", "small")
        self._copied.hide()
        self._take = IconButton("refresh", self.say("agent.take-over"))
        self._take.clicked.connect(self._take_over)
        self._ask = IconButton("search", self.say("agent.ask"), "quiet")
        self._ask.clicked.connect(self._look)
        card.add(row(self._take, 1))
        card.add(row(self._ask, 1))
        card.add(self._copied)
        return card

    def _make_steps(self) -> Card:
        card = Card(self.say("agent.steps-title"), "server")
        self._steps = QVBoxLayout()
        self._steps.setSpacing(unit(self) * 2 // 3)
        card.add(self._steps)
        self._origin = text("", "small")
        card.add(self._origin)
        return card

    # ------------------------------------------------------------ draft and facts

    def show_draft(self, draft: Draft) -> None:
        """Show the fields."""
        for name, field in self._fields.items():
            value = getattr(draft.agent, name)
            if field.text() != value:
                field.setText(value)
        self._known = _known(draft)
        self._copied.hide()

    def read(self, draft: Draft) -> Draft:
        """Give the draft with the fields; blanks around them are nobody's wish."""
        values = {name: field.text().strip() for name, field in self._fields.items()}
        return replace(draft, agent=AgentFields(**values))

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show the steps of model and route, and where a field is not what the agent has."""
        own_disks = draft.route is Route.IMPORT_EXPORT
        ref = facts.order.ref if facts.order and facts.ordered else None
        self.device.show_errand(Errand(draft.route, draft.deployment_model, ref, draft.name))
        self.device.show_agents(facts.agents)
        self._fields_card.setVisible(own_disks)
        agent = facts.agents.of(draft.deployment_model) if facts.agents else None
        told = agent.all_fields if agent else ()
        self._told = told[0] if told else None
        self._take.setVisible(self._told is not None and self._told != draft.agent)
        self._ask.setVisible(agent is not None)
        self._ask.setEnabled(not self._asking)
        findings = problems(Step.AGENT, draft, facts)
        stays = [f for f in findings if f.severity is Severity.NOTE]
        self._notices.show_findings([f for f in findings if f not in stays])
        self._stays.show_findings(stays)
        self._show_steps(guide(draft.deployment_model, draft.route))

    def entered(self) -> None:
        """Look for the device, and watch the agent write to it; fill in what is known already."""
        self.device.entered()
        filled = [self._propose(name, value) for name, value in self._known.items()]
        if any(filled):
            self.edited.emit()

    def _propose(self, name: str, value: str) -> bool:
        """Fill a field that is still empty, and say whether."""
        empty = not self._fields[name].text().strip()
        if value and empty:
            self._fields[name].setText(value)
        return bool(value and empty)

    def left(self) -> None:
        """Watch no more."""
        self.device.left()

    # ------------------------------------------------------------ doing

    def _copy(self, name: str) -> None:
        QGuiApplication.clipboard().setText(self._fields[name].text().strip())
        said = self.say("agent.copied", field=self.words.term("agent-field", name))
        self._copied.setText(said)
        self._copied.show()
        announce(self, said)

    def _take_over(self) -> None:
        told = self._told
        if told is None:
            return
        for name, field in self._fields.items():
            if value := getattr(told, name):
                field.setText(value)
        self.edited.emit()

    def _look(self) -> None:
        """Ask the agent again what it has."""
        self._asking = True
        self._ask.setEnabled(False)
        search = self.desk.services.agent_search

        def done(seen: AgentsFound) -> None:
            self._asking = False
            self._ask.setEnabled(True)
            self.found.emit(seen)

        def lost(_error: BackupError) -> None:
            self._asking = False
            self._ask.setEnabled(True)

        self.desk.bridge.call(self, lambda: search.look(ask=True), done, lost)

    # ------------------------------------------------------------ showing

    def _show_steps(self, wanted: Guide | None) -> None:
        if wanted == self._shown:
            return
        self._shown = wanted
        clear(self._steps)
        if wanted is None:
            return
        for number, step in enumerate(wanted.steps, 1):
            self._steps.addLayout(self._step(number, step))
        origin = wanted.origin
        self._origin.setText(
            self.words.text("cli.origin", document=origin.document, date=origin.date)
        )

    def _step(self, number: int, step: GuideStep) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(unit(self) // 6)
        title = self.words.text(f"agents.step.{step.key}.title")
        column.addWidget(text(f"{number}. {title}", "strong"))
        if step.names:
            column.addWidget(self._names(step.names))
        column.addWidget(text(self.words.text(f"agents.step.{step.key}.what"), "subdued"))
        return column

    def _names(self, names: tuple[str, ...]) -> QLabel:
        """Give what to click as one line that may wrap, marked as exact."""
        label = text("  →  ".join(names))
        set_property(label, "status", Status.NOW.value)
        label.setAccessibleName(", ".join(names))
        return label


def _known(draft: Draft) -> dict[str, str]:
    """Give what was chosen before on the page of the destination, by the agent's fields."""
    if draft.route is not Route.IMPORT_EXPORT or not draft.azure.listed:
        return {}
    account = draft.azure.account_id
    return {
        "subscription_id": draft.azure.subscription,
        "storage_account": parse_resource_id(account).name if account else "",
        "container": draft.landing,
    }
