from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_backup_gui.domain.advice import Advice, AdviceRequest, Reason, advise
from offline_backup_gui.domain.capacity import devices_needed
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.findings import FindingCode, Severity
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.domain.routes import ROUTES
from offline_backup_gui.domain.sizing import Group, size
from tests.domain.geo import geography

TODAY = date(2026, 11, 23)
DISK, BOX, OWN = Route.DATA_BOX_DISK, Route.DATA_BOX, Route.IMPORT_EXPORT


def ask(
    *sizes: int,
    model: str = "mars",
    country: str = "",
    region: str = "",
    line: float | None = None,
    growth: int = 0,
    today: date = TODAY,
    offered: tuple[Route, ...] = tuple(Route),
) -> Advice:
    groups = tuple(
        Group("server" if len(sizes) == 1 else f"group {number}", amount)
        for number, amount in enumerate(sizes)
    )
    request = AdviceRequest(
        DeploymentModel(model), groups, today, country, region, line, growth, offered
    )
    return advise(request, geography())


def severities(advice: Advice, route: Route) -> dict[FindingCode, Severity]:
    return {finding.code: finding.severity for finding in advice.of(route).findings}


@pytest.mark.parametrize("model", list(DeploymentModel))
@pytest.mark.parametrize(
    ("route", "limit"),
    [(DISK, 7_200_000_000_000), (BOX, 80_000_000_000_000), (OWN, 80_000_000_000_000)],
)
def test_a_size_equal_to_the_limit_fits_and_one_byte_more_does_not(
    model: str, route: Route, limit: int
) -> None:
    at_limit = ask(limit, model=model)
    assert at_limit.of(route).fits
    assert severities(at_limit, route)[FindingCode.CLOSE_TO_LIMIT] is Severity.WARNING
    above = ask(limit + 1, model=model)
    assert not above.of(route).fits
    assert severities(above, route)[FindingCode.TOO_BIG_FOR_ROUTE] is Severity.BLOCKER


def test_each_protection_group_is_judged_by_itself() -> None:
    advice = ask(7_000_000_000_000, 7_000_000_000_000, model="dpm").of(DISK)
    assert advice.fits
    assert advice.devices == 2
    assert [group.fits for group in advice.groups] == [True, True]
    mixed = ask(10**12, 7_200_000_000_001, model="mabs").of(DISK)
    assert [group.fits for group in mixed.groups] == [True, False]
    assert not mixed.fits


def test_the_smallest_microsoft_device_is_advised_when_it_fits() -> None:
    advice = ask(7_200_000_000_000)
    assert advice.advised is DISK
    assert Reason.SMALLEST_DEVICE in advice.of(DISK).reasons


def test_nothing_is_advised_when_nothing_fits() -> None:
    advice = ask(80_000_000_000_001)
    assert advice.advised is None
    assert not any(route.fits or route.reasons for route in advice.routes)


def test_only_an_offered_route_is_advised_and_the_others_still_say_whether_they_fit() -> None:
    advice = ask(10**12, model="standalone", offered=(OWN,))
    assert advice.advised is OWN
    assert advice.of(OWN).reasons[0] is Reason.ONLY_ONE_THAT_FITS
    assert advice.of(DISK).fits
    assert not advice.of(DISK).usable


def test_growth_counts_and_is_said() -> None:
    advice = ask(7_000_000_000_000, growth=5)
    assert not advice.of(DISK).fits
    assert FindingCode.GROWTH_ALLOWED_FOR in severities(advice, BOX)
    assert FindingCode.GROWTH_ALLOWED_FOR not in severities(ask(1), BOX)


def test_compression_is_told_and_does_not_make_it_fit() -> None:
    advice = ask(7_500_000_000_000)
    finding = next(f for f in advice.of(DISK).findings if f.code is FindingCode.TOO_BIG_FOR_ROUTE)
    assert finding.parameters["fits_if_compressed"] is True
    assert finding.parameters["over_bytes"] == 300_000_000_000
    assert severities(advice, DISK)[FindingCode.COMPRESSION_EXPECTED] is Severity.NOTE
    assert not advice.of(DISK).fits


