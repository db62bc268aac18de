"""Own drives from their preparation to the import job: what is known of each, and its key."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import OwnDrive
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.prepared_drive import PreparedDrive, key_name
from offline_backup_gui.services.world import World

_RECOVERY_PASSWORD = re.compile(r"(?:\d{6}-){7}\d{6}")


class Preparations:
    """Keeps prepared drives in the state and their recovery passwords in the SecretStore."""

    def __init__(self, world: World) -> None:
        self._world = world

    def note(self, plan_id: PlanId, drive: PreparedDrive) -> None:
        """Keep a drive that is ready; a later preparation of the same serial replaces it."""
        self._world.state.put_prepared(plan_id, drive)

    def forget(self, plan_id: PlanId, serial: str) -> None:
        """Take a drive out; its key stays kept, because the drive may still be locked with it."""
        self._world.state.forget_prepared(plan_id, serial)

    def of(self, plan_id: PlanId) -> Sequence[PreparedDrive]:
        """List the prepared drives of a plan by serial."""
        return self._world.state.prepared(plan_id)

    def keep_key(self, serial: str, recovery_password: str) -> str:
        """Keep the 48 digits of a drive as a secret; give the name for `PreparedDrive.key_ref`.

        BITLOCKER_KEY_WRONG when these are not eight groups of six digits.
        """
        plain = recovery_password.strip()
        if not _RECOVERY_PASSWORD.fullmatch(plain):
            raise BackupError(ErrorCode.BITLOCKER_KEY_WRONG, drive=serial)
        name = key_name(serial)
        self._world.secrets.put(name, plain.encode())
        return name

    def job_drives(self, plan_id: PlanId) -> tuple[tuple[OwnDrive, ...], dict[str, str]]:
        """Give a plan's drives for the form of its import job, and their keys by serial.

        DRIVES_NOT_PREPARED when there are none, BITLOCKER_KEY_MISSING names a drive without its
        key: an import job without it comes back unread.
        """
        prepared = self.of(plan_id)
        if not prepared:
            raise BackupError(ErrorCode.DRIVES_NOT_PREPARED, plan=plan_id)
        keys = {drive.serial: self._key(drive) for drive in prepared}
        drives = tuple(
            OwnDrive(drive.serial, drive.manifest_name, drive.manifest_md5) for drive in prepared
        )
        return drives, keys

    def _key(self, drive: PreparedDrive) -> str:
        kept = self._world.secrets.get(drive.key_ref) if drive.key_ref else None
        if kept is None:
            raise BackupError(ErrorCode.BITLOCKER_KEY_MISSING, drive=drive.serial)
        return kept.decode()

    def with_key(self, drive: PreparedDrive, recovery_password: str) -> PreparedDrive:
        """Keep the key of a drive and give the record that knows where it is."""
        return replace(drive, key_ref=self.keep_key(drive.serial, recovery_password))
