"""The MSI: refused beside what setup installed, then installed, upgraded and removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from installer.windows.digest import size_bytes
from installer.windows.msi import make_msi
from installer.windows.places import Places
from installer.windows.stage import Staged
from tests.installer.built import staged_once
from tests.wine.machine import GUARD_S, PROGRAM_FOLDER, Machine

OWN_KEY = r"HKLM\Software\Offline Backup"
FAILED = 1603 % 256  # what is left of it in an exit code outside of Windows
STATE = r"C:\ProgramData\Offline Backup\plans\kept by the msi"


@pytest.fixture
def msi(machine: Machine, tmp_path: Path) -> Callable[[str], str]:
    """Give MSIs of a few files: what Windows does with them does not depend on their number."""
    staged_once()
    places = Places(build=tmp_path / "build", dist=machine.here(r"C:\msi"))
    places.objects.mkdir(parents=True)
    (places.objects / "app.ico").write_bytes((Places().objects / "app.ico").read_bytes())

    def make(number: str) -> str:
        tree = tmp_path / number
        for name in ("OfflineBackup.exe", "app/which.txt", f"app/only in {number}.txt"):
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_text(number)
        few = Staged(tree, "0" * 64, size_bytes(tree))
        return rf"C:\msi\{make_msi(places, few, None, number=number).name}"

    return make


def test_an_msi_is_refused_installed_upgraded_and_removed(
    machine: Machine, msi: Callable[[str], str]
) -> None:
    def do(what: str, file: str) -> int:
        # Without a pipe: the installer's service would hold it open for 20 seconds each time.
        return machine.start("msiexec", what, file, "/qn").wait(timeout=GUARD_S)

    old, new, folder = msi("1.0.0"), msi("1.1.0"), machine.here(PROGRAM_FOLDER)
    kept = machine.here(STATE)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch()
    machine.run("reg", "add", OWN_KEY, "/v", "InstalledBy", "/d", "setup", "/f")
    assert do("/i", old) == FAILED
    assert not folder.exists()
    machine.run("reg", "delete", OWN_KEY, "/f")

    assert do("/i", old) == 0
    assert (folder / "app/which.txt").read_text() == "1.0.0"
    assert machine.registry(OWN_KEY)["InstalledBy"] == "msi"
    assert do("/i", new) == 0
    assert [path.name for path in sorted((folder / "app").iterdir())] == [
        "only in 1.1.0.txt",
        "which.txt",
    ]
    assert machine.registry(OWN_KEY)["Version"] == "1.1.0"
    assert do("/i", old) == FAILED
    assert (folder / "app/which.txt").read_text() == "1.1.0"
    assert do("/x", new) == 0
    assert not folder.exists()
    assert machine.registry(OWN_KEY) == {}
    assert kept.exists()
