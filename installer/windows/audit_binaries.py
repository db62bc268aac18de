"""Items of the audit that look at program files: what they load, and how they are protected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from installer.windows.import_gate import import_faults
from installer.windows.launchers import CONSOLE, LAUNCHERS, WINDOW
from installer.windows.pe import Binary

# Windows maps these from its own folder before any search, whatever lies beside a program
# (KnownDLLs). A launcher that imported anything else would load it before it can restrict the
# search.
_KNOWN_LIBRARIES = frozenset({"kernel32.dll", "user32.dll", "msvcrt.dll"})
# What the launcher must call before it loads Python; only Windows shows what the calls do.
_CALLS = ("SetDefaultDllDirectories", "SetDllDirectoryW", "SetSearchPathMode", "LoadLibraryExW")
_LEVEL = re.compile(r'requestedExecutionLevel\s+level="(\w+)"\s+uiAccess="(\w+)"')
_LEVEL_BY_LAUNCHER = {WINDOW.file_name: "requireAdministrator", CONSOLE.file_name: "asInvoker"}
_SETUP_FILES = frozenset({"uninstall.exe"})


def unanswered(files: Sequence[Binary], tree: Path) -> Iterator[str]:
    """Every import is answered by a shipped library or by Windows Server 2019."""
    ours = [one for one in files if one.path.name not in _SETUP_FILES]
    return import_faults(ours, tree)


def unprotected(files: Iterable[Binary], tree: Path) -> Iterator[str]:
    """Every program file may be moved in memory and forbids running data."""
    for one in files:
        lacking = [
            name
            for name, has in (
                ("ASLR", one.has_aslr),
                ("64-bit ASLR", one.has_high_entropy_aslr),
                ("NX", one.has_nx),
            )
            if not has
        ]
        if lacking and one.path.name not in _SETUP_FILES:
            yield f"{one.path.relative_to(tree).as_posix()} has no {', '.join(lacking)}"


def launcher_libraries(files: Iterable[Binary]) -> Iterator[str]:
    """A launcher imports nothing that Windows would search for."""
    for one in _launchers(files):
        for library in sorted({wanted.library for wanted in one.imports} - _KNOWN_LIBRARIES):
            yield f"{one.path.name} imports {library} before it can restrict the search"


def unrestricted_search(files: Sequence[Binary], tree: Path) -> Iterator[str]:
    """A launcher restricts the search for libraries, and nothing else starts programs here."""
    for one in _launchers(files):
        called = {wanted.function for wanted in one.imports}
        for call in _CALLS:
            if call not in called:
                yield f"{one.path.name} does not call {call}"
    known = {one.file_name for one in LAUNCHERS} | _SETUP_FILES
    for one in files:
        if one.path.suffix.lower() == ".exe" and one.path.name not in known:
            yield f"{one.path.relative_to(tree).as_posix()} is a program that nobody knows"


def elevation(files: Sequence[Binary], tree: Path) -> Iterator[str]:
    """The window asks for elevation by its manifest; nothing else ever does."""
    there = {one.path.name: one for one in _launchers(files)}
    for name, level in _LEVEL_BY_LAUNCHER.items():
        if name not in there:
            yield f"{name} is not there"
        elif _LEVEL.findall(there[name].manifest) != [(level, "false")]:
            yield f"{name} does not ask for {level} alone"
    runas = re.compile(rb"""["']runas["']""", re.IGNORECASE)
    for path in sorted((tree / "app").rglob("*.py")):
        if runas.search(path.read_bytes()):
            yield f"{path.relative_to(tree).as_posix()} asks for elevation while it runs"


def _launchers(files: Iterable[Binary]) -> Iterator[Binary]:
    names = {one.file_name for one in LAUNCHERS}
    return (one for one in files if one.path.name in names)
