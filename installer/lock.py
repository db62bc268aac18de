"""Write the lock files from the pins in pyproject.toml; run by `make lock`, never by a user.

`requirements.lock` holds what the program needs to run, `requirements-dev.lock` the tools and
what builds the package. Both list every package with the SHA-256 of its wheels for Linux and for
64-bit Windows on Python 3.11, and name no registry: pip's own configuration decides where the
files come from, the hashes decide whether they are taken.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

# Pip picks one wheel per call, the newest it may. Newer Linux systems take another one than older
# ones, so each C library that a wheel may ask for (glibc 2.N) is put first once.
GLIBC = (36, 35, 34, 31, 28, 27, 26, 24, 17, 12, 5)


def linux(newest: int) -> tuple[str, ...]:
    """Name the tags a Linux system with glibc 2.`newest` accepts, best first."""
    named = (f"manylinux_2_{minor}_x86_64" for minor in GLIBC if minor <= newest)
    return (*named, "manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64")


PLATFORMS = (linux(36), linux(28), ("win_amd64",))  # Qt 6.9 asks for glibc 2.28
WINDOWS = {
    "os_name": "nt",
    "sys_platform": "win32",
    "platform_system": "Windows",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "implementation_name": "cpython",
    "python_version": "3.11",
    "python_full_version": "3.11.9",
    "extra": "",
}


@dataclass
class Locked:
    """One package of a lock: its version, where it is wanted, and the hashes of its wheels."""

    version: str
    marker: str = ""
    hashes: set[str] = field(default_factory=set)

    def lines(self, name: str) -> str:
        """Give the entry as pip reads it."""
        head = f"{name}=={self.version}{self.marker} \\\n"
        return head + " \\\n".join(f"    --hash=sha256:{one}" for one in sorted(self.hashes)) + "\n"


@dataclass(frozen=True)
class Resolved:
    """What pip says about one package: its name, version, needs and the hash of one wheel."""

    name: str
    version: str
    needs: tuple[Requirement, ...]
    sha256: str


def resolve(pins: Iterable[str], platform: Sequence[str], *, deep: bool) -> list[Resolved]:
    """Ask pip which wheels it would take; with `deep`, for everything the pins need as well."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet"]
        command += ["--ignore-installed", "--only-binary=:all:", "--target", folder]
        command += ["--report", "-", "--python-version", "3.11", "--implementation", "cp"]
        command += [option for tag in platform for option in ("--platform", tag)]
        command += [] if deep else ["--no-deps"]
        found = subprocess.run([*command, *pins], check=True, stdout=subprocess.PIPE, text=True)
    return [
        Resolved(
            name=canonicalize_name(one["metadata"]["name"]),
            version=one["metadata"]["version"],
            needs=tuple(Requirement(text) for text in one["metadata"].get("requires_dist", ())),
            sha256=one["download_info"]["archive_info"]["hashes"]["sha256"],
        )
        for one in json.loads(found.stdout)["install"]
    ]


def windows_only(resolved: Iterable[Resolved]) -> dict[str, str]:
    """Give what Windows needs in addition, by name.

    Pip judges markers by the system it runs on, whatever `--platform` says, so on Linux it never
    reports these.
    """
    known = list(resolved)
    have = {one.name for one in known}
    wanted = {
        canonicalize_name(need.name): f"{need.name}{need.specifier}"
        for one in known
        for need in one.needs
        if need.marker is not None and need.marker.evaluate(WINDOWS)
    }
    return {name: text for name, text in wanted.items() if name not in have}


def _wanted(requirement: Requirement) -> tuple[str, frozenset[str]]:
    return canonicalize_name(requirement.name), frozenset(requirement.extras)


def linux_only(pins: Iterable[str], resolved: Iterable[Resolved]) -> set[str]:
    """Give the names of what was resolved here and what nothing on Windows asks for."""
    by_name = {one.name: one for one in resolved}
    reached: set[str] = set()
    waiting = [_wanted(Requirement(pin)) for pin in pins]
    seen = set()
    while waiting:
        name, extras = entry = waiting.pop()
        if entry in seen or name not in by_name:
            continue
        seen.add(entry)
        reached.add(name)
        for need in by_name[name].needs:
            asked = ({**WINDOWS, "extra": extra} for extra in ("", *sorted(extras)))
            if need.marker is None or any(map(need.marker.evaluate, asked)):
                waiting.append(_wanted(need))
    return by_name.keys() - reached


def lock(pins: Sequence[str]) -> dict[str, Locked]:
    """Resolve the pins once and gather the hashes of every platform's wheels."""
    first = resolve(pins, PLATFORMS[0], deep=True)
    packages = {one.name: Locked(one.version) for one in first}
    for name in linux_only(pins, first):
        packages[name].marker = ' ; sys_platform == "linux"'
    extra = windows_only(first)
    for one in resolve(extra.values(), ("win_amd64",), deep=True) if extra else ():
        packages.setdefault(one.name, Locked(one.version, ' ; sys_platform == "win32"'))
    for platform in PLATFORMS:
        exact = [
            f"{name}=={one.version}"
            for name, one in packages.items()
            if not one.marker or ("win32" in one.marker) == ("win_amd64" in platform)
        ]
        for found in resolve(exact, platform, deep=False):
            packages[found.name].hashes.add(found.sha256)
    return packages


def write(path: Path, title: str, packages: dict[str, Locked]) -> None:
    """Write one lock file, sorted by name."""
    entries = "".join(packages[name].lines(name) for name in sorted(packages))
    path.write_text(f"# {title}\n# Written by `make lock` from pyproject.toml.\n\n{entries}")


def main() -> None:
    """Write both lock files; the second leaves out what the first already has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    needed = project["project"]["dependencies"]
    tools = project["project"]["optional-dependencies"]["dev"]
    builders = project["build-system"]["requires"]
    run = lock(needed)
    everything = lock([*needed, *tools, *builders])
    changed = [name for name in run if everything[name].version != run[name].version]
    if changed:
        raise SystemExit(f"The tools ask for other versions of {', '.join(changed)}. Pin them.")
    write(ROOT / "requirements.lock", "What the program needs to run.", run)
    rest = {name: one for name, one in everything.items() if name not in run}
    write(ROOT / "requirements-dev.lock", "The tools: checks, tests, packaging.", rest)


if __name__ == "__main__":
    main()
