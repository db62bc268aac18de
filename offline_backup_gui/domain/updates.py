"""A newer version of the program: what is known of it, and the doors it comes through."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct, field

from offline_backup_gui.domain.errors import BackupError, ErrorCode

SETUP_LARGEST_BYTES = 256 << 20
_VERSION = re.compile(r"(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})")
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class PlaceKind(StrEnum):
    """Where releases are looked for."""

    WEB = "web"
    FOLDER = "folder"
    FILE = "file"


class Place(Struct, frozen=True):
    """An address, a folder or share with releases, or one update file."""

    kind: PlaceKind
    where: str


def place_of(text: str) -> Place:
    """Read a place; UPDATE_ADDRESS_NOT_ALLOWED unless https or an absolute path.

    Everything that comes from there is verified, but who looks for updates should not be seen
    doing so by everybody on the way. Loopback needs no encryption.
    """
    text = text.strip()
    if "://" in text:
        return Place(PlaceKind.WEB, _address(text))
    if not (text.startswith(("/", "\\\\")) or re.match(r"[A-Za-z]:[\\/]", text)):
        raise BackupError(ErrorCode.UPDATE_ADDRESS_NOT_ALLOWED, place=text)
    kind = PlaceKind.FILE if text.lower().endswith(".update") else PlaceKind.FOLDER
    return Place(kind, text)


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, plain = parts.hostname or "", parts.port is None or parts.port > 0
    except ValueError as error:
        raise BackupError(ErrorCode.UPDATE_ADDRESS_NOT_ALLOWED, place=text) from error
    known = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    extras = parts.query or parts.fragment or parts.username or parts.password
    if not known or not host or not plain or extras:
        # A name or password in the address is a secret, so the address is not repeated.
        shown = f"{parts.scheme}://{host}" if extras else text
        raise BackupError(ErrorCode.UPDATE_ADDRESS_NOT_ALLOWED, place=shown)
    return text.rstrip("/")


def version_key(version: str) -> tuple[int, int, int]:
    """Give what versions are compared by; ValueError unless it is three plain numbers."""
    found = _VERSION.fullmatch(version)
    if found is None:
        raise ValueError(version)
    return int(found[1]), int(found[2]), int(found[3])


class Release(Struct, frozen=True):
    """A version that proved itself. `notes` hold what is new, by language; times are ISO 8601."""

    version: str
    released: str
    size_bytes: int
    sha256: str
    notes: dict[str, str] = field(default_factory=dict)

    def notes_in(self, language: str) -> str:
        """Give what is new in a language, else in English."""
        return self.notes.get(language) or self.notes.get("en", "")


OnBytes = Callable[[int], None]


class UpdateDoor(Protocol):
    """Looks for releases and brings in what proves itself; every refusal is a BackupError."""

    def source(self) -> str:
        """Give the configured place, "" when there is none."""

    def set_source(self, place: str) -> None:
        """Configure a place, or none with ""."""

    def look(self, place: Place) -> Release:
        """Verify the metadata of the release at a place; nothing is kept of one that fails."""

    def take(self, place: Place, on_bytes: OnBytes) -> Release:
        """Verify metadata and setup program, and keep both in the protected folder."""

    def ready(self) -> Release | None:
        """Give the release in the protected folder, verified anew; None when there is none."""

    def start(self) -> Release:
        """Verify what is in the protected folder once more and start its setup program."""

    def discard(self) -> None:
        """Empty the protected folder."""
