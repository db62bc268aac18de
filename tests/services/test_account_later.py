"""A plan whose account is filled in later stays the same backup."""

from msgspec.structs import replace

from offline_backup_gui.app import build_services
from offline_backup_gui.domain.job import JobKind
from offline_backup_gui.domain.plan import DeploymentModel, Destination, Plan, Route


def _plan(source: str, account: str) -> Plan:
    names = Destination(account, "landing-b", "vault-b")
    return Plan("b", DeploymentModel.STANDALONE, Route.IMPORT_EXPORT, (source,), names)


def test_a_plan_keeps_its_jobs_and_repository_when_its_account_is_filled_in(tmp_path):
    services = build_services(tmp_path / "state")
    first = services.planning.keep(_plan(str(tmp_path), ""), repository_id="ab" * 16)
    job = services.backups.prepare(first.plan.plan_id, JobKind.COPY)
    then = services.planning.keep(_plan(str(tmp_path), str(tmp_path / "account")))
    assert then.repository_id == first.repository_id
    assert then.plan.plan_id != first.plan.plan_id
    assert [plan.destination.account for plan in services.planning.plans()] == [
        str(tmp_path / "account")
    ]
    assert [found.job_id for found in services.backups.jobs(then.plan.plan_id)] == [job]


def test_another_account_is_another_backup(tmp_path):
    services = build_services(tmp_path / "state")
    one = _plan(str(tmp_path), str(tmp_path / "one"))
    services.planning.keep(one, repository_id="ab" * 16)
    other = replace(one, destination=replace(one.destination, account=str(tmp_path / "two")))
    assert services.planning.keep(other).repository_id == ""
    assert len(services.planning.plans()) == 2


def test_a_plan_without_an_account_is_no_practice(tmp_path):
    assert not _plan(str(tmp_path), "").destination.is_folder
