"""The store contract on folders, drives and memory; Azure has its own file and server."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.folder_account import FolderAccount
from offline_backup_gui.adapters.stores.practice import make_practice_drive
from offline_backup_gui.domain.ports import Account, DriveStore, ObjectStore
from tests.adapters.stores.contract import StoreContract
from tests.fakes import MemoryAccount, MemoryStore


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> ObjectStore:
        return MemoryStore()


class TestMemoryDrive(StoreContract):
    @pytest.fixture
    def store(self) -> DriveStore:
        return MemoryStore(keeps_md5=False)

    @pytest.fixture
    def keeps_md5(self) -> bool:
        return False


class TestMemoryAccount(StoreContract):
    @pytest.fixture
    def store(self) -> ObjectStore:
        account: Account = MemoryAccount()
        return account.container("landing", create=True)


class TestFolderStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        return FolderStore(tmp_path)

    @pytest.fixture
    def keeps_md5(self) -> bool:
        return False


class TestFolderWithoutDescriptors(StoreContract):
    """The way Windows goes: by paths, since it cannot open folders."""

    @pytest.fixture
    def store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        monkeypatch.setattr("offline_backup_gui.adapters.stores.held._HAS_DESCRIPTORS", False)
        return FolderAccount(tmp_path).container("landing", create=True)


class TestFolderWithoutHardLinks(StoreContract):
    """The way FAT and exFAT go."""

    @pytest.fixture
    def store(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", refuse)
        return FolderAccount(tmp_path).container("landing", create=True)


class TestFolderAccount(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> ObjectStore:
        account: Account = FolderAccount(tmp_path / "account")
        return account.container("landing", create=True)


class TestFolderDrive(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DriveStore:
        return FolderDriveStore(tmp_path, "branch-042")

    @pytest.fixture
    def keeps_md5(self) -> bool:
        return False


class TestPracticeDrive(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> DriveStore:
        make_practice_drive(tmp_path, 64_000_000)
        return FolderDriveStore(tmp_path, "branch-042")

    @pytest.fixture
    def keeps_md5(self) -> bool:
        return False