def test_an_agent_needs_staging_as_large_as_the_backup_for_own_drives_only() -> None:
    advice = ask(3 * 10**12, 10**12, model="mabs", growth=10)
    assert advice.of(OWN).staging_bytes == 4_400_000_000_000
    assert advice.of(DISK).staging_bytes == advice.of(BOX).staging_bytes == 0
    assert Reason.NO_STAGING in advice.of(DISK).reasons
    assert ask(10**12, model="standalone").of(OWN).staging_bytes == 0


def test_own_drives_are_counted_in_disks_of_eight_terabytes() -> None:
    assert ask(8 * 10**12).of(OWN).devices == 1
    assert ask(8 * 10**12 + 1).of(OWN).devices == 2
    assert ask(80 * 10**12).of(OWN).devices == 10
    assert ask(0).of(OWN).devices == 1


def test_many_groups_take_several_orders() -> None:
    advice = ask(*[7 * 10**12] * 6, model="dpm")
    assert advice.of(DISK).devices == 6
    assert advice.of(DISK).orders == 2
    assert severities(advice, DISK)[FindingCode.SEVERAL_ORDERS] is Severity.WARNING
    assert advice.of(BOX).devices == 1
    assert advice.of(OWN).orders == 6  # a protection group has an import job of its own


def test_a_data_box_does_not_cross_a_border_but_own_drives_may() -> None:
    advice = ask(10**12, country="US", region="West Europe")
    for route in (DISK, BOX):
        assert severities(advice, route)[FindingCode.CROSS_COUNTRY] is Severity.BLOCKER
    assert severities(advice, OWN)[FindingCode.CROSS_COUNTRY] is Severity.WARNING
    assert advice.advised is OWN
    assert Reason.CROSSES_BORDERS in advice.of(OWN).reasons


def test_the_union_is_one_country_for_a_data_box() -> None:
    advice = ask(10**12, country="DE", region="West Europe")
    assert FindingCode.CROSS_COUNTRY not in severities(advice, DISK)
    assert FindingCode.CROSS_COUNTRY not in severities(advice, OWN)
    assert advice.of(DISK).fits


def test_a_country_without_a_datacenter_ships_abroad_as_the_footnote_says() -> None:
    advice = ask(10**12, country="AO", region="South Africa North")
    assert advice.of(DISK).fits
    assert severities(advice, DISK)[FindingCode.NO_DATACENTER_IN_COUNTRY] is Severity.WARNING
    assert FindingCode.CROSS_COUNTRY not in severities(advice, DISK)


def test_the_footnote_does_not_help_where_the_other_country_has_no_devices() -> None:
    advice = ask(10**12, country="AO", region="Qatar Central")
    assert severities(advice, DISK)[FindingCode.ROUTE_NOT_IN_COUNTRY] is Severity.BLOCKER


def test_a_member_without_a_datacenter_is_served_by_its_union() -> None:
    advice = ask(10**12, country="PT")
    assert advice.of(DISK).fits
    assert severities(advice, DISK)[FindingCode.NO_DATACENTER_IN_COUNTRY] is Severity.NOTE


def test_devices_are_not_offered_where_the_list_does_not_name_the_country() -> None:
    advice = ask(10**12, country="BR")
    assert severities(advice, DISK)[FindingCode.ROUTE_NOT_IN_COUNTRY] is Severity.BLOCKER
    assert advice.of(BOX).fits
    assert not ask(10**12, region="Mexico Central").of(DISK).fits


