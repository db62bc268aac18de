"""What is to be read in from a drive, whether a manifest lists it or a device's layout says so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct, field

from offline_backup_gui.domain.drive_manifest import (
    PIECE_BYTES,
    BlobKind,
    Disposition,
    Piece,
    Pieces,
)
from offline_backup_gui.domain.taken_names import Fate


class FileBytes(Protocol):
    """A file of a drive, read once from its beginning."""

    def read_into(self, buffer: memoryview, /) -> int:
        """Fill the buffer from where the last call ended; give the count, 0 at the end."""


OpenFile = Callable[[], AbstractContextManager[FileBytes]]


class Arriving(Struct, frozen=True):
    """One file that becomes a blob, as far as its name is free.

    Without `pieces` the file is cut into 4 MiB and nothing proves its bytes. `fate` is what its own
    name led to; what else has the name is settled later.
    """

    path: str
    container: str
    name: str
    kind: BlobKind
    size_bytes: int
    fingerprint: str
    open: OpenFile
    pieces: Pieces | None = None
    disposition: Disposition = Disposition.RENAME
    headers: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    tier: str = ""
    md5: bytes = b""
    fate: Fate = Fate.AS_IS
    wanted: str = ""

    @property
    def blob(self) -> str:
        """Give container and name in one."""
        return f"{self.container}/{self.name}"

    def cut(self) -> Pieces:
        """Give the pieces to send: those that are listed, else the whole file in order."""
        if self.pieces is not None:
            return self.pieces
        cut = Pieces()
        for offset in range(0, self.size_bytes, PIECE_BYTES):
            cut.add(offset, min(PIECE_BYTES, self.size_bytes - offset), b"")
        return cut


class Refused(Struct, frozen=True):
    """A file that is not read in, with its reason as a code and what fills the code's gap.

    `other` is the file or blob that has the name.
    """

    path: str
    fate: Fate
    reason: str = ""
    other: str = ""
    detail: str = ""


class Flawed(Struct, frozen=True):
    """A file whose bytes are not what was promised; nothing of it is in the account.

    `blob` is where it would have gone, `pieces` the numbers of the blocks or ranges that differ,
    `offsets` where they begin; without any, `reason` says what is wrong.
    """

    path: str
    blob: str
    reason: str
    pieces: tuple[int, ...] = ()
    offsets: tuple[int, ...] = ()


Item = Arriving | Refused | Flawed


def is_zero(piece: Piece, data: bytes) -> bool:
    """Say whether a range holds zeros only, which a page blob has anyway."""
    return not data.strip(b"\0") and not piece.md5
