from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from offline_backup_gui.domain.deadlines import due
from offline_backup_gui.domain.job import Job, JobId, JobKind, JobState
from offline_backup_gui.domain.plan import DeploymentModel, PlanId, Route
from offline_backup_gui.domain.service_status import ENDED, PLACE_BY_STATUS, REVIEW
from offline_backup_gui.domain.shipment import (
    DueName,
    NowYou,
    Parcel,
    SealedDrive,
    ServiceFact,
    ShipmentFacts,
    Source,
    Stage,
    StageName,
    StageStatus,
    TrackingState,
)
from offline_backup_gui.domain.timeline import (
    current,
    now_you,
    safe_to_erase,
    stage_names,
    stages,
    state,
)
from tests.domain.geo import RESOURCES

T0 = datetime(2026, 11, 1, 12, tzinfo=UTC)
SEALED = SealedDrive("d1", "SN1", "Disk", "/mnt/a", 3, 10**9, "ab" * 32, T0)
PARCEL = Parcel("DHL", "123", T0 + timedelta(days=1))
MARS = DeploymentModel.MARS


def days(count: float) -> datetime:
    return T0 + timedelta(days=count)


def job(kind: JobKind, job_state: JobState) -> Job:
    return Job(JobId(1), PlanId("p"), kind, job_state, T0)


def told(*statuses: str) -> tuple[ServiceFact, ...]:
    return tuple(ServiceFact(status, days(place + 1)) for place, status in enumerate(statuses))


def stage(facts: ShipmentFacts, name: StageName) -> Stage:
    return next(item for item in stages(facts) if item.name == name)


def test_increments_alone_never_make_a_backup_look_protected() -> None:
    facts = ShipmentFacts(drives=(SEALED,), increments=2, increment_at=days(3))
    assert state(facts) is TrackingState.SEALED
    assert stage(facts, StageName.VAULT).status is StageStatus.AHEAD
    assert now_you(facts) is NowYou.SHIP


def test_a_copy_after_the_proof_takes_back_that_drives_may_be_erased() -> None:
    known: dict[str, Any] = {}
    for changes, _, _ in STEPS:
        known.update(changes)
    proved = ShipmentFacts(**known)
    again = replace(proved, drives=(replace(SEALED, sealed_at=days(20)),))
    assert safe_to_erase(proved)
    assert not safe_to_erase(again)
    assert state(again) is TrackingState.SEALED
    assert now_you(again) is NowYou.SHIP
    assert safe_to_erase(replace(again, vault_proved_at=days(21)))


def test_a_copy_after_an_agents_recovery_point_takes_back_that_drives_may_be_erased() -> None:
    proved = ShipmentFacts(deployment_model=MARS, drives=(SEALED,), recovery_point_at=days(5))
    again = replace(proved, drives=(replace(SEALED, sealed_at=days(20)),))
    begun = replace(
        proved,
        drives=(SEALED, replace(SEALED, drive_id="d2", sealed_at=None)),
        newest=job(JobKind.COPY, JobState.RUNNING),
    )
    assert safe_to_erase(proved)
    assert not safe_to_erase(again)
    assert not safe_to_erase(begun)
    assert stage(again, StageName.VAULT).status is not StageStatus.DONE
    assert safe_to_erase(replace(again, recovery_point_at=days(21)))


@pytest.mark.parametrize("job_state", [JobState.RUNNING, JobState.INTERRUPTED])
def test_a_copy_under_way_takes_back_that_drives_may_be_erased(job_state: JobState) -> None:
    begun = ShipmentFacts(
        drives=(SEALED, replace(SEALED, drive_id="d2", sealed_at=None)),
        newest=job(JobKind.COPY, job_state),
        vault_proved_at=days(12),
    )
    assert not safe_to_erase(begun)
    assert stage(begun, StageName.SEALED).status is not StageStatus.DONE


def test_a_drive_handed_over_on_the_day_it_was_sealed_counts_as_sent() -> None:
    midnight = T0.replace(hour=0)
    facts = ShipmentFacts(drives=(SEALED,), parcel=replace(PARCEL, shipped_at=midnight))
    assert state(facts) is TrackingState.TRAVELLING


