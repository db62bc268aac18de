"""The parsers of Import/Export: manifests, journals, CSV files, commands, blobs' own files."""

from __future__ import annotations

import io
from pathlib import Path

from offline_backup_gui.domain.drive_manifest import BlobKind, BlobList, ManifestBlob, Pieces
from offline_backup_gui.domain.errors import BackupError
from offline_backup_gui.domain.manifest_check import ManifestCheck
from offline_backup_gui.domain.manifest_rules import Fault, Found, faults_of, is_drive_path
from offline_backup_gui.engine.manifest_check import check_rules
from offline_backup_gui.formats.blob_files import (
    metadata_xml,
    properties_xml,
    read_metadata,
    read_properties,
)
from offline_backup_gui.formats.drive_manifest import ManifestReader, ManifestWriter
from offline_backup_gui.formats.import_command import command_line, read_command
from offline_backup_gui.formats.import_csv import (
    data_set,
    drive_set,
    read_data_set,
    read_drive_set,
)
from offline_backup_gui.formats.import_journal import read_journal
from tests.robustness.fuzzing import Parser, mutated_bytes, mutated_text

_SAMPLES = Path(__file__).parents[1] / "formats" / "import_export"


def _sample(name: str) -> bytes:
    return (_SAMPLES / name).read_bytes()


def _of_ours() -> bytes:
    out = io.BytesIO()
    manifest = ManifestWriter(out.write, "S-1")
    manifest.begin_list(BlobList("first"))
    for number, kind in enumerate(BlobKind):
        pieces = Pieces.regular(1024, bytes(16), kind)
        name = f"landing-042/{number}"
        manifest.add(ManifestBlob(name, f"\\landing-042\\{number}", 1024, kind, pieces))
    manifest.finish()
    return out.getvalue()


class _Unstopped:
    stopping = False

    def checkpoint(self) -> None:
        """Go on."""


def _manifest(data: bytes) -> None:
    """Read it; a blob without a fault can be written again and says the same."""
    faults: list[Found] = []
    for blob in ManifestReader(io.BytesIO(data), faults.append):
        assert 0 <= blob.length < 1 << 63
        told = [*faults_of(blob)]
        if told or not blob.whole or not is_drive_path(blob.file_path):
            continue
        out = io.BytesIO()
        manifest = ManifestWriter(out.write, "S")
        try:
            manifest.add(blob)
        except BackupError:
            continue  # what one reads as layout in a comment, no XML can hold
        manifest.finish()
        (again,) = ManifestReader(io.BytesIO(out.getvalue()))
        assert (again.blob_path, again.pieces) == (blob.blob_path, blob.pieces)


def _checked(data: bytes) -> None:
    """Check it as the command does; what is good has all a datacenter needs."""
    check: ManifestCheck = check_rules(_Unstopped(), lambda: io.BytesIO(data), "x")
    if check.good:
        assert check.head.drive_id
        assert check.blobs
    else:
        assert check.faults or Fault.CUT_OFF in check.counts


def _journal(data: bytes) -> None:
    journal = read_journal(io.BytesIO(data), "x.jrn")
    assert all(len(drive.manifest_hash) == 32 for drive in journal.drives)


def _data_set(data: bytes) -> None:
    target, rows = read_data_set(data, "x.csv")
    assert read_data_set(data_set(rows, target), "x.csv")[0] is target


def _drive_set(data: bytes) -> None:
    rows = read_drive_set(data, "x.csv")
    assert read_drive_set(drive_set(rows), "x.csv") == rows


def _command(text: str) -> None:
    command = read_command(text)
    written = command_line(command)
    assert "/sk" not in written.lower().split(":")[0]
    assert read_command(written).session == command.session


def _metadata(data: bytes) -> None:
    found = read_metadata(data, "x")
    metadata_xml(found)


def _properties(data: bytes) -> None:
    properties_xml(read_properties(data, "x"))


_MANIFESTS = [_sample("manifest-2011-export.xml"), _sample("manifest-2014-form.xml"), _of_ours()]
_JOURNALS = [_sample("drive-information.xml"), _sample("session.jrn") * 2]
IMPORTS = (
    Parser("drive manifest", _MANIFESTS, mutated_bytes, _manifest),
    Parser("drive manifest, checked", _MANIFESTS, mutated_bytes, _checked),
    Parser("journal", _JOURNALS, mutated_bytes, _journal),
    Parser(
        "dataset.csv",
        [_sample(f"dataset-{name}.csv") for name in ("blobs", "workflow", "files")],
        mutated_bytes,
        _data_set,
    ),
    Parser("driveset.csv", [_sample("driveset.csv")], mutated_bytes, _drive_set),
    Parser(
        "command of WAImportExport",
        _sample("commands.txt").decode().splitlines(),
        mutated_text,
        _command,
    ),
    Parser("metadata of a blob", [_sample("metadata.xml")], mutated_bytes, _metadata),
    Parser("properties of a blob", [_sample("properties.xml")], mutated_bytes, _properties),
)
