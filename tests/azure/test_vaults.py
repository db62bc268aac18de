"""What a Recovery Services vault shows of an agent, read from the replay server."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.domain.agent_seed import AgentLink, SeedState
from offline_backup_gui.domain.azure_doors import VaultWatch
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, PlanId, Route
from offline_backup_gui.domain.state import KeptPlan
from offline_backup_gui.formats.mirror import MirrorSeal
from offline_backup_gui.services.agent_watch import AgentWatch
from offline_backup_gui.services.mirror_places import MirrorPlace, MirrorPlaces
from offline_backup_gui.services.plan_file import read_plan_file
from tests.azure.replay.estate import GROUP, SUBSCRIPTION
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import Wish, assert_stops_at_once, gate, program
from tests.azure.test_orders import Office
from tests.fakes import FakeClock, world_of

VAULT = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    "/providers/Microsoft.RecoveryServices/vaults/branches"
)
T0 = datetime(2026, 3, 1, tzinfo=UTC)


def item(name: str, server: str, **extended: object) -> dict[str, object]:
    """Make an item after the published MabFileFolderProtectedItem; there is no official example."""
    place = f"{VAULT}/backupFabrics/Azure/protectionContainers/Windows;{server}/protectedItems"
    told: dict[str, object] = {
        "protectedItemType": "MabFileFolderProtectedItem",
        "backupManagementType": "MAB",
        "workloadType": "FileFolder",
        "friendlyName": name,
        "computerName": server,
        "lastBackupStatus": "Completed",
        "protectionState": "Protected",
    }
    if extended:
        told["extendedInfo"] = extended
    kind = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
    return {"id": f"{place}/FileFolder;1", "name": "FileFolder;1", "type": kind, "properties": told}


def dpm_item(name: str, management: str, **extended: object) -> dict[str, object]:
    """Make an item after the published DPMProtectedItem; there is no official example."""
    place = f"{VAULT}/backupFabrics/Azure/protectionContainers/{management};MABS1/protectedItems"
    told: dict[str, object] = {
        "protectedItemType": "DPMProtectedItem",
        "backupManagementType": management,
        "workloadType": "FileFolder",
        "friendlyName": name,
        "backupEngineName": "FS01",
        "protectionState": "Protected",
        "lastRecoveryPoint": "2026-03-21T10:00:00Z",
        "extendedInfo": {"isPresentOnCloud": True, **extended},
    }
    kind = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
    return {"id": f"{place}/FileFolder;1", "name": "FileFolder;1", "type": kind, "properties": told}


def points(*times: str) -> dict[str, object]:
    """Make a list of recovery points after the published GenericRecoveryPoint."""
    kind = "Microsoft.RecoveryServices/vaults/backupFabrics/protectionContainers/protectedItems"
    told = [{"objectType": "GenericRecoveryPoint", "recoveryPointTime": at} for at in times]
    return {
        "value": [
            {"id": f"/{n}", "name": f"{n}", "type": f"{kind}/recoveryPoints", "properties": one}
            for n, one in enumerate(told)
        ],
        "nextLink": None,
    }


def job(status: str, begun: str, ended: str | None) -> dict[str, object]:
    """Make a job after the published MabJob; there is no official example."""
    told = {
        "jobType": "MabJob",
        "entityFriendlyName": "C:\\",
        "backupManagementType": "MAB",
        "operation": "Backup",
        "status": status,
        "startTime": begun,
        "mabServerName": "FS01",
        "workloadType": "FileFolder",
        "errorDetails": [{"errorString": "No space.", "recommendations": ["Free some."]}],
    }
    if ended:
        told["endTime"] = ended
    kind = "Microsoft.RecoveryServices/vaults/backupJobs"
    return {"id": f"{VAULT}/backupJobs/1", "name": "1", "type": kind, "properties": told}


def vaults(served: Served, wish: Wish | None = None) -> VaultWatch:
    sign_in, secret = program(served)
    return gate().vaults(sign_in, secret, wish)


@pytest.fixture
def seeded(served: Served) -> Served:
    answers = served.replay.answers
    full = item("C:\\", "FS01", recoveryPointCount=2, oldestRecoveryPoint="2026-03-21T10:00:00Z")
    answers["backup:BackupProtectedItems_List"] = {"value": [item("C:\\", "FS01")]}
    answers["backup:ProtectedItems_Get"] = full
    answers["backup:BackupJobs_List"] = {
        "value": [job("Failed", "2026-03-19T10:00:00Z", "2026-03-19T11:00:00Z")]
    }
    return served


def test_items_are_asked_for_their_recovery_points(seeded: Served) -> None:
    (found, *_) = vaults(seeded).protected_items(VAULT)
    assert (found.name, found.server, found.points) == ("C:\\", "FS01", 2)
    assert found.oldest_point_at == datetime(2026, 3, 21, 10, tzinfo=UTC)
    assert seeded.replay.flaws == []


def test_jobs_come_with_their_words_and_the_newest_first(seeded: Served) -> None:
    found = vaults(seeded).backup_jobs(VAULT, T0)
    assert found[0].status == "Failed"
    assert found[0].troubles[0].advice == "Free some."
    assert seeded.replay.flaws == []


@pytest.mark.parametrize(
    "fault", [Fault.TOO_MANY, Fault.UNAVAILABLE, Fault.CUT], ids=lambda one: one.name
)
def test_a_line_in_trouble_is_tried_again(seeded: Served, fault: Fault) -> None:
    seeded.replay.fail("/backupProtectedItems", fault)
    assert vaults(seeded).protected_items(VAULT)


def test_a_look_stops_at_once(seeded: Served) -> None:
    wish = Wish()
    seeded.replay.fail("/backupProtectedItems", Fault.HANG)
    assert_stops_at_once(seeded, wish, lambda: vaults(seeded, wish).protected_items(VAULT))


def test_a_seed_is_followed_to_its_first_recovery_point(seeded: Served, tmp_path: Path) -> None:
    state = StateStore(tmp_path / "state")
    destination = Destination("https://contoso.blob.core.windows.net", "landing", "vault")
    model = DeploymentModel.MARS
    plan = Plan("fs01", model, Route.IMPORT_EXPORT, ("C:\\",), destination, (), (), ())
    state.put_plan(KeptPlan(plan, "", False, T0))
    world = replace(world_of(state, FakeClock()), folder=tmp_path)
    watch, door = AgentWatch(world), vaults(seeded)
    with pytest.raises(BackupError) as unlinked:
        watch.look(plan.plan_id, door)
    assert unlinked.value.code is ErrorCode.AGENT_VAULT_NOT_SET
    watch.link(plan.plan_id, AgentLink(VAULT, "fs01.contoso.local"))

    proof = seeded.replay.answers["backup:ProtectedItems_Get"]
    seeded.replay.answers["backup:ProtectedItems_Get"] = item("C:\\", "FS01", recoveryPointCount=0)
    assert watch.look(plan.plan_id, door).state is SeedState.STOPPED
    stopped = state.notes(plan.plan_id).agent_look
    assert stopped is not None
    assert stopped.proved_at is None

    seeded.replay.answers["backup:ProtectedItems_Get"] = proof
    assert watch.look(plan.plan_id, door).state is SeedState.PROVED
    # What was proved stays proved, although the vault lists it no more.
    seeded.replay.answers["backup:BackupProtectedItems_List"] = {"value": []}
    assert watch.look(plan.plan_id, door).state is SeedState.NOT_THERE
    kept = state.notes(plan.plan_id).agent_look
    assert kept is not None
    assert kept.proved_at == datetime(2026, 3, 21, 10, tzinfo=UTC)

    # Drives that were sealed later carry what that recovery point never saw.
    seal = MirrorSeal(
        1, plan.mirror_id, "SN1", "Disk", "2026-03-25T08:00:00Z", 1, 1, "A" * 32, True
    )
    MirrorPlaces(world.mirror_folder(plan.mirror_id)).put(MirrorPlace("G:\\", "SN1", "Disk", seal))
    seeded.replay.answers["backup:BackupProtectedItems_List"] = {"value": [item("C:\\", "FS01")]}
    assert watch.look(plan.plan_id, door).proved_at is None
    again = state.notes(plan.plan_id).agent_look
    assert again is not None
    assert again.proved_at is None
    seeded.replay.answers["backup:BackupJobs_List"] = {
        "value": [job("Completed", "2026-03-26T10:00:00Z", "2026-03-26T11:00:00Z")]
    }
    assert watch.look(plan.plan_id, door).proved_at is None
    seeded.replay.answers["backup:RecoveryPoints_List"] = points(
        "2026-03-26T10:30:00Z", "2026-03-21T10:00:00Z"
    )
    assert watch.look(plan.plan_id, door).proved_at == datetime(2026, 3, 26, 10, 30, tzinfo=UTC)


OLD = "2025-11-01T10:00:00Z"
BODIES = {
    "MAB": item("C:\\", "FS01", recoveryPointCount=40, oldestRecoveryPoint=OLD),
    "DPM": dpm_item("C:\\", "DPM", recoveryPointCount=40, oldestRecoveryPoint=OLD),
    "AzureBackupServer": dpm_item("C:\\", "AzureBackupServer", recoveryPointCount=40),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_with_older_points_only_a_point_of_this_journey_proves(
    seeded: Served, tmp_path: Path, body: dict[str, object]
) -> None:
    answers = seeded.replay.answers
    answers["backup:BackupProtectedItems_List"] = {"value": [body]}
    answers["backup:ProtectedItems_Get"] = body
    answers["backup:BackupJobs_List"] = {
        "value": [job("Completed", "2026-03-19T10:00:00Z", "2026-03-21T11:00:00Z")]
    }
    watch, plan_id = linked(tmp_path)
    door = vaults(seeded)

    answers["backup:RecoveryPoints_List"] = points(OLD, "2026-02-28T23:59:59Z")
    seen = watch.look(plan_id, door)
    assert (seen.state, seen.proved_at) == (SeedState.UNPROVED, None)

    answers["backup:RecoveryPoints_List"] = points(
        "2026-03-25T10:00:00Z", "2026-03-22T10:00:00Z", OLD
    )
    seen = watch.look(plan_id, door)
    assert (seen.state, seen.proved_at) == (
        SeedState.PROVED,
        datetime(2026, 3, 22, 10, tzinfo=UTC),
    )
    assert seeded.replay.flaws == []


def test_a_vault_that_does_not_list_points_proves_nothing(seeded: Served, tmp_path: Path) -> None:
    answers = seeded.replay.answers
    answers["backup:BackupProtectedItems_List"] = {"value": [BODIES["MAB"]]}
    answers["backup:BackupJobs_List"] = {
        "value": [job("Completed", "2026-03-19T10:00:00Z", "2026-03-21T11:00:00Z")]
    }
    del answers["backup:RecoveryPoints_List"]  # it answers that it is not there
    watch, plan_id = linked(tmp_path)
    assert watch.look(plan_id, vaults(seeded)).state is SeedState.UNPROVED


def test_only_items_that_may_have_older_points_are_asked(seeded: Served, tmp_path: Path) -> None:
    watch, plan_id = linked(tmp_path)
    assert watch.look(plan_id, vaults(seeded)).state is SeedState.PROVED
    assert seeded.replay.asked("recoveryPoints") == []


def linked(folder: Path) -> tuple[AgentWatch, PlanId]:
    state = StateStore(folder / "state")
    destination = Destination("https://contoso.blob.core.windows.net", "landing", "vault")
    model = DeploymentModel.MARS
    plan = Plan("fs01", model, Route.IMPORT_EXPORT, ("C:\\",), destination, (), (), ())
    state.put_plan(KeptPlan(plan, "", False, T0))
    watch = AgentWatch(replace(world_of(state, FakeClock()), folder=folder))
    watch.link(plan.plan_id, AgentLink(VAULT, "fs01.contoso.local"))
    return watch, plan.plan_id


PLAN = """
name = "fs01"
deployment_model = "mars"
route = "import-export"
sources = ["/"]

