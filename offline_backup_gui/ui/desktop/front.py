"""Bringing a window to the front, wherever it was put away."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget


def come_to_front(window: QWidget) -> None:
    """Show a window, out of tray or taskbar, and give it the keyboard; that raises it, too."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.activateWindow()
