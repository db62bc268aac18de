"""The master key of a repository: what is derived from it, and the slots that wrap it.

Nothing else in the program calls a key-derivation function.
"""

from __future__ import annotations

import base64
import hmac
import os
import unicodedata
from functools import cached_property
from typing import Literal, TypeVar

import msgspec
from blake3 import blake3
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import Struct

from offline_backup_gui.domain.errors import BackupError, ErrorCode
from offline_backup_gui.formats import FORMAT_VERSION
from offline_backup_gui.formats.canonical import (
    HEX_32,
    HEX_64,
    canonical,
    checked,
    damaged,
    strict,
)

PASSPHRASE_SLOT = "keys/passphrase.json"
RECOVERY_SLOT = "keys/recovery.json"
KEY_BYTES = 32
ID_BYTES = 16
CHECK_BYTES = 16

# Argon2id costs read from a file are bounded both ways: a hostile slot may neither weaken the
# passphrase nor exhaust this computer.
MEMORY_KIB_MIN, MEMORY_KIB_MAX = 8 * 1024, 256 * 1024
ITERATIONS_MIN, ITERATIONS_MAX = 1, 16
LANES_MIN, LANES_MAX = 1, 16
WORK_KIB_MAX = 2 * 1024 * 1024  # memory times iterations: a few seconds, whatever a slot asks for
PASSPHRASE_SALT_BYTES, RECOVERY_SALT_BYTES = 16, 32
_SLOT_NONCE_BYTES = 12
_WRAPPED_BYTES = _SLOT_NONCE_BYTES + KEY_BYTES + 16


def derive(key: bytes, salt: bytes, info: bytes, length: int = KEY_BYTES) -> bytes:
    """Give HKDF-SHA256 (RFC 5869) output of `length` bytes."""
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(key)


class Keyring(Struct, frozen=True, dict=True):
    """Everything derived from one repository's master key (32 bytes) and id (16 bytes)."""

    repository_id: bytes
    master: bytes

    def __post_init__(self) -> None:
        if len(self.repository_id) != ID_BYTES or len(self.master) != KEY_BYTES:
            raise ValueError("a keyring takes a 16-byte id and a 32-byte key")

    def __repr__(self) -> str:
        return f"Keyring({self.repository_id.hex()})"

    @cached_property
    def _chunk_key(self) -> bytes:
        return derive(self.master, self.repository_id, b"chunk id v1")

    @cached_property
    def _tag_key(self) -> bytes:
        return derive(self.master, self.repository_id, b"record tag v1")

    @property
    def chunker_seed(self) -> int:
        """Give the 63-bit seed of the chunker, so that cut points tell an outsider nothing."""
        seed = derive(self.master, self.repository_id, b"chunker seed v1", 8)
        return int.from_bytes(seed, "big") >> 1

    def chunk_id(self, data: bytes | bytearray | memoryview) -> bytes:
        """Give the identity of a chunk: keyed BLAKE3, 32 bytes."""
        return blake3(data, key=self._chunk_key).digest()

    def tag(self, body: bytes) -> str:
        """Bind an unencrypted record to the repository: keyed BLAKE3 as hex."""
        return blake3(body, key=self._tag_key).hexdigest()

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
    """`keys/passphrase.json`. `key_check` commits to the key that the passphrase leads to."""

    format: int
    repository_id: str
    kdf: Argon2Parameters
    key_check: str = ""
    wrapped: str = ""
    check: str = ""


class RecoverySlot(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="recovery", tag_field="slot"
):
    """`keys/recovery.json`. `key_check` commits to the key that the code leads to."""

    format: int
    repository_id: str
    kdf: HkdfParameters
    key_check: str = ""
    wrapped: str = ""
    check: str = ""


Slot = PassphraseSlot | RecoverySlot
_Slot = TypeVar("_Slot", PassphraseSlot, RecoverySlot)


def _stretch(passphrase: str, kdf: Argon2Parameters) -> bytes:
    """Give the passphrase's key; the same passphrase typed on another system gives the same."""
    if not (
        MEMORY_KIB_MIN <= kdf.memory_kib <= MEMORY_KIB_MAX
        and ITERATIONS_MIN <= kdf.iterations <= ITERATIONS_MAX
        and LANES_MIN <= kdf.lanes <= LANES_MAX
        and kdf.memory_kib * kdf.iterations <= WORK_KIB_MAX
    ):
        raise damaged(PASSPHRASE_SLOT, "cost")
    text = unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")
    stretching = Argon2id(
        salt=_unbase64(kdf.salt, PASSPHRASE_SALT_BYTES, PASSPHRASE_SLOT),
        length=KEY_BYTES,
        iterations=kdf.iterations,
        lanes=kdf.lanes,
        memory_cost=kdf.memory_kib,
    )
    try:
        return stretching.derive(text)
    except MemoryError as error:
        raise damaged(PASSPHRASE_SLOT, "memory") from error


