"""Two folders compared by everything a restore must bring back; forgives nothing it can see."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from typing import Literal

from blake3 import blake3
from msgspec import Struct
from msgspec.structs import replace

Kind = Literal["file", "folder", "symlink", "other"]
_BLOCK_BYTES = 4 << 20
_SECTOR_BYTES = 512
# A restore writes whole pages, and pages beside a hole may become data.
_HOLE_SLACK_BYTES = 256 << 10


class Item(Struct, frozen=True):
    """One thing in a tree. `contents` is a hash, or the target of a symbolic link.

    `names` are all names of the same file inside the tree, sorted; empty for a single one.
    """

    kind: Kind
    size_bytes: int
    mode: int
    owner: tuple[int, int]
    mtime_ns: int
    contents: bytes
    attributes: tuple[tuple[str, bytes], ...]
    allocated_bytes: int | None
    names: tuple[bytes, ...] = ()

    @property
    def sparse(self) -> bool:
        """Say whether the file has holes."""
        return self.allocated_bytes is not None and self.allocated_bytes < self.size_bytes


Listing = Mapping[bytes, Item]


class Difference(Struct, frozen=True):
    """One path with the first thing that differs: a word for `words` and scripts."""

    path: bytes
    what: str


def listing(folder: bytes, skip: Collection[bytes] = ()) -> Listing:
    """List a tree by path below it, its top as b""; every content is read.

    `skip` names paths that are left out. OSError when something cannot be read.
    """
    items: dict[bytes, Item] = {}
    names_by_file: dict[tuple[int, int], list[bytes]] = {}
    waiting = [b""]
    while waiting:
        path = waiting.pop()
        if path in skip:
            continue
        full = os.path.join(folder, path) if path else folder
        info = os.lstat(full)
        if stat.S_ISREG(info.st_mode) and info.st_nlink > 1:
            same = names_by_file.setdefault((info.st_dev, info.st_ino), [])
            same.append(path)
            # The same file by another name: its contents are known.
            known = items.get(same[0]) if len(same) > 1 else None
        else:
            known = None
        items[path] = known or _item(full, info)
        if stat.S_ISDIR(info.st_mode):
            waiting += [os.path.join(path, name) for name in os.listdir(full)]
    for names in names_by_file.values():
        if len(names) > 1:
            together = tuple(sorted(names))
            for name in names:
                items[name] = replace(items[name], names=together)
    return items


def _item(full: bytes, info: os.stat_result) -> Item:
    kind: Kind = "other"
    contents = b""
    if stat.S_ISREG(info.st_mode):
        kind, contents = "file", _hash(full)
    elif stat.S_ISDIR(info.st_mode):
        kind = "folder"
    elif stat.S_ISLNK(info.st_mode):
        kind, contents = "symlink", os.fsencode(os.readlink(full))
    blocks = getattr(info, "st_blocks", None)
    is_file = kind == "file"
    return Item(
        kind,
        info.st_size if is_file else 0,
        # The mode of a link says nothing anywhere.
        0 if kind == "symlink" else info.st_mode,
        (info.st_uid, info.st_gid),
        info.st_mtime_ns,
        contents,
        _attributes(full),
        blocks * _SECTOR_BYTES if is_file and blocks is not None else None,
    )


def _hash(path: bytes) -> bytes:
    hasher = blake3()
    buffer = memoryview(bytearray(_BLOCK_BYTES))
    with open(path, "rb", buffering=0) as file:
        while count := file.readinto(buffer):
            hasher.update(buffer[:count])
    return hasher.digest()


def _attributes(path: bytes) -> tuple[tuple[str, bytes], ...]:
    if not hasattr(os, "listxattr"):
        return ()
    try:
        names = os.listxattr(path, follow_symlinks=False)
        return tuple(
            (name, os.getxattr(path, name, follow_symlinks=False)) for name in sorted(names)
        )
    except OSError:
        return ()  # a file system without attributes


def compare(promised: Listing, found: Listing) -> list[Difference]:
    """Give every path of two listings that differs, sorted; an empty list is the proof."""
    differences = []
    for path in sorted(promised.keys() | found.keys()):
        before, after = promised.get(path), found.get(path)
        if before is None or after is None:
            differences.append(Difference(path, "missing" if after is None else "unexpected"))
            continue
        what = _difference(before, after)
        if what:
            differences.append(Difference(path, what))
    return differences


def _difference(before: Item, after: Item) -> str:
    if before.kind != after.kind:
        return "kind"
    parts = (
        ("size", before.size_bytes, after.size_bytes),
        ("contents", before.contents, after.contents),
        ("mode", before.mode, after.mode),
        ("owner", before.owner, after.owner),
        ("time", before.mtime_ns, after.mtime_ns),
        ("attributes", before.attributes, after.attributes),
        ("hard-link", before.names, after.names),
    )
    for name, was, became in parts:
        if was != became:
            return name
    if before.sparse and before.allocated_bytes is not None and after.allocated_bytes is not None:
        grown = after.allocated_bytes - before.allocated_bytes
        return "sparse" if grown > _HOLE_SLACK_BYTES else ""
    return ""
