"""Builds the two small programs that people and the task scheduler start."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from installer.windows.icon import draw_icon
from installer.windows.places import HERE, RESOURCES

SOURCES = HERE / "launcher"
NAME = "Offline Backup"
PUBLISHER = "Offline Backup"
_TOOLS = "x86_64-w64-mingw32-"


@dataclass(frozen=True)
class Launcher:
    """One of the two: its file name, what Windows shows for it, and how it is built."""

    file_name: str
    description: str
    manifest: str
    flags: tuple[str, ...]


WINDOW = Launcher("OfflineBackup.exe", NAME, "window.manifest", ("-mwindows", "-DWINDOW"))
CONSOLE = Launcher("offline-backup.exe", f"{NAME} (command line)", "console.manifest", ())
LAUNCHERS = (WINDOW, CONSOLE)

# No time stamps: the same source gives the same bytes.
_LINK = "-Wl,--dynamicbase,--nxcompat,--high-entropy-va,--no-insert-timestamp,--stack,4194304"
_COMPILE = ("-municode", "-std=c11", "-Os", "-s", "-Wall", "-Wextra", "-Werror", "-static-libgcc")


def tools() -> str:
    """Give the version of the compiler, which is an input of what it makes."""
    told = subprocess.run([f"{_TOOLS}gcc", "--version"], check=True, capture_output=True, text=True)
    return told.stdout.splitlines()[0]


def build_launchers(version: str, objects: Path, target: Path) -> None:
    """Compile both launchers into a folder."""
    objects.mkdir(parents=True, exist_ok=True)
    target.mkdir(parents=True, exist_ok=True)
    draw_icon(RESOURCES / "icons" / "app.svg", objects / "app.ico")
    for launcher in LAUNCHERS:
        resource = objects / f"{launcher.file_name}.o"
        _run(
            "windres",
            f"-DVERSION_NUMBERS={version.replace('.', ',')},0",
            *(_text(name, value) for name, value in _told(launcher, version).items()),
            f"--include-dir={SOURCES}",
            f"--include-dir={objects}",
            str(SOURCES / "launcher.rc"),
            str(resource),
        )
        sources = [str(SOURCES / "launcher.c"), str(SOURCES / "hardening.c"), str(resource)]
        output = ["-o", str(target / launcher.file_name)]
        _run("gcc", *_COMPILE, *launcher.flags, *sources, _LINK, *output)


def _told(launcher: Launcher, version: str) -> dict[str, str]:
    return {
        "VERSION_TEXT": version,
        "FILE_NAME": launcher.file_name,
        "DESCRIPTION": launcher.description,
        "PRODUCT": NAME,
        "PUBLISHER": PUBLISHER,
        "MANIFEST": launcher.manifest,
    }


def _text(name: str, value: str) -> str:
    return f'-D{name}=\\"{value}\\"'


def _run(tool: str, *arguments: str) -> None:
    subprocess.run([f"{_TOOLS}{tool}", *arguments], check=True)
