"""Says what is found of a damage without the key, and whether a restore told the truth."""

from __future__ import annotations

import shutil

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine.arrival import check_arrival, expected_objects
from tests.robustness.rotting import Backup

DAMAGE = {
    ErrorCode.OBJECT_DAMAGED,
    ErrorCode.OBJECT_MISSING,
    ErrorCode.FORMAT_DAMAGED,
    ErrorCode.PASSPHRASE_WRONG,  # a bit in the salt or in the commitment
    ErrorCode.RECOVERY_CODE_WRONG,
}


def found_without_the_key(backup: Backup, place: str) -> set[str]:
    """Name what is found wrong: on a drive from its record, in an account from the book."""
    office = backup.office
    if place == "drive":
        check = office.check(backup.drive, keyed=False)
        packs = [name for name in check.unlisted if name.startswith("packs/")]
        found = {*check.damaged, *check.missing, *packs}
        assert check.good == (not found)
        return found
    store = office.landing if place == "landing" else office.vault
    expected = expected_objects(office.book, office.key_files).values()
    arrival = check_arrival(office.context, store, expected, {})
    found = {*arrival.damaged, *arrival.missing, *arrival.renamed}
    assert arrival.complete == (not found)
    return found


class Restores:
    """Restores from the vault, one after the other into the same place, and judges each."""

    def __init__(self, backup: Backup) -> None:
        self._backup = backup
        self.done = self.refused = self.partial = self.whole = 0
        self.wrong: list[object] = []

    def one(self, case: object, asked: str | None = None, sequence: int | None = None) -> None:
        """Restore and keep every file that is wrong or untold, with its case."""
        office = self._backup.office
        to = office.base / "to"
        self.done += 1
        try:
            outcome = office.restore([office.vault], to, asked)
        except BackupError as error:
            self.refused += 1
            if error.code not in DAMAGE:
                self.wrong.append((case, str(error)))
        else:
            self.partial += bool(outcome.differences)
            self.whole += not outcome.differences
            wrong: list[object] = list(self._backup.dishonest(outcome, to))
            if sequence is not None and outcome.point.sequence != sequence:
                wrong.append("another point")
            if wrong:
                self.wrong.append((case, wrong))
        finally:
            shutil.rmtree(to, ignore_errors=True)
            for book in office.base.glob("library-*.db*"):
                book.unlink()
