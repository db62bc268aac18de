"""A Windows of its own for one run of the tests: a fresh Wine prefix with home and screen."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import IO, Any

from tests.wine.compiled import COMPILER, SHIMS, shims
from tests.wine.fonts import bring_fonts
from tests.wine.listening import TRACED

_TESTS = Path(__file__).parents[1]
PROGRAM_FOLDER = r"C:\Program Files\Offline Backup"
CONSOLE = PROGRAM_FOLDER + r"\offline-backup.exe"
WINDOW = PROGRAM_FOLDER + r"\OfflineBackup.exe"
STATE_FOLDER = r"C:\ProgramData\Offline Backup"
GUARD_S = 300.0  # a hang, not a measure: the first start on a cold disk takes half a minute
# What a running Windows writes by itself, and the folders in which the tests work.
_OWN_BUSINESS = ("windows/temp/", "users/root/temp/")
_TEST_FOLDERS = ("rig", "journey", "window", "pulled", "objects", "updates")


def wineserver() -> str | None:
    """Give the path of Wine's server; Debian keeps it off the path."""
    return shutil.which("wineserver") or shutil.which("wineserver", path="/usr/lib/wine")


def missing() -> str:
    """Say what of the tools is not installed, or nothing."""
    tools = ("wine", "Xvfb", "xdotool", "makensis", COMPILER)
    absent = [tool for tool in tools if shutil.which(tool) is None]
    if wineserver() is None:
        absent.append("wineserver")
    return ", ".join(absent)


