"""Where the shipment is, what is due, who acts next; and the papers that travel along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from offline_backup_gui.domain.job import Job
from offline_backup_gui.domain.plan import PlanId


class Source(StrEnum):
    """Who says so."""

    AZURE = "azure"
    CARRIER = "carrier"
    AGENT = "agent"
    YOU = "you"
    PROGRAM = "program"


class StageStatus(StrEnum):
    """How far a stage is."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    TROUBLE = "trouble"


@dataclass(frozen=True)
class Stage:
    """One stage of the timeline. `name` is a words key ("stage.sealed"), `evidence` plain facts."""

    name: str
    azure_name: str
    status: StageStatus
    time: datetime | None
    source: Source
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True)
class Due:
    """A deadline. `what` is a words key ("due.tracking-number")."""

    what: str
    at: datetime
    days_left: int


@dataclass(frozen=True)
class SealedDrive:
    """A drive as its record says: packs, bytes, fingerprint (hex) and when it was sealed."""

    drive_id: str
    serial: str
    label: str
    mount: str
    packs: int
    size_bytes: int
    fingerprint: str
    sealed_at: datetime | None


@dataclass(frozen=True)
class Parcel:
    """What the admin entered when the drives left."""

    carrier: str
    tracking_number: str
    shipped_at: datetime


@dataclass(frozen=True)
class Tracking:
    """Everything the tracking window shows of one backup. `now_you` is a words key, or None."""

    plan_id: PlanId
    state: str
    stages: tuple[Stage, ...]
    due: tuple[Due, ...]
    now_you: str | None
    drives: tuple[SealedDrive, ...]
    parcel: Parcel | None
    arrival: dict[str, object]
    safe_to_erase: bool
    checked_at: datetime
    running: Job | None


class Shipments:
    """Timeline, deadlines, facts typed in by hand, and papers as PDF."""

    def track(self, plan_id: PlanId) -> Tracking:
        """Give the newest known state of one backup."""
        raise NotImplementedError

    def ship(self, plan_id: PlanId, parcel: Parcel) -> None:
        """Note that the drives left."""
        raise NotImplementedError

    def note_received(self, plan_id: PlanId, at: datetime) -> None:
        """Note by hand that the datacenter has the drives."""
        raise NotImplementedError

    def receive_here(self, plan_id: PlanId, drives: Sequence[str]) -> None:
        """Practice: read the drives into the landing container, as the datacenter would."""
        raise NotImplementedError

    def save_papers(self, plan_id: PlanId, folder: Path, language: str, paper: str) -> list[Path]:
        """Write packing slip, custody sheet and address label; `paper` is "A4" or "Letter"."""
        raise NotImplementedError
