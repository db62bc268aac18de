"""Plays the story in the tracking window: time passes, things happen, the window refreshes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.tracking.window import TrackingWindow
from offline_backup_gui.words import Words
from tests.demo.story import Event, Story

TICK_MS = 50
STILL_TICKS = 6


class Play(QObject):
    """Moves the clock so many days a second, never past an event that has not been shown."""

    shown = Signal(str)  # what the list says of a backup, whenever the window has refreshed
    ended = Signal()

    def __init__(
        self,
        story: Story,
        words: Words,
        days_a_second: float,
        pictures: Path | None = None,
    ) -> None:
        super().__init__()
        self._story, self._words = story, words
        self._a_tick_s = days_a_second * 86_400 * TICK_MS / 1000
        self._waiting = list(story.events)
        self._happening = False
        self._pictures, self._picture, self._still = pictures, "", 0
        self.trouble: BackupError | None = None
        self.bridge = Bridge(self)
        self.window = TrackingWindow(story.services, words, self.bridge, now=story.clock.now)
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        """Open the window and let the time pass."""
        self.window.show()
        self._timer.start()

    def close(self) -> None:
        """End everything; the window may be closed already."""
        self._timer.stop()
        self.window.close()
        self.bridge.close()
        self.bridge.finish()

    def _tick(self) -> None:
        if self._happening or not self.window.settled:
            return
        if self._picture:
            self._take_picture()
            return
        self._tell()
        if not self._waiting:
            self._timer.stop()
            self.ended.emit()
            return
        clock, event = self._story.clock, self._waiting[0]
        left_s = (event.at - clock.now()).total_seconds()
        if left_s > self._a_tick_s:
            clock.move(clock.now() + (event.at - clock.now()) * (self._a_tick_s / left_s))
            self._date()
            return
        del self._waiting[0]
        clock.move(event.at)
        self._date()
        self._happen(event)

    def _happen(self, event: Event) -> None:
        self._happening = True

        def happen() -> None:
            event.happens()
            event.office.look()

        def happened(_: object) -> None:
            self._happening, self._picture = False, event.picture
            self.window.select(event.office.plan.plan_id)
            self.window.refresh()

        def refused(trouble: BackupError) -> None:
            self.trouble = trouble
            self._timer.stop()
            self.window.detail.notices.show_trouble(trouble)
            self.ended.emit()

        self.bridge.call(self, happen, happened, refused)

    def _date(self) -> None:
        title = self._words.text("tracking.window-title")
        self.window.setWindowTitle(f"{title} – {self._words.moment(self._story.clock.now())}")

    def _take_picture(self) -> None:
        # New cards get their places when the event loop has gone round a few times.
        self._still += 1
        if self._still < STILL_TICKS:
            return
        name, self._picture, self._still = self._picture, "", 0
        if self._pictures is None:
            return
        area = self.window.detail
        # The moment a job waits is told at the top; how far drives are, by the card of Azure.
        if self.window.detail.now_card.button.isHidden():
            bar, top = area.verticalScrollBar(), area.azure.mapTo(area.widget(), QPoint())
            bar.setValue(top.y() - area.fontMetrics().height())
        self.window.grab().save(str(self._pictures / f"{name}.png"))
        area.verticalScrollBar().setValue(0)

    def _tell(self) -> None:
        entries = self.window.list.entries
        for row in range(entries.rowCount()):
            self.shown.emit(entries.index(row).data(Qt.ItemDataRole.AccessibleTextRole))
