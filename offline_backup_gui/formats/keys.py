"""The master key of a repository: what is derived from it, and the slots that wrap it.

Nothing else in the program calls a key-derivation function.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import Literal

import msgspec
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats import FORMAT_VERSION
from offline_backup_gui.formats.canonical import canonical, strict

KEY_BYTES = 32
ID_BYTES = 16
CHECK_BYTES = 16

# Argon2id costs read from a file are bounded both ways: a hostile slot may neither weaken the
# passphrase nor exhaust this computer.
MEMORY_KIB_MIN, MEMORY_KIB_MAX = 8 * 1024, 1024 * 1024
ITERATIONS_MIN, ITERATIONS_MAX = 1, 16
LANES_MIN, LANES_MAX = 1, 16


def derive(key: bytes, salt: bytes, info: bytes, length: int = KEY_BYTES) -> bytes:
    """Give HKDF-SHA256 (RFC 5869) output of `length` bytes."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key)


@dataclass(frozen=True)
class Keyring:
    """Everything derived from one repository's master key (32 bytes) and id (16 bytes)."""

    repository_id: bytes
    master: bytes

    def __post_init__(self) -> None:
        if len(self.repository_id) != ID_BYTES or len(self.master) != KEY_BYTES:
            raise ValueError("a keyring takes a 16-byte id and a 32-byte key")
        for name, info in (("_chunk_key", b"chunk id v1"), ("_tag_key", b"record tag v1")):
            object.__setattr__(self, name, derive(self.master, self.repository_id, info))

    def __repr__(self) -> str:
        return f"Keyring({self.repository_id.hex()})"

    @property
    def chunker_seed(self) -> int:
        """Give the 63-bit seed of the chunker, so that cut points tell an outsider nothing."""
        seed = derive(self.master, self.repository_id, b"chunker seed v1", 8)
        return int.from_bytes(seed, "big") >> 1

    def chunk_id(self, data: bytes | bytearray | memoryview) -> bytes:
        """Give the identity of a chunk: keyed BLAKE3, 32 bytes."""
        return blake3(data, key=self._chunk_key).digest()  # type: ignore[attr-defined]

    def tag(self, body: bytes) -> str:
        """Bind an unencrypted record to the repository: keyed BLAKE3 as hex."""
        return blake3(body, key=self._tag_key).hexdigest()  # type: ignore[attr-defined]

    def object_key(self, kind: bytes, salt: bytes, object_id: bytes) -> tuple[bytes, bytes]:
        """Give the AES-256 key of one pack or point and its 16-byte check value.

        AES-GCM does not commit to its key; the check value in the header does.
        """
        info = b"object v1 " + kind + b" " + object_id
        material = derive(self.master, salt, info, KEY_BYTES + CHECK_BYTES)
        return material[:KEY_BYTES], material[KEY_BYTES:]


class Argon2Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Cost of a passphrase slot."""

    name: Literal["argon2id"]
    salt: str
    memory_kib: int
    iterations: int
    lanes: int


class HkdfParameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A recovery slot: the code has 160 random bits, so no stretching is needed."""

    name: Literal["hkdf-sha256"]
    salt: str


class PassphraseSlot(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="passphrase", tag_field="slot"
):
    """`keys/passphrase.json`."""

    format: int
    repository_id: str
    kdf: Argon2Parameters
    wrapped: str


class RecoverySlot(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="recovery", tag_field="slot"
):
    """`keys/recovery.json`."""

    format: int
    repository_id: str
    kdf: HkdfParameters
    wrapped: str


Slot = PassphraseSlot | RecoverySlot


def _stretch(passphrase: str, kdf: Argon2Parameters) -> bytes:
    if not (
        MEMORY_KIB_MIN <= kdf.memory_kib <= MEMORY_KIB_MAX
        and ITERATIONS_MIN <= kdf.iterations <= ITERATIONS_MAX
        and LANES_MIN <= kdf.lanes <= LANES_MAX
    ):
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name="keys/passphrase.json", why="cost")
    return Argon2id(
        salt=_unbase64(kdf.salt),
        length=KEY_BYTES,
        iterations=kdf.iterations,
        lanes=kdf.lanes,
        memory_cost=kdf.memory_kib,
    ).derive(passphrase.encode("utf-8"))


def _unbase64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise BackupError(ErrorCode.FORMAT_DAMAGED, name="keys", why="base64") from error


def _binding(slot: Slot) -> bytes:
    """Give what the wrapping authenticates: the whole slot but the wrapped key."""
    return canonical(msgspec.structs.replace(slot, wrapped=""))


def _seal_slot(slot: Slot, key: bytes, master: bytes) -> bytes:
    nonce = os.urandom(12)
    sealed = nonce + AESGCM(key).encrypt(nonce, master, _binding(slot))
    return canonical(msgspec.structs.replace(slot, wrapped=base64.b64encode(sealed).decode()))


def _open_slot(slot: Slot, key: bytes, trouble: ErrorCode) -> bytes:
    if slot.format > FORMAT_VERSION:
        raise BackupError(ErrorCode.FORMAT_NEWER, name="keys", version=slot.format)
    sealed = _unbase64(slot.wrapped)
    try:
        return AESGCM(key).decrypt(sealed[:12], sealed[12:], _binding(slot))
    except (InvalidTag, ValueError) as error:
        raise BackupError(trouble) from error


def passphrase_slot(keyring: Keyring, passphrase: str, *, memory_kib: int = 64 * 1024) -> bytes:
    """Wrap the master key by a passphrase; give the bytes of `keys/passphrase.json`."""
    salt = base64.b64encode(os.urandom(16)).decode()
    kdf = Argon2Parameters("argon2id", salt, memory_kib, 3, 4)
    slot = PassphraseSlot(FORMAT_VERSION, keyring.repository_id.hex(), kdf, "")
    return _seal_slot(slot, _stretch(passphrase, kdf), keyring.master)


def recovery_slot(keyring: Keyring, entropy: bytes) -> bytes:
    """Wrap the master key by a recovery code's 20 bytes; give `keys/recovery.json`."""
    kdf = HkdfParameters("hkdf-sha256", base64.b64encode(os.urandom(32)).decode())
    slot = RecoverySlot(FORMAT_VERSION, keyring.repository_id.hex(), kdf, "")
    return _seal_slot(slot, _recovery_key(entropy, kdf), keyring.master)


def _recovery_key(entropy: bytes, kdf: HkdfParameters) -> bytes:
    return derive(entropy, _unbase64(kdf.salt), b"recovery slot v1")


def open_with_passphrase(slot_bytes: bytes, passphrase: str) -> Keyring:
    """Unwrap the master key; PASSPHRASE_WRONG when it does not fit."""
    slot = strict(slot_bytes, PassphraseSlot, "keys/passphrase.json")
    master = _open_slot(slot, _stretch(passphrase, slot.kdf), ErrorCode.PASSPHRASE_WRONG)
    return Keyring(bytes.fromhex(slot.repository_id), master)


def open_with_recovery_code(slot_bytes: bytes, entropy: bytes) -> Keyring:
    """Unwrap the master key; RECOVERY_CODE_WRONG when it does not fit."""
    slot = strict(slot_bytes, RecoverySlot, "keys/recovery.json")
    key = _recovery_key(entropy, slot.kdf)
    master = _open_slot(slot, key, ErrorCode.RECOVERY_CODE_WRONG)
    return Keyring(bytes.fromhex(slot.repository_id), master)
