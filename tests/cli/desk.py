"""A desk to run the command line at: real processes, a state folder of its own, a small office."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from offline_backup_gui import app
from offline_backup_gui.adapters.state.store import StateStore

PROGRAM = (sys.executable, "-m", "offline_backup_gui")
PASSPHRASE = "Seven-Words-That-Nobody-Else-Would-Think-Of"
PLAN = """\
name = "{name}"
deployment_model = "standalone"
route = "import-export"
sources = {sources}
exclude = ["*.tmp"]
[destination]
account = "account"
landing = "landing-042"
vault = "vault-042"
[schedule]
times = ["21:00"]
"""


@dataclass
class Said:
    """What one call said."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        last = self.lines[-1]
        assert last["event"] == "result"
        return last

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["event"] == name]


@dataclass
class Desk:
    """Runs commands with `home` as the working folder."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self.state = self.home / "state"
        self.passphrase = self.home / "passphrase.txt"
        self.passphrase.write_text(PASSPHRASE + "\n")

    def environ(self) -> dict[str, str]:
        # Secrets of the session are those of the tests', in this process and in others.
        names = ("PATH", "HOME", "XDG_RUNTIME_DIR", "PYTHON_KEYRING_BACKEND")
        kept = {key: os.environ[key] for key in names if key in os.environ}
        return {
            **kept,
            "OFFLINE_BACKUP_STATE": str(self.state),
            "OFFLINE_BACKUP_LANGUAGE": "en",
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "PYTHONWARNINGS": "error",
            "TMPDIR": str(self.home),
            **self.environment,
        }

    def say(self, *arguments: object, program: tuple[str, ...] = PROGRAM, **more: Any) -> Said:
        """Run one command to its end; a traceback on a stream is never right."""
        ended = subprocess.run(
            [*program, *map(str, arguments)],
            cwd=self.home,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            # A guard against what hangs; a busy computer may take minutes for a few seconds' work.
            timeout=more.pop("timeout", 600),
            check=False,
            **more,
        )
        said = Said(ended.returncode, ended.stdout.decode(), ended.stderr.decode())
        assert "Traceback" not in said.out + said.err, said.out + said.err
        assert PASSPHRASE not in said.out + said.err
        return said

    def json(self, *arguments: object) -> Said:
        """Run one command with --json."""
        return self.say(*arguments, "--json")

    def here(self, *arguments: object) -> Said:
        """Run one command inside this process: the same words and codes, without the start."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            for key, value in self.environ().items():
                if key.startswith("OFFLINE_BACKUP"):
                    patch.setenv(key, value)
            patch.setattr(sys, "stdin", io.StringIO())
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(tempfile, "tempdir", str(self.home))
            patch.chdir(self.home)
            try:
                code = app.main(list(map(str, arguments)))
            except SystemExit as ending:
                code = ending.code if isinstance(ending.code, int) else 1
        said = Said(code, out.getvalue(), err.getvalue())
        assert "Traceback" not in said.out + said.err
        return said

    def begin(self, *arguments: object) -> subprocess.Popen[bytes]:
        """Start a command and give its process, standard output as a pipe."""
        return subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            cwd=self.home,
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    # --- things on the desk

    def office(self, files: int = 6, file_bytes: int = 40_000) -> Path:
        """Make a small source tree with contents that do not shrink."""
        source = self.home / "office"
        (source / "deep" / "er").mkdir(parents=True)
        (source / "empty").mkdir()
        for number in range(files):
            folder = source / "deep" / "er" if number % 2 else source
            (folder / f"file {number}.bin").write_bytes(noise(number, file_bytes))
        (source / "left.tmp").write_bytes(b"not wanted")
        (source / "Ümlaut.txt").write_text("Grüße")
        return source

    def plan(self, *sources: Path, name: str = "branch-042", file: str = "plan.toml") -> Path:
        """Write a plan for sources."""
        path = self.home / file
        path.write_text(PLAN.format(name=name, sources=json.dumps([str(s) for s in sources])))
        return path

    def drives(self, count: int = 2) -> list[Path]:
        """Make empty folders that stand for drives."""
        places = [self.home / f"drive{number}" for number in range(1, count + 1)]
        for place in places:
            place.mkdir()
        return places

    def copied(self, count: int = 2, *, own_process: bool = False) -> tuple[Path, list[Path]]:
        """Copy a small office onto drives; give the plan and the drives.

        A process of its own leaves the state closed.
        """
        plan, drives = self.plan(self.office()), self.drives(count)
        run = self.say if own_process else self.here
        said = run("copy", plan, *on(drives), "--passphrase-file", self.passphrase)
        assert said.code == 0, said
        return plan, drives

    @property
    def landing(self) -> Path:
        return self.home / "account" / "landing-042"

    @property
    def vault(self) -> Path:
        return self.home / "account" / "vault-042"

    def store(self) -> StateStore:
        """Open the state the command line left."""
        return StateStore(self.state)


def on(drives: list[Path]) -> list[object]:
    """Give the options that name drives."""
    return [piece for drive in drives for piece in ("--drive", drive)]


def noise(seed: int, size: int) -> bytes:
    """Give bytes that do not compress, always the same for a seed."""
    return hashlib.shake_128(seed.to_bytes(4, "big")).digest(size)


def snapshot(top: Path, *without: Path) -> Mapping[str, bytes]:
    """Give every file and folder below a folder with its contents, except below `without`."""
    return {
        str(path.relative_to(top)): path.read_bytes() if path.is_file() else b"/"
        for path in sorted(top.rglob("*"))
        if not any(path == one or one in path.parents for one in without)
    }
