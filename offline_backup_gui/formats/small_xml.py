"""Reads and writes XML of one root with plain children: metadata, properties, drive information."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NoReturn

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats.drive_manifest import xml_text

MOST_BYTES = 1 << 20
_MOST_CHILDREN = 10_000
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


class Kind(StrEnum):
    """What a file is meant to be, as words keys."""

    METADATA = "metadata"
    PROPERTIES = "properties"
    DRIVE_INFORMATION = "drive-information"
    JOURNAL = "journal"
    DATA_SET = "data-set"
    DRIVE_SET = "drive-set"
    COMMAND = "command"


def unreadable(name: str, kind: Kind, why: str) -> BackupError:
    """Give the trouble of a file that is not what it is meant to be."""
    return BackupError(
        ErrorCode.IMPORT_FILE_UNREADABLE, name=name, what=kind.value, why=why[:200] or "-"
    )


def wrong(name: str, place: str, value: str) -> BackupError:
    """Give the trouble of one value that would not be taken."""
    return BackupError(ErrorCode.IMPORT_FILE_WRONG, name=name, place=place, value=value[:200])


def read_children(data: bytes, root: str, name: str, kind: Kind) -> list[tuple[str, str]]:
    """Give the children of the root with their text, in order; IMPORT_FILE_UNREADABLE."""
    import pyexpat  # as in manifest_reading: no `xml` for commands that need none

    if len(data) > MOST_BYTES:
        raise unreadable(name, kind, f"> {MOST_BYTES}")
    found: list[tuple[str, str]] = []
    path: list[str] = []
    texts: list[str] = []

    def start(element: str, attributes: dict[str, str]) -> None:
        del attributes
        if not path and element != root:
            raise unreadable(name, kind, f"<{element[:60]}>")
        if len(path) == 2 or len(found) >= _MOST_CHILDREN:
            raise unreadable(name, kind, f"{'/'.join(path)}/{element}")
        path.append(element)
        texts.clear()

    def end(element: str) -> None:
        if len(path) == 2:
            found.append((element, _value("".join(texts))))
        path.pop()

    def refuse(*_: object) -> NoReturn:
        raise unreadable(name, kind, "DOCTYPE")

    parser = pyexpat.ParserCreate()
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = texts.append
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except pyexpat.ExpatError as error:
        why = f"{pyexpat.ErrorString(error.code)}: {error.lineno}:{error.offset}"
        raise unreadable(name, kind, why) from error
    except (ValueError, LookupError) as error:  # an encoding nobody knows
        raise unreadable(name, kind, str(error)) from error
    return found


def children_xml(root: str, children: Iterable[tuple[str, str]]) -> str:
    """Write a root with children; VALUE_NOT_UNDERSTOOD for what cannot be an element's name."""
    lines = [f'<?xml version="1.0" encoding="utf-8"?>\n<{root}>\n']
    for name, text in children:
        if not _NAME.fullmatch(name):
            raise BackupError(ErrorCode.VALUE_NOT_UNDERSTOOD, value=name[:200])
        lines.append(f"  <{name}>{xml_text(text)}</{name}>\n")
    lines.append(f"</{root}>\n")
    return "".join(lines)


def _value(text: str) -> str:
    """Give a text without the line breaks of its layout; spaces may belong to it."""
    return text.strip() if text[:1] in "\r\n" or text[-1:] in "\r\n" else text
