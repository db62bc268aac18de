"""The vendor's keys: Ed25519, one PEM file each, under a passphrase."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner


@dataclass(frozen=True)
class RoleKeys:
    """How many keys a role has, and how many of them must sign."""

    count: int
    threshold: int


# Root keys are hardly ever needed and lie in different safes; two people sign what is installed;
# the two online roles may sign by themselves, and can install nothing with that.
USUAL = {
    "root": RoleKeys(3, 2),
    "targets": RoleKeys(2, 2),
    "snapshot": RoleKeys(1, 1),
    "timestamp": RoleKeys(1, 1),
}


def names(role: str, count: int) -> list[str]:
    """Name the key files of a role."""
    return [f"{role}-{number}.pem" for number in range(1, count + 1)]


def make(folder: Path, role_names: Iterable[str], passphrase: bytes | None) -> None:
    """Make key files that are not there yet; a key is never written over."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    for name in role_names:
        pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
        with (folder / name).open("xb") as file:
            (folder / name).chmod(0o600)
            file.write(pem)


def signer(path: Path, passphrase: bytes | None) -> CryptoSigner:
    """Open one key."""
    return CryptoSigner(load_pem_private_key(path.read_bytes(), passphrase))


def signers(folder: Path, role: str, passphrase: bytes | None) -> list[CryptoSigner]:
    """Open every key of a role that lies in the folder: those of one safe, or of all."""
    return [signer(path, passphrase) for path in sorted(folder.glob(f"{role}-*.pem"))]
