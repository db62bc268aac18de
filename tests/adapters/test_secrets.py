"""What every SecretStore promises, and what the files of ours look like."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline_backup_gui.adapters.secrets import FileSecrets, system_secret_store
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import SecretStore
from tests.fakes import MemorySecrets

on_posix = pytest.mark.skipif(os.name != "posix", reason="needs the rights of Linux files")


class Turned:
    """A wrapping that can be told from no wrapping, and from that of another name."""

    def wrap(self, secret: bytes, name: str) -> bytes:
        return f"{name}:".encode() + bytes(255 - byte for byte in secret)

    def unwrap(self, wrapped: bytes, name: str) -> bytes:
        mark = f"{name}:".encode()
        if not wrapped.startswith(mark):
            raise OSError("not sealed for this name")
        return bytes(255 - byte for byte in wrapped[len(mark) :])

    def close_folder(self, folder: Path) -> None:
        folder.chmod(0o700)


MAKERS: dict[str, Callable[[Path], SecretStore]] = {
    "memory": lambda _: MemorySecrets(),
    "this-computer": system_secret_store,  # DPAPI on Windows, owner-only files elsewhere
    "wrapped-files": lambda folder: FileSecrets(folder, Turned()),
}


@pytest.fixture(params=MAKERS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SecretStore:
    return MAKERS[request.param](tmp_path / "state")


def test_a_secret_that_was_kept_is_given(store: SecretStore) -> None:
    store.put("plan-1.passphrase", b"open sesame")
    store.put("plan-2.passphrase", b"other")
    assert store.get("plan-1.passphrase") == b"open sesame"


def test_an_unknown_secret_is_none(store: SecretStore) -> None:
    assert store.get("nobody") is None


def test_a_secret_can_be_replaced_and_forgotten_twice(store: SecretStore) -> None:
    store.put("a", b"one")
    store.put("a", b"two")
    assert store.get("a") == b"two"
    store.forget("a")
    store.forget("a")
    assert store.get("a") is None


@given(secret=st.binary(max_size=5000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_any_bytes_come_back_as_they_were(store: SecretStore, secret: bytes) -> None:
    store.put("key", secret)
    assert store.get("key") == secret


@pytest.mark.parametrize(
    "name", ["", "A", "../a", "a/b", "a\\b", ".a", "-a", "a b", "ä", "a" * 101]
)
def test_names_that_could_mean_a_path_are_refused(store: SecretStore, name: str) -> None:
    for ask in (store.get, store.forget, lambda name: store.put(name, b"")):
        with pytest.raises(ValueError, match=r".*"):
            ask(name)


@pytest.mark.parametrize("name", ["nul", "con.", "a..b", "aux.txt", "0"])
def test_names_that_mean_devices_elsewhere_are_kept(store: SecretStore, name: str) -> None:
    store.put(name, b"x")
    assert store.get(name) == b"x"


def test_only_files_say_that_they_last(tmp_path: Path) -> None:
    assert system_secret_store(tmp_path).lasting
    assert not MemorySecrets().lasting


def test_secrets_survive_the_session(tmp_path: Path) -> None:
    system_secret_store(tmp_path).put("a", b"kept")
    assert system_secret_store(tmp_path).get("a") == b"kept"


@on_posix
def test_only_the_owner_may_read_a_secret(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir(mode=0o777)
    before = os.umask(0)
    try:
        FileSecrets(tmp_path).put("a", b"x")
    finally:
        os.umask(before)
    (file,) = (tmp_path / "secrets").iterdir()
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_write_that_breaks_off_leaves_the_old_secret_and_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = FileSecrets(tmp_path)
    store.put("a", b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BackupError) as caught:
        store.put("a", b"new")
    assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE
    assert store.get("a") == b"old"
    assert len(list((tmp_path / "secrets").iterdir())) == 1


def test_a_secret_sealed_for_another_name_or_machine_is_told(tmp_path: Path) -> None:
    store = FileSecrets(tmp_path, Turned())
    store.put("a", b"x")
    (file,) = (tmp_path / "secrets").iterdir()
    file.rename(file.with_name(file.name.replace("-a", "-b")))
    with pytest.raises(BackupError) as caught:
        store.get("b")
    assert caught.value.code is ErrorCode.SECRET_OF_ANOTHER_MACHINE


def test_a_wrapped_secret_is_not_readable_in_its_file(tmp_path: Path) -> None:
    wrapped = system_secret_store(tmp_path) if sys.platform == "win32" else None
    store = wrapped or FileSecrets(tmp_path, Turned())
    store.put("a", b"open sesame")
    (file,) = (tmp_path / "secrets").iterdir()
    assert b"sesame" not in file.read_bytes()


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = FileSecrets(tmp_path / "file")
    with pytest.raises(BackupError) as caught:
        store.put("a", b"x")
    assert caught.value.code is ErrorCode.TARGET_NOT_WRITABLE