STEPS: list[tuple[dict[str, Any], TrackingState, NowYou | None]] = [
    ({}, TrackingState.PREPARING, NowYou.COPY),
    ({"drives": (SEALED,)}, TrackingState.SEALED, NowYou.SHIP),
    ({"parcel": PARCEL}, TrackingState.TRAVELLING, NowYou.NOTE_RECEIVED),
    ({"received_at": days(4)}, TrackingState.RECEIVED, NowYou.CHECK_ARRIVAL),
    ({"read_in_at": days(10)}, TrackingState.READ_IN, NowYou.CHECK_ARRIVAL),
    (
        {"arrival_checked_at": days(11), "arrival_complete": True},
        TrackingState.ARRIVED,
        NowYou.MOVE_TO_VAULT,
    ),
    ({"vault_proved_at": days(12)}, TrackingState.IN_VAULT, NowYou.RUN_INCREMENT),
    ({"increments": 1, "increment_at": days(13)}, TrackingState.PROTECTED, None),
]


def test_a_standalone_backup_walks_from_stage_to_stage() -> None:
    known: dict[str, Any] = {}
    for changes, expected, asked in STEPS:
        known.update(changes)
        facts = ShipmentFacts(**known)
        assert state(facts) is expected
        assert now_you(facts) is asked


def test_it_is_safe_to_erase_only_when_the_vault_copy_is_proved() -> None:
    known: dict[str, Any] = {}
    for changes, expected, _ in STEPS:
        known.update(changes)
        proved = expected in (TrackingState.IN_VAULT, TrackingState.PROTECTED)
        assert safe_to_erase(ShipmentFacts(**known)) == proved


def test_for_an_agent_only_its_recovery_point_makes_it_safe_to_erase() -> None:
    facts = ShipmentFacts(deployment_model=MARS, vault_proved_at=T0, service=told("Completed"))
    assert not safe_to_erase(facts)
    assert safe_to_erase(ShipmentFacts(deployment_model=MARS, recovery_point_at=T0))


def test_for_plain_folders_a_complete_arrival_is_the_end_of_the_way() -> None:
    known: dict[str, Any] = {"as_is": True, "arrival_checked_at": T0}
    assert not safe_to_erase(ShipmentFacts(**known))
    assert now_you(ShipmentFacts(**known, read_in_at=T0)) is NowYou.CHECK_ARRIVAL
    facts = ShipmentFacts(**known, arrival_complete=True)
    assert safe_to_erase(facts)
    assert state(facts) is TrackingState.PROTECTED
    assert now_you(facts) is None
    # An agent's plan is none of plain folders, whatever else is said of it.
    assert not safe_to_erase(ShipmentFacts(**known, arrival_complete=True, deployment_model=MARS))


def test_what_arrived_was_certainly_sent() -> None:
    facts = ShipmentFacts(read_in_at=days(2))
    done = [item.name for item in stages(facts) if item.status is StageStatus.DONE]
    assert done == [
        StageName.SEALED,
        StageName.SENT,
        StageName.RECEIVED,
        StageName.READING_IN,
    ]
    assert stage(facts, StageName.SENT).time is None


def test_a_practice_backup_is_read_in_on_this_computer() -> None:
    facts = ShipmentFacts(practice=True, drives=(SEALED,))
    assert now_you(facts) is NowYou.RECEIVE_HERE


def test_one_unsealed_drive_keeps_the_stage_open() -> None:
    unsealed = SealedDrive("d2", "SN2", "Disk", "", 0, 0, "", None)
    assert stage(ShipmentFacts(drives=(SEALED, unsealed)), StageName.SEALED).status is (
        StageStatus.NOW
    )


def test_a_stopped_copy_is_continued() -> None:
    facts = ShipmentFacts(newest=job(JobKind.COPY, JobState.INTERRUPTED))
    assert now_you(facts) is NowYou.CONTINUE_COPY
    assert state(facts) is TrackingState.TROUBLE


def test_a_stopped_run_is_run_again() -> None:
    facts = ShipmentFacts(read_in_at=T0, newest=job(JobKind.ARRIVAL, JobState.FAILED))
    assert now_you(facts) is NowYou.FIX_RUN


