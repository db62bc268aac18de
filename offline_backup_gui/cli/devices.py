"""The command `device`: Data Box and Data Box Disk before, while and after data is copied there."""

from __future__ import annotations

from collections.abc import Iterator

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.ingests import reason_text
from offline_backup_gui.cli.secrets import account_secret, read_secret
from offline_backup_gui.cli.showing import show
from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.device_forecast import Forecast
from offline_backup_gui.domain.device_layout import Device
from offline_backup_gui.domain.device_steps import ship_steps
from offline_backup_gui.domain.taken_names import Fate
from offline_backup_gui.services.devices import DeviceCheck, Into
from offline_backup_gui.services.watching import Watch

_SHOWN = 50


def device(call: Call) -> ExitCode:
    """Do what was asked for about devices."""
    actions = {
        "check": _check,
        "forecast": _forecast,
        "watch": _watch,
        "ship": _ship,
        "unlock": _unlock,
    }
    return actions[call.arguments.action](call)


def _check(call: Call) -> ExitCode:
    given, watch = call.arguments, Watch(call.speaker.reading, call.speaker.event)
    with stopping(watch.stop):
        found = call.services.devices.check(
            given.places, hashes=not given.fast, watch=watch, into=_into(call)
        )
    return _shown(call, found, "device.checked")


def _forecast(call: Call) -> ExitCode:
    given, watch = call.arguments, Watch(call.speaker.reading, call.speaker.event)
    with stopping(watch.stop):
        found = call.services.devices.forecast(
            given.folder,
            given.container,
            page=given.page_blobs,
            device=Device.SHARE if given.data_box else Device.DISK,
            watch=watch,
            into=_into(call),
        )
    return _shown(call, [found], "device.foreseen")


def _into(call: Call) -> Into | None:
    given = call.arguments
    return Into(given.into, account_secret(given)) if given.into else None


def _shown(call: Call, found: list[DeviceCheck], key: str) -> ExitCode:
    call.speaker.close()
    good = all(check.good for check in found)
    call.speaker.result(
        {"outcome": "done" if good else "exceptions", "devices": [_json(each) for each in found]}
    )
    for check in found:
        values = {
            "path": check.path,
            "files": check.files,
            "bytes": check.size_bytes,
            "containers": len(check.containers),
        }
        show(call, key, values)
        lines = list(_lines(call, check))
        for line in lines[:_SHOWN]:
            call.speaker.line(f"  {line}")
        if len(lines) > _SHOWN:
            more = call.speaker.words.text("cli.more", count=len(lines) - _SHOWN)
            call.speaker.line(f"  {more}")
        if check.good:
            call.speaker.line("  " + call.speaker.words.text("device.nothing-found"))
    return ExitCode.DONE if good else ExitCode.EXCEPTIONS


def _lines(call: Call, check: DeviceCheck) -> Iterator[str]:
    words = call.speaker.words
    for finding in check.findings:
        message = words.finding(finding)
        yield f"{message.title}. {message.do}"
    for told in check.problems:
        yield _problem(call, told)
    for path in check.unfinished:
        yield words.text("device.line-unfinished", path=path)
    for path, reason in check.hidden:
        text = reason_text(call, reason)
        yield words.text("device.line-refused", path=path, reason=text)
    for backup in check.backups:
        for kind in ("damaged", "missing", "unlisted"):
            for name in getattr(backup.check, kind):
                yield f"{words.text('cli.' + kind)}: {name}"


def _problem(call: Call, told: Forecast) -> str:
    words = call.speaker.words
    reason = "" if told.flaw is None else reason_text(call, told.flaw.value)
    if told.fate is Fate.COLLIDES:
        return words.text("device.line-collides", path=told.path, other=told.other)
    if told.fate is Fate.REPLACES:
        key = "line-will-replace" if told.same is None else "line-will-replace-other"
        return words.text(f"device.{key}", path=told.path, blob=told.blob)
    if told.fate is Fate.RENAMED:
        said = words.text("device.line-will-rename", path=told.path, blob=told.blob)
        return f"{said} ({reason})"
    return words.text("device.line-refused", path=told.path, reason=reason)


def _json(check: DeviceCheck) -> dict[str, object]:
    return {
        "path": check.path,
        "device": check.layout.device.value,
        "account": check.layout.account,
        "tiers": [tier.value for tier in check.layout.tiers],
        "good": check.good,
        "files": check.files,
        "bytes": check.size_bytes,
        "containers": sorted(check.containers),
        "counts": dict(sorted(check.counts.items())),
        "problems": [
            {
                "path": told.path,
                "fate": told.fate.value,
                "reason": told.flaw.value if told.flaw else "",
                "blob": told.blob if told.container else "",
                "other": told.other,
                "same": told.same,
            }
            for told in check.problems
        ],
        "unfinished": check.unfinished,
        "hidden": [{"path": path, "reason": reason} for path, reason in check.hidden],
        "findings": [finding.as_json() for finding in check.findings],
        "backups": [
            {
                "container": each.container,
                "objects": each.check.objects,
                "damaged": each.check.damaged,
                "missing": each.check.missing,
                "unlisted": each.check.unlisted,
            }
            for each in check.backups
        ],
    }


def _watch(call: Call) -> ExitCode:
    writing = call.services.devices.watch_agent(call.arguments.place)
    look, words = writing.look, call.speaker.words
    call.speaker.result(
        {
            "outcome": "done",
            "state": writing.state.value,
            "files": look.files,
            "bytes": look.size_bytes,
            "grown_bytes": writing.grown_bytes,
            "rate_bytes_s": round(writing.rate_bytes_s),
            "since": look.since.isoformat(),
        }
    )
    call.speaker.line(
        words.text(
            f"device.writing-{writing.state.value}",
            files=words.number(look.files),
            bytes=words.size(look.size_bytes),
            grown=words.size(writing.grown_bytes),
            since=words.moment(look.since),
        )
    )
    return ExitCode.DONE


def _ship(call: Call) -> ExitCode:
    kind = Device.SHARE if call.arguments.kind == "data-box" else Device.DISK
    words = call.speaker.words
    steps = ship_steps(kind)
    call.speaker.result({"outcome": "done", "steps": [words.text(step) for step in steps]})
    for number, step in enumerate(steps, 1):
        call.speaker.line(f"{number}. {words.text(step)}")
    return ExitCode.DONE


def _unlock(call: Call) -> ExitCode:
    """Say how disks are unlocked; keep the passkey, or show the one that is kept."""
    given, words, devices = call.arguments, call.speaker.words, call.services.devices
    kept = bool(devices.passkey(given.name))
    if given.forget:
        devices.forget_passkey(given.name)
        kept = False
    elif given.passkey_file:
        lasting = devices.keep_passkey(given.name, read_secret(given.passkey_file) or "")
        kept = True
        if not lasting:
            call.speaker.line(words.text("device.passkey-session"))
    call.speaker.result({"outcome": "done", "kept": kept})
    call.speaker.line(words.text("device.unlock-how"))
    if given.show and kept:
        call.speaker.line(words.text("device.passkey-is", passkey=devices.passkey(given.name)))
    elif not given.forget:
        key = "device.passkey-kept" if kept else "device.passkey-none"
        call.speaker.line(words.text(key, name=given.name))
    return ExitCode.DONE
