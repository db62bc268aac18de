"""Drafts, plans and what speaks against them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.advice import AdviceRequest
from offline_backup_gui.domain.errors import BackupError, ErrorCode, Stopped
from offline_backup_gui.domain.findings import FindingCode, Severity
from offline_backup_gui.domain.plan import (
    AgentFields,
    DeploymentModel,
    Destination,
    Draft,
    Measurement,
    Plan,
    Route,
)
from offline_backup_gui.domain.sizing import Group
from offline_backup_gui.services.free import FreeControl
from offline_backup_gui.services.plan_file import parse_plan, read_plan_file, write_plan_file
from offline_backup_gui.services.planning import plan_of
from tests.services.branch import Branch


@pytest.fixture
def branch(tmp_path: Path) -> Branch:
    made = Branch(tmp_path)
    made.fill()
    return made


def codes(branch: Branch, plan: Plan) -> set[FindingCode]:
    found = branch.services.planning.check(plan)
    return {finding.code for finding in found if finding.severity is not Severity.NOTE}


def test_a_sound_plan_has_nothing_against_it(branch: Branch) -> None:
    assert codes(branch, branch.plan) == set()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sources": ()}, FindingCode.NO_SOURCES),
        ({"sources": ("/nowhere",)}, FindingCode.SOURCE_NOT_FOUND),
        ({"schedule_times": ("9 pm",)}, FindingCode.SCHEDULE_TIME_WRONG),
        ({"destination": Destination("", "a-b-c", "d-e-f")}, FindingCode.DESTINATION_MISSING),
        ({"drives": ("/nowhere",)}, FindingCode.DRIVE_NOT_THERE),
    ],
)
def test_what_is_wrong_with_a_plan_is_found(
    branch: Branch, change: dict[str, object], code: FindingCode
) -> None:
    assert codes(branch, replace(branch.plan, **change)) == {code}


def test_links_do_not_hide_where_things_are(branch: Branch) -> None:
    link = branch.home / "link"
    link.symlink_to(branch.source)
    both = replace(branch.plan, sources=(str(branch.source), str(link)))
    assert codes(branch, both) == {FindingCode.SOURCE_TWICE}
    inside = replace(branch.plan, destination=Destination(str(link / "account"), "abc", "def"))
    assert codes(branch, inside) == {FindingCode.DESTINATION_INSIDE_SOURCE}
    drive = replace(branch.plan, drives=(str(link),))
    assert codes(branch, drive) == {FindingCode.DRIVE_HOLDS_SOURCE}


def test_a_draft_becomes_a_plan_and_the_plan_a_draft_again(branch: Branch) -> None:
    planning, plan = branch.services.planning, branch.plan
    draft = Draft(
        deployment_model=DeploymentModel.STANDALONE,
        sources=plan.sources,
        route=Route.IMPORT_EXPORT,
        practice=True,
        account=plan.destination.account,
        landing="landing-042",
        vault="vault-042",
        repository_id="ab" * 16,
        drives=plan.drives,
        name="branch-042",
    )
    assert planning.draft() == Draft()
    planning.save_draft(draft)
    assert branch.fresh().planning.draft() == draft
    decided = planning.decide(draft)
    assert decided == plan
    assert planning.kept(plan.plan_id).practice
    planning.discard_draft()
    assert planning.draft() == Draft()
    again = planning.draft_from(decided)
    assert planning.decide(again) == decided
    assert again.repository_id == "ab" * 16


def test_an_undecided_draft_is_no_plan(branch: Branch) -> None:
    with pytest.raises(BackupError) as refused:
        branch.services.planning.decide(Draft(name="x"))
    assert refused.value.code is ErrorCode.PLAN_BLOCKED
    assert refused.value.parameters["finding"] == "no-sources"
    assert branch.services.planning.plans() == []


def test_a_plan_keeps_its_repository_when_it_changes(branch: Branch) -> None:
    planning = branch.services.planning
    planning.keep(branch.plan, repository_id="cd" * 16)
    planning.keep(replace(branch.plan, sources=("/elsewhere",)))
    kept = planning.kept(branch.plan.plan_id)
    assert (kept.repository_id, kept.plan.sources) == ("cd" * 16, ("/elsewhere",))


def test_a_plan_that_gets_its_account_later_stays_the_same_plan(branch: Branch) -> None:
    planning = branch.services.planning
    later = replace(branch.plan, destination=Destination("", "landing-042", "vault-042"))
    planning.keep(later, repository_id="cd" * 16)
    assert branch.services.protection.repository_of(branch.plan) == "cd" * 16
    kept = planning.keep(branch.plan)
    assert kept.repository_id == "cd" * 16
    assert planning.plans() == [branch.plan]


def test_an_unknown_plan_is_told(branch: Branch) -> None:
    with pytest.raises(BackupError) as refused:
        branch.services.planning.plan(branch.plan.plan_id)
    assert refused.value.code is ErrorCode.PLAN_NOT_FOUND


def test_sources_are_measured_while_somebody_watches(branch: Branch) -> None:
    (branch.source / "sub").mkdir()
    (branch.source / "sub" / "large").write_bytes(b"x" * 70_000)
    seen: list[Measurement] = []
    total = branch.services.planning.measure(
        [str(branch.source)], ["file 0"], seen.append, FreeControl()
    )
    assert (total.files, total.complete) == (4, True)
    assert total.size_bytes == 3 * 30_000 + 70_000
    largest = ((str(branch.source), 90_000), (str(branch.source / "sub"), 70_000))
    assert total.largest_folders == largest

    class Wish(FreeControl):
        def checkpoint(self) -> None:
            raise Stopped

    with pytest.raises(Stopped):
        branch.services.planning.measure([str(branch.source)], [], seen.append, Wish())


def test_advice_knows_the_published_limits(branch: Branch) -> None:
    def fits(size: int) -> bool:
        request = AdviceRequest(DeploymentModel.MARS, (Group("server", size),), date(2026, 11, 23))
        return branch.services.planning.advise(request).of(Route.DATA_BOX_DISK).fits

    assert fits(7_200_000_000_000)
    assert not fits(7_200_000_000_001)


def test_a_plan_file_is_written_as_it_is_read(branch: Branch) -> None:
    odd = replace(
        branch.plan,
        name='Büro "Graz" \\ 3',
        sources=("/srv/a\tb\x7f", "/srv/ü\u2028"),
        exclude=("*.tmp", "# no comment", '"'),
        agent=AgentFields("\\\\server\\Büro 'x'\\", "1-2", "account", "", "seed"),
    )
    path = branch.home / "plans" / "one.toml"
    write_plan_file(odd, path)
    assert read_plan_file(path) == odd


def test_the_fields_of_an_agent_stay_in_draft_and_plan(branch: Branch) -> None:
    fields = AgentFields("\\\\server\\staging", "1-2", "account", "container", "seed")
    plan = replace(branch.plan, agent=fields)
    planning = branch.services.planning
    planning.keep(plan)
    assert planning.draft_from(plan).agent == fields
    assert plan_of(planning.draft_from(plan)).agent == fields
    planning.save_draft(planning.draft_from(plan))
    assert planning.draft().agent == fields
    assert planning.plan(plan.plan_id).agent == fields


def test_a_copy_is_refused_where_the_agent_writes_to_the_device(branch: Branch) -> None:
    plan = replace(
        branch.plan, deployment_model=DeploymentModel.MARS, route=Route.DATA_BOX_DISK, sources=()
    )
    codes = [f.code for f in branch.services.planning.check(plan, ["/mnt/device"])]
    assert FindingCode.AGENT_WRITES_ITSELF in codes
    codes = [f.code for f in branch.services.planning.check(plan)]
    assert FindingCode.AGENT_WRITES_ITSELF not in codes  # the plan itself is sound
    assert FindingCode.NO_SOURCES not in codes


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("container = 3", "agent.container"),
        ('staging_location = "a\\nb"', "agent.staging_location"),
        (f'import_job_name = "{"x" * 1025}"', "agent.import_job_name"),
        ('stagingLocation = "x"', "agent.stagingLocation"),
    ],
)
def test_a_wrong_field_of_an_agent_is_named(tmp_path: Path, line: str, key: str) -> None:
    text = 'name = "a"\ndeployment_model = "mars"\nroute = "import-export"\n'
    with pytest.raises(BackupError) as caught:
        parse_plan(f"{text}[agent]\n{line}\n", "x", tmp_path)
    assert caught.value.parameters["key"] == key


def test_places_in_a_plan_file_are_meant_from_its_folder(tmp_path: Path) -> None:
    text = (
        'name = "a"\ndeployment_model = "standalone"\nroute = "import-export"\n'
        'sources = ["office", "/srv"]\ndrives = ["../d"]\n[destination]\naccount = "acc"\n'
    )
    plan = parse_plan(text, "x", tmp_path)
    assert plan.sources == (str(tmp_path / "office"), "/srv")
    assert plan.drives == (str(tmp_path.parent / "d"),)
    assert plan.destination.account == str(tmp_path / "acc")


def test_what_azure_refuses_of_an_agents_fields_is_found_before_a_copy(branch: Branch) -> None:
    stage = branch.home / "stage"
    stage.mkdir()
    fields = AgentFields(str(stage), "", "account042", "seed-042", "seed-042")
    plan = replace(branch.plan, deployment_model=DeploymentModel.MARS, agent=fields)
    assert codes(branch, plan) == set()
    for name, wrong, code in (
        ("import_job_name", "seed_042", FindingCode.IMPORT_JOB_NAME_NOT_ALLOWED),
        ("storage_account", "Account", FindingCode.STORAGE_ACCOUNT_NAME_NOT_ALLOWED),
        ("subscription_id", "1-2", FindingCode.SUBSCRIPTION_ID_NOT_ALLOWED),
        ("container", "Seed", FindingCode.CONTAINER_NAME_NOT_ALLOWED),
    ):
        assert codes(branch, replace(plan, agent=replace(fields, **{name: wrong}))) == {code}
    inside = replace(fields, staging_location=str(branch.source))
    assert FindingCode.STAGING_ON_SOURCE in codes(branch, replace(plan, agent=inside))
    box = replace(plan, route=Route.DATA_BOX, agent=replace(fields, import_job_name="a_b"))
    assert FindingCode.IMPORT_JOB_NAME_NOT_ALLOWED not in codes(branch, box)
