"""Repositories of released versions stay readable, by the program and by the page alone."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest

from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.adapters.files.posix import PosixFiles
from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.adapters.stores.drive import FolderDriveStore
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.domain.errors import ErrorCode
from offline_backup_gui.domain.windows_names import is_windows_name
from offline_backup_gui.engine.checking import check_drive
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.library import Library
from offline_backup_gui.engine.restore_order import RestoreOrder
from offline_backup_gui.engine.restoring import Restoring
from offline_backup_gui.engine.unlocking import unlock
from tests.formats import independent_reader
from tests.formats.hostile import code_of
from tests.samples.make_v1 import Freely, contents, make

SAMPLES = Path(__file__).parent.parent / "samples"
VAULT = SAMPLES / "v1" / "vault"
CONTENTS = json.loads((SAMPLES / "v1" / "contents.json").read_text())
POINTS = list(CONTENTS)  # oldest first
README = (SAMPLES / "README.md").read_text("utf-8")
PASSPHRASE = re.findall(r"Passphrase: `(.*)`", README)[0]
RECOVERY_CODE = re.findall(r"Recovery code: `(.*)`", README)[0]

posix_only = pytest.mark.skipif(os.name == "nt", reason="names, links and modes of POSIX")


def context() -> Context:
    clock = SystemClock()
    return Context(Freely(), Progress(clock), clock, lambda *_, **__: None, system_files())


def restore(tmp_path: Path, point: str, *, passphrase: str | None, code: str | None) -> Path:
    store = FolderStore(VAULT)
    keyring = unlock(store, passphrase=passphrase, recovery_code=code)
    book = SqliteBook(tmp_path / "book.db")
    try:
        library = Library(context(), keyring, book, [store])
        assert library.damaged == []
        assert library.chain.missing == ()
        target = tmp_path / "restored"
        order = RestoreOrder(os.fsencode(target))
        outcome = Restoring(context(), library, library.point(point), order).run()
    finally:
        book.close()
    assert outcome.differences == {}
    return target / "office"


def found(top: Path) -> dict[str, dict[str, object]]:
    return contents(os.fsencode(top))


@posix_only
@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize(
    "secret",
    [{"passphrase": PASSPHRASE, "code": None}, {"passphrase": None, "code": RECOVERY_CODE}],
    ids=["passphrase", "recovery code"],
)
def test_every_file_of_the_sample_comes_back(tmp_path, point, secret) -> None:
    assert found(restore(tmp_path, point, **secret)) == CONTENTS[point]


@posix_only
@pytest.mark.parametrize("point", POINTS)
def test_a_reader_written_from_the_page_alone_restores_the_same(tmp_path, point) -> None:
    independent_reader.main(str(VAULT), PASSPHRASE, str(tmp_path / "out"), point)
    assert found(tmp_path / "out" / "office") == CONTENTS[point]


@posix_only
def test_names_that_windows_does_not_take_are_told_and_the_rest_comes_back(
    tmp_path, monkeypatch
) -> None:
    """A restore on Windows, as far as it can be had here: only the rule for names is Windows's."""
    monkeypatch.setattr(PosixFiles, "takes", lambda _, name: is_windows_name(name))
    store = FolderStore(VAULT)
    keyring = unlock(store, passphrase=PASSPHRASE, recovery_code=None)
    book = SqliteBook(tmp_path / "book.db")
    library = Library(context(), keyring, book, [store])
    target = tmp_path / "restored"
    order = RestoreOrder(os.fsencode(target))
    outcome = Restoring(context(), library, library.point(POINTS[0]), order).run()
    book.close()
    refused = {
        os.path.relpath(path, os.fsencode(target / "office")) for path in outcome.differences
    }
    assert refused == {
        b"names/" + name for name in (b"con", b"dot.", b"space ", b"two\nlines", b"\xff\xfe")
    }
    assert set(outcome.differences.values()) == {"name-not-allowed"}
    expected = set(CONTENTS[POINTS[0]]) - {quote_from_bytes(name) for name in refused}
    assert set(found(target / "office")) == expected


@posix_only
def test_one_drive_is_enough_for_what_is_on_it(tmp_path) -> None:
    drive = SAMPLES / "v1" / "drive-1" / "landing"
    independent_reader.main(str(drive), PASSPHRASE, str(tmp_path / "out"))
    assert found(tmp_path / "out" / "office") == CONTENTS[POINTS[0]]


@posix_only
def test_what_the_engine_writes_today_is_still_what_the_page_says(tmp_path) -> None:
    made = tmp_path / "made"
    make(made, tmp_path)
    told = json.loads((made / "contents.json").read_text())
    for number, point in enumerate(told):
        target = tmp_path / f"out {number}"
        independent_reader.main(str(made / "vault"), PASSPHRASE, str(target), point)
        assert found(target / "office") == told[point]


def test_the_page_reader_knows_nothing_of_the_program() -> None:
    assert "offline_backup_gui" not in Path(independent_reader.__file__).read_text()


def test_without_a_name_the_newest_point_is_restored() -> None:
    keyring = unlock(FolderStore(VAULT), passphrase=PASSPHRASE, recovery_code=None)
    sequences = {}
    for path in (VAULT / "points").iterdir():
        point = independent_reader.read_point(path, keyring.repository_id, keyring.master)
        sequences[point["sequence"]] = path.name
    assert sequences == {1: POINTS[0], 2: POINTS[1]}


@pytest.mark.parametrize("number", [1, 2])
def test_the_drives_of_the_sample_are_whole_and_need_no_key_to_say_so(tmp_path, number) -> None:
    mount = tmp_path / "drive"
    shutil.copytree(SAMPLES / "v1" / f"drive-{number}", mount)
    check = check_drive(context(), FolderDriveStore(mount, "landing"))
    assert check.good
    assert check.unlisted == []
    assert check.objects >= 5


def test_another_secret_opens_nothing() -> None:
    store = FolderStore(VAULT)
    wrong = code_of(lambda: unlock(store, passphrase=PASSPHRASE + ".", recovery_code=None))
    assert wrong is ErrorCode.PASSPHRASE_WRONG
    other = "0000-0000-7 0000-0000-E 0000-0000-N 0000-0000-W"
    wrong = code_of(lambda: unlock(store, passphrase=None, recovery_code=other))
    assert wrong is ErrorCode.RECOVERY_CODE_WRONG


def test_no_name_or_content_of_the_sources_is_readable_in_the_sample() -> None:
    secrets = [b"Belege", b"Rechnungen", b"report.txt", b"noise.jpg", b"office", b"added later"]
    for path in (SAMPLES / "v1").rglob("*"):
        if path.is_file() and path.name != "contents.json":
            data = path.read_bytes()
            assert [secret for secret in secrets if secret in data] == [], path


def test_the_sample_holds_what_backup_programs_stumble_over() -> None:
    first = CONTENTS[POINTS[0]]
    assert quote_from_bytes(b"names/\xff\xfe") in first
    assert first["run.sh"]["links"] == 2
    assert first["papers/link"]["target"] == "../run.sh"
    assert "nothing%20in%20here" in first
    assert len(first) >= 20


def test_the_sample_stays_small() -> None:
    size = sum(path.stat().st_size for path in SAMPLES.rglob("*") if path.is_file())
    assert size < 300_000
