"""The benchmarks are run by hand: that each still fits the program is seen on a little data."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from benchmarks import corpora, drives, floor, mirror, scan
from benchmarks.timing import in_own_process
from tests.trees import write


@pytest.fixture
def source(tmp_path: Path) -> Path:
    corpora.mixed(tmp_path / "source", 0.002)
    return tmp_path / "source"


def test_the_plain_copy_can_be_measured(tmp_path: Path) -> None:
    mirror.staging(tmp_path / "staging", 0.001)
    made = in_own_process(
        "benchmarks.mirror", "mirror", str(tmp_path / "staging"), str(tmp_path / "target")
    )
    assert made["files"] == len(list((tmp_path / "staging").iterdir()))
    assert cast(float, made["copy_s"]) > 0
    assert cast(float, made["verify_s"]) > 0
    steps = mirror.primitives(str(tmp_path / "staging"), str(tmp_path / "second"))
    assert steps.keys() == {"open", "read", "md5", "blake3", "write"}


def test_a_copy_can_be_measured_beside_its_primitives(tmp_path: Path, source: Path) -> None:
    made = floor.engine(str(source), str(tmp_path / "engine"))
    steps = floor.primitives(str(source), str(tmp_path / "steps"))
    assert cast(int, made["stored_bytes"]) > 0
    assert cast(float, made["copy_cpu_s"]) > 0
    assert cast(float, steps["copy_cpu_s"]) > 0


def test_slow_drives_can_be_measured(tmp_path: Path) -> None:
    (tmp_path / "office").mkdir()
    write(bytes(tmp_path / "office" / "file"), bytes(range(256)) * 4096)
    made = drives.copy((tmp_path / "office",), tmp_path / "run", 2, 40.0)
    assert made["mb_s"] > 0


def test_a_scan_can_be_measured(tmp_path: Path) -> None:
    scan.fill(tmp_path / "source", 1)
    counted = {scan.FILES_A_FOLDER}
    assert {scan.plain(str(tmp_path / "source"))["files"]} == counted
    assert {scan.counter(str(tmp_path / "source"))["files"]} == counted
    assert scan.copied(str(tmp_path / "source"), str(tmp_path))["files"] == scan.FILES_A_FOLDER
