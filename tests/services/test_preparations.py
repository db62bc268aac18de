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
