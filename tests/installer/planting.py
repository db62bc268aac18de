"""Program files for Windows that tests plant: compiled here, with the fault that is asked for."""

from __future__ import annotations

import subprocess
from pathlib import Path

_SAFE = "-Wl,--dynamicbase,--nxcompat,--high-entropy-va"


def library(
    target: Path, code: str = "int answer(void) { return 42; }", *words: str, safe: bool = True
) -> Path:
    """Compile a library from C, with protections or without."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source = target.with_suffix(".c")
    source.write_text(code)
    options = [_SAFE] if safe else ["-Wl,--disable-dynamicbase,--disable-nxcompat"]
    command = ["x86_64-w64-mingw32-gcc", "-shared", "-nostdlib", "-Wl,-e,0", "-O1", "-w"]
    subprocess.run([*command, *options, str(source), *words, "-o", str(target)], check=True)
    source.unlink()
    return target


def importing(target: Path, name: str, function: str) -> Path:
    """Compile a library that takes a function from another one, which need not exist."""
    target.parent.mkdir(parents=True, exist_ok=True)
    definition = target.with_suffix(".def")
    definition.write_text(f"LIBRARY {name}\nEXPORTS\n{function}\n")
    archive = target.with_suffix(".a")
    command = ["x86_64-w64-mingw32-dlltool", "-d", str(definition), "-l", str(archive)]
    subprocess.run(command, check=True)
    code = (
        f"__declspec(dllimport) int {function}(void); int answer(void) {{ return {function}(); }}"
    )
    made = library(target, code, str(archive))
    definition.unlink()
    archive.unlink()
    return made
