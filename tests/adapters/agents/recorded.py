"""Servers that are described in tests/samples/agents, behind the ports of the adapter."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from offline_backup_gui.adapters.agents import scripts
from offline_backup_gui.adapters.agents.looking import WindowsAgents
from offline_backup_gui.adapters.windows_library import RegistryValue
from offline_backup_gui.domain.agents import AgentsFound
from offline_backup_gui.formats.agent_output import ModuleAnswer, parse_answer

SAMPLES = Path(__file__).parents[2] / "samples" / "agents"
STATES = tuple(sorted(path.stem for path in SAMPLES.glob("*.json")))
_NAMES = {scripts.MARS: "mars", scripts.DPM: "dpm", scripts.MODULES: "modules"}


def fixed_file_info(version: str) -> bytes:
    """Make a VS_FIXEDFILEINFO of verrsrc.h with a file version."""
    a, b, c, d = map(int, version.split("."))
    return struct.pack("<IIII", 0xFEEF04BD, 0x10000, a << 16 | b, c << 16 | d) + bytes(36)


class RecordedServer:
    """One server; what its file does not name is not there."""

    def __init__(self, state: str) -> None:
        self.told: dict[str, Any] = json.loads((SAMPLES / f"{state}.json").read_text("utf-8"))
        self.asked: list[str] = []

    def service(self, name: str) -> int | None:
        number: int | None = self.told["services"].get(name)
        return number

    def value(self, key: str, name: str) -> RegistryValue:
        found: RegistryValue = self.told["values"].get(key, {}).get(name)
        return found

    def keys(self, key: str) -> Sequence[str]:
        below = (known for known in self.told["values"] if known.startswith(key + "\\"))
        return [known[len(key) + 1 :] for known in below if "\\" not in known[len(key) + 1 :]]

    def names(self, key: str) -> Sequence[str]:
        return list(self.told["values"].get(key, {}))

    def file_version(self, path: str) -> bytes:
        version = self.told["versions"].get(path)
        return fixed_file_info(version) if version else b""

    def last_line(self, folder: str, pattern: str) -> str:
        line: str = self.told["logs"].get(f"{folder}|{pattern}", "")
        return line

    def printed(self, name: str) -> bytes:
        """Give the bytes a script would print."""
        answer = self.told["answers"][name]
        if "raw" in answer:
            return str(answer["raw"]).encode()
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()

    def powershell(self, script: str) -> ModuleAnswer:
        name = _NAMES[script]
        self.asked.append(name)
        return parse_answer(self.printed(name))


def found_on(state: str) -> AgentsFound:
    """Look at one of the servers with everything there is."""
    server = RecordedServer(state)
    return WindowsAgents(server, lambda: server.powershell).look(ask=True)
