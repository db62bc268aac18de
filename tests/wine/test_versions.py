"""Setup, uninstaller and MSI on a Windows: what they put there, what they keep, what they refuse.

The program they install here has a few files; the journey runs with the whole one.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from installer.windows.digest import files_of, tree_digest
from installer.windows.launchers import SOURCES
from installer.windows.msi import make_msi
from installer.windows.nsis import make_setup
from installer.windows.places import Places
from tests.installer.built import staged_once
from tests.installer.few import few_files
from tests.wine.machine import PROGRAM_FOLDER, STATE_FOLDER, Machine, until
from tests.wine.screen import Screen

OLD, NEW = "1.0.0", "1.1.0"
FOLDER = r"C:\Tools\OB"  # NSIS takes no quotes around a folder, and Wine adds them to spaces
KEY = r"HKLM\Software\Offline Backup"
ARP = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall\OfflineBackup"
VERSIONS = r"HKCU\Software\Wine\AppDefaults"
CURRENT = r"HKLM\Software\Microsoft\Windows NT\CurrentVersion"
DESKTOP = r"C:\users\Public\Desktop\Offline Backup.lnk"
START_MENU = r"C:\ProgramData\Microsoft\Windows\Start Menu\Programs\Offline Backup.lnk"


@pytest.fixture(scope="module")
def bare(screen: Screen, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Give a Windows of our own, with two versions of setup and MSI in C:\\rig."""
    found = Machine(tmp_path_factory.mktemp("bare"), screen.display)
    try:
        found.make()
        _bring_versions(found)
        yield found
    finally:
        found.end()
        shutil.rmtree(found.root)


def _bring_versions(machine: Machine) -> None:
    staged = staged_once()
    for number in (OLD, NEW):
        few = few_files(staged, machine.root / f"few-{number}", number)
        places = Places(build=machine.root / "build", dist=machine.here(r"C:\rig"))
        places.objects.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Places().objects / "app.ico", places.objects / "app.ico")
        make_setup(places, few, None, quick=True, number=number)
        make_msi(places, few, None, number=number)


def _setup(machine: Machine, number: str, *words: str) -> int:
    return machine.run(rf"C:\rig\OfflineBackup-{number}-setup.exe", "/S", *words).code


def _uninstall(machine: Machine, folder: str, *words: str) -> None:
    assert machine.run(folder + r"\uninstall.exe", "/S", *words).code == 0
    # It goes on in a copy of itself; the registry comes last.
    until(lambda: not machine.registry(ARP), "the uninstaller to end")


def _few(machine: Machine, number: str) -> Path:
    return machine.root / f"few-{number}"


def _installed(machine: Machine, folder: str) -> dict[str, bytes]:
    tree = machine.here(folder)
    found = {path.relative_to(tree).as_posix(): path.read_bytes() for path in files_of(tree)}
    found.pop("uninstall.exe", None)
    return found


def _expected(machine: Machine, number: str) -> dict[str, bytes]:
    tree = _few(machine, number)
    return {path.relative_to(tree).as_posix(): path.read_bytes() for path in files_of(tree)}


def test_setup_installs_for_everybody_and_the_uninstaller_removes_all_when_told(
    bare: Machine,
) -> None:
    before = bare.files()
    assert _setup(bare, OLD) == 0
    assert _installed(bare, PROGRAM_FOLDER) == _expected(bare, OLD)
    assert bare.here(DESKTOP).is_file()
    assert bare.here(START_MENU).is_file()
    assert bare.registry(KEY) == {
        "InstallDir": PROGRAM_FOLDER,
        "InstalledBy": "setup",
        "Version": OLD,
    }
    listed = bare.registry(ARP)
    assert (listed["DisplayName"], listed["DisplayVersion"]) == ("Offline Backup", OLD)
    assert listed["QuietUninstallString"] == rf'"{PROGRAM_FOLDER}\uninstall.exe" /S'
    bare.here(STATE_FOLDER + r"\plans").mkdir(parents=True)
    bare.here(STATE_FOLDER + r"\plans\one.toml").write_text("plan")
    _uninstall(bare, PROGRAM_FOLDER, "/REMOVESTATE")
    until(lambda: not bare.here(STATE_FOLDER).exists(), "the state to go")
    assert {name for name in bare.files() - before if "Offline Backup" in name} == set()
    assert bare.registry(KEY) == {}


@pytest.fixture
def ours(bare: Machine) -> Iterator[Machine]:
    """Give the Windows with the older version in a folder that somebody chose."""
    assert _setup(bare, OLD, "/NODESKTOP", f"/D={FOLDER}") == 0
    assert _installed(bare, FOLDER) == _expected(bare, OLD)
    yield bare
    if bare.here(FOLDER + r"\uninstall.exe").exists():
        _uninstall(bare, FOLDER)
    shutil.rmtree(bare.here(FOLDER), ignore_errors=True)


