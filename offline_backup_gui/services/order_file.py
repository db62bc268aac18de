"""The order form as a TOML file; its secrets stand in files of their own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from offline_backup_gui.domain.agent_fields import job_name_fits
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import (
    MOST_OWN_DRIVES,
    OWN_DRIVES,
    SKU_BY_DEVICE,
    Address,
    Contact,
    OrderForm,
    OrderSecrets,
    OwnDrive,
    ReturnCarrier,
)
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.prepared_drive import looks_made
from offline_backup_gui.domain.subscription import parse_resource_id
from offline_backup_gui.services.plan_file import TableReader

_MAX_BYTES = 256 << 10
_MAX_SECRET_BYTES = 4 << 10
_TOP = (
    "name", "job_name", "device", "model", "subscription", "resource_group", "region",
    "storage_account", "expected_tb", "plan", "backup_manifest", "passkey_file",
    "device_password_file", "address", "contact", "return", "drive",
)  # fmt: skip
_ADDRESS = (
    "company",
    "street",
    "street2",
    "street3",
    "city",
    "state",
    "postal_code",
    "country",
    "kind",
)
_CONTACT = ("name", "phone", "extension", "email")
_RETURN = ("carrier", "account_number")
_DRIVE = ("serial", "manifest_file", "manifest_hash", "bitlocker_key_file")
_HASH = re.compile(r"[0-9A-Fa-f]{32}")
_KEY = re.compile(r"(?:\d{6}-){7}\d{6}")
# A passkey of one's own: 12 to 32 characters (arm-databox, DataBoxDiskJobDetails.passkey).
_PASSKEY = re.compile(r"[A-Za-z0-9]{12,32}")


class _Reader(TableReader):
    """Names what is wrong in a form."""

    def wrong(self, key: str, value: object) -> BackupError:
        """Make the trouble of a value that does not fit."""
        return BackupError(
            ErrorCode.ORDER_FORM_WRONG, path=self._path, key=key, value=str(value)[:200]
        )

    def needed(self, table: Mapping[str, object], key: str, place: str) -> str:
        """Give a text that may not be empty."""
        value = self.text(table, key, "").strip()
        if not value:
            raise self.wrong(f"{place}{key}", "")
        return value


class Ready(Protocol):
    """What the preparation of own drives left behind; `services.preparations` has it."""

    def job_drives(self, plan_id: PlanId) -> tuple[tuple[OwnDrive, ...], dict[str, str]]:
        """Give a plan's drives and their keys.

        DRIVES_NOT_PREPARED, SERIAL_MADE, BITLOCKER_KEY_MISSING.
        """

    def key(self, serial: str) -> str:
        """Give the key that is kept of a drive; "" when none is."""


def read_form(path: Path) -> OrderForm:
    """Read a form for what it says openly; files with secrets need not be there any more."""
    return _read(path, None, with_secrets=False)[0]


def read_order_file(path: Path, ready: Ready | None = None) -> tuple[OrderForm, OrderSecrets]:
    """Read a form and its secrets; own drives come from their preparation where it names none.

    ORDER_FORM_WRONG, PLAN_KEY_UNKNOWN, PLAN_NOT_READABLE, SECRET_FILE_NOT_READABLE;
    DRIVES_NOT_PREPARED, SERIAL_MADE, BITLOCKER_KEY_MISSING.
    """
    return _read(path, ready, with_secrets=True)


def _read(path: Path, ready: Ready | None, *, with_secrets: bool) -> tuple[OrderForm, OrderSecrets]:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise ValueError("too large")
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise BackupError(ErrorCode.PLAN_NOT_READABLE, path=str(path), reason=why) from error
    reader = _Reader(str(path))
    reader.known(table, _TOP, "")
    sku = SKU_BY_DEVICE[reader.choice(table, "device", tuple(SKU_BY_DEVICE))]
    own = sku == OWN_DRIVES
    plan = reader.text(table, "plan", "")
    base = path.parent if with_secrets else None
    drives: tuple[OwnDrive, ...] = ()
    keys: dict[str, str] = {}
    if own and (table.get("drive") or not plan):
        drives, keys = _drives(reader, table, base, ready)
    elif own and with_secrets:
        drives, keys = _prepared(reader, PlanId(plan), ready)
    passkey = _secret(reader, table, "passkey_file", base)
    if passkey and not _PASSKEY.fullmatch(passkey):
        raise reader.wrong("passkey_file", "12-32 × A-Z, a-z, 0-9")
    secrets = OrderSecrets(
        passkey=passkey,
        device_password=_secret(reader, table, "device_password_file", base),
        bitlocker_key_by_serial=keys,
    )
    account = reader.needed(table, "storage_account", "")
    try:
        parse_resource_id(account)
    except BackupError as error:
        raise reader.wrong("storage_account", account) from error
    form = OrderForm(
        key=reader.needed(table, "name", ""),
        subscription=reader.needed(table, "subscription", ""),
        group=reader.needed(table, "resource_group", ""),
        region=reader.needed(table, "region", "").replace(" ", "").lower(),
        sku=sku,
        storage_account=account,
        address=_address(reader, reader.table(table, "address")),
        contact=_contact(reader, reader.table(table, "contact")),
        model=reader.text(table, "model", ""),
        expected_tb=_whole(reader, table, "expected_tb"),
        drives=drives,
        return_carrier=_return(reader, reader.table(table, "return")) if own else None,
        plan_id=PlanId(plan) if plan else None,
        backup_manifest=reader.truth(table, "backup_manifest", default=False),
        job_name=_job_name(reader, table) if own else "",
    )
    return form, secrets


def _job_name(reader: _Reader, table: Mapping[str, object]) -> str:
    name = reader.text(table, "job_name", "").strip()
    if name and not job_name_fits(name):
        raise reader.wrong("job_name", name)
    return name


def _address(reader: _Reader, table: Mapping[str, object]) -> Address:
    reader.known(table, _ADDRESS, "address.")
    country = reader.needed(table, "country", "address.").upper()
    if not re.fullmatch(r"[A-Z]{2}", country):
        raise reader.wrong("address.country", country)
    kind = reader.text(table, "kind", "Commercial").capitalize()
    if kind not in ("Commercial", "Residential"):
        raise reader.wrong("address.kind", kind)
    return Address(
        street=reader.needed(table, "street", "address."),
        city=reader.needed(table, "city", "address."),
        postal_code=reader.needed(table, "postal_code", "address."),
        country=country,
        state=reader.text(table, "state", ""),
        company=reader.text(table, "company", ""),
        street2=reader.text(table, "street2", ""),
        street3=reader.text(table, "street3", ""),
        kind=kind,
    )


def _contact(reader: _Reader, table: Mapping[str, object]) -> Contact:
    reader.known(table, _CONTACT, "contact.")
    emails = reader.texts(table, "email")
    if not emails or any("@" not in one for one in emails):
        raise reader.wrong("contact.email", ", ".join(emails))
    return Contact(
        name=reader.needed(table, "name", "contact."),
        phone=reader.needed(table, "phone", "contact."),
        emails=emails,
        extension=reader.text(table, "extension", ""),
    )


def _return(reader: _Reader, table: Mapping[str, object]) -> ReturnCarrier:
    reader.known(table, _RETURN, "return.")
    return ReturnCarrier(
        reader.needed(table, "carrier", "return."),
        reader.needed(table, "account_number", "return."),
    )


def _prepared(
    reader: _Reader, plan_id: PlanId, ready: Ready | None
) -> tuple[tuple[OwnDrive, ...], dict[str, str]]:
    """Take the drives that were prepared for a plan."""
    if ready is None:
        raise reader.wrong("drive", f"0 (1-{MOST_OWN_DRIVES})")
    drives, keys = ready.job_drives(plan_id)
    if len(drives) > MOST_OWN_DRIVES:
        raise reader.wrong("drive", f"{len(drives)} (1-{MOST_OWN_DRIVES})")
    return drives, keys


def _drives(
    reader: _Reader, table: Mapping[str, object], base: Path | None, ready: Ready | None
) -> tuple[tuple[OwnDrive, ...], dict[str, str]]:
    listed = table.get("drive", [])
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_OWN_DRIVES:
        count = len(listed) if isinstance(listed, list) else 0
        raise reader.wrong("drive", f"{count} (1-{MOST_OWN_DRIVES})")
    drives, keys = [], {}
    for number, one in enumerate(listed, 1):
        place = f"drive {number}."
        if not isinstance(one, dict):
            raise reader.wrong(place, one)
        reader.known(one, _DRIVE, place)
        serial = reader.needed(one, "serial", place)
        if serial in keys:
            raise reader.wrong(f"{place}serial", serial)
        if looks_made(serial):
            raise BackupError(ErrorCode.SERIAL_MADE, drive=serial)
        digest = reader.needed(one, "manifest_hash", place)
        if not _HASH.fullmatch(digest):
            raise reader.wrong(f"{place}manifest_hash", digest)
        key = _secret(reader, one, "bitlocker_key_file", base)
        if not key and ready is not None:
            key = ready.key(serial)
        if base is not None and not _KEY.fullmatch(key):
            raise reader.wrong(f"{place}bitlocker_key_file", "8 × 6 digits")
        file = reader.needed(one, "manifest_file", place)
        drives.append(OwnDrive(serial, file, digest.upper()))
        keys[serial] = key
    return tuple(drives), keys


def _secret(reader: _Reader, table: Mapping[str, object], key: str, base: Path | None) -> str:
    name = reader.text(table, key, "")
    if not name or base is None:
        return ""
    path = base / name
    try:
        with path.open("rb") as file:
            return file.read(_MAX_SECRET_BYTES).decode("utf-8-sig").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not text"
        raise BackupError(ErrorCode.SECRET_FILE_NOT_READABLE, path=str(path), why=why) from error


def _whole(reader: _Reader, table: Mapping[str, object], key: str) -> int | None:
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise reader.wrong(key, value)
    return value
