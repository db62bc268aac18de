"""Any blob of an account in Azure Blob Storage, of either kind. Import this module late.

A block blob appears when its blocks are committed. A page blob is there as soon as its first page
is, so it is written under a name of its own and copied inside the account when it is whole.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from azure.core import MatchConditions
from azure.core.exceptions import (
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.storage.blob import (
    BlobBlock,
    BlobClient,
    BlobProperties,
    BlobSasPermissions,
    BlobServiceClient,
    BlobType,
    ContainerClient,
    ContentSettings,
    StandardBlobTier,
    generate_blob_sas,
)

from offline_backup_gui.adapters.stores.azure_address import Address, Secret
from offline_backup_gui.adapters.stores.azure_trouble import AzureTrouble, service_code
from offline_backup_gui.domain.blob_door import BlobSeen, NewBlob
from offline_backup_gui.domain.drive_manifest import BlobKind
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import ObjectInfo

INCOMING = "offline-backup-incoming-"
_KINDS = {BlobType.BLOCKBLOB: BlobKind.BLOCK, BlobType.PAGEBLOB: BlobKind.PAGE}
_HEADERS = {
    "Content-Type": "content_type",
    "Content-Encoding": "content_encoding",
    "Content-Language": "content_language",
    "Cache-Control": "cache_control",
}
_COPY_POLLS, _COPY_POLL_S = 3600, 1.0


class Prover(Protocol):
    """Whatever lets the service compare an object with its MD5; None when it cannot."""

    def prove(self, info: ObjectInfo) -> bool | None:
        """Compare."""


class AzureBlobs:
    """A BlobAccount in Azure or the emulator."""

    def __init__(
        self,
        service: BlobServiceClient,
        address: Address,
        secret: Secret,
        wait: Callable[[float], None],
        provers: Callable[[str], Prover] | None = None,
    ) -> None:
        self._service, self._address, self._secret = service, address, secret
        self._provers: Callable[[str], Prover] | None = provers
        self._prover_of: dict[str, Prover] = {}
        self._wait = wait
        self._trouble = AzureTrouble(address, secret)

    @property
    def label(self) -> str:
        """Name the account for people."""
        return self._address.label

    def make_container(self, name: str) -> None:
        """Make a container; no trouble when it is there."""
        with self._trouble.watched():
            try:
                self._service.create_container(name)
            except ResourceExistsError as error:
                if service_code(error) != "ContainerAlreadyExists":
                    raise

    def blobs(self, container: str) -> Iterator[BlobSeen]:
        """Yield every blob, but not the page blobs of ours that are still being written."""
        with self._trouble.watched():
            try:
                for blob in self._service.get_container_client(container).list_blobs(
                    include=["copy"]
                ):
                    kind = _KINDS.get(blob.blob_type)
                    if not blob.name.startswith(INCOMING):
                        yield _seen(blob, kind or BlobKind.BLOCK)
            except ResourceNotFoundError:
                return

    def blob(self, container: str, name: str) -> BlobSeen | None:
        """Look at one blob; None when it is not there."""
        with self._trouble.watched(name):
            try:
                found = self._service.get_blob_client(container, name).get_blob_properties()
            except ResourceNotFoundError:
                return None
        return _seen(found, _KINDS.get(found.blob_type) or BlobKind.BLOCK)

    def settled(self, container: str, name: str) -> BlobSeen | None:
        """Look at one blob when no copy fills it any more."""
        seen = self.blob(container, name)
        if seen is None or seen.whole:
            return seen
        with self._trouble.watched(name):
            _copied(self._service.get_blob_client(container, name), self._wait, self._trouble)
        return self.blob(container, name)

    def has_bytes(self, container: str, name: str, size_bytes: int, md5: bytes) -> bool:
        """Let the service compare the stored bytes, or read them where it does not."""
        try:
            proof = self._proof(container, ObjectInfo(name, size_bytes, md5))
            return self._read(container, name, size_bytes) == md5 if proof is None else proof
        except BackupError as error:
            if error.code not in (ErrorCode.OBJECT_MISSING, ErrorCode.OBJECT_DAMAGED):
                raise
            return False

    def _proof(self, container: str, info: ObjectInfo) -> bool | None:
        if self._provers is None:
            return None
        if container not in self._prover_of:
            self._prover_of[container] = self._provers(container)
        return self._prover_of[container].prove(info)

    def _read(self, container: str, name: str, size_bytes: int) -> bytes:
        """Read a blob to its end and give its MD5; nothing when it is not of that size."""
        md5, count = hashlib.md5(usedforsecurity=False), 0
        with self._trouble.watched(name):
            blob = self._service.get_blob_client(container, name)
            try:
                # The library would compare with the MD5 the blob claims, and blame the line.
                for piece in blob.download_blob(validate_content=False).chunks():
                    md5.update(piece)
                    count += len(piece)
            except ResourceNotFoundError:
                return b""
        return md5.digest() if count == size_bytes else b""

    def upload(self, new: NewBlob) -> BlockBlobUpload | PageBlobUpload:
        """Begin a blob."""
        blob = self._service.get_blob_client(new.container, new.name)
        if new.kind is BlobKind.BLOCK:
            return BlockBlobUpload(blob, self._trouble, new)
        digest = hashlib.sha1(new.fingerprint.encode(), usedforsecurity=False).hexdigest()
        incoming = self._service.get_blob_client(new.container, INCOMING + digest)
        return PageBlobUpload(
            blob, incoming, self._trouble, new, lambda: self._url(incoming), self._wait
        )

    def sweep(self, container: str) -> int:
        """Remove page blobs that no upload finished and no pending copy reads."""
        client, count = self._service.get_container_client(container), 0
        with self._trouble.watched():
            left = list(client.list_blobs(name_starts_with=INCOMING))
            read = _pending_sources(client) if left else set()
            for blob in left:
                if blob.name not in read:
                    client.delete_blob(blob.name)
                    count += 1
        return count

    def _url(self, blob: BlobClient) -> str:
        """Give a URL the service itself can read a blob by. It holds a secret: never log it."""
        sas = self._secret.sas or generate_blob_sas(
            account_name=self._address.account,
            container_name=blob.container_name,
            blob_name=blob.blob_name,
            account_key=self._secret.account_key,
            permission=BlobSasPermissions(read=True),
            expiry=datetime.now(UTC) + timedelta(days=7),
        )
        return f"{blob.url.split('?')[0]}?{sas}"


class BlockBlobUpload:
    """A block blob; a single small block is sent and committed in one request."""

    def __init__(self, blob: BlobClient, trouble: AzureTrouble, new: NewBlob) -> None:
        self._blob, self._trouble, self._new = blob, trouble, new
        self._held: tuple[bytes, str | None] | None = None
        self._blocks: list[str] = []
        self._there: dict[str, int] | None = None

    def piece(self, offset: int, data: bytes, block_id: str | None = None) -> None:
        """Stage a block; the first waits, because it may be the only one."""
        del offset
        if self._held is None and not self._blocks:
            self._held = (data, block_id)
            return
        self._release()
        self._stage(data, block_id)

    def finish(self, md5: bytes) -> None:
        """Commit; OBJECT_EXISTS when somebody else has the name."""
        with self._trouble.watched(self._new.name):
            if self._held is not None and self._held[1] is None:
                self._put(self._held[0], md5)
            elif self._held is None and not self._blocks:
                self._put(b"", md5)
            else:
                self._release()
                self._commit(md5)
        self._held = None

    def abort(self) -> None:
        """Do nothing: blocks without a commit are never visible and go away after a week."""

    def _put(self, data: bytes, md5: bytes) -> None:
        self._blob.upload_blob(
            data,
            overwrite=self._new.replace,
            validate_content="md5",
            content_settings=_settings(self._new, md5),
            metadata=dict(self._new.metadata) or None,
            standard_blob_tier=_tier(self._new),
        )

    def _commit(self, md5: bytes) -> None:
        self._blob.commit_block_list(
            [BlobBlock(each) for each in self._blocks],
            validate_content=True,
            content_settings=_settings(self._new, md5),
            metadata=dict(self._new.metadata) or None,
            standard_blob_tier=_tier(self._new),
            match_condition=None if self._new.replace else MatchConditions.IfMissing,
        )

    def _release(self) -> None:
        if self._held is not None:
            (data, block_id), self._held = self._held, None
            self._stage(data, block_id)

    def _stage(self, data: bytes, block_id: str | None) -> None:
        with self._trouble.watched(self._new.name):
            if self._there is None:
                self._there = self._uncommitted() if self._new.resumed else {}
            own = _own_id(self._blocks, data)
            given = _plain_id(block_id) or own
            # Only an identifier of ours holds the MD5; a manifest's own is a mere counter, the same
            # for the files of two drives, and says nothing about the bytes that are staged.
            if given != own or self._there.get(own) != len(data):
                self._blob.stage_block(given, data, validate_content="md5")
            self._blocks.append(given)

    def _uncommitted(self) -> dict[str, int]:
        try:
            _, found = self._blob.get_block_list("uncommitted")
        except ResourceNotFoundError:
            return {}
        return {block.id: block.size for block in found}


class PageBlobUpload:
    """A page blob, written beside its name and copied there inside the account."""

    def __init__(
        self,
        blob: BlobClient,
        incoming: BlobClient,
        trouble: AzureTrouble,
        new: NewBlob,
        url: Callable[[], str],
        wait: Callable[[float], None],
    ) -> None:
        self._blob, self._incoming = blob, incoming
        self._trouble, self._new, self._url, self._wait = trouble, new, url, wait
        self._ready = threading.Event()
        self._there: list[tuple[int, int]] = []

    def piece(self, offset: int, data: bytes, block_id: str | None = None) -> None:
        """Write a range, unless an earlier run did."""
        del block_id
        with self._trouble.watched(self._new.name):
            self._begin()
            end = offset + len(data)
            if any(start <= offset and end <= stop for start, stop in self._there):
                return
            self._incoming.upload_page(data, offset=offset, length=len(data), validate_content=True)

    def finish(self, md5: bytes) -> None:
        """Copy the whole blob to its name; OBJECT_EXISTS when somebody else has it."""
        with self._trouble.watched(self._new.name):
            self._begin()
            self._incoming.set_http_headers(_settings(self._new, md5))
            condition = None if self._new.replace else MatchConditions.IfMissing
            self._blob.start_copy_from_url(self._url(), match_condition=condition)
            self._settle()
            self._incoming.delete_blob()

    def abort(self) -> None:
        """Leave it: what is there already need not be sent again by the next run."""

    def _begin(self) -> None:
        if self._ready.is_set():
            return
        there = self._size_there() if self._new.resumed else None
        if there == self._new.size_bytes:
            self._there = [
                (each.start or 0, (each.end or 0) + 1)
                for each in self._incoming.list_page_ranges()
                if not each.cleared
            ]
        else:
            self._incoming.create_page_blob(
                self._new.size_bytes, metadata=dict(self._new.metadata) or None
            )
        self._ready.set()

    def _size_there(self) -> int | None:
        try:
            return int(self._incoming.get_blob_properties().size)
        except ResourceNotFoundError:
            return None

    def _settle(self) -> None:
        status = _copied(self._blob, self._wait, self._trouble)
        if status != "success":
            raise self._trouble.busy(f"copy {status}")


def _copied(blob: BlobClient, wait: Callable[[float], None], trouble: AzureTrouble) -> str:
    """Wait until no copy fills a blob any more; gives what became of it."""
    for _ in range(_COPY_POLLS):
        status = blob.get_blob_properties().copy.status
        if status != "pending":
            return str(status)
        wait(_COPY_POLL_S)
    raise trouble.busy("copy pending")


def _pending_sources(client: ContainerClient) -> set[str]:
    """Give the names of page blobs of ours that a copy still reads."""
    pending = (each.copy for each in client.list_blobs(include=["copy"]))
    return {
        urlsplit(copy.source or "").path.rsplit("/", 1)[-1]
        for copy in pending
        if copy.status == "pending"
    }


def _seen(blob: BlobProperties, kind: BlobKind) -> BlobSeen:
    md5 = blob.content_settings.content_md5
    whole = blob.copy.status in (None, "success")
    return BlobSeen(
        str(blob.name),
        kind,
        int(blob.size),
        bytes(md5) if md5 else b"",
        whole,
        leased=blob.lease.status == "locked",
        archived=blob.blob_tier == "Archive",
    )


def _settings(new: NewBlob, md5: bytes) -> ContentSettings:
    given = {_HEADERS[name]: value for name, value in new.headers.items() if name in _HEADERS}
    given.setdefault("content_type", "application/octet-stream")
    return ContentSettings(**given, content_md5=bytearray(md5))


def _tier(new: NewBlob) -> StandardBlobTier | None:
    return StandardBlobTier(new.tier) if new.tier else None


def _plain_id(block_id: str | None) -> str:
    """Give the identifier before Base64, which the library adds itself; "" when it is no text."""
    try:
        return base64.b64decode(block_id or "", validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        return ""


def _own_id(blocks: list[str], data: bytes) -> str:
    md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return f"{len(blocks):06d}-{md5}"
