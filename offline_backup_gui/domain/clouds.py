"""Azure's clouds and how somebody signs in to one; plain data, no secret among it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode

CUSTOM = "custom"


class SignInMethod(StrEnum):
    """How somebody signs in. A service principal needs nobody, so it fits unattended runs."""

    BROWSER = "browser"
    DEVICE_CODE = "device-code"
    SERVICE_PRINCIPAL = "service-principal"


class Cloud(Struct, frozen=True):
    """One Azure cloud: where it signs in, answers, stores; https addresses without a last slash.

    `certificate` is a file with the authorities to trust, for clouds of an own datacenter.
    `prices` is "" when there is no public price list.
    """

    name: str
    authority: str
    resource_manager: str
    scope: str
    storage_suffix: str
    portal: str = ""
    prices: str = ""
    certificate: str = ""


class SignIn(Struct, frozen=True):
    """How the program signs in. `record` says who it was (not secret), "" before the first time.

    `client_id` is "" for the usual one of people. `proxy` is shown without what opens it.
    """

    cloud: Cloud
    method: SignInMethod
    tenant: str = ""
    client_id: str = ""
    proxy: str = ""
    account: str = ""
    record: str = ""


class SignInSecret(Struct, frozen=True):
    """What opens the sign-in: a service principal's secret or certificate, a proxy's address.

    `certificate` is PEM with its key, or PFX, in Base64. Everything may be "".
    """

    client_secret: str = ""
    certificate: str = ""
    certificate_password: str = ""
    proxy: str = ""

    def __repr__(self) -> str:
        """Show nothing."""
        return "SignInSecret(…)"


class DeviceCode(Struct, frozen=True):
    """What a person enters on a page, with any browser anywhere, before it ends (ISO 8601)."""

    address: str
    code: str
    until: str


class Clouds(Struct, frozen=True):
    """The clouds that are listed, with source and date of the list."""

    by_name: Mapping[str, Cloud]
    source: str
    date: str

    def named(self, name: str) -> Cloud:
        """Give a listed cloud; VALUE_NOT_UNDERSTOOD."""
        if name not in self.by_name:
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=name)
        return self.by_name[name]


def parse_clouds(data: Mapping[str, object]) -> Clouds:
    """Read resources/clouds.json."""
    listed = data["clouds"]
    assert isinstance(listed, Mapping)
    clouds = {name: parse_cloud(name, given) for name, given in listed.items()}
    return Clouds(clouds, str(data["source"]), str(data["date"]))


def parse_cloud(name: str, data: object) -> Cloud:
    """Read one cloud, as listed or as an own datacenter describes it; VALUE_NOT_UNDERSTOOD.

    Every address must be https, because a token travels to it.
    """
    known = set(Cloud.__struct_fields__) - {"name"}
    needed = ("authority", "resource_manager", "scope", "storage_suffix")
    if not isinstance(data, Mapping):
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=name)
    for key, value in data.items():
        if key not in known or not isinstance(value, str):
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=str(key))
    for key in needed:
        if not data.get(key):
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=key)
    for key in ("authority", "resource_manager", "portal", "prices"):
        value = data.get(key, "")
        if value and not _is_https(value):
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=f"{key} = {value}")
    return Cloud(name, **{key: value.rstrip("/") for key, value in data.items()})


def without_credentials(proxy: str) -> str:
    """Give a proxy's address as it may be shown: without name and password."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value="proxy") from error
    if not host:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value="proxy")
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def _is_https(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" and bool(parts.hostname) and not parts.username
