"""The staged tree: complete, compiled, from pinned inputs, and the same bytes every time."""

from __future__ import annotations

import importlib.util
import struct
from pathlib import Path

import pytest
from defusedxml import ElementTree

from installer.windows.digest import inputs_digest, tree_digest
from installer.windows.icon import SIZES, ico
from installer.windows.launchers import LAUNCHERS
from installer.windows.lockfile import windows_packages
from installer.windows.pe import file_version, read_binary
from installer.windows.places import LOCK, PROGRAM, Places, version
from installer.windows.signatures import (
    PYTHON_PUBLISHER,
    PYTHON_SIGNED_AT,
    require_signature,
)
from installer.windows.stage import Layer, Staged, renew, stage
from installer.windows.trimming import qt_modules

_HASH = "    --hash=sha256:" + "0" * 64 + "\n"
_UNCHECKED_HASH = 0b01  # PEP 552: by hash, and the hash is not looked at


@pytest.mark.timeout(600)
def test_two_builds_from_the_same_inputs_are_the_same_bytes(staged: Staged, tmp_path: Path) -> None:
    again = Places(build=tmp_path / "elsewhere")
    again.build.mkdir()
    again.downloads.symlink_to(Places().downloads)
    assert stage(again).digest == staged.digest


def test_every_module_of_qt_that_the_program_imports_is_there(staged: Staged) -> None:
    modules = qt_modules(PROGRAM)
    assert {"QtCore", "QtGui", "QtWidgets", "QtSvg"} <= modules
    qt = staged.folder / "lib/PySide6"
    assert [name for name in modules if not (qt / f"{name}.pyd").is_file()] == []
    assert not (qt / "Qt6Qml.dll").exists()


