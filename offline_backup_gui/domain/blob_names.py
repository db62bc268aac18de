"""Which files can become blobs under their own names; told before the first byte is copied.

The names of blobs: `domain.names`. What a drive can carry: `domain.windows_names`. Bounds of
lengths: the drive manifest's (`domain.drive_manifest`).
"""

from __future__ import annotations

import hashlib
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import (
    BLOCK_BLOB_MOST_BYTES,
    PAGE_BLOB_SERVICE_BYTES,
    PAGE_BYTES,
    BlobKind,
)
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.names import NameFlaw, blob_flaw
from offline_backup_gui.domain.windows_names import is_windows_path

OWN_FOLDER = ".offline-backup-mirror"  # the records of a copy, beside the files
_NAMES_TOLD = 5


class Refusal(StrEnum):
    """Why a file cannot become a blob, as words keys."""

    NOT_TEXT = "not-text"
    CHARACTERS = "characters"
    TOO_LONG = "too-long"
    SEGMENTS = "segments"
    ENDING = "ending"
    WINDOWS_NAME = "windows-name"
    OWN_NAME = "own-name"
    SAME_NAME = "same-name"
    PAGE_LENGTH = "page-length"
    TOO_LARGE = "too-large"


_BY_FLAW = {
    NameFlaw.TOO_LONG: Refusal.TOO_LONG,
    NameFlaw.SEGMENTS: Refusal.SEGMENTS,
    NameFlaw.ENDING: Refusal.ENDING,
}


class RefusedFile(Struct, frozen=True):
    """One file that cannot travel, by the name it has for people."""

    name: str
    reason: Refusal


class BlobNames:
    """Takes the files of one container one by one; remembers names to find those that collide."""

    def __init__(self, kind: BlobKind) -> None:
        self._kind = kind
        self._seen: set[bytes] = set()
        self._folders: set[bytes] = set()

    def take(self, name: bytes, size_bytes: int) -> str | RefusedFile:
        """Give the name of the blob a file becomes, or why it cannot become one.

        `name` is the path below the container with "/", as bytes. Two names that are one to
        Windows collide, because the drive is read by Windows.
        """
        try:
            text = name.decode()
        except UnicodeDecodeError:
            return RefusedFile(name.decode("utf-8", "backslashreplace"), Refusal.NOT_TEXT)
        reason = self._refusal(text, size_bytes)
        return text if reason is None else RefusedFile(text, reason)

    def _refusal(self, text: str, size_bytes: int) -> Refusal | None:
        if text.casefold().partition("/")[0] == OWN_FOLDER or _is_unfinished(text):
            return Refusal.OWN_NAME
        if not _is_xml(text):
            return Refusal.CHARACTERS
        if (flaw := blob_flaw(text)) is not None:
            return _BY_FLAW.get(flaw, Refusal.CHARACTERS)
        if not is_windows_path(text.encode()):
            return Refusal.WINDOWS_NAME
        if self._kind is BlobKind.PAGE and size_bytes % PAGE_BYTES:
            return Refusal.PAGE_LENGTH
        page = self._kind is BlobKind.PAGE
        if size_bytes > (PAGE_BLOB_SERVICE_BYTES if page else BLOCK_BLOB_MOST_BYTES):
            return Refusal.TOO_LARGE
        return Refusal.SAME_NAME if self._collides(text.casefold()) else None

    def _collides(self, folded: str) -> bool:
        """Say whether another file, or a folder, is the same to Windows; remember this one."""
        parts = folded.split("/")
        folders = {_short("/".join(parts[:count])) for count in range(1, len(parts))}
        key = _short(folded)
        if key in self._seen or key in self._folders or not folders.isdisjoint(self._seen):
            return True
        self._seen.add(key)
        self._folders |= folders
        return False


def _short(folded: str) -> bytes:
    # Sixteen bytes a name, whatever its length: there may be millions.
    return hashlib.blake2b(folded.encode(), digest_size=16).digest()


def _is_unfinished(text: str) -> bool:
    """Say whether a name looks like one of our unfinished files, which are swept away."""
    leaf = text.rpartition("/")[2]
    return leaf.startswith(".") and leaf.endswith(".part")


def _is_xml(text: str) -> bool:
    """Say whether a manifest can hold the name: XML 1.0 has no U+FFFE and U+FFFF."""
    return "\ufffe" not in text and "\uffff" not in text


def refused_findings(refused: list[RefusedFile]) -> list[Finding]:
    """Give one blocking finding for each reason, with how many files and the first of them."""
    findings = []
    for reason in Refusal:
        names = [one.name for one in refused if one.reason is reason]
        if names:
            parameters: dict[str, Parameter] = {
                "reason": reason.value,
                "count": len(names),
                "names": tuple(names[:_NAMES_TOLD]),
            }
            findings.append(Finding(FindingCode.BLOBS_REFUSED, Severity.BLOCKER, parameters))
    return findings
