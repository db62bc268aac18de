"""A lane per drive of a running copy: state, amount, speed and a small plot."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from offline_backup_gui.domain.job import Lane
from offline_backup_gui.ui.icons import IconLabel
from offline_backup_gui.ui.theme import Status
from offline_backup_gui.ui.widgets.bars import ShareBar, Sparkline
from offline_backup_gui.ui.widgets.boxes import clear, unit
from offline_backup_gui.ui.widgets.texts import ElidedLabel, chip, rule, set_property, text
from offline_backup_gui.words import Words

_STATUS = {
    "writing": Status.NOW,
    "verifying": Status.NOW,
    "sealed": Status.GOOD,
    "full": Status.CAUTION,
    "gone": Status.OBSTACLE,
    "silent": Status.OBSTACLE,
    "read-only": Status.OBSTACLE,
}


class LaneRow(QFrame):
    """One drive."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        step = unit(self)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, step // 2, 0, step // 2)
        grid.setHorizontalSpacing(step)
        grid.setVerticalSpacing(step // 4)
        self._icon = IconLabel("drive", Status.NOW, 1.6)
        self._name = ElidedLabel("")
        font = self._name.font()
        font.setWeight(font.Weight.DemiBold)
        self._name.setFont(font)
        self._state = chip("")
        self._amount = text("", "subdued")
        self._rate = text("", "strong", wrap=False)
        self._rate.setMinimumWidth(self._rate.fontMetrics().horizontalAdvance("9,999 MB/s "))
        self._rate.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._plot = Sparkline()
        self._plot.setMinimumWidth(step * 7)
        self._bar = ShareBar()
        grid.addWidget(self._icon, 0, 0, 2, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._name, 0, 1)
        grid.addWidget(self._state, 0, 2, Qt.AlignmentFlag.AlignRight)
        grid.addWidget(self._amount, 1, 1, 1, 2)
        grid.addWidget(self._plot, 0, 3, 2, 1)
        grid.addWidget(self._rate, 0, 4, 2, 1)
        grid.addWidget(self._bar, 2, 1, 1, 4)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 2)
        self._last: Lane | None = None

    def show_lane(self, lane: Lane, *, running: bool) -> None:
        """Show the newest reading of the drive."""
        words = self._words
        state = words.term("lane", lane.state)
        if running:
            self._plot.add(lane.rate_bytes_s)
        if lane == self._last:
            return
        self._last = lane
        name = (
            f"{lane.path} ({lane.label})" if lane.label and lane.label != lane.path else lane.path
        )
        status = _STATUS.get(lane.state, Status.QUIET)
        self._name.set_whole(name)
        self._state.setText(state)
        set_property(self._state, "status", status.value)
        self._icon.show_icon("drive", status)
        written = words.size(lane.written_bytes)
        packs = words.text("wizard.copying.lane-packs", count=lane.packs)
        # While a drive is read back, the engine counts what was read, not what was written.
        amount = f"{written}, {packs}" if lane.written_bytes else packs
        share = 0.0
        if lane.to_verify_bytes:
            share = lane.verified_bytes / lane.to_verify_bytes
            amount += "  ·  " + words.text(
                "wizard.copying.lane-verify",
                done=words.size(lane.verified_bytes),
                total=words.size(lane.to_verify_bytes),
            )
        self._amount.setText(amount)
        self._amount.setToolTip(words.exact(lane.written_bytes))
        rate = words.rate(lane.rate_bytes_s)
        self._rate.setText(rate if lane.rate_bytes_s > 0 else "–")
        self._rate.setVisible(lane.state != "sealed")
        self._plot.setVisible(lane.state in ("writing", "verifying", "waiting"))
        self._bar.setVisible(bool(lane.to_verify_bytes))
        self._bar.show_shares((share, "good" if lane.state == "sealed" else "accent"))
        said = words.text(
            "wizard.copying.lane-said", drive=name, state=state, written=written, rate=rate
        )
        self.setAccessibleName(said)


class LaneList(QWidget):
    """All lanes; rows are made once per drive."""

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        self._rows: dict[str, LaneRow] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def show_lanes(self, lanes: tuple[Lane, ...], *, running: bool) -> None:
        """Show the lanes of a reading."""
        if set(self._rows) - {lane.drive_id for lane in lanes}:
            clear(self._column)
            self._rows = {}
        for lane in lanes:
            line = self._rows.get(lane.drive_id)
            if line is None:
                if self._rows:
                    self._column.addWidget(rule())
                line = LaneRow(self._words)
                self._rows[lane.drive_id] = line
                self._column.addWidget(line)
            line.show_lane(lane, running=running)
