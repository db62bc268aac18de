"""Windows Server 2019 can load every library that is shipped, and a planted bad one is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from installer.windows.import_gate import import_faults
from installer.windows.pe import Binary, binaries, read_binary
from installer.windows.stage import Staged
from installer.windows.windows_2019 import LIBRARIES, MISSING
from tests.installer import planting


def _faults(tree: Path) -> list[str]:
    return list(import_faults([read_binary(path) for path in binaries(tree)], tree))


@pytest.fixture(scope="module")
def shipped(staged: Staged) -> list[Binary]:
    return [read_binary(path) for path in binaries(staged.folder)]


def test_windows_server_2019_can_load_everything_that_is_shipped(
    staged: Staged, shipped: list[Binary]
) -> None:
    assert len(shipped) > 50
    assert sum(len(one.imports) for one in shipped) > 10_000
    assert list(import_faults(shipped, staged.folder)) == []


def test_every_library_of_windows_on_the_list_is_used_or_harmless(shipped: list[Binary]) -> None:
    shipped_names = {one.path.name.lower() for one in shipped}
    used = {wanted.library for one in shipped for wanted in one.imports} - shipped_names
    named = {name.removesuffix(".dll") for name in used if not name.startswith("api-ms-")}
    assert named <= LIBRARIES
    assert len(named) > 30


@pytest.mark.parametrize(
    ("library", "function", "said"),
    [
        ("kernel32.dll", "GetTempPath2W", "kernel32.dll!GetTempPath2W, which Windows has from"),
        ("icu.dll", "u_init", "icu.dll, which is neither shipped nor known"),
        ("api-ms-win-core-ioring-l1-1-0.dll", "CreateIoRing", "neither shipped nor known"),
    ],
)
def test_a_planted_library_that_server_2019_cannot_load_is_found(
    tmp_path: Path, library: str, function: str, said: str
) -> None:
    planting.importing(tmp_path / "lib" / "bad.dll", library, function)
    (fault,) = _faults(tmp_path)
    assert fault.startswith("lib/bad.dll needs ")
    assert said in fault


def test_a_shipped_library_must_have_what_others_take_from_it(tmp_path: Path) -> None:
    planting.library(tmp_path / "ours.dll", "__declspec(dllexport) int there(void) { return 1; }")
    planting.importing(tmp_path / "good.dll", "ours.dll", "there")
    assert _faults(tmp_path) == []
    planting.importing(tmp_path / "bad.dll", "ours.dll", "gone")
    assert _faults(tmp_path) == [f"bad.dll needs ours.dll!gone, which {tmp_path.name} lacks"]


def test_what_is_missing_is_named_with_a_build_after_server_2019() -> None:
    builds = [build for functions in MISSING.values() for build in functions.values()]
    assert min(builds) > 17763


def test_more_exports_are_read_than_one_library_of_qt_has(shipped: list[Binary]) -> None:
    gui = next(one for one in shipped if one.path.name == "Qt6Gui.dll")
    assert len([name for name in gui.exports if not name.startswith("#")]) > 9_000


def test_a_file_that_is_no_program_ends_the_build(tmp_path: Path) -> None:
    (tmp_path / "torn.dll").write_bytes(b"MZ" + b"\0" * 100)
    with pytest.raises(SystemExit, match="no program for Windows"):
        read_binary(tmp_path / "torn.dll")
