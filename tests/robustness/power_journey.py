"""A whole journey whose every write is logged, with kills on the way, to be cut anywhere later."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from offline_backup_gui.adapters.state.sqlite import Database
from offline_backup_gui.adapters.stores.folder_writer import FolderWriter
from offline_backup_gui.engine import lanes, restore_order, restoring
from offline_backup_gui.engine.remembering import forgotten_drives, remember_drives, remember_points
from tests.engine.office import CONTAINER, Office
from tests.robustness.fs_log import FsLog, Fuse
from tests.trees import noise, prose, write

PACK_BYTES = 300_000
RESTORE_MARK = ".offline-backup-restore"


@dataclass(frozen=True)
class Step:
    """One job of the journey: what it does, with which state of the sources, onto which drives."""

    name: str
    source: int
    drives: int


JOURNEY = (
    Step("copy", 1, 2),
    Step("copy again", 2, 3),
    Step("receive", 2, 3),
    Step("vault", 2, 3),
    Step("increment", 3, 3),
    Step("increment again", 4, 3),
    Step("restore", 4, 3),
)


@dataclass
class Journey:
    """The journey in one folder. Each step is killed as `fuses` say, or as a chooser draws."""

    base: Path
    chooser: random.Random | None = None
    fuses: Sequence[Fuse] = ()
    hard_links: bool = True
    steps: Sequence[Step] = JOURNEY
    log: FsLog = field(init=False)
    kills: int = 0

    def __post_init__(self) -> None:
        self.base.mkdir(parents=True)
        make_sources(self.base)
        self.office(1).close()
        self.log = FsLog(self.base, hard_links=self.hard_links)
        for drive in range(3):
            self.log.watch(f"drive-{drive}")
        for name in ("state/spool", "state/account", "to"):
            self.log.watch(name)

    def record(self) -> FsLog:
        """Run every step; a step with kills is begun again until it is through."""
        with self.log.recording(), _listening(self.log), small_packs():
            for step in self.steps:
                use_source(self.base, step.source)
                self.log.say("begin", step)
                self._through(step)
                self.log.say("end", step)
        return self.log

    def _through(self, step: Step) -> None:
        fuses = list(self.fuses)
        if self.chooser is not None:
            fuses += [_drawn(self.chooser) for _ in range(self.chooser.randrange(4))]
        for fuse in (*fuses, Fuse()):
            self.log.restart(fuse)
            office = self.office(step.source)
            try:
                do(step, office)
                return
            except BaseException:
                if not self.log.dead:
                    raise
                self.kills += 1
            finally:
                self.log.restart()
                office.close()

    def office(self, source: int) -> Office:
        """Open the plan as the next process does."""
        if source > 1:
            # A new passphrase: the slot on the drives is replaced.
            slot = self.base / "state" / "keys-passphrase.json"
            shutil.copyfile(self.base / "second-slot.json", slot)
        return Office(self.base / "state", (self.base / "office",))


def _drawn(chooser: random.Random) -> Fuse:
    """Kill anywhere, or where a name was given and not flushed yet."""
    if chooser.random() < 0.5:
        return Fuse(calls=chooser.randrange(1, 300))
    return Fuse(links=chooser.randrange(1, 12))


def do(step: Step, office: Office) -> None:
    """Do one step, as the services do it; it must end well."""
    base = office.base.parent
    drives = [base / f"drive-{number}" for number in range(step.drives)]
    if step.name.startswith("copy"):
        outcome = office.copy(drives)
        assert outcome.point.complete
    elif step.name == "receive":
        received = office.receive(drives)
        assert (received.damaged, received.missing) == ([], [])
        remember(office)
        assert office.arrival().complete
    elif step.name == "vault":
        remember(office)
        assert office.to_vault().incomplete == []
    elif step.name.startswith("increment"):
        office.increment()
    elif not is_restored(base):
        vaulted = any(office.vault.objects("points/"))
        stores = [office.vault] if vaulted else [office.store(drive) for drive in drives]
        assert office.restore(stores, base / "to").differences == {}


def is_restored(base: Path) -> bool:
    """Say whether the restore was through: then its mark is gone."""
    return (base / "to" / "office").exists() and not (base / "to" / RESTORE_MARK).exists()


def remember(office: Office) -> None:
    """Learn again what was forgotten, as the arrival check does."""
    if forgotten_drives(office.book, office.landing):
        remember_drives(office.context, office.keyring, office.book, office.landing)
        remember_points(office.keyring, office.book, office.landing)


def make_sources(base: Path) -> None:
    """Make four states of the sources; each is the one before with something changed."""
    slots = [Office(base / name, ()) for name in ("state", "other")]
    shutil.copyfile(base / "other" / "keys-passphrase.json", base / "second-slot.json")
    for office in slots:
        office.close()
    shutil.rmtree(base / "other")
    (base / "state" / "book.db").unlink()
    before: Path | None = None
    for number in range(1, 5):
        top = base / f"source-{number}"
        if before is None:
            for folder in range(3):
                (top / f"folder {folder}").mkdir(parents=True)
                for file in range(6):
                    path = top / f"folder {folder}" / f"text {file}"
                    write(bytes(path), prose(10 * folder + file, 3_000 + 5_000 * file))
                write(bytes(top / f"folder {folder}" / "noise"), noise(folder, 240_000))
            write(bytes(top / "large"), noise(9, 1_200_000))
        else:
            shutil.copytree(before, top)
            write(bytes(top / "folder 1" / "noise"), noise(100 + number, 220_000))
            write(bytes(top / "folder 1" / "text 2"), prose(100 + number, 14_000))
            (top / f"new {number}").mkdir()
            write(bytes(top / f"new {number}" / "file"), noise(200 + number, 90_000))
            (top / "folder 0" / f"text {number}").unlink()
        before = top


def use_source(base: Path, number: int) -> None:
    """Let the plan's source folder be one of its states; every file stays as it is."""
    here = base / "office"
    if here.is_dir():
        kept = next(n for n in range(1, 5) if not (base / f"source-{n}").exists())
        os.rename(here, base / f"source-{kept}")
    os.rename(base / f"source-{number}", here)