def test_the_program_and_all_of_its_resources_are_there(staged: Staged) -> None:
    for folder in ("offline_backup_gui", "resources"):
        ours = {
            path.relative_to(PROGRAM.parent)
            for path in (PROGRAM.parent / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        app = staged.folder / "app"
        there = {
            path.relative_to(app)
            for path in (app / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert there == ours


def test_no_module_has_to_be_compiled_on_the_computer_it_is_installed_on(staged: Staged) -> None:
    sources = list(staged.folder.rglob("*.py"))
    assert len(sources) > 200
    for source in sources:
        head = Path(importlib.util.cache_from_source(str(source))).read_bytes()[:8]
        assert head == importlib.util.MAGIC_NUMBER + struct.pack("<I", _UNCHECKED_HASH), source


def test_no_compiled_module_names_a_place_of_the_machine_that_built_it(staged: Staged) -> None:
    here = str(Path(__file__).resolve().parents[2]).encode()
    assert [path for path in staged.folder.rglob("*.pyc") if here in path.read_bytes()] == []


def test_packages_that_only_linux_needs_stay_out(staged: Staged) -> None:
    lib = staged.folder / "lib"
    assert not (lib / "secretstorage").exists()
    assert not (lib / "jeepney").exists()
    assert (lib / "win32ctypes").is_dir()


def test_python_searches_the_installation_and_nothing_else(staged: Staged) -> None:
    listed = (staged.folder / "runtime/python311._pth").read_text().split()
    assert listed == ["python311.zip", ".", r"..\lib", r"..\app"]


def test_both_launchers_say_that_they_know_long_paths(staged: Staged) -> None:
    settings = "{http://schemas.microsoft.com/SMI/2016/WindowsSettings}"
    for launcher in LAUNCHERS:
        manifest = ElementTree.fromstring(read_binary(staged.folder / launcher.file_name).manifest)
        assert [one.text for one in manifest.iter(f"{settings}longPathAware")] == ["true"]


def test_both_launchers_say_which_windows_they_know_and_scale_on_each_screen(
    staged: Staged,
) -> None:
    awareness = "{http://schemas.microsoft.com/SMI/2016/WindowsSettings}dpiAwareness"
    known = "{urn:schemas-microsoft-com:compatibility.v1}supportedOS"
    for launcher in LAUNCHERS:
        path = staged.folder / launcher.file_name
        manifest = ElementTree.fromstring(read_binary(path).manifest)
        # Without it Windows tells a program that it is Windows 8, and draws it small and blurred.
        assert [one.get("Id") for one in manifest.iter(known)] == [
            "{8e0f7a12-bfb3-4fe8-b9a5-48fd50a15a9a}"
        ]
        assert [one.text for one in manifest.iter(awareness)] == ["PerMonitorV2, PerMonitor"]
        assert file_version(path) == version()


def test_a_changed_byte_in_python_is_found_by_its_signature(staged: Staged, tmp_path: Path) -> None:
    library = staged.folder / "runtime/select.pyd"
    require_signature(library, PYTHON_PUBLISHER, PYTHON_SIGNED_AT)
    content = bytearray(library.read_bytes())
    content[len(content) // 2] ^= 1
    broken = tmp_path / "select.pyd"
    broken.write_bytes(content)
    with pytest.raises(SystemExit, match="not signed by CN=Python Software Foundation"):
        require_signature(broken, PYTHON_PUBLISHER, PYTHON_SIGNED_AT)


def test_the_signature_of_somebody_else_is_not_enough(staged: Staged) -> None:
    with pytest.raises(SystemExit, match="not signed by CN=Somebody"):
        require_signature(staged.folder / "runtime/select.pyd", "CN=Somebody", PYTHON_SIGNED_AT)


def test_a_layer_is_made_anew_when_its_inputs_changed_and_only_then(tmp_path: Path) -> None:
    places = Places(build=tmp_path)
    made: list[str] = []

    def layer(made_from: str) -> Layer:
        def make(target: Path) -> None:
            made.append(made_from)
            target.mkdir()
            (target / f"{made_from}.txt").write_text(made_from)

        return Layer("app", made_from, make)

    for inputs in ("one", "one", "two"):
        renew(places, layer(inputs))
    assert made == ["one", "two"]
    assert [path.name for path in (places.stage / "app").iterdir()] == ["two.txt"]


def test_a_layer_that_could_not_be_made_is_made_anew_next_time(tmp_path: Path) -> None:
    places = Places(build=tmp_path)

    def fail(target: Path) -> None:
        target.mkdir()
        raise SystemExit("no compiler")

    with pytest.raises(SystemExit):
        renew(places, Layer("app", "same", fail))
    renew(places, Layer("app", "same", lambda target: target.mkdir()))
    assert list((places.stage / "app").iterdir()) == []


def test_a_digest_sees_names_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = tree_digest(tmp_path), inputs_digest([tmp_path])
    (tmp_path / "a").write_text("2")
    changed = tree_digest(tmp_path), inputs_digest([tmp_path])
    (tmp_path / "a").rename(tmp_path / "b")
    renamed = tree_digest(tmp_path), inputs_digest([tmp_path])
    assert len({before, changed, renamed}) == 3
    assert len({before[0], changed[0], renamed[0]}) == 3


def test_the_lock_gives_what_windows_needs_and_leaves_out_what_linux_needs(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(
        f"# Remarks.\n\nplain==1.0 \\\n{_HASH}"
        f'theirs==2.0 ; sys_platform == "linux" \\\n{_HASH}'
        f'ours==3.0 ; sys_platform == "win32" \\\n{_HASH}'
    )
    assert [one.name for one in windows_packages(lock)] == ["plain", "ours"]
    assert "pywin32-ctypes" in {one.name for one in windows_packages(LOCK)}


@pytest.mark.parametrize("line", ["loose==1.0\n", "-e .\n", "loose>=1 \\\n" + _HASH])
def test_a_line_without_a_version_and_a_hash_ends_the_build(tmp_path: Path, line: str) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"plain==1.0 \\\n{_HASH}{line}")
    with pytest.raises(SystemExit, match="no entry"):
        windows_packages(lock)


def test_an_icon_file_lists_each_picture_with_its_place() -> None:
    data = ico({16: b"small", 256: b"larger"})
    assert struct.unpack_from("<HHH", data) == (0, 1, 2)
    entries = [struct.unpack_from("<BBBBHHII", data, 6 + 16 * at) for at in range(2)]
    assert [entry[0] for entry in entries] == [16, 0]
    assert [data[entry[7] : entry[7] + entry[6]] for entry in entries] == [b"small", b"larger"]
    assert max(SIZES) == 256