def test_an_upgrade_leaves_nothing_old_and_the_uninstaller_keeps_plans(ours: Machine) -> None:
    assert not ours.here(DESKTOP).exists()
    folder = ours.here(FOLDER)
    # Another folder would leave this one behind.
    assert _setup(ours, NEW, r"/D=C:\Other") == 6
    assert not ours.here(r"C:\Other").exists()
    assert _installed(ours, FOLDER) == _expected(ours, OLD)
    (folder / "app/stale.pyc").write_text("of the earlier version")
    # What a setup leaves that was killed between two folders.
    (folder / "old-version").mkdir()
    (folder / "lib").rename(folder / "old-version/lib")
    (folder / "new-version").mkdir()
    assert _setup(ours, NEW, "/NODESKTOP") == 0
    assert _installed(ours, FOLDER) == _expected(ours, NEW)
    assert ours.registry(ARP)["DisplayVersion"] == NEW
    assert _setup(ours, OLD) == 7
    assert _installed(ours, FOLDER) == _expected(ours, NEW)
    (folder / "notes.txt").write_text("not of setup")
    ours.here(STATE_FOLDER).mkdir()
    ours.here(STATE_FOLDER + r"\state.db").write_text("plans")
    _uninstall(ours, FOLDER)
    until(lambda: [path.name for path in folder.iterdir()] == ["notes.txt"], "all else to go")
    assert ours.here(STATE_FOLDER + r"\state.db").read_text() == "plans"
    shutil.rmtree(ours.here(STATE_FOLDER))


_WAIT = """
#include <stdio.h>
int main(int count, char **given) {
    FILE *held = count > 1 ? fopen(given[1], "r") : NULL;
    if (count > 1 && held == NULL) return 1;
    puts("running");
    fflush(stdout);
    return getchar() == 'x';
}
"""


def _waiting_program(machine: Machine) -> Path:
    """Compile a program that opens the file it is given, says so, and runs until its input ends."""
    source = machine.here(r"C:\rig\wait.c")
    source.write_text(_WAIT)
    target = source.with_suffix(".exe")
    subprocess.run(["x86_64-w64-mingw32-gcc", str(source), "-o", str(target)], check=True)
    return target


