"""What speaks for or against a drive on the Data Box routes, and a device on the other one. Pure.

Sources: articles/databox/data-box-disk-deploy-copy-data.md, 2024 (layout, BitLocker stays on);
data-box-disk-deploy-set-up.md, 2019-06-13 (unlock tool and passkey);
data-box-deploy-copy-data.md, 2024-03-25 (shares).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from offline_backup_gui.domain.device_layout import Device, Format, Layout
from offline_backup_gui.domain.drive import Drive, Encryption
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.plan import Route

_DEVICE_BY_ROUTE = {Route.DATA_BOX_DISK: Device.DISK, Route.DATA_BOX: Device.SHARE}


def may_be_formatted(drive: Drive, route: Route | None) -> bool:
    """Say whether formatting or a change of BitLocker may be offered at all.

    Never for what Microsoft sent: a formatted disk is not read any more. A locked disk may be one,
    so on the Data Box routes nothing is formatted.
    """
    return drive.layout is None and route not in _DEVICE_BY_ROUTE


def device_rules(
    drive: Drive, route: Route | None, account: str, *, practice: bool
) -> Iterator[Finding]:
    """Judge a drive for its route; `practice` drives may stand for a device without its layout."""
    wanted = None if route is None else _DEVICE_BY_ROUTE.get(route)
    layout = drive.layout
    if wanted is None:
        if layout is not None and route is Route.IMPORT_EXPORT:
            yield _blocker(FindingCode.DRIVE_IS_DATA_BOX, device=layout.device.value)
        return
    if drive.encryption is Encryption.LOCKED:
        yield _note(FindingCode.DEVICE_LOCKED)
        return
    if layout is None or layout.device is not wanted:
        code = {
            Device.DISK: FindingCode.DRIVE_NOT_DATA_BOX_DISK,
            Device.SHARE: FindingCode.DRIVE_NOT_DATA_BOX_SHARE,
        }[wanted]
        yield _note(code) if practice else _blocker(code)
        return
    yield from _kind(layout)
    yield from _account(layout, account)
    if layout.device is Device.DISK:
        yield from _disk(drive, practice=practice)


def _kind(layout: Layout) -> Iterator[Finding]:
    if layout.folder(Format.BLOCK) is None:
        kinds = tuple(kind.value for kind in layout.formats)
        yield _blocker(FindingCode.DEVICE_TAKES_NO_BLOCK_BLOBS, formats=kinds)


def _account(layout: Layout, account: str) -> Iterator[Finding]:
    """A share belongs to one account of the order; the backup must arrive in that of the plan."""
    host = urlsplit(account).hostname if "://" in account else None
    named = host.split(".")[0] if host and "." in host and not host[0].isdigit() else ""
    if layout.account and named and layout.account != named:
        yield _blocker(FindingCode.DEVICE_OTHER_ACCOUNT, account=layout.account, wanted=named)


def _disk(drive: Drive, *, practice: bool) -> Iterator[Finding]:
    if drive.encryption is Encryption.NONE and not practice:
        # A self-encrypting disk shows no BitLocker either, so this can only be a warning.
        yield Finding(FindingCode.DEVICE_BITLOCKER_OFF, Severity.WARNING)
    if drive.first_folders:
        folders: dict[str, Parameter] = {"folders": drive.first_folders}
        yield Finding(FindingCode.DEVICE_ROOT_NOT_CLEAN, Severity.WARNING, folders)


def _blocker(code: FindingCode, **parameters: Parameter) -> Finding:
    return Finding(code, Severity.BLOCKER, parameters)


def _note(code: FindingCode) -> Finding:
    return Finding(code, Severity.NOTE)
