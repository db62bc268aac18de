"""Reads what a Recovery Services vault says of an agent's data sources; pure, never raises.

Shapes: MabFileFolderProtectedItem, DPMProtectedItem, GenericProtectedItem and
GenericRecoveryPoint, version 2024-04-01.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from offline_backup_gui.domain.agent_seed import ProtectedItem
from offline_backup_gui.formats.service_values import Fields


def read_protected_item(body: Mapping[str, object]) -> ProtectedItem:
    """Read one protected item; what is missing is empty."""
    outer = Fields(body)
    properties = outer.inner("properties")
    extended = properties.inner("extendedInfo")
    container = properties.text("containerName")
    return ProtectedItem(
        item_id=outer.text("id"),
        name=properties.text("friendlyName") or outer.text("name"),
        server=properties.text("computerName")
        or properties.text("backupEngineName")
        or container.rpartition(";")[2],
        management=properties.text("backupManagementType"),
        protection=properties.text("protectionState"),
        last_status=properties.text("lastBackupStatus") or extended.text("lastBackupStatus"),
        last_backup_at=properties.moment("lastBackupTime")
        or properties.moment("lastRecoveryPoint"),
        points=_points(properties, extended),
        oldest_point_at=extended.moment("oldestRecoveryPoint"),
    )


def read_recovery_point(body: Mapping[str, object]) -> datetime | None:
    """Read when a recovery point was made; None when it does not say."""
    return Fields(body).inner("properties").moment("recoveryPointTime")


def _points(properties: Fields, extended: Fields) -> int | None:
    """Count the points in the vault; a DPM item that is on its own disks only has none there."""
    if extended.raw("isPresentOnCloud") is False:
        return 0
    count = extended.count("recoveryPointCount")
    if count is None and properties.moment("lastRecoveryPoint") is not None:
        return 1
    return count
