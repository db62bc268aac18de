"""Asks whether an installation could be made to run somebody else's code; every item is proved.

It runs on the staged tree and on an installed one, and reads files only. docs/threats.md says who
could want that, installer/README.md lists the items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from installer.windows import audit_binaries, audit_places, audit_ports
from installer.windows.pe import Binary, binaries, read_binary


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it must be."""

    item: str
    what: str


@dataclass(frozen=True)
class Installation:
    """What the items look at; the program files are read once."""

    tree: Path
    files: tuple[Binary, ...]


Item = Callable[[Installation], Iterator[str]]

ITEMS: dict[str, Item] = {
    "libraries": lambda one: audit_binaries.unanswered(one.files, one.tree),
    "protections": lambda one: audit_binaries.unprotected(one.files, one.tree),
    "launcher-libraries": lambda one: audit_binaries.launcher_libraries(one.files),
    "elevation": lambda one: audit_binaries.elevation(one.files, one.tree),
    "launcher-search": lambda one: audit_binaries.unrestricted_search(one.files, one.tree),
    "python-path": lambda one: audit_places.python_path(one.tree),
    "qt-plugins": lambda one: audit_places.qt_plugins(one.tree),
    "openssl-folders": lambda one: audit_places.openssl_folders(one.tree),
    "start-files": lambda one: audit_places.start_files(one.tree),
    "no-links": lambda one: audit_places.links(one.tree),
    "ports": lambda one: audit_ports.listeners(one.tree),
}


def audit(tree: Path) -> list[Fault]:
    """Give everything that is wrong with a tree, in the order of the items."""
    whole = Installation(tree, tuple(read_binary(path) for path in binaries(tree)))
    return [Fault(name, what) for name, item in ITEMS.items() for what in item(whole)]