def test_nobody_is_asked_while_a_job_runs() -> None:
    facts = ShipmentFacts(running=job(JobKind.COPY, JobState.RUNNING))
    assert now_you(facts) is None
    assert state(facts) is TrackingState.COPYING
    assert stage(facts, StageName.SEALED).status is StageStatus.NOW


def test_an_incomplete_arrival_is_trouble_and_asks_for_repair() -> None:
    facts = ShipmentFacts(
        read_in_at=T0, arrival_checked_at=days(1), arrival_figures=(("missing", 2),)
    )
    assert stage(facts, StageName.ARRIVED).status is StageStatus.TROUBLE
    assert stage(facts, StageName.ARRIVED).evidence == ("missing 2",)
    assert now_you(facts) is NowYou.REPAIR_ARRIVAL
    assert state(facts) is TrackingState.TROUBLE


def test_a_parcel_without_a_number_asks_for_it() -> None:
    facts = ShipmentFacts(drives=(SEALED,), parcel=Parcel("DHL", " ", T0))
    assert now_you(facts) is NowYou.ENTER_TRACKING


# ------------------------------------------------------------ what Azure says


def test_an_unknown_status_is_shown_raw_and_moves_nothing() -> None:
    facts = ShipmentFacts(drives=(SEALED,), parcel=PARCEL, service=told("Teleported, all fine"))
    here = current(facts)
    assert here is not None
    assert here.name == StageName.RECEIVED
    assert here.status is StageStatus.NOW
    assert here.azure_name == "Teleported, all fine"


def test_azure_moves_the_timeline_with_its_own_times() -> None:
    facts = ShipmentFacts(
        drives=(SEALED,), parcel=PARCEL, service=told("Shipped", "Received", "Transferring")
    )
    received = stage(facts, StageName.RECEIVED)
    assert (received.status, received.time, received.source) == (
        StageStatus.DONE,
        days(2),
        Source.AZURE,
    )
    assert stage(facts, StageName.READING_IN).status is StageStatus.NOW
    assert state(facts) is TrackingState.READING_IN
    assert now_you(facts) is None


def test_reading_in_implies_that_it_was_received() -> None:
    facts = ShipmentFacts(drives=(SEALED,), service=told("Data copy completed with errors"))
    here = current(facts)
    assert here is not None
    assert (here.name, here.status) == (StageName.READING_IN, StageStatus.TROUBLE)
    assert now_you(facts) is NowYou.REVIEW_ERRORS


def test_a_halted_upload_asks_to_be_resolved() -> None:
    facts = ShipmentFacts(route=Route.DATA_BOX, service=told("Received", "Data copy halted"))
    assert now_you(facts) is NowYou.RESOLVE_UPLOAD
    assert state(facts) is TrackingState.TROUBLE


def test_a_proved_arrival_ends_the_trouble_of_reading_in() -> None:
    facts = ShipmentFacts(service=told("Closed"), arrival_checked_at=days(5), arrival_complete=True)
    assert state(facts) is TrackingState.ARRIVED


def test_a_cancelled_order_is_trouble_where_it_stands() -> None:
    facts = ShipmentFacts(drives=(SEALED,), parcel=PARCEL, service=told("Shipped", "Canceled"))
    here = current(facts)
    assert here is not None
    assert (here.name, here.status) == (StageName.RECEIVED, StageStatus.TROUBLE)
    assert now_you(facts) is NowYou.REVIEW_ERRORS


def test_data_copied_on_a_data_box_disk_means_that_it_still_copies() -> None:
    facts = ShipmentFacts(route=Route.DATA_BOX_DISK, service=told("Received", "Data copied"))
    assert stage(facts, StageName.READING_IN).status is StageStatus.NOW


def test_a_data_box_is_ordered_and_delivered_before_anything_is_copied() -> None:
    names = stage_names(ShipmentFacts(route=Route.DATA_BOX_DISK))
    assert names[:5] == (
        StageName.ORDERED,
        StageName.PREPARED,
        StageName.DISPATCHED,
        StageName.DELIVERED,
        StageName.SEALED,
    )
    walk = ["Ordered", "Processed", "Dispatched", "Delivered"]
    expected = [
        TrackingState.ORDERED,
        TrackingState.PREPARING,
        TrackingState.TRAVELLING,
        TrackingState.PREPARING,
    ]
    for count, wanted in enumerate(expected, start=1):
        facts = ShipmentFacts(route=Route.DATA_BOX_DISK, service=told(*walk[:count]))
        assert state(facts) is wanted
    assert now_you(facts) is NowYou.COPY_TO_DEVICE


