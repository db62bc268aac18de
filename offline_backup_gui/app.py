"""Composition root: builds adapters and services, starts window or command line.

The only file that names a concrete adapter.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from offline_backup_gui import words
from offline_backup_gui.adapters.agents import system_agents
from offline_backup_gui.adapters.azure.gate import Gate
from offline_backup_gui.adapters.clock import SystemClock
from offline_backup_gui.adapters.denial import denied
from offline_backup_gui.adapters.drives.door import system_releaser
from offline_backup_gui.adapters.drives.folder import create_folder_drive
from offline_backup_gui.adapters.drives.hints import system_hints
from offline_backup_gui.adapters.drives.source import drive_at, system_source
from offline_backup_gui.adapters.event_log import NoLog, system_log
from offline_backup_gui.adapters.files import system_files
from offline_backup_gui.adapters.itself import own_command
from offline_backup_gui.adapters.power import system_power_guard
from offline_backup_gui.adapters.private_files import system_private_files
from offline_backup_gui.adapters.schedule import NoScheduler, system_scheduler
from offline_backup_gui.adapters.session_secrets import backup_secrets, session_secrets
from offline_backup_gui.adapters.shadow import HOLD, system_shadow_copies
from offline_backup_gui.adapters.staging import SystemStaging
from offline_backup_gui.adapters.state.book import SqliteBook
from offline_backup_gui.adapters.state.store import StateStore
from offline_backup_gui.adapters.state.windows_system import program_data
from offline_backup_gui.adapters.stores.accounts import (
    containers_on,
    mirrors_on,
    open_account,
    open_blobs,
    open_store,
)
from offline_backup_gui.adapters.stores.device import container_folder, layout_at
from offline_backup_gui.adapters.stores.drive import FolderDriveStore, RootStore, VerbatimDriveStore
from offline_backup_gui.adapters.stores.folder import FolderStore
from offline_backup_gui.adapters.updates.desk import UpdateDesk
from offline_backup_gui.adapters.updates.starting import system_start
from offline_backup_gui.adapters.window_slot import first_or_called, system_slot
from offline_backup_gui.domain.clouds import Clouds, parse_clouds
from offline_backup_gui.domain.drive import Drive
from offline_backup_gui.domain.errors import Parameter
from offline_backup_gui.domain.geography import parse_geography
from offline_backup_gui.domain.job import JobId
from offline_backup_gui.domain.machine_log import LogNumber
from offline_backup_gui.domain.papers import PaperPress
from offline_backup_gui.domain.ports import DriveStore, MailPost
from offline_backup_gui.domain.preparing import Preparer
from offline_backup_gui.domain.updates import Release
from offline_backup_gui.services import Services, build
from offline_backup_gui.services.world import World


def state_folder() -> Path:
    """Give the state folder: OFFLINE_BACKUP_STATE, else the machine's program data."""
    named = os.environ.get("OFFLINE_BACKUP_STATE")
    return Path(named).absolute() if named else usual_folder()


def usual_folder() -> Path:
    """Give the state folder of this machine."""
    if os.name == "nt":
        return program_data() / "Offline Backup"
    if os.geteuid() == 0:
        return Path("/var/lib/offline-backup")
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "offline-backup"


def _folder_drive(path: str, size_bytes: int | None) -> Drive:
    return create_folder_drive(path, size_bytes)


def _open_drive(mount: str, container: str) -> DriveStore:
    return FolderDriveStore(Path(mount), container, container_folder(mount, container))


def _open_mirror(mount: str, container: str) -> DriveStore:
    return VerbatimDriveStore(Path(mount), container)


def _open_root(mount: str) -> DriveStore:
    return RootStore(Path(mount))


def _open_spool(folder: Path) -> FolderStore:
    folder.mkdir(parents=True, exist_ok=True)
    return FolderStore(folder, str(folder))


def _spawn(state: Path, job_id: JobId) -> None:
    """Start a runner that outlives the window; on Windows it ends with the session."""
    command = [*own_command(sys.executable), "run", str(job_id)]
    # Practice keeps its state in a folder of its own: the runner must find the same one.
    environment = {**os.environ, "OFFLINE_BACKUP_STATE": str(state)}
    windows = os.name == "nt"
    runner = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        # DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP
        creationflags=0x00000008 | 0x00000200 if windows else 0,
        start_new_session=not windows,
    )
    # Somebody has to take note of its end, else it stays behind as a zombie of a long-lived window.
    threading.Thread(target=runner.wait, name=f"end-of-job-{job_id}", daemon=True).start()


def _preparer() -> Preparer:
    # What erases drives is loaded by who means to.
    from offline_backup_gui.adapters.drives.preparer import system_preparer

    return system_preparer()


