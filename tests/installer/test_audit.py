"""The audit finds nothing in what is shipped, and each violation that is planted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from installer.windows.audit import ITEMS, audit
from installer.windows.audit_ports import listeners
from installer.windows.launchers import LAUNCHERS
from installer.windows.stage import Staged
from tests.installer import planting


@pytest.fixture
def small(staged: Staged, tmp_path: Path) -> Path:
    """Give an installation that is small enough to be audited many times."""
    tree = tmp_path / "Offline Backup"
    (tree / "app").mkdir(parents=True)
    (tree / "lib").mkdir()
    (tree / "runtime").mkdir()
    for name in ("qt.conf", *(one.file_name for one in LAUNCHERS)):
        shutil.copyfile(staged.folder / name, tree / name)
    for name in ("python311._pth", "openssl.cnf"):
        shutil.copyfile(staged.folder / "runtime" / name, tree / "runtime" / name)
    (tree / "app" / "main.py").write_text("import socket\nsocket.create_connection(('a', 1))\n")
    assert audit(tree) == []
    return tree


def test_the_audit_finds_nothing_in_what_is_shipped(staged: Staged) -> None:
    assert audit(staged.folder) == []


def _cut(tree: Path, name: str, old: bytes) -> None:
    content = (tree / name).read_bytes()
    assert old in content
    (tree / name).write_bytes(content.replace(old, b"?" * len(old)))


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")


def _build_folder(tree: Path, said: bytes) -> None:
    planting.library(tree / "lib/tls.dll")
    with (tree / "lib/tls.dll").open("ab") as file:
        file.write(said)


def _leave_openssl_folder(tree: Path) -> None:
    _build_folder(tree, b'\0OPENSSLDIR: "C:\\Program Files\\Common Files\\SSL"\0')
    _cut(tree, "OfflineBackup.exe", _wide("OPENSSL_CONF"))


PLANTED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a library without protections": (
        "protections",
        lambda tree: planting.library(tree / "lib/bare.dll", safe=False),
    ),
    "a library that windows lacks": (
        "libraries",
        lambda tree: planting.importing(tree / "lib/new.dll", "icu.dll", "u_init"),
    ),
    "a launcher that imports a library which is searched for": (
        "launcher-libraries",
        lambda tree: planting.importing(
            tree / "OfflineBackup.exe", "version.dll", "VerQueryValueW"
        ),
    ),
    "a launcher that searches as windows does": (
        "launcher-search",
        lambda tree: _cut(tree, "offline-backup.exe", b"SetDefaultDllDirectories"),
    ),
    "a program that nobody knows": (
        "launcher-search",
        lambda tree: shutil.copyfile(tree / "offline-backup.exe", tree / "lib/helper.exe"),
    ),
    "a window that does not ask for elevation": (
        "elevation",
        lambda tree: shutil.copyfile(tree / "offline-backup.exe", tree / "OfflineBackup.exe"),
    ),
    "a command line that asks for elevation": (
        "elevation",
        lambda tree: shutil.copyfile(tree / "OfflineBackup.exe", tree / "offline-backup.exe"),
    ),
    "a module that asks for elevation by itself": (
        "elevation",
        lambda tree: (tree / "app/up.py").write_text("verb = 'runas'\n"),
    ),
    "a folder of a user in python's path": (
        "python-path",
        lambda tree: (tree / "runtime/python311._pth").write_text("C:\\Users\\Public\n"),
    ),
    "python's list of folders gone": (
        "python-path",
        lambda tree: (tree / "runtime/python311._pth").unlink(),
    ),
    "a path file": (
        "python-path",
        lambda tree: (tree / "lib/more.pth").write_text("import os\n"),
    ),
    "a module that starts by itself": (
        "start-files",
        lambda tree: (tree / "lib/sitecustomize.py").write_text(""),
    ),
    "qt's settings with another place": (
        "qt-plugins",
        lambda tree: (tree / "qt.conf").write_text("[Paths]\nPlugins = C:/Users/Public\n"),
    ),
    "a second file of qt's settings": (
        "qt-plugins",
        lambda tree: shutil.copyfile(tree / "qt.conf", tree / "lib/qt6.conf"),
    ),
    "openssl that reads where users may write": (
        "openssl-folders",
        lambda tree: _build_folder(tree, b'\0OPENSSLDIR: "C:\\usr\\local\\ssl"\0'),
    ),
    "a launcher that leaves openssl's own folder": (
        "openssl-folders",
        _leave_openssl_folder,
    ),
    "a launcher that lets python's variables pass": (
        "openssl-folders",
        lambda tree: _cut(tree, "OfflineBackup.exe", _wide("PYTHON")),
    ),
    "openssl settings with a module": (
        "openssl-folders",
        lambda tree: (tree / "runtime/openssl.cnf").write_text("openssl_conf = x\n"),
    ),
    "a module folder for openssl": (
        "openssl-folders",
        lambda tree: (tree / "runtime/no-modules").mkdir(),
    ),
    "a link to somewhere else": (
        "no-links",
        lambda tree: os.symlink("/tmp", tree / "lib/elsewhere"),
    ),
    "a module that waits for connections": (
        "ports",
        lambda tree: (tree / "app/serve.py").write_text(
            "import socket\ns = socket.socket()\ns.bind(('', 80))\n"
        ),
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_violation_is_found(small: Path, name: str) -> None:
    item, plant = PLANTED[name]
    plant(small)
    assert item in {fault.item for fault in audit(small)}


def test_every_item_has_a_violation_that_proves_it() -> None:
    assert {item for item, _ in PLANTED.values()} == set(ITEMS)


@pytest.mark.parametrize(
    ("code", "opens"),
    [
        ("from http.server import HTTPServer\n", True),
        ("import socketserver\n", True),
        ("from PySide6 import QtNetwork\nserver.listen()\n", True),
        ("QTcpServer()\n", True),
        ("import asyncio\nasyncio.start_server(f)\n", True),
        ("import socket\nsocket.create_connection(x)\n", False),
        ("widget.bind(x)\n", False),
    ],
)
def test_a_port_is_seen_in_each_of_its_shapes(tmp_path: Path, code: str, opens: bool) -> None:
    (tmp_path / "app").mkdir()
    (tmp_path / "app/module.py").write_text(code)
    assert bool(list(listeners(tmp_path))) is opens
