"""Which route fits, which does not, why, how many devices and days: every route judged and ranked.

A Standalone plan is judged like one MARS server: the published limits are the only ones that
anybody promised, so nothing larger is promised here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.borders import border_findings, retirement_findings
from offline_backup_gui.domain.capacity import devices_needed, note, orders_needed, size_findings
from offline_backup_gui.domain.days import DaysByDisk, days_by_disk, days_by_line
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity, blocks
from offline_backup_gui.domain.geography import Geography
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.domain.routes import ROUTES, RouteFacts
from offline_backup_gui.domain.sizing import Group, Sizing, size

SERVER_GROUP = "server"


class Reason(StrEnum):
    """What speaks for a route, as words keys."""

    ONLY_ONE_THAT_FITS = "only-one-that-fits"
    SMALLEST_DEVICE = "smallest-device"
    NO_STAGING = "no-staging"
    MICROSOFT_SHIPS = "microsoft-ships"
    NOTHING_TO_ORDER = "nothing-to-order"
    CROSSES_BORDERS = "crosses-borders"
    FASTEST = "fastest"


class AdviceRequest(Struct, frozen=True):
    """What is asked: sizes by group, where the office is, where the data goes, how fast the line.

    `country` is ISO 3166, `region` an Azure region name; "" leaves either open. `line_mbps` is
    megabits a second. `offered` names the routes this program can walk today for the model.
    """

    deployment_model: DeploymentModel
    groups: tuple[Group, ...]
    today: date
    country: str = ""
    region: str = ""
    line_mbps: float | None = None
    growth_percent: int = 0
    offered: tuple[Route, ...] = tuple(Route)


class GroupAdvice(Struct, frozen=True):
    """One group against one route's limit."""

    sizing: Sizing
    fits: bool

    def as_json(self) -> dict[str, object]:
        """Give the shape the command line prints."""
        return {
            "name": self.sizing.group.name,
            "size_bytes": self.sizing.group.size_bytes,
            "judged_bytes": self.sizing.judged_bytes,
            "fits": self.fits,
        }


class RouteAdvice(Struct, frozen=True):
    """One route judged. `fits` is the rules' verdict; `usable` also asks whether we offer it."""

    route: Route
    limit_bytes: int
    devices: int
    orders: int
    staging_bytes: int
    groups: tuple[GroupAdvice, ...]
    findings: tuple[Finding, ...]
    days: DaysByDisk
    offered: bool
    reasons: tuple[Reason, ...] = ()

    @property
    def fits(self) -> bool:
        """Say whether no rule speaks against the route."""
        return not blocks(self.findings)

    @property
    def usable(self) -> bool:
        """Say whether the route fits and this program offers it."""
        return self.fits and self.offered

    def as_json(self) -> dict[str, object]:
        """Give the shape the command line prints."""
        return {
            "route": self.route.value,
            "fits": self.fits,
            "offered": self.offered,
            "limit_bytes": self.limit_bytes,
            "devices": self.devices,
            "orders": self.orders,
            "staging_bytes": self.staging_bytes,
            "groups": [group.as_json() for group in self.groups],
            "findings": [finding.as_json() for finding in self.findings],
            "reasons": [reason.value for reason in self.reasons],
            "days": self.days.as_json(),
        }


class Advice(Struct, frozen=True):
    """Every route, best first; `advised` is None when none can be used."""

    routes: tuple[RouteAdvice, ...]
    size_bytes: int
    judged_bytes: int
    days_by_line: float | None

    @property
    def advised(self) -> Route | None:
        """Name the route to take."""
        return self.routes[0].route if self.routes and self.routes[0].usable else None

    def of(self, route: Route) -> RouteAdvice:
        """Give the judgement of one route."""
        return next(item for item in self.routes if item.route is route)

    def as_json(self) -> dict[str, object]:
        """Give the fields of the last line of `offline-backup advise --json`."""
        return {
            "advised": self.advised.value if self.advised else None,
            "size_bytes": self.size_bytes,
            "judged_bytes": self.judged_bytes,
            "days_by_line": None if self.days_by_line is None else round(self.days_by_line, 2),
            "routes": [route.as_json() for route in self.routes],
        }


