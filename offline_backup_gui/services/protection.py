"""Who may read the backup: passphrase, recovery code, recovery kit."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode, Parameter
from offline_backup_gui.domain.findings import Finding, FindingCode, Severity
from offline_backup_gui.domain.papers import DriveKey, KitPaper, PageSize
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.engine.homes import put
from offline_backup_gui.engine.unlocking import repository_id_of, unlock
from offline_backup_gui.formats import recovery_code
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.record import RECOVERY_SLOT
from offline_backup_gui.services.key_places import assert_off_drives
from offline_backup_gui.services.keys import (
    Keys,
    Secret,
    assert_same_repository,
    plan_containers,
    plan_drives,
)
from offline_backup_gui.services.outcomes import blocked
from offline_backup_gui.services.private_files import left_open, replace_private, write_private
from offline_backup_gui.services.world import World

_WORDS = 7  # of 2,048: 77 bits
_SHORT = 12


class RecoveryKit(Struct, frozen=True):
    """What is printed: repository id (hex) and the recovery code as lines of 8 + 1 check letter."""

    repository_id: str
    lines: tuple[str, ...]

    def __repr__(self) -> str:
        """Show nothing."""
        return "RecoveryKit(…)"


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

    @property
    def lasts(self) -> bool:
        """Say whether a key that is kept here outlives this session."""
        return self._world.secrets.lasting

    def create(self, passphrase: str) -> str:
        """Make a repository key, wrap it, keep it in the SecretStore; give the repository id."""
        return self._keys.create(passphrase)

    def unlock_plan(self, plan: Plan, secret: Secret, mounts: Sequence[str] | None) -> str | None:
        """Give the id of a plan's repository, unlocked; None when there is none anywhere yet.

        A given secret is always checked. Without state the repository is found in the account or,
        with `mounts`, on the drives. PASSPHRASE_NEEDED, PASSPHRASE_WRONG, RECOVERY_CODE_WRONG.
        """
        repository_id = self.repository_of(plan)
        if repository_id:
            if secret.given:
                self._keys.unlock(repository_id, secret)
            else:
                self._keys.keyring(repository_id)
            return repository_id
        if not secret.given:
            raise BackupError(ErrorCode.PASSPHRASE_NEEDED)
        return self._find(plan, secret, mounts)

    def _find(self, plan: Plan, secret: Secret, mounts: Sequence[str] | None) -> str | None:
        """Take over the repository a computer before this state left in account or drives."""
        from offline_backup_gui.engine.remembering import remember_points

        found: Keyring | None = None
        for store in plan_containers(self._world, plan, needed=mounts is None):
            if self._keys.found_in(store) is None:
                continue
            if found is None:
                found = self._keys.adopt(store, secret)
            assert_same_repository(store, found.repository_id.hex())
            remember_points(found, self._world.book(found.repository_id.hex()), store)
        if found is not None:
            return found.repository_id.hex()
        for mount, drive in plan_drives(self._world, plan, mounts or ()):
            repository_id = self._keys.found_in(drive)
            if repository_id is not None:
                self._assert_own(plan, repository_id, mount, drive, secret)
                self._keys.adopt(drive, secret)
                return repository_id
        return None

    def _assert_own(
        self, plan: Plan, repository_id: str, mount: str, drive: ObjectStore, secret: Secret
    ) -> None:
        """Refuse a drive that belongs to another plan, or that the passphrase does not open."""
        from offline_backup_gui.engine.points import read_chain

        parameters: dict[str, Parameter] = {"drive": mount, "repository": repository_id}
        state = self._world.state
        others = {kept.repository_id for kept in state.plans() if kept.plan != plan}
        own = repository_id not in others
        if own:
            try:
                keyring = unlock(
                    drive, passphrase=secret.passphrase, recovery_code=secret.recovery_code
                )
                points = read_chain(keyring, drive).points
                own = not points or any(point.plan == plan.name for point in points)
            except BackupError as error:
                if error.code is not ErrorCode.PASSPHRASE_WRONG:
                    raise
                # Whose it is, only the right passphrase could tell.
                code = FindingCode.DRIVE_NOT_OPENED
                raise blocked(Finding(code, Severity.BLOCKER, parameters)) from error
        if not own:
            code = FindingCode.DRIVE_HAS_OTHER_BACKUP
            raise blocked(Finding(code, Severity.BLOCKER, parameters))

    def new_kit(self, repository_id: str) -> RecoveryKit:
        """Make a fresh recovery code (replacing the one before) and give it once."""
        entropy = recovery_code.new_entropy()
        self._keys.new_recovery_slot(repository_id, entropy)
        return RecoveryKit(repository_id, recovery_code.lines_of(entropy))

    def print_kit(
        self,
        repository_id: str,
        title: str,
        path: Path,
        *,
        stores: Sequence[str] = (),
        keys: Sequence[DriveKey] = (),
        language: str = "en",
        page: PageSize = PageSize.A4,
    ) -> None:
        """Write a kit with a fresh code; the one before it counts until the paper is there."""
        entropy = recovery_code.new_entropy()
        kit = RecoveryKit(repository_id, recovery_code.lines_of(entropy))
        self.save_kit(kit, title, path, stores=stores, keys=keys, language=language, page=page)
        self._keys.new_recovery_slot(repository_id, entropy)

    def publish_recovery_slot(self, kept: KeptPlan) -> list[str]:
        """Put the newest recovery slot where the backup is already; name the places reached.

        Drives that are sealed are left alone: their record lists what is on them.
        """
        slot = self._world.state.key_files(kept.repository_id).get(RECOVERY_SLOT)
        names, reached = kept.plan.destination, []
        for name in (names.landing, names.vault) if slot and names.account else ():
            try:
                container = self._world.account(kept.plan).container(name)
                if repository_id_of(container) == kept.repository_id:
                    put(container, RECOVERY_SLOT, slot or b"")
                    reached.append(container.label)
            except BackupError:
                continue  # not there, or not to be reached now; the next increment brings it
        return reached

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
        keys: Sequence[DriveKey] = (),
        language: str = "en",
        page: PageSize = PageSize.A4,
    ) -> None:
        """Write the kit as a PDF for printing; the file appears whole or not at all.

        TARGET_ON_DRIVE, TARGET_NOT_WRITABLE.
        """
        assert_off_drives(self._world, path)
        made_at = f"{self._world.clock.now():%Y-%m-%d}"
        paper = KitPaper(title, kit.repository_id, kit.lines, made_at, tuple(stores), tuple(keys))
        # Whoever reads the paper reads the backup: it is drawn where nobody else may enter.
        with TemporaryDirectory(prefix="kit-", dir=self._world.folder) as closed:
            drawn = Path(closed) / "kit.pdf"
            self._world.press().recovery_kit(paper, language, page, drawn)
            replace_private(self._world, path, drawn.read_bytes())

    def write_secret(self, path: Path, data: bytes) -> None:
        """Write a new file with secrets somebody asked for.

        TARGET_ON_DRIVE, TARGET_EXISTS, TARGET_NOT_WRITABLE.
        """
        assert_off_drives(self._world, path)
        write_private(self._world, path, data)

    def left_open(self, paths: Sequence[Path]) -> list[Finding]:
        """Name which of such files others may read all the same, where rights cannot be kept."""
        return left_open(self._world, paths)

    def bind(self, plan: Plan, repository_id: str) -> None:
        """Make the repository the one of this plan."""
        kept = self._world.state.plan(plan.plan_id)
        if kept is not None:
            self._world.state.put_plan(replace(kept, repository_id=repository_id))

    def repository_of(self, plan: Plan) -> str:
        """Give the repository id of a plan, or an empty string."""
        state = self._world.state
        # A plan that was to get its account later goes on under the identity it then has.
        nowhere = replace(plan, destination=replace(plan.destination, account=""))
        kept = state.plan(plan.plan_id) or state.plan(nowhere.plan_id)
        return kept.repository_id if kept is not None else ""
