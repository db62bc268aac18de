"""Where own drives go, asked of Azure: the job, the region, the older list of locations."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from offline_backup_gui.app import build_services
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.order_fields import AzurePlace, OrderFields
from offline_backup_gui.domain.plan import Plan
from offline_backup_gui.domain.prepared_drive import prepared_drive
from offline_backup_gui.domain.shipping import Code
from offline_backup_gui.services import Services, build
from offline_backup_gui.services.import_jobs import ImportAnswers
from tests.azure.replay.estate import GROUP, SUBSCRIPTION, account_id
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import Memory, Wish, assert_stops_at_once, gate, program
from tests.azure.test_desk import OWN, OWN_SECRETS
from tests.services.branch import Branch
from tests.services.test_papers import job_body

# The shape of the published schema (DatacenterAddressLocationResponse, 2023-12-01); made.
THERE = job_body()["properties"]["details"]["datacenterAddress"]
OF_REGION = "databox:Service_RegionConfigurationByResourceGroup"
TYPED = ImportAnswers(
    AzurePlace(SUBSCRIPTION, account_id(), region="australiaeast"), OrderFields(group=GROUP)
)


@pytest.fixture
def services(served: Served, tmp_path: Path) -> Services:
    world = build_services(tmp_path / "state").world
    made = build(replace(world, azure=gate(), azure_secrets=Memory()))
    made.azure.sign_in(*program(served), lambda _: None)
    return made


@pytest.fixture
def plan(services: Services, tmp_path: Path) -> Plan:
    plan = replace(Branch(tmp_path / "branch").plan, drives=())
    services.planning.keep(plan)
    services.preparations.note(plan.plan_id, prepared_drive("ZR1", "AB" * 16))
    services.import_jobs.keep(plan.plan_id, TYPED)
    return plan


def test_the_region_tells_the_address_before_there_is_a_job(
    served: Served, services: Services, plan: Plan
) -> None:
    codes = [one.code for one in services.sites.way(plan.plan_id).findings]
    assert FindingCode.SITE_UNKNOWN in codes
    served.replay.answers[OF_REGION] = {"datacenterAddressResponse": THERE}
    site = services.sites.ask(plan.plan_id)
    (asked,) = served.replay.asked("POST .*regionConfiguration")
    assert asked.body == {
        "datacenterAddressRequest": {
            "storageLocation": "australiaeast",
            "skuName": "DataBoxCustomerDisk",
        }
    }
    assert "Voorbeeldweg 12" in site.address.lines
    way = services.sites.way(plan.plan_id)
    assert way.lines == site.address.lines
    assert FindingCode.SITE_UNKNOWN not in [one.code for one in way.findings]


def test_the_older_list_of_locations_stands_in_and_its_region_counts(
    served: Served, services: Services, plan: Plan
) -> None:
    site = services.sites.ask(plan.plan_id)
    assert site.name == "Australia East"
    assert "Macquarie Park, NSW 2113" in site.address.lines
    assert site.carriers == ("DHL",)
    assert len(served.replay.asked("GET /providers/Microsoft.ImportExport/locations")) == 1


def test_the_job_itself_knows_best(served: Served, services: Services, plan: Plan) -> None:
    form = replace(OWN, plan_id=plan.plan_id)
    placed = services.orders.place(form, OWN_SECRETS).found
    job = served.replay.jobs.jobs[(SUBSCRIPTION, GROUP, placed.ref.name)]
    job["properties"]["details"]["datacenterAddress"] = THERE
    assert "Voorbeeldweg 12" in services.sites.ask(plan.plan_id).address.lines
    assert not served.replay.asked("regionConfiguration")


@pytest.mark.parametrize("gone", [Fault.NOT_FOUND, Fault.FORBIDDEN])
def test_where_nobody_tells_it_that_is_said_and_nothing_kept(
    served: Served, services: Services, plan: Plan, gone: Fault
) -> None:
    served.replay.fail("ImportExport/locations", gone, times=9)
    with pytest.raises(BackupError) as caught:
        services.sites.ask(plan.plan_id)
    assert caught.value.code is ErrorCode.SITE_NOT_TOLD
    assert caught.value.parameters == {"region": "australiaeast"}
    assert services.sites.way(plan.plan_id).lines == ()


def test_without_a_region_nobody_is_asked(served: Served, services: Services, plan: Plan) -> None:
    services.import_jobs.keep(plan.plan_id, ImportAnswers())
    with pytest.raises(BackupError) as caught:
        services.sites.ask(plan.plan_id)
    assert caught.value.code is ErrorCode.SITE_REGION_UNKNOWN
    assert not served.replay.asked("regionConfiguration|locations")


def test_a_stop_does_not_wait_for_an_address(
    served: Served, services: Services, plan: Plan
) -> None:
    wish = Wish()
    served.replay.fail("regionConfiguration", Fault.HANG)
    assert_stops_at_once(served, wish, lambda: services.sites.ask(plan.plan_id, wish))


def test_codes_that_came_by_mail_stand_on_the_way(services: Services, plan: Plan) -> None:
    assert services.sites.way(plan.plan_id).codes == {Code.INBOUND_ID: ""}
    services.sites.note_codes(plan.plan_id, {Code.INBOUND_ID: "IN-4711"})
    assert services.sites.way(plan.plan_id).codes == {Code.INBOUND_ID: "IN-4711"}