def test_an_agent_that_waits_is_shown_as_normal() -> None:
    facts = ShipmentFacts(
        route=Route.DATA_BOX, deployment_model=MARS, service=told("Data copy", "Completed")
    )
    here = current(facts)
    assert here is not None
    assert here.azure_name == "Waiting for Azure Data Box job to be completed"
    assert here.status is StageStatus.NOW
    assert here.source is Source.AGENT
    assert state(facts) is TrackingState.WAITING_FOR_AGENT
    assert now_you(facts) is None
    assert StageName.ARRIVED not in stage_names(facts)
    # Somebody has to act when nothing follows the seed, or when it stands still.
    assert now_you(replace(facts, agent_linked=False)) is NowYou.NAME_VAULT
    assert now_you(replace(facts, agent_halted=True)) is NowYou.LOOK_AT_AGENT
    proved = replace(facts, recovery_point_at=days(20), agent_linked=False, agent_halted=True)
    assert now_you(proved) is None


def _published_words() -> set[str]:
    data = json.loads((RESOURCES / "statuses.json").read_text("utf-8"))
    words: set[str] = set()
    for key, part in data.items():
        entries = part.get("statuses") or part.get("values") if isinstance(part, dict) else None
        if key.startswith(("data_box", "import_export_job", "arm_databox_stageName")) and entries:
            words |= {e if isinstance(e, str) else e.get("status", e.get("code")) for e in entries}
    return words


def test_every_mapped_status_is_a_published_word() -> None:
    assert set(PLACE_BY_STATUS) - _published_words() <= {"Cancelled"}
    assert set(PLACE_BY_STATUS) >= ENDED | REVIEW


@pytest.mark.parametrize(
    "key", ["data_box_portal_import_order", "data_box_disk_portal_order", "arm_databox_stageName"]
)
def test_every_status_of_an_import_has_its_place(key: str) -> None:
    data = json.loads((RESOURCES / "statuses.json").read_text("utf-8"))[key]
    entries = data.get("statuses") or data["values"]
    named = {entry.get("status", entry.get("code")) for entry in entries}
    assert named <= set(PLACE_BY_STATUS)


SELF_MANAGED = ("DeviceOrdered", "DevicePrepared", "ReadyToDispatchFromAzureDC")
PORTAL_SELF_MANAGED = ("Ordered", "Processed", "Ready for pickup at Azure datacenter")


@pytest.mark.parametrize(
    ("words", "picked_up", "bring"),
    [
        (SELF_MANAGED, "PickedUp", "ReadyToReceiveAtAzureDC"),
        (PORTAL_SELF_MANAGED, "Picked up", "Ready to receive at Azure datacenter"),
    ],
)
def test_who_ships_himself_fetches_the_device_and_brings_it_back(
    words: tuple[str, ...], picked_up: str, bring: str
) -> None:
    def of(*more: str, drives: tuple[SealedDrive, ...] = ()) -> ShipmentFacts:
        service = told(*words, *more)
        return ShipmentFacts(route=Route.DATA_BOX, service=service, drives=drives)

    def done(facts: ShipmentFacts) -> list[str]:
        return [one.name for one in stages(facts) if one.status is StageStatus.DONE]

    assert now_you(of()) is NowYou.FETCH_DEVICE
    fetched = of(picked_up)
    # The customer has it: it was delivered, and is not on its way back.
    assert done(fetched)[-1] == StageName.DELIVERED
    assert now_you(fetched) is NowYou.COPY_TO_DEVICE
    assert [one.what for one in due(fetched, days(20))] == [DueName.RETURN_DEVICE]
    assert now_you(of(picked_up, bring, drives=(SEALED,))) is NowYou.BRING_DEVICE
    back = of(picked_up, bring, "AtAzureDC", drives=(SEALED,))
    assert done(back)[-1] == StageName.RECEIVED
    # A carrier that comes after all takes it back.
    assert done(of(picked_up, bring, picked_up, drives=(SEALED,)))[-1] == StageName.SENT


