"""Setup, uninstaller and MSI on a Windows: what they put there, what they keep, what they refuse.

The program they install here has a few files; the journey runs with the whole one.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from installer.windows.digest import files_of, tree_digest
from installer.windows.msi import make_msi
from installer.windows.nsis import make_setup
from installer.windows.places import Places
from installer.windows.stage import Staged
from tests.installer.built import staged_once
from tests.installer.few import few_files
from tests.wine.machine import GUARD_S, PROGRAM_FOLDER, STATE_FOLDER, Machine, until

OLD, NEW = "1.0.0", "1.1.0"
FOLDER = r"C:\Tools\OB"  # NSIS takes no quotes around a folder, and Wine adds them to spaces
KEY = r"HKLM\Software\Offline Backup"
UNINSTALL = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall"
ARP = UNINSTALL + r"\OfflineBackup"
VERSIONS = r"HKCU\Software\Wine\AppDefaults"
CURRENT = r"HKLM\Software\Microsoft\Windows NT\CurrentVersion"
DESKTOP = r"C:\users\Public\Desktop\Offline Backup.lnk"
START_MENU = r"C:\ProgramData\Microsoft\Windows\Start Menu\Programs\Offline Backup.lnk"
FAILED = 1603 % 256  # what is left of it in an exit code outside of Windows
LOG_SOURCE = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Offline Backup"
TASKS = r"C:\windows\system32\Tasks\Offline Backup"
SCHTASKS = r"C:\windows\system32\schtasks.exe"
# Wine has a schtasks of its own, which keeps no files; the one of the tests goes before it.
OUR_SCHTASKS = {"WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d;schtasks.exe=n"}


@pytest.fixture(scope="module")
def bare(machine: Machine) -> Iterator[Machine]:
    """Give the Windows without our program, with two versions of setup and MSI in C:\\rig."""
    assert not machine.here(PROGRAM_FOLDER).exists(), "these tests come before the others"
    _bring_versions(machine)
    yield machine
    if machine.here(FOLDER + r"\uninstall.exe").exists():
        _uninstall(machine, FOLDER)
    shutil.rmtree(machine.here(FOLDER), ignore_errors=True)


def _bring_versions(machine: Machine) -> None:
    staged = staged_once()
    for number in (OLD, NEW):
        few = few_files(staged, _few(machine, number), number)
        (few.folder / f"app/only in {number}.txt").touch()
        places = _places(machine)
        places.objects.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Places().objects / "app.ico", places.objects / "app.ico")
        make_setup(places, few, None, quick=True, number=number)
        make_msi(places, few, None, number=number)


def _places(machine: Machine) -> Places:
    return Places(build=machine.root / "build", dist=machine.here(r"C:\rig"))


def _setup(machine: Machine, number: str, *words: str) -> int:
    setup = rf"C:\rig\OfflineBackup-{number}-setup.exe"
    return machine.run(setup, "/S", *words, environment=OUR_SCHTASKS).code


def _uninstall(machine: Machine, folder: str, *words: str) -> None:
    assert machine.run(folder + r"\uninstall.exe", "/S", *words, environment=OUR_SCHTASKS).code == 0
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


class Made:
    """What the program makes in Windows beside its files and its state."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._log = machine.here(r"C:\rig\schtasks.log")
        self.tasks = machine.here(TASKS)

    def make(self) -> None:
        """Make a task for each of two plans, and the source in the Application log."""
        self.tasks.mkdir(parents=True, exist_ok=True)
        for name in ("branch-042", "second plan"):
            (self.tasks / name).write_text("<Task/>")
        self._machine.run("reg", "add", LOG_SOURCE, "/v", "TypesSupported", "/d", "7", "/f")
        self._log.unlink(missing_ok=True)

    def assert_kept(self) -> None:
        """Nobody touched the tasks or the source."""
        assert not self._log.exists()
        assert sorted(path.name for path in self.tasks.iterdir()) == ["branch-042", "second plan"]
        assert self._machine.registry(LOG_SOURCE) != {}

    def assert_gone(self) -> None:
        """Both tasks were asked to go by name, and did; and so did the source."""
        assert sorted(self._log.read_text().splitlines()) == [
            "/Delete|/TN|Offline Backup\\branch-042|/F",
            "/Delete|/TN|Offline Backup\\second plan|/F",
        ]
        assert list(self.tasks.iterdir()) == []
        assert self._machine.registry(LOG_SOURCE) == {}


