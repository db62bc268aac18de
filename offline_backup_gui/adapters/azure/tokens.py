"""Keeps tokens in the SecretStore, so that nobody is asked again; never anywhere else.

The library's own cache would be a file for one user; scheduled runs use the machine's account.
"""

from __future__ import annotations

import threading
from typing import Any

import msal

from offline_backup_gui.domain.ports import SecretStore


class KeptTokens(msal.SerializableTokenCache):  # type: ignore[misc]  # no types in the library
    """The token cache of a sign-in, as the SecretStore keeps it."""

    def __init__(self, secrets: SecretStore, name: str, *, fresh: bool = False) -> None:
        super().__init__()
        self._secrets, self._name = secrets, name
        self._writing = threading.Lock()
        kept = None if fresh else secrets.get(name)
        if kept:
            try:
                self.deserialize(kept.decode())
            except ValueError:
                # Of another version: signing in once more is all it takes.
                self.deserialize("{}")
        self.has_state_changed = False

    def keep(self) -> None:
        """Write what changed."""
        with self._writing:
            if self.has_state_changed:
                self._secrets.put(self._name, self.serialize().encode())


class Keeping:
    """A credential that keeps its tokens as soon as it has new ones."""

    def __init__(self, credential: Any, tokens: KeptTokens) -> None:
        self._credential, self._tokens = credential, tokens

    def get_token(self, *scopes: str, **options: Any) -> Any:
        """Give a token."""
        try:
            return self._credential.get_token(*scopes, **options)
        finally:
            self._tokens.keep()

    def get_token_info(self, *scopes: str, **options: Any) -> Any:
        """Give a token, as newer libraries ask for it."""
        try:
            return self._credential.get_token_info(*scopes, **options)
        finally:
            self._tokens.keep()
