"""Recorded disks, one file each: the right bus, sizes, serial, identity, health and findings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offline_backup_gui.adapters.drives.bitlocker import (
    parse_boot_sector,
    parse_metadata,
    state_of,
)
from offline_backup_gui.adapters.drives.win32 import VolumeText
from offline_backup_gui.adapters.drives.windows import WindowsDriveSource
from offline_backup_gui.adapters.drives.windows_volumes import Records
from offline_backup_gui.domain.drive import Drive, Encryption
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
        "serial_made": drive.serial_made,
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


USUAL = {
    "serial_made": False,
    "has_medium": True,
    "signs": {},
    "offline": False,
    "read_only": False,
    "dynamic": False,
}


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
    # Windows' own word that a volume is locked is taken without reading the disk.
    told = data.get("volume", {}).get("code") == 0x80310000
    assert disk.read_at == (set() if told else set(disk.sectors))


def test_the_sectors_of_a_locked_volume_tell_the_same_as_windows() -> None:
    sectors = disk_of(recording("bitlocker-locked")).sectors
    boot = parse_boot_sector(sectors[1 << 20])
    record = parse_metadata(sectors[(1 << 20) + boot.metadata_offsets[0]])
    assert record is Encryption.UNLOCKED  # fully encrypted, and open as soon as it has its key
    assert state_of(boot, record, opened=False) is Encryption.LOCKED


def test_there_are_the_disks_that_were_promised() -> None:
    recordings = {name: recording(name) for name in names()}
    buses = {data["expected"]["bus"] for data in recordings.values()}
    assert len(recordings) >= 14
    assert buses >= {"usb", "sata", "nvme", "sas", "raid", "image", "spaces", "card"}
    assert all(data["source"] for data in recordings.values())
    assert sum(data["origin"] == "recorded" for data in recordings.values()) == 1
    assert sum(data["origin"].startswith("real") for data in recordings.values()) >= 8


@pytest.mark.parametrize("taken", [49, 50])
def test_an_nvme_disk_is_known_where_its_driver_takes_one_kind_of_question_only(taken: int) -> None:
    data = recording("nvme")
    disk = disk_of(data)
    disk.answer_by_question = {
        (code, bytes([taken]) + question[1:] if question[:1] in (b"1", b"2") else question): answer
        for (code, question), answer in disk.answer_by_question.items()
    }
    drive = listed(disk, data["volume"])
    assert (drive.serial, drive.health.value) == ("S676NX0RB14009", "good")


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


def test_bitlocker_is_read_from_the_disk_again_only_after_a_while_or_a_change() -> None:
    now = [0.0]
    data = recording("bitlocker-locked")
    disk = disk_of(data)
    unlocked = {**data["volume"], "label": "B", "serial": 7, "file_system": "NTFS", "code": 0}
    unlocked |= {"size": 1 << 27, "free": 1 << 26}
    computer = computer_with(disk, unlocked)
    source = WindowsDriveSource(computer, records=Records(60, lambda: now[0]))
    source.drives()
    assert disk.read_at
    disk.read_at.clear()
    now[0] = 59
    source.drives()
    assert not disk.read_at
    computer.by_letter["E"].text = VolumeText("C", 7, "NTFS")
    source.drives()
    assert disk.read_at
    disk.read_at.clear()
    now[0] = 119
    source.drives()
    assert disk.read_at
