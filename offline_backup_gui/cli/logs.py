"""The command `log`: what the logs of Azure's services say, in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.domain.service_log import (
    JUDGED,
    LogForm,
    LogVerdict,
    ServiceLog,
    differing,
    verdict,
)
from offline_backup_gui.services.service_logs import read_log_file

_SHOWN = 200
_GOOD = frozenset(
    {
        *(LogVerdict.COMPLETE, LogVerdict.NAMES_CHANGED),
        *(LogVerdict.CHECKED, LogVerdict.NAMES_WILL_CHANGE),
    }
)


def log(call: Call) -> ExitCode:
    """Judge each log; a verbose log and a bill of materials together are compared as well."""
    read = [(name, read_log_file(Path(name))) for name in call.arguments.files]
    wrong = _differing([log for _, log in read])
    call.speaker.result(
        {
            "outcome": "done",
            "logs": [
                {"file": name, "verdict": verdict(one).value, **msgspec.to_builtins(one)}
                for name, one in read
            ],
            "differing": wrong,
        }
    )
    for name, one in read:
        _show(call, name, one)
    for path in wrong[:_SHOWN]:
        call.speaker.line(f"  ! {call.speaker.words.text('cli.checksum-differs', path=path)}")
    judged = [verdict(one) for _, one in read if one.form in JUDGED]
    sound = not wrong and all(one in _GOOD for one in judged)
    return ExitCode.DONE if sound else ExitCode.EXCEPTIONS


def _differing(logs: Sequence[ServiceLog]) -> list[str]:
    arrived = [one for one in logs if one.form is LogForm.VERBOSE]
    bills = [one for one in logs if one.form is LogForm.BOM]
    if not arrived or not bills:
        return []
    found = set.intersection(*({*differing(one, bill)} for bill in bills for one in arrived))
    return sorted(found)


def _show(call: Call, name: str, one: ServiceLog) -> None:
    words, line = call.speaker.words, call.speaker.line
    if one.form in JUDGED:
        key = f"log-verdict.{verdict(one).value}"
        for part in ("title", "why", "do"):
            said = words.text(f"{key}.{part}", status=one.status or "-", refused=one.wrong)
            line(f"{name}: {said}" if part == "title" else f"  {said}")
        _show_about(call, one)
        _show_rows(
            call,
            (
                (
                    f"  {words.term('log-mark', entry.mark.value)}",
                    entry.path,
                    words.term("log-code", entry.code),
                    " ".join(filter(None, (entry.code, entry.number))),
                    entry.new_name or entry.words,
                )
                for entry in one.entries[:_SHOWN]
            ),
        )
        return
    count = len(one.custody) if one.custody else one.file_count
    line(f"{name}: {words.term('log-form', one.form.value)}, {words.number(count)}")
    _show_about(call, one)
    _show_rows(
        call,
        (
            (
                f"  {step.at:%Y-%m-%d %H:%M}" if step.at else "",
                step.activity,
                step.status,
                step.words,
            )
            for step in one.custody
        ),
    )


def _show_about(call: Call, one: ServiceLog) -> None:
    _show_rows(call, ((f"  {what}", said) for what, said in one.about))


def _show_rows(call: Call, rows: Iterable[tuple[str, ...]]) -> None:
    for text in call.speaker.table(list(rows)):
        call.speaker.line(text)
