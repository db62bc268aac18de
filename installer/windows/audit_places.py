"""Items of the audit that look at places: where Python, Qt and OpenSSL take things from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from installer.windows.launchers import LAUNCHERS
from installer.windows.runtime import SEARCHED

# Where ordinary users may create folders, and so become the owner of what a program looks for.
_PROTECTED = re.compile(r"^C:\\Program Files\\", re.IGNORECASE)
_BUILT_IN = re.compile(rb'(OPENSSLDIR|ENGINESDIR|MODULESDIR): (?:"([^"]*)"|N/A)')
_SILENCED = {
    "OPENSSLDIR": ("OPENSSL_CONF", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    "ENGINESDIR": ("OPENSSL_ENGINES",),
    "MODULESDIR": ("OPENSSL_MODULES",),
}
# What the launcher must take out of the environment, as it lies in the launcher's bytes.
_CLEARED = (
    *("PYTHON", "QT_", "QML", "PYSIDE", "OPENSSL", "SSL_CERT_", "SSLKEYLOG"),
    *("COR_", "COMPLUS_", "APPDOMAIN_MANAGER_", "PSMODULEPATH"),
)


def python_path(tree: Path) -> Iterator[str]:
    """Python searches folders of the installation alone, and no user's."""
    listed = tree / "runtime" / "python311._pth"
    if not listed.is_file():
        yield "runtime/python311._pth is missing: Python would search as the environment says"
        return
    lines = [line for line in listed.read_text().split("\n") if line and not line.startswith("#")]
    for line in lines:
        if line not in SEARCHED:
            yield f"runtime/python311._pth also lists {line!r}"
    others = [path for path in tree.rglob("*._pth") if path != listed]
    others += [*tree.rglob("pyvenv.cfg"), *tree.rglob("*.pth"), *tree.rglob("*.egg-link")]
    for path in others:
        yield f"{path.relative_to(tree).as_posix()} changes where Python searches"


def start_files(tree: Path) -> Iterator[str]:
    """No module starts by itself when Python starts."""
    for path in tree.rglob("*custom*.py*"):
        if path.name.split(".")[0] in {"sitecustomize", "usercustomize"}:
            yield f"{path.relative_to(tree).as_posix()} would run at every start"


def qt_plugins(tree: Path) -> Iterator[str]:
    """Qt takes plug-ins from one folder of the installation."""
    settings = tree / "qt.conf"
    if not settings.is_file() or settings.read_text() != "[Paths]\nPrefix = lib/PySide6\n":
        yield "qt.conf does not name lib/PySide6 as the one place of Qt"
    for path in tree.rglob("qt*.conf"):
        if path != settings:
            yield f"{path.relative_to(tree).as_posix()} names other places for Qt"


def openssl_folders(tree: Path) -> Iterator[str]:
    """OpenSSL's built-in folders belong to administrators, and the launcher overrules them too."""
    launchers = {
        one.file_name: (tree / one.file_name).read_bytes()
        for one in LAUNCHERS
        if (tree / one.file_name).is_file()
    }
    for name, content in launchers.items():
        for variable in _CLEARED:
            if variable.encode("utf-16-le") not in content:
                yield f"{name} does not take {variable}* out of the environment"
    for path in sorted(tree.rglob("*")):
        if path.suffix.lower() not in {".dll", ".pyd"}:
            continue
        for kind, folder in _BUILT_IN.findall(path.read_bytes()):
            place = folder.decode("latin-1")
            where = path.relative_to(tree).as_posix()
            if place and not _PROTECTED.match(place):
                yield f"{where} reads {kind.decode()} {place}, where users may write"
            for variable in _SILENCED[kind.decode()]:
                for name, content in launchers.items():
                    if place and variable.encode("utf-16-le") not in content:
                        yield f"{name} does not set {variable} against {place} of {where}"
    settings = tree / "runtime" / "openssl.cnf"
    if not settings.is_file():
        yield "runtime/openssl.cnf is missing"
    elif [line for line in settings.read_text().splitlines() if line and line[0] != "#"]:
        yield "runtime/openssl.cnf configures something"
    if (tree / "runtime" / "no-modules").exists():
        yield "runtime/no-modules exists; OpenSSL would load from it"


def links(tree: Path) -> Iterator[str]:
    """Nothing in the tree lies somewhere else."""
    for folder, folders, files in os.walk(tree):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                yield f"{path.relative_to(tree).as_posix()} is a link"
