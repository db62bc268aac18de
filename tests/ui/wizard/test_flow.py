"""The flow of the wizard, without a window."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.findings import Finding, FindingCode, Severity, blocks
from offline_backup_gui.domain.fitness import judge_all
from offline_backup_gui.domain.job import JobState
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Draft, Route
from offline_backup_gui.ui.wizard import flow
from offline_backup_gui.ui.wizard.facts import Facts, Step, drive_need, need_bytes, provisional_plan
from offline_backup_gui.ui.wizard.judging import problems
from tests.fakes_services import office_drives
from tests.screens.scenes import complete_draft

DRAFT = complete_draft()
FACTS = Facts(
    drives=judge_all(office_drives(), drive_need(DRAFT)),
    drives_listed=True,
)


def codes(step: Step, draft: Draft, facts: Facts = FACTS) -> set[FindingCode]:
    return {finding.code for finding in problems(step, draft, facts)}


def test_an_empty_draft_reaches_the_first_step_only() -> None:
    assert flow.reachable(Draft(), Facts()) == (Step.MODEL,)


def test_a_complete_draft_reaches_everything_up_to_the_start() -> None:
    assert flow.reachable(DRAFT, FACTS) == flow.deciding(DRAFT)
    assert flow.first_blocked(DRAFT, FACTS) is None


@pytest.mark.parametrize(
    ("step", "changes", "code"),
    [
        (Step.MODEL, {"deployment_model": None}, FindingCode.MODEL_NOT_CHOSEN),
        (
            Step.SOURCES,
            {"deployment_model": DeploymentModel.DPM},
            FindingCode.AGENT_GROUPS_NOT_CHOSEN,
        ),
        (Step.SOURCES, {"sources": ()}, FindingCode.NO_SOURCES),
        (Step.SOURCES, {"sources": ("D:\\A", "d:\\a\\b")}, FindingCode.SOURCE_TWICE),
        (Step.ROUTE, {"route": None}, FindingCode.ROUTE_NOT_CHOSEN),
        (Step.DESTINATION, {"account": ""}, FindingCode.DESTINATION_MISSING),
        (Step.DESTINATION, {"vault": "Vault"}, FindingCode.CONTAINER_NAME_NOT_ALLOWED),
        (Step.DESTINATION, {"vault": "landing-branch-042"}, FindingCode.CONTAINERS_EQUAL),
        (Step.PROTECTION, {"secret_ready": False}, FindingCode.NO_PROTECTION),
        (Step.PROTECTION, {"kit_saved": False}, FindingCode.KIT_NOT_SAVED),
        (Step.PROTECTION, {"kit_code_confirmed": False}, FindingCode.KIT_NOT_SAVED),
        (Step.DRIVES, {"drives": ()}, FindingCode.DRIVES_NOT_CHOSEN),
        (Step.DRIVES, {"drives": ("X:\\",)}, FindingCode.DRIVE_GONE),
        (Step.DRIVES, {"drives": ("C:\\",)}, FindingCode.DRIVE_IS_SYSTEM),
        (Step.REVIEW, {"name": "  "}, FindingCode.NAME_MISSING),
        (Step.REVIEW, {"schedule_times": ("25:00",)}, FindingCode.SCHEDULE_TIME_WRONG),
        (Step.REVIEW, {"drives": ("G:\\",)}, FindingCode.CONSENT_MISSING),
    ],
)
def test_what_is_undecided_blocks_its_own_step(
    step: Step, changes: dict[str, object], code: FindingCode
) -> None:
    draft = replace(DRAFT, **changes)
    found = [f for f in problems(step, draft, FACTS) if f.code is code]
    assert blocks(found)
    assert flow.first_blocked(draft, FACTS) is step
    assert flow.reachable(draft, FACTS)[-1] is step


def test_a_destination_to_be_filled_in_later_does_not_block() -> None:
    draft = replace(DRAFT, account="", destination_later=True)
    assert not blocks(problems(Step.DESTINATION, draft, FACTS))
    assert FindingCode.DESTINATION_MISSING in codes(Step.DESTINATION, draft)


def test_files_that_travel_as_they_are_need_no_key() -> None:
    draft = replace(DRAFT, as_is=True, secret_ready=False, repository_id="")
    found = problems(Step.PROTECTION, draft, FACTS)
    assert [finding.code for finding in found] == [FindingCode.TRAVELS_READABLE]
    assert not blocks(found)
    plan = provisional_plan(draft)
    assert drive_need(draft).repository_id == plan.mirror_id


def test_an_agents_account_that_is_known_by_name_alone_counts_for_its_drives() -> None:
    agent = AgentFields(storage_account="contososeed")
    draft = Draft(deployment_model=DeploymentModel.MARS, route=Route.IMPORT_EXPORT, agent=agent)
    assert drive_need(draft).ships_to_azure
    assert drive_need(draft).account == "https://contososeed.blob.core.windows.net"
    assert drive_need(replace(draft, account="/srv/practice")).account == "/srv/practice"
    own = replace(draft, deployment_model=DeploymentModel.STANDALONE)
    assert drive_need(own).account == ""


def test_consent_for_a_drive_with_files_opens_the_start() -> None:
    draft = replace(DRAFT, drives=("E:\\", "G:\\"))
    assert flow.first_blocked(draft, FACTS) is Step.REVIEW
    assert flow.first_blocked(replace(draft, consented_serials=("WD-WX31D",)), FACTS) is None


def test_drives_that_are_together_too_small_only_warn() -> None:
    draft = replace(DRAFT, drives=("E:\\",))
    assert FindingCode.DRIVES_TOGETHER_TOO_SMALL in codes(Step.DRIVES, draft)
    assert not blocks(problems(Step.DRIVES, draft, FACTS))


def test_a_missing_source_found_by_the_services_blocks_the_sources() -> None:
    gone = Finding(FindingCode.SOURCE_NOT_FOUND, Severity.BLOCKER, {"path": "D:\\Shares"})
    assert flow.first_blocked(DRAFT, replace(FACTS, checked=(gone,))) is Step.SOURCES


def test_after_the_start_the_answers_stand_and_the_parcel_waits_for_the_seal() -> None:
    running = replace(FACTS, copy_state=JobState.RUNNING)
    assert flow.reachable(DRAFT, running) == (Step.COPYING,)
    sealed = replace(FACTS, copy_state=JobState.EXCEPTIONS)
    assert flow.reachable(DRAFT, sealed) == (Step.COPYING, Step.SHIP)


def test_a_copy_that_ended_early_may_get_other_drives() -> None:
    failed = replace(FACTS, copy_state=JobState.FAILED)
    assert flow.reachable(DRAFT, failed) == (Step.DRIVES, Step.REVIEW, Step.COPYING)
    gone = replace(DRAFT, drives=("X:\\",))
    assert flow.reachable(gone, failed) == (Step.DRIVES, Step.COPYING)


def test_growth_is_added_and_rounded_up() -> None:
    small = replace(DRAFT.measurement, size_bytes=101)
    assert need_bytes(replace(DRAFT, measurement=small, growth_percent=5)) == 107


def test_steps_follow_one_another() -> None:
    assert flow.following(Step.MODEL, DRAFT) is Step.SOURCES
    assert flow.preceding(Step.MODEL, DRAFT) is None
    assert flow.following(Step.SHIP, DRAFT) is None