def _press() -> PaperPress:
    # Loading the PDF library takes 0.15 s, which only papers need to pay.
    from offline_backup_gui.adapters.papers import PdfPress

    return PdfPress(_raw_text)


def _post() -> MailPost:
    # Mail and TLS are loaded by who sends, not by every command.
    from offline_backup_gui.adapters.mail import SmtpPost

    return SmtpPost()


def _clouds() -> Clouds:
    return parse_clouds(json.loads((words.resources() / "clouds.json").read_text("utf-8")))


def _raw_text(language: str, key: str) -> str:
    return words.load(language).raw(key)


def _vendor_root() -> bytes:
    return (words.resources() / "updates" / "root.json").read_bytes()


def _log_text(number: LogNumber, parameters: Mapping[str, Parameter]) -> str:
    """Word an entry of the machine's log in the language of the system."""
    said = words.load()
    filled = dict(parameters)
    if code := filled.get("code"):
        filled["trouble"] = said.event(str(code), parameters)
    if what := filled.get("what"):
        filled["what"] = said.text(str(what))
    return said.text(f"log.{int(number)}", **filled)


def build_services(
    folder: Path | None = None,
    *,
    vendor_root: Callable[[], bytes] = _vendor_root,
    start_setup: Callable[[Path, Release], None] = system_start,
) -> Services:
    """Build everything on real adapters; STATE_NOT_USABLE and STATE_NEWER say why not.

    Whoever tries updates hands in a root of other keys and what stands for a start of setup.
    """
    place = folder or state_folder()
    state = StateStore(place)
    clock = SystemClock()
    resources = words.resources()
    azure_secrets = session_secrets(place)
    geography = json.loads((resources / "regions.json").read_text("utf-8"))
    passphrase_words = (resources / "passphrase-words.txt").read_text("ascii").split()
    world = World(
        folder=place,
        state=state,
        secrets=backup_secrets(place, of_its_own=folder is not None),
        clock=clock,
        geography=parse_geography(geography),
        passphrase_words=passphrase_words,
        press=_press,
        post=_post,
        drive_source=system_source(state.folder_drives),
        drive_hints=system_hints,
        drive_at=drive_at,
        make_folder_drive=_folder_drive,
        open_drive=_open_drive,
        open_mirror=_open_mirror,
        open_root=_open_root,
        containers_on=containers_on,
        mirrors_on=mirrors_on,
        release=system_releaser(clock).release,
        preparer=_preparer,
        open_account=open_account,
        open_store=open_store,
        open_blobs=open_blobs,
        layout_at=layout_at,
        open_book=SqliteBook,
        open_spool=_open_spool,
        power=system_power_guard,
        shadow_copies=system_shadow_copies(own_command(sys.executable)),
        # Another state folder (practice, tests, portable use) leaves the machine alone.
        log=system_log(_log_text) if place == usual_folder() else NoLog(),
        scheduler=system_scheduler(place) if place == usual_folder() else NoScheduler(),
        files=system_files(),
        staging=SystemStaging(),
        private_files=system_private_files(),
        command=own_command(sys.executable),
        spawn=partial(_spawn, place),
        denied=denied,
        clouds=_clouds,
        azure=Gate(azure_secrets),
        azure_secrets=azure_secrets,
        price_table=resources / "prices.json",
        agents=system_agents(),
        updates=UpdateDesk(place / "updates", vendor_root, clock, start_setup),
        jobs_outlive_session=os.name != "nt",
    )
    return build(world)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; without arguments the window opens."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given:
        return main_window()
    if given[0] == HOLD:
        from offline_backup_gui.adapters.shadow import hold_shadow_copies

        return hold_shadow_copies(given[1:])
    from offline_backup_gui import cli

    return cli.main(given, build_services)


def _has_display() -> bool:
    """Say whether a window can open; Qt ends the whole process when it cannot, so ask another."""
    if os.name == "nt" or os.environ.get("QT_QPA_PLATFORM"):
        return True
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return False
    probe = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"
    return subprocess.run([sys.executable, "-c", probe], capture_output=True).returncode == 0


def main_window(arguments: list[str] | None = None) -> int:
    """Open the window; `--practice` begins a practice run."""
    given = sys.argv[1:] if arguments is None else arguments
    if not _has_display():
        said = words.load()
        print(
            said.text("cli.no-display"), said.text("cli.no-display-do"), sep="\n", file=sys.stderr
        )
        return 1
    practice = "--practice" in given
    # Practice has a state folder of its own, so that no real backup is ever touched by it.
    folder = state_folder() / "practice" if practice else state_folder()
    slot = system_slot(folder)
    if not first_or_called(slot):
        return 0
    # Loading Qt takes a second, which a second start does not pay.
    from offline_backup_gui.ui.entry import run

    try:
        return run(build_services(folder), words.load(), practice=practice, slot=slot)
    finally:
        slot.give_back()
