"""The command `track`: where a shipment is, what is due, who acts next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path

import msgspec

from offline_backup_gui.cli.asking import answered
from offline_backup_gui.cli.azure import given_program
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.domain.agent_seed import AgentLink, SeedLook
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job_said import rows
from offline_backup_gui.domain.plan import DeploymentModel, Plan
from offline_backup_gui.domain.service_job import ServiceJob
from offline_backup_gui.domain.shipment import Due, Stage, Tracking
from offline_backup_gui.services.job_views import JobView, read_views
from offline_backup_gui.services.plan_file import read_plan_file


def track(call: Call) -> ExitCode:
    """Say where a shipment is, what is due and who acts next."""
    if call.arguments.from_json and not call.arguments.plan:
        return _track_file(call, Path(call.arguments.from_json))
    _note(call)
    services = call.services
    plans: Sequence[Plan]
    if call.arguments.plan:
        plans = [read_plan_file(Path(call.arguments.plan))]
        if services.world.state.plan(plans[0].plan_id) is None:
            raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=plans[0].name)
    else:
        plans = services.planning.plans()
    shown = [(one, services.shipments.track(one.plan_id)) for one in plans]
    if call.arguments.plan or len(shown) == 1:
        call.speaker.result(
            {"outcome": "done", "plan": shown[0][0].name, **_track_json(shown[0][1])}
        )
    else:
        listed = [{"plan": one.name, **_track_json(tracking)} for one, tracking in shown]
        call.speaker.result({"outcome": "done", "plans": listed})
    for one, tracking in shown:
        _show_tracking(call, one, tracking)
    if not shown:
        call.speaker.line(call.speaker.words.text("cli.no-plans"))
    return ExitCode.DONE


def _note(call: Call) -> None:
    """Remember what was given of a plan's job: its body, or a status read in the portal."""
    given = call.arguments
    _look_into_vault(call)
    if not given.from_json and not given.status:
        if given.on:
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--on", value=given.on)
        return
    if not given.plan:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--status", value=given.status)
    shipments, plan_id = call.services.shipments, read_plan_file(Path(given.plan)).plan_id
    if given.from_json:
        views = read_views(Path(given.from_json), call.services.world.clock.now()).views
        if len(views) != 1:
            raise BackupError(
                ErrorCode.VALUE_NOT_UNDERSTOOD, name="--from-json", value=given.from_json
            )
        shipments.note_job(plan_id, views[0].job)
    if given.status:
        at = _day(call, given.on)
        if not call.services.orders.note_status_of(plan_id, given.status, at):
            call.speaker.line(call.speaker.words.text("cli.status-not-known", status=given.status))


def _look_into_vault(call: Call) -> None:
    """Follow an agent's seed: remember its vault, and look into it when asked to."""
    given = call.arguments
    if bool(given.vault) != bool(given.server):
        value = given.vault or given.server
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--vault, --server", value=value)
    if not given.plan or not (given.vault or given.look):
        if given.vault or given.look:
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="PLAN", value="")
        return
    agents, plan_id = call.services.agents, read_plan_file(Path(given.plan)).plan_id
    if given.vault:
        agents.link(plan_id, AgentLink(given.vault, given.server))
    if given.look:
        secret = given_program(given)
        if secret is not None:
            call.services.azure.give(secret)
        azure = call.services.azure
        answered(lambda control: agents.look(plan_id, azure.vaults(control)))


def _day(call: Call, text: str | None) -> datetime:
    """Give the time of a typed status: the end of that day here, but not later than now."""
    now = call.services.world.clock.now()
    if text is None:
        return now
    try:
        day = date.fromisoformat(text)
        at = datetime.combine(day, time(23, 59)).astimezone()
    except (ValueError, OverflowError) as error:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--on", value=text) from error
    if day > now.astimezone().date():
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--on", value=text)
    return min(at.astimezone(UTC), now)


def _show_tracking(call: Call, plan: Plan, tracking: Tracking) -> None:
    words, line = call.speaker.words, call.speaker.line
    line(f"{plan.name}: {words.text(tracking.state)}")
    _show_stages(call, tracking.stages)
    _show_due(call, tracking.due, tracking.now_you)
    if _is_agents(plan) and tracking.agent_link is None:
        line(f"  {words.text('seed.not-linked')}")
    if _is_agents(plan) and tracking.agent is not None:
        _show_agent(call, tracking.agent, safe=tracking.safe_to_erase)
    ending = "" if not plan.travels_as_is else "-agent" if _is_agents(plan) else "-as-is"
    line("  " + words.text(("cli.safe" if tracking.safe_to_erase else "cli.not-safe") + ending))


def _show_agent(call: Call, look: SeedLook, *, safe: bool) -> None:
    """Print what the newest look into the agent's vault showed."""
    words, line = call.speaker.words, call.speaker.line
    for part in ("title", "why"):
        line(f"  {words.text(f'seed.{look.state.value}.{part}')}")
    for told in look.evidence:
        line(f"    {told}")
    if look.open_items:
        names = ", ".join(look.open_items)
        line(f"    {words.text('seed.open', count=len(look.open_items))}: {names}")
    if look.gone:
        names = ", ".join(look.gone)
        if safe:
            line(f"  ! {words.text('seed.gone-proved', names=names)}")
        else:
            line(f"    {words.text('seed.gone-line', count=len(look.gone))}: {names}")


def _is_agents(plan: Plan) -> bool:
    return plan.deployment_model is not DeploymentModel.STANDALONE


