"""The thin client: what stands in a subscription, and every way a line can go wrong."""

from __future__ import annotations

import logging

import pytest

from offline_backup_gui.adapters.azure.arm import Arm
from offline_backup_gui.domain.azure_doors import Directory, Rights
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.subscription import Firewall, Permission, parse_resource_id
from tests.azure.replay.estate import ACCOUNT, GROUP, SUBSCRIPTION, account_id, storage_account
from tests.azure.replay.server import Served
from tests.azure.replay.service import Fault
from tests.azure.stand import Wish, assert_stops_at_once, gate, program

GROUP_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
MANAGEMENT = "/(subscriptions|providers)"


def doors(served: Served, wish: Wish | None = None) -> tuple[Directory, Rights]:
    sign_in, secret = program(served)
    return gate().directory(sign_in, secret, wish), gate().rights(sign_in, secret, wish)


def test_what_stands_in_a_subscription_is_read(served):
    directory, rights = doors(served)
    account = directory.storage_accounts(SUBSCRIPTION)[0]
    assert [one.name for one in directory.resource_groups(SUBSCRIPTION)] == [GROUP]
    assert (account.name, account.kind, account.region) == (ACCOUNT, "StorageV2", "westus")
    assert (account.group, account.firewall) == (GROUP, Firewall.OPEN)
    assert account.blob_address == f"https://{ACCOUNT}.blob.core.windows.net"
    assert len(directory.account_keys(account.resource_id)) == 2
    assert rights.provider_state(SUBSCRIPTION, "Microsoft.ImportExport") == "NotRegistered"
    assert rights.permissions(GROUP_ID)[0].allows("Microsoft.DataBox/jobs/write")
    assert directory.vaults(SUBSCRIPTION)
    assert served.replay.flaws == []


@pytest.mark.parametrize(
    ("rules", "firewall"),
    [
        ({"networkAcls": {"defaultAction": "Deny", "bypass": "AzureServices"}}, Firewall.TRUSTED),
        ({"networkAcls": {"defaultAction": "Deny", "bypass": "Logging, Metrics"}}, Firewall.CLOSED),
        ({"publicNetworkAccess": "Disabled", "networkAcls": {"bypass": "None"}}, Firewall.CLOSED),
        ({"networkAcls": {}}, Firewall.OPEN),
    ],
)
def test_the_firewall_of_an_account_is_read(served, rules, firewall):
    served.replay.estate.accounts = [storage_account(**rules)]
    _, rights = doors(served)
    assert rights.storage_account(account_id()).firewall is firewall


def test_locks_name_their_place(served):
    served.replay.estate.locks = [
        {
            "name": "keep",
            "id": f"{account_id()}/providers/Microsoft.Authorization/locks/keep",
            "properties": {"level": "ReadOnly", "notes": "do not touch"},
        }
    ]
    lock = doors(served)[1].locks(GROUP_ID)[0]
    assert (lock.level, lock.resource_id, lock.notes) == ("ReadOnly", account_id(), "do not touch")


def test_the_clock_of_the_service_is_compared_with_this_one(served):
    served.replay.clock_off_s = 3600
    _, rights = doors(served)
    assert rights.clock_ahead_s() is None
    rights.locks(GROUP_ID)
    assert 3500 < (rights.clock_ahead_s() or 0) < 3700


# --- bad lines: each call is in `test_every_call`


def test_a_pause_of_an_hour_is_not_slept_through(served):
    served.replay.fail(MANAGEMENT, Fault.TOO_MANY, retry_after_s=3600)
    with pytest.raises(BackupError) as caught:
        doors(served)[0].subscriptions()
    assert caught.value.code is ErrorCode.AZURE_BUSY


def test_a_stop_does_not_wait_for_a_pause_between_tries(served):
    wish = Wish()
    served.replay.fail(MANAGEMENT, Fault.TOO_MANY, retry_after_s=50)
    served.replay.on_request = served.replay.held.set
    opened = doors(served, wish)
    assert_stops_at_once(served, wish, opened[0].subscriptions)


def test_what_is_missing_is_named(served):
    with pytest.raises(BackupError) as caught:
        doors(served)[1].storage_account(account_id("nothere"))
    assert caught.value.code is ErrorCode.AZURE_NOT_FOUND
    assert "nothere" in str(caught.value.parameters["place"])


def test_a_link_to_another_service_is_not_followed(served, monkeypatch):
    groups = served.replay.estate
    monkeypatch.setattr(
        groups,
        "answer",
        lambda *_: (200, {"value": [], "nextLink": "https://thief.example/subscriptions"}),
    )
    with pytest.raises(BackupError) as caught:
        doors(served)[0].subscriptions()
    assert caught.value.code is ErrorCode.AZURE_REFUSED


def test_a_token_is_in_no_log(served, caplog):
    with caplog.at_level(logging.DEBUG):
        doors(served)[0].subscriptions()
    assert "token-" not in caplog.text


# --- the pure parts


def test_actions_are_matched_as_azure_does():
    contributor = Permission(("*",), ("Microsoft.Authorization/*/Write",))
    reader = Permission(("*/read",), ())
    assert contributor.allows("Microsoft.DataBox/jobs/write")
    assert not contributor.allows("Microsoft.Authorization/roleAssignments/write")
    assert reader.allows("microsoft.databox/jobs/READ")
    assert not reader.allows("Microsoft.DataBox/jobs/write")


@pytest.mark.parametrize("text", ["", "/subscriptions/x", account_id() + "/blobServices/default"])
def test_what_is_no_resource_id_is_refused(text):
    with pytest.raises(BackupError):
        parse_resource_id(text)


def test_a_resource_id_is_read_and_written():
    assert str(parse_resource_id(account_id())) == account_id()
    assert Arm.__doc__
