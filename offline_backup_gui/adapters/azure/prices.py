"""The public list of retail prices; it needs no sign-in and answers in US dollars.

GET https://prices.azure.com/api/retail/prices (learn.microsoft.com, Azure Retail Prices).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from azure.core import PipelineClient
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.policies import ProxyPolicy, UserAgentPolicy
from azure.core.rest import HttpRequest

from offline_backup_gui.adapters.azure.pace import Pace
from offline_backup_gui.adapters.azure.session import Patience, new_line, proxies
from offline_backup_gui.adapters.azure.trouble import watched
from offline_backup_gui.domain.clouds import Cloud
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.ports import Control
from offline_backup_gui.domain.prices import Prices

_PLACE = "prices"
_MOST_PAGES = 20
_TRIES = 2


def retail_prices(
    cloud: Cloud,
    meters: Sequence[str],
    proxy: str,
    control: Control | None,
    pace: Pace,
) -> Prices:
    """Ask for the newest price of each meter. AZURE_UNREACHABLE, AZURE_BUSY; Stopped."""
    line = new_line(cloud, control, pace)
    client: Any = PipelineClient(
        base_url=cloud.prices,
        policies=[
            UserAgentPolicy("offline-backup"),
            ProxyPolicy(proxies=proxies(proxy)),
            Patience(retry_total=_TRIES, retry_backoff_factor=pace.first_pause_s),
        ],
        transport=line,
    )
    wanted = " or ".join(f"meterId eq '{meter}'" for meter in meters)
    url = f"{cloud.prices}/api/retail/prices?$filter={quote(wanted)}"
    with watched(_PLACE):
        amounts = _newest(_items(client, url))
    return Prices("USD", amounts, urlsplit(cloud.prices).netloc, f"{datetime.now(UTC):%Y-%m-%d}")


def _newest(items: Iterator[dict[str, Any]]) -> dict[str, float]:
    """Give the newest price of each meter."""
    newest: dict[str, tuple[str, float]] = {}
    for item in items:
        meter, since = str(item.get("meterId", "")).lower(), str(item.get("effectiveStartDate", ""))
        price, kind = item.get("retailPrice"), item.get("type", "Consumption")
        # Dev/test and reservation prices are not what an order costs.
        if kind != "Consumption" or not isinstance(price, int | float):
            continue
        if meter not in newest or since > newest[meter][0]:
            newest[meter] = (since, float(price))
    return {meter: price for meter, (_, price) in newest.items()}


def _items(client: Any, url: str) -> Iterator[dict[str, Any]]:
    here = urlsplit(url).netloc
    for _ in range(_MOST_PAGES):
        response = client.send_request(HttpRequest("GET", url))
        if response.status_code >= 400:
            raise HttpResponseError(response=response)
        page = response.json()
        if not isinstance(page, dict):
            raise BackupError(ErrorCode.AZURE_UNREACHABLE, place=_PLACE, reason="not JSON")
        yield from (one for one in page.get("Items") or () if isinstance(one, dict))
        url = page.get("NextPageLink") or ""
        if not url or urlsplit(url).netloc != here:
            return
