"""Makes packs without the engine, honest ones and such as only a holder of the key could forge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import zstandard

from offline_backup_gui.formats.keys import Keyring
from offline_backup_gui.formats.pack import (
    HEADER_BYTES,
    Codec,
    Header,
    PackKind,
    Row,
    close_pack,
    new_header,
    nonce,
)


@dataclass
class PackMaker:
    """A pack in the making; `row` values may be lies, the frames are sealed to fit them."""

    keyring: Keyring
    header: Header
    body: bytearray = field(default_factory=bytearray)
    rows: list[Row] = field(default_factory=list)

    @classmethod
    def begin(cls, keyring: Keyring, kind: PackKind = PackKind.DATA) -> PackMaker:
        maker = cls(keyring, new_header(keyring, kind))
        maker.body += maker.header.raw
        return maker

    def add(self, data: bytes, codec: Codec = Codec.PLAIN, *, gap: bytes = b"") -> Row:
        """Add a chunk after a gap."""
        packed = zstandard.ZstdCompressor(level=1).compress(data) if codec else data
        return self.add_raw(self.keyring.chunk_id(data), packed, len(data), codec, gap=gap)

    def add_raw(
        self, chunk_id: bytes, inside: bytes, plain_bytes: int, codec: Codec, *, gap: bytes = b""
    ) -> Row:
        """Add a frame with these very bytes inside, claiming to hold `plain_bytes`."""
        self.body += gap
        number = len(self.rows)
        aad = self.header.frame_aad(number, chunk_id, plain_bytes, codec)
        stored = self.header.aead.encrypt(nonce(0, number), inside, aad)
        row = Row(chunk_id, len(self.body), len(stored), plain_bytes, codec)
        self.body += stored
        self.rows.append(row)
        return row

    def end(self, rows: Sequence[Row] | None = None, *, gap: bytes = b"") -> bytes:
        """Give the finished pack."""
        self.body += gap
        return bytes(self.body) + close_pack(
            self.header, self.rows if rows is None else rows, len(self.body)
        )


def small_pack(keyring: Keyring) -> tuple[Header, bytes]:
    """Give a pack of two chunks, one of them compressed, with a gap between."""
    maker = PackMaker.begin(keyring)
    maker.add(b"first")
    maker.add(b"second " * 9, Codec.ZSTD, gap=bytes(7))
    assert maker.rows[0].offset == HEADER_BYTES
    return maker.header, maker.end()
