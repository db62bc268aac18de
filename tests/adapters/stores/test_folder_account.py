"""Folder accounts: stored MD5s that can lie, copies and proofs inside the account."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.folder_account import FolderAccount, FolderContainer
from offline_backup_gui.adapters.stores.trouble import Kind
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import (
    Account,
    ObjectInfo,
    ObjectStore,
    ServerSideCopy,
    ServerSideProof,
)
from tests.adapters.stores.contract import code_of, md5_of, names, put
from tests.fakes import MemoryAccount


@pytest.fixture
def landing(tmp_path: Path) -> FolderContainer:
    return FolderAccount(tmp_path).container("landing", create=True)


@pytest.fixture
def vault(tmp_path: Path) -> FolderContainer:
    return FolderAccount(tmp_path).container("vault", create=True)


def test_a_flipped_bit_does_not_change_the_stored_md5(landing: FolderContainer) -> None:
    put(landing, "packs/aa/one", b"hello")
    path = landing.root / "packs" / "aa" / "one"
    path.write_bytes(b"hellp")
    info = ObjectInfo("packs/aa/one", 5, md5_of(b"hello"))
    assert list(landing.objects()) == [info]
    assert landing.prove(info) is False
    path.write_bytes(b"hello")
    assert landing.prove(info) is True
    assert landing.prove(ObjectInfo("packs/aa/one", 6, info.md5)) is False
    assert landing.prove(ObjectInfo("packs/aa/one", 5)) is None


def test_an_object_put_there_by_hand_has_no_stored_md5(landing: FolderContainer) -> None:
    (landing.root / "one").write_bytes(b"hello")
    (landing.root / ".properties").mkdir()
    (landing.root / ".properties" / "one.md5").write_text("not an md5")
    assert list(landing.objects()) == [ObjectInfo("one", 5)]
    put(landing, "one", b"other", replace=True)
    assert list(landing.objects()) == [ObjectInfo("one", 5, md5_of(b"other"))]


@pytest.mark.parametrize("step", ["forget_md5", "store_md5"])
def test_a_crash_while_replacing_never_leaves_another_objects_md5(
    landing: FolderContainer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    put(landing, "one", b"old")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"offline_backup_gui.adapters.stores.properties.{step}", crash)
    with pytest.raises(KeyboardInterrupt):
        put(landing, "one", b"new", replace=True)
    (info,) = landing.objects()
    assert info.md5 in (None, md5_of(landing.read("one")))


def test_deleting_forgets_the_stored_md5(landing: FolderContainer) -> None:
    put(landing, "one", b"hello")
    landing.delete("one")
    (landing.root / "one").write_bytes(b"other")
    assert list(landing.objects()) == [ObjectInfo("one", 5)]


def test_an_object_is_adopted_with_its_md5_as_a_copy_of_its_own(
    landing: FolderContainer, vault: FolderContainer
) -> None:
    taker: ServerSideCopy = vault
    prover: ServerSideProof = vault
    put(landing, "packs/aa/one", b"hello" * 2_000_000)
    (info,) = landing.objects()
    taker.adopt(landing, info)
    assert list(vault.objects()) == [info]
    (landing.root / "packs" / "aa" / "one").write_bytes(b"damage")
    assert prover.prove(info) is True
    taker.adopt(landing, info)  # here already, so the damaged source is not read


def test_adopting_a_damaged_object_is_told_and_leaves_nothing(
    landing: FolderContainer, vault: FolderContainer
) -> None:
    put(landing, "one", b"hello")
    (info,) = landing.objects()
    for damaged in (b"hellp", b"hell", b"hello!"):
        (landing.root / "one").write_bytes(damaged)
        with pytest.raises(BackupError) as caught:
            vault.adopt(landing, info)
        assert code_of(caught) is ErrorCode.OBJECT_DAMAGED
    landing.delete("one")
    with pytest.raises(BackupError) as caught:
        vault.adopt(landing, info)
    assert code_of(caught) is ErrorCode.OBJECT_MISSING
    assert names(vault) == []
    assert [path.name for path in vault.root.iterdir()] == []


@pytest.mark.parametrize("make", [FolderAccount, lambda _: MemoryAccount()])
def test_containers_are_made_and_named(tmp_path: Path, make: Callable[[Path], Account]) -> None:
    account = make(tmp_path)
    with pytest.raises(BackupError) as caught:
        account.container("landing")
    assert code_of(caught) is ErrorCode.ACCOUNT_NOT_FOUND
    assert caught.value.parameters["container"] == "landing"
    store: ObjectStore = account.container("vault", create=True)
    put(store, "one", b"x")
    account.container("landing", create=True)
    assert list(account.containers()) == ["landing", "vault"]
    assert names(account.container("vault", create=True)) == ["one"]


def test_only_folders_with_legal_names_are_containers(tmp_path: Path) -> None:
    (tmp_path / "not_legal").mkdir()
    (tmp_path / "file").write_text("")
    FolderAccount(tmp_path).container("landing", create=True)
    assert FolderAccount(tmp_path).containers() == ["landing"]
    with pytest.raises(BackupError) as caught:
        FolderAccount(tmp_path).container("../other", create=True)
    assert code_of(caught) is ErrorCode.CONTAINER_NAME_NOT_ALLOWED
    assert caught.value.parameters["suggestion"] == "other"


def test_an_account_folder_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(BackupError) as caught:
        FolderAccount(tmp_path / "nowhere").containers()
    assert code_of(caught) is ErrorCode.ACCOUNT_NOT_FOUND


def test_an_account_folder_that_went_away_is_unreachable(landing: FolderContainer) -> None:
    writer = landing.create("one")
    shutil.rmtree(landing.root)
    attempts = (writer.commit, lambda: names(landing), lambda: landing.create("two"))
    for attempt in attempts:
        with pytest.raises(BackupError) as caught:
            attempt()
        assert code_of(caught) is ErrorCode.ACCOUNT_UNREACHABLE
        assert caught.value.parameters["account"] == landing.label


def test_a_closed_account_folder_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = FolderStore(tmp_path, kind=Kind.ACCOUNT)

    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(BackupError) as caught:
        store.create("one")
    monkeypatch.undo()
    assert code_of(caught) is ErrorCode.ACCOUNT_REFUSED
    assert caught.value.parameters["reason"] == "Permission denied"
