"""The packages of the lock as they lie in the installation: unpacked, trimmed, compiled.

Of other people's modules only the compiled form is shipped: it saves 14 MB and half of the files.
Qt's keep their sources, because whoever gets the program may change and replace them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path

from installer.windows.compiling import compile_tree
from installer.windows.trimming import qt_modules, trim


def stage_packages(wheels: Iterable[Path], program: Path, target: Path) -> None:
    """Put every wheel into one folder that Python searches."""
    target.mkdir(parents=True)
    for wheel in sorted(wheels):
        with zipfile.ZipFile(wheel) as archive:
            _require_modest_names(archive)
            archive.extractall(target)
    trim(target, qt_modules(program))
    compile_tree(target, "lib", keep_sources=("PySide6", "shiboken6"))


def _require_modest_names(archive: zipfile.ZipFile) -> None:
    for name in archive.namelist():
        if name.startswith(("/", "\\")) or ".." in Path(name).parts or ":" in name:
            raise SystemExit(f"{archive.filename} holds a file that wants out: {name}")
