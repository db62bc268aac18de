"""Where the secrets of the sign-in go: the keyring, the session, or files when that was chosen."""

from __future__ import annotations

import shutil
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from offline_backup_gui.adapters.session_folder import SessionFolder
from offline_backup_gui.adapters.session_secrets import CHOICE, backup_secrets, session_secrets
from offline_backup_gui.domain.errors import BackupError, ErrorCode


class Desktop(KeyringBackend):
    """Stands for a desktop's keyring."""

    priority = 5.0

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[(service, username)] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Desktop:
    backend = Desktop()
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    monkeypatch.setattr(keyring, "get_password", backend.get_password)
    monkeypatch.setattr(keyring, "set_password", backend.set_password)
    monkeypatch.setattr(keyring, "delete_password", backend.delete_password)
    return backend


SECRET = bytes(range(256))


def test_a_keyring_keeps_them_over_processes_and_nothing_lies_in_a_file(desktop, tmp_path):
    session_secrets(tmp_path).put("azure-tokens", SECRET)
    again = session_secrets(tmp_path)
    assert again.lasting
    assert again.get("azure-tokens") == SECRET
    assert session_secrets(tmp_path / "other").get("azure-tokens") is None
    again.forget("azure-tokens")
    again.forget("azure-tokens")
    assert again.get("azure-tokens") is None
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("chosen", ["", "session"])
def test_without_a_keyring_they_last_for_the_session_and_that_is_said(
    tmp_path, monkeypatch, chosen
):
    from keyring.backends import fail

    monkeypatch.setenv(CHOICE, chosen)
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    store = session_secrets(tmp_path)
    store.put("azure-tokens", SECRET)
    assert not store.lasting
    assert store.get("azure-tokens") == SECRET
    assert session_secrets(tmp_path).get("azure-tokens") is None
    assert list(tmp_path.rglob("*")) == []


def test_a_keyring_of_plain_files_does_not_count(desktop, tmp_path):
    type(desktop).__name__ = "PlaintextKeyring"
    try:
        assert not session_secrets(tmp_path).lasting
    finally:
        type(desktop).__name__ = "Desktop"


def test_files_are_used_only_when_they_were_chosen(desktop, tmp_path, monkeypatch):
    monkeypatch.setenv(CHOICE, "files")
    session_secrets(tmp_path).put("azure-tokens", SECRET)
    assert session_secrets(tmp_path).get("azure-tokens") == SECRET
    kept = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600]
    assert desktop.kept == {}


# --- what a backup needs, in processes that follow each other


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A session without a keyring, whose folder in memory this is."""
    from keyring.backends import fail

    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.delenv(CHOICE, raising=False)
    monkeypatch.setattr(keyring, "get_keyring", fail.Keyring)
    return runtime


def test_keys_of_a_backup_last_for_the_session_over_processes_and_lie_in_no_state(
    session: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    store = backup_secrets(state)
    assert store.get("plan-1") is None
    assert not store.forgetful
    store.put("plan-1", SECRET)
    assert (store.lasting, store.forgetful) == (False, True)
    assert backup_secrets(state).get("plan-1") == SECRET
    assert not any(SECRET in path.read_bytes() for path in state.rglob("*") if path.is_file())
    kept = [path for path in session.rglob("*") if path.is_file()]
    assert [path.stat().st_mode & 0o077 for path in kept] == [0]
    backup_secrets(state).forget("plan-1")
    assert store.get("plan-1") is None


def test_the_end_of_the_session_forgets_them(session: Path, tmp_path: Path) -> None:
    backup_secrets(tmp_path / "state").put("plan-1", SECRET)
    shutil.rmtree(session)
    session.mkdir(mode=0o700)
    assert backup_secrets(tmp_path / "state").get("plan-1") is None
    backup_secrets(tmp_path / "state").forget("plan-1")


def test_another_state_finds_nothing_of_this_one(session: Path, tmp_path: Path) -> None:
    state = tmp_path / "state"
    backup_secrets(state).put("plan-1", SECRET)
    assert backup_secrets(tmp_path / "other").get("plan-1") is None
    shutil.rmtree(state)
    state.mkdir()
    assert backup_secrets(state).get("plan-1") is None
    (state / "session-mark").write_text("../../etc")
    assert backup_secrets(state).get("plan-1") is None


def test_a_folder_in_memory_that_others_may_look_into_is_not_used(tmp_path: Path) -> None:
    base = tmp_path / "open"
    base.mkdir(mode=0o755)
    with pytest.raises(BackupError) as refused:
        SessionFolder(tmp_path / "state", base).put("plan-1", SECRET)
    assert refused.value.code is ErrorCode.TARGET_NOT_WRITABLE
    link = tmp_path / "link"
    link.symlink_to(tmp_path)
    with pytest.raises(BackupError):
        SessionFolder(tmp_path / "state", link).put("plan-1", SECRET)


def test_files_for_unattended_runs_are_the_admins_choice(
    session: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(CHOICE, "files")
    store = backup_secrets(tmp_path / "state")
    store.put("plan-1", SECRET)
    assert (store.lasting, store.forgetful) == (True, False)
    assert list(session.iterdir()) == []
    monkeypatch.delenv(CHOICE)  # a timer knows nothing of it
    assert backup_secrets(tmp_path / "state").get("plan-1") == SECRET
    assert not session_secrets(tmp_path / "state").lasting
    monkeypatch.setenv(CHOICE, "session")
    assert backup_secrets(tmp_path / "state").get("plan-1") is None


def test_who_comes_second_finds_the_secrets_of_who_came_first(
    session: Path, tmp_path: Path
) -> None:
    for first in (True, False):
        state = tmp_path / f"state-{first}"
        backup_secrets(state, of_its_own=first).put("kept", b"key")
        assert backup_secrets(state, of_its_own=not first).get("kept") == b"key"
        assert (state / "secrets").exists() == first


def test_a_keyring_takes_the_keys_of_a_backup(desktop: Desktop, tmp_path: Path) -> None:
    backup_secrets(tmp_path / "state").put("plan-1", SECRET)
    assert backup_secrets(tmp_path / "state").get("plan-1") == SECRET
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
