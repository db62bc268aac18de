"""One class per thing the admin does; window and command line share one `Services` object."""

from __future__ import annotations

from msgspec import Struct

from offline_backup_gui.services.agent_watch import AgentWatch
from offline_backup_gui.services.agents import AgentSearch
from offline_backup_gui.services.azure import Azure
from offline_backup_gui.services.backups import Backups
from offline_backup_gui.services.checks import Checks
from offline_backup_gui.services.destination import DestinationChecks
from offline_backup_gui.services.devices import Devices
from offline_backup_gui.services.drives import Drives
from offline_backup_gui.services.following import Following
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
from offline_backup_gui.services.staging import Staging
from offline_backup_gui.services.tool_files import ToolFiles
from offline_backup_gui.services.updates import Updates
from offline_backup_gui.services.work import Work
from offline_backup_gui.services.world import World


class Services(Struct, frozen=True):
    """Everything the window and the command line may ask for."""

    world: World
    planning: Planning
    drives: Drives
    preparing: Preparing
    protection: Protection
    backups: Backups
    checks: Checks
    mirrors: Mirrors
    shipments: Shipments
    papers: Papers
    staging: Staging
    reminders: Reminders
    notices: Notices
    agents: AgentWatch
    restores: Restores
    schedules: Schedules
    runner: Runner
    updates: Updates
    azure: Azure
    orders: Orders
    ordering: Ordering
    following: Following
    destination: DestinationChecks
    preparations: Preparations
    agent_search: AgentSearch
    manifests: Manifests
    ingests: Ingests
    tool_files: ToolFiles
    devices: Devices


def build(world: World) -> Services:
    """Join the services over one world."""
    keys = Keys(world)
    schedules = Schedules(world)
    mirrors = Mirrors(world)
    work = Work(world, keys, schedules, mirrors)
    backups = Backups(world)
    planning, shipments = Planning(world, work, schedules), Shipments(world, backups, mirrors)
    staging, preparations = Staging(world, shipments), Preparations(world)
    reminders = Reminders(world)
    azure, watch = Azure(world), AgentWatch(world)
    orders, protection = Orders(world, azure, shipments), Protection(world, keys)
    following = Following(world, azure, orders, shipments, watch)
    reporting = Reporting(world, reminders, lambda plan_id: shipments.track(plan_id).due)
    return Services(
        world=world,
        planning=planning,
        drives=Drives(world),
        preparing=Preparing(world, shipments, staging, preparations),
        protection=protection,
        backups=backups,
        checks=Checks(world, keys),
        mirrors=mirrors,
        shipments=shipments,
        papers=Papers(world, shipments),
        staging=staging,
        reminders=reminders,
        notices=Notices(world, planning, shipments, reminders, following),
        agents=watch,
        restores=Restores(world, keys, work, backups),
        schedules=schedules,
        runner=Runner(world, work, reporting),
        updates=Updates(world),
        azure=azure,
        orders=orders,
        following=following,
        ordering=Ordering(azure, orders, planning, protection),
        destination=DestinationChecks(world, azure),
        preparations=preparations,
        agent_search=AgentSearch(world),
        manifests=Manifests(world),
        ingests=Ingests(world),
        tool_files=ToolFiles(world),
        devices=Devices(world, Checks(world, keys)),
    )
