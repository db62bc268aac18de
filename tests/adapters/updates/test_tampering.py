"""A hundred tampered updates and more: each is refused, nothing changes, the good one comes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from installer.release.repository import packed
from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError
from tests.adapters.updates.tampering import Releases, Tampered, all_of, made
from tests.adapters.updates.vendor import Office, Vendor


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Releases:
    return made(Vendor(tmp_path_factory.mktemp("vendor") / "repository"))


@pytest.fixture(scope="module")
def known(releases: Releases, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of an office that has taken the first release."""
    folder = tmp_path_factory.mktemp("office")
    office = Office(folder, releases.vendor.root)
    first = folder / "first.update"
    first.write_bytes(packed(releases.first))
    office.take(first)
    return folder


def _refusal(office: Office, file: Path) -> BackupError | None:
    try:
        office.take(file)
    except BackupError as error:
        return error
    return None


def test_a_hundred_tampered_updates_are_refused(
    releases: Releases, known: Path, tmp_path: Path
) -> None:
    wrong: list[str] = []
    cases = list(all_of(releases))
    speech = [words.load("en"), words.load("de")]
    for number, case in enumerate(cases):
        told = _one(releases, known, tmp_path / str(number), case)
        if isinstance(told, str):
            wrong.append(f"{case.name}: {told}")
            continue
        wrong += [f"{case.name}: no sentence" for one in speech if not one.trouble(told).title]
    assert wrong == []
    assert len(cases) >= 150
    assert len({case.name for case in cases}) > 140


def _one(releases: Releases, known: Path, folder: Path, case: Tampered) -> BackupError | str:
    shutil.copytree(known, folder)
    office = Office(folder, releases.vendor.root)
    office.later(days=10)
    file = folder / "carried.update"
    file.write_bytes(case.data)
    before = office.state()
    office.later(days=case.days)
    error = _refusal(office, file)
    if error is None:
        return "taken"
    if error.code is not case.code:
        return f"{error} instead of {case.code}"
    if office.state() != before:
        return "something changed"
    # The time of the case has passed for nobody else.
    office = Office(folder, releases.vendor.root)
    office.later(days=10)
    file.write_bytes(releases.good)
    if office.take(file).version != "1.2.0":
        return "the good one was not taken"
    shutil.rmtree(folder)
    return error
