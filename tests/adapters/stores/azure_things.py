"""What the tests on the blob server share."""

from __future__ import annotations

import secrets

from offline_backup_gui.adapters.stores.azure import AzureAccount
from offline_backup_gui.adapters.stores.azure_address import address_of, secret_of
from offline_backup_gui.domain.ports import Control
from tests.azurite_server import Azurite


def fresh_name() -> str:
    """Give a container name no other test uses."""
    return f"test-{secrets.token_hex(6)}"


def opened(
    server: Azurite,
    sas: str | None = None,
    waits: list[float] | None = None,
    *,
    control: Control | None = None,
    retry_pause_s: float = 0,
    connection_timeout_s: float = 20,
) -> AzureAccount:
    """Open the server's account without pauses between retries; `waits` notes what was waited."""
    address = address_of(server.url)
    secret = secret_of(address, server.url, sas or server.sas())
    noted = [] if waits is None else waits
    return AzureAccount(
        address,
        secret,
        retry_pause_s=retry_pause_s,
        connection_timeout_s=connection_timeout_s,
        wait=noted.append,
        control=control,
    )
