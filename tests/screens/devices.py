"""What the window does with own drives' jobs and Microsoft's devices, with figures of an office."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace
from PySide6.QtWidgets import QWidget

from offline_backup_gui.domain.agent_writing import Writing, WritingLook, WritingState
from offline_backup_gui.domain.device_layout import Device, Format, Layout, Tier
from offline_backup_gui.domain.plan import DeploymentModel, Route
from offline_backup_gui.services.devices import DeviceCheck
from offline_backup_gui.ui.devices.dialog import DeviceDialog
from offline_backup_gui.ui.devices.panel import Errand
from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.words import Words
from tests.fakes_services import FakeServices
from tests.screens.scenes import open_wizard, ordering_draft, settle
from tests.ui.instant import InstantBridge

_NOON = datetime(2026, 6, 3, 12, 0, tzinfo=UTC)


def _import_job(step: Step) -> Callable[[Words], QWidget]:
    def build(words: Words) -> QWidget:
        draft = replace(ordering_draft(), route=Route.IMPORT_EXPORT)
        window = open_wizard(words, draft, FakeServices(draft))
        # The pages before it need drives that are sealed.
        window._turn(step)
        window.resize(1000, 2450 if step is Step.SHIP else 1300)
        settle()
        return window

    return build


def _device(words: Words) -> QWidget:
    fakes = FakeServices()
    kinds = (Format.BLOCK, Format.PAGE)
    look = WritingLook(_NOON, 214, 2_310_000_000_000, _NOON - timedelta(minutes=2))
    for place in ("E:\\", "F:\\"):
        layout = Layout(Device.DISK, kinds, (Tier.HOT, Tier.COOL), has_tools=True)
        fakes.devices.layouts[place] = layout
        fakes.devices.writing[place] = Writing(WritingState.GROWING, look, 96 * 10**9, 118e6)
        checked = DeviceCheck(place, layout, files=214, size_bytes=look.size_bytes)
        checked.containers.add("seed-042")
        fakes.devices.found.append(checked)
    errand = Errand(Route.DATA_BOX_DISK, DeploymentModel.MARS, name="Branch 042")
    owner = QWidget()
    dialog = DeviceDialog(fakes.services, words, InstantBridge(), errand, owner)
    dialog._owner = owner  # type: ignore[attr-defined]  # it lives as long as its dialog
    for place in fakes.devices.layouts:
        dialog.panel.places.add_place(place)
    dialog.panel.check.check()
    dialog.resize(1000, 1650)
    settle()
    return dialog


SCENES: dict[str, Callable[[Words], QWidget]] = {
    "06-staging-import-job": _import_job(Step.STAGING),
    "10-ship-import-job": _import_job(Step.SHIP),
    "10-device": _device,
}
