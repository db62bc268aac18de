"""What the cards say of a job of Azure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from offline_backup_gui import words
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.service_job import DriveProgress, JobFamily, Package, ServiceJob
from offline_backup_gui.domain.service_status import place, portal_words
from offline_backup_gui.domain.shipment import KeptJob, Parcel, ServiceFact, Source, Tracking
from offline_backup_gui.formats.service_job import read_job
from offline_backup_gui.ui.tracking import azure_view
from tests.ui.tracking import bodies, scenes
from tests.ui.tracking.fakes import NOW

ENGLISH, GERMAN = words.load("en"), words.load("de")


def tracking(typed: Parcel | None, *packages: Package) -> Tracking:
    world = scenes.sealed()
    plain = world.services().shipments.track(world.plans[0].plan_id)
    job = ServiceJob(JobFamily.OWN_DRIVES, "", "job", "", packages=packages)
    return replace(plain, parcel=typed, job=KeptJob(job, NOW, Source.AZURE))


def drive(status: str, **more: Any) -> azure_view.ProgressLine:
    job = ServiceJob(
        JobFamily.DATA_BOX, "", "job", "", drives=(DriveProgress("S1", status, **more),)
    )
    return azure_view.drives(job, ENGLISH)[0]


def test_a_number_that_both_know_is_one_parcel_with_the_day_that_was_typed() -> None:
    typed = Parcel("DHL", "JD01 4600", NOW - timedelta(days=2))
    lines = azure_view.parcels(tracking(typed, Package("to-datacenter", "DHL", "jd014600")))
    assert [(line.source, line.sent_at) for line in lines] == [(Source.AZURE, typed.shipped_at)]


def test_a_number_that_azure_has_otherwise_is_shown_beside_it() -> None:
    typed = Parcel("DHL", "JD01 4600", NOW)
    lines = azure_view.parcels(tracking(typed, Package("to-datacenter", "DHL", "JD99")))
    assert [(line.source, line.number) for line in lines] == [
        (Source.AZURE, "JD99"),
        (Source.YOU, "JD01 4600"),
    ]


def test_an_address_of_azure_that_leads_elsewhere_is_only_told() -> None:
    package = Package("to-customer", "UPS", "1Z 9&x=1", "http://parcels.example/1Z9")
    (line,) = azure_view.parcels(tracking(None, package))
    assert line.link == "https://www.ups.com/track?tracknum=1Z%209%26x%3D1"
    assert line.told == "http://parcels.example/1Z9"


def test_own_drives_come_back_and_a_device_comes_first() -> None:
    (line,) = azure_view.parcels(tracking(None, Package("to-customer", "UPS", "1")))
    assert azure_view.way_words(line, Route.IMPORT_EXPORT, ENGLISH) == "Back to you"
    assert azure_view.way_words(line, Route.DATA_BOX_DISK, ENGLISH) == "To you"


def test_each_drive_is_said_in_our_words_beside_the_word_of_azure() -> None:
    lines = azure_view.drives(read_job(bodies.own_drives(NOW)), ENGLISH)
    assert [(line.said, line.azure, line.share) for line in lines] == [
        ("read in as a whole", "Completed", 1.0),
        ("being read in", "InProgress", 0.429),
        ("was not in the parcel", "DriveNotReceived", None),
    ]
    assert [(line.whole, line.halted) for line in lines] == [
        (True, False),
        (False, False),
        (False, True),
    ]


@pytest.mark.parametrize("status", ["QuantumHold", "completed", "Complete", "Done", "Succeeded"])
def test_a_word_nobody_knows_is_shown_raw_and_is_no_success(status: str) -> None:
    line = drive(status, percent=100.0)
    assert (line.said, line.azure, line.whole, line.halted) == ("", status, False, False)


@pytest.mark.parametrize(
    ("percent", "share"), [(None, None), (-3.0, 0.0), (41.5, 0.415), (250.0, 1.0)]
)
def test_a_percentage_stays_within_its_bar(percent: float | None, share: float | None) -> None:
    assert drive("InProgress", percent=percent).share == share


def test_figures_of_drives_into_one_account_are_summed() -> None:
    (line,) = azure_view.copies(read_job(bodies.own_drives(NOW)), ENGLISH)
    assert line.name == "contoso042"
    assert line.share == 10 / 14
    assert line.details == ("10 TB of 14 TB", "11,204 of 24,001 files")


def test_what_azure_waits_for_comes_first_once_and_with_what_to_do() -> None:
    remarks = azure_view.remarks(read_job(bodies.disk_order(NOW)), ENGLISH)
    assert [one.azure for one in remarks] == [
        "Resume",
        "MoveToCleanUpDevice",
        "AccountFirewall: The account refused the request.",
        "StorageAccountNotAccessible",
    ]
    assert all(one.do for one in remarks)


def test_an_action_nobody_knows_is_shown_raw() -> None:
    job = ServiceJob(JobFamily.DATA_BOX, "", "job", "", actions=("SignHere", "None"))
    (remark,) = azure_view.remarks(job, ENGLISH)
    assert remark.azure == "SignHere"
    assert "does not know" in remark.title


def test_a_delay_is_a_notice_and_not_a_trouble() -> None:
    remark = azure_view.remarks(read_job(bodies.own_drives(NOW)), ENGLISH)[-1]
    assert remark.title == "Azure reports a delay"
    assert "More orders than usual" in remark.azure
    assert not remark.heavy


@pytest.mark.parametrize("spoken", [ENGLISH, GERMAN], ids=["en", "de"])
def test_every_drive_state_that_asks_for_something_has_a_word_of_its_own(
    spoken: words.Words,
) -> None:
    asks = {key.partition(".")[2] for key in spoken.known_keys() if key.startswith("drive-do.")}
    said = {key.partition(".")[2] for key in spoken.known_keys() if key.startswith("drive-state.")}
    assert asks <= said


@pytest.mark.parametrize("route", Route)
def test_every_word_the_portal_offers_moves_the_timeline(route: Route) -> None:
    assert portal_words(route)
    assert [word for word in portal_words(route) if place(ServiceFact(word, NOW)) is None] == []
