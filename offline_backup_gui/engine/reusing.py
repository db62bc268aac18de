"""What need not be read again: files of a changed folder that look as in the last pass."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from offline_backup_gui.domain.book import CachedFolder
from offline_backup_gui.domain.decoding import msgpack_decoder
from offline_backup_gui.engine.assembling import Extent
from offline_backup_gui.engine.scan import Signature
from offline_backup_gui.formats.catalogue import HOLE, Entry, decode_folder

_signatures = msgpack_decoder(list[Signature])
Stored = tuple[Entry, list[Extent]]


class KnownFile(Struct, frozen=True):
    """A name that need not be read again, with its alternate streams by name."""

    stored: Stored
    streams: dict[bytes, Stored]


_NO_STREAMS: dict[bytes, Stored] = {}


def known_files(cached: CachedFolder) -> dict[Signature, KnownFile]:
    """Give the files of a changed folder that need not be read again, by what the scan saw."""
    listing = decode_folder(cached.listing)
    stored = {
        entry.name: (entry, _extents(entry, listing.chunks))
        for entry in listing.entries
        if not entry.unsure
    }
    streams_by_base: dict[bytes, dict[bytes, Stored]] = {}
    for name, found in stored.items():
        if found[0].stream:
            streams_by_base.setdefault(name.rpartition(b":")[0], {})[name] = found
    known = {}
    for sign in _signatures.decode(cached.stats):
        entry = stored.get(sign[0])
        if entry is not None:
            known[sign] = KnownFile(entry, streams_by_base.get(sign[0], _NO_STREAMS))
    return known


def _extents(entry: Entry, chunks: Sequence[bytes]) -> list[Extent]:
    """Take the pieces of a stored entry out of it."""
    flat = entry.extents
    entry.extents = []
    return [
        (None if number == HOLE else chunks[number], offset, length)
        for number, offset, length in zip(flat[0::3], flat[1::3], flat[2::3], strict=True)
    ]
