"""Where a release is read from: an address, a folder or share, or an update file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import Place, PlaceKind
from offline_backup_gui.formats import update_file

CHUNK_BYTES = 256 << 10
_CONNECT_S, _SILENT_S = 15.0, 30.0


class NotThereError(Exception):
    """The place has no file of this name."""


class Source(Protocol):
    """Gives the files of a release by name; reads nothing but what it is asked for."""

    @property
    def label(self) -> str:
        """Name the place for people."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file; NotThereError, or UPDATE_UNREACHABLE."""

    def names(self) -> frozenset[str]:
        """Name what must all have been looked at; empty where nobody can tell."""


def _unreachable(place: str, error: Exception) -> BackupError:
    why = getattr(error, "strerror", None) or type(error).__name__
    return BackupError(ErrorCode.UPDATE_UNREACHABLE, place=place, why=str(why))


def _pieces(file: IO[bytes], label: str) -> Iterator[bytes]:
    try:
        while piece := file.read(CHUNK_BYTES):
            yield piece
    except OSError as error:
        raise _unreachable(label, error) from error


class FolderSource:
    """A folder or share with a repository of releases."""

    def __init__(self, folder: str) -> None:
        self.label = folder
        self._folder = Path(folder)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file below the folder."""
        try:
            file = (self._folder / name).open("rb")
        except FileNotFoundError as error:
            if not self._folder.is_dir():
                raise _unreachable(self.label, error) from error
            raise NotThereError(name) from error
        except OSError as error:
            raise _unreachable(self.label, error) from error
        with file:
            yield from _pieces(file, self.label)

    def names(self) -> frozenset[str]:
        """Give nothing: a repository holds older releases, too."""
        return frozenset()


class _Member(Struct, frozen=True):
    offset: int
    size_bytes: int


class FileSource:
    """One update file, held open, so that what was checked is what is read."""

    def __init__(self, file: IO[bytes], label: str) -> None:
        """Check every header and every filling byte; UPDATE_FILE_DAMAGED."""
        self.label = label
        self._file = file
        try:
            self._members: Mapping[str, _Member] = dict(_members(file))
        except OSError as error:
            raise _unreachable(label, error) from error

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a member."""
        member = self._members.get(name)
        if member is None:
            raise NotThereError(name)
        left, at = member.size_bytes, member.offset
        while left:
            try:
                self._file.seek(at)
                piece = self._file.read(min(CHUNK_BYTES, left))
            except OSError as error:
                raise _unreachable(self.label, error) from error
            if not piece:
                raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="end")
            at, left = at + len(piece), left - len(piece)
            yield piece

    def names(self) -> frozenset[str]:
        """Name every member: one that nothing refers to has no business in an update file."""
        return frozenset(self._members)


def _members(file: IO[bytes]) -> Iterator[tuple[str, _Member]]:
    """Walk through the headers: ascending names, zeros between, two empty blocks, the end."""
    end = file.seek(0, 2)
    at, before, count = 0, "", 0
    while True:
        block = _exactly(file, at, update_file.BLOCK)
        if not any(block):
            break
        name, size_bytes = update_file.parse_header(block)
        count += 1
        if name <= before or count > update_file.MEMBERS_MOST:
            raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="order")
        at += update_file.BLOCK
        filling = update_file.padding(size_bytes)
        if at + size_bytes > end or any(_exactly(file, at + size_bytes, len(filling))):
            raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="filling")
        yield name, _Member(at, size_bytes)
        at, before = at + size_bytes + len(filling), name
    if _exactly(file, at, len(update_file.END)) != update_file.END:
        raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="end")
    if not count or at + len(update_file.END) != end:
        raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="end")


def _exactly(file: IO[bytes], at: int, count: int) -> bytes:
    file.seek(at)
    data = file.read(count)
    if len(data) != count:
        raise BackupError(ErrorCode.UPDATE_FILE_DAMAGED, why="end")
    return data


class WebSource:
    """A repository of releases behind HTTPS; redirects are not followed."""

    def __init__(self, address: str) -> None:
        import urllib3

        self.label = address
        self._urllib3 = urllib3
        self._pool = self._connect()

    def _connect(self) -> object:
        # Windows keeps the proxy of an office in the registry; urllib knows where.
        from urllib.request import getproxies, proxy_bypass

        parts = urlsplit(self.label)
        proxy = getproxies().get(parts.scheme)
        if proxy and not proxy_bypass(parts.hostname or ""):
            return self._urllib3.ProxyManager(proxy)
        return self._urllib3.PoolManager()

    def chunks(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a file below the address."""
        trouble = (self._urllib3.exceptions.HTTPError, OSError)
        try:
            answer = self._pool.request(  # type: ignore[attr-defined]
                "GET",
                f"{self.label}/{name}",
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=self._urllib3.Retry(2, redirect=0, raise_on_status=False),
                timeout=self._urllib3.Timeout(connect=_CONNECT_S, read=_SILENT_S),
                headers={"User-Agent": "offline-backup", "Accept-Encoding": "identity"},
            )
        except trouble as error:
            raise _unreachable(self.label, error) from error
        try:
            if answer.status in (403, 404):
                raise NotThereError(name)
            if answer.status != 200:
                raise BackupError(
                    ErrorCode.UPDATE_UNREACHABLE, place=self.label, why=f"HTTP {answer.status}"
                )
            # Piece by piece as they come: whoever waits for a full chunk waits for one that drips.
            while piece := answer.read1(CHUNK_BYTES, decode_content=False):
                yield piece
        except trouble as error:
            raise _unreachable(self.label, error) from error
        finally:
            answer.close()

    def names(self) -> frozenset[str]:
        """Give nothing: nobody can list an address."""
        return frozenset()


@contextmanager
def opened(place: Place) -> Iterator[Source]:
    """Open a place; UPDATE_UNREACHABLE, UPDATE_FILE_DAMAGED."""
    if place.kind is PlaceKind.WEB:
        yield WebSource(place.where)
    elif place.kind is PlaceKind.FOLDER:
        yield FolderSource(place.where)
    else:
        try:
            file = Path(place.where).open("rb")  # noqa: SIM115 - closed below, whatever happens
        except OSError as error:
            raise _unreachable(place.where, error) from error
        with file:
            yield FileSource(file, place.where)
