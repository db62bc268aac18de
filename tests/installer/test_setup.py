"""Setup and MSI: what they say about themselves, what they hold, and who signed them.

What they do on a Windows is tested in tests/wine. A tree of a few files is packed here; packing the
whole program takes a minute.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from installer.windows.__main__ import build_installer, write_sums
from installer.windows.digest import files_of
from installer.windows.launchers import LAUNCHERS
from installer.windows.msi import OLDEST_BUILD, make_msi, product_version
from installer.windows.msi_removal import REMOVALS
from installer.windows.nsis import SCRIPTS, make_setup
from installer.windows.pe import read_binary
from installer.windows.places import ROOT, Places
from installer.windows.signing import CERTIFICATE, KEY, Signer, sign, signer_from
from installer.windows.stage import Staged, signed_copy
from offline_backup_gui.adapters import event_log
from tests.installer.few import few_files

# KnownDLLs, and one that the manifest makes Windows take from its store of side-by-side libraries.
MAPPED_BY_WINDOWS = {
    *("kernel32.dll", "user32.dll", "gdi32.dll", "advapi32.dll", "shell32.dll", "ole32.dll"),
    "comctl32.dll",
}
DEFINED = re.compile(r"^!define EXIT_\w+ (\d+)$", re.MULTILINE)
SENTENCE = re.compile(r"^LangString (\w+) \$\{LANG_(\w+)\} \"(.+)\"$", re.MULTILINE)


@pytest.fixture
def places(tmp_path: Path, staged: Staged) -> Places:
    made = Places(build=tmp_path / "build", dist=tmp_path / "dist")
    made.objects.mkdir(parents=True)
    shutil.copyfile(Places().objects / "app.ico", made.objects / "app.ico")
    return made


@pytest.fixture
def few(tmp_path: Path, staged: Staged) -> Staged:
    """Give a stage of a few files."""
    return few_files(staged, tmp_path / "few")


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    folder = tmp_path_factory.mktemp("signer")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-sha256", "-days", "2", "-nodes"]
    command += ["-keyout", "key.pem", "-out", "cert.pem", "-subj", "/CN=Somebody Who Builds"]
    command += ["-addext", "extendedKeyUsage=critical,codeSigning"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return Signer(folder / "cert.pem", folder / "key.pem")


def _verified(file: Path, signer: Signer) -> bool:
    command = ["osslsigncode", "verify", "-CAfile", str(signer.certificate), "-in", str(file)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_setup_is_a_64_bit_program_that_asks_for_elevation(places: Places, few: Staged) -> None:
    setup = make_setup(places, few, None, quick=True, number="1.2.3")
    assert setup.name == "OfflineBackup-1.2.3-setup.exe"
    binary = read_binary(setup)
    assert binary.is_64_bit
    assert 'level="requireAdministrator"' in binary.manifest
    # It starts in a folder of downloads: nothing that lies beside it may be loaded with its rights.
    assert {one.library for one in binary.imports} <= MAPPED_BY_WINDOWS
    assert b"SetDefaultDllDirectories" in setup.read_bytes()
    assert [path.name for path in places.dist.iterdir()] == [setup.name]


def test_an_unfinished_setup_never_has_the_final_name(places: Places, few: Staged) -> None:
    shutil.rmtree(few.folder / "app")
    shutil.rmtree(few.folder)
    with pytest.raises(subprocess.CalledProcessError):
        make_setup(places, few, None, quick=True)
    assert not list(places.dist.glob("Offline*"))


def test_every_sentence_of_setup_is_there_in_english_and_in_german() -> None:
    found = SENTENCE.findall((SCRIPTS / "words.nsh").read_text("utf-8"))
    languages: dict[str, set[str]] = {}
    for name, language, _ in found:
        languages.setdefault(name, set()).add(language)
    assert len(languages) >= 10
    assert {name: spoken for name, spoken in languages.items() if len(spoken) != 2} == {}
    used = set()
    for script in SCRIPTS.glob("*.ns?"):
        used |= set(re.findall(r"\$\(([A-Z_]+)\)", script.read_text("utf-8")))
    assert used == set(languages)


def test_the_exit_codes_of_setup_are_on_the_page_for_admins() -> None:
    page = (ROOT / "docs/installing.md").read_text()
    codes = DEFINED.findall((SCRIPTS / "setup.nsi").read_text("utf-8"))
    assert len(codes) == 6
    assert [code for code in codes if f"| {code} |" not in page] == []


def test_the_uninstaller_takes_the_log_source_of_the_program_away() -> None:
    named = f'!define LOG_SOURCE "{event_log.KEY}"'
    assert named in (SCRIPTS / "setup.nsi").read_text("utf-8")
    assert 'DeleteRegKey HKLM "${LOG_SOURCE}"' in (SCRIPTS / "uninstall.nsh").read_text("utf-8")


def test_everything_of_the_stage_is_swapped_in_and_removed_again(staged: Staged) -> None:
    script = (SCRIPTS / "swapping.nsh").read_text("utf-8")
    parts = set(re.findall(r'!insertmacro \$\{DO\} "([^"]+)"', script))
    assert parts == {path.name for path in staged.folder.iterdir()} | {"uninstall.exe"}


def test_the_msi_holds_each_file_of_the_stage(places: Places, few: Staged) -> None:
    msi = make_msi(places, few, None, number="1.2.3")
    assert product_version(msi) == "1.2.3"
    assert _rows(msi, "File") == len(files_of(few.folder))
    assert _rows(msi, "Shortcut") == 2


def test_the_msi_asks_the_registry_for_the_build_of_windows(places: Places, few: Staged) -> None:
    msi = make_msi(places, few, None)
    conditions = _table(msi, "LaunchCondition")
    assert f"OSBUILD >= {OLDEST_BUILD}" in conditions
    assert 'INSTALLEDBY = "setup"' in conditions
    assert "CurrentBuildNumber" in _table(msi, "RegLocator")


def test_the_msi_takes_what_the_program_made_along_only_when_it_goes_for_good(
    places: Places, few: Staged
) -> None:
    msi = make_msi(places, few, None)
    sequence = [line.split("\t") for line in _table(msi, "InstallExecuteSequence").splitlines()[3:]]
    order = {name: int(number) for name, _, number in sequence}
    when = {name: condition for name, condition, _ in sequence}
    for name in REMOVALS:
        assert when[name] == 'REMOVE="ALL" AND NOT UPGRADINGPRODUCTCODE'
        assert order["InstallInitialize"] < order[name] < order["RemoveFiles"]
    assert f'reg.exe delete "HKLM\\{event_log.KEY}" /f' in _table(msi, "CustomAction")


def _table(msi: Path, name: str) -> str:
    command = ["msiinfo", "export", str(msi), name]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _rows(msi: Path, name: str) -> int:
    return len(_table(msi, name).splitlines()) - 3  # names, types, keys


def test_with_a_key_all_that_people_start_is_signed(
    places: Places, few: Staged, signer: Signer
) -> None:
    before = {path: path.read_bytes() for path in files_of(few.folder)}
    whole = signed_copy(places, few, lambda file: sign(file, signer), LAUNCHERS)
    assert [_verified(whole.folder / one.file_name, signer) for one in LAUNCHERS] == [True, True]
    assert {path: path.read_bytes() for path in files_of(few.folder)} == before
    setup = make_setup(places, whole, signer, quick=True)
    msi = make_msi(places, whole, signer)
    assert _verified(setup, signer)
    assert _verified(msi, signer)
    changed = bytearray(setup.read_bytes())
    changed[len(changed) // 2] ^= 1
    setup.write_bytes(changed)
    assert not _verified(setup, signer)


def test_a_key_that_does_not_sign_ends_the_build(
    places: Places, few: Staged, signer: Signer, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no key\n")
    with pytest.raises(SystemExit, match="could not be signed"):
        sign(few.folder / LAUNCHERS[0].file_name, Signer(signer.certificate, wrong))
    with pytest.raises(subprocess.CalledProcessError):
        make_setup(places, few, Signer(signer.certificate, wrong), quick=True)
    assert not list(places.dist.glob("Offline*"))


def test_variables_name_the_signer_and_half_of_them_is_a_mistake(signer: Signer) -> None:
    both = {CERTIFICATE: str(signer.certificate), KEY: str(signer.key)}
    assert signer_from({}) is None
    assert signer_from(both) == signer
    for name in both:
        with pytest.raises(SystemExit, match="Not found"):
            signer_from({name: both[name]})


def test_check_sums_are_as_sha256sum_reads_them(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("content")
    write_sums(tmp_path / "SHA256SUMS", [tmp_path / "a file"])
    command = ["sha256sum", "--check", "SHA256SUMS"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "a file").write_text("changed")
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 1


@pytest.mark.timeout(600)
def test_one_command_makes_everything_that_is_published(
    staged: Staged, tmp_path: Path, signer: Signer
) -> None:
    places = Places(build=Places().build, dist=tmp_path)
    made = build_installer(places, staged, None, quick=True)
    names = {path.name.partition("-")[2] or path.name for path in made}
    assert {re.sub(r"^[\d.]+\d", "V", name) for name in names} == {
        "V-setup.exe",
        "V.msi",
        "V.cdx.json",
        "SHA256SUMS",
    }
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in made}
