from __future__ import annotations

import re

import pytest

from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.domain.routes import ROUTES, ROWS, RowKey, Term, TransferOption


def _cell(key: RowKey, route: Route) -> tuple[str | int, ...]:
    return next(row for row in ROWS if row.key is key).cell(route)


def test_the_table_has_every_row_once_and_the_published_eight_first_in_their_order() -> None:
    assert [row.key for row in ROWS] == list(RowKey)
    published = [row.key.value for row in ROWS if row.published]
    assert published == [
        "models",
        "limit",
        "security",
        "staging",
        "regions",
        "cross-country",
        "logistics",
        "pricing",
    ]
    assert all(row.published for row in ROWS[:8])


def test_every_row_has_three_filled_cells_a_source_and_a_date() -> None:
    for row in ROWS:
        assert all(row.cell(route) for route in Route), row.key
        assert row.origin.document.startswith(("articles/", "includes/"))
        assert re.fullmatch(r"20\d\d-\d\d(-\d\d)?", row.origin.date)


def test_every_term_is_said_somewhere_in_the_table() -> None:
    said = {item for row in ROWS for route in Route for item in row.cell(route)}
    assert set(Term) <= said


def test_the_limits_are_decimal_terabytes() -> None:
    assert _cell(RowKey.LIMIT, Route.DATA_BOX_DISK)[0] == 7_200_000_000_000
    assert _cell(RowKey.LIMIT, Route.DATA_BOX)[0] == 80_000_000_000_000
    assert _cell(RowKey.LIMIT, Route.IMPORT_EXPORT)[0] == 80_000_000_000_000
    for route, facts in ROUTES.items():
        assert facts.limit_bytes == _cell(RowKey.LIMIT, route)[0]


def test_import_export_is_ten_disks_of_eight_terabytes() -> None:
    facts = ROUTES[Route.IMPORT_EXPORT]
    assert facts.devices_an_order * facts.device_bytes == facts.limit_bytes
    assert facts.devices_an_order == 10


def test_both_data_box_routes_share_one_option_and_its_rules() -> None:
    for route in (Route.DATA_BOX_DISK, Route.DATA_BOX):
        facts = ROUTES[route]
        assert facts.option is TransferOption.DATA_BOX
        assert not (facts.needs_staging)
        assert not (facts.customer_ships)
        assert not (facts.crosses_borders)
        assert Term.FOOTNOTE_NO_DATACENTER in _cell(RowKey.CROSS_COUNTRY, route)
        assert facts.liability is not None
    own = ROUTES[Route.IMPORT_EXPORT]
    assert own.needs_staging
    assert own.customer_ships
    assert own.crosses_borders


@pytest.mark.parametrize("route", list(Route))
def test_every_route_serves_every_deployment_model_and_names_its_days(route: Route) -> None:
    facts = ROUTES[route]
    assert set(facts.models) == set(DeploymentModel)
    assert facts.steps
    assert all(0 < step.least_days <= step.most_days for step in facts.steps)


def test_a_row_as_json_is_plain_data() -> None:
    shape = ROWS[1].as_json()
    assert shape["cells"]["data-box-disk"] == [7_200_000_000_000, "one-device-each"]  # type: ignore[index]
    assert type(shape["cells"]["data-box"][1]) is str  # type: ignore[index]
    assert shape["source"] == "articles/backup/offline-backup-overview.md"