def advise(request: AdviceRequest, geography: Geography) -> Advice:
    """Judge every route and rank them.

    Raises PLAN_VALUE_WRONG for a size, group, country, growth or line speed that is none.
    """
    if not request.groups:
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="size", value="")
    names = [group.name for group in request.groups]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="groups", value=twice)
    line = request.line_mbps
    if line is not None and not 0 < line < float("inf"):
        raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="line-mbps", value=str(line))
    if request.country:
        request = replace(request, country=geography.country(request.country))
    sizings = tuple(size(group, request.growth_percent) for group in request.groups)
    judged = sum(sizing.judged_bytes for sizing in sizings)
    by_line = None if line is None else days_by_line(judged, line)
    routes = [_judge(ROUTES[route], request, geography, sizings, by_line) for route in Route]
    ranked = sorted(routes, key=_rank)
    return Advice(
        routes=tuple(replace(item, reasons=_reasons(item, ranked)) for item in ranked),
        size_bytes=sum(group.size_bytes for group in request.groups),
        judged_bytes=judged,
        days_by_line=by_line,
    )


def _judge(
    facts: RouteFacts,
    request: AdviceRequest,
    geography: Geography,
    sizings: tuple[Sizing, ...],
    by_line: float | None,
) -> RouteAdvice:
    agent = request.deployment_model is not DeploymentModel.STANDALONE
    judged = sum(sizing.judged_bytes for sizing in sizings)
    devices = devices_needed(facts, sizings)
    orders = orders_needed(facts, sizings, devices)
    staging = judged if facts.needs_staging and agent else 0
    days = days_by_disk(facts, judged)
    offered = facts.route in request.offered
    findings = [*size_findings(facts, sizings, request.growth_percent)]
    findings += border_findings(facts, geography, request.country, request.region)
    findings += retirement_findings(facts, geography, request.country, request.today)
    if orders > 1:
        findings.append(
            note(
                FindingCode.SEVERAL_ORDERS,
                Severity.WARNING,
                orders=orders,
                devices=devices,
                devices_an_order=facts.devices_an_order,
            )
        )
    if staging:
        findings.append(note(FindingCode.STAGING_NEEDED, size_bytes=staging))
    if facts.customer_ships:
        findings.append(note(FindingCode.CUSTOMER_SHIPS, route=facts.route.value))
    if by_line is not None and by_line < days.least:
        findings.append(
            note(
                FindingCode.ONLINE_IS_FASTER,
                line_days=round(by_line, 2),
                drive_days=days.least,
            )
        )
    return RouteAdvice(
        route=facts.route,
        limit_bytes=facts.limit_bytes,
        devices=devices,
        orders=orders,
        staging_bytes=staging,
        groups=tuple(GroupAdvice(s, s.fits(facts.limit_bytes)) for s in sizings),
        findings=tuple(findings),
        days=days,
        offered=offered,
    )


def _rank(item: RouteAdvice) -> tuple[bool, bool, bool, bool, int, int]:
    facts = ROUTES[item.route]
    retired = any(
        f.code is FindingCode.ROUTE_RETIRED and f.severity is Severity.WARNING
        for f in item.findings
    )
    return (
        not item.usable,
        not item.fits,
        retired,
        facts.customer_ships,  # and with an agent, a staging location as large as the backup
        item.orders,
        facts.device_bytes,
    )


def _reasons(item: RouteAdvice, ranked: Sequence[RouteAdvice]) -> tuple[Reason, ...]:
    if not item.usable:
        return ()
    usable = [other for other in ranked if other.usable]
    facts = ROUTES[item.route]
    reasons: list[Reason] = []
    if len(usable) == 1:
        reasons.append(Reason.ONLY_ONE_THAT_FITS)
    elif not facts.customer_ships and facts.device_bytes == min(
        ROUTES[other.route].device_bytes for other in usable
    ):
        reasons.append(Reason.SMALLEST_DEVICE)
    if not item.staging_bytes and any(other.staging_bytes for other in ranked):
        reasons.append(Reason.NO_STAGING)
    reasons.append(Reason.NOTHING_TO_ORDER if facts.customer_ships else Reason.MICROSOFT_SHIPS)
    if any(f.code is FindingCode.CROSS_COUNTRY for f in item.findings):
        reasons.append(Reason.CROSSES_BORDERS)
    if len(usable) > 1 and item.days.most == min(other.days.most for other in usable):
        reasons.append(Reason.FASTEST)
    return tuple(reasons)
