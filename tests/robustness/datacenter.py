"""A datacenter that reads drives into an account badly: a folder account, or the blob server."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pytest
from azure.storage.blob import ContentSettings

from offline_backup_gui.adapters.stores.accounts import open_account
from offline_backup_gui.adapters.stores.azure import AzureAccount
from offline_backup_gui.adapters.stores.folder_account import FolderAccount, FolderContainer
from offline_backup_gui.domain.ports import Account
from offline_backup_gui.services.world import AccountSecret
from tests.adapters.stores.fault_proxy import FaultProxy, running_proxy
from tests.azurite_server import Azurite


class Datacenter(Protocol):
    """An account whose objects can be spoilt, and which counts what is sent to it."""

    address: str
    secret: AccountSecret
    account: Account

    def spoil(self, container: str, name: str, data: bytes, md5: bytes | None) -> None:
        """Replace an object; its stored MD5 says `md5`, or what these bytes have."""

    def forget(self) -> None:
        """Begin to count anew."""

    @property
    def sent_bytes(self) -> int:
        """Give what came over the line; copies inside the account do not."""


class FolderDatacenter:
    """A folder that stands for an account."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.address, self.secret = str(folder), AccountSecret()
        self._folder = folder
        folder.mkdir()
        self.account: Account = FolderAccount(folder)
        self._sent, self._lock, self._inside = 0, threading.Lock(), threading.local()
        self._count(patch)

    def _count(self, patch: pytest.MonkeyPatch) -> None:
        create, adopt = FolderContainer.create, FolderContainer.adopt

        def created(store: FolderContainer, name: str, *, replace: bool = False) -> Any:
            writer = create(store, name, replace=replace)
            if not getattr(self._inside, "copies", False):
                write = writer.write

                def counted(data: bytes | bytearray | memoryview) -> None:
                    with self._lock:
                        self._sent += len(data)
                    write(data)

                vars(writer)["write"] = counted
            return writer

        def adopted(store: FolderContainer, *arguments: Any) -> None:
            self._inside.copies = True
            try:
                adopt(store, *arguments)
            finally:
                self._inside.copies = False

        patch.setattr(FolderContainer, "create", created)
        patch.setattr(FolderContainer, "adopt", adopted)

    def spoil(self, container: str, name: str, data: bytes, md5: bytes | None) -> None:
        (self._folder / container / name).write_bytes(data)
        said = md5 or hashlib.md5(data, usedforsecurity=False).digest()
        property_file = self._folder / container / ".properties" / f"{name}.md5"
        assert property_file.exists()
        property_file.write_text(said.hex() + "\n")

    def forget(self) -> None:
        self._sent = 0

    @property
    def sent_bytes(self) -> int:
        return self._sent


class BlobDatacenter:
    """The blob server of the tests, behind a proxy that counts."""

    def __init__(self, server: Azurite, proxy: FaultProxy) -> None:
        behind = server.behind(proxy.root)
        self.address = behind.url
        self.secret = AccountSecret(connection_string=behind.connection_string)
        self._proxy = proxy
        opened = open_account(self.address, connection_string=behind.connection_string)
        assert isinstance(opened, AzureAccount)
        self.account: Account = opened
        self._service = opened._service

    def spoil(self, container: str, name: str, data: bytes, md5: bytes | None) -> None:
        said = md5 or hashlib.md5(data, usedforsecurity=False).digest()
        settings = ContentSettings(content_md5=bytearray(said))
        blob = self._service.get_blob_client(container, name)
        blob.upload_blob(data, overwrite=True)
        blob.set_http_headers(settings)

    def forget(self) -> None:
        self._proxy.forget()

    @property
    def sent_bytes(self) -> int:
        return sum(seen.size_bytes for seen in self._proxy.seen)

    def clear(self) -> None:
        for name in self.account.containers():
            self._service.delete_container(name)
        self._service.close()


@contextmanager
def blob_datacenter(server: Azurite) -> Iterator[BlobDatacenter]:
    """Give the blob server behind a counting proxy, empty again at the end."""
    with running_proxy(server.root) as proxy:
        center = BlobDatacenter(server, proxy)
        try:
            yield center
        finally:
            center.clear()
