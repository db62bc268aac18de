"""Made the sample of format version 1 with the engine of its time; kept to show how.

`python -m tests.samples.make_v1 FOLDER` makes such a sample anew (other keys, other salts). The one
that is committed is never made again: that it stays readable is what it is for.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import stat
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote_from_bytes

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.folder_account import FolderAccount
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.ports import DriveStore
from offline_backup_gui.engine.arrival import expected_objects
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.copying import Copying, CopyOrder
from offline_backup_gui.engine.homes import DriveChoice
from offline_backup_gui.engine.increment import Increment, IncrementOrder
from offline_backup_gui.engine.receiving import receive
from offline_backup_gui.engine.sessions import Sources
from offline_backup_gui.engine.vaulting import move_to_vault
from offline_backup_gui.formats.keys import Keyring, passphrase_slot, recovery_slot
from offline_backup_gui.formats.record import (
    PASSPHRASE_SLOT,
    RECOVERY_SLOT,
    REPOSITORY,
    new_repository_record,
)
from offline_backup_gui.formats.recovery_code import entropy_of

PASSPHRASE = "Grüße aus der Filiale, nur zur Probe"
RECOVERY_CODE = "0W40-J2GB-W 1G6G-W3RG-J 2491-650N-Z 2RBH-G68T-M"
CONTAINER = "landing"
TIME_NS = 1_700_000_000_123_456_789


class Freely:
    """A Control that never stops."""

    stopping = False

    def checkpoint(self) -> None: ...


class Door:
    """A DriveDoor to folders."""

    def open(self, mount: str, container: str) -> DriveStore:
        return FolderDriveStore(Path(mount), container)

    def release(self, mount: str) -> tuple[Finding, ...]:
        return ()


def write(path: bytes, data: bytes, mode: int = 0o644) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, mode)


def settle(top: bytes) -> None:
    """Give everything a time of its own, folders last."""
    for number, (folder, folders, files) in enumerate(os.walk(top, topdown=False)):
        for index, name in enumerate(sorted(folders + files)):
            moment = TIME_NS + 1_000_000_007 * (number * 50 + index)
            path = os.path.join(folder, name)
            os.utime(path, ns=(moment, moment), follow_symlinks=False)
    os.utime(top, ns=(TIME_NS, TIME_NS))


def make_office(top: bytes) -> None:
    """Make the sources of the first restore point."""
    words = random.Random(1)
    text = " ".join(
        words.choice(["Belege", "und", "Rechnungen", "der", "Filiale"]) for _ in range(4000)
    )
    write(top + b"/papers/report.txt", text.encode())
    write(top + b"/papers/same again.txt", text.encode(), 0o600)
    write(top + b"/papers/empty", b"")
    write(top + b"/pictures/noise.jpg", random.Random(2).randbytes(30_000), 0o640)
    write(top + b"/run.sh", b"#!/bin/sh\nexit 0\n", 0o755)
    awkward = ("\u00fcber", "u\u0308ber", "two\nlines", "dot.", "space ", "con", "\u202eexe.txt")
    for name in (*(text.encode() for text in awkward), b"\xff\xfe"):
        write(top + b"/names/" + name, b"named " + name)
    os.makedirs(top + b"/nothing in here")
    os.symlink(b"../run.sh", top + b"/papers/link")
    os.symlink(b"/nowhere/at all", top + b"/dangling")
    os.link(top + b"/run.sh", top + b"/papers/run too.sh")
    os.mkfifo(top + b"/pipe", 0o620)
    with open(top + b"/disk.img", "wb") as file:
        file.write(b"boot" * 1000)
        file.seek(700_000)
        file.write(b"data")
        file.truncate(1 << 20)
    settle(top)


def change_office(top: bytes) -> None:
    """Change the sources for the second restore point."""
    write(top + b"/papers/report.txt", b"all new")
    write(top + b"/later/added.txt", b"added later")
    os.unlink(top + b"/names/con")
    settle(top)


def contents(top: bytes) -> dict[str, dict[str, object]]:
    """Describe everything below a folder; paths as in a URL."""
    found = {}
    for folder, folders, files in os.walk(top):
        for name in sorted(folders + files):
            path = os.path.join(folder, name)
            info = os.lstat(path)
            one: dict[str, object] = {
                "mode": oct(info.st_mode),
                "mtime_ns": info.st_mtime_ns,
                "links": info.st_nlink,
            }
            if stat.S_ISREG(info.st_mode):
                one["sha256"] = hashlib.sha256(Path(os.fsdecode(path)).read_bytes()).hexdigest()
            elif stat.S_ISLNK(info.st_mode):
                one["target"] = quote_from_bytes(os.readlink(path))
                del one["mode"]
            else:
                del one["links"]
            found[quote_from_bytes(os.path.relpath(path, top))] = one
    return dict(sorted(found.items()))


def make(result: Path, work: Path) -> None:
    """Make the whole sample in `result`; `work` is a folder for what is not kept."""
    keyring = Keyring(os.urandom(16), os.urandom(32))
    key_files = {
        REPOSITORY: new_repository_record(keyring, "2026-11-23T09:00:00Z"),
        PASSPHRASE_SLOT: passphrase_slot(keyring, PASSPHRASE),
        RECOVERY_SLOT: recovery_slot(keyring, entropy_of(RECOVERY_CODE)),
    }
    office = work / "office"
    make_office(os.fsencode(office))
    clock = SystemClock()
    context = Context(Freely(), Progress(clock), clock, lambda *_, **__: None, system_files())
    book = SqliteBook(work / "book.db")
    (work / "spool").mkdir()
    sources = Sources((os.fsencode(office),))
    mounts = [work / "drive-1", work / "drive-2"]
    for mount in mounts:
        mount.mkdir()
    choices = tuple(DriveChoice(str(mount), f"SAMPLE-{mount.name}", mount.name) for mount in mounts)
    order = CopyOrder("sample", CONTAINER, sources, choices, key_files)
    first = Copying(context, keyring, book, Door(), FolderStore(work / "spool"), order).run().point
    told = {first.point_id: contents(os.fsencode(office))}
    account = FolderAccount(work / "account")
    landing = account.container("landing", create=True)
    vault = account.container("vault", create=True)
    drives = [FolderDriveStore(mount, CONTAINER) for mount in mounts]
    receive(context, drives, landing)
    expected = expected_objects(book, key_files)
    assert not move_to_vault(context, book, landing, vault, expected).incomplete
    change_office(os.fsencode(office))
    increment = IncrementOrder("sample", sources, key_files)
    second = Increment(context, keyring, book, vault, increment).run().point
    told[second.point_id] = contents(os.fsencode(office))
    book.close()
    for info in vault.objects():
        put(result / "vault" / info.name, vault.read(info.name))
    for drive in drives:
        for info in drive.objects():
            put(result / drive_name(drive) / CONTAINER / info.name, drive.read(info.name))
    put(result / "contents.json", json.dumps(told, indent=1).encode() + b"\n")


def drive_name(drive: FolderDriveStore) -> str:
    return Path(drive.label).name


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def main() -> None:
    """Make a sample in the folder that is named; it must not be there yet."""
    result = Path(sys.argv[1])
    result.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as work:
        make(result, Path(work))
    print(sum(path.stat().st_size for path in result.rglob("*") if path.is_file()), "bytes")


if __name__ == "__main__":
    main()
