"""Commands about the way to travel: the comparison table, and advice for sizes or folders."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from offline_backup_gui.cli.call import Call
from offline_backup_gui.cli.exit_codes import ExitCode
from offline_backup_gui.domain.advice import Advice, AdviceRequest, RouteAdvice
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Severity
from offline_backup_gui.domain.plan import DeploymentModel, Measurement, Route
from offline_backup_gui.domain.routes import ROWS
from offline_backup_gui.domain.sizing import Group, parse_group, parse_size
from offline_backup_gui.services.free import FreeControl


def routes(call: Call) -> ExitCode:
    """Print the comparison table with source and date of every row."""
    words, line = call.speaker.words, call.speaker.line
    call.speaker.result({"outcome": "done", "rows": [row.as_json() for row in ROWS]})
    for row in ROWS:
        line(words.text(f"row.{row.key.value}"))
        cells = []
        for route in Route:
            texts = [
                words.size(item) if isinstance(item, int) else words.term("term", item)
                for item in row.cell(route)
            ]
            cells.append((f"  {words.term('route', route.value)}", "; ".join(texts)))
        for text in call.speaker.table(cells):
            line(text)
        line("  " + words.text("cli.origin", document=row.origin.document, date=row.origin.date))
        line()
    return ExitCode.DONE


def advise(call: Call) -> ExitCode:
    """Judge every route for sizes given or measured."""
    given = call.arguments
    try:
        request = AdviceRequest(
            deployment_model=DeploymentModel(given.model),
            groups=tuple(_groups(call)),
            today=datetime.now(UTC).date(),
            country=given.country.upper(),
            region=given.region,
            line_mbps=given.line_mbps,
            growth_percent=given.growth,
        )
        advice = call.services.planning.advise(request)
    except BackupError as error:
        if error.code is not ErrorCode.PLAN_VALUE_WRONG:
            raise
        value = f"--{error.parameters['key']} {error.parameters['value']}"
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=value) from error
    call.speaker.result({"outcome": "done", **advice.as_json()})
    _show_table(call, advice)
    for route in advice.routes:
        _show_route(call, route, many=len(request.groups) > 1)
    return ExitCode.DONE


def _groups(call: Call) -> list[Group]:
    given = call.arguments
    if sum(map(bool, (given.groups, given.size is not None, given.paths))) != 1:
        value = call.speaker.words.text("cli.what-to-judge")
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=value)
    if given.groups:
        return [parse_group(text) for text in given.groups]
    if given.size is not None:
        return [Group("server", parse_size(given.size))]
    for path in given.paths:
        if not Path(path).is_dir():
            raise BackupError(ErrorCode.SOURCE_MISSING, path=path)
    measured = call.services.planning.measure(given.paths, (), _quiet, FreeControl())
    return [Group("server", measured.size_bytes)]


def _quiet(_: Measurement) -> None:
    """Take measurements nobody looks at."""


def _show_table(call: Call, advice: Advice) -> None:
    words, line = call.speaker.words, call.speaker.line
    names = ("route", "verdict", "limit", "devices", "orders", "days")
    rows = [tuple(words.text(f"cli.column.{name}") for name in names)]
    for route in advice.routes:
        verdict = words.text("cli.fits" if route.fits else "cli.does-not-fit")
        if route.route is advice.advised:
            verdict = words.text("cli.advised")
        rows.append(
            (
                words.term("route", route.route.value),
                verdict,
                words.size(route.limit_bytes),
                words.number(route.devices),
                words.number(route.orders),
                words.text("cli.span", least=route.days.least, most=route.days.most),
            )
        )
    for text in call.speaker.table(rows, right=(2, 3, 4)):
        line(text)
    sized = words.text("cli.judged", size=words.size(advice.judged_bytes))
    line(
        sized
        if advice.judged_bytes == advice.size_bytes
        else words.text(
            "cli.judged-growth",
            size=words.size(advice.size_bytes),
            judged=words.size(advice.judged_bytes),
        )
    )
    if advice.days_by_line is not None:
        line(words.text("cli.over-line", days=words.days(advice.days_by_line)))


def _show_route(call: Call, route: RouteAdvice, *, many: bool) -> None:
    words, line = call.speaker.words, call.speaker.line
    line()
    line(words.term("route", route.route.value))
    if many:
        for group in route.groups:
            verdict = words.text("cli.fits" if group.fits else "cli.does-not-fit")
            line(f"  {group.sizing.group.name}: {words.size(group.sizing.judged_bytes)}, {verdict}")
    for reason in route.reasons:
        line("  + " + words.term("reason", reason.value))
    for finding in route.findings:
        message = words.finding(finding)
        mark = "-" if finding.severity is Severity.NOTE else "!"
        line(f"  {mark} {message.title}")
    steps = [
        words.text(
            "cli.stretch",
            name=words.term("step", stretch.name.value),
            span=words.text("cli.span", least=stretch.least_days, most=stretch.most_days)
            if stretch.least_days != stretch.most_days
            else words.number(stretch.most_days),
        )
        for stretch in route.days.stretches
    ]
    line("  " + words.text("cli.stretches", steps=", ".join(steps)))
