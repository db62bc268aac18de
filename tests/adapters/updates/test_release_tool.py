"""The vendor's tool: keys under a passphrase, releases that an office takes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from installer.release.__main__ import main
from tests.adapters.updates.vendor import Office


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    (tmp_path / "passphrase").write_text("seven words nobody else would think of\n")
    return [
        *("--keys", str(tmp_path / "keys")),
        *("--repository", str(tmp_path / "repository")),
        *("--passphrase-file", str(tmp_path / "passphrase")),
    ]


def _setup(path: Path, version: str) -> Path:
    """Write what stands for a setup: its version lies there as NSIS puts it (VERSIONINFO)."""
    said = f"ProductVersion\0\0{version}\0".encode("utf-16-le")
    path.write_bytes(b"MZ " + said + version.encode() * 400)
    return path


def _release(words: list[str], folder: Path, version: str) -> Path:
    setup, notes = _setup(folder / "setup.exe", version), folder / "notes.txt"
    notes.write_text(f"New in {version}")
    more = ["--setup", str(setup), "--notes-en", str(notes), "--out", str(folder)]
    assert main(["sign", *words, "--version", version, *more]) == 0
    return folder / f"OfflineBackup-{version}.update"


def test_from_the_first_keys_to_an_update_after_a_rotation(
    words: list[str], tmp_path: Path
) -> None:
    assert main(["keys", *words]) == 0
    pems = sorted((tmp_path / "keys").glob("*.pem"))
    assert len(pems) == 7
    assert all(b"ENCRYPTED" in pem.read_bytes() for pem in pems)
    office = Office(
        tmp_path / "office", (tmp_path / "repository/metadata/1.root.json").read_bytes()
    )
    office.later(seconds=(datetime.now(UTC) - office.clock.now()).total_seconds())
    assert office.take(_release(words, tmp_path, "1.1.0")).version == "1.1.0"
    assert main(["rotate", "root", *words]) == 0
    assert main(["rotate", "targets", *words]) == 0
    assert office.take(_release(words, tmp_path, "1.2.0")).version == "1.2.0"
    assert main(["refresh", *words]) == 0


@pytest.mark.parametrize("content", ["1.1.0", ""])
def test_a_setup_of_another_version_is_not_signed(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str
) -> None:
    """Offices would install it and be offered the same update for ever."""
    assert main(["keys", *words]) == 0
    setup, notes = _setup(tmp_path / "setup.exe", content), tmp_path / "notes.txt"
    notes.write_text("New")
    more = ["--setup", str(setup), "--notes-en", str(notes), "--out", str(tmp_path)]
    assert main(["sign", *words, "--version", "1.2.0", *more]) == 1
    assert "1.2.0" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.update"))
    assert not list((tmp_path / "repository" / "metadata").glob("*.targets.json"))


def test_keys_are_never_written_over(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", *words]) == 0
    before = (tmp_path / "keys" / "root-1.pem").read_bytes()
    assert main(["keys", *words]) == 1
    assert "root-1.pem" in capsys.readouterr().err
    assert (tmp_path / "keys" / "root-1.pem").read_bytes() == before


def test_a_wrong_passphrase_and_a_short_one_are_told(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", *words]) == 0
    (tmp_path / "passphrase").write_text("quite another passphrase")
    assert main(["refresh", *words]) == 1
    (tmp_path / "passphrase").write_text("short")
    assert main(["refresh", *words]) == 1
    assert "12 characters" in capsys.readouterr().err


def test_a_version_is_three_numbers(words: list[str], tmp_path: Path) -> None:
    assert main(["keys", *words]) == 0
    notes = tmp_path / "notes.txt"
    notes.write_text("New")
    more = ["--setup", str(notes), "--notes-en", str(notes), "--out", str(tmp_path)]
    assert main(["sign", *words, "--version", "1.2-beta", *more]) == 1
    assert not list((tmp_path / "repository" / "targets").iterdir())
