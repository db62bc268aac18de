"""Work on drives in hand, without a plan: read them back, read them in."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import Event, Reading
from offline_backup_gui.domain.ports import Control, DriveStore
from offline_backup_gui.engine.checking import DriveCheck, check_drive
from offline_backup_gui.engine.context import Progress
from offline_backup_gui.engine.library import repository_id_of, unlock
from offline_backup_gui.engine.receiving import Received, receive
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.services.free import FreeControl, watched
from offline_backup_gui.services.keys import Keys
from offline_backup_gui.services.world import AccountSecret, World

OnReading = Callable[[Reading], None]
OnEvent = Callable[[Event], None]


class Checks:
    """Verifies and reads in drives, of this computer's backups or of anybody's."""

    def __init__(self, world: World, keys: Keys) -> None:
        self._world, self._keys = world, keys

    def verify(
        self,
        place: str,
        on_reading: OnReading,
        on_event: OnEvent,
        *,
        deep: bool = False,
        passphrase: str | None = None,
        recovery_code: str | None = None,
        control: Control | None = None,
    ) -> DriveCheck:
        """Compare every byte of a drive (or container folder) with the drive's record.

        `deep` opens every chunk as well, with a secret or with the key that is kept here.
        DRIVE_NOT_FOUND, REPOSITORY_NOT_FOUND, DRIVE_NOT_SEALED, PASSPHRASE_NEEDED,
        PASSPHRASE_WRONG, RECOVERY_CODE_WRONG.
        """
        store = self._open(place)
        keyring = self._keyring(store, passphrase, recovery_code) if deep else None
        clock = self._world.clock
        control = control or FreeControl()
        with watched(clock, Progress(clock), control, on_reading, on_event) as context:
            return check_drive(context, store, keyring=keyring)

    def receive(
        self,
        places: Sequence[str],
        into: str,
        secret: AccountSecret,
        on_reading: OnReading,
        on_event: OnEvent,
        *,
        control: Control | None = None,
    ) -> Received:
        """Read drives into a container (made when missing), as the datacenter would."""
        stores = [self._open(place) for place in places]
        known = secret
        if known == AccountSecret() and "://" in into:
            known = self._world.account_secret(into.rsplit("/", 1)[0])
        landing = self._world.open_store(
            into, create=True, sas=known.sas, connection_string=known.connection_string
        )
        clock = self._world.clock
        control = control or FreeControl()
        with watched(clock, Progress(clock), control, on_reading, on_event) as context:
            return receive(context, stores, landing)

    def _open(self, place: str) -> DriveStore:
        found = self._world.containers_on(place)
        if len(found) != 1:
            names = tuple(name for _, name in found)
            raise BackupError(ErrorCode.REPOSITORY_NOT_FOUND, store=place, found=names)
        return self._world.open_drive(*found[0])

    def _keyring(
        self, store: DriveStore, passphrase: str | None, recovery_code: str | None
    ) -> Keyring:
        if passphrase is None and recovery_code is None:
            return self._keys.keyring(repository_id_of(store))
        return unlock(store, passphrase=passphrase, recovery_code=recovery_code)
