"""How the command line talks: plain lines, bars on a terminal, or one JSON object a line."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
)

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.job import Event, Reading
from offline_backup_gui.words import Message, Words

_JSON_READING_S = 1.0


class Speaker:
    """One for each run of the program. Results go to standard output, trouble to standard error."""

    def __init__(self, words: Words, *, as_json: bool, out: TextIO, err: TextIO) -> None:
        self.words, self.as_json = words, as_json
        self._out, self._err = out, err
        self._console = Console(file=err, highlight=False, soft_wrap=True)
        self._bars: Progress | None = None
        self._task: TaskID | None = None
        self._told = 0.0

    # --- results

    def line(self, text: str = "") -> None:
        """Print a line of text output; silent with --json."""
        if not self.as_json:
            self._stop_bars()
            print(_printable(text), file=self._out, flush=True)

    def result(self, fields: Mapping[str, object]) -> None:
        """Print the last line of JSON output."""
        self._json({"event": "result", **fields})

    def _json(self, fields: Mapping[str, object]) -> None:
        if self.as_json:
            print(json.dumps(fields), file=self._out, flush=True)

    # --- findings and trouble

    def message(self, message: Message, *, loud: bool = False) -> None:
        """Print title, why and what to do."""
        self.line(("! " if loud else "- ") + message.title)
        for part in (message.why, message.do):
            if part:
                self.line(f"  {part}")

    def finding(self, finding: Finding) -> None:
        """Print a finding in words."""
        self.message(self.words.finding(finding), loud=finding.severity is Severity.BLOCKER)

    def trouble(self, error: BackupError) -> None:
        """Print what happened, why and what to do, on standard error; in JSON as the result."""
        message = trouble_message(self.words, error)
        parameters = {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in error.parameters.items()
        }
        if self.as_json:
            self.result(
                {
                    "outcome": "failed",
                    "code": error.code.value,
                    "parameters": parameters,
                    "message": f"{message.title}. {message.why} {message.do}",
                }
            )
            return
        self._stop_bars()
        for text in (message.title, message.why, message.do, f"({error.code.value})"):
            if text:
                print(_printable(text), file=self._err, flush=True)

    # --- a running job

    def event(self, event: Event) -> None:
        """Tell what happened in a job."""
        if self.as_json:
            self._json(
                {"event": event.code, "at": event.at.isoformat(), "parameters": event.parameters}
            )
        else:
            self.line(self.words.event(event.code, event.parameters))

    def reading(self, reading: Reading) -> None:
        """Show progress: a bar on a terminal, one JSON line a second, nothing in a pipe."""
        if self.as_json:
            now = time.monotonic()
            if now - self._told >= _JSON_READING_S:
                self._told = now
                self._json({"event": "reading", **_reading_json(reading)})
            return
        if not self._console.is_terminal:
            return
        if self._bars is None:
            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.fields[figures]}"),
                console=self._console,
                transient=True,
            )
            self._task = self._bars.add_task("", total=None, figures="")
            self._bars.start()
        assert self._task is not None
        total = reading.bytes_total if reading.scan_complete and reading.bytes_total else None
        self._bars.update(
            self._task,
            description=self.words.term("phase", reading.phase.value),
            total=total,
            completed=min(reading.bytes_done, total) if total else 0,
            figures=self._figures(reading),
        )

    def _figures(self, reading: Reading) -> str:
        words = self.words
        done = words.size(reading.bytes_done)
        if reading.bytes_total:
            done = f"{done} / {words.size(reading.bytes_total)}"
        parts = [done, words.rate(reading.rate_bytes_s)]
        if reading.seconds_left is not None:
            parts.append(words.duration(reading.seconds_left))
        return "  ".join(parts)

    def _stop_bars(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars, self._task = None, None

    def close(self) -> None:
        """Take the bars away."""
        self._stop_bars()


def trouble_message(words: Words, error: BackupError) -> Message:
    """Word a trouble; a blocked plan is told in the words of the finding that blocks it."""
    if error.code is ErrorCode.PLAN_BLOCKED and "finding" in error.parameters:
        code = FindingCode(str(error.parameters["finding"]))
        parameters = {k: v for k, v in error.parameters.items() if k != "finding"}
        return words.finding(Finding(code, Severity.BLOCKER, parameters))
    return words.trouble(error)


def _printable(text: str) -> str:
    """Keep control characters of hostile names away from the terminal."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text.encode("utf-8", "backslashreplace").decode("utf-8")
    )


def _reading_json(reading: Reading) -> dict[str, object]:
    return {
        "phase": reading.phase.value,
        "files_done": reading.files_done,
        "bytes_done": reading.bytes_done,
        "files_total": reading.files_total,
        "bytes_total": reading.bytes_total,
        "scan_complete": reading.scan_complete,
        "stored_bytes": reading.stored_bytes,
        "rate_bytes_s": round(reading.rate_bytes_s),
        "seconds_left": reading.seconds_left,
        "exceptions": reading.exceptions,
    }


def standard_speaker(words: Words, *, as_json: bool) -> Speaker:
    """Speak on this process's streams."""
    return Speaker(words, as_json=as_json, out=sys.stdout, err=sys.stderr)
