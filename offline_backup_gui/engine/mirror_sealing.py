"""Seals drives that carry files as they are: the manifest at the root, then the seal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import ManifestBlob
from offline_backup_gui.domain.findings import FindingCode
from offline_backup_gui.domain.job import Phase
from offline_backup_gui.engine.context import Context
from offline_backup_gui.engine.homes import stamp
from offline_backup_gui.engine.manifesting import manifest_blob, manifest_md5, write_manifest
from offline_backup_gui.engine.mirror_state import MirrorDrive, MirrorOrder, put_new
from offline_backup_gui.formats import FORMAT_VERSION
from offline_backup_gui.formats.mirror import SEAL, MirroredFile, MirrorSeal, read_seal, seal_record


class SealedMirror(Struct, frozen=True):
    """A drive that may travel: where it is mounted, and its seal."""

    mount: str
    serial: str
    seal: MirrorSeal


def seal_mirrors(
    context: Context,
    order: MirrorOrder,
    drives: Sequence[MirrorDrive],
    files: Sequence[Sequence[MirroredFile]],
) -> list[SealedMirror]:
    """Seal every drive that carries something; one that carries nothing need not travel."""
    context.progress.phase(Phase.SEAL, sum(map(len, files)), 0)
    context.tell(Phase.SEAL)
    context.progress.look_at_lanes(lambda: [drive.lane(context.clock) for drive in drives])
    sealed = []
    for drive, own in zip(drives, files, strict=True):
        if not own:
            drive.unseal()
            continue
        seal = _seal(context, order, drive, own)
        sealed.append(SealedMirror(drive.mount, drive.serial, seal))
        context.progress.add(files=len(own))
        if not drive.past_cache:
            context.tell(FindingCode.READ_BACK_CACHED, drive=drive.label)
    context.progress.look_at_lanes(tuple)
    return sealed


def _seal(
    context: Context, order: MirrorOrder, drive: MirrorDrive, files: Sequence[MirroredFile]
) -> MirrorSeal:
    size_bytes = sum(file.size for file in files)
    kept = drive.seal
    if (
        kept is not None
        and (kept.files, kept.size, kept.drive_id) == (len(files), size_bytes, drive.serial)
        and kept.manifest_md5 == manifest_md5(drive.root, context.control)
    ):
        return kept
    drive.unseal()
    written = write_manifest(drive.root, drive.serial, _blobs(order, files), context.control)
    seal = MirrorSeal(
        FORMAT_VERSION,
        order.mirror_id,
        drive.serial,
        drive.label,
        stamp(context.clock.now()),
        len(files),
        size_bytes,
        written.md5,
        drive.past_cache,
    )
    data = seal_record(seal)
    put_new(drive.store, SEAL, data)
    drive.seal = read_seal(data)
    return drive.seal


def _blobs(order: MirrorOrder, files: Sequence[MirroredFile]) -> Iterator[ManifestBlob]:
    for file in files:
        md5s = bytes.fromhex(file.blocks)
        yield manifest_blob(order.container, file.name, file.size, md5s, order.kind)
