"""Own drives from their preparation to the import job: what is known of each, and its key."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from msgspec.structs import replace

from offline_backup_gui.domain.bitlocker import recovery_password
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import OwnDrive
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.prepared_drive import (
    PreparedDrive,
    assert_own_serial,
    key_name,
    prepared_drive,
)
from offline_backup_gui.formats.import_journal import read_journal
from offline_backup_gui.services.manifests import Manifests
from offline_backup_gui.services.order_templates import import_template
from offline_backup_gui.services.plain_files import write_new
from offline_backup_gui.services.world import World


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

    def forget_made(self, plan_id: PlanId, serials: Collection[str]) -> None:
        """Forget drives by made-up serials that no drive of the plan has any more.

        Attached in another way, a drive tells its own serial and is noted by that one.
        """
        known = {"".join(serial.split()) for serial in serials}
        for drive in self.of(plan_id):
            if drive.serial_made and drive.sealed_here and drive.serial not in known:
                self.forget(plan_id, drive.serial)

    def keep_key(self, serial: str, typed: str) -> str:
        """Keep the 48 digits of a drive as a secret; give the name for `PreparedDrive.key_ref`.

        BITLOCKER_KEY_WRONG names the group that cannot be right.
        """
        name = key_name(serial)
        self._world.secrets.put(name, recovery_password(typed, serial).encode())
        return name

    def key(self, serial: str) -> str:
        """Give the key that is kept of a drive; "" when none is."""
        kept = self._world.secrets.get(key_name(serial))
        return kept.decode() if kept is not None else ""

    def take_over(self, journal: Path, plan_id: PlanId | None = None) -> list[PreparedDrive]:
        """Take drives over from a journal or drive information of Microsoft's tool, or of ours.

        Keys go to the secrets, the rest to the plan when there is one. Of a drive that was sealed
        here the manifest it was sealed with counts, and of the file only the key.
        IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG, BITLOCKER_KEY_WRONG, VALUE_NOT_UNDERSTOOD,
        SERIAL_MADE; nothing is kept then.
        """
        try:
            with journal.open("rb") as file:
                told = read_journal(file, str(journal)).drives
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise BackupError(
                ErrorCode.IMPORT_FILE_UNREADABLE, name=str(journal), what="journal", why=why
            ) from error
        drives = [
            prepared_drive(one.drive_id, one.manifest_hash, one.manifest_file) for one in told
        ]
        for drive in drives:
            assert_own_serial(drive)
        keys = [recovery_password(one.bitlocker_key, one.drive_id) for one in told]
        sealed = {one.serial: one for one in self.of(plan_id or PlanId("")) if one.sealed_here}
        drives = [sealed.get(drive.serial, drive) for drive in drives]
        kept = [self.with_key(*pair) for pair in zip(drives, keys, strict=True)]
        for drive in kept if plan_id is not None else ():
            self.note(PlanId(plan_id or ""), drive)
        return kept

    def job_drives(self, plan_id: PlanId) -> tuple[tuple[OwnDrive, ...], dict[str, str]]:
        """Give a plan's drives for the form of its import job, and their keys by serial.

        DRIVES_NOT_PREPARED when there are none, SERIAL_MADE names a drive the datacenter would not
        find in the job, BITLOCKER_KEY_MISSING one without its key: it would come back unread.
        """
        prepared = self.for_job(plan_id)
        if not prepared:
            raise BackupError(ErrorCode.DRIVES_NOT_PREPARED, plan=plan_id)
        keys = {drive.serial: self._key(drive) for drive in prepared}
        drives = tuple(
            OwnDrive(drive.serial, drive.manifest_name, drive.manifest_md5) for drive in prepared
        )
        return drives, keys

    def for_job(self, plan_id: PlanId) -> Sequence[PreparedDrive]:
        """List the prepared drives of a plan for an import job; SERIAL_MADE."""
        prepared = self.of(plan_id)
        for drive in prepared:
            assert_own_serial(drive)
        return prepared

    def _key(self, drive: PreparedDrive) -> str:
        # A drive may have been prepared before its key was given for another of its plans.
        kept = self._world.secrets.get(drive.key_ref or key_name(drive.serial))
        if kept is None:
            raise BackupError(ErrorCode.BITLOCKER_KEY_MISSING, drive=drive.serial)
        return kept.decode()

    def with_key(self, drive: PreparedDrive, typed: str) -> PreparedDrive:
        """Keep the key of a drive and give the record that knows where it is."""
        return replace(drive, key_ref=self.keep_key(drive.serial, typed))

    # --- into an import job

    def write_form(self, plan_id: PlanId, path: Path) -> None:
        """Write the form of a plan's import job, which takes the plan's drives.

        DRIVES_NOT_PREPARED, SERIAL_MADE, BITLOCKER_KEY_MISSING; TARGET_EXISTS, TARGET_NOT_WRITABLE.
        """
        self.job_drives(plan_id)
        write_new(path, import_template(plan_id).encode())

    def hand_in(self, plan_id: PlanId, folder: Path) -> list[Path]:
        """Write what the portal takes of a plan's drives: journal and drive information.

        As `Manifests.hand_in`; DRIVES_NOT_PREPARED.
        """
        _, keys = self.job_drives(plan_id)
        kept = self._world.state.plan(plan_id)
        name = kept.plan.name if kept is not None else "import-job"
        return Manifests(self._world).hand_in(self.of(plan_id), keys, folder, name)
