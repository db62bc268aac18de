"""Reads requirements.lock: which packages Windows needs, in which version, with which hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.markers import Marker

from installer.lock import WINDOWS

_ENTRY = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+?)(?: ; (?P<marker>[^\\\n]+?))? \\\n"
    r"(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Locked:
    """One package of the lock."""

    name: str
    version: str
    sha256s: frozenset[str]

    def requirement(self) -> str:
        """Give the line that pip takes with --require-hashes."""
        hashes = " ".join(f"--hash=sha256:{one}" for one in sorted(self.sha256s))
        return f"{self.name}=={self.version} {hashes}\n"


def windows_packages(lock: Path) -> tuple[Locked, ...]:
    """Give the packages whose marker holds on 64-bit Windows, sorted by name."""
    text = lock.read_text()
    found = list(_ENTRY.finditer(text))
    rest = _ENTRY.sub("", text)
    strange = [line for line in rest.splitlines() if line.strip() and not line.startswith("#")]
    if strange:
        raise SystemExit(f"{lock.name} holds a line that is no entry: {strange[0]}")
    return tuple(
        Locked(one["name"], one["version"], frozenset(re.findall(r"[0-9a-f]{64}", one["hashes"])))
        for one in found
        if one["marker"] is None or Marker(one["marker"]).evaluate(WINDOWS)
    )
