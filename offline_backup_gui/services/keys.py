"""Keys of repositories: made once, unlocked by passphrase or recovery code, kept as secrets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.engine.library import unlock
from offline_backup_gui.formats.keys import (
    ID_BYTES,
    KEY_BYTES,
    Keyring,
    open_with_passphrase,
    passphrase_slot,
    recovery_slot,
)
from offline_backup_gui.formats.record import (
    PASSPHRASE_SLOT,
    RECOVERY_SLOT,
    REPOSITORY,
    new_repository_record,
    read_repository_record,
)
from offline_backup_gui.services.world import World

_SMALL = 1 << 20


class Keys:
    """The only place in the services where master keys pass through."""

    def __init__(self, world: World) -> None:
        self._world = world

    def keyring(self, repository_id: str) -> Keyring:
        """Give the kept keyring of a repository; PASSPHRASE_NEEDED when none is kept."""
        master = self._world.secrets.get(_name(repository_id))
        if master is None:
            raise BackupError(ErrorCode.PASSPHRASE_NEEDED)
        return Keyring(bytes.fromhex(repository_id), master)

    def keep(self, keyring: Keyring) -> str:
        """Keep a keyring as a secret of this machine; give the repository id."""
        repository_id = keyring.repository_id.hex()
        self._world.secrets.put(_name(repository_id), keyring.master)
        return repository_id

    def create(self, passphrase: str) -> str:
        """Make a repository with fresh keys; give its id."""
        keyring = Keyring(os.urandom(ID_BYTES), os.urandom(KEY_BYTES))
        repository_id = keyring.repository_id.hex()
        created = f"{self._world.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        state = self._world.state
        state.put_key_file(repository_id, REPOSITORY, new_repository_record(keyring, created))
        state.put_key_file(repository_id, PASSPHRASE_SLOT, passphrase_slot(keyring, passphrase))
        return self.keep(keyring)

    def unlock(self, repository_id: str, passphrase: str) -> None:
        """Check a passphrase against the kept slot and keep the key; PASSPHRASE_WRONG."""
        slot = self._world.state.key_files(repository_id).get(PASSPHRASE_SLOT)
        if slot is None:
            raise BackupError(ErrorCode.PASSPHRASE_WRONG)
        self.keep(open_with_passphrase(slot, passphrase))

    def unlock_store(
        self, store: ObjectStore, *, passphrase: str | None, recovery_code: str | None
    ) -> Keyring:
        """Open a repository found in a store; without a secret, what is kept here."""
        if passphrase is None and recovery_code is None:
            record = read_repository_record(store.read(REPOSITORY, 0, _SMALL))
            return self.keyring(record.repository_id)
        return unlock(store, passphrase=passphrase, recovery_code=recovery_code)

    def adopt(self, stores: Iterable[ObjectStore], passphrase: str) -> str | None:
        """Take over the repository of the first store that has one; give its id, or None.

        This is how a computer that lost its state goes on: the truth is in account and drives.
        """
        for store in stores:
            try:
                record = read_repository_record(store.read(REPOSITORY, 0, _SMALL))
            except BackupError as error:
                if error.code is ErrorCode.OBJECT_MISSING:
                    continue
                raise
            self.keep(unlock(store, passphrase=passphrase, recovery_code=None))
            names = [REPOSITORY] + [info.name for info in store.objects("keys/")]
            for name in names:
                self._world.state.put_key_file(
                    record.repository_id, name, store.read(name, 0, _SMALL)
                )
            return record.repository_id
        return None

    def new_recovery_slot(self, repository_id: str, entropy: bytes) -> None:
        """Replace the recovery slot; the code before it opens nothing that is written from now."""
        slot = recovery_slot(self.keyring(repository_id), entropy)
        self._world.state.put_key_file(repository_id, RECOVERY_SLOT, slot)


def _name(repository_id: str) -> str:
    return f"repository-{repository_id}"


def plan_stores(world: World, plan: Plan, mounts: Iterable[str]) -> Iterator[ObjectStore]:
    """Give where a plan's repository may be: vault, landing container, drives that are there."""
    names = plan.destination
    for container in (names.vault, names.landing):
        try:
            yield world.account(plan).container(container)
        except BackupError as error:
            if error.code is not ErrorCode.ACCOUNT_NOT_FOUND:
                raise
    for mount in mounts:
        try:
            yield world.open_drive(mount, names.landing)
        except BackupError:
            continue
