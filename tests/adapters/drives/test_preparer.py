"""Erasing and encrypting with Windows' tools: which calls, in which words, and what never leaks."""

from __future__ import annotations

import subprocess
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
from msgspec import Struct, field

from offline_backup_gui.adapters.drives.prepare_scripts import ERASE, IDENTIFY
from offline_backup_gui.adapters.drives.preparer import (
    Tools,
    WindowsPreparer,
    system_preparer,
    windows_tools,
)
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.preparing import DiskIdentity, NewVolume
from offline_backup_gui.formats.disk_tools import parse_recovery_password
from tests.formats.test_disk_tools import DISK, SAMPLES, VOLUME, told

IDENTITY = DiskIdentity(str(DISK["path"]), str(DISK["unique"]), int(str(DISK["size"])), "WD-WX31D")
ADDED = (SAMPLES / "protectors-add-2022-de.txt").read_bytes()
PASSWORD = parse_recovery_password(ADDED)


class Desk(Struct):
    """Stands in for the two programs, and writes down what it is asked."""

    answer: bytes = b""
    code: int = 0
    output: bytes = ADDED
    trouble: Exception | None = None
    asked: list[tuple[str, ...]] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)

    def tools(self, missing: str = "") -> Tools:
        return Tools(lambda: missing, self.script, self.manage_bde)

    def script(self, script: str, values: Mapping[str, str], _limit_s: float) -> bytes:
        self.asked.append((script,))
        self.values = dict(values)
        if self.trouble:
            raise self.trouble
        return self.answer

    def manage_bde(self, arguments: Sequence[str], _limit_s: float) -> tuple[int, bytes]:
        self.asked.append(tuple(arguments))
        if self.trouble:
            raise self.trouble
        return self.code, self.output


ACTS: dict[str, Callable[[WindowsPreparer], object]] = {
    "protect": lambda preparer: preparer.protect(VOLUME),
    "encrypt": lambda preparer: preparer.encrypt(VOLUME, whole=False),
    "identify": lambda preparer: preparer.identify("\\\\.\\PhysicalDrive7"),
    "erase": lambda preparer: preparer.erase(IDENTITY, "OB-TRAVEL"),
}


def refused(desk: Desk, act: str) -> BackupError:
    with pytest.raises(BackupError) as caught:
        ACTS[act](WindowsPreparer(desk.tools()))
    return caught.value


def test_a_disk_is_asked_for_by_its_number_and_told_apart_by_its_path() -> None:
    desk = Desk(told(**DISK))
    assert WindowsPreparer(desk.tools()).identify("\\\\.\\PhysicalDrive7") == IDENTITY
    assert desk.asked == [(IDENTIFY,)]
    assert desk.values == {"OB_DISK": "7"}


@pytest.mark.parametrize("device", ["/dev/sdb", "", "\\\\.\\E:", "\\\\.\\PhysicalDrive7;rm"])
def test_what_is_no_disk_is_not_asked_about(device: str) -> None:
    desk = Desk()
    with pytest.raises(BackupError) as caught:
        WindowsPreparer(desk.tools()).identify(device)
    assert caught.value.code is ErrorCode.PREPARE_FAILED
    assert desk.asked == []


def test_the_script_that_erases_is_fixed_and_gets_the_disk_by_its_environment() -> None:
    desk = Desk(told(volume=VOLUME, letter="E", size="42"))
    odd = DiskIdentity("p'; Remove-Item C:\\ #", "$(u)", 42, "`s")
    assert WindowsPreparer(desk.tools()).erase(odd, "OB-TRAVEL") == NewVolume(VOLUME, "E:\\", 42)
    assert desk.asked == [(ERASE,)]
    assert desk.values == {
        "OB_PATH": "p'; Remove-Item C:\\ #",
        "OB_UNIQUE": "$(u)",
        "OB_SIZE": "42",
        "OB_SERIAL": "`s",
        "OB_LABEL": "OB-TRAVEL",
    }


def test_the_script_compares_the_disk_before_its_first_change() -> None:
    compare = ERASE.index("if (-not (Same))")
    for change in ("Clear-Disk", "Initialize-Disk", "New-Partition", "Format-Volume"):
        assert ERASE.index(change) > compare
        assert ERASE.count(change) == 1
    assert "-Number" not in ERASE
    # What is told is read after the letter was waited for.
    assert ERASE.index("AssignDriveLetter") < ERASE.index("Start-Sleep") < ERASE.index("letter = [")
    assert '"' not in ERASE + IDENTIFY  # it is one argument of a command line
    for name in ("OB_PATH", "OB_UNIQUE", "OB_SIZE", "OB_SERIAL"):
        assert f"$env:{name}" in ERASE[: ERASE.index("if (-not (Same))")]


