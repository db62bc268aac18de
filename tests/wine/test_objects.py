"""The awkward objects inside a Windows: made, backed up, restored; equal or named."""

from __future__ import annotations

import json

from tests.windows_objects import OBJECTS, specs
from tests.wine.machine import Machine

_NEEDED = ("windows_objects.py", "engine/office.py", "wine/objects_inside.py")


def test_the_awkward_objects_come_back_as_they_were_or_are_named(installed: Machine) -> None:
    script = installed.bring_inside(installed.here(r"C:\objects"), "objects_inside", *_NEEDED)
    said = installed.run(r"C:\rig\python.exe", script, r"C:\objects\work")
    assert said.code == 0, said.err
    verdict = json.loads(said.out)
    assert verdict["neither"] == []
    # Wine has no names with half a surrogate pair, and no two names that differ in case only.
    unmade = {spec.path for spec in specs() if spec.path.startswith("case/name")}
    unmade |= {spec.path for spec in specs() if _has_half_pair(spec.path)}
    assert set(verdict["unmade"]) == unmade
    equal, listed = verdict["equal"], verdict["listed"]
    assert len(equal) + len(listed) + len(unmade) == OBJECTS
    # Wine gives a file the rights that its mode can say; nothing else is lost here.
    assert {reason.partition(":")[0] for reason in listed.values()} <= {"rights"}
    assert len(equal) > 480


def _has_half_pair(path: str) -> bool:
    return any("\ud800" <= sign <= "\udfff" for sign in path)
