"""How the command line talks: plain lines, bars on a terminal, or one JSON object a line."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

from offline_backup_gui.cli.columns import aligned
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.job import Event, Reading
from offline_backup_gui.words import Message, Words

if TYPE_CHECKING:
    from offline_backup_gui.cli.bars import Bars

_JSON_READING_S = 1.0


class Speaker:
    """One for each run of the program. Results go to standard output, trouble to standard error.

    When whoever read the output has gone, it falls silent and the work goes on.
    """

    def __init__(self, words: Words, *, as_json: bool, out: TextIO, err: TextIO) -> None:
        self.words, self.as_json = words, as_json
        self._out, self._err = out, err
        self._bars: Bars | None = None
        self._told: float | None = None
        self._lock = threading.RLock()  # events come from the threads of the engine
        self._deaf: set[TextIO] = set()

    # --- results

    def line(self, text: str = "") -> None:
        """Print a line of text output; silent with --json."""
        if not self.as_json:
            self._print(text)

    def table(self, rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
        """Give rows as aligned lines; the columns in `right` end at the same place."""
        return aligned(rows, right)

    def result(self, fields: Mapping[str, object]) -> None:
        """Print the last line of JSON output."""
        self._json({"event": "result", **fields})

    def tell(self, event: str, fields: Mapping[str, object]) -> None:
        """Print a line of JSON output on the way."""
        self._json({"event": event, **fields})

    def _json(self, fields: Mapping[str, object]) -> None:
        if self.as_json:
            self._write(self._out, json.dumps(fields))

    def _print(self, text: str, *, loud: bool = False) -> None:
        with self._lock:
            self._stop_bars()
            self._write(self._err if loud else self._out, printable(text))

    def _write(self, stream: TextIO, text: str) -> None:
        with self._lock:
            if stream in self._deaf:
                return
            try:
                print(text, file=stream, flush=True)
            except UnicodeEncodeError:
                plain = text.encode(stream.encoding or "ascii", "backslashreplace")
                print(plain.decode(stream.encoding or "ascii"), file=stream, flush=True)
            except OSError:
                self._deaf.add(stream)
                _to_nowhere(stream)

    # --- findings and trouble

    def finding(self, finding: Finding) -> None:
        """Print a finding in words; what is only noted asks for nothing."""
        message = finding_message(self.words, finding)
        self.line(f"{self.words.term('severity', finding.severity.value)}: {message.title}")
        wanted = finding.severity is not Severity.NOTE
        for part in (message.why, message.do if wanted else ""):
            if part:
                self.line(f"  {part}")

    def trouble(self, error: BackupError) -> None:
        """Print what happened, why and what to do, on standard error; in JSON as the result."""
        if self.as_json:
            self.result({"outcome": "failed", **trouble_json(self.words, error)})
            return
        message = trouble_message(self.words, error)
        for text in (message.title, message.why, message.do, f"({message.code})"):
            if text:
                self._print(text, loud=True)

    def alarm(self, text: str) -> None:
        """Print a line on standard error."""
        self._print(text, loud=True)

    # --- a running job

    def event(self, event: Event) -> None:
        """Tell what happened in a job."""
        if self.as_json:
            self._json(
                {
                    "event": event.code,
                    "at": event.at.isoformat(),
                    "parameters": plain_parameters(event.parameters),
                }
            )
        else:
            self.line(self.words.event(event.code, event.parameters))

    def reading(self, reading: Reading) -> None:
        """Show progress: bars on a terminal, one JSON line a second, nothing in a pipe."""
        with self._lock:
            if self.as_json:
                self._json_reading(reading)
            elif self._err.isatty() and self._err not in self._deaf:
                if self._bars is None:
                    # Loading rich takes a tenth of a second that most calls need not pay.
                    from offline_backup_gui.cli.bars import Bars

                    self._bars = Bars(self.words, self._err)
                self._bars.show(reading)

    def _json_reading(self, reading: Reading) -> None:
        now = time.monotonic()
        if self._told is None or now - self._told >= _JSON_READING_S:
            self._told = now
            self._json({"event": "reading", **reading_json(reading)})

    def _stop_bars(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars = None

    def close(self) -> None:
        """Take the bars away."""
        with self._lock:
            self._stop_bars()


def _to_nowhere(stream: TextIO) -> None:
    """Let what is still buffered vanish, or the interpreter complains of it at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        return


def trouble_message(words: Words, error: BackupError) -> Message:
    """Word a trouble; a blocked plan is told in the words of the finding that blocks it."""
    if error.code is ErrorCode.PLAN_BLOCKED and "finding" in error.parameters:
        code = FindingCode(str(error.parameters["finding"]))
        parameters = {k: v for k, v in error.parameters.items() if k != "finding"}
        return finding_message(words, Finding(code, Severity.BLOCKER, parameters))
    message = words.trouble(error)
    line = error.parameters.get("line")
    if error.code is ErrorCode.RECOVERY_CODE_WRONG and isinstance(line, int):
        title, why = (words.text(f"cli.code-line.{part}", line=line) for part in ("title", "why"))
        return Message(title, why, words.text("cli.code-line.do", line=line), message.code)
    return message


def finding_message(words: Words, finding: Finding) -> Message:
    """Word a finding; one about a drive names the drive."""
    message = words.finding(finding)
    drive = finding.parameters.get("drive")
    if isinstance(drive, str) and drive and not _names(message.title, drive):
        return Message(f"{drive}: {message.title}", message.why, message.do, message.code)
    return message


def _names(title: str, drive: str) -> bool:
    """Say whether a title names the drive, not merely a place that begins like it."""
    return re.search(rf"(?<![\w/\\]){re.escape(drive)}(?![\w/\\])", title) is not None


def trouble_json(words: Words, error: BackupError) -> dict[str, object]:
    """Give a trouble as JSON: its code, its facts, and the sentences a person would read."""
    message = trouble_message(words, error)
    return {
        "code": error.code.value,
        "parameters": plain_parameters(error.parameters),
        "message": " ".join(
            _ended(part) for part in (message.title, message.why, message.do) if part
        ),
    }


def _ended(text: str) -> str:
    return text if text.endswith((".", ":", "?", "…")) else f"{text}."


def plain_parameters(parameters: Mapping[str, Parameter]) -> dict[str, object]:
    """Give parameters as JSON knows them."""
    return {
        key: list(value) if isinstance(value, tuple) else value for key, value in parameters.items()
    }


def printable(text: str) -> str:
    """Keep control characters of hostile names away from the terminal."""
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode()
        for char in text.encode("utf-8", "backslashreplace").decode("utf-8")
    )


def reading_json(reading: Reading) -> dict[str, object]:
    """Give a reading as JSON."""
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
        "drives": [
            {
                "path": lane.path,
                "state": lane.state,
                "written_bytes": lane.written_bytes,
                "verified_bytes": lane.verified_bytes,
                "rate_bytes_s": round(lane.rate_bytes_s),
            }
            for lane in reading.lanes
        ],
    }


def standard_speaker(words: Words, *, as_json: bool) -> Speaker:
    """Speak on this process's streams."""
    return Speaker(words, as_json=as_json, out=sys.stdout, err=sys.stderr)
