"""Completes what wixl leaves out of an MSI and what only Windows, not Wine, holds against it.

Version and language of program files: for a file without one in the table File, the file of the
earlier version counts as newer. Windows then decides to keep it and, in the next step, removes it
with the earlier version: no program is left. (Microsoft, "File Versioning Rules"; A. Stebner, "Why
Windows Installer removes files during a major upgrade".) REINSTALLMODE `a` says the same once more,
for a release that goes back to an older library.
"""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from installer.windows.launchers import NAME, PUBLISHER, WINDOW
from installer.windows.pe import FileVersion, binaries, version_of

_SOURCE = "$(var.Stage)/"
_WINDOW_ROW = "WindowFile"  # product.wxs lists this one file, wixl-heat all others
# Searches run before Windows asks for rights; afterwards only properties of this list are known.
SECURE = ("OSBUILD", "INSTALLEDBY")
# After InstallInitialize, at 1500, the removal of the earlier version is undone when the new one
# cannot be installed.
AFTER_INITIALIZE = 1501
_MIGRATE_AND_SAME_VERSION = 0x001 | 0x200  # msidbUpgradeAttributes; a rebuilt MSI replaces itself
_REINSTALL_ALL = "amus"
# For any language of Windows: Group Policy asks for the language of a package before it assigns it.
# What a package says in letters beyond ASCII needs a code page all the same.
TEMPLATE = "x64;0"
CODE_PAGE = 1252


@dataclass(frozen=True)
class Row:
    """A row of the table File, and the file of the stage that it stands for."""

    key: str
    file: Path


def rows(listed: Path, stage: Path) -> Iterator[Row]:
    """Give the rows of a list that wixl-heat wrote, and the one of the window."""
    yield Row(_WINDOW_ROW, stage / WINDOW.file_name)
    for node in ElementTree.parse(listed).iter():
        if node.tag.rpartition("}")[2] == "File":
            yield Row(node.attrib["Id"], stage / node.attrib["Source"].removeprefix(_SOURCE))


def complete(msi: Path, files: Iterable[Row], stage: Path) -> None:
    """Write versions, secure properties and the order of an upgrade into an MSI that wixl made."""
    versions = {path: version_of(path) for path in binaries(stage)}
    questions = [*_versions(files, versions), *_upgrade(msi), *_properties(msi)]
    _build(msi, "-q", *questions)
    page = msi.with_name("codepage.idt")
    page.write_bytes(f"\r\n\r\n{CODE_PAGE}\t_ForceCodepage\r\n".encode())
    _build(msi, "-i", str(page))
    _build(msi, "-s", NAME, PUBLISHER, TEMPLATE, f"{{{uuid.uuid4()}}}".upper())


def _build(msi: Path, *words: str) -> None:
    subprocess.run(["msibuild", str(msi), *words], check=True, capture_output=True)


def _versions(files: Iterable[Row], versions: Mapping[Path, FileVersion | None]) -> Iterator[str]:
    for row in files:
        if told := versions.get(row.file):
            yield (
                f"UPDATE `File` SET `Version` = '{told.text}', `Language` = '{told.language}' "
                f"WHERE `File` = '{row.key}'"
            )
            # A hash is for files without a version only.
            yield f"DELETE FROM `MsiFileHash` WHERE `File_` = '{row.key}'"


def _upgrade(msi: Path) -> Iterator[str]:
    yield (
        f"UPDATE `InstallExecuteSequence` SET `Sequence` = {AFTER_INITIALIZE} "
        "WHERE `Action` = 'RemoveExistingProducts'"
    )
    # The attributes belong to the key of the table, which cannot be updated.
    yield "DELETE FROM `Upgrade` WHERE `ActionProperty` = 'WIX_UPGRADE_DETECTED'"
    code, version = property_of(msi, "UpgradeCode"), property_of(msi, "ProductVersion")
    yield (
        "INSERT INTO `Upgrade` (`UpgradeCode`, `VersionMax`, `Attributes`, `ActionProperty`) "
        f"VALUES ('{code}', '{version}', {_MIGRATE_AND_SAME_VERSION}, 'WIX_UPGRADE_DETECTED')"
    )


def _properties(msi: Path) -> Iterator[str]:
    secure = ";".join((property_of(msi, "SecureCustomProperties"), *SECURE))
    yield (
        f"UPDATE `Property` SET `Value` = '{secure}' WHERE `Property` = 'SecureCustomProperties'"
    )
    yield (
        f"INSERT INTO `Property` (`Property`, `Value`) VALUES ('REINSTALLMODE', '{_REINSTALL_ALL}')"
    )


def property_of(msi: Path, name: str) -> str:
    """Give a property that an MSI sets; one that it does not set ends the build."""
    told = subprocess.run(
        ["msiinfo", "export", str(msi), "Property"], check=True, capture_output=True, text=True
    )
    found = [line.partition("\t")[2] for line in told.stdout.splitlines()]
    names = [line.partition("\t")[0] for line in told.stdout.splitlines()]
    if name not in names:
        raise SystemExit(f"{msi.name} does not set {name}.")
    return found[names.index(name)]
