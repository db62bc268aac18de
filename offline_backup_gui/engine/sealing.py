"""Turns a chunk into an encrypted frame in a pack, unless it is stored already."""

from __future__ import annotations

import threading

import zstandard

from offline_backup_gui.domain.book import Finder
from offline_backup_gui.engine.open_pack import Ticket
from offline_backup_gui.engine.packing import Packer
from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import TAG_BYTES, Codec, nonce

_KEEP_IF_BELOW = 0.95
# A sample that is nearly all noise still shrinks a little where one page of it is not.
_SAMPLES, _SAMPLE_BYTES, _SAMPLE_SHRINKS = 8, 4096, 0.99


class _Claim:
    """A chunk one worker is sealing; the others wait for its ticket instead of sealing it too."""

    __slots__ = ("ready", "ticket")

    def __init__(self) -> None:
        self.ready = threading.Event()
        self.ticket: Ticket | None = None


class Sealer:
    """Shared by the workers; each has its own compressor."""

    def __init__(self, keyring: Keyring, index: Finder, packer: Packer, level: int = 1) -> None:
        self._keyring, self._index, self._packer, self._level = keyring, index, packer, level
        self._claims: dict[bytes, _Claim] = {}
        self._lock = threading.Lock()
        self._local = threading.local()

    def seal(self, data: memoryview) -> tuple[bytes, Ticket | None]:
        """Store a chunk; give its id and the open pack it waits for (None: stored before)."""
        chunk_id = self._keyring.chunk_id(data)
        while True:
            with self._lock:
                claim = self._claims.get(chunk_id)
                if claim is None:
                    if self._index.find(chunk_id) is not None:
                        return chunk_id, None
                    claim = self._claims[chunk_id] = _Claim()
                    break
            claim.ready.wait()
            if claim.ticket is not None:
                return chunk_id, claim.ticket
        try:
            claim.ticket = self._store(chunk_id, data)
        except BaseException:
            with self._lock:
                self._claims.pop(chunk_id, None)
            raise
        finally:
            claim.ready.set()
        return chunk_id, claim.ticket

    def _store(self, chunk_id: bytes, data: memoryview) -> Ticket:
        codec, body = self._packed(data)
        place = self._packer.reserve(chunk_id, len(body) + TAG_BYTES, len(data), codec)
        try:
            aad = place.header.frame_aad(place.number, chunk_id, len(data), codec)
            place.header.aead.encrypt_into(nonce(0, place.number), body, aad, place.view)
        except BaseException:
            place.spoil()
            raise
        place.filled()
        return place.ticket

    def _packed(self, data: memoryview) -> tuple[Codec, bytes | memoryview]:
        """Compress what shrinks. A sample spares media, which does not, the whole attempt."""
        compressor = self._compressor()
        if len(data) >= 4 * _SAMPLES * _SAMPLE_BYTES:
            step = (len(data) - _SAMPLE_BYTES) // (_SAMPLES - 1)
            starts = range(0, _SAMPLES * step, step)
            sample = b"".join(data[at : at + _SAMPLE_BYTES] for at in starts)
            if len(compressor.compress(sample)) > _SAMPLE_SHRINKS * len(sample):
                return Codec.PLAIN, data
        packed = compressor.compress(data)
        if len(packed) < _KEEP_IF_BELOW * len(data):
            return Codec.ZSTD, packed
        return Codec.PLAIN, data

    def _compressor(self) -> zstandard.ZstdCompressor:
        compressor = getattr(self._local, "compressor", None)
        if compressor is None:
            compressor = self._local.compressor = zstandard.ZstdCompressor(level=self._level)
        return compressor

    def forget(self, ticket: Ticket) -> None:
        """Let the index answer for the chunks of a pack that is now sealed (or lost)."""
        with self._lock:
            for chunk_id in ticket.keys:
                claim = self._claims.get(chunk_id)
                if claim is not None and claim.ticket is ticket:
                    del self._claims[chunk_id]
