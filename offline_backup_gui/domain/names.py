"""What Azure accepts as names of containers and blobs, checked before anything is written.

Sources: articles/databox/data-box-disk-limits.md, 2022-12-29; the naming rules of Blob Storage.
"""

from __future__ import annotations

import re
from enum import StrEnum

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity

CONTAINER_LEAST, CONTAINER_MOST = 3, 63
BLOB_MOST, SEGMENTS_MOST = 1024, 254
_CONTAINER = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_NOT_IN_BLOB = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")


class NameFlaw(StrEnum):
    """Why a name is not allowed, as words keys."""

    TOO_SHORT = "too-short"
    TOO_LONG = "too-long"
    CHARACTERS = "characters"
    HYPHENS = "hyphens"
    SEGMENTS = "segments"
    EMPTY_SEGMENT = "empty-segment"
    ENDING = "ending"


def container_flaw(name: str) -> NameFlaw | None:
    """Give what is wrong with a container name: 3 to 63 of a-z, 0-9 and single inner hyphens."""
    if len(name) < CONTAINER_LEAST:
        return NameFlaw.TOO_SHORT
    if len(name) > CONTAINER_MOST:
        return NameFlaw.TOO_LONG
    if not re.fullmatch(r"[a-z0-9-]+", name):
        return NameFlaw.CHARACTERS
    return None if _CONTAINER.fullmatch(name) else NameFlaw.HYPHENS


def blob_flaw(name: str) -> NameFlaw | None:
    """Give what is wrong with a blob name: 1 to 1,024 characters in at most 254 segments.

    Segments may not be empty, "." or "..", nor end with a dot, because clients and drives in
    between would change them; control characters and backslashes are refused for the same reason.
    """
    if not name:
        return NameFlaw.TOO_SHORT
    # A character is one or two of the 1,024, so that most names need no counting.
    if len(name) * 2 > BLOB_MOST and (
        len(name.encode("utf-16-le", "surrogatepass")) // 2 > BLOB_MOST
    ):
        return NameFlaw.TOO_LONG
    if _NOT_IN_BLOB.search(name):
        return NameFlaw.CHARACTERS
    segments = name.split("/")
    if len(segments) > SEGMENTS_MOST:
        return NameFlaw.SEGMENTS
    if not all(segments):
        return NameFlaw.EMPTY_SEGMENT
    return NameFlaw.ENDING if any(segment.endswith(".") for segment in segments) else None


def check_container(name: str) -> None:
    """Raise CONTAINER_NAME_NOT_ALLOWED when Azure would refuse or rename the container."""
    flaw = container_flaw(name)
    if flaw is not None:
        raise BackupError(
            ErrorCode.CONTAINER_NAME_NOT_ALLOWED,
            name=name,
            reason=flaw.value,
            suggestion=suggest_container(name),
        )


def container_findings(landing: str, vault: str) -> tuple[Finding, ...]:
    """Judge the two containers of a destination: each allowed, and not the same."""
    findings = []
    for name in dict.fromkeys((landing, vault)):
        flaw = container_flaw(name)
        if flaw is not None:
            findings.append(
                Finding(
                    FindingCode.CONTAINER_NAME_NOT_ALLOWED,
                    Severity.BLOCKER,
                    {"name": name, "reason": flaw.value},
                )
            )
    if landing == vault:
        findings.append(Finding(FindingCode.CONTAINERS_EQUAL, Severity.BLOCKER, {"name": landing}))
    return tuple(findings)


def blob_container_findings(name: str) -> tuple[Finding, ...]:
    """Judge the container that files are read into as they are; Azure would rename a wrong one."""
    flaw = container_flaw(name)
    if flaw is None:
        return ()
    parameters: dict[str, Parameter] = {"name": name, "reason": flaw.value}
    return (Finding(FindingCode.CONTAINER_NAME_NOT_ALLOWED, Severity.BLOCKER, parameters),)


def suggest_container(text: str, prefix: str = "") -> str:
    """Make an allowed container name out of any text, such as a plan's name."""
    wanted = re.sub(r"[^a-z0-9]+", "-", f"{prefix}-{text}".lower()).strip("-")
    wanted = wanted[:CONTAINER_MOST].strip("-")
    return wanted if len(wanted) >= CONTAINER_LEAST else f"{wanted or 'backup'}-01"
