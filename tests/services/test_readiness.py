"""A copy of an agent's data asks first whether the agent is done, whoever starts it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.agents import Agent, AgentJob, AgentsFound, Answer
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.job import JobKind, JobState
from offline_backup_gui.domain.plan import AgentFields, DeploymentModel, Plan
from offline_backup_gui.domain.sizing import Group
from offline_backup_gui.domain.staging import PlaceLook
from offline_backup_gui.domain.staging_watch import StagedFile, StagingState
from offline_backup_gui.services import build
from offline_backup_gui.services.readiness import Readiness
from tests.fakes import FakeClock
from tests.services.branch import Branch, noise

NOW = datetime(2026, 11, 2, 20, 0, tzinfo=UTC)
HOUR_AGO = NOW.timestamp() - 3600


class Answers:
    """An agent that says what it waits for, and how often it was asked."""

    def __init__(self, said: Agent | None) -> None:
        self.said, self.asked = said, 0

    def look(self, *, ask: bool) -> AgentsFound:
        assert ask
        self.asked += 1
        return AgentsFound(True, "FS04", agents=(self.said,) if self.said else ())


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    folder = tmp_path / "stage"
    folder.mkdir()
    for number, name in enumerate(("a.AIBBlob", "a.BaseBlob")):
        (folder / name).write_bytes(noise(number, 4096))
        os.utime(folder / name, (HOUR_AGO, HOUR_AGO))
    return folder


def office(tmp_path: Path, said: Agent | None = None) -> tuple[Branch, Plan, Answers]:
    agent = Answers(said)
    branch = Branch(tmp_path / "home", FakeClock(NOW), agents=agent)
    fields = AgentFields(staging_location=str(tmp_path / "stage"), container="seed-042")
    plan = replace(branch.plan, deployment_model=DeploymentModel.MARS, sources=(), agent=fields)
    branch.services.planning.keep(plan)
    return branch, plan, agent


def agent_of(job: str) -> Agent:
    return Agent(
        DeploymentModel.MARS, answer=Answer.READ, jobs=(AgentJob("Backup", "InProgress", said=job),)
    )


def test_a_job_the_window_started_is_refused_and_goes_on_once_the_agent_is_done(
    tmp_path: Path, stage: Path
) -> None:
    branch, plan, _ = office(tmp_path)
    os.utime(stage / "a.AIBBlob", (NOW.timestamp() - 60, NOW.timestamp() - 60))
    job_id = branch.services.backups.prepare(plan.plan_id, JobKind.COPY)
    ended = branch.services.runner.run(job_id)
    assert ended.job.state is JobState.INTERRUPTED
    assert ended.trouble is not None
    assert ended.trouble.code is ErrorCode.STAGING_NOT_READY
    assert ended.trouble.parameters["still_s"] == 60
    assert [list(drive.iterdir()) for drive in branch.drives] == [[], []]
    branch.world.clock.wait(14 * 60)
    ended = branch.services.runner.run(job_id)
    assert (ended.trouble, ended.job.outcome["staging"]) == (None, "ready")
    assert any((drive / "DriveManifest.xml").exists() for drive in branch.drives)


def test_the_agents_own_word_holds_a_copy_back(tmp_path: Path, stage: Path) -> None:
    branch, plan, agent = office(tmp_path, agent_of("Transferring data"))
    (finding,) = branch.services.staging.not_ready(plan)
    assert finding.parameters["state"] == StagingState.HELD.value
    agent.said = agent_of("Waiting for Azure Import job to finish")
    assert branch.services.staging.not_ready(plan) == []
    agent.said = replace(agent.said, jobs=())  # who lists no run has said nothing
    assert branch.services.staging.not_ready(plan) == []
    asked = agent.asked
    (stage / "a.BaseBlob").unlink()
    (finding,) = branch.services.staging.not_ready(plan)
    assert finding.parameters["state"] == StagingState.INCOMPLETE.value
    assert agent.asked == asked  # a minute of PowerShell is spared where the files say it all


def test_of_a_server_of_groups_only_runs_to_azure_of_the_plans_groups_count(
    tmp_path: Path, stage: Path
) -> None:
    branch, plan, agent = office(tmp_path)
    groups = (Group("Files", 1), Group("Mail", 1))
    plan = replace(plan, deployment_model=DeploymentModel.DPM, groups=groups)
    sync = AgentJob("Replication", "InProgress")
    waits = AgentJob("CloudBackup", "Completed", said="Azure Import job", group="Files")
    other = AgentJob("CloudBackup", "InProgress", group="Video")

    def ready(*jobs: AgentJob) -> bool:
        agent.said = Agent(DeploymentModel.DPM, answer=Answer.READ, jobs=jobs)
        return branch.services.staging.not_ready(plan) == []

    assert ready(sync)  # of the journey it has said nothing
    assert ready(sync, other, waits)
    assert not ready(sync, other, replace(waits, state="InProgress", said=""))
    assert not ready(sync, other, replace(waits, said=""))
    assert not ready(waits, AgentJob("CloudBackup", "InProgress", group="Mail"))  # it still writes


def test_what_grows_without_a_new_time_is_seen_by_the_second_look(
    tmp_path: Path, stage: Path
) -> None:
    """Windows dates a file that is open only when it is closed; its size is asked of the file."""
    branch, plan, _ = office(tmp_path)

    class Growing:
        looks = 0

        def look(self, path: str) -> PlaceLook:
            return branch.world.staging.look(path)

        def files(self, path: str) -> Sequence[StagedFile] | None:
            self.looks += 1
            found = branch.world.staging.files(path) or ()
            return [replace(one, size_bytes=one.size_bytes + self.looks) for one in found]

    services = build(replace(branch.world, staging=Growing()))
    (finding,) = services.staging.not_ready(plan)
    assert finding.parameters["state"] == StagingState.GROWING.value


def test_a_location_that_does_not_answer_is_not_ready(tmp_path: Path, stage: Path) -> None:
    branch, plan, _ = office(tmp_path)
    stage.rename(tmp_path / "away")
    told: list[object] = []
    with pytest.raises(BackupError) as caught:
        Readiness(branch.world).admit(
            plan, lambda: None, unready=False, tell=lambda *a, **b: told.append(a)
        )
    assert caught.value.code is ErrorCode.STAGING_NOT_READY
    assert caught.value.parameters["state"] == StagingState.UNREACHABLE.value


def test_other_plans_are_not_asked(tmp_path: Path, stage: Path) -> None:
    branch, _, agent = office(tmp_path)
    assert branch.services.staging.not_ready(replace(branch.plan, as_is=True)) == []
    assert agent.asked == 0
