"""Opens the key of a repository in a store. It loads little: stretching comes before the rest."""

from __future__ import annotations

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.formats.keys import Keyring, open_with_passphrase, open_with_recovery_code
from offline_backup_gui.formats.record import (
    PASSPHRASE_SLOT,
    RECOVERY_SLOT,
    REPOSITORY,
    check_repository_tag,
    read_repository_record,
)
from offline_backup_gui.formats.recovery_code import entropy_of

_SMALL = 1 << 20


def repository_id_of(store: ObjectStore) -> str:
    """Give the id (hex) of the repository in a store; REPOSITORY_NOT_FOUND when there is none."""
    try:
        return read_repository_record(store.read(REPOSITORY, 0, _SMALL)).repository_id
    except BackupError as error:
        if error.code is ErrorCode.OBJECT_MISSING:
            raise BackupError(ErrorCode.REPOSITORY_NOT_FOUND, store=store.label) from error
        raise


def unlock(store: ObjectStore, *, passphrase: str | None, recovery_code: str | None) -> Keyring:
    """Open a key slot of a store with a passphrase or a recovery code."""
    record = read_repository_record(store.read(REPOSITORY, 0, _SMALL))
    if recovery_code is not None:
        entropy = entropy_of(recovery_code)  # a slip of the pen is told before anything is read
        keyring = open_with_recovery_code(_recovery_slot(store), entropy)
    elif passphrase is not None:
        keyring = open_with_passphrase(store.read(PASSPHRASE_SLOT, 0, _SMALL), passphrase)
    else:
        raise BackupError(ErrorCode.PASSPHRASE_NEEDED)
    check_repository_tag(keyring, record)
    return keyring


def _recovery_slot(store: ObjectStore) -> bytes:
    try:
        return store.read(RECOVERY_SLOT, 0, _SMALL)
    except BackupError as error:
        if error.code is not ErrorCode.OBJECT_MISSING:
            raise
        # Written before the kit was made: no code opens this store.
        raise BackupError(ErrorCode.RECOVERY_CODE_WRONG) from error
