"""Reads a drive with files as they are back against its manifest; needs no secret."""

from __future__ import annotations

from offline_backup_gui.domain.drive_manifest import MANIFEST_NAME
from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.domain.manifest_rules import Fault, Found
from offline_backup_gui.engine.checking import DriveCheck
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.manifest_compare import check_drive_manifest
from offline_backup_gui.engine.mirror_state import DriveFolders, small
from offline_backup_gui.formats.mirror import SEAL, read_seal


def check_mirror(context: Context, folders: DriveFolders) -> DriveCheck:
    """Compare every block with the manifest; DRIVE_NOT_SEALED when the copy was not finished.

    Damage is named by its blob, and by its block (from 0) where one differs: `container/blob [2]`.
    """
    data = small(folders.files, SEAL)
    if data is None:
        raise BackupError(ErrorCode.DRIVE_NOT_SEALED, drive=folders.files.label)
    seal = read_seal(data)
    try:
        manifest = check_drive_manifest(context, folders.root)
    except BackupError as error:
        if error.code not in (ErrorCode.OBJECT_MISSING, ErrorCode.MANIFEST_UNREADABLE):
            raise
        # Without its manifest a drive proves nothing: the manifest itself is what is damaged.
        missing = error.code is ErrorCode.OBJECT_MISSING
        check = DriveCheck(seal.drive_id, seal.label)
        (check.missing if missing else check.damaged).append(MANIFEST_NAME)
        return check
    check = DriveCheck(seal.drive_id, seal.label, past_cache=manifest.past_cache)
    if manifest.md5 != seal.manifest_md5:
        check.damaged.append(MANIFEST_NAME)
    for found in manifest.found:
        (check.missing if found.fault is Fault.FILE_MISSING else check.damaged).append(_name(found))
    check.unlisted = [one.detail for one in manifest.warned if one.fault is Fault.UNLISTED]
    check.damaged += [one.blob for one in manifest.warned if one.fault is Fault.FILE_LONG]
    bad = {one.blob for one in (*manifest.found, *manifest.warned) if one.blob}
    check.objects = manifest.blobs - len(bad)
    check.size_bytes = manifest.compared_bytes
    return check


def _name(found: Found) -> str:
    name = found.blob or MANIFEST_NAME
    return name if found.piece is None else f"{name} [{found.piece}]"
