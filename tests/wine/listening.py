"""Which ports the programs of one Windows have open, and whether one was open for a moment."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
_LISTENS = {"tcp": "0A", "udp": "07"}  # TCP_LISTEN, and what UDP calls TCP_CLOSE: bound
# Wine notes these calls of a program when it is asked to; each makes a socket wait for others.
TRACED = {"WINEDEBUG": "-all,+winsock"}
_OPENED = re.compile(r"trace:winsock:(listen|bind|WSAAccept)\b.*")


def open_ports(prefix: Path) -> set[str]:
    """Give name and address of every socket that waits for others, of all programs of a prefix."""
    ours = dict(_sockets(prefix))
    found = set()
    for kind, state in _LISTENS.items():
        for table in (PROC / "net" / kind, PROC / "net" / f"{kind}6"):
            if not table.is_file():
                continue
            for line in table.read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == state and words[9] in ours:
                    found.add(f"{ours[words[9]]} {kind} {words[1]}")
    return found


def opened(trace: str) -> list[str]:
    """Give the lines of a trace in which a program let a socket wait."""
    return [found[0] for found in _OPENED.finditer(trace)]


def _sockets(prefix: Path) -> Iterator[tuple[str, str]]:
    """Give the number of every socket of a prefix with the name of its program."""
    mark = f"WINEPREFIX={prefix}\0".encode()
    for process in PROC.iterdir():
        try:
            if not process.name.isdigit() or mark not in (process / "environ").read_bytes():
                continue
            name = (process / "comm").read_text().strip()
            links = [os.readlink(entry) for entry in (process / "fd").iterdir()]
        except OSError:  # it has ended meanwhile
            continue
        for link in links:
            if link.startswith("socket:["):
                yield link[8:-1], name
