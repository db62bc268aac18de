"""A plan as files of Microsoft's tool, and those files as a plan, with what does not carry over.

Only plans whose files travel as they are: WAImportExport knows nothing of packs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import ROOT_CONTAINER, BlobKind, Disposition
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import (
    AgentFields,
    DeploymentModel,
    Destination,
    Plan,
    Route,
)
from offline_backup_gui.domain.prepared_drive import key_name
from offline_backup_gui.engine.mirror_scan import prefixes_of
from offline_backup_gui.formats.import_command import PrepImport, command_line, read_command
from offline_backup_gui.formats.import_csv import (
    DataRow,
    DriveRow,
    Target,
    data_set,
    drive_set,
    read_data_set,
)
from offline_backup_gui.formats.small_xml import wrong
from offline_backup_gui.services.key_places import assert_off_drives
from offline_backup_gui.services.manifests import new_folder
from offline_backup_gui.services.private_files import write_private
from offline_backup_gui.services.world import World

_LETTER = re.compile(r"([A-Za-z]):[\\/]?")
_NOT_IN_SESSION = re.compile(r"[^A-Za-z0-9_-]+")
KEY_PLACE = "BITLOCKER-KEY"  # stands in commands where the key goes, which is in no file of ours
_MOST_BYTES = 16 << 20


class Note(StrEnum):
    """What is otherwise on the other side, as words keys."""

    EXCLUDE = "exclude"
    NAMES = "names"
    SINGLE_FILE = "single-file"
    PAGE = "page"
    DISPOSITION = "disposition"
    SIDE_FILES = "side-files"
    KEYS = "keys"


class Noted(Struct, frozen=True):
    """One thing that differs, with what it is about."""

    note: Note
    detail: str = ""


class Carried(Struct, frozen=True):
    """A plan made of the tool's files, and what of them is not in it."""

    plan: Plan
    notes: tuple[Noted, ...]


class ToolFiles:
    """Writes and reads what WAImportExport works with."""

    def __init__(self, world: World) -> None:
        self._world = world

    def write(self, plan: Plan, folder: Path) -> tuple[list[Path], tuple[Noted, ...]]:
        """Write dataset.csv, driveset.csv and commands of both versions; nothing is replaced.

        A drive whose BitLocker key is kept here is written as encrypted, with the key: only the
        owner can read the files, and none may lie on a drive that travels.
        TARGET_ON_DRIVE, TOOL_KNOWS_NO_PACKS, IMPORT_FILE_WRONG, TARGET_EXISTS.
        """
        if not plan.travels_as_is or plan.route is not Route.IMPORT_EXPORT:
            raise BackupError(ErrorCode.TOOL_KNOWS_NO_PACKS, plan=plan.name)
        rows = rows_of(plan)
        drives = [self._drive(mount) for mount in plan.drives]
        texts = {
            "dataset.csv": data_set(rows),
            "driveset.csv": drive_set(drives),
            "commands.txt": "\r\n".join(commands_of(plan, rows, drives)).encode() + b"\r\n",
        }
        notes = [Noted(Note.EXCLUDE, pattern) for pattern in plan.exclude]
        if any(drive.bitlocker_key for drive in drives):
            assert_off_drives(self._world, folder / "driveset.csv", plan.drives)
            notes.append(Noted(Note.KEYS))
        new_folder(folder)
        written = [write_private(self._world, folder / name, data) for name, data in texts.items()]
        return written, tuple(notes)

    def _drive(self, mount: str) -> DriveRow:
        found = _LETTER.fullmatch(mount)
        if found is None:
            raise wrong("driveset.csv", "DriveLetter", mount)
        kept = None
        try:
            serial = self._world.drive_at(mount, self._world.drive_source.drives()).serial
            kept = self._world.secrets.get(key_name(serial)) if serial else None
        except BackupError as error:
            if error.code not in (ErrorCode.DRIVE_NOT_FOUND, ErrorCode.DRIVE_SILENT):
                raise
        # Never "Format": what a drive held before is nobody's to erase without being asked.
        key = "" if kept is None else kept.decode()
        return DriveRow(
            found[1].upper(), format=False, silent=True, encrypt=not key, bitlocker_key=key
        )

    def read(self, file: Path, name: str) -> Carried:
        """Make a plan of a dataset.csv or of a text with PrepImport commands, one a line.

        IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG names what no plan can say.
        """
        try:
            with file.open("rb") as opened:
                data = opened.read(_MOST_BYTES + 1)
        except OSError as error:
            why = error.strerror or type(error).__name__
            raise BackupError(
                ErrorCode.IMPORT_FILE_UNREADABLE, name=str(file), what="data-set", why=why
            ) from error
        text = data.decode("utf-8", "replace")
        if re.search(r"(?i)\bprepimport\b", text):
            return _of_commands(text, str(file), name)
        target, rows = read_data_set(data, str(file))
        if target is Target.FILES:
            raise wrong(str(file), "ItemType", "file")
        return plan_of(rows, (), name, str(file))


