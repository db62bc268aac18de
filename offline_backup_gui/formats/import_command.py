"""Command lines of `WAImportExport PrepImport`, version 1 and 2, read and written.

Options: storage-import-export-tool-preparing-hard-drives-import-v1.md, 2017-01-15, and …-import.md,
2017-06-29. Keys of storage accounts are noticed in what others wrote, never kept and never written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from offline_backup_gui.domain.drive_manifest import BlobKind, Disposition
from offline_backup_gui.formats.small_xml import Kind, unreadable, wrong

PROGRAM = "WAImportExport.exe"
_MOST_CHARACTERS = 32_768  # of a command line of Windows
_SESSION = re.compile(r"[A-Za-z0-9_#-]{3,30}")
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*(?:"|$))+')
_PLACE = "PrepImport"
_TEXTS = {
    "j": "journal",
    "id": "session",
    "logdir": "log_directory",
    "initialdriveset": "initial_drive_set",
    "additionaldriveset": "additional_drive_set",
    "dataset": "data_set",
    "t": "letter",
    "bk": "bitlocker_key",
    "srcdir": "source_directory",
    "srcfile": "source_file",
    "dstdir": "destination_directory",
    "dstblob": "destination_blob",
    "metadatafile": "metadata_file",
    "propertyfile": "property_file",
}
_FLAGS = {
    "silentmode": "silent",
    "resumesession": "resume",
    "abortsession": "abort",
    "format": "format",
    "encrypt": "encrypt",
    "skipwrite": "skip_write",
    "enablecontentmd5": "content_md5",
}
_WRITTEN = {
    **{field: option for option, field in _TEXTS.items()},
    **{field: option for option, field in _FLAGS.items()},
    "log_directory": "logdir",
    "silent": "silentmode",
    "initial_drive_set": "InitialDriveSet",
    "additional_drive_set": "AdditionalDriveSet",
    "data_set": "DataSet",
    "resume": "ResumeSession",
    "abort": "AbortSession",
    "metadata_file": "MetadataFile",
    "property_file": "PropertyFile",
}
_BLOB_TYPES = {"BlockBlob": BlobKind.BLOCK, "PageBlob": BlobKind.PAGE}


class PrepImport(Struct, frozen=True):
    """One copy session. Version 2 names CSV files, version 1 one folder or file and one drive."""

    journal: str
    session: str
    log_directory: str = ""
    silent: bool = False
    resume: bool = False
    abort: bool = False
    # version 2
    initial_drive_set: str = ""
    additional_drive_set: str = ""
    data_set: str = ""
    # version 1
    letter: str = ""
    format: bool = False
    encrypt: bool = False
    bitlocker_key: str = ""
    source_directory: str = ""
    source_file: str = ""
    destination_directory: str = ""
    destination_blob: str = ""
    disposition: Disposition | None = None
    kind: BlobKind | None = None
    property_file: str = ""
    metadata_file: str = ""
    skip_write: bool = False
    content_md5: bool = False
    has_account_key: bool = False  # of what was read; nothing of it is written

    def __repr__(self) -> str:
        """Name the session and nothing that opens a drive."""
        return f"PrepImport({self.journal!r}, {self.session!r})"

    @property
    def version(self) -> int:
        """Give the version of the tool that understands it; 2 where both do."""
        return 1 if self.source_directory or self.source_file or self.letter else 2


def read_command(text: str, name: str = PROGRAM) -> PrepImport:
    """Read a command line; IMPORT_FILE_UNREADABLE, IMPORT_FILE_WRONG names the option."""
    if len(text) > _MOST_CHARACTERS:
        raise unreadable(name, Kind.COMMAND, f"> {_MOST_CHARACTERS}")
    tokens = [found.group().replace('"', "") for found in _TOKEN.finditer(text)]
    verb = next((at for at, token in enumerate(tokens[:2]) if token.lower() == "prepimport"), None)
    if verb is None:
        raise unreadable(name, Kind.COMMAND, " ".join(tokens[:2])[:60])
    fields: dict[str, object] = {}
    for option, value in _options(tokens[verb + 1 :], name):
        field, found = _understood(option, value, name)
        if field in fields:
            raise wrong(name, f"/{option}", "***" if field == "bitlocker_key" else value)
        fields[field] = found
    for needed in ("journal", "session"):
        if not fields.get(needed):
            raise wrong(name, f"/{_WRITTEN[needed]}", "")
    command = PrepImport(**fields)  # type: ignore[arg-type]
    _check(command, name)
    return command


def command_line(command: PrepImport) -> str:
    """Write a command line for a console of Windows; IMPORT_FILE_WRONG for what cannot be one."""
    _check(command, PROGRAM)
    parts = [PROGRAM, "PrepImport"]
    for field in command.__struct_fields__:
        value = getattr(command, field)
        if not value or field == "has_account_key":
            continue
        if field == "disposition":
            parts.append(f"/Disposition:{value.value}")
        elif field == "kind":
            parts.append("/BlobType:" + ("PageBlob" if value is BlobKind.PAGE else "BlockBlob"))
        elif value is True:
            parts.append(f"/{_WRITTEN[field]}")
        else:
            parts.append(f"/{_WRITTEN[field]}:{_quoted(str(value))}")
    return " ".join(parts)


def _options(tokens: list[str], name: str) -> Iterator[tuple[str, str]]:
    waiting = ""
    for token in tokens:
        if waiting:  # the documents write `/t: <letter>`
            yield waiting, token
            waiting = ""
            continue
        option, colon, value = token.removeprefix("/").partition(":")
        # The documents' syntax line of version 2 has `DataSet:<dataset.csv>`, without the stroke.
        bare = bool(colon) and option.lower() in _TEXTS
        if not (token.startswith("/") or bare) or not option:
            raise wrong(name, _PLACE, token)
        if colon and not value:
            waiting = option
        else:
            yield option, value
    if waiting:
        raise wrong(name, f"/{waiting}", "")


def _understood(option: str, value: str, name: str) -> tuple[str, object]:
    key = option.lower()
    if key in ("sk", "csas"):
        return "has_account_key", True
    if key == "t" and value:
        letter = value.rstrip("\\").removesuffix(":")
        if len(letter) != 1 or not letter.isascii() or not letter.isalpha():
            raise wrong(name, f"/{option}", value)
        return _TEXTS[key], letter
    if key in _TEXTS and value:
        return _TEXTS[key], value
    if key in _FLAGS and not value:
        return _FLAGS[key], True
    # These values are case-sensitive, the names of options are not.
    if key == "disposition" and value in {one.value for one in Disposition}:
        return "disposition", Disposition(value)
    if key == "blobtype" and value in _BLOB_TYPES:
        return "kind", _BLOB_TYPES[value]
    raise wrong(name, f"/{option}", value)


def _check(command: PrepImport, name: str) -> None:
    """Refuse what the tool refuses, as far as its documents say."""
    if not _SESSION.fullmatch(command.session):
        raise wrong(name, "/id", command.session)
    sources = [one for one in (command.source_directory, command.source_file) if one]
    targets = [one for one in (command.destination_directory, command.destination_blob) if one]
    if len(sources) > 1 or len(targets) > 1 or len(sources) != len(targets):
        raise wrong(name, "/srcdir, /srcfile", ", ".join((*sources, *targets)))
    if bool(command.source_directory) != bool(command.destination_directory):
        raise wrong(name, "/srcdir", command.source_directory or command.destination_directory)
    if sources and command.data_set:
        raise wrong(name, "/DataSet", command.data_set)
    if command.resume and command.abort:
        raise wrong(name, "/AbortSession", "/ResumeSession")
    if not (sources or command.data_set or command.resume or command.abort) and not (
        command.additional_drive_set
    ):
        raise wrong(name, "/DataSet", "")
    if command.format and not command.encrypt:
        raise wrong(name, "/format", "/encrypt")
    if command.encrypt and command.bitlocker_key:
        raise wrong(name, "/bk", "***")
    if any('"' in str(getattr(command, field)) for field in command.__struct_fields__):
        raise wrong(name, _PLACE, '"')


def _quoted(value: str) -> str:
    return f'"{value}"' if re.search(r"\s", value) else value
