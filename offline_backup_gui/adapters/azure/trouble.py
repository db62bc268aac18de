"""Translates what Azure's management libraries raise into the program's own trouble, once.

Answers of the service may repeat what was sent, so a reason is a code and, for refusals, a sentence
of the service from which addresses with signatures and every secret of the request were taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    DecodeError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped

_LONGEST = 300
_QUERY = re.compile(r"\?[^\s'\")]*")
_SIGNATURE = re.compile(r"(?i)\b(?:sig|code|client_secret|refresh_token)=[^\s&'\")]*")
_BEARER = re.compile(r"(?i)bearer\s+\S+|\beyJ[\w-]+\.[\w-]+\.[\w-]*")
_ENTRA = re.compile(r"AADSTS\d+")
# "... does not have authorization to perform action 'X' over scope 'Y' ..."
_ACTION = re.compile(r"perform action '([^']+)'")
_SCOPE = re.compile(r"over scope '([^']+)'")
_STATUS = re.compile(r"HTTP Error: (\d{3})")
_DEEPEST = 12


@contextmanager
def watched(place: str, secrets: Sequence[str] = ()) -> Iterator[None]:
    """Turn every AzureError inside the block into a BackupError about `place`; Stopped stays."""
    try:
        yield
    except AzureError as error:
        # The original is not chained: a logged chain would show addresses and what was sent.
        raise translated(error, place, secrets) from None
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # Of the library or a reader, on an answer that has not the shape of the service's: a date
        # as Retry-After, a number where a list belongs.
        reason = f"answer not understood ({type(error).__name__})"
        raise BackupError(ErrorCode.AZURE_UNREACHABLE, place=place, reason=reason) from None


def translated(error: AzureError, place: str, secrets: Sequence[str] = ()) -> BackupError | Stopped:
    """Say what an answer of the service, or none, means."""
    for inner in _chain(error):
        if isinstance(inner, Stopped):
            return Stopped()
        if isinstance(inner, BackupError):
            return inner
    if isinstance(error, ClientAuthenticationError) and not _is_answer_of_service(error):
        return _sign_in(error)
    lines = (ServiceRequestError, ServiceResponseError)
    if any(isinstance(inner, lines) for inner in _chain(error)):
        return _line(error, place)
    refused = isinstance(error, HttpResponseError) and not isinstance(error, DecodeError)
    if isinstance(error, HttpResponseError) and refused and (error.status_code or 0) >= 400:
        return _refusal(error, place, secrets)
    return BackupError(ErrorCode.AZURE_UNREACHABLE, place=place, reason=type(error).__name__)


def _is_answer_of_service(error: ClientAuthenticationError) -> bool:
    """Tell a 401 of the management service from a refusal of the sign-in itself."""
    request = getattr(error.response, "request", None)
    return error.status_code == 401 and "/subscriptions" in str(getattr(request, "url", ""))


def _sign_in(error: ClientAuthenticationError) -> BackupError:
    # The class lives in a library that takes long to load, and may not be loaded at all.
    names = {type(inner).__name__ for inner in _chain(error)}
    if "AuthenticationRequiredError" in names:
        return BackupError(ErrorCode.SIGN_IN_NEEDED)
    lines = (ServiceRequestError, ServiceResponseError)
    if any(isinstance(inner, lines) for inner in _chain(error)):
        return _line(error, "sign-in")
    if "DecodeError" in names:
        return _line(error, "sign-in")
    text = str(error.message)
    told = _STATUS.search(text)
    answers = (inner.status_code for inner in _chain(error) if isinstance(inner, HttpResponseError))
    status = next((one for one in answers if one), int(told.group(1)) if told else 0)
    if status == 429 or status >= 500:
        return BackupError(ErrorCode.AZURE_BUSY, place="sign-in", reason=f"HTTP {status}")
    if "Timed out" in text or "browser" in text or "expired_token" in text:
        return BackupError(ErrorCode.SIGN_IN_NOT_FINISHED)
    found = _ENTRA.search(text)
    reason = found.group() if found else f"HTTP {status}" if status else type(error).__name__
    return BackupError(ErrorCode.SIGN_IN_REFUSED, reason=reason)


def _line(error: BaseException, place: str) -> BackupError:
    kinds = [type(inner).__name__ for inner in _chain(error)]
    reason = next((kind for kind in kinds if kind != "ClientAuthenticationError"), kinds[0])
    return BackupError(ErrorCode.AZURE_UNREACHABLE, place=place, reason=reason)


def _refusal(error: HttpResponseError, place: str, secrets: Sequence[str]) -> BackupError:
    status, code = error.status_code or 0, service_code(error)
    if status == 401:
        return BackupError(ErrorCode.SIGN_IN_NEEDED, reason=code)
    if status == 403:
        message = str(error.message)
        action, scope = _ACTION.search(message), _SCOPE.search(message)
        return BackupError(
            ErrorCode.AZURE_FORBIDDEN,
            place=scope.group(1) if scope else place,
            action=action.group(1) if action else "",
            reason=code,
        )
    if status == 404:
        return BackupError(ErrorCode.AZURE_NOT_FOUND, place=place, reason=code)
    if status in (408, 429) or status >= 500:
        return BackupError(ErrorCode.AZURE_BUSY, place=place, reason=code)
    said = without_secrets(str(error.message), secrets)
    return BackupError(ErrorCode.AZURE_REFUSED, place=place, reason=code, said=said, status=status)


def service_code(error: HttpResponseError) -> str:
    """Give the service's own code ("ResourceNotFound"), or the HTTP status when it sent none."""
    inner = getattr(error, "error", None)
    code = getattr(inner, "code", None)
    return str(code) if code else f"HTTP {error.status_code}"


def without_secrets(text: str, secrets: Sequence[str] = ()) -> str:
    """Take out of a text what may be a secret, and shorten it."""
    for word in secrets:
        if word:
            text = text.replace(word, "…")
    text = _BEARER.sub("…", _SIGNATURE.sub("…", _QUERY.sub("", text)))
    return " ".join(text.split())[:_LONGEST]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give an error and everything it came from."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting and len(seen) < _DEEPEST:
        inner = waiting.pop(0)
        if inner is None or inner in seen:
            continue
        seen.append(inner)
        yield inner
        waiting += [inner.__cause__, inner.__context__, getattr(inner, "inner_exception", None)]
