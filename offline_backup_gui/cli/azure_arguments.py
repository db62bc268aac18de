"""The words of the commands that talk to Azure's management services."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_METHODS = ("browser", "device-code", "service-principal")
_CLOUDS = ("public", "government", "china")


def sign_in(commands: _Commands) -> None:
    """Add `sign-in` and `sign-out`."""
    command = _command(commands, "sign-in", "sign in to Azure, once for this computer")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--cloud", choices=_CLOUDS, default="public")
    where.add_argument("--cloud-file", metavar="FILE", help="the addresses of another cloud")
    command.add_argument("--method", choices=_METHODS, default="browser")
    command.add_argument("--tenant", default="", metavar="ID")
    command.add_argument("--client-id", default="", metavar="ID")
    program_files(command)
    command.add_argument(
        "--proxy-file", metavar="FILE", help="a file with the address of a proxy, else the system's"
    )
    _command(commands, "sign-out", "forget how this computer signs in")
    checked = _command(commands, "destination", "what stands in the way of a plan's destination")
    checked.add_argument("plan", metavar="PLAN")
    checked.add_argument("--country", default="", metavar="CC", help="country code of the office")
    one = checked.add_mutually_exclusive_group()
    one.add_argument("--sas-file", metavar="FILE", help="a file with a shared access signature")
    one.add_argument(
        "--connection-string-file", metavar="FILE", help="a file with a connection string"
    )
    program_files(checked)


def orders(commands: _Commands) -> None:
    """Add `order` and `import-job`."""
    order = commands.add_parser(
        "order", help="order devices from Microsoft and look after them", allow_abbrev=False
    )
    actions = order.add_subparsers(dest="action", required=True, metavar="ACTION")
    _forms(actions)
    offers = _command(actions, "offers", "the devices that can be had, for a form")
    offers.add_argument("form", metavar="FILE")
    program_files(offers)
    _one(actions)
    pickup = _named(actions, "pickup", "let the carrier fetch the devices")
    pickup.add_argument("--from", dest="start", required=True, metavar="TIME")
    pickup.add_argument("--until", dest="end", required=True, metavar="TIME")
    pickup.add_argument("--place", required=True, metavar="TEXT", help="such as: front desk")
    credentials = _named(actions, "credentials", "write what opens the devices into a file")
    credentials.add_argument("--to", required=True, metavar="FILE")
    move = _named(actions, "move", "send the devices to another address, while they have not left")
    move.add_argument(
        "--form", required=True, metavar="FILE", help="a form with the new address and contact"
    )
    answer = _named(actions, "answer", "answer an order that waits for you")
    answer.add_argument("--action", dest="resolution", default="", metavar="WORD")
    answer.add_argument(
        "--drive", action="append", default=[], metavar="SERIAL=WORD", help="for single drives"
    )
    job = commands.add_parser(
        "import-job", help="import jobs with your own drives", allow_abbrev=False
    )
    actions = job.add_subparsers(dest="action", required=True, metavar="ACTION")
    forms = _forms(actions)
    new = forms["new"]
    new.add_argument("--plan", metavar="PLAN", help="for the drives prepared for this plan")
    new.add_argument(
        "--journal",
        action="append",
        default=[],
        metavar="FILE",
        help="take drives over from a journal or drive information; may be given several times",
    )
    forms["portal"].add_argument(
        "--journal", action="store_true", help="also what opens the drives, as the portal takes it"
    )
    _one(actions)
    ship = _named(actions, "ship", "tell Azure that the drives are on their way")
    ship.add_argument("--carrier", required=True, metavar="NAME")
    ship.add_argument("--number", required=True, metavar="TRACKING")


def _forms(actions: _Commands) -> dict[str, argparse.ArgumentParser]:
    forms = {}
    for name, text in (
        ("new", "write a commented form"),
        ("check", "let Azure look at a form; nothing is ordered"),
        ("place", "order; the same form never orders twice"),
        ("portal", "everything the portal asks for, as files; needs no sign-in"),
    ):
        command = forms[name] = _command(actions, name, text)
        command.add_argument("form", metavar="FILE")
        if name in ("check", "place"):
            program_files(command)
        if name == "place":
            command.add_argument(
                "--another", action="store_true", help="once more, after the last one has ended"
            )
        if name == "portal":
            command.add_argument("--to", required=True, metavar="DIR")
    return forms


def _one(actions: _Commands) -> None:
    listed = _command(actions, "list", "the orders of this computer, or of a subscription")
    listed.add_argument("--subscription", default="", metavar="ID")
    listed.add_argument("--resource-group", default="", metavar="NAME")
    program_files(listed)
    _named(actions, "show", "how far an order is, as Azure says")
    cancel = _named(actions, "cancel", "cancel an order")
    cancel.add_argument("--reason", required=True, metavar="TEXT")
    note = _named(actions, "note", "note a status that you read in the portal")
    note.add_argument("--status", required=True, metavar="TEXT")
    note.add_argument("--at", required=True, metavar="TIME")
    note.add_argument("--form", metavar="FILE", help="the form, for an order made in the portal")


def _named(actions: _Commands, name: str, text: str) -> argparse.ArgumentParser:
    command = _command(actions, name, text)
    command.add_argument("name", metavar="NAME")
    command.add_argument("--subscription", default="", metavar="ID")
    command.add_argument("--resource-group", default="", metavar="NAME")
    program_files(command)
    return command


def program_files(command: argparse.ArgumentParser) -> None:
    """Let a command name the files a service principal signs in with."""
    command.add_argument(
        "--client-secret-file", metavar="FILE", help="a file with a service principal's secret"
    )
    command.add_argument(
        "--certificate-file", metavar="FILE", help="a service principal's certificate with its key"
    )
    command.add_argument("--certificate-password-file", metavar="FILE")


def _command(commands: _Commands, name: str, help_: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_, description=help_, allow_abbrev=False)
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    return command
