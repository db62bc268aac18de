"""Lanes onto drives: how large packs are, what is kept free, what the admin sees of each."""

from __future__ import annotations

from collections.abc import Sequence

from offline_backup_gui.domain import job
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.ports import Clock, DriveDoor
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import OpenDrive, find_record
from offline_backup_gui.engine.open_pack import Lane, LaneState
from offline_backup_gui.formats.keys import Keyring

PACK_MIN_BYTES = 16 << 20
PACK_MAX_BYTES = 1 << 30
VAULT_PACK_BYTES = 64 << 20
SILENT_S = 30.0


def pack_bytes_for(capacity_bytes: int) -> int:
    """Give the size of packs on a drive: a thousandth of it, between 16 MiB and 1 GiB.

    Large packs suit disks; small ones fill a small drive to the brim and cost little when one is
    lost. 80 TB in packs of 1 GiB are 75,000 objects, below every bound of the service.
    """
    return max(PACK_MIN_BYTES, min(PACK_MAX_BYTES, capacity_bytes // 1000))


def vault_pack_bytes(stored_bytes: int) -> int:
    """Give the size of packs of increments: a minute of a slow line, and more in a large vault.

    A restore point names every pack. In packs that grow with the vault there are never so many of
    them that a point could not.
    """
    return max(VAULT_PACK_BYTES, min(PACK_MAX_BYTES, stored_bytes >> 15))


def reserve_bytes(files: int, size_bytes: int) -> int:
    """Give what is kept free for catalogue, restore point and record.

    A catalogue takes below 100 bytes a file and 40 bytes a chunk of about 1 MiB, compressed.
    """
    return (256 << 10) + 100 * files + 40 * (size_bytes >> 20)


def drive_lane(keyring: Keyring, door: DriveDoor, container: str, drive: OpenDrive) -> Lane:
    """Give the lane of a drive; it finds the drive again when it was unplugged and comes back."""

    def reopen() -> bool:
        try:
            store = door.open(drive.choice.mount, container)
            record = find_record(keyring, store)
        except BackupError:
            return False
        if record is None or record.drive_id != drive.home:
            return False
        drive.store = lane.store = store
        return True

    lane = Lane(
        drive.home,
        drive.store,
        lambda: drive.store.room_bytes(),
        pack_bytes_for(drive.store.capacity_bytes()),
        reopen,
    )
    return lane


def lane_reading(lane: Lane, drive: OpenDrive, clock: Clock) -> job.Lane:
    """Give what the admin sees of a lane while it copies."""
    state = {
        LaneState.WRITING: "writing",
        LaneState.FULL: "full",
        LaneState.GONE: "gone",
        LaneState.ENDED: "waiting",
    }[lane.state]
    since = lane.busy_since
    if since is not None and clock.monotonic() - since > SILENT_S:
        state = "silent"
    return job.Lane(
        drive_id=lane.home,
        label=drive.choice.label,
        path=drive.choice.mount,
        state=state,
        written_bytes=lane.written_bytes,
        packs=lane.packs,
    )


class LaneWatch:
    """Looks at the lanes for every reading; tells when a drive falls silent or comes back."""

    def __init__(
        self, context: Context, lanes: Sequence[Lane], drives: Sequence[OpenDrive]
    ) -> None:
        self._context, self._pairs = context, list(zip(lanes, drives, strict=True))
        self._silent: set[str] = set()
        self._gone: set[str] = set()

    def look(self) -> list[job.Lane]:
        """Give what the admin sees of each lane now."""
        readings = [lane_reading(lane, drive, self._context.clock) for lane, drive in self._pairs]
        for reading in readings:
            if reading.state == "gone":
                self._gone.add(reading.drive_id)
            elif reading.state == "writing" and reading.drive_id in self._gone:
                self._gone.remove(reading.drive_id)
                self._context.tell(FindingCode.DRIVE_BACK, drive=reading.label)
            if reading.state != "silent":
                self._silent.discard(reading.drive_id)
            elif reading.drive_id not in self._silent:
                self._silent.add(reading.drive_id)
                self._context.tell(
                    FindingCode.DRIVE_SILENT, drive=reading.label, seconds=int(SILENT_S)
                )
        return readings
