"""Gathers the licence of everything that is shipped into one folder of the installation."""

from __future__ import annotations

import email
import io
import re
import shutil
import tarfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from installer.windows.downloading import PYTHON_VERSION
from installer.windows.lockfile import Locked
from installer.windows.places import HERE, ROOT

NOTICE = HERE / "setup" / "licenses.txt"
# Qt and PySide are used under LGPL 3, which adds to GPL 3. Their wheels hold neither text; Debian
# keeps both on every computer.
_LGPL, _GPL = (Path("/usr/share/common-licenses") / name for name in ("LGPL-3", "GPL-3"))
TEXTS = (_LGPL, _GPL)
_USED_UNDER = {"pyside6-essentials": "LGPL-3.0-only", "shiboken6": "LGPL-3.0-only"}
_LICENCE_FILE = re.compile(r"licen[cs]e|copying|notice|authors", re.IGNORECASE)


@dataclass(frozen=True)
class Licence:
    """What a package says about itself: an SPDX expression, or its own words."""

    package: Locked
    said: str
    texts: tuple[tuple[str, bytes], ...]


def read_licence(package: Locked, wheel: Path) -> Licence:
    """Read the metadata of a wheel and every licence text in it."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        head = email.message_from_bytes(archive.read(metadata))
        folder = metadata.rpartition("/")[0]
        texts = [
            (PurePosixPath(name).name, archive.read(name))
            for name in sorted(names)
            if name.startswith(folder)
            and _LICENCE_FILE.search(PurePosixPath(name).name)
            and package.name not in _USED_UNDER  # theirs hold the commercial choice alone
        ]
    classified = [
        line.rpartition(" :: ")[2]
        for line in head.get_all("Classifier", [])
        if line.startswith("License :: ")
    ]
    said = head.get("License-Expression") or ", ".join(classified) or head.get("License") or ""
    said = _USED_UNDER.get(package.name, said.splitlines()[0] if said else "see its text")
    return Licence(package, said, tuple(texts))


def stage_licences(wheels: Mapping[Locked, Path], python_archive: Path, target: Path) -> None:
    """Write a page that says what is under which licence, and the texts."""
    target.mkdir(parents=True)
    found = [read_licence(package, wheel) for package, wheel in wheels.items()]
    lines = [f"{one.package.name} {one.package.version}: {one.said}" for one in found]
    lines += [f"Python {PYTHON_VERSION}, with what its text lists: PSF-2.0"]
    listed = "\r\n".join(sorted(lines, key=str.lower)) + "\r\n"
    notice = NOTICE.read_text("utf-8").replace("\n", "\r\n")
    (target / "README.txt").write_text(notice + listed, "utf-8", newline="")
    shutil.copyfile(ROOT / "LICENSE", target / "Offline-Backup.txt")
    for text in TEXTS:
        shutil.copyfile(text, target / f"{text.name}.txt")
    (target / "Python.txt").write_bytes(_python_licence(python_archive))
    for one in found:
        folder = target / one.package.name
        for name, content in one.texts:
            folder.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)


def _python_licence(archive: Path) -> bytes:
    with tarfile.open(archive) as outer:
        member = next(one for one in outer.getmembers() if one.name.endswith("/data.zip"))
        packed = outer.extractfile(member)
        assert packed is not None
        with zipfile.ZipFile(io.BytesIO(packed.read())) as inner:
            name = next(name for name in inner.namelist() if name.endswith("/LICENSE.txt"))
            return inner.read(name)
