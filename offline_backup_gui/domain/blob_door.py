"""The door for whoever reads drives into an account: any blob, of either kind, with all it has.

`ObjectStore` knows objects of ours, with names of ours. Drives of others bring other names, page
blobs, metadata and properties; those come in here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from msgspec import Struct, field

from offline_backup_gui.domain.drive_manifest import BlobKind
from offline_backup_gui.domain.taken_names import Held


class BlobSeen(Struct, frozen=True):
    """A blob that is in the account; `md5` as it is stored, empty when there is none.

    It is not `whole` while a copy inside the account fills it, nor after such a copy failed.
    """

    name: str
    kind: BlobKind
    size_bytes: int
    md5: bytes = b""
    whole: bool = True
    leased: bool = False
    archived: bool = False

    @property
    def held(self) -> Held:
        """Give what counts for whoever wants the name."""
        return Held(self.kind, self.leased, self.archived)


class NewBlob(Struct, frozen=True):
    """What a blob is to become. `headers` by their names, such as Content-Type; MD5 comes later.

    `fingerprint` names the bytes and where they come from: what an earlier run brought of the very
    same is not sent again. `resumed` says that such a run was there.
    """

    container: str
    name: str
    kind: BlobKind
    size_bytes: int
    fingerprint: str
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tier: str = ""
    replace: bool = False
    resumed: bool = False


class BlobUpload(Protocol):
    """One blob on its way; nothing is there under its name before `finish`."""

    def piece(self, offset: int, data: bytes, block_id: str | None = None) -> None:
        """Send a block or a page range, in the order of their offsets; at most 4 MiB."""

    def finish(self, md5: bytes) -> None:
        """Make the blob appear under its name, whole; OBJECT_EXISTS when it may not replace."""

    def abort(self) -> None:
        """Throw away what was sent; safe to call twice and after `finish`."""


class BlobAccount(Protocol):
    """An account, or the emulator on this computer."""

    @property
    def label(self) -> str:
        """Name the account for people: its address without secrets."""

    def make_container(self, name: str) -> None:
        """Make a container; no trouble when it is there."""

    def blobs(self, container: str) -> Iterator[BlobSeen]:
        """Yield every blob that has its name; none when there is no such container."""

    def blob(self, container: str, name: str) -> BlobSeen | None:
        """Look at one blob; None when it is not there."""

    def settled(self, container: str, name: str) -> BlobSeen | None:
        """Look at one blob when no copy fills it any more; ACCOUNT_BUSY when it takes too long."""

    def has_bytes(self, container: str, name: str, size_bytes: int, md5: bytes) -> bool:
        """Say whether the stored bytes of a blob are these; the service compares where it can.

        Otherwise they are read. What was noted as the blob's MD5 is not asked.
        """

    def upload(self, new: NewBlob) -> BlobUpload:
        """Begin a blob."""

    def sweep(self, container: str) -> int:
        """Remove what broken uploads left in a container, but nothing that is still copied from.

        Only while nobody uploads.
        """
