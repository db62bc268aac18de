"""Services and registry keys of MARS, MABS and DPM are found, and the first page shows them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.wine.machine import Machine, until
from tests.wine.window import ProgramWindow, differ

STATE = {"OFFLINE_BACKUP_STATE": r"C:\rig\agents-state"}
MARS_FOLDER = r"C:\rig\agents\Microsoft Azure Recovery Services Agent"
DPM_FOLDER = r"C:\rig\agents\Microsoft System Center\DPM\DPM"
MABS_FOLDER = r"C:\rig\agents\Microsoft Azure Backup Server\DPM\DPM"
MARS_KEY = r"HKLM\SOFTWARE\Microsoft\Windows Azure Backup"
DPM_KEY = r"HKLM\SOFTWARE\Microsoft\Microsoft Data Protection Manager"
SERVICES = ("obengine", "MSDPM")
_VERSION = """
1 VERSIONINFO FILEVERSION {commas}
BEGIN BLOCK "VarFileInfo" BEGIN VALUE "Translation", 0x409, 1200 END END
"""


class Server:
    """Makes a server of this Windows, as far as services, keys and program files tell it."""

    def __init__(self, machine: Machine, workshop: Path) -> None:
        self._machine, self._workshop = machine, workshop

    def clear(self) -> None:
        """Take everything away again; what is not there does not matter."""
        for service in SERVICES:
            self._machine.run("sc", "delete", service)
        for key in (MARS_KEY, DPM_KEY):
            self._machine.run("reg", "delete", key, "/f")
        shutil.rmtree(self._machine.here(r"C:\rig\agents"), ignore_errors=True)

    def mars(self, version: str) -> None:
        """Install a MARS Agent of this version."""
        program = self._program(MARS_FOLDER + r"\bin\cbengine.exe", version)
        self._service("obengine", program)
        self._value(MARS_KEY + r"\Setup", "InstallPath", MARS_FOLDER + "\\")
        for key in (r"\Config", r"\Config\CloudBackupProvider"):
            self._value(MARS_KEY + key, "ScratchLocation", MARS_FOLDER + r"\Scratch")

    def protection_server(self, folder: str, version: str) -> None:
        """Install DPM or MABS, which differ by their folder."""
        self._service("MSDPM", self._program(folder + r"\bin\msdpm.exe", version))
        self._value(DPM_KEY + r"\Setup", "InstallPath", folder + "\\")

    def _service(self, name: str, program: str) -> None:
        words = ("binPath=", program, "start=", "demand", "DisplayName=", f"{name} (test)")
        assert self._machine.run("sc", "create", name, *words).code == 0

    def _value(self, key: str, name: str, text: str) -> None:
        said = self._machine.run("reg", "add", key, "/v", name, "/d", text, "/f")
        assert said.code == 0, said

    def _program(self, path: str, version: str) -> str:
        """Compile a program that does nothing and has a version, as the agents' own have."""
        source, resource = self._workshop / "agent.c", self._workshop / "agent.rc"
        source.write_text("int main(void) { return 0; }\n")
        resource.write_text(_VERSION.format(commas=version.replace(".", ",")))
        place = self._machine.here(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        made = self._workshop / "agent.o"
        for command in (
            ["x86_64-w64-mingw32-windres", str(resource), str(made)],
            ["x86_64-w64-mingw32-gcc", "-O2", "-s", str(source), str(made), "-o", str(place)],
        ):
            subprocess.run(command, check=True, capture_output=True)
        return path


@pytest.fixture
def server(installed: Machine, tmp_path: Path) -> Iterator[Server]:
    found = Server(installed, tmp_path)
    yield found
    found.clear()
    shutil.rmtree(installed.here(STATE["OFFLINE_BACKUP_STATE"]), ignore_errors=True)


def test_agents_are_found_without_powershell(installed: Machine, server: Server) -> None:
    def found() -> list[tuple[str, str, str]]:
        said = installed.say("agents", "--json", "--no-ask", environment=STATE)
        assert said.code == 0
        assert said.result["looked"] is True
        return [
            (agent["model"], agent["version"], agent["service_state"])
            for agent in said.result["agents"]
        ]

    assert found() == []
    server.mars("2.0.9262.0")
    assert found() == [("mars", "2.0.9262.0", "stopped")]
    server.protection_server(DPM_FOLDER, "10.22.123.0")
    assert found() == [("mars", "2.0.9262.0", "stopped"), ("dpm", "10.22.123.0", "stopped")]
    server.clear()
    server.mars("2.0.9170.0")
    server.protection_server(MABS_FOLDER, "13.0.415.0")
    assert found() == [("mars", "2.0.9170.0", "stopped"), ("mabs", "13.0.415.0", "stopped")]


def test_a_powershell_that_says_nothing_is_ordinary(installed: Machine, server: Server) -> None:
    server.mars("2.0.9083.0")
    said = installed.say("agents", "--json", environment=STATE)
    assert said.code == 0
    (agent,) = said.result["agents"]
    # Wine's PowerShell is a program that does nothing; without one it is not there.
    assert agent["answer"] in ("empty", "no-powershell")
    codes = [finding["code"] for finding in agent["findings"]]
    assert codes[:2] == ["agent-service-stands", "agent-too-old"]
    assert agent["cache"] == [MARS_FOLDER + r"\Scratch"]


def test_the_first_page_shows_what_is_there(server: Server, window: ProgramWindow) -> None:
    window.open(environment=STATE)
    window.on("Who makes the backup?")
    window.shoot("1 no agent")
    window.key(*["Tab"] * 5)  # past the four models, to "Look again"

    def models() -> Image.Image:
        """Give the four models alone: their labels change with what is found and not before."""
        picture = window.picture()
        width, height = picture.size
        return picture.crop((width * 27 // 100, height * 13 // 100, width, height // 2))

    def looked(name: str) -> None:
        window.watch()
        before = models()
        window.key("space")
        until(lambda: differ(models(), before), f"what was found: {name}")
        window.shoot(f"1 {name}")

    server.mars("2.0.9262.0")
    looked("MARS Agent found")
    server.protection_server(DPM_FOLDER, "10.22.123.0")
    looked("DPM found")
    server.clear()
    server.mars("2.0.9170.0")
    server.protection_server(MABS_FOLDER, "13.0.415.0")
    looked("MABS found")
    window.close()
