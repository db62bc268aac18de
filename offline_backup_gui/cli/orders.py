"""The commands `order` and `import-job`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from offline_backup_gui.cli.azure import given_program
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.tracking import show_view, view_json
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import (
    OWN_DRIVES,
    FoundOrder,
    JobRef,
    KeptOrder,
    KeptPickup,
    OrderForm,
    OrderSecrets,
    Pickup,
)
from offline_backup_gui.domain.prepared_drive import prepared_drive
from offline_backup_gui.domain.prices import Fee
from offline_backup_gui.services.job_views import view_of
from offline_backup_gui.services.order_file import read_order_file
from offline_backup_gui.services.order_templates import ORDER_TEMPLATE, import_template
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.portal import write_portal_files


def order(call: Call) -> ExitCode:
    """Do one action of `order` or `import-job`."""
    if hasattr(call.arguments, "client_secret_file"):
        secret = given_program(call.arguments)
        if secret is not None:
            call.services.azure.give(secret)
    return _ACTIONS[call.arguments.action](call)


def import_job(call: Call) -> ExitCode:
    """Do one action of `import-job`; its form says that the drives are our own."""
    return order(call)


# --- forms


def _new(call: Call) -> ExitCode:
    path = Path(call.arguments.form)
    if path.exists():
        raise BackupError(ErrorCode.PLAN_EXISTS, name=str(path))
    own = call.arguments.command == "import-job"
    template = _import_form(call) if own else ORDER_TEMPLATE
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(template)
    except FileExistsError as error:
        raise BackupError(ErrorCode.PLAN_EXISTS, name=str(path)) from error
    except (OSError, ValueError) as error:
        raise _not_writable(path, error) from error
    call.speaker.result({"outcome": "done", "path": str(path)})
    call.speaker.line(call.speaker.words.text("cli.form-written", path=str(path)))
    return ExitCode.DONE


def _import_form(call: Call) -> str:
    """Write the form of an import job for a plan, and for drives of journals."""
    given = call.arguments
    plan_id = read_plan_file(Path(given.plan)).plan_id if given.plan else None
    if plan_id is None and not given.journal:
        return import_template()
    preparations = call.services.preparations
    drives = [
        drive
        for journal in given.journal
        for drive in preparations.take_over(Path(journal), plan_id)
    ]
    if plan_id is not None:
        drives = list(preparations.for_job(plan_id))
    for drive in drives:
        call.speaker.line(f"  {drive.serial}  {drive.manifest_name}  {drive.manifest_md5}")
    return import_template(plan_id or "", drives)


def _form(call: Call) -> tuple[OrderForm, OrderSecrets]:
    form, secrets = read_order_file(Path(call.arguments.form), call.services.preparations)
    own = call.arguments.command == "import-job"
    if own != (form.sku == OWN_DRIVES):
        raise BackupError(
            ErrorCode.ORDER_FORM_WRONG, path=call.arguments.form, key="device", value=form.sku
        )
    return form, secrets


def _check(call: Call) -> ExitCode:
    form, secrets = _form(call)
    verdicts = call.services.orders.check(form, secrets)
    bad = [one for one in verdicts if not one.good]
    call.speaker.result(
        {
            "outcome": "blocked" if bad else "done",
            "name": form.ref(1).name,
            "verdicts": [
                {"what": one.what, "verdict": one.verdict, "reason": one.reason} for one in verdicts
            ],
        }
    )
    for one in verdicts:
        mark = " " if one.good else "!"
        reason = "" if one.good else f" {one.reason}"
        call.speaker.line(f"{mark} {one.what}: {one.verdict}{reason}")
    return ExitCode.FAILED if bad else ExitCode.DONE


def _offers(call: Call) -> ExitCode:
    form, _ = _form(call)
    offers = call.services.orders.offers(
        form.subscription, form.group, form.region, form.address.country
    )
    fees = call.services.azure.fees(offers)
    call.speaker.result(
        {
            "outcome": "done",
            "offers": [
                {
                    "sku": one.sku,
                    "model": one.model,
                    "enabled": one.enabled,
                    "reason": one.reason,
                    "usable_tb": one.usable_tb,
                    "fees": [_fee_json(fee) for fee in of_one],
                }
                for one, of_one in zip(offers, fees, strict=True)
            ],
        }
    )
    words = call.speaker.words
    for one, of_one in zip(offers, fees, strict=True):
        size = f"{one.usable_tb:g} TB" if one.usable_tb else ""
        said = (
            words.text("cli.offered")
            if one.enabled
            else one.reason or words.text("cli.not-offered")
        )
        call.speaker.line(f"{one.model:24} {size:>8}  {said}")
        for fee in of_one if one.enabled else ():
            known = fee.amount is not None
            amount = f"{fee.currency} {words.number(fee.amount or 0, 2)}" if known else "?"
            origin = f"{fee.source}, {fee.date}" if known else words.text("cli.no-price")
            call.speaker.line(f"  {fee.kind:32} {amount:>14}  {origin}")
    return ExitCode.DONE


def _fee_json(fee: Fee) -> dict[str, object]:
    return {
        "kind": fee.kind,
        "meter": fee.meter_id,
        "amount": fee.amount,
        "currency": fee.currency,
        "source": fee.source,
        "date": fee.date,
    }


def _place(call: Call) -> ExitCode:
    form, secrets = _form(call)
    placed = call.services.orders.place(form, secrets, another=call.arguments.another)
    found = placed.found
    if form.plan_id is not None:
        call.services.papers.note_form(form.plan_id, form)
    call.speaker.result({"outcome": "done" if placed.new else "exists", **_found_json(call, found)})
    words = call.speaker.words
    said = "cli.order-placed" if placed.new else "cli.order-exists"
    call.speaker.line(words.text(said, name=found.ref.name))
    show_view(call, view_of(found.job, call.services.world.clock.now()))
    return ExitCode.DONE


def _portal(call: Call) -> ExitCode:
    form, secrets = _form(call)
    folder = Path(call.arguments.to)
    # What may be refused comes first; when the rest cannot be written, it goes again.
    journals: list[Path] = []
    if getattr(call.arguments, "journal", False):
        drives = [
            prepared_drive(one.serial, one.manifest_hash, one.manifest_file) for one in form.drives
        ]
        journals = call.services.manifests.hand_in(
            drives, secrets.bitlocker_key_by_serial, folder, form.ref(1).name
        )
    try:
        files = [*write_portal_files(form, folder), *journals]
    except BackupError:
        for path in journals:
            path.unlink(missing_ok=True)
        raise
    call.tell_open(journals)
    call.speaker.result({"outcome": "done", "files": [str(path) for path in files]})
    call.speaker.line(call.speaker.words.text("cli.portal-written"))
    for path in files:
        call.speaker.line(f"  {path}")
    return ExitCode.DONE


# --- orders there are


def _list(call: Call) -> ExitCode:
    given = call.arguments
    own = given.command == "import-job"
    if not given.subscription:
        kept = [one for one in call.services.orders.kept() if (one.sku == OWN_DRIVES) == own]
        call.speaker.result({"outcome": "done", "orders": [_kept_json(one) for one in kept]})
        for one in kept:
            status = one.found.status if one.found else ""
            call.speaker.line(f"{one.ref.name:24} {one.sku:20} {one.state.value:10} {status}")
        return ExitCode.DONE
    found = call.services.orders.listed(given.subscription, given.resource_group)
    mine = [one for one in found if (one.job.sku == OWN_DRIVES) == own]
    old = call.services.orders.old_jobs(given.subscription) if own else ()
    call.speaker.result(
        {
            "outcome": "done",
            "orders": [_listed_json(one) for one in mine],
            "old_jobs": [
                {"name": one.name, "resource_id": one.resource_id, "status": one.status}
                for one in old
            ],
        }
    )
    for seen in mine:
        call.speaker.line(f"{seen.ref.name:24} {seen.job.sku:20} {seen.job.status}")
    for job in old:
        call.speaker.line(f"{job.name:24} {'Import/Export':20} {job.status}")
    return ExitCode.DONE


def _ref(call: Call) -> JobRef:
    given = call.arguments
    return call.services.orders.named(given.name, given.subscription, given.resource_group)


def _show(call: Call) -> ExitCode:
    found = call.services.orders.show(_ref(call))
    call.speaker.result({"outcome": "done", **_found_json(call, found)})
    show_view(call, view_of(found.job, call.services.world.clock.now()))
    return ExitCode.DONE


def _cancel(call: Call) -> ExitCode:
    ref = _ref(call)
    call.services.orders.cancel(ref, call.arguments.reason)
    return _done(call, "cli.order-cancelled", ref)


def _pickup(call: Call) -> ExitCode:
    given, ref = call.arguments, _ref(call)
    pickup = Pickup(_time(given.start), _time(given.end), given.place)
    told = call.services.orders.book_pickup(ref, pickup)
    call.speaker.result(
        {"outcome": "done", "confirmation": told.confirmation, "ready_by": told.ready_by}
    )
    words = call.speaker.words
    call.speaker.line(words.text("cli.pickup-booked", number=told.confirmation, at=told.ready_by))
    return ExitCode.DONE


def _credentials(call: Call) -> ExitCode:
    path, ref = Path(call.arguments.to), _ref(call)
    found = call.services.orders.credentials(ref)
    lines = "".join(f"{one.what}\t{one.where}\t{one.user}\t{one.secret}\n" for one in found)
    call.services.protection.write_secret(path, lines.encode())
    call.tell_open([path])
    call.speaker.result(
        {
            "outcome": "done",
            "path": str(path),
            "credentials": [{"what": one.what, "where": one.where} for one in found],
        }
    )
    call.speaker.line(call.speaker.words.text("cli.credentials-written", path=str(path)))
    return ExitCode.DONE


def _answer(call: Call) -> ExitCode:
    ref, by_serial = _ref(call), {}
    for one in call.arguments.drive:
        serial, mark, word = one.partition("=")
        if not (serial and mark and word):
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--drive", value=one)
        by_serial[serial] = word
    if not (call.arguments.resolution or by_serial):
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--action", value="")
    call.services.orders.answer(ref, call.arguments.resolution, by_serial)
    return _done(call, "cli.order-answered", ref)


def _ship(call: Call) -> ExitCode:
    ref = _ref(call)
    call.services.orders.mark_shipped(ref, call.arguments.carrier, call.arguments.number)
    return _done(call, "cli.job-shipped", ref)


def _note(call: Call) -> ExitCode:
    given, at = call.arguments, _time(call.arguments.at)
    if given.form:
        form, _ = _form(call)
        ref = JobRef(form.subscription, form.group, given.name)
        call.services.orders.note_by_hand(form, ref)
    else:
        ref = _ref(call)
    call.services.orders.note_status(ref, given.status, at)
    return _done(call, "cli.status-noted", ref)


def _done(call: Call, key: str, ref: JobRef) -> ExitCode:
    call.speaker.result({"outcome": "done", "name": ref.name})
    call.speaker.line(call.speaker.words.text(key, name=ref.name))
    return ExitCode.DONE


def _time(text: str) -> datetime:
    """Read a time; one without a zone is of this computer."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="TIME", value=text) from error
    return at.astimezone(UTC)


