"""Azure Blob Storage: an account, and a container as an ObjectStore. Import this module late.

Loading the Azure library takes 0.2 s; `accounts` imports this module when an address is opened.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    BlobProperties,
    BlobSasPermissions,
    BlobServiceClient,
    generate_blob_sas,
)

from offline_backup_gui.adapters.stores.azure_address import Address, Secret
from offline_backup_gui.adapters.stores.azure_blobs import AzureBlobs
from offline_backup_gui.adapters.stores.azure_line import Line, Patience
from offline_backup_gui.adapters.stores.azure_trouble import AzureTrouble, service_code
from offline_backup_gui.adapters.stores.azure_upload import BLOCK_BYTES, BlockUpload
from offline_backup_gui.adapters.stores.names import (
    checked_prefix,
    is_container_name,
    is_name,
    segments,
)
from offline_backup_gui.domain.ports import Control, ObjectInfo, ObjectStore

# Older clouds and emulators lag behind; every one in use takes this version.
API_VERSION = "2025-11-05"
# The service gives the MD5 of a range only up to this size.
_RANGE_BYTES = 4 * 1024 * 1024
_READERS = 4
# A line that breaks for a minute must not end a job of days; a wrong address is told in seconds.
_RETRIES = 7
_RETRIES_AT_FIRST = 2
_PROOF_BLOB = "proof-scratch"
# Put Block From URL: 4,000 MiB, learn.microsoft.com/rest/api/storageservices, read 2026-11.
_MAX_PROOF_BYTES = 4000 * 1024 * 1024
_PROOF_TIMEOUT_S = 600
_COPY_POLLS = 600
_COPY_POLL_S = 1.0


class AzureContainer:
    """An ObjectStore, ServerSideCopy and ServerSideProof in one container."""

    def __init__(
        self,
        service: BlobServiceClient,
        address: Address,
        secret: Secret,
        wait: Callable[[float], None],
    ) -> None:
        self._container = service.get_container_client(address.container)
        self._address = address
        self._secret = secret
        self._wait = wait
        self._trouble = AzureTrouble(address, secret)
        self._checks_md5: bool | None = None

    @property
    def label(self) -> str:
        """Name the container for people: its URL without secrets."""
        return self._address.label

    def objects(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """Yield objects whose name begins with `prefix`, sorted, page by page."""
        checked_prefix(prefix)
        with self._trouble.watched():
            for blob in self._container.list_blobs(name_starts_with=prefix or None):
                if is_name(blob.name):
                    yield _info(blob)

    def read(self, name: str, offset: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object, compared with the MD5 the service sends for every range."""
        if offset < 0 or (length is not None and length < 0):
            raise ValueError("offset and length cannot be negative")
        segments(name)
        blob = self._container.get_blob_client(name)
        with self._trouble.watched(name):
            if length == 0:
                blob.get_blob_properties()
                return b""
            try:
                stream = blob.download_blob(
                    offset, length, validate_content=True, max_concurrency=_READERS
                )
                return bytes(stream.readall())
            except HttpResponseError as error:
                if error.status_code == 416:  # nothing lies at this offset
                    return b""
                raise

    def create(self, name: str, *, replace: bool = False) -> BlockUpload:
        """Begin an object, or continue one whose upload was broken."""
        segments(name)
        blob = self._container.get_blob_client(name)
        return BlockUpload(blob, self._trouble, name, replace=replace)

    def delete(self, name: str) -> None:
        """Remove an object; no trouble when it is not there."""
        segments(name)
        with self._trouble.watched(name):
            try:
                self._container.delete_blob(name)
            except ResourceNotFoundError as error:
                if service_code(error) == "ContainerNotFound":
                    raise

    def sweep(self) -> int:
        """Remove nothing: uncommitted blocks are never visible and go away after a week."""
        return 0

    def adopt(self, source: ObjectStore, info: ObjectInfo) -> None:
        """Copy one object from another container of this account; OBJECT_DAMAGED when it differs.

        An object that is here already with the same size and MD5 is not copied again, and a copy
        that is still under way is waited for.
        """
        if not isinstance(source, AzureContainer):
            raise TypeError("only a container of the same account can be copied from")
        segments(info.name)
        blob = self._container.get_blob_client(info.name)
        with self._trouble.watched(info.name):
            there = self._properties(info.name)
            if there is not None and _is_whole(there, info):
                return
            if there is None or there.copy.status != "pending":
                blob.start_copy_from_url(source.readable_url(info.name))
            copied = self._settled_copy(info.name)
        if copied.copy.status in ("failed", "aborted"):
            raise self._trouble.busy(f"copy {copied.copy.status}")
        found = _info(copied)
        if found.size_bytes != info.size_bytes or (info.md5 and found.md5 != info.md5):
            raise self._trouble.damaged(info.name, "the copy differs from what was expected")

    def prove(self, info: ObjectInfo) -> bool | None:
        """Let the service read the stored bytes and compare them with `info.md5`.

        The object is staged, inside the account, as an uncommitted block of a scratch object with
        its MD5 as x-ms-source-content-md5; the service refuses a block whose bytes differ. The
        one scratch block replaces itself, is never visible, and goes away after a week. None when
        there is no MD5, the object is too large, or the service turns out not to compare.
        """
        if not info.md5 or info.size_bytes > _MAX_PROOF_BYTES:
            return None
        if info.size_bytes == 0:
            return info.md5 == hashlib.md5(b"", usedforsecurity=False).digest()
        with self._trouble.watched(info.name):
            properties = self._container.get_blob_client(info.name).get_blob_properties()
            if properties.size != info.size_bytes:
                return False
            if self._checks_md5 is None:
                self._checks_md5 = self._refuses_wrong_md5(info.name)
            return self._has_md5(info.name, info.md5) if self._checks_md5 else None

    def exists(self) -> bool:
        """Say whether the container is there; ACCOUNT_REFUSED, ACCOUNT_UNREACHABLE."""
        with self._trouble.watched():
            try:
                # A container's own signature allows listing, but not asking for properties.
                pages = self._container.list_blobs(
                    results_per_page=1, retry_total=_RETRIES_AT_FIRST
                )
                next(pages.by_page(), None)
            except ResourceNotFoundError:
                return False
        return True

    def make(self) -> None:
        """Create the container; no trouble when it is there already."""
        with self._trouble.watched():
            try:
                self._container.create_container()
            except ResourceExistsError as error:
                if service_code(error) != "ContainerAlreadyExists":
                    raise

    def readable_url(self, name: str) -> str:
        """Give a URL the service itself can read an object by. It holds a secret: never log it."""
        blob = self._container.get_blob_client(name)
        sas = self._secret.sas or generate_blob_sas(
            account_name=self._address.account,
            container_name=self._address.container,
            blob_name=name,
            account_key=self._secret.account_key,
            permission=BlobSasPermissions(read=True),
            expiry=datetime.now(UTC) + timedelta(days=1),
        )
        return f"{blob.url.split('?')[0]}?{sas}"

    def _refuses_wrong_md5(self, name: str) -> bool:
        """Try a wrong MD5 of the first byte: where it is not refused, proofs mean nothing."""
        try:
            return not self._has_md5(name, bytes(16), length=1, retry_total=1)
        except HttpResponseError as error:
            # 501 from older emulators; 500 from Azurite 3.37 with an account signature.
            if error.status_code in (500, 501):
                return False
            raise

    def _has_md5(
        self, name: str, md5: bytes, length: int | None = None, retry_total: int = _RETRIES
    ) -> bool:
        scratch = self._container.get_blob_client(_PROOF_BLOB)
        try:
            scratch.stage_block_from_url(
                "proof",
                self.readable_url(name),
                source_offset=None if length is None else 0,
                source_length=length,
                source_content_md5=md5,
                read_timeout=_PROOF_TIMEOUT_S,
                retry_total=retry_total,
            )
        except HttpResponseError as error:
            if service_code(error) == "Md5Mismatch":
                return False
            raise
        return True

    def _properties(self, name: str) -> BlobProperties | None:
        try:
            return self._container.get_blob_client(name).get_blob_properties()
        except ResourceNotFoundError as error:
            if service_code(error) == "ContainerNotFound":
                raise
            return None

    def _settled_copy(self, name: str) -> BlobProperties:
        blob = self._container.get_blob_client(name)
        for _ in range(_COPY_POLLS):
            properties = blob.get_blob_properties()
            if properties.copy.status != "pending":
                return properties
            self._wait(_COPY_POLL_S)
        raise self._trouble.busy("a copy inside the account takes long")


