"""Who may read a backup: passphrases, recovery codes, kits, and repositories found again."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.plan import Destination
from offline_backup_gui.services.keys import Secret
from offline_backup_gui.services.restores import Opening
from tests.services.branch import PASSPHRASE, Branch


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    made = Branch(tmp_path)
    made.fill()
    return made


def refusal(code: ErrorCode, call: object, *arguments: object) -> BackupError:
    assert callable(call)
    with pytest.raises(BackupError) as refused:
        call(*arguments)
    assert refused.value.code is code
    return refused.value


def test_a_made_passphrase_is_strong_and_never_the_same(branch: Branch) -> None:
    protection = branch.services.protection
    made = {protection.new_passphrase() for _ in range(20)}
    assert len(made) == 20
    for passphrase in made:
        assert len(passphrase.split()) == 7
        assert protection.weakness(passphrase) is None


@pytest.mark.parametrize(
    ("passphrase", "key"),
    [
        ("", "passphrase.short"),
        ("short", "passphrase.short"),
        ("aAaAaAaAaAaAaA", "passphrase.repeats"),
        ("ein guter Satz mit Sinn", None),
    ],
)
def test_a_weak_passphrase_is_named_by_a_sentence_that_exists(
    branch: Branch, passphrase: str, key: str | None
) -> None:
    assert branch.services.protection.weakness(passphrase) == key
    if key is not None:
        assert words.load("en").has(key)
        assert words.load("de").has(key)


def test_a_kit_is_checked_line_by_line(branch: Branch) -> None:
    protection = branch.services.protection
    kit = protection.new_kit(protection.create(PASSPHRASE))
    typed = "\n".join(kit.lines)
    assert protection.wrong_line(kit, typed) is None
    assert protection.wrong_line(kit, typed.lower().replace("-", " ")) is None
    other = protection.new_kit(protection.create(PASSPHRASE))
    assert protection.wrong_line(kit, "\n".join(other.lines)) == 1
    assert protection.wrong_line(kit, "\n".join([*kit.lines[:3], other.lines[3]])) == 4
    assert protection.wrong_line(kit, "") == 1


def test_a_kit_is_printed_whole_or_not_at_all(branch: Branch) -> None:
    protection = branch.services.protection
    kit = protection.new_kit(protection.create(PASSPHRASE))
    path = branch.home / "kit.pdf"
    protection.save_kit(kit, "Büro Graz", path, stores=("x/vault",), language="de")
    assert path.read_bytes().startswith(b"%PDF")
    refusal(
        ErrorCode.TARGET_NOT_WRITABLE, protection.save_kit, kit, "x", branch.home / "no" / "kit.pdf"
    )


def test_a_kit_is_not_written_onto_a_drive_that_travels(branch: Branch) -> None:
    repository_id = branch.keep()
    protection = branch.services.protection
    kit = protection.new_kit(repository_id)
    for path in (
        branch.drives[1] / "kit.pdf",
        branch.home / "office" / ".." / "drive1" / "kit.pdf",
    ):
        refusal(ErrorCode.TARGET_ON_DRIVE, protection.save_kit, kit, "x", path)
        refusal(ErrorCode.TARGET_ON_DRIVE, protection.print_kit, repository_id, "x", path)
        assert not path.exists()
    protection.save_kit(kit, "x", branch.home / "kit.pdf")


def test_a_kit_that_could_not_be_written_leaves_the_code_before_it_valid(branch: Branch) -> None:
    repository_id = branch.keep()
    protection = branch.services.protection
    code = Secret(None, "\n".join(protection.new_kit(repository_id).lines))
    nowhere = branch.home / "no" / "kit.pdf"
    refusal(ErrorCode.TARGET_NOT_WRITABLE, protection.print_kit, repository_id, "x", nowhere)
    assert protection.unlock_plan(branch.plan, code, []) == repository_id
    protection.print_kit(repository_id, "x", branch.home / "kit.pdf")
    refusal(ErrorCode.RECOVERY_CODE_WRONG, protection.unlock_plan, branch.plan, code, [])


def test_a_given_passphrase_is_always_checked_and_a_kept_key_needs_none(branch: Branch) -> None:
    repository_id = branch.keep()
    unlock = branch.services.protection.unlock_plan
    assert unlock(branch.plan, Secret(), []) == repository_id
    assert unlock(branch.plan, Secret(PASSPHRASE), []) == repository_id
    refusal(ErrorCode.PASSPHRASE_WRONG, unlock, branch.plan, Secret(PASSPHRASE + " "), [])
    refusal(ErrorCode.RECOVERY_CODE_WRONG, unlock, branch.plan, Secret(None, "AAAA"), [])
    kit = branch.services.protection.new_kit(repository_id)
    code = Secret(None, "".join(kit.lines))
    assert unlock(branch.plan, code, []) == repository_id
    newer = branch.services.protection.new_kit(repository_id)
    refusal(ErrorCode.RECOVERY_CODE_WRONG, unlock, branch.plan, code, [])
    assert unlock(branch.plan, Secret(None, "".join(newer.lines)), []) == repository_id


def test_without_a_kept_key_the_passphrase_is_needed(branch: Branch) -> None:
    repository_id = branch.keep()
    shutil.rmtree(branch.world.folder / "secrets")
    fresh = branch.fresh().protection
    refusal(ErrorCode.PASSPHRASE_NEEDED, fresh.unlock_plan, branch.plan, Secret(), [])
    assert fresh.unlock_plan(branch.plan, Secret(PASSPHRASE), []) == repository_id
    assert fresh.unlock_plan(branch.plan, Secret(), []) == repository_id


def test_a_plan_that_was_never_copied_has_no_repository_anywhere(branch: Branch) -> None:
    unlock = branch.services.protection.unlock_plan
    assert unlock(branch.plan, Secret(PASSPHRASE), branch.plan.drives) is None
    assert unlock(branch.plan, Secret(PASSPHRASE), None) is None
    refusal(ErrorCode.PASSPHRASE_NEEDED, unlock, branch.plan, Secret(), None)


def _forget(branch: Branch) -> None:
    shutil.rmtree(branch.world.folder)
    branch.services = branch.fresh()


def test_a_lost_repository_is_found_in_the_vault_with_its_points(branch: Branch) -> None:
    branch.to_vault()
    branch.run(JobKind.INCREMENT)
    found = branch.world.state.plan(branch.plan.plan_id)
    assert found is not None
    _forget(branch)
    protection = branch.services.protection
    assert protection.repository_of(branch.plan) == ""
    refusal(
        ErrorCode.PASSPHRASE_WRONG, protection.unlock_plan, branch.plan, Secret("another one"), None
    )
    assert protection.unlock_plan(branch.plan, Secret(PASSPHRASE), None) == found.repository_id
    book = branch.world.book(found.repository_id)
    assert [(point.sequence, point.done) for point in book.points()] == [(1, True), (2, True)]
    assert set(branch.world.state.key_files(found.repository_id)) == {
        "repository.json",
        "keys/passphrase.json",
    }


def test_a_lost_repository_is_found_with_the_recovery_code_too(branch: Branch) -> None:
    branch.fill()
    repository_id = branch.keep()
    kit = branch.services.protection.new_kit(repository_id)
    branch.run(JobKind.COPY)
    _forget(branch)
    code = Secret(None, "\n".join(kit.lines))
    found = branch.services.protection.unlock_plan(branch.plan, code, branch.plan.drives)
    assert found == repository_id
    _forget(branch)
    opening = Opening(branch.plan.drives, recovery_code="\n".join(kit.lines))
    assert len(branch.services.restores.open(opening).points()) == 1


def test_a_drive_of_another_plan_is_not_taken_over(branch: Branch) -> None:
    branch.keep()
    branch.run(JobKind.COPY)
    _forget(branch)
    other = replace(branch.plan, name="branch-043")
    error = refusal(
        ErrorCode.PLAN_BLOCKED,
        branch.services.protection.unlock_plan,
        other,
        Secret(PASSPHRASE),
        other.drives,
    )
    assert error.parameters["finding"] == "drive-has-other-backup"
    assert error.parameters["drive"] == other.drives[0]


def test_a_copy_needs_no_account_that_answers_but_other_steps_do(branch: Branch) -> None:
    away = replace(
        branch.plan,
        destination=Destination("https://contoso.blob.core.windows.net", "abc-d", "efg-h"),
    )
    unlock = branch.services.protection.unlock_plan
    assert unlock(away, Secret(PASSPHRASE), branch.plan.drives) is None
    refusal(ErrorCode.ACCOUNT_SECRET_NEEDED, unlock, away, Secret(PASSPHRASE), None)
