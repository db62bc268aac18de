"""Countries, borders and Azure regions: where a route goes, as dated lists (none of them live)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec
from msgspec import Struct

from offline_backup_gui.domain.decoding import converted
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import Route
from offline_backup_gui.domain.published import Origin


class Region(Struct, frozen=True):
    """An Azure region: display name, ISO 3166 country of its datacenter, and cloud."""

    name: str
    country: str
    cloud: str


class Availability(Struct, frozen=True):
    """Where a route's devices are delivered: ISO countries, or "EU" for all its members."""

    geographies: frozenset[str]
    origin: Origin


class Retirement(Struct, frozen=True):
    """A device that takes no new orders after `last_order` in these geographies."""

    device: str
    last_order: date
    geographies: frozenset[str]
    successors: tuple[str, ...]
    origin: Origin


class DeviceReturn(Struct, frozen=True):
    """Who takes a device back in a geography, how it is booked, what is asked for (words keys)."""

    carrier: str
    how: str
    asks: tuple[str, ...] = ()


class Geography(Struct, frozen=True):
    """Everything known of borders. Country codes are ISO 3166-1 alpha-2, upper case."""

    country_names: Mapping[str, str]
    boundary_members: Mapping[str, frozenset[str]]
    regions: Mapping[str, Region]
    availability: Mapping[Route, Availability]
    retirements: Mapping[Route, Retirement]
    import_export_regions: frozenset[str]
    import_export_origin: Origin
    carriers_by_country: Mapping[str, tuple[str, ...]]
    site_extras_everywhere: tuple[str, ...]
    site_extras_by_country: Mapping[str, tuple[str, ...]]
    returns: Mapping[str, DeviceReturn]
    self_managed: frozenset[str]
    regions_origin: Origin

    def country(self, code: str) -> str:
        """Give the code in upper case; PLAN_VALUE_WRONG when there is no such country."""
        found = code.strip().upper()
        found = {"UK": "GB", "EL": "GR"}.get(found, found)
        if found not in self.country_names:
            raise BackupError(ErrorCode.PLAN_VALUE_WRONG, key="country", value=code)
        return found

    def boundary(self, country: str) -> str:
        """Give the commerce boundary of a country: itself, or the union it trades as ("EU")."""
        for name, members in self.boundary_members.items():
            if country in members:
                return name
        return country

    def has_datacenter(self, country: str) -> bool:
        """Say whether any Azure region stands in the country."""
        return any(region.country == country for region in self.regions.values())

    def boundary_has_datacenter(self, country: str) -> bool:
        """Say whether any Azure region stands inside the country's commerce boundary."""
        boundary = self.boundary(country)
        return any(self.boundary(region.country) == boundary for region in self.regions.values())

    def region(self, name: str) -> Region | None:
        """Find a region by display or programmatic name ("West Europe", "westeurope")."""
        return self.regions.get(_plain(name))

    def delivers(self, route: Route, country: str) -> bool:
        """Say whether the route's devices are listed for the country; own drives always are."""
        listed = self.availability.get(route)
        if listed is None:
            return True
        return country in listed.geographies or self.boundary(country) in listed.geographies

    def takes_drives(self, region: Region) -> bool:
        """Say whether own drives may be sent to the region itself, not to another in its stead."""
        return _plain(region.name) in self.import_export_regions

    def retirement(self, route: Route, country: str) -> Retirement | None:
        """Give the retirement that touches a country; any when the country is not known ("")."""
        found = self.retirements.get(route)
        if found is None or not country:
            return found
        touched = {country, self.boundary(country)} & found.geographies
        return found if touched else None

    def carriers(self, country: str) -> tuple[str, ...]:
        """Name the carriers known for the way back from a site in the country."""
        return self.carriers_by_country.get(country, ())

    def site_extras(self, country: str) -> tuple[str, ...]:
        """Name, as words keys, what sites in the country ask for beside the parcel."""
        return self.site_extras_everywhere + self.site_extras_by_country.get(country, ())

    def device_return(self, country: str) -> DeviceReturn | None:
        """Tell how a Data Box Disk goes back from the country, when it is known."""
        return self.returns.get(country) or self.returns.get(self.boundary(country))

    def ships_itself(self, country: str) -> bool:
        """Say whether the customer may bring a device to the datacenter himself."""
        return bool({country, self.boundary(country)} & self.self_managed)


