"""Who may read the backup: passphrase, recovery code, recovery kit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from offline_backup_gui.domain.plan import Plan


@dataclass(frozen=True)
class RecoveryKit:
    """What is printed: repository id (hex) and the recovery code as lines of 8 + 1 check character."""

    repository_id: str
    lines: tuple[str, ...]


class Protection:
    """Creates repositories and their key slots. Passphrases never leave this class."""

    def new_passphrase(self) -> str:
        """Make a passphrase of seven words (about 77 bits)."""
        raise NotImplementedError

    def weakness(self, passphrase: str) -> str | None:
        """Give the words key of what makes a passphrase weak, or None."""
        raise NotImplementedError

    def create(self, passphrase: str) -> str:
        """Make a repository key, wrap it, keep it in the SecretStore; give the repository id."""
        raise NotImplementedError

    def new_kit(self, repository_id: str) -> RecoveryKit:
        """Make a fresh recovery code (replacing the one before) and give it once."""
        raise NotImplementedError

    def wrong_line(self, kit: RecoveryKit, typed: str) -> int | None:
        """Compare a typed code; give the number (from 1) of the first wrong line, or None."""
        raise NotImplementedError

    def save_kit(self, kit: RecoveryKit, title: str, path: Path) -> None:
        """Write the kit as a PDF for printing; the file appears whole or not at all."""
        raise NotImplementedError

    def bind(self, plan: Plan, repository_id: str) -> None:
        """Make the repository the one of this plan."""
        raise NotImplementedError

    def repository_of(self, plan: Plan) -> str:
        """Give the repository id of a plan, or an empty string."""
        raise NotImplementedError
