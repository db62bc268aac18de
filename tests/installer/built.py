"""The setup of the whole program, packed fast; made once and kept in build/quick."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from installer.windows.digest import inputs_digest
from installer.windows.nsis import SCRIPTS, make_setup, setup_name
from installer.windows.places import HERE, Places, version
from installer.windows.stage import Staged, alone, stage_alone


@cache
def staged_once() -> Staged:
    """Bring the stage up to date, once for each run: looking at all of its bytes takes seconds."""
    with alone(Places()):
        return stage_alone(Places())


@cache
def quick_setup(number: str = "") -> Path:
    """Give a setup of the program as it is now; `number` makes it another version's."""
    staged = staged_once()
    with alone(Places()):
        made_from = inputs_digest([SCRIPTS, HERE / "nsis.py"], staged.digest)
        name = setup_name(number or version())
        return _kept(name, made_from) or _keep(
            make_setup(_quick(), staged, None, quick=True, number=number), made_from
        )


def _quick() -> Places:
    return Places(dist=Places().build / "quick")


def _note(name: str) -> Path:
    return _quick().dist / f"{name}.made-from"


def _kept(name: str, made_from: str) -> Path | None:
    note, file = _note(name), _quick().dist / name
    return file if note.is_file() and file.is_file() and note.read_text() == made_from else None


def _keep(file: Path, made_from: str) -> Path:
    _note(file.name).write_text(made_from)
    return file
