"""Open a repository from a drive or an account, look into it, restore from it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobId, JobKind
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.formats.catalogue import Entry, Kind, Listing
from offline_backup_gui.formats.point import Point
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.services.keys import Keys
from offline_backup_gui.services.outcomes import shown
from offline_backup_gui.services.watching import Watch, watched
from offline_backup_gui.services.world import AccountSecret, World

if TYPE_CHECKING:
    from offline_backup_gui.engine.library import Library
    from offline_backup_gui.engine.points import PointHead

# Nobody looks through more by eye, and a search finds the rest.
_MOST_NODES = 1 << 17


class PointView(Struct, frozen=True):
    """One restore point as the admin sees it; `exceptions` counts what is not in it."""

    point_id: str
    time: datetime
    files: int
    size_bytes: int
    complete: bool
    exceptions: int
    sources: tuple[str, ...]


class Node(Struct, frozen=True):
    """One file or folder inside a point. `path` is what `restore` takes as an exact path."""

    path: str
    name: str
    is_folder: bool
    size_bytes: int
    modified: datetime | None
    kind: str


class Opening(Struct, frozen=True):
    """How to open a repository: stores (paths or URLs) and one secret, or what is kept here."""

    stores: tuple[str, ...]
    passphrase: str | None = None
    recovery_code: str | None = None
    sas: str | None = None
    connection_string: str | None = None

    def __repr__(self) -> str:
        """Show no secret, nor a signature that an address may carry."""
        return f"Opening({len(self.stores)} …)"

    @property
    def account_secret(self) -> AccountSecret:
        """Give what opens the account."""
        return AccountSecret(self.sas, self.connection_string)


class OpenRepository:
    """An opened repository, read-only."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @property
    def repository_id(self) -> str:
        """Give the id as hex."""
        return self.library.keyring.repository_id.hex()

    def points(self) -> Sequence[PointView]:
        """List restore points, newest first."""
        return [_view(point) for point in reversed(self.library.chain.points)]

    def children(self, point_id: str, path: str) -> Sequence[Node]:
        """List one folder of a point, folders first; "" is the top."""
        point = self.library.point(point_id)
        if not path:
            return [_node(b"", root.name, root.entry) for root in point.roots]
        wanted = path.encode("utf-8", "surrogateescape")
        root_name, _, inside = wanted.partition(b"/")
        number = next((n for n, root in enumerate(point.roots) if root.name == root_name), None)
        if number is None:
            return []
        nodes: list[Node] = []
        found = False
        for listing in self._from(point, number, inside):
            if (listing.root, listing.path) == (number, inside):
                found = True
                nodes += [_node(wanted, entry.name, entry) for entry in listing.entries]
            elif found:
                break  # a large folder has several listings, one after the other
            if len(nodes) > _MOST_NODES:
                break
        return sorted(nodes, key=lambda node: (not node.is_folder, node.name.lower()))

    def _from(self, point: Point, root: int, path: bytes) -> Iterator[Listing]:
        """Read the catalogue from the chunk on in which a folder may begin."""
        from offline_backup_gui.engine.catalogue import read_catalogue

        wanted = (root, _order(path))
        start = 0
        for index, chunk in enumerate(point.catalogue):
            if chunk.root >= 0 and (chunk.root, _order(chunk.first_path)) <= wanted:
                start = index
        longest = self.library.longest_listing
        yield from read_catalogue(point, self.library.chunk, start, longest=longest)

    def search(self, point_id: str, text: str, limit: int = 500) -> Sequence[Node]:
        """Find names that contain `text`, ignoring case."""
        from offline_backup_gui.engine.catalogue import read_catalogue

        point = self.library.point(point_id)
        found: list[Node] = []
        needle = text.casefold()
        longest = self.library.longest_listing
        for listing in read_catalogue(point, self.library.chunk, longest=longest):
            root = point.roots[listing.root].name
            folder = root + b"/" + listing.path if listing.path else root
            for entry in listing.entries:
                if needle in shown(entry.name).casefold():
                    found.append(_node(folder, entry.name, entry))
                    if len(found) >= limit:
                        return found
        return found


