"""Drives are read in badly: the report names exactly what is wrong, repair sends only that."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.plan import Destination, Plan
from offline_backup_gui.engine import lanes
from offline_backup_gui.engine.receiving import receive
from offline_backup_gui.services.restores import Opening
from offline_backup_gui.services.watching import Watch, watched
from tests.robustness.affected import IndependentLook
from tests.robustness.datacenter import Datacenter, FolderDatacenter, blob_datacenter
from tests.robustness.promises import Effort, Promise
from tests.services.branch import PASSPHRASE, Branch
from tests.trees import compare_trees, noise, prose, write

_FIGURES = (
    "{files} files, {size} bytes: {dropped} packs dropped, {truncated} cut off, {flipped} with a "
    "flipped bit, the container renamed; {objects} of {objects} objects and {affected} of "
    "{affected} affected files named, {wrong} wrongly; repair sent {share} % of their bytes"
)
_SENTENCE = (
    "Packs that were dropped, cut off or changed by a bit on the way into {where} are named "
    "exactly, even behind a right-looking stored MD5 and in a container that arrived under "
    "another name, and so are the files that hold a part in them. Repair sends at most 105 % of "
    "their bytes; then nothing is found any more, and the vault restores everything."
)
PROMISES = (
    Promise("arrival-folder", _SENTENCE.format(where="an account"), _FIGURES),
    Promise("arrival-blobs", _SENTENCE.format(where="a blob server"), _FIGURES),
)
ARRIVED_AS = "import-7f3a"
DROPPED, TRUNCATED, FLIPPED, RIGHT_LOOKING = 7, 3, 5, 2
MOST_SENT = 1.05


@dataclass(frozen=True)
class Size:
    """How much is sent: files, bytes, bytes a pack, drives."""

    files: int
    total: int
    pack: int
    drives: int = 4


class Shipping(Branch):
    """A branch office with several drives whose account is the datacenter's."""

    def __init__(self, home: Path, center: Datacenter, size: Size) -> None:
        super().__init__(home)
        self.center = center
        for drive in self.drives:
            drive.rmdir()
        self.drives = [home / f"disk{number}" for number in range(size.drives)]
        for drive in self.drives:
            drive.mkdir()
        self.world.keep_account_secret(center.address, center.secret)

    @property
    def plan(self) -> Plan:
        names = Destination(self.center.address, "landing-042", "vault-042")
        return replace(super().plan, destination=names)

    @property
    def containers(self) -> list[Path]:
        return [drive / "landing-042" for drive in self.drives]

    def read_in(self) -> None:
        """Read the drives into a container that got another name."""
        stores = [self.world.open_drive(str(drive), "landing-042") for drive in self.drives]
        landing = self.center.account.container(ARRIVED_AS, create=True)
        received = receive(watched(Watch(), self.world.clock, self.world.files), stores, landing)
        assert (received.damaged, received.missing) == ([], [])

    def restore(self, to: Path) -> list[object]:
        secret = self.center.secret.connection_string
        store = f"{self.center.address}/vault-042"
        opening = Opening((store,), PASSPHRASE, connection_string=secret)
        job = self.services.restores.prepare(opening, None, str(to))
        ended = self.services.runner.run(job)
        assert ended.trouble is None
        differences = ended.job.outcome["differences"]
        assert isinstance(differences, list)
        return differences


@dataclass(frozen=True)
class Damage:
    """What happened to which packs."""

    dropped: list[str]
    truncated: list[str]
    flipped: list[str]

    @property
    def names(self) -> list[str]:
        return [*self.dropped, *self.truncated, *self.flipped]


def fill(source: Path, size: Size, chooser: random.Random) -> None:
    each = size.total // size.files
    for number in range(size.files):
        folder = source / f"{number % 23}" / f"{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        length = int(each * chooser.choice((0.02, 0.1, 0.5, 1, 1.5, 3)))
        make = prose if number % 9 == 0 else noise
        write(bytes(folder / f"{number}"), make(chooser.randrange(1 << 40), length))


