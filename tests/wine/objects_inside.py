"""Runs inside Windows: makes the awkward objects, backs them up, restores and judges them.

`python -m tests.wine.objects_inside FOLDER` prints the verdict as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import msgspec

from offline_backup_gui.adapters.files.win32 import RealWin32Files
from tests.engine.office import Office
from tests.windows_objects import judge, make_all, specs, told


def main(base: Path) -> None:
    """Do it all below a folder that is not there yet."""
    source, drive, to = base / "server", base / "drive", base / "to"
    source.mkdir(parents=True)
    drive.mkdir()
    door, things = RealWin32Files(), specs()
    door.enable(("SeBackupPrivilege", "SeRestorePrivilege", "SeSecurityPrivilege"))
    unmade = make_all(door, bytes(source), None, things)
    made = [spec for spec in things if spec not in unmade]
    office = Office(base / "state", (source,))
    point = office.copy([drive]).point
    outcome = office.restore([office.store(drive)], to)
    office.close()
    top = b"\\\\?\\" + bytes(to / "server")
    left_out = [(line.path, line.reason) for line in point.left_out]
    names = told(left_out, outcome.differences, bytes(source), top)
    verdict = judge((door, bytes(source)), (door, top), made, names, reading_shows=True)
    verdict.unmade = [spec.path for spec in unmade]
    # Paths may hold what no text may: escaped, like the lines of `--json`.
    print(json.dumps(msgspec.structs.asdict(verdict)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
