"""A child process that answers in lines of JSON; one that hangs or falls is told apart."""

from __future__ import annotations

import json
import selectors
import subprocess
import sys
from typing import Any


class Child:
    """`python -m MODULE ARGUMENTS`, started when it is first needed and again after it fell."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, line: str, hangs_after_s: float) -> dict[str, Any] | None:
        """Send a line and give the answer; None when there is none in time."""
        process = self._running()
        assert process.stdin is not None
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()
        return self._answer(process, hangs_after_s)

    def listen(self, hangs_after_s: float) -> dict[str, Any]:
        """Give the last line; the child must say something within every such time."""
        process = self._running()
        while True:
            told = self._answer(process, hangs_after_s)
            assert told is not None, "the child hangs, or ended too early"
            if told.get("end"):
                return told
            print(f"{told['done']} cases, {len(told['failures'])} failures", flush=True)

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            self._process = subprocess.Popen(
                # Without a buffer: a line that waits in one is not seen by a selector.
                self._command,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process

    def _answer(self, process: subprocess.Popen[bytes], within_s: float) -> dict[str, Any] | None:
        """Wait for a line. The child writes whole lines only, so one that began will end."""
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(within_s) else b""
        if not line:
            self.close()
            return None
        found: dict[str, Any] = json.loads(line)
        return found