def _order(path: bytes) -> list[bytes]:
    """Give the key by which folders are sorted: part by part."""
    return path.split(b"/") if path else []


def _node(folder: bytes, name: bytes, entry: Entry) -> Node:
    path = folder + b"/" + name if folder else name
    return Node(
        path.decode("utf-8", "surrogateescape"),
        shown(name),
        entry.kind is Kind.FOLDER,
        entry.size,
        datetime.fromtimestamp(entry.mtime_ns / 1e9, UTC),
        entry.kind.name.lower(),
    )


def _view(point: PointHead) -> PointView:
    return PointView(
        point.point_id,
        datetime.strptime(point.started, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC),
        point.files,
        point.size,
        point.complete,
        point.left_out,
        tuple(shown(path) for path in point.roots),
    )


class Restores:
    """Opening and restoring; opening may take seconds and belongs in a worker thread."""

    def __init__(self, world: World, keys: Keys, backups: Backups) -> None:
        self._world, self._keys, self._backups = world, keys, backups

    def _stores(self, opening: Opening) -> list[ObjectStore]:
        """Open every store; a place that is not there at all is no empty place."""
        if not opening.stores:
            raise BackupError(ErrorCode.REPOSITORY_NOT_FOUND, store="")
        for store in opening.stores:
            if "://" not in store and not os.path.isdir(store):
                raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=store)
        return [self._world.store(store, opening.account_secret) for store in opening.stores]

    def try_kept(self, opening: Opening) -> None:
        """See whether what is kept here opens the first store; PASSPHRASE_NEEDED when not."""
        (store, *_) = self._stores(opening)
        self._keys.unlock_store(store, passphrase=None, recovery_code=None)

    def open(self, opening: Opening) -> OpenRepository:
        """Unlock a repository; PASSPHRASE_WRONG, RECOVERY_CODE_WRONG, REPOSITORY_NOT_FOUND."""
        # A restore stretches its passphrase before it loads any of this.
        from offline_backup_gui.services.opening import open_library

        stores = self._stores(opening)
        keyring = self._keys.unlock_store(
            stores[0], passphrase=opening.passphrase, recovery_code=opening.recovery_code
        )
        context = watched(Watch(), self._world.clock, self._world.files)
        return OpenRepository(open_library(self._world, context, keyring, stores))

    def prepare(
        self,
        opening: Opening,
        point_id: str | None,
        to: str,
        include: Sequence[str] = (),
        paths: Sequence[str] = (),
        overwrite: bool = False,
    ) -> JobId:
        """Ask for a restore without starting it; the secrets are kept, not written down."""
        stores = self._stores(opening)
        keyring = self._keys.unlock_store(
            stores[0], passphrase=opening.passphrase, recovery_code=opening.recovery_code
        )
        repository_id = self._keys.keep(keyring)
        for store in opening.stores:
            if "://" in store:
                account = store.rsplit("/", 1)[0]
                self._world.keep_account_secret(account, opening.account_secret)
        return self._backups.prepare(
            PlanId(f"restore-{repository_id}"),
            JobKind.RESTORE,
            repository_id=repository_id,
            stores=[_absolute(store) for store in opening.stores],
            point=point_id,
            to=os.path.abspath(to),
            include=list(include),
            paths=list(paths),
            overwrite=overwrite,
        )

    def start(
        self,
        opening: Opening,
        point_id: str,
        to: str,
        paths: Sequence[str] = (),
        overwrite: bool = False,
    ) -> JobId:
        """Start a restore in a process of its own; no paths means everything."""
        job_id = self.prepare(opening, point_id, to, paths=paths, overwrite=overwrite)
        self._world.spawn(job_id)
        return job_id


def _absolute(store: str) -> str:
    return store if "://" in store else os.path.abspath(store)