def _not_writable(path: Path, error: Exception) -> BackupError:
    why = getattr(error, "strerror", None) or ""
    return BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(path), reason=why)


# --- JSON


def _found_json(call: Call, found: FoundOrder) -> dict[str, object]:
    view = view_of(found.job, call.services.world.clock.now())
    return {
        "name": found.ref.name,
        "resource_id": found.ref.resource_id,
        "cancellable": found.cancellable,
        **view_json(view),
    }


def _listed_json(found: FoundOrder) -> dict[str, object]:
    return {
        "name": found.ref.name,
        "resource_id": found.ref.resource_id,
        "sku": found.job.sku,
        "status": found.job.status,
        "cancellable": found.cancellable,
    }


def _kept_json(kept: KeptOrder) -> dict[str, object]:
    return {
        "name": kept.ref.name,
        "resource_id": kept.ref.resource_id,
        "sku": kept.sku,
        "asked": kept.state.value,
        "at": kept.at.isoformat(),
        "status": kept.found.status if kept.found else None,
        "seen_at": kept.seen_at.isoformat() if kept.seen_at else None,
        "noted": [
            {"status": one.status, "at": one.at.isoformat() if one.at else None}
            for one in kept.typed
        ],
        "pickup": _pickup_json(kept.pickup),
    }


def _pickup_json(pickup: KeptPickup | None) -> dict[str, object] | None:
    if pickup is None:
        return None
    answer = pickup.answer
    return {
        "from": pickup.wanted.start.isoformat(),
        "until": pickup.wanted.end.isoformat(),
        "place": pickup.wanted.place,
        "asked_at": pickup.asked_at.isoformat(),
        "confirmation": answer.confirmation if answer else None,
        "ready_by": answer.ready_by if answer else None,
    }


_ACTIONS: dict[str, Callable[[Call], ExitCode]] = {
    "new": _new,
    "check": _check,
    "offers": _offers,
    "place": _place,
    "portal": _portal,
    "list": _list,
    "show": _show,
    "cancel": _cancel,
    "pickup": _pickup,
    "credentials": _credentials,
    "answer": _answer,
    "ship": _ship,
    "note": _note,
}
