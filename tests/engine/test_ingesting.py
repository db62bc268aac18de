"""A run that was cut off anywhere goes on, and in the end the account is as after a whole run."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobClient, ContainerClient

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.adapters.stores.azure_blobs import INCOMING, AzureBlobs
from offline_backup_gui.adapters.stores.drive import RootStore
from offline_backup_gui.domain.blob_door import BlobAccount, BlobSeen, BlobUpload, NewBlob
from offline_backup_gui.domain.drive_manifest import (
    PIECE_BYTES,
    BlobKind,
    Disposition,
    Pieces,
    block_id,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.taken_names import Fate
from offline_backup_gui.engine.ingest_journal import Begun, IngestJournal
from offline_backup_gui.engine.ingesting import Ingested, Ingesting
from offline_backup_gui.engine.manifest_items import ManifestItems
from offline_backup_gui.services.watching import Watch, watched
from tests.adapters.stores.azure_things import opened
from tests.azurite_server import Azurite
from tests.cli.test_receive_account import Prepared, pieces_of

pytestmark = pytest.mark.timeout(180)


class CutOff:
    """An account whose line breaks at the n-th request for a blob, before or after it was done."""

    def __init__(self, account: BlobAccount, at: int, *, after: bool = False) -> None:
        self._account, self.left, self._after = account, at, after
        self.sent = 0

    @property
    def label(self) -> str:
        return self._account.label

    def make_container(self, name: str) -> None:
        self._account.make_container(name)

    def blobs(self, container: str) -> Iterator[BlobSeen]:
        return self._account.blobs(container)

    def blob(self, container: str, name: str) -> BlobSeen | None:
        return self._account.blob(container, name)

    def has_bytes(self, container: str, name: str, size_bytes: int, md5: bytes) -> bool:
        return self._account.has_bytes(container, name, size_bytes, md5)

    def settled(self, container: str, name: str) -> BlobSeen | None:
        return self._account.settled(container, name)

    def sweep(self, container: str) -> int:
        return self._account.sweep(container)

    def upload(self, new: NewBlob) -> BlobUpload:
        return _CutUpload(self, self._account.upload(new))

    def step(self, done: bool) -> None:
        if done is self._after:
            self.left -= 1
            if self.left < 0:
                raise BackupError(ErrorCode.ACCOUNT_UNREACHABLE, account="cut off")


class _CutUpload:
    def __init__(self, account: CutOff, upload: BlobUpload) -> None:
        self._account, self._upload = account, upload

    def piece(self, offset: int, data: bytes, block_id: str | None = None) -> None:
        self._account.step(False)
        self._account.sent += len(data)
        self._upload.piece(offset, data, block_id)
        self._account.step(True)

    def finish(self, md5: bytes) -> None:
        self._account.step(False)
        self._upload.finish(md5)
        self._account.step(True)

    def abort(self) -> None:
        self._upload.abort()


def ingest(account: BlobAccount, drive: Path, journals: Path) -> Ingested:
    context = watched(Watch(), SystemClock(), system_files())
    ingesting = Ingesting(context, account)
    items = ManifestItems(context, RootStore(drive))
    ingesting.drive(items, IngestJournal(journals, account.label, "drive"), "")
    ingesting.end()
    return ingesting.done


def fill(azurite: Azurite, container: str) -> AzureBlobs:
    account = opened(azurite).blobs()
    account.make_container(container)
    for name in ("same.txt", "over"):
        upload = account.upload(NewBlob(container, name, BlobKind.BLOCK, 3, "x"))
        upload.piece(0, b"old")
        upload.finish(hashlib.md5(b"old").digest())
    return account


@pytest.mark.parametrize("after", [False, True])
def test_a_run_cut_off_anywhere_is_finished_by_the_next(
    tmp_path: Path, azurite: Azurite, after: bool
) -> None:
    page, large = os.urandom(2 * PIECE_BYTES), os.urandom(2 * PIECE_BYTES + 7)
    for cut in range(9):
        container = f"cut-{secrets.token_hex(6)}"
        drive = Prepared(tmp_path / container)
        drive.add(f"{container}/same.txt", b"new")
        drive.add(f"{container}/over", b"new", disposition=Disposition.OVERWRITE)
        drive.add(f"{container}/page", page, BlobKind.PAGE)
        drive.add(f"{container}/large", large)
        place, journals = drive.finish(), tmp_path / f"journals-{container}"
        account = fill(azurite, container)
        with pytest.raises(BackupError) as broken:
            ingest(CutOff(account, cut, after=after), place, journals)
        assert broken.value.code is ErrorCode.ACCOUNT_UNREACHABLE
        seen = {blob.name: blob for blob in account.blobs(container)}
        wholes = {"page": len(page), "large": len(large)}
        assert all(seen[name].size_bytes == size for name, size in wholes.items() if name in seen)
        done = ingest(account, place, journals)
        assert done.good
        names = {blob.name: blob.size_bytes for blob in account.blobs(container)}
        assert names == {
            "same.txt": 3,
            "same (2).txt": 3,
            "over": 3,
            "page": len(page),
            "large": len(large),
        }
        client = account._service.get_container_client(container)
        assert client.download_blob("over").readall() == b"new"
        assert client.download_blob("same.txt").readall() == b"old"
        assert client.download_blob("page").readall() == page
        assert client.download_blob("large").readall() == large
        assert not [each for each in client.list_blob_names() if each.startswith(INCOMING)]


def test_what_a_broken_run_brought_of_a_large_blob_is_not_sent_again(
    tmp_path: Path, azurite: Azurite
) -> None:
    container = f"cut-{secrets.token_hex(6)}"
    drive = Prepared(tmp_path / "drive")
    drive.add(f"{container}/page", os.urandom(4 * PIECE_BYTES), BlobKind.PAGE)
    place, account = drive.finish(), opened(azurite).blobs()
    with pytest.raises(BackupError):
        ingest(CutOff(account, 3), place, tmp_path / "journals")
    client = account._service.get_container_client(container)
    (incoming,) = [each for each in client.list_blob_names() if each.startswith(INCOMING)]
    before = client.get_blob_client(incoming).get_blob_properties().etag
    with pytest.raises(BackupError):  # three ranges are there; the fourth breaks again
        ingest(CutOff(account, 3), place, tmp_path / "journals")
    assert client.get_blob_client(incoming).get_blob_properties().etag == before
    assert ingest(account, place, tmp_path / "journals").good


def named(data: bytes) -> Pieces:
    """Cut a file into blocks with the identifiers a manifest gives: counters, in Base64."""
    pieces = Pieces()
    for piece in pieces_of(data, BlobKind.BLOCK):
        number = block_id(piece.offset // PIECE_BYTES)
        pieces.add(piece.offset, piece.length, piece.md5, number)
    return pieces


def test_blocks_of_two_broken_runs_with_one_name_are_never_mixed(
    tmp_path: Path, azurite: Azurite
) -> None:
    container = f"cut-{secrets.token_hex(6)}"
    account, size = opened(azurite).blobs(), 3 * PIECE_BYTES
    wholes = {name: os.urandom(size) for name in ("one", "two")}
    places = {}
    for name, whole in wholes.items():
        drive = Prepared(tmp_path / name)
        drive.add(f"{container}/large", whole, pieces=named(whole))
        places[name] = drive.finish()
    for name in ("one", "two"):
        with pytest.raises(BackupError):
            ingest(CutOff(account, 2), places[name], tmp_path / "journals" / name)
    assert ingest(account, places["one"], tmp_path / "journals" / "one").good
    client = account._service.get_container_client(container)
    assert client.download_blob("large").readall() == wholes["one"]


def two_drives(
    tmp_path: Path, blob: str, kind: BlobKind, disposition: Disposition | None = None
) -> tuple[Path, Path, bytes, bytes]:
    """Prepare two drives with a file of one name and size and other bytes."""
    size = PIECE_BYTES + 512
    first, second = os.urandom(size), os.urandom(size)
    places = []
    for name, whole in (("one", first), ("two", second)):
        drive = Prepared(tmp_path / name)
        drive.add(blob, whole, kind, disposition)
        places.append(drive.finish())
    return places[0], places[1], first, second


def test_a_file_replaced_by_another_drive_is_not_told_as_there(
    tmp_path: Path, azurite: Azurite
) -> None:
    container = f"cut-{secrets.token_hex(6)}"
    account = opened(azurite).blobs()
    one, two, first, _ = two_drives(
        tmp_path, f"{container}/file", BlobKind.BLOCK, Disposition.OVERWRITE
    )
    assert ingest(account, one, tmp_path / "1").blobs == 1
    assert ingest(account, one, tmp_path / "1").already_there == 1
    assert ingest(account, two, tmp_path / "2").replaced == [f"{container}/file"]
    done = ingest(account, one, tmp_path / "1")
    assert (done.already_there, done.replaced) == (0, [f"{container}/file"])
    client = account._service.get_container_client(container)
    assert client.download_blob("file").readall() == first


@pytest.mark.parametrize("kind", list(BlobKind))
def test_a_name_another_drive_took_after_a_broken_run_is_left_to_it(
    tmp_path: Path, azurite: Azurite, kind: BlobKind
) -> None:
    container = f"cut-{secrets.token_hex(6)}"
    account = opened(azurite).blobs()
    one, two, first, second = two_drives(tmp_path, f"{container}/file", kind)
    with pytest.raises(BackupError):
        ingest(CutOff(account, 0), one, tmp_path / "1")
    assert ingest(account, two, tmp_path / "2").blobs == 1
    done = ingest(account, one, tmp_path / "1")
    assert (done.already_there, [each.blob for each in done.renamed]) == (
        0,
        [f"{container}/file (2)"],
    )
    client = account._service.get_container_client(container)
    assert client.download_blob("file").readall() == second
    assert client.download_blob("file (2)").readall() == first
    assert ingest(account, one, tmp_path / "1").already_there == 1


def test_two_drives_read_in_at_once_are_not_both_told_as_there(
    tmp_path: Path, azurite: Azurite
) -> None:
    container = f"cut-{secrets.token_hex(6)}"
    account = opened(azurite).blobs()
    one, two, first, _ = two_drives(
        tmp_path, f"{container}/file", BlobKind.BLOCK, Disposition.OVERWRITE
    )
    for place, journals in ((one, "1"), (two, "2")):
        ingest(account, place, tmp_path / journals)
    context = watched(Watch(), SystemClock(), system_files())
    ingesting = Ingesting(context, account)
    for place, journals in ((one, "1"), (two, "2")):
        items = ManifestItems(context, RootStore(place))
        ingesting.drive(
            items, IngestJournal(tmp_path / journals, account.label, "drive"), f"{journals}: "
        )
    assert ingesting.done.already_there == 0
    assert [each.fate for each in ingesting.done.refused] == [Fate.COLLIDES]
    client = account._service.get_container_client(container)
    assert client.download_blob("file").readall() == first


class SlowCopy:
    """Lets a copy to one name stay pending, as in Azure; the blob server here copies at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.name, self.status, self.source = name, "", ""
        properties, listed = BlobClient.get_blob_properties, ContainerClient.list_blobs
        start = BlobClient.start_copy_from_url

        def seen(client: BlobClient, **more: Any) -> Any:
            return self._marked(properties(client, **more))

        def blobs(client: ContainerClient, **more: Any) -> Any:
            return (self._marked(each) for each in listed(client, **more))

        def begin(client: BlobClient, source_url: str, **more: Any) -> Any:
            done = start(client, source_url, **more)
            if client.blob_name == name:
                self.status, self.source = ("", "") if self.source else ("pending", source_url)
            return done

        monkeypatch.setattr(BlobClient, "get_blob_properties", seen)
        monkeypatch.setattr(ContainerClient, "list_blobs", blobs)
        monkeypatch.setattr(BlobClient, "start_copy_from_url", begin)

    def _marked(self, blob: Any) -> Any:
        if blob.name == self.name and self.status:
            blob.copy.status, blob.copy.source = self.status, self.source
        return blob


