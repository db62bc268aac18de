"""Command staging: judge a staging location before the agent begins, watch it while it writes."""

from __future__ import annotations

from pathlib import Path

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.cli.stopping import stopping
from offline_backup_gui.domain.agent_fields import name_findings
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, blocks
from offline_backup_gui.domain.plan import Measurement, Plan
from offline_backup_gui.domain.sizing import parse_size
from offline_backup_gui.domain.staging import StagingNeed, StagingPlace, StagingReport
from offline_backup_gui.domain.staging_watch import StagingProgress, StagingState
from offline_backup_gui.services.plan_file import read_plan_file
from offline_backup_gui.services.stop_flag import StopFlag


def staging(call: Call) -> ExitCode:
    """Check or watch."""
    given = call.arguments
    plan = read_plan_file(Path(given.plan)) if given.plan else None
    location = given.location or (plan.agent.staging_location if plan else "")
    return (_check if given.action == "check" else _watch)(call, plan, location)


# --- check


def _check(call: Call, plan: Plan | None, location: str) -> ExitCode:
    sources = (*call.arguments.source, *(plan.sources if plan else ()))
    need = StagingNeed(
        _need_bytes(call, sources),
        sources,
        call.arguments.other_computer,
        plan.drives if plan else (),
    )
    report = call.services.staging.check(location, sources)
    findings = report.findings(need)
    if plan is not None:
        findings = (*findings, *name_findings(plan.agent))
    bad = blocks(findings)
    call.speaker.result(
        {
            "outcome": "blocked" if bad else "done",
            "location": report.location,
            "need_bytes": need.need_bytes,
            "free_bytes": report.look.free_bytes if report.look else 0,
            "findings": [finding.as_json() for finding in findings],
            "places": [_place_json(place) for place in report.places(need)],
        }
    )
    _show(call, report, need, findings)
    return ExitCode.FAILED if bad else ExitCode.DONE


def _need_bytes(call: Call, sources: tuple[str, ...]) -> int:
    if call.arguments.size:
        return parse_size(call.arguments.size)
    if not sources:
        return 0
    wish = StopFlag()
    with stopping(wish.stop):
        measured = call.services.planning.measure(sources, (), _ignore, wish)
    return measured.size_bytes


def _ignore(_found: Measurement) -> None:
    """Say nothing in between."""


def _show(
    call: Call, report: StagingReport, need: StagingNeed, findings: tuple[Finding, ...]
) -> None:
    words = call.speaker.words
    call.speaker.line(words.text("cli.staging-need", size_bytes=need.need_bytes))
    for finding in findings:
        call.speaker.finding(finding)
    if not findings:
        call.speaker.line(words.text("cli.staging-good", path=report.location))
    rows = [
        (
            place.network_path or place.mount,
            words.size(place.free_bytes),
            words.text("cli.usable" if place.would_do else "cli.not-usable"),
        )
        for place in report.places(need)
    ]
    if rows:
        names = ("place", "free", "usable")
        head = tuple(words.text(f"cli.column.{name}") for name in names)
        for line in call.speaker.table([head, *rows], right=(1,)):
            call.speaker.line(line)


def _place_json(place: StagingPlace) -> dict[str, object]:
    return {
        "mount": place.mount,
        "name": place.name,
        "network_path": place.network_path,
        "free_bytes": place.free_bytes,
        "would_do": place.would_do,
        "findings": [finding.as_json() for finding in place.findings],
    }


# --- watch


def _watch(call: Call, plan: Plan | None, location: str) -> ExitCode:
    given = call.arguments
    if not location:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value="--location")
    if given.every <= 0 or given.still < 0:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value="--every, --still")
    need_bytes = parse_size(given.size) if given.size else 0
    words, wish = call.speaker.words, StopFlag()

    def tell(found: StagingProgress) -> None:
        if call.speaker.as_json:
            call.speaker.tell("staging", _progress_json(found))
        else:
            state = words.term("staging-state", found.state.value)
            key = "cli.staging-rate" if found.rate else "cli.staging-written"
            call.speaker.line(
                words.text(
                    key, state=state, written=found.size_bytes, rate=found.rate,
                    free=found.free_bytes,
                )
            )  # fmt: skip
            if found.size_bytes and not found.fits:
                call.speaker.line(words.text("wizard.staging.will-not-fit"))

    with stopping(wish.stop):
        last = call.services.staging.watch(
            location,
            tell,
            wish,
            need_bytes=need_bytes,
            every_s=given.every,
            still_needed_s=given.still * 60,
            agent_waits=lambda: call.services.staging.agent_waits(plan) if plan else None,
            once=given.once,
        )
    ready = last.state is StagingState.READY
    outcome = "done" if ready else "incomplete"
    call.speaker.result({"outcome": outcome, "location": location, **_progress_json(last)})
    return ExitCode.DONE if ready else ExitCode.CONTINUE


def _progress_json(found: StagingProgress) -> dict[str, object]:
    return {
        "state": found.state.value,
        "size_bytes": found.size_bytes,
        "free_bytes": found.free_bytes,
        "need_bytes": found.need_bytes,
        "fits": found.fits,
        "rate_bytes_s": round(found.rate),
        "still_s": found.still_s,
        "agent_waits": found.agent_waits,
    }
