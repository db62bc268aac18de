"""What may be left on the media when the power fails: the rules, and one tree for one moment.

The rules are POSIX's, where it leaves a choice the worst of what file systems do:

* What was written to a file and flushed (fsync, fdatasync, sync) is kept. Of what was written
  since, any pages or sectors are kept; in place of the others stand zeros, or rubbish, or the file
  ends before them. A new length may be kept without the bytes that gave it.
* A change of names (create, link, unlink, rename, mkdir) is kept when its folder was flushed since.
  Of the others any subset is kept, in whatever order they were made: a name may be there without
  the one it was linked from. A rename is kept or not, never by half; over an old file it leaves
  the old or the new one.
* Flushing a file does not keep its name, flushing a folder does not keep the folder's own name.
* Mode and times of a file are kept when the file was flushed since; others may be kept.
* Whatever the device said it has flushed, it has; nothing that was flushed rots.
"""

from __future__ import annotations

import os
import random
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.robustness.fs_log import FsLog
from tests.robustness.fs_ops import (
    Flushed,
    Marked,
    Moved,
    Named,
    Node,
    Op,
    Removed,
    Resized,
    Written,
)

_GRAINS = (512, 4096, 1 << 16)
_CHANCES = (0.0, 0.1, 0.5, 0.9, 1.0)


@dataclass
class Crash:
    """The names and contents that are left after one cut."""

    folders: dict[Node, dict[str, Node]]
    contents: dict[Node, bytes]
    roots: dict[str, Node]
    marks: dict[Node, dict[str, int]] = field(default_factory=dict)
    ranks: dict[Node, int] = field(default_factory=dict)  # when the node got its last name
    made: dict[Node, int] = field(default_factory=dict)
    dated: frozenset[str] = frozenset()  # names of files that are as old as when they were made

    def files(self, root: str) -> Iterator[tuple[str, Node]]:
        """Yield every file below a watched folder with its path, which begins with the root."""
        waiting = [(root, self.roots[root])]
        while waiting:
            above, folder = waiting.pop()
            for name, node in self.folders.get(folder, {}).items():
                path = f"{above}/{name}"
                if node.is_folder:
                    waiting.append((path, node))
                else:
                    yield path, node

    def put(self, base: Path) -> None:
        """Make the watched folders what is left, below `base`; files in the order of their ages."""
        files = []
        for root, top in self.roots.items():
            waiting = [(base / root, top)]
            while waiting:
                path, folder = waiting.pop()
                path.mkdir(parents=True, exist_ok=True)
                for name, node in self.folders.get(folder, {}).items():
                    inner = path / name
                    if node.is_folder:
                        waiting.append((inner, node))
                    else:
                        ages = self.made if name in self.dated else self.ranks
                        files.append((ages.get(node, -1), node.number, inner, node))
        for _, _, path, node in sorted(files, key=lambda item: item[:2]):
            dated = path.name in self.dated
            _tick(path.parent, wanted=dated)
            path.write_bytes(self.contents[node])
            _tick(path.parent, wanted=dated)
            for what, value in self.marks.get(node, {}).items():
                if what == "mode":
                    path.chmod(value)
                else:
                    os.utime(path, ns=(value, value))