def rows_of(plan: Plan) -> list[DataRow]:
    """Give the lines of a data set that lead to the blob names of this program."""
    agents = plan.deployment_model is not DeploymentModel.STANDALONE
    kind = BlobKind.PAGE if agents else BlobKind.BLOCK
    folders = [folder.replace("/", "\\").rstrip("\\") + "\\" for folder in plan.carried]
    prefixes = prefixes_of([os.fsencode(folder.replace("\\", "/")) for folder in folders])
    return [
        DataRow(
            folder,
            f"{plan.blob_container}/" + ("" if agents else f"{os.fsdecode(prefix)}/"),
            kind,
            Disposition.OVERWRITE,
        )
        for folder, prefix in zip(folders, prefixes, strict=True)
    ]


def commands_of(plan: Plan, rows: Sequence[DataRow], drives: Sequence[DriveRow]) -> list[str]:
    """Give the command of version 2, then those of version 1: one for each folder, on one drive."""
    session = (_NOT_IN_SESSION.sub("-", plan.name).strip("-") + "-seed")[:24]
    journal = f"{session}.jrn"
    told = [
        command_line(
            PrepImport(journal, session, initial_drive_set="driveset.csv", data_set="dataset.csv")
        )
    ]
    for number, row in enumerate(rows if drives else (), 1):
        drive = drives[0]
        first = number == 1
        told.append(
            command_line(
                PrepImport(
                    journal,
                    f"{session}-{number}",
                    letter=drive.letter if first else "",
                    encrypt=first and drive.encrypt,
                    bitlocker_key=KEY_PLACE if first and not drive.encrypt else "",
                    source_directory=row.base_path,
                    destination_directory=row.destination,
                    disposition=row.disposition,
                    kind=row.blob_kind,
                )
            )
        )
    return told


def _of_commands(text: str, file: str, name: str) -> Carried:
    commands = [read_command(line, file) for line in text.splitlines() if line.strip()]
    rows = [
        DataRow(
            one.source_file or one.source_directory.rstrip("\\") + "\\",
            one.destination_blob or one.destination_directory,
            one.kind or BlobKind.BLOCK,
            one.disposition,
            one.metadata_file,
            one.property_file,
        )
        for one in commands
        if one.source_file or one.source_directory
    ]
    letters = tuple(dict.fromkeys(f"{one.letter.upper()}:\\" for one in commands if one.letter))
    if not rows:
        raise wrong(file, "/srcdir", "")
    return plan_of(rows, letters, name, file)


def plan_of(rows: Sequence[DataRow], drives: Sequence[str], name: str, file: str) -> Carried:
    """Make a plan of data set lines; what it cannot say is noted, never dropped in silence."""
    notes: list[Noted] = []
    folders = [row for row in rows if row.is_folder]
    notes += [Noted(Note.SINGLE_FILE, row.base_path) for row in rows if not row.is_folder]
    pages = [row for row in folders if row.blob_kind is BlobKind.PAGE]
    agents = bool(pages) and len(pages) == len(folders)
    if agents and len(pages) > 1:
        raise wrong(file, "BasePath", pages[1].base_path)  # an agent has one staging location
    if pages and not agents:
        notes += [Noted(Note.PAGE, row.base_path) for row in pages]
        folders = [row for row in folders if row not in pages]
    if not folders:
        raise wrong(file, "BasePath", rows[0].base_path if rows else "")
    containers = list(dict.fromkeys(row.destination.partition("/")[0] for row in folders))
    if len(containers) > 1 or containers[0] == ROOT_CONTAINER:
        raise wrong(file, "DstBlobPathOrPrefix", ", ".join(containers))
    for row in folders:
        if (row.disposition or Disposition.RENAME) is not Disposition.OVERWRITE:
            notes.append(Noted(Note.DISPOSITION, row.base_path))
        if row.metadata_file or row.properties_file:
            notes.append(Noted(Note.SIDE_FILES, row.metadata_file or row.properties_file))
    paths = tuple(row.base_path for row in folders)
    plan = Plan(
        name=name,
        deployment_model=DeploymentModel.MARS if agents else DeploymentModel.STANDALONE,
        route=Route.IMPORT_EXPORT,
        sources=() if agents else paths,
        destination=Destination("", containers[0], ""),
        drives=tuple(drives),
        agent=AgentFields(paths[0], container=containers[0]) if agents else AgentFields(),
        as_is=not agents,
    )
    for row, ours in zip(folders, rows_of(plan), strict=True):
        wanted = row.destination.rstrip("/") + "/"
        if ours.destination != wanted:
            notes.append(Noted(Note.NAMES, f"{wanted} → {ours.destination}"))
    return Carried(plan, tuple(notes))
