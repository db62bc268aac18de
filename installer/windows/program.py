"""The program itself as it lies in the installation: its modules and its resources."""

from __future__ import annotations

import shutil
from pathlib import Path

from installer.windows.compiling import compile_tree

_NOT_OURS = shutil.ignore_patterns("__pycache__", "*.pyc")


def stage_program(program: Path, resources: Path, target: Path) -> None:
    """Put the program beside its resources, as in a checkout."""
    target.mkdir(parents=True)
    shutil.copytree(program, target / program.name, ignore=_NOT_OURS)
    shutil.copytree(resources, target / resources.name, ignore=_NOT_OURS)
    compile_tree(target, "app", keep_sources=(program.name,))