def _show_stages(call: Call, stages: Iterable[Stage]) -> None:
    words = call.speaker.words
    rows = [
        (
            f"  {words.text(stage.name) if words.has(stage.name) else stage.azure_name}",
            words.term("stage-status", stage.status.value),
            stage.azure_name if words.has(stage.name) else "",
            words.moment(stage.time) if stage.time else "",
            words.term("source", stage.source.value) if stage.time else "",
            ", ".join(stage.evidence),
        )
        for stage in stages
    ]
    for text in call.speaker.table(rows):
        call.speaker.line(text)


def _show_due(call: Call, due: Iterable[Due], now_you: str | None) -> None:
    words, line = call.speaker.words, call.speaker.line
    for one in due:
        line(f"  {words.text('cli.due')}: {words.text(one.what)}, {words.moment(one.at)}")
    if now_you:
        line(f"  {words.text('cli.now-you')}: {words.text(f'{now_you}.title')}")


# --- a job body out of a file


def _track_file(call: Call, path: Path) -> ExitCode:
    page = read_views(path, call.services.world.clock.now())
    more: dict[str, object] = {"next_link": page.next_link} if page.next_link else {}
    if len(page.views) == 1:
        call.speaker.result({"outcome": "done", **view_json(page.views[0]), **more})
    else:
        listed = [view_json(view) for view in page.views]
        call.speaker.result({"outcome": "done", "jobs": listed, **more})
    for view in page.views:
        show_view(call, view)
    if page.next_link:
        call.speaker.line(call.speaker.words.text("cli.more-pages", link=page.next_link))
    return ExitCode.DONE


def show_view(call: Call, view: JobView) -> None:
    """Print one job of Azure."""
    words, line, job = call.speaker.words, call.speaker.line, view.job
    said = words.text(view.state) if view.state else job.status
    line(f"{job.name or job.resource_type or '–'}: {said}")
    _show_stages(call, view.stages)
    for package in job.packages:
        line(f"  {package.carrier} {package.number} {package.link}".rstrip())
    _show_progress(call, job)
    _show_asked(call, job)
    for trouble in job.troubles:
        line(f"  {trouble.code}: {trouble.message} {trouble.advice}".rstrip())
    _show_due(call, view.due, view.now_you)
    line(f"  {words.text('azure-job.more')}:")
    for text in call.speaker.table([(f"    {place}", said) for place, said in rows(job.said)]):
        line(text)


def _show_progress(call: Call, job: ServiceJob) -> None:
    """Print how far each drive and each account is, Azure's word beside ours."""
    words, line = call.speaker.words, call.speaker.line
    for drive in job.drives:
        percent = "" if drive.percent is None else f" {drive.percent:g} %"
        known = words.has(f"drive-state.{drive.status}")
        said = f"{words.text(f'drive-state.{drive.status}')} ({drive.status})" if known else ""
        line(f"  {drive.serial}: {said or drive.status}{percent}".rstrip())
    for copy in job.copies:
        told = []
        if copy.bytes_done is not None:
            key = "azure-job.bytes-of" if copy.bytes_total else "azure-job.bytes-done"
            told.append(words.text(key, done=copy.bytes_done, total=copy.bytes_total or 0))
        if copy.files_refused:
            told.append(words.text("azure-job.files-refused", count=copy.files_refused))
        if told:
            name = copy.account or words.text("azure-job.account-unnamed")
            line(f"  {name}: {'; '.join(told)}")


def _show_asked(call: Call, job: ServiceJob) -> None:
    """Print what Azure waits for, and what it says about delays."""
    words, line = call.speaker.words, call.speaker.line
    for action in dict.fromkeys(job.actions):
        if action == "None":
            continue
        known = words.has(f"azure-action.{action}.title")
        key = f"azure-action.{action}" if known else "azure-action.unknown"
        line(f"  ! {words.text(f'{key}.title')} ({action}) {words.text(f'{key}.do')}")
    if job.delays:
        line(f"  {words.text('azure-job.delay')}: {', '.join(job.delays)}")


# --- JSON


def _track_json(tracking: Tracking) -> dict[str, object]:
    return {
        "state": tracking.state,
        "stages": _stages_json(tracking.stages),
        "due": _due_json(tracking.due),
        "now_you": tracking.now_you,
        "safe_to_erase": tracking.safe_to_erase,
        "arrival": tracking.arrival,
        "azure": None if tracking.job is None else _job_json(tracking.job.job),
        "agent": None if tracking.agent is None else msgspec.to_builtins(tracking.agent),
    }


def view_json(view: JobView) -> dict[str, object]:
    """Give one job of Azure as JSON."""
    return {
        "state": view.state,
        "stages": _stages_json(view.stages),
        "due": _due_json(view.due),
        "now_you": view.now_you,
        "safe_to_erase": False,
        "azure": _job_json(view.job),
    }


def _stages_json(stages: Iterable[Stage]) -> list[dict[str, object]]:
    return [
        {
            "name": str(stage.name),
            "azure_name": stage.azure_name,
            "status": stage.status.value,
            "time": stage.time.isoformat() if stage.time else None,
            "source": stage.source.value,
            "evidence": list(stage.evidence),
        }
        for stage in stages
    ]


def _due_json(due: Iterable[Due]) -> list[dict[str, object]]:
    return [
        {"what": str(one.what), "at": one.at.isoformat(), "days_left": one.days_left} for one in due
    ]


def _job_json(job: ServiceJob) -> dict[str, object]:
    """Give everything the body said, under our names; times in UTC."""
    told: dict[str, object] = msgspec.to_builtins(job)
    return told