def _plain(region: str) -> str:
    return "".join(region.split()).lower()


class _Countries(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    date: str
    names: dict[str, str]


class _Boundaries(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    date: str
    members: dict[str, list[str]]


class _Regions(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    date: str
    regions: list[Region]


class _Availability(msgspec.Struct, forbid_unknown_fields=True):
    route: Route
    source: str
    date: str
    geographies: list[str]


class _Retirement(msgspec.Struct, forbid_unknown_fields=True):
    route: Route
    device: str
    last_order: date
    geographies: list[str]
    successors: list[str]
    source: str
    date: str


class _ImportExport(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    date: str
    regions: list[str]


class _CarrierArea(msgspec.Struct, forbid_unknown_fields=True):
    area: str
    countries: list[str]
    carriers: list[str]


class _Carriers(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    date: str
    areas: list[_CarrierArea]


class _SiteExtras(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    date: str
    everywhere: list[str]
    by_country: dict[str, list[str]]


class _Return(msgspec.Struct, forbid_unknown_fields=True):
    geography: str
    carrier: str
    how: str
    asks: list[str]


class _SelfManaged(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    date: str
    geographies: list[str]


class _Returns(msgspec.Struct, forbid_unknown_fields=True):
    source: str
    date: str
    returns: list[_Return]


class _File(msgspec.Struct, forbid_unknown_fields=True):
    about: str
    countries: _Countries
    boundaries: _Boundaries
    azure_regions: _Regions
    availability: list[_Availability]
    retirements: list[_Retirement]
    import_export_regions: _ImportExport
    return_carriers: _Carriers
    site_extras: _SiteExtras
    device_returns: _Returns
    self_managed: _SelfManaged


def parse_geography(data: object) -> Geography:
    """Read the decoded `regions.json`; FORMAT_DAMAGED when its shape is another."""
    try:
        file = converted(data, _File)
    except msgspec.ValidationError as trouble:
        raise BackupError(
            ErrorCode.FORMAT_DAMAGED, name="regions.json", detail=str(trouble)
        ) from trouble
    carriers = {
        country: tuple(area.carriers)
        for area in file.return_carriers.areas
        for country in area.countries
    }
    return Geography(
        country_names=file.countries.names,
        boundary_members={k: frozenset(v) for k, v in file.boundaries.members.items()},
        regions={_plain(region.name): region for region in file.azure_regions.regions},
        availability={
            item.route: Availability(frozenset(item.geographies), Origin(item.source, item.date))
            for item in file.availability
        },
        retirements={
            item.route: Retirement(
                item.device,
                item.last_order,
                frozenset(item.geographies),
                tuple(item.successors),
                Origin(item.source, item.date),
            )
            for item in file.retirements
        },
        import_export_regions=frozenset(_plain(r) for r in file.import_export_regions.regions),
        import_export_origin=Origin(
            file.import_export_regions.source, file.import_export_regions.date
        ),
        carriers_by_country=carriers,
        site_extras_everywhere=tuple(file.site_extras.everywhere),
        site_extras_by_country={k: tuple(v) for k, v in file.site_extras.by_country.items()},
        returns={
            item.geography: DeviceReturn(item.carrier, item.how, tuple(item.asks))
            for item in file.device_returns.returns
        },
        self_managed=frozenset(file.self_managed.geographies),
        regions_origin=Origin(file.azure_regions.source, file.azure_regions.date),
    )
