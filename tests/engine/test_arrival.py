"""What arrived is proved; what did not is brought: from the account, the drives or the sources."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from offline_backup_gui.domain.book import VAULT
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.engine import lanes
from offline_backup_gui.engine.arrival import check_arrival, expected_objects
from offline_backup_gui.engine.homes import put
from offline_backup_gui.engine.remaking import Remade, lost_files, remake
from offline_backup_gui.formats.pack import PackKind
from tests.engine.office import Office
from tests.trees import compare_trees, noise, prose, write

MIB = 1 << 20


@dataclass
class Shipped:
    """A backup that was copied and read into the landing container."""

    office: Office
    sources: list[Path]
    drives: list[Path]

    @property
    def landing(self) -> Path:
        return self.office.base / "account" / "landing"

    def packs(self, kind: PackKind) -> list[Path]:
        names = {pack.pack_id.hex() for pack in self.office.book.packs() if pack.kind == kind}
        return [path for path in sorted(self.landing.glob("packs/*/*")) if path.name in names]

    def remake(self, lost: list[Path]) -> Remade:
        office = self.office
        packs = [bytes.fromhex(path.name) for path in lost]
        roots = [bytes(source) for source in self.sources]
        return remake(office.context, office.keyring, office.book, office.landing, packs, roots)

    def assert_restores(self, to: Path) -> None:
        outcome = self.office.restore([self.office.landing], to)
        assert outcome.differences == {}
        for source in self.sources:
            assert compare_trees(source, to / source.name) == []


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shipped:
    monkeypatch.setattr(lanes, "pack_bytes_for", lambda capacity: 2 * MIB)
    sources = [tmp_path / "zeta", tmp_path / "alpha"]
    for source in sources:
        for folder in ("b", "a/deep", "a b"):
            (source / folder).mkdir(parents=True)
            for number in range(30):
                write(bytes(source / folder / f"{number}.txt"), prose(number, 3000 + number))
            write(bytes(source / folder / "noise"), noise(len(str(source / folder)), 900_000))
    write(bytes(sources[0] / "large"), noise(1, 5 * MIB))
    with (sources[1] / "image").open("wb") as file:
        file.truncate(9 * MIB)
        file.seek(4 * MIB)
        file.write(noise(2, MIB))
    drives = [tmp_path / "drive-0", tmp_path / "drive-1"]
    for drive in drives:
        drive.mkdir()
    office = Office(tmp_path / "state", tuple(sources))
    office.copy(drives)
    office.receive(drives)
    assert office.arrival().complete
    return Shipped(office, sources, drives)


def name_of(path: Path) -> str:
    return "/".join(path.parts[-3:])


def test_lost_packs_are_made_again_from_the_sources(shipped: Shipped, tmp_path: Path) -> None:
    lost = shipped.packs(PackKind.DATA)[:3] + shipped.packs(PackKind.META)[:1]
    size = sum(path.stat().st_size for path in lost)
    for path in lost:
        path.unlink()
    arrival = shipped.office.arrival()
    assert sorted(arrival.missing) == sorted(name_of(path) for path in lost)
    assert shipped.office.repair(arrival) == arrival.missing  # no drive is at hand

    remade = shipped.remake(lost)

    assert remade.lost_files == []
    assert size * 0.9 < remade.sent_bytes <= size * 1.05 + 20_000
    assert shipped.office.arrival().complete
    shipped.assert_restores(tmp_path / "to")
    assert shipped.office.to_vault().incomplete == []
    assert shipped.office.restore([shipped.office.vault], tmp_path / "vault").differences == {}


def test_every_pack_can_be_made_again(shipped: Shipped, tmp_path: Path) -> None:
    lost = shipped.packs(PackKind.DATA) + shipped.packs(PackKind.META)
    for path in lost:
        path.unlink()
    assert shipped.remake(lost).lost_files == []
    assert shipped.office.arrival().complete
    shipped.assert_restores(tmp_path / "to")


def test_files_that_changed_meanwhile_are_named_and_never_replaced(
    shipped: Shipped, tmp_path: Path
) -> None:
    large, gone = shipped.sources[0] / "large", shipped.sources[1] / "b" / "noise"
    before = large.read_bytes()
    with large.open("r+b") as file:
        file.write(b"another beginning")
    gone.unlink()
    lost = shipped.packs(PackKind.DATA)
    for path in lost:
        path.unlink()

    remade = shipped.remake(lost)

    assert bytes(large) in remade.lost_files
    assert bytes(gone) in remade.lost_files
    assert shipped.office.arrival().complete  # of what can still be expected
    outcome = shipped.office.restore([shipped.office.landing], tmp_path / "to")
    back = {
        path.replace(bytes(tmp_path / "to"), bytes(tmp_path)): reason
        for path, reason in outcome.differences.items()
    }
    assert sorted(back) == remade.lost_files
    assert set(back.values()) == {"pack-missing"}
    # Chunks that are unchanged were made again; half of a file is never restored.
    assert not (tmp_path / "to" / "zeta" / "large").exists()
    large.write_bytes(before)


def test_what_is_lost_stays_said(shipped: Shipped) -> None:
    office = shipped.office
    (shipped.sources[0] / "large").unlink()
    lost = shipped.packs(PackKind.DATA)
    for path in lost:
        path.unlink()
    assert lost_files(office.book) == []
    named = shipped.remake(lost).lost_files
    assert named == [bytes(shipped.sources[0] / "large")]
    office.to_vault()
    assert lost_files(office.book) == named
    # A new copy no longer needs what is gone.
    office.increment()
    assert lost_files(office.book) == []


def test_a_repair_that_is_killed_is_still_missing_what_it_did_not_finish(
    shipped: Shipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = shipped.packs(PackKind.DATA)[:2] + shipped.packs(PackKind.META)
    for path in lost:
        path.unlink()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shipped.office.book, "drop_copies", killed)
    with pytest.raises(KeyboardInterrupt):
        shipped.remake(lost)
    monkeypatch.undo()
    assert sorted(shipped.office.arrival().missing) == sorted(name_of(path) for path in lost)

    again = shipped.remake(lost)
    assert again.sent_bytes == 0  # everything was made again already
    assert again.lost_files == []
    assert shipped.office.arrival().complete
    shipped.assert_restores(tmp_path / "to")


def test_a_source_that_is_away_names_its_files(shipped: Shipped) -> None:
    shutil.rmtree(shipped.sources[1])
    lost = shipped.packs(PackKind.DATA)
    for path in lost:
        path.unlink()
    remade = shipped.remake(lost)
    top = bytes(shipped.sources[1])
    assert all(path.startswith((top, bytes(shipped.sources[0]))) for path in remade.lost_files)
    assert top + b"/image" in remade.lost_files
    assert bytes(shipped.sources[0]) + b"/large" not in remade.lost_files


def test_drives_at_hand_mend_everything(shipped: Shipped, tmp_path: Path) -> None:
    packs = shipped.packs(PackKind.DATA)
    packs[0].unlink()
    packs[1].write_bytes(packs[1].read_bytes()[:-5])
    data = bytearray(packs[2].read_bytes())
    data[1000] ^= 1
    packs[2].write_bytes(data)
    next((shipped.landing / "points").iterdir()).unlink()
    (shipped.landing / "keys" / "recovery.json").write_bytes(b"{}")

    arrival = shipped.office.arrival()
    assert sorted(arrival.damaged) == sorted(
        [name_of(packs[1]), name_of(packs[2]), "keys/recovery.json"]
    )
    assert len(arrival.missing) == 2
    assert shipped.office.repair(arrival, shipped.drives) == []
    assert shipped.office.arrival().complete
    shipped.assert_restores(tmp_path / "to")


def test_renamed_objects_are_found_and_taken_back(shipped: Shipped) -> None:
    one, two = shipped.packs(PackKind.DATA)[:2]
    office = shipped.office
    elsewhere = office.account.container("landing-1", create=True)
    info = next(info for info in office.landing.objects() if info.name == name_of(one))
    elsewhere.adopt(office.landing, info)
    office.landing.delete(name_of(one))
    other = office.landing.create("packs/zz/renamed")
    other.write(two.read_bytes())
    other.commit()
    office.landing.delete(name_of(two))
    expected = expected_objects(office.book, office.key_files)

    arrival = check_arrival(
        office.context, office.landing, expected.values(), {"landing-1": elsewhere}
    )

    assert arrival.missing == []
    assert arrival.renamed == {
        name_of(one): f"landing-1:{name_of(one)}",
        name_of(two): "packs/zz/renamed",
    }
    assert office.repair(arrival) == []
    assert arrival.repaired_bytes == 0  # nothing crossed the line
    assert office.arrival().complete


def test_what_lies_damaged_in_a_renamed_container_is_damaged(shipped: Shipped) -> None:
    office = shipped.office
    (shipped.landing).rename(shipped.landing.with_name("import-1"))
    elsewhere = office.account.container("import-1")
    names = [name_of(path) for path in sorted(elsewhere.root.glob("packs/*/*"))]
    flipped = elsewhere.root / names[0]
    data = bytearray(flipped.read_bytes())
    data[77] ^= 1
    flipped.write_bytes(data)  # its stored MD5 still looks right
    cut = elsewhere.root / names[1]
    cut.write_bytes(cut.read_bytes()[:-1])
    expected = expected_objects(office.book, office.key_files)
    others = {"import-1": elsewhere}

    arrival = check_arrival(office.context, office.landing, expected.values(), others)

    assert (arrival.missing, arrival.damaged) == ([], names[:2])
    assert len(arrival.renamed) == len(expected) - 2
    assert office.repair(arrival, shipped.drives) == []
    assert office.arrival().complete


def test_the_container_of_another_backup_is_not_a_damaged_copy_of_ours(
    shipped: Shipped, tmp_path: Path
) -> None:
    office = shipped.office
    stranger = office.account.container("stranger", create=True)
    for name, data in (("repository.json", b"theirs"), ("keys/passphrase.json", b"theirs")):
        put(stranger, name, data)
        office.landing.delete(name)
    expected = expected_objects(office.book, office.key_files)
    arrival = check_arrival(
        office.context, office.landing, expected.values(), {"stranger": stranger}
    )
    assert (arrival.damaged, arrival.renamed) == ([], {})
    assert sorted(arrival.missing) == ["keys/passphrase.json", "repository.json"]


def test_increments_are_not_expected_in_the_landing_container(shipped: Shipped) -> None:
    office = shipped.office
    office.to_vault()
    write(bytes(shipped.sources[0] / "b" / "new"), noise(5, 100_000))
    office.increment()
    assert office.arrival().complete
    assert office.to_vault().incomplete == []


def test_a_drive_that_was_only_begun_is_not_expected(
    shipped: Shipped, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = shipped.office
    write(bytes(shipped.sources[0] / "b" / "new"), noise(5, 3 * MIB))
    new = tmp_path / "drive-2"
    new.mkdir()

    def refuse(*_: object, **__: object) -> None:
        raise BackupError(ErrorCode.DRIVE_GONE, drive="drive-2", path=str(new))

    monkeypatch.setattr("offline_backup_gui.engine.copying.verify_drives", refuse)
    with pytest.raises(BackupError):
        office.copy([new])
    assert office.arrival().complete


def test_drives_that_were_sealed_again_after_they_were_read_in_are_not_damaged(
    shipped: Shipped, tmp_path: Path
) -> None:
    office = shipped.office
    write(bytes(shipped.sources[0] / "b" / "new"), noise(5, 3 * MIB))
    office.copy(shipped.drives)
    arrival = office.arrival()
    assert arrival.damaged == []
    records = [name for name in arrival.missing if name.startswith("drives/")]
    assert len(records) == 2
    told = [words["drive"] for code, words in office.events if code == "drive-sealed-again"]
    assert sorted(map(str, told)) == ["drive-0", "drive-1"]

    office.receive(shipped.drives)
    assert office.arrival().complete
    # A record with a wrong bit is damaged, whatever it may have been.
    record = shipped.landing / records[0]
    record.write_bytes(record.read_bytes().replace(b"true", b"trve", 1))
    assert office.arrival().damaged == [records[0]]


def test_rot_in_the_vault_is_found_and_mended_from_the_landing_container(shipped: Shipped) -> None:
    office = shipped.office
    assert office.to_vault().incomplete == []
    vault = office.base / "account" / "vault"
    pack = vault / name_of(shipped.packs(PackKind.DATA)[0])
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 4
    pack.write_bytes(data)
    assert office.to_vault().incomplete == []
    assert pack.read_bytes() != bytes(data)


def test_nothing_moves_while_something_is_missing(shipped: Shipped) -> None:
    shipped.packs(PackKind.DATA)[0].unlink()
    with pytest.raises(BackupError) as caught:
        shipped.office.to_vault()
    assert caught.value.code is ErrorCode.ARRIVAL_INCOMPLETE
    assert os.listdir(shipped.office.base / "account" / "vault") == []
    assert list(shipped.office.book.packs(VAULT)) == []


def test_a_damaged_landing_object_never_counts_as_vaulted(shipped: Shipped) -> None:
    pack = shipped.packs(PackKind.DATA)[0]
    data = bytearray(pack.read_bytes())
    data[500] ^= 1
    pack.write_bytes(data)
    vaulted = shipped.office.to_vault()
    assert vaulted.incomplete == [name_of(pack)]
    held = {known.pack_id.hex() for known in shipped.office.book.packs(VAULT)}
    assert pack.name not in held
    # An increment stores again what the vault lacks.
    shipped.office.increment()
    outcome = shipped.office.restore([shipped.office.vault], shipped.office.base / "to")
    assert outcome.differences == {}
