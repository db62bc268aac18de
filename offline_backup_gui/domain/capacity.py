"""How many devices and orders a route takes, and what the sizes say for or against it."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.routes import RouteFacts
from offline_backup_gui.domain.sizing import (
    COMPRESSION_LEAST_PERCENT,
    COMPRESSION_MOST_PERCENT,
    COMPRESSION_ORIGIN,
    Sizing,
)

CLOSE_TO_LIMIT_PERCENT = 90


def devices_needed(facts: RouteFacts, sizings: Sequence[Sizing]) -> int:
    """Count devices. Own drives: each group has its own, as parcels of two jobs never mix.

    Microsoft's devices: a group stays on one device and a device may hold several groups (first
    fit, largest first); a group that is too large is counted as if it were split.
    """
    if not facts.group_on_one_device:
        return sum(max(1, -(-s.judged_bytes // facts.device_bytes)) for s in sizings)
    whole, rooms = 0, list[int]()
    for amount in sorted((s.judged_bytes for s in sizings), reverse=True):
        full, amount = divmod(amount, facts.device_bytes)
        whole += full
        place = next((i for i, room in enumerate(rooms) if room >= amount), None)
        if place is not None:
            rooms[place] -= amount
        elif amount or not whole:
            rooms.append(facts.device_bytes - amount)
    return max(1, whole + len(rooms))


def orders_needed(facts: RouteFacts, sizings: Sequence[Sizing], devices: int) -> int:
    """Count orders or import jobs, each holding as many devices as the service allows."""
    if facts.group_on_one_device:
        return -(-devices // facts.devices_an_order)
    job_bytes = facts.device_bytes * facts.devices_an_order
    return sum(max(1, -(-s.judged_bytes // job_bytes)) for s in sizings)


def size_findings(
    facts: RouteFacts, sizings: Sequence[Sizing], growth_percent: int
) -> list[Finding]:
    """Judge every group by itself, and say what growth and compression were reckoned with."""
    findings: list[Finding] = []
    for sizing in sizings:
        figures: dict[str, Parameter] = {
            "group": sizing.group.name,
            "given_bytes": sizing.group.size_bytes,
            "size_bytes": sizing.judged_bytes,
            "limit_bytes": facts.limit_bytes,
            "route": facts.route.value,
        }
        if not sizing.fits(facts.limit_bytes):
            findings.append(
                Finding(
                    FindingCode.TOO_BIG_FOR_ROUTE,
                    Severity.BLOCKER,
                    {
                        **figures,
                        "over_bytes": sizing.judged_bytes - facts.limit_bytes,
                        "fits_if_compressed": sizing.fits_if_compressed(facts.limit_bytes),
                    },
                )
            )
        elif sizing.judged_bytes * 100 > facts.limit_bytes * CLOSE_TO_LIMIT_PERCENT:
            findings.append(Finding(FindingCode.CLOSE_TO_LIMIT, Severity.WARNING, {**figures}))
    if growth_percent:
        findings.append(
            note(
                FindingCode.GROWTH_ALLOWED_FOR,
                growth_percent=growth_percent,
                size_bytes=sum(sizing.judged_bytes for sizing in sizings),
            )
        )
    findings.append(
        note(
            FindingCode.COMPRESSION_EXPECTED,
            saved_percent=COMPRESSION_LEAST_PERCENT,
            saved_most_percent=COMPRESSION_MOST_PERCENT,
            saved_least_bytes=sum(sizing.saved_least_bytes for sizing in sizings),
            saved_most_bytes=sum(sizing.saved_most_bytes for sizing in sizings),
            source=COMPRESSION_ORIGIN.document,
            date=COMPRESSION_ORIGIN.date,
        )
    )
    if facts.group_on_one_device:
        findings.append(
            note(
                FindingCode.ONE_DEVICE_PER_SERVER,
                groups=len(sizings),
                devices=devices_needed(facts, sizings),
                device_bytes=facts.device_bytes,
            )
        )
    return findings


def note(
    code: FindingCode, severity: Severity = Severity.NOTE, **parameters: str | int | float
) -> Finding:
    """Make a finding from plain figures; a note unless said otherwise."""
    return Finding(code, severity, {**parameters})