def test_an_unknown_region_is_a_warning_and_a_region_without_a_site_a_note() -> None:
    for route in Route:
        found = severities(ask(1, region="Atlantis"), route)
        assert found[FindingCode.REGION_NOT_LISTED] is Severity.WARNING
    listed = severities(ask(1, country="FR", region="France Central"), OWN)
    assert listed[FindingCode.REGION_NOT_LISTED] is Severity.NOTE
    assert FindingCode.REGION_NOT_LISTED not in severities(ask(1, region="East US"), OWN)


@pytest.mark.parametrize(
    ("country", "today", "expected"),
    [
        ("DE", date(2025, 5, 31), Severity.NOTE),
        ("DE", date(2025, 6, 1), Severity.WARNING),
        ("", date(2026, 1, 1), Severity.NOTE),
        ("JP", date(2026, 1, 1), None),
    ],
)
def test_the_last_order_day_of_the_data_box_is_told(
    country: str, today: date, expected: Severity | None
) -> None:
    found = severities(ask(10**12, country=country, today=today), BOX)
    assert found.get(FindingCode.ROUTE_RETIRED) is expected


def test_a_retired_device_ranks_below_own_drives() -> None:
    routes = [item.route for item in ask(9 * 10**12, country="DE").routes]
    assert routes == [OWN, BOX, DISK]
    before = ask(9 * 10**12, country="DE", today=date(2025, 1, 1))
    assert before.advised is BOX


def test_days_by_line_are_reckoned_from_the_line_alone() -> None:
    advice = ask(7_200_000_000_000, line=20.0)
    assert advice.days_by_line == pytest.approx(33.333, abs=0.001)
    assert FindingCode.ONLINE_IS_FASTER not in severities(advice, DISK)


def test_a_fast_line_says_that_drives_are_not_worth_it() -> None:
    advice = ask(10**11, line=1000.0)
    for route in Route:
        assert severities(advice, route)[FindingCode.ONLINE_IS_FASTER] is Severity.NOTE


def test_days_by_disk_add_up_and_name_their_sources() -> None:
    for item in ask(80 * 10**12).routes:
        stretches = item.days.stretches
        assert item.days.least == sum(s.least_days for s in stretches)
        assert item.days.most == sum(s.most_days for s in stretches)
        assert 0 < item.days.least <= item.days.most < 60
        assert any(s.origin is not None for s in stretches)
        assert len({s.name for s in stretches}) == len(stretches)


def test_a_business_week_spans_a_weekend() -> None:
    preparation = ask(1).of(DISK).days.stretches[0]
    assert (preparation.least_days, preparation.most_days) == (1, 7)


@pytest.mark.parametrize("line", [0.0, -1.0, float("inf"), float("nan")])
def test_a_line_without_speed_is_refused(line: float) -> None:
    with pytest.raises(BackupError) as caught:
        ask(1, line=line)
    assert caught.value.code is ErrorCode.PLAN_VALUE_WRONG


def test_no_group_or_a_group_twice_is_refused() -> None:
    with pytest.raises(BackupError):
        ask()
    with pytest.raises(BackupError):
        advise(
            AdviceRequest(DeploymentModel.DPM, (Group("A", 1), Group("A", 2)), TODAY), geography()
        )


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(BackupError):
        ask(-1)


def test_advice_as_json_has_the_documented_shape() -> None:
    shape = json.loads(json.dumps(ask(7_200_000_000_000, country="DE", line=20.0).as_json()))
    assert shape["advised"] == "data-box-disk"
    first = shape["routes"][0]
    assert first["route"] == "data-box-disk"
    assert first["fits"] is True
    assert first["limit_bytes"] == 7_200_000_000_000
    assert first["devices"] == 1
    assert first["groups"][0]["name"] == "server"
    assert first["groups"][0]["size_bytes"] == 7_200_000_000_000
    assert {"code", "severity", "parameters"} == set(first["findings"][0])


