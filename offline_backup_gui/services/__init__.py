"""One class per thing the admin does; window and command line share one `Services` object."""

from __future__ import annotations

from dataclasses import dataclass

from offline_backup_gui.services.backups import Backups
from offline_backup_gui.services.drives import Drives
from offline_backup_gui.services.planning import Planning
from offline_backup_gui.services.protection import Protection
from offline_backup_gui.services.restores import Restores
from offline_backup_gui.services.shipments import Shipments


@dataclass(frozen=True)
class Services:
    """Everything the window and the command line may ask for."""

    planning: Planning
    drives: Drives
    protection: Protection
    backups: Backups
    shipments: Shipments
    restores: Restores
