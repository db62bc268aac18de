"""Makes drives with very many chunks cheaply but really, and measures a rebuild from them.

`python -m tests.robustness.many_packs WAY BASE DRIVES` rebuilds in a process of its own and prints
seconds and peak memory; chunks are tiny, everything else is what the program itself would write.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from blake3 import blake3

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.adapters.stores.folder_account import FolderContainer
from offline_backup_gui.engine.catalogue import read_catalogue
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.homes import DriveChoice, begin_sessions
from offline_backup_gui.engine.library import Library
from offline_backup_gui.engine.receiving import receive
from offline_backup_gui.engine.remembering import (
    remember_drives,
    remember_sealed_points,
)
from offline_backup_gui.engine.unlocking import unlock
from offline_backup_gui.formats import record
from offline_backup_gui.formats.catalogue import Entry, Kind, Listing, encode
from offline_backup_gui.formats.keys import Keyring, passphrase_slot, recovery_slot
from offline_backup_gui.formats.pack import (
    Codec,
    PackKind,
    Row,
    close_pack,
    name_of,
    new_header,
    nonce,
)
from offline_backup_gui.formats.point import (
    CatalogueChunk,
    PackRow,
    Point,
    Root,
    object_name,
    seal,
)
from tests.engine.office import (
    CONTAINER,
    ENTROPY,
    MASTER,
    PASSPHRASE,
    REPOSITORY_ID,
    FolderDoor,
    Wish,
)

SOURCE = b"/office"
_PIECE = 256 << 10
_POINT = "20261123t090000z-0123456789abcdef"
_AT = "2026-11-23T09:00:00Z"


@dataclass
class Drives:
    """Sealed drives with `packs` packs of `chunks` chunks each, and the catalogue on every one."""

    mounts: Sequence[Path]
    packs: int
    chunks: int
    pieces: int = 0  # chunks of the catalogue

    def make(self) -> None:
        keyring = Keyring(REPOSITORY_ID, MASTER)
        lines: dict[Path, list[record.RecordObject]] = {mount: [] for mount in self.mounts}
        rows: list[PackRow] = []
        stream = bytearray(encode(Listing(0, b"", [], [_folder(n) for n in range(self.packs)])))
        for number in range(self.packs):
            mount = self.mounts[number % len(self.mounts)]
            plain = [b"%d %d " % (number, at) * 3 for at in range(self.chunks)]
            pack_id, data, ids = _pack(keyring, PackKind.DATA, plain)
            self._put(mount, name_of(pack_id), data, lines)
            rows.append(_row(pack_id, data, f"{self.mounts.index(mount):016x}"))
            stream += encode(_listing(number, plain, ids))
        pieces = [bytes(stream[at : at + _PIECE]) for at in range(0, len(stream), _PIECE)]
        self.pieces = len(pieces)
        pack_id, data, ids = _pack(keyring, PackKind.META, pieces)
        rows.append(_row(pack_id, data, ""))
        catalogue = [
            CatalogueChunk(chunk_id, len(piece), -1, b"", 0)
            for chunk_id, piece in zip(ids, pieces, strict=True)
        ]
        point = seal(keyring, self._point(rows, catalogue))
        small = {
            record.REPOSITORY: record.new_repository_record(keyring, _AT),
            record.PASSPHRASE_SLOT: passphrase_slot(keyring, PASSPHRASE, memory_kib=8192),
            record.RECOVERY_SLOT: recovery_slot(keyring, ENTROPY),
            name_of(pack_id): data,
            object_name(_POINT): point,
        }
        for number, mount in enumerate(self.mounts):
            for name, contents in small.items():
                self._put(mount, name, contents, lines)
            drive_id = f"{number:016x}"
            sealed = record.DriveRecord(
                1,
                REPOSITORY_ID.hex(),
                drive_id,
                f"serial-{mount.name}",
                mount.name,
                sealed=True,
                past_cache=True,
                sessions=[record.Session(_AT, _AT, _POINT)],
                objects=sorted(lines[mount], key=lambda line: line.name),
                check="",
                tag="",
            )
            contents = record.seal_drive_record(keyring, sealed)
            self._put(mount, record.drive_record_name(drive_id), contents, lines)

    def _point(self, rows: list[PackRow], catalogue: list[CatalogueChunk]) -> Point:
        return Point(
            point_id=_POINT,
            sequence=1,
            previous_id="",
            previous_hash=b"",
            plan="plan",
            host="server",
            started=_AT,
            finished=_AT,
            roots=[Root(SOURCE, b"office", _folder(0))],
            files=self.packs,
            folders=self.packs + 1,
            size=0,
            catalogue=catalogue,
            packs=sorted(rows, key=lambda row: row.pack_id),
            left_out=[],
            complete=True,
        )

    @staticmethod
    def _put(
        mount: Path, name: str, data: bytes, lines: dict[Path, list[record.RecordObject]]
    ) -> None:
        path = mount / CONTAINER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        line = record.RecordObject(name, len(data), md5, blake3(data).hexdigest())
        lines[mount].append(line)


def _pack(
    keyring: Keyring, kind: PackKind, plain: Sequence[bytes]
) -> tuple[bytes, bytes, list[bytes]]:
    header = new_header(keyring, kind)
    parts, rows, offset = [header.raw], [], len(header.raw)
    for number, data in enumerate(plain):
        chunk_id = keyring.chunk_id(data)
        aad = header.frame_aad(number, chunk_id, len(data), Codec.PLAIN)
        frame = header.aead.encrypt(nonce(0, number), data, aad)
        rows.append(Row(chunk_id, offset, len(frame), len(data), Codec.PLAIN))
        parts.append(frame)
        offset += len(frame)
    parts.append(close_pack(header, rows, offset))
    return header.pack_id, b"".join(parts), [row.chunk_id for row in rows]


def _row(pack_id: bytes, data: bytes, drive_id: str) -> PackRow:
    md5 = hashlib.md5(data, usedforsecurity=False).digest()
    return PackRow(pack_id, len(data), blake3(data).digest(), md5, drive_id, not drive_id)


def _folder(number: int) -> Entry:
    return Entry(b"%d" % number, kind=Kind.FOLDER, mode=0o755)


def _listing(number: int, plain: Sequence[bytes], ids: Sequence[bytes]) -> Listing:
    extents: list[int] = []
    for at, data in enumerate(plain):
        extents += (at, 0, len(data))
    size = sum(map(len, plain))
    entry = Entry(b"file", mode=0o644, size=size, extents=extents)
    return Listing(0, b"%d" % number, list(ids), [entry])


def read_in(mounts: Sequence[Path], base: Path) -> None:
    """Read the drives into the landing container below `base`."""
    (base / "landing").mkdir()
    drives = [FolderDoor().open(str(mount), CONTAINER) for mount in mounts]
    received = receive(_context(), drives, FolderContainer(base / "landing"))
    assert not received.damaged + received.missing


# --- the rebuild, in a process of its own


def _context() -> Context:
    clock = SystemClock()
    return Context(Wish(), Progress(clock), clock, lambda code, **_: None, system_files())


def rebuild(way: str, base: Path, mounts: Sequence[Path]) -> dict[str, float | int]:
    """Rebuild a book in `base` one way; give seconds and what was found."""
    context = _context()
    book = SqliteBook(base / f"{way}.db")
    door = FolderDoor()
    stores = [door.open(str(mount), CONTAINER) for mount in mounts]
    begun = time.monotonic()
    keyring = unlock(stores[0], passphrase=PASSPHRASE, recovery_code=None)
    if way == "look":
        library = Library(context, keyring, book, stores)
        point = library.point(None)
        opened = time.monotonic() - begun
        folders = sum(1 for _ in read_catalogue(point, library.chunk))
    elif way == "copy":
        choices = [DriveChoice(str(mount), f"serial-{mount.name}", mount.name) for mount in mounts]
        files = {name: stores[0].read(name) for name in (record.REPOSITORY,)}
        drives = begin_sessions(context, keyring, book, door, CONTAINER, choices, files)
        for drive in drives:
            remember_sealed_points(keyring, book, drive.store)
            assert not book.unverified(drive.home)
        opened, folders = time.monotonic() - begun, 0
    else:
        landing = FolderContainer(base / "landing")
        assert remember_drives(context, keyring, book, landing) == len(mounts)
        opened = time.monotonic() - begun
        folders = sum(1 for _ in book.folders())
    seconds = time.monotonic() - begun
    chunks = book._db.rows("SELECT count(*) FROM chunks")[0][0]
    assert isinstance(chunks, int)
    packs = sum(1 for _ in book.packs())
    # What the parent had in memory when it forked counts for getrusage, but not here.
    status = Path("/proc/self/status").read_text()
    peak = int(status.partition("VmHWM:")[2].split()[0]) >> 10
    book.close()
    return {
        "opened_s": round(opened, 1),
        "seconds": round(seconds, 1),
        "processor_s": round(time.process_time(), 1),
        "peak_mib": peak,
        "chunks": chunks,
        "packs": packs,
        "folders": folders,
    }


if __name__ == "__main__":
    way, base, *mounts = sys.argv[1:]
    print(json.dumps(rebuild(way, Path(base), list(map(Path, mounts)))))
