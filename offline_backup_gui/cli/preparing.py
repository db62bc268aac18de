"""Command drives prepare: says what would be erased; erases only what --erase names by serial."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Severity
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.preparing import Candidate, PrepareStep
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.preparing import ReadyDrive


def prepare(call: Call) -> ExitCode:
    """Look at the drives that were named; erase those whose serial was given, one by one."""
    given = call.arguments
    plan = read_plan_file(Path(given.plan)) if given.plan else None
    candidates = call.services.preparing.candidates(given.drives, plan)
    if not given.erase:
        return _tell(call, candidates)
    serials = [candidate.drive.serial for candidate in candidates]
    for typed in given.erase:
        if typed not in serials:
            raise BackupError(
                ErrorCode.PREPARE_NOT_CONSENTED, drive=", ".join(given.drives), typed=typed
            )
    ready = [_erase(call, typed, plan) for typed in dict.fromkeys(given.erase)]
    call.speaker.result({"outcome": "done", "prepared": [_ready_json(one) for one in ready]})
    return ExitCode.DONE


def _tell(call: Call, candidates: tuple[Candidate, ...]) -> ExitCode:
    """Say what would be lost; nothing is changed."""
    words = call.speaker.words
    unable = call.services.preparing.able()
    call.speaker.result(
        {
            "outcome": "done",
            "able": unable is None,
            "drives": [_candidate_json(candidate) for candidate in candidates],
        }
    )
    for candidate in candidates:
        drive = candidate.drive
        call.speaker.line(
            words.text(
                "cli.would-erase" if not candidate.forbidden else "cli.would-not-erase",
                drive=drive.label or drive.model,
                place=", ".join(drive.mounts) or "-",
                size_bytes=drive.size_bytes,
                serial=drive.serial or "-",
            )
        )
        if drive.first_folders:
            call.speaker.line("  " + words.text("cli.would-lose", folders=drive.first_folders))
        for finding in candidate.findings:
            mark = "!" if finding.severity is Severity.BLOCKER else "-"
            call.speaker.line(f"  {mark} {words.finding(finding).title}")
    if unable is not None:
        call.speaker.line(words.trouble(unable).title)
    call.speaker.line(words.text("cli.nothing-erased"))
    return ExitCode.DONE


def _erase(call: Call, typed: str, plan: Plan | None) -> ReadyDrive:
    words = call.speaker.words

    def step(step: PrepareStep) -> None:
        told = words.term("prepare-step", step.value)
        call.speaker.line(words.text("cli.preparing", serial=typed, step=told))

    ready = call.services.preparing.prepare(
        typed, typed, plan=plan, whole=call.arguments.whole, on_step=step
    )
    call.speaker.line(
        words.text(
            "cli.prepared",
            serial=ready.serial,
            place=ready.mount,
            encryption=words.term("encryption", ready.encryption.value),
        )
    )
    return ready


def _candidate_json(candidate: Candidate) -> dict[str, object]:
    drive = candidate.drive
    return {
        "serial": drive.serial,
        "model": drive.model,
        "label": drive.label,
        "size_bytes": drive.size_bytes,
        "mounts": list(drive.mounts),
        "first_folders": list(drive.first_folders),
        "may_be_erased": not candidate.forbidden,
        "findings": [finding.as_json() for finding in candidate.findings],
    }


def _ready_json(ready: ReadyDrive) -> dict[str, object]:
    """Never the key itself: only that it is kept."""
    return {
        "serial": ready.serial,
        "mount": ready.mount,
        "volume": ready.volume,
        "size_bytes": ready.size_bytes,
        "encryption": ready.encryption.value,
        "key_kept": bool(ready.key_ref),
    }
