"""A backup with a past, to be damaged: drive, landing container, vault, and every older version."""

from __future__ import annotations

import os
import random
import shutil
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from blake3 import blake3

from offline_backup_gui.engine.restore_order import RestoreOutcome
from offline_backup_gui.engine.unlocking import unlock
from offline_backup_gui.formats.keys import passphrase_slot, recovery_slot
from offline_backup_gui.formats.pack import HEADER_BYTES, TRAILER_BYTES, PackKind
from offline_backup_gui.formats.record import (
    PASSPHRASE_SLOT,
    RECOVERY_SLOT,
    REPOSITORY,
    new_repository_record,
    read_drive_record,
)
from offline_backup_gui.formats.recovery_code import lines_of
from tests.engine.office import CONTAINER, ENTROPY, MASTER, PASSPHRASE, Office
from tests.trees import noise, prose, write

SESSIONS = 4
PLACES = ("drive", "landing", "vault")
_DIRECTORY = struct.Struct(">QI")  # offset and bytes, at the beginning of a trailer


@dataclass(frozen=True)
class Part:
    """A stretch of one object that has a meaning of its own."""

    kind: str
    name: str
    start: int
    end: int


@dataclass
class Backup:
    """One repository with `SESSIONS` copies behind it, received and moved into the vault."""

    office: Office
    source: Path
    drive: Path
    files: dict[int, dict[bytes, bytes]] = field(default_factory=dict)  # by point sequence
    old: dict[str, list[bytes]] = field(default_factory=dict)  # true objects of the past, by name
    fingerprint: str = ""

    def top(self, place: str) -> Path:
        """Give the folder of a place."""
        if place == "drive":
            return self.drive / CONTAINER
        return self.office.base / "account" / place

    def names(self, place: str) -> list[str]:
        """Name the objects of a place, sorted."""
        top = self.top(place)
        return sorted(
            str(path.relative_to(top))
            for path in top.rglob("*")
            if path.is_file() and ".properties" not in path.parts
        )

    def read(self, place: str, name: str) -> bytes:
        """Give the bytes of an object."""
        return (self.top(place) / name).read_bytes()

    @contextmanager
    def changed(self, place: str, changes: dict[str, bytes | None]) -> Iterator[None]:
        """Put other bytes under some names (None takes an object away), and put all back after."""
        top = self.top(place)
        before = {
            name: (top / name).read_bytes() if (top / name).exists() else None for name in changes
        }
        try:
            self._put(top, changes)
            yield
        finally:
            self._put(top, before)

    @staticmethod
    def _put(top: Path, objects: dict[str, bytes | None]) -> None:
        for name, data in objects.items():
            if data is None:
                (top / name).unlink(missing_ok=True)
            else:
                (top / name).parent.mkdir(parents=True, exist_ok=True)
                (top / name).write_bytes(data)

    def dishonest(self, outcome: RestoreOutcome, to: Path) -> list[bytes]:
        """Name the files that came back wrong, or did not come back and are not named."""
        top = bytes(to / self.source.name)
        wrong = []
        for name, data in self.files[outcome.point.sequence].items():
            path = os.path.join(top, name)
            stands = os.path.exists(path)
            named = path in outcome.differences
            if stands == named or (stands and Path(os.fsdecode(path)).read_bytes() != data):
                wrong.append(name)
        return wrong

    def unlock_vault(self, slot: str) -> bool:
        """Say whether a slot of the vault leads to the very master key; BackupError otherwise."""
        by_code = slot == RECOVERY_SLOT
        ring = unlock(
            self.office.vault,
            passphrase=None if by_code else PASSPHRASE,
            recovery_code="\n".join(lines_of(ENTROPY)) if by_code else None,
        )
        return ring.master == MASTER


