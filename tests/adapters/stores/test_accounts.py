"""Opening accounts and stores by what the admin gave; addresses and secrets read as text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.adapters.stores.accounts import open_account, open_store
from offline_backup_gui.adapters.stores.azure_address import (
    Address,
    Secret,
    address_of,
    secret_of,
)
from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.folder_account import FolderAccount
from offline_backup_gui.adapters.stores.names import (
    checked_container,
    is_container_name,
    is_name,
    segments,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from tests.adapters.stores.contract import code_of, names, put

SAS = "sv=2025-11-05&ss=b&srt=sco&sp=rwl&se=2026-11-30T10:00:00Z&sig=abc%2Fdef%3D"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://branch042.blob.core.windows.net",
            Address("https://branch042.blob.core.windows.net", "branch042"),
        ),
        (
            " https://Branch042.blob.core.windows.net/landing/ ",
            Address("https://branch042.blob.core.windows.net", "branch042", "landing"),
        ),
        (
            f"https://branch042.blob.core.windows.net/landing?{SAS}",
            Address("https://branch042.blob.core.windows.net", "branch042", "landing"),
        ),
        (
            "http://127.0.0.1:10000/branch/vault",
            Address("http://127.0.0.1:10000/branch", "branch", "vault"),
        ),
        ("http://localhost:1/branch", Address("http://localhost:1/branch", "branch")),
        ("https://[::1]:1/branch", Address("https://[::1]:1/branch", "branch")),
    ],
)
def test_an_address_is_read(url: str, expected: Address) -> None:
    assert address_of(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "http://branch042.blob.core.windows.net",
        "http://10.0.0.1:10000/branch",
        "https://",
        "https://[::1",
        "https://a:99999",
        f"https://user:word@branch042.blob.core.windows.net?{SAS}",
        "https://branch042.blob.core.windows.net/landing/packs",
        "http://127.0.0.1:10000",
    ],
)
def test_a_wrong_address_is_refused_without_showing_secrets(url: str) -> None:
    with pytest.raises(BackupError) as caught:
        address_of(url)
    assert code_of(caught) is ErrorCode.ACCOUNT_ADDRESS_NOT_ALLOWED
    assert "sig=" not in str(caught.value)
    assert "word" not in str(caught.value)


def test_a_signature_is_taken_as_portals_give_it() -> None:
    url = "https://branch042.blob.core.windows.net"
    address = address_of(url)
    for given_sas in (SAS, f"?{SAS}", f" {SAS}\n", f"{url}/landing?{SAS}"):
        assert secret_of(address, url, given_sas).sas == SAS
    assert secret_of(address, f"{url}?{SAS}").sas == SAS
    assert SAS not in repr(secret_of(address, url, SAS))


@pytest.mark.parametrize("sas", [None, "", "nonsense", "?", "sv=1&se=2"])
def test_an_account_without_a_usable_secret_says_so(sas: str | None) -> None:
    with pytest.raises(BackupError) as caught:
        open_account("https://branch042.blob.core.windows.net", sas=sas)
    assert code_of(caught) is ErrorCode.ACCOUNT_SECRET_NEEDED


def test_a_connection_string_gives_its_key_or_signature_for_its_own_account() -> None:
    url = "https://branch042.blob.core.windows.net"
    address = address_of(url)
    by_key = "DefaultEndpointsProtocol=https;AccountName=branch042;AccountKey=c2VjcmV0;"
    assert secret_of(address, url, None, by_key) == Secret(account_key="c2VjcmV0")
    by_sas = f"BlobEndpoint={url}/;SharedAccessSignature={SAS}"
    assert secret_of(address, url, None, by_sas) == Secret(sas=SAS)
    wrong = (
        (by_key.replace("branch042", "other"), ErrorCode.ACCOUNT_REFUSED),
        (by_key.replace("c2VjcmV0", "not base64!"), ErrorCode.ACCOUNT_SECRET_NEEDED),
        ("nonsense", ErrorCode.ACCOUNT_SECRET_NEEDED),
    )
    for text, code in wrong:
        with pytest.raises(BackupError) as caught:
            secret_of(address, url, None, text)
        assert code_of(caught) is code


@pytest.mark.parametrize("end", ["2026-11-30T10:00:00Z", "2026-11-30T10:00Z", "2026-11-30"])
def test_a_signature_knows_when_it_ends(end: str) -> None:
    secret = Secret(sas=f"se={end}&sig=a")
    assert not secret.has_expired(datetime(2026, 11, 29, 23, tzinfo=UTC))
    assert secret.has_expired(datetime(2026, 11, 30, 10, tzinfo=UTC))


def test_a_secret_without_an_end_does_not_expire() -> None:
    for secret in (Secret(sas="sig=a"), Secret(sas="se=soon&sig=a"), Secret(account_key="a")):
        assert not secret.has_expired(datetime(2099, 1, 1, tzinfo=UTC))


def test_a_store_is_found_by_its_folder_its_drive_or_a_data_box_disk(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    drive.mkdir()
    put(FolderDriveStore(drive, "branch"), "repository.json", b"{}")
    box = tmp_path / "box"
    (box / "BlockBlob").mkdir(parents=True)
    put(FolderDriveStore(box / "BlockBlob", "branch"), "repository.json", b"{}")
    for given_path in (
        drive,
        drive / "branch",
        box,
        box / "BlockBlob",
        box / "BlockBlob" / "branch",
    ):
        store = open_store(str(given_path))
        assert names(store) == ["repository.json"]
        assert store.label == str(given_path)


def test_a_folder_with_no_repository_or_with_two_is_not_guessed_about(tmp_path: Path) -> None:
    with pytest.raises(BackupError) as caught:
        open_store(str(tmp_path / "nowhere"))
    assert code_of(caught) is ErrorCode.REPOSITORY_NOT_FOUND
    account = FolderAccount(tmp_path)
    for name in ("landing", "vault"):
        put(account.container(name, create=True), "repository.json", b"{}")
    with pytest.raises(BackupError) as caught:
        open_store(str(tmp_path))
    assert caught.value.parameters == {"store": str(tmp_path), "found": ("landing", "vault")}


def test_a_linked_container_on_a_drive_is_not_opened(tmp_path: Path) -> None:
    put(FolderAccount(tmp_path / "a").container("real", create=True), "repository.json", b"{}")
    drive = tmp_path / "drive"
    drive.mkdir()
    (drive / "linked").symlink_to(tmp_path / "a" / "real")
    with pytest.raises(BackupError) as caught:
        open_store(str(drive))
    assert code_of(caught) is ErrorCode.REPOSITORY_NOT_FOUND


def test_a_store_is_made_when_asked_for(tmp_path: Path) -> None:
    path = str(tmp_path / "account" / "landing")
    put(open_store(path, create=True), "repository.json", b"{}")
    (info,) = open_store(path).objects()
    assert info.md5 is not None
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError) as caught:
        open_store(str(tmp_path / "file" / "landing"), create=True)
    assert code_of(caught) is ErrorCode.PATH_NOT_PLAIN


@given(st.text(alphabet="aZ09-._/ \\:\0\n", max_size=12))
def test_a_legal_name_never_leads_out_of_its_folder(name: str) -> None:
    root = Path("drive", "container")
    if is_name(name):
        path = root.joinpath(*segments(name))
        assert root in path.parents
        assert ".." not in path.parts
        assert not any(part.startswith(".") or part.endswith(".") for part in name.split("/"))
        assert name == name.lower()
    else:
        with pytest.raises(BackupError):
            segments(name)


@given(st.text(max_size=70))
def test_every_refused_container_name_comes_with_one_that_is_taken(name: str) -> None:
    if is_container_name(name):
        assert checked_container(name) == name
        return
    with pytest.raises(BackupError) as caught:
        checked_container(name)
    assert is_container_name(str(caught.value.parameters["suggestion"]))