@contextmanager
def _running(machine: Machine, *command: str) -> Iterator[None]:
    """Keep the waiting program running."""
    running = subprocess.Popen(
        ["wine", *command],
        env=machine.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert running.stdin is not None
    assert running.stdout is not None
    try:
        assert running.stdout.readline().strip() == b"running"
        yield
    finally:
        running.stdin.close()
        running.wait(timeout=60)
        running.stdout.close()


def test_an_upgrade_that_cannot_be_done_leaves_the_earlier_version(ours: Machine) -> None:
    waiting = _waiting_program(ours)
    # Four folders have changed places when it is the turn of this file.
    with _running(ours, r"C:\rig\wait.exe", FOLDER + r"\qt.conf"):
        assert _setup(ours, NEW) == 5
    assert _installed(ours, FOLDER) == _expected(ours, OLD)
    shutil.copyfile(waiting, ours.here(FOLDER + r"\OfflineBackup.exe"))
    before = tree_digest(ours.here(FOLDER))
    with _running(ours, FOLDER + r"\OfflineBackup.exe"):
        assert _setup(ours, NEW) == 4
        # With its last word the uninstaller stays itself, and its code is its own.
        assert ours.run(FOLDER + r"\uninstall.exe", "/S", f"_?={FOLDER}").code == 4
    assert tree_digest(ours.here(FOLDER)) == before
    assert ours.registry(KEY)["Version"] == OLD


def test_setup_refuses_folders_that_do_not_do_and_an_old_windows(
    bare: Machine, tmp_path: Path
) -> None:
    foreign = bare.here(r"C:\Foreign")
    foreign.mkdir()
    (foreign / "letter.txt").write_text("not ours")
    assert _setup(bare, OLD, r"/D=C:\Foreign") == 6
    assert [path.name for path in foreign.iterdir()] == ["letter.txt"]
    bare.plug("E:", tmp_path / "stick")
    try:
        assert _setup(bare, OLD, r"/D=E:\Backup") == 6
    finally:
        bare.unplug("E:")
    assert list((tmp_path / "stick").iterdir()) == []
    name = f"OfflineBackup-{OLD}-setup.exe"
    bare.run("reg", "add", rf"{VERSIONS}\{name}", "/v", "Version", "/d", "win81", "/f")
    try:
        assert _setup(bare, OLD) == 3
    finally:
        bare.run("reg", "delete", rf"{VERSIONS}\{name}", "/f")
    assert not bare.here(PROGRAM_FOLDER).exists()
    assert bare.registry(KEY) == {}


def _msi(machine: Machine, number: str, what: str = "/i") -> int:
    return machine.run("msiexec", what, rf"C:\rig\OfflineBackup-{number}.msi", "/qn").code


def _set_build(machine: Machine, number: str) -> None:
    machine.run("reg", "add", CURRENT, "/v", "CurrentBuildNumber", "/d", number, "/f")


def test_the_msi_installs_upgrades_and_goes_and_refuses_an_old_windows(
    bare: Machine,
) -> None:
    _set_build(bare, "14393")
    assert _msi(bare, OLD) != 0
    assert not bare.here(PROGRAM_FOLDER).exists()
    _set_build(bare, "17763")
    assert _msi(bare, OLD) == 0
    assert _installed(bare, PROGRAM_FOLDER) == _expected(bare, OLD)
    assert bare.registry(KEY)["InstalledBy"] == "msi"
    assert _setup(bare, NEW) == 8
    assert _msi(bare, NEW) == 0
    assert _installed(bare, PROGRAM_FOLDER) == _expected(bare, NEW)
    assert _msi(bare, NEW, "/x") == 0
    assert not bare.here(PROGRAM_FOLDER).exists()
    assert bare.registry(KEY) == {}


def test_the_msi_does_not_install_over_setup(ours: Machine) -> None:
    assert _msi(ours, NEW) != 0
    assert _installed(ours, FOLDER) == _expected(ours, OLD)
    assert not ours.here(PROGRAM_FOLDER).exists()


HOSTILE = {
    "PYTHONPATH": "C:\\evil",
    "PYTHONHOME": "C:\\evil",
    "pythonstartup": "C:\\evil\\start.py",
    "QT_PLUGIN_PATH": "C:\\evil",
    "QT_QPA_PLATFORM_PLUGIN_PATH": "C:\\evil",
    "QML_IMPORT_PATH": "C:\\evil",
    "OPENSSL_CONF": "C:\\evil\\openssl.cnf",
    "OPENSSL_MODULES": "C:\\evil",
    "SSL_CERT_FILE": "C:\\evil\\ca.pem",
    "SSLKEYLOGFILE": "C:\\evil\\keys.txt",
    "REQUESTS_CA_BUNDLE": "C:\\evil\\ca.pem",
    "CURL_CA_BUNDLE": "C:\\evil\\ca.pem",
    "QT_SCALE_FACTOR": "1.5",
    "HTTPS_PROXY": "proxy:8080",
}
_SHOW = """
#include "hardening.h"
#include <stdio.h>
#include <wchar.h>
int wmain(int count, wchar_t **given) {
    /* Wine passes no QT_ variable of this computer on, so they are set here. */
    for (int at = 1; at < count; at++) {
        wchar_t *equals = wcschr(given[at], L'=');
        *equals = 0;
        SetEnvironmentVariableW(given[at], equals + 1);
    }
    restrict_library_search();
    if (!clean_environment(L"C:\\\\rig")) return 1;
    wprintf(L"loaded %d\\n", LoadLibraryW(L"planted.dll") != NULL);
    wchar_t *block = GetEnvironmentStringsW();
    for (wchar_t *entry = block; *entry; entry += wcslen(entry) + 1) wprintf(L"%ls\\n", entry);
    return 0;
}
"""


def test_the_launchers_clean_their_environment_and_load_nothing_from_the_current_folder(
    machine: Machine,
) -> None:
    show = machine.here(r"C:\rig\show.c")
    show.write_text(_SHOW)
    command = ["x86_64-w64-mingw32-gcc", "-municode", f"-I{SOURCES}", str(show)]
    program = machine.here(r"C:\rig\show.exe")
    subprocess.run([*command, str(SOURCES / "hardening.c"), "-o", str(program)], check=True)
    # The current folder of a program that is started here is C:\\.
    planted = machine.here("C:\\planted.dll")
    source = ["-shared", "-nostdlib", "-Wl,-e,0", "-x", "c", "/dev/null", "-o", str(planted)]
    subprocess.run(["x86_64-w64-mingw32-gcc", *source], check=True)
    said = machine.run(r"C:\rig\show.exe", *(f"{name}={value}" for name, value in HOSTILE.items()))
    planted.unlink()
    assert said.code == 0
    lines = said.out.splitlines()
    assert lines[0] == "loaded 0"
    left = dict(line.split("=", 1) for line in lines[1:] if line and line[0] != "=")
    assert not [value for value in left.values() if "evil" in value]
    assert "SSLKEYLOGFILE" not in left
    assert left["OPENSSL_CONF"] == r"C:\rig\runtime\openssl.cnf"
    assert left["SSL_CERT_FILE"] == r"C:\rig\lib\certifi\cacert.pem"
    assert left["QT_SCALE_FACTOR"] == "1.5"
    assert left["HTTPS_PROXY"] == "proxy:8080"
    assert all(part.lower().startswith("c:\\windows") for part in left["PATH"].split(";"))