@pytest.mark.parametrize("fails", [False, True])
def test_a_page_blob_whose_copy_was_pending_at_a_kill_is_settled_by_the_next_run(
    tmp_path: Path, azurite: Azurite, monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    container, page = f"cut-{secrets.token_hex(6)}", os.urandom(PIECE_BYTES + 512)
    one, other = Prepared(tmp_path / "one"), Prepared(tmp_path / "other")
    one.add(f"{container}/page", page, BlobKind.PAGE)
    other.add(f"{container}/other", os.urandom(512), BlobKind.PAGE)
    first, second = one.finish(), other.finish()
    account, slow = opened(azurite).blobs(), SlowCopy(monkeypatch, "page")
    client = account._service.get_container_client(container)

    def killed(_: float) -> None:
        raise BackupError(ErrorCode.ACCOUNT_UNREACHABLE, account="cut off")

    def ended(_: float) -> None:
        slow.status = "failed" if fails else ""
        if fails:
            client.get_blob_client("page").create_page_blob(512)  # the bytes are gone

    def incoming() -> list[str]:
        return [each for each in client.list_blob_names() if each.startswith(INCOMING)]

    account._wait = killed
    with pytest.raises(BackupError):
        ingest(account, first, tmp_path / "1")
    assert slow.status == "pending"
    source = incoming()
    assert ingest(account, second, tmp_path / "2").good
    assert incoming() == source, "the source of a pending copy was swept"
    account._wait = ended
    done = ingest(account, first, tmp_path / "1")
    assert done.good
    assert (done.already_there, done.blobs, done.renamed) == (int(not fails), int(fails), [])
    assert client.download_blob("page").readall() == page
    assert not incoming()


def test_a_journal_cut_off_in_a_line_gives_what_came_before(tmp_path: Path) -> None:
    lines = [Begun(f"f{number}", "data", f"n{number}", "as-is") for number in range(3)]
    with IngestJournal(tmp_path, "account", "drive") as journal:
        journal.begin(lines)
        journal.finish(lines[:1])
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    for cut in range(len(whole)):
        file.write_bytes(whole[:cut])
        with IngestJournal(tmp_path, "account", "drive") as journal:
            found = [journal.begun(line.fingerprint) for line in lines]
            journal.begin([Begun("new", "data", "n", "as-is")])
        assert all(
            each is None or each.name == line.name for each, line in zip(found, lines, strict=True)
        )
        with IngestJournal(tmp_path, "account", "drive") as journal:
            assert journal.begun("new") is not None
