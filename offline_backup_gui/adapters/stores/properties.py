"""The stored MD5 of objects in a folder account, beside them as `.properties/<name>.md5`.

Azure keeps a Content-MD5 that it never compares with the bytes, so it can lie; a folder account
behaves alike. The MD5 is written after its object and removed before the object is replaced:
after a crash it is missing, never another object's.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress

from offline_backup_gui.adapters.stores.held import HeldFolder, descended, let_go

PROPERTIES = ".properties"
_HEX = re.compile(rb"([0-9a-f]{32})\n\Z")


def stored_md5(top: HeldFolder, parts: tuple[str, ...]) -> bytes | None:
    """Give the stored MD5 of an object, or None when there is none to be understood."""
    try:
        with descended(top, (PROPERTIES, *parts[:-1]), create=False) as folder:
            descriptor = folder.open_plain(_leaf(parts))
    except FileNotFoundError:
        return None
    try:
        found = _HEX.match(os.read(descriptor, 64))
    finally:
        let_go(descriptor)
    return bytes.fromhex(found.group(1).decode()) if found else None


def store_md5(top: HeldFolder, parts: tuple[str, ...], md5: bytes) -> None:
    """Keep the MD5 of an object, flushed to the medium."""
    with descended(top, (PROPERTIES, *parts[:-1]), create=True) as folder:
        part = f".{_leaf(parts)}.part"
        folder.remove(part)
        descriptor = folder.open_new(part)
        try:
            line = memoryview(md5.hex().encode() + b"\n")
            while len(line):
                line = line[os.write(descriptor, line) :]
            os.fsync(descriptor)
        finally:
            let_go(descriptor)
        folder.publish(part, _leaf(parts), replace=True)


def forget_md5(top: HeldFolder, parts: tuple[str, ...]) -> None:
    """Remove the stored MD5 of an object; no trouble when there is none."""
    with (
        suppress(FileNotFoundError),
        descended(top, (PROPERTIES, *parts[:-1]), create=False) as folder,
    ):
        folder.remove(_leaf(parts))
        folder.flush()


def _leaf(parts: tuple[str, ...]) -> str:
    return parts[-1] + ".md5"
