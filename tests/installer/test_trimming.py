"""What was left out of the packages is missed by nothing that the program does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from installer.windows.stage import Staged


def test_the_program_loads_and_prints_with_what_was_staged(staged: Staged, tmp_path: Path) -> None:
    lib = staged.folder / "lib"
    command = [sys.executable, "-m", "tests.installer.as_staged", str(lib), str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert len(list(tmp_path.rglob("*.pdf"))) == 16
