"""The desk of orders: what is sent and read, and every way a line can go wrong in each call."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from offline_backup_gui.domain.azure_doors import Desk
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import (
    BOX,
    DISK,
    OWN_DRIVES,
    Address,
    Contact,
    JobRef,
    OrderForm,
    OrderSecrets,
    OwnDrive,
    Pickup,
    ReturnCarrier,
)
from offline_backup_gui.domain.service_job import JobFamily
from tests.azure.replay.estate import GROUP, SUBSCRIPTION, account_id
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import Wish, assert_stops_at_once, gate, program

FORM = OrderForm(
    key="branch-042",
    subscription=SUBSCRIPTION,
    group=GROUP,
    region="westus",
    sku=DISK,
    storage_account=account_id(),
    address=Address("1 Way", "Redmond", "98052", "US", state="WA", company="Contoso"),
    contact=Contact("A. Admin", "14255550100", ("admin@contoso.example",)),
    model=DISK,
    expected_tb=5,
)
SECRETS = OrderSecrets(passkey="canary-passkey-123")
OWN = replace(
    FORM,
    sku=OWN_DRIVES,
    model="",
    drives=(OwnDrive("SERIAL1", "\\DriveManifest.xml", "AB12"),),
    return_carrier=ReturnCarrier("DHL", "4711"),
)
OWN_SECRETS = OrderSecrets(bitlocker_key_by_serial={"SERIAL1": "111111-222222-canary"})
REF = FORM.ref(1)
START, END = datetime(2026, 12, 1, 8, tzinfo=UTC), datetime(2026, 12, 1, 16, tzinfo=UTC)


def desk(served: Served, wish: Wish | None = None) -> Desk:
    return gate().desk(*program(served), wish)


@pytest.fixture
def opened(served: Served) -> Desk:
    """A desk with one order of disks and one import job."""
    desk_ = desk(served)
    desk_.place(FORM, SECRETS, REF)
    desk_.place(OWN, OWN_SECRETS, OWN.ref(1))
    return desk_


# --- what is sent and read


def test_an_order_is_placed_read_and_cancelled(served, opened):
    found = opened.order(REF)
    assert found is not None
    assert found.marker == FORM.marker
    assert (found.job.family, found.job.sku, found.cancellable) == (JobFamily.DATA_BOX, DISK, True)
    assert [step.name for step in found.job.steps][:2] == ["DeviceOrdered", "DevicePrepared"]
    listed = {one.ref.name for one in opened.orders(SUBSCRIPTION, GROUP)}
    assert listed == {REF.name, OWN.ref(1).name}
    opened.cancel(REF, "not needed")
    cancelled = opened.order(REF)
    assert cancelled is not None
    assert cancelled.job.status == "Cancelled"
    assert served.replay.flaws == []


def test_an_import_job_carries_serial_manifest_and_key(served, opened):
    sent = served.replay.asked(f"PUT .*{OWN.ref(1).name}")[0].body["properties"]["details"]
    assert sent["importDiskDetailsCollection"] == {
        "SERIAL1": {
            "manifestFile": "\\DriveManifest.xml",
            "manifestHash": "AB12",
            "bitLockerKey": "111111-222222-canary",
        }
    }
    opened.mark_shipped(OWN.ref(1), "DHL", "00340434")
    found = opened.order(OWN.ref(1))
    assert found is not None
    assert found.job.family is JobFamily.OWN_DRIVES
    package = found.job.package("to-datacenter")
    assert package is not None
    assert (package.carrier, package.number) == ("DHL", "00340434")


def test_the_requests_are_of_the_pinned_version_and_ours(served, opened):
    asked = served.replay.asked("/Microsoft.DataBox/")
    assert {one.query["api-version"] for one in asked} == {"2025-07-01"}
    assert all("offline-backup" in one.user_agent for one in asked)


def test_only_enabled_devices_are_offered_and_newer_models_stand_beside(served):
    recorded = served.replay.answers["recorded-skus"]["value"]
    served.replay.skus = [*recorded[:1], {**recorded[1], "enabled": False}]
    served.replay.skus[1]["properties"] = {"disabledReason": "Country"}
    offers = desk(served).offers(SUBSCRIPTION, GROUP, "westus", "US")
    assert [(one.model, one.enabled) for one in offers] == [
        ("DataBox", True),
        ("AzureDataBox120", False),
    ]
    assert offers[1].reason == "Country"
    assert offers[0].meters[0].meter_id
    served.replay.skus = None
    models = {one.model for one in desk(served).offers(SUBSCRIPTION, GROUP, "westus", "US")}
    assert {"DataBox", "AzureDataBox120", "AzureDataBox525", "DataBoxDisk"} <= models


def test_an_address_azure_does_not_find_is_told(served):
    assert all(verdict.good for verdict in desk(served).validate(FORM, SECRETS))
    served.replay.address_verdict = "Invalid"
    bad = [one for one in desk(served).validate(FORM, SECRETS) if not one.good]
    assert [one.what for one in bad] == ["ValidateAddress"]
    assert "No such street" in bad[0].reason


def test_a_pickup_is_confirmed(opened):
    told = opened.book_pickup(REF, Pickup(START, END, "Front desk"))
    assert told.confirmation == "PICKUP-0001"


def test_credentials_of_disks_and_of_a_device(served, opened):
    box = replace(FORM, sku=BOX, model=BOX, key="box")
    opened.place(box, OrderSecrets(device_password="canary-device"), box.ref(1))
    disks, device = opened.credentials(REF), opened.credentials(box.ref(1))
    assert [(one.what, one.secret) for one in disks] == [("passkey", "canary-passkey-123")]
    assert [one.what for one in device] == ["device-password", "share-password"]
    assert "canary" not in repr(disks) + repr(device) + repr(SECRETS)


def test_a_waiting_order_is_answered(served, opened):
    opened.answer(REF, "Resume", {})
    opened.answer(REF, "", {"DISK-1": "MoveToCleanUpDevice"})
    asked = [one.body for one in served.replay.asked("POST .*/mitigate")]
    assert asked == [
        {"customerResolutionCode": "Resume"},
        {"serialNumberCustomerResolutionMap": {"DISK-1": "MoveToCleanUpDevice"}},
    ]


def test_an_order_in_preparation_cannot_be_cancelled(served, opened):
    served.replay.jobs.step((SUBSCRIPTION, GROUP, REF.name), "DevicePrepared")
    with pytest.raises(BackupError) as caught:
        opened.cancel(REF, "not needed")
    assert caught.value.code is ErrorCode.ORDER_NOT_CANCELLABLE


def test_what_is_not_there_is_said_so(served):
    nowhere = JobRef(SUBSCRIPTION, GROUP, "nowhere-1")
    assert desk(served).order(nowhere) is None
    with pytest.raises(BackupError) as caught:
        desk(served).cancel(nowhere, "x")
    assert caught.value.code is ErrorCode.ORDER_NOT_FOUND


def test_a_name_that_is_taken_is_told(opened):
    with pytest.raises(BackupError) as caught:
        opened.place(FORM, SECRETS, REF)
    assert caught.value.code is ErrorCode.ORDER_NAME_TAKEN


def test_what_azure_repeats_of_a_secret_is_taken_out(served):
    bad = replace(FORM, region="")
    with pytest.raises(BackupError) as caught:
        desk(served).place(bad, OrderSecrets(passkey="short"), JobRef(SUBSCRIPTION, GROUP, "x"))
    assert caught.value.code is ErrorCode.AZURE_REFUSED
    assert "short" not in str(caught.value)


# --- bad lines: each call is in `test_every_call`


def test_a_stop_does_not_wait_for_an_order_to_be_taken(served):
    wish = Wish()
    served.replay.polls = 10**6
    served.replay.fail("/operationResults/", Fault.HANG)
    stoppable = gate().desk(*program(served), wish)
    assert_stops_at_once(served, wish, lambda: stoppable.place(FORM, SECRETS, REF))


# --- names


def test_a_name_follows_from_the_form_and_fits_azure():
    long = replace(FORM, key="Zweigstelle Köln-Ehrenfeld, Keller / Raum 3")
    assert long.ref(1) == replace(long, contact=Contact("B", "2", ())).ref(1)
    assert 3 <= len(long.ref(12).name) <= 24
    assert FORM.ref(1).name != FORM.ref(2).name != replace(FORM, sku=BOX).ref(2).name
    assert replace(FORM, key="…").ref(1).name.startswith("order-")
