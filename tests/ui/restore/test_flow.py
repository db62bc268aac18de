"""The steps of a restore without a window."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.domain.plan import Destination
from offline_backup_gui.ui.restore.flow import (
    Answers,
    Place,
    Secret,
    Step,
    begin,
    missing,
    opening,
    store_of,
)
from tests.ui.tracking.fakes import POINTS, plan

ENGLISH = words.load("en")
READY = Answers(folder="F:/", passphrase="seven words")


def test_a_plan_is_read_from_its_vault_with_what_is_kept_here() -> None:
    wanted = opening(begin(plan()))
    assert wanted.stores == ("https://contoso042.blob.core.windows.net/vault-branch-042",)
    assert wanted.passphrase is None
    assert wanted.recovery_code is None
    assert missing(Step.WHERE, begin(plan())) is None


def test_a_folder_account_is_a_path() -> None:
    one = replace(plan(), destination=Destination("/srv/account", "landing", "vault"))
    assert store_of(one).replace("\\", "/") == "/srv/account/vault"


def test_several_drives_are_one_a_line() -> None:
    answers = replace(READY, folder=" F:/ \n\nG:/\n")
    assert opening(answers).stores == ("F:/", "G:/")
    assert opening(answers).passphrase == "seven words"


def test_only_the_chosen_secret_is_handed_on() -> None:
    answers = replace(READY, code="7K3M-9QXA-T", secret=Secret.CODE)
    assert opening(answers).passphrase is None
    assert opening(answers).recovery_code == "7K3M-9QXA-T"


def test_a_signature_belongs_to_an_address_and_loses_its_question_mark() -> None:
    answers = replace(READY, place=Place.URL, url="https://a.example/c", sas="?sv=2026&sig=x")
    assert opening(answers).sas == "sv=2026&sig=x"
    assert opening(replace(answers, place=Place.FOLDER)).sas is None


@pytest.mark.parametrize(
    ("step", "answers", "need"),
    [
        (Step.WHERE, replace(READY, folder="  "), "restore.need.folder"),
        (Step.WHERE, replace(READY, place=Place.URL, url="contoso"), "restore.need.url"),
        (Step.WHERE, replace(READY, passphrase=""), "restore.need.passphrase"),
        (Step.WHERE, replace(READY, secret=Secret.CODE), "restore.need.code"),
        (Step.WHERE, READY, None),
        (Step.POINT, READY, "restore.need.point"),
        (Step.POINT, replace(READY, point=POINTS[0]), None),
        (Step.FILES, replace(READY, nothing_chosen=True), "restore.need.files"),
        (Step.FILES, READY, None),
        (Step.TARGET, READY, "restore.need.target"),
        (Step.TARGET, replace(READY, to="/srv/restored"), None),
    ],
)
def test_each_step_says_what_it_needs(step: Step, answers: Answers, need: str | None) -> None:
    assert missing(step, answers) == need
    assert need is None or ENGLISH.has(need)


def test_secrets_do_not_show_in_a_representation() -> None:
    answers = Answers(passphrase="seven words", code="7K3M", sas="sig")
    assert "seven words" not in repr(answers)
    assert "7K3M" not in repr(answers)
    assert "sig" not in repr(answers)