def damage(center: Datacenter, packs: list[str], chooser: random.Random) -> Damage:
    container = center.account.container(ARRIVED_AS)
    infos = {info.name: info for info in container.objects("packs/")}
    chosen = chooser.sample(packs, DROPPED + TRUNCATED + FLIPPED)
    dropped, rest = chosen[:DROPPED], chosen[DROPPED:]
    for name in dropped:
        container.delete(name)
    for name in rest[:TRUNCATED]:
        data = container.read(name)
        center.spoil(ARRIVED_AS, name, data[: chooser.randrange(1, len(data))], None)
    for number, name in enumerate(rest[TRUNCATED:]):
        wrong = bytearray(container.read(name))
        wrong[chooser.randrange(len(wrong))] ^= 1 << chooser.randrange(8)
        md5 = infos[name].md5 if number < RIGHT_LOOKING else None
        center.spoil(ARRIVED_AS, name, bytes(wrong), md5)
    return Damage(dropped, rest[:TRUNCATED], rest[TRUNCATED:])


@pytest.fixture(autouse=True)
def flushes_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Power cuts have a test of their own."""
    monkeypatch.setattr(os, "sync", lambda: None)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(params=["arrival-folder", "arrival-blobs"])
def key(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def center(
    key: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    effort: Effort,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Datacenter]:
    if key == "arrival-folder":
        yield FolderDatacenter(tmp_path / "account", monkeypatch)
        return
    if not effort.long:
        pytest.skip("the blob server takes part in the long form")
    with blob_datacenter(request.getfixturevalue("azurite")) as found:
        yield found


def size_of(key: str, effort: Effort) -> Size:
    if not effort.long:
        return Size(600, 60_000_000, 1 << 20)
    if key == "arrival-folder":
        return Size(10_000, 2 << 30, 16 << 20)
    return Size(2_500, 512 << 20, 4 << 20)  # the server keeps all of it in memory, three times


def test_what_arrived_wrong_is_named_exactly_and_sent_again(
    tmp_path: Path,
    key: str,
    center: Datacenter,
    effort: Effort,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    size, chooser = size_of(key, effort), effort.chooser(key)
    monkeypatch.setattr(lanes, "pack_bytes_for", lambda capacity: size.pack)
    branch = Shipping(tmp_path / "branch", center, size)
    fill(branch.source, size, chooser)
    branch.keep()
    branch.run(JobKind.COPY)
    branch.read_in()
    look = IndependentLook(branch.containers, PASSPHRASE)
    done = damage(center, look.data_packs, chooser)
    print(f"{key}, seed {effort.seed}: {len(look.chunks_by_pack)} packs, {done}", flush=True)
    affected = sorted(
        os.fsdecode(bytes(branch.source) + b"/" + path) for path in look.files_lacking(done.names)
    )
    assert affected

    found = branch.run(JobKind.ARRIVAL).outcome
    assert found["missing"] == sorted(done.dropped)
    assert found["damaged"] == sorted([*done.truncated, *done.flipped])
    assert found["affected_files"] == affected
    assert found["lost_files"] == []
    expected = found["expected"]
    assert isinstance(expected, int)
    found_as = found["found_as"]
    assert isinstance(found_as, dict)
    assert len(found_as) == expected - len(done.names)
    assert set(found_as) & set(done.names) == set()
    assert all(place == f"{ARRIVED_AS}:{name}" for name, place in found_as.items())

    center.forget()
    damaged_bytes = sum(
        path.stat().st_size
        for name in done.names
        for path in [next(top / name for top in branch.containers if (top / name).exists())]
    )
    repaired = branch.run(JobKind.ARRIVAL, repair=True).outcome
    sent = center.sent_bytes
    assert repaired["outcome"] == "done", repaired
    assert damaged_bytes <= sent <= damaged_bytes * MOST_SENT, (sent, damaged_bytes)
    again = branch.run(JobKind.ARRIVAL).outcome
    assert [again[kind] for kind in ("missing", "damaged", "renamed", "affected_files")] == [[]] * 4
    assert (again["arrived"], again["outcome"]) == (expected, "done")

    assert branch.run(JobKind.VAULT).outcome["incomplete"] == []
    assert branch.restore(tmp_path / "to") == []
    assert compare_trees(branch.source, tmp_path / "to" / branch.source.name) == []
    effort.note(
        key,
        files=size.files,
        size=sum(path.stat().st_size for path in branch.source.rglob("*") if path.is_file()),
        dropped=DROPPED,
        truncated=TRUNCATED,
        flipped=FLIPPED,
        objects=len(done.names),
        affected=len(affected),
        wrong=0,
        share=round(100 * sent / damaged_bytes, 3),
    )
