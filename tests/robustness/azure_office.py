"""A branch office whose account is the blob server of the tests, behind a troubled line."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from offline_backup_gui.adapters.stores import azure_upload
from offline_backup_gui.adapters.stores.azure import AzureAccount, AzureContainer
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.engine import lanes
from offline_backup_gui.engine.arrival import check_arrival, expected_objects, repair_arrival
from offline_backup_gui.engine.increment import Increment, IncrementOrder
from offline_backup_gui.engine.receiving import receive
from offline_backup_gui.engine.vaulting import move_to_vault
from tests.adapters.stores.azure_things import opened
from tests.adapters.stores.fault_proxy import FaultProxy
from tests.azurite_server import Azurite
from tests.engine.office import Office
from tests.trees import compare_trees, noise, prose, write

# Trouble after which the admin, or the clock, starts the same job again.
AGAIN = (ErrorCode.ACCOUNT_BUSY, ErrorCode.ACCOUNT_UNREACHABLE, ErrorCode.ACCOUNT_EXPIRED)


@dataclass
class Line:
    """One way into the account, through the proxy; `fresh` gets a new signature."""

    server: Azurite
    proxy: FaultProxy
    landing_name: str
    vault_name: str
    control: Control | None = None
    retry_pause_s: float = 0
    signatures: int = 0

    def __post_init__(self) -> None:
        self.account = self._open()

    def _open(self) -> AzureAccount:
        self.signatures += 1
        sas = self.server.sas(days=self.signatures)
        behind = self.server.behind(self.proxy.root)
        return opened(behind, sas, control=self.control, retry_pause_s=self.retry_pause_s)

    def fresh(self) -> None:
        """Get a new signature, as the admin does when the old one is over."""
        self.account.close()
        self.account = self._open()

    @property
    def landing(self) -> AzureContainer:
        return self.account.container(self.landing_name, create=True)

    @property
    def vault(self) -> AzureContainer:
        return self.account.container(self.vault_name, create=True)


@dataclass
class Jobs:
    """The jobs in the account, each started again after trouble that passes."""

    office: Office
    line: Line
    drives: list[Path]
    troubles: list[ErrorCode]

    def _again(self, job: str, tries: int = 12) -> None:
        for _ in range(tries):
            try:
                getattr(self, f"_{job}")()
            except BackupError as error:
                self.troubles.append(error.code)
                if error.code not in AGAIN:
                    raise
                if error.code is ErrorCode.ACCOUNT_EXPIRED:
                    self.line.fresh()
            else:
                return
        raise AssertionError(f"{job} never ended: {self.troubles}")

    def receive(self) -> None:
        self._again("receive")

    def _receive(self) -> None:
        stores = [self.office.store(drive) for drive in self.drives]
        received = receive(self.office.context, stores, self.line.landing)
        assert (received.damaged, received.missing) == ([], [])

    def repair(self) -> None:
        self._again("repair")

    def _repair(self) -> None:
        office, landing = self.office, self.line.landing
        expected = expected_objects(office.book, office.key_files)
        arrival = check_arrival(office.context, landing, expected.values(), {})
        stores = [office.store(drive) for drive in self.drives]
        lacking = repair_arrival(
            office.context, arrival, landing, expected, self.line.account, stores
        )
        assert lacking == []
        assert check_arrival(office.context, landing, expected.values(), {}).complete

    def vault(self) -> None:
        self._again("vault")

    def _vault(self) -> None:
        office = self.office
        expected = expected_objects(office.book, office.key_files)
        moved = move_to_vault(
            office.context, office.book, self.line.landing, self.line.vault, expected
        )
        assert moved.incomplete == []

    def increment(self) -> None:
        self._again("increment")

    def _increment(self) -> None:
        office = self.office
        order = IncrementOrder("plan", office._sources(), office.key_files)
        vault = self.line.vault
        Increment(office.context, office.keyring, office.book, vault, order).run()

    def restore(self, to: Path) -> None:
        self._to = to
        self._again("restore")

    def _restore(self) -> None:
        assert self.office.restore([self.line.vault], self._to).differences == {}


Blobs = dict[str, tuple[int, bytes | None, bytes]]


def blobs(server: Azurite, container: str) -> Blobs:
    """Give every blob as it lies on the server: size, stored MD5, MD5 of its bytes."""
    account = opened(server)
    store = account.container(container)
    found: Blobs = {}
    for info in store.objects():
        data = store.read(info.name)
        found[info.name] = (info.size_bytes, info.md5, hashlib.md5(data).digest())
        assert len(data) == info.size_bytes
    account.close()
    return found


BLOCK_BYTES = 128 * 1024


@dataclass
class Branch:
    """An office with sealed drives, as it is before anything is in the account."""

    base: Path
    source: Path
    drives: list[Path]

    def begin(self, to: Path) -> Office:
        """Take a copy of the office's memory, for one run of the jobs."""
        shutil.copytree(self.base / "state", to / "state")
        return Office(to / "state", (self.source,))


def make_branch(base: Path, patch: pytest.MonkeyPatch) -> Branch:
    """Seal a drive of an office. Packs are small and of many blocks: what is true of gigabytes
    shows in megabytes.
    """
    patch.setattr(lanes, "pack_bytes_for", lambda capacity: 500_000)
    patch.setattr(lanes, "VAULT_PACK_BYTES", 500_000)
    patch.setattr(azure_upload, "BLOCK_BYTES", BLOCK_BYTES)
    patch.setattr(os, "sync", lambda: None)
    source, drive = base / "office", base / "drive"
    drive.mkdir()
    source.mkdir()
    write(bytes(source / "text"), prose(1, 80_000))
    write(bytes(source / "noise"), noise(1, 700_000))
    office = Office(base / "state", (source,))
    office.copy([drive])
    office.close()
    write(bytes(source / "new"), noise(77, 700_000))
    return Branch(base, source, [drive])


def way(
    branch: Branch, server: Azurite, line: Line, to: Path
) -> tuple[Blobs, Blobs, list[ErrorCode]]:
    """Receive, repair, vault, increment and restore; give the blobs and the troubles met."""
    office = branch.begin(to)
    jobs = Jobs(office, line, branch.drives, [])
    jobs.receive()
    direct = opened(server)
    landing = direct.container(line.landing_name)
    lost = max(landing.objects("packs/"), key=lambda info: info.size_bytes)
    landing.delete(lost.name)
    direct.close()
    jobs.repair()
    jobs.vault()
    jobs.increment()
    jobs.restore(to / "to")
    office.close()
    line.account.close()
    assert compare_trees(branch.source, to / "to" / branch.source.name) == []
    return blobs(server, line.landing_name), blobs(server, line.vault_name), jobs.troubles


def forget(server: Azurite, line: Line) -> None:
    """Take the containers of a run away: the server keeps everything in memory."""
    account = opened(server)
    for name in (line.landing_name, line.vault_name):
        account.container(name, create=True)._container.delete_container()
    account.close()