@contextmanager
def memory_folder(otherwise: Path) -> Iterator[Path]:
    """Give a folder in memory where the system has one: these tests read far more than they say."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield otherwise
        return
    with TemporaryDirectory(dir=memory, prefix="rot-") as folder:
        yield Path(folder)


def make_backup(base: Path) -> Backup:
    """Copy, change and copy again; secrets are renewed between, as an admin may do."""
    source, drive = base / "source", base / "drive"
    drive.mkdir()
    os.makedirs(source / "folder" / "empty")
    for number in range(8):
        write(bytes(source) + b"/%d.txt" % number, prose(number, 2000))
        write(bytes(source) + b"/folder/%d.bin" % number, noise(number, 1500))
    write(bytes(source) + b"/large", noise(99, 300_000))
    os.symlink("large", source / "link")
    office = Office(base / "state", (source,))
    backup = Backup(office, source, drive)
    for session in range(1, SESSIONS + 1):
        write(bytes(source) + b"/%d.txt" % session, b"changed in session %d" % session)
        if session > 1:
            _renew(office, session)
        outcome = office.copy([drive])
        backup.fingerprint = outcome.drives[0].fingerprint
        backup.files[session] = {
            bytes(path.relative_to(source)): path.read_bytes()
            for path in source.rglob("*")
            if path.is_file() and not path.is_symlink()
        }
        for name in backup.names("drive"):
            versions = backup.old.setdefault(name, [])
            data = backup.read("drive", name)
            if data not in versions:
                versions.append(data)
    # A pack of the same key that no point needs any more: found by nobody's list.
    backup.old |= _strangers(base)
    office.receive([drive])
    office.to_vault()
    for name in backup.names("drive"):
        newest = backup.read("drive", name)
        backup.old[name] = [data for data in backup.old.get(name, ()) if data != newest]
    return backup


def _renew(office: Office, session: int) -> None:
    """Make a new slot and a new repository record: true ones, as the older were."""
    ring = office.keyring
    office.key_files[REPOSITORY] = new_repository_record(ring, f"2026-11-23T00:00:0{session}Z")
    office.key_files[PASSPHRASE_SLOT] = passphrase_slot(ring, PASSPHRASE, memory_kib=8192)
    office.key_files[RECOVERY_SLOT] = recovery_slot(ring, ENTROPY)


def _strangers(base: Path) -> dict[str, list[bytes]]:
    """Give packs and points of another copy under the same key, long forgotten by everybody."""
    source, drive = base / "other source", base / "other drive"
    os.makedirs(source)
    drive.mkdir()
    write(bytes(source) + b"/0.txt", b"of long ago")
    office = Office(base / "other state", (source,))
    office.copy([drive])
    office.close()
    top = drive / CONTAINER
    found = {
        str(path.relative_to(top)): [path.read_bytes()]
        for path in top.glob("packs/*/*")
        if path.is_file()
    }
    shutil.rmtree(base / "other state")
    return found


def parts_of(name: str, data: bytes) -> list[Part]:
    """Cut an object into the stretches of docs/formats.md."""
    head = name.split("/")[0]
    if head != "packs":
        kind = {"points": "point", "drives": "drive record", "keys": name}.get(head, name)
        return [Part(kind, name, 0, len(data))]
    what = "catalogue pack" if data[11] == PackKind.META else "pack"
    ending = len(data) - TRAILER_BYTES
    offset, _ = _DIRECTORY.unpack_from(data, ending + HEADER_BYTES)
    return [
        Part(f"{what}, header", name, 0, HEADER_BYTES),
        Part(f"{what}, frames", name, HEADER_BYTES, offset),
        Part(f"{what}, directory", name, offset, ending),
        Part(f"{what}, second header", name, ending, ending + HEADER_BYTES),
        Part(f"{what}, trailer", name, ending + HEADER_BYTES, len(data)),
    ]


@dataclass(frozen=True)
class Flip:
    """One bit of one object in one place."""

    place: str
    part: Part
    bit: int

    def applied(self, data: bytes) -> bytes:
        """Give the bytes with this bit turned over."""
        wrong = bytearray(data)
        wrong[self.bit // 8] ^= 1 << self.bit % 8
        return bytes(wrong)


def flips(backup: Backup, places: Sequence[str], count: int, chooser: random.Random) -> list[Flip]:
    """Choose bits so that every kind of part in every place gets its share."""
    by_kind: dict[tuple[str, str], list[Part]] = {}
    for place in places:
        for name in backup.names(place):
            for part in parts_of(name, backup.read(place, name)):
                by_kind.setdefault((place, part.kind), []).append(part)
    kinds = sorted(by_kind)
    chosen = []
    for number in range(count):
        place, kind = kinds[number % len(kinds)]
        part = chooser.choice(by_kind[place, kind])
        chosen.append(Flip(place, part, chooser.randrange(8 * part.start, 8 * part.end)))
    return chosen


def fingerprint_of(data: bytes, name: str) -> str:
    """Give what stands on the packing slip for a drive record."""
    return read_drive_record(data, name).check


def digest(data: bytes) -> str:
    """Name bytes shortly in a failure."""
    return blake3(data).hexdigest()[:12]
