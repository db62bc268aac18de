"""What a check of devices found, in groups of one reason and one fix; no Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from offline_backup_gui.domain.device_forecast import Forecast
from offline_backup_gui.domain.findings import Severity
from offline_backup_gui.domain.taken_names import Fate
from offline_backup_gui.services.devices import DeviceCheck
from offline_backup_gui.words import Message, Words

_REASONS = ("device.flaw", "manifest-fault", "left-out")


class Found(Struct, frozen=True):
    """One thing that is wrong, how it is mended, and the files it concerns."""

    message: Message
    severity: Severity
    names: tuple[str, ...] = ()


def found_in(checks: Sequence[DeviceCheck], words: Words) -> tuple[Found, ...]:
    """Give everything the checks found, what stops the journey first."""
    found = [one for check in checks for one in _of_device(check, words)]
    order = list(Severity)
    return tuple(sorted(found, key=lambda one: order.index(one.severity)))


def _of_device(check: DeviceCheck, words: Words) -> Iterator[Found]:
    for finding in check.findings:
        yield Found(words.finding(finding), finding.severity)
    groups: dict[tuple[Fate, str], list[str]] = {}
    for told in check.problems:
        reason = told.flaw.value if told.flaw else ""
        groups.setdefault((told.fate, reason), []).append(_line(told))
    for (fate, reason), names in groups.items():
        yield _group(fate, reason, names, words)
    if check.unfinished:
        yield _listed("unfinished", check.unfinished, words)
    if check.hidden:
        lines = [f"{path}: {reason_words(reason, words)}" for path, reason in check.hidden]
        yield _listed("hidden", lines, words)
    for kind in ("damaged", "missing", "unlisted"):
        names = [name for backup in check.backups for name in getattr(backup.check, kind)]
        if names:
            yield _listed(kind, names, words)


def _group(fate: Fate, reason: str, names: list[str], words: Words) -> Found:
    if fate is Fate.COLLIDES:
        return _listed("collides", names, words)
    key = "renamed" if fate is Fate.RENAMED else "refused"
    title = words.text(f"device-desk.{key}", count=len(names))
    said = reason_words(reason, words)
    fix = f"device-fix.{reason}"
    do = words.text(fix if words.has(fix) else "device-fix.else")
    severity = Severity.WARNING if fate is Fate.RENAMED else Severity.BLOCKER
    why = words.text("device-desk.because", reason=said) if said else ""
    return Found(Message(title, why, do), severity, tuple(names))


def _listed(key: str, names: Sequence[str], words: Words) -> Found:
    title = words.text(f"device-desk.{key}", count=len(names))
    message = Message(title, "", words.text(f"device-fix.{key}"))
    return Found(message, Severity.BLOCKER, tuple(names))


def _line(told: Forecast) -> str:
    if told.fate is Fate.RENAMED:
        return f"{told.path}  →  {told.blob}"
    return f"{told.path}  =  {told.other}" if told.fate is Fate.COLLIDES else told.path


def reason_words(reason: str, words: Words) -> str:
    """Word a reason; one that nobody knows stays as it came."""
    for group in _REASONS:
        if words.has(f"{group}.{reason}"):
            return words.text(f"{group}.{reason}", detail="")
    return reason
