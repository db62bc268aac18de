"""One wrong bit anywhere is found and named, and never restored as good."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.formats.canonical import checked
from offline_backup_gui.formats.point import head_of
from offline_backup_gui.formats.record import RECOVERY_SLOT, read_drive_record
from tests.robustness.promises import Effort, Promise
from tests.robustness.rot_judge import DAMAGE, Restores, found_without_the_key
from tests.robustness.rotting import PLACES, Backup, flips, make_backup, memory_folder

PROMISES = (
    Promise(
        "rot",
        "A single wrong bit anywhere on a drive, in the landing container or in the vault is found"
        " and its object is named; a file comes back right or is named, never wrong.",
        "{flips} flips in {kinds} kinds of parts, {unfound} not found; {restores} restores from"
        " damaged vaults, {wrong} wrong files; {slots} damaged slots and records, {opened} opened",
    ),
)


@pytest.fixture(scope="module")
def backup(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backup]:
    with memory_folder(tmp_path_factory.mktemp("rot")) as base:
        yield make_backup(base)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    # Flushing the whole computer after each of many small restores proves nothing here.
    monkeypatch.setattr(os, "sync", lambda: None)


def test_a_flipped_bit_is_found_and_named_without_the_key(backup: Backup, effort: Effort) -> None:
    chosen = flips(backup, PLACES, effort.pick(short=180, long=10_000), effort.chooser("flips"))
    restores, unfound = Restores(backup), []
    tries: Counter[str] = Counter()
    luck = effort.chooser("which are restored")
    newest = max(backup.files)
    for number, flip in enumerate(chosen):
        case = (effort.seed, number, flip)
        name = flip.part.name
        with backup.changed(flip.place, {name: flip.applied(backup.read(flip.place, name))}):
            if found_without_the_key(backup, flip.place) != {name}:
                unfound.append(case)
            if flip.place == "vault":
                # A restore takes five times as long as a check, so a long run has fewer of them.
                if luck.randrange(effort.pick(short=1, long=4)) == 0:
                    restores.one(case, sequence=newest)
                if name.startswith(("keys/", "repository")):
                    tries[_unlocked(backup, name)] += 1
        if number % 500 == 0:
            print(f"{number} flips, {len(unfound)} unfound, {restores.done} restores", flush=True)
    assert unfound == []
    assert restores.wrong == []
    assert set(tries) == {"refused"}
    # The cases do bite, and not every one of them where a restore does not look at all.
    assert restores.refused > 0
    assert restores.partial > 0
    for place in PLACES:
        assert found_without_the_key(backup, place) == set()
    effort.note(
        "rot",
        flips=len(chosen),
        kinds=len({flip.part.kind for flip in chosen}),
        unfound=len(unfound),
        restores=restores.done,
        refused=restores.refused,
        partial=restores.partial,
        whole=restores.whole,
        wrong=len(restores.wrong),
        slots=sum(tries.values()),
        opened=tries["opened"],
    )


def _unlocked(backup: Backup, name: str) -> str:
    """Open the vault with a right secret by the slot that is damaged, or by any one."""
    try:
        backup.unlock_vault(name if name.startswith("keys/") else RECOVERY_SLOT)
    except BackupError as error:
        return "refused" if error.code in DAMAGE else str(error)
    return "opened"


def test_a_flipped_bit_is_found_with_the_key_alone(backup: Backup, effort: Effort) -> None:
    """Somebody changes a bit and makes record and stored hashes fit: only the key tells."""
    chosen = flips(backup, ["drive"], effort.pick(short=54, long=2_000), effort.chooser("keyed"))
    record_name = next(name for name in backup.names("drive") if name.startswith("drives/"))
    unfound = []
    for number, flip in enumerate(chosen):
        name = flip.part.name
        if not name.startswith(("packs/", "points/")):
            continue  # slots and records are opened in the other test
        data = flip.applied(backup.read("drive", name))
        record = read_drive_record(backup.read("drive", record_name), record_name)
        objects = [
            replace(line, blake3=head_of(data).hex()) if line.name == name else line
            for line in record.objects
        ]
        forged = checked(replace(record, objects=objects))
        with backup.changed("drive", {name: data, record_name: forged}):
            assert found_without_the_key(backup, "drive") == set()
            check = backup.office.check(backup.drive)
        if not {name, record_name} <= {*check.damaged, *check.missing}:
            unfound.append((effort.seed, number, flip))
    assert unfound == []
