"""The doors between the rooms really close: import-linter with our contracts, on broken houses."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checkout import ROOT

ROOMS = ("adapters", "domain", "engine", "formats", "services", "ui")
FILES = ("__init__", "__main__", "app", "cli", "words")


def _house(folder: Path) -> Path:
    """Build an empty house with every room."""
    package = folder / "offline_backup_gui"
    for room in ROOMS:
        (package / room).mkdir(parents=True)
        (package / room / "__init__.py").write_text("")
    for name in FILES:
        (package / f"{name}.py").write_text("")
    (package / "ui" / "shell.py").write_text("import PySide6\n")
    return package


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    linter = Path(sys.executable).with_name("lint-imports")
    config = str(ROOT / "pyproject.toml")
    return subprocess.run(
        [linter, "--no-cache", "--config", config],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_empty_house_is_in_order(tmp_path: Path) -> None:
    package = _house(tmp_path)
    (package / "app.py").write_text("import offline_backup_gui.adapters\n")
    done = _lint(tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("where", "what", "contract"),
    [
        ("domain/rule.py", "offline_backup_gui.engine", "Imports point down only"),
        ("engine/work.py", "offline_backup_gui.adapters", "Imports point down only"),
        ("cli.py", "offline_backup_gui.ui", "Imports point down only"),
        ("utils.py", "offline_backup_gui.domain", "Imports point down only"),
        ("services/task.py", "offline_backup_gui.adapters", "Only app names a concrete adapter"),
        ("cli.py", "PySide6", "Qt stays in the window's room"),
        ("app.py", "PySide6.QtWidgets", "Qt stays in the window's room"),
        ("words.py", "offline_backup_gui.formats", "Sentences know the domain and nothing else"),
    ],
)
def test_an_import_through_a_wall_is_found(
    tmp_path: Path, where: str, what: str, contract: str
) -> None:
    (_house(tmp_path) / where).write_text(f"import {what}\n")
    done = _lint(tmp_path)
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout


def test_a_circle_between_two_files_of_a_room_is_found(tmp_path: Path) -> None:
    package = _house(tmp_path)
    (package / "engine" / "one.py").write_text("import offline_backup_gui.engine.two\n")
    (package / "engine" / "two.py").write_text("import offline_backup_gui.engine.one\n")
    assert "No circles BROKEN" in _lint(tmp_path).stdout


# What takes long to load, or loads much with it: only the commands that need it shall wait.
_HEAVY = (
    *("PySide6", "azure", "defusedxml", "email", "http", "keyring", "pathspec"),
    *("psutil", "reportlab", "rich", "segno", "tuf", "urllib.request", "xml"),
)


@pytest.mark.parametrize("command", ["copy", "verify", "increment", "restore", "run"])
def test_a_command_starts_without_what_it_does_not_need(command: str) -> None:
    look = (
        "import sys\nfrom offline_backup_gui import app\n"
        "from offline_backup_gui.cli.main import _command\n"
        f"_command({command!r})\nprint(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = done.stdout.split()
    assert "offline_backup_gui.services" in loaded
    assert [name for name in loaded if name.startswith(tuple(f"{one}." for one in _HEAVY))] == []
    assert [name for name in loaded if name in _HEAVY] == []
    if command in ("copy", "increment", "restore"):
        # The rest is loaded while the passphrase is stretched.
        engine = [name for name in loaded if name.startswith("offline_backup_gui.engine.")]
        assert engine == ["offline_backup_gui.engine.unlocking"]
