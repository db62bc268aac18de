"""A plan as files of Microsoft's tool, and those files as a plan, with what does not carry over.

Only plans whose files travel as they are: WAImportExport knows nothing of packs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from offline_backup_gui.domain.bitlocker import wrong_group
from offline_backup_gui.domain.drive_manifest import ROOT_CONTAINER, BlobKind, Disposition
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.plan import (
    AgentFields,
    DeploymentModel,
    Destination,
    Plan,
    Route,
)
from offline_backup_gui.engine.mirror_scan import prefixes_of
from offline_backup_gui.formats.import_command import PrepImport, command_line, read_command
from offline_backup_gui.formats.import_csv import (
    DataRow,
    DriveRow,
    Target,
    data_set,
    drive_set,
    read_data_set,
    read_drive_set,
)
from offline_backup_gui.formats.small_xml import wrong
from offline_backup_gui.services.key_places import assert_off_drives
from offline_backup_gui.services.manifests import new_folder, write_all_private
from offline_backup_gui.services.tool_drives import Note, Noted, ToolDrives, prepared_by_hand
from offline_backup_gui.services.world import World

_NOT_IN_SESSION = re.compile(r"[^A-Za-z0-9_-]+")
KEY_PLACE = "BITLOCKER-KEY"  # stands in commands where the key goes, which is in no file of ours
_MOST_BYTES = 16 << 20


class Carried(Struct, frozen=True):
    """A plan made of the tool's files, and what of them is not in it.

    `drives` are the lines of its drives, with their BitLocker keys: `ToolFiles.keep_keys`.
    """

    plan: Plan
    notes: tuple[Noted, ...]
    drives: tuple[DriveRow, ...] = ()


class ToolFiles:
    """Writes and reads what WAImportExport works with."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._drives = ToolDrives(world)

    def write(self, plan: Plan, folder: Path) -> tuple[list[Path], tuple[Noted, ...]]:
        """Write dataset.csv, driveset.csv and commands of both versions; nothing is replaced.

        A drive whose BitLocker key is kept here is written as encrypted, with the key: only the
        owner can read the files, and none may lie on a drive that travels.
        TARGET_ON_DRIVE, TOOL_KNOWS_NO_PACKS, IMPORT_FILE_WRONG, TARGET_EXISTS.
        """
        if not plan.travels_as_is or plan.route is not Route.IMPORT_EXPORT:
            raise BackupError(ErrorCode.TOOL_KNOWS_NO_PACKS, plan=plan.name)
        rows = rows_of(plan)
        drives = [self._drives.row(mount) for mount in plan.drives]
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
        return write_all_private(self._world, folder, texts), tuple(notes)

    def read(self, file: Path, name: str, drive_set: Path | None = None) -> Carried:
        """Make a plan of a dataset.csv or of a text with PrepImport commands, one a line.

        Drives come from a driveset.csv: the given one, or the one a command of version 2 names; it
        is looked for beside the commands, as its data set is. Nothing is kept: `keep_keys`.
        IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG names what no plan can say.
        """
        data = _bytes_of(file, "data-set")
        text = data.decode("utf-8", "replace")
        if re.search(r"(?i)\bprepimport\b", text):
            rows, drives = _of_commands(text, file, drives_too=drive_set is None)
        else:
            rows, drives = _rows(data, str(file)), ()
        if drive_set is not None:
            drives = read_drive_set(_bytes_of(drive_set, "drive-set"), str(drive_set))
        mounts = tuple(dict.fromkeys(f"{one.letter}:\\" for one in drives))
        carried = plan_of(rows, mounts, name, str(file))
        notes = (*carried.notes, *prepared_by_hand(drives))
        return Carried(carried.plan, notes, drives)

    def keep_keys(self, carried: Carried) -> tuple[Noted, ...]:
        """Keep the BitLocker keys a plan came with among the secrets, and say which were."""
        return self._drives.keep_keys(carried.drives)


def _bytes_of(file: Path, what: str) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(_MOST_BYTES + 1)
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise BackupError(
            ErrorCode.IMPORT_FILE_UNREADABLE, name=str(file), what=what, why=why
        ) from error


def _rows(data: bytes, name: str) -> tuple[DataRow, ...]:
    target, rows = read_data_set(data, name)
    if target is Target.FILES:
        raise wrong(name, "ItemType", "file")
    return rows


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


def _of_commands(
    text: str, file: Path, *, drives_too: bool
) -> tuple[tuple[DataRow, ...], tuple[DriveRow, ...]]:
    """Give what commands copy and onto which drives; of version 2 from the files they name.

    Our own commands say the same in both versions, so those of version 1 count where there are any.
    """
    commands = [read_command(line, str(file)) for line in text.splitlines() if line.strip()]
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
    sets = [one.data_set for one in commands if one.data_set] if not rows else []
    for named in sets:
        beside = file.parent / named
        rows += _rows(_bytes_of(beside, "data-set"), str(beside))
    if not rows:
        raise wrong(str(file), "/srcdir", "")
    return tuple(rows), tuple(_drives_of(commands, file)) if drives_too else ()


def _drives_of(commands: Sequence[PrepImport], file: Path) -> Iterator[DriveRow]:
    """Give the drives of commands; a drive set that is not beside them is no reason to stop."""
    told = False
    for one in commands:
        for named in (one.initial_drive_set, one.additional_drive_set):
            beside = file.parent / named
            if named and beside.is_file():
                told = True
                yield from read_drive_set(_bytes_of(beside, "drive-set"), str(beside))
    for one in commands if not told else ():
        if one.letter:
            key = "" if one.bitlocker_key == KEY_PLACE else one.bitlocker_key
            if key and wrong_group(key) is not None:
                raise wrong(str(file), "/bk", "***")
            yield DriveRow(one.letter.upper(), one.format, one.silent, one.encrypt, key)


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