@dataclass(frozen=True)
class Said:
    """What a program said until its end."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Give every line of `--json`."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def result(self) -> dict[str, Any]:
        """Give the last line of `--json`."""
        last = self.lines[-1]
        assert last["event"] == "result"
        return last


@dataclass
class Machine:
    """One Wine prefix below `root`, with the screen `display`."""

    root: Path
    display: str
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _keeping: dict[Path, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def prefix(self) -> Path:
        """Give the folder of this Windows."""
        return self.root / "prefix"

    @property
    def drive_c(self) -> Path:
        """Give the folder that is drive C:."""
        return self.prefix / "drive_c"

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Give the environment of every program: nothing of ours but PATH gets in."""
        return {
            "PATH": os.environ["PATH"],
            # Wine links Desktop and Documents to the home and writes menu entries there.
            "HOME": str(self.root / "home"),
            "DISPLAY": self.display,
            "LANG": "C.UTF-8",
            "FONTCONFIG_FILE": str(self.root / "fonts.conf"),
            "WINEPREFIX": str(self.prefix),
            "WINEARCH": "win64",
            "WINEDEBUG": "-all",
            "WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d",
            **(more or {}),
        }

    def here(self, windows: str) -> Path:
        """Give the place on this computer of something on drive C:."""
        path = PureWindowsPath(windows)
        assert path.drive.upper() == "C:", windows
        return self.drive_c.joinpath(*path.parts[1:])

    def there(self, path: Path) -> str:
        """Give the place on drive C: of something on this computer, with `/`."""
        return path.relative_to(self.drive_c).as_posix()

    # ------------------------------------------------------------ making and ending

    def make(self) -> None:
        """Make the prefix, give it the parts of Windows that Wine lacks, and keep it running."""
        (self.root / "home").mkdir(parents=True)
        # Before Windows starts, because it lists its fonts once. It has these and no others, so
        # that the pictures are the same on every computer.
        bring_fonts(self.drive_c / "windows" / "Fonts")
        (self.root / "fonts.conf").write_text("<fontconfig></fontconfig>\n")
        # Kept running: each call takes 0.1 s instead of 3, and services and drives stay.
        self._quiet([str(wineserver()), "-p"])
        # The first program makes the prefix. It would hand its output to the processes of the
        # system: a pipe never ends. No `wineboot -i`: that starts a second service manager
        # beside the first, and then every program waits 10 seconds in vain for RpcSs.
        self._quiet(["wine", "cmd", "/c", "exit"])
        tools = shims()
        for library in tools.glob("*.dll"):
            shutil.copy(library, self.drive_c / "windows" / "system32")
        (self.drive_c / "rig").mkdir()
        for file in (*tools.glob("*.exe"), SHIMS / "windows.reg"):
            shutil.copy(file, self.drive_c / "rig")
        self.run("regedit", "/S", r"C:\rig\windows.reg")
        # A server has no drive Z: with all files of this computer.
        self.unplug("Z:")

    def end(self) -> None:
        """End every program of this Windows, and Windows."""
        self._quiet([str(wineserver()), "-k"])
        for process in self.started:
            process.wait(timeout=GUARD_S)

    def _quiet(self, command: list[str]) -> None:
        subprocess.run(
            command,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=GUARD_S,
            check=False,
        )

    # ------------------------------------------------------------ programs

    def run(
        self,
        program: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        timeout_s: float = GUARD_S,
    ) -> Said:
        """Run a program to its end. Always through pipes: files end Python with "WinError 6"."""
        ended = subprocess.run(
            ["wine", program, *arguments],
            env=self.environment(environment),
            cwd=self.drive_c,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )
        return Said(ended.returncode, _text(ended.stdout), _text(ended.stderr))

    def start(
        self,
        program: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        trace: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a program that stays, such as the window; `trace` gets what Wine notes of it."""
        with self.notes(trace) as notes:
            process = subprocess.Popen(
                ["wine", program, *arguments],
                env=self.environment(environment),
                cwd=self.drive_c,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=notes,
            )
        self.started.append(process)
        return process

    @contextmanager
    def notes(self, trace: Path | None) -> Iterator[IO[bytes] | int]:
        """Give where a program writes what Wine notes of it: a pipe, never a file (see `run`)."""
        if trace is None:
            yield subprocess.DEVNULL
            return
        with trace.open("wb") as file:
            keeping = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)
        self._keeping[trace] = keeping
        assert keeping.stdin is not None
        with keeping.stdin as pipe:
            yield pipe

    def noted(self, trace: Path) -> str:
        """Give what Wine noted, once every program that writes there has ended."""
        assert self._keeping.pop(trace).wait(timeout=GUARD_S) == 0
        return trace.read_text(errors="replace")

    @contextmanager
    def waiting(self, *command: str, trace: Path | None = None) -> Iterator[None]:
        """Keep a program running that says so and ends with its input."""
        with self.notes(trace) as notes:
            running = subprocess.Popen(
                ["wine", *command],
                env=self.environment(TRACED if trace else None),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=notes,
            )
        assert running.stdin is not None
        assert running.stdout is not None
        try:
            assert running.stdout.readline().strip() == b"running"
            yield
        finally:
            running.stdin.close()
            running.wait(timeout=60)
            running.stdout.close()

    def say(self, *arguments: str, **more: Any) -> Said:
        """Run a command of the installed program; it never shows a traceback."""
        said = self.run(CONSOLE, *arguments, **more)
        assert "Traceback" not in said.out + said.err, said.out + said.err
        return said

    def bring_inside(self, folder: Path, module: str, *files: str) -> str:
        """Bring files of the tests into a folder of drive C:; give a script that calls `module`."""
        for name in files:
            place = folder / "tests" / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(_TESTS / name, place)
        inside = "C:\\" + str(PureWindowsPath(folder.relative_to(self.drive_c)))
        (folder / "start.py").write_text(
            "import sys\n"
            "from pathlib import Path\n"
            f"sys.path.insert(0, {inside!r})\n"
            f"from tests.wine.{module} import main\n"
            "main(*map(Path, sys.argv[1:]))\n"
        )
        return inside + r"\start.py"

    def run_setup(self, setup: Path, *words: str) -> Said:
        """Run a setup that lies on this computer."""
        shutil.copy(setup, self.drive_c / "rig" / "setup.exe")
        return self.run(r"C:\rig\setup.exe", *words)

    # ------------------------------------------------------------ drives, registry, files

    def plug(self, letter: str, folder: Path, *, label: str = "", serial: int = 0) -> None:
        """Plug a folder in as a removable drive; every running program sees it."""
        folder.mkdir(parents=True, exist_ok=True)
        if label:
            (folder / ".windows-label").write_text(label + "\n")
            (folder / ".windows-serial").write_text(f"{serial:08x}\n")
        self._plug(letter, "removable", str(folder))

    def unplug(self, letter: str) -> None:
        """Pull a drive."""
        self._plug(letter, "off")

    def _plug(self, *words: str) -> None:
        said = self.run(r"C:\rig\plug.exe", *words)
        assert said.code == 0, said.err

    def registry(self, key: str) -> dict[str, str]:
        """Give the values of a key; empty when there is no such key."""
        said = self.run("reg", "query", key)
        parts = (line.strip().split(None, 2) for line in said.out.splitlines())
        return {
            part[0]: part[2] if len(part) > 2 else ""
            for part in parts
            if len(part) > 1 and part[1].startswith("REG_")
        }

    def files(self) -> set[str]:
        """List what lies on drive C:, without what Windows writes by itself and the tests'."""
        found = set()
        for folder, folders, names in os.walk(self.drive_c):
            if Path(folder) == self.drive_c:
                folders[:] = [name for name in folders if name not in _TEST_FOLDERS]
            for name in (*names, *folders):
                path = self.there(Path(folder) / name)
                if not path.lower().startswith(_OWN_BUSINESS):
                    found.add(path)
        return found


def until(
    claim: Callable[[], object], what: str, *, limit_s: float = GUARD_S, every_s: float = 0.1
) -> None:
    """Wait until something is so, looking now and then; fail with its name."""
    deadline = time.monotonic() + limit_s
    while not claim():
        assert time.monotonic() < deadline, f"waited {limit_s:.0f} s for: {what}"
        time.sleep(every_s)


def _text(data: bytes) -> str:
    return data.decode("utf-8").replace("\r\n", "\n")
