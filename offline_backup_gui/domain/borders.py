"""What borders and lists of regions say about a route: findings, never a choice."""

from __future__ import annotations

from datetime import date

from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.geography import Geography, Region
from offline_backup_gui.domain.routes import RouteFacts


def border_findings(
    facts: RouteFacts, geography: Geography, country: str, region_name: str
) -> tuple[Finding, ...]:
    """Judge a route for an office's country and a destination region; "" leaves either open.

    Microsoft's devices stay inside one country (the EU counts as one), unless the country has no
    Azure datacenter; own drives may cross. Source: the comparison table and its footnote.
    """
    findings: list[Finding] = []
    region = geography.region(region_name) if region_name else None
    if region_name and region is None:
        findings.append(
            _finding(
                FindingCode.REGION_NOT_LISTED,
                Severity.WARNING,
                region_name,
                listed=geography.regions_origin.date,
            )
        )
    if facts.crosses_borders:
        findings += _own_drives(geography, country, region)
    else:
        findings += _devices(facts, geography, country, region)
    return tuple(findings)


def retirement_findings(
    facts: RouteFacts, geography: Geography, country: str, today: date
) -> tuple[Finding, ...]:
    """Tell until when a route's device could be ordered; a warning once that day has passed.

    It does not block: newer devices follow, but whether an agent takes one must be asked.
    """
    retirement = geography.retirement(facts.route, country)
    if retirement is None:
        return ()
    passed = today > retirement.last_order
    known = bool(country)
    return (
        Finding(
            FindingCode.ROUTE_RETIRED,
            Severity.WARNING if passed and known else Severity.NOTE,
            {
                "route": facts.route.value,
                "device": retirement.device,
                "until": retirement.last_order.isoformat(),
                "passed": passed,
                "geographies": tuple(sorted(retirement.geographies)),
                "successors": retirement.successors,
                "listed": retirement.origin.date,
            },
        ),
    )


def _own_drives(geography: Geography, country: str, region: Region | None) -> list[Finding]:
    findings: list[Finding] = []
    if region is not None and not geography.takes_drives(region):
        findings.append(
            _finding(
                FindingCode.REGION_NOT_LISTED,
                Severity.NOTE,
                region.name,
                listed=geography.import_export_origin.date,
            )
        )
    if not country:
        return findings
    if region is not None:
        if geography.boundary(country) != geography.boundary(region.country):
            findings.append(_cross_country(Severity.WARNING, country, region))
    elif not geography.has_datacenter(country):
        findings.append(_no_datacenter(Severity.NOTE, geography, country))
    return findings


def _devices(
    facts: RouteFacts, geography: Geography, country: str, region: Region | None
) -> list[Finding]:
    if not country:
        return _not_delivered(facts, geography, region.country) if region else []
    findings: list[Finding] = []
    abroad = not geography.boundary_has_datacenter(country)
    if abroad:
        findings.append(_no_datacenter(Severity.WARNING, geography, country))
    else:
        if not geography.has_datacenter(country):
            findings.append(_no_datacenter(Severity.NOTE, geography, country))
        findings += _not_delivered(facts, geography, country)
    if region is None:
        return findings
    if abroad:
        findings += _not_delivered(facts, geography, region.country)
    elif geography.boundary(country) != geography.boundary(region.country):
        findings.append(_cross_country(Severity.BLOCKER, country, region))
    return findings


def _not_delivered(facts: RouteFacts, geography: Geography, country: str) -> list[Finding]:
    if geography.delivers(facts.route, country):
        return []
    return [
        Finding(
            FindingCode.ROUTE_NOT_IN_COUNTRY,
            Severity.BLOCKER,
            {
                "country": country,
                "route": facts.route.value,
                "listed": geography.availability[facts.route].origin.date,
            },
        )
    ]


def _cross_country(severity: Severity, country: str, region: Region) -> Finding:
    return _finding(
        FindingCode.CROSS_COUNTRY,
        severity,
        region.name,
        country=country,
        region_country=region.country,
    )


def _no_datacenter(severity: Severity, geography: Geography, country: str) -> Finding:
    return Finding(
        FindingCode.NO_DATACENTER_IN_COUNTRY,
        severity,
        {"country": country, "boundary": geography.boundary(country)},
    )


def _finding(code: FindingCode, severity: Severity, region: str, **more: str) -> Finding:
    return Finding(code, severity, {"region": region, **more})
