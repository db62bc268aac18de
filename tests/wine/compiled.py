"""What Wine 8 lacks and what the tests need beside our program, compiled once for all runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from installer.windows.digest import inputs_digest
from installer.windows.launchers import SOURCES
from installer.windows.places import Places

SHIMS = Path(__file__).parent / "shims"
COMPILER = "x86_64-w64-mingw32-gcc"
_HANG_S = 300


def shims() -> Path:
    """Give the folder with what Wine 8 lacks and what the tests need; nothing of it is shipped."""
    target = Places().build / "shims"
    note, made_from = target / "made-from", inputs_digest([SHIMS, SOURCES])
    if not note.is_file() or note.read_text() != made_from:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for source in sorted(SHIMS.glob("*.c")):
            _compile(source, target)
        note.write_text(made_from)
    return target


def _compile(source: Path, target: Path) -> None:
    library = source.stem in ("uisettings", "bcryptprimitives")
    name = source.stem + (".dll" if library else ".exe")
    flags = ["-shared"] if library else []
    if "int wmain(" in source.read_text():
        flags.append("-municode")
    command = [COMPILER, "-O2", "-s", f"-I{SOURCES}", *flags, "-o", str(target / name), str(source)]
    subprocess.run([*command, "-ladvapi32", "-lws2_32"], check=True, timeout=_HANG_S)
