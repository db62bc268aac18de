"""Commands that only look: drives, plan, points."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.forms import write_new_form
from offline_backup_gui.domain.drive import Drive, Volume
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, Severity, blocks
from offline_backup_gui.domain.fitness import DriveNeed, JudgedDrive
from offline_backup_gui.services.plan_file import TEMPLATE, read_plan_file
from offline_backup_gui.services.restores import PointView

# --- drives


def drives(call: Call) -> ExitCode:
    """List every drive with its findings, or prepare some."""
    if call.arguments.action == "prepare":
        from offline_backup_gui.cli.preparing import prepare

        return prepare(call)
    if call.arguments.erase or call.arguments.whole:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value="--erase, --whole")
    listing = call.services.drives.listing(_need(call))
    call.speaker.result(
        {
            "outcome": "done",
            "stale": listing.stale,
            "drives": [_drive_json(item.drive, item.findings) for item in listing.drives],
        }
    )
    words = call.speaker.words
    if not listing.drives:
        call.speaker.line(words.text("cli.no-drives"))
        return ExitCode.DONE
    if listing.stale:
        call.speaker.line(words.text("finding.drives-not-listed.title"))
    names = ("drive", "bus", "size", "free", "place", "serial", "usable")
    rows = [tuple(words.text(f"cli.column.{name}") for name in names)]
    rows += [_drive_row(call, item) for item in listing.drives]
    head, *lines = call.speaker.table(rows, right=(2, 3))
    call.speaker.line(head)
    for text, item in zip(lines, listing.drives, strict=True):
        call.speaker.line(text)
        for finding in item.findings:
            mark = "!" if finding.severity is Severity.BLOCKER else "-"
            call.speaker.line(f"  {mark} {words.finding(finding).title}")
    return ExitCode.DONE


def _need(call: Call) -> DriveNeed:
    if not call.arguments.plan:
        return DriveNeed(0, (), "", None)
    plan = read_plan_file(Path(call.arguments.plan))
    return DriveNeed(
        0,
        plan.sources,
        plan.read_into,
        plan.route,
        call.services.protection.repository_of(plan),
        plan.drives,
    )


def _drive_row(call: Call, item: JudgedDrive) -> tuple[str, ...]:
    words, drive = call.speaker.words, item.drive
    return (
        drive.label or drive.model or drive.serial,
        words.term("bus", drive.bus.value),
        words.size(drive.size_bytes),
        words.size(drive.free_bytes),
        ", ".join(drive.mounts) or "-",
        drive.serial or "-",
        words.text("cli.usable" if item.usable else "cli.not-usable"),
    )


def _drive_json(drive: Drive, findings: tuple[Finding, ...]) -> dict[str, object]:
    return {
        "serial": drive.serial,
        "serial_made": drive.serial_made,
        "serial_of_adapter": drive.serial_of_adapter,
        "model": drive.model,
        "label": drive.label,
        "bus": drive.bus.value,
        "size_bytes": drive.size_bytes,
        "free_bytes": drive.free_bytes,
        "mounts": list(drive.mounts),
        "file_system": drive.file_system,
        "device": drive.device,
        "removable": drive.removable,
        "hot_plug": drive.hot_plug,
        "read_only": drive.read_only,
        "offline": drive.offline,
        "partition_style": drive.partition_style.value,
        "logical_sector_bytes": drive.logical_sector_bytes,
        "physical_sector_bytes": drive.physical_sector_bytes,
        "health": drive.health.value,
        "signs": {sign.sign.value: sign.count for sign in drive.signs},
        "encryption": drive.encryption.value,
        "volumes": [_volume_json(volume) for volume in drive.volumes],
        "findings": [finding.as_json() for finding in findings],
    }


def _volume_json(volume: Volume) -> dict[str, object]:
    return {
        "mounts": list(volume.mounts),
        "label": volume.label,
        "file_system": volume.file_system,
        "size_bytes": volume.size_bytes,
        "free_bytes": volume.free_bytes,
        "encryption": volume.encryption.value,
        "disks": volume.disks,
    }


# --- plans


def plan(call: Call) -> ExitCode:
    """Write a commented plan file, or give every finding about one."""
    path = Path(call.arguments.plan)
    if call.arguments.action == "new":
        return _new_plan(call, path)
    read = read_plan_file(path)
    findings = list(call.services.planning.check(read))
    if read.travels_as_is and not blocks(findings):
        findings += call.services.staging.not_ready(read)
        findings += call.services.mirrors.predict(read)
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
    end = "cli.plan-blocked" if bad else "cli.plan-open" if findings else "cli.plan-good"
    call.speaker.line(call.speaker.words.text(end))
    return ExitCode.FAILED if bad else ExitCode.DONE


def _new_plan(call: Call, path: Path) -> ExitCode:
    write_new_form(path, TEMPLATE)
    call.speaker.result({"outcome": "done", "path": str(path)})
    call.speaker.line(call.speaker.words.text("cli.plan-written", path=str(path)))
    return ExitCode.DONE


# --- restore points


def points(call: Call) -> ExitCode:
    """List restore points, and what is wrong with their chain."""
    repository = call.services.restores.open(call.opening())
    views, chain = repository.points(), repository.library.chain
    bad = bool(chain.damaged or chain.missing)
    call.speaker.result(
        {
            "outcome": "damaged" if bad else "done",
            "points": [_point_json(view) for view in views],
            "damaged": list(chain.damaged),
            "missing": list(chain.missing),
        }
    )
    words = call.speaker.words
    names = ("point", "time", "files", "size", "left-out")
    rows = [tuple(words.text(f"cli.column.{name}") for name in names)]
    rows += [
        (
            view.point_id,
            words.moment(view.time),
            words.number(view.files),
            words.size(view.size_bytes),
            words.number(view.exceptions),
        )
        for view in views
    ]
    for text in call.speaker.table(rows, right=(2, 3, 4)) if views else []:
        call.speaker.line(text)
    if not views and not bad:
        call.speaker.line(words.text("cli.no-points"))
    for name in (*chain.damaged, *chain.missing):
        call.speaker.line(words.text("cli.point-missing", name=name))
    return ExitCode.EXCEPTIONS if bad else ExitCode.DONE


def _point_json(view: PointView) -> dict[str, object]:
    return {
        "id": view.point_id,
        "time": view.time.isoformat(),
        "files": view.files,
        "bytes": view.size_bytes,
        "complete": view.complete,
        "exceptions": view.exceptions,
        "sources": list(view.sources),
    }
