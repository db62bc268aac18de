"""Opens accounts and stores by what the admin gave: a folder, a drive, or an address."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from offline_backup_gui.adapters.stores.azure_address import address_of, is_url, secret_of
from offline_backup_gui.adapters.stores.device import layout_at
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.stores.folder_account import FolderAccount, FolderContainer
from offline_backup_gui.adapters.stores.held import HeldFolder, reachable
from offline_backup_gui.adapters.stores.names import is_container_name
from offline_backup_gui.adapters.stores.trouble import Kind, Place
from offline_backup_gui.domain.blob_door import BlobAccount
from offline_backup_gui.domain.device_layout import Format
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Account, Control, SweptStore

if TYPE_CHECKING:
    from offline_backup_gui.adapters.stores.azure import AzureAccount

REPOSITORY = "repository.json"
_DRIVE_RECORDS = "drives"
_FAR = 120  # letters; a drive has three, and the name of a container is below 64
_MIRROR_OWNER = ".offline-backup-mirror/owner.json"


def open_account(
    account: str,
    *,
    sas: str | None = None,
    connection_string: str | None = None,
    control: Control | None = None,
) -> Account:
    """Open an account given as a folder or URL; the containers decide whether it answers.

    A job gives its `control`, so that a stop need not wait for a line that hangs.

    ACCOUNT_ADDRESS_NOT_ALLOWED, ACCOUNT_SECRET_NEEDED.
    """
    if not is_url(account):
        return FolderAccount(Path(account))
    return _azure(account, sas, connection_string, control)


def open_store(
    store: str,
    *,
    create: bool = False,
    sas: str | None = None,
    connection_string: str | None = None,
    control: Control | None = None,
) -> SweptStore:
    """Open one container given as a folder, a drive with one container on it, or a container URL.

    `create` makes a missing folder or container. Without it a folder must hold a repository itself
    or in exactly one folder below. REPOSITORY_NOT_FOUND, ACCOUNT_NOT_FOUND.
    """
    if is_url(store):
        container = address_of(store).container
        if not container:
            raise BackupError(ErrorCode.REPOSITORY_NOT_FOUND, store=store.split("?")[0])
        account = _azure(store, sas, connection_string, control)
        return account.container(container, create=create)
    folder = Path(store)
    if create:
        with Place(Kind.ACCOUNT, store, lambda: True).watched():
            HeldFolder.make(folder)
        return FolderContainer(folder)
    found = list(_repositories(_near(folder)))
    if len(found) != 1:
        names = tuple(path.name for path in found)
        raise BackupError(ErrorCode.REPOSITORY_NOT_FOUND, store=store, found=names)
    return FolderStore(found[0], store, kind=Kind.DRIVE, keeps_md5=True)


def open_blobs(
    account: str,
    *,
    sas: str | None = None,
    connection_string: str | None = None,
    control: Control | None = None,
) -> BlobAccount | None:
    """Open an account for blobs of any name; None for a folder or the address of a container.

    ACCOUNT_ADDRESS_NOT_ALLOWED, ACCOUNT_SECRET_NEEDED.
    """
    if not is_url(account) or address_of(account).container:
        return None
    return _azure(account, sas, connection_string, control).blobs()


def containers_on(place: str) -> list[tuple[str, str]]:
    """Find the containers with a backup on a drive, as (folder they lie in, name).

    `place` may be a container itself. A container that lost its repository record still counts by
    its drive record, so that the loss is found. DRIVE_NOT_FOUND when nothing answers there.
    """
    folder = _near(Path(place))
    if not folder.is_dir():
        raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=place)
    found = [(str(path.parent), path.name) for path in _repositories(folder, _on_a_drive)]
    return [(mount, name) for mount, name in found if is_container_name(name)]


def mirrors_on(place: str) -> list[tuple[str, str]]:
    """Find the containers whose files travel as they are, as (folder they lie in, name).

    DRIVE_NOT_FOUND when nothing answers there.
    """
    folder = _near(Path(place))
    if not folder.is_dir():
        raise BackupError(ErrorCode.DRIVE_NOT_FOUND, path=place)
    found = [(str(path.parent), path.name) for path in _repositories(folder, _is_a_mirror)]
    return [(mount, name) for mount, name in found if is_container_name(name)]


def _near(folder: Path) -> Path:
    """Give a place as it is, and one far down as Windows takes it: with a container below it."""
    return reachable(folder) if len(str(folder)) > _FAR else folder


def _is_a_mirror(folder: Path) -> bool:
    return (folder / _MIRROR_OWNER).is_file()


def _azure(
    account: str, sas: str | None, connection_string: str | None, control: Control | None
) -> AzureAccount:
    address = address_of(account)
    secret = secret_of(address, account, sas, connection_string)
    # Loading the Azure library takes 0.2 s, which a folder need not pay.
    from offline_backup_gui.adapters.stores.azure import AzureAccount

    return AzureAccount(address, secret, control=control)


def _has_record(folder: Path) -> bool:
    return (folder / REPOSITORY).is_file()


def _on_a_drive(folder: Path) -> bool:
    return _has_record(folder) or any((folder / _DRIVE_RECORDS).glob("*.json"))


def _repositories(folder: Path, holds: Callable[[Path], bool] = _has_record) -> Iterator[Path]:
    """Find the containers with a repository: the folder itself, else the folders below it."""
    folder = folder.absolute()
    if holds(folder):
        yield folder
        return
    for top in _tops(folder):
        try:
            entries = sorted(os.listdir(top))
        except OSError:
            continue
        for name in entries:
            # A container that is a link could lead anywhere on a drive from a stranger.
            below = top / name
            if is_container_name(name) and not below.is_symlink() and holds(below):
                yield below


def _tops(folder: Path) -> Iterator[Path]:
    """Give the folders containers may lie in: the place itself, else those of a device's layout."""
    yield folder
    layout = layout_at(folder)
    if layout is None:
        return
    for above in layout.folders(Format.BLOCK):
        if above:
            yield folder.joinpath(*above)
