"""Looks for readable traces of the sources in what is stored: byte by byte, without the key."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from offline_backup_gui.domain.ports import ObjectStore
from offline_backup_gui.services.sample_contents import MARKER
from offline_backup_gui.services.sample_office import DATABASE

_BLOCK_BYTES = 4 << 20
_SAMPLE_BYTES = 48


class Needle(Struct, frozen=True):
    """Bytes that must not be found. `what` says what they are a piece of."""

    what: str
    data: bytes


def needles(office: bytes, locations: Sequence[bytes]) -> list[Needle]:
    """Give names, contents and places of the office, as text, as UTF-16 and as bytes."""
    found = [
        Needle("marker", MARKER.encode()),
        Needle("marker", MARKER.encode("utf-16-le")),
        Needle("marker", MARKER.encode("utf-16-be")),
        Needle("path", office),
    ]
    found += [Needle("path", path) for path in locations]
    for path in _some_files(office):
        found.append(Needle("name", os.path.basename(path)))
        if sample := _sample(path):
            found.append(Needle("contents", sample))
    found.append(Needle("contents", _sample(os.path.join(office, os.fsencode(DATABASE)))))
    return found


def _some_files(office: bytes) -> Iterator[bytes]:
    """Pick files whose contents do not shrink, so that only encryption hides them."""
    for top in (b"Pictures", b"Scans", b"Projects"):
        for folder, folders, names in os.walk(os.path.join(office, top)):
            folders.sort()
            if names:
                yield os.path.join(folder, min(names))
                break


def _sample(path: bytes) -> bytes:
    with open(path, "rb") as file:
        file.seek(os.path.getsize(path) // 2)
        return file.read(_SAMPLE_BYTES)


def blocks_of_tree(folder: bytes, longest: int, skip: Collection[bytes] = ()) -> Iterator[bytes]:
    """Give names and contents of every file below a folder, in overlapping blocks.

    `skip` names files, by their full path, whose contents are not looked at.
    """
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            yield path[len(folder) :]
            if path in skip or os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                rest = b""
                while block := file.read(_BLOCK_BYTES):
                    yield rest + block
                    rest = block[-longest:]


def blocks_of_store(store: ObjectStore, longest: int) -> Iterator[bytes]:
    """Give names and contents of every object of a store, in overlapping blocks."""
    for info in store.objects():
        yield info.name.encode()
        offset = 0
        while block := store.read(info.name, offset, _BLOCK_BYTES + longest):
            yield block
            offset += _BLOCK_BYTES


class Scanned(Struct, frozen=True):
    """How many bytes were looked at, and what was found in them."""

    size_bytes: int
    found: tuple[Needle, ...]


def scan(blocks: Iterable[bytes], wanted: Sequence[Needle]) -> Scanned:
    """Look for every needle in every block."""
    size, found = 0, dict[Needle, None]()
    for block in blocks:
        size += len(block)
        for needle in wanted:
            if needle.data in block:
                found[needle] = None
    return Scanned(size, tuple(found))
