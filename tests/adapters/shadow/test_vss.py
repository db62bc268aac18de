"""Talking to the shadow copy service through its binary interface."""

from __future__ import annotations

import io
import json

import pytest

from offline_backup_gui.adapters.shadow.com import ComError
from offline_backup_gui.adapters.shadow.holder import hold
from offline_backup_gui.adapters.shadow.vss import METHODS, Frozen, Refused, Service, ShadowSet
from tests.adapters.shadow.vss_stand_in import PUBLISHED, Plan, StandIn

C = "\\\\?\\Volume{11111111-1111-1111-1111-111111111111}\\"
D = "\\\\?\\Volume{22222222-2222-2222-2222-222222222222}\\"
DEVICE = "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy"
IN_PROGRESS, NO_ROOM, DENIED = 0x80042316, 0x8004231F, 0x80070005


def no_wait(seconds: float) -> None:
    raise AssertionError(f"nothing to wait for, not even {seconds} s")


def test_the_order_of_the_methods_is_the_published_one() -> None:
    assert METHODS[3:] == PUBLISHED[: len(METHODS) - 3]


def test_two_volumes_are_frozen_in_one_set_without_writers_and_given_back() -> None:
    stand_in = StandIn()
    shadows = ShadowSet(stand_in.service())
    made, refused = shadows.make([C, D], no_wait)
    assert made == [Frozen(C, DEVICE + "1"), Frozen(D, DEVICE + "2")]
    assert refused == []
    assert stand_in.contexts == [0x10]
    assert stand_in.calls.count("StartSnapshotSet") == stand_in.calls.count("DoSnapshotSet") == 1
    assert not [call for call in stand_in.calls if call.startswith("WRONG")]
    assert stand_in.freed == 2
    assert stand_in.held == 1
    shadows.release()
    shadows.release()
    assert stand_in.held == 0


def test_a_volume_that_takes_no_part_leaves_the_others_frozen() -> None:
    stand_in = StandIn(Plan(unsupported=frozenset({C})))
    made, refused = ShadowSet(stand_in.service()).make([C, D], no_wait)
    assert made == [Frozen(D, DEVICE + "1")]
    assert refused == [Refused(C, 0x8004230C)]
    full = StandIn(Plan(by_volume={D: NO_ROOM}))
    made, refused = ShadowSet(full.service()).make([C, D], no_wait)
    assert ([one.volume for one in made], refused) == ([C], [Refused(D, NO_ROOM)])


def test_when_no_volume_takes_part_nothing_is_frozen() -> None:
    stand_in = StandIn(Plan(unsupported=frozenset({C})))
    assert ShadowSet(stand_in.service()).make([C], no_wait) == ([], [Refused(C, 0x8004230C)])
    assert "DoSnapshotSet" not in stand_in.calls


def test_a_busy_moment_is_waited_for_and_tried_again_with_a_new_object() -> None:
    waits: list[float] = []
    stand_in = StandIn(Plan(by_method={"StartSnapshotSet": [IN_PROGRESS, IN_PROGRESS]}))
    stand_in.plan.status = [0x80042314]
    shadows = ShadowSet(stand_in.service())
    made, _ = shadows.make([C], waits.append)
    assert made == [Frozen(C, DEVICE + "1")]
    assert waits == [10.0] * 3
    shadows.release()
    assert stand_in.held == 0


def test_a_busy_service_is_not_tried_for_ever() -> None:
    waits: list[float] = []
    stand_in = StandIn(Plan(by_method={"StartSnapshotSet": [IN_PROGRESS] * 99}))
    with pytest.raises(ComError) as busy:
        ShadowSet(stand_in.service()).make([C], waits.append)
    assert busy.value.number == IN_PROGRESS
    assert len(waits) == 5
    assert stand_in.held == 0


@pytest.mark.parametrize(
    ("plan", "step", "number"),
    [
        (Plan(by_method={"InitializeForBackup": [DENIED]}), "InitializeForBackup", DENIED),
        (Plan(by_method={"DoSnapshotSet": [NO_ROOM]}), "DoSnapshotSet", NO_ROOM),
        (Plan(status=[NO_ROOM]), "DoSnapshotSet", NO_ROOM),
        (Plan(status=[0x00042309]), "DoSnapshotSet", 0x800705B4),
    ],
)
def test_a_refusal_names_step_and_number_and_nothing_stays_held(
    plan: Plan, step: str, number: int
) -> None:
    stand_in = StandIn(plan)
    with pytest.raises(ComError) as refused:
        ShadowSet(stand_in.service()).make([C], no_wait)
    assert (refused.value.step, refused.value.number) == (step, number)
    assert stand_in.held == 0


# --- the holder


def held(stand_in: StandIn) -> tuple[dict[str, object], list[int]]:
    """Run the holder; give what it said and how many objects it held while it waited."""
    said, counts = io.BytesIO(), []

    class Input(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            counts.append(stand_in.held)
            assert said.getvalue().endswith(b"\n")
            return b""

    assert hold([C, D], stand_in.service, no_wait, Input(), said) == 0
    return json.loads(said.getvalue()), counts


def test_the_holder_says_what_it_froze_and_holds_it_until_its_input_ends() -> None:
    stand_in = StandIn(Plan(by_volume={D: NO_ROOM}))
    answer, counts = held(stand_in)
    assert answer == {
        "frozen": [{"volume": C, "device": DEVICE + "1"}],
        "refused": [{"volume": D, "number": NO_ROOM}],
    }
    assert counts == [1]
    assert stand_in.held == 0


def test_the_holder_says_why_nothing_was_frozen_and_waits_for_nothing() -> None:
    answer, counts = held(StandIn(Plan(by_method={"SetContext": [DENIED]})))
    assert answer == {"failed": {"step": "SetContext", "number": 0x80070005}}
    assert counts == []


def test_the_holder_says_that_there_is_no_service_at_all() -> None:
    def missing() -> Service:
        raise OSError("no such library")

    said = io.BytesIO()
    assert hold([C], missing, no_wait, io.BytesIO(), said) == 0
    assert json.loads(said.getvalue())["failed"]["number"] == 0x8007007E
