"""Compiles Python files so that the installed program never has to, the same bytes every time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# `unchecked-hash`: an installer gives files new times, and nobody may write below Program Files.
# One process, sorted files and a fixed hash seed: what marshal writes depends on which strings the
# interpreter happens to share.
_COMPILE = """
import pathlib, py_compile, sys
root, shown, kept = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
for path in sorted(root.rglob("*.py"), key=pathlib.PurePath.as_posix):
    inside = path.relative_to(root)
    stays = inside.parts[0] in kept
    py_compile.compile(
        str(path), None if stays else str(path) + "c", shown + "/" + inside.as_posix(),
        doraise=True, invalidation_mode=mode,
    )
    if not stays:
        path.unlink()
"""


def compile_tree(tree: Path, shown_as: str, keep_sources: Sequence[str] = ()) -> None:
    """Compile every module below a folder; tracebacks name the files below `shown_as`.

    Sources are removed, except in the top folders that `keep_sources` names. A module that no
    Python 3.11 reads ends the build.
    """
    if sys.version_info[:2] != (3, 11):
        raise SystemExit("The compiled modules are for Python 3.11; build with that.")
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-I", "-S", "-c", _COMPILE, str(tree), shown_as, *keep_sources]
    subprocess.run(command, check=True, env=environment)
