"""What erases and encrypts drives: PowerShell's Storage module and manage-bde; Windows only.

The recovery password comes out of manage-bde through a pipe and goes to whoever asked; it is in no
argument, no log, no file and no trouble of ours.
"""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn, TypeVar

from msgspec import Struct

from offline_backup_gui.adapters.drives.prepare_scripts import ERASE, IDENTIFY
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.preparing import (
    DiskIdentity,
    NewVolume,
    Preparer,
    PrepareStep,
)
from offline_backup_gui.formats.disk_tools import (
    CHANGED,
    Refused,
    parse_disk,
    parse_new_volume,
    parse_recovery_password,
    refusal_code,
)

ERASE_LIMIT_S, TOOL_LIMIT_S = 900.0, 120.0
# AES in the mode every Windows with BitLocker reads; XTS needs Windows 10 1511.
_METHOD = "aes256"
_NO_WINDOW = 0x08000000  # CREATE_NO_WINDOW
_DEVICE = re.compile(r"\\\\\.\\PhysicalDrive([0-9]{1,4})", re.IGNORECASE)


class Tools(Struct, frozen=True):
    """The two programs of Windows that do it.

    `missing` names the one that is not there, or nothing. `script` runs a PowerShell script with
    values in its environment and gives what it printed, `manage_bde` gives exit code and output;
    both take a limit in seconds and raise OSError or SubprocessError when it did not come to that.
    """

    missing: Callable[[], str]
    script: Callable[[str, Mapping[str, str], float], bytes]
    manage_bde: Callable[[Sequence[str], float], tuple[int, bytes]]


class WindowsPreparer:
    """Implements `Preparer` with the tools that come with Windows Server."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def assert_able(self) -> None:
        """Say what is missing before anything is erased."""
        missing = self._tools.missing()
        if missing == "manage-bde.exe":
            raise BackupError(ErrorCode.BITLOCKER_NOT_INSTALLED)
        if missing:
            raise BackupError(ErrorCode.PREPARE_NOT_HERE, reason=missing)

    def identify(self, device: str) -> DiskIdentity:
        """Look at the disk that has a device's name now."""
        number = _DEVICE.fullmatch(device)
        if number is None:
            raise _failed(PrepareStep.LOOK, device)
        raw = self._script(PrepareStep.LOOK, IDENTIFY, {"OB_DISK": number[1]}, TOOL_LIMIT_S)
        return _answer(PrepareStep.LOOK, parse_disk, raw)

    def erase(self, disk: DiskIdentity, label: str) -> NewVolume:
        """Erase this very disk and make one NTFS volume on it."""
        values = {
            "OB_PATH": disk.path,
            "OB_UNIQUE": disk.unique,
            "OB_SIZE": str(disk.size_bytes),
            "OB_SERIAL": disk.serial,
            "OB_LABEL": label,
        }
        raw = self._script(PrepareStep.ERASE, ERASE, values, ERASE_LIMIT_S)
        return _answer(PrepareStep.ERASE, parse_new_volume, raw)

    def protect(self, volume: str) -> str:
        """Let Windows make a recovery password for a volume, and read it from the pipe."""
        raw = self._bde(PrepareStep.PROTECT, "-protectors", "-add", volume, "-RecoveryPassword")
        try:
            return parse_recovery_password(raw)
        except ValueError:
            # Without its cause: that one has seen the output.
            raise _failed(PrepareStep.PROTECT, "manage-bde") from None

    def encrypt(self, volume: str, *, whole: bool) -> None:
        """Begin to encrypt; Windows goes on by itself, also after a restart."""
        extra = () if whole else ("-UsedSpaceOnly",)
        self._bde(PrepareStep.ENCRYPT, "-on", volume, "-EncryptionMethod", _METHOD, *extra)

    def _script(
        self, step: PrepareStep, script: str, values: Mapping[str, str], limit_s: float
    ) -> bytes:
        try:
            return self._tools.script(script, values, limit_s)
        except (OSError, subprocess.SubprocessError) as error:
            raise _failed(step, getattr(error, "strerror", None) or "PowerShell") from None

    def _bde(self, step: PrepareStep, *arguments: str) -> bytes:
        try:
            code, raw = self._tools.manage_bde(arguments, TOOL_LIMIT_S)
        except (OSError, subprocess.SubprocessError):
            raise _failed(step, "manage-bde") from None
        if code != 0:
            raise _failed(step, refusal_code(raw) or f"manage-bde {code}")
        return raw


Found = TypeVar("Found", DiskIdentity, NewVolume)


def _answer(step: PrepareStep, parse: Callable[[bytes], Found | Refused], raw: bytes) -> Found:
    try:
        answer = parse(raw)
    except ValueError:
        raise _failed(step, "PowerShell") from None
    if isinstance(answer, Refused):
        if answer.kind == CHANGED:
            raise BackupError(ErrorCode.PREPARE_DRIVE_CHANGED, serial="")
        raise _failed(step, answer.said or answer.kind)
    return answer


def _failed(step: PrepareStep, reason: str) -> BackupError:
    return BackupError(ErrorCode.PREPARE_FAILED, step=step.value, reason=reason)


def windows_tools(folder: Path) -> Tools:
    """Give the programs at their places in Windows' own folder; no search path is asked."""
    powershell = folder / "WindowsPowerShell" / "v1.0" / "powershell.exe"
    manage_bde = folder / "manage-bde.exe"

    def missing() -> str:
        return next((one.name for one in (powershell, manage_bde) if not one.is_file()), "")

    def script(text: str, values: Mapping[str, str], limit_s: float) -> bytes:
        words = ("-NoLogo", "-NoProfile", "-NonInteractive", "-Command", text)
        return _run((str(powershell), *words), {**os.environ, **values}, limit_s)[1]

    def bde(arguments: Sequence[str], limit_s: float) -> tuple[int, bytes]:
        return _run((str(manage_bde), *arguments), None, limit_s)

    return Tools(missing, script, bde)


def no_tools() -> Tools:
    """Give what there is on other systems: nothing."""

    def nothing(*_given: object) -> NoReturn:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))

    return Tools(lambda: sys.platform, nothing, nothing)


def _run(
    command: Sequence[str], environment: Mapping[str, str] | None, limit_s: float
) -> tuple[int, bytes]:
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=limit_s,
        check=False,
        creationflags=_NO_WINDOW if sys.platform == "win32" else 0,
    )
    return done.returncode, done.stdout


def system_preparer() -> Preparer:
    """Give what prepares drives on this computer."""
    if sys.platform == "win32":
        from offline_backup_gui.adapters.windows_library import system_folder

        return WindowsPreparer(windows_tools(system_folder()))
    return WindowsPreparer(no_tools())