def _recovery_key(entropy: bytes, kdf: HkdfParameters) -> bytes:
    salt = _unbase64(kdf.salt, RECOVERY_SALT_BYTES, RECOVERY_SLOT)
    return derive(entropy, salt, b"recovery slot v1")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _unbase64(text: str, length: int, name: str) -> bytes:
    """Decode `length` bytes; spare bits of the last letter are zero, as we write them."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise damaged(name, "base64") from error
    if len(data) != length or _base64(data) != text:
        raise damaged(name, "base64")
    return data


def _wrapping_key(secret: bytes, slot: Slot) -> tuple[AESGCM, str]:
    """Give what wraps the master key, and the value that commits a slot to it.

    AES-GCM would open one message under many keys for somebody who prepared it so; with the
    commitment, a slot has one key.
    """
    salt = bytes.fromhex(slot.repository_id)
    material = derive(secret, salt, b"slot wrap v1", KEY_BYTES + KEY_BYTES)
    return AESGCM(material[:KEY_BYTES]), material[KEY_BYTES:].hex()


def _binding(slot: Slot) -> bytes:
    """Give what the wrapping authenticates: the whole slot but the wrapped key and the check."""
    return canonical(msgspec.structs.replace(slot, wrapped="", check=""))


def _seal_slot(slot: Slot, secret: bytes, master: bytes) -> bytes:
    aead, key_check = _wrapping_key(secret, slot)
    slot = msgspec.structs.replace(slot, key_check=key_check)
    nonce = os.urandom(_SLOT_NONCE_BYTES)
    sealed = nonce + aead.encrypt(nonce, master, _binding(slot))
    return checked(msgspec.structs.replace(slot, wrapped=_base64(sealed)))


def _read_slot(data: bytes, kind: type[_Slot], name: str) -> _Slot:
    slot = strict(data, kind, name)
    if not HEX_32.fullmatch(slot.repository_id) or not HEX_64.fullmatch(slot.key_check):
        raise damaged(name, "values")
    return slot


def _open_slot(slot: Slot, secret: bytes, name: str, wrong: ErrorCode) -> Keyring:
    """Unwrap; a secret that leads to another key is `wrong`, anything else is FORMAT_DAMAGED."""
    sealed = _unbase64(slot.wrapped, _WRAPPED_BYTES, name)
    aead, key_check = _wrapping_key(secret, slot)
    if not hmac.compare_digest(key_check, slot.key_check):
        raise BackupError(wrong)
    nonce, rest = sealed[:_SLOT_NONCE_BYTES], sealed[_SLOT_NONCE_BYTES:]
    try:
        master = aead.decrypt(nonce, rest, _binding(slot))
    except InvalidTag as error:
        raise damaged(name, "wrapped") from error
    return Keyring(bytes.fromhex(slot.repository_id), master)


def passphrase_slot(keyring: Keyring, passphrase: str, *, memory_kib: int = 64 * 1024) -> bytes:
    """Wrap the master key by a passphrase; give the bytes of `keys/passphrase.json`."""
    salt = _base64(os.urandom(PASSPHRASE_SALT_BYTES))
    kdf = Argon2Parameters("argon2id", salt, memory_kib, 3, 4)
    slot = PassphraseSlot(FORMAT_VERSION, keyring.repository_id.hex(), kdf)
    return _seal_slot(slot, _stretch(passphrase, kdf), keyring.master)


def recovery_slot(keyring: Keyring, entropy: bytes) -> bytes:
    """Wrap the master key by a recovery code's 20 bytes; give `keys/recovery.json`."""
    kdf = HkdfParameters("hkdf-sha256", _base64(os.urandom(RECOVERY_SALT_BYTES)))
    slot = RecoverySlot(FORMAT_VERSION, keyring.repository_id.hex(), kdf)
    return _seal_slot(slot, _recovery_key(entropy, kdf), keyring.master)


def open_with_passphrase(slot_bytes: bytes, passphrase: str) -> Keyring:
    """Unwrap the master key; PASSPHRASE_WRONG, FORMAT_DAMAGED and FORMAT_NEWER are told apart."""
    slot = _read_slot(slot_bytes, PassphraseSlot, PASSPHRASE_SLOT)
    secret = _stretch(passphrase, slot.kdf)
    return _open_slot(slot, secret, PASSPHRASE_SLOT, ErrorCode.PASSPHRASE_WRONG)


def open_with_recovery_code(slot_bytes: bytes, entropy: bytes) -> Keyring:
    """Unwrap the master key; RECOVERY_CODE_WRONG, FORMAT_DAMAGED, FORMAT_NEWER are told apart."""
    slot = _read_slot(slot_bytes, RecoverySlot, RECOVERY_SLOT)
    secret = _recovery_key(entropy, slot.kdf)
    return _open_slot(slot, secret, RECOVERY_SLOT, ErrorCode.RECOVERY_CODE_WRONG)