class Cuts:
    """A finished log, ready to be cut at any moment."""

    def __init__(self, log: FsLog, dated: frozenset[str] = frozenset()) -> None:
        self._dated = dated
        self.ops: list[Op] = log.ops
        self._roots = log.roots
        self._old = log.old_names
        self._flushes: dict[Node | None, list[int]] = defaultdict(list)
        self._data: dict[Node, list[int]] = defaultdict(list)
        self._marks: dict[Node, list[int]] = defaultdict(list)
        self.name_changes: list[tuple[int, Named | Moved | Removed]] = []
        for index, op in enumerate(self.ops):
            if isinstance(op, Flushed):
                self._flushes[op.node].append(index)
            elif isinstance(op, Written | Resized):
                self._data[op.node].append(index)
            elif isinstance(op, Marked):
                self._marks[op.node].append(index)
            elif isinstance(op, Named | Moved | Removed):
                self.name_changes.append((index, op))
        self._wholes: dict[Node, bytes] = {}
        self._made = {op.node: at for at, op in self.name_changes if _is_made(op)}

    def whole(self, node: Node) -> bytes:
        """Give what is in a file when everything was written."""
        if node not in self._wholes:
            self._wholes[node] = self._replayed(node, len(self.ops))
        return self._wholes[node]

    def complete(self) -> Crash:
        """Give the tree if no power is ever cut."""
        return self.cut(len(self.ops), random.Random(0), chance=1.0)

    def cut(self, moment: int, chooser: random.Random, chance: float | None = None) -> Crash:
        """Give what is left when the power fails right before operation `moment`."""
        names = chooser.choice(_CHANCES) if chance is None else chance
        bytes_ = chooser.choice(_CHANCES) if chance is None else chance
        crash = Crash({}, {}, self._roots, made=self._made, dated=self._dated)
        for old in self._old:
            crash.folders.setdefault(old.folder, {})[old.name] = old.node
        for index, op in self.name_changes:
            if index >= moment:
                break
            folders = {op.folder, op.source} if isinstance(op, Moved) else {op.folder}
            flushed = all(self._flushed(folder, index, moment) for folder in folders)
            if flushed or chooser.random() < names:
                _rename(crash, index, op)
        for root in self._roots:
            for _, node in crash.files(root):
                if node not in crash.contents:
                    crash.contents[node] = self._left(node, moment, chooser, bytes_)
                    crash.marks[node] = self._marks_left(node, moment, chooser, bytes_)
        return crash

    def _last_flush(self, node: Node, moment: int) -> int:
        """Give the index of the newest flush of a node before a moment, or -1."""
        newest = -1
        for flushes in (self._flushes.get(node, ()), self._flushes.get(None, ())):
            at = bisect_left(flushes, moment)
            newest = max(newest, flushes[at - 1] if at else -1)
        return newest

    def _flushed(self, node: Node, index: int, moment: int) -> bool:
        return self._last_flush(node, moment) > index

    def _replayed(self, node: Node, moment: int) -> bytes:
        content = bytearray(node.old or b"")
        for index in self._data.get(node, ()):
            if index < moment:
                _apply(content, self.ops[index])
        return bytes(content)

    def _left(self, node: Node, moment: int, chooser: random.Random, chance: float) -> bytes:
        data = self._data.get(node, [])
        since = self._last_flush(node, moment)
        pending = [index for index in data if since < index < moment]
        if not pending and (not data or data[-1] < moment):
            return self.whole(node)
        content = bytearray(self._replayed(node, since))
        grain = chooser.choice(_GRAINS)
        rubbish = chooser.random() < 0.25
        longest = len(content)
        for index in pending:
            op = self.ops[index]
            if isinstance(op, Written):
                longest = max(longest, op.offset + len(op.data))
                _tear(content, op, grain, chooser, chance)
            elif chooser.random() < chance:
                _apply(content, op)
        if longest > len(content) and chooser.random() < max(chance, 0.5):
            lacking = longest - len(content)
            content += chooser.randbytes(lacking) if rubbish else bytes(lacking)
        return bytes(content)

    def _marks_left(
        self, node: Node, moment: int, chooser: random.Random, chance: float
    ) -> dict[str, int]:
        marks = {}
        for index in self._marks.get(node, ()):
            op = self.ops[index]
            assert isinstance(op, Marked)
            if index < moment and (
                self._flushed(node, index, moment) or chooser.random() < max(chance, 0.5)
            ):
                marks[op.what] = op.value
        return marks


def _is_made(op: Named | Moved | Removed) -> bool:
    return isinstance(op, Named) and op.made


def _tick(folder: Path, *, wanted: bool) -> None:
    """Let the clock of the file system move on, when wanted: it is coarse."""
    probe, first = folder / ".clock", 0
    while wanted:
        probe.write_bytes(b"")
        now = probe.stat().st_mtime_ns
        probe.unlink()
        first = first or now
        wanted = now == first


def _rename(crash: Crash, index: int, op: Named | Moved | Removed) -> None:
    names = crash.folders.setdefault(op.folder, {})
    if isinstance(op, Removed):
        if names.get(op.name) is op.node:
            del names[op.name]
        return
    if isinstance(op, Moved):
        source = crash.folders.setdefault(op.source, {})
        if source.get(op.source_name) is op.node:
            del source[op.source_name]
    names[op.name] = op.node
    crash.ranks[op.node] = index


def _apply(content: bytearray, op: Op) -> None:
    if isinstance(op, Written):
        if len(content) < op.offset:
            content += bytes(op.offset - len(content))
        content[op.offset : op.offset + len(op.data)] = op.data
    elif isinstance(op, Resized):
        del content[op.size :]
        content += bytes(op.size - len(content))


def _tear(
    content: bytearray, op: Written, grain: int, chooser: random.Random, chance: float
) -> None:
    """Let some pages of a write reach the medium."""
    at, end = op.offset, op.offset + len(op.data)
    while at < end:
        stop = min(end, (at // grain + 1) * grain)
        if chooser.random() < chance:
            piece = op.data[at - op.offset : stop - op.offset]
            _apply(content, Written(op.node, at, piece))
        at = stop
