"""Opening, upgrading, tearing and sharing of the SQLite files."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline_backup_gui.adapters.state.rights import secure_folder
from offline_backup_gui.adapters.state.sqlite import Database
from offline_backup_gui.domain.errors import BackupError, ErrorCode

ONE = ("CREATE TABLE notes (number INTEGER PRIMARY KEY, text TEXT NOT NULL);\n",)
TWO = (*ONE, "ALTER TABLE notes ADD COLUMN more TEXT;\nUPDATE notes SET more = 'new';\n")


def write(database: Database, number: int, text: str = "text") -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO notes (number, text) VALUES (?, ?)", (number, text))


def numbers(database: Database) -> list[object]:
    return [row[0] for row in database.rows("SELECT number FROM notes ORDER BY number")]


def test_an_upgrade_keeps_a_copy_of_the_file_before(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    before = Database(path, ONE)
    write(before, 1, "kept")
    # Another process still has the file open: what is only in its log belongs to the copy too.
    after = Database(path, TWO)
    assert after.rows("SELECT text, more FROM notes") == [("kept", "new")]
    before.close()
    after.close()
    copy = Database(tmp_path / "state.before-2", ONE)
    assert copy.rows("SELECT * FROM notes") == [(1, "kept")]
    copy.close()


def test_an_upgrade_that_breaks_off_leaves_the_version_before(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first = Database(path, ONE)
    write(first, 1)
    first.close()
    with pytest.raises(BackupError) as refused:
        Database(path, (*ONE, "ALTER TABLE notes ADD COLUMN more TEXT;\nNO SUCH STATEMENT;\n"))
    assert refused.value.code is ErrorCode.STATE_NOT_USABLE
    again = Database(path, TWO)
    assert numbers(again) == [1]
    again.close()


THREE = (*TWO, "CREATE TABLE last (number INTEGER);\nINSERT INTO last VALUES (3);\n")


def _upgrade_and_die_at(path: str, statement: int) -> None:
    """Upgrade from the first version, and die by SIGKILL at the n-th statement of the upgrade."""
    seen = 0

    def die(_text: str) -> None:
        nonlocal seen
        seen += 1
        if seen == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    real = sqlite3.connect

    def connect(*given: Any, **named: Any) -> sqlite3.Connection:
        connection = real(*given, **named)
        connection.set_trace_callback(die)
        return connection

    sqlite3.connect = connect  # type: ignore[assignment]
    Database(Path(path), THREE).close()


@pytest.mark.parametrize("statement", range(1, 19))
def test_an_upgrade_killed_at_any_statement_leaves_the_old_file_or_the_new_one(
    tmp_path: Path, statement: int
) -> None:
    path = tmp_path / "state.db"
    first = Database(path, ONE)
    write(first, 1, "kept")
    first.close()
    context = multiprocessing.get_context("spawn")
    upgrade = context.Process(target=_upgrade_and_die_at, args=(str(path), statement))
    upgrade.start()
    upgrade.join(60)
    assert upgrade.exitcode in (0, -signal.SIGKILL)
    with sqlite3.connect(path) as file:
        version = file.execute("PRAGMA user_version").fetchone()[0]
        tables = {row[0] for row in file.execute("SELECT name FROM sqlite_master")}
    file.close()
    assert (version, "last" in tables) in ((1, False), (3, True))
    again = Database(path, THREE)
    assert again.rows("SELECT text, more FROM notes") == [("kept", "new")]
    assert again.rows("SELECT number FROM last") == [(3,)]
    again.close()
    copy = Database(tmp_path / "state.before-3", ONE)
    assert copy.rows("SELECT number, text FROM notes") == [(1, "kept")]
    copy.close()


def test_a_newer_file_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    Database(path, TWO).close()
    before = path.read_bytes()
    with pytest.raises(BackupError) as refused:
        Database(path, ONE)
    assert refused.value.code is ErrorCode.STATE_NEWER
    assert refused.value.parameters["version"] == 2
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["state.db"]


@pytest.mark.parametrize(
    "data", [b"no database at all" * 99, b"SQLite format 3\0" + b"\xff" * 5000]
)
def test_what_is_no_database_is_told(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "state.db"
    path.write_bytes(data)
    with pytest.raises(BackupError) as refused:
        Database(path, ONE)
    assert refused.value.code is ErrorCode.STATE_NOT_USABLE
    assert path.read_bytes() == data


def _write_and_break(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES (1, 'gone')")
        raise ZeroDivisionError


def test_trouble_inside_a_transaction_undoes_it_and_the_next_one_works(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db", ONE)
    with pytest.raises(ZeroDivisionError):
        _write_and_break(database)
    with pytest.raises(BackupError) as refused, database.transaction() as connection:
        connection.execute("INSERT INTO notes VALUES (2, NULL)")
    assert refused.value.code is ErrorCode.STATE_NOT_USABLE
    write(database, 3)
    assert numbers(database) == [3]
    database.close()


def test_a_full_disk_is_told_and_what_was_written_before_stays(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db", ONE)
    write(database, 1)
    database.rows("PRAGMA max_page_count = 8")
    with pytest.raises(BackupError) as refused:
        write(database, 2, "x" * 100_000)
    assert refused.value.code is ErrorCode.STATE_NOT_USABLE
    database.rows("PRAGMA max_page_count = 1000000")
    write(database, 3)
    assert numbers(database) == [1, 3]
    database.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(min_value=0, max_value=60_000), flip=st.booleans())
def test_a_log_torn_by_a_power_cut_opens_with_a_beginning_of_the_history(
    tmp_path: Path, cut: int, flip: bool
) -> None:
    home = tmp_path / "torn"
    shutil.rmtree(home, ignore_errors=True)
    live = Database(home / "live" / "state.db", ONE)
    live.rows("PRAGMA wal_autocheckpoint = 0")
    for number in range(10):
        write(live, number, "x" * 500)
    (home / "cut").mkdir()
    for name in ("state.db", "state.db-wal"):
        shutil.copy(home / "live" / name, home / "cut" / name)
    live.close()
    log = home / "cut" / "state.db-wal"
    data = bytearray(log.read_bytes())
    at = min(cut, len(data) - 1)
    if flip:
        data[at] ^= 0xFF
    else:
        del data[at:]
    log.write_bytes(data)
    opened = Database(home / "cut" / "state.db", ONE)
    found = numbers(opened)
    assert found == list(range(len(found)))
    write(opened, 100)
    assert numbers(opened) == [*found, 100]
    opened.close()


def _many(path: str, first: int) -> None:
    database = Database(Path(path), ONE)
    for number in range(first, first + 100):
        write(database, number)
    database.close()


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_many, args=(path, first)) for first in (0, 1000)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    database = Database(Path(path), ONE)
    assert numbers(database) == [*range(100), *range(1000, 1100)]
    database.close()


def test_the_state_folder_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    folder = secure_folder(tmp_path / "a" / "b")
    assert folder.stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupError) as refused:
        secure_folder(tmp_path / "file" / "below")
    assert refused.value.code is ErrorCode.STATE_NOT_USABLE


def test_the_file_can_be_read_with_plain_sqlite(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db", TWO)
    write(database, 5)
    database.close()
    plain = sqlite3.connect(tmp_path / "state.db")
    assert plain.execute("PRAGMA user_version").fetchone() == (2,)
    assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    plain.close()