class AzureAccount:
    """An Account in Azure Blob Storage, or the emulator on this computer."""

    def __init__(
        self,
        address: Address,
        secret: Secret,
        *,
        api_version: str = API_VERSION,
        retry_pause_s: float = 1,
        connection_timeout_s: float = 20,
        wait: Callable[[float], None] | None = None,
        control: Control | None = None,
    ) -> None:
        self._address = address
        self._secret = secret
        line = Line(control, connection_timeout=connection_timeout_s, read_timeout=60)
        self._wait = wait or line.sleep
        self._trouble = AzureTrouble(address, secret)
        # At debug level the transport logs whole addresses, signatures included.
        logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)
        self._service = BlobServiceClient(
            address.service_url,
            credential=_credential(address, secret),
            api_version=api_version,
            # The library's default stalls 20 s after one refusal, with a sleep nothing interrupts.
            retry_policy=Patience(line, retry_pause_s, _RETRIES),
            transport=line,
            max_single_put_size=BLOCK_BYTES,
            max_block_size=BLOCK_BYTES,
            max_single_get_size=_RANGE_BYTES,
            max_chunk_get_size=_RANGE_BYTES,
        )

    def containers(self) -> Sequence[str]:
        """Name every container, sorted; ACCOUNT_REFUSED with a container's own signature."""
        with self._trouble.watched():
            found = self._service.list_containers(retry_total=_RETRIES_AT_FIRST)
            # $root, $web and $logs are the service's own; no backup lies there.
            return sorted(str(each.name) for each in found if is_container_name(each.name))

    def container(self, name: str, *, create: bool = False) -> AzureContainer:
        """Open a container; ACCOUNT_NOT_FOUND when it is missing and not to be created."""
        address = self._address.at(name)
        container = AzureContainer(self._service, address, self._secret, self._wait)
        if not container.exists():
            if not create:
                raise AzureTrouble(address, self._secret).not_found()
            container.make()
        return container

    def _any_container(self, name: str) -> AzureContainer:
        return AzureContainer(self._service, self._address.at(name), self._secret, self._wait)

    def blobs(self) -> AzureBlobs:
        """Give the door for blobs of any name and kind."""
        return AzureBlobs(
            self._service, self._address, self._secret, self._wait, self._any_container
        )

    def close(self) -> None:
        """Close the connections."""
        self._service.close()


def _credential(address: Address, secret: Secret) -> AzureNamedKeyCredential | AzureSasCredential:
    if secret.account_key:
        return AzureNamedKeyCredential(address.account, secret.account_key)
    return AzureSasCredential(secret.sas)


def _is_whole(there: BlobProperties, info: ObjectInfo) -> bool:
    settled = there.copy.status in (None, "success")
    return settled and bool(info.md5) and _info(there) == info


def _info(blob: BlobProperties) -> ObjectInfo:
    md5 = blob.content_settings.content_md5
    return ObjectInfo(str(blob.name), int(blob.size), bytes(md5) if md5 else None)
