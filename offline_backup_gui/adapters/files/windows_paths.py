"""Paths as Windows takes them at any length, and the names of streams."""

from __future__ import annotations

import os
import re

# Without the separator after it, such a path is a device and no folder.
_VOLUME = re.compile(
    r"\\\\\?\\(?:[a-z]:|volume\{[^\\]*\}|GLOBALROOT\\Device\\[^\\]+|UNC\\[^\\]+\\[^\\]+)",
    re.IGNORECASE,
)


def long_path(path: bytes) -> str:
    r"""Give a path in the form \\?\, in which Windows changes nothing and 260 is no limit.

    Below the source or target every part stays as it is: CON, dots and spaces at the end.
    """
    text = os.fsdecode(path).replace("/", "\\")
    if not text.startswith("\\\\?\\"):
        if text.startswith("\\\\"):
            text = "\\\\?\\UNC\\" + text[2:]
        elif text[1:3] == ":\\":
            text = "\\\\?\\" + text
        else:
            return text  # not absolute: nobody gives such a one, and Windows says what it thinks
    # A source that is a whole drive ends in a separator.
    return text[:4] + text[4:].replace("\\\\", "\\")


def is_whole_volume(path: bytes) -> bool:
    """Say whether a path is the top folder of a volume, or of a share."""
    return _VOLUME.fullmatch(long_path(path).rstrip("\\")) is not None


def stream_path(path: bytes) -> str:
    """Give the path of a stream, `file:stream` in the catalogue; nothing but data can be meant."""
    text = long_path(path)
    folder, _, name = text.rpartition("\\")
    if ":" not in name:
        return text
    # The streams of a source itself have no name before the colon.
    own = name.startswith(":") and not _VOLUME.fullmatch(folder)
    return (folder if own else folder + "\\") + name + ":$DATA"
