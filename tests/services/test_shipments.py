"""Where a shipment is, from the first copy to increments, by a clock the test moves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.plan import Destination
from offline_backup_gui.domain.shipment import (
    NowYou,
    Parcel,
    Source,
    StageStatus,
    Tracking,
    TrackingState,
)
from tests.fakes import FakeClock
from tests.services.branch import Branch, labelled_at
from tests.ui.tracking import bodies

DAY_S = 86_400.0


def statuses(tracking: Tracking) -> list[str]:
    return [stage.status.value for stage in tracking.stages]


def test_the_story_of_a_shipment_is_told_step_by_step(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 11, 2, 8, 0, tzinfo=UTC))
    branch = Branch(tmp_path, clock)
    branch.fill()
    branch.keep()
    plan_id, shipments = branch.plan.plan_id, branch.services.shipments

    tracking = shipments.track(plan_id)
    assert (tracking.state, tracking.now_you) == (TrackingState.PREPARING, NowYou.COPY)
    assert set(statuses(tracking)) == {StageStatus.NOW, StageStatus.AHEAD}

    branch.run(JobKind.COPY)
    tracking = shipments.track(plan_id)
    assert tracking.state == TrackingState.SEALED
    sealed = tracking.stages[0]
    assert (sealed.status, sealed.time) == (StageStatus.DONE, clock.now())
    assert [drive.mount for drive in tracking.drives] == [str(drive) for drive in branch.drives]
    assert all(len(drive.fingerprint) == 64 and drive.sealed_at for drive in tracking.drives)
    assert sum(drive.packs for drive in tracking.drives) >= 2

    clock.wait(DAY_S)
    shipped = clock.now()
    shipments.ship(plan_id, Parcel("DHL", "4711", shipped))
    tracking = shipments.track(plan_id)
    assert tracking.state == TrackingState.TRAVELLING
    assert tracking.stages[1].time == shipped
    assert tracking.stages[1].evidence == ("DHL", "4711")

    clock.wait(3 * DAY_S)
    shipments.note_received(plan_id, clock.now())
    assert shipments.track(plan_id).state == TrackingState.RECEIVED
    clock.wait(DAY_S)
    received = shipments.receive_here(plan_id, [])
    assert received.objects > 0
    tracking = shipments.track(plan_id)
    assert (tracking.state, tracking.now_you) == (TrackingState.READ_IN, NowYou.CHECK_ARRIVAL)

    lost = next((branch.home / "account" / "landing-042" / "packs").glob("*/*"))
    kept = lost.read_bytes()
    lost.unlink()
    branch.run(JobKind.ARRIVAL)
    tracking = shipments.track(plan_id)
    assert (tracking.state, tracking.now_you) == (TrackingState.TROUBLE, NowYou.REPAIR_ARRIVAL)
    assert tracking.arrival["missing"] == [f"packs/{lost.parent.name}/{lost.name}"]
    branch.run(JobKind.ARRIVAL, repair=True)
    assert lost.read_bytes() == kept
    tracking = shipments.track(plan_id)
    assert (tracking.state, tracking.now_you) == (TrackingState.ARRIVED, NowYou.MOVE_TO_VAULT)
    assert not tracking.safe_to_erase

    clock.wait(DAY_S)
    branch.run(JobKind.VAULT)
    tracking = shipments.track(plan_id)
    assert tracking.state == TrackingState.IN_VAULT
    assert tracking.safe_to_erase

    clock.wait(DAY_S)
    branch.run(JobKind.INCREMENT)
    tracking = shipments.track(plan_id)
    assert (tracking.state, tracking.now_you) == (TrackingState.PROTECTED, None)
    assert set(statuses(tracking)) == {StageStatus.DONE}
    assert tracking.checked_at == clock.now()


def test_a_parcel_to_azure_has_a_day_by_which_it_should_arrive(tmp_path: Path) -> None:
    clock = FakeClock(datetime(2026, 11, 2, 8, 0, tzinfo=UTC))
    branch = Branch(tmp_path, clock, drive_at=labelled_at)
    branch.fill()
    away = replace(
        branch.plan,
        destination=Destination(
            "https://contoso.blob.core.windows.net", "landing-042", "vault-042"
        ),
    )
    repository_id = branch.services.protection.create("a passphrase")
    branch.services.planning.keep(away, repository_id=repository_id)
    job = branch.services.backups.prepare(
        away.plan_id, JobKind.COPY, drives=[str(drive) for drive in branch.drives]
    )
    assert branch.services.runner.run(job).trouble is None
    shipments = branch.services.shipments
    assert shipments.track(away.plan_id).due == ()
    shipments.ship(away.plan_id, Parcel("DHL", "4711", clock.now()))
    (due,) = shipments.track(away.plan_id).due
    assert due.what == "due.drives-arrive"
    first = due.days_left
    clock.wait(2 * DAY_S)
    assert shipments.track(away.plan_id).due[0].days_left == first - 2


def test_papers_are_written_for_sealed_drives_only(tmp_path: Path) -> None:
    branch = Branch(tmp_path)
    branch.fill()
    branch.keep()
    plan_id, desk = branch.plan.plan_id, branch.services.papers
    with pytest.raises(BackupError) as refused:
        desk.save(plan_id, tmp_path, "en", "A4")
    assert refused.value.code is ErrorCode.DRIVE_NOT_SEALED
    branch.run(JobKind.COPY)
    papers = desk.save(plan_id, tmp_path, "de", "Letter")
    assert len(papers) == 4
    assert all(path.read_bytes().startswith(b"%PDF") for path in papers)


def test_a_drive_of_another_backup_is_not_read_in(tmp_path: Path) -> None:
    branch, other = Branch(tmp_path / "one"), Branch(tmp_path / "two")
    for each in (branch, other):
        each.fill()
        each.keep()
        each.run(JobKind.COPY)
    with pytest.raises(BackupError) as refused:
        branch.services.shipments.receive_here(branch.plan.plan_id, [str(other.drives[0])])
    assert refused.value.code is ErrorCode.REPOSITORY_DIFFERENT
    assert not list((branch.home / "account" / "landing-042").rglob("*.json"))


def test_an_unknown_plan_is_told(tmp_path: Path) -> None:
    branch = Branch(tmp_path)
    with pytest.raises(BackupError) as refused:
        branch.services.shipments.track(branch.plan.plan_id)
    assert refused.value.code is ErrorCode.PLAN_NOT_FOUND


def test_a_saved_job_is_kept_when_it_is_the_one_of_the_plans_route(tmp_path: Path) -> None:
    branch = Branch(tmp_path, FakeClock(bodies.NOW))
    branch.keep()
    plan_id, shipments = branch.plan.plan_id, branch.services.shipments
    own, device = bodies.own_drives(bodies.NOW), bodies.disk_order(bodies.NOW)
    page = tmp_path / "jobs.json"
    page.write_text(json.dumps({"value": [device, own]}), encoding="utf-8")
    shipments.note_job_file(plan_id, page)
    tracking = shipments.track(plan_id)
    assert tracking.job is not None
    assert (tracking.job.job.name, tracking.job.source) == ("import-branch-042", Source.YOU)
    assert tracking.job.seen_at == bodies.NOW

    for jobs in ([device], [own, own]):
        page.write_text(json.dumps({"value": jobs}), encoding="utf-8")
        with pytest.raises(BackupError) as caught:
            shipments.note_job_file(plan_id, page)
        assert caught.value.code is ErrorCode.JOB_OF_ANOTHER_PLAN
    assert shipments.track(plan_id).job == tracking.job
