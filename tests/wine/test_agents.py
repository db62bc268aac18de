"""Services and registry keys of MARS, MABS and DPM are found, and the first page shows them."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Iterator
from functools import partial

import pytest
from PIL import Image

from offline_backup_gui import words
from tests.wine.machine import CONSOLE, Machine, until
from tests.wine.window import ProgramWindow, times, trimmed

STATE = {"OFFLINE_BACKUP_STATE": r"C:\rig\agents-state"}
MARS_FOLDER = r"C:\rig\agents\Microsoft Azure Recovery Services Agent"
DPM_FOLDER = r"C:\rig\agents\Microsoft System Center\DPM\DPM"
MABS_FOLDER = r"C:\rig\agents\Microsoft Azure Backup Server\DPM\DPM"
MARS_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows Azure Backup"
DPM_KEY = r"HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Microsoft Data Protection Manager"
FIXED_FILE_INFO = bytes.fromhex("bd04effe")  # how VS_FIXEDFILEINFO begins


class Server:
    """Makes a server of this Windows, as far as services, keys and program files tell it."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._services: set[str] = set()

    def clear(self) -> None:
        """Take everything away again, and see the services gone."""
        for service in sorted(self._services):
            until(partial(self._gone, service), f"the end of the service {service}", every_s=0.5)
        self._services.clear()
        self._say(*(f"[-{key}]" for key in (MARS_KEY, DPM_KEY)))
        shutil.rmtree(self._machine.here(r"C:\rig\agents"), ignore_errors=True)

    def mars(self, version: str) -> None:
        """Install a MARS Agent of this version."""
        program = self._program(MARS_FOLDER + r"\bin\cbengine.exe", version)
        self._service("obengine", program)
        scratch = _value("ScratchLocation", MARS_FOLDER + r"\Scratch")
        self._say(
            *(rf"[{MARS_KEY}\Setup]", _value("InstallPath", MARS_FOLDER + "\\")),
            *(rf"[{MARS_KEY}\Config]", scratch),
            *(rf"[{MARS_KEY}\Config\CloudBackupProvider]", scratch),
        )

    def protection_server(self, folder: str, version: str) -> None:
        """Install DPM or MABS, which differ by their folder."""
        self._service("MSDPM", self._program(folder + r"\bin\msdpm.exe", version))
        self._say(rf"[{DPM_KEY}\Setup]", _value("InstallPath", folder + "\\"))

    def _gone(self, service: str) -> bool:
        # Once is not always enough, while a program that asked about it is just ending.
        self._machine.run("sc", "delete", service)
        return self._machine.run("sc", "query", service).code != 0

    def _service(self, name: str, program: str) -> None:
        words = ("binPath=", program, "start=", "demand", "DisplayName=", f"{name} (test)")
        assert self._machine.run("sc", "create", name, *words).code == 0
        self._services.add(name)

    def _say(self, *lines: str) -> None:
        """Write into the registry what a file of it says, in one start of its program."""
        text = "\r\n".join(("Windows Registry Editor Version 5.00", "", *lines, ""))
        self._machine.here(r"C:\rig\agents.reg").write_text(text, newline="")
        assert self._machine.run("regedit", "/S", r"C:\rig\agents.reg").code == 0

    def _program(self, path: str, version: str) -> str:
        """Make a program that has a version as the agents' own have: ours with another number."""
        data = bytearray(self._machine.here(CONSOLE).read_bytes())
        first, second, third, fourth = map(int, version.split("."))
        numbers = (first << 16 | second, third << 16 | fourth)
        struct.pack_into("<II", data, data.index(FIXED_FILE_INFO) + 8, *numbers)
        place = self._machine.here(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return path


def _value(name: str, text: str) -> str:
    """Give a line of a registry file."""
    return '"{}"="{}"'.format(name, text.replace("\\", "\\\\"))


@pytest.fixture
def server(installed: Machine) -> Iterator[Server]:
    found = Server(installed)
    yield found
    found.clear()
    shutil.rmtree(installed.here(STATE["OFFLINE_BACKUP_STATE"]), ignore_errors=True)


def test_agents_are_found_without_powershell(installed: Machine, server: Server) -> None:
    server.mars("2.0.9262.0")
    server.protection_server(DPM_FOLDER, "10.22.123.0")
    said = installed.say("agents", "--json", "--no-ask", environment=STATE)
    assert said.code == 0
    assert said.result["looked"] is True
    found = [(a["model"], a["version"], a["service_state"]) for a in said.result["agents"]]
    assert found == [("mars", "2.0.9262.0", "stopped"), ("dpm", "10.22.123.0", "stopped")]


def test_a_powershell_that_says_nothing_is_ordinary(installed: Machine, server: Server) -> None:
    server.mars("2.0.9083.0")
    server.protection_server(MABS_FOLDER, "13.0.415.0")
    said = installed.say("agents", "--json", environment=STATE)
    assert said.code == 0
    mars, mabs = said.result["agents"]
    assert (mabs["model"], mabs["version"]) == ("mabs", "13.0.415.0")
    # Wine's PowerShell is a program that does nothing; without one it is not there.
    assert mars["answer"] in ("empty", "no-powershell")
    codes = [finding["code"] for finding in mars["findings"]]
    assert {"agent-service-stands", "agent-too-old"} <= set(codes), codes
    assert mars["cache"] == [MARS_FOLDER + r"\Scratch"]


# What the first page says of each agent that is made here: model, version, and no running service.
LINES = {
    "mars 9262": ("mars", "2.0.9262.0"),
    "mars 9170": ("mars", "2.0.9170.0"),
    "dpm": ("dpm", "10.22.123.0"),
    "mabs": ("mabs", "13.0.415.0"),
}


@pytest.fixture
def drawn(installed: Machine) -> Iterator[dict[str, Image.Image]]:
    """Let this Windows draw every line that may stand there, and the mark of "not here"."""
    say, folder = words.load("en"), installed.here(r"C:\rig\drawn")
    jobs = [
        (name, say.text("agents.found", **found), "strong")
        for name, (model, version) in LINES.items()
        for found in [
            {
                "model": say.term("model", model),
                "version": version,
                "state": say.term("service-state", "stopped"),
            }
        ]
    ]
    jobs.append(("not here", say.text("wizard.model.not-here"), "quiet"))
    script = installed.bring_inside(folder, "drawn_inside", "wine/drawn_inside.py")
    (folder / "jobs.json").write_text(json.dumps(jobs), "utf-8")
    said = installed.run(r"C:\rig\python.exe", script, r"C:\rig\drawn\jobs.json", r"C:\rig\drawn")
    assert said.code == 0, said.err
    yield {name: trimmed(Image.open(folder / f"{name}.png").convert("RGB")) for name, *_ in jobs}
    shutil.rmtree(folder)


def test_the_first_page_names_what_is_there(
    server: Server, drawn: dict[str, Image.Image], window: ProgramWindow
) -> None:
    def shown() -> tuple[set[str], int]:
        """Give which agents are named, and how many models are marked as not here."""
        picture = window.picture()
        return (
            {name for name in LINES if times(drawn[name], picture)},
            times(drawn["not here"], picture),
        )

    def looked(name: str, named: set[str], missing: int) -> None:
        # While it still asks the agents of the last look, the key takes no effect.
        window.press_until("space", lambda: shown() == (named, missing), f"what was found: {name}")
        window.rest()
        window.shoot(f"1 {name}")

    window.open(environment=STATE)
    window.on("Who makes the backup?")
    window.key(*["Tab"] * 5)  # past the four models, to "Look again"
    looked("no agent", set(), 3)
    server.mars("2.0.9262.0")
    looked("MARS Agent found", {"mars 9262"}, 2)
    server.protection_server(DPM_FOLDER, "10.22.123.0")
    looked("DPM found", {"mars 9262", "dpm"}, 1)
    server.clear()
    server.mars("2.0.9170.0")
    server.protection_server(MABS_FOLDER, "13.0.415.0")
    looked("MABS found", {"mars 9170", "mabs"}, 1)
    window.close()
