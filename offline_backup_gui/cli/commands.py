"""Commands that do something: copy, verify, receive, arrival, vault, increment, restore, kit."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode, code_of_state
from offline_backup_gui.cli.inquiries import opening
from offline_backup_gui.cli.practice import run_practice
from offline_backup_gui.cli.secrets import account_secret, passphrase, read_secret
from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import blocks
from offline_backup_gui.domain.job import JobId, JobKind, JobState
from offline_backup_gui.domain.papers import PageSize
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.running import Ended
from offline_backup_gui.services.watching import Watch
from offline_backup_gui.services.work import blocked

_SHOWN = 20  # lines of a ledger on the screen; --json has all of them


# --- jobs of a plan


def _kept_plan(call: Call, mounts: list[str]) -> KeptPlan:
    """Read, check and keep the plan, and unlock (or make) its repository.

    Everything that is wrong is told before anything is written.
    """
    plan = read_plan_file(Path(call.arguments.plan))
    services = call.services
    for finding in services.planning.check(plan, mounts):
        if blocks([finding]):
            raise blocked(finding)
    kept = services.planning.keep(plan)
    services.world.keep_account_secret(plan.destination.account, account_secret(call.arguments))
    typed = passphrase(
        call.arguments, call.speaker.words.text("cli.passphrase"), needed=not kept.repository_id
    )
    if services.world.state.held(plan.plan_id):
        raise BackupError(ErrorCode.ALREADY_RUNNING, plan=plan.name)
    return services.protection.open_plan(kept, typed, mounts)


def _run_job(call: Call, job_id: JobId) -> Ended:
    """Run a job in this process; Ctrl+C and a polite kill stop it so that it can be continued."""
    runner = call.services.runner
    with stopping(lambda: runner.control.stop() if runner.control else None):
        ended = runner.run(job_id, call.speaker.reading, call.speaker.event)
    call.speaker.close()
    if ended.trouble is not None and not call.speaker.as_json:
        call.speaker.trouble(ended.trouble)
    if ended.job.state is JobState.STOPPED:
        call.speaker.line(call.speaker.words.text("cli.stopped"))
    return ended


def _finish(call: Call, ended: Ended) -> ExitCode:
    outcome: dict[str, object] = {"job": ended.job.job_id, **ended.job.outcome}
    call.speaker.result(outcome)
    return code_of_state(ended.job.state)


def copy(call: Call) -> ExitCode:
    """Seal the sources onto the drives, verify, write the records."""
    given = call.arguments
    plan = read_plan_file(Path(given.plan))
    mounts = [str(Path(path).absolute()) for path in given.drive] or list(plan.drives)
    if not mounts:
        raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path="--drive")
    kept = _kept_plan(call, mounts)
    backups = call.services.backups
    job_id = backups.prepare(kept.plan.plan_id, JobKind.COPY, drives=mounts)
    ended = _run_job(call, job_id)
    outcome, words = ended.job.outcome, call.speaker.words
    if ended.job.state in (JobState.DONE, JobState.EXCEPTIONS):
        _show(call, "cli.copied", outcome, "files", "bytes", "stored_bytes")
        for drive in cast(list[dict[str, object]], outcome["drives"]):
            call.speaker.line(
                words.text(
                    "cli.sealed",
                    path=str(drive["path"]),
                    objects=cast(int, drive["objects"]),
                    size=words.size(cast(int, drive["bytes"])),
                    fingerprint=str(drive["fingerprint"])[:16],
                )
            )
        _show_list(call, "cli.exceptions", cast(list[dict[str, str]], outcome["exceptions"]))
    return _finish(call, ended)


def _show(call: Call, key: str, outcome: dict[str, object], *names: str) -> None:
    words = call.speaker.words
    values: dict[str, str | int] = {}
    for name in names:
        value = cast(int, outcome[name])
        values[name] = words.size(value) if "bytes" in name else value
    call.speaker.line(words.text(key, **values))


def _show_list(call: Call, key: str, lines: list[dict[str, str]]) -> None:
    words = call.speaker.words
    if not lines:
        return
    call.speaker.line(words.text(key, count=len(lines)))
    for line in lines[:_SHOWN]:
        reason = words.term("left-out", line["reason"])
        call.speaker.line(f"  {line['path']}: {reason}")
    if len(lines) > _SHOWN:
        call.speaker.line(words.text("cli.more", count=len(lines) - _SHOWN))


def _plan_job(call: Call, kind: JobKind, **options: object) -> Ended:
    kept = _kept_plan(call, [])
    job_id = call.services.backups.prepare(kept.plan.plan_id, kind, **options)
    return _run_job(call, job_id)


def arrival(call: Call) -> ExitCode:
    """Prove what arrived; with --repair send the difference."""
    ended = _plan_job(call, JobKind.ARRIVAL, repair=call.arguments.repair)
    outcome = ended.job.outcome
    if "expected" in outcome:
        _show(call, "cli.arrived", outcome, "expected", "arrived", "bytes", "repaired_bytes")
        for kind in ("damaged", "missing", "renamed", "lost_files"):
            for name in cast(list[str], outcome[kind]):
                call.speaker.line(f"  {call.speaker.words.text('cli.' + kind)}: {name}")
    return _finish(call, ended)


def vault(call: Call) -> ExitCode:
    """Move the proved backup into the vault container."""
    ended = _plan_job(call, JobKind.VAULT)
    if "objects" in ended.job.outcome:
        _show(call, "cli.vaulted", ended.job.outcome, "objects", "bytes")
        for name in cast(list[str], ended.job.outcome["incomplete"]):
            call.speaker.line(f"  {call.speaker.words.text('cli.damaged')}: {name}")
    return _finish(call, ended)


def increment(call: Call) -> ExitCode:
    """Send what changed since the last restore point."""
    ended = _plan_job(call, JobKind.INCREMENT)
    outcome = ended.job.outcome
    if "point" in outcome:
        _show(call, "cli.incremented", outcome, "files", "bytes", "sent_bytes")
        _show_list(call, "cli.exceptions", cast(list[dict[str, str]], outcome["exceptions"]))
    return _finish(call, ended)


# --- without a plan


def _watch(call: Call) -> Watch:
    return Watch(call.speaker.reading, call.speaker.event)


def verify(call: Call) -> ExitCode:
    """Read every byte of the drives back and compare with their records."""
    given, words = call.arguments, call.speaker.words
    watch = _watch(call)
    with stopping(watch.stop):
        found = call.services.checks.verify(
            given.drives,
            deep=given.deep,
            passphrase=passphrase(given, words.text("cli.passphrase"), needed=False),
            recovery_code=read_secret(given.recovery_code_file),
            watch=watch,
        )
    call.speaker.close()
    checks = [item.check for item in found]
    good = all(check.good for check in checks)
    call.speaker.result(
        {
            "outcome": "done" if good else "damaged",
            "objects": sum(check.objects for check in checks),
            "bytes": sum(check.size_bytes for check in checks),
            "damaged": [name for check in checks for name in check.damaged],
            "missing": [name for check in checks for name in check.missing],
            "unlisted": [name for check in checks for name in check.unlisted],
            "drives": [
                {
                    "path": item.path,
                    "container": item.container,
                    "drive_id": item.check.drive_id,
                    "objects": item.check.objects,
                    "bytes": item.check.size_bytes,
                    "past_cache": item.check.past_cache,
                    "damaged": item.check.damaged,
                    "missing": item.check.missing,
                }
                for item in found
            ],
        }
    )
    for item in found:
        check = item.check
        key = "cli.verified" if check.good else "cli.verified-damaged"
        size = words.size(check.size_bytes)
        call.speaker.line(words.text(key, path=item.path, objects=check.objects, size=size))
        _show_names(call, check.damaged, check.missing)
    return ExitCode.DONE if good else ExitCode.EXCEPTIONS


def _show_names(call: Call, damaged: list[str], missing: list[str]) -> None:
    for kind, names in (("damaged", damaged), ("missing", missing)):
        for name in names:
            call.speaker.line(f"  {call.speaker.words.text('cli.' + kind)}: {name}")


def receive(call: Call) -> ExitCode:
    """Read drives into a landing container."""
    given, watch = call.arguments, _watch(call)
    with stopping(watch.stop):
        received = call.services.checks.receive(
            given.drives, given.into, account_secret(given), watch=watch
        )
    call.speaker.close()
    good = not received.damaged and not received.missing
    outcome: dict[str, object] = {
        "outcome": "done" if good else "damaged",
        "objects": received.objects,
        "bytes": received.size_bytes,
        "already_there": received.already_there,
        "damaged": received.damaged,
        "missing": received.missing,
    }
    call.speaker.result(outcome)
    _show(call, "cli.received", outcome, "objects", "bytes", "already_there")
    _show_names(call, received.damaged, received.missing)
    return ExitCode.DONE if good else ExitCode.EXCEPTIONS


def restore(call: Call) -> ExitCode:
    """Bring files back from drives or an account."""
    given = call.arguments
    job_id = call.services.restores.prepare(
        call.opened(opening(call)),
        given.point,
        given.to,
        include=given.include,
        overwrite=given.overwrite,
    )
    ended = _run_job(call, job_id)
    outcome = ended.job.outcome
    if "files" in outcome:
        _show(call, "cli.restored", outcome, "files", "bytes")
        _show_list(call, "cli.differences", cast(list[dict[str, str]], outcome["differences"]))
        for root in cast(list[dict[str, str]], outcome["roots"]):
            call.speaker.line(f"  {root['source']} -> {root['path']}")
    return _finish(call, ended)


def kit(call: Call) -> ExitCode:
    """Make a fresh recovery code and write the recovery kit."""
    given, services = call.arguments, call.services
    plan: Plan = read_plan_file(Path(given.plan))
    kept = _kept_plan(call, [])
    fresh = services.protection.new_kit(kept.repository_id)
    target = Path(given.to).absolute()
    names = plan.destination
    services.protection.save_kit(
        fresh,
        plan.name,
        target,
        stores=(f"{names.account}/{names.vault}",),
        language=call.speaker.words.language,
        page=PageSize(given.paper),
    )
    call.speaker.result(
        {"outcome": "done", "path": str(target), "repository_id": kept.repository_id}
    )
    call.speaker.line(call.speaker.words.text("cli.kit-written", path=str(target)))
    return ExitCode.DONE


def run(call: Call) -> ExitCode:
    """Run one job in this process: what the window and Task Scheduler start."""
    return _finish(call, _run_job(call, JobId(call.arguments.job)))


def practice(call: Call) -> ExitCode:
    """Walk the whole journey on this computer."""
    return run_practice(call)
