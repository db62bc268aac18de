"""The state: plans, drafts, jobs, events, leases, notes; what a second process sees of it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import (
    ControlWord,
    Event,
    JobId,
    JobKind,
    JobState,
    Lane,
    Phase,
    Reading,
)
from offline_backup_gui.domain.plan import (
    DeploymentModel,
    Destination,
    Draft,
    Measurement,
    Plan,
    PlanId,
    Route,
)
from offline_backup_gui.domain.prepared_drive import prepared_drive
from offline_backup_gui.domain.shipment import Parcel
from offline_backup_gui.domain.state import KeptPlan, ShipmentNotes

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PLAN = Plan(
    "branch-042",
    DeploymentModel.STANDALONE,
    Route.IMPORT_EXPORT,
    ("/srv/shares",),
    Destination("https://contoso.blob.core.windows.net", "landing", "vault"),
    ("*.tmp",),
    ("/mnt/one",),
    ("21:00",),
)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateStore]:
    store = StateStore(tmp_path / "state")
    yield store
    store.close()


def again(state: StateStore) -> StateStore:
    """Open the same state as another process would."""
    return StateStore(state.folder)


def test_a_plan_comes_back_as_it_was_kept(state: StateStore) -> None:
    plan = PLAN
    kept = KeptPlan(plan, "ab" * 16, practice=True, created=NOW)
    state.put_plan(kept)
    other = again(state)
    assert other.plan(plan.plan_id) == kept
    assert other.plans() == [kept]
    assert other.plan(PlanId("nobody")) is None
    other.close()


def test_names_that_are_no_text_survive(state: StateStore) -> None:
    odd = "/srv/not \udcff text"
    plan = replace(PLAN, sources=(odd,))
    state.put_plan(KeptPlan(plan, "", False, NOW))
    state.put_draft(Draft(sources=(odd,), measurement=Measurement(1, 2, 3, 4, True, ((odd, 5),))))
    job_id = state.new_job(plan.plan_id, JobKind.RESTORE, {"paths": [odd], "overwrite": False})
    state.add_event(job_id, Event(NOW, "object-missing", {"name": odd}))
    state.put_reading(job_id, Reading(Phase.COPY, current=odd))
    other = again(state)
    kept, draft, job = other.plan(plan.plan_id), other.draft(), other.job(job_id)
    assert kept is not None
    assert draft is not None
    assert job is not None
    assert (kept.plan, kept.created) == (plan, NOW)
    assert (draft.sources, draft.measurement.largest_folders) == ((odd,), ((odd, 5),))
    assert job.options == {"paths": [odd], "overwrite": False}
    assert other.events(job_id, 0)[0][1] == Event(NOW, "object-missing", {"name": odd})
    assert other.reading(job_id) == Reading(Phase.COPY, current=odd)
    other.close()


def test_plans_are_listed_newest_first(state: StateStore) -> None:
    for number, name in enumerate(("first", "second", "third")):
        plan = replace(PLAN, name=name)
        state.put_plan(KeptPlan(plan, "", False, NOW.replace(hour=8 + number)))
    assert [kept.plan.name for kept in state.plans()] == ["third", "second", "first"]


def test_a_plan_that_changes_its_identity_takes_its_jobs_along(state: StateStore) -> None:
    before = replace(PLAN, destination=Destination("", "a-b", "c-d"))
    state.put_plan(KeptPlan(before, "", False, NOW))
    job_id = state.new_job(before.plan_id, JobKind.COPY, {})
    state.put_notes(before.plan_id, ShipmentNotes(received_at=NOW))
    state.put_prepared(before.plan_id, prepared_drive("ZR1", "0" * 32))
    after = replace(before, destination=Destination("/account", "a-b", "c-d"))
    state.move_plan(before.plan_id, KeptPlan(after, "", False, NOW))
    assert [kept.plan for kept in state.plans()] == [after]
    assert [job.job_id for job in state.jobs(after.plan_id)] == [job_id]
    assert state.notes(after.plan_id).received_at == NOW
    assert [drive.serial for drive in state.prepared(after.plan_id)] == ["ZR1"]
    assert state.jobs(before.plan_id) == []


def test_a_draft_survives_and_can_be_forgotten(state: StateStore) -> None:
    assert state.draft() is None
    draft = Draft(
        deployment_model=DeploymentModel.STANDALONE,
        sources=("/srv",),
        measurement=Measurement(3, 2, 10, 1, True, (("/srv/a", 10),)),
        line_mbps=20.5,
        route=Route.DATA_BOX,
        drives=("/mnt/a",),
    )
    state.put_draft(draft)
    other = again(state)
    assert other.draft() == draft
    state.put_draft(None)
    assert other.draft() is None
    other.close()


def test_a_draft_of_another_version_is_forgotten_not_refused(state: StateStore) -> None:
    state.put_draft(Draft(name="x"))
    with sqlite3.connect(state.folder / "state.db") as file:
        file.execute("UPDATE settings SET value = ?", (b'{"name": 7}',))
    file.close()
    assert state.draft() is None


def test_a_plan_that_cannot_be_understood_is_told(state: StateStore) -> None:
    state.put_plan(KeptPlan(replace(PLAN), "", False, NOW))
    with sqlite3.connect(state.folder / "state.db") as file:
        file.execute("UPDATE plans SET kept = ?", (b"{}",))
    file.close()
    with pytest.raises(BackupError) as refused:
        state.plans()
    assert refused.value.code is ErrorCode.STATE_NOT_USABLE


def test_a_job_moves_only_as_the_rules_allow(state: StateStore) -> None:
    job_id = state.new_job(PLAN.plan_id, JobKind.COPY, {"drives": ["/mnt/a"]})
    assert state.control(job_id) is ControlWord.GO
    job = state.set_state(job_id, JobState.RUNNING)
    assert (job.state, job.options) == (JobState.RUNNING, {"drives": ["/mnt/a"]})
    state.set_state(job_id, JobState.DONE, {"outcome": "done", "files": 3})
    with pytest.raises(BackupError) as refused:
        state.set_state(job_id, JobState.RUNNING)
    assert refused.value.code is ErrorCode.MOVE_NOT_ALLOWED
    kept = state.job(job_id)
    assert kept is not None
    assert (kept.state, kept.outcome) == (JobState.DONE, {"outcome": "done", "files": 3})
    with pytest.raises(BackupError) as missing:
        state.set_state(JobId(99), JobState.RUNNING)
    assert missing.value.code is ErrorCode.JOB_NOT_FOUND


def test_readings_are_replaced_and_events_are_numbered(state: StateStore) -> None:
    job_id = state.new_job(PLAN.plan_id, JobKind.COPY, {})
    assert state.reading(job_id) == Reading()
    lane = Lane("d1", "Disk", "/mnt/a", "writing", 5, 4, 9, 1.5, 2)
    reading = Reading(Phase.COPY, 1, 2, 3, 4, True, 5, 6.5, 7.5, 8, "name", (lane,))
    state.put_reading(job_id, Reading(Phase.SCAN))
    state.put_reading(job_id, reading)
    events = [
        Event(NOW, "drive-gone", {"drive": "E:", "packs": 3, "names": ("a", "b")}),
        Event(NOW, "seal"),
    ]
    for event in events:
        state.add_event(job_id, event)
    other = again(state)
    assert other.reading(job_id) == reading
    numbered = other.events(job_id, 0)
    assert [event for _, event in numbered][1] == events[1]
    first = numbered[0][1]
    assert (first.code, first.parameters["drive"], first.at) == ("drive-gone", "E:", NOW)
    assert list(first.parameters["names"]) == ["a", "b"]  # type: ignore[arg-type]
    assert other.events(job_id, numbered[0][0]) == numbered[1:]
    other.close()


def test_a_job_that_is_gone_is_asked_to_stop(state: StateStore) -> None:
    assert state.control(JobId(4711)) is ControlWord.STOP


_HOLD = """
import sys
from pathlib import Path
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.plan import PlanId
store = StateStore(Path(sys.argv[1]))
print(store.take(PlanId("plan")), flush=True)
sys.stdin.readline()
"""


def test_a_lease_holds_while_its_process_lives_and_is_free_at_once_after_a_kill(
    state: StateStore,
) -> None:
    plan_id = PlanId("plan")
    assert not state.held(plan_id)
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(state.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    assert state.held(plan_id)
    assert not state.take(plan_id)
    state.beat(plan_id)
    state.give_back(plan_id)  # only the holder can let go
    assert state.held(plan_id)
    process.kill()
    process.communicate()
    assert not state.held(plan_id)
    assert state.take(plan_id)
    assert state.held(plan_id)
    state.give_back(plan_id)
    assert not state.held(plan_id)


def test_a_later_process_with_the_same_number_holds_nothing(state: StateStore) -> None:
    plan_id = PlanId("plan")
    assert state.take(plan_id)
    with sqlite3.connect(state.folder / "state.db") as file:
        file.execute("UPDATE leases SET pid = ?, started = started - 1000000", (os.getppid(),))
    file.close()
    assert not state.held(plan_id)
    assert state.take(plan_id)


def test_notes_keys_and_practice_drives_are_kept(state: StateStore) -> None:
    assert state.notes(PLAN.plan_id) == ShipmentNotes()
    notes = ShipmentNotes(Parcel("DHL", "123", NOW), NOW, None, NOW, {"complete": True}, NOW)
    state.put_notes(PLAN.plan_id, notes)
    state.put_key_file("repo", "keys/a", b"\x00\xff")
    state.put_key_file("repo", "keys/a", b"\x01")
    state.add_folder_drive("/tmp/one")
    state.add_folder_drive("/tmp/one")
    other = again(state)
    assert other.notes(PLAN.plan_id) == notes
    assert other.key_files("repo") == {"keys/a": b"\x01"}
    assert other.key_files("another") == {}
    assert other.folder_drives() == ["/tmp/one"]
    other.close()
