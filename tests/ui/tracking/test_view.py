"""What the window says, worked out without a window."""

from __future__ import annotations

from datetime import timedelta

import pytest

from offline_backup_gui import words
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobKind, JobState
from offline_backup_gui.domain.shipment import (
    DueName,
    NowYou,
    ShipmentFacts,
    Source,
    Stage,
    StageName,
    StageStatus,
    TrackingState,
)
from offline_backup_gui.ui.tracking import view
from tests.ui.tracking import scenes
from tests.ui.tracking.fakes import NOW, World, plan

ENGLISH = words.load("en")
BOTH = pytest.mark.parametrize("spoken", [ENGLISH, words.load("de")], ids=["en", "de"])


def first(world: World) -> view.Backup:
    return view.load(world.services())[0]


@BOTH
@pytest.mark.parametrize("key", [*StageName, *DueName, *TrackingState])
def test_everything_the_domain_names_has_a_word(spoken: words.Words, key: str) -> None:
    assert spoken.text(key) != key


@BOTH
@pytest.mark.parametrize("now", NowYou)
@pytest.mark.parametrize("part", ["title", "why", "button", "short"])
def test_every_thing_to_do_has_its_card(spoken: words.Words, now: NowYou, part: str) -> None:
    assert spoken.text(f"{now.value}.{part}")


def test_an_account_that_does_not_answer_keeps_the_last_known_state() -> None:
    world = scenes.travelling()
    before = view.load(world.services())
    world.trouble["track"] = BackupError(ErrorCode.ACCOUNT_UNREACHABLE, account="contoso")
    after = view.load(world.services(), before)
    assert after[0].tracking == before[0].tracking
    assert after[0].trouble is not None
    assert before[0].trouble is None


def test_a_backup_never_seen_shows_no_state_when_the_account_is_silent() -> None:
    world = scenes.travelling()
    world.trouble["track"] = BackupError(ErrorCode.ACCOUNT_UNREACHABLE, account="contoso")
    backup = first(world)
    assert backup.tracking is None
    assert view.state_words(backup, ENGLISH) == "Not known yet"
    assert view.in_trouble(backup)


def test_arrival_figures_are_read_from_lists_counts_and_objects() -> None:
    figures = view.arrival_figures(
        {"expected": 5, "arrived": 3, "damaged": ["a"], "missing": [{"path": "b"}], "renamed": 0}
    )
    assert figures == view.ArrivalFigures(5, 3, ("a",), (), ("b",), 0)
    assert not figures.complete
    assert view.arrival_figures({}) is None


def test_nothing_missing_or_damaged_is_complete() -> None:
    figures = view.arrival_figures({"expected": 2, "arrived": 2, "renamed": ["x"]})
    assert figures is not None
    assert figures.complete


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=20), "Checked just now"),
        (timedelta(minutes=1), "Checked 1 minute ago"),
        (timedelta(minutes=4), "Checked 4 minutes ago"),
        (timedelta(hours=3, minutes=9), "Checked 3 hours ago"),
    ],
)
def test_freshness_is_said_as_people_say_it(age: timedelta, said: str) -> None:
    assert view.age_words(NOW - age, NOW, ENGLISH, "tracking.checked-") == said


def test_a_day_old_state_is_dated() -> None:
    said = view.age_words(NOW - timedelta(days=2), NOW, ENGLISH, "tracking.checked-")
    assert said.startswith("Last checked on")


def test_only_a_run_that_the_system_starts_is_announced() -> None:
    made = scenes.world(scenes.SAFE)
    at = NOW + timedelta(hours=3)
    made.next_runs[made.plans[0].plan_id] = at
    backups = view.load(made.services())
    assert [backup.next_run for backup in backups[:2]] == [at, None]


def test_buttons_open_in_the_order_of_the_journey() -> None:
    sealed, read_in, proved, safe = (
        first(scenes.world(facts)).tracking
        for facts in (
            ShipmentFacts(drives=scenes.SENT.drives),
            scenes.READ_IN,
            scenes.PROVED,
            scenes.SAFE,
        )
    )
    assert sealed
    assert read_in
    assert proved
    assert safe
    assert not view.may_check_arrival(sealed)
    assert view.may_check_arrival(read_in)
    assert not view.may_move_to_vault(read_in)
    assert view.may_move_to_vault(proved)
    assert not view.may_run(proved)
    assert view.may_run(safe)
    assert not view.may_check_arrival(safe)


def test_only_a_practice_backup_lets_this_computer_play_the_datacenter() -> None:
    assert view.may_receive_here(first(scenes.practice()))
    assert not view.may_receive_here(first(scenes.sealed()))


def test_an_interrupted_job_can_be_continued_and_a_finished_one_cannot() -> None:
    assert view.continuable(first(scenes.interrupted())) is not None
    assert view.continuable(first(scenes.safe())) is None


def test_runs_are_copies_and_increments_only() -> None:
    backup = first(scenes.incomplete())
    assert [job.kind for job in backup.jobs] == [JobKind.ARRIVAL, JobKind.COPY]
    assert [job.kind for job in view.runs(backup)] == [JobKind.COPY]


def test_exceptions_are_counted_from_a_list_or_a_number() -> None:
    world = World()
    listed = world.add_job(plan().plan_id, JobKind.COPY, JobState.EXCEPTIONS, exceptions=[1, 2])
    counted = world.add_job(plan().plan_id, JobKind.COPY, JobState.EXCEPTIONS, exceptions=7)
    assert view.exception_count(listed) == 2
    assert view.exception_count(counted) == 7


def test_an_unknown_stage_is_shown_by_azures_own_name() -> None:
    stage = Stage("stage.new", "Held at customs", StageStatus.NOW, None, Source.AZURE)
    assert view.stage_title(stage, ENGLISH) == "Held at customs"


def test_figures_are_worded_and_other_evidence_stays_as_it_is() -> None:
    arrived = Stage(
        StageName.ARRIVED,
        "",
        StageStatus.TROUBLE,
        None,
        Source.PROGRAM,
        ("expected 21027", "missing 3"),
    )
    assert view.evidence_words(arrived, ENGLISH) == ("Expected: 21,027 · Missing: 3",)
    figures = ("arrived 9", "bytes 9855141", "damaged 0", "repaired_bytes 0", "lost_files 2")
    counted = Stage(StageName.ARRIVED, "", StageStatus.TROUBLE, None, Source.PROGRAM, figures)
    assert view.evidence_words(counted, ENGLISH) == (
        "Arrived: 9 · Size: 9.9 MB · Damaged: 0 · Files lost: 2",
    )
    sealed = Stage(
        StageName.SEALED, "", StageStatus.DONE, None, Source.PROGRAM, ("ZR51 ab12", "ZR52 cd34")
    )
    assert view.evidence_words(sealed, ENGLISH) == ("ZR51 ab12", "ZR52 cd34")