@contextmanager
def small_packs() -> Iterator[None]:
    """Let packs be so small that many are made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lanes, "pack_bytes_for", lambda capacity: PACK_BYTES)
        patch.setattr(lanes, "VAULT_PACK_BYTES", PACK_BYTES)
        # A restore that says again and again what a cut cannot take.
        patch.setattr(restoring, "KEEP_EVERY_S", 0.0)
        patch.setattr(restore_order, "_BATCH_FILES", 1)
        patch.setattr(restore_order, "_RUN_BYTES", 1)
        yield


@contextmanager
def _listening(log: FsLog) -> Iterator[None]:
    """Note what the writer says to be stored, and each state of the book."""
    commit = FolderWriter.commit
    transaction: Callable[..., Any] = Database.transaction

    def saying(self: FolderWriter, md5: bytes | None = None) -> None:
        commit(self, md5)
        path = self._store.root / self._name  # type: ignore[attr-defined]
        log.say("stored", str(path.relative_to(log.base)), path)

    @contextmanager
    def noting(self: Database, **words: bool) -> Iterator[sqlite3.Connection]:
        with ExitStack() as stack:
            if self.path.name == "book.db":
                log.alive()
                stack.enter_context(self.lock)
            with transaction(self, **words) as connection:
                yield connection
            if self.path.name == "book.db":
                log.say("durable book" if words.get("durable") else "book", connection.serialize())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FolderWriter, "commit", saying)
        patch.setattr(Database, "transaction", noting)
        yield


CONTAINERS = (
    *(f"drive-{number}/{CONTAINER}" for number in range(3)),
    "state/account/landing",
    "state/account/vault",
)
