"""Where the secrets of the sign-in go: the keyring, the session, or files when that was chosen."""

from __future__ import annotations

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from offline_backup_gui.adapters.session_secrets import CHOICE, session_secrets


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
