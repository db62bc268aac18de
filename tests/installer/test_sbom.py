"""The bill of materials says what the lock says and what the files say; the licences are there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from installer.windows.lockfile import windows_packages
from installer.windows.places import LOCK, Places
from installer.windows.sbom import make_sbom, natives
from installer.windows.stage import Staged, fetch_inputs


@pytest.fixture(scope="module")
def bill(staged: Staged, tmp_path_factory: pytest.TempPathFactory) -> Path:
    places = Places(dist=tmp_path_factory.mktemp("dist"))
    return make_sbom(places, staged, fetch_inputs(Places()))


def _components(bill: Path, keep: Callable[[str], bool]) -> dict[str, dict]:
    found = json.loads(bill.read_text())["components"]
    return {one["bom-ref"]: one for one in found if keep(one["purl"])}


def test_the_bill_follows_the_schema(bill: Path) -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill.read_text()) is None


def test_the_packages_of_the_bill_are_those_of_the_lock(bill: Path) -> None:
    listed = _components(bill, lambda purl: purl.startswith("pkg:pypi/"))
    locked = windows_packages(LOCK)
    assert {(one["name"], one["version"]) for one in listed.values()} == {
        (one.name, one.version) for one in locked
    }
    for one in locked:
        hashes = {each["content"] for each in listed[f"pypi:{one.name}"]["hashes"]}
        assert hashes <= one.sha256s
        assert len(hashes) == 1


def test_what_lies_inside_of_packages_is_named_with_the_version_of_its_file(
    bill: Path, staged: Staged
) -> None:
    listed = _components(bill, lambda purl: purl.startswith("pkg:generic/"))
    assert sorted((one["name"], one["version"].split(".")[0]) for one in listed.values()) == [
        ("cpython", "3"),
        ("openssl", "3"),
        ("openssl", "4"),
        ("qt", "6"),
        ("sqlite", "3"),
    ]
    qt = next(one for one in natives(staged.folder) if one.name == "qt")
    assert qt.version == {one.name: one.version for one in windows_packages(LOCK)}["shiboken6"]


def test_every_package_has_a_line_about_its_licence_and_the_texts_are_there(
    staged: Staged,
) -> None:
    folder = staged.folder / "licenses"
    page = (folder / "README.txt").read_text("utf-8")
    for one in windows_packages(LOCK):
        line = next(line for line in page.splitlines() if line.startswith(f"{one.name} "))
        assert line.startswith(f"{one.name} {one.version}: ")
        assert not line.endswith((": ", "see its text"))
    assert "lib\\PySide6" in page
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (folder / "LGPL-3.txt").read_text()
    assert "GNU GENERAL PUBLIC LICENSE" in (folder / "GPL-3.txt").read_text()
    assert "PYTHON SOFTWARE FOUNDATION LICENSE" in (folder / "Python.txt").read_text().upper()
    texts = {path.name for path in folder.iterdir() if path.is_dir()}
    without = {one.name for one in windows_packages(LOCK)} - texts
    assert without == {"pyside6-essentials", "shiboken6"}  # LGPL-3.txt and GPL-3.txt above
