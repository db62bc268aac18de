"""`offline-backup update`: what it prints, and with which code it ends."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from installer.release.repository import packed
from offline_backup_gui import __version__, app, cli
from offline_backup_gui.domain.updates import Release
from offline_backup_gui.services import Services
from tests.adapters.updates.vendor import Vendor
from tests.cli.test_page import differences, example


class _Shell:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys
        self.vendor = Vendor(folder / "repository", datetime.now(UTC))
        self.started: list[Release] = []

    def _build(self, folder: Path | None) -> Services:
        return app.build_services(
            folder or self.folder / "state",
            vendor_root=lambda: self.vendor.root,
            start_setup=lambda _path, release: self.started.append(release),
        )

    def says(self, *words: str) -> tuple[int, dict[str, Any]]:
        code = cli.main(["update", *words, "--json"], self._build)
        lines = self._capsys.readouterr().out.splitlines()
        return code, json.loads(lines[-1])

    def prints(self, *words: str) -> tuple[int, str, str]:
        code = cli.main(["update", *words], self._build)
        said = self._capsys.readouterr()
        return code, said.out, said.err


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> _Shell:
    monkeypatch.setenv("OFFLINE_BACKUP_LANGUAGE", "en")
    return _Shell(tmp_path, capsys)


def test_from_a_share_to_the_start_of_setup(shell: _Shell) -> None:
    assert shell.says("check")[1]["code"] == "update-source-missing"
    place = str(shell.vendor.folder)
    assert shell.says("source", place) == (
        0,
        {"event": "result", "outcome": "done", "source": place},
    )
    shell.vendor.release(__version__)
    assert shell.says("check")[1]["newer"] is False
    shell.vendor.release("99.0.0")
    code, found = shell.says("check")
    assert code == 0
    assert (found["newer"], found["ready"], found["version"]) == (True, False, "99.0.0")
    code, done = shell.says("install")
    assert (code, done["started"], done["version"]) == (0, True, "99.0.0")
    assert [release.sha256 for release in shell.started] == [found["sha256"]]
    assert shell.says("source", "--none")[1]["source"] == ""


def test_the_result_has_the_shape_the_page_shows(shell: _Shell) -> None:
    shell.vendor.release("99.0.0")
    file = shell.vendor.update_file(shell.folder / "carried.update")
    assert differences(example("update"), shell.says("from-file", str(file))[1]) == []


def test_a_carried_file_is_kept_ready_and_installed(shell: _Shell) -> None:
    shell.vendor.release("99.0.0")
    file = shell.vendor.update_file(shell.folder / "carried.update")
    code, out, _ = shell.prints("from-file", str(file))
    assert code == 0
    assert "99.0.0" in out
    assert "What is new in 99.0.0." in out
    file.unlink()
    assert shell.prints("install")[0] == 0
    assert len(shell.started) == 1


def test_a_refused_file_ends_with_a_code_of_its_own(shell: _Shell) -> None:
    shell.vendor.release("99.0.0")
    members = shell.vendor.members()
    setup = next(name for name in members if name.startswith("targets/"))
    file = shell.folder / "evil.update"
    file.write_bytes(packed({**members, setup: members[setup][::-1]}))
    code, out, err = shell.prints("from-file", str(file))
    assert (code, out) == (6, "")
    assert "(update-not-genuine)" in err
    assert shell.says("install")[1]["code"] == "update-source-missing"
    assert shell.started == []


def test_wrong_places_and_missing_files(shell: _Shell) -> None:
    assert shell.says("source", "http://updates.example")[0] == 2
    assert shell.says("from-file", str(shell.folder / "nowhere.update"))[0] == 1
