"""What must hold in the tree that a power cut left: looked at without running anything."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from offline_backup_gui.adapters.stores.properties import PROPERTIES
from offline_backup_gui.domain.book import LANDING, VAULT
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import name_of
from offline_backup_gui.formats.point import unseal
from offline_backup_gui.formats.record import read_drive_record
from tests.engine.office import CONTAINER, MASTER, REPOSITORY_ID
from tests.robustness.fs_cut import Crash, Cuts
from tests.robustness.fs_ops import Moved, Node, Removed, Said
from tests.robustness.power_journey import CONTAINERS, Step

_UNFINISHED = re.compile(r"(^|/)\.[^/]*\.part$")
_ACCOUNT = "state/account"
_TARGET = "to"


@dataclass(frozen=True)
class Stored:
    """An object the program called stored, until its name was taken away or given to another."""

    said: int
    path: str
    node: Node
    until: int
    replaced: bool


class Checks:
    """The claims of one journey, and what contradicts them after a cut."""

    def __init__(self, cuts: Cuts) -> None:
        self._cuts = cuts
        self._keyring = Keyring(REPOSITORY_ID, MASTER)
        self._removed: dict[str, list[int]] = {}
        self._md5s: dict[bytes, bytes] = {}
        self._held: dict[int, frozenset[str]] = {}
        self._ends = [
            (index, op.subject)
            for index, op in enumerate(cuts.ops)
            if isinstance(op, Said) and op.what == "end"
        ]

    @cached_property
    def books(self) -> list[int]:
        """Give when the book was committed, as indices into the log."""
        return [
            index
            for index, op in enumerate(self._cuts.ops)
            if isinstance(op, Said) and op.what in ("book", "durable book")
        ]

    def step_at(self, moment: int) -> Step:
        """Give the step that a cut falls into; between two it is the one before."""
        begun = [
            op.subject
            for op in self._cuts.ops[:moment]
            if isinstance(op, Said) and op.what == "begin"
        ]
        step: Step = begun[-1]
        return step

    @cached_property
    def _stored(self) -> list[Stored]:
        """Find every object that was called stored, and when its name changed again."""
        changes: dict[tuple[Node, str], list[tuple[int, object]]] = {}
        homes: dict[tuple[Node, str], str] = {}
        for index, change in self._cuts.name_changes:
            changes.setdefault((change.folder, change.name), []).append((index, change))
        found: list[Stored] = []
        for index, op in enumerate(self._cuts.ops):
            if not (isinstance(op, Said) and op.what == "stored"):
                continue
            assert op.node is not None
            key = next(
                (named.folder, named.name)
                for _, named in self._cuts.name_changes
                if named.node is op.node and not _UNFINISHED.search("/" + named.name)
            )
            homes[key] = op.subject
            later = [(at, change) for at, change in changes[key] if at > index]
            until, then = later[0] if later else (len(self._cuts.ops), None)
            found.append(Stored(index, op.subject, op.node, until, isinstance(then, Moved)))
        for key, path in homes.items():
            self._removed[path] = [at for at, then in changes[key] if isinstance(then, Removed)]
        return found

    def wrong(self, crash: Crash, moment: int, book: int | None) -> list[str]:
        """Give every contradiction in a tree, with the book as of index `book` beside it."""
        tree = {path: node for root in crash.roots for path, node in crash.files(root)}
        found = list(self._lost(tree, moment))
        found += self._torn(crash, tree)
        found += self._false_properties(crash, tree)
        found += self._unkept_promises(crash, tree, moment)
        if book is not None:
            found += self._false_book(tree, moment, book)
        return found

    def _lost(self, tree: dict[str, Node], moment: int) -> Iterator[str]:
        for stored in self._stored:
            if stored.said >= moment:
                break
            if stored.path not in tree and (stored.replaced or stored.until >= moment):
                yield f"lost: {stored.path}"
            elif stored.until >= moment and tree.get(stored.path) is not stored.node:
                yield f"another object: {stored.path}"
        for index, step in self._ends:
            if step.name == "restore" and index < moment:
                want = {path for path, _ in self._cuts.complete().files(_TARGET)}
                yield from (f"lost: {path}" for path in want - tree.keys())

    def _torn(self, crash: Crash, tree: dict[str, Node]) -> Iterator[str]:
        for path, node in tree.items():
            if path.startswith(_TARGET + "/") or _UNFINISHED.search(path):
                continue
            if crash.contents[node] != self._cuts.whole(node):
                yield f"torn: {path}"

    def _false_properties(self, crash: Crash, tree: dict[str, Node]) -> Iterator[str]:
        for path, node in tree.items():
            container, found, name = path.partition(f"/{PROPERTIES}/")
            of = tree.get(f"{container}/{name.removesuffix('.md5')}")
            if found and not _UNFINISHED.search(path) and of is not None:
                data = crash.contents[of]
                if data not in self._md5s:
                    self._md5s[data] = hashlib.md5(data, usedforsecurity=False).digest()
                if crash.contents[node] != self._md5s[data].hex().encode() + b"\n":
                    yield f"another object's MD5: {path}"

    def _unkept_promises(self, crash: Crash, tree: dict[str, Node], moment: int) -> Iterator[str]:
        """A sealed record, or a point in the vault, names only what is there."""
        for container in CONTAINERS:
            for path, node in tree.items():
                if not path.startswith(container + "/") or _UNFINISHED.search(path):
                    continue
                if crash.contents[node] != self._cuts.whole(node):
                    continue  # torn, as is said already
                data, name = crash.contents[node], path.removeprefix(container + "/")
                needed: list[str] = []
                if name.startswith("drives/") and container.startswith("drive-"):
                    needed = [line.name for line in read_drive_record(data, name).objects]
                elif name.startswith("points/") and container.endswith(VAULT):
                    point = unseal(self._keyring, data, name)
                    needed = [name_of(row.pack_id) for row in point.packs]
                for one in needed:
                    full = f"{container}/{one}"
                    taken = any(index < moment for index in self._removed.get(full, ()))
                    if full not in tree and not taken:
                        yield f"{path} names {one}, which is not there"

    def _false_book(self, tree: dict[str, Node], moment: int, book: int) -> Iterator[str]:
        for path in self._known_to(book):
            removed = self._removed.get(path, [])
            at = bisect_left(removed, book)
            if path not in tree and not (at < len(removed) and removed[at] < moment):
                yield f"the book knows {path}, which is not there"

    def _known_to(self, book: int) -> frozenset[str]:
        """Give every pack that one state of the book knows, by path."""
        if book not in self._held:
            op = self._cuts.ops[book]
            assert isinstance(op, Said)
            db = sqlite3.connect(":memory:")
            # Bytes 18 and 19 say that there is a write-ahead log: not in memory.
            db.deserialize(op.subject[:18] + b"\1\1" + op.subject[20:])
            mounts = {
                home: f"{mount.rsplit('/', 1)[-1]}/{CONTAINER}"
                for home, mount in db.execute("SELECT home, mount FROM homes")
            }
            mounts |= {name: f"{_ACCOUNT}/{name}" for name in (LANDING, VAULT)}
            rows = db.execute("SELECT pack_id, home FROM copies JOIN packs ON pack = number")
            self._held[book] = frozenset(f"{mounts[home]}/{name_of(p)}" for p, home in rows)
            db.close()
        return self._held[book]
