"""Fees of an offer: the public list when it answers, else a dated table; and the older jobs."""

from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.orders import Meter, Offer
from offline_backup_gui.domain.prices import fees, parse_prices
from offline_backup_gui.services import Services, build
from tests.azure.replay.estate import SUBSCRIPTION
from tests.azure.replay.service import Fault
from tests.azure.stand import Memory, Wish, assert_stops_at_once, gate, program

LOST, DAY = "08bc0ea1-6c82-421b-b953-2a7a65810d2e", "b6ae9bbf-815d-49dd-bb2b-77c497b72ba4"
OFFER = Offer(
    "DataBoxDisk", "DataBoxDisk", True, meters=(Meter(LOST, "Lost", 1.0), Meter(DAY, "Day", 5.0))
)


@pytest.fixture
def services(served, tmp_path) -> Services:
    world = build_services(tmp_path / "state").world
    made = build(replace(world, azure=gate(), azure_secrets=Memory()))
    made.azure.sign_in(*program(served), lambda _: None)
    return made


def told(services: Services) -> dict[str, tuple[float | None, str]]:
    return {fee.kind: (fee.amount, fee.date) for fee in services.azure.fees([OFFER])[0]}


def test_the_public_list_is_joined_with_the_meters_and_their_multipliers(served, services):
    served.replay.estate.prices = {DAY: 10.5, "another": 1.0}
    fees_ = told(services)
    assert fees_["Day"][0] == 52.5
    assert fees_["Lost"] == (2500.0, "2022-09-13")
    assert served.replay.asked("/api/retail/prices")[0].token == ""


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.UNAVAILABLE, Fault.NOT_JSON])
def test_when_the_list_does_not_answer_the_dated_table_does(served, services, fault):
    served.replay.fail("/api/retail/prices", fault, times=99)
    assert told(services) == {"Lost": (2500.0, "2022-09-13"), "Day": (None, "")}


def test_the_admins_own_table_goes_first(served, services):
    served.replay.fail("/api/retail/prices", Fault.CUT, times=99)
    own = {"source": "our contract", "date": "2026-01-01", "currency": "EUR"}
    table = services.world.folder / "prices.json"
    table.write_text(json.dumps({**own, "amount_by_meter": {DAY.upper(): 9}}))
    assert told(services) == {"Lost": (None, ""), "Day": (45.0, "2026-01-01")}
    table.write_text(json.dumps({**own, "amount_by_meter": {DAY: "nine"}}))
    with pytest.raises(BackupError) as caught:
        told(services)
    assert caught.value.code is ErrorCode.PLAN_VALUE_WRONG


def test_a_stop_does_not_wait_for_the_price_list(served, services):
    wish = Wish()
    served.replay.fail("/api/retail/prices", Fault.HANG)
    assert_stops_at_once(served, wish, lambda: services.azure.fees([OFFER], wish))


def test_the_table_that_comes_along_has_a_source_and_a_date():
    data = json.loads((words.resources() / "prices.json").read_text("utf-8"))
    table = parse_prices(data, "prices.json")
    assert (table.source, table.date) != ("", "")
    assert fees(OFFER, None, table)[0].amount == 2500.0


# --- the older service


def test_older_import_jobs_are_read_and_nothing_is_written(served, services):
    jobs = services.orders.old_jobs(SUBSCRIPTION)
    assert jobs
    assert {job.family.value for job in jobs} == {"import-export"}
    assert {one.method for one in served.replay.asked("ImportExport")} == {"GET"}


def test_where_the_older_service_has_gone_there_are_no_jobs_of_it(served, services, monkeypatch):
    del served.replay.answers["importexport:Jobs_ListBySubscription"]
    assert services.orders.old_jobs(SUBSCRIPTION) == ()


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.CUT, Fault.EXPIRED])
def test_older_jobs_survive_a_bad_line(served, services, fault):
    served.replay.fail("ImportExport", fault)
    assert services.orders.old_jobs(SUBSCRIPTION)
