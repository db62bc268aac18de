"""The book of one repository in SQLite: chunks, packs, folders, drives, points."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

from offline_backup_gui.adapters.state.sqlite import Database
from offline_backup_gui.domain.book import (
    Batch,
    CachedFolder,
    Home,
    HomeState,
    KeptPoint,
    NewPack,
    NotedPoint,
    PackFact,
    Placement,
)

MIGRATIONS = (
    """
    CREATE TABLE packs (number INTEGER PRIMARY KEY, pack_id BLOB UNIQUE NOT NULL,
        kind INTEGER NOT NULL, size INTEGER NOT NULL, blake3 BLOB NOT NULL, md5 BLOB NOT NULL);
    CREATE TABLE copies (pack INTEGER NOT NULL, home TEXT NOT NULL, verified INTEGER NOT NULL,
        PRIMARY KEY (home, pack)) WITHOUT ROWID;
    CREATE TABLE chunks (key BLOB PRIMARY KEY, pack INTEGER NOT NULL, frame INTEGER NOT NULL,
        offset INTEGER NOT NULL, stored INTEGER NOT NULL, plain INTEGER NOT NULL,
        codec INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE folders (root BLOB NOT NULL, path BLOB NOT NULL, stats BLOB NOT NULL,
        listing BLOB NOT NULL, files INTEGER NOT NULL, size INTEGER NOT NULL,
        left_out INTEGER NOT NULL, epoch INTEGER NOT NULL, PRIMARY KEY (root, path)) WITHOUT ROWID;
    CREATE TABLE homes (number INTEGER PRIMARY KEY, home TEXT UNIQUE NOT NULL,
        serial TEXT NOT NULL, label TEXT NOT NULL, mount TEXT NOT NULL, state TEXT NOT NULL,
        record BLOB NOT NULL);
    CREATE TABLE points (sequence INTEGER PRIMARY KEY, point_id TEXT UNIQUE NOT NULL,
        data BLOB NOT NULL, done INTEGER NOT NULL);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
    INSERT INTO facts VALUES ('epoch', 1);
    """,
    "CREATE TABLE blocks (pack_id BLOB PRIMARY KEY, md5s BLOB NOT NULL) WITHOUT ROWID;",
    # What stands behind a point's bytes in its row is found only by reading through them.
    "CREATE INDEX noted_points ON points (sequence, point_id, done);",
)
# Half of a 32-byte id is kept: two different chunks share it once in 2^76 for 80 million chunks,
# and every restore checks the whole id.
KEY_BYTES = 16
# A tree of 20,000,000 chunks takes 1 GB; with this much of it in memory the packs of a gigabyte a
# second are noted twelve times over, and small books never take that much.
_CACHE_BYTES = 64 << 20
_PACK = "packs.number, pack_id, kind, size, blake3, md5"


class SqliteBook:
    """Implements `domain.book.Book`. Power loss may lose the newest commits, never tear them:
    packs that are on the drives but not in here are adopted at the next start.
    """

    def __init__(self, path: Path) -> None:
        self._db = Database(path, MIGRATIONS, durable=False, cache_bytes=_CACHE_BYTES)
        self._valid: set[int] | None = None
        self._homes: frozenset[str] = frozenset()

    # --- chunks and packs

    def use_homes(self, homes: Collection[str]) -> None:
        """Count only packs that have a copy in one of these homes as stored."""
        self._homes = frozenset(homes)
        marks = ",".join("?" * len(self._homes))
        rows = self._db.rows(
            f"SELECT DISTINCT pack FROM copies WHERE home IN ({marks})", tuple(self._homes)
        )
        self._valid = {cast(int, row[0]) for row in rows}

    def all_here(self) -> bool:
        """Say whether every pack that has a copy anywhere has one in the homes that count."""
        rows = self._db.rows("SELECT DISTINCT pack FROM copies")
        return self._valid is None or all(row[0] in self._valid for row in rows)

    def find(self, chunk_id: bytes) -> Placement | None:
        """Give the place of a stored chunk, or None."""
        row = self._db.row(
            "SELECT pack, frame, offset, stored, plain, codec FROM chunks WHERE key = ?",
            (chunk_id[:KEY_BYTES],),
        )
        if row is None or (self._valid is not None and row[0] not in self._valid):
            return None
        return Placement(*cast(tuple[int, int, int, int, int, int], row))

    def commit(self, batch: Batch) -> None:
        """Add packs, chunks and folders in one transaction."""
        with self._db.transaction() as connection:
            rows: list[tuple[bytes, int, int, int, int, int, int]] = []
            for pack in batch.packs:
                number = self._add_pack(connection, pack)
                rows += (
                    (
                        chunk_id[:KEY_BYTES],
                        number,
                        place.frame,
                        place.offset,
                        place.stored_bytes,
                        place.plain_bytes,
                        place.codec,
                    )
                    for chunk_id, place in pack.rows
                )
            # Ids are random numbers: in order, each page of the tree is visited once. The sort is
            # stable, so of two packs with the same chunk the later one is noted, as before.
            rows.sort(key=itemgetter(0))
            connection.executemany("INSERT OR REPLACE INTO chunks VALUES (?,?,?,?,?,?,?)", rows)
            self._add_folders(connection, batch.folders)

    def _add_pack(self, connection: Any, pack: NewPack) -> int:
        connection.execute(
            "INSERT INTO packs (pack_id, kind, size, blake3, md5) VALUES (?,?,?,?,?)"
            " ON CONFLICT (pack_id) DO UPDATE SET size = excluded.size,"
            " blake3 = iif(blake3 = x'', excluded.blake3, blake3),"
            " md5 = iif(md5 = x'', excluded.md5, md5)",
            (pack.pack_id, pack.kind, pack.size_bytes, pack.blake3, pack.md5),
        )
        number = connection.execute(
            "SELECT number FROM packs WHERE pack_id = ?", (pack.pack_id,)
        ).fetchone()[0]
        proved = 1 if pack.md5 else 0
        connection.executemany(
            "INSERT OR REPLACE INTO copies VALUES (?,?,?)",
            ((number, home, proved) for home in pack.homes),
        )
        if self._valid is not None and self._homes.intersection(pack.homes):
            self._valid.add(number)
        return cast(int, number)

    def packs(self, home: str | None = None) -> Iterator[PackFact]:
        """Yield packs (with a copy in `home`), ordered by number."""
        if home is None:
            rows = self._db.rows(f"SELECT {_PACK} FROM packs ORDER BY number")
        else:
            rows = self._db.rows(
                f"SELECT {_PACK} FROM packs JOIN copies ON pack = number WHERE home = ?"
                " ORDER BY number",
                (home,),
            )
        for row in rows:
            yield PackFact(*cast(tuple[int, bytes, int, int, bytes, bytes], row))

    def drop_copies(self, home: str, pack_ids: Iterable[bytes] | None = None) -> int:
        """Forget copies in a home; give how many. Starts a new epoch when there were any."""
        with self._db.transaction() as connection:
            if pack_ids is None:
                count = connection.execute("DELETE FROM copies WHERE home = ?", (home,)).rowcount
            else:
                count = 0
                for pack_id in pack_ids:
                    count += connection.execute(
                        "DELETE FROM copies WHERE home = ? AND pack ="
                        " (SELECT number FROM packs WHERE pack_id = ?)",
                        (home, pack_id),
                    ).rowcount
            if count:
                connection.execute("UPDATE facts SET value = value + 1 WHERE name = 'epoch'")
        if self._valid is not None:
            self.use_homes(self._homes)
        return count

    # --- copies

    def add_copies(self, pack_ids: Iterable[bytes], home: str, *, proved: bool = True) -> None:
        """Note that known packs have a copy in a home."""
        with self._db.transaction() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO copies SELECT number, ?, ? FROM packs WHERE pack_id = ?",
                ((home, int(proved), pack_id) for pack_id in pack_ids),
            )
        if self._valid is not None:
            self.use_homes(self._homes)

    @staticmethod
    def _keep_hashes(connection: Any, pack_id: bytes, md5: bytes, blake3: bytes) -> None:
        if md5:
            connection.execute("UPDATE packs SET md5 = ? WHERE pack_id = ?", (md5, pack_id))
        if blake3:
            connection.execute("UPDATE packs SET blake3 = ? WHERE pack_id = ?", (blake3, pack_id))

    def unverified(self, home: str) -> list[PackFact]:
        """List packs in a home that were not read back yet."""
        rows = self._db.rows(
            f"SELECT {_PACK} FROM packs JOIN copies ON pack = number"
            " WHERE home = ? AND verified = 0 ORDER BY number",
            (home,),
        )
        return [PackFact(*cast(tuple[int, bytes, int, int, bytes, bytes], row)) for row in rows]

    def blocks(self, pack_id: bytes) -> bytes:
        """Give the MD5s of a pack's blocks of 4 MiB; empty when they were never wanted."""
        row = self._db.row("SELECT md5s FROM blocks WHERE pack_id = ?", (pack_id,))
        return cast(bytes, row[0]) if row else b""

    def verified(
        self, home: str, pack_id: bytes, md5: bytes, blake3: bytes, blocks: bytes = b""
    ) -> None:
        """Note that a copy was read back, with its hashes."""
        with self._db.transaction() as connection:
            connection.execute(
                "UPDATE copies SET verified = 1 WHERE home = ? AND pack ="
                " (SELECT number FROM packs WHERE pack_id = ?)",
                (home, pack_id),
            )
            self._keep_hashes(connection, pack_id, md5, blake3)
            if blocks:
                connection.execute("INSERT OR REPLACE INTO blocks VALUES (?,?)", (pack_id, blocks))

    # --- folders

    @property
    def epoch(self) -> int:
        """Give the number that grows whenever a stored pack was lost."""
        row = self._db.row("SELECT value FROM facts WHERE name = 'epoch'")
        return cast(int, row[0]) if row else 1

    def folder(self, root: bytes, path: bytes) -> CachedFolder | None:
        """Give a folder by its root and the path below it."""
        row = self._db.row("SELECT * FROM folders WHERE root = ? AND path = ?", (root, path))
        if row is None:
            return None
        return CachedFolder(*cast(tuple[bytes, bytes, bytes, bytes, int, int, int, int], row))

    def folders(self) -> Iterator[CachedFolder]:
        """Yield every folder, by root and path; one at a time in memory."""
        keys = self._db.rows("SELECT root, path FROM folders ORDER BY root, path")
        for root, path in cast(list[tuple[bytes, bytes]], keys):
            folder = self.folder(root, path)
            if folder is not None:
                yield folder

    @staticmethod
    def _add_folders(connection: Any, folders: Iterable[CachedFolder]) -> None:
        connection.executemany(
            "INSERT OR REPLACE INTO folders VALUES (?,?,?,?,?,?,?,?)",
            (
                (f.root, f.path, f.stats, f.listing, f.files, f.size_bytes, f.left_out, f.epoch)
                for f in folders
            ),
        )

    def replace_folders(self, folders: Iterable[CachedFolder]) -> None:
        """Have these folders and no others; nothing changes when the iteration fails."""
        with self._db.transaction() as connection:
            connection.execute("DELETE FROM folders")
            self._add_folders(connection, folders)

    def keep_only(self, root: bytes, paths: Collection[bytes]) -> None:
        """Forget folders of a root that are not there any more."""
        count = self._db.row("SELECT count(*) FROM folders WHERE root = ?", (root,))
        if count is not None and count[0] == len(paths):
            return
        with self._db.transaction() as connection:
            connection.execute("CREATE TEMP TABLE seen (path BLOB PRIMARY KEY) WITHOUT ROWID")
            connection.executemany("INSERT INTO seen VALUES (?)", ((path,) for path in paths))
            connection.execute(
                "DELETE FROM folders WHERE root = ? AND path NOT IN (SELECT path FROM seen)",
                (root,),
            )
            connection.execute("DROP TABLE seen")

    # --- drives and points

    def homes(self) -> list[Home]:
        """List every drive that was ever used, in the order of first use."""
        rows = self._db.rows(
            "SELECT home, serial, label, mount, state, record FROM homes ORDER BY number"
        )
        return [
            Home(home, serial, label, mount, HomeState(state), record)
            for home, serial, label, mount, state, record in cast(
                list[tuple[str, str, str, str, str, bytes]], rows
            )
        ]

    def put_home(self, home: Home) -> None:
        """Add or replace a drive."""
        with self._db.transaction() as connection:
            connection.execute(
                "INSERT INTO homes (home, serial, label, mount, state, record) VALUES (?,?,?,?,?,?)"
                " ON CONFLICT (home) DO UPDATE SET serial = excluded.serial,"
                " label = excluded.label, mount = excluded.mount, state = excluded.state,"
                " record = excluded.record",
                (home.home, home.serial, home.label, home.mount, home.state.value, home.record),
            )

    def points(self) -> list[NotedPoint]:
        """List the points, oldest first, an unfinished one last."""
        rows = self._db.rows(
            "SELECT sequence, point_id, done FROM points INDEXED BY noted_points ORDER BY sequence"
        )
        return [
            NotedPoint(sequence, point_id, bool(done))
            for sequence, point_id, done in cast(list[tuple[int, str, int]], rows)
        ]

    def point(self, noted: NotedPoint) -> KeptPoint:
        """Give a listed point with its bytes."""
        (row,) = self._db.rows(
            "SELECT data, done FROM points WHERE sequence = ? AND point_id = ?",
            (noted.sequence, noted.point_id),
        )
        data, done = cast(tuple[bytes, int], row)
        return KeptPoint(noted.sequence, noted.point_id, data, bool(done))

    def put_point(self, point: KeptPoint) -> None:
        """Add or replace a point."""
        with self._db.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO points VALUES (?,?,?,?)",
                (point.sequence, point.point_id, point.data, int(point.done)),
            )

    def close(self) -> None:
        """Close the file."""
        self._db.close()
