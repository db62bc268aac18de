"""Work on drives in hand, without a plan: read them back, read them in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import DriveStore
from offline_backup_gui.engine.checking import DriveCheck, check_drive, drive_record
from offline_backup_gui.engine.mirror_checking import check_mirror
from offline_backup_gui.engine.mirror_state import DriveFolders
from offline_backup_gui.engine.receiving import Received, receive
from offline_backup_gui.engine.unlocking import repository_id_of, unlock
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.services.keys import Keys, assert_same_repository
from offline_backup_gui.services.watching import Watch, watched
from offline_backup_gui.services.world import AccountSecret, World


class PlaceCheck(Struct, frozen=True):
    """One container on one drive, with what was found."""

    path: str
    container: str
    check: DriveCheck


class Checks:
    """Verifies and reads in drives, of this computer's backups or of anybody's."""

    def __init__(self, world: World, keys: Keys) -> None:
        self._world, self._keys = world, keys

    def verify(
        self,
        places: Sequence[str],
        *,
        deep: bool = False,
        passphrase: str | None = None,
        recovery_code: str | None = None,
        watch: Watch | None = None,
    ) -> list[PlaceCheck]:
        """Check every container with a backup on each drive (or container folder).

        `deep` opens every chunk as well, with a secret, or with the key that is kept here.
        DRIVE_NOT_FOUND, REPOSITORY_NOT_FOUND, DRIVE_NOT_SEALED, PASSPHRASE_NEEDED,
        PASSPHRASE_WRONG, RECOVERY_CODE_WRONG.
        """
        context = watched(watch or Watch(), self._world.clock, self._world.files)
        mirrors = {place: self._world.mirrors_on(place) for place in places}
        opened = [item for place in places if not mirrors[place] for item in self._open(place)]
        checks = []
        for place, found in mirrors.items():
            for mount, container in found:
                folders = DriveFolders(
                    self._world.open_mirror(mount, container), self._world.open_root(mount)
                )
                checks.append(PlaceCheck(place, container, check_mirror(context, folders)))
        for path, container, store in opened:
            keyring = self._keyring(store, passphrase, recovery_code) if deep else None
            check = check_drive(context, store, keyring=keyring)
            checks.append(PlaceCheck(path, container, check))
        return checks

    def receive(
        self,
        places: Sequence[str],
        into: str,
        secret: AccountSecret,
        *,
        watch: Watch | None = None,
    ) -> Received:
        """Read drives into a container (made when missing), as the datacenter would."""
        stores = [store for place in places for _, _, store in self._open(place)]
        ids = [repository_id_of(store) for store in stores]
        for store in stores:
            drive_record(store)  # an unsealed drive is refused before a container is made
        if secret == AccountSecret() and "://" in into:
            secret = self._world.account_secret(into.rsplit("/", 1)[0])
        context = watched(watch or Watch(), self._world.clock, self._world.files)
        landing = self._world.open_store(
            into,
            create=True,
            sas=secret.sas,
            connection_string=secret.connection_string,
            control=context.control,
        )
        # A foreign record would replace the one that opens what is there already.
        for store, repository_id in zip(stores, ids, strict=True):
            assert_same_repository(store, ids[0])
            assert_same_repository(landing, repository_id)
        return receive(context, stores, landing)

    def _open(self, place: str) -> list[tuple[str, str, DriveStore]]:
        found = self._world.containers_on(place)
        if not found:
            raise BackupError(ErrorCode.REPOSITORY_NOT_FOUND, store=place)
        return [
            (place, container, self._world.open_drive(mount, container))
            for mount, container in found
        ]

    def _keyring(
        self, store: DriveStore, passphrase: str | None, recovery_code: str | None
    ) -> Keyring:
        if passphrase is None and recovery_code is None:
            return self._keys.keyring(repository_id_of(store))
        return unlock(store, passphrase=passphrase, recovery_code=recovery_code)
