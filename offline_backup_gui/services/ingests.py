"""Drives of anybody read into an account, as a datacenter does it, and what will become of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from offline_backup_gui.domain.blob_door import BlobAccount
from offline_backup_gui.domain.drive_manifest import MANIFEST_NAME
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.domain.ports import DriveStore
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.device_items import DeviceItems
from offline_backup_gui.engine.ingest_journal import IngestJournal
from offline_backup_gui.engine.ingesting import Ingested, Ingesting
from offline_backup_gui.engine.manifest_items import ManifestItems
from offline_backup_gui.services.watching import Watch, watched
from offline_backup_gui.services.world import AccountSecret, World

_HEAD_BYTES = 64 << 10


class Ingests:
    """Reads drives with a manifest, and devices with their layout, into an account."""

    def __init__(self, world: World) -> None:
        self._world = world

    def receive(
        self,
        places: Sequence[str],
        account: str,
        secret: AccountSecret,
        *,
        watch: Watch | None = None,
        dry: bool = False,
    ) -> Ingested | None:
        """Read drives into an account; None when `account` is no address of an account.

        `dry` changes nothing anywhere and says what would become of every file, bytes unread.

        NOT_FOR_AN_ACCOUNT for a drive that has neither manifest nor layout; MANIFEST_UNREADABLE,
        DRIVE_NOT_FOUND. What was read in before is not read in again.
        """
        context = watched(watch or Watch(), self._world.clock, self._world.files)
        opened = open_blobs(self._world, context, account, secret)
        if opened is None:
            return None
        drives = [self._drive(context, place, opened, dry=dry) for place in places]
        if not dry:
            context.progress.phase(Phase.UPLOAD)
            context.tell(Phase.UPLOAD, objects=0, bytes=0)
        ingesting = Ingesting(context, opened, dry=dry)
        for place, (items, journal) in zip(places, drives, strict=True):
            label = f"{place}: " if len(places) > 1 else ""
            ingesting.drive(items, journal, label)
        ingesting.end()
        return ingesting.done

    def assert_for_a_folder(self, places: Sequence[str], store: str) -> None:
        """Refuse drives of anybody where only backups of this program go. FOLDER_TAKES_BACKUPS."""
        for place in places:
            if self._world.containers_on(place):
                continue
            if self._world.layout_at(place) is not None or _head(self._world.open_root(place)):
                raise BackupError(ErrorCode.FOLDER_TAKES_BACKUPS, path=place, store=store)

    def _drive(
        self, context: Context, place: str, account: BlobAccount, *, dry: bool
    ) -> tuple[ManifestItems | DeviceItems, IngestJournal]:
        world = self._world
        root, layout = world.open_root(place), world.layout_at(place)
        head = b"" if layout is not None and layout.has_tools else _head(root)
        journals = world.folder / "ingest"
        if head:
            name = hashlib.blake2b(head, digest_size=16).hexdigest()
            return ManifestItems(context, root), IngestJournal(
                journals, account.label, name, dry=dry
            )
        if layout is None:
            raise BackupError(ErrorCode.NOT_FOR_AN_ACCOUNT, path=place)
        serial = world.drive_at(place, ()).serial
        items = DeviceItems(world.files, place, layout, serial)
        return items, IngestJournal(journals, account.label, serial, dry=dry)


def open_blobs(
    world: World, context: Context, account: str, secret: AccountSecret
) -> BlobAccount | None:
    """Open an account for any blob, with what is kept of it; None when it is no such address."""
    if secret == AccountSecret() and "://" in account:
        secret = world.account_secret(account)
    return world.open_blobs(
        account,
        sas=secret.sas,
        connection_string=secret.connection_string,
        control=context.control,
    )


def _head(root: DriveStore) -> bytes:
    """Give the beginning of the manifest of a drive; nothing when there is none."""
    try:
        return root.read(MANIFEST_NAME, 0, _HEAD_BYTES)
    except BackupError as error:
        if error.code is not ErrorCode.OBJECT_MISSING:
            raise
        return b""
