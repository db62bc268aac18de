"""Everything this computer knows can be lost: drives or account give it back, little is read."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from offline_backup_gui.adapters.stores.accounts import open_account
from offline_backup_gui.adapters.stores.folder_account import FolderAccount
from offline_backup_gui.domain.ports import Account
from offline_backup_gui.engine import lanes
from offline_backup_gui.engine.remembering import remember_drives
from tests.engine.office import Office
from tests.robustness.forgetting import Facts, facts_of, listings_of, newcomer
from tests.robustness.metering import Meter, stored_bytes
from tests.robustness.promises import Effort, Promise
from tests.trees import compare_trees, noise, prose, write

PROMISES = (
    Promise(
        "rebuild",
        "When this computer loses everything it knows, the drives alone or the account alone, and "
        "the passphrase or the recovery code, give the same catalogue back: the same restore "
        "points, listings, packs and places of chunks. Below 2 % of the stored bytes are read, "
        "and the next copy or increment goes on from there.",
        "{stored} bytes stored; read again, in thousandths of them: {drives} to look into the "
        "drives, {copy} to go on copying, {landing} for the landing container, {vault} to go on "
        "with increments",
    ),
)
MOST = 0.02
BUNDLES_BYTES = 3 << 20


@dataclass
class Grown:
    """An office that copied twice, moved into the vault and sent an increment."""

    base: Path
    source: Path
    drives: list[Path]
    facts_on_drives: Facts
    facts_in_vault: Facts
    listings_on_drives: dict[str, list[bytes]]
    listings_in_vault: dict[str, list[bytes]]
    stored: int
    account: Account


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch, effort: Effort) -> None:
    size = effort.pick(short=1 << 20, long=16 << 20)
    monkeypatch.setattr(lanes, "pack_bytes_for", lambda capacity: size)
    monkeypatch.setattr(lanes, "VAULT_PACK_BYTES", size)
    # Power cuts have a test of their own; here a flush is only waiting.
    monkeypatch.setattr(os, "sync", lambda: None)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(params=["folder", "azurite"])
def account(request: pytest.FixtureRequest, tmp_path: Path, effort: Effort) -> Iterator[Account]:
    if request.param == "folder":
        yield FolderAccount(tmp_path / "account")
        return
    if not effort.long:
        pytest.skip("the blob server takes part in the long form")
    server = request.getfixturevalue("azurite")
    opened = open_account(server.url, connection_string=server.connection_string)
    for name in opened.containers():
        for info in list(opened.container(name).objects()):
            opened.container(name).delete(info.name)
    yield opened
    opened.close()  # type: ignore[attr-defined]


def fill(source: Path, effort: Effort) -> None:
    folders, large = effort.pick(short=12, long=120), effort.pick(short=30, long=250)
    for number in range(folders):
        (source / f"{number}" / "notes").mkdir(parents=True)
        for small in range(25):
            path = source / f"{number}" / "notes" / f"{small}.txt"
            write(bytes(path), prose(number * 100 + small, 900 + 700 * small))
    for number in range(large):
        write(bytes(source / f"{number % folders}" / f"{number}.bin"), noise(number, 1_300_000))


@pytest.fixture
def grown(tmp_path: Path, account: Account, effort: Effort) -> Grown:
    source = tmp_path / "office"
    fill(source, effort)
    drives = [tmp_path / f"drive-{number}" for number in range(3)]
    for drive in drives:
        drive.mkdir()
    office = Office(tmp_path / "first", (source,))
    office.account = account  # type: ignore[assignment]
    office.copy(drives)
    write(bytes(source / "0" / "0.bin"), noise(7001, 1_300_000))
    write(bytes(source / "1" / "notes" / "new"), noise(7002, 50_000))
    office.copy(drives)
    on_drives = facts_of(office.book)
    stores = [office.store(drive) for drive in drives]
    listings = listings_of(office.library(stores))
    office.receive(drives)
    assert office.to_vault().incomplete == []
    write(bytes(source / "2" / "2.bin"), noise(7003, 1_300_000))
    office.increment()
    listings_in_vault = listings_of(office.library([office.vault]))
    in_vault = facts_of(office.book)
    office.close()
    return Grown(
        tmp_path,
        source,
        drives,
        on_drives,
        in_vault,
        listings,
        listings_in_vault,
        stored_bytes(*drives),
        account,
    )


def shares(meter: Meter, grown: Grown, case: str, new: Collection[str] = ()) -> float:
    """Give the thousandths of the stored bytes that were read; fail when they are too many."""
    read = meter.read_bytes(new)
    share = read / grown.stored
    print(f"{case}: {meter.reads} reads, {read} of {grown.stored} bytes, {share:.4f}")
    assert 0 < share < MOST, case
    return round(share * 1000, 2)


def test_what_was_lost_comes_back_from_the_drives_alone_or_the_account_alone(
    tmp_path: Path, grown: Grown, effort: Effort
) -> None:
    looked_into(grown, by_code=True)
    figures = {
        "drives": looked_into(grown, by_code=False),
        "copy": gone_on_copying(grown),
        "landing": arrived(grown),
        "vault": gone_on_with_increments(grown, by_code=True),
    }
    effort.note("rebuild", stored=grown.stored, **figures)


def looked_into(grown: Grown, *, by_code: bool) -> float:
    """Open the drives for restoring, and read the whole catalogue of every point."""
    meter = Meter()
    base = grown.base / f"looks {by_code}"
    first = Office(grown.base / f"helper {by_code}", ()).store(grown.drives[0])
    office = newcomer(base, (), first, meter, by_code=by_code)
    library = office.library([meter.watch(office.store(drive)) for drive in grown.drives])
    listings = listings_of(library)
    share = shares(meter, grown, f"drives opened, by code {by_code}")

    assert library.damaged == []
    assert listings == grown.listings_on_drives
    book = library._book
    facts = facts_of(book)  # type: ignore[arg-type]
    assert facts.sizes == grown.facts_on_drives.sizes
    assert facts.places == grown.facts_on_drives.places
    assert {
        head.point_id: head.read() for head in library.chain.points
    } == grown.facts_on_drives.points
    return share


def gone_on_copying(grown: Grown) -> float:
    """Copy once more: nothing is written anew, read back anew or planned anew."""
    meter = Meter()
    packs = packs_on(grown.drives)
    first = Office(grown.base / "helper", ()).store(grown.drives[1])
    office = newcomer(grown.base / "copies", (grown.source,), first, meter)
    points = len(grown.facts_on_drives.points)
    changed = (grown.source / "2" / "2.bin").read_bytes()
    write(bytes(grown.source / "2" / "2.bin"), noise(2, 1_300_000))  # as it was on the drives
    outcome = office.copy(grown.drives)
    now = packs_on(grown.drives)
    new = {path: size for path, (_, _, size) in now.items() if path not in packs}
    names = {"/".join(path.parts[-3:]) for path in new}
    share = shares(meter, grown, "copy goes on", names)
    write(bytes(grown.source / "2" / "2.bin"), changed)

    assert outcome.point.sequence == points + 1
    facts = facts_of(office.book)
    assert grown.facts_on_drives.points.items() <= facts.points.items()
    assert grown.facts_on_drives.packs.items() <= facts.packs.items()
    assert grown.facts_on_drives.places.items() <= facts.places.items()
    assert packs.items() <= now.items()
    # Small files that changed lie in other bundles when all of them are read at once.
    assert sum(new.values()) < BUNDLES_BYTES
    office.close()
    return share


def arrived(grown: Grown) -> float:
    """Learn from the landing container what the drives carried."""
    meter = Meter()
    office = newcomer(
        grown.base / "arrives",
        (grown.source,),
        grown.account.container("landing"),
        meter,
        account=grown.account,
    )
    landing = office.landing
    assert remember_drives(office.context, office.keyring, office.book, landing) == 3
    share = shares(meter, grown, "landing container")

    assert facts_of(office.book) == grown.facts_on_drives
    # In the order of the chain: ids made in the same second are in no order of their own.
    newest = list(grown.listings_on_drives)[-1]
    assert {folder.listing for folder in office.book.folders()} == set(
        grown.listings_on_drives[newest]
    )
    assert office.arrival().complete
    office.close()
    return share


def gone_on_with_increments(grown: Grown, *, by_code: bool) -> float:
    """Send an increment when nothing changed: nothing is sent anew."""
    meter = Meter()
    vault = grown.account.container("vault")
    office = newcomer(
        grown.base / "increments",
        (grown.source,),
        vault,
        meter,
        by_code=by_code,
        account=grown.account,
    )
    outcome = office.increment()
    share = shares(meter, grown, "increments go on")

    facts = facts_of(office.book)
    assert grown.facts_in_vault.points.items() <= facts.points.items()
    assert grown.facts_in_vault.packs.items() <= facts.packs.items()
    assert grown.facts_in_vault.places.items() <= facts.places.items()
    assert outcome.sent_bytes < BUNDLES_BYTES
    print(f"sent again: {outcome.sent_bytes}")
    listings = listings_of(office.library([office.vault]))
    assert grown.listings_in_vault.items() <= listings.items()
    to = grown.base / "to"
    assert office.restore([office.vault], to).differences == {}
    assert compare_trees(grown.source, to / grown.source.name) == []
    office.close()
    return share


def packs_on(drives: list[Path]) -> dict[Path, tuple[int, int, int]]:
    return {
        path: (info.st_ino, info.st_mtime_ns, info.st_size)
        for drive in drives
        for path in drive.glob("landing/packs/*/[0-9a-f]*")
        for info in (path.stat(),)
    }
