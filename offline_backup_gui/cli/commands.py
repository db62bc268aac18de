"""Commands on drives and containers in hand, without a plan: verify, receive, practice."""

from __future__ import annotations

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.ingests import show_ingested
from offline_backup_gui.cli.secrets import account_secret, given_secret
from offline_backup_gui.cli.showing import show, show_names
from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.services.checks import PlaceCheck
from offline_backup_gui.services.keys import Secret
from offline_backup_gui.services.watching import Watch


def _watch(call: Call) -> Watch:
    return Watch(call.speaker.reading, call.speaker.event)


def verify(call: Call) -> ExitCode:
    """Read every byte of the drives back and compare with their records."""
    given = call.arguments
    watch = _watch(call)
    found: list[PlaceCheck] = []

    def check(secret: Secret) -> str | None:
        found.extend(
            call.services.checks.verify(
                given.drives,
                deep=given.deep,
                passphrase=secret.passphrase,
                recovery_code=secret.recovery_code,
                watch=watch,
            )
        )
        return None

    with stopping(watch.stop):
        if given.deep:
            call.with_passphrase(check)
        else:
            check(given_secret(given))
    call.speaker.close()
    good = all(item.check.good for item in found)
    call.speaker.result(_verified_json(found))
    for item in found:
        key = "cli.verified" if item.check.good else "cli.verified-damaged"
        figures = {"objects": item.check.objects, "bytes": item.check.size_bytes}
        show(call, key, {"path": item.path, **figures})
        for kind, names in (
            ("damaged", item.check.damaged),
            ("missing", item.check.missing),
            ("unlisted", item.check.unlisted),
        ):
            show_names(call, kind, names)
    return ExitCode.DONE if good else ExitCode.EXCEPTIONS


def _verified_json(found: list[PlaceCheck]) -> dict[str, object]:
    checks = [item.check for item in found]
    return {
        "outcome": "done" if all(check.good for check in checks) else "damaged",
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
                "unlisted": item.check.unlisted,
            }
            for item in found
        ],
    }


def receive(call: Call) -> ExitCode:
    """Read drives into a landing container, or into an account."""
    given, watch = call.arguments, _watch(call)
    with stopping(watch.stop):
        ingested = call.services.ingests.receive(
            given.drives, given.into, account_secret(given), watch=watch, dry=given.dry_run
        )
        if ingested is not None:
            return show_ingested(call, ingested, dry=given.dry_run)
        if given.dry_run:
            raise BackupError(ErrorCode.NOT_AN_ACCOUNT, store=given.into)
        call.services.ingests.assert_for_a_folder(given.drives, given.into)
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
    show(call, "cli.received", outcome)
    show_names(call, "damaged", received.damaged)
    show_names(call, "missing", received.missing)
    return ExitCode.DONE if good else ExitCode.EXCEPTIONS


def practice(call: Call) -> ExitCode:
    """Walk the whole journey on this computer."""
    # Nothing but practice needs the office it makes up, and every command would load it.
    from offline_backup_gui.cli.practice import run_practice

    return run_practice(call)
