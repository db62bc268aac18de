"""Recorded disks, one file each: the right bus, sizes, serial, identity, health and findings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline_backup_gui.adapters.drives.windows import WindowsDriveSource
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.fitness import DriveNeed, fitness
from offline_backup_gui.domain.plan import Route
from tests.adapters.drives.recorded_disk import (
    NUMBER,
    RecordedDisk,
    computer_with,
    disk_of,
    names,
    recording,
)

NEED = DriveNeed(10**9, (), "https://contoso.blob.core.windows.net", Route.IMPORT_EXPORT)


def listed(disk: RecordedDisk, volume: dict[str, Any] | None) -> Drive:
    drives = WindowsDriveSource(computer_with(disk, volume), time_limit_s=20).drives()
    (found,) = (drive for drive in drives if drive.device.endswith(str(NUMBER)))
    return found


def facts_of(drive: Drive) -> dict[str, Any]:
    return {
        "bus": drive.bus.value,
        "model": drive.model,
        "serial": drive.serial,
        "size": drive.size_bytes,
        "logical": drive.logical_sector_bytes,
        "physical": drive.physical_sector_bytes,
        "removable": drive.removable,
        "hot_plug": drive.hot_plug,
        "has_medium": drive.has_medium,
        "health": drive.health.value,
        "signs": {sign.sign.value: sign.count for sign in drive.signs},
        "encryption": drive.encryption.value,
        "style": drive.partition_style.value,
        "offline": drive.offline,
        "read_only": drive.read_only,
        "dynamic": drive.dynamic,
        "findings": [finding.code.value for finding in fitness(drive, NEED)],
    }


USUAL = {"has_medium": True, "signs": {}, "offline": False, "read_only": False, "dynamic": False}


@pytest.mark.parametrize("name", names())
def test_a_recorded_disk_is_read_in_full(name: str) -> None:
    data = recording(name)
    expected = {**USUAL, **data["expected"]}
    behind = expected.pop("disk_sector", None)
    drive = listed(disk_of(data), data.get("volume"))
    assert facts_of(drive) == expected
    assert behind is None or drive.disk_sector_bytes == behind


@pytest.mark.parametrize("name", names())
def test_every_recorded_answer_is_asked_for_with_the_recorded_question(name: str) -> None:
    data = recording(name)
    disk = disk_of(data)
    listed(disk, data.get("volume"))
    assert set(disk.answer_by_question) - disk.asked == set()
    assert set(disk.sectors) - disk.read_at == set()


def test_there_are_the_disks_that_were_promised() -> None:
    recordings = {name: recording(name) for name in names()}
    buses = {data["expected"]["bus"] for data in recordings.values()}
    assert len(recordings) >= 14
    assert buses >= {"usb", "sata", "nvme", "sas", "raid", "image", "spaces", "card"}
    assert all(data["source"] for data in recordings.values())
    assert sum(data["origin"].startswith("real") for data in recordings.values()) >= 8


# Fewer examples: each one lists a whole computer.
FUZZ = settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", names())
@FUZZ
@given(data=st.data())
def test_no_damage_to_the_answers_upsets_the_listing(name: str, data: st.DataObject) -> None:
    """Cut, overwrite and fill the answers: the disk stays in the list, whatever is said of it."""
    whole = recording(name)
    disk = disk_of(whole)
    for question, answer in disk.answer_by_question.items():
        disk.answer_by_question[question] = _damaged(data, answer)
    for offset, sector in disk.sectors.items():
        disk.sectors[offset] = _damaged(data, sector)
    drive = listed(disk, whole.get("volume"))
    assert drive.model.isprintable()
    assert drive.serial.isprintable()
    assert drive.size_bytes >= 0
    assert fitness(drive, NEED) is not None


def _damaged(data: st.DataObject, answer: bytes) -> bytes:
    kind = data.draw(st.sampled_from(["whole", "cut", "ones", "overwritten", "other"]))
    if kind == "cut":
        return answer[: data.draw(st.integers(0, len(answer)))]
    if kind == "ones":
        return b"\xff" * len(answer)
    if kind == "overwritten":
        place = data.draw(st.integers(0, max(0, len(answer) - 1)))
        patch = data.draw(st.binary(min_size=1, max_size=16))
        return answer[:place] + patch + answer[place + len(patch) :]
    return data.draw(st.binary(max_size=600)) if kind == "other" else answer
