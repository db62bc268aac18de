"""Commands that run a job of a plan: copy, arrival, vault, increment, kit; and `run`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, cast

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode, code_of_state
from offline_backup_gui.cli.loading import load_jobs
from offline_backup_gui.cli.secrets import account_secret, given_secret
from offline_backup_gui.cli.showing import show, show_ledger, show_names
from offline_backup_gui.cli.speaker import trouble_json
from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, blocks
from offline_backup_gui.domain.job import JobId, JobKind, JobState
from offline_backup_gui.domain.papers import PageSize
from offline_backup_gui.domain.plan import DeploymentModel, Plan
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.services.keys import Secret
from offline_backup_gui.services.outcomes import blocked
from offline_backup_gui.services.plan_file import read_plan_file

if TYPE_CHECKING:
    from offline_backup_gui.services.running import Ended

_ENDED_WELL = (JobState.DONE, JobState.EXCEPTIONS)


# --- from a plan file to a job


def _opened(
    call: Call,
    plan: Plan,
    mounts: list[str] | None,
    *,
    create: bool = False,
    absent: BackupError | None = None,
) -> KeptPlan:
    """Check the plan, unlock (or, when asked, make) its repository, then keep the plan.

    Everything that is wrong is told before anything is kept or written. `mounts` are the drives
    of a copy; other commands need the account instead. `absent` is raised when there is none.
    """
    services = call.services
    if plan.travels_as_is:
        raise BackupError(ErrorCode.NOT_FOR_THIS_PLAN, job=call.arguments.command, plan=plan.name)
    foreign = _refuse(call, plan, mounts)
    if services.world.state.held(plan.plan_id):
        raise BackupError(ErrorCode.ALREADY_RUNNING, plan=plan.name)
    given_secret(call.arguments)  # a file that cannot be read is told before anything else
    services.world.keep_account_secret(plan.destination.account, account_secret(call.arguments))

    def unlocked(secret: Secret) -> str | None:
        repository_id = services.protection.unlock_plan(plan, secret, mounts)
        if repository_id is None and foreign is not None:
            raise blocked(foreign)
        if repository_id is None and create:
            if secret.passphrase is None:
                raise BackupError(ErrorCode.PASSPHRASE_NEEDED)
            repository_id = services.protection.create(secret.passphrase)
        return repository_id

    load_jobs()
    repository_id = call.with_passphrase(unlocked)
    if repository_id is None:
        raise absent or BackupError(ErrorCode.REPOSITORY_NOT_FOUND, store=plan.destination.account)
    return services.planning.keep(plan, repository_id=repository_id)


def _kept_as_is(call: Call, plan: Plan, mounts: list[str]) -> KeptPlan:
    """Check a plan whose files travel as they are, then keep it; it has no secret of its own."""
    from offline_backup_gui.services.mirrors import assert_own_drives

    services = call.services
    assert_own_drives(plan)
    _refuse(call, plan, mounts)
    if services.world.state.held(plan.plan_id):
        raise BackupError(ErrorCode.ALREADY_RUNNING, plan=plan.name)
    return services.planning.keep(plan)


def _account_as_is(call: Call, plan: Plan) -> KeptPlan:
    """Keep what opens the account of a plan whose files travel as they are."""
    services = call.services
    _refuse(call, plan, None)
    if services.world.state.held(plan.plan_id):
        raise BackupError(ErrorCode.ALREADY_RUNNING, plan=plan.name)
    services.world.keep_account_secret(plan.destination.account, account_secret(call.arguments))
    return services.planning.keep(plan)


def _refuse(call: Call, plan: Plan, mounts: list[str] | None) -> Finding | None:
    """Raise what blocks the plan; give the finding that a repository found later may clear.

    When nothing is known of the plan here, a backup on a drive may well be its own.
    """
    # Whose files as they are lie on a drive stands there in plain words.
    known = plan.travels_as_is or call.services.protection.repository_of(plan)
    foreign: Finding | None = None
    findings = call.services.planning.check(plan, mounts or [])
    carrying = {
        finding.parameters["drive"]
        for finding in findings
        if finding.code is FindingCode.DRIVE_HAS_OTHER_BACKUP
    }
    for finding in findings:
        if finding.code is FindingCode.DRIVE_NOT_THERE and mounts:
            raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=finding.parameters["drive"])
        if finding.code is FindingCode.DRIVE_HAS_OTHER_BACKUP and not known:
            foreign = foreign or finding
        elif finding.code is FindingCode.DRIVE_TOO_SMALL and not known and _on(finding, carrying):
            continue  # its own packs may fill it; it is judged again when it is known whose it is
        elif blocks([finding]):
            raise blocked(finding)
    return foreign


def _on(finding: Finding, drives: Collection[Parameter]) -> bool:
    return finding.parameters.get("drive") in drives


def run_job(call: Call, job_id: JobId) -> Ended:
    """Run a job in this process; Ctrl+C and a polite kill stop it so that it can be continued."""
    runner = call.services.runner
    with stopping(runner.stop):
        ended = runner.run(job_id, call.speaker.reading, call.speaker.event)
    call.speaker.close()
    if ended.trouble is not None and not call.speaker.as_json:
        call.speaker.trouble(ended.trouble)
    if ended.job.state is JobState.STOPPED:
        call.speaker.line(call.speaker.words.text("cli.stopped"))
    elif ended.job.state is JobState.INTERRUPTED:
        call.speaker.line(call.speaker.words.text("cli.interrupted"))
    return ended


def finish(call: Call, ended: Ended) -> ExitCode:
    """Print the result of a job and give its exit code."""
    outcome: dict[str, object] = {"job": ended.job.job_id, **ended.job.outcome}
    if ended.trouble is not None:
        outcome |= trouble_json(call.speaker.words, ended.trouble)
    call.speaker.result(outcome)
    return code_of_state(ended.job.state)


def _plan(call: Call) -> Plan:
    return read_plan_file(Path(call.arguments.plan))


# --- the commands


def copy(call: Call) -> ExitCode:
    """Seal the sources onto the drives, verify, write the records."""
    plan = _plan(call)
    mounts = [str(Path(path).absolute()) for path in call.arguments.drive] or list(plan.drives)
    if not mounts:
        raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path="--drive")
    if plan.travels_as_is:
        kept = _kept_as_is(call, plan, mounts)
    else:
        kept = _opened(call, plan, mounts, create=True)
    options = {
        "drives": mounts,
        "shadow_copies": call.arguments.shadow_copies,
        "unready": call.arguments.unready,
    }
    return _copied(call, _plan_job(call, kept, JobKind.COPY, **options))


def _copied(call: Call, ended: Ended) -> ExitCode:
    outcome, words = ended.job.outcome, call.speaker.words
    if ended.job.state in _ENDED_WELL:
        show(call, "cli.copied" if "point" in outcome else "cli.copied-as-is", outcome)
        for drive in cast(list[dict[str, object]], outcome["drives"]):
            if not drive["sealed"]:
                show(call, "cli.not-needed", drive)
                continue
            fingerprint = str(drive["fingerprint"])[:16]
            show(call, "cli.sealed", {**drive, "fingerprint": fingerprint})
        show_ledger(call, "cli.exceptions", cast(list[dict[str, str]], outcome["exceptions"]))
        elsewhere = cast(list[dict[str, object]], outcome["elsewhere"])
        for drive in elsewhere:
            show(call, "cli.elsewhere", drive)
        call.speaker.line(words.text("cli.after-copy" if not elsewhere else "cli.all-travel"))
    return finish(call, ended)


def _plan_job(call: Call, kept: KeptPlan, kind: JobKind, **options: object) -> Ended:
    job_id = call.services.backups.prepare(kept.plan.plan_id, kind, **options)
    return run_job(call, job_id)


def arrival(call: Call) -> ExitCode:
    """Prove what arrived; with --repair send the difference."""
    plan = _plan(call)
    if plan.travels_as_is and plan.deployment_model is DeploymentModel.STANDALONE:
        kept = _account_as_is(call, plan)
    else:
        kept = _opened(call, plan, None)
    return _arrived(call, _plan_job(call, kept, JobKind.ARRIVAL, repair=call.arguments.repair))


def _arrived(call: Call, ended: Ended) -> ExitCode:
    outcome = ended.job.outcome
    kept = call.services.world.state.plan(ended.job.plan_id)
    as_is = kept is not None and kept.plan.travels_as_is
    if "expected" in outcome:
        show(call, "cli.arrived", outcome)
        if outcome["repaired_bytes"]:
            show(call, "cli.repaired", outcome)
        for kind in ("damaged", "missing", "renamed", "affected_files", "lost_files"):
            show_names(call, kind, cast(list[str], outcome[kind]))
        if outcome["outcome"] != "done" and not as_is:
            call.speaker.line(call.speaker.words.text("cli.repair-advice"))
    return finish(call, ended)


def vault(call: Call) -> ExitCode:
    """Move the backup inside the account, and prove it there."""
    kept = _opened(call, _plan(call), None)
    return _vaulted(call, _plan_job(call, kept, JobKind.VAULT))


def _vaulted(call: Call, ended: Ended) -> ExitCode:
    outcome = ended.job.outcome
    if "incomplete" in outcome:
        show(call, "cli.vaulted", outcome)
        show_names(call, "damaged", cast(list[str], outcome["incomplete"]))
    return finish(call, ended)


def increment(call: Call) -> ExitCode:
    """Send what changed since the last restore point."""
    plan = _plan(call)
    kept = _opened(call, plan, None, absent=BackupError(ErrorCode.VAULT_EMPTY, plan=plan.name))
    options = {"shadow_copies": call.arguments.shadow_copies}
    return _incremented(call, _plan_job(call, kept, JobKind.INCREMENT, **options))


def _incremented(call: Call, ended: Ended) -> ExitCode:
    outcome = ended.job.outcome
    if "point" in outcome:
        show(call, "cli.incremented", outcome)
        show_ledger(call, "cli.exceptions", cast(list[dict[str, str]], outcome["exceptions"]))
    return finish(call, ended)


def restore(call: Call) -> ExitCode:
    """Bring files back from drives or an account."""
    given, opening = call.arguments, call.opening()
    restores = call.services.restores
    load_jobs()
    job_id = restores.prepare(
        opening,
        given.point,
        given.to,
        include=given.include,
        overwrite=given.overwrite,
    )
    return _restored(call, run_job(call, job_id))


def _restored(call: Call, ended: Ended) -> ExitCode:
    """Tell what a restore brought back."""
    outcome = ended.job.outcome
    if "files" in outcome:
        show(call, "cli.restored", outcome)
        differing = cast(list[dict[str, str]], outcome["differences"])
        show_ledger(call, "cli.differences", differing, "restore.reason")
        for root in cast(list[dict[str, str]], outcome["roots"]):
            call.speaker.line(f"  {root['source']} -> {root['path']}")
    return finish(call, ended)


_TELLERS = {
    JobKind.COPY: _copied,
    JobKind.ARRIVAL: _arrived,
    JobKind.VAULT: _vaulted,
    JobKind.INCREMENT: _incremented,
    JobKind.RESTORE: _restored,
}


def run(call: Call) -> ExitCode:
    """Run one job in this process: what the window and Task Scheduler start."""
    ended = run_job(call, JobId(call.arguments.job))
    return _TELLERS.get(ended.job.kind, finish)(call, ended)


def kit(call: Call) -> ExitCode:
    """Make a fresh recovery code and write the recovery kit."""
    given, services = call.arguments, call.services
    target = Path(given.to).absolute()
    if not target.parent.is_dir():
        raise BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(target), reason="")
    if target.exists():
        raise BackupError(ErrorCode.TARGET_EXISTS, path=str(target))
    plan = _plan(call)
    if plan.deployment_model is not DeploymentModel.STANDALONE:
        return _keys_only(call, plan, target)
    kept = _opened(call, plan, None, create=True)
    names = kept.plan.destination
    services.protection.print_kit(
        kept.repository_id,
        kept.plan.name,
        target,
        stores=(f"{names.account}/{names.vault}",) if names.account else (),
        keys=services.preparing.keys(kept.plan),
        language=call.speaker.words.language,
        page=PageSize(given.paper),
    )
    call.tell_open([target])
    reached = services.protection.publish_recovery_slot(kept)
    sealed = [drive.serial for drive in services.shipments.sealed_drives(kept) if drive.sealed_at]
    call.speaker.result(
        {
            "outcome": "done",
            "path": str(target),
            "repository_id": kept.repository_id,
            "opens": reached,
            "opens_not": sealed,
        }
    )
    words = call.speaker.words
    call.speaker.line(words.text("cli.kit-written", path=str(target)))
    for place in reached:
        call.speaker.line(words.text("cli.kit-opens", path=place))
    if sealed:
        call.speaker.line(words.text("cli.kit-opens-not", drives=words.listed(sealed)))
    return ExitCode.DONE


def _keys_only(call: Call, plan: Plan, target: Path) -> ExitCode:
    """Write the BitLocker keys: an agent's backup has its own passphrase, kept by its admin."""
    from offline_backup_gui.services.protection import RecoveryKit

    keys = call.services.preparing.keys(plan)
    if not keys:
        raise BackupError(ErrorCode.DRIVES_NOT_PREPARED, plan=plan.name)
    call.services.protection.save_kit(
        RecoveryKit("", ()),
        plan.name,
        target,
        keys=keys,
        language=call.speaker.words.language,
        page=PageSize(call.arguments.paper),
    )
    call.tell_open([target])
    call.speaker.result(
        {
            "outcome": "done",
            "path": str(target),
            "repository_id": "",
            "opens": [],
            "opens_not": [],
        }
    )
    call.speaker.line(call.speaker.words.text("cli.kit-written", path=str(target)))
    return ExitCode.DONE
