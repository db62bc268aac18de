"""What the admin hears of drives that fall silent, go and come back."""

from types import SimpleNamespace
from typing import Any

from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.engine.context import Context, Progress
from offline_backup_gui.engine.lanes import SILENT_S, LaneWatch
from offline_backup_gui.engine.open_pack import LaneState
from offline_backup_gui.services.free import FreeControl
from tests.fakes import FakeClock


def _watched() -> tuple[LaneWatch, Any, FakeClock, list[str]]:
    told: list[str] = []
    clock = FakeClock()
    progress = Progress(clock)
    context = Context(
        FreeControl(), progress, clock, lambda code, **_: told.append(str(code)), system_files()
    )
    lane: Any = SimpleNamespace(
        home="aa", state=LaneState.WRITING, busy_since=None, written_bytes=0, packs=0
    )
    drive: Any = SimpleNamespace(choice=SimpleNamespace(label="Drive E", mount="/mnt/e"))
    return LaneWatch(context, [lane], [drive]), lane, clock, told


def test_a_drive_that_comes_back_is_told_once():
    watch, lane, _clock, told = _watched()
    watch.look()
    lane.state = LaneState.GONE
    watch.look()
    assert told == []  # the lane itself tells that its drive went
    lane.state = LaneState.WRITING
    watch.look()
    watch.look()
    assert told == ["drive-back"]


def test_a_drive_that_is_gone_at_the_end_is_not_back():
    watch, lane, _clock, told = _watched()
    lane.state = LaneState.GONE
    watch.look()
    lane.state = LaneState.ENDED
    watch.look()
    assert told == []


def test_a_drive_that_falls_silent_is_told_once():
    watch, lane, clock, told = _watched()
    lane.busy_since = clock.monotonic()
    clock.wait(SILENT_S + 1)
    assert [reading.state for reading in watch.look()] == ["silent"]
    watch.look()
    assert told == ["drive-silent"]