def test_another_disk_in_its_place_is_told_as_such() -> None:
    error = refused(Desk(told(trouble="changed")), "erase")
    assert error.code is ErrorCode.PREPARE_DRIVE_CHANGED


@pytest.mark.parametrize("act", ["identify", "erase"])
@pytest.mark.parametrize("answer", [b"", b"garbage", told(trouble="X", said="No")])
def test_what_a_script_says_instead_is_trouble_with_its_step(act: str, answer: bytes) -> None:
    error = refused(Desk(answer), act)
    assert error.code is ErrorCode.PREPARE_FAILED
    assert error.parameters["step"] == ("look" if act == "identify" else "erase")


def test_the_volume_is_protected_by_its_own_name_and_no_password_is_an_argument() -> None:
    desk = Desk()
    preparer = WindowsPreparer(desk.tools())
    assert preparer.protect(VOLUME) == PASSWORD
    preparer.encrypt(VOLUME, whole=False)
    preparer.encrypt(VOLUME, whole=True)
    assert desk.asked == [
        ("-protectors", "-add", VOLUME, "-RecoveryPassword"),
        ("-on", VOLUME, "-EncryptionMethod", "aes256", "-UsedSpaceOnly"),
        ("-on", VOLUME, "-EncryptionMethod", "aes256"),
    ]


@pytest.mark.parametrize("act", ["protect", "encrypt"])
def test_a_refusal_of_manage_bde_is_its_code_alone(act: str) -> None:
    output = (SAMPLES / "refused-2022-de.txt").read_bytes()
    error = refused(Desk(code=-1, output=output + ADDED), act)
    assert error.parameters == {"step": act, "reason": "0x80310061"}
    assert refused(Desk(code=5, output=b""), act).parameters["reason"] == "manage-bde 5"


@pytest.mark.parametrize("act", ["protect", "encrypt", "identify", "erase"])
@pytest.mark.parametrize(
    "trouble",
    [
        OSError(2, "No such file"),
        subprocess.TimeoutExpired(["manage-bde"], 120, output=ADDED),
    ],
)
def test_a_tool_that_fails_or_hangs_leaves_no_password_behind(act: str, trouble: Exception) -> None:
    error = refused(Desk(trouble=trouble), act)
    assert error.code is ErrorCode.PREPARE_FAILED
    shown = "".join(traceback.format_exception(error)) + repr(error.parameters)
    assert PASSWORD not in shown
    assert PASSWORD[:20] not in shown


def test_an_output_without_a_password_is_trouble_that_does_not_repeat_it() -> None:
    error = refused(Desk(output=ADDED.replace(PASSWORD.encode(), b"x" + PASSWORD.encode()[1:])),
                    "protect")  # fmt: skip
    shown = "".join(traceback.format_exception(error))
    assert error.code is ErrorCode.PREPARE_FAILED
    assert PASSWORD[7:20] not in shown


def test_what_is_missing_is_said_before_anything_is_erased() -> None:
    for missing, code in (
        ("manage-bde.exe", ErrorCode.BITLOCKER_NOT_INSTALLED),
        ("powershell.exe", ErrorCode.PREPARE_NOT_HERE),
    ):
        with pytest.raises(BackupError) as caught:
            WindowsPreparer(Desk().tools(missing)).assert_able()
        assert caught.value.code is code
    WindowsPreparer(Desk().tools()).assert_able()


def test_programs_are_looked_for_in_one_folder_only(tmp_path: Path) -> None:
    tools = windows_tools(tmp_path)
    assert tools.missing() == "powershell.exe"
    shell = tmp_path / "WindowsPowerShell" / "v1.0" / "powershell.exe"
    shell.parent.mkdir(parents=True)
    shell.write_text("#!/bin/sh\nprintf '%s' \"$OB_SIZE\"\n")
    shell.chmod(0o700)
    assert tools.missing() == "manage-bde.exe"
    bde = tmp_path / "manage-bde.exe"
    bde.write_text("#!/bin/sh\nprintf 'said %s' \"$*\"\nexit 7\n")
    bde.chmod(0o700)
    assert tools.missing() == ""
    assert tools.script("x", {"OB_SIZE": "a b"}, 30) == b"a b"
    assert tools.manage_bde(("-on", VOLUME), 30) == (7, b"said -on " + VOLUME.encode())


def test_other_systems_say_that_they_cannot() -> None:
    preparer = system_preparer()
    with pytest.raises(BackupError) as caught:
        preparer.assert_able()
    assert caught.value.code is ErrorCode.PREPARE_NOT_HERE
    with pytest.raises(BackupError) as caught:
        preparer.erase(IDENTITY, "X")
    assert caught.value.code is ErrorCode.PREPARE_FAILED
