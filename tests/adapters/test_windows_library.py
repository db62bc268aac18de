"""What is done again because somebody looks at a new file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from offline_backup_gui.adapters import windows_library
from offline_backup_gui.adapters.windows_library import patiently
from tests.fake_ntfs import FakeNtfs, FakeWindowsFiles
from tests.fake_rights import trouble

HELD = 32


def test_a_file_that_a_scanner_looks_at_is_tried_again_until_it_is_free() -> None:
    answers, waits = [HELD, 33, HELD, 0], list[float]()

    def act() -> None:
        if code := answers.pop(0):
            raise trouble(code)

    patiently(act, waits.append)
    assert answers == []
    assert waits == sorted(waits)
    assert len(waits) == 3


def test_nobody_is_waited_for_without_end_and_no_other_refusal_is_waited_for() -> None:
    waits: list[float] = []

    def refuse(code: int) -> None:
        raise trouble(code)

    with pytest.raises(OSError, match="32"):
        patiently(lambda: refuse(HELD), waits.append)
    assert 1 < sum(waits) < 10
    waits.clear()
    with pytest.raises(PermissionError):
        patiently(lambda: refuse(5), waits.append)
    assert waits == []


@pytest.mark.skipif(os.name == "nt", reason="the fake lies on a Unix folder")
def test_a_restored_file_gets_its_name_although_a_scanner_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = FakeNtfs(str(tmp_path / "side"))
    files, replace, tries = FakeWindowsFiles(lambda: door), os.replace, [HELD, HELD]
    (tmp_path / "part").write_bytes(b"new")

    def held(source: bytes, target: bytes) -> None:
        if tries:
            error = PermissionError(13, "in use")
            error.winerror = tries.pop()  # type: ignore[attr-defined]
            raise error
        replace(source, target)

    monkeypatch.setattr(windows_library, "_PAUSES_S", (0.0, 0.0, 0.0))
    monkeypatch.setattr(os, "replace", held)
    files.rename(bytes(tmp_path / "part"), bytes(tmp_path / "file"))
    assert (tmp_path / "file").read_bytes() == b"new"
