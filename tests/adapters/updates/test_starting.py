"""A setup is started only when the bytes that run are the bytes that were signed."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pytest

from offline_backup_gui.adapters.updates.starting import start_setup, system_start
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.updates import Release


def _plain(path: Path) -> IO[bytes]:
    return path.open("rb")


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    """Give a program that leaves a note: a real process stands for the setup."""
    path = tmp_path / "setup.sh"
    path.write_text(f"#!/bin/sh\necho started > {tmp_path}/note\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def _release(path: Path) -> Release:
    data = path.read_bytes()
    return Release("1.1.0", "", len(data), hashlib.sha256(data).hexdigest())


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True)


def test_the_signed_setup_is_started(setup: Path, tmp_path: Path) -> None:
    start_setup(setup, _release(setup), hold=_plain, spawn=_run)
    assert (tmp_path / "note").read_text() == "started\n"


@pytest.mark.parametrize("change", [b"", b"x", b"longer than before by some bytes"])
def test_a_setup_that_changed_meanwhile_is_not_started(setup: Path, change: bytes) -> None:
    release = _release(setup)
    spawned: list[Sequence[str]] = []
    data = setup.read_bytes()
    setup.write_bytes(change + data[len(change) :] if len(change) == 1 else data + change + b"\n")
    with pytest.raises(BackupError) as caught:
        start_setup(setup, release, hold=_plain, spawn=spawned.append)
    assert caught.value.code is ErrorCode.UPDATE_NOT_GENUINE
    assert spawned == []


def test_the_file_is_held_while_it_is_started(setup: Path) -> None:
    """The same open file is hashed and still open when the program starts."""
    held: list[IO[bytes]] = []

    def hold(path: Path) -> IO[bytes]:
        held.append(path.open("rb"))
        return held[-1]

    open_then: list[bool] = []
    start_setup(
        setup, _release(setup), hold=hold, spawn=lambda _c: open_then.append(not held[0].closed)
    )
    assert (open_then, held[0].closed) == ([True], True)


def test_a_setup_that_went_away_or_does_not_start_is_told(setup: Path, tmp_path: Path) -> None:
    release = _release(setup)

    def refuse(_command: Sequence[str]) -> None:
        raise PermissionError(13, "Permission denied")

    for path, spawn, code in (
        (setup, refuse, ErrorCode.UPDATE_NOT_STARTED),
        (tmp_path / "gone", _run, ErrorCode.UPDATE_NOT_READY),
    ):
        with pytest.raises(BackupError) as caught:
            start_setup(path, release, hold=_plain, spawn=spawn)
        assert caught.value.code is code


@pytest.mark.skipif(sys.platform == "win32", reason="there it starts")
def test_no_setup_is_started_on_other_systems(setup: Path) -> None:
    with pytest.raises(BackupError) as caught:
        system_start(setup, _release(setup))
    assert caught.value.code is ErrorCode.UPDATE_NOT_STARTED
    assert not os.path.exists(setup.parent / "note")
