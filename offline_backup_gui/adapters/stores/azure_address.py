"""Addresses and secrets of Azure storage accounts, read without loading the Azure library."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from offline_backup_gui.adapters.stores.names import checked_container
from offline_backup_gui.domain.errors import BackupError, ErrorCode


class Address(Struct, frozen=True):
    """Where an account, or one container of it, answers. Never carries a secret."""

    service_url: str
    account: str
    container: str = ""

    @property
    def label(self) -> str:
        """Name the account or container for people."""
        return f"{self.service_url}/{self.container}" if self.container else self.service_url

    def at(self, container: str) -> Address:
        """Give the address of one container of the account."""
        return Address(self.service_url, self.account, checked_container(container))


class Secret(Struct, frozen=True):
    """What opens an account: a shared access signature or an account key, one of them empty."""

    sas: str = ""
    account_key: str = ""

    def __repr__(self) -> str:
        return "Secret()"  # it must never reach a log

    def has_expired(self, now: datetime) -> bool:
        """Say whether the signature's own end ("se") is over; an account key never ends."""
        try:
            end = datetime.fromisoformat(parse_qs(self.sas)["se"][0])
        except (KeyError, ValueError):
            return False
        return now >= (end if end.tzinfo is not None else end.replace(tzinfo=UTC))


def is_url(place: str) -> bool:
    """Say whether an account or store is given as an address, not as a path."""
    return place.lower().startswith(("https://", "http://"))


def address_of(url: str) -> Address:
    """Read an account or container URL; a signature inside it is left out.

    Hosts that are names carry the account as their first label
    (https://ACCOUNT.blob.core.windows.net/CONTAINER); bare IP addresses and "localhost" carry it as
    the first folder (http://127.0.0.1:PORT/ACCOUNT/CONTAINER), as the emulator has it.
    Without encryption only this computer itself may be addressed. ACCOUNT_ADDRESS_NOT_ALLOWED.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _not_allowed(url, "not an address") from error
    if not host or parts.username is not None or parts.password is not None:
        raise _not_allowed(url, "not an address")
    if parts.scheme != "https" and not _is_this_computer(host):
        raise _not_allowed(url, "not encrypted: https is needed")
    folders = [folder for folder in parts.path.split("/") if folder]
    service_url = f"{parts.scheme}://" + (f"[{host}]" if ":" in host else host)
    service_url += f":{port}" if port is not None else ""
    account = host.split(".")[0]
    if _has_account_in_path(host):
        if not folders:
            raise _not_allowed(url, "the name of the account is missing")
        account = folders.pop(0)
        service_url += f"/{account}"
    if len(folders) > 1:
        raise _not_allowed(url, "more than the name of a container")
    return Address(service_url, account, checked_container(folders[0]) if folders else "")


def secret_of(
    address: Address, url: str, sas: str | None = None, connection_string: str | None = None
) -> Secret:
    """Find the secret for an address: a connection string, a SAS (or URL with one), or the URL's.

    ACCOUNT_SECRET_NEEDED when there is none that can be understood; ACCOUNT_REFUSED when a
    connection string is for another account.
    """
    if connection_string:
        return _from_connection_string(address, connection_string)
    token = _token(sas or "") or (_token(url) if "?" in url else "")
    if not token:
        raise BackupError(ErrorCode.ACCOUNT_SECRET_NEEDED, account=address.label)
    return Secret(sas=token)


def _from_connection_string(address: Address, text: str) -> Secret:
    fields = dict(part.strip().split("=", 1) for part in text.split(";") if "=" in part)
    value_by_key = {key.strip().lower(): value.strip() for key, value in fields.items()}
    account = value_by_key.get("accountname", address.account)
    if account != address.account:
        raise BackupError(
            ErrorCode.ACCOUNT_REFUSED,
            account=address.label,
            reason=f"the connection string is for {account}",
        )
    key = value_by_key.get("accountkey", "")
    token = _token(value_by_key.get("sharedaccesssignature", ""))
    if key and _is_base64(key):
        return Secret(account_key=key)
    if not token:
        raise BackupError(ErrorCode.ACCOUNT_SECRET_NEEDED, account=address.label)
    return Secret(sas=token)


def _token(text: str) -> str:
    """Take the signature out of a SAS as portals give it: bare, with "?", or as a whole URL."""
    token = text.strip().rpartition("?")[2]
    return token if "sig" in parse_qs(token) else ""


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except binascii.Error:
        return False


def _is_this_computer(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _has_account_in_path(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _not_allowed(url: str, reason: str) -> BackupError:
    # Whatever follows "?" or stands before "@" may be a secret.
    shown = url.split("?")[0].rpartition("@")[2]
    return BackupError(ErrorCode.ACCOUNT_ADDRESS_NOT_ALLOWED, account=shown, reason=reason)
