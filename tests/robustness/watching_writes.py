"""Hears of everything this process changes in the file system, and says what was not allowed.

It listens to the interpreter's audit events, below every layer of ours, and looks where a name
really leads: through links and through folders held open.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Which arguments of an event are (path, folder descriptor); -1: the event has none.
_EVENTS = {
    "os.mkdir": ((0, 2),),
    "os.rmdir": ((0, 1),),
    "os.remove": ((0, 1),),
    "os.rename": ((0, 2), (1, 3)),
    "os.link": ((1, 3), (0, 2)),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, -1),),
    "os.utime": ((0, 3),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.setxattr": ((0, -1),),
    "os.removexattr": ((0, -1),),
}
# These act on what a link leads to; all others on the name itself.
_FOLLOWING = {"os.truncate", "os.chmod"}


class WriteWatch:
    """One for a process: an audit hook cannot be taken away again."""

    def __init__(self) -> None:
        self._allowed: tuple[str, ...] | None = None
        self._outside: list[str] = []
        self._own = threading.local()
        sys.addaudithook(self._hear)

    @contextmanager
    def allowing(self, *folders: Path) -> Iterator[None]:
        """Watch; changes are allowed below these folders (and to them) only."""
        self._allowed = tuple(os.path.realpath(folder) for folder in folders)
        try:
            yield
        finally:
            self._allowed = None

    def taken(self) -> list[str]:
        """Give what was changed elsewhere since the last time."""
        found, self._outside = self._outside, []
        return found

    def _hear(self, event: str, arguments: tuple[object, ...]) -> None:
        if self._allowed is None:
            return
        if event == "open":
            path, _, flags = arguments[:3]
            # os.open relative to a folder descriptor says only the name: see `held.py`, which
            # never follows a link there; what it makes is seen in the sentinels.
            if isinstance(flags, int) and flags & _WRITING and _is_absolute(path):
                self._judge(event, path, -1, follow=not flags & os.O_NOFOLLOW)
        elif event in _EVENTS:
            for at, folder_at in _EVENTS[event]:
                folder = arguments[folder_at] if 0 <= folder_at < len(arguments) else -1
                self._judge(event, arguments[at], folder, follow=event in _FOLLOWING)

    def _judge(self, event: str, path: object, folder: object, *, follow: bool) -> None:
        if getattr(self._own, "looking", False):
            return
        allowed = self._allowed
        self._own.looking = True
        try:
            real = _real(path, folder, follow=follow)
        finally:
            self._own.looking = False
        if real is None or real == "/dev/null":
            return
        if not any(real == top or real.startswith(top + "/") for top in allowed or ()):
            self._outside.append(f"{event} {real}")


def _is_absolute(path: object) -> bool:
    return isinstance(path, str | bytes) and os.path.isabs(path)


def _real(path: object, folder: object, *, follow: bool) -> str | None:
    if isinstance(path, int):
        return None  # an open file, judged when it was opened
    name = os.fsdecode(path)  # type: ignore[arg-type]
    if isinstance(folder, int) and folder >= 0:
        name = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), name)
    if follow and (led := _led_to(name)) is not None:
        return led
    folder_of, base = os.path.split(name)
    return os.path.join(_led_to(folder_of or ".") or folder_of, base)


def _led_to(name: str) -> str | None:
    """Ask the system where a name leads; None when nothing is there."""
    try:
        descriptor = os.open(name, os.O_PATH)
    except OSError:
        return None
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    finally:
        os.close(descriptor)
