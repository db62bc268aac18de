"""What a drive manifest says: drive, blob lists, blobs, and the pieces their bytes are proved by.

Names, bounds and their meaning: "Azure Import/Export service manifest file format", version
2014-11-01 (storage-import-export-file-format-manifest.md, 2017-01-23).
"""

from __future__ import annotations

from array import array
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from typing import overload

from msgspec import Struct

VERSION = "2014-11-01"
MANIFEST_NAME = "DriveManifest.xml"
PIECE_BYTES = 4 << 20  # the longest block or page range
PAGE_BYTES = 512
BLOCKS_MOST = 50_000
BLOCK_BLOB_MOST_BYTES = BLOCKS_MOST * PIECE_BYTES  # the documents round this to 200 GB
PAGE_BLOB_MOST_BYTES = 1 << 40
# Larger page blobs came later (8 TB, Import/Export FAQ of 2020); the format was not written anew.
PAGE_BLOB_SERVICE_BYTES = 8 << 40
UNNAMED_BLOCKS_BYTES = 64 << 20  # up to here the blocks of a blob need no identifiers
ROOT_CONTAINER = "$root"
_MD5_BYTES = 16


class Disposition(StrEnum):
    """What happens to a blob whose name is taken already; `rename` when nothing is said."""

    RENAME = "rename"
    NO_OVERWRITE = "no-overwrite"
    OVERWRITE = "overwrite"


class BlobKind(StrEnum):
    """Block blobs list blocks, page blobs list page ranges."""

    BLOCK = "block"
    PAGE = "page"


class Credential(StrEnum):
    """What the grammar lets a manifest carry and ours never do."""

    ACCOUNT_KEY = "account-key"
    CONTAINER_SAS = "container-sas"


class SideFile(Struct, frozen=True):
    """A metadata or properties file: its path on the drive and its MD5 in hex ("" unreadable)."""

    path: str
    md5: str


class Piece(Struct, frozen=True):
    """A block or page range: bytes from `offset` on; `md5` is empty where none was readable."""

    offset: int
    length: int
    md5: bytes
    block_id: str | None = None


class Pieces(Sequence[Piece]):
    """Many pieces in little room: 32 bytes each, so that a blob of 8 TiB fits in memory."""

    __slots__ = ("_ids", "_lengths", "_md5s", "_offsets", "_unhashed")

    def __init__(self, pieces: Iterable[Piece] = ()) -> None:
        self._offsets, self._lengths = array("q"), array("q")
        self._md5s = bytearray()
        self._unhashed: set[int] = set()
        self._ids: list[str | None] = []  # as long as the last piece that has one
        for piece in pieces:
            self.add(piece.offset, piece.length, piece.md5, piece.block_id)

    @classmethod
    def regular(cls, size_bytes: int, md5s: bytes, kind: BlobKind) -> Pieces:
        """Cut a whole file into pieces of 4 MiB; `md5s` is their MD5s, 16 bytes each, in a row.

        Blocks get identifiers where the blob is too large to do without.
        """
        count = -(-size_bytes // PIECE_BYTES)
        if len(md5s) != count * _MD5_BYTES:
            raise ValueError(f"{len(md5s)} bytes of MD5 for {count} pieces")
        named = kind is BlobKind.BLOCK and size_bytes > UNNAMED_BLOCKS_BYTES
        pieces = cls()
        for number in range(count):
            offset = number * PIECE_BYTES
            pieces.add(
                offset,
                min(PIECE_BYTES, size_bytes - offset),
                md5s[number * _MD5_BYTES : (number + 1) * _MD5_BYTES],
                block_id(number) if named else None,
            )
        return pieces

    def add(self, offset: int, length: int, md5: bytes, block_id: str | None = None) -> None:
        """Append a piece. Numbers are below 2**63, `md5` has 16 bytes or none."""
        if len(md5) != _MD5_BYTES:
            self._unhashed.add(len(self._offsets))
            md5 = bytes(_MD5_BYTES)
        if block_id is not None:
            self._ids.extend([None] * (len(self._offsets) - len(self._ids)))
            self._ids.append(block_id)
        self._offsets.append(offset)
        self._lengths.append(length)
        self._md5s += md5

    def __len__(self) -> int:
        return len(self._offsets)

    @overload
    def __getitem__(self, at: int) -> Piece: ...
    @overload
    def __getitem__(self, at: slice) -> list[Piece]: ...
    def __getitem__(self, at: int | slice) -> Piece | list[Piece]:
        """Give one piece, or some."""
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = at + len(self) if at < 0 else at
        if not 0 <= number < len(self):
            raise IndexError(at)
        place = number * _MD5_BYTES
        return Piece(
            self._offsets[number],
            self._lengths[number],
            b"" if number in self._unhashed else bytes(self._md5s[place : place + _MD5_BYTES]),
            self._ids[number] if number < len(self._ids) else None,
        )

    def __iter__(self) -> Iterator[Piece]:
        return (self[number] for number in range(len(self)))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Pieces)
            and self._offsets == other._offsets
            and self._lengths == other._lengths
            and self._md5s == other._md5s
            and self._unhashed == other._unhashed
            and self._ids == other._ids
        )

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Pieces({list(self)!r})"


class BlobList(Struct, frozen=True):
    """What all blobs of a list share; a blob's own files replace the list's."""

    id: str | None = None
    metadata: SideFile | None = None
    properties: SideFile | None = None


class ManifestBlob(Struct, frozen=True):
    r"""One blob: `blob_path` begins with its container, `file_path` is `\folder\file` on the drive.

    `list_number` counts the manifest's lists from 0; a reader sets it, a writer does not look.
    `whole` says that all elements a blob needs were there and readable.
    """

    blob_path: str
    file_path: str
    length: int
    kind: BlobKind
    pieces: Pieces
    disposition: Disposition | None = None
    metadata: SideFile | None = None
    properties: SideFile | None = None
    client_data: str | None = None
    snapshot: str | None = None
    list_number: int = 0
    whole: bool = True

    @property
    def container(self) -> str:
        """Give the container's name, which may be `$root`."""
        return self.blob_path.partition("/")[0]

    @property
    def name(self) -> str:
        """Give the blob's name inside its container."""
        return self.blob_path.partition("/")[2]

    @property
    def when_taken(self) -> Disposition:
        """Give the disposition that counts."""
        return self.disposition or Disposition.RENAME


class ManifestHead(Struct, frozen=True):
    """What stands before the blobs. A credential's kind is told, never its value."""

    version: str = VERSION
    drive_id: str = ""
    creator: str = ""
    credential: Credential | None = None


def block_id(number: int) -> str:
    """Give the identifier of the n-th block (from 0), as the documents' sample counts them.

    Base64 of four bytes, least first: all are equally long, as Put Block wants them.
    """
    return b64encode(number.to_bytes(4, "little")).decode()


def file_path_of(name: str) -> str:
    r"""Give a manifest's `\folder\file` for a name with "/" on the drive."""
    return "\\" + name.replace("/", "\\")


def name_of_path(file_path: str) -> str:
    r"""Give the name with "/" for `\folder\file`; whether it may be opened is not judged here."""
    return file_path.removeprefix("\\").replace("\\", "/")


def renamed(name: str, number: int) -> str:
    """Give the name the service tries as number 2, 3, …: `a (2).b`, or `a (2)` without a dot."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem} ({number}).{ending}" if dot else f"{name} ({number})"
