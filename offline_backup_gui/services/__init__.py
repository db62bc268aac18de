"""One class per thing the admin does; window and command line share one `Services` object."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offline_backup_gui.services.agent_watch import AgentWatch
    from offline_backup_gui.services.agents import AgentSearch
    from offline_backup_gui.services.azure import Azure
    from offline_backup_gui.services.backups import Backups
    from offline_backup_gui.services.checks import Checks
    from offline_backup_gui.services.destination import DestinationChecks
    from offline_backup_gui.services.devices import Devices
    from offline_backup_gui.services.drives import Drives
    from offline_backup_gui.services.following import Following
    from offline_backup_gui.services.import_jobs import ImportJobs
    from offline_backup_gui.services.ingests import Ingests
    from offline_backup_gui.services.keys import Keys
    from offline_backup_gui.services.manifests import Manifests
    from offline_backup_gui.services.mirrors import Mirrors
    from offline_backup_gui.services.notices import Notices
    from offline_backup_gui.services.ordering import Ordering
    from offline_backup_gui.services.orders import Orders
    from offline_backup_gui.services.papers import Papers
    from offline_backup_gui.services.planning import Planning
    from offline_backup_gui.services.preparations import Preparations
    from offline_backup_gui.services.preparing import Preparing
    from offline_backup_gui.services.protection import Protection
    from offline_backup_gui.services.reminders import Reminders
    from offline_backup_gui.services.reporting import Reporting
    from offline_backup_gui.services.restores import Restores
    from offline_backup_gui.services.running import Runner
    from offline_backup_gui.services.schedules import Schedules
    from offline_backup_gui.services.shipments import Shipments
    from offline_backup_gui.services.sites import Sites
    from offline_backup_gui.services.staging import Staging
    from offline_backup_gui.services.tool_files import ToolFiles
    from offline_backup_gui.services.updates import Updates
    from offline_backup_gui.services.work import Work
    from offline_backup_gui.services.world import World


class Services:
    """Everything the window and the command line may ask for.

    Each service is loaded and made when it is first asked for: a command waits for its own only.
    Whatever is handed in by its name stands in the place of the real one.
    """

    def __init__(self, world: World, **made: object) -> None:
        if unknown := made.keys() - SERVICES:
            raise TypeError(f"there is no service {sorted(unknown)}")
        self.world = world
        vars(self).update(made)

    @cached_property
    def planning(self) -> Planning:
        from offline_backup_gui.services.planning import Planning

        return Planning(self.world, self.schedules)

    @cached_property
    def drives(self) -> Drives:
        from offline_backup_gui.services.drives import Drives

        return Drives(self.world)

    @cached_property
    def preparing(self) -> Preparing:
        from offline_backup_gui.services.preparing import Preparing

        return Preparing(self.world, self.shipments, self.staging, self.preparations)

    @cached_property
    def protection(self) -> Protection:
        from offline_backup_gui.services.protection import Protection

        return Protection(self.world, self._keys)

    @cached_property
    def backups(self) -> Backups:
        from offline_backup_gui.services.backups import Backups

        return Backups(self.world)

    @cached_property
    def checks(self) -> Checks:
        from offline_backup_gui.services.checks import Checks

        return Checks(self.world, self._keys)

    @cached_property
    def mirrors(self) -> Mirrors:
        from offline_backup_gui.services.mirrors import Mirrors

        return Mirrors(self.world)

    @cached_property
    def shipments(self) -> Shipments:
        from offline_backup_gui.services.shipments import Shipments

        return Shipments(self.world, self.backups, self.mirrors)

    @cached_property
    def papers(self) -> Papers:
        from offline_backup_gui.services.papers import Papers

        return Papers(self.world, self.shipments)

    @cached_property
    def staging(self) -> Staging:
        from offline_backup_gui.services.staging import Staging

        return Staging(self.world, self.shipments)

    @cached_property
    def reminders(self) -> Reminders:
        from offline_backup_gui.services.reminders import Reminders

        return Reminders(self.world)

    @cached_property
    def notices(self) -> Notices:
        from offline_backup_gui.services.notices import Notices

        return Notices(self.world, self.planning, self.shipments, self.reminders, self.following)

    @cached_property
    def agents(self) -> AgentWatch:
        from offline_backup_gui.services.agent_watch import AgentWatch

        return AgentWatch(self.world)

    @cached_property
    def restores(self) -> Restores:
        from offline_backup_gui.services.restores import Restores

        return Restores(self.world, self._keys, self.backups)

    @cached_property
    def schedules(self) -> Schedules:
        from offline_backup_gui.services.schedules import Schedules

        return Schedules(self.world)

    @cached_property
    def runner(self) -> Runner:
        from offline_backup_gui.services.running import Runner

        return Runner(self.world, self._work, self._reporting)

    @cached_property
    def updates(self) -> Updates:
        from offline_backup_gui.services.updates import Updates

        return Updates(self.world)

    @cached_property
    def azure(self) -> Azure:
        from offline_backup_gui.services.azure import Azure

        return Azure(self.world)

    @cached_property
    def orders(self) -> Orders:
        from offline_backup_gui.services.orders import Orders

        return Orders(self.world, self.azure, self.shipments)

    @cached_property
    def ordering(self) -> Ordering:
        from offline_backup_gui.services.ordering import Ordering

        return Ordering(self.azure, self.orders, self.planning, self.protection)

    @cached_property
    def following(self) -> Following:
        from offline_backup_gui.services.following import Following

        return Following(self.world, self.azure, self.orders, self.shipments, self.agents)

    @cached_property
    def destination(self) -> DestinationChecks:
        from offline_backup_gui.services.destination import DestinationChecks

        return DestinationChecks(self.world, self.azure)

    @cached_property
    def preparations(self) -> Preparations:
        from offline_backup_gui.services.preparations import Preparations

        return Preparations(self.world)

    @cached_property
    def agent_search(self) -> AgentSearch:
        from offline_backup_gui.services.agents import AgentSearch

        return AgentSearch(self.world)

    @cached_property
    def manifests(self) -> Manifests:
        from offline_backup_gui.services.manifests import Manifests

        return Manifests(self.world)

    @cached_property
    def ingests(self) -> Ingests:
        from offline_backup_gui.services.ingests import Ingests

        return Ingests(self.world)

    @cached_property
    def tool_files(self) -> ToolFiles:
        from offline_backup_gui.services.tool_files import ToolFiles

        return ToolFiles(self.world)

    @cached_property
    def devices(self) -> Devices:
        from offline_backup_gui.services.devices import Devices

        return Devices(self.world, self.checks)

    @cached_property
    def import_jobs(self) -> ImportJobs:
        from offline_backup_gui.services.import_jobs import ImportJobs

        return ImportJobs(self.world, self.orders, self.preparations, self.papers)

    @cached_property
    def sites(self) -> Sites:
        from offline_backup_gui.services.sites import Sites

        return Sites(self.azure, self.orders, self.import_jobs, self.papers)

    @cached_property
    def _keys(self) -> Keys:
        from offline_backup_gui.services.keys import Keys

        return Keys(self.world)

    @cached_property
    def _work(self) -> Work:
        from offline_backup_gui.services.work import Work

        return Work(self.world, self._keys, self.schedules, self.mirrors)

    @cached_property
    def _reporting(self) -> Reporting:
        from offline_backup_gui.services.reporting import Reporting

        return Reporting(
            self.world, self.reminders, lambda plan_id: self.shipments.track(plan_id).due
        )


SERVICES = frozenset(
    name for name, made in vars(Services).items() if isinstance(made, cached_property)
)


def build(world: World) -> Services:
    """Join the services over one world."""
    return Services(world)