[destination]
account = "https://contoso.blob.core.windows.net"
landing = "landing"
vault = "vault"
"""


def test_the_command_links_looks_and_says_safe_to_erase(seeded: Served, tmp_path: Path) -> None:
    office = Office(seeded, tmp_path)
    assert office.sign_in()[0] == 0
    file = tmp_path / "fs01.toml"
    file.write_text(PLAN)
    plan = read_plan_file(file)
    StateStore(office.state).put_plan(KeptPlan(plan, "", False, T0))

    assert office.ask("track", str(file), "--look")[1]["code"] == "agent-vault-not-set"
    assert office.run("track", str(file), "--vault", VAULT)[0] == 2
    assert office.run("track", "--vault", VAULT, "--server", "FS01")[0] == 2
    code, said = office.run("track", str(file), "--vault", VAULT, "--server", "FS01")
    assert (code, said["safe_to_erase"]) == (0, False)
    code, said = office.ask("track", str(file), "--look")
    assert (code, said["safe_to_erase"]) == (0, True)
    proof = next(stage for stage in said["stages"] if stage["name"] == "stage.vault")
    assert (proof["status"], proof["source"]) == ("done", "agent")
    assert said["agent"]["state"] == "proved"

    # What the vault lists no more is named wherever "safe" is said.
    seeded.replay.answers["backup:BackupProtectedItems_List"] = {"value": []}
    code, said = office.ask("track", str(file), "--look")
    assert (code, said["safe_to_erase"], said["agent"]["gone"]) == (0, True, ["C:\\"])
    with office.start("track", str(file)) as process:
        spoken, _ = process.communicate(timeout=120)
    assert "The vault no longer lists C:\\" in spoken
    assert "2026-03-21 10:00Z" in spoken


def test_naming_the_vault_anew_forgets_what_was_taken_out_of_protection(
    seeded: Served, tmp_path: Path
) -> None:
    answers = seeded.replay.answers
    answers["backup:ProtectedItems_Get"] = item("C:\\", "FS01", recoveryPointCount=0)
    watch, plan_id = linked(tmp_path)
    watch.look(plan_id, vaults(seeded))
    other = item("D:\\", "FS01", recoveryPointCount=1, oldestRecoveryPoint="2026-03-22T10:00:00Z")
    answers["backup:BackupProtectedItems_List"] = {"value": [other]}
    watch.look(plan_id, vaults(seeded))
    notes = watch._world.state.notes
    kept = notes(plan_id).agent_look
    assert kept is not None
    assert (kept.state, kept.proved_at) == (SeedState.GONE, None)
    link = watch.linked(plan_id)
    assert link is not None
    watch.link(plan_id, link)
    watch.look(plan_id, vaults(seeded))
    kept = notes(plan_id).agent_look
    assert kept is not None
    assert kept.proved_at is not None