@given(
    st.lists(st.integers(0, 10**14), min_size=1, max_size=12),
    st.sampled_from(["", "DE", "US", "AO", "PT", "BR", "CH"]),
    st.sampled_from(["", "West Europe", "East US", "Qatar Central", "nowhere"]),
    st.sampled_from(list(DeploymentModel)),
)
def test_the_ranking_is_complete_and_puts_what_fits_first(
    sizes: list[int], country: str, region: str, model: DeploymentModel
) -> None:
    advice = ask(*sizes, model=model, country=country, region=region)
    assert {item.route for item in advice.routes} == set(Route)
    fits = [item.fits for item in advice.routes]
    assert fits == sorted(fits, reverse=True)
    assert (advice.advised is not None) == any(fits)


@given(st.lists(st.integers(0, 2 * 10**13), min_size=1, max_size=12))
def test_devices_hold_what_is_given_to_them(sizes: list[int]) -> None:
    sizings = [size(Group(str(number), amount)) for number, amount in enumerate(sizes)]
    for facts in ROUTES.values():
        devices = devices_needed(facts, sizings)
        assert devices * facts.device_bytes >= sum(sizes)
        assert devices >= 1
        # First fit never leaves two devices half empty, so it needs less than twice the least.
        if facts.group_on_one_device:
            assert devices <= 2 * -(-sum(sizes) // facts.device_bytes) + len(sizes)


def test_two_groups_that_fill_one_device_exactly_share_it() -> None:
    assert ask(3_600_000_000_000, 3_600_000_000_000, model="dpm").of(DISK).devices == 1
    assert ask(3_600_000_000_000, 3_600_000_000_001, model="dpm").of(DISK).devices == 2


def test_nine_tenths_of_the_limit_are_not_close_yet() -> None:
    assert FindingCode.CLOSE_TO_LIMIT not in severities(ask(6_480_000_000_000), DISK)
    assert FindingCode.CLOSE_TO_LIMIT in severities(ask(6_480_000_000_001), DISK)


def test_own_drives_from_a_country_without_a_datacenter_are_told_so() -> None:
    assert severities(ask(1, country="AO"), OWN)[FindingCode.NO_DATACENTER_IN_COUNTRY] is (
        Severity.NOTE
    )
    assert FindingCode.NO_DATACENTER_IN_COUNTRY not in severities(ask(1, country="DE"), OWN)


def test_one_order_is_no_news() -> None:
    assert FindingCode.SEVERAL_ORDERS not in severities(ask(1), DISK)


def test_what_speaks_for_each_route_is_told() -> None:
    reasons = {item.route: item.reasons for item in ask(10**12).routes}
    assert reasons == {
        DISK: (Reason.SMALLEST_DEVICE, Reason.NO_STAGING, Reason.MICROSOFT_SHIPS),
        BOX: (Reason.NO_STAGING, Reason.MICROSOFT_SHIPS, Reason.FASTEST),
        OWN: (Reason.NOTHING_TO_ORDER,),
    }
    standalone = ask(10**12, model="standalone").of(DISK)
    assert Reason.NO_STAGING not in standalone.reasons


def test_the_only_route_left_is_said_to_be_the_only_one() -> None:
    advice = ask(10**12, country="MX")
    assert advice.of(OWN).reasons == (Reason.ONLY_ONE_THAT_FITS, Reason.NOTHING_TO_ORDER)


def test_without_a_line_there_are_no_days_by_line() -> None:
    assert ask(1).as_json()["days_by_line"] is None
    assert ask(7_200_000_000_000, line=20.0).as_json()["days_by_line"] == 33.33


def test_a_group_named_twice_is_named() -> None:
    groups = (Group("B", 1), Group("A", 1), Group("A", 2))
    with pytest.raises(BackupError) as caught:
        advise(AdviceRequest(DeploymentModel.DPM, groups, TODAY), geography())
    assert caught.value.parameters["value"] == "A"


def test_what_is_not_offered_but_fits_stands_before_what_does_not_fit() -> None:
    routes = [item.route for item in ask(10**13, offered=()).routes]
    assert routes == [BOX, OWN, DISK]
