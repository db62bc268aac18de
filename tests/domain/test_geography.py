from __future__ import annotations

import copy
import json
from datetime import date

import pytest

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.geography import parse_geography
from offline_backup_gui.domain.plan import Route
from tests.domain.geo import RESOURCES, geography


def _raw() -> dict[str, object]:
    loaded: dict[str, object] = json.loads((RESOURCES / "regions.json").read_text("utf-8"))
    return loaded


def test_every_region_stands_in_a_known_country() -> None:
    geo = geography()
    assert len(geo.regions) > 60
    assert {region.country for region in geo.regions.values()} <= set(geo.country_names)


def test_every_list_names_known_countries_or_boundaries() -> None:
    geo = geography()
    known = set(geo.country_names) | set(geo.boundary_members)
    for availability in geo.availability.values():
        assert availability.geographies <= known
    for retirement in geo.retirements.values():
        assert retirement.geographies <= known
    assert set(geo.returns) <= known
    assert set(geo.carriers_by_country) <= known
    assert geo.import_export_regions <= set(geo.regions)


@pytest.mark.parametrize("name", ["West Europe", "westeurope", "WESTEUROPE", " west europe "])
def test_a_region_is_found_by_either_of_its_names(name: str) -> None:
    region = geography().region(name)
    assert region is not None
    assert region.country == "NL"


def test_an_unknown_region_is_not_found() -> None:
    assert geography().region("Atlantis Central") is None


def test_the_union_counts_as_one_and_other_countries_by_themselves() -> None:
    geo = geography()
    assert geo.boundary("DE") == geo.boundary("PT") == "EU"
    assert geo.boundary("GB") == "GB"
    assert geo.boundary("CH") == "CH"


def test_datacenters_are_known_by_country_and_by_boundary() -> None:
    geo = geography()
    assert geo.has_datacenter("DE")
    assert not geo.has_datacenter("PT")
    assert geo.boundary_has_datacenter("PT")
    assert not geo.boundary_has_datacenter("AO")


def test_country_codes_are_read_in_any_case_and_with_their_common_aliases() -> None:
    geo = geography()
    assert geo.country(" de ") == "DE"
    assert geo.country("uk") == "GB"


@pytest.mark.parametrize("code", ["XX", "Germany", "", "D"])
def test_a_code_that_is_no_country_is_refused(code: str) -> None:
    with pytest.raises(BackupError) as caught:
        geography().country(code)
    assert caught.value.code is ErrorCode.PLAN_VALUE_WRONG


def test_devices_are_delivered_where_the_lists_say() -> None:
    geo = geography()
    assert geo.delivers(Route.DATA_BOX_DISK, "PT")
    assert not geo.delivers(Route.DATA_BOX_DISK, "BR")
    assert geo.delivers(Route.DATA_BOX, "BR")
    assert geo.delivers(Route.IMPORT_EXPORT, "AO")


def test_the_eighty_terabyte_device_is_retired_in_five_places() -> None:
    geo = geography()
    found = geo.retirement(Route.DATA_BOX, "DE")
    assert found is not None
    assert found.last_order == date(2025, 5, 31)
    assert geo.retirement(Route.DATA_BOX, "JP") is None
    assert geo.retirement(Route.DATA_BOX, "") is found
    assert geo.retirement(Route.DATA_BOX_DISK, "DE") is None


def test_sites_tell_their_carriers_and_what_else_they_ask_for() -> None:
    geo = geography()
    assert geo.carriers("AU") == ("DHL",)
    assert geo.carriers("AO") == ()
    assert "gate-pass-data" in geo.site_extras("IN")
    assert geo.site_extras("US") == ("inbound-id-may-be-asked",)
    way = geo.device_return("FR")
    assert way is not None
    assert way.carrier == "DHL Express"
    assert geo.device_return("AO") is None


@pytest.mark.parametrize("key", sorted(_raw()))
def test_a_file_without_one_of_its_lists_is_refused(key: str) -> None:
    data = copy.deepcopy(_raw())
    del data[key]
    with pytest.raises(BackupError) as caught:
        parse_geography(data)
    assert caught.value.code is ErrorCode.FORMAT_DAMAGED


@pytest.mark.parametrize("data", [None, [], "text", {"about": 1}])
def test_what_is_no_geography_is_refused(data: object) -> None:
    with pytest.raises(BackupError):
        parse_geography(data)
