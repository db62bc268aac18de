"""The words of the command line: commands, options, help."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from offline_backup_gui import __version__
from offline_backup_gui.cli import azure_arguments
from offline_backup_gui.domain.plan import DeploymentModel

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def parser(command: str = "") -> argparse.ArgumentParser:
    """Give the grammar of one command of `offline-backup`, else all of it."""
    top = argparse.ArgumentParser(
        prog="offline-backup",
        description="The first full backup to Azure on drives, increments over the line.",
        epilog="Exit codes: 0 done, 1 not done, 2 wrong usage, 3 done with exceptions listed, "
        "4 stopped, can be continued, 5 already running, 6 an update was refused, 70 a bug.",
        allow_abbrev=False,
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    family = next((add for names, add in _FAMILIES.items() if command in names), None)
    for add in _FAMILIES.values() if family is None else (family,):
        add(commands)
    return top


def _command(commands: _Commands, name: str, help_: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_, description=help_, allow_abbrev=False)
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    return command


def _secrets(command: argparse.ArgumentParser) -> None:
    one = command.add_mutually_exclusive_group()
    one.add_argument("--passphrase-file", metavar="FILE", help="a file with the passphrase")
    one.add_argument("--recovery-code-file", metavar="FILE", help="a file with the recovery code")


def _account_secrets(command: argparse.ArgumentParser) -> None:
    one = command.add_mutually_exclusive_group()
    one.add_argument("--sas-file", metavar="FILE", help="a file with a shared access signature")
    one.add_argument(
        "--connection-string-file", metavar="FILE", help="a file with a connection string"
    )


def _shadow_copies(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--no-shadow-copies",
        dest="shadow_copies",
        action="store_false",
        help="read files as they lie there; on Windows open files may then be left out",
    )


def _advice(commands: _Commands) -> None:
    _command(commands, "routes", "the comparison of the two transfer options, with sources")
    advise = _command(commands, "advise", "which route fits, which not, why, devices, days")
    advise.add_argument("paths", nargs="*", metavar="PATH", help="folders to measure")
    advise.add_argument("--size", metavar="BYTES", help="size instead of folders, such as 7.2TB")
    advise.add_argument(
        "--groups",
        action="append",
        default=[],
        metavar="NAME=BYTES",
        help="a protection group and its size; may be given several times",
    )
    advise.add_argument(
        "--model", choices=[model.value for model in DeploymentModel], default="standalone"
    )
    advise.add_argument("--country", default="", metavar="CC", help="country code of the office")
    advise.add_argument("--region", default="", metavar="NAME", help="Azure region")
    advise.add_argument("--line-mbps", type=float, metavar="N", help="upload speed in Mbit/s")
    advise.add_argument(
        "--growth", type=int, default=0, metavar="PERCENT", help="growth until the copy"
    )


def _agents(commands: _Commands) -> None:
    agents = _command(commands, "agents", "the Azure Backup agents here, and what to do in them")
    agents.add_argument("--plan", metavar="FILE", help="the steps in the agent of this plan, too")
    agents.add_argument(
        "--no-ask", action="store_true", help="services and registry alone, no PowerShell"
    )


def _plans(commands: _Commands) -> None:
    plan = commands.add_parser(
        "plan", help="write a commented plan file, or check one", allow_abbrev=False
    )
    actions = plan.add_subparsers(dest="action", required=True, metavar="new|check")
    for name, text in (("new", "write a commented plan file"), ("check", "every finding")):
        _command(actions, name, text).add_argument("plan", metavar="FILE")


def _staging(commands: _Commands) -> None:
    top = commands.add_parser(
        "staging", help="where an agent leaves its data: check, watch", allow_abbrev=False
    )
    actions = top.add_subparsers(dest="action", required=True, metavar="check|watch")
    check = _command(actions, "check", "what speaks against a location, and which would do")
    watch = _command(actions, "watch", "follow the agent's files until they are ready")
    for command in (check, watch):
        command.add_argument("plan", nargs="?", metavar="PLAN")
        command.add_argument("--location", default="", metavar="PATH", help="instead of the plan's")
        command.add_argument("--size", default="", metavar="BYTES", help="of the first backup")
    check.add_argument(
        "--source", action="append", default=[], metavar="PATH", help="what is backed up"
    )
    check.add_argument(
        "--other-computer", action="store_true", help="the drives hang on another computer"
    )
    watch.add_argument(
        "--every", type=float, default=30.0, metavar="SECONDS", help="between two looks"
    )
    watch.add_argument(
        "--still", type=float, default=15.0, metavar="MINUTES", help="without change, to be ready"
    )
    watch.add_argument("--once", action="store_true", help="look once and end")


def _drives(commands: _Commands) -> None:
    drives = _command(commands, "drives", "every drive, with findings")
    drives.add_argument(
        "action", nargs="?", choices=("prepare",), help="say what erasing a drive would take away"
    )
    drives.add_argument("drives", nargs="*", metavar="DRIVE", help="a serial, or where it is")
    drives.add_argument("--plan", metavar="FILE", help="judge the drives for this plan")
    drives.add_argument(
        "--erase",
        action="append",
        default=[],
        metavar="SERIAL",
        help="erase this drive, format it and switch BitLocker on",
    )
    drives.add_argument(
        "--whole", action="store_true", help="encrypt what lay on the drive before as well"
    )
    copy = _command(commands, "copy", "seal the sources onto the drives and verify them")
    copy.add_argument("plan", metavar="PLAN")
    copy.add_argument(
        "--drive",
        action="append",
        default=[],
        metavar="PATH",
        help="where a drive is mounted; several times for several; instead of those in the plan",
    )
    copy.add_argument(
        "--unready",
        action="store_true",
        help="copy an agent's staging location although it is not ready; stays in the job's record",
    )
    _shadow_copies(copy)
    _secrets(copy)
    _account_secrets(copy)
    verify = _command(commands, "verify", "read every byte of drives back; needs no secret")
    verify.add_argument("drives", nargs="+", metavar="DRIVE")
    verify.add_argument("--deep", action="store_true", help="open every chunk (needs the secret)")
    _secrets(verify)
    receive = _command(commands, "receive", "read drives into a landing container or an account")
    receive.add_argument("drives", nargs="+", metavar="DRIVE")
    receive.add_argument(
        "--into",
        required=True,
        metavar="STORE",
        help="a container for backups of this program, or the address of an account for drives "
        "with a manifest, Data Box Disks and shares of a Data Box",
    )
    receive.add_argument(
        "--dry-run",
        action="store_true",
        help="with an account: say what would become of every file, and change nothing",
    )
    _account_secrets(receive)


def _manifests(commands: _Commands) -> None:
    top = commands.add_parser(
        "manifest",
        help="drive manifests of import jobs: check, journal, tool, plan",
        allow_abbrev=False,
    )
    actions = top.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = _command(actions, "check", "judge a manifest, and read its drive back against it")
    check.add_argument("place", metavar="FILE|DRIVE")
    check.add_argument(
        "--journal", metavar="FILE", help="the journal or drive information made with it"
    )
    journal = _command(actions, "journal", "write what the portal asks for of prepared drives")
    journal.add_argument("drives", nargs="+", metavar="DRIVE")
    journal.add_argument("--to", required=True, metavar="DIR", help="not on one of the drives")
    journal.add_argument("--name", default="import-job", metavar="NAME", help="of the journal")
    journal.add_argument(
        "--key-file",
        action="append",
        default=[],
        metavar="SERIAL=FILE",
        help="a file with this drive's BitLocker key; else the key that is kept here",
    )
    tool = _command(actions, "tool", "write a plan as files of WAImportExport")
    tool.add_argument("plan", metavar="PLAN")
    tool.add_argument("--to", required=True, metavar="DIR")
    made = _command(actions, "plan", "make a plan file of files of WAImportExport")
    made.add_argument("file", metavar="FILE", help="dataset.csv, or PrepImport commands by line")
    made.add_argument("--to", required=True, metavar="PLAN", help="the plan file to write")
    made.add_argument("--name", required=True, metavar="NAME", help="of the plan")
    made.add_argument(
        "--drive-set",
        metavar="FILE",
        help="driveset.csv: the plan's drives, and their keys to keep",
    )


def _devices(commands: _Commands) -> None:
    device = commands.add_parser(
        "device", help="Data Box and Data Box Disk: check, watch, ship", allow_abbrev=False
    )
    actions = device.add_subparsers(dest="action", required=True, metavar="ACTION")
    check = _command(actions, "check", "layout, names, sizes, leftovers and hashes before shipping")
    check.add_argument("places", nargs="+", metavar="PLACE")
    check.add_argument("--fast", action="store_true", help="leave the hashes of backups out")
    foresee = _command(
        actions, "forecast", "what becomes of a folder's files, before they are copied"
    )
    foresee.add_argument("folder", metavar="FOLDER")
    foresee.add_argument("--container", required=True, metavar="NAME")
    foresee.add_argument("--page-blobs", action="store_true", help="as page blobs, not block blobs")
    foresee.add_argument("--data-box", action="store_true", help="on a Data Box, not on its disks")
    for command in (check, foresee):
        command.add_argument(
            "--into", metavar="ACCOUNT", help="the account it is for: tell the names taken there"
        )
        _account_secrets(command)
    watch = _command(
        actions, "watch", "whether an agent still writes to a device; it is not touched"
    )
    watch.add_argument("place", metavar="PLACE")
    ship = _command(actions, "ship", "the steps until the device leaves")
    ship.add_argument("kind", choices=["data-box-disk", "data-box"])
    unlock = _command(actions, "unlock", "how disks are unlocked; keeps their passkey")
    unlock.add_argument("name", metavar="ORDER", help="a name for the order")
    one = unlock.add_mutually_exclusive_group()
    one.add_argument("--passkey-file", metavar="FILE", help="keep the passkey of this file")
    one.add_argument("--show", action="store_true", help="show the passkey that is kept")
    one.add_argument("--forget", action="store_true", help="forget it")


def _account(commands: _Commands) -> None:
    arrival = _command(commands, "arrival", "expected, arrived, damaged, renamed, missing")
    arrival.add_argument("--repair", action="store_true", help="send the difference")
    vault = _command(commands, "vault", "move the proved backup to the vault container")
    increment = _command(commands, "increment", "send what changed")
    _shadow_copies(increment)
    for command in (arrival, vault, increment):
        command.add_argument("plan", metavar="PLAN")
        _secrets(command)
        _account_secrets(command)


def _restore(commands: _Commands) -> None:
    points = _command(commands, "points", "restore points, with their exceptions")
    restore = _command(commands, "restore", "bring files back")
    for command in (points, restore):
        command.add_argument("stores", nargs="+", metavar="STORE", help="drives or container URL")
        _secrets(command)
        _account_secrets(command)
    restore.add_argument("--to", required=True, metavar="DIR")
    restore.add_argument("--point", metavar="ID", help="the newest when left out")
    restore.add_argument(
        "--include",
        action="append",
        default=[],
        metavar="GLOB",
        help="only what matches, as in a .gitignore file; may be given several times",
    )
    restore.add_argument("--overwrite", action="store_true", help="replace files that are there")


def _updates(commands: _Commands) -> None:
    update = commands.add_parser(
        "update",
        help="a newer version of the program: source, check, from-file, install",
        allow_abbrev=False,
    )
    actions = update.add_subparsers(
        dest="action", required=True, metavar="source|check|from-file|install"
    )
    source = _command(actions, "source", "show or set the place where updates are looked for")
    one = source.add_mutually_exclusive_group()
    one.add_argument("place", nargs="?", metavar="PLACE", help="https address, folder or share")
    one.add_argument("--none", action="store_true", help="look nowhere, as at first")
    _command(actions, "check", "say whether the place has a newer version")
    carried = _command(actions, "from-file", "verify an update file and keep it ready")
    carried.add_argument("file", metavar="FILE.update")
    _command(actions, "install", "bring the newer version in, if need be, and start its setup")


def _notify(commands: _Commands) -> None:
    notify = _command(commands, "notify", "notices by mail: deadlines that come near, what to do")
    actions = notify.add_subparsers(dest="action", required=True, metavar="ACTION")
    set_ = _command(actions, "set", "send notices through a server, every day")
    set_.add_argument("--host", required=True, metavar="NAME", help="the mail server")
    set_.add_argument("--port", type=int, help="587, 465 or 25 when left out, by the protection")
    set_.add_argument("--security", choices=["starttls", "tls", "none"], default="starttls")
    set_.add_argument("--from", dest="sender", required=True, metavar="ADDRESS")
    set_.add_argument("--to", action="append", required=True, metavar="ADDRESS")
    set_.add_argument("--user", metavar="NAME", help="who signs in to the server")
    set_.add_argument("--password-file", metavar="FILE", help="a file with that user's password")
    _command(actions, "show", "say what is set")
    _command(actions, "test", "send a mail that says that mail works")
    _command(actions, "send", "send what is new now; the daily run does this")
    _command(actions, "off", "send nothing any more, and forget server and password")


def _others(commands: _Commands) -> None:
    track = _command(commands, "track", "where the shipment is, what is due, who acts next")
    track.add_argument("plan", nargs="?", metavar="PLAN")
    track.add_argument(
        "--from-json",
        metavar="FILE",
        help="a job body as Azure returns it; with PLAN it is remembered as the plan's job",
    )
    track.add_argument("--status", metavar="WORD", help="note a status read in the portal")
    track.add_argument("--on", metavar="DATE", help="the day of that status; today when left out")
    track.add_argument("--vault", metavar="ID", help="the resource id of the agent's vault")
    track.add_argument("--server", metavar="NAME", help="the server as that vault calls it")
    track.add_argument("--look", action="store_true", help="look into the vault now; needs sign-in")
    azure_arguments.program_files(track)
    log = _command(commands, "log", "what logs of Azure's services say, in plain words")
    log.add_argument("files", nargs="+", metavar="FILE")
    _notify(commands)
    kit = _command(commands, "kit", "the recovery kit as a PDF")
    kit.add_argument("plan", metavar="PLAN")
    kit.add_argument("--to", required=True, metavar="FILE.pdf")
    kit.add_argument("--paper", choices=["A4", "Letter"], default="A4")
    _secrets(kit)
    _account_secrets(kit)
    papers = _command(commands, "papers", "packing slip, custody sheet, label, checklist as PDF")
    papers.add_argument("plan", nargs="?", metavar="PLAN")
    papers.add_argument("--from-json", metavar="FILE", help="a job as Azure returns it, not PLAN")
    papers.add_argument("--to", required=True, metavar="DIR")
    papers.add_argument("--paper", choices=["A4", "Letter"], default="A4")
    papers.add_argument("--language", choices=["en", "de"], help="the program's when left out")
    papers.add_argument("--form", metavar="FILE", help="the form of the import job or order")
    papers.add_argument("--site", metavar="FILE", help="a location as the service returns it")
    papers.add_argument("--ask-azure", action="store_true", help="ask Azure where the drives go")
    azure_arguments.program_files(papers)
    papers.add_argument("--region", default="", metavar="NAME", help="which location of --site")
    papers.add_argument("--code", action="append", default=[], metavar="NAME=CODE")
    practice = _command(commands, "practice", "the whole journey on this computer")
    practice.add_argument("--keep", metavar="DIR", help="keep everything in this folder")
    run = _command(commands, "run", "one job in this process")
    run.add_argument("job", type=int, metavar="JOB")


_FAMILIES: dict[tuple[str, ...], Callable[[_Commands], None]] = {
    ("routes", "advise"): _advice,
    ("agents",): _agents,
    ("staging",): _staging,
    ("plan",): _plans,
    ("drives", "copy", "verify", "receive"): _drives,
    ("device",): _devices,
    ("manifest",): _manifests,
    ("arrival", "vault", "increment"): _account,
    ("points", "restore"): _restore,
    ("update",): _updates,
    ("sign-in", "sign-out", "destination"): azure_arguments.sign_in,
    ("order", "import-job"): azure_arguments.orders,
    ("track", "log", "kit", "papers", "practice", "run"): _others,
}


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Parse the arguments; leaves the program with code 2 when they are wrong."""
    # Making all of the grammar takes 10 ms, which `run` and its kind should not wait for.
    return parser(arguments[0] if arguments else "").parse_args(arguments)
