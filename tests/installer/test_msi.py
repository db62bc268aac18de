"""What Windows Installer needs to know for an upgrade, and Wine does not ask for."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from installer.windows.digest import files_of
from installer.windows.msi import make_msi
from installer.windows.pe import version_of
from installer.windows.places import Places, version
from installer.windows.stage import Staged
from tests.installer.few import few_files

GUID = re.compile(r"\{[0-9a-fA-F-]{36}\}")


@pytest.fixture(scope="module")
def few(staged: Staged, tmp_path_factory: pytest.TempPathFactory) -> Staged:
    """Give a few files, among them a library of Python and a module without a version."""
    few = few_files(staged, tmp_path_factory.mktemp("msi") / "few")
    for name in ("runtime/python311.dll", "lib/_cffi_backend.cp311-win_amd64.pyd"):
        shutil.copyfile(staged.folder / name, few.folder / name)
    return few


@pytest.fixture(scope="module")
def msi(few: Staged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    places = Places(build=folder / "build", dist=folder / "dist")
    places.objects.mkdir(parents=True)
    shutil.copyfile(Places().objects / "app.ico", places.objects / "app.ico")
    return make_msi(places, few, None, number="1.2.3")


def table(msi: Path, name: str) -> list[list[str]]:
    """Give the rows of a table."""
    command = ["msiinfo", "export", str(msi), name]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in told.replace("\r", "").splitlines()[3:]]


def properties(msi: Path) -> dict[str, str]:
    return {row[0]: row[1] for row in table(msi, "Property")}


def test_program_files_say_their_version_so_that_an_upgrade_does_not_lose_them(
    msi: Path, few: Staged
) -> None:
    said = {row[2]: (row[4], row[5]) for row in table(msi, "File")}
    hashed = {row[0] for row in table(msi, "MsiFileHash")}
    keys = {row[2]: row[0] for row in table(msi, "File")}
    for name in ("OfflineBackup.exe", "offline-backup.exe"):
        assert said[name] == (f"{version()}.0", "1033")
        assert keys[name] not in hashed
    python = version_of(few.folder / "runtime/python311.dll")
    assert python is not None
    assert python.numbers[:2] == (3, 11)
    assert said["python311.dll"] == (python.text, "0")
    # What has no version is known by its hash.
    for name in ("_cffi_backend.cp311-win_amd64.pyd", "qt.conf"):
        assert said[name] == ("", "")
        assert keys[name] in hashed
    assert len(said) <= len(files_of(few.folder))


def test_a_release_with_an_older_library_installs_it_all_the_same(msi: Path) -> None:
    assert properties(msi)["REINSTALLMODE"] == "amus"


def test_an_upgrade_that_ends_early_brings_the_earlier_version_back(msi: Path) -> None:
    at = {row[0]: int(row[2]) for row in table(msi, "InstallExecuteSequence")}
    assert at["InstallInitialize"] < at["RemoveExistingProducts"] < at["ProcessComponents"]


def test_the_same_version_built_anew_takes_the_place_of_the_one_before(msi: Path) -> None:
    older = next(row for row in table(msi, "Upgrade") if row[6] == "WIX_UPGRADE_DETECTED")
    assert (older[0], older[2]) == (properties(msi)["UpgradeCode"], "1.2.3")
    assert int(older[4]) & 0x200  # msidbUpgradeAttributesVersionMaxInclusive
    assert not int(older[4]) & 0x2  # msidbUpgradeAttributesOnlyDetect


def test_what_was_searched_for_is_known_after_the_question_about_rights(msi: Path) -> None:
    searched = {row[0] for row in table(msi, "AppSearch")}
    assert searched == {"OSBUILD", "INSTALLEDBY"}
    assert searched <= set(properties(msi)["SecureCustomProperties"].split(";"))


def test_nobody_names_another_folder_on_the_command_line(msi: Path) -> None:
    # A property in capitals can be set there; TARGETDIR moves nothing of ours.
    public = {row[0] for row in table(msi, "Directory") if row[0].upper() == row[0]}
    assert public == {"TARGETDIR"}


def test_every_identity_is_written_in_capitals(msi: Path) -> None:
    found = [
        guid
        for name in ("Property", "Upgrade", "Component")
        for row in table(msi, name)
        for guid in GUID.findall("\t".join(row))
    ]
    assert len(found) > 6
    assert [guid for guid in found if guid != guid.upper()] == []


def test_components_keep_their_identity_from_version_to_version(
    msi: Path, few: Staged, tmp_path: Path
) -> None:
    places = Places(build=tmp_path / "build", dist=tmp_path / "dist")
    places.objects.mkdir(parents=True)
    shutil.copyfile(Places().objects / "app.ico", places.objects / "app.ico")
    newer = make_msi(places, few, None, number="1.3.0")

    def identities(one: Path) -> set[tuple[str, str]]:
        return {(row[0], row[1]) for row in table(one, "Component")}

    assert identities(newer) == identities(msi)
    assert properties(newer)["UpgradeCode"] == properties(msi)["UpgradeCode"]
    assert properties(newer)["ProductCode"] != properties(msi)["ProductCode"]


def test_it_is_for_every_language_of_windows_and_its_umlauts_have_a_code_page(msi: Path) -> None:
    assert properties(msi)["ProductLanguage"] == "0"
    command = ["msiinfo", "suminfo", str(msi)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Template: x64;0\n" in told
    command = ["msiinfo", "export", str(msi), "_ForceCodepage"]
    page = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert page.split()[:2] == ["1252", "_ForceCodepage"]
    assert "benötigt".encode("cp1252") in msi.read_bytes()
