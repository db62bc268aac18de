"""Ours and the peers behind one small face: full, unchanged, changed, verify, restore, size."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

PASSPHRASE = "some words for a benchmark only"


@dataclass(frozen=True)
class Run:
    """One command: wall and processor time in seconds, peak memory in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float
    begun: float
    said: str


def run(command: list[str], folder: Path, env: dict[str, str] | None = None) -> Run:
    """Run a command to its good end, with its own accounting."""
    log = folder / "said.txt"
    with log.open("wb") as out:
        begun, start = time.time(), time.perf_counter()
        child = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, env=env)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
    said = log.read_text(encoding="utf-8", errors="replace")
    if child.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}\n{said[-2000:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return Run(wall, cpu, usage.ru_maxrss * 1024 / 1e6, begun, said)


def size_of(top: Path) -> int:
    """Give the bytes of all files below a folder."""
    return sum(
        (Path(folder) / name).lstat().st_size for folder, _, names in os.walk(top) for name in names
    )


class Tool:
    """A backup program with one repository below `work`; a step it does not have is None."""

    name = ""
    steps: tuple[str, ...] = ("full", "unchanged", "verify", "changed", "restore")

    def __init__(self, work: Path, source: Path) -> None:
        self.work, self.source = work / self.name, source
        shutil.rmtree(self.work, ignore_errors=True)
        self.work.mkdir(parents=True)
        self.to = self.work / "restored"

    def prepare(self) -> None:
        """Make an empty repository; not measured."""

    def step(self, name: str) -> dict[str, float]:
        """Run one measured step; further figures may stand beside its own."""
        method: Callable[[], Run] = getattr(self, name)
        done = method()
        return {name: done.wall_s, f"{name} cpu": done.cpu_s, f"{name} peak": done.peak_mb}

    def stored_bytes(self) -> int:
        """Give the size of what was stored."""
        return size_of(self.work)

    def done(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.work, ignore_errors=True)


class Ours(Tool):
    """Copy onto a drive, read in, moved into the vault; then increments and a restore there."""

    name = "offline-backup"

    def prepare(self) -> None:
        for folder in ("drive", "account"):
            (self.work / folder).mkdir()
        (self.work / "pass").write_text(PASSPHRASE)
        (self.work / "plan.toml").write_text(
            f'name = "benchmark"\ndeployment_model = "standalone"\nroute = "import-export"\n'
            f'sources = ["{self.source}"]\ndrives = ["{self.work}/drive"]\n[destination]\n'
            f'account = "{self.work}/account"\nlanding = "landing"\nvault = "vault"\n'
        )

    def _do(self, *arguments: str) -> Run:
        env = {**os.environ, "OFFLINE_BACKUP_STATE": str(self.work / "state")}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program has its bytecode at hand
        program = [sys.executable, "-m", "offline_backup_gui"]
        return run([*program, *arguments, "--json"], self.work, env)

    def step(self, name: str) -> dict[str, float]:
        figures = super().step(name)
        if name == "verify":
            self._to_the_vault()
        return figures | (self._phases if name == "full" else {})

    def full(self) -> Run:
        """Copy. The verify phase inside is taken out, because no peer reads back what it wrote."""
        done = self._do("copy", "plan.toml", "--passphrase-file", "pass")
        at: dict[str, float] = {}
        for line in done.said.splitlines():
            event = json.loads(line) if line.startswith("{") else {}
            if "at" in event:
                at[event["event"]] = datetime.fromisoformat(event["at"]).timestamp()
        verify_s = at["seal"] - at["verify"]
        self._phases = {"full with verify": done.wall_s, "verify inside": verify_s}
        return Run(done.wall_s - verify_s, done.cpu_s, done.peak_mb, done.begun, "")

    def verify(self) -> Run:
        return self._do("verify", "drive")

    def _to_the_vault(self) -> None:
        self._do("receive", "drive", "--into", "account/landing")
        self._stored = size_of(self.work / "drive")
        shutil.rmtree(self.work / "drive")
        self._do("arrival", "plan.toml")
        self._do("vault", "plan.toml")
        shutil.rmtree(self.work / "account" / "landing")

    def unchanged(self) -> Run:
        return self._do("increment", "plan.toml")

    def changed(self) -> Run:
        return self._do("increment", "plan.toml")

    def restore(self) -> Run:
        return self._do(
            "restore", "account/vault", "--to", str(self.to), "--passphrase-file", "pass"
        )

    # Reading back comes right after the copy: later the drive is on its way.
    steps = ("full", "verify", "unchanged", "changed", "restore")

    def stored_bytes(self) -> int:
        return self._stored


class Restic(Tool):
    name = "restic"

    def _do(self, *arguments: str) -> Run:
        env = {
            **os.environ,
            "RESTIC_PASSWORD": PASSPHRASE,
            "RESTIC_REPOSITORY": str(self.work / "repository"),
            "RESTIC_CACHE_DIR": str(self.work / "cache"),
        }
        return run(["restic", "--quiet", *arguments], self.work, env)

    def prepare(self) -> None:
        self._do("init")

    def full(self) -> Run:
        return self._do("backup", "--compression", "auto", str(self.source))

    unchanged = changed = full

    def verify(self) -> Run:
        return self._do("check", "--read-data")

    def restore(self) -> Run:
        return self._do("restore", "latest", "--target", str(self.to))

    def stored_bytes(self) -> int:
        return size_of(self.work / "repository")


class Borg(Tool):
    name = "borg"

    def _do(self, *arguments: str) -> Run:
        env = {
            **os.environ,
            "BORG_PASSPHRASE": PASSPHRASE,
            "BORG_BASE_DIR": str(self.work / "base"),
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }
        return run(["borg", *arguments], self.work, env)

    def prepare(self) -> None:
        self._number = 0
        self._do("init", "--encryption", "repokey-blake2", "repository")

    def full(self) -> Run:
        self._number += 1
        name = f"repository::{self._number}"
        return self._do("create", "--compression", "lz4", name, str(self.source))

    unchanged = changed = full

    def verify(self) -> Run:
        return self._do("check", "--verify-data", "repository")

    def restore(self) -> Run:
        self.to.mkdir()
        env = {
            **os.environ,
            "BORG_PASSPHRASE": PASSPHRASE,
            "BORG_BASE_DIR": str(self.work / "base"),
        }
        repository = f"{self.work}/repository::{self._number}"
        return run(["borg", "extract", repository], self.to, env)

    def stored_bytes(self) -> int:
        return size_of(self.work / "repository")


class Rclone(Tool):
    name = "rclone"

    def _do(self, *arguments: str) -> Run:
        env = {**os.environ, "RCLONE_CONFIG": str(self.work / "none")}
        return run(["rclone", *arguments], self.work, env)

    def full(self) -> Run:
        return self._do("copy", str(self.source), "copy")

    unchanged = changed = full

    def verify(self) -> Run:
        return self._do("check", str(self.source), "copy")

    def restore(self) -> Run:
        return self._do("copy", "copy", str(self.to))

    def stored_bytes(self) -> int:
        return size_of(self.work / "copy")


class Cp(Tool):
    name = "cp -r"
    steps = ("full", "restore")

    def full(self) -> Run:
        return run(["cp", "-r", str(self.source), "copy"], self.work)

    def restore(self) -> Run:
        return run(["cp", "-r", "copy", str(self.to)], self.work)

    def stored_bytes(self) -> int:
        return size_of(self.work / "copy")


TOOLS: tuple[type[Tool], ...] = (Ours, Restic, Borg, Rclone, Cp)
