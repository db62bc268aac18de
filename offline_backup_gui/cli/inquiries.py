"""Commands that only look: routes, advise, drives, plan, points, track."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.secrets import account_secret, passphrase, read_secret
from offline_backup_gui.domain.advice import AdviceRequest, RouteAdvice
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, blocks
from offline_backup_gui.domain.fitness import DriveNeed
from offline_backup_gui.domain.plan import DeploymentModel, Measurement, Route
from offline_backup_gui.domain.routes import ROWS
from offline_backup_gui.domain.shipment import Tracking
from offline_backup_gui.domain.sizing import Group, parse_group, parse_size
from offline_backup_gui.services.free import FreeControl
from offline_backup_gui.services.plan_file import TEMPLATE, read_plan_file
from offline_backup_gui.services.restores import Opening

# What this version can carry out; the other routes are judged all the same.
OFFERED = (Route.IMPORT_EXPORT,)


def routes(call: Call) -> ExitCode:
    """Print the comparison table with source and date of every row."""
    words = call.speaker.words
    call.speaker.result({"outcome": "done", "rows": [row.as_json() for row in ROWS]})
    for row in ROWS:
        call.speaker.line(words.text(f"row.{row.key.value}"))
        for route in Route:
            cells = [
                words.size(item) if isinstance(item, int) else words.term("term", item)
                for item in row.cell(route)
            ]
            name = words.term("route", route.value)
            call.speaker.line(f"  {name + ':':<18} {'; '.join(cells)}")
        call.speaker.line(f"  ({row.origin.document}, {row.origin.date})")
    return ExitCode.DONE


def advise(call: Call) -> ExitCode:
    """Judge every route for sizes given or measured."""
    given = call.arguments
    try:
        groups = _groups(call)
        request = AdviceRequest(
            deployment_model=DeploymentModel(given.model),
            groups=tuple(groups),
            today=datetime.now(UTC).date(),
            country=given.country.upper(),
            region=given.region,
            line_mbps=given.line_mbps,
            growth_percent=given.growth,
        )
    except ValueError as error:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=str(error)) from error
    advice = call.services.planning.advise(request)
    call.speaker.result({"outcome": "done", **advice.as_json()})
    for route in advice.routes:
        _show_route(call, route, advised=route.route is advice.advised)
    return ExitCode.DONE


def _groups(call: Call) -> list[Group]:
    given = call.arguments
    if given.groups:
        return [parse_group(text) for text in given.groups]
    if given.size is not None:
        return [Group("server", parse_size(given.size))]
    if not given.paths:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value="PATH")
    for path in given.paths:
        if not Path(path).is_dir():
            raise BackupError(ErrorCode.SOURCE_MISSING, path=path)
    measured = call.services.planning.measure(given.paths, (), _quiet, FreeControl())
    return [Group("server", measured.size_bytes)]


def _quiet(_: Measurement) -> None:
    """Take measurements nobody looks at."""


def _show_route(call: Call, route: RouteAdvice, *, advised: bool) -> None:
    words, line = call.speaker.words, call.speaker.line
    verdict = words.text("cli.fits" if route.fits else "cli.does-not-fit")
    mark = " (" + words.text("cli.advised") + ")" if advised else ""
    line(f"{words.term('route', route.route.value)}: {verdict}{mark}")
    line("  " + words.text("cli.limit", size=words.size(route.limit_bytes)))
    line("  " + words.text("cli.devices", devices=route.devices))
    for finding in route.findings:
        line("  - " + words.finding(finding).title)


def drives(call: Call) -> ExitCode:
    """List every drive with its findings."""
    need = DriveNeed(0, (), "", None)
    if call.arguments.plan:
        plan = read_plan_file(Path(call.arguments.plan))
        need = DriveNeed(
            0,
            plan.sources,
            plan.destination.account,
            plan.route,
            call.services.protection.repository_of(plan),
            plan.drives,
        )
    listing = call.services.drives.listing(need)
    call.speaker.result(
        {
            "outcome": "done",
            "stale": listing.stale,
            "drives": [_drive_json(item.drive, item.findings) for item in listing.drives],
        }
    )
    words = call.speaker.words
    for item in listing.drives:
        drive = item.drive
        size, free = words.size(drive.size_bytes), words.size(drive.free_bytes)
        bus = words.term("bus", drive.bus.value)
        places = ", ".join(drive.mounts) or "-"
        name = drive.label or drive.model or drive.serial
        call.speaker.line(
            words.text(
                "cli.drive",
                name=name,
                bus=bus,
                size=size,
                free=free,
                places=places,
                serial=drive.serial or "-",
            )
        )
        for finding in item.findings:
            call.speaker.line("    " + words.finding(finding).title)
    if not listing.drives:
        call.speaker.line(words.text("finding.no-drive.title"))
    return ExitCode.DONE


def _drive_json(drive: Drive, findings: tuple[Finding, ...]) -> dict[str, object]:
    return {
        "serial": drive.serial,
        "model": drive.model,
        "label": drive.label,
        "bus": drive.bus.value,
        "size_bytes": drive.size_bytes,
        "free_bytes": drive.free_bytes,
        "mounts": list(drive.mounts),
        "file_system": drive.file_system,
        "logical_sector_bytes": drive.logical_sector_bytes,
        "health": drive.health.value,
        "encryption": drive.encryption.value,
        "findings": [finding.as_json() for finding in findings],
    }


def plan(call: Call) -> ExitCode:
    """Write a commented plan file, or give every finding about one."""
    path = Path(call.arguments.plan)
    if call.arguments.action == "new":
        return _new_plan(call, path)
    read = read_plan_file(path)
    findings = list(call.services.planning.check(read))
    bad = blocks(findings)
    call.speaker.result(
        {
            "outcome": "blocked" if bad else "done",
            "plan_id": read.plan_id,
            "findings": [finding.as_json() for finding in findings],
        }
    )
    for finding in findings:
        call.speaker.finding(finding)
    if not findings:
        call.speaker.line(call.speaker.words.text("cli.plan-good"))
    return ExitCode.FAILED if bad else ExitCode.DONE


def _new_plan(call: Call, path: Path) -> ExitCode:
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(TEMPLATE)
    except FileExistsError as error:
        raise BackupError(ErrorCode.PLAN_EXISTS, name=str(path)) from error
    except OSError as error:
        why = error.strerror or ""
        raise BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(path), reason=why) from error
    call.speaker.result({"outcome": "done", "path": str(path)})
    call.speaker.line(call.speaker.words.text("cli.plan-written", path=str(path)))
    return ExitCode.DONE


def opening(call: Call) -> Opening:
    """Gather stores and secrets of `points` and `restore`."""
    given = call.arguments
    secret = account_secret(given)
    code = read_secret(given.recovery_code_file)
    words = call.speaker.words
    typed = passphrase(given, words.text("cli.passphrase"), needed=False)
    return Opening(tuple(given.stores), typed, code, secret.sas, secret.connection_string)


def points(call: Call) -> ExitCode:
    """List restore points, and what is wrong with their chain."""
    repository = call.open_repository(opening(call))
    views = repository.points()
    chain = repository.library.chain
    call.speaker.result(
        {
            "outcome": "done" if not (chain.damaged or chain.missing) else "damaged",
            "points": [
                {
                    "id": view.point_id,
                    "time": view.time.isoformat(),
                    "files": view.files,
                    "bytes": view.size_bytes,
                    "complete": view.complete,
                    "exceptions": view.exceptions,
                    "sources": list(view.sources),
                }
                for view in views
            ],
            "damaged": list(chain.damaged),
            "missing": list(chain.missing),
        }
    )
    words = call.speaker.words
    for view in views:
        call.speaker.line(
            words.text(
                "cli.point",
                id=view.point_id,
                at=words.moment(view.time),
                files=view.files,
                size=words.size(view.size_bytes),
                exceptions=view.exceptions,
            )
        )
    for name in (*chain.damaged, *chain.missing):
        call.speaker.line(words.text("cli.point-missing", name=name))
    return ExitCode.EXCEPTIONS if chain.damaged or chain.missing else ExitCode.DONE


def track(call: Call) -> ExitCode:
    """Say where a shipment is, what is due and who acts next."""
    services = call.services
    if call.arguments.plan:
        plans = [read_plan_file(Path(call.arguments.plan))]
        services.planning.plan(plans[0].plan_id)
    else:
        plans = list(services.planning.plans())
    shown = [(one, services.shipments.track(one.plan_id)) for one in plans]
    if len(shown) == 1:
        call.speaker.result({"plan": shown[0][0].name, **_track_json(shown[0][1])})
    else:
        listed = [{"plan": one.name, **_track_json(tracking)} for one, tracking in shown]
        call.speaker.result({"outcome": "done", "plans": listed})
    words = call.speaker.words
    for one, tracking in shown:
        call.speaker.line(f"{one.name}: {words.text(tracking.state)}")
        for stage in tracking.stages:
            at = words.moment(stage.time) if stage.time else ""
            mark = words.term("stage-status", stage.status.value)
            call.speaker.line(f"  {words.text(stage.name)}: {mark} {at}".rstrip())
        for due in tracking.due:
            call.speaker.line(f"  {words.text(due.what)}: {words.moment(due.at)}")
        if tracking.now_you:
            call.speaker.line("  > " + words.text(f"{tracking.now_you}.title"))
    return ExitCode.DONE


def _track_json(tracking: Tracking) -> dict[str, object]:
    return {
        "state": tracking.state,
        "stages": [
            {
                "name": stage.name,
                "azure_name": stage.azure_name,
                "status": stage.status.value,
                "time": stage.time.isoformat() if stage.time else None,
                "source": stage.source.value,
                "evidence": list(stage.evidence),
            }
            for stage in tracking.stages
        ],
        "due": [
            {"what": due.what, "at": due.at.isoformat(), "days_left": due.days_left}
            for due in tracking.due
        ],
        "now_you": tracking.now_you,
        "safe_to_erase": tracking.safe_to_erase,
        "arrival": tracking.arrival,
    }
