"""An agent that writes straight to a device: how much is there, since when, and is it done."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout

from offline_backup_gui.domain.agent_writing import Writing, WritingState
from offline_backup_gui.domain.agents import Agent, AgentsFound, Answer, Wait
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.plan import DeploymentModel
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge, Every
from offline_backup_gui.ui.icons import IconButton, IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.boxes import Card, clear, row, unit
from offline_backup_gui.ui.widgets.notices import NoticeList
from offline_backup_gui.ui.widgets.speech import announce
from offline_backup_gui.ui.widgets.texts import plain, text
from offline_backup_gui.words import Message, Words

LOOK_EVERY_MS = 10_000
_STATUS = {
    WritingState.EMPTY: Status.QUIET,
    WritingState.FIRST_LOOK: Status.NOW,
    WritingState.GROWING: Status.NOW,
    WritingState.PAUSED: Status.CAUTION,
    WritingState.QUIET: Status.CAUTION,
}
_ICON = {Status.QUIET: "clock", Status.NOW: "refresh", Status.CAUTION: "clock"}


class WritingCard(Card):
    """Looks every few seconds while it is shown; that it is done, only the agent says."""

    def __init__(self, services: Services, words: Words, bridge: Bridge) -> None:
        super().__init__(words.text("device-desk.writing-title"), "server")
        self._services, self._words, self._bridge = services, words, bridge
        self._places: tuple[str, ...] = ()
        self._model: DeploymentModel | None = None
        self._agent: Agent | None = None
        self._looking = self._asking = False
        self._state: dict[str, WritingState] = {}
        self.add(text(words.text("device-desk.writing-why"), "subdued"))
        self._lines = QVBoxLayout()
        self._lines.setSpacing(unit(self) // 2)
        self.add(self._lines)
        self.ask_button = IconButton("search", words.text("device-desk.ask-agent"))
        self.ask_button.setAccessibleName(plain(self.ask_button.text()))
        self.ask_button.clicked.connect(self.ask)
        self.add(row(self.ask_button, 1))
        self.done = NoticeList(words)
        self.notices = NoticeList(words)
        self.add(self.done)
        self.add(self.notices)
        self._every = Every(LOOK_EVERY_MS, self.look, self)

    def show_places(self, places: tuple[str, ...], model: DeploymentModel | None) -> None:
        """Know the devices and whose agent it is."""
        self._model = model
        if places != self._places:
            self._places = places
            self.look()

    def entered(self) -> None:
        """Look from now on."""
        self._every.start()

    def left(self) -> None:
        """Look no more."""
        self._every.stop()

    def look(self) -> None:
        """Look at every device once, beside the window."""
        if self._looking:
            return
        self._looking, places = True, self._places
        devices, staging = self._services.devices, self._services.staging

        def work() -> list[tuple[str, Writing, int | None]]:
            found = []
            for place in places:
                writing = devices.watch_agent(place)
                look = staging.check(place, ()).look
                found.append((place, writing, look.free_bytes if look else None))
            return found

        self._bridge.call(self, work, self._show, self._lost)

    def ask(self) -> None:
        """Ask the agent itself how far it is."""
        if self._asking:
            return
        self._asking = True
        self.ask_button.setEnabled(False)
        search = self._services.agent_search

        def answered(found: AgentsFound) -> None:
            self._asking = False
            self.ask_button.setEnabled(True)
            self.show_agent(found)

        def lost(error: BackupError) -> None:
            self._asking = False
            self.ask_button.setEnabled(True)
            self.notices.show_trouble(error)

        self._bridge.call(self, lambda: search.look(ask=True), answered, lost)

    def hear(self, found: AgentsFound | None) -> None:
        """Show what the agent said when it was asked on another page, if it was."""
        agent = found.of(self._model) if found is not None else None
        if found is not None and agent is not None and agent.answer is Answer.READ:
            self.show_agent(found)

    def show_agent(self, found: AgentsFound) -> None:
        """Show what the agent says of itself."""
        agent = found.of(self._model)
        if agent is not None and agent == self._agent:
            return
        self._agent = agent
        words = self._words
        if agent is None:
            self.done.show_message(
                Message(words.text("device-desk.agent-not-here"), "", ""), Status.CAUTION
            )
        elif agent.wait is Wait.DATA_BOX:
            title, do = (
                words.text("device-desk.agent-done"),
                words.text("device-desk.agent-done-do"),
            )
            self.done.show_message(Message(title, "", do), Status.GOOD)
            announce(self, title)
        else:
            said = agent.jobs[0].said or agent.jobs[0].state if agent.jobs else ""
            title = words.text("device-desk.agent-not-done")
            why = words.text("device-desk.agent-says", said=said) if said else ""
            self.done.show_message(Message(title, why, ""), Status.NOW)

    # ------------------------------------------------------------ showing

    def _lost(self, error: BackupError) -> None:
        self._looking = False
        self.notices.show_trouble(error)

    def _show(self, found: list[tuple[str, Writing, int | None]]) -> None:
        self._looking = False
        self.notices.clear()
        clear(self._lines)
        if not found:
            self._lines.addWidget(text(self._words.text("device-desk.writing-none"), "subdued"))
        for place, writing, free in found:
            self._lines.addLayout(self._line(place, writing, free))
            if self._state.get(place) not in (None, writing.state):
                announce(self, self._words.text(f"device-desk.state-{writing.state.value}"))
            self._state[place] = writing.state

    def _line(self, place: str, writing: Writing, free: int | None) -> QVBoxLayout:
        words, look = self._words, writing.look
        status = _STATUS[writing.state]
        head = row(
            IconLabel(_ICON[status], status),
            text(f"{place}: {words.text(f'device-desk.state-{writing.state.value}')}", "strong"),
            spacing=unit(self) // 2,
        )
        head.setStretch(1, 1)
        column = QVBoxLayout()
        column.setSpacing(unit(self) // 6)
        column.addLayout(head)
        said = words.text(
            f"device.writing-{writing.state.value}",
            files=words.number(look.files),
            bytes=words.size(look.size_bytes),
            grown=words.size(writing.grown_bytes),
            since=words.moment(look.since),
        )
        column.addWidget(text(said))
        parts = []
        if writing.rate_bytes_s:
            parts.append(words.rate(writing.rate_bytes_s))
        if free is not None:
            parts.append(words.text("device-desk.free", size=words.size(free)))
        if writing.state is not WritingState.EMPTY:
            parts.append(words.text("device-desk.changed", at=words.moment(look.since)))
        if parts:
            figures = text("  ·  ".join(parts), "subdued")
            figures.setToolTip(words.exact(look.size_bytes))
            column.addWidget(figures)
        return column
