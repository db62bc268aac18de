"""The facts that letting go of a drive can bring up."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity


def in_use(drive: str, programs: Sequence[str] = ()) -> Finding:
    """Say that a drive could not be ejected, and who holds it as far as that is known."""
    parameters: dict[str, Parameter] = {"drive": drive, "programs": tuple(programs) or ("?",)}
    return Finding(FindingCode.DRIVE_IN_USE, Severity.WARNING, parameters)


def runs_the_system(drive: str) -> Finding:
    """Say that a drive is not ejected because the system runs from it."""
    return Finding(FindingCode.DRIVE_IS_SYSTEM, Severity.WARNING, {"drive": drive})
