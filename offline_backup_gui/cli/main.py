"""From arguments to an exit code: finds the command, words the trouble, reports bugs."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import import_module
from pathlib import Path

from offline_backup_gui import __version__, words
from offline_backup_gui.cli.arguments import parse
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode, code_of_trouble
from offline_backup_gui.cli.speaker import Speaker, standard_speaker
from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from offline_backup_gui.services import Services

# The file of each command: none of them waits for what another one loads.
_FILES = {
    "routes": "advice",
    "advise": "advice",
    "drives": "inquiries",
    "plan": "inquiries",
    "agents": "agents",
    "staging": "staging",
    "points": "inquiries",
    "track": "tracking",
    "log": "logs",
    "manifest": "manifests",
    "notify": "notify",
    "copy": "jobs",
    "device": "devices",
    "verify": "commands",
    "receive": "commands",
    "arrival": "jobs",
    "vault": "jobs",
    "increment": "jobs",
    "restore": "jobs",
    "kit": "jobs",
    "practice": "commands",
    "run": "jobs",
    "update": "updates",
    "sign-in": "azure",
    "sign-out": "azure",
    "destination": "azure",
    "order": "orders",
    "import-job": "orders",
    "papers": "papers",
}


def main(arguments: Sequence[str], build: Callable[[Path | None], Services]) -> int:
    """Run one command; `build` makes the services on a state folder (None: the usual one)."""
    given = parse(arguments)
    speaker = standard_speaker(words.load(), as_json=given.json)
    try:
        _assert_text(arguments)
        with stopping(_interrupt):
            call = Call(given, speaker, build)
            code = _command(given.command)(call)
        if call.forgets:
            speaker.line(speaker.words.text("cli.secrets-session"))
        return code
    except BackupError as error:
        speaker.close()
        speaker.trouble(error)
        return code_of_trouble(error.code)
    except (KeyboardInterrupt, Stopped):
        speaker.close()
        speaker.result({"outcome": "stopped"})
        speaker.line(speaker.words.text("cli.stopped"))
        return ExitCode.CONTINUE
    except Exception:
        return _bug(speaker)
    finally:
        speaker.close()


def _command(name: str) -> Callable[[Call], ExitCode]:
    """Give the function that does a command; it has the command's name."""
    file = import_module(f"offline_backup_gui.cli.{_FILES[name]}")
    command: Callable[[Call], ExitCode] = getattr(file, name.replace("-", "_"))
    return command


def _assert_text(arguments: Sequence[str]) -> None:
    """Refuse arguments that are no text: state, records and JSON could not hold them."""
    for argument in arguments:
        try:
            argument.encode("utf-8")
        except UnicodeEncodeError as error:
            shown = argument.encode("utf-8", "backslashreplace").decode()
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=shown) from error


def _interrupt() -> None:
    """Leave what has no job to stop: a polite kill is answered like Ctrl+C."""
    raise KeyboardInterrupt


def _bug(speaker: Speaker) -> ExitCode:
    """Write a report and say where; a traceback on the screen helps nobody."""
    import platform
    import tempfile
    import traceback

    at = datetime.now().astimezone()
    text = traceback.format_exc()
    try:
        handle, name = tempfile.mkstemp(prefix=f"offline-backup-{at:%Y%m%d-%H%M%S}-", suffix=".txt")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as report:
            report.write(f"Offline Backup {__version__}, Python {platform.python_version()}, ")
            report.write(f"{platform.platform()}, {at.isoformat()}\n\n{text}")
    except OSError:
        name = ""
    speaker.close()
    speaker.result({"outcome": "bug", "report": name})
    if not speaker.as_json:
        speaker.alarm(speaker.words.text("cli.bug.title"))
        if name:
            speaker.alarm(speaker.words.text("cli.bug.report", path=name))
    return ExitCode.BUG
