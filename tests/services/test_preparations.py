"""Prepared drives and their keys, from the preparation to the form of the import job."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import OwnDrive
from offline_backup_gui.domain.plan import PlanId
from offline_backup_gui.domain.prepared_drive import key_name, prepared_drive
from offline_backup_gui.services.preparations import Preparations
from tests.fakes import FakeClock, MemorySecrets, world_of

PLAN = PlanId("077dcf2879b15ad9")
KEY = "-".join(f"{number * 11:06d}" for number in range(1000, 1008))
MD5 = "109B21108597EF36D5785F08303F3638"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Preparations, StateStore, MemorySecrets]]:
    state, secrets = StateStore(tmp_path / "state"), MemorySecrets()
    world = replace(world_of(state, FakeClock()), secrets=secrets)
    yield Preparations(world), state, secrets
    state.close()


def test_drives_reach_the_form_with_their_keys(
    desk: tuple[Preparations, StateStore, MemorySecrets],
) -> None:
    preparations, _, _ = desk
    for serial in ("ZR2", "ZR1"):
        drive = preparations.with_key(prepared_drive(serial, MD5), KEY)
        preparations.note(PLAN, drive)
    drives, keys = preparations.job_drives(PLAN)
    assert drives == tuple(OwnDrive(one, "\\DriveManifest.xml", MD5) for one in ("ZR1", "ZR2"))
    assert keys == {"ZR1": KEY, "ZR2": KEY}


def test_a_later_preparation_replaces_the_earlier_one(
    desk: tuple[Preparations, StateStore, MemorySecrets],
) -> None:
    preparations, state, _ = desk
    preparations.note(PLAN, prepared_drive("ZR1", "0" * 32))
    preparations.note(PLAN, prepared_drive("ZR1", MD5))
    preparations.note(PlanId("other"), prepared_drive("ZR9", MD5))
    again = StateStore(state.folder)
    assert [one.manifest_md5 for one in again.prepared(PLAN)] == [MD5]
    again.close()
    preparations.forget(PLAN, "ZR1")
    preparations.forget(PLAN, "never there")
    assert preparations.of(PLAN) == []


def test_the_key_is_in_no_byte_of_the_state(
    desk: tuple[Preparations, StateStore, MemorySecrets],
) -> None:
    preparations, state, secrets = desk
    preparations.note(PLAN, preparations.with_key(prepared_drive("ZR1", MD5), KEY))
    for path in state.folder.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes()
    (drive,) = preparations.of(PLAN)
    assert secrets.get(drive.key_ref) == KEY.encode()


def test_a_plan_without_prepared_drives_is_told(
    desk: tuple[Preparations, StateStore, MemorySecrets],
) -> None:
    with pytest.raises(BackupError) as told:
        desk[0].job_drives(PLAN)
    assert told.value.code is ErrorCode.DRIVES_NOT_PREPARED


@pytest.mark.parametrize("key_ref", ["", "bitlocker-gone"])
def test_a_drive_without_its_key_is_named(
    desk: tuple[Preparations, StateStore, MemorySecrets], key_ref: str
) -> None:
    preparations, _, _ = desk
    preparations.note(PLAN, prepared_drive("ZR1", MD5, key_ref=key_ref))
    with pytest.raises(BackupError) as told:
        preparations.job_drives(PLAN)
    assert told.value.code is ErrorCode.BITLOCKER_KEY_MISSING
    assert told.value.parameters["drive"] == "ZR1"


MADE = ["DISK-1BC776B4F618", "VOL-1A2B3C4D", "60A44C413DF8F4311A5A0F4B-PhysicalDrive2", "sdb"]


@pytest.mark.parametrize("serial", MADE)
def test_a_drive_whose_serial_was_made_here_reaches_no_form_and_no_portal_file(
    desk: tuple[Preparations, StateStore, MemorySecrets], tmp_path: Path, serial: str
) -> None:
    preparations, _, _ = desk
    preparations.note(PLAN, preparations.with_key(prepared_drive("ZR1", MD5), KEY))
    preparations.note(PLAN, preparations.with_key(prepared_drive(serial, MD5), KEY))
    for refused in (
        lambda: preparations.job_drives(PLAN),
        lambda: preparations.for_job(PLAN),
        lambda: preparations.write_form(PLAN, tmp_path / "form.toml"),
        lambda: preparations.hand_in(PLAN, tmp_path / "portal"),
    ):
        with pytest.raises(BackupError) as told:
            refused()
        assert told.value.code is ErrorCode.SERIAL_MADE
        assert told.value.parameters["drive"] == serial
    assert not (tmp_path / "form.toml").exists()
    assert not (tmp_path / "portal").exists()


def test_a_serial_that_only_the_system_knows_to_be_changed_is_remembered_as_such(
    desk: tuple[Preparations, StateStore, MemorySecrets],
) -> None:
    preparations, state, _ = desk
    twin = prepared_drive("X7-a1b2c3d4", MD5, serial_made=True)
    preparations.note(PLAN, preparations.with_key(twin, KEY))
    again = StateStore(state.folder)
    assert [one.serial_made for one in again.prepared(PLAN)] == [True]
    again.close()
    with pytest.raises(BackupError) as told:
        preparations.job_drives(PLAN)
    assert told.value.code is ErrorCode.SERIAL_MADE


@pytest.mark.parametrize("serial", ["WD-WCC4N0123456", "ZR5A1K2F", "S3Z8NB0K123456A", "DISK-1"])
def test_a_serial_of_a_maker_does_not_look_made(serial: str) -> None:
    assert not prepared_drive(serial, MD5).serial_made


@pytest.mark.parametrize("typed", ["", "123456", KEY[:-1], KEY + "-000000", "x" * 55])
def test_what_is_no_recovery_password_is_not_kept(
    desk: tuple[Preparations, StateStore, MemorySecrets], typed: str
) -> None:
    preparations, _, secrets = desk
    with pytest.raises(BackupError) as told:
        preparations.keep_key("ZR1", typed)
    assert secrets.get(key_name("ZR1")) is None
    assert told.value.code is ErrorCode.BITLOCKER_KEY_WRONG
    assert typed not in str(told.value) or not typed
