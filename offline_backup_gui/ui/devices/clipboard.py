"""A secret on the clipboard for a moment: kept out of its history, and taken off again."""

from __future__ import annotations

import hashlib

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication

# What Windows asks programs to set so that its history and cloud clipboard leave a text alone
# (learn.microsoft.com, "Clipboard formats", section "Cloud Clipboard and Clipboard History").
_NOT_FOR_HISTORY = (
    "ExcludeClipboardContentFromMonitorProcessing",
    "CanIncludeInClipboardHistory",
    "CanUploadToCloudClipboard",
)
_WINDOWS = 'application/x-qt-windows-mime;value="{}"'


class SecretClip:
    """Knows by a digest alone whether the clipboard still holds what was put there."""

    def __init__(self) -> None:
        self._digest = b""

    @property
    def there(self) -> bool:
        """Say whether a secret of ours is on the clipboard."""
        return bool(self._digest) and _digest(QGuiApplication.clipboard().text()) == self._digest

    def put(self, secret: str) -> None:
        """Put a secret there."""
        data = QMimeData()
        data.setText(secret)
        for name in _NOT_FOR_HISTORY:
            data.setData(_WINDOWS.format(name), b"\0\0\0\0")
        data.setData("x-kde-passwordManagerHint", b"secret")
        QGuiApplication.clipboard().setMimeData(data)
        self._digest = _digest(secret)

    def take_off(self) -> None:
        """Empty the clipboard, unless something else is there by now."""
        if self.there:
            QGuiApplication.clipboard().clear()
        self._digest = b""


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=16).digest()
