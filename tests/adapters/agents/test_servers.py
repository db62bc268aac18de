"""What is found on servers that were described: the right agent, sentence and next step."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from offline_backup_gui import words
from offline_backup_gui.adapters.agents.looking import WindowsAgents
from offline_backup_gui.adapters.agents.none import NoAgents
from offline_backup_gui.adapters.agents.powershell import no_powershell
from offline_backup_gui.domain.agent_rules import (
    about_model,
    about_route,
    field_findings,
    too_large_sources,
    volumes_too_large,
)
from offline_backup_gui.domain.agents import (
    AgentsFound,
    Answer,
    InitialMethod,
    ServiceState,
    Wait,
)
from offline_backup_gui.domain.findings import FindingCode, Severity
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Route
from offline_backup_gui.domain.sizing import Group
from tests.adapters.agents.recorded import STATES, RecordedServer, found_on

MARS, MABS, DPM = DeploymentModel.MARS, DeploymentModel.MABS, DeploymentModel.DPM
ENGLISH = words.load("en")
# State, model, the finding it has to lead to, and a part of what to do next.
LEADS = [
    ("no-agent", MARS, FindingCode.AGENT_NOT_HERE, "Install it"),
    ("old-agent", MARS, FindingCode.AGENT_TOO_OLD, "Download the newest agent"),
    ("old-agent", MARS, FindingCode.AGENT_AZURE_RM_OTHER, "Uninstall AzureRM 6.13.1"),
    ("waiting-for-data-box", MARS, FindingCode.AGENT_WAITS_FOR_DATA_BOX, "Nothing to do"),
    ("waiting-for-import", MARS, FindingCode.AGENT_WAITS_FOR_IMPORT, "ship the drives"),
    ("waiting-for-import", MARS, FindingCode.AGENT_SYSTEM_STATE, "Nothing to do"),
    ("dpm-three-groups", MARS, FindingCode.AGENT_PART_OF_SERVER, "Choose DPM"),
    ("mabs-v3", MABS, FindingCode.AGENT_SERVICE_STANDS, "net start MSDPM"),
    ("mabs-v3", MABS, FindingCode.AGENT_TOO_OLD, "Download the newest agent"),
    ("certificate-trap", MARS, FindingCode.AGENT_CERTIFICATE_TRAP, "another administrator"),
    ("module-missing", MARS, FindingCode.AGENT_MODULE_MISSING, "type the sizes"),
    ("access-denied", MARS, FindingCode.AGENT_DENIED, "as such an administrator"),
    ("garbage", MARS, FindingCode.AGENT_ANSWER_GARBLED, "Look again"),
    ("localised", DPM, FindingCode.AGENT_WAITS_FOR_IMPORT, "ship the drives"),
    ("half-written", MARS, FindingCode.AGENT_ANSWER_CUT, "Look again"),
]


def test_every_described_server_is_tried() -> None:
    assert {state for state, *_ in LEADS} == set(STATES)
    assert len(STATES) == 12


@pytest.mark.parametrize(("state", "model", "code", "do"), LEADS)
def test_a_server_leads_to_its_sentence_and_next_step(
    state: str, model: DeploymentModel, code: FindingCode, do: str
) -> None:
    findings = {finding.code: finding for finding in about_model(found_on(state), model)}
    assert code in findings
    message = ENGLISH.finding(findings[code])
    assert do in message.do
    assert "(not known)" not in message.title + message.why + message.do


@pytest.mark.parametrize("state", STATES)
def test_nothing_about_a_server_blocks_before_a_route_is_chosen(state: str) -> None:
    found = found_on(state)
    severities = {f.severity for model in (MARS, MABS, DPM) for f in about_model(found, model)}
    assert Severity.BLOCKER not in severities


def test_dpm_has_its_three_groups_with_sizes_and_methods() -> None:
    agent = found_on("dpm-three-groups").of(DPM)
    assert agent is not None
    assert agent.version == "10.22.123.0"
    assert [(group.name, group.size_bytes, group.method) for group in agent.groups] == [
        ("File servers", 5 * 10**12, InitialMethod.OFFLINE),
        ("SQL", 400 * 10**9, InitialMethod.NETWORK),
        ("Video", 54_400_000_000_001, InitialMethod.OFFLINE),
    ]
    assert agent.groups[0].fields.import_job_name == "dpm01-files"


def test_a_data_source_over_the_bound_is_named_in_its_group_alone() -> None:
    agent = found_on("dpm-three-groups").of(DPM)
    (finding,) = too_large_sources(agent, (Group("Video", 1), Group("SQL", 1)))
    assert finding.code is FindingCode.AGENT_VOLUME_TOO_LARGE
    assert finding.severity is Severity.BLOCKER
    assert finding.parameters["name"] == "V:\\ (vid01.contoso.com)"
    assert too_large_sources(agent, (Group("File servers", 1),)) == ()


def test_folders_of_one_volume_are_added_up() -> None:
    half = 27_200_000_000_000
    assert volumes_too_large([("D:\\a", half), ("d:\\b", half), ("E:\\", half)]) == ()
    (finding,) = volumes_too_large([("D:\\a", half), ("d:\\b", half + 1), ("E:\\", half)])
    assert finding.parameters["name"] == "D:\\"
    assert finding.parameters["size_bytes"] == 2 * half + 1


def test_mabs_is_told_from_dpm_and_found_while_it_stands_still() -> None:
    found = found_on("mabs-v3")
    agent = found.of(MABS)
    assert agent is not None
    assert found.of(DPM) is None
    assert (agent.version, agent.service) == ("13.0.415.0", ServiceState.STOPPED)
    assert agent.groups[0].size_bytes is None  # not told is not nothing


def test_what_a_german_server_says_is_shown_as_it_came() -> None:
    agent = found_on("localised").of(DPM)
    assert agent is not None
    assert agent.wait is Wait.IMPORT
    assert agent.groups[0].name == "Büro Köln – Straße"
    assert agent.jobs[0].said == "Warten auf den Abschluss des Azure-Importauftrags"
    assert agent.version == "10.19.58.0"  # from the list of programs: the file has none


def dpm_says(*jobs: Mapping[str, object], state: str = "dpm-three-groups") -> AgentsFound:
    """Look at a DPM server whose module lists these runs."""
    server = RecordedServer(state)
    server.told["answers"]["dpm"]["jobs"] = [{"said": "", "codes": [], **job} for job in jobs]
    return WindowsAgents(server, lambda: server.powershell).look(ask=True)


WAITING = {
    "kind": "CloudBackup",
    "group": "File servers",
    "state": "Completed",
    "started": "2026-11-20T20:00:00Z",
    "said": "Waiting for Azure Import job to finish",
}
SYNC = {"kind": "Replication", "state": "Completed", "started": "2026-11-21T09:00:00Z"}


def test_a_newer_run_of_another_kind_or_group_does_not_hide_what_is_waited_for() -> None:
    other = {**WAITING, "group": "Video", "said": "", "started": "2026-11-21T08:00:00Z"}
    agent = dpm_says(WAITING, SYNC, other).of(DPM)
    assert agent is not None
    assert agent.wait is Wait.IMPORT
    assert [job.group for job in agent.to_azure] == ["Video", "File servers"]
    findings = {f.code: f for f in about_model(dpm_says(WAITING, SYNC, other), DPM)}
    assert findings[FindingCode.AGENT_WAITS_FOR_IMPORT].parameters["said"] == WAITING["said"]
    done = {**WAITING, "said": "", "started": "2026-11-22T20:00:00Z"}
    over = dpm_says(WAITING, SYNC, done).of(DPM)
    assert over is not None
    assert over.wait is Wait.NOTHING


def test_a_sync_that_went_well_does_not_hide_the_certificate_trap() -> None:
    trapped = {**WAITING, "state": "Failed", "said": "", "codes": [-2146233088, 100242]}
    codes = [f.code for f in about_model(dpm_says(trapped, SYNC), DPM)]
    assert FindingCode.AGENT_CERTIFICATE_TRAP in codes
    over = {**WAITING, "said": "", "started": "2026-11-22T20:00:00Z"}
    codes = [f.code for f in about_model(dpm_says(trapped, SYNC, over), DPM)]
    assert FindingCode.AGENT_CERTIFICATE_TRAP not in codes


def test_the_certificate_trap_names_application_and_value_of_the_signed_in_user() -> None:
    (finding,) = about_model(found_on("certificate-trap"), MARS)
    user = "7e0c1f3a-5f3d-4f44-9d2b-0f7f6a0d1c22"
    assert finding.parameters["id"] == 100242
    assert finding.parameters["application"] == f"AzureOfflineBackup_{user}"
    assert finding.parameters["value"] == f"AzureADAppCertThumbprint_{user}"


def test_the_log_alone_tells_the_trap_until_the_thumbprint_is_set() -> None:
    server = RecordedServer("certificate-trap")
    server.told["answers"]["mars"] = {"schema": 1, "trouble": "", "sources": [{"name": "D:\\"}]}
    agents = WindowsAgents(server, lambda: server.powershell)
    codes = [f.code for f in about_model(agents.look(ask=True), MARS)]
    assert codes == [FindingCode.AGENT_CERTIFICATE_TRAP]
    key = r"SOFTWARE\Microsoft\Windows Azure Backup\Config\CloudBackupProvider"
    user = "7e0c1f3a-5f3d-4f44-9d2b-0f7f6a0d1c22"
    server.told["values"][key][f"AzureADAppCertThumbprint_{user}"] = "AB12"
    assert about_model(agents.look(ask=True), MARS) == ()


def test_a_cache_that_was_moved_by_half_is_told() -> None:
    server = RecordedServer("waiting-for-data-box")
    key = r"SOFTWARE\Microsoft\Windows Azure Backup\Config"
    server.told["values"][key]["ScratchLocation"] = "E:\\Scratch"
    found = WindowsAgents(server, lambda: server.powershell).look(ask=False)
    (finding,) = about_model(found, MARS)
    assert finding.code is FindingCode.AGENT_CACHE_SPLIT
    assert finding.parameters["folders"] == (
        "E:\\Scratch",
        "C:\\Program Files\\Microsoft Azure Recovery Services Agent\\Scratch",
    )


def test_an_old_agent_blocks_own_disks_and_not_a_data_box() -> None:
    found = found_on("old-agent")
    (finding,) = about_route(found, MARS, Route.IMPORT_EXPORT)
    assert (finding.code, finding.severity) == (FindingCode.AGENT_TOO_OLD, Severity.BLOCKER)
    codes = [f.code for f in about_route(found, MARS, Route.DATA_BOX_DISK)]
    assert codes == [FindingCode.AGENT_ONE_DISK]
    assert about_route(found, MARS, Route.DATA_BOX) == ()


@pytest.mark.parametrize(
    ("version", "old"), [("2.0.9249.65535", True), ("2.0.9250.0", False), ("10.0.0.0", False)]
)
def test_the_version_counts_by_number_and_not_by_letter(version: str, old: bool) -> None:
    server = RecordedServer("waiting-for-import")
    (path,) = server.told["versions"]
    server.told["versions"][path] = version
    found = WindowsAgents(server, lambda: server.powershell).look(ask=False)
    assert bool(about_route(found, MARS, Route.IMPORT_EXPORT)) is old


def test_mabs_sends_through_its_own_agent_whose_version_counts_for_a_data_box() -> None:
    (finding,) = about_route(found_on("mabs-v3"), MABS, Route.DATA_BOX)
    assert finding.parameters == {"version": "2.0.9170.0", "least": "2.0.9171.0"}


def test_own_disks_on_a_virtual_machine_need_another_copy_computer() -> None:
    found = found_on("garbage")
    codes = [f.code for f in about_route(found, MARS, Route.IMPORT_EXPORT)]
    assert codes == [FindingCode.AGENT_VIRTUAL_MACHINE]
    assert about_route(found, MARS, Route.DATA_BOX) == ()


def test_fields_are_compared_with_what_the_agent_says() -> None:
    found = found_on("waiting-for-import")
    agent = found.of(MARS)
    assert agent is not None
    assert field_findings(agent.fields, found, MARS, Route.IMPORT_EXPORT) == ()
    upper = AgentFields(
        "\\\\NAS01\\staging\\FS04\\",
        agent.fields.subscription_id.upper(),
        "contososeed",
        "fs04",
        "fs04-sead",
    )
    (finding,) = field_findings(upper, found, MARS, Route.IMPORT_EXPORT)
    assert finding.code is FindingCode.AGENT_FIELD_DIFFERS
    assert finding.parameters == {
        "field": "import_job_name",
        "ours": "fs04-sead",
        "theirs": "fs04-seed",
    }
    (empty,) = field_findings(AgentFields(), found, MARS, Route.IMPORT_EXPORT)
    assert empty.parameters == {"count": 5}


def test_one_protection_group_with_the_same_fields_is_enough() -> None:
    found = found_on("dpm-three-groups")
    agent = found.of(DPM)
    assert agent is not None
    for group in (agent.groups[0], agent.groups[2]):
        assert field_findings(group.fields, found, DPM, Route.IMPORT_EXPORT) == ()


def test_without_powershell_the_agent_is_found_all_the_same() -> None:
    server = RecordedServer("waiting-for-import")
    found = WindowsAgents(server, lambda: no_powershell).look(ask=True)
    agent = found.of(MARS)
    assert agent is not None
    assert (agent.version, agent.answer) == ("2.0.9262.0", Answer.NO_POWERSHELL)
    codes = [f.code for f in about_model(found, MARS)]
    assert codes == [FindingCode.AGENT_NO_POWERSHELL]
    assert found.azure_rm is None


def test_a_quick_look_asks_nothing_and_a_server_without_agents_is_asked_nothing() -> None:
    server = RecordedServer("waiting-for-import")
    WindowsAgents(server, lambda: server.powershell).look(ask=False)
    assert server.asked == []
    bare = RecordedServer("no-agent")
    WindowsAgents(bare, lambda: bare.powershell).look(ask=True)
    assert bare.asked == []


def test_another_system_has_nothing_to_look_for() -> None:
    found = NoAgents().look(ask=True)
    assert (found.looked, found.agents) == (False, ())
    (finding,) = about_model(found, MARS)
    assert (finding.code, finding.severity) == (
        FindingCode.AGENT_NOT_LOOKED_FOR,
        Severity.NOTE,
    )
