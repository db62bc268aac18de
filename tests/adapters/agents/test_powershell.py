"""PowerShell is run with limits; a program of Python stands for it, as a real process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from offline_backup_gui.adapters.agents import scripts
from offline_backup_gui.adapters.agents.installed import fixed_version, state_of
from offline_backup_gui.adapters.agents.native import last_line
from offline_backup_gui.adapters.agents.powershell import PowerShell
from offline_backup_gui.adapters.drives.prepare_scripts import ERASE, IDENTIFY
from offline_backup_gui.domain.agents import Answer, ServiceState
from tests.adapters.agents.recorded import fixed_file_info

SCRIPTS = (scripts.MARS, scripts.DPM, scripts.MODULES)


def shell(tmp_path: Path, body: str, limit_s: float = 60.0) -> PowerShell:
    """Give a PowerShell whose program is a few lines of Python."""
    file = tmp_path / "powershell.py"
    file.write_text(body)
    return PowerShell((sys.executable, str(file)), limit_s)


def test_the_script_is_one_argument_and_its_answer_is_read(tmp_path: Path) -> None:
    body = (
        "import json, sys\n"
        "name, script = sys.argv[-2:]\n"
        "said = json.dumps([name, len(sys.argv), script])\n"
        "print(json.dumps({'schema': 1, 'trouble': 'other', 'said': said}))\n"
    )
    answer = shell(tmp_path, body)("Get-Thing -Name 'ä'; $x = @{ a = 1 }")
    assert answer.answer is Answer.TROUBLE
    assert answer.said == '["-Command", 6, "Get-Thing -Name \'\\u00e4\'; $x = @{ a = 1 }"]'


def test_a_program_that_never_ends_is_ended(tmp_path: Path) -> None:
    body = "import time\nprint('{', flush=True)\nwhile True: time.sleep(60)\n"
    assert shell(tmp_path, body, limit_s=1.0)("x").answer is Answer.SLOW


def test_an_endless_answer_is_ended(tmp_path: Path) -> None:
    body = "import sys\nwhile True: sys.stdout.write('{' * 65536)\n"
    assert shell(tmp_path, body)("x").answer is Answer.TOO_LONG


def test_silence_is_an_answer_too(tmp_path: Path) -> None:
    assert shell(tmp_path, "raise SystemExit(7)\n")("x").answer is Answer.EMPTY


def test_a_program_that_is_not_there_is_ordinary(tmp_path: Path) -> None:
    assert PowerShell((str(tmp_path / "gone"),))("x").answer is Answer.NO_POWERSHELL


@pytest.mark.parametrize("script", [*SCRIPTS, ERASE, IDENTIFY])
def test_a_script_says_where_modules_are_before_its_first_command(script: str) -> None:
    """New-Object and ConvertTo-Json are commands of a module already."""
    path, _, more = script.strip().partition("$ErrorActionPreference")
    assert path.startswith("$env:PSModulePath = $PSHOME + '\\Modules")
    assert "env:" not in path.removeprefix("$env:")  # what was inherited is not looked into
    assert "New-Object" in more


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_takes_nothing_in_and_fits_one_argument(script: str) -> None:
    assert '"' not in script  # it would end the argument
    assert script.isascii()
    assert "\n" not in script
    assert len(script) < 8000  # of the 32,767 letters of a command line
    assert script.count("{") == script.count("}")
    assert script.count("(") == script.count(")")
    assert "$args" not in script
    assert "{0}" not in script


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_only_looks(script: str) -> None:
    verbs = {word.split("-")[0] for word in script.split() if word[0].isupper() and "-" in word}
    assert verbs <= {"Get", "Import", "Where", "ForEach", "Sort", "Select", "New", "ConvertTo"}
    assert script.count("New-") == script.count("New-Object Text.UTF8Encoding")


def test_a_version_is_read_out_of_the_fixed_part_of_a_file() -> None:
    assert fixed_version(fixed_file_info("2.0.9262.0")) == "2.0.9262.0"
    assert fixed_version(b"") == ""
    assert fixed_version(b"\xbd\x04\xef\xfe" + bytes(8)) == ""
    assert fixed_version(bytes(52)) == ""


def test_states_of_services_are_those_of_windows() -> None:
    told = [state_of(number) for number in (None, 0, 1, 2, 3, 4, 7, 99)]
    moving = ServiceState.CHANGING
    assert told == [
        ServiceState.ABSENT,
        ServiceState.UNKNOWN,
        ServiceState.STOPPED,
        moving,
        moving,
        ServiceState.RUNNING,
        moving,
        moving,
    ]


def test_the_last_line_of_the_newest_log_is_read(tmp_path: Path) -> None:
    import os

    for name, text, age in (("CBUICurr0.errlog", "old\n", 1), ("CBUICurr1.errlog", "a\nb \n\n", 2)):
        (tmp_path / name).write_text(text)
        os.utime(tmp_path / name, (age, age))
    (tmp_path / "other.errlog").write_text("c\n")
    assert last_line(str(tmp_path), "CBUICurr*") == "b"
    assert last_line(str(tmp_path), "none*") == ""
    assert last_line(str(tmp_path / "gone"), "CBUICurr*") == ""
