"""What a tree is, told without the program: path to kind, mode, time, owner and hash of contents.

Nothing here knows how a backup works; two trees are the same, or every difference is named.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

# Pages next to a hole may be stored as data, and so may a small file as a whole.
_ALLOWED_DATA_BYTES = 1 << 20
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link", stat.S_IFIFO: "fifo"}

Wanted = Callable[[bytes], bool]


@dataclass(frozen=True)
class Item:
    """One name. `contents` is the hash of a file or the target of a link."""

    kind: str
    mode: int
    mtime_ns: int
    owner: tuple[int, int]
    size: int
    contents: bytes
    attributes: tuple[tuple[str, bytes], ...]
    stored: int


@dataclass(frozen=True)
class Tree:
    """Every name below a folder (b"" is the folder itself), and which names are one file."""

    items: dict[bytes, Item]
    groups: frozenset[frozenset[bytes]]

    @property
    def size(self) -> int:
        """Give the bytes of all files."""
        return sum(item.size for item in self.items.values() if item.kind == "file")


def look(top: bytes) -> Tree:
    """Take down a tree as it stands."""
    items: dict[bytes, Item] = {}
    names: dict[tuple[int, int], set[bytes]] = defaultdict(set)
    for path, info in _walk(top):
        items[path] = _item(top + b"/" + path, info)
        if stat.S_ISREG(info.st_mode) and info.st_nlink > 1:
            names[info.st_dev, info.st_ino].add(path)
    groups = frozenset(frozenset(group) for group in names.values() if len(group) > 1)
    return Tree(items, groups)


def _walk(top: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
    waiting = [b""]
    while waiting:
        path = waiting.pop()
        here = top + b"/" + path
        info = os.lstat(here.rstrip(b"/") if not path else here)
        yield path, info
        if stat.S_ISDIR(info.st_mode):
            waiting += [path + b"/" + name if path else name for name in os.listdir(here)]


def _item(path: bytes, info: os.stat_result) -> Item:
    kind = _KINDS[stat.S_IFMT(info.st_mode)]
    contents = b""
    if kind == "file":
        with open(path, "rb") as file:
            contents = hashlib.file_digest(file, "sha256").digest()
    elif kind == "link":
        contents = os.readlink(path)
    return Item(
        kind,
        0 if kind == "link" else stat.S_IMODE(info.st_mode),
        info.st_mtime_ns,
        (info.st_uid, info.st_gid),
        info.st_size if kind == "file" else 0,
        contents,
        _attributes(path),
        info.st_blocks * 512 if kind == "file" else 0,
    )


def _attributes(path: bytes) -> tuple[tuple[str, bytes], ...]:
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
        return tuple((name, os.getxattr(path, name, follow_symlinks=False)) for name in names)
    except (OSError, AttributeError):
        return ()


def everything(path: bytes) -> bool:
    """Want the whole tree."""
    return True


def differences(
    promised: Tree,
    found: Tree,
    wanted: Wanted = everything,
    lacking: frozenset[bytes] = frozenset(),
) -> list[str]:
    """Name every way in which what was found is not what was promised.

    `lacking` may be absent. When only a part is wanted, the folders on the way to it are nobody's
    promise: their names may be there, their times and modes are not compared.
    """
    part = wanted is not everything
    ours = {path for path, item in promised.items.items() if wanted(path)}
    theirs = set(found.items)
    if part:
        ours = {path for path in ours if promised.items[path].kind != "folder"}
        theirs = {path for path in theirs if found.items[path].kind != "folder"}
    told = [f"not there: {path!r}" for path in sorted(ours - theirs - lacking)]
    told += [f"too much: {path!r}" for path in sorted(theirs - ours)]
    for path in sorted(ours & theirs):
        told += [f"{path!r}: {what}" for what in _unlike(promised.items[path], found.items[path])]
    there = frozenset(ours & theirs)
    if _within(promised.groups, there) != _within(found.groups, there):
        told.append(f"names of one file: {_within(promised.groups ^ found.groups, there)!r}")
    return told


def _within(
    groups: frozenset[frozenset[bytes]], names: frozenset[bytes]
) -> frozenset[frozenset[bytes]]:
    return frozenset(group & names for group in groups if len(group & names) > 1)


def _unlike(one: Item, two: Item) -> Iterator[str]:
    for name in ("kind", "mode", "mtime_ns", "owner", "size", "contents", "attributes"):
        before, after = getattr(one, name), getattr(two, name)
        if before != after:
            yield f"{name} {before!r} became {after!r}"
    sparse = one.stored < one.size
    if sparse and two.stored > one.stored * 3 // 2 + _ALLOWED_DATA_BYTES:
        yield f"holes filled: {one.stored} became {two.stored}"
    if not sparse and two.stored < two.size:
        yield "became sparse"
