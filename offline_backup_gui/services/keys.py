"""Keys of repositories: made once, unlocked by passphrase or recovery code, kept as secrets."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.engine.unlocking import repository_id_of, unlock
from offline_backup_gui.formats.keys import (
    ID_BYTES,
    KEY_BYTES,
    Keyring,
    open_with_passphrase,
    open_with_recovery_code,
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
from offline_backup_gui.formats.recovery_code import entropy_of
from offline_backup_gui.services.world import World

_SMALL = 1 << 20


class Secret(Struct, frozen=True):
    """What opens a repository; at most one of the two is given."""

    passphrase: str | None = None
    recovery_code: str | None = None

    @property
    def given(self) -> bool:
        """Say whether there is one."""
        return self.passphrase is not None or self.recovery_code is not None


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

    def unlock(self, repository_id: str, secret: Secret) -> None:
        """Check a secret against the kept slot and keep the key; PASSPHRASE_WRONG and the like."""
        files = self._world.state.key_files(repository_id)
        slot = files.get(RECOVERY_SLOT if secret.recovery_code else PASSPHRASE_SLOT)
        if secret.recovery_code is not None:
            entropy = entropy_of(secret.recovery_code)
            if slot is None:
                raise BackupError(ErrorCode.RECOVERY_CODE_WRONG)
            self.keep(open_with_recovery_code(slot, entropy))
        elif slot is None or secret.passphrase is None:
            raise BackupError(ErrorCode.PASSPHRASE_WRONG)
        else:
            self.keep(open_with_passphrase(slot, secret.passphrase))

    def unlock_store(
        self, store: ObjectStore, *, passphrase: str | None, recovery_code: str | None
    ) -> Keyring:
        """Open a repository found in a store; without a secret, what is kept here."""
        if passphrase is None and recovery_code is None:
            record = read_repository_record(store.read(REPOSITORY, 0, _SMALL))
            return self.keyring(record.repository_id)
        return unlock(store, passphrase=passphrase, recovery_code=recovery_code)

    def found_in(self, store: ObjectStore) -> str | None:
        """Give the id of the repository in a store, or None."""
        try:
            return repository_id_of(store)
        except BackupError as error:
            if error.code is not ErrorCode.REPOSITORY_NOT_FOUND:
                raise
            return None

    def adopt(self, store: ObjectStore, secret: Secret) -> Keyring:
        """Take over the repository of a store: its key and its key files.

        This is how a computer that lost its state goes on: the truth is in account and drives.
        PASSPHRASE_WRONG, RECOVERY_CODE_WRONG.
        """
        keyring = unlock(store, passphrase=secret.passphrase, recovery_code=secret.recovery_code)
        repository_id = self.keep(keyring)
        for name in [REPOSITORY] + [info.name for info in store.objects("keys/")]:
            self._world.state.put_key_file(repository_id, name, store.read(name, 0, _SMALL))
        return keyring

    def new_recovery_slot(self, repository_id: str, entropy: bytes) -> None:
        """Replace the recovery slot; the code before it opens nothing that is written from now."""
        slot = recovery_slot(self.keyring(repository_id), entropy)
        self._world.state.put_key_file(repository_id, RECOVERY_SLOT, slot)


def _name(repository_id: str) -> str:
    return f"repository-{repository_id}"


def assert_same_repository(store: ObjectStore, repository_id: str) -> None:
    """Refuse a container that holds another repository; REPOSITORY_DIFFERENT.

    A damaged record is left to the check that compares every byte.
    """
    try:
        found = repository_id_of(store)
    except BackupError as error:
        if error.code in (ErrorCode.FORMAT_NEWER, *_WAYS_IN):
            raise
        return
    if found != repository_id:
        raise BackupError(ErrorCode.REPOSITORY_DIFFERENT, name=store.label)


# What keeps a store closed for now; it says nothing about what is in it.
_WAYS_IN = frozenset(
    {
        ErrorCode.ACCOUNT_SECRET_NEEDED,
        ErrorCode.ACCOUNT_REFUSED,
        ErrorCode.ACCOUNT_EXPIRED,
        ErrorCode.ACCOUNT_UNREACHABLE,
        ErrorCode.ACCOUNT_BUSY,
    }
)


def plan_containers(world: World, plan: Plan, *, needed: bool) -> Iterator[ObjectStore]:
    """Give the containers where a plan's repository may be: vault, then landing.

    Unless the account is `needed`, one that cannot be reached now is passed over: drives can be
    filled without it.
    """
    names = plan.destination
    for container in (names.vault, names.landing):
        try:
            store = world.account(plan).container(container)
            next(iter(store.objects("keys/")), None)
        except BackupError as error:
            closed = error.code in _WAYS_IN and not needed
            if error.code is not ErrorCode.ACCOUNT_NOT_FOUND and not closed:
                raise
            continue
        yield store


def plan_drives(
    world: World, plan: Plan, mounts: Iterable[str]
) -> Iterator[tuple[str, ObjectStore]]:
    """Give the drives that are there, with their places."""
    for mount in mounts:
        try:
            yield mount, world.open_drive(mount, plan.destination.landing)
        except BackupError:
            continue
