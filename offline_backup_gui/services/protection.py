"""Who may read the backup: passphrase, recovery code, recovery kit."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from offline_backup_gui.domain.papers import KitPaper, PageSize
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.formats import recovery_code
from offline_backup_gui.services.keys import Keys, plan_stores
from offline_backup_gui.services.world import World

_WORDS = 7  # of 2,048: 77 bits
_SHORT = 12


@dataclass(frozen=True)
class RecoveryKit:
    """What is printed: repository id (hex) and the recovery code as lines of 8 + 1 check letter."""

    repository_id: str
    lines: tuple[str, ...]


class Protection:
    """Creates repositories and their key slots. Passphrases never leave this class."""

    def __init__(self, world: World, keys: Keys) -> None:
        self._world, self._keys = world, keys

    def new_passphrase(self) -> str:
        """Make a passphrase of seven words (77 bits)."""
        return " ".join(secrets.choice(self._world.passphrase_words) for _ in range(_WORDS))

    def weakness(self, passphrase: str) -> str | None:
        """Give the words key of what makes a passphrase weak, or None."""
        if len(passphrase) < _SHORT:
            return "passphrase.short"
        if len(set(passphrase.lower())) < 6:
            return "passphrase.repeats"
        return None

    def create(self, passphrase: str) -> str:
        """Make a repository key, wrap it, keep it in the SecretStore; give the repository id."""
        return self._keys.create(passphrase)

    def open_plan(self, kept: KeptPlan, passphrase: str | None, mounts: Sequence[str]) -> KeptPlan:
        """Make sure a plan has a repository that is unlocked, creating or finding one.

        A given passphrase is always checked. PASSPHRASE_NEEDED, PASSPHRASE_WRONG.
        """
        repository_id = kept.repository_id
        if repository_id and passphrase is not None:
            self._keys.unlock(repository_id, passphrase)
        elif repository_id:
            self._keys.keyring(repository_id)
        elif passphrase is None:
            self._keys.keyring("")
        else:
            places = plan_stores(self._world, kept.plan, mounts)
            found = self._keys.adopt(places, passphrase)
            repository_id = found or self._keys.create(passphrase)
            kept = replace(kept, repository_id=repository_id)
            self._world.state.put_plan(kept)
        return kept

    def new_kit(self, repository_id: str) -> RecoveryKit:
        """Make a fresh recovery code (replacing the one before) and give it once."""
        entropy = recovery_code.new_entropy()
        self._keys.new_recovery_slot(repository_id, entropy)
        return RecoveryKit(repository_id, recovery_code.lines_of(entropy))

    def wrong_line(self, kit: RecoveryKit, typed: str) -> int | None:
        """Compare a typed code; give the number (from 1) of the first wrong line, or None."""
        wrong = recovery_code.wrong_line(typed)
        if wrong is not None:
            return wrong
        lines = recovery_code.lines_of(recovery_code.entropy_of(typed))
        pairs = enumerate(zip(lines, kit.lines, strict=True), start=1)
        return next((number for number, (ours, theirs) in pairs if ours != theirs), None)

    def save_kit(
        self,
        kit: RecoveryKit,
        title: str,
        path: Path,
        *,
        stores: Sequence[str] = (),
        language: str = "en",
        page: PageSize = PageSize.A4,
    ) -> None:
        """Write the kit as a PDF for printing; the file appears whole or not at all."""
        made_at = f"{self._world.clock.now():%Y-%m-%d}"
        paper = KitPaper(title, kit.repository_id, kit.lines, made_at, tuple(stores))
        self._world.press.recovery_kit(paper, language, page, path)

    def bind(self, plan: Plan, repository_id: str) -> None:
        """Make the repository the one of this plan."""
        kept = self._world.state.plan(plan.plan_id)
        if kept is not None:
            self._world.state.put_plan(replace(kept, repository_id=repository_id))

    def repository_of(self, plan: Plan) -> str:
        """Give the repository id of a plan, or an empty string."""
        kept = self._world.state.plan(plan.plan_id)
        return kept.repository_id if kept is not None else ""
