"""The doors the services open; the composition root hands them in once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec
from msgspec import Struct

from offline_backup_gui.domain.decoding import json_decoder
from offline_backup_gui.domain.errors import BackupError, ErrorCode

if TYPE_CHECKING:
    from offline_backup_gui.domain.agent_door import Agents
    from offline_backup_gui.domain.azure_doors import AzureGate
    from offline_backup_gui.domain.blob_door import BlobAccount
    from offline_backup_gui.domain.book import Book
    from offline_backup_gui.domain.clouds import Clouds
    from offline_backup_gui.domain.device_layout import Layout
    from offline_backup_gui.domain.drive import Drive
    from offline_backup_gui.domain.file_ports import Files
    from offline_backup_gui.domain.findings import Finding
    from offline_backup_gui.domain.geography import Geography
    from offline_backup_gui.domain.job import JobId
    from offline_backup_gui.domain.papers import PaperPress
    from offline_backup_gui.domain.plan import Plan
    from offline_backup_gui.domain.ports import (
        Account,
        Clock,
        Control,
        DriveHints,
        DriveSource,
        DriveStore,
        MachineLog,
        MailPost,
        ObjectStore,
        PowerGuard,
        Scheduler,
        SecretStore,
        ShadowCopies,
        SweptStore,
    )
    from offline_backup_gui.domain.preparing import Preparer
    from offline_backup_gui.domain.private_door import PrivateFiles
    from offline_backup_gui.domain.staging import StagingDoor
    from offline_backup_gui.domain.state import State
    from offline_backup_gui.domain.updates import UpdateDoor


class AccountSecret(Struct, frozen=True):
    """What opens a storage account; at most one of the two is given."""

    sas: str | None = None
    connection_string: str | None = None

    def __repr__(self) -> str:
        """Show nothing."""
        return "AccountSecret(…)"


class OpenAccount(Protocol):
    """Opens an account by URL or folder."""

    def __call__(
        self,
        account: str,
        *,
        sas: str | None = None,
        connection_string: str | None = None,
        control: Control | None = None,
    ) -> Account:
        """Give the account; it is asked only when a container is opened."""


class OpenStore(Protocol):
    """Opens one container by URL, folder or drive path."""

    def __call__(
        self,
        store: str,
        *,
        create: bool = False,
        sas: str | None = None,
        connection_string: str | None = None,
        control: Control | None = None,
    ) -> SweptStore:
        """Give the container; `create` makes a missing one."""


class OpenBlobs(Protocol):
    """Opens an account for blobs of any name and kind."""

    def __call__(
        self,
        account: str,
        *,
        sas: str | None = None,
        connection_string: str | None = None,
        control: Control | None = None,
    ) -> BlobAccount | None:
        """Give the account; None when it is a folder, or the address of one container."""


class World(Struct, frozen=True):
    """Everything outside the rules, behind ports; `command` starts our command line."""

    folder: Path
    state: State
    secrets: SecretStore
    clock: Clock
    geography: Geography
    passphrase_words: Sequence[str]
    press: Callable[[], PaperPress]
    drive_source: DriveSource
    drive_hints: Callable[[], DriveHints]
    drive_at: Callable[[str, Sequence[Drive]], Drive]
    make_folder_drive: Callable[[str, int | None], Drive]
    open_drive: Callable[[str, str], DriveStore]
    open_mirror: Callable[[str, str], DriveStore]
    open_root: Callable[[str], DriveStore]
    containers_on: Callable[[str], Sequence[tuple[str, str]]]
    mirrors_on: Callable[[str], Sequence[tuple[str, str]]]
    release: Callable[[str], Sequence[Finding]]
    preparer: Callable[[], Preparer]
    open_account: OpenAccount
    open_store: OpenStore
    open_blobs: OpenBlobs
    layout_at: Callable[[str], Layout | None]
    open_book: Callable[[Path], Book]
    open_spool: Callable[[Path], SweptStore]
    power: Callable[[], PowerGuard]
    shadow_copies: ShadowCopies
    log: MachineLog
    scheduler: Scheduler
    post: Callable[[], MailPost]
    files: Files
    staging: StagingDoor
    command: Sequence[str]
    spawn: Callable[[JobId], None]
    denied: Callable[[Path, Path], AbstractContextManager[bool]]
    updates: UpdateDoor
    jobs_outlive_session: bool
    clouds: Callable[[], Clouds]
    azure: AzureGate
    azure_secrets: SecretStore
    price_table: Path
    agents: Agents
    private_files: PrivateFiles

    # --- repositories: one folder each below the state folder

    def repository_folder(self, repository_id: str) -> Path:
        """Give the folder of a repository's book."""
        return self.folder / "repositories" / repository_id

    def book(self, repository_id: str) -> Book:
        """Open the book of a repository."""
        return self.open_book(self.repository_folder(repository_id) / "book.db")

    def mirror_folder(self, mirror_id: str) -> Path:
        """Give the folder of what is known about drives that carry a plan's files as they are."""
        return self.folder / "mirrors" / mirror_id

    # --- secrets of accounts

    def account_secret(self, account: str) -> AccountSecret:
        """Give what is kept for an account, or nothing."""
        kept = self.secrets.get(_account_name(account))
        return json_decoder(AccountSecret).decode(kept) if kept else AccountSecret()

    def keep_account_secret(self, account: str, secret: AccountSecret) -> None:
        """Keep what opens an account."""
        if secret != AccountSecret():
            self.secrets.put(_account_name(account), msgspec.json.encode(secret))

    def account(self, plan: Plan, control: Control | None = None) -> Account:
        """Open the account of a plan with what is kept for it; a job gives its control."""
        account = plan.destination.account
        if not account:
            raise BackupError(ErrorCode.ACCOUNT_NOT_FOUND, account="")
        secret = self.account_secret(account)
        return self.open_account(
            account, sas=secret.sas, connection_string=secret.connection_string, control=control
        )

    def store(
        self, store: str, secret: AccountSecret | None = None, control: Control | None = None
    ) -> ObjectStore:
        """Open a STORE argument with a given secret, or with what is kept for its account."""
        found = secret or AccountSecret()
        if found == AccountSecret() and "://" in store:
            found = self.account_secret(store.rsplit("/", 1)[0])
        return self.open_store(
            store, sas=found.sas, connection_string=found.connection_string, control=control
        )


def _account_name(account: str) -> str:
    """Name an account's secret; the name itself tells nothing."""
    plain = account.rstrip("/").encode()
    return "account-" + hashlib.blake2b(plain, digest_size=12).hexdigest()