times = st.one_of(st.none(), st.datetimes(timezones=st.just(UTC)))


@given(
    st.builds(
        ShipmentFacts,
        route=st.sampled_from(list(Route)),
        deployment_model=st.sampled_from(list(DeploymentModel)),
        practice=st.booleans(),
        drives=st.sampled_from([(), (SEALED,)]),
        newest=st.sampled_from([None, job(JobKind.COPY, JobState.FAILED)]),
        parcel=st.sampled_from([None, PARCEL]),
        received_at=times,
        service=st.lists(st.sampled_from([*PLACE_BY_STATUS, "?"]), max_size=4).map(
            lambda found: told(*found)
        ),
        read_in_at=times,
        arrival_checked_at=times,
        arrival_complete=st.booleans(),
        vault_proved_at=times,
        recovery_point_at=times,
        increments=st.integers(0, 2),
    )
)
def test_a_timeline_is_done_up_to_one_open_stage_and_ahead_after_it(facts: ShipmentFacts) -> None:
    statuses = [item.status for item in stages(facts)]
    done = statuses.count(StageStatus.DONE)
    assert statuses[:done] == [StageStatus.DONE] * done
    rest = statuses[done:]
    if rest:
        assert rest[0] in (StageStatus.NOW, StageStatus.TROUBLE)
        assert rest[1:] == [StageStatus.AHEAD] * len(rest[1:])
    assert state(facts) in TrackingState
    assert now_you(facts) in (None, *NowYou)


def test_stages_carry_azures_own_terms() -> None:
    own = {item.name: item.azure_name for item in stages(ShipmentFacts())}
    assert own[StageName.SENT] == "Shipped"
    assert own[StageName.READING_IN] == "Data copy in progress"
    assert own[StageName.SEALED] == own[StageName.VAULT] == ""
    box = {item.name: item.azure_name for item in stages(ShipmentFacts(route=Route.DATA_BOX))}
    assert box[StageName.SENT] == "Picked up"
    assert box[StageName.READING_IN] == "Data copy"


def test_an_agents_recovery_point_is_its_completed_job() -> None:
    facts = ShipmentFacts(deployment_model=MARS, recovery_point_at=T0)
    vault = stage(facts, StageName.VAULT)
    assert (vault.status, vault.azure_name, vault.source) == (
        StageStatus.DONE,
        "Job Completed",
        Source.AGENT,
    )
    ahead = stage(ShipmentFacts(deployment_model=MARS), StageName.VAULT)
    assert (ahead.status, ahead.azure_name) == (StageStatus.AHEAD, "Job Completed")


def test_a_delivery_by_the_carrier_is_not_yet_received() -> None:
    facts = ShipmentFacts(drives=(SEALED,), parcel=PARCEL, delivered_at=days(3))
    received = stage(facts, StageName.RECEIVED)
    assert (received.status, received.source) == (StageStatus.NOW, Source.CARRIER)
    reported = ShipmentFacts(
        drives=(SEALED,), parcel=PARCEL, delivered_at=days(3), service=told("Received")
    )
    assert stage(reported, StageName.RECEIVED).source is Source.AZURE
    nothing = stage(ShipmentFacts(drives=(SEALED,), parcel=PARCEL), StageName.RECEIVED)
    assert nothing.source is Source.AZURE
    assert stage(ShipmentFacts(), StageName.SENT).source is Source.YOU


def test_a_completed_job_asks_for_the_arrival_check() -> None:
    facts = ShipmentFacts(service=told("Received", "Data copy in progress", "Completed"))
    assert now_you(facts) is NowYou.CHECK_ARRIVAL
    running = ShipmentFacts(service=told("Received", "Data copy in progress"))
    assert now_you(running) is None


def test_a_drive_that_was_not_in_the_parcel_asks_to_be_looked_for() -> None:
    reading = ServiceFact("DataCopy", T0, "InProgress")
    facts = ShipmentFacts(service=(reading,), drives_missing=("ZR501",))
    assert now_you(facts) is NowYou.LOOK_FOR_DRIVE
    assert now_you(replace(facts, drives_missing=())) is None
