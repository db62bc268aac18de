"""Runs a fixed script in Windows PowerShell, with limits of time and size, and gives its bytes."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import IO

from msgspec import Struct

from offline_backup_gui.adapters.windows_library import system_folder
from offline_backup_gui.domain.agents import Answer
from offline_backup_gui.formats.agent_output import (
    ANSWER_MOST_BYTES,
    ModuleAnswer,
    parse_answer,
)

LIMIT_S = 90.0  # the modules of DPM load its whole console; a minute on a busy server is usual
_NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW
_CHUNK_BYTES = 1 << 16
Ask = Callable[[str], ModuleAnswer]


class PowerShell(Struct, frozen=True):
    """Windows PowerShell 5.1, the one that the agents' modules are made for."""

    program: tuple[str, ...]
    limit_s: float = LIMIT_S

    def __call__(self, script: str) -> ModuleAnswer:
        """Run a script and read its answer; nothing is raised, trouble is an `Answer`."""
        words = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", script)
        try:
            process = subprocess.Popen(
                [*self.program, *words],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
            )
        except OSError:
            return ModuleAnswer(Answer.NO_POWERSHELL)
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(self.limit_s, end)
        clock.daemon = True
        clock.start()
        with process:
            assert process.stdout is not None
            raw = _read(process.stdout)
            if len(raw) > ANSWER_MOST_BYTES:
                process.kill()
            process.wait()
        clock.cancel()
        if late.is_set():
            return ModuleAnswer(Answer.SLOW)
        return parse_answer(raw)


def _read(pipe: IO[bytes]) -> bytes:
    """Read to the end, or one chunk more than an answer may have."""
    parts: list[bytes] = []
    size = 0
    while size <= ANSWER_MOST_BYTES and (part := pipe.read(_CHUNK_BYTES)):
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def windows_powershell() -> Ask:
    """Give Windows PowerShell by its place; no search path is asked."""
    program = system_folder() / "WindowsPowerShell" / "v1.0" / "powershell.exe"
    return PowerShell((str(program),)) if program.is_file() else no_powershell


def no_powershell(_script: str) -> ModuleAnswer:
    """Answer where Windows PowerShell was removed, or is not at its place."""
    return ModuleAnswer(Answer.NO_POWERSHELL)
