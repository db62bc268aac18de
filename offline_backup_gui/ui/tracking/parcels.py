"""The parcels of a shipment: carrier, number, day, and a link that opens only on a click."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.shipment import Source
from offline_backup_gui.ui.icons import IconButton
from offline_backup_gui.ui.tracking.azure_view import ParcelLine, way_words
from offline_backup_gui.ui.tracking.flush import flush
from offline_backup_gui.ui.widgets.boxes import clear, unit
from offline_backup_gui.ui.widgets.texts import mono, text
from offline_backup_gui.words import Words


class ParcelList(QWidget):
    """Both directions below one another; says so when nothing was sent."""

    link_wanted = Signal(str)

    def __init__(self, words: Words) -> None:
        super().__init__()
        self._words = words
        step = unit(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(step // 2)

    def show_parcels(self, lines: Sequence[ParcelLine], route: Route) -> None:
        """Show these parcels."""
        clear(self._column)
        if not lines:
            self._column.addWidget(text(self._words.text("tracking.not-sent"), "subdued"))
        for line in lines:
            self._column.addWidget(self._parcel(line, route))

    def _parcel(self, line: ParcelLine, route: Route) -> QWidget:
        words, step = self._words, unit(self)
        parcel = QWidget()
        grid = QGridLayout(parcel)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(step)
        grid.setVerticalSpacing(step // 4)
        grid.setColumnStretch(1, 1)
        grid.addWidget(text(way_words(line, route, words), "strong"), 0, 0, 1, 2)
        facts = [
            ("tracking.carrier", text(line.carrier or "–")),
            ("tracking.tracking-number", mono(text(line.number or "–"))),
        ]
        if line.sent_at is not None:
            facts.append(("tracking.sent-at", text(words.date(line.sent_at))))
        if line.source is Source.AZURE:
            facts.append(("azure-job.parcel-source", text(words.term("source", "azure"))))
        for place, (key, value) in enumerate(facts, 1):
            grid.addWidget(self._caption(key), place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, place, 1)
        place = len(facts) + 1
        if line.link:
            grid.addLayout(flush(self._link(line)), place, 0, 1, 2)
        if line.told:
            told = text(words.text("azure-job.told-link", link=line.told), "small")
            grid.addWidget(told, place + 1, 0, 1, 2)
        return parcel

    def _caption(self, key: str) -> QLabel:
        return text(self._words.text(key), "small", wrap=False)

    def _link(self, line: ParcelLine) -> IconButton:
        words = self._words
        button = IconButton(
            "truck", words.text("azure-job.follow-at", carrier=line.carrier), "quiet"
        )
        button.setAccessibleName(
            words.text("azure-job.follow", number=line.number, carrier=line.carrier)
        )
        button.setToolTip(line.link)
        button.clicked.connect(partial(self.link_wanted.emit, line.link))
        return button
