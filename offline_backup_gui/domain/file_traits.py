"""What a file system knows of a name beyond its bytes, as plain data for ports and formats."""

# ruff: noqa: D102 (the properties of Protocols are those of `os.stat_result` and of entries)

from __future__ import annotations

from typing import Annotated, Protocol

import msgspec
from msgspec import Meta

from offline_backup_gui.domain.book import Reason


class Info(Protocol):
    """What a look at a name shows: `os.stat_result` has it all, with the same meanings.

    `st_ctime_ns` is when the file or anything the file system knows of it changed, on every system.
    """

    @property
    def st_mode(self) -> int: ...
    @property
    def st_size(self) -> int: ...
    @property
    def st_blocks(self) -> int: ...
    @property
    def st_mtime_ns(self) -> int: ...
    @property
    def st_ctime_ns(self) -> int: ...
    @property
    def st_ino(self) -> int: ...
    @property
    def st_dev(self) -> int: ...
    @property
    def st_nlink(self) -> int: ...
    @property
    def st_uid(self) -> int: ...
    @property
    def st_gid(self) -> int: ...


class Child(msgspec.Struct, frozen=True, gc=False):
    """One name in a folder, not followed. Made for every file, so it is a quick kind.

    An alternate stream is a child beside its file, with the name `file:stream`. `lacks` is what
    will not be kept of it, with the system's words.
    """

    name: bytes
    stat: Info
    stream: bool = False
    lacks: tuple[tuple[Reason, str], ...] = ()

    def seen(self, info: Info) -> Child:
        """Give the same name after another look."""
        return Child(self.name, info, self.stream, self.lacks)


_Filetime = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class WindowsTraits(
    msgspec.Struct,
    frozen=True,
    gc=False,
    omit_defaults=True,
    rename={
        "attributes": "a",
        "created": "b",
        "written": "m",
        "accessed": "r",
        "changed": "c",
        "sddl": "d",
        "descriptor": "e",
        "reparse": "p",
    },
):
    """What Windows knows of a name. Part of the catalogue: docs/formats.md describes its bytes.

    `attributes` are FILE_ATTRIBUTE bits. Times count 100 ns since 1601. `sddl` is owner, group and
    access control list with numeric SIDs; what SDDL cannot say is in `descriptor`, self-relative.
    `reparse` is a REPARSE_DATA_BUFFER.
    """

    attributes: Annotated[int, Meta(ge=0, le=(1 << 32) - 1)] = 0
    created: _Filetime = 0
    written: _Filetime = 0
    accessed: _Filetime = 0
    changed: _Filetime = 0
    sddl: str = ""
    descriptor: bytes = b""
    reparse: bytes = b""


class Traits(msgspec.Struct, frozen=True, gc=False):
    """What was read of a name: extended attributes, what Windows knows, and what hid itself."""

    attributes: dict[bytes, bytes] = {}
    windows: WindowsTraits | None = None
    lacks: tuple[tuple[Reason, str], ...] = ()


class Kept(Protocol):
    """What a backup kept of a name: an entry of the catalogue is one."""

    @property
    def kind(self) -> int: ...
    @property
    def mode(self) -> int: ...
    @property
    def uid(self) -> int: ...
    @property
    def gid(self) -> int: ...
    @property
    def mtime_ns(self) -> int: ...
    @property
    def target(self) -> bytes: ...
    @property
    def sparse(self) -> bool: ...
    @property
    def attributes(self) -> dict[bytes, bytes]: ...
    @property
    def windows(self) -> WindowsTraits | None: ...
