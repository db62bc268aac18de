"""Translates what the operating system says about files into the program's own trouble."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum, auto
from types import TracebackType

from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode


class Kind(Enum):
    """What a folder stands for; the same OS answer means different things on each."""

    DRIVE = auto()
    ACCOUNT = auto()


class _Meaning(Enum):
    FULL = auto()
    CLOSED = auto()
    GONE = auto()
    FAILING = auto()
    MISSING = auto()
    NOT_PLAIN = auto()


_MEANING_BY_ERRNO = {
    errno.ENOSPC: _Meaning.FULL,
    errno.EDQUOT: _Meaning.FULL,
    errno.EFBIG: _Meaning.FULL,
    errno.EROFS: _Meaning.CLOSED,
    errno.EACCES: _Meaning.CLOSED,
    errno.EPERM: _Meaning.CLOSED,
    errno.ENXIO: _Meaning.GONE,
    errno.ENODEV: _Meaning.GONE,
    errno.ENOTCONN: _Meaning.GONE,
    errno.ESTALE: _Meaning.GONE,
    errno.EHOSTDOWN: _Meaning.GONE,
    errno.EHOSTUNREACH: _Meaning.GONE,
    errno.ETIMEDOUT: _Meaning.GONE,
    errno.EIO: _Meaning.FAILING,
    errno.ENOENT: _Meaning.MISSING,
    errno.ELOOP: _Meaning.NOT_PLAIN,
    errno.ENOTDIR: _Meaning.NOT_PLAIN,
    errno.EISDIR: _Meaning.NOT_PLAIN,
}
# System error codes of Windows (winerror.h); Python's errno for them is too coarse (mostly EINVAL).
_MEANING_BY_WINERROR = {
    2: _Meaning.MISSING,  # ERROR_FILE_NOT_FOUND
    3: _Meaning.MISSING,  # ERROR_PATH_NOT_FOUND
    5: _Meaning.CLOSED,  # ERROR_ACCESS_DENIED
    15: _Meaning.GONE,  # ERROR_INVALID_DRIVE
    19: _Meaning.CLOSED,  # ERROR_WRITE_PROTECT
    21: _Meaning.GONE,  # ERROR_NOT_READY
    23: _Meaning.FAILING,  # ERROR_CRC
    27: _Meaning.FAILING,  # ERROR_SECTOR_NOT_FOUND
    29: _Meaning.FAILING,  # ERROR_WRITE_FAULT
    30: _Meaning.FAILING,  # ERROR_READ_FAULT
    31: _Meaning.FAILING,  # ERROR_GEN_FAILURE
    32: _Meaning.CLOSED,  # ERROR_SHARING_VIOLATION
    39: _Meaning.FULL,  # ERROR_HANDLE_DISK_FULL
    53: _Meaning.GONE,  # ERROR_BAD_NETPATH
    55: _Meaning.GONE,  # ERROR_DEV_NOT_EXIST
    64: _Meaning.GONE,  # ERROR_NETNAME_DELETED
    67: _Meaning.GONE,  # ERROR_BAD_NET_NAME
    112: _Meaning.FULL,  # ERROR_DISK_FULL
    121: _Meaning.GONE,  # ERROR_SEM_TIMEOUT
    267: _Meaning.NOT_PLAIN,  # ERROR_DIRECTORY
    433: _Meaning.GONE,  # ERROR_NO_SUCH_DEVICE
    483: _Meaning.FAILING,  # ERROR_DEVICE_HARDWARE_ERROR
    1006: _Meaning.GONE,  # ERROR_FILE_INVALID
    1110: _Meaning.GONE,  # ERROR_MEDIA_CHANGED
    1112: _Meaning.GONE,  # ERROR_NO_MEDIA_IN_DRIVE
    1117: _Meaning.FAILING,  # ERROR_IO_DEVICE
    1167: _Meaning.GONE,  # ERROR_DEVICE_NOT_CONNECTED
    1392: _Meaning.FAILING,  # ERROR_FILE_CORRUPT
    1393: _Meaning.FAILING,  # ERROR_DISK_CORRUPT
}
_CODE_BY_MEANING = {
    Kind.DRIVE: {
        _Meaning.FULL: ErrorCode.DRIVE_FULL,
        _Meaning.CLOSED: ErrorCode.DRIVE_READ_ONLY,
        _Meaning.GONE: ErrorCode.DRIVE_GONE,
        _Meaning.FAILING: ErrorCode.DRIVE_FAILING,
    },
    Kind.ACCOUNT: {
        _Meaning.FULL: ErrorCode.ACCOUNT_FULL,
        _Meaning.CLOSED: ErrorCode.ACCOUNT_REFUSED,
        _Meaning.GONE: ErrorCode.ACCOUNT_UNREACHABLE,
        _Meaning.FAILING: ErrorCode.ACCOUNT_UNREACHABLE,
    },
}


class Place(Struct, frozen=True):
    """Where an operation happens: what the folder stands for, and whether it still answers."""

    kind: Kind
    label: str
    is_present: Callable[[], bool]

    def watched(self, name: str = "") -> AbstractContextManager[None]:
        """Turn every OSError inside the block into a BackupError about this place."""
        return _Watch(self, name)

    def gone(self, reason: str) -> BackupError:
        """Make the trouble of a drive or folder that is no longer there."""
        return self._error(_Meaning.GONE, reason)

    def full(self, reason: str) -> BackupError:
        """Make the trouble of a drive or folder without room."""
        return self._error(_Meaning.FULL, reason)

    def missing(self, name: str) -> BackupError:
        """Make the trouble of an object that is not there."""
        return BackupError(ErrorCode.OBJECT_MISSING, name=name, store=self.label)

    def exists(self, name: str) -> BackupError:
        """Make the trouble of an object that must not be replaced."""
        return BackupError(ErrorCode.OBJECT_EXISTS, name=name, store=self.label)

    def damaged(self, name: str, reason: str) -> BackupError:
        """Make the trouble of bytes that differ from what they should be."""
        return BackupError(ErrorCode.OBJECT_DAMAGED, name=name, store=self.label, reason=reason)

    def is_not_plain(self, error: OSError) -> bool:
        """Say whether an OS answer means a link or special file instead of a plain one."""
        return _meaning(error) is _Meaning.NOT_PLAIN

    def translated(self, error: OSError, name: str = "") -> BackupError:
        """Say what an OS answer means here. `name` is the object it was about, if any."""
        meaning = _meaning(error)
        reason = error.strerror or str(error) or type(error).__name__
        if meaning in (_Meaning.MISSING, _Meaning.FAILING) and not self.is_present():
            return self._error(_Meaning.GONE, reason)
        if meaning is _Meaning.MISSING:
            return self.missing(name) if name else self._error(_Meaning.GONE, reason)
        if meaning is _Meaning.NOT_PLAIN:
            return BackupError(ErrorCode.PATH_NOT_PLAIN, name=name, store=self.label, reason=reason)
        return self._error(meaning, reason)

    def _error(self, meaning: _Meaning, reason: str) -> BackupError:
        code = _CODE_BY_MEANING[self.kind][meaning]
        if self.kind is Kind.DRIVE:
            return BackupError(code, drive=self.label, path=self.label, reason=reason)
        return BackupError(code, account=self.label, path=self.label, reason=reason)


class _Watch(AbstractContextManager[None]):
    def __init__(self, place: Place, name: str) -> None:
        self._place = place
        self._name = name

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OSError):
            raise self._place.translated(error, self._name) from error


def _meaning(error: OSError) -> _Meaning:
    # An answer nobody foresaw counts as a medium that is failing: the reason goes along.
    winerror = getattr(error, "winerror", None)
    if winerror is not None:
        return _MEANING_BY_WINERROR.get(winerror, _Meaning.FAILING)
    return _MEANING_BY_ERRNO.get(error.errno or 0, _Meaning.FAILING)


def not_a_plain_file() -> OSError:
    """Make the OS answer for something that is neither a regular file nor a plain folder."""
    return OSError(errno.ELOOP, os.strerror(errno.ELOOP))
