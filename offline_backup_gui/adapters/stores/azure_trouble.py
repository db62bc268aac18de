"""Translates what the Azure library raises into the program's own trouble, without secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from azure.core.exceptions import AzureError, HttpResponseError

from offline_backup_gui.adapters.stores.azure_address import Address, Secret
from offline_backup_gui.domain.errors import BackupError, ErrorCode

# The library's own messages quote whole URLs; everything after "?" may be a signature.
_QUERY = re.compile(r"\?[^\s'\")]*")
_SIGNATURE = re.compile(r"(?i)\bsig=[^\s&'\")]*")
_CONTAINER_MISSING = ("ContainerNotFound", "ContainerDisabled")
_NAME_TAKEN = ("BlobAlreadyExists", "ConditionNotMet", "TargetConditionNotMet")
_LATER = ("ContainerBeingDeleted", "ContainerBeingCreated", "PendingCopyOperation", "ServerBusy")


class AzureTrouble:
    """Makes BackupErrors about one account or container."""

    def __init__(self, address: Address, secret: Secret) -> None:
        self._address = address
        self._secret = secret

    @contextmanager
    def watched(self, name: str = "") -> Iterator[None]:
        """Turn every AzureError inside the block into a BackupError; `name` is the object's."""
        try:
            yield
        except AzureError as error:
            # The original is not chained: a logged chain would show URLs with their signatures.
            raise self.translated(error, name) from None

    def translated(self, error: AzureError, name: str = "") -> BackupError:
        """Say what an answer of the service, or none, means."""
        # Nobody answered, or what came was no answer of the service.
        if not isinstance(error, HttpResponseError) or (error.status_code or 0) < 400:
            return self._account(ErrorCode.ACCOUNT_UNREACHABLE, _without_secrets(error))
        code = service_code(error)
        status = error.status_code or 0
        if code == "Md5Mismatch":
            return self.damaged(name, "md5 differs from what the service received")
        if status in (401, 403):
            expired = self._secret.has_expired(_time_of(error))
            which = ErrorCode.ACCOUNT_EXPIRED if expired else ErrorCode.ACCOUNT_REFUSED
            return self._account(which, code)
        if status == 404:
            return self._not_found(code, name)
        if code in _NAME_TAKEN:
            return BackupError(ErrorCode.OBJECT_EXISTS, name=name, store=self._address.label)
        if status in (408, 429) or status >= 500 or code in _LATER:
            return self._account(ErrorCode.ACCOUNT_BUSY, code)
        return self._account(ErrorCode.ACCOUNT_REFUSED, code)

    def damaged(self, name: str, reason: str) -> BackupError:
        """Make the trouble of bytes that differ from what they should be."""
        return BackupError(
            ErrorCode.OBJECT_DAMAGED, name=name, store=self._address.label, reason=reason
        )

    def busy(self, reason: str) -> BackupError:
        """Make the trouble of an account that needs more time."""
        return self._account(ErrorCode.ACCOUNT_BUSY, reason)

    def not_found(self) -> BackupError:
        """Make the trouble of a container that does not exist."""
        return self._account(ErrorCode.ACCOUNT_NOT_FOUND, "ContainerNotFound")

    def _not_found(self, code: str, name: str) -> BackupError:
        if code in _CONTAINER_MISSING or not name:
            return self._account(ErrorCode.ACCOUNT_NOT_FOUND, code)
        return BackupError(ErrorCode.OBJECT_MISSING, name=name, store=self._address.label)

    def _account(self, code: ErrorCode, reason: str) -> BackupError:
        return BackupError(
            code,
            account=self._address.label,
            container=self._address.container,
            reason=reason,
        )


def service_code(error: HttpResponseError) -> str:
    """Give the service's own code ("BlobNotFound"), or the HTTP status when it sent none."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code)) if code else f"HTTP {error.status_code}"


def _without_secrets(error: AzureError) -> str:
    message = str(error.message or type(error).__name__)
    return _SIGNATURE.sub("sig=…", _QUERY.sub("", message))[:300]


def _time_of(error: HttpResponseError) -> datetime:
    # The service's clock decides, not this computer's.
    try:
        return parsedate_to_datetime(error.response.headers["Date"])  # type: ignore[union-attr]
    except (AttributeError, KeyError, TypeError, ValueError):
        return datetime.now(UTC)
