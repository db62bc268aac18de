"""The replay server itself: the official SDK against it, and what it refuses."""

from __future__ import annotations

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError
from azure.core.rest import HttpRequest
from azure.mgmt.databox import DataBoxManagementClient
from azure.mgmt.databox import models as m

from tests.azure.replay import spec as specification
from tests.azure.replay.estate import GROUP, SUBSCRIPTION, account_id
from tests.azure.replay.examples import bodies, examples, exchanges
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault, Replay

SPECS = specification.load()
EXAMPLES = list(examples(SPECS))
OPERATIONS = [operation for one in SPECS for operation in one.operations]


class _Token:
    """A credential with one token of the sign-in stub."""

    def __init__(self, replay: Replay) -> None:
        fields = {"client_id": "any", "grant_type": "client_credentials"}
        fields["client_secret"] = replay.entra.client_secret
        _, given = replay.entra._token(replay.base, fields)
        self.token = given["access_token"]

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        return AccessToken(self.token, int(time.time()) + 3600)


@pytest.fixture
def client(served: Served) -> DataBoxManagementClient:
    return DataBoxManagementClient(
        _Token(served.replay),
        SUBSCRIPTION,
        base_url=served.url,
        connection_verify=str(served.certificate),
        polling_interval=0,
        retry_total=0,
    )


def _order(**details: Any) -> m.JobResource:
    return m.JobResource(
        location="westus",
        sku=m.Sku(name="DataBoxDisk", model="DataBoxDisk"),
        properties=m.JobProperties(
            transfer_type="ImportToAzure",
            details=m.DataBoxDiskJobDetails(
                contact_details=m.ContactDetails(
                    contact_name="A", phone="1", email_list=["a@contoso.example"]
                ),
                shipping_address=m.ShippingAddress(
                    street_address1="1 Way", country="US", postal_code="98052", **details
                ),
                data_import_details=[
                    m.DataImportDetails(
                        account_details=m.StorageAccountDetails(storage_account_id=account_id())
                    )
                ],
                passkey="0123456789abcdefABC",
            ),
        ),
    )


def _place(client: DataBoxManagementClient, name: str, order: Any = None) -> m.JobResource:
    made = order if order is not None else _order()
    return client.jobs.begin_create(GROUP, name, made, polling_interval=0).result()


def test_the_official_client_walks_through_an_order(client, replay):
    made = _place(client, "order-1")
    assert made.name == "order-1"
    names = [job.name for job in client.jobs.list_by_resource_group(GROUP)]
    got = client.jobs.get(GROUP, "order-1", expand="details")
    secrets = next(iter(client.jobs.list_credentials(GROUP, "order-1"))).job_secrets
    client.jobs.cancel(GROUP, "order-1", m.CancellationReason(reason="not needed"))
    after = client.jobs.get(GROUP, "order-1")
    client.jobs.begin_delete(GROUP, "order-1", polling_interval=0).result()
    assert names == ["order-1"]
    assert got.properties.details.job_stages[0].stage_status == "Succeeded"
    assert secrets.pass_key == "0123456789abcdefABC"
    assert "passkey" not in got.properties.details
    assert after.properties.status == "Cancelled"
    assert replay.jobs.jobs == {}
    assert replay.flaws == []


def test_bitlocker_keys_of_own_disks_come_back_in_no_answer(client):
    details = m.DataBoxCustomerDiskJobDetails(
        contact_details=m.ContactDetails(contact_name="A", phone="1", email_list=["a@b.example"]),
        import_disk_details_collection={
            "SERIAL1": m.ImportDiskDetails(
                manifest_file="DriveManifest.xml", manifest_hash="ab", bit_locker_key="CANARY-KEY"
            )
        },
        return_to_customer_package_details=m.PackageCarrierDetails(
            carrier_name="DHL", carrier_account_number="4711"
        ),
    )
    order = _order()
    order.sku, order.properties.details = m.Sku(name="DataBoxCustomerDisk"), details
    _place(client, "disks-1", order)
    got = client.jobs.get(GROUP, "disks-1", expand="details")
    secrets = [one.as_dict() for one in client.jobs.list_credentials(GROUP, "disks-1")]
    assert got.properties.details.import_disk_details_collection["SERIAL1"].manifest_hash == "ab"
    assert "CANARY-KEY" not in str(got.as_dict()) + str(secrets)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda b: b["properties"]["details"]["shippingAddress"].pop("country"),
            "country: missing",
        ),
        (lambda b: b["properties"].update(surprise=1), "properties.surprise: unknown field"),
        (lambda b: b["properties"].update(isCancellable=True), "isCancellable: read-only"),
        (lambda b: b["properties"].update(transferType="Fax"), "is none of"),
        (lambda b: b["sku"].update(model="AzureDataBox9000"), "sku.model"),
        (lambda b: b.update(location=7), "location: not a string"),
        (lambda b: b["properties"]["details"].update(jobDetailsType="Pigeon"), "unknown kind"),
        (lambda b: b["properties"]["details"].pop("jobDetailsType"), "jobDetailsType: missing"),
        (lambda b: b["properties"]["details"].update(preferredDisks=[1]), "not an object"),
    ],
)
def test_a_request_that_breaks_the_specification_is_refused_by_its_place(client, change, said):
    body = _order().as_dict()
    change(body)
    with pytest.raises(HttpResponseError) as refused:
        _place(client, "order-2", body)
    assert refused.value.status_code == 400
    assert said in str(refused.value)


