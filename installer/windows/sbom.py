"""The bill of materials: what is inside, in which version, as CycloneDX."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from installer.windows.digest import tree_digest
from installer.windows.downloading import PYTHON_VERSION, Inputs
from installer.windows.launchers import NAME
from installer.windows.licences import read_licence
from installer.windows.lockfile import Locked
from installer.windows.pe import file_version
from installer.windows.places import Places, version
from installer.windows.stage import Staged

QT_LIBRARY = "lib/PySide6/Qt6Core.dll"
_CRYPTOGRAPHY = "lib/cryptography/hazmat/bindings/_rust.pyd"
_OPENSSL = re.compile(rb"OpenSSL (\d+\.\d+\.\d+) \d+ [A-Z][a-z]{2} \d{4}")
_SQLITE = "runtime/sqlite3.dll"


@dataclass(frozen=True)
class Native:
    """A library inside another package: its name, its version, and the file it was read from."""

    name: str
    version: str
    file: str


def natives(stage: Path) -> Iterator[Native]:
    """Read the versions of what brings its own security notices out of the shipped files."""
    yield Native("cpython", PYTHON_VERSION, "runtime/python311.dll")
    yield Native("qt", file_version(stage / QT_LIBRARY), QT_LIBRARY)
    for file in ("runtime/libcrypto-3.dll", _CRYPTOGRAPHY):
        yield Native("openssl", _openssl_version(stage / file), file)
    yield Native("sqlite", file_version(stage / _SQLITE), _SQLITE)


def _openssl_version(file: Path) -> str:
    found = set(_OPENSSL.findall(file.read_bytes()))
    if len(found) != 1:
        raise SystemExit(f"{file.name} names {len(found)} versions of OpenSSL, not one.")
    return str(found.pop().decode())


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def make_sbom(places: Places, staged: Staged, inputs: Inputs) -> Path:
    """Write the bill of materials beside the setup."""
    bom = Bom()
    product = Component(
        name=NAME,
        version=version(),
        type=ComponentType.APPLICATION,
        bom_ref="offline-backup",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=tree_digest(staged.folder))],
    )
    bom.metadata.component = product
    parts = [*_packages(inputs.wheel_by_package), *_natives(staged.folder)]
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(product, parts)
    places.dist.mkdir(parents=True, exist_ok=True)
    target = places.dist / f"OfflineBackup-{version()}.cdx.json"
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=2) + "\n", "utf-8")
    return target


def _packages(wheels: Mapping[Locked, Path]) -> Iterator[Component]:
    for package, wheel in wheels.items():
        sha256 = next(one for one in package.sha256s if one == _sha256(wheel))
        yield Component(
            name=package.name,
            version=package.version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", None, package.name, package.version),
            bom_ref=f"pypi:{package.name}",
            licenses=[DisjunctiveLicense(name=read_licence(package, wheel).said)],
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)],
        )


def _natives(stage: Path) -> Iterator[Component]:
    for one in natives(stage):
        yield Component(
            name=one.name,
            version=one.version,
            type=ComponentType.LIBRARY,
            purl=PackageURL("generic", None, one.name, one.version),
            bom_ref=f"file:{one.file}",
            hashes=[HashType(alg=HashAlgorithm.SHA_256, content=_sha256(stage / one.file))],
        )