@pytest.fixture
def made(bare: Machine) -> Iterator[Made]:
    """Put our schtasks in the place of Wine's."""
    found, original, aside = Made(bare), bare.here(SCHTASKS), bare.root / "schtasks of wine"
    shutil.copyfile(original, aside)
    shutil.copyfile(bare.here(r"C:\rig\schtasks.exe"), original)
    yield found
    shutil.copyfile(aside, original)
    shutil.rmtree(found.tasks.parent, ignore_errors=True)


def test_setup_installs_for_everybody_and_the_uninstaller_removes_all_when_told(
    bare: Machine, made: Made
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
    # Whoever may write there before us could lead the uninstaller away by a junction.
    elsewhere = bare.here(r"C:\rig\elsewhere")
    elsewhere.mkdir()
    (elsewhere / "letter.txt").write_text("not ours")
    bare.here(STATE_FOLDER + r"\plans\away").symlink_to(elsewhere, target_is_directory=True)
    made.make()
    _uninstall(bare, PROGRAM_FOLDER, "/REMOVESTATE")
    # Wine cannot remove a link to a folder; Windows removes a junction, and nothing behind it.
    state = bare.here(STATE_FOLDER)
    until(lambda: [path.name for path in state.rglob("*")] == ["plans", "away"], "the state to go")
    assert (elsewhere / "letter.txt").read_text() == "not ours"
    shutil.rmtree(state)
    made.assert_gone()
    # An empty folder of tasks stays where PowerShell does nothing, as in Wine.
    left = {name for name in bare.files() - before if "Offline Backup" in name}
    assert left == {bare.there(made.tasks)}
    assert bare.registry(KEY) == {}


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
    # Who may rename a folder above could put another program into the place of ours.
    shared = bare.here(r"C:\Shared")
    (shared / "admins").mkdir(parents=True)
    shared.chmod(0o777)
    assert _setup(bare, OLD, r"/D=C:\Shared\admins\OB") == 6
    assert list((shared / "admins").iterdir()) == []
    shutil.rmtree(shared)
    name = f"OfflineBackup-{OLD}-setup.exe"
    bare.run("reg", "add", rf"{VERSIONS}\{name}", "/v", "Version", "/d", "win81", "/f")
    try:
        assert _setup(bare, OLD) == 3
    finally:
        bare.run("reg", "delete", rf"{VERSIONS}\{name}", "/f")
    assert not bare.here(PROGRAM_FOLDER).exists()
    assert bare.registry(KEY) == {}


def _msi(machine: Machine, number: str, what: str = "/i") -> int:
    # Without a pipe: the installer's service would hold it open for 20 seconds each time.
    file = rf"C:\rig\OfflineBackup-{number}.msi"
    running = machine.start("msiexec", what, file, "/qn", environment=OUR_SCHTASKS)
    return running.wait(timeout=GUARD_S)


def _set_build(machine: Machine, number: str) -> None:
    machine.run("reg", "add", CURRENT, "/v", "CurrentBuildNumber", "/d", number, "/f")


def test_the_msi_installs_upgrades_and_goes_with_all_that_the_program_made_but_the_state(
    bare: Machine, made: Made
) -> None:
    _set_build(bare, "14393")
    assert _msi(bare, OLD) == FAILED
    assert not bare.here(PROGRAM_FOLDER).exists()
    _set_build(bare, "17763")
    assert _msi(bare, OLD) == 0
    assert _installed(bare, PROGRAM_FOLDER) == _expected(bare, OLD)
    assert bare.registry(KEY)["InstalledBy"] == "msi"
    assert _setup(bare, NEW) == 8
    # The same version, built anew, is another product to Windows and replaces the first.
    make_msi(_places(bare), Staged(_few(bare, OLD), "", 0), None, number=OLD)
    assert _msi(bare, OLD) == 0
    assert bare.run("reg", "query", UNINSTALL).out.count("{") == 1
    assert _msi(bare, NEW) == 0
    assert _installed(bare, PROGRAM_FOLDER) == _expected(bare, NEW)
    assert bare.registry(KEY)["Version"] == NEW
    assert _msi(bare, OLD) == FAILED
    assert _installed(bare, PROGRAM_FOLDER) == _expected(bare, NEW)
    kept = bare.here(STATE_FOLDER + r"\plans\one.toml")
    kept.parent.mkdir(parents=True)
    kept.write_text("plan")
    made.make()
    assert _msi(bare, NEW, "/x") == 0
    assert not bare.here(PROGRAM_FOLDER).exists()
    assert bare.registry(KEY) == {}
    made.assert_gone()
    assert kept.read_text() == "plan"
    shutil.rmtree(bare.here(STATE_FOLDER))


@pytest.fixture
def ours(bare: Machine) -> Machine:
    """Give the Windows with the older version in a folder that somebody chose."""
    if not bare.registry(KEY):
        assert _setup(bare, OLD, "/NODESKTOP", f"/D={FOLDER}") == 0
    assert _installed(bare, FOLDER) == _expected(bare, OLD)
    return bare


def test_the_msi_does_not_install_over_setup(ours: Machine) -> None:
    assert _msi(ours, NEW) == FAILED
    assert _installed(ours, FOLDER) == _expected(ours, OLD)
    assert not ours.here(PROGRAM_FOLDER).exists()


def test_an_upgrade_that_cannot_be_done_leaves_the_earlier_version(ours: Machine) -> None:
    # Four folders have changed places when it is the turn of this file.
    with ours.waiting(r"C:\rig\wait.exe", FOLDER + r"\qt.conf"):
        assert _setup(ours, NEW) == 5
    assert _installed(ours, FOLDER) == _expected(ours, OLD)
    with ours.waiting(r"C:\rig\wait.exe", FOLDER + r"\uninstall.exe"):
        assert _setup(ours, NEW) == 5
    assert _installed(ours, FOLDER) == _expected(ours, OLD)
    program = ours.here(FOLDER + r"\OfflineBackup.exe")
    shutil.copyfile(ours.here(r"C:\rig\wait.exe"), program)
    before = tree_digest(ours.here(FOLDER))
    with ours.waiting(FOLDER + r"\OfflineBackup.exe"):
        assert _setup(ours, NEW) == 4
        # With its last word the uninstaller stays itself, and its code is its own.
        assert ours.run(FOLDER + r"\uninstall.exe", "/S", f"_?={FOLDER}").code == 4
    assert tree_digest(ours.here(FOLDER)) == before
    # One that was left somewhere by an earlier removal does nothing to this installation.
    left = ours.here(r"C:\Left")
    (left / "app").mkdir(parents=True)
    shutil.copyfile(ours.here(FOLDER + r"\uninstall.exe"), left / "uninstall.exe")
    assert ours.run(r"C:\Left\uninstall.exe", "/S", r"_?=C:\Left").code == 6
    assert sorted(path.name for path in left.iterdir()) == ["app", "uninstall.exe"]
    shutil.rmtree(left)
    assert ours.here(START_MENU).is_file()
    assert ours.registry(KEY)["Version"] == OLD
    shutil.copyfile(_few(ours, OLD) / program.name, program)


def test_an_upgrade_leaves_nothing_old_but_what_the_program_made_and_the_uninstaller_keeps_plans(
    ours: Machine, made: Made
) -> None:
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
    made.make()
    assert _setup(ours, NEW, "/NODESKTOP") == 0
    made.assert_kept()
    assert _installed(ours, FOLDER) == _expected(ours, NEW)
    assert ours.registry(ARP)["DisplayVersion"] == NEW
    assert _setup(ours, OLD) == 7
    assert _installed(ours, FOLDER) == _expected(ours, NEW)
    (folder / "notes.txt").write_text("not of setup")
    ours.here(STATE_FOLDER).mkdir()
    ours.here(STATE_FOLDER + r"\state.db").write_text("plans")
    _uninstall(ours, FOLDER)
    until(lambda: [path.name for path in folder.iterdir()] == ["notes.txt"], "all else to go")
    made.assert_gone()
    assert ours.here(STATE_FOLDER + r"\state.db").read_text() == "plans"
    shutil.rmtree(ours.here(STATE_FOLDER))
