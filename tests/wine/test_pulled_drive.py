"""A drive is pulled while the copy runs: the others go on, and plugged in again it takes part."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.wine.listening import TRACED, open_ports, opened
from tests.wine.machine import CONSOLE, Machine

HOME = r"C:\pulled"
STATE = {"OFFLINE_BACKUP_STATE": HOME + r"\state"}
FILES, FILE_BYTES = 24, 6_000_000
PLAN = r"""
name = "branch-043"
deployment_model = "standalone"
route = "import-export"
sources = ['C:\pulled\office']
[destination]
account = 'C:\pulled\account'
landing = "landing-043"
vault = "vault-043"
"""
COPY = (
    *("copy", HOME + r"\plan.toml", "--drive", "E:\\", "--drive", "F:\\"),
    *("--passphrase-file", HOME + r"\passphrase.txt", "--json"),
)


@pytest.fixture
def home(installed: Machine, tmp_path: Path) -> Iterator[Path]:
    home, chance = installed.here(HOME), random.Random(3)
    (home / "office").mkdir(parents=True)
    for number in range(FILES):
        (home / "office" / f"{number:02}.bin").write_bytes(chance.randbytes(FILE_BYTES))
    (home / "plan.toml").write_text(PLAN)
    (home / "passphrase.txt").write_text("Seven-Words-That-Nobody-Else-Would-Think-Of\n")
    plug(installed, tmp_path, "E", 1)
    plug(installed, tmp_path, "F", 2)
    yield home
    for letter in "EF":
        installed.unplug(f"{letter}:")
    shutil.rmtree(home)


def plug(machine: Machine, folder: Path, letter: str, number: int) -> None:
    machine.plug(
        f"{letter}:", folder / letter, label=f"BACKUP-{number}", serial=0x5A1B_0000 + number
    )


def test_a_drive_that_was_pulled_and_plugged_in_again_is_filled_after_all(
    installed: Machine, home: Path, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    pulled = copy_and_pull_f(installed, trace)
    last = pulled[-1]
    assert last["outcome"] in ("interrupted", "exceptions"), last
    events = [line["event"] for line in pulled]
    assert "drive-gone" in events, events
    told = next(line for line in pulled if line["event"] == "drive-gone")
    assert "F:" in str(told["parameters"]["drive"]) or "BACKUP-2" in str(told["parameters"])

    plug(installed, tmp_path, "F", 2)
    again = installed.say(*COPY, environment=STATE)
    assert (again.code, again.result["exceptions"]) == (0, [])
    assert again.result["files"] == FILES
    assert [drive["sealed"] for drive in again.result["drives"]] == [True, True]
    verified = installed.say("verify", "E:\\", "F:\\", "--json")
    assert (verified.code, verified.result["outcome"]) == (0, "done")
    restored = installed.say(
        *("restore", "E:\\", "F:\\", "--to", HOME + r"\back", "--json"), environment=STATE
    )
    assert (restored.code, restored.result["differences"]) == (0, [])
    for path in (home / "office").iterdir():
        assert (home / "back" / "office" / path.name).read_bytes() == path.read_bytes()


def copy_and_pull_f(machine: Machine, trace: Path) -> list[dict[str, Any]]:
    """Copy, and pull F: as soon as bytes of the copy are on it; give every line it said."""
    with machine.notes(trace) as notes:
        copying = subprocess.Popen(
            ["wine", CONSOLE, *COPY],
            env=machine.environment(STATE | TRACED),
            cwd=machine.drive_c,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=notes,
        )
    machine.started.append(copying)
    assert copying.stdout is not None
    lines: list[dict[str, Any]] = []
    away = False
    with copying.stdout:
        for text in copying.stdout:
            lines.append(json.loads(text))
            if not away and lines[-1]["event"] == "copy":
                assert open_ports(machine.prefix) == set()
                machine.unplug("F:")
                away = True
    copying.wait(timeout=60)
    assert opened(machine.noted(trace)) == []
    assert away, f"the copy was over before its drive could be pulled: {lines}"
    return lines
