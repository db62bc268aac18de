"""A vendor with real keys and a real repository, and an office that updates from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from securesystemslib.signer import CryptoSigner

from installer.release.keys import USUAL
from installer.release.repository import Lifetimes, Note, Repository, packed
from offline_backup_gui.adapters.updates.desk import UpdateDesk
from offline_backup_gui.domain.updates import Place, PlaceKind, Release
from tests.fakes import FakeClock

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
THRESHOLDS = {role: keys.threshold for role, keys in USUAL.items()}


def new_keys() -> dict[str, list[CryptoSigner]]:
    return {
        role: [CryptoSigner.generate_ed25519() for _ in range(keys.count)]
        for role, keys in USUAL.items()
    }


def setup_of(version: str) -> bytes:
    """Give bytes that stand for a setup program; nothing here starts them."""
    return f"MZ setup of {version} ".encode() * 40


@dataclass
class Vendor:
    folder: Path
    now: datetime = NOW
    keys: dict[str, list[CryptoSigner]] = field(default_factory=new_keys)
    lifetimes: Lifetimes = field(default_factory=Lifetimes)

    def __post_init__(self) -> None:
        self.root = self.repository.new_root(self.keys, THRESHOLDS)

    @property
    def repository(self) -> Repository:
        return Repository(self.folder, self.now, self.lifetimes)

    def release(self, version: str, keys: dict[str, list[CryptoSigner]] | None = None) -> None:
        note = Note(version, self.now, {"en": f"What is new in {version}.", "de": "Neues."})
        self.repository.release(keys or self.keys, setup_of(version), note)

    def members(self) -> dict[str, bytes]:
        return self.repository.members()

    def update_file(self, path: Path) -> Path:
        path.write_bytes(packed(self.members()))
        return path

    def rotate(self, role: str) -> None:
        """Replace every key of a role by a new root, signed by the old root keys and the new."""
        also = self.keys["root"] if role == "root" else ()
        old: Sequence[CryptoSigner] = [*also]
        count = len(self.keys[role])
        self.keys = {**self.keys, role: [CryptoSigner.generate_ed25519() for _ in range(count)]}
        self.repository.new_root(self.keys, THRESHOLDS, also=old)


class Office:
    """A computer with the program installed."""

    def __init__(self, folder: Path, root: bytes, installed: str = "1.0.0") -> None:
        self.folder = folder / "updates"
        self.clock = FakeClock(NOW)
        self.started: list[tuple[Path, Release]] = []
        self._root = root
        self.desk = UpdateDesk(self.folder, self.root, self.clock, self.start, installed)

    def root(self) -> bytes:
        return self._root

    def start(self, path: Path, release: Release) -> None:
        """Stand for a start of setup."""
        self.started.append((path, release))

    def later(self, **time: float) -> None:
        self.clock.wait(timedelta(**time).total_seconds())

    def take(self, path: Path) -> Release:
        return self.desk.take(Place(PlaceKind.FILE, str(path)), lambda _size: None)

    def state(self) -> dict[str, bytes]:
        """Give every file that is kept, but the lock."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.name != "lock"
        }
