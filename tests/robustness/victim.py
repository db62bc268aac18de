"""A child process that does with a foreign drive all that the program ever does, and tells how.

`python -m tests.robustness.victim` takes one folder a line and answers with one line of JSON.
"""

from __future__ import annotations

import faulthandler
import json
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.drives.contents import contents_of
from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.adapters.stores.accounts import containers_on
from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.folder_account import FolderAccount
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.engine.checking import check_drive
from offline_backup_gui.engine.homes import DriveChoice, begin_sessions
from offline_backup_gui.engine.library import Library
from offline_backup_gui.engine.receiving import receive
from offline_backup_gui.engine.remembering import (
    remember_drives,
    remember_points,
    remember_sealed_points,
)
from offline_backup_gui.engine.restore_order import RestoreOrder
from offline_backup_gui.engine.restoring import Restoring
from offline_backup_gui.engine.unlocking import repository_id_of, unlock
from offline_backup_gui.formats.recovery_code import lines_of
from offline_backup_gui.services.restores import OpenRepository
from tests.engine.office import CONTAINER, ENTROPY, PASSPHRASE, FolderDoor, Office
from tests.robustness.watching_writes import WriteWatch

# A bomb must not take this computer with it; what counts is the measured peak.
_ADDRESS_SPACE = 3 << 30
_LARGEST_FILE = 32 << 20
_POINTS = 4
_TOO_LONG_S = 850


def peak_kib() -> int:
    """Give the peak of memory of this process since it was last reset."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1])
    return 0


class Victim:
    """Opens, checks, receives, remembers, browses and restores one foreign drive."""

    def __init__(self, base: Path) -> None:
        self._base, self._mount = base, base / "drive"
        self.said: dict[str, str] = {}

    def run(self) -> None:
        """Do everything; each step ends well or in a BackupError, or it is told as a bug."""
        self._office = Office(self._base / "state", ())
        try:
            for step in (
                self._look,
                self._unlock,
                self._check,
                self._check_with_key,
                self._receive,
                self._remember,
                self._restore,
                self._restore_landing,
                self._copy_onto,
            ):
                self._step(step.__name__.strip("_"), step)
        finally:
            self._office.close()

    def _step(self, name: str, act: Callable[[], object]) -> None:
        try:
            self.said[name] = str(act())[:200]
        except BackupError as error:
            self.said[name] = f"refused {error}"[:300]
        except BaseException:
            self.said[name] = "BUG " + traceback.format_exc()[-3000:]

    def _store(self) -> FolderDriveStore:
        return FolderDriveStore(self._mount, CONTAINER)

    def _look(self) -> object:
        containers = containers_on(str(self._mount))
        try:
            return contents_of(str(self._mount)), containers
        except OSError:  # as it promises for a drive that is gone: this attacker left none
            return None, containers

    def _unlock(self) -> object:
        store = self._store()
        code = "\n".join(lines_of(ENTROPY))
        self._step("passphrase", lambda: unlock(store, passphrase=PASSPHRASE, recovery_code=None))
        self._step("code", lambda: unlock(store, passphrase=None, recovery_code=code))
        return repository_id_of(store)

    def _check(self) -> object:
        check = check_drive(self._office.context, self._store())
        return check.good, check.damaged[:3], check.missing[:3], check.unlisted[:3]

    def _check_with_key(self) -> object:
        office = self._office
        check = check_drive(office.context, self._store(), keyring=office.keyring)
        return check.good, check.damaged[:3], check.missing[:3], check.unlisted[:3]

    def _receive(self) -> object:
        return receive(self._office.context, [self._store()], self._office.landing)

    def _remember(self) -> object:
        office = self._office
        for number, source in enumerate((self._store(), office.landing)):
            book = SqliteBook(self._base / "state" / f"remembered-{number}.db")
            try:
                for act in (
                    lambda: remember_drives(office.context, office.keyring, book, source),  # noqa: B023
                    lambda: remember_points(office.keyring, book, source),  # noqa: B023
                    lambda: remember_sealed_points(office.keyring, book, source),  # noqa: B023
                ):
                    self._step(f"remember {number}", act)
            finally:
                book.close()
        return ""

    def _restore(self) -> object:
        return self._restore_from(
            "drive",
            Library(
                self._office.context,
                self._office.keyring,
                SqliteBook(self._base / "state" / "library.db"),
                [self._store()],
            ),
        )

    def _restore_landing(self) -> object:
        account = FolderAccount(self._base / "hostile-account")
        return self._restore_from(
            "account",
            Library(
                self._office.context,
                self._office.keyring,
                SqliteBook(self._base / "state" / "library-account.db"),
                [account.container("landing")],
            ),
        )

    def _restore_from(self, name: str, library: Library) -> object:
        opened = OpenRepository(library)
        self._step(f"{name} points", opened.points)
        for number, head in enumerate(library.chain.points[-_POINTS:]):
            self._step(f"{name} point", lambda: library.point(head.point_id).point_id)  # noqa: B023
            self._step(f"{name} children", lambda: self._browse(opened, head.point_id))  # noqa: B023
            self._step(f"{name} search", lambda: len(opened.search(head.point_id, "e")))  # noqa: B023
            for way in ("plain", "again"):
                order = RestoreOrder(
                    bytes(self._base / "to" / f"{name}-{number}"), overwrite=way == "again"
                )
                self._step(
                    f"{name} restore {number} {way}",
                    lambda: len(
                        Restoring(
                            self._office.context,
                            library,
                            library.point(head.point_id),  # noqa: B023
                            order,  # noqa: B023
                        )
                        .run()
                        .differences
                    ),
                )
        return library.damaged[:3], library.chain.missing[:3], str(library.point(None).point_id)

    def _browse(self, opened: OpenRepository, point_id: str) -> object:
        tops = opened.children(point_id, "")
        return [len(opened.children(point_id, top.path)) for top in tops[:3]]

    def _copy_onto(self) -> object:
        """Begin a session on the drive, as a copy does before its first byte."""
        office = self._office
        book = SqliteBook(self._base / "state" / "copy.db")
        try:
            drives = begin_sessions(
                office.context,
                office.keyring,
                book,
                FolderDoor(),
                CONTAINER,
                [DriveChoice(str(self._mount), "serial", "label")],
                office.key_files,
            )
            return len(drives)
        finally:
            book.close()


def attack(base: Path, watch: WriteWatch) -> dict[str, object]:
    """Run one victim and give what it said, where it wrote, and its peak of memory in KiB."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    begun = time.process_time()
    victim = Victim(base)
    with watch.allowing(base / "to", base / "state", base / "drive"):
        victim.run()
    return {
        "said": victim.said,
        "outside": watch.taken(),
        "peak_kib": peak_kib(),
        "worked_s": time.process_time() - begun,
    }


def main() -> None:
    """Serve until the parent closes the pipe."""
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
    os.sync = lambda: None
    SystemClock()
    watch = WriteWatch()
    for line in sys.stdin:
        faulthandler.dump_traceback_later(_TOO_LONG_S)
        print(json.dumps(attack(Path(line.rstrip("\n")), watch)), flush=True)


if __name__ == "__main__":
    main()
