"""Restores a repository with nothing but docs/formats.md: not a line of the program is used.

`python tests/formats/independent_reader.py FOLDER PASSPHRASE TARGET [POINT]` takes a folder with
the objects of a drive or a container in it, and the name of a restore point or the newest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import struct
import sys
import unicodedata
from pathlib import Path
from typing import Any

import msgspec
import zstandard
from blake3 import blake3
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id


def hkdf(key: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    secret, block, out = hmac.digest(salt, key, hashlib.sha256), b"", b""
    for number in range(1, length // 32 + 2):
        block = hmac.digest(secret, block + info + bytes([number]), hashlib.sha256)
        out += block
    return out[:length]


def unlock(top: Path, passphrase: str) -> tuple[bytes, bytes]:
    """Give repository id and master key."""
    slot = json.loads((top / "keys/passphrase.json").read_text("utf-8"))
    kdf, repository = slot["kdf"], bytes.fromhex(slot["repository_id"])
    stretching = Argon2id(
        salt=base64.b64decode(kdf["salt"]),
        length=32,
        iterations=kdf["iterations"],
        lanes=kdf["lanes"],
        memory_cost=kdf["memory_kib"],
    )
    secret = stretching.derive(unicodedata.normalize("NFC", passphrase).encode())
    material = hkdf(secret, repository, b"slot wrap v1", 64)
    assert material[32:].hex() == slot["key_check"], "another passphrase"
    wrapped = base64.b64decode(slot["wrapped"])
    bound = json.dumps({**slot, "wrapped": "", "check": ""}, sort_keys=True, separators=(",", ":"))
    master = AESGCM(material[:32]).decrypt(wrapped[:12], wrapped[12:], bound.encode() + b"\n")
    return repository, master


def object_key(master: bytes, kind: bytes, salt: bytes, name: bytes, check: bytes) -> AESGCM:
    material = hkdf(master, salt, b"object v1 " + kind + b" " + name, 48)
    assert material[32:] == check, "another master key"
    return AESGCM(material[:32])


def read_packs(top: Path, repository: bytes, master: bytes) -> dict[bytes, bytes]:
    """Give every chunk by its id."""
    chunks, chunk_key = {}, hkdf(master, repository, b"chunk id v1", 32)
    for path in sorted(top.glob("packs/*/*")):
        data = path.read_bytes()
        header, trailer = data[:96], data[-48:]
        assert header == data[-144:-48], "the trailer repeats the header"
        _, version, _, _, owner, name, salt, check = struct.unpack(">8sHHI16s16s32s16s", header)
        assert (version, owner, name.hex()) == (1, repository, path.name)
        key = object_key(master, b"pack", salt, name, check)
        at, size, count = struct.unpack(">QII", trailer[:16])
        packed = key.decrypt(struct.pack(">IQ", 1, count), data[at : at + size], header + trailer)
        rows = struct.iter_unpack(">32sQIIB3x", zstandard.decompress(packed))
        for number, (chunk_id, offset, stored, plain, codec) in enumerate(rows):
            bound = header + struct.pack(">Q32sIB", number, chunk_id, plain, codec)
            nonce = struct.pack(">IQ", 0, number)
            chunk = key.decrypt(nonce, data[offset : offset + stored], bound)
            chunk = zstandard.decompress(chunk) if codec == 1 else chunk
            assert len(chunk) == plain
            assert blake3(chunk, key=chunk_key).digest() == chunk_id
            chunks[chunk_id] = chunk
    return chunks


def read_point(path: Path, repository: bytes, master: bytes) -> dict[str, Any]:
    data = path.read_bytes()
    _, version, _, _, owner, short, salt, check, _ = struct.unpack(
        ">8sHHI16s16s32s16sQ", data[:104]
    )
    assert (version, owner) == (1, repository)
    key = object_key(master, b"point", salt, short, check)
    point = msgspec.msgpack.decode(
        zstandard.decompress(key.decrypt(bytes(12), data[104:], data[:104]))
    )
    assert point["point_id"] == path.name
    return dict(point)


def restore(point: dict[str, Any], chunks: dict[bytes, bytes], target: bytes) -> None:
    stream = b"".join(chunks[chunk[0]] for chunk in point["catalogue"])
    folders = [(os.path.join(target, root["name"]), root["entry"]) for root in point["roots"]]
    for folder, _ in folders:
        os.makedirs(folder)
    first: dict[bytes, bytes] = {}
    while stream:
        size = int.from_bytes(stream[:4], "big")
        listing, stream = msgspec.msgpack.decode(stream[4 : 4 + size]), stream[4 + size :]
        folder = os.path.join(target, point["roots"][listing["r"]]["name"], listing["p"])
        for entry in listing.get("e", []):
            path, kind = os.path.join(folder, entry["n"]), entry.get("k", 0)
            if kind == 1:
                os.mkdir(path)
                folders.append((path, entry))
                continue
            if kind == 2:
                os.symlink(entry["l"], path)
            elif kind == 3:
                os.mkfifo(path)
            elif entry.get("h") in first:
                os.link(first[entry["h"]], path)
            else:
                write(path, entry, [chunks[chunk] for chunk in listing.get("c", [])])
                first.update({entry["h"]: path} if "h" in entry else {})
            dress(path, entry)
    for path, entry in reversed(folders):
        dress(path, entry)


def write(path: bytes, entry: dict[str, Any], chunks: list[bytes]) -> None:
    with open(path, "wb") as file:
        numbers = iter(entry.get("x", []))
        for chunk, offset, length in zip(numbers, numbers, numbers, strict=True):
            if chunk == -1:
                file.seek(length, os.SEEK_CUR)
            else:
                file.write(chunks[chunk][offset : offset + length])
        file.truncate(entry.get("s", 0))


def dress(path: bytes, entry: dict[str, Any]) -> None:
    if entry.get("k") != 2:
        os.chmod(path, entry.get("m", 0))
    moment = entry.get("t", 0)
    os.utime(path, ns=(moment, moment), follow_symlinks=False)


def main(folder: str, passphrase: str, target: str, name: str = "") -> None:
    top = Path(folder)
    repository, master = unlock(top, passphrase)
    paths = [path for path in sorted(top.glob("points/*")) if name in path.name]
    points = [read_point(path, repository, master) for path in paths]
    newest = max(points, key=lambda point: point["sequence"])
    restore(newest, read_packs(top, repository, master), os.fsencode(target))


if __name__ == "__main__":
    main(*sys.argv[1:])
