"""An office with three drives whose work is done by children that are killed."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from offline_backup_gui.domain.book import VAULT
from tests.engine.office import Office
from tests.robustness.acknowledged import Acknowledged, Tally
from tests.robustness.killing import Ending, run_until
from tests.trees import compare_trees

_READY_S = 60.0  # a guard against hanging; how long it took is a figure


class Opened:
    """An office that is closed again, as a process that ends closes it."""

    def __init__(self, state: Path, source: Path) -> None:
        self._office = Office(state, (source,))

    def __enter__(self) -> Office:
        return self._office

    def __exit__(self, *_: object) -> None:
        self._office.close()


class Scene:
    """An office with three drives whose work is done by children that are killed."""

    def __init__(self, base: Path, source: Path, tally: Tally) -> None:
        self.base, self.source, self.tally = base, source, tally
        self.drives = [base / f"drive-{number}" for number in range(3)]
        for drive in self.drives:
            drive.mkdir(parents=True)
        with self.office() as office:
            self._keyring = office.keyring
        places = {drive.name: drive / "landing" for drive in self.drives}
        self.on_drives = Acknowledged(self._keyring, places, tally, in_account=False)
        self._follow_account()

    def _follow_account(self) -> None:
        account, keyring, tally = self.base / "state" / "account", self._keyring, self.tally
        self.in_landing, self.in_vault = (
            Acknowledged(keyring, {name: account / name}, tally, in_account=True)
            for name in ("landing", "vault")
        )

    def office(self) -> Opened:
        return Opened(self.base / "state", self.source)

    def run(
        self, kind: str, at: int, work: Callable[[Office], object], *, on_packs: bool = False
    ) -> Ending:
        """Do work until operation `at`; whatever happens, what was acknowledged is there."""

        def child() -> None:
            with self.office() as office:
                work(office)

        ending = run_until(at, child, on_packs=on_packs)
        if ending.killed:
            self.tally.killed(kind)
        self.tally.ready(ending.ready_s, ending.busy_s)
        assert (ending.ready_s or 0.0) < _READY_S
        for place in (self.on_drives, self.in_landing, self.in_vault):
            place.look(after_kill=ending.killed)
        self._look_into_book()
        return ending

    def _look_into_book(self) -> None:
        book = self.base / "state" / "book.db"
        homes = {
            drive.name: json.loads(record.read_bytes())["drive_id"]
            for drive in self.drives
            for record in drive.glob("landing/drives/*.json")
        }
        self.on_drives.assert_in_book(book, homes)
        self.in_vault.assert_in_book(book, {"vault": VAULT})

    def assert_restores(self, left_out: frozenset[bytes], *, from_vault: bool = False) -> None:
        to = self.base / "to"
        with self.office() as office:
            drives = [office.store(drive) for drive in self.drives]
            assert office.restore([office.vault] if from_vault else drives, to).differences == {}
        assert compare_trees(self.source, to / self.source.name, left_out) == []
        shutil.rmtree(to)

    def empty_account(self) -> None:
        """Let the journey begin again."""
        shutil.rmtree(self.base / "state" / "account")
        with self.office() as office:
            office.book.drop_copies(VAULT)
        self._follow_account()

    def close(self) -> None:
        shutil.rmtree(self.base)
