"""Zstandard, with every size known before a byte is unpacked."""

from __future__ import annotations

import zstandard

from offline_backup_gui.domain.errors import BackupError, ErrorCode


def pack(data: bytes | memoryview, level: int) -> bytes:
    """Compress into one frame that says how long its contents are."""
    return zstandard.ZstdCompressor(level=level).compress(data)


def unpack(data: bytes, plain_bytes: int, name: str) -> bytes:
    """Decompress authenticated bytes that must give exactly `plain_bytes`; OBJECT_DAMAGED if not.

    The library trusts the length inside a frame more than `max_output_size`, so that 32 KB could
    claim a gigabyte: the frame's own claim is compared first. It does not look into a frame that
    claims to be empty; nothing of ours is.
    """
    try:
        frame = zstandard.get_frame_parameters(data)
        if frame.content_size != plain_bytes or not plain_bytes or frame.dict_id:
            raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="length")
        plain = zstandard.ZstdDecompressor().decompress(data, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="compression") from error
    if len(plain) != plain_bytes:
        raise BackupError(ErrorCode.OBJECT_DAMAGED, name=name, why="length")
    return plain
