"""Drives are erased only when named by their serial, only when nothing needs them, only once told.

The disks are a table in memory that behaves like Windows: what is erased has no files, no manifest
and a new volume afterwards; what is encrypted says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.agent_seed import SeedLook, SeedState
from offline_backup_gui.domain.bitlocker import password_of
from offline_backup_gui.domain.device_layout import recognise
from offline_backup_gui.domain.drive import Bus, Drive, Encryption, Volume
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.fitness import DriveNeed, JudgedDrive, fitness
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Destination, Route
from offline_backup_gui.domain.prepared_drive import key_name, prepared_drive
from offline_backup_gui.domain.preparing import (
    DiskIdentity,
    NewVolume,
    PrepareStep,
    worth_preparing,
)
from offline_backup_gui.services.preparing import Preparing
from tests.fakes import FakeClock
from tests.services.branch import Branch

NOW = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
TB = 10**12
PASSWORD = password_of(b"a key for a test")
VOLUME = "\\\\?\\Volume{5f3b2c1d-8e4a-4b7c-9d10-00000000ab42}\\"
AZURE = "https://contoso.blob.core.windows.net"


def disk(number: int, **facts: object) -> Drive:
    given: dict[str, object] = {
        "bus": Bus.SATA,
        "mounts": (f"/disks/{number}",),
        "device": f"\\\\.\\PhysicalDrive{number}",
        "encryption": Encryption.NONE,
        "first_folders": ("Photos",),
        "manifest": "DriveManifest.xml",
        "file_system": "exFAT",
    }
    serial = f"SERIAL-{number}"
    return Drive(serial, "Disk", size_bytes=number * TB, free_bytes=TB, **{**given, **facts})  # type: ignore[arg-type]


class Disks:
    """The disks of a computer, a drive source and a preparer at once."""

    def __init__(self, *drives: Drive) -> None:
        self.table = {drive.device: drive for drive in drives}
        self.done: list[str] = []
        self.before_look: Callable[[], None] = lambda: None
        self.fails = ""
        self.able: BackupError | None = None

    def drives(self) -> Sequence[Drive]:
        return list(self.table.values())

    def _step(self, step: str) -> None:
        self.done.append(step)
        if self.fails == step:
            raise BackupError(ErrorCode.PREPARE_FAILED, step=step, reason="0x80310061")

    def assert_able(self) -> None:
        if self.able:
            raise self.able

    def identify(self, device: str) -> DiskIdentity:
        self.before_look()
        drive = self.table[device]
        return DiskIdentity(device, drive.serial, drive.size_bytes, drive.serial)

    def erase(self, disk: DiskIdentity, label: str) -> NewVolume:
        self._step("erase")
        drive = self.table[disk.path]
        volume = Volume(VOLUME, ("Q:\\",), label, "NTFS", drive.size_bytes, drive.size_bytes)
        self.table[disk.path] = replace(
            drive,
            mounts=("Q:\\",),
            label=label,
            file_system="NTFS",
            first_folders=(),
            manifest="",
            repository_id="",
            volumes=(volume,),
        )
        return NewVolume(VOLUME, "Q:\\", drive.size_bytes)

    def protect(self, volume: str) -> str:
        self._step(f"protect {volume}")
        return PASSWORD

    def encrypt(self, volume: str, *, whole: bool) -> None:
        self._step(f"encrypt {volume} {whole}")
        for device, drive in self.table.items():
            if drive.volumes and drive.volumes[0].identity == volume:
                self.table[device] = replace(drive, encryption=Encryption.UNLOCKED)


ALL = ["erase", f"protect {VOLUME}", f"encrypt {VOLUME} False"]


def office(home: Path, *drives: Drive) -> tuple[Branch, Disks, Preparing]:
    disks = Disks(*drives)
    branch = Branch(home, FakeClock(NOW), drive_source=disks, preparer=lambda: disks)
    return branch, disks, branch.services.preparing


def refusal(preparing: Preparing, name: str, typed: str) -> BackupError:
    with pytest.raises(BackupError) as caught:
        preparing.prepare(name, typed)
    return caught.value


def test_a_drive_is_erased_formatted_and_encrypted_and_its_key_is_kept(tmp_path: Path) -> None:
    branch, disks, preparing = office(tmp_path, disk(1), disk(2))
    steps: list[PrepareStep] = []
    ready = preparing.prepare("/disks/2", "SERIAL-2", on_step=steps.append)
    assert steps == list(PrepareStep)
    assert disks.done == ALL
    assert (ready.serial, ready.mount, ready.volume) == ("SERIAL-2", "Q:\\", VOLUME)
    assert ready.encryption is Encryption.UNLOCKED
    assert ready.key_ref == key_name("SERIAL-2")
    assert branch.world.secrets.get(ready.key_ref) == PASSWORD.encode()
    assert disks.table["\\\\.\\PhysicalDrive1"] == disk(1)
    (candidate,) = preparing.candidates(["SERIAL-2"], replace(branch.plan, destination=AZURE_PLAN))
    assert [f.code for f in candidate.findings] == [FindingCode.DRIVE_HEALTH_UNKNOWN]


AZURE_PLAN = Destination(AZURE, "landing-042", "vault-042")


def test_a_drive_whose_serial_was_made_here_is_never_erased_by_it(tmp_path: Path) -> None:
    made = disk(1, serial_made=True)
    branch, disks, preparing = office(tmp_path, made, disk(2))
    for plan in (None, replace(branch.plan, destination=AZURE_PLAN), branch.plan):
        (candidate,) = preparing.candidates(["SERIAL-1"], plan)
        told = [finding.code for finding in candidate.findings]
        assert told.count(FindingCode.DRIVE_SERIAL_MADE) == 1
        assert FindingCode.DRIVE_SERIAL_MADE in {one.code for one in candidate.forbidden}
    error = refusal(preparing, "SERIAL-1", "SERIAL-1")
    assert error.parameters["finding"] == FindingCode.DRIVE_SERIAL_MADE.value
    assert disks.done == []
    assert branch.world.secrets.get(key_name("SERIAL-1")) is None
    assert not worth_preparing(JudgedDrive(made, fitness(made, need_of_azure())))
    assert worth_preparing(JudgedDrive(disk(2), fitness(disk(2), need_of_azure())))


def need_of_azure() -> DriveNeed:
    return DriveNeed(0, (), AZURE, Route.IMPORT_EXPORT)


def test_the_key_of_a_serial_with_blanks_is_found_by_the_import_job(tmp_path: Path) -> None:
    branch, disks, preparing = office(tmp_path, replace(disk(1), serial="WD  12 A"))
    ready = preparing.prepare("WD  12 A", "WD  12 A")
    assert (ready.key_ref, disks.done) == (key_name("WD12A"), ALL)
    plan = branch.services.planning.keep(branch.plan).plan
    branch.services.preparations.note(plan.plan_id, prepared_drive("WD12A", "0" * 32))
    error = refusal(preparing, "WD  12 A", "WD  12 A")
    assert error.code is ErrorCode.PREPARE_BACKUP_NEEDED


def test_what_opens_a_prepared_drive_is_not_written_onto_it(tmp_path: Path) -> None:
    travelling = tmp_path / "travelling"
    travelling.mkdir()
    branch, _, preparing = office(
        tmp_path / "home", disk(1, mounts=(str(travelling),), manifest="")
    )
    plan = branch.services.planning.keep(branch.plan).plan
    preparations = branch.services.preparations
    preparations.keep_key("SERIAL-1", PASSWORD)
    preparations.note(plan.plan_id, prepared_drive("SERIAL-1", "0" * 32))
    with pytest.raises(BackupError) as caught:
        preparations.hand_in(plan.plan_id, travelling / "portal")
    assert caught.value.code is ErrorCode.TARGET_ON_DRIVE
    assert list(travelling.iterdir()) == []
    assert preparing.keys(plan)
    # A folder above a drive is not on it.
    assert preparations.hand_in(plan.plan_id, tmp_path)


def test_looking_changes_nothing_and_says_what_would_be_lost(tmp_path: Path) -> None:
    branch, disks, preparing = office(tmp_path, disk(1))
    plan = replace(branch.plan, destination=AZURE_PLAN)
    (candidate,) = preparing.candidates((), plan)
    assert candidate.forbidden == ()
    assert {finding.code for finding in candidate.findings} == {
        FindingCode.DRIVE_NOT_ENCRYPTED,
        FindingCode.DRIVE_HAS_MANIFEST,
        FindingCode.DRIVE_HAS_FILES,
        FindingCode.DRIVE_HEALTH_UNKNOWN,
    }
    assert disks.done == []
    with pytest.raises(BackupError) as caught:
        preparing.candidates(["SERIAL-9"])
    assert caught.value.code is ErrorCode.DRIVE_NOT_FOUND


@pytest.mark.parametrize("typed", ["", "SERIAL", "serial-1", "SERIAL-2", "SERIAL-1 x", "yes"])
def test_only_the_whole_serial_is_consent(tmp_path: Path, typed: str) -> None:
    _, disks, preparing = office(tmp_path, disk(1), disk(2))
    assert refusal(preparing, "/disks/1", typed).code is ErrorCode.PREPARE_NOT_CONSENTED
    assert disks.done == []


def test_a_drive_without_a_serial_cannot_be_consented_to(tmp_path: Path) -> None:
    _, disks, preparing = office(tmp_path, replace(disk(1), serial=""))
    assert refusal(preparing, "/disks/1", "").code is ErrorCode.PREPARE_NOT_CONSENTED
    assert disks.done == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"is_system": True}, FindingCode.DRIVE_IS_SYSTEM),
        ({"bus": Bus.NETWORK}, FindingCode.DRIVE_NOT_A_DISK),
        ({"bus": Bus.SPACES}, FindingCode.DRIVE_NOT_A_DISK),
        ({"bus": Bus.FOLDER}, FindingCode.DRIVE_NOT_A_DISK),
        ({"device": ""}, FindingCode.DRIVE_NOT_A_DISK),
        ({"encryption": Encryption.LOCKED}, FindingCode.DRIVE_LOCKED),
        ({"read_only": True}, FindingCode.DRIVE_READ_ONLY),
        ({"offline": True}, FindingCode.DRIVE_OFFLINE),
        ({"forbidden_by": "policy"}, FindingCode.DRIVE_FORBIDDEN),
        (
            {"layout": recognise("E:", ("BlockBlob", "PageBlob"), ())},
            FindingCode.DRIVE_OF_MICROSOFT,
        ),
    ],
)
def test_what_must_not_be_erased_is_refused_before_anything_is_asked(
    tmp_path: Path, facts: dict[str, object], code: FindingCode
) -> None:
    _, disks, preparing = office(tmp_path, disk(1, **facts))
    error = refusal(preparing, "SERIAL-1", "SERIAL-1")
    assert error.code is ErrorCode.PLAN_BLOCKED
    (candidate,) = preparing.candidates()
    assert code in {finding.code for finding in candidate.forbidden}
    assert disks.done == []


def test_a_drive_that_holds_a_source_of_any_plan_is_refused(tmp_path: Path) -> None:
    branch, disks, preparing = office(tmp_path, disk(1, mounts=(str(tmp_path / "office"),)))
    branch.keep()
    assert refusal(preparing, "SERIAL-1", "SERIAL-1").code is ErrorCode.PLAN_BLOCKED
    assert disks.done == []


def test_a_drive_that_holds_a_staging_location_is_refused(tmp_path: Path) -> None:
    stage = tmp_path / "stage"
    (stage / "deep").mkdir(parents=True)
    branch, disks, preparing = office(tmp_path / "home", disk(1, mounts=(str(stage),)))
    fields = AgentFields(staging_location=str(stage / "deep"))
    plan = replace(branch.plan, deployment_model=DeploymentModel.MARS, sources=(), agent=fields)
    branch.services.planning.keep(plan)
    assert refusal(preparing, "SERIAL-1", "SERIAL-1").code is ErrorCode.PLAN_BLOCKED
    assert disks.done == []


def test_a_drive_with_a_backup_that_has_not_arrived_is_refused(tmp_path: Path) -> None:
    branch, disks, preparing = office(tmp_path, disk(1))
    repository = branch.keep()
    disks.table["\\\\.\\PhysicalDrive1"] = disk(1, repository_id=repository)
    error = refusal(preparing, "SERIAL-1", "SERIAL-1")
    assert error.code is ErrorCode.PREPARE_BACKUP_NEEDED
    assert error.parameters["plan"] == branch.plan.name
    assert disks.done == []
    disks.table["\\\\.\\PhysicalDrive1"] = disk(1, repository_id="of another computer")
    preparing.prepare("SERIAL-1", "SERIAL-1")
    assert disks.done == ALL


def test_a_drive_that_carries_files_as_they_are_is_refused(tmp_path: Path) -> None:
    branch, disks, preparing = office(tmp_path, disk(1))
    plan = replace(branch.plan, as_is=True)
    branch.services.planning.keep(plan)
    disks.table["\\\\.\\PhysicalDrive1"] = disk(1, repository_id=plan.mirror_id)
    error = refusal(preparing, "SERIAL-1", "SERIAL-1")
    assert error.code is ErrorCode.PREPARE_BACKUP_NEEDED
    assert error.parameters["plan"] == plan.name
    assert disks.done == []


def test_no_drive_is_erased_while_a_job_of_its_plan_runs(tmp_path: Path) -> None:
    branch, disks, preparing = office(tmp_path, disk(1), disk(2), disk(3))
    plan = replace(branch.plan, drives=("/disks/1",))
    branch.services.planning.keep(plan)
    state = branch.world.state
    branch.services.backups.prepare(plan.plan_id, JobKind.COPY, drives=["/disks/2"])
    assert state.take(plan.plan_id)
    # Nothing is on them yet, and one is named by the job alone.
    for serial in ("SERIAL-1", "SERIAL-2"):
        assert refusal(preparing, serial, serial).code is ErrorCode.ALREADY_RUNNING
    assert disks.done == []
    preparing.prepare("SERIAL-3", "SERIAL-3")
    state.give_back(plan.plan_id)
    disks.done.clear()
    preparing.prepare("SERIAL-2", "SERIAL-2")
    assert disks.done == ALL


def test_a_drive_prepared_for_an_import_job_is_refused_until_the_vault_has_its_data(
    tmp_path: Path,
) -> None:
    branch, disks, preparing = office(tmp_path, disk(1))
    plan = replace(branch.plan, deployment_model=DeploymentModel.MARS)
    branch.services.planning.keep(plan)
    branch.services.preparations.note(plan.plan_id, prepared_drive("SERIAL-1", "0" * 32))
    error = refusal(preparing, "SERIAL-1", "SERIAL-1")
    assert error.code is ErrorCode.PREPARE_BACKUP_NEEDED
    state = branch.world.state
    proved = SeedLook(SeedState.PROVED, NOW)
    state.put_notes(plan.plan_id, replace(state.notes(plan.plan_id), agent_look=proved))
    preparing.prepare("SERIAL-1", "SERIAL-1")
    assert disks.done == ALL


def test_disks_that_change_places_in_between_are_not_erased(tmp_path: Path) -> None:
    second = replace(disk(2), size_bytes=TB)  # of the same size: only serials tell them apart
    _, disks, preparing = office(tmp_path, disk(1), second)

    def swap() -> None:
        one, two = "\\\\.\\PhysicalDrive1", "\\\\.\\PhysicalDrive2"
        disks.table = {
            one: replace(second, device=one),
            two: replace(disk(1), device=two),
        }

    disks.before_look = swap
    assert refusal(preparing, "SERIAL-1", "SERIAL-1").code is ErrorCode.PREPARE_DRIVE_CHANGED
    assert disks.done == []


def test_two_drives_of_one_serial_are_not_erased(tmp_path: Path) -> None:
    _, disks, preparing = office(tmp_path, disk(1), replace(disk(2), serial="SERIAL-1"))
    assert refusal(preparing, "/disks/1", "SERIAL-1").code is ErrorCode.PREPARE_DRIVE_CHANGED
    assert disks.done == []


def test_a_disk_of_another_size_under_the_same_number_is_not_erased(tmp_path: Path) -> None:
    _, disks, preparing = office(tmp_path, disk(1))
    usual = disks.identify
    disks.identify = lambda device: replace(usual(device), size_bytes=1)  # type: ignore[method-assign]
    assert refusal(preparing, "SERIAL-1", "SERIAL-1").code is ErrorCode.PREPARE_DRIVE_CHANGED
    disks.identify = lambda device: replace(usual(device), in_use=True)  # type: ignore[method-assign]
    assert refusal(preparing, "SERIAL-1", "SERIAL-1").code is ErrorCode.PREPARE_DRIVE_CHANGED
    assert disks.done == []


def test_a_computer_that_cannot_encrypt_does_not_erase(tmp_path: Path) -> None:
    _, disks, preparing = office(tmp_path, disk(1))
    disks.able = BackupError(ErrorCode.BITLOCKER_NOT_INSTALLED)
    assert refusal(preparing, "SERIAL-1", "SERIAL-1").code is ErrorCode.BITLOCKER_NOT_INSTALLED
    assert disks.done == []
    assert preparing.able() is disks.able


def test_nothing_is_encrypted_with_a_key_that_was_not_kept(tmp_path: Path) -> None:
    branch, disks, _ = office(tmp_path, disk(1))

    class Full:
        lasting = True

        def put(self, name: str, secret: bytes) -> None:
            raise BackupError(ErrorCode.STATE_NOT_USABLE, path=name, why=str(len(secret)))

    services = branch.services
    world = replace(branch.world, secrets=Full())
    broken = Preparing(
        world, services.shipments, services.staging, type(services.preparations)(world)
    )
    assert refusal(broken, "SERIAL-1", "SERIAL-1").code is ErrorCode.STATE_NOT_USABLE
    assert disks.done == ALL[:2]


@pytest.mark.parametrize("fails", ALL)
def test_a_step_that_fails_is_named_and_the_drive_can_be_prepared_again(
    tmp_path: Path, fails: str
) -> None:
    _, disks, preparing = office(tmp_path, disk(1))
    disks.fails = fails
    error = refusal(preparing, "SERIAL-1", "SERIAL-1")
    assert error.code is ErrorCode.PREPARE_FAILED
    disks.fails = ""
    disks.done.clear()
    assert preparing.prepare("SERIAL-1", "SERIAL-1").encryption is Encryption.UNLOCKED
    assert disks.done == ALL


def test_the_recovery_password_is_nowhere_but_among_the_secrets(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    branch, disks, preparing = office(tmp_path, disk(1))
    branch.keep()
    ready = preparing.prepare("SERIAL-1", "SERIAL-1")
    disks.fails = ALL[2]
    error = refusal(preparing, "SERIAL-1", "SERIAL-1")
    seen = repr(ready) + repr(error.parameters) + str(error) + caplog.text + repr(disks.done)
    secrets = branch.home / "state" / "secrets"
    for path in branch.home.rglob("*"):
        if path.is_file() and secrets not in path.parents:
            seen += path.read_bytes().decode("latin-1")
    for part in (PASSWORD, PASSWORD.replace("-", ""), PASSWORD.replace("-", " "), PASSWORD[:13]):
        assert part not in seen


def test_the_kit_gets_the_keys_of_prepared_and_attached_drives_and_of_no_others(
    tmp_path: Path,
) -> None:
    branch, disks, preparing = office(tmp_path, disk(1), disk(2))
    plan = branch.services.planning.keep(branch.plan).plan
    assert preparing.keys(plan) == ()
    preparing.prepare("SERIAL-1", "SERIAL-1")
    (attached,) = preparing.keys(plan)
    assert (attached.serial, attached.password) == ("SERIAL-1", PASSWORD)
    branch.services.preparations.note(plan.plan_id, prepared_drive("SERIAL-1", "0" * 32))
    branch.services.preparations.note(plan.plan_id, prepared_drive("ELSEWHERE", "0" * 32))
    disks.table.clear()
    assert preparing.keys(plan) == (attached,)
    assert PASSWORD not in repr(attached)