@pytest.mark.parametrize("name", ["ab", "a" * 25, "with space"])
def test_a_job_name_outside_the_specification_is_refused(client, name):
    with pytest.raises(HttpResponseError, match=r"400|InvalidRequestContent"):
        _place(client, name)


def test_the_same_name_makes_no_second_job(client, replay):
    _place(client, "order-3")
    with pytest.raises(HttpResponseError) as refused:
        _place(client, "order-3")
    assert refused.value.status_code == 409
    assert len(replay.jobs.created) == 1


def test_pages_of_a_list_are_followed(client, replay):
    replay.page_size = 2
    for number in range(5):
        _place(client, f"order-{number}")
    assert len(list(client.jobs.list())) == 5


def test_no_token_and_an_unknown_version_are_refused(served, client):
    url = f"{served.url}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.DataBox/jobs"
    with requests.Session() as session:
        version = {"api-version": "2025-07-01"}
        nobody = session.get(url, params=version, verify=str(served.certificate))
        assert nobody.status_code == 401
    request = HttpRequest("GET", f"{url}?api-version=1999-01-01")
    assert client.send_request(request).status_code == 400


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (Fault.TOO_MANY, HttpResponseError),
        (Fault.INTERNAL, HttpResponseError),
        (Fault.UNAVAILABLE, HttpResponseError),
        (Fault.FORBIDDEN, HttpResponseError),
        (Fault.EXPIRED, HttpResponseError),
        (Fault.CUT, (ServiceResponseError, ServiceRequestError)),
        (Fault.CUT_BODY, Exception),
    ],
)
def test_a_fault_happens_as_often_as_it_was_asked_for(client, replay, fault, raised):
    replay.fail("GET .*/jobs", fault)
    with pytest.raises(raised):
        list(client.jobs.list())
    if fault is not Fault.EXPIRED:
        assert list(client.jobs.list()) == []


def test_a_request_cut_off_before_its_answer_was_served_all_the_same(client, replay):
    replay.fail("PUT", Fault.CUT_AFTER)
    with pytest.raises(ServiceResponseError):
        _place(client, "order-4")
    assert [key[2] for key in replay.jobs.created] == ["order-4"]


def test_a_scenario_steps_a_job_through_its_stages(client, replay):
    _place(client, "order-5")
    key = (SUBSCRIPTION, GROUP, "order-5")
    scenario = (
        {"at": "2026-01-02", "stage": "Dispatched", "status": "Succeeded"},
        {
            "at": "2026-01-09",
            "stage": "DataCopy",
            "set": {"properties": {"delayedStage": "DataCopy"}},
        },
    )
    replay.jobs.play(key, scenario, "2026-01-05")
    early = client.jobs.get(GROUP, "order-5", expand="details").properties
    replay.jobs.play(key, scenario, "2026-02-01")
    late = client.jobs.get(GROUP, "order-5", expand="details").properties
    assert (early.status, early.is_cancellable) == ("Dispatched", False)
    assert (late.status, late.delayed_stage) == ("DataCopy", "DataCopy")


# --- the official examples and recordings, ours and any named from outside


def test_there_are_examples():
    assert len(EXAMPLES) >= 55


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: one.name)
def test_an_official_request_passes_the_checks(example):
    wanted = example.operation.body
    flaws = []
    if wanted is not None and example.body is not None:
        flaws = example.operation.spec.flaws(wanted["schema"], example.body)
    assert flaws == []


def test_every_recorded_request_of_a_known_service_passes_the_checks():
    judged = 0
    for one in exchanges():
        for operation in OPERATIONS:
            if operation.matches(one.method, one.path) is None:
                continue
            if operation.body and isinstance(one.body, dict):
                assert operation.spec.flaws(operation.body["schema"], one.body) == [], one.name
                judged += 1
    assert judged >= 8


def test_the_official_client_reads_every_job_there_is():
    stages = 0
    for name, body in bodies():
        if body["type"] == "Microsoft.DataBox/jobs":
            job = m.JobResource(body)
            assert job.as_dict()["properties"] == body["properties"], name
            stages += str(body).count("stageStatus")
    assert stages >= 90


def test_old_import_jobs_and_backup_jobs_are_answered_from_their_examples(served, client):
    places = {
        "Microsoft.ImportExport/jobs": "2020-08-01",
        "Microsoft.RecoveryServices/vaults": "2024-04-01",
    }
    for place, version in places.items():
        url = f"{served.url}/subscriptions/{SUBSCRIPTION}/providers/{place}?api-version={version}"
        answer = client.send_request(HttpRequest("GET", url))
        assert answer.json()["value"], place


def test_the_browser_page_of_the_sign_in_stub_gives_a_code_that_buys_a_token(served):
    page = f"{served.url}/organizations/oauth2/v2.0/authorize"
    asked = {"redirect_uri": "http://localhost:1", "state": "s", "nonce": "n"}
    trust = str(served.certificate)
    sent = requests.get(page, params=asked, allow_redirects=False, verify=trust)
    code = parse_qs(urlsplit(sent.headers["Location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "client_id": "any"}
    token = f"{served.url}/organizations/oauth2/v2.0/token"
    first = requests.post(token, data=form, verify=trust)
    second = requests.post(token, data=form, verify=trust)
    assert served.replay.entra.counts(first.json()["access_token"])
    assert second.status_code == 400
