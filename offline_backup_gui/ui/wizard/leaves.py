"""The pages of the wizard, one for each step, made once for a window."""

from __future__ import annotations

from msgspec import Struct

from offline_backup_gui.ui.wizard.facts import Step
from offline_backup_gui.ui.wizard.page import Desk, Page
from offline_backup_gui.ui.wizard.pages.agent import AgentPage
from offline_backup_gui.ui.wizard.pages.copying import CopyingPage
from offline_backup_gui.ui.wizard.pages.destination import DestinationPage
from offline_backup_gui.ui.wizard.pages.drives import DrivesPage
from offline_backup_gui.ui.wizard.pages.model import ModelPage
from offline_backup_gui.ui.wizard.pages.order import OrderPage
from offline_backup_gui.ui.wizard.pages.protection import ProtectionPage
from offline_backup_gui.ui.wizard.pages.review import ReviewPage
from offline_backup_gui.ui.wizard.pages.route import RoutePage
from offline_backup_gui.ui.wizard.pages.ship import ShipPage
from offline_backup_gui.ui.wizard.pages.sources import SourcesPage
from offline_backup_gui.ui.wizard.pages.staging import StagingPage


class Leaves(Struct, frozen=True):
    """Every page by its step, and those by name whose signals the window hears."""

    by_step: dict[Step, Page]
    drives: DrivesPage
    review: ReviewPage
    copying: CopyingPage
    ship: ShipPage
    staging: StagingPage
    destination: DestinationPage
    order: OrderPage
    model: ModelPage
    agent: AgentPage


def make_leaves(desk: Desk) -> Leaves:
    """Make every page."""
    drives, review = DrivesPage(desk), ReviewPage(desk)
    model, agent = ModelPage(desk), AgentPage(desk)
    copying, ship = CopyingPage(desk), ShipPage(desk)
    destination, order = DestinationPage(desk), OrderPage(desk)
    staging = StagingPage(desk)
    by_step: dict[Step, Page] = {
        Step.MODEL: model,
        Step.SOURCES: SourcesPage(desk),
        Step.ROUTE: RoutePage(desk),
        Step.DESTINATION: destination,
        Step.PROTECTION: ProtectionPage(desk),
        Step.ORDER: order,
        Step.STAGING: staging,
        Step.AGENT: agent,
        Step.DRIVES: drives,
        Step.REVIEW: review,
        Step.COPYING: copying,
        Step.SHIP: ship,
    }
    return Leaves(
        by_step,
        drives,
        review,
        copying,
        ship,
        staging,
        destination,
        order,
        model,
        agent,
    )
