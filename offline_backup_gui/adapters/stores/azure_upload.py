"""Uploads one object in blocks that survive a kill: what the service has is not sent again.

The identity of a block is its place and the MD5 of its bytes, so the service's own list of
uncommitted blocks is the whole journal. The service keeps uncommitted blocks for a week.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobClient, ContentSettings

from offline_backup_gui.adapters.stores.azure_trouble import AzureTrouble, service_code

# 8 MiB: a lost connection costs little, and 50,000 blocks a blob are 390 GiB, far above any pack.
BLOCK_BYTES = 8 * 1024 * 1024
MAX_BLOCKS = 50_000
STAGING_THREADS = 4
_TRIES_AFTER_DAMAGE = 3
# What the service says of bytes that changed on the way; a list of blocks it may read before it
# compares it.
_DAMAGED_ON_THE_WAY = ("Md5Mismatch", "InvalidBlockList", "InvalidXmlDocument")
# Tells our own commit, repeated after a lost answer, from an object somebody else put there.
_TOKEN = "committed_by"


class BlockUpload:
    """An ObjectWriter. Holds one block and sends at most STAGING_THREADS more (40 MiB in all)."""

    def __init__(
        self, blob: BlobClient, trouble: AzureTrouble, name: str, *, replace: bool
    ) -> None:
        self._blob = blob
        self._trouble = trouble
        self._name = name
        self._replace = replace
        self._token = secrets.token_hex(8)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._block = bytearray(BLOCK_BYTES)
        self._filled = 0
        self._staged: list[Future[str]] = []
        self._room = threading.Semaphore(STAGING_THREADS)
        self._broken = threading.Event()
        self._pool: ThreadPoolExecutor | None = None
        self._failure: BaseException | None = None
        self._size_by_block: dict[str, int] = {}
        self._open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Append bytes; waits while all staging threads are busy. ACCOUNT_* from earlier blocks."""
        view = memoryview(data).cast("B")
        self._md5.update(view)
        while len(view):
            if self._filled == BLOCK_BYTES:
                self._send_block()
            count = min(len(view), BLOCK_BYTES - self._filled)
            self._block[self._filled : self._filled + count] = view[:count]
            self._filled += count
            view = view[count:]

    def commit(self, md5: bytes | None = None) -> None:
        """Make the object appear, with its MD5 stored; OBJECT_DAMAGED when `md5` is another."""
        try:
            own = self._md5.digest()
            if md5 is not None and md5 != own:
                raise self._trouble.damaged(self._name, "md5 differs from what was written")
            if self._pool is None:
                self._commit(lambda: self._put(own))
            else:
                self._send_block()
                block_ids = [future.result() for future in self._staged]
                self._commit(lambda: self._commit_blocks(block_ids, own))
        finally:
            self.abort()

    def abort(self) -> None:
        """Stop sending. Staged blocks stay invisible and wait for the next try."""
        if not self._open:
            return
        self._open = False
        self._broken.set()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._block = bytearray()

    def _send_block(self) -> None:
        if self._pool is None:
            self._size_by_block = self._blocks_already_there()
            self._pool = ThreadPoolExecutor(STAGING_THREADS, thread_name_prefix="stage")
        if len(self._staged) == MAX_BLOCKS:
            raise ValueError("an object of more than 50,000 blocks cannot be stored")
        self._room.acquire()
        if self._broken.is_set():
            self._room.release()
            raise self._failure or ValueError("a write after abort")
        data = bytes(memoryview(self._block)[: self._filled])
        self._filled = 0
        self._staged.append(self._pool.submit(self._stage, len(self._staged), data))

    def _stage(self, index: int, data: bytes) -> str:
        try:
            md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
            block_id = f"{index:08d}-{md5}"
            if self._size_by_block.get(block_id) != len(data) and not self._broken.is_set():
                with self._trouble.watched(self._name):
                    self._send(
                        lambda: self._blob.stage_block(block_id, data, validate_content="md5")
                    )
            return block_id
        except BaseException as error:
            self._failure = error
            self._broken.set()
            raise
        finally:
            self._room.release()

    def _blocks_already_there(self) -> dict[str, int]:
        with self._trouble.watched(self._name):
            try:
                _, uncommitted = self._blob.get_block_list("uncommitted")
            except ResourceNotFoundError as error:
                if service_code(error) == "ContainerNotFound":
                    raise
                return {}
        return {block.id: block.size for block in uncommitted}

    def _put(self, md5: bytes) -> None:
        self._send(
            lambda: self._blob.upload_blob(
                bytes(memoryview(self._block)[: self._filled]),
                overwrite=self._replace,
                validate_content="md5",
                content_settings=_settings(md5),
                metadata={_TOKEN: self._token},
            )
        )

    def _commit_blocks(self, block_ids: list[str], md5: bytes) -> None:
        self._send(
            lambda: self._blob.commit_block_list(
                [BlobBlock(block_id) for block_id in block_ids],
                validate_content=True,
                content_settings=_settings(md5),
                metadata={_TOKEN: self._token},
                match_condition=None if self._replace else MatchConditions.IfMissing,
            )
        )

    def _commit(self, request: Callable[[], None]) -> None:
        with self._trouble.watched(self._name):
            try:
                request()
            except ResourceExistsError:
                # The library repeats a request whose answer was lost; then we meet ourselves.
                metadata = self._blob.get_blob_properties().metadata
                if metadata.get(_TOKEN) != self._token:
                    raise

    def _send(self, request: Callable[[], object]) -> None:
        """Send again what arrived damaged; the library repeats everything else by itself."""
        for _ in range(_TRIES_AFTER_DAMAGE):
            try:
                request()
                return
            except HttpResponseError as error:
                if service_code(error) not in _DAMAGED_ON_THE_WAY:
                    raise
        request()


def _settings(md5: bytes) -> ContentSettings:
    return ContentSettings(content_type="application/octet-stream", content_md5=bytearray(md5))
