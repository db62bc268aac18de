"""How notices reach the admin by mail: through a server of the admin's own."""

from __future__ import annotations

import re
from enum import StrEnum

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode

PORT_BY_SECURITY = {"starttls": 587, "tls": 465, "none": 25}
# One address, as servers take them; whether somebody reads there only the server knows.
_ADDRESS = re.compile(r"[^\s@<>(),;:\"\[\]\\\x00-\x1f]+@[A-Za-z0-9.-]+", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}", re.ASCII)


class MailSecurity(StrEnum):
    """How the line to the server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(Struct, frozen=True):
    """The admin's server and addresses; the password of `user` is in the secret store."""

    host: str
    port: int
    security: MailSecurity
    sender: str
    recipients: tuple[str, ...]
    user: str = ""


def checked(settings: MailSettings) -> MailSettings:
    """Give settings that can be used; VALUE_NOT_UNDERSTOOD names the first that cannot.

    A user's password never crosses an open line.
    """
    wrong = None
    if not _HOST.fullmatch(settings.host):
        wrong = ("host", settings.host)
    elif not 0 < settings.port < 65536:
        wrong = ("port", str(settings.port))
    elif settings.user and settings.security is MailSecurity.NONE:
        wrong = ("security", settings.security.value)
    elif not settings.recipients:
        wrong = ("to", "")
    else:
        addresses = (("from", settings.sender), *(("to", one) for one in settings.recipients))
        wrong = next((pair for pair in addresses if not _ADDRESS.fullmatch(pair[1])), None)
    if wrong is not None:
        raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, name=wrong[0], value=wrong[1])
    return settings
