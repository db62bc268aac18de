"""The commands `order` and `import-job`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from offline_backup_gui.cli.asking import answered
from offline_backup_gui.cli.azure import given_program
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.forms import write_new_form
from offline_backup_gui.cli.order_json import fee_json, found_json, kept_json, listed_json
from offline_backup_gui.cli.tracking import show_view
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.orders import (
    OWN_DRIVES,
    JobRef,
    OrderForm,
    OrderSecrets,
    Pickup,
)
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.prepared_drive import prepared_drive
from offline_backup_gui.services.import_jobs import agents_name
from offline_backup_gui.services.job_views import view_of
from offline_backup_gui.services.order_file import read_form, read_order_file
from offline_backup_gui.services.order_templates import ORDER_TEMPLATE, import_template
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.portal import write_portal_files

T = TypeVar("T")


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
    write_new_form(path, template)
    call.speaker.result({"outcome": "done", "path": str(path)})
    call.speaker.line(call.speaker.words.text("cli.form-written", path=str(path)))
    return ExitCode.DONE


def _import_form(call: Call) -> str:
    """Write the form of an import job for a plan, and for drives of journals."""
    given = call.arguments
    plan = read_plan_file(Path(given.plan)) if given.plan else None
    plan_id = plan.plan_id if plan is not None else None
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
    return import_template(plan_id or "", drives, agents_name(plan) if plan is not None else "")


def _form(call: Call) -> tuple[OrderForm, OrderSecrets, tuple[Finding, ...]]:
    """Read the form; of an agent's job it gets the name the agent waits for."""
    form, secrets = read_order_file(Path(call.arguments.form), call.services.preparations)
    own = call.arguments.command == "import-job"
    if own != (form.sku == OWN_DRIVES):
        raise BackupError(
            ErrorCode.ORDER_FORM_WRONG, path=call.arguments.form, key="device", value=form.sku
        )
    findings: tuple[Finding, ...] = ()
    if own:
        form, findings = call.services.import_jobs.for_agent(form)
    for finding in findings:
        call.speaker.finding(finding)
    return form, secrets, findings


def _check(call: Call) -> ExitCode:
    form, secrets, findings = _form(call)
    verdicts = answered(lambda control: call.services.orders.check(form, secrets, control))
    bad = [one for one in verdicts if not one.good]
    call.speaker.result(
        {
            "outcome": "blocked" if bad else "done",
            "name": form.ref(1).name,
            "findings": [one.as_json() for one in findings],
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
    form, _, _ = _form(call)
    place = (form.subscription, form.group, form.region, form.address.country)
    offers = answered(lambda control: call.services.orders.offers(*place, control))
    fees = answered(lambda control: call.services.azure.fees(offers, control))
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
                    "fees": [fee_json(fee) for fee in of_one],
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


def _place(call: Call) -> ExitCode:
    form, secrets, findings = _form(call)
    another, orders = call.arguments.another, call.services.orders
    placed = _sent(
        call, lambda control: orders.place(form, secrets, another=another, control=control)
    )
    found = placed.found
    if form.plan_id is not None:
        call.services.papers.note_form(form.plan_id, form)
    call.speaker.result(
        {
            "outcome": "done" if placed.new else "exists",
            **found_json(call, found),
            "findings": [one.as_json() for one in findings],
        }
    )
    words = call.speaker.words
    said = "cli.order-placed" if placed.new else "cli.order-exists"
    call.speaker.line(words.text(said, name=found.ref.name))
    show_view(call, view_of(found.job, call.services.world.clock.now()))
    return ExitCode.DONE


def _portal(call: Call) -> ExitCode:
    form, secrets, findings = _form(call)
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
    call.speaker.result(
        {
            "outcome": "done",
            "files": [str(path) for path in files],
            "findings": [one.as_json() for one in findings],
        }
    )
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
        call.speaker.result({"outcome": "done", "orders": [kept_json(one) for one in kept]})
        for one in kept:
            status = one.found.status if one.found else ""
            call.speaker.line(f"{one.ref.name:24} {one.sku:20} {one.state.value:10} {status}")
        return ExitCode.DONE
    orders, place = call.services.orders, (given.subscription, given.resource_group)
    found = answered(lambda control: orders.listed(*place, control))
    mine = [one for one in found if (one.job.sku == OWN_DRIVES) == own]
    old = answered(lambda control: orders.old_jobs(place[0], control)) if own else ()
    call.speaker.result(
        {
            "outcome": "done",
            "orders": [listed_json(one) for one in mine],
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
    ref, orders = _ref(call), call.services.orders
    found = answered(lambda control: orders.show(ref, control))
    call.speaker.result({"outcome": "done", **found_json(call, found)})
    show_view(call, view_of(found.job, call.services.world.clock.now()))
    return ExitCode.DONE


def _cancel(call: Call) -> ExitCode:
    ref, reason, orders = _ref(call), call.arguments.reason, call.services.orders
    _sent(call, lambda control: orders.cancel(ref, reason, control))
    return _done(call, "cli.order-cancelled", ref)


def _pickup(call: Call) -> ExitCode:
    given, ref = call.arguments, _ref(call)
    pickup = Pickup(_time(given.start), _time(given.end), given.place)
    told = _sent(call, lambda control: call.services.orders.book_pickup(ref, pickup, control))
    call.speaker.result(
        {"outcome": "done", "confirmation": told.confirmation, "ready_by": told.ready_by}
    )
    words = call.speaker.words
    call.speaker.line(words.text("cli.pickup-booked", number=told.confirmation, at=told.ready_by))
    return ExitCode.DONE


def _credentials(call: Call) -> ExitCode:
    path, ref = Path(call.arguments.to), _ref(call)
    found = answered(lambda control: call.services.orders.credentials(ref, control))
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
    word, orders = call.arguments.resolution, call.services.orders
    _sent(call, lambda control: orders.answer(ref, word, by_serial, control))
    return _done(call, "cli.order-answered", ref)


def _ship(call: Call) -> ExitCode:
    ref, given, orders = _ref(call), call.arguments, call.services.orders
    _sent(call, lambda control: orders.mark_shipped(ref, given.carrier, given.number, control))
    return _done(call, "cli.job-shipped", ref)


def _move(call: Call) -> ExitCode:
    ref, form = _ref(call), read_form(Path(call.arguments.form))
    orders = call.services.orders
    _sent(call, lambda control: orders.change_address(ref, form.address, form.contact, control))
    return _done(call, "cli.order-moved", ref)


def _note(call: Call) -> ExitCode:
    given, at = call.arguments, _time(call.arguments.at)
    if given.form:
        form, _, _ = _form(call)
        ref = JobRef(form.subscription, form.group, given.name)
        call.services.orders.note_by_hand(form, ref)
    else:
        ref = _ref(call)
    call.services.orders.note_status(ref, given.status, at)
    return _done(call, "cli.status-noted", ref)


def _sent(call: Call, deed: Callable[[Control], T]) -> T:
    """Do what changes something at Azure; stopped, what was sent may still have been taken."""
    try:
        return answered(deed)
    except Stopped:
        call.speaker.line(call.speaker.words.text("cli.order-stopped"))
        raise


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
    "move": _move,
    "note": _note,
}
