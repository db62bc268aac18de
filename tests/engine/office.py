"""A branch office for tests of the engine: everything real but the people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.folder_account import FolderAccount, FolderContainer
from offline_backup_gui.domain.errors import Parameter, Stopped
from offline_backup_gui.domain.file_ports import Files
from offline_backup_gui.domain.findings import Finding
from offline_backup_gui.domain.ports import DriveDoor, DriveStore, ObjectStore
from offline_backup_gui.engine.arrival import (
    Arrival,
    check_arrival,
    expected_objects,
    repair_arrival,
)
from offline_backup_gui.engine.checking import DriveCheck, check_drive
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.copying import Copying, CopyOrder, CopyOutcome
from offline_backup_gui.engine.homes import DriveChoice
from offline_backup_gui.engine.increment import Increment, IncrementOrder, IncrementOutcome
from offline_backup_gui.engine.library import Library
from offline_backup_gui.engine.receiving import Received, receive
from offline_backup_gui.engine.restore_order import RestoreOrder, RestoreOutcome
from offline_backup_gui.engine.restoring import Restoring
from offline_backup_gui.engine.sessions import Sources
from offline_backup_gui.engine.unlocking import unlock
from offline_backup_gui.engine.vaulting import Vaulted, move_to_vault
from offline_backup_gui.formats import record
from offline_backup_gui.formats.keys import Keyring, passphrase_slot, recovery_slot

CONTAINER = "landing"
PASSPHRASE = "seven words that nobody guesses"
ENTROPY = bytes(range(20))
MASTER = bytes(range(32))
REPOSITORY_ID = bytes(range(16))


class Wish:
    """A Control: stops at the n-th checkpoint when asked to."""

    def __init__(self, stop_after: int | None = None) -> None:
        self.stopping = False
        self._left = stop_after
        self.on_checkpoint: Callable[[], None] | None = None

    def checkpoint(self) -> None:
        if self.on_checkpoint is not None:
            self.on_checkpoint()
        if self._left is not None:
            self._left -= 1
            self.stopping = self.stopping or self._left < 0
        if self.stopping:
            raise Stopped


class FolderDoor:
    """A DriveDoor to folders; `wrap` may put trouble between."""

    def __init__(self, wrap: Callable[[FolderDriveStore], DriveStore] | None = None) -> None:
        self._wrap = wrap

    def open(self, mount: str, container: str) -> DriveStore:
        store = FolderDriveStore(Path(mount), container)
        return store if self._wrap is None else self._wrap(store)

    def release(self, mount: str) -> Sequence[Finding]:
        return ()


@dataclass
class Office:
    """One plan with its state folder. `open` again on the same folder is the next process."""

    base: Path
    sources: tuple[Path, ...]
    exclude: tuple[str, ...] = ()
    wish: Wish = field(default_factory=Wish)
    door: DriveDoor = field(default_factory=FolderDoor)
    events: list[tuple[str, dict[str, Parameter]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.base.mkdir(parents=True, exist_ok=True)
        self.keyring = Keyring(REPOSITORY_ID, MASTER)
        self.clock = SystemClock()
        self.progress = Progress(self.clock)
        self.book = SqliteBook(self.base / "book.db")
        self.account = FolderAccount(self.base / "account")
        self.key_files = self._key_files()
        (self.base / "spool").mkdir(exist_ok=True)
        self.spool = FolderStore(self.base / "spool", "spool")
        self.files: Files = system_files()

    def _key_files(self) -> dict[str, bytes]:
        made = {
            record.REPOSITORY: lambda: record.new_repository_record(
                self.keyring, "2026-11-23T00:00:00Z"
            ),
            record.PASSPHRASE_SLOT: lambda: passphrase_slot(
                self.keyring, PASSPHRASE, memory_kib=8192
            ),
            record.RECOVERY_SLOT: lambda: recovery_slot(self.keyring, ENTROPY),
        }
        files = {}
        for name, make in made.items():
            kept = self.base / name.replace("/", "-")
            if not kept.exists():
                kept.write_bytes(make())
            files[name] = kept.read_bytes()
        return files

    def close(self) -> None:
        self.book.close()

    @property
    def context(self) -> Context:
        return Context(
            self.wish,
            self.progress,
            self.clock,
            lambda code, **p: self.events.append((code, p)),
            self.files,
        )

    def codes(self) -> list[str]:
        return [str(code) for code, _ in self.events]

    @property
    def landing(self) -> FolderContainer:
        return self.account.container("landing", create=True)

    @property
    def vault(self) -> FolderContainer:
        return self.account.container("vault", create=True)

    def _sources(self) -> Sources:
        return Sources(tuple(str(path).encode() for path in self.sources), self.exclude)

    def copying(self, drives: Sequence[Path]) -> Copying:
        choices = tuple(
            DriveChoice(str(mount), f"serial-{mount.name}", mount.name) for mount in drives
        )
        order = CopyOrder("plan", CONTAINER, self._sources(), choices, self.key_files)
        return Copying(self.context, self.keyring, self.book, self.door, self.spool, order)

    def copy(self, drives: Sequence[Path]) -> CopyOutcome:
        return self.copying(drives).run()

    def store(self, mount: Path) -> FolderDriveStore:
        return FolderDriveStore(mount, CONTAINER)

    def check(self, mount: Path, *, keyed: bool = True) -> DriveCheck:
        return check_drive(self.context, self.store(mount), keyring=self.keyring if keyed else None)

    def receive(self, drives: Sequence[Path]) -> Received:
        return receive(self.context, [self.store(mount) for mount in drives], self.landing)

    def arrival(self) -> Arrival:
        expected = expected_objects(self.book, self.key_files)
        return check_arrival(self.context, self.landing, expected.values(), {})

    def repair(self, arrival: Arrival, drives: Sequence[Path] = ()) -> list[str]:
        return repair_arrival(
            self.context,
            arrival,
            self.landing,
            expected_objects(self.book, self.key_files),
            self.account,
            [self.store(mount) for mount in drives],
        )

    def to_vault(self) -> Vaulted:
        expected = expected_objects(self.book, self.key_files)
        return move_to_vault(self.context, self.book, self.landing, self.vault, expected)

    def increment(self) -> IncrementOutcome:
        order = IncrementOrder("plan", self._sources(), self.key_files)
        return Increment(self.context, self.keyring, self.book, self.vault, order).run()

    def library(self, stores: Sequence[ObjectStore], keyring: Keyring | None = None) -> Library:
        number = len(list(self.base.glob("library-*.db")))
        book = SqliteBook(self.base / f"library-{number}.db")
        return Library(self.context, keyring or self.keyring, book, stores)

    def restore(
        self,
        stores: Sequence[ObjectStore],
        to: Path,
        point: str | None = None,
        *,
        include: tuple[str, ...] = (),
        paths: tuple[bytes, ...] = (),
        overwrite: bool = False,
    ) -> RestoreOutcome:
        library = self.library(stores)
        order = RestoreOrder(str(to).encode(), include, paths, overwrite)
        return Restoring(self.context, library, library.point(point), order).run()

    def unlock(self, store: ObjectStore, code: str) -> Keyring:
        return unlock(store, passphrase=None, recovery_code=code)
