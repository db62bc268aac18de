"""Quiet buttons set so that their icon, not their invisible edge, lines up with the text above."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QPushButton

from offline_backup_gui.ui.widgets.boxes import row


def flush(*buttons: QPushButton) -> QHBoxLayout:
    """Lay quiet buttons side by side, the first without its padding at the left."""
    buttons[0].setStyleSheet("padding-left: 2px;")
    return row(*buttons, 1)
