"""Where the shipment is, what is due, who acts next; and the papers that travel along."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.shipment import (
    Due,
    Parcel,
    SealedDrive,
    Source,
    Stage,
    StageStatus,
    Tracking,
)

__all__ = [
    "Due",
    "Parcel",
    "SealedDrive",
    "Shipments",
    "Source",
    "Stage",
    "StageStatus",
    "Tracking",
]


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
