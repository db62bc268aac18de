"""From arguments to an exit code: finds the command, words the trouble, reports bugs."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from offline_backup_gui import __version__, words
from offline_backup_gui.cli import commands, inquiries
from offline_backup_gui.cli.arguments import parse
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode, code_of_trouble
from offline_backup_gui.cli.speaker import Speaker, standard_speaker
from offline_backup_gui.domain.errors import BackupError, Stopped
from offline_backup_gui.services import Services

_COMMANDS: dict[str, Callable[[Call], ExitCode]] = {
    "routes": inquiries.routes,
    "advise": inquiries.advise,
    "drives": inquiries.drives,
    "plan": inquiries.plan,
    "points": inquiries.points,
    "track": inquiries.track,
    "copy": commands.copy,
    "verify": commands.verify,
    "receive": commands.receive,
    "arrival": commands.arrival,
    "vault": commands.vault,
    "increment": commands.increment,
    "restore": commands.restore,
    "kit": commands.kit,
    "practice": commands.practice,
    "run": commands.run,
}


def main(arguments: Sequence[str], build: Callable[[Path | None], Services]) -> int:
    """Run one command; `build` makes the services on a state folder (None: the usual one)."""
    given = parse(arguments)
    speaker = standard_speaker(words.load(), as_json=given.json)
    try:
        return _COMMANDS[given.command](Call(given, speaker, build))
    except BackupError as error:
        speaker.trouble(error)
        return code_of_trouble(error.code)
    except (KeyboardInterrupt, Stopped):
        speaker.close()
        return ExitCode.CONTINUE
    except BrokenPipeError:
        # Whoever read the output has gone; nothing is left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.FAILED
    except Exception:
        return _bug(speaker)
    finally:
        speaker.close()


def _bug(speaker: Speaker) -> ExitCode:
    """Write a report and say where; a traceback on the screen helps nobody."""
    at = datetime.now().astimezone()
    handle, name = tempfile.mkstemp(prefix=f"offline-backup-{at:%Y%m%d-%H%M%S}-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as report:
        report.write(f"Offline Backup {__version__}, Python {platform.python_version()}, ")
        report.write(f"{platform.platform()}, {at.isoformat()}\n\n{traceback.format_exc()}")
    message = speaker.words.text("cli.bug.title"), speaker.words.text("cli.bug.report", path=name)
    if speaker.as_json:
        speaker.result({"outcome": "bug", "report": name})
    else:
        for text in message:
            print(text, file=sys.stderr)
    return ExitCode.BUG
