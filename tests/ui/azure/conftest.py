"""A real window over the real services, whose Azure is the replay server of this computer."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace
from pytestqt.qtbot import QtBot

from offline_backup_gui import words
from offline_backup_gui.app import build_services
from offline_backup_gui.domain.clouds import SignIn, SignInMethod, SignInSecret
from offline_backup_gui.domain.order_fields import AzurePlace, OrderFields
from offline_backup_gui.domain.plan import DeploymentModel, Draft, Route
from offline_backup_gui.services import Services, build
from offline_backup_gui.ui.bridge import Bridge
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.window import WizardWindow
from tests.azure.replay.estate import ACCOUNT, GROUP, SUBSCRIPTION, account_id
from tests.azure.replay.server import Served, running
from tests.azure.stand import Memory, cloud_of, gate, program

_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The libraries keep their connections until the collector comes by, wherever that is.
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@dataclass
class Office:
    """The services of an office whose Azure is `served`."""

    served: Served
    services: Services
    bridge: Bridge
    folder: Path

    def sign_in(self) -> None:
        """Sign in as a service principal, without the window."""
        self.services.azure.sign_in(*program(self.served), lambda _: None)

    def sign_in_as_person(self) -> None:
        """Sign in by a code, as somebody did some days ago."""
        wanted = SignIn(cloud_of(self.served), SignInMethod.DEVICE_CODE)
        self.services.azure.sign_in(wanted, SignInSecret(), lambda _: None)

    @property
    def cloud_file(self) -> str:
        """Give a file with the addresses of the replay server."""
        cloud = cloud_of(self.served)
        kept = {k: getattr(cloud, k) for k in cloud.__struct_fields__ if k != "name"}
        path = self.folder / "cloud.json"
        path.write_text(json.dumps({k: v for k, v in kept.items() if v}))
        return str(path)

    def source(self) -> str:
        """Give a folder that is worth a backup."""
        place = self.folder / "office"
        place.mkdir(exist_ok=True)
        (place / "letter.txt").write_text("Dear all")
        return str(place)

    def draft(self, **changes: object) -> Draft:
        """Give a draft that lacks only what the test is about."""
        draft = Draft(
            deployment_model=DeploymentModel.STANDALONE,
            sources=(self.source(),),
            route=Route.DATA_BOX_DISK,
            country="US",
            region="West US",
            account=f"https://{ACCOUNT}.blob.core.windows.net",
            landing="landing-042",
            vault="vault-042",
            secret_ready=True,
            kit_saved=True,
            kit_code_confirmed=True,
            repository_id="4f0c9a1be27d5580",
            name="branch-042",
            azure=AzurePlace(SUBSCRIPTION, account_id(), region="westus", listed=True),
            order=OrderFields(
                group=GROUP,
                company="Contoso",
                street="1 Way",
                city="Redmond",
                state="WA",
                postal_code="98052",
                country="US",
                contact="A. Admin",
                phone="14255550100",
                emails="admin@contoso.example",
            ),
        )
        return replace(draft, **changes)


Open = Callable[[Draft, Step], WizardWindow]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    folder = tmp_path / "replay"
    folder.mkdir()
    bridge = Bridge()
    with running(folder) as served:
        served.replay.polls = 1
        world = build_services(tmp_path / "state").world
        services = build(replace(world, azure=gate(), azure_secrets=Memory()))
        yield Office(served, services, bridge, tmp_path)
        bridge.close()
    bridge.finish()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()  # here, not in somebody else's test


@pytest.fixture
def open_wizard(qtbot: QtBot, office: Office) -> Open:
    def make(draft: Draft, step: Step) -> WizardWindow:
        window = WizardWindow(office.services, words.load("en"), office.bridge, draft=draft)
        qtbot.addWidget(window)
        window.show_draft(draft)
        window.show()
        window.go(step)
        assert window.step is step
        return window

    return make
