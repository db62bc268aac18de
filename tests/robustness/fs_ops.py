"""The changes a log of a file system is made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(eq=False, slots=True)
class Node:
    """A file or folder of a watched tree, under whatever name."""

    number: int
    is_folder: bool
    old: bytes | None = None  # what was in it, safe on the medium, when the log began


@dataclass(frozen=True, slots=True)
class Named:
    """A new name in a folder: `made` when its file or folder is new as well."""

    folder: Node
    name: str
    node: Node
    made: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A name that became another one, over whatever had it; both or neither survive."""

    source: Node
    source_name: str
    folder: Node
    name: str
    node: Node


@dataclass(frozen=True, slots=True)
class Removed:
    """A name taken away."""

    folder: Node
    name: str
    node: Node


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes written at an offset."""

    node: Node
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resized:
    """A file cut off or made longer."""

    node: Node
    size: int


@dataclass(frozen=True, slots=True)
class Marked:
    """Mode or time of change, set by name."""

    node: Node
    what: str  # "mode" or "mtime"
    value: int


@dataclass(frozen=True, slots=True)
class Flushed:
    """A file's bytes, or a folder's names, are on the medium; everything is without a node."""

    node: Node | None


@dataclass(frozen=True, slots=True)
class Said:
    """Something the program said: a step that began or ended, an object that was committed."""

    what: str
    subject: Any
    node: Node | None = None


Op = Named | Moved | Removed | Written | Resized | Marked | Flushed | Said
