"""What every page is: it shows a draft, reads one, and says when it was edited."""

from __future__ import annotations

import json

from msgspec import Struct
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from offline_backup_gui.domain.geography import Geography, parse_geography
from offline_backup_gui.domain.plan import Draft
from offline_backup_gui.services import Services
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.widgets.boxes import unit
from offline_backup_gui.ui.wizard.facts import Facts
from offline_backup_gui.words import Words, resources


class Desk(Struct, frozen=True):
    """What a page works with."""

    services: Services
    words: Words
    bridge: Bridge
    geography: Geography


class Page(QWidget):
    """A page of the wizard. It never sees another page and never turns one."""

    edited = Signal()

    def __init__(self, desk: Desk) -> None:
        """Prepare an empty column that pages fill."""
        super().__init__()
        self.desk = desk
        self.words = desk.words
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(unit(self) * 3 // 4)

    def show_draft(self, draft: Draft) -> None:
        """Put the draft's answers into the controls, without `edited`."""

    def read(self, draft: Draft) -> Draft:
        """Give the draft with this page's answers."""
        return draft

    def show_facts(self, draft: Draft, facts: Facts) -> None:
        """Show what follows from draft and facts; called whenever either changed."""

    def entered(self) -> None:
        """Begin what only a visible page does."""

    def left(self) -> None:
        """End it."""

    def say(self, key: str, **parameters: str | int | float) -> str:
        """Give a sentence of the wizard."""
        return self.words.text(f"wizard.{key}", **parameters)


def load_geography() -> Geography:
    """Read the dated lists of countries and regions that come with the program."""
    text = (resources() / "regions.json").read_text(encoding="utf-8")
    return parse_geography(json.loads(text))
