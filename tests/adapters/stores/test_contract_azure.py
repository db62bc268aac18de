"""The store contract on the blob server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from offline_backup_gui.adapters.stores.accounts import open_account
from offline_backup_gui.adapters.stores.azure import AzureAccount
from offline_backup_gui.domain.ports import ObjectStore
from tests.adapters.stores.azure_things import fresh_name
from tests.adapters.stores.contract import StoreContract
from tests.azurite_server import Azurite


@pytest.fixture(scope="module")
def account(azurite: Azurite) -> Iterator[AzureAccount]:
    account = open_account(azurite.url, sas=azurite.sas())
    assert isinstance(account, AzureAccount)
    yield account
    account.close()


class TestAzureContainer(StoreContract):
    @pytest.fixture
    def store(self, account: AzureAccount) -> ObjectStore:
        return account.container(fresh_name(), create=True)
