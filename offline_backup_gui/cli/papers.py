"""The command `papers`: what travels with a parcel, printed from the plan or from Azure's job."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from offline_backup_gui.cli.asking import answered
from offline_backup_gui.cli.azure import given_program
from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.papers import PageSize, ShipmentPaper
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipping import Code, JobShipping
from offline_backup_gui.domain.shipping_rules import Leaving
from offline_backup_gui.services.job_views import read_views
from offline_backup_gui.services.order_file import read_form
from offline_backup_gui.services.plan_file import read_plan_file


def papers(call: Call) -> ExitCode:
    """Write packing slip, custody sheet, address label and checklist into a folder."""
    given = call.arguments
    if bool(given.plan) == bool(given.from_json):
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="PLAN", value=given.plan or "")
    codes = dict(_code(one) for one in given.code)
    secret = given_program(given)
    if secret is not None:
        call.services.azure.give(secret)
    paper, leaving = _of_plan(call, codes) if given.plan else _of_job(call, codes)
    folder, desk = Path(given.to), call.services.papers
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(ErrorCode.TARGET_NOT_WRITABLE, path=str(folder), reason=why) from error
    language = given.language or ("de" if call.speaker.words.language == "de" else "en")
    page = PageSize(given.paper)
    written = desk.write(paper, leaving.route, folder, language, page)
    findings = desk.findings(leaving)
    call.speaker.result(
        {
            "outcome": "done",
            "files": [str(path) for path in written],
            "job": paper.job or None,
            "drives": [one.serial for one in paper.drives],
            "recipient": list(paper.recipient),
            "sender": [*paper.sender, *paper.sender_contact],
            "carrier": paper.carrier or None,
            "number": paper.tracking_number or None,
            "return_carrier": paper.return_carrier or None,
            "carriers": list(paper.carriers),
            "codes": {code.value: value for code, value in paper.codes.items()},
            "checks": [line.key for group in paper.groups for line in group.lines],
            "findings": [one.as_json() for one in findings],
        }
    )
    for path in written:
        call.speaker.line(f"  {path}")
    for one in findings:
        call.speaker.finding(one)
    return ExitCode.DONE


def _of_plan(call: Call, codes: dict[Code, str]) -> tuple[ShipmentPaper, Leaving]:
    """Remember what was given for the plan, then gather what is known of it."""
    given, desk = call.arguments, call.services.papers
    plan = read_plan_file(Path(given.plan))
    plan_id: PlanId = plan.plan_id
    if call.services.world.state.plan(plan_id) is None:
        raise BackupError(ErrorCode.PLAN_NOT_FOUND, name=plan.name)
    if given.form:
        desk.note_form(plan_id, read_form(Path(given.form)))
    if given.ask_azure:
        answered(lambda control: call.services.sites.ask(plan_id, control))
    if given.site:
        region = call.services.world.state.shipping(plan_id).form.region
        desk.note_site(plan_id, desk.site_in(Path(given.site), given.region or region))
    if codes:
        desk.note_codes(plan_id, codes)
    return desk.of_plan(plan_id)


def _of_job(call: Call, codes: dict[Code, str]) -> tuple[ShipmentPaper, Leaving]:
    """Take one job as Azure returned it; nothing is remembered."""
    given, desk = call.arguments, call.services.papers
    if given.ask_azure:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--ask-azure", value="--from-json")
    views = read_views(Path(given.from_json), call.services.world.clock.now()).views
    if len(views) != 1:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--from-json", value=given.from_json)
    job = views[0].job
    told = desk.of_form(read_form(Path(given.form))) if given.form else JobShipping()
    if given.site:
        of_job = job.shipping.region if job.shipping is not None else ""
        region = given.region or told.region or of_job
        told = replace(told, site=desk.site_in(Path(given.site), region))
    return desk.of_job(job, told, codes)


def _code(given: str) -> tuple[Code, str]:
    """Read NAME=CODE."""
    name, mark, value = given.partition("=")
    try:
        code = Code(name)
    except ValueError as error:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--code", value=given) from error
    if not mark:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name="--code", value=given)
    return code, value.strip()
