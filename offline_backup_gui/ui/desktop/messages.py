"""Messages of Windows that Qt does not hand on: buttons of the taskbar, coming and going."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from PySide6.QtCore import QAbstractNativeEventFilter, QByteArray

WM_SYSCOLORCHANGE, WM_SETTINGCHANGE, WM_THEMECHANGED = 0x0015, 0x001A, 0x031A
WM_WTSSESSION_CHANGE = 0x02B1
SPI_SETHIGHCONTRAST = 0x0043
SESSION_CONNECTED = frozenset({1, 3})  # WTS_CONSOLE_CONNECT, WTS_REMOTE_CONNECT
_MESSAGE = b"windows_generic_MSG"


class Message(ctypes.Structure):
    """MSG of winuser.h up to its parameters; what follows is not read."""

    _fields_ = (
        ("window", ctypes.c_void_p),
        ("number", ctypes.c_uint),
        ("wide", ctypes.c_size_t),
        ("long", ctypes.c_ssize_t),
    )


OnMessage = Callable[[int, int], None]  # window, first parameter


class Messages(QAbstractNativeEventFilter):
    """Calls whoever waits for a message of a number; Qt then goes on as if nobody had."""

    def __init__(self) -> None:
        super().__init__()
        self._heard: dict[int, OnMessage] = {}

    def hear(self, number: int, on_message: OnMessage) -> None:
        """Wait for a message; number 0 never comes."""
        if number:
            self._heard[number] = on_message

    def nativeEventFilter(
        self, kind: QByteArray | bytes | bytearray | memoryview, message: int
    ) -> object:
        """Look at every message of Windows, as briefly as can be."""
        if self._heard and bytes(kind) == _MESSAGE:  # type: ignore[arg-type]
            told = Message.from_address(int(message))
            heard = self._heard.get(told.number)
            if heard is not None:
                heard(told.window or 0, told.wide)
        return False, 0
